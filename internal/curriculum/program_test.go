package curriculum

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLeavesAreWalkedInOrder(t *testing.T) {
	p := load(t, testCourse(t)).Program("rich")
	var got []string
	for r := range p.Leaves() {
		got = append(got, r.ID)
	}
	want := []string{"first-lessons", "first-quiz", "preparation-logs", "personal-experience", "printed-name"}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("Leaves() (-want +got):\n%s", d)
	}
	for n := range want {
		got = nil
		for r := range p.Leaves() {
			if got = append(got, r.ID); len(got) == n+1 {
				break
			}
		}
		if !slices.Equal(got, want[:n+1]) {
			t.Errorf("Leaves() up to %d = %q, want %q", n+1, got, want[:n+1])
		}
	}
}

func TestAProgramsHashIsThatOfItsRules(t *testing.T) {
	hash := func(edits ...string) string {
		files := testCourse(t)
		for i := 0; i < len(edits); i += 2 {
			edit(t, files, aRich, edits[i], edits[i+1])
		}
		return load(t, files).Program("rich").Hash()
	}
	want := hash()
	for what, got := range map[string]string{
		"a remark":         hash("version: 3", "# changed\nversion: 3"),
		"another layout":   hash("lessons: opened_first\n", "", "requirements:", "lessons:  \"opened_first\"\nrequirements:"),
		"an explicit flag": hash("version: 3", "version: 3\ndefault: false"),
	} {
		if got != want {
			t.Errorf("Hash() with %s = %s, want it unchanged", what, got)
		}
	}
	seen := map[string]string{want: "as it was"}
	for _, e := range [][2]string{
		{"version: 3", "version: 4"}, {"A rich program", "Another"}, {"pass_percent: 80", "pass_percent: 70"}, {"wait_hours: 24", "wait_hours: 0"},
		{"opened_first", "any"}, {"[c2, c6]", "[c2]"}, {"[c2, c6]", "[]"}, {"[c2, c6]", "[c6, c2]"}, {"safety_floor: 2", "safety_floor: 3"}, {"what was asked", "all of it"},
		{"count: 2", "count: 1"}, {"phase: preparation", "phase: medicine"}, {"type: quiz_pass", "type: lessons_complete"}, {"title: Attest", "title: Say so"},
		{"\n  - {id: printed-name, type: printed_name, title: Confirm your name}", ""}, {"title: Certificate of", "title: Letter of"},
	} {
		got := hash(e[0], e[1])
		if other, twice := seen[got]; twice {
			t.Errorf("Hash() with %q is the same as with %q", e[1], other)
		}
		seen[got] = e[1]
	}
}

func TestAProgramsHashLeavesOutWhatIsNotARule(t *testing.T) {
	p := *load(t, testCourse(t)).Program("small")
	want := p.Hash()
	p.Default = false
	p.Practicum.Kinds = []string{}
	if got := p.Hash(); got != want {
		t.Errorf("Hash() = %s for a program that is no longer the default, want %s", got, want)
	}
	// Pinned: enrollments know their program by this. A change of the code that
	// changes it makes every published program look edited.
	if pinned := "2e478af9679f8f12c74df86856c6b9c9df509317de2cde7ba1f168c8e91b6022"; want != pinned {
		t.Errorf("Hash() of the program small = %s, want %s", want, pinned)
	}
}
