package bench

import (
	"slices"
	"strings"

	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/demo"
)

// A question is an item as a trainee sees it.
type question = demo.Question

// An answerKey tells right answers from wrong ones.
type answerKey struct{ demo.AnswerKey }

func keyOf(course *curriculum.Course) answerKey { return answerKey{demo.KeyOf(course)} }

// wrong returns responses that can be given, each in its canonical form, and
// earn nothing by any rule: options that are not in the key, or what is put in
// order or in pairs the wrong way round. A question without such a response
// has the empty one.
func (k answerKey) wrong(q question) (all [][]string) {
	right := k.Right(q)
	it := k.Item(q)
	if it == nil {
		return [][]string{{}}
	}
	switch it.Kind {
	case curriculum.Single, curriculum.Multiple:
		for _, o := range q.Options {
			if !slices.Contains(right, o.ID) {
				all = append(all, []string{o.ID})
			}
		}
	case curriculum.Matching:
		if p, ok := mismatch(q, right); ok {
			all = append(all, []string{p})
		}
	}
	if len(all) == 0 {
		all = [][]string{{}}
	}
	return all
}

// mismatch returns a pair that does not belong together.
func mismatch(q question, right []string) (string, bool) {
	for _, pair := range right {
		prompt, option, _ := strings.Cut(pair, ":")
		for _, o := range q.Options {
			if o.ID != option {
				return prompt + ":" + o.ID, true
			}
		}
	}
	return "", false
}
