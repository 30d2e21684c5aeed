package curriculum

import (
	"slices"
	"strings"
	"testing"
)

// choices makes an item of which the options in right are right.
func choices(kind Kind, options, right string) *Item {
	it := &Item{ID: "it", Kind: kind, Stem: "Which?"}
	for _, id := range options {
		it.Options = append(it.Options, Option{ID: OptionID(id), Text: "Text " + string(id), Correct: strings.ContainsRune(right, id), Why: "why " + string(id)})
	}
	return it
}

// pairs makes a matching item: "1c2a" joins prompt 1 with option c.
func pairs(options, joined string) *Item {
	it := choices(Matching, options, "")
	for i := 0; i < len(joined); i += 2 {
		it.Prompts = append(it.Prompts, Prompt{ID: PromptID(joined[i : i+1]), Option: OptionID(joined[i+1 : i+2])})
	}
	return it
}

func TestAnItemIsRekeyed(t *testing.T) {
	for _, tt := range []struct {
		name      string
		asked, by *Item
		key       []string // nil: it cannot be
	}{
		{"another option", choices(Single, "abc", "a"), choices(Single, "abc", "b"), []string{"b"}},
		{"the same key", choices(Single, "abc", "a"), choices(Single, "cab", "a"), []string{"a"}},
		{"one more is right", choices(Multiple, "abcd", "ac"), choices(Multiple, "abcd", "acd"), []string{"a", "c", "d"}},
		{"a wrong option is lost", choices(Multiple, "abcd", "ac"), choices(Multiple, "abc", "a"), []string{"a"}},
		{"the right option is lost", choices(Single, "abc", "a"), choices(Single, "bc", "c"), []string{"c"}},
		{"a wrong option is new", choices(Single, "abc", "a"), choices(Single, "abcd", "b"), []string{"b"}},
		{"what is right was never offered", choices(Single, "abc", "a"), choices(Single, "abcd", "d"), nil},
		{"another kind", choices(Single, "abc", "a"), choices(Multiple, "abc", "b"), nil},
		{"it is gone", choices(Single, "abc", "a"), nil, nil},
		{"another order", choices(InOrder, "abc", ""), choices(InOrder, "cab", ""), []string{"c", "a", "b"}},
		{"an order with one less", choices(InOrder, "abc", ""), choices(InOrder, "ab", ""), nil},
		{"an order with one more", choices(InOrder, "abc", ""), choices(InOrder, "abcd", ""), nil},
		{"other pairs", pairs("abc", "1a2b"), pairs("abc", "1c2b"), []string{"1:c", "2:b"}},
		{"an option of no prompt is lost", pairs("abc", "1a2b"), pairs("ab", "1b2a"), []string{"1:b", "2:a"}},
		{"a pair that was never offered", pairs("abc", "1a2b"), pairs("abcd", "1d2b"), nil},
		{"a prompt less", pairs("abc", "1a2b"), pairs("abc", "1a"), nil},
		{"a prompt more", pairs("abc", "1a2b"), pairs("abc", "1a2b3c"), nil},
		{"another prompt", pairs("abc", "1a2b"), pairs("abc", "1a3b"), nil},
	} {
		before := slices.Clone(tt.asked.Options)
		got, ok := tt.asked.Rekeyed(tt.by)
		if ok != (tt.key != nil) {
			t.Errorf("%s: Rekeyed = %+v, %v", tt.name, got, ok)
			continue
		}
		if !slices.Equal(before, tt.asked.Options) {
			t.Errorf("%s: the item itself became %+v", tt.name, tt.asked)
		}
		if ok && (!slices.Equal(got.Key(), tt.key) || got.Stem != "Which?" || len(got.Options) != len(before)) {
			t.Errorf("%s: Rekeyed = %+v with the key %v, want %v", tt.name, got, got.Key(), tt.key)
		}
	}
}

// Who chose an option that the corrected version does not have chose wrong.
func TestALostOptionIsWrong(t *testing.T) {
	got, ok := choices(Multiple, "abcd", "ac").Rekeyed(choices(Multiple, "abc", "ac"))
	if !ok || !got.Right([]string{"a", "c"}) || got.Right([]string{"a", "c", "d"}) || got.Right([]string{"d"}) {
		t.Errorf("Rekeyed = %+v, %v; want a and c right, and d wrong beside them", got, ok)
	}
}

func TestARekeyedItemKeepsItsWeight(t *testing.T) {
	asked, by := choices(Single, "ab", "a"), choices(Single, "ab", "b")
	asked.Critical, asked.Objective, by.Objective, by.Stem = true, "vital", "rest", "Asked otherwise?"
	by.Options[0].Text = "Reworded"
	got, ok := asked.Rekeyed(by)
	if !ok || !got.Critical || got.Objective != "vital" || got.Stem != "Which?" || got.Options[0].Text != "Text a" || got.Options[1].Why != "why b" {
		t.Errorf("Rekeyed = %+v, %v", got, ok)
	}
}

func TestAVersionIsWhatIsAskedAndHowItIsMarked(t *testing.T) {
	m := &Module{Cases: []*Case{{ID: "c1", Text: "Somebody comes in."}, {ID: "c2", Text: "Somebody leaves."}}}
	versionOf := func(edit func(*Item)) string {
		it := choices(Single, "abc", "a")
		it.Case = "c1"
		edit(it)
		return m.Version(it)
	}
	first := versionOf(func(*Item) {})
	if len(first) != 12 {
		t.Errorf("Version = %q", first)
	}
	for name, edit := range map[string]func(*Item){
		"a rationale": func(i *Item) { i.Options[0].Why = "because" }, "a note": func(i *Item) { i.Note = "n" },
		"a source": func(i *Item) { i.Sources = []string{"LBL"} }, "the lesson": func(i *Item) { i.Lesson = "l" },
		"the objective": func(i *Item) { i.Objective, i.Critical = "o", true },
	} {
		if got := versionOf(edit); got != first {
			t.Errorf("with another %s the version is %s, was %s", name, got, first)
		}
	}
	seen := map[string]string{first: "the first"}
	for name, edit := range map[string]func(*Item){
		"stem": func(i *Item) { i.Stem = "Who?" }, "text": func(i *Item) { i.Options[1].Text = "Other" }, "case": func(i *Item) { i.Case = "c2" },
		"key": func(i *Item) { i.Options[0].Correct, i.Options[1].Correct = false, true }, "kind": func(i *Item) { i.Kind = Multiple },
		"order": func(i *Item) { slices.Reverse(i.Options) }, "no case": func(i *Item) { i.Case = "" },
	} {
		got := versionOf(edit)
		if seen[got] != "" {
			t.Errorf("with another %s the version is that of %s", name, seen[got])
		}
		seen[got] = "another " + name
	}
}
