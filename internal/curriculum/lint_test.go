package curriculum

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLintNamesWhatToLookAt(t *testing.T) {
	files := testCourse(t)
	edit(t, files, aBank, "lesson: one-2", "lesson: one-1")
	edit(t, files, aBank, `text: "3"`, `text: "All of the above"`)
	edit(t, files, aBank, `text: "The second."`, `text: "The second, and by far the longest of all options here."`)
	want := []string{
		aModule + ":1: module first has 2 items",
		aModule + ":1: module first: the right option is the longest in 1 of 1 single items",
		aBank + ":24: item one-02: option c points at the other options",
		"01-first/one-2-go-on.md:2: lesson one-2: no quiz item asks about it",
		"02-second/module.yaml:1: module second has 1 items",
		"02-second/bank.yaml:2: item two-1a names no source",
	}
	got := Lint(load(t, files))
	if len(got) != len(want) {
		t.Fatalf("Lint: %d findings, want %d:\n%v", len(got), len(want), got)
	}
	for i, f := range got {
		if !strings.HasPrefix(f.String(), want[i]) {
			t.Errorf("Lint: finding %q, want %q", f, want[i])
		}
	}
}

// bankOf makes a module of single items whose right options are these.
func bankOf(letters string) *Course {
	m := &Module{Key: "m", Lessons: []*Lesson{{ID: "l-1"}}}
	for i, right := range letters {
		it := &Item{ID: ItemID(fmt.Sprintf("i-%d", i)), Lesson: "l-1", Kind: Single, Sources: []string{"S"}}
		for _, id := range "abcd" {
			it.Options = append(it.Options, Option{ID: OptionID(id), Text: strings.Repeat("x", 10), Correct: id == right})
		}
		m.Items = append(m.Items, it)
	}
	return &Course{Modules: []*Module{m}}
}

func TestLintMeasuresTheBalanceOfLetters(t *testing.T) {
	for letters, want := range map[string][]string{
		"abcdabcdabcdabcd": nil,
		"aaaaaabcdbcdbcd":  nil, // 6 of 15 are 40 %
		"aaaaaaabcdbcdbcd": {"module m: option a is right in 7 of 16 single items; spread the right options"},
		"aaaaaaa":          {"module m has 7 items; with fewer than 15, attempts repeat each other"}, // shares of seven say nothing
	} {
		var got []string
		for _, f := range Lint(bankOf(letters)) {
			got = append(got, f.String())
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("Lint of the letters %s (-want +got):\n%s", letters, d)
		}
	}
}

func TestLintCountsTheRightOptionsThatAreLongest(t *testing.T) {
	c := bankOf("abcdabcdabcdabcd")
	for i, it := range c.Modules[0].Items {
		for o := range it.Options {
			if it.Options[o].Correct && i < 6 {
				it.Options[o].Text = "é" + strings.Repeat("x", 10)
			}
		}
	}
	got := Lint(c)
	if len(got) != 1 || !strings.HasPrefix(got[0].Text, "module m: the right option is the longest in 6 of 16 single items") {
		t.Errorf("Lint = %v, want that 6 of 16 are the longest", got)
	}
	c.Modules[0].Items[0].Options[1].Text = strings.Repeat("x", 11) // as long as the right one
	if got := Lint(c); len(got) != 0 {
		t.Errorf("Lint with 5 of 16 = %v, want nothing", got)
	}
}

func TestOptionsThatPointAtOthersAreSeen(t *testing.T) {
	for text, want := range map[string]bool{
		"All of the above": true, "None of the above.": true, "both of the above": true, "None of these answers": true, "Any of the other choices": true,
		"All of the session": false, "above the threshold": false, "One of these drugs": false,
	} {
		if got := pointsAtOthers.MatchString(text); got != want {
			t.Errorf("%q points at others: %v, want %v", text, got, want)
		}
	}
}
