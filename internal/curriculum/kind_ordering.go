package curriculum

import "slices"

// InOrder is the kind InOrder. A response is all options in the order chosen,
// or the first of them while it is not finished.
type inOrder struct{ choosing }

func (inOrder) fields() []string { return []string{"options", partialField} }

func (inOrder) read(l *loader, f fields, it *Item) { l.options(f, it, 6) }

func (inOrder) canonical(response []string) []string { return slices.Clone(response) }

func (inOrder) key(it *Item) (ids []string) {
	for _, o := range it.Options {
		ids = append(ids, string(o.ID))
	}
	return ids
}

// Each option that stands at its place is a part.
func (inOrder) credit(it *Item, response []string) Credit {
	c := Credit{Of: len(it.Options)}
	for n, id := range response {
		if string(it.Options[n].ID) == id {
			c.Got++
		}
	}
	return c
}

func (inOrder) look(r *review, it *Item) {
	r.manyParts(it)
	r.order(it)
	r.options(it)
}
