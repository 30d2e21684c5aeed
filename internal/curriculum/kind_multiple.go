package curriculum

import "slices"

// Multiple is the kind Multiple. A response is any number of options; their
// order says nothing.
type multiple struct{ choosing }

func (multiple) fields() []string { return []string{"options", partialField} }

func (multiple) read(l *loader, f fields, it *Item) {
	l.options(f, it, len(optionIDs), correctField)
	if right, all := len(it.rightOnes()), len(it.Options); all > 0 && (right == 0 || right == all) {
		f.fault(f.file, f.lineOf("options"), "an item of kind multiple has at least one option with `correct: true` and one without; this one has %d of %d", right, all)
	}
}

func (multiple) key(it *Item) []string { return it.rightOnes() }

// A wrong option takes back what a right one earns, so that choosing all of
// them, or more than one knows, earns nothing.
func (multiple) credit(it *Item, response []string) Credit {
	key := it.rightOnes()
	got := 0
	for _, id := range response {
		if slices.Contains(key, id) {
			got++
		} else {
			got--
		}
	}
	return Credit{max(0, got), len(key)}
}
