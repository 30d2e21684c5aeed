package curriculum

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/kapstone-lms/kapstone/modules"
)

// seeds are small texts of the kinds that are known to trouble parsers.
func seeds(f *testing.F, all ...string) {
	for _, s := range all {
		f.Add(s)
	}
}

func FuzzMarkdown(f *testing.F) {
	seeds(f, hostileMarkdown(60)...)
	seeds(f, "# x", "<b>", "[a](javascript:b)", "&#x202e;", "| a |\n|:-:|\n| <i> |", "```a\n<x>\n```", "<a\n  b=c>")
	f.Fuzz(func(t *testing.T, s string) {
		if badText(s) != "" || len(s) > maxLesson {
			return // the check of the file refuses it
		}
		html, faults := render([]byte(s), new(gallery))
		if html != "" && len(faults) > 0 {
			t.Errorf("render(%q) = %q with faults %v", s, html, faults)
		}
		if tag := foreignTag(html); tag != "" {
			t.Errorf("render(%q) lets %q through", s, tag)
		}
		if bad := badText(html); bad != "" {
			t.Errorf("render(%q) = %q has %s", s, html, bad)
		}
		for _, fault := range faults {
			if fault.Line < 1 || fault.Line > 1+strings.Count(s, "\n") {
				t.Errorf("render(%q): line %d of a fault is not in the text", s, fault.Line)
			}
		}
	})
}

// FuzzYAML drives the parser alone, many times faster than within a course.
func FuzzYAML(f *testing.F) {
	seeds(f, slowYAML(60)...)
	seeds(f, "a:\n  - {b: [c, 'd'], e: \"f\\u00e9\"}\n  - >-\n    g\n\n    h # i\n", "a: |2+\n   b\n", "a: [b: c]", "a: {b}", "- a\n-\tb", "\"a\" : b\n'c':\n- d")
	f.Fuzz(func(t *testing.T, s string) {
		if badText(s) != "" {
			return // the check of the file refuses it
		}
		for _, fault := range faultsOf(s) {
			if fault.Line < 0 || fault.Line > 1+strings.Count(s, "\n") || fault.Text == "" {
				t.Errorf("%q: fault %q has no place or no text", s, fault)
			}
		}
	})
}

// fuzzFile puts a text in place of one file of the test course. Whatever it is,
// the course loads or tells faults, all of them with a place in a file.
func fuzzFile(f *testing.F, name string) {
	seeds(f, string(testCourse(f)[name].Data), "", "---\n---\n", "a: b", "a:\n- b\n  - c", "[", "{a: [}", "a: &b *c", "a: |\n", "? a", "\"", "a: '", "!!x", "%", "- - -", "key:\n\n\n  x: >-", "#")
	files := testCourse(f)
	lengths := make(map[string]int)
	for name, file := range files {
		lengths[name] = 1 + strings.Count(string(file.Data), "\n")
	}
	f.Fuzz(func(t *testing.T, s string) {
		files := testCourse(t)
		files[name].Data = []byte(s)
		c, err := Load(files)
		if (c == nil) == (err == nil) {
			t.Fatalf("Load = %v, %v; want one of the two", c, err)
		}
		var faults Faults
		if err != nil && (!errors.As(err, &faults) || len(faults) == 0) {
			t.Fatalf("Load: %v, want Faults", err)
		}
		for _, fault := range faults {
			limit := lengths[fault.File]
			if fault.File == name {
				limit = 1 + strings.Count(s, "\n")
			}
			if fault.File == "" || fault.Line < 0 || fault.Line > limit || fault.Text == "" || !utf8.ValidString(fault.Text) {
				t.Errorf("Load: fault %q has no place or no text", fault)
			}
		}
		if err == nil {
			wantSound(t, c)
		}
	})
}

// wantSound holds a course against what others rely on without looking.
func wantSound(t *testing.T, c *Course) {
	for _, m := range c.Modules {
		for _, it := range m.Items {
			if !it.Right(it.Key()) || it.Check(it.Key()) != nil || it.Right(nil) || m.Lesson(it.Lesson) == nil {
				t.Errorf("item %+v cannot be asked", it)
			}
			if key := len(it.Key()); it.Kind == Single && key != 1 || it.Kind == Multiple && key == len(it.Options) || it.Kind == Matching && key != len(it.Prompts) {
				t.Errorf("item %+v has a key of %d", it, key)
			}
		}
		if m.Quiz.Draw > len(m.Items) || len(m.CriticalObjectives()) > m.Quiz.Draw || len(m.Plan().Sets()) == 0 {
			t.Errorf("module %s cannot draw its quiz", m.Key)
		}
	}
	for _, p := range c.Programs {
		for r := range p.Leaves() {
			if r.Module != "" && c.Module(r.Module) == nil {
				t.Errorf("requirement %+v is about no module", r)
			}
		}
	}
	if c.Default() == nil {
		t.Error("there is no default program")
	}
}

func FuzzLesson(f *testing.F)  { fuzzFile(f, theLesson) }
func FuzzModule(f *testing.F)  { fuzzFile(f, theModule) }
func FuzzBank(f *testing.F)    { fuzzFile(f, theBank) }
func FuzzProgram(f *testing.F) { fuzzFile(f, aRich) }

func FuzzFromArchive(f *testing.F) {
	f.Add(archiveOf(f, load(f, testCourse(f))))
	f.Add(archiveOf(f, load(f, modules.FS))[:4000])
	f.Add(zipOf(f, 8, whole(f)...))
	f.Add(zipOf(f, 0, entry{name: "../x"}, entry{name: "programs/x.yaml", text: "key: x"}))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := FromArchive(data)
		var faults Faults
		if (c == nil) == (err == nil) || err != nil && !errors.As(err, &faults) {
			t.Fatalf("FromArchive = %v, %v; want a course or Faults", c, err)
		}
		if err != nil {
			return
		}
		wantSound(t, c)
		again, err := FromArchive(archiveOf(t, c))
		if err != nil || again.Hash() != c.Hash() {
			t.Errorf("the archive of a course from an archive: %v", err)
		}
	})
}
