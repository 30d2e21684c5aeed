package curriculum

import (
	"slices"

	"github.com/kapstone-lms/kapstone/internal/fault"
)

// The faults of a response.
var (
	ErrNoOption    = fault.New(fault.Invalid, "unknown_option", "That is not one of the choices.").At("response")
	ErrTwice       = fault.New(fault.Invalid, "repeated_option", "A choice can be made once.").At("response")
	ErrOneChoice   = fault.New(fault.Invalid, "one_choice_only", "This question takes one choice.").At("response")
	ErrPair        = fault.New(fault.Invalid, "bad_pair", "This question takes pairs of a prompt and a choice, such as 1:b.").At("response")
	ErrNoPrompt    = fault.New(fault.Invalid, "unknown_prompt", "That is not one of the prompts of this question.").At("response")
	ErrPromptTwice = fault.New(fault.Invalid, "repeated_prompt", "A prompt takes one choice.").At("response")
	ErrOneText     = fault.New(fault.Invalid, "one_answer_only", "This question takes one answer.").At("response")
	ErrNumber      = fault.New(fault.Invalid, "bad_number",
		"Write one number in digits, with a point before decimals, such as 12.5: no comma, no space and no unit. "+
			"It may have 15 digits before the point and 10 behind it.").At("response")
	ErrLongText = fault.New(fault.Invalid, "text_too_long", "Write at most 200 characters.").At("response")
	ErrBadText  = fault.New(fault.Invalid, "bad_text", "The text holds characters that text cannot have. Type it anew, as plain words.").At("response")
)

// A response is a list of texts, whatever the kind of its item. For single and
// multiple items it holds the ids of the options chosen, for ordering items
// those of all options in the order chosen, for matching items pairs of a
// prompt and an option such as 1:b, and for numeric and short items the one
// text that was written.

// Check returns why a response cannot be an answer to the item, or nil:
// ErrNoOption, ErrTwice, ErrOneChoice; of a matching item ErrPair, ErrNoPrompt
// and ErrPromptTwice; of a numeric or short item ErrOneText, and ErrNumber, or
// ErrLongText and ErrBadText. What is not finished can be an answer, so that it
// can be kept; an empty response means that nothing is chosen.
func (i *Item) Check(response []string) error { return kinds[i.Kind].check(i, response) }

// Canonical returns a response in the one form in which it is kept, that of all
// that mean the same: options chosen in alphabetical order, pairs by prompt, a
// number in its shortest spelling, a text with single spaces. A blank text is
// an empty response.
func (i *Item) Canonical(response []string) []string { return kinds[i.Kind].canonical(response) }

// Key returns the right response, in its canonical form; of a short item the
// first of those that are right.
func (i *Item) Key() []string { return i.Canonical(kinds[i.Kind].key(i)) }

// InKey reports whether an option is part of the right response.
func (i *Item) InKey(o OptionID) bool {
	return slices.ContainsFunc(i.Key(), func(part string) bool {
		_, in, _ := kinds[i.Kind].split(part)
		return in == o
	})
}

// Rename returns a response with the ids of its options turned into others, as
// between the bank and an attempt. It returns ErrNoOption for an id that rename
// does not know and ErrPair for what is no pair where one must be. A response
// to an item without options stays as it is.
func (i *Item) Rename(response []string, rename func(OptionID) (OptionID, bool)) ([]string, error) {
	if len(i.Options) == 0 {
		return slices.Clone(response), nil
	}
	if len(response) > len(i.Options) { // one id too many is unknown or a repeat
		return nil, ErrNoOption
	}
	all := make([]string, len(response))
	for n, part := range response {
		before, o, ok := kinds[i.Kind].split(part)
		if !ok {
			return nil, ErrPair
		}
		id, known := rename(o)
		if !known {
			return nil, ErrNoOption
		}
		all[n] = before + string(id)
	}
	return all, nil
}
