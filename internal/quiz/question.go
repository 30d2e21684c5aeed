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
	asked := Question{ID: q.id, Kind: q.item.Kind, Stem: q.item.Stem, Unit: q.item.Unit, Case: q.vignette, Options: make([]Choice, len(q.options))}
	for _, p := range q.item.Prompts {
		asked.Prompts = append(asked.Prompts, Choice{string(p.ID), p.Text})
	}
	for i, o := range q.options {
		asked.Options[i] = Choice{o.id, o.Text}
	}
	return asked
}

// inBank turns a response into the bank's own ids. It returns the faults of
// curriculum.Item.Rename.
func (q *question) inBank(response []string) ([]string, error) {
	return q.item.Rename(response, func(id curriculum.OptionID) (curriculum.OptionID, bool) {
		i := slices.IndexFunc(q.options, func(o shown) bool { return o.id == string(id) })
		if i < 0 {
			return "", false
		}
		return q.options[i].ID, true
	})
}

// key returns the right response, in the ids of the attempt and in its
// canonical form.
func (q *question) key() []string {
	all, _ := q.item.Rename(q.item.Key(), func(id curriculum.OptionID) (curriculum.OptionID, bool) {
		i := slices.IndexFunc(q.options, func(o shown) bool { return o.ID == id })
		return curriculum.OptionID(q.options[i].id), true
	}) // a draw has every option of its item
	return q.item.Canonical(all)
}

// cleared is the response of an answer that was taken back.
const cleared = "[]"

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
	if response = q.item.Canonical(response); len(response) == 0 {
		return cleared, nil
	}
	text, err := json.Marshal(response)
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

// credit returns what a canonical response earns. An item that was never
// answered earns nothing.
func (q *question) credit(canonical string) (curriculum.Credit, error) {
	if canonical == "" {
		return q.item.Credit(nil), nil
	}
	response, err := chosen(canonical)
	if err != nil {
		return curriculum.Credit{}, err
	}
	ids, err := q.inBank(response)
	if err != nil {
		return curriculum.Credit{}, fmt.Errorf("question %s: %w", q.id, err)
	}
	if err := q.item.Check(ids); err != nil { // it was checked before it was kept
		return curriculum.Credit{}, fmt.Errorf("question %s: %w", q.id, err)
	}
	return q.item.Credit(ids), nil
}

// right reports whether a canonical response earns full credit.
func (q *question) right(canonical string) (bool, error) {
	c, err := q.credit(canonical)
	return err == nil && c.Full(), err
}
