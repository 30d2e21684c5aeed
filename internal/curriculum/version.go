package curriculum

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
)

// Rekeyed returns the item as it was asked, marked as another version of it
// says: the same words, options and weight, with the other's key and
// rationales. An option that the other lost is a wrong one. ok is false where
// that cannot be: the other is of another kind, or its key cannot be given
// with what was offered.
func (i *Item) Rekeyed(by *Item) (rekeyed *Item, ok bool) {
	if by == nil || by.Kind != i.Kind {
		return nil, false
	}
	k := *by // whatever marks an item of its kind; what follows is what was asked
	k.ID, k.Lesson, k.Objective, k.Critical, k.Case, k.Stem = i.ID, i.Lesson, i.Objective, i.Critical, i.Case, i.Stem
	k.Prompts, k.Options = slices.Clone(i.Prompts), slices.Clone(i.Options)
	for at := range k.Options {
		o := &k.Options[at]
		o.Correct, o.Why = false, "This option was taken out of the question later."
		if other := by.option(o.ID); other != nil {
			o.Correct, o.Why = other.Correct, other.Why
		}
	}
	switch i.Kind {
	case InOrder:
		return &k, k.reorder(by.Options)
	case Matching:
		return &k, k.rejoin(by.Prompts)
	}
	return &k, !slices.ContainsFunc(by.Options, func(o Option) bool { return o.Correct && i.option(o.ID) == nil })
}

// reorder puts the options in the order of others. It reports whether they are
// the same ones.
func (i *Item) reorder(others []Option) bool {
	place := func(id OptionID) int {
		return slices.IndexFunc(others, func(o Option) bool { return o.ID == id })
	}
	slices.SortStableFunc(i.Options, func(a, b Option) int { return place(a.ID) - place(b.ID) })
	return slices.EqualFunc(i.Options, others, func(a, b Option) bool { return a.ID == b.ID })
}

// rejoin gives each prompt the option that it has among others. It reports
// whether the prompts are the same ones and the options were offered.
func (i *Item) rejoin(others []Prompt) bool {
	for at := range i.Prompts {
		p := &i.Prompts[at]
		other := slices.IndexFunc(others, func(o Prompt) bool { return o.ID == p.ID })
		if other < 0 || i.option(others[other].Option) == nil {
			return false
		}
		p.Option = others[other].Option
	}
	return len(i.Prompts) == len(others)
}

// option returns the option with an id, or nil.
func (i *Item) option(id OptionID) *Option {
	at := slices.IndexFunc(i.Options, func(o Option) bool { return o.ID == id })
	if at < 0 {
		return nil
	}
	return &i.Options[at]
}

// Version names what an item of the module asks and how it is marked, in twelve
// hexadecimal digits. The same item in another course has the same version as
// long as nothing of that changed; a reworded rationale, another source or
// another place in the course is not a new version.
func (m *Module) Version(it *Item) string {
	asked := *it
	asked.Lesson, asked.Objective, asked.Critical, asked.Case = "", "", false, ""
	asked.Sources, asked.Confidence, asked.Note = nil, "", ""
	asked.Options = slices.Clone(it.Options)
	for at := range asked.Options {
		asked.Options[at].Why = ""
	}
	var vignette string
	if c := m.Case(it.Case); c != nil {
		vignette = c.Text
	}
	text, err := json.Marshal(struct {
		Case string
		Item Item
	}{vignette, asked})
	if err != nil {
		panic(fmt.Sprintf("curriculum: write item %s: %v", it.ID, err)) // texts, flags and numbers can be written
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:6])
}
