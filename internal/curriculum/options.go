package curriculum

import (
	"slices"
	"strings"
)

var (
	optionIDs = []string{"a", "b", "c", "d", "e", "f", "g", "h"}
	promptIDs = []string{"1", "2", "3", "4", "5"}
)

// An optionKey names an option in the course.
type optionKey struct {
	item   ItemID
	option OptionID
}

// mostOptions is how many options an item of a kind may have.
func mostOptions(k Kind) int {
	if k == InOrder || k == Matching {
		return 6
	}
	return 8
}

// options reads what an item offers. Each option says why it is as it is.
func (l *loader) options(f fields, it *Item) {
	var all distinct
	right := 0
	entries := f.list("options", "an option", 3, mostOptions(it.Kind))
	for _, v := range entries {
		g := f.fields(v, "id", "text", "correct", "why")
		o := Option{OptionID(g.one("id", optionIDs...)), g.text("text", 300), g.flag("correct"), g.text("why", 600)}
		if _, there := g.at["correct"]; there && (it.Kind == InOrder || it.Kind == Matching) {
			g.wrong(g.at["correct"], "has no meaning in an item of kind %s; remove it", it.Kind)
			o.Correct = false
		}
		all.add(g, "option", string(o.ID), o.Text)
		if o.Correct {
			right++
		}
		it.Options = append(it.Options, o)
		l.course.places[optionKey{it.ID, o.ID}] = place{g.file, v.line}
	}
	line := f.lineOf("options")
	switch {
	case len(entries) == 0:
	case it.Kind == Single && right != 1:
		f.fault(f.file, line, "an item of kind single has one option with `correct: true`; this one has %d", right)
	case it.Kind == Multiple && (right == 0 || right == len(entries)):
		f.fault(f.file, line, "an item of kind multiple has at least one option with `correct: true` and one without; this one has %d of %d", right, len(entries))
	}
}

// prompts reads what the options of a matching item belong to.
func (l *loader) prompts(f fields, it *Item) {
	if it.Kind != Matching {
		if v, there := f.at["prompts"]; there {
			f.wrong(v, "belong to items of kind matching only; remove them")
		}
		return
	}
	var all distinct
	used := make(map[OptionID]PromptID)
	for _, v := range f.list("prompts", "a prompt", leastPrompts, mostPrompts) {
		g := f.fields(v, "id", "text", "option")
		p := Prompt{PromptID(g.one("id", promptIDs...)), g.text("text", 300), OptionID(g.one("option", optionIDs...))}
		all.add(g, "prompt", string(p.ID), p.Text)
		known := slices.ContainsFunc(it.Options, func(o Option) bool { return o.ID == p.Option })
		first, twice := used[p.Option]
		switch {
		case !slices.Contains(optionIDs, string(p.Option)):
		case !known:
			g.wrong(g.at["option"], "is %s, which is not among the options of this item", p.Option)
		case twice:
			g.wrong(g.at["option"], "is %s, as for prompt %s; an option belongs to one prompt at most", p.Option, first)
		}
		used[p.Option] = p.ID
		it.Prompts = append(it.Prompts, p)
	}
}

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
