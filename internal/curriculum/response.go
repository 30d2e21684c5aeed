package curriculum

import (
	"slices"

	"github.com/kapstone-lms/kapstone/internal/fault"
)

// The faults of a response.
var (
	ErrNoOption  = fault.New(fault.Invalid, "unknown_option", "That is not one of the choices.").At("response")
	ErrTwice     = fault.New(fault.Invalid, "repeated_option", "A choice can be made once.").At("response")
	ErrOneChoice = fault.New(fault.Invalid, "one_choice_only", "This question takes one choice.").At("response")
)

// Check returns why a response cannot be an answer to the item, or nil:
// ErrNoOption, ErrTwice or ErrOneChoice. An empty response can: it means that
// nothing is chosen.
func (i *Item) Check(response []OptionID) error {
	for n, id := range response {
		if !slices.ContainsFunc(i.Options, func(o Option) bool { return o.ID == id }) {
			return ErrNoOption
		}
		if slices.Contains(response[:n], id) { // n stays below the number of options
			return ErrTwice
		}
	}
	if i.Kind == Single && len(response) > 1 {
		return ErrOneChoice
	}
	return nil
}

// Right reports whether a response chooses exactly the right options, in any
// order. A response that Check refuses is not right.
func (i *Item) Right(response []OptionID) bool {
	if i.Check(response) != nil {
		return false
	}
	for _, o := range i.Options {
		if o.Correct != slices.Contains(response, o.ID) {
			return false
		}
	}
	return len(response) > 0
}
