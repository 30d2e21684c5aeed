package curriculum

import (
	"archive/zip"
	"bytes"
	"errors"
	"io/fs"
	"path"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/kapstone-lms/kapstone/modules"
)

func TestTheSameCourseGivesTheSameHashAndArchive(t *testing.T) {
	one, other := load(t, testCourse(t)), load(t, testCourse(t))
	if one.Hash() != other.Hash() || len(one.Hash()) != 64 {
		t.Errorf("Hash() = %s and %s, want the same 64 digits", one.Hash(), other.Hash())
	}
	if a, b := archiveOf(t, one), archiveOf(t, other); !bytes.Equal(a, b) {
		t.Error("Archive() gives other bytes for the same course")
	}
}

func TestAnArchiveHoldsNothingThatChangesWithTheCompressorOrTheDay(t *testing.T) {
	data := archiveOf(t, load(t, testCourse(t)))
	r, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range r.File {
		if f.Method != zip.Store || f.ModifiedDate != 0 || f.ModifiedTime != 0 || len(f.Extra) > 0 {
			t.Errorf("%s: method %d, date %d, time %d, extra %x; want it stored, without a date", f.Name, f.Method, f.ModifiedDate, f.ModifiedTime, f.Extra)
		}
	}
}

func TestEveryByteOfACourseIsInItsHash(t *testing.T) {
	seen := map[string]string{load(t, testCourse(t)).Hash(): "the course as it is"}
	for name := range testCourse(t) {
		files := testCourse(t)
		more := map[string]string{".md": "\nMore.\n", ".svg": "<!-- a remark -->\n", ".yaml": "# a remark\n"}[path.Ext(name)]
		files[name].Data = append(files[name].Data, more...)
		got := load(t, files).Hash()
		if what, twice := seen[got]; twice {
			t.Errorf("Hash() is the same with a change in %s as for %s", name, what)
		}
		seen[got] = "a change in " + name
	}
}

func TestACourseComesBackFromItsArchive(t *testing.T) {
	for name, files := range map[string]fs.FS{"the test course": testCourse(t), "the shipped course": modules.FS} {
		want := load(t, files)
		data := archiveOf(t, want)
		got, err := FromArchive(data)
		if err != nil {
			t.Fatalf("%s: FromArchive: %v", name, err)
		}
		if got.Hash() != want.Hash() {
			t.Errorf("%s: FromArchive gives hash %s, want %s", name, got.Hash(), want.Hash())
		}
		if d := cmp.Diff(want, got, cmpopts.IgnoreUnexported(Course{})); d != "" {
			t.Errorf("%s: FromArchive (-want +got):\n%s", name, d)
		}
		if !bytes.Equal(archiveOf(t, got), data) {
			t.Errorf("%s: the archive of an archive has other bytes", name)
		}
	}
}

func archiveOf(t testing.TB, c *Course) []byte {
	t.Helper()
	data, err := c.Archive()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// An entry is a file of a hostile archive.
type entry struct {
	name, text string
	mode       fs.FileMode
}

func zipOf(t testing.TB, method uint16, entries ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, e := range entries {
		h := &zip.FileHeader{Name: e.name, Method: method}
		h.SetMode(e.mode)
		f, err := w.CreateHeader(h)
		if err == nil {
			_, err = f.Write([]byte(e.text))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// whole returns the test course as entries.
func whole(t testing.TB) (all []entry) {
	for name, f := range testCourse(t) {
		all = append(all, entry{name: name, text: string(f.Data)})
	}
	return all
}

func TestAHostileArchiveIsRefused(t *testing.T) {
	for _, name := range []string{
		"../../etc/evil", "/etc/evil", "..", ".", "", "01-first/../../evil.md", "01-first/", "01-first//bank.yaml", `01-first\bank.yaml`, "C:bank.yaml",
		"evil.yaml", "01-first/deep/bank.yaml", "programs/../programs/x.yaml", "programs/.x.yaml", "01-first/x\x00.md", "01-first/bank.yaml/", "01-FIRST/bank.yaml",
	} {
		data := zipOf(t, zip.Store, append(whole(t), entry{name: name})...)
		wantRefused(t, name, data, "is no file of a course")
	}
	link := append(whole(t), entry{name: "programs/x.yaml", text: "/etc/passwd", mode: fs.ModeSymlink | 0o777})
	wantRefused(t, "a link", zipOf(t, zip.Store, link...), "is no file of a course")
	twice := append(whole(t), entry{name: aBank, text: "items: []"})
	wantRefused(t, "a name twice", zipOf(t, zip.Store, twice...), aBank+" is there twice")
}

func TestAnArchiveCannotUnfoldIntoMore(t *testing.T) {
	bomb := entry{name: "programs/bomb.yaml", text: strings.Repeat(" ", 64<<20)}
	wantRefused(t, "a bomb", zipOf(t, zip.Deflate, append(whole(t), bomb)...), "the file is larger than 256 KB")

	var many []entry
	for _, dir := range folders(99) {
		many = append(many, entry{name: dir + "/bank.yaml", text: strings.Repeat(" ", maxYAML)})
	}
	wantRefused(t, "many bombs", zipOf(t, zip.Deflate, many...), "a course has at most 2000 files and 16 MiB")

	var files []entry
	for _, dir := range folders(2001) {
		files = append(files, entry{name: dir + "/bank.yaml"})
	}
	wantRefused(t, "many files", zipOf(t, zip.Store, files...), "a course has at most 2000 files")
	wantRefused(t, "a large archive", make([]byte, 2*maxTotal+1), "it has more than 32 MiB")
}

// folders returns so many names for modules' folders.
func folders(n int) (all []string) {
	for i := range n {
		all = append(all, string([]byte{'0' + byte(i/10%10), '1' + byte(i%9), '-', 'a' + byte(i%26), 'a' + byte(i/26%26), 'a' + byte(i/676)}))
	}
	return all
}

func TestWhatIsNoArchiveIsRefused(t *testing.T) {
	whole := zipOf(t, zip.Store, whole(t)...)
	flipped := bytes.Clone(whole)
	flipped[bytes.Index(flipped, []byte("Which of these"))]++
	for name, data := range map[string][]byte{"nothing": nil, "a text": []byte("hello"), "half": whole[:len(whole)/2]} {
		wantRefused(t, name, data, "archive: it cannot be opened")
	}
	wantRefused(t, "a flipped bit", flipped, "this cannot be read: zip: checksum error")
	wantRefused(t, "an empty archive", zipOf(t, zip.Store), "there is no module")
}

func wantRefused(t *testing.T, name string, data []byte, want string) {
	t.Helper()
	c, err := FromArchive(data)
	var faults Faults
	if c != nil || !errors.As(err, &faults) || !strings.Contains(err.Error(), want) {
		t.Errorf("%q: FromArchive = %v, %.300v; want Faults with %q", name, c, err, want)
	}
}
