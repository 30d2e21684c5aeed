package curriculum

import (
	"path"
	"slices"
	"strings"
)

// confidences are how sure a fact is: see Source.
var confidences = []string{"A", "B", "C", "M"}

// bank reads the quiz items of a module and reports whether it could.
func (l *loader) bank(o *outline) bool {
	f := l.page(path.Join(o.dir, "bank.yaml"), "every module has its quiz items there", "items")
	for _, v := range f.list("items", "an item", 1, 400) {
		o.Items = append(o.Items, l.item(f, v, o))
	}
	return !f.broken && len(o.Items) > 0
}

func (l *loader) item(f fields, v value, o *outline) *Item {
	g := f.fields(v, "id", "lesson", "objective", "kind", "critical", "stem", "options", "sources", "confidence", "note")
	it := &Item{
		ID:        ItemID(g.word("id", itemForm, itemLike)),
		Lesson:    LessonID(g.word("lesson", lessonForm, lessonLike)),
		Objective: ObjectiveID(g.word("objective", keyForm, keyLike)),
		Kind:      Kind(g.one("kind", string(Single), string(Multiple))),
		Critical:  g.flag("critical"),
		Stem:      g.prose("stem", 5, 1000),
	}
	if itemForm.MatchString(string(it.ID)) {
		l.seen(it.ID, g.file, g.lineOf("id"))
	}
	if id := string(it.Lesson); lessonForm.MatchString(id) && !o.lessons[id] {
		g.wrong(g.at["lesson"], "is %s, which this module does not have", id)
	}
	if id := string(it.Objective); o.known != nil && keyForm.MatchString(id) && !o.known[id] {
		g.wrong(g.at["objective"], "is %s, which module.yaml does not have", id)
	}
	l.options(g, it)
	if g.has("sources") { // an item without any is for Lint to say
		it.Sources, _ = g.words("sources", "a source", 0, 20, sourceForm, sourceLike)
	}
	it.Confidence = g.one("confidence", confidences...)
	if g.has("note") {
		it.Note = g.prose("note", 0, 1000)
	}
	return it
}

var optionIDs = []string{"a", "b", "c", "d", "e", "f", "g", "h"}

// An optionKey names an option in the course.
type optionKey struct {
	item   ItemID
	option OptionID
}

func (l *loader) options(f fields, it *Item) {
	texts := make(map[string]bool)
	right := 0
	entries := f.list("options", "an option", 3, 8)
	for _, v := range entries {
		g := f.fields(v, "id", "text", "correct", "why")
		o := Option{OptionID(g.one("id", optionIDs...)), g.text("text", 300), g.flag("correct"), g.text("why", 600)}
		if slices.ContainsFunc(it.Options, func(other Option) bool { return other.ID == o.ID && o.ID != "" }) {
			g.wrong(g.at["id"], "is %s, as for another option of this item; give each its own", o.ID)
		}
		text := strings.ToLower(strings.Join(strings.Fields(o.Text), " "))
		if texts[text] && text != "" {
			g.wrong(g.at["text"], "is the same as of another option of this item; write another")
		}
		texts[text] = true
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
