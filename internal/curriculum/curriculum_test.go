package curriculum

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/kapstone-lms/kapstone/modules"
)

// small is a course of one module with two lessons and three items.
func small() fstest.MapFS {
	return fstest.MapFS{
		"01-science/module.yaml": {Data: []byte(`key: science
title: Science
summary: What is known.
review_note: Review it.
objectives:
  - {id: basics, text: "Say what it is."}
  - {id: flags, text: "Know when to stop.", critical: true}
lessons:
  - sci-1-first.md
  - sci-2-second.md
quiz:
  draw: 2
  minutes: 60
`)},
		"01-science/bank.yaml": {Data: []byte(`items:
  - id: sci-01
    lesson: sci-1
    objective: basics
    kind: single
    stem: "What is it?"
    options:
      - {id: a, text: "This", correct: true, why: "Yes."}
      - {id: b, text: "That thing", why: "No."}
      - {id: c, text: "Another", why: "No."}
    sources: [LBL]
    confidence: A
  - id: sci-02
    lesson: sci-2
    objective: flags
    kind: single
    critical: true
    stem: "When to stop?"
    options:
      - {id: a, text: "Never ever", why: "No."}
      - {id: b, text: "Now", correct: true, why: "Yes."}
      - {id: c, text: "Later on", why: "No."}
    sources: [LBL]
    confidence: B
  - id: sci-03
    lesson: sci-2
    objective: basics
    kind: multiple
    stem: "Which apply?"
    options:
      - {id: a, text: "One", correct: true, why: "Yes."}
      - {id: b, text: "Two", correct: true, why: "Yes."}
      - {id: c, text: "Three", why: "No."}
    sources: [LBL]
    confidence: C
`)},
		"01-science/sci-1-first.md":  {Data: []byte(lesson("sci-1", "First", "## Head\n\nSome *words* and **more**.\n\n| A | B |\n|---|---|\n| 1 | 2 |\n"))},
		"01-science/sci-2-second.md": {Data: []byte(lesson("sci-2", "Second", "Plain words.\n"))},
		"programs/kap.yaml": {Data: []byte(`key: kap
version: 1
default: true
title: KAP
summary: A program.
certificate:
  title: Certificate of Completion
quiz: {pass_percent: 80, attempts: 3, wait_hours: 24, review: after_pass}
lessons: any
practicum: {kinds: [role_play], safety_criteria: [c2], safety_floor: 2}
experience: {version: "1", minutes: 60, statement: "I have."}
requirements:
  - {id: science-lessons, type: lessons_complete, module: science, title: Study}
  - {id: science-attempts, type: quiz_pass, module: science, title: Quiz}
  - {id: medicine-logs, type: practicum_sessions_min, phase: medicine, count: 1, title: Practice}
`)},
		"README.md": {Data: []byte("not part of the course")},
	}
}

func lesson(id, title, text string) string {
	return "---\nid: " + id + "\ntitle: " + title + "\nminutes: 10\nobjectives: [basics]\nsources:\n  - {key: LBL, what: \"A label\", confidence: A}\n---\n" + text
}

func TestASmallCourseLoads(t *testing.T) {
	c, err := Load(small())
	if err != nil {
		t.Fatal(err)
	}
	m := c.Module("science")
	if m == nil || len(m.Lessons) != 2 || len(m.Items) != 3 || m.Lesson("sci-2").Title != "Second" || m.Item("sci-03").Kind != Multiple {
		t.Errorf("the module is %+v", m)
	}
	if got := fmt.Sprint(m.CriticalObjectives()); got != "[flags]" {
		t.Errorf("CriticalObjectives = %s", got)
	}
	if c.Default().Key != "kap" || c.Program("kap").Practicum.SafetyFloor != 2 || c.Program("x") != nil || c.Module("x") != nil || m.Lesson("x") != nil || m.Item("x") != nil {
		t.Errorf("lookups of %+v", c.Programs)
	}
	want := "<h2>Head</h2>\n<p>Some <em>words</em> and <strong>more</strong>.</p>\n<table>\n<thead>\n<tr>\n<th>A</th>\n<th>B</th>\n</tr>\n</thead>\n" +
		"<tbody>\n<tr>\n<td>1</td>\n<td>2</td>\n</tr>\n</tbody>\n</table>\n"
	if diff := cmp.Diff(want, m.Lessons[0].HTML); diff != "" {
		t.Errorf("the lesson renders as:\n%s", diff)
	}
}

// Each fault is named with its file, its line and what to do.
func TestFaultsAreNamedWithFileAndLine(t *testing.T) {
	const (
		module = "01-science/module.yaml"
		bank   = "01-science/bank.yaml"
		first  = "01-science/sci-1-first.md"
		prog   = "programs/kap.yaml"
	)
	for _, tt := range []struct {
		name, file, from, to string // to "" with from "" removes the file
		says                 string
	}{
		{"an unknown field", module, "title: Science", "titel: Science", module + ":2: "},
		{"a field twice", module, "title: Science", "title: Science\ntitle: Again", module + ":3: "},
		{"a wrong type", module, "draw: 2", "draw: two", module + ":12: "},
		{"no YAML", module, "quiz:", "quiz: [", module + ":"},
		{"a bad key", module, "key: science", "key: Science!", module + ":1: key is"},
		{"no title", module, "title: Science", "title: \"\"", module + ":2: title has 0 characters"},
		{"a draw of more than there are", module, "draw: 2", "draw: 4", module + ":12: quiz.draw is 4, and the bank has only 3"},
		{"no time", module, "minutes: 60", "minutes: 0", module + ":13: quiz.minutes"},
		{"a lesson that is not there", module, "sci-2-second.md", "sci-9-none.md", module + ":10: lesson sci-9-none.md is listed, but"},
		{"a lesson listed twice", module, "sci-2-second.md", "sci-1-first.md", module + ":10: lesson sci-1-first.md is listed twice"},
		{"a lesson outside", module, "sci-2-second.md", "../README.md", module + ":10: lesson ../README.md"},
		{"an objective twice", module, "id: flags", "id: basics", module + ":7: objective basics stands here twice"},
		{"a critical objective without an item", module, `it is."}`, `it is.", critical: true}`, module + ":6: objective basics is critical, but"},
		{"a critical item not marked", module, ", critical: true}", "}", module + ":7: objective flags has a critical item"},
		{"an anchor", module, "title: Science", "title: &x Science", module + ":2: anchors"},
		{"a control character", module, "title: Science", "title: Sci\u202eence", module + ":2: there is a control"},
		{"no module file", module, "", "", module + ": the file is missing"},
		{"no bank", bank, "", "", bank + ": the file is missing"},
		{"an item id twice", bank, "id: sci-02", "id: sci-01", bank + ":13: item sci-01 stands in"},
		{"an item of no lesson", bank, "lesson: sci-2\n    objective: flags", "lesson: sci-7\n    objective: flags", bank + ":14: item sci-02 belongs to lesson"},
		{"an item for no objective", bank, "objective: flags", "objective: none", bank + ":15: item sci-02 is for objective"},
		{"two right options", bank, `text: "That thing", why`, `text: "That thing", correct: true, why`, bank + ":8: item sci-01 is single and has 2"},
		{"no right option", bank, `text: "This", correct: true`, `text: "This"`, bank + ":8: item sci-01 is single and has 0"},
		{"no wrong option", bank, `text: "Three", why`, `text: "Three", correct: true, why`, bank + ":31: item sci-03 has 3 right options of 3"},
		{"an option twice", bank, `"That thing"`, `"this"`, bank + ":9: item sci-01 has this option twice"},
		{"option ids out of order", bank, "{id: b, text: \"That", "{id: c, text: \"That", bank + ":9: option \"c\""},
		{"a kind that is none", bank, "kind: multiple", "kind: essay", bank + ":28: item sci-03 is of kind"},
		{"a confidence that is none", bank, "confidence: C", "confidence: D", bank + ":35: item sci-03 has confidence"},
		{"no front matter", first, "---\nid", "id", first + ":1: a lesson begins"},
		{"a lesson's unknown field", first, "minutes: 10", "minuten: 10", first + ":4: "},
		{"an id unlike the file", first, "id: sci-1", "id: sci-5", first + ":2: lesson id"},
		{"an hour and more", first, "minutes: 10", "minutes: 61", first + ":4: minutes is 61"},
		{"a lesson's unknown objective", first, "[basics]", "[none]", first + ":5: objective"},
		{"no source", first, "sources:\n  - {key: LBL, what: \"A label\", confidence: A}\n", "", first + ": a lesson names its sources"},
		{"raw HTML", first, "Some *words*", "<b>Some</b> words", first + ":11: there is raw HTML"},
		{"a script", first, "Some *words*", "<script>x</script>", first + ":11: there is raw HTML"},
		{"a link", first, "Some *words*", "[Some](https://x.test)", first + ":11: there is a link"},
		{"a picture", first, "Some *words*", "![x](y.png)", first + ":11: there is a picture"},
		{"a first-level heading", first, "## Head", "# Head", first + ":9: there is a heading"},
		{"a requirement id twice", prog, "id: science-attempts", "id: science-lessons", prog + ":14: requirement science-lessons stands here twice"},
		{"a type that is none", prog, "type: quiz_pass", "type: luck", prog + ":14: requirement science-attempts is of type"},
		{"a module that is none", prog, "quiz_pass, module: science", "quiz_pass, module: art", prog + ":14: requirement science-attempts and module"},
		{"a phase that is none", prog, "phase: medicine", "phase: dosing", prog + ":15: requirement medicine-logs and phase"},
		{"no count", prog, "count: 1, ", "", prog + ":15: requirement medicine-logs and count"},
		{"parts where none belong", prog, "count: 1, ", "count: 1, of: [{id: x, type: printed_name, title: X}], ", prog + ":15: requirement medicine-logs has parts"},
		{"a pass mark of 0", prog, "pass_percent: 80", "pass_percent: 0", prog + ":8: quiz.pass_percent is 0"},
		{"a review that is none", prog, "review: after_pass", "review: sometimes", prog + ":8: quiz.review"},
		{"a kind of practice that is none", prog, "[role_play]", "[games]", prog + ":10: \"games\" is unknown"},
		{"no default", prog, "default: true", "default: false", "programs: 0 programs say"},
		{"no version", prog, "version: 1\n", "", prog + ": version is 0"},
		{"a file named otherwise", prog, "key: kap", "key: other", prog + ":1: key is"},
	} {
		files := small()
		if tt.from == "" {
			delete(files, tt.file)
		} else {
			text := string(files[tt.file].Data)
			if !strings.Contains(text, tt.from) {
				t.Fatalf("%s: the small course has no %q", tt.name, tt.from)
			}
			files[tt.file] = &fstest.MapFile{Data: []byte(strings.Replace(text, tt.from, tt.to, 1))}
		}
		_, err := Load(files)
		var faults Faults
		if !errors.As(err, &faults) || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: Load = %v, want %q", tt.name, err, tt.says)
		}
	}
}

func TestAllFaultsAreNamedAtOnce(t *testing.T) {
	files := small()
	files["01-science/sci-3-extra.md"] = &fstest.MapFile{Data: []byte("x")}
	files["01-science/module.yaml"].Data = bytes.Replace(files["01-science/module.yaml"].Data, []byte("minutes: 60"), []byte("minutes: 0"), 1)
	files["programs/kap.yaml"].Data = bytes.Replace(files["programs/kap.yaml"].Data, []byte("version: 1"), []byte("version: 0"), 1)
	_, err := Load(files)
	var faults Faults
	if !errors.As(err, &faults) || len(faults) != 3 {
		t.Errorf("Load = %v, want three faults", err)
	}
}

func TestTheShippedCourseLoads(t *testing.T) {
	c, err := Load(modules.FS)
	if err != nil {
		t.Fatal(err)
	}
	if found := Lint(c); len(found) != 0 {
		t.Errorf("an author should look at %v", found)
	}
	if len(c.Modules) != 5 || c.Default().Key != "kap_foundation" {
		t.Errorf("%d modules, default %v", len(c.Modules), c.Default())
	}
	for _, m := range c.Modules {
		if len(m.Lessons) < 5 || len(m.Items) < 15 || !strings.Contains(m.ReviewNote, "clinician") {
			t.Errorf("%s: %d lessons, %d items, %q", m.Key, len(m.Lessons), len(m.Items), m.ReviewNote)
		}
	}
}

func TestContentHasOneName(t *testing.T) {
	one, err := Load(small())
	if err != nil {
		t.Fatal(err)
	}
	archive, err := one.Archive()
	if err != nil {
		t.Fatal(err)
	}
	again, err := FromArchive(archive)
	if err != nil || again.Hash() != one.Hash() {
		t.Fatalf("FromArchive = %v", err)
	}
	if second, err := again.Archive(); err != nil || !bytes.Equal(archive, second) {
		t.Errorf("the archive of the archive differs (%v)", err)
	}
	if diff := cmp.Diff(one.Modules, again.Modules); diff != "" {
		t.Error(diff)
	}
	changed := small()
	changed["01-science/sci-2-second.md"].Data = append(changed["01-science/sci-2-second.md"].Data, "More.\n"...)
	if two, err := Load(changed); err != nil || two.Hash() == one.Hash() {
		t.Errorf("changed content has the same name (%v)", err)
	}
	p, q := *one.Default(), *one.Default()
	q.Quiz.Attempts++
	if p.Hash() != one.Default().Hash() || q.Hash() == p.Hash() {
		t.Error("a program's hash does not follow its rules")
	}
}

func TestAHostileArchiveIsRefused(t *testing.T) {
	for name, files := range map[string]map[string][]byte{
		"a path outside":   {"../evil.md": []byte("x")},
		"an absolute path": {"/01-science/module.yaml": []byte("x")},
		"another file":     {"01-science/run.sh": []byte("x")},
		"a bomb":           {"01-science/bank.yaml": make([]byte, maxBank+1)},
	} {
		archive, err := (&Course{files: files}).Archive()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := FromArchive(archive); err == nil {
			t.Errorf("%s: FromArchive took it", name)
		}
	}
	if _, err := FromArchive([]byte("PK")); err == nil {
		t.Error("FromArchive took two letters")
	}
}

// CHECKS IN-09: text on which the renderer would spend seconds is refused or
// rendered at once.
func TestHostileMarkdownCostsNoTime(t *testing.T) {
	for name, text := range map[string]string{
		"emphasis": strings.Repeat("*a_", maxLesson/3-100), "links": strings.Repeat("[a](", maxLesson/4-100), "quotes": strings.Repeat("> ", maxLesson/2-100),
		"lists": strings.Repeat("- ", maxLesson/2-100), "code": strings.Repeat("`", maxLesson-400), "brackets": strings.Repeat("[", maxLesson-400),
		"deep list": func() string {
			var b strings.Builder
			for i := range 120 {
				b.WriteString(strings.Repeat(" ", 2*i) + "- x\n")
			}
			return b.String()
		}(),
	} {
		files := small()
		files["01-science/sci-2-second.md"].Data = []byte(lesson("sci-2", "Second", text))
		begin := time.Now()
		_, err := Load(files)
		if took := time.Since(begin); took > 300*time.Millisecond {
			t.Errorf("%s: %v (%v)", name, took, err)
		}
	}
	files := small()
	files["01-science/sci-2-second.md"].Data = []byte(lesson("sci-2", "Second", strings.Repeat("word ", maxLesson/5)))
	if _, err := Load(files); err == nil || !strings.Contains(err.Error(), "larger than 20 KiB") {
		t.Errorf("a lesson beyond its size: %v", err)
	}
}

func TestAResponseIsChecked(t *testing.T) {
	single := &Item{Kind: Single, Options: []Option{{ID: "a", Correct: true}, {ID: "b"}, {ID: "c"}}}
	multiple := &Item{Kind: Multiple, Options: []Option{{ID: "a", Correct: true}, {ID: "b", Correct: true}, {ID: "c"}}}
	for _, tt := range []struct {
		item     *Item
		response []OptionID
		want     error
		right    bool
	}{
		{single, nil, nil, false}, {single, []OptionID{"a"}, nil, true}, {single, []OptionID{"b"}, nil, false},
		{single, []OptionID{"a", "b"}, ErrOneChoice, false}, {single, []OptionID{"z"}, ErrNoOption, false},
		{multiple, []OptionID{"b", "a"}, nil, true}, {multiple, []OptionID{"a"}, nil, false}, {multiple, []OptionID{"a", "b", "c"}, nil, false},
		{multiple, []OptionID{"a", "a"}, ErrTwice, false},
	} {
		if err := tt.item.Check(tt.response); !errors.Is(err, tt.want) {
			t.Errorf("Check(%v) of a %s item = %v, want %v", tt.response, tt.item.Kind, err, tt.want)
		}
		if got := tt.item.Right(tt.response); got != tt.right && tt.want == nil {
			t.Errorf("Right(%v) of a %s item = %v", tt.response, tt.item.Kind, got)
		}
	}
	rapid.Check(t, func(rt *rapid.T) {
		response := rapid.Permutation([]OptionID{"a", "b", "c"}).Draw(rt, "response")[:rapid.IntRange(0, 3).Draw(rt, "n")]
		if multiple.Check(response) != nil {
			rt.Fatalf("Check(%v) refused known options", response)
		}
		shuffled := rapid.Permutation(response).Draw(rt, "shuffled")
		if multiple.Right(response) != multiple.Right(shuffled) {
			rt.Fatalf("the order of %v matters", response)
		}
	})
}

func TestCuesAreFound(t *testing.T) {
	c, err := Load(small())
	if err != nil {
		t.Fatal(err)
	}
	m := c.Modules[0]
	if found := Lint(c); len(found) != 0 {
		t.Errorf("Lint of a plain course = %v", found)
	}
	m.Items[0].Options[0].Text = "This is by far the longest of them"
	m.Items[1].Options[0].Text = "All of the above"
	m.Items[1].Sources = nil
	m.Items[1].Lesson, m.Items[2].Lesson = "sci-1", "sci-1"
	got := fmt.Sprint(Lint(c))
	for _, says := range []string{"the right option is the longest in 1 of 2", "All of the above", "sci-02: it names no source", "sci-2: no quiz item asks"} {
		if !strings.Contains(got, says) {
			t.Errorf("Lint = %s, want %q", got, says)
		}
	}
}

func FuzzLesson(f *testing.F) {
	f.Add([]byte(lesson("sci-2", "Second", "Plain *words*.\n")))
	f.Add([]byte("---\nid: [\n---\n"))
	f.Add([]byte("---\n---\n> > > `x"))
	f.Fuzz(func(t *testing.T, data []byte) { fuzzFile(t, "01-science/sci-2-second.md", data) })
}

func FuzzBank(f *testing.F) {
	f.Add(small()["01-science/bank.yaml"].Data)
	f.Add([]byte("items: [{id: a, options: [{}]}]"))
	f.Fuzz(func(t *testing.T, data []byte) { fuzzFile(t, "01-science/bank.yaml", data) })
}

func FuzzProgram(f *testing.F) {
	f.Add(small()["programs/kap.yaml"].Data)
	f.Add([]byte("requirements: [{type: all_of, of: [{type: all_of, of: []}]}]"))
	f.Fuzz(func(t *testing.T, data []byte) { fuzzFile(t, "programs/kap.yaml", data) })
}

func FuzzArchive(f *testing.F) {
	c, err := Load(small())
	if err != nil {
		f.Fatal(err)
	}
	archive, err := c.Archive()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(archive)
	f.Fuzz(func(t *testing.T, data []byte) {
		if c, err := FromArchive(data); err == nil && c.Default() == nil {
			t.Error("an archive without a default program was taken")
		}
	})
}

// fuzzFile loads a course with one file replaced: it is taken whole, or its
// faults are named, each with the file.
func fuzzFile(t *testing.T, name string, data []byte) {
	files := maps.Clone(small())
	files[name] = &fstest.MapFile{Data: data}
	c, err := Load(files)
	var faults Faults
	switch {
	case err == nil && c.Default() == nil:
		t.Error("a course without a default program was taken")
	case err != nil && !errors.As(err, &faults):
		t.Errorf("Load = %v, which is no list of faults", err)
	}
	for _, f := range faults {
		if f.File == "" || f.Text == "" {
			t.Errorf("a fault without a file or words: %+v", f)
		}
	}
}
