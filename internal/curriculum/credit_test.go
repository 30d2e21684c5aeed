package curriculum

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestWhatAnAnswerEarns(t *testing.T) {
	options := []Option{{ID: "a", Correct: true}, {ID: "b"}, {ID: "c", Correct: true}, {ID: "d", Correct: true}, {ID: "e"}}
	plain := []Option{{ID: "c"}, {ID: "a"}, {ID: "d"}, {ID: "b"}}
	multiple := &Item{Kind: Multiple, Partial: true, Options: options}
	whole := &Item{Kind: Multiple, Options: options}
	single := &Item{Kind: Single, Partial: true, Options: []Option{{ID: "a"}, {ID: "b", Correct: true}, {ID: "c"}}}
	ordering := &Item{Kind: InOrder, Partial: true, Options: plain}
	matching := &Item{Kind: Matching, Partial: true, Options: plain, Prompts: []Prompt{{ID: "1", Option: "c"}, {ID: "2", Option: "a"}, {ID: "3", Option: "b"}}}
	numeric := &Item{Kind: Numeric, Answer: "12.5", Tolerance: "0.5"}
	exact := &Item{Kind: Numeric, Answer: "-3", Tolerance: "0"}
	short := &Item{Kind: Short, Accept: []string{"A key", "the key"}}
	for _, tt := range []struct {
		item     *Item
		response string
		want     Credit
	}{
		{multiple, "", Credit{0, 1}},
		{multiple, "a", Credit{1, 3}},
		{multiple, "d a", Credit{2, 3}},
		{multiple, "d a c", Credit{3, 3}},
		{multiple, "a b", Credit{0, 3}},
		{multiple, "b e", Credit{0, 3}},
		{multiple, "a b c d e", Credit{1, 3}},
		{multiple, "a c z", Credit{0, 1}}, // Check refuses it
		{whole, "a c", Credit{0, 1}},
		{whole, "c a d", Credit{1, 1}},
		{single, "a", Credit{0, 1}},
		{single, "b", Credit{1, 1}},
		{ordering, "c a d b", Credit{4, 4}},
		{ordering, "c a b d", Credit{2, 4}},
		{ordering, "c a", Credit{2, 4}},
		{ordering, "a c b d", Credit{0, 4}},
		{matching, "1:c 2:a 3:b", Credit{3, 3}},
		{matching, "3:b 1:c", Credit{2, 3}},
		{matching, "1:a 2:c 3:b", Credit{1, 3}},
		{numeric, "12", Credit{1, 1}},
		{numeric, "13.000", Credit{1, 1}},
		{numeric, "13.0000000001", Credit{0, 1}},
		{numeric, "11.9999999999", Credit{0, 1}},
		{numeric, "-12.5", Credit{0, 1}},
		{exact, "-3.0", Credit{1, 1}},
		{exact, "3", Credit{0, 1}},
		{short, "the.key", Credit{0, 1}},
		{short, "THE", Credit{0, 1}},
		{short, "akey", Credit{0, 1}},
	} {
		if got := tt.item.Credit(strings.Fields(tt.response)); got != tt.want || got.Full() != tt.item.Right(strings.Fields(tt.response)) {
			t.Errorf("Credit(%s) of a %s item = %v, want %v", tt.response, tt.item.Kind, got, tt.want)
		}
	}
	for _, s := range []string{"a key", "The  KEY!", " the key"} {
		if !short.Right([]string{s}) || short.Right([]string{s, s}) {
			t.Errorf("%q is not right, or twice it is", s)
		}
	}
}

// parted draws an item with parts, as the loader lets it through.
func parted(t *rapid.T) *Item {
	it := &Item{Kind: rapid.SampledFrom([]Kind{Multiple, InOrder, Matching}).Draw(t, "kind"), Partial: true}
	n := rapid.IntRange(3, 6).Draw(t, "options")
	for i, id := range rapid.Permutation(optionIDs[:n]).Draw(t, "order") {
		it.Options = append(it.Options, Option{ID: OptionID(id), Correct: it.Kind == Multiple && (i == 0 || i < n-1 && rapid.Bool().Draw(t, "correct"))})
	}
	if it.Kind == Matching {
		for i, id := range rapid.Permutation(optionIDs[:n]).Draw(t, "pairs")[:rapid.IntRange(2, min(n, 5)).Draw(t, "prompts")] {
			it.Prompts = append(it.Prompts, Prompt{ID: PromptID(promptIDs[i]), Option: OptionID(id)})
		}
	}
	return it
}

// parts draws what a trainee could choose of an item, in any order.
func parts(t *rapid.T, it *Item) (all []string) {
	ids := rapid.Permutation(it.Options).Draw(t, "chosen")
	if it.Kind == Matching {
		for i, p := range it.Prompts {
			all = append(all, string(p.ID)+":"+string(ids[i].ID))
		}
	} else {
		for _, o := range ids {
			all = append(all, string(o.ID))
		}
	}
	return all[:rapid.IntRange(0, len(all)).Draw(t, "many")]
}

// Whatever is answered earns from nothing to everything, everything for the key
// and for nothing else, and never more for one wrong part more.
func TestCreditIsFairWhateverIsAnswered(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		it := parted(t)
		response := parts(t, it)
		if err := it.Check(response); err != nil {
			t.Fatalf("Check(%q) = %v", response, err)
		}
		c, key := it.Credit(response), it.Key()
		if c.Of < 1 || c.Got < 0 || c.Got > c.Of {
			t.Fatalf("Credit(%q) = %v", response, c)
		}
		if c.Full() != slices.Equal(it.Canonical(response), key) || !it.Credit(key).Full() {
			t.Fatalf("Credit(%q) = %v with the key %q, which earns %v", response, c, key, it.Credit(key))
		}
		for i := range response { // the first i parts, and one more that is wrong
			wrong := !slices.Contains(key, response[i]) || it.Kind == InOrder && key[i] != response[i]
			if before, after := it.Credit(response[:i]), it.Credit(response[:i+1]); wrong && after.Got*before.Of > before.Got*after.Of {
				t.Fatalf("%q earns %v, with %s more %v; the key is %q", response[:i], before, response[i], after, key)
			}
		}
		all := *it
		all.Partial = false
		if got := all.Credit(response); got.Full() != c.Full() || got.Got > 0 && !got.Full() {
			t.Fatalf("all or nothing, %q earns %v", response, got)
		}
	})
}
