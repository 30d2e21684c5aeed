package curriculum

import (
	"slices"
	"strings"
)

var promptIDs = []string{"1", "2", "3", "4", "5"}

// Matching is the kind Matching. A response is a pair for each prompt, or for
// some while it is not finished; their order says nothing.
type matching struct{ choosing }

func (matching) fields() []string { return []string{"prompts", "options", partialField} }

func (matching) read(l *loader, f fields, it *Item) {
	l.options(f, it, 6)
	it.prompts(f)
}

// prompts reads what the options belong to.
func (i *Item) prompts(f fields) {
	var all distinct
	used := make(map[OptionID]PromptID)
	for _, v := range f.list("prompts", "a prompt", 2, len(promptIDs)) {
		g := f.fields(v, "id", "text", "option")
		p := Prompt{PromptID(g.one("id", promptIDs...)), g.text("text", 300), OptionID(g.one("option", optionIDs...))}
		all.add(g, "prompt", string(p.ID), p.Text)
		first, twice := used[p.Option]
		switch {
		case !slices.Contains(optionIDs, string(p.Option)):
		case !i.has(p.Option):
			g.wrong(g.at["option"], "is %s, which is not among the options of this item", p.Option)
		case twice:
			g.wrong(g.at["option"], "is %s, as for prompt %s; an option belongs to one prompt at most", p.Option, first)
		}
		used[p.Option] = p.ID
		i.Prompts = append(i.Prompts, p)
	}
}

// split finds 1: and b in 1:b.
func (matching) split(part string) (string, OptionID, bool) {
	prompt, option, ok := strings.Cut(part, ":")
	return prompt + ":", OptionID(option), ok
}

func (m matching) check(it *Item, response []string) error {
	var prompts, options []string
	for _, part := range response {
		prompt, option, ok := m.split(part)
		switch {
		case !ok:
			return ErrPair
		case !slices.ContainsFunc(it.Prompts, func(p Prompt) bool { return string(p.ID)+":" == prompt }):
			return ErrNoPrompt
		case slices.Contains(prompts, prompt):
			return ErrPromptTwice
		}
		if err := it.takes(options, string(option)); err != nil {
			return err
		}
		prompts, options = append(prompts, prompt), append(options, string(option))
	}
	return nil
}

func (matching) key(it *Item) (pairs []string) {
	for _, p := range it.Prompts {
		pairs = append(pairs, string(p.ID)+":"+string(p.Option))
	}
	return pairs
}

// Each right pair is a part.
func (m matching) credit(it *Item, response []string) Credit {
	key := m.key(it)
	c := Credit{Of: len(key)}
	for _, pair := range response {
		if slices.Contains(key, pair) {
			c.Got++
		}
	}
	return c
}

func (matching) look(r *review, it *Item) {
	r.manyParts(it)
	if len(it.Options) == len(it.Prompts) {
		r.say(it.ID, "item %s has as many options as prompts, so the last pair gives itself away; add an option that belongs to none", it.ID)
	}
	r.options(it)
}
