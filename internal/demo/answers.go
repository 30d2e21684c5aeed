package demo

import (
	"slices"

	"github.com/kapstone-lms/kapstone/internal/curriculum"
)

// An answerKey finds the right response to a question by its words, as somebody
// who has studied would: the ids in an attempt say nothing.
type answerKey map[string][]*curriculum.Item // by stem

func keyOf(course *curriculum.Course) answerKey {
	k := make(answerKey)
	for _, m := range course.Modules {
		for _, item := range m.Items {
			k[item.Stem] = append(k[item.Stem], item)
		}
	}
	return k
}

// A question is an item as a trainee sees it.
type question struct {
	ID      string   `json:"id"`
	Stem    string   `json:"stem"`
	Prompts []option `json:"prompts"`
	Options []option `json:"options"`
}

// An option is a choice as a trainee sees it, or a prompt.
type option struct {
	ID   string `json:"id"`
	Text string `json:"text"`
}

// idOf returns the id that a text has in an attempt, or "".
func idOf(shown []option, text string) string {
	i := slices.IndexFunc(shown, func(o option) bool { return o.Text == text })
	if i < 0 {
		return ""
	}
	return shown[i].ID
}

// item finds the item that a question asks: two may have the same stem.
func (k answerKey) item(q question) *curriculum.Item {
	for _, it := range k[q.Stem] {
		if !slices.ContainsFunc(it.Options, func(o curriculum.Option) bool { return idOf(q.Options, o.Text) == "" }) {
			return it
		}
	}
	return nil
}

// right returns the right response to a question.
func (k answerKey) right(q question) []string {
	it := k.item(q)
	if it == nil {
		return nil
	}
	response := it.Key()
	for i, part := range response {
		prompt, id, _ := it.Picked(part)
		for _, p := range it.Prompts {
			if p.ID == prompt {
				prompt = curriculum.PromptID(idOf(q.Prompts, p.Text))
				break
			}
		}
		for _, o := range it.Options {
			if o.ID == id {
				id = curriculum.OptionID(idOf(q.Options, o.Text))
				break
			}
		}
		response[i] = it.Pick(prompt, id)
	}
	return response
}

// wrong returns a response that can be given and is not right: the first option
// that is not in the key, or of what is put in order or in pairs one part only.
func (k answerKey) wrong(q question) []string {
	right := k.right(q)
	for _, o := range q.Options {
		if len(q.Prompts) == 0 && !slices.Contains(right, o.ID) {
			return []string{o.ID}
		}
	}
	return right[:1]
}
