package bench

import (
	"slices"
	"strings"

	"github.com/kapstone-lms/kapstone/internal/curriculum"
)

// An answerKey tells right answers from wrong ones by the words of a question:
// the ids in an attempt say nothing.
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

type option struct {
	ID   string `json:"id"`
	Text string `json:"text"`
}

// idOf returns the id that a text has in an attempt, or "".
func idOf(shown []option, text string) string {
	if i := slices.IndexFunc(shown, func(o option) bool { return o.Text == text }); i >= 0 {
		return shown[i].ID
	}
	return ""
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

// right returns the right response to a question in its canonical form, nil
// for a question of which the key knows nothing.
func (k answerKey) right(q question) []string {
	it := k.item(q)
	if it == nil {
		return nil
	}
	response, err := it.Rename(it.Key(), func(id curriculum.OptionID) (curriculum.OptionID, bool) {
		i := slices.IndexFunc(it.Options, func(o curriculum.Option) bool { return o.ID == id })
		return curriculum.OptionID(idOf(q.Options, it.Options[i].Text)), true // the key names options of its item
	})
	if err != nil {
		return nil
	}
	return it.Canonical(response)
}

// wrong returns responses that can be given, each in its canonical form, and
// earn nothing by any rule: options that are not in the key, or what is put in
// order or in pairs the wrong way round. A question without such a response
// has the empty one.
func (k answerKey) wrong(q question) (all [][]string) {
	right := k.right(q)
	it := k.item(q)
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
