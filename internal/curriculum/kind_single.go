package curriculum

import "slices"

// Single is the kind Single. A response is one option.
type single struct{ choosing }

func (single) fields() []string { return []string{"options"} }

func (single) read(l *loader, f fields, it *Item) {
	l.options(f, it, len(optionIDs), correctField)
	if right := len(it.rightOnes()); len(it.Options) > 0 && right != 1 {
		f.fault(f.file, f.lineOf("options"), "an item of kind single has one option with `correct: true`; this one has %d", right)
	}
}

func (s single) check(it *Item, response []string) error {
	if err := s.choosing.check(it, response); err != nil {
		return err
	}
	if len(response) > 1 {
		return ErrOneChoice
	}
	return nil
}

func (single) key(it *Item) []string { return it.rightOnes() }

func (single) credit(it *Item, response []string) Credit {
	return allOr(slices.Equal(response, it.rightOnes()))
}
