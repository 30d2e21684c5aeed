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
	edit(t, files, aModule, `"Say what it means."}`, "\"Say what it means.\"}\n  - {id: sing, text: \"Sing it.\"}")
	edit(t, files, aBank, "sources: [SRC1]\n    confidence: M", "sources: [SRC1, Gone]\n    confidence: M")
	edit(t, files, theBank, `text: "The one that runs"`, `text: "The one that also opens"`)
	want := []string{
		aModule + ":1: module first has 2 items; with fewer than 30",
		aModule + ":1: module first: the right option is the longest in 1 of 1 single items",
		aModule + ":1: objective see has one critical item, which every attempt asks",
		aModule + ":1: objective sing: no lesson teaches it",
		aModule + ":1: objective sing: no quiz item asks about it",
		aBank + ":9: item one-01: option a has a rationale of 16 characters",
		aBank + ":24: item one-02: option c points at the other options",
		aBank + ":24: item one-02: options a and c have the same rationale",
		aBank + ":16: item one-02 names the source Gone, which its lesson one-1 does not",
		"01-first/one-2-go-on.md:2: lesson one-2: no quiz item asks about it",
		"01-first/one-2-go-on.md:2: lesson one-2 has 1 source",
		"02-second/module.yaml:1: module second has 1 items",
		"02-second/bank.yaml:2: item two-1a names no source",
		theBank + ":78: item thr-06: options a and c say nearly the same",
	}
	wantFindings(t, load(t, files), want...)
}

// wantFindings sees that each is among what Lint finds.
func wantFindings(t *testing.T, c *Course, want ...string) {
	t.Helper()
	got := Lint(c)
	for _, w := range want {
		found := false
		for _, f := range got {
			found = found || strings.HasPrefix(f.String(), w)
		}
		if !found {
			t.Errorf("Lint finds no %q in:\n%v", w, got)
		}
	}
}

// bankOf makes a module of single items whose right options are these. Lint
// finds nothing else in it.
func bankOf(letters string) *Course {
	m := &Module{Key: "m", Quiz: Quiz{Draw: 2}, Lessons: []*Lesson{
		{ID: "l-1", Objectives: []ObjectiveID{"o"}, Sources: []Source{{Key: "S", Confidence: "B"}, {Key: "T", Confidence: "C"}}}},
		Objectives: []Objective{{ID: "o"}}}
	for i, right := range letters {
		it := &Item{ID: ItemID(fmt.Sprintf("i-%d", i)), Lesson: "l-1", Objective: "o", Kind: Single, Sources: []string{"S", "T"}, Confidence: "B"}
		for _, id := range "abcd" {
			it.Options = append(it.Options, Option{
				ID: OptionID(id), Text: strings.Repeat(string(id), 10), Correct: id == right, Why: strings.Repeat(string(id), leastWhy)})
		}
		m.Items = append(m.Items, it)
	}
	return &Course{Modules: []*Module{m}}
}

const even = "abcdabcdabcdabcdabcdabcdabcdabcd" // 32 items

func found(c *Course) (all []string) {
	for _, f := range Lint(c) {
		all = append(all, f.String())
	}
	return all
}

func TestLintMeasuresTheBalanceOfLetters(t *testing.T) {
	few := "module m has 7 items; with fewer than 30, attempts repeat each other"
	for letters, want := range map[string][]string{
		even:                             nil,
		"aaaaaaaaaaaabcdbcdbcdbcdbcdbcd": nil, // 12 of 30 are 40 %
		"aaaaaaaaaaaaabcdbcdbcdbcdbcdbc": {"module m: option a is right in 13 of 30 single items; spread the right options"},
		"aaaaaaa":                        {few}, // shares of seven say nothing
	} {
		if d := cmp.Diff(want, found(bankOf(letters))); d != "" {
			t.Errorf("Lint of the letters %s (-want +got):\n%s", letters, d)
		}
	}
}

func TestLintCountsTheRightOptionsThatAreLongest(t *testing.T) {
	c := bankOf(even)
	for i, it := range c.Modules[0].Items {
		for o := range it.Options {
			if it.Options[o].Correct && i < 11 {
				it.Options[o].Text = "é" + strings.Repeat("x", 10)
			}
		}
	}
	got := Lint(c)
	if len(got) != 1 || !strings.HasPrefix(got[0].Text, "module m: the right option is the longest in 11 of 32 single items") {
		t.Errorf("Lint = %v, want that 11 of 32 are the longest", got)
	}
	c.Modules[0].Items[0].Options[1].Text = strings.Repeat("y", 11) // as long as the right one
	if got := Lint(c); len(got) != 0 {
		t.Errorf("Lint with 10 of 32 = %v, want nothing", got)
	}
}

// Each finding about one item, by what is done to a good one.
func TestLintLooksAtEveryItem(t *testing.T) {
	ordering := func(it *Item, texts ...string) {
		it.Kind = InOrder
		for i := range it.Options {
			it.Options[i].Correct, it.Options[i].Text = false, texts[i]
		}
	}
	for name, tt := range map[string]struct {
		spoil func(m *Module, it *Item)
		want  []string // the beginnings
	}{
		"a good one":        {func(*Module, *Item) {}, nil},
		"no source":         {func(_ *Module, it *Item) { it.Sources = nil }, []string{"item i-5 names no source"}},
		"a foreign source":  {func(_ *Module, it *Item) { it.Sources = []string{"S", "U"} }, []string{"item i-5 names the source U, which its lesson l-1 does not"}},
		"too sure":          {func(_ *Module, it *Item) { it.Confidence = "A" }, []string{"item i-5 has confidence A, but none of its sources is better than B"}},
		"less sure":         {func(_ *Module, it *Item) { it.Confidence = "C" }, nil},
		"turned around":     {func(_ *Module, it *Item) { it.Stem = "All of these are so, except" }, []string{"item i-5 asks for what is not so"}},
		"no rationale":      {func(_ *Module, it *Item) { it.Options[2].Why = "" }, []string{"item i-5: option c has a rationale of 0 characters"}},
		"one for two":       {func(_ *Module, it *Item) { it.Options[2].Why = it.Options[0].Why }, []string{"item i-5: options a and c have the same rationale"}},
		"all of the above":  {func(_ *Module, it *Item) { it.Options[2].Text = "all of the above" }, []string{"item i-5: option c points at the other options"}},
		"twice the same":    {func(_ *Module, it *Item) { it.Options[2].Text = "the aaaaaaaaaa" }, []string{"item i-5: options a and c say nearly the same"}},
		"order by alphabet": {func(_ *Module, it *Item) { ordering(it, "Ask", "bring", "Call", "drive") }, []string{"item i-5: the right order is the alphabetical one"}},
		"order by words":    {func(_ *Module, it *Item) { ordering(it, "Step 1: open", "Then ask", "Close", "Finally leave") }, []string{"item i-5: option a begins with", "item i-5: option b begins with", "item i-5: option d begins with"}},
		"a good order":      {func(_ *Module, it *Item) { ordering(it, "Open the door", "Ask", "Thenceforth wait", "Leave") }, nil},
		"critical order": {func(m *Module, it *Item) {
			ordering(it, "Open the door", "Ask", "Wait", "Leave")
			it.Critical, m.Items[6].Critical, m.Objectives[0].Critical = true, true, true
		}, []string{"item i-5 is critical and of kind ordering"}},
		"pairs without rest": {func(_ *Module, it *Item) {
			it.Kind, it.Prompts = Matching, make([]Prompt, 4)
		}, []string{"item i-5 has as many options as prompts"}},
		"pairs with rest": {func(_ *Module, it *Item) { it.Kind, it.Prompts = Matching, make([]Prompt, 3) }, nil},
	} {
		c := bankOf(even)
		m := c.Modules[0]
		tt.spoil(m, m.Items[5])
		got := found(c)
		ok := len(got) == len(tt.want)
		for i := range tt.want {
			ok = ok && strings.HasPrefix(got[i], tt.want[i])
		}
		if !ok {
			t.Errorf("%s: Lint = %q, want %q", name, got, tt.want)
		}
	}
}

func TestLintFindsWhatNoAttemptCanAsk(t *testing.T) {
	c := bankOf(even)
	m := c.Modules[0]
	m.Objectives = []Objective{{ID: "o", Quota: 2}, {ID: "p"}}
	m.Lessons[0].Objectives = []ObjectiveID{"o", "p"}
	m.Items[7].Objective = "p"
	m.Cases = []*Case{{ID: "c-1"}}
	m.Items[8].Case, m.Items[9].Case = "c-1", "c-1"
	if got := found(c); len(got) != 1 || !strings.HasPrefix(got[0], "item i-7: no attempt can ask it") {
		t.Errorf("Lint of a bank whose quotas fill an attempt = %q", got)
	}
	m.Items[8].Objective, m.Items[9].Objective = "p", "p"
	if got := found(c); len(got) != 2 || !strings.HasPrefix(got[0], "case c-1: no attempt can ask it") {
		t.Errorf("Lint of a bank with a case of what no quota asks = %q", got)
	}
	m.Quiz.Draw = 4
	if got := found(c); len(got) != 0 {
		t.Errorf("Lint of an attempt with room = %q, want nothing", got)
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

func TestOptionsThatOverlapAreSeen(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want bool
	}{
		{"the prescriber", "The prescriber.", true},
		{"call the prescriber", "call the prescriber and the family", true},
		{"wait one week, then call the prescriber again", "wait two week, then call the prescriber again", false},
		{"stay with the person and call the prescriber who is on call today", "stay with the person and call the prescriber who is on call", true},
		{"a higher dose in the morning", "a lower dose in the morning", false},
		{"30 to 40 minutes", "40 to 60 minutes", false},
		{"1.5 hours", "15 hours", false},
		{"a", "the", false},
	} {
		if got := overlap(tt.a, tt.b); got != tt.want || overlap(tt.b, tt.a) != tt.want {
			t.Errorf("overlap(%q, %q) = %v, want %v", tt.a, tt.b, got, tt.want)
		}
	}
}

func TestATallyCountsAModule(t *testing.T) {
	c := load(t, testCourse(t))
	got := c.Module("third").Tally()
	want := Tally{Lessons: 1, Figures: 1, Items: 6, Cases: 1, Critical: 2, Longest: 2,
		Kinds: map[Kind]int{Single: 3, Multiple: 1, InOrder: 1, Matching: 1}, Letters: map[OptionID]int{"a": 2, "b": 1}, Sources: []int{1}}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("Tally (-want +got):\n%s", d)
	}
	sum := c.Module("first").Tally().Plus(got)
	want = Tally{Lessons: 3, Figures: 1, Items: 8, Cases: 1, Critical: 3, Longest: 2,
		Kinds: map[Kind]int{Single: 4, Multiple: 2, InOrder: 1, Matching: 1}, Letters: map[OptionID]int{"a": 2, "b": 2}, Sources: []int{1, 1, 2}}
	if d := cmp.Diff(want, sum); d != "" {
		t.Errorf("Plus (-want +got):\n%s", d)
	}
}
