package curriculum

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
)

// The bounds of what is read. A course is written by people; anything larger
// is a mistake or an attack.
const (
	maxLesson  = 20 << 10
	maxProgram = 256 << 10
	maxBank    = 1 << 20
	maxFiles   = 2000
)

// A Fault is one thing wrong with a course, where it stands and what to do.
type Fault struct {
	File string
	Line int // 0 when the whole file is meant
	Text string
}

func (f Fault) String() string {
	if f.Line == 0 {
		return f.File + ": " + f.Text
	}
	return fmt.Sprintf("%s:%d: %s", f.File, f.Line, f.Text)
}

// Faults are all that is wrong with a course, in the order of files and lines.
type Faults []Fault

// Error lists the faults, one a line.
func (f Faults) Error() string {
	lines := make([]string, len(f))
	for i, fault := range f {
		lines[i] = fault.String()
	}
	return strings.Join(lines, "\n")
}

// Load reads a course: folders NN-name with a module each, and programs/ with
// the program files. Its error is Faults: everything that is wrong, not just
// the first thing.
func Load(fsys fs.FS) (*Course, error) {
	files, err := readAll(fsys)
	if err != nil {
		return nil, err
	}
	return fromFiles(files)
}

// fromFiles builds a course from the text of its files.
func fromFiles(files map[string][]byte) (*Course, error) {
	l := &loader{files: files, course: &Course{files: files, hash: hashOf(files)}}
	l.seen.items, l.seen.lessons = make(map[ItemID]string), make(map[LessonID]string)
	for _, dir := range l.folders() {
		l.module(dir)
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if path.Dir(name) == "programs" {
			l.program(name)
		}
	}
	l.together()
	if len(l.faults) > 0 {
		slices.SortStableFunc(l.faults, func(a, b Fault) int {
			return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
		})
		return nil, l.faults
	}
	return l.course, nil
}

var folderName = regexp.MustCompile(`^[0-9]{2}-[a-z][a-z-]*$`)

// readAll reads the files that belong to a course, within its bounds.
func readAll(fsys fs.FS) (map[string][]byte, error) {
	files := make(map[string][]byte)
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		dir := path.Dir(name)
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != "." && name != "programs" && !folderName.MatchString(name):
			return fs.SkipDir
		case d.IsDir() || !belongs(name) || dir == ".":
			return nil
		case len(files) == maxFiles:
			return Faults{{File: name, Text: fmt.Sprintf("a course has at most %d files", maxFiles)}}
		}
		data, err := readBounded(fsys, name)
		files[name] = data
		return err
	})
	var faults Faults
	if err != nil && !errors.As(err, &faults) {
		return nil, Faults{{File: ".", Text: "the course's files cannot be read: " + err.Error()}}
	}
	return files, err
}

// belongs reports whether a file is part of a course.
func belongs(name string) bool {
	base, dir := path.Base(name), path.Dir(name)
	if dir == "programs" {
		return path.Ext(base) == ".yaml"
	}
	return base == "module.yaml" || base == "bank.yaml" || path.Ext(base) == ".md"
}

// limitOf is how large a file may be.
func limitOf(name string) int64 {
	switch {
	case path.Ext(name) == ".md":
		return maxLesson
	case path.Dir(name) == "programs":
		return maxProgram
	}
	return maxBank
}

func readBounded(fsys fs.FS, name string) ([]byte, error) {
	info, err := fs.Stat(fsys, name)
	if err != nil {
		return nil, err
	}
	if info.Size() > limitOf(name) {
		return nil, Faults{{File: name, Text: fmt.Sprintf("the file is larger than %d KiB; shorten or divide it", limitOf(name)>>10)}}
	}
	return fs.ReadFile(fsys, name)
}

// hashOf names content: the names, lengths and bytes of all files in order.
func hashOf(files map[string][]byte) string {
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		fmt.Fprintf(h, "%s\x00%d\x00", name, len(files[name]))
		h.Write(files[name])
	}
	return hex.EncodeToString(h.Sum(nil))
}

// A loader collects a course and its faults.
type loader struct {
	files  map[string][]byte
	course *Course
	faults Faults
	seen   struct {
		items   map[ItemID]string // where
		lessons map[LessonID]string
	}
}

func (l *loader) fault(file string, line int, format string, args ...any) {
	l.faults = append(l.faults, Fault{file, line, fmt.Sprintf(format, args...)})
}

// folders lists the module folders in order.
func (l *loader) folders() []string {
	dirs := make(map[string]bool)
	for name := range l.files {
		if dir := path.Dir(name); dir != "programs" {
			dirs[dir] = true
		}
	}
	return slices.Sorted(maps.Keys(dirs))
}

// together checks what no single file can tell.
func (l *loader) together() {
	if len(l.course.Modules) == 0 && len(l.faults) == 0 {
		l.fault(".", 0, "there is no module; a module is a folder such as 01-science with a module.yaml")
	}
	keys := make(map[ModuleKey]bool)
	for _, m := range l.course.Modules {
		if keys[m.Key] {
			l.fault(".", 0, "two modules have the key %s", m.Key)
		}
		keys[m.Key] = true
	}
	defaults := 0
	programs := make(map[string]bool)
	for _, p := range l.course.Programs {
		if programs[p.Key] {
			l.fault("programs", 0, "two programs have the key %s", p.Key)
		}
		programs[p.Key] = true
		if p.Default {
			defaults++
		}
	}
	if defaults != 1 && !slices.ContainsFunc(l.faults, func(f Fault) bool { return strings.HasPrefix(f.File, "programs/") }) {
		l.fault("programs", 0, "%d programs say `default: true`; exactly one must", defaults)
	}
}
