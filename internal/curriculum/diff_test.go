package curriculum

import (
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kapstone-lms/kapstone/modules"
)

// Another lesson of the test course.
const secondLesson = "01-first/one-2-go-on.md"

// said are changes in words.
func said(all []Change) (words []string) {
	for _, c := range all {
		words = append(words, c.String())
	}
	return words
}

func TestWhatChangedInAProgramIsSaidInWords(t *testing.T) {
	for _, tt := range []struct {
		name  string
		edits []string // old, new in pairs, in the file of the rich program
		want  []string
	}{
		{"nothing", nil, nil},
		{"a remark", []string{"version: 3", "# a remark\nversion: 3"}, nil},
		{"a number", []string{"count: 2", "count: 5"}, []string{"requirement preparation-logs: count was 2, is 5"}},
		{"a number to nothing", []string{"wait_hours: 24", "wait_hours: 0"}, []string{"quiz.wait_hours was 24, is 0"}},
		{"a choice", []string{"opened_first", "any"}, []string{"lessons was opened_first, is any"}},
		{"a list", []string{"[c2, c6]", "[c2]"}, []string{"practicum.safety_criteria was c2, c6, is c2"}},
		{"a list emptied", []string{"[c2, c6]", "[]"}, []string{"practicum.safety_criteria was c2, c6, is not set"}},
		{"a title within a group", []string{"title: Practice", "title: Practice often"}, []string{"requirement preparation-logs: title was Practice, is Practice often"}},
		{"a long text", []string{"what was asked.", "what was asked. " + strings.Repeat("All of it. ", 10)}, []string{"experience.statement was reworded"}},
		{"a requirement less", []string{"\n  - {id: printed-name, type: printed_name, title: Confirm your name}", ""},
			[]string{"requirement printed-name was removed (Confirm your name)"}},
		{"a requirement more", []string{"{id: first-quiz,", "{id: again, type: quiz_pass, module: first, title: Once more}\n      - {id: first-quiz,"},
			[]string{"requirement again was added (Once more)"}},
		{"another id", []string{"id: first-quiz", "id: quiz"},
			[]string{"requirement first-quiz was removed (Pass)", "requirement quiz was added (Pass)"}},
		{"another type", []string{"id: first-quiz, type: quiz_pass", "id: first-quiz, type: lessons_complete"},
			[]string{"requirement first-quiz: type was quiz_pass, is lessons_complete"}},
		{"another order", []string{
			"      - {id: first-lessons, type: lessons_complete, module: first, title: Study}\n", "",
			"{id: first-quiz, type: quiz_pass, module: first, title: Pass}",
			"{id: first-quiz, type: quiz_pass, module: first, title: Pass}\n      - {id: first-lessons, type: lessons_complete, module: first, title: Study}"},
			[]string{"requirement first: the order of requirements was first-lessons, first-quiz, sessions, is first-quiz, first-lessons, sessions"}},
		{"another group", []string{
			"      - {id: first-lessons, type: lessons_complete, module: first, title: Study}\n", "",
			"\n  - {id: printed-name,", "\n  - {id: first-lessons, type: lessons_complete, module: first, title: Study}\n  - {id: printed-name,"},
			[]string{"requirement first-lessons: group was first, is the program itself"}},
		{"two at once, in the order of the program", []string{"version: 3", "version: 4", "pass_percent: 80", "pass_percent: 90"},
			[]string{"version was 3, is 4", "quiz.pass_percent was 80, is 90"}},
	} {
		before := load(t, testCourse(t)).Program("rich")
		files := testCourse(t)
		for i := 0; i < len(tt.edits); i += 2 {
			edit(t, files, aRich, tt.edits[i], tt.edits[i+1])
		}
		after := load(t, files).Program("rich")
		if d := cmp.Diff(tt.want, said(DiffPrograms(before, after))); d != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, d)
		}
		if same := len(DiffPrograms(before, after)) == 0; same != (before.Hash() == after.Hash()) {
			t.Errorf("%s: no difference is %v, but the hashes are %s and %s", tt.name, same, before.Hash(), after.Hash())
		}
	}
}

// Whatever field a program gets, now or later, a change of it is said.
func TestEveryFieldOfAProgramIsCompared(t *testing.T) {
	var walk func(path string, at func(*Program) reflect.Value)
	n := 0
	walk = func(path string, at func(*Program) reflect.Value) {
		switch v := at(new(Program)); v.Kind() {
		case reflect.Struct:
			for i := range v.NumField() {
				walk(path+"."+v.Type().Field(i).Name, func(p *Program) reflect.Value { return at(p).Field(i) })
			}
		default:
			n++
			var a, b Program
			a.Requirements, b.Requirements = []Requirement{{ID: "x"}}, []Requirement{{ID: "x"}}
			setTo(t, path, at(&b))
			if got := DiffPrograms(&a, &b); len(got) != 1 || got[0].String() == "" {
				t.Errorf("a change of %s is said as %q, want one sentence", path, said(got))
			}
		}
	}
	for i, typ := 0, reflect.TypeFor[Program](); i < typ.NumField(); i++ {
		if name := typ.Field(i).Name; name != "Requirements" {
			walk(name, func(p *Program) reflect.Value { return reflect.ValueOf(p).Elem().Field(i) })
		}
	}
	for i, typ := 0, reflect.TypeFor[Requirement](); i < typ.NumField(); i++ {
		if name := typ.Field(i).Name; name != "Of" && name != "ID" { // its parts, and the name by which it is known
			walk("requirement "+name, func(p *Program) reflect.Value {
				if len(p.Requirements) == 0 {
					p.Requirements = []Requirement{{ID: "x"}}
				}
				return reflect.ValueOf(&p.Requirements[0]).Elem().Field(i)
			})
		}
	}
	if n < 60 {
		t.Errorf("%d fields were looked at, want all", n)
	}
}

// setTo sets a field to something.
func setTo(t *testing.T, path string, v reflect.Value) {
	t.Helper()
	switch v.Kind() {
	case reflect.String:
		v.SetString("x")
	case reflect.Int:
		v.SetInt(7)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Slice:
		e := reflect.New(v.Type().Elem()).Elem()
		if structOf(e.Type()) != nil {
			e = reflect.Indirect(e)
			setTo(t, path, e.Field(0))
		} else {
			setTo(t, path, e)
		}
		v.Set(reflect.Append(v, e))
	default:
		t.Fatalf("%s is a %s, which no program has had so far: see that it is compared", path, v.Kind())
	}
}

func TestWhatChangedInACourseIsSaidInWords(t *testing.T) {
	for _, tt := range []struct {
		name, file, old, new string
		want                 []string
	}{
		{"a lesson's text", secondLesson, "## First", "## Second", []string{"module first, lesson one-2: text was reworded"}},
		{"a lesson's minutes", secondLesson, "minutes: 3", "minutes: 4", []string{"module first, lesson one-2: minutes was 3, is 4"}},
		{"a lesson's source", secondLesson, "confidence: B", "confidence: C", []string{"module first, lesson one-2, source SRC1: confidence was B, is C"}},
		{"the right answer", aBank, "{id: b, text: \"2\", correct: true,", "{id: b, text: \"2\",", []string{"module first, item one-02, option b: correct was true, is false"}},
		{"the right order", theBank, "      - {id: b, text: \"Breakfast\", why: \"The day begins with it.\"}\n      - {id: a, text: \"Lunch\", why: \"It comes at noon.\"}\n",
			"      - {id: a, text: \"Lunch\", why: \"It comes at noon.\"}\n      - {id: b, text: \"Breakfast\", why: \"The day begins with it.\"}\n",
			[]string{"module third, item thr-01: the order of options was b, a, c, is a, b, c"}},
		{"a match", theBank, "text: \"A bolt\", option: a", "text: \"A bolt\", option: b", []string{"module third, item thr-02, prompt 2: option was a, is b"}},
		{"how many are drawn", aModule, "draw: 2", "draw: 1", []string{"module first: quiz.draw was 2, is 1"}},
		{"a review", aModule, "quiz:\n", "reviews:\n  - {reviewer: Ada Quist, license: MD 7, date: \"2026-03-31\", statement: Read and fit.}\nquiz:\n",
			[]string{"module first, module review Ada Quist was added"}},
		{"a program's rule", aRich, "count: 2", "count: 3", []string{"program rich, requirement preparation-logs: count was 2, is 3"}},
		{"the order of lessons", aModule, "  - one-1-begin.md\n  - one-2-go-on.md", "  - one-2-go-on.md\n  - one-1-begin.md",
			[]string{"module first: the order of lessons was one-1, one-2, is one-2, one-1"}},
	} {
		before := load(t, testCourse(t))
		files := testCourse(t)
		edit(t, files, tt.file, tt.old, tt.new)
		if d := cmp.Diff(tt.want, said(DiffCourses(before, load(t, files)))); d != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, d)
		}
	}
}

func TestModulesAndProgramsComeAndGo(t *testing.T) {
	files := without(testCourse(t), "programs/rich.yaml", "01-first/module.yaml", "01-first/bank.yaml", "01-first/one-1-begin.md", "01-first/one-2-go-on.md")
	whole, less := load(t, testCourse(t)), load(t, files)
	want := []string{"module first was removed (A first module)", "program rich was removed (A rich program)"}
	if d := cmp.Diff(want, said(DiffCourses(whole, less))); d != "" {
		t.Errorf("less (-want +got):\n%s", d)
	}
	want = []string{"module first was added (A first module)", "program rich was added (A rich program)"}
	if d := cmp.Diff(want, said(DiffCourses(less, whole))); d != "" {
		t.Errorf("more (-want +got):\n%s", d)
	}
}

func TestTheSameCourseHasNoDifference(t *testing.T) {
	if got := DiffCourses(load(t, modules.FS), load(t, modules.FS)); len(got) > 0 {
		t.Errorf("the shipped course differs from itself: %q", said(got))
	}
}

func TestTwoOfOneNameAreToldApart(t *testing.T) {
	a := &Program{Tracks: []Track{{Key: "x"}, {Key: "x", Title: "Second"}}}
	b := &Program{Tracks: []Track{{Key: "x"}, {Key: "x", Title: "Other"}}}
	want := []string{"track x (2): title was Second, is Other"}
	if d := cmp.Diff(want, said(DiffPrograms(a, b))); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}
