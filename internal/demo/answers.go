package demo

import (
	"slices"

	"github.com/kapstone-lms/kapstone/internal/curriculum"
)

// An answerKey finds the right options of a quiz by their words, as somebody
// who has studied would: the ids in an attempt say nothing.
type answerKey map[string][]string // stem to the texts of the right options

func keyOf(course *curriculum.Course) answerKey {
	k := make(answerKey)
	for _, m := range course.Modules {
		for _, item := range m.Items {
			for _, o := range item.Options {
				if o.Correct {
					k[item.Stem] = append(k[item.Stem], o.Text)
				}
			}
		}
	}
	return k
}

// An option is a choice as a trainee sees it.
type option struct {
	ID   string `json:"id"`
	Text string `json:"text"`
}

// right returns the ids of the right options of an item.
func (k answerKey) right(stem string, options []option) (ids []string) {
	for _, o := range options {
		if slices.Contains(k[stem], o.Text) {
			ids = append(ids, o.ID)
		}
	}
	return ids
}

// wrong returns the id of one option that is not right.
func (k answerKey) wrong(stem string, options []option) []string {
	for _, o := range options {
		if !slices.Contains(k[stem], o.Text) {
			return []string{o.ID}
		}
	}
	return nil
}
