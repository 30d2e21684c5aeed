package curriculum

import (
	"slices"
	"strings"

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
)

// A response is a list of texts, whatever the kind of its item. For single and
// multiple items it holds the ids of the options chosen, for ordering items
// those of all options in the order chosen, and for matching items pairs.

// Pick writes the choice of an option as it stands in a response to the item;
// the prompt is that of a matching item.
func (i *Item) Pick(p PromptID, o OptionID) string {
	if i.Kind == Matching {
		return string(p) + ":" + string(o)
	}
	return string(o)
}

// Picked reads what Pick wrote; prompt is "" but for a matching item. ok is
// false for what is no pair where one must be.
func (i *Item) Picked(s string) (p PromptID, o OptionID, ok bool) {
	if i.Kind != Matching {
		return "", OptionID(s), true
	}
	prompt, option, ok := strings.Cut(s, ":")
	return PromptID(prompt), OptionID(option), ok
}

// Check returns why a response cannot be an answer to the item, or nil:
// ErrNoOption, ErrTwice, ErrOneChoice, and for matching items ErrPair,
// ErrNoPrompt and ErrPromptTwice. What is not finished can be an answer, so
// that it can be kept; an empty response means that nothing is chosen.
func (i *Item) Check(response []string) error {
	var options []OptionID // of the response so far; stays below the number of options
	var prompts []PromptID
	for _, r := range response {
		p, o, ok := i.Picked(r)
		switch {
		case !ok:
			return ErrPair
		case i.Kind == Matching && !slices.ContainsFunc(i.Prompts, func(known Prompt) bool { return known.ID == p }):
			return ErrNoPrompt
		case i.Kind == Matching && slices.Contains(prompts, p):
			return ErrPromptTwice
		case !slices.ContainsFunc(i.Options, func(known Option) bool { return known.ID == o }):
			return ErrNoOption
		case slices.Contains(options, o):
			return ErrTwice
		}
		options, prompts = append(options, o), append(prompts, p)
	}
	if i.Kind == Single && len(response) > 1 {
		return ErrOneChoice
	}
	return nil
}

// Canonical returns a response in the one form that stands for all that mean
// the same. Only an ordering is told by its order.
func (i *Item) Canonical(response []string) []string {
	all := slices.Clone(response)
	if i.Kind != InOrder {
		slices.Sort(all)
	}
	return all
}

// Key returns the right response, in its canonical form.
func (i *Item) Key() (key []string) {
	for _, p := range i.Prompts {
		key = append(key, i.Pick(p.ID, p.Option))
	}
	for _, o := range i.Options {
		if o.Correct || i.Kind == InOrder {
			key = append(key, string(o.ID))
		}
	}
	return i.Canonical(key)
}

// InKey reports whether an option is part of the right response.
func (i *Item) InKey(o OptionID) bool {
	return slices.ContainsFunc(i.Key(), func(s string) bool {
		_, in, _ := i.Picked(s)
		return in == o
	})
}

// Right reports whether a response is the key, the whole key and nothing else.
// A response that Check refuses is not right.
func (i *Item) Right(response []string) bool {
	return len(response) > 0 && slices.Equal(i.Canonical(response), i.Key())
}
