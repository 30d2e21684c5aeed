package curriculum

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kapstone-lms/kapstone/modules"
)

func TestTheUsualRubricIsThatOfTheField(t *testing.T) {
	var titles []string
	for _, c := range (PracticumRules{}).TheRubric() {
		if titles = append(titles, c.Title); len(c.Levels) != 4 || c.Minimum != 0 {
			t.Errorf("%s has the levels %q and the minimum %d", c.Key, c.Levels, c.Minimum)
		}
	}
	want := []string{"Preparation, screening, consent", "Safety and teamwork", "Presence and trust", "Medicine-session craft",
		"Integration and framework", "Ethics, boundaries, touch, culture", "Reflection, supervision, records"}
	if d := cmp.Diff(want, titles); d != "" {
		t.Errorf("the usual rubric (-want +got):\n%s", d)
	}
	if c := (PracticumRules{}).TheRubric()[1]; c.Levels[0] != "Acts outside scope or leaves the client" {
		t.Errorf("level 1 of %s reads %q", c.Title, c.Levels[0])
	}
}

// Enrollments are pinned to a version, so what this code learns to read must
// leave the hash of a program that does not say it.
func TestTheDefaultProgramIsWhatItWas(t *testing.T) {
	c, err := Load(modules.FS)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := c.Program("kap_foundation").Hash(), "5a7002d9c17b031ab561d95cbc299ca77638ceee9ddac72aea022f6bf6b24df1"; got != want {
		t.Errorf("kap_foundation has the hash %s, want %s: its rules changed, so its version must", got, want)
	}
}

// ownRubric is a rubric in a program's own words.
func ownRubric(change func(n int, criterion string) string) string {
	var b strings.Builder
	b.WriteString("safety_floor: 2\n  rubric:\n")
	for n := 1; n <= 7; n++ {
		b.WriteString(change(n, fmt.Sprintf("    - {key: c%d, title: Our %d, levels: [one, two, three, four], minimum: 2}\n", n, n)))
	}
	return b.String()
}

func TestAProgramSaysItsRubricInItsOwnWords(t *testing.T) {
	files := testCourse(t)
	edit(t, files, aRich, "safety_floor: 2\n", ownRubric(func(_ int, s string) string { return s })+"  self_rating: true\n  grade_days: 14\n  second_percent: 10\n")
	p := load(t, files).Program("rich").Practicum
	if r := p.TheRubric(); len(r) != 7 || r[6].Title != "Our 7" || r[6].Levels[3] != "four" || r[6].Minimum != 2 {
		t.Errorf("TheRubric() = %+v", r)
	}
	if !p.SelfRating || p.GradeDays != 14 || p.SecondPercent != 10 {
		t.Errorf("the rules read %+v", p)
	}
	for _, tt := range []struct {
		name   string
		change func(n int, s string) string
		want   string
	}{
		{"six criteria", func(n int, s string) string { return strings.Repeat(s, min(1, 7-n)) }, "6 entries"},
		{"another order", func(n int, s string) string {
			return strings.NewReplacer("c2", "c3", "c3", "c2").Replace(s)
		}, "in their order"},
		{"three levels", func(n int, s string) string { return strings.Replace(s, ", four", "", 1) }, "3 entries"},
		{"an empty level", func(n int, s string) string { return strings.Replace(s, "four", `""`, 1) }, "what the level looks like"},
		{"a minimum of five", func(n int, s string) string { return strings.Replace(s, "minimum: 2", "minimum: 5", 1) }, "`minimum`"},
		{"a field of its own", func(n int, s string) string { return strings.Replace(s, "minimum", "weight", 1) }, "no field"},
	} {
		files := testCourse(t)
		edit(t, files, aRich, "safety_floor: 2\n", ownRubric(tt.change))
		if _, err := Load(files); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: Load = %v, want a fault with %q", tt.name, err, tt.want)
		}
	}
}
