package curriculum

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/kapstone-lms/kapstone/internal/fault"
)

func TestCheckAndRight(t *testing.T) {
	options := []Option{{ID: "a"}, {ID: "b", Correct: true}, {ID: "c"}, {ID: "d", Correct: true}}
	single := &Item{Kind: Single, Options: options[:3]}
	multiple := &Item{Kind: Multiple, Options: options}
	plain := []Option{{ID: "c"}, {ID: "a"}, {ID: "b"}}
	ordering := &Item{Kind: InOrder, Options: plain}
	matching := &Item{Kind: Matching, Options: plain, Prompts: []Prompt{{ID: "1", Option: "c"}, {ID: "2", Option: "a"}}}
	for _, tt := range []struct {
		item     *Item
		response []string
		want     error
		right    bool
	}{
		{single, nil, nil, false},
		{single, []string{"b"}, nil, true},
		{single, []string{"a"}, nil, false},
		{single, []string{"d"}, ErrNoOption, false},
		{single, []string{""}, ErrNoOption, false},
		{single, []string{"B"}, ErrNoOption, false},
		{single, []string{"b", "b"}, ErrTwice, false},
		{single, []string{"b", "a"}, ErrOneChoice, false},
		{multiple, []string{}, nil, false},
		{multiple, []string{"b", "d"}, nil, true},
		{multiple, []string{"d", "b"}, nil, true},
		{multiple, []string{"b"}, nil, false},
		{multiple, []string{"a", "b", "d"}, nil, false},
		{multiple, []string{"a", "b", "c", "d"}, nil, false},
		{multiple, []string{"b", "d", "b"}, ErrTwice, false},
		{multiple, []string{"b", "d", "e"}, ErrNoOption, false},
		{ordering, nil, nil, false},
		{ordering, []string{"c", "a", "b"}, nil, true},
		{ordering, []string{"a", "b", "c"}, nil, false},
		{ordering, []string{"c", "a"}, nil, false},
		{ordering, []string{"c", "a", "b", "c"}, ErrTwice, false},
		{ordering, []string{"c", "a", "d"}, ErrNoOption, false},
		{ordering, []string{"1:c"}, ErrNoOption, false},
		{matching, []string{}, nil, false},
		{matching, []string{"1:c", "2:a"}, nil, true},
		{matching, []string{"2:a", "1:c"}, nil, true},
		{matching, []string{"1:a", "2:c"}, nil, false},
		{matching, []string{"1:c"}, nil, false},
		{matching, []string{"1:c", "2:b"}, nil, false},
		{matching, []string{"c"}, ErrPair, false},
		{matching, []string{""}, ErrPair, false},
		{matching, []string{"1:"}, ErrNoOption, false},
		{matching, []string{":c"}, ErrNoPrompt, false},
		{matching, []string{"3:c"}, ErrNoPrompt, false},
		{matching, []string{"1:c", "1:c"}, ErrPromptTwice, false},
		{matching, []string{"1:c", "2:c"}, ErrTwice, false},
		{matching, []string{"1:c", "2:a", "3:b"}, ErrNoPrompt, false},
	} {
		if err := tt.item.Check(tt.response); !errors.Is(err, tt.want) || tt.want == nil && err != nil {
			t.Errorf("Check(%q) of a %s item = %v, want %v", tt.response, tt.item.Kind, err, tt.want)
		}
		if got := tt.item.Right(tt.response); got != tt.right {
			t.Errorf("Right(%q) of a %s item = %v, want %v", tt.response, tt.item.Kind, got, tt.right)
		}
	}
}

func TestTheKeyOfEachKind(t *testing.T) {
	m := load(t, testCourse(t)).Module("third")
	for id, want := range map[ItemID]string{"thr-01": "b a c: abc", "thr-02": "1:c 2:a: ac", "thr-03": "b: b", "thr-04": "a c: ac"} {
		it := m.Item(id)
		in := ""
		for _, o := range []OptionID{"a", "b", "c"} {
			if it.InKey(o) {
				in += string(o)
			}
		}
		if got := strings.Join(it.Key(), " ") + ": " + in; got != want {
			t.Errorf("the key of the %s item %s = %s, want %s", it.Kind, id, got, want)
		}
	}
}

func TestTheFaultsOfAResponseNameTheField(t *testing.T) {
	for _, f := range []*fault.Fault{ErrNoOption, ErrTwice, ErrOneChoice, ErrPair, ErrNoPrompt, ErrPromptTwice} {
		if f.Kind != fault.Invalid || f.Field != "response" {
			t.Errorf("%s: kind %v, field %q; want invalid, response", f.Code, f.Kind, f.Field)
		}
	}
}

// anItem draws an item as the loader lets it through.
func anItem(t *rapid.T) *Item {
	it := &Item{Kind: rapid.SampledFrom([]Kind{Single, Multiple}).Draw(t, "kind")}
	n := rapid.IntRange(3, 8).Draw(t, "options")
	for _, id := range optionIDs[:n] {
		it.Options = append(it.Options, Option{ID: OptionID(id)})
	}
	right := 1
	if it.Kind == Multiple {
		right = rapid.IntRange(1, n-1).Draw(t, "right")
	}
	for _, i := range rapid.Permutation(indexes(n)).Draw(t, "which")[:right] {
		it.Options[i].Correct = true
	}
	return it
}

func indexes(n int) (all []int) {
	for i := range n {
		all = append(all, i)
	}
	return all
}

func TestExactlyTheKeyIsRightInWhateverOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		it := anItem(t)
		response := rapid.SliceOf(rapid.SampledFrom([]string{"a", "b", "c", "d", "e", "f", "g", "h", "i"})).Draw(t, "response")
		var key []string
		for _, o := range it.Options {
			if o.Correct {
				key = append(key, string(o.ID))
			}
		}
		sorted := slices.Sorted(slices.Values(response))
		if got, want := it.Right(response), slices.Equal(sorted, key); got != want {
			t.Fatalf("Right(%q) with the key %q = %v, want %v", response, key, got, want)
		}
		if it.Right(response) && it.Check(response) != nil {
			t.Fatalf("Right(%q), but Check refuses it", response)
		}
		turned := slices.Clone(response)
		slices.Reverse(turned)
		if it.Right(turned) != it.Right(response) || (it.Check(turned) == nil) != (it.Check(response) == nil) {
			t.Fatalf("%q and %q are judged unlike", response, turned)
		}
	})
}

func TestALongResponseIsRefusedAtOnce(t *testing.T) {
	it := &Item{Kind: Multiple, Options: []Option{{ID: "a"}, {ID: "b"}, {ID: "c"}}}
	long := slices.Repeat([]string{"a", "b", "c"}, 100_000)
	if n := testing.AllocsPerRun(10, func() { _ = it.Check(long) }); n > 20 { // nothing is kept for every one of them
		t.Errorf("Check of 300,000 options allocates %v times", n)
	}
	if err := it.Check(long); !errors.Is(err, ErrTwice) {
		t.Errorf("Check of 300,000 options = %v, want ErrTwice", err)
	}
}
