package curriculum

// A Credit is what an answer earns: Got of Of parts of its item. Of is at least
// 1, and Got from 0 to Of.
type Credit struct{ Got, Of int }

// Full reports whether nothing is missing.
func (c Credit) Full() bool { return c.Got == c.Of }

// allOr is a credit that has no parts.
func allOr(right bool) Credit {
	if right {
		return Credit{1, 1}
	}
	return Credit{0, 1}
}

// Credit returns what a response earns. Nothing, and what Check refuses, earn
// nothing. All or nothing counts, unless the item is Partial; then it is
//
//   - of a multiple item: the right options chosen less the wrong ones, and no
//     less than 0, of those that are right;
//   - of an ordering item: the options that stand at their place, of all;
//   - of a matching item: the pairs that are right, of all prompts.
//
// It is full exactly for a right response.
func (i *Item) Credit(response []string) Credit {
	if i.Check(response) != nil {
		return allOr(false)
	}
	if response = i.Canonical(response); len(response) == 0 {
		return allOr(false)
	}
	c := kinds[i.Kind].credit(i, response)
	if !i.Partial {
		return allOr(c.Full())
	}
	return c
}

// Right reports whether a response is right as a whole. One that Check refuses
// is not.
func (i *Item) Right(response []string) bool { return i.Credit(response).Full() }
