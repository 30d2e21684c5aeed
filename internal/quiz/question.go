package quiz

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/kapstone-lms/kapstone/internal/curriculum"
)

// A question is a drawn item with its options in the order shown.
type question struct {
	id       string
	item     *curriculum.Item
	options  []shown
	vignette *Vignette // nil for an item that stands alone
}

// A shown option is an option under the id it has in the attempt. Prompts have
// the ids of the bank: what belongs to them is in the options alone.
type shown struct {
	id string
	curriculum.Option
}

// ask shows a question without its key.
func (q *question) ask() Question {
	asked := Question{ID: q.id, Kind: q.item.Kind, Stem: q.item.Stem, Case: q.vignette, Options: make([]Choice, len(q.options))}
	for _, p := range q.item.Prompts {
		asked.Prompts = append(asked.Prompts, Choice{string(p.ID), p.Text})
	}
	for i, o := range q.options {
		asked.Options[i] = Choice{o.id, o.Text}
	}
	return asked
}

// inBank turns a response into the bank's own ids. It returns
// curriculum.ErrNoOption for an id that the question does not have.
func (q *question) inBank(response []string) ([]string, error) {
	if len(response) > len(q.options) { // one id too many is unknown or a repeat
		return nil, curriculum.ErrNoOption
	}
	ids := make([]string, len(response))
	for i, id := range response {
		prompt, option, ok := q.item.Picked(id)
		if !ok {
			return nil, curriculum.ErrPair
		}
		at := slices.IndexFunc(q.options, func(o shown) bool { return o.id == string(option) })
		if at < 0 {
			return nil, curriculum.ErrNoOption
		}
		ids[i] = q.item.Pick(prompt, q.options[at].ID)
	}
	return ids, nil
}

// key returns the right response, in the ids of the attempt and in its
// canonical form.
func (q *question) key() []string {
	all := q.item.Key()
	for i, id := range all {
		prompt, option, _ := q.item.Picked(id)
		at := slices.IndexFunc(q.options, func(o shown) bool { return o.ID == option })
		all[i] = q.item.Pick(prompt, curriculum.OptionID(q.options[at].id))
	}
	return q.item.Canonical(all)
}

// canonical checks a response and writes it in the one form in which it is
// stored and compared: a JSON list.
func (q *question) canonical(response []string) (string, error) {
	ids, err := q.inBank(response)
	if err != nil {
		return "", err
	}
	if err := q.item.Check(ids); err != nil {
		return "", err
	}
	if len(response) == 0 {
		return "[]", nil
	}
	text, err := json.Marshal(q.item.Canonical(response))
	if err != nil {
		return "", fmt.Errorf("write response: %w", err)
	}
	return string(text), nil
}

// chosen reads a canonical response.
func chosen(canonical string) (ids []string, err error) {
	if err := json.Unmarshal([]byte(canonical), &ids); err != nil {
		return nil, fmt.Errorf("read response: %w", err)
	}
	return ids, nil
}

// right reports whether a canonical response answers the question. An item
// that was never answered is wrong.
func (q *question) right(canonical string) (bool, error) {
	if canonical == "" {
		return false, nil
	}
	response, err := chosen(canonical)
	if err != nil {
		return false, err
	}
	ids, err := q.inBank(response)
	if err != nil {
		return false, fmt.Errorf("question %s: %w", q.id, err)
	}
	return q.item.Right(ids), nil
}
