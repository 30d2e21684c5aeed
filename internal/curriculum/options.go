package curriculum

import (
	"slices"
	"strings"
)

var optionIDs = []string{"a", "b", "c", "d", "e", "f", "g", "h"}

// An optionKey names an option in the course.
type optionKey struct {
	item   ItemID
	option OptionID
}

// Choosing is what kinds share whose responses are ids of options.
type choosing struct{}

func (choosing) canonical(response []string) []string { return slices.Sorted(slices.Values(response)) }

func (choosing) split(part string) (string, OptionID, bool) { return "", OptionID(part), true }

func (choosing) check(it *Item, response []string) error {
	for n, id := range response { // n stays below the number of options
		if err := it.takes(response[:n], id); err != nil {
			return err
		}
	}
	return nil
}

func (choosing) look(r *review, it *Item) { r.options(it) }

// takes returns why an option cannot be chosen beside others, or nil.
func (i *Item) takes(others []string, id string) error {
	switch {
	case !i.has(OptionID(id)):
		return ErrNoOption
	case slices.Contains(others, id):
		return ErrTwice
	}
	return nil
}

func (i *Item) has(id OptionID) bool {
	return slices.ContainsFunc(i.Options, func(o Option) bool { return o.ID == id })
}

// rightOnes returns the options that are marked as right.
func (i *Item) rightOnes() (ids []string) {
	for _, o := range i.Options {
		if o.Correct {
			ids = append(ids, string(o.ID))
		}
	}
	return ids
}

// options reads what an item offers, from three to so many options. Each says
// why it is as it is, and has the fields marks too.
func (l *loader) options(f fields, it *Item, most int, marks ...string) {
	var all distinct
	for _, v := range f.list("options", "an option", 3, most) {
		g := f.fields(v, append([]string{"id", "text", "why"}, marks...)...)
		o := Option{OptionID(g.one("id", optionIDs...)), g.text("text", 300), g.flag(correctField), g.text("why", 600)}
		all.add(g, "option", string(o.ID), o.Text)
		it.Options = append(it.Options, o)
		l.course.places[optionKey{it.ID, o.ID}] = place{g.file, v.line}
	}
}

const correctField = "correct"

// distinct sees that no id and no text stands twice in one item.
type distinct struct {
	ids, texts []string
}

func (d *distinct) add(g fields, what, id, text string) {
	text = strings.ToLower(strings.Join(strings.Fields(text), " "))
	if id != "" && slices.Contains(d.ids, id) {
		g.wrong(g.at["id"], "is %s, as for another %s of this item; give each its own", id, what)
	}
	if text != "" && slices.Contains(d.texts, text) {
		g.wrong(g.at["text"], "is the same as of another %s of this item; write another", what)
	}
	d.ids, d.texts = append(d.ids, id), append(d.texts, text)
}
