package demo

import (
	"slices"

	"github.com/kapstone-lms/kapstone/internal/curriculum"
)

// An AnswerKey finds the right response to a question by its words, as somebody
// who has studied would: the ids in an attempt say nothing.
type AnswerKey map[string][]*curriculum.Item // by stem

// KeyOf returns the key of a course.
func KeyOf(course *curriculum.Course) AnswerKey {
	k := make(AnswerKey)
	for _, m := range course.Modules {
		for _, item := range m.Items {
			k[item.Stem] = append(k[item.Stem], item)
		}
	}
	return k
}

// A question is an item as a trainee sees it.
type Question struct {
	ID      string   `json:"id"`
	Kind    string   `json:"kind"`
	Stem    string   `json:"stem"`
	Prompts []Option `json:"prompts"`
	Options []Option `json:"options"`
}

// An option is a choice as a trainee sees it, or a prompt.
type Option struct {
	ID   string `json:"id"`
	Text string `json:"text"`
}

// idOf returns the id that a text has in an attempt, or "".
func idOf(shown []Option, text string) string {
	i := slices.IndexFunc(shown, func(o Option) bool { return o.Text == text })
	if i < 0 {
		return ""
	}
	return shown[i].ID
}

// Item finds the item that a question asks, nil for one of another course: two
// may have the same stem.
func (k AnswerKey) Item(q Question) *curriculum.Item {
	for _, it := range k[q.Stem] {
		if string(it.Kind) == q.Kind && !slices.ContainsFunc(it.Options, func(o curriculum.Option) bool { return idOf(q.Options, o.Text) == "" }) {
			return it
		}
	}
	return nil
}

// Right returns the right response to a question in its canonical form, nil for
// a question of which the key knows nothing.
func (k AnswerKey) Right(q Question) []string {
	it := k.Item(q)
	if it == nil {
		return nil
	}
	response, err := it.Rename(it.Key(), func(o curriculum.OptionID) (curriculum.OptionID, bool) {
		i := slices.IndexFunc(it.Options, func(known curriculum.Option) bool { return known.ID == o })
		return curriculum.OptionID(idOf(q.Options, it.Options[i].Text)), true
	})
	if err != nil {
		return nil
	}
	return it.Canonical(response)
}

// wrong returns a response that can be given and is not right: the first option
// that is not in the key, of what is put in order or in pairs one part only, and
// of what is written a number far off.
func (k AnswerKey) wrong(q Question) []string {
	if len(q.Options) == 0 {
		return []string{"-987654321"}
	}
	right := k.Right(q)
	for _, o := range q.Options {
		if len(q.Prompts) == 0 && !slices.Contains(right, o.ID) {
			return []string{o.ID}
		}
	}
	return right[:1]
}
