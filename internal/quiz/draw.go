package quiz

import (
	crand "crypto/rand"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"

	"github.com/kapstone-lms/kapstone/internal/curriculum"
)

// A frozen draw is what an attempt asks, kept with it for ever: the course by
// its hash, so the items by their content, in the order and under the ids in
// which the trainee sees them.
type frozen struct {
	Course string       `json:"course"`
	Items  []frozenItem `json:"items"`
}

// A frozenItem joins the id an item has in the attempt with the one it has in
// the bank.
type frozenItem struct {
	ID      string            `json:"id"`
	Item    curriculum.ItemID `json:"item"`
	Options []frozenOption    `json:"options"`
}

type frozenOption struct {
	ID     string              `json:"id"`
	Option curriculum.OptionID `json:"option"`
}

// A question is a drawn item with its options in the order shown.
type question struct {
	id      string
	item    *curriculum.Item
	options []shown
}

// A shown option is an option under the id it has in the attempt.
type shown struct {
	id string
	curriculum.Option
}

// draw picks a module's items for one attempt: a critical item of each
// critical objective, the rest at random, all in random order.
func draw(m *curriculum.Module, r *rand.Rand) []frozenItem {
	pool := slices.Clone(m.Items)
	r.Shuffle(len(pool), func(i, j int) { pool[i], pool[j] = pool[j], pool[i] })
	var picked []*curriculum.Item
	for _, objective := range m.CriticalObjectives() {
		i := slices.IndexFunc(pool, func(it *curriculum.Item) bool { return it.Critical && it.Objective == objective })
		picked = append(picked, pool[i])
		pool = slices.Delete(pool, i, i+1)
	}
	picked = append(picked, pool[:m.Quiz.Draw-len(picked)]...)
	r.Shuffle(len(picked), func(i, j int) { picked[i], picked[j] = picked[j], picked[i] })

	items := make([]frozenItem, len(picked))
	for i, it := range picked {
		items[i] = frozenItem{ID: "q" + strconv.Itoa(i+1), Item: it.ID, Options: shuffled(it, r)}
	}
	return items
}

// shuffled gives the options new places first and their ids after that.
func shuffled(it *curriculum.Item, r *rand.Rand) []frozenOption {
	options := make([]frozenOption, len(it.Options))
	for i, from := range r.Perm(len(it.Options)) {
		options[i] = frozenOption{ID: string(rune('a' + i)), Option: it.Options[from].ID}
	}
	return options
}

// questions finds the items of a frozen draw in the module it was drawn from.
func (f frozen) questions(m *curriculum.Module) ([]question, error) {
	all := make([]question, len(f.Items))
	for i, d := range f.Items {
		it := m.Item(d.Item)
		if it == nil {
			return nil, fmt.Errorf("module %s has no item %s", m.Key, d.Item)
		}
		all[i] = question{id: d.ID, item: it, options: make([]shown, len(d.Options))}
		for j, o := range d.Options {
			at := slices.IndexFunc(it.Options, func(c curriculum.Option) bool { return c.ID == o.Option })
			if at < 0 {
				return nil, fmt.Errorf("item %s has no option %s", it.ID, o.Option)
			}
			all[i].options[j] = shown{o.ID, it.Options[at]}
		}
	}
	return all, nil
}

// ask shows a question without its key.
func (q *question) ask() Question {
	asked := Question{ID: q.id, Kind: q.item.Kind, Stem: q.item.Stem, Options: make([]Choice, len(q.options))}
	for i, o := range q.options {
		asked.Options[i] = Choice{o.id, o.Text}
	}
	return asked
}

// inBank turns a response into the bank's own ids. It returns
// curriculum.ErrNoOption for an id that the question does not have.
func (q *question) inBank(response []string) ([]curriculum.OptionID, error) {
	if len(response) > len(q.options) { // one id too many is unknown or a repeat
		return nil, curriculum.ErrNoOption
	}
	ids := make([]curriculum.OptionID, len(response))
	for i, id := range response {
		at := slices.IndexFunc(q.options, func(o shown) bool { return o.id == id })
		if at < 0 {
			return nil, curriculum.ErrNoOption
		}
		ids[i] = q.options[at].ID
	}
	return ids, nil
}

// canonical checks a response and writes it in the one form in which it is
// stored and compared: a JSON list of the chosen ids in alphabetical order.
func (q *question) canonical(response []string) (string, error) {
	ids, err := q.inBank(response)
	if err != nil {
		return "", err
	}
	if err := q.item.Check(ids); err != nil {
		return "", err
	}
	text, err := json.Marshal(slices.Sorted(slices.Values(append([]string{}, response...))))
	if err != nil {
		return "", fmt.Errorf("write response: %w", err)
	}
	if len(response) == 0 {
		text = []byte("[]")
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

// secure is a source of randomness that nobody can predict. It keeps no state,
// so it is safe for concurrent use.
type secure struct{}

// Uint64 implements rand.Source.
func (secure) Uint64() uint64 {
	var b [8]byte
	_, _ = crand.Read(b[:]) // never fails
	return binary.LittleEndian.Uint64(b[:])
}
