package curriculum

import (
	"slices"
	"strings"
	"testing"
)

func TestWhatSomebodyReadAndIsOtherwiseNow(t *testing.T) {
	for _, tt := range []struct {
		name, file, old, new string
		lessons, items       []LessonID
	}{
		{"nothing", aRich, "count: 2", "count: 3", nil, nil},
		{"a lesson's text", secondLesson, "## First", "## Second", []LessonID{"one-2"}, nil},
		{"a lesson's source", secondLesson, "confidence: B", "confidence: C", []LessonID{"one-2"}, nil},
		{"the right answer", aBank, "{id: b, text: \"2\", correct: true,", "{id: b, text: \"2\",", nil, []LessonID{"one-2"}},
		{"a reason", aBank, "It comes after.", "It comes last.", nil, []LessonID{"one-1"}},
		{"a case's vignette", theBank, "Somebody stands at a door", "Somebody waits at a door", nil, []LessonID{"thr-1"}},
		{"a note for instructors", aBank, "For whoever teaches it.", "For nobody.", nil, nil},
		{"an objective's words", aModule, "Say what it means.", "Say it.", nil, nil},
	} {
		files := testCourse(t)
		edit(t, files, tt.file, tt.old, tt.new)
		lessons, items := Corrected(load(t, testCourse(t)), load(t, files))
		if got := sorted(lessons); !slices.Equal(got, tt.lessons) {
			t.Errorf("%s: lessons %v, want %v", tt.name, got, tt.lessons)
		}
		if got := sorted(items); !slices.Equal(got, tt.items) {
			t.Errorf("%s: lessons with other items %v, want %v", tt.name, got, tt.items)
		}
	}
	less := load(t, without(testCourse(t), "programs/rich.yaml", "01-first/module.yaml", "01-first/bank.yaml", "01-first/one-1-begin.md", "01-first/one-2-go-on.md"))
	if lessons, _ := Corrected(load(t, testCourse(t)), less); len(lessons) != 2 {
		t.Errorf("lessons that went with their module: %v, want both", lessons)
	}
	if lessons, items := Corrected(less, load(t, testCourse(t))); len(lessons)+len(items) > 0 {
		t.Errorf("what is new counts as corrected: %v, %v", lessons, items)
	}
}

func sorted(set map[LessonID]bool) (ids []LessonID) {
	for id := range set {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// A module keeps its hash where the rest of the course changes, so that what
// was said of it holds on.
func TestAModulesHashIsThatOfItsFiles(t *testing.T) {
	want := load(t, testCourse(t)).ModuleHash("first")
	if len(want) != 64 || load(t, testCourse(t)).ModuleHash("none") != "" {
		t.Errorf("ModuleHash = %q, and %q for one that is not there", want, load(t, testCourse(t)).ModuleHash("none"))
	}
	files := testCourse(t)
	files["02-second/two-1-all.md"].Data = append(files["02-second/two-1-all.md"].Data, "\nMore.\n"...)
	edit(t, files, aRich, "count: 2", "count: 3")
	for _, name := range []string{"module.yaml", "bank.yaml", "one-1-begin.md", "one-2-go-on.md"} {
		files["07-first/"+name] = files["01-first/"+name]
		delete(files, "01-first/"+name)
	}
	if got := load(t, files).ModuleHash("first"); got != want {
		t.Error("the hash of a module changed with the rest of the course, or with the number of its folder")
	}
	for _, name := range []string{aModule, aBank, secondLesson} {
		files := testCourse(t)
		more := map[bool]string{true: "\nMore.\n", false: "\n# More\n"}[name == secondLesson]
		if files[name].Data = append(files[name].Data, more...); load(t, files).ModuleHash("first") == want {
			t.Errorf("the hash of a module does not change with %s", name)
		}
	}
}

func TestAReviewIsRead(t *testing.T) {
	files := testCourse(t)
	edit(t, files, aModule, "quiz:\n", "reviews:\n  - {reviewer: Ada Quist, license: MD 7, date: \"2026-03-31\", statement: Read and fit.}\nquiz:\n")
	c := load(t, files)
	want := []ModuleReview{{"Ada Quist", "MD 7", "2026-03-31", "Read and fit."}}
	if got := c.Module("first"); !got.Reviewed() || !slices.Equal(got.Reviews, want) {
		t.Errorf("Reviews = %+v, want %+v", got.Reviews, want)
	}
	if c.Module("second").Reviewed() {
		t.Error("a module without a review is reviewed")
	}
	for _, bad := range []string{"reviews: []", "reviews: x", "reviews:\n  - {reviewer: A, license: B, date: \"yesterday\", statement: C}", "reviews:\n  - {reviewer: A, license: B, date: \"2026-02-31\", statement: C}"} {
		files := testCourse(t)
		edit(t, files, aModule, "quiz:\n", bad+"\nquiz:\n")
		if _, err := Load(files); err == nil || !strings.Contains(err.Error(), aModule+":") {
			t.Errorf("%s: Load = %v, want a fault in %s", bad, err, aModule)
		}
	}
}
