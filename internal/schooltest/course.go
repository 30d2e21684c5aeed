package schooltest

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/modules"
)

// An Edit changes one file of a course: the first text Old becomes New. Without
// an Old, New is added at the end. File is the beginning of the file's name,
// such as "01-science/sci-1-".
type Edit struct{ File, Old, New string }

// Course returns the shipped course with some edits.
func Course(t testing.TB, edits ...Edit) *curriculum.Course {
	t.Helper()
	files := make(fstest.MapFS)
	err := fs.WalkDir(modules.FS, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(modules.FS, name)
		files[name] = &fstest.MapFile{Data: data}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range edits {
		e.make(t, files)
	}
	c, err := curriculum.Load(files)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (e Edit) make(t testing.TB, files fstest.MapFS) {
	t.Helper()
	for name, f := range files {
		switch {
		case !strings.HasPrefix(name, e.File):
			continue
		case e.Old == "":
			f.Data = append(f.Data, e.New...)
			return
		case !strings.Contains(string(f.Data), e.Old):
			t.Fatalf("%s does not have %q", name, e.Old)
		}
		f.Data = []byte(strings.Replace(string(f.Data), e.Old, e.New, 1))
		return
	}
	t.Fatalf("the course has no file %s", e.File)
}

// Edits of the first module, which is science.
var (
	OtherLesson = Edit{"01-science/sci-1-", "", "\n\nOne more sentence.\n"}        // its first lesson reads otherwise
	OtherItem   = Edit{"01-science/bank.yaml", "stem: \"", "stem: \"Asked anew: "} // its first item asks otherwise
	Reviewed    = Edit{"01-science/module.yaml", "", "reviews:\n  - {reviewer: Ada Quist, license: MD 7, date: \"2026-03-31\", statement: Read and fit.}\n"}
	NextVersion = Edit{"programs/kap_foundation.yaml", "\nversion: 1\n", "\nversion: 2\n"} // of the default program
	OtherRule   = Edit{"programs/kap_foundation.yaml", "pass_percent: 80", "pass_percent: 85"}
)
