package demo

import (
	"slices"
	"testing"

	"github.com/kapstone-lms/kapstone/internal/curriculum"
)

// An attempt's ids say nothing; whoever knows the words finds the answer.
func TestAnswersOfEveryKindAreFoundByTheirWords(t *testing.T) {
	item := func(kind curriculum.Kind, stem, right string, prompts ...curriculum.Prompt) *curriculum.Item {
		it := &curriculum.Item{Kind: kind, Stem: stem, Prompts: prompts}
		if kind == curriculum.Numeric || kind == curriculum.Short {
			it.Answer, it.Tolerance, it.Accept = right, "0", []string{right}
			return it
		}
		for _, id := range []string{"a", "b", "c"} {
			it.Options = append(it.Options, curriculum.Option{ID: curriculum.OptionID(id), Text: stem + id, Correct: id == right})
		}
		return it
	}
	two := item(curriculum.Multiple, "m", "a")
	two.Options[1].Correct = true
	key := KeyOf(&curriculum.Course{Modules: []*curriculum.Module{{Items: []*curriculum.Item{
		item(curriculum.Single, "s", "b"), two, item(curriculum.InOrder, "o", ""),
		item(curriculum.Matching, "p", "", curriculum.Prompt{ID: "1", Text: "one", Option: "c"}, curriculum.Prompt{ID: "2", Text: "two", Option: "a"}),
		item(curriculum.Numeric, "s", "12.5"), item(curriculum.Short, "w", "a word"),
	}}}})
	for _, tt := range []struct {
		kind         curriculum.Kind
		stem         string
		prompts      []Option
		right, wrong []string
	}{
		{curriculum.Single, "s", nil, []string{"z"}, []string{"x"}}, // b is shown as z, c as x, a as y
		{curriculum.Multiple, "m", nil, []string{"y", "z"}, []string{"x"}},
		{curriculum.InOrder, "o", nil, []string{"y", "z", "x"}, []string{"y"}},
		{curriculum.Matching, "p", []Option{{"1", "one"}, {"2", "two"}}, []string{"1:x", "2:y"}, []string{"1:x"}},
		{curriculum.Numeric, "s", nil, []string{"12.5"}, []string{"-987654321"}},
		{curriculum.Short, "w", nil, []string{"a word"}, []string{"-987654321"}},
	} {
		q := Question{ID: "q1", Kind: string(tt.kind), Stem: tt.stem, Prompts: tt.prompts}
		if it := key.Item(q); it == nil || len(it.Options) > 0 {
			q.Options = []Option{{"x", tt.stem + "c"}, {"y", tt.stem + "a"}, {"z", tt.stem + "b"}}
		}
		if got := key.Right(q); !slices.Equal(got, tt.right) {
			t.Errorf("right(%s) = %q, want %q", tt.stem, got, tt.right)
		}
		if got := key.wrong(q); !slices.Equal(got, tt.wrong) {
			t.Errorf("wrong(%s) = %q, want %q", tt.stem, got, tt.wrong)
		}
	}
	if got := key.Right(Question{Kind: "single", Stem: "s", Options: []Option{{"x", "other words"}}}); got != nil {
		t.Errorf("right of a question that nobody knows = %q, want none", got)
	}
}
