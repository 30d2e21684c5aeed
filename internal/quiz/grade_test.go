package quiz

import (
	"fmt"
	"math/big"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/kapstone-lms/kapstone/internal/curriculum"
)

// paper is a quiz of n items, q1 to qn, whose right option is a. The first is
// critical for "one", the second and third for "two".
func paper(n int) (*curriculum.Module, []question) {
	m := &curriculum.Module{Objectives: []curriculum.Objective{{ID: "one", Critical: true}, {ID: "two", Critical: true}, {ID: "three"}}}
	var all []question
	for i := range n {
		it := &curriculum.Item{
			Objective: "three", Kind: curriculum.Single, Options: []curriculum.Option{{ID: "a", Correct: true}, {ID: "b"}},
		}
		if i < 3 {
			it.Critical, it.Objective = true, []curriculum.ObjectiveID{"one", "two", "two"}[i]
		}
		all = append(all, question{id: fmt.Sprintf("q%d", i+1), item: it, options: []shown{{"a", it.Options[0]}, {"b", it.Options[1]}}})
	}
	return m, all
}

func TestGrade(t *testing.T) {
	const a, b, none = `["a"]`, `["b"]`, `[]`
	right := func(n int, others map[string]string) answers {
		all := make(answers)
		for i := 1; i <= n; i++ {
			all[fmt.Sprintf("q%d", i)] = answer{1, a, zero}
		}
		for item, response := range others {
			all[item] = answer{2, response, zero}
		}
		return all
	}
	missed := func(ids ...curriculum.ObjectiveID) []curriculum.ObjectiveID {
		return append([]curriculum.ObjectiveID{}, ids...)
	}
	for _, tt := range []struct {
		name  string
		items int
		given answers
		pass  int
		want  score
	}{
		{"all right", 10, right(10, nil), 80, score{10, 10, 100, true, missed()}},
		{"nothing answered", 10, nil, 80, score{0, 10, 0, false, missed("one", "two")}},
		{"exactly enough", 10, right(10, map[string]string{"q9": b, "q10": b}), 80, score{8, 10, 80, true, missed()}},
		{"one too few", 10, right(10, map[string]string{"q8": b, "q9": b, "q10": none}), 80, score{7, 10, 70, false, missed()}},
		{"rounded down", 7, right(7, map[string]string{"q7": b}), 86, score{6, 7, 85, false, missed()}},
		{"a critical one wrong", 10, right(10, map[string]string{"q1": b}), 80, score{9, 10, 90, false, missed("one")}},
		{"a critical one cleared", 10, right(10, map[string]string{"q3": none}), 80, score{9, 10, 90, false, missed("two")}},
		{"two of one objective", 10, right(10, map[string]string{"q3": b, "q2": b}), 80, score{8, 10, 80, false, missed("two")}},
		{"objectives in their order", 10, right(10, map[string]string{"q2": b, "q1": b}), 80, score{8, 10, 80, false, missed("one", "two")}},
		{"an answer to what was not asked", 4, right(3, map[string]string{"q9": a}), 80, score{3, 4, 75, false, missed()}},
	} {
		m, questions := paper(tt.items)
		got, err := grade(m, questions, tt.given, curriculum.QuizRules{PassPercent: tt.pass})
		if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(score{})); err != nil || diff != "" {
			t.Errorf("%s: grade = %v, want (-) and got (+):\n%s", tt.name, err, diff)
		}
	}
}

// Parts of an answer make part of the score; only a whole one is correct, and
// nothing less is enough for a critical item.
func TestPartsOfAnswersAreGraded(t *testing.T) {
	m := &curriculum.Module{Objectives: []curriculum.Objective{{ID: "one", Critical: true}, {ID: "two"}}}
	item := func(objective curriculum.ObjectiveID, partial bool) question {
		it := &curriculum.Item{
			Objective: objective, Critical: objective == "one", Kind: curriculum.Multiple, Partial: partial,
			Options: []curriculum.Option{{ID: "a", Correct: true}, {ID: "b", Correct: true}, {ID: "c", Correct: true}, {ID: "d"}},
		}
		q := question{item: it}
		for _, o := range it.Options {
			q.options = append(q.options, shown{string(o.ID), o})
		}
		return q
	}
	for _, tt := range []struct {
		name     string
		partial  bool
		critical int // how many come first
		given    []string
		want     score
	}{
		{"all", true, 1, []string{`["a","b","c"]`, `["a","b","c"]`}, score{2, 2, 100, true, []curriculum.ObjectiveID{}}},
		{"two thirds of one", true, 0, []string{`["a","b"]`, `["a","b","c"]`}, score{1, 2, 83, true, []curriculum.ObjectiveID{}}},
		{"three thirds are a whole", true, 0, []string{`["a"]`, `["b"]`, `["c"]`, `["a","b","c"]`}, score{1, 4, 50, false, []curriculum.ObjectiveID{}}},
		{"a wrong one takes back a right one", true, 0, []string{`["a","b","d"]`, `["a","b","c"]`}, score{1, 2, 66, false, []curriculum.ObjectiveID{}}},
		{"all or nothing", false, 0, []string{`["a","b"]`, `["a","b","c"]`}, score{1, 2, 50, false, []curriculum.ObjectiveID{}}},
		{"a critical one in part", true, 1, []string{`["a","b"]`, `["a","b","c"]`}, score{1, 2, 83, false, []curriculum.ObjectiveID{"one"}}},
	} {
		var questions []question
		given := make(answers)
		for i, response := range tt.given {
			q := item(map[bool]curriculum.ObjectiveID{true: "one", false: "two"}[i < tt.critical], tt.partial)
			q.id = fmt.Sprint("q", i+1)
			questions, given[q.id] = append(questions, q), answer{1, response, zero}
		}
		got, err := grade(m, questions, given, curriculum.QuizRules{PassPercent: 80})
		if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(score{})); err != nil || diff != "" {
			t.Errorf("%s: grade = %v, want (-) and got (+):\n%s", tt.name, err, diff)
		}
	}
}

// A percentage is the exact sum of the parts, rounded down: never more than was
// earned, never less by a whole percent, and all only for all.
func TestAPercentageIsRoundedDownOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		earned := make([]curriculum.Credit, rapid.IntRange(1, 100).Draw(t, "items"))
		sum, whole := new(big.Rat), true
		for i := range earned {
			of := rapid.IntRange(1, 8).Draw(t, "of")
			earned[i] = curriculum.Credit{Got: rapid.IntRange(0, of).Draw(t, "got"), Of: of}
			sum.Add(sum, big.NewRat(int64(100*earned[i].Got), int64(of*len(earned))))
			whole = whole && earned[i].Full()
		}
		got := big.NewRat(int64(percent(earned)), 1)
		if got.Cmp(sum) > 0 || new(big.Rat).Add(got, big.NewRat(1, 1)).Cmp(sum) <= 0 || (got.Cmp(big.NewRat(100, 1)) == 0) != whole {
			t.Fatalf("percent(%v) = %v of %v", earned, got, sum)
		}
	})
}

func TestABrokenAnswerIsNotGradedAsWrong(t *testing.T) {
	m, questions := paper(4)
	for _, response := range []string{`["z"]`, `{`, `"a"`, `["a","b"]`} {
		if got, err := grade(m, questions, answers{"q4": {1, response, zero}}, curriculum.QuizRules{}); err == nil {
			t.Errorf("grade with the response %s = %+v, want an error", response, got)
		}
	}
}
