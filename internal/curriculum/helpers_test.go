package curriculum

import (
	"io/fs"
	"maps"
	"os"
	"strings"
	"testing"
	"testing/fstest"
)

// testCourse is the course of testdata, which has a little of everything. It is
// a fresh copy, so a test may change it.
func testCourse(t testing.TB) fstest.MapFS {
	t.Helper()
	files := make(fstest.MapFS)
	root := os.DirFS("testdata/course")
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(root, name)
		files[name] = &fstest.MapFile{Data: data}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// load loads files that must have no fault.
func load(t testing.TB, files fs.FS) *Course {
	t.Helper()
	c, err := Load(files)
	if err != nil {
		t.Fatalf("Load:\n%v", err)
	}
	return c
}

// edit replaces a text that must stand in a file exactly once.
func edit(t testing.TB, files fstest.MapFS, name, old, new string) {
	t.Helper()
	f, ok := files[name]
	if !ok || strings.Count(string(f.Data), old) != 1 {
		t.Fatalf("%s does not have %q exactly once", name, old)
	}
	f.Data = []byte(strings.Replace(string(f.Data), old, new, 1))
}

// without returns files less some.
func without(files fstest.MapFS, names ...string) fstest.MapFS {
	files = maps.Clone(files)
	for _, n := range names {
		delete(files, n)
	}
	return files
}
