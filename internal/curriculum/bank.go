package curriculum

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

type rawBank struct {
	Items []rawItem `yaml:"items"`
}

type rawItem struct {
	ID         string      `yaml:"id"`
	Lesson     string      `yaml:"lesson"`
	Objective  string      `yaml:"objective"`
	Kind       string      `yaml:"kind"`
	Critical   bool        `yaml:"critical"`
	Stem       string      `yaml:"stem"`
	Options    []rawOption `yaml:"options"`
	Sources    []string    `yaml:"sources"`
	Confidence string      `yaml:"confidence"`
	Note       string      `yaml:"note"`
}

type rawOption struct {
	ID      string `yaml:"id"`
	Text    string `yaml:"text"`
	Correct bool   `yaml:"correct"`
	Why     string `yaml:"why"`
}

// bank reads the quiz items of a module.
func (l *loader) bank(dir string, m *Module) {
	name := path.Join(dir, "bank.yaml")
	data, ok := l.files[name]
	if !ok {
		l.fault(name, 0, "the file is missing; every module has its quiz items there")
		return
	}
	y, f := openYAML(name, 0, data)
	var raw rawBank
	if f == nil {
		f = y.decode(&raw)
	}
	if f != nil {
		l.faults = append(l.faults, *f)
		return
	}
	if len(raw.Items) == 0 {
		l.fault(name, 0, "there are no items")
	}
	for i, r := range raw.Items {
		m.Items = append(m.Items, l.item(y, i, m, r))
	}
}

func (l *loader) item(y *yamlFile, i int, m *Module, r rawItem) *Item {
	at := fmt.Sprintf("$.items[%d]", i)
	it := &Item{
		ID: ItemID(r.ID), Lesson: LessonID(r.Lesson), Objective: ObjectiveID(r.Objective), Kind: Kind(r.Kind), Critical: r.Critical,
		Stem: strings.TrimSpace(r.Stem), Sources: r.Sources, Confidence: r.Confidence, Note: strings.TrimSpace(r.Note),
	}
	line := y.line("%s.id", at)
	if !itemForm.MatchString(r.ID) {
		l.fault(y.name, line, "item id %q; it must read like sci-01", r.ID)
	}
	if where, twice := l.seen.items[it.ID]; twice {
		l.fault(y.name, line, "item %s stands in %s already", it.ID, where)
	}
	l.seen.items[it.ID] = y.name
	if m.Lesson(it.Lesson) == nil {
		l.fault(y.name, y.line("%s.lesson", at), "item %s belongs to lesson %q, which this module does not have", it.ID, it.Lesson)
	}
	if m.objective(it.Objective) == nil {
		l.fault(y.name, y.line("%s.objective", at), "item %s is for objective %q, which module.yaml does not have", it.ID, it.Objective)
	}
	if !confidences[it.Confidence] {
		l.fault(y.name, y.line("%s.confidence", at), "item %s has confidence %q; it must be A, B, C or M", it.ID, it.Confidence)
	}
	l.text(y, at+".stem", "the stem of item "+r.ID, it.Stem, 5, 1000)
	l.options(y, at, it, r.Options)
	return it
}

var confidences = map[string]bool{"A": true, "B": true, "C": true, "M": true}

func (l *loader) options(y *yamlFile, at string, it *Item, raw []rawOption) {
	line := y.line("%s.options", at)
	if n := len(raw); n < 3 || n > 8 {
		l.fault(y.name, line, "item %s has %d options; it must have 3 to 8", it.ID, n)
	}
	right := 0
	texts := make(map[string]bool)
	for i, o := range raw {
		opt := fmt.Sprintf("%s.options[%d]", at, i)
		if want := string(rune('a' + i)); o.ID != want {
			l.fault(y.name, y.line("%s.id", opt), "option %q of item %s; the ids go a, b, c in order, so this one is %s", o.ID, it.ID, want)
		}
		if texts[strings.ToLower(o.Text)] {
			l.fault(y.name, y.line("%s.text", opt), "item %s has this option twice", it.ID)
		}
		texts[strings.ToLower(o.Text)] = true
		l.text(y, opt+".text", "an option of item "+string(it.ID), o.Text, 1, 300)
		l.text(y, opt+".why", "the why of an option of item "+string(it.ID), o.Why, 1, 600)
		if o.Correct {
			right++
		}
		it.Options = append(it.Options, Option{OptionID(o.ID), o.Text, o.Correct, o.Why})
	}
	switch {
	case it.Kind != Single && it.Kind != Multiple:
		l.fault(y.name, y.line("%s.kind", at), "item %s is of kind %q; it must be single or multiple", it.ID, it.Kind)
	case it.Kind == Single && right != 1:
		l.fault(y.name, line, "item %s is single and has %d right options; it must have one", it.ID, right)
	case it.Kind == Multiple && (right == 0 || right == len(raw)):
		l.fault(y.name, line, "item %s has %d right options of %d; at least one must be right and one wrong", it.ID, right, len(raw))
	}
}

// Right reports whether a response chooses exactly the right options, in any
// order.
func (i *Item) Right(response []OptionID) bool {
	for _, o := range i.Options {
		if o.Correct != slices.Contains(response, o.ID) {
			return false
		}
	}
	return len(response) > 0
}
