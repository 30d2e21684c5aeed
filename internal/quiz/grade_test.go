package quiz

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

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

func TestABrokenAnswerIsNotGradedAsWrong(t *testing.T) {
	m, questions := paper(4)
	for _, response := range []string{`["z"]`, `{`, `"a"`} {
		if got, err := grade(m, questions, answers{"q4": {1, response, zero}}, curriculum.QuizRules{}); err == nil {
			t.Errorf("grade with the response %s = %+v, want an error", response, got)
		}
	}
}
