package curriculum

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// confidences are how sure a fact is: see Source.
var confidences = []string{"A", "B", "C", "M"}

// A shelf is what the items of a bank refer to while it is read.
type shelf struct {
	*outline
	cases map[CaseID]bool // nil when they could not be read
}

// bank reads the quiz items of a module, with their cases, and reports whether
// it could.
func (l *loader) bank(o *outline) bool {
	f := l.page(path.Join(o.dir, "bank.yaml"), "every module has its quiz items there", "items", "cases")
	s := &shelf{outline: o, cases: make(map[CaseID]bool)}
	if _, there := f.at["cases"]; there {
		l.cases(f, s)
	}
	for _, v := range f.list("items", "an item", 1, 400) {
		o.Items = append(o.Items, l.item(f, v, s))
	}
	l.caseSizes(f, o)
	return !f.broken && len(o.Items) > 0
}

// maxCases is how many cases a bank may have: few enough to try all sets of
// them.
const maxCases = 12

// How long a vignette is, in words, and how many items ask about it.
const (
	leastWords, mostWords   = 60, 150
	leastOfCase, mostOfCase = 2, 3
	caseLike                = "like sci-case-1"
)

var caseForm = regexp.MustCompile(`^[a-z]{2,12}-case-[0-9]{1,2}$`)

func (l *loader) cases(f fields, s *shelf) {
	entries := f.list("cases", "a case", 1, maxCases)
	if entries == nil {
		s.cases = nil
	}
	for _, v := range entries {
		g := f.fields(v, "id", "text")
		c := &Case{CaseID(g.word("id", caseForm, caseLike)), g.prose("text", 1, 2000)}
		if caseForm.MatchString(string(c.ID)) {
			l.seen(c.ID, g.file, g.lineOf("id"))
			s.cases[c.ID] = true
		}
		if n := len(strings.Fields(c.Text)); n > 0 && (n < leastWords || n > mostWords) {
			g.wrong(g.at["text"], "has %d words; a vignette has %d to %d", n, leastWords, mostWords)
		}
		s.Cases = append(s.Cases, c)
	}
}

// caseSizes sees that every case is asked about, and not too much.
func (l *loader) caseSizes(f fields, o *outline) {
	for _, c := range o.Cases {
		at, known := l.course.places[c.ID]
		if n := len(o.ItemsOf(c.ID)); known && at.file == f.file && (n < leastOfCase || n > mostOfCase) {
			l.fault(at.file, at.line, "case %s has %d items; give it %d or %d", c.ID, n, leastOfCase, mostOfCase)
		}
	}
}

func (l *loader) item(f fields, v value, s *shelf) *Item {
	g := f.fields(v, slices.Concat([]string{"id", "lesson", "objective", "kind", "critical", "case", "stem"}, ownFields(), []string{"sources", "confidence", "note"})...)
	it := &Item{
		ID:        ItemID(g.word("id", itemForm, itemLike)),
		Lesson:    LessonID(g.word("lesson", lessonForm, lessonLike)),
		Objective: ObjectiveID(g.word("objective", keyForm, keyLike)),
		Kind:      Kind(g.one("kind", kindNames()...)),
		Critical:  g.flag("critical"),
		Stem:      g.prose("stem", 5, 1000),
	}
	if itemForm.MatchString(string(it.ID)) {
		l.seen(it.ID, g.file, g.lineOf("id"))
	}
	l.belongs(g, it, s)
	l.own(g, it, s)
	if g.has("sources") { // an item without any is for Lint to say
		it.Sources, _ = g.words("sources", "a source", 0, 20, sourceForm, sourceLike)
	}
	it.Confidence = g.one("confidence", confidences...)
	if g.has("note") {
		it.Note = g.prose("note", 0, 1000)
	}
	return it
}

// own reads what an item has as one of its kind.
func (l *loader) own(f fields, it *Item, s *shelf) {
	k := kinds[it.Kind]
	if k == nil {
		return // that is told already
	}
	for _, name := range ownFields() {
		if v, there := f.at[name]; there && !slices.Contains(k.fields(), name) {
			f.wrong(v, "has no meaning in an item of kind %s; remove it", it.Kind)
		}
	}
	k.read(l, f, it)
	if slices.Contains(k.fields(), partialField) {
		it.Partial = s.Quiz.Partial
		if f.has(partialField) {
			it.Partial = f.flag(partialField)
		}
	}
}

// belongs sees that what an item refers to is there.
func (l *loader) belongs(g fields, it *Item, s *shelf) {
	if id := string(it.Lesson); lessonForm.MatchString(id) && !s.lessons[id] {
		g.wrong(g.at["lesson"], "is %s, which this module does not have", id)
	}
	if id := string(it.Objective); s.known != nil && keyForm.MatchString(id) && !s.known[id] {
		g.wrong(g.at["objective"], "is %s, which module.yaml does not have", id)
	}
	if _, there := g.at["case"]; !there {
		return
	}
	it.Case = CaseID(g.word("case", caseForm, caseLike))
	if s.cases != nil && caseForm.MatchString(string(it.Case)) && !s.cases[it.Case] {
		g.wrong(g.at["case"], "is %s, which is not among the `cases` of this file", it.Case)
	}
}
