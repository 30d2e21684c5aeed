package curriculum

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
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
	maxLesson = 20 << 10
	maxYAML   = 256 << 10
	maxFiles  = 2000
	maxTotal  = 16 << 20
)

// Load reads a course: folders NN-name with a module each, and programs/ with
// the program files. Plain files beside the folders, and whatever has a name
// that begins with a dot, are not part of it. Its error is Faults: everything
// that is wrong, not just the first thing.
func Load(fsys fs.FS) (*Course, error) {
	l := newLoader()
	entries, err := fs.ReadDir(fsys, ".")
	if err != nil {
		l.unreadable(".", err)
	}
	for _, e := range entries {
		switch name := e.Name(); {
		case strings.HasPrefix(name, ".") || e.Type().IsRegular():
		case !e.IsDir():
			l.fault(name, 0, "this is neither a file nor a folder; put the folder itself here")
		case name == programs || folderForm.MatchString(name):
			l.folder(fsys, name)
		default:
			l.partial = true
			l.fault(name, 0, "a module's folder is named like 01-science, and programs stand in programs; rename or remove this one")
		}
	}
	return l.build()
}

// programs is the folder of the program files.
const programs = "programs"

// examples is the folder of programs that show how a real one could read.
const examples = programs + "/examples"

var folderForm = regexp.MustCompile(`^(0[1-9]|[1-9][0-9])-[a-z]+(-[a-z]+)*$`)

// A loader collects a course and its faults.
type loader struct {
	collector
	files    map[string][]byte
	total    int
	drawn    int             // bytes of page that the figures make
	spoiled  map[string]bool // files that are there and could not be read
	partial  bool            // a module could not be read, so we do not know them all
	keys     map[ModuleKey]bool
	programs map[string]string // the file of each program key
	fallback string            // the file of the default program
	course   *Course
}

func newLoader() *loader {
	return &loader{
		files: make(map[string][]byte), spoiled: make(map[string]bool), keys: make(map[ModuleKey]bool), programs: make(map[string]string),
		course: &Course{places: make(map[any]place)},
	}
}

// unreadable reports what is there and gives nothing.
func (l *loader) unreadable(name string, err error) {
	l.spoiled[name], l.partial = true, true
	l.fault(name, 0, "this cannot be read: %v", err)
}

// folder takes in the files of one folder.
func (l *loader) folder(fsys fs.FS, dir string) {
	entries, err := fs.ReadDir(fsys, dir)
	if err != nil {
		l.unreadable(dir, err)
	}
	for _, e := range entries {
		name := path.Join(dir, e.Name())
		switch {
		case strings.HasPrefix(e.Name(), "."):
		case name == examples && e.IsDir():
			l.folder(fsys, name)
		case !e.Type().IsRegular():
			l.fault(name, 0, "this is no file; a folder of a course has files only")
		default:
			l.take(name, func() (io.ReadCloser, error) { return fsys.Open(name) })
		}
	}
}

// take reads one file within its bounds.
func (l *loader) take(name string, open func() (io.ReadCloser, error)) {
	limit := limitOf(name)
	switch {
	case limit == 0:
		l.fault(name, 0, "this does not belong in a course: a module's folder has module.yaml, bank.yaml, lessons such as sci-1-title.md and figures such as fig-name.svg, and programs has .yaml files")
		return
	case len(l.files) == maxFiles || l.total > maxTotal:
		l.fault(".", 0, "a course has at most %d files and %d MiB", maxFiles, maxTotal>>20)
		return
	}
	r, err := open()
	if err != nil {
		l.unreadable(name, err)
		return
	}
	defer r.Close()
	data, err := io.ReadAll(io.LimitReader(r, int64(limit)+1))
	if err != nil {
		l.unreadable(name, err)
		return
	}
	if len(data) > limit {
		l.spoiled[name] = true
		l.fault(name, 0, "the file is larger than %d KB; shorten or divide it", limit>>10)
		return
	}
	l.total += len(data)
	l.files[name] = plain(data)
}

// limitOf is how many bytes a file may have; 0 when it is no part of a course.
func limitOf(name string) int {
	dir, base := path.Split(name)
	dir = strings.TrimSuffix(dir, "/")
	switch {
	case (dir == programs || dir == examples) && programFile.MatchString(base), folderForm.MatchString(dir) && (base == "module.yaml" || base == "bank.yaml"):
		return maxYAML
	case folderForm.MatchString(dir) && lessonFile.MatchString(base):
		return maxLesson
	case folderForm.MatchString(dir) && figureFile.MatchString(base) && len(base) <= maxFigureName:
		return maxFigure
	}
	return 0
}

var (
	programFile = regexp.MustCompile(`^[a-z][a-z0-9_-]*\.yaml$`)
	lessonFile  = regexp.MustCompile(`^([a-z]{2,12}-[0-9]{1,2})-[a-z0-9]+(-[a-z0-9]+)*\.md$`)
)

// build makes the course of the files that were taken in.
func (l *loader) build() (*Course, error) {
	for name, data := range l.files {
		if !l.readable(name, data) {
			l.spoiled[name] = true
		}
	}
	l.modules()
	for _, name := range slices.Sorted(maps.Keys(l.files)) {
		if dir := path.Dir(name); (dir == programs || dir == examples) && !l.spoiled[name] {
			l.program(name)
		}
	}
	l.oneDefault()
	if err := l.err(); err != nil {
		return nil, err
	}
	l.course.files, l.course.hash = l.files, hashOf(l.files)
	l.course.contents = make(map[ModuleKey]string, len(l.course.Modules))
	for _, m := range l.course.Modules {
		l.course.contents[m.Key] = hashOf(l.within(path.Dir(l.course.places[m.Key].file)))
	}
	return l.course, nil
}

// within returns the files of one folder by their names there.
func (l *loader) within(dir string) map[string][]byte {
	files := make(map[string][]byte)
	for name, data := range l.files {
		if path.Dir(name) == dir {
			files[path.Base(name)] = data
		}
	}
	return files
}

// modules reads the module folders in their order.
func (l *loader) modules() {
	dirs := make(map[string]bool)
	for _, files := range []map[string]bool{keysOf(l.files), l.spoiled} {
		for name := range files {
			if dir := path.Dir(name); folderForm.MatchString(dir) {
				dirs[dir] = true
			}
		}
	}
	numbers := make(map[string]string)
	for _, dir := range slices.Sorted(maps.Keys(dirs)) {
		if other, twice := numbers[dir[:2]]; twice {
			l.fault(dir, 0, "%s has the number %s already; give each module its own", other, dir[:2])
		}
		numbers[dir[:2]] = dir
		l.module(dir)
	}
	if len(dirs) == 0 {
		l.fault(".", 0, "there is no module; a module is a folder such as 01-science with module.yaml, bank.yaml and lessons")
	}
}

func keysOf(files map[string][]byte) map[string]bool {
	keys := make(map[string]bool, len(files))
	for name := range files {
		keys[name] = true
	}
	return keys
}

// page opens a YAML file, unless it is missing or cannot be read. A file that
// is missing is a fault.
func (l *loader) page(name, why string, known ...string) fields {
	p := &page{collector: &l.collector, file: name}
	data, ok := l.files[name]
	if !ok && !l.spoiled[name] {
		l.fault(name, 0, "the file is missing; %s", why)
	}
	if !ok || l.spoiled[name] {
		return fields{page: p, broken: true}
	}
	return p.open(data, known...)
}

// oneDefault sees that one program is for those who choose none. Of files that
// could not be read nobody knows.
func (l *loader) oneDefault() {
	for name := range l.spoiled {
		if strings.HasPrefix(name, programs) {
			return
		}
	}
	if l.fallback == "" {
		l.fault(programs, 0, "no program says `default: true`; exactly one must")
	}
}

// seen keeps where a thing stands and reports a second one of the same name.
func (l *loader) seen(id any, file string, line int) {
	if first, twice := l.course.places[id]; twice {
		l.fault(file, line, "%v stands at %s:%d already; give this one another id", id, first.file, first.line)
		return
	}
	l.course.places[id] = place{file, line}
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
