package curriculum

import (
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"
)

// The forms of the ids, with how to say them.
var (
	keyForm    = regexp.MustCompile(`^[a-z][a-z0-9_]{1,39}$`)
	lessonForm = regexp.MustCompile(`^[a-z]{2,12}-[0-9]{1,2}$`)
	itemForm   = regexp.MustCompile(`^[a-z]{2,12}-[a-z0-9]{1,12}$`)
	sourceForm = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]{0,19}$`)
)

const (
	keyLike    = "2 to 40 lower-case letters, digits and _, a letter first"
	lessonLike = "like sci-1"
	itemLike   = "like sci-01"
	sourceLike = "like LUT19"
)

// An outline is what the parts of a module refer to while it is read.
type outline struct {
	*Module
	dir        string
	objectives []value         // where each stands
	known      map[string]bool // the ids of the objectives; nil when they could not be read
	lessons    map[string]bool // ids by the names of the files
	listed     []string
	figures    map[string]*figure // by the names of their files; nil for one that could not be read
}

// module reads the folder of one module. What can be checked is checked even
// when module.yaml cannot be read.
func (l *loader) module(dir string) {
	f := l.page(path.Join(dir, "module.yaml"), "every module folder has one",
		"key", "title", "summary", "review_note", "objectives", "lessons", "quiz", "reviews")
	o := &outline{Module: new(Module), dir: dir, lessons: make(map[string]bool)}
	o.Key = ModuleKey(f.word("key", keyForm, keyLike))
	o.Title = f.text("title", 120)
	o.Summary = f.prose("summary", 1, 500)
	o.ReviewNote = f.prose("review_note", 1, 300)
	quiz := f.group("quiz", "draw", "minutes", "pages", "sequential", "partial")
	o.Quiz = quizOf(quiz)
	if o.Key == "" {
		l.partial = true
	} else {
		l.seen(o.Key, f.file, f.lineOf("key"))
		l.keys[o.Key] = true
	}
	l.objectives(f, o)
	l.reviews(f, o)
	l.listing(f, o)
	l.figures(o)
	for _, name := range o.listed {
		l.lesson(path.Join(dir, name), o)
	}
	l.unused(o)
	if l.bank(o) && !f.broken {
		l.drawable(f, quiz, o)
	}
	l.course.Modules = append(l.course.Modules, o.Module)
}

// quizOf reads how a quiz is drawn and taken.
func quizOf(f fields) Quiz {
	q := Quiz{
		Draw: f.number("draw", 1, 100), Minutes: f.number("minutes", 1, 600), Pages: OnePage,
		Sequential: f.flag("sequential"), Partial: f.flag("partial"),
	}
	if q.Sequential {
		q.Pages = ManyPages
	}
	if f.has("pages") {
		q.Pages = Layout(f.one("pages", string(OnePage), string(ManyPages)))
	}
	if q.Sequential && q.Pages == OnePage {
		f.wrong(f.at["pages"], "is one, but a sequential quiz has a page for each item; remove it, or write many")
	}
	return q
}

func (l *loader) objectives(f fields, o *outline) {
	entries := f.list("objectives", "an objective", 1, 20)
	if len(entries) > 0 {
		o.known = make(map[string]bool)
	}
	for _, v := range entries {
		g := f.fields(v, "id", "text", "critical", "quota")
		id := g.word("id", keyForm, keyLike)
		if o.known[id] && id != "" {
			f.fault(f.file, g.lineOf("id"), "objective %s stands here twice; give this one another id", id)
		}
		o.known[id] = true
		o.objectives = append(o.objectives, v)
		obj := Objective{ID: ObjectiveID(id), Text: g.text("text", 300), Critical: g.flag("critical")}
		if _, there := g.at["quota"]; there {
			obj.Quota = g.number("quota", 1, 10)
		}
		o.Objectives = append(o.Objectives, obj)
	}
}

// listing reads the order of study, and sees that it names every lesson file
// once. Without it the files stand in the order of their names.
func (l *loader) listing(f fields, o *outline) {
	there := make(map[string]bool)
	for _, files := range []map[string]bool{keysOf(l.files), l.spoiled} {
		for name := range files {
			if path.Dir(name) == o.dir && strings.HasSuffix(name, ".md") {
				there[path.Base(name)] = true
			}
		}
	}
	names, lines := f.words("lessons", "a lesson", 1, 40, lessonFile, "the name of a file, like sci-1-title.md")
	for i, name := range names {
		if lessonFile.MatchString(name) && !there[name] {
			f.fault(f.file, lines[i], "there is no file %s in %s; write the lesson, or take it off the list", name, o.dir)
		}
		o.lessons[lessonOf(name)] = true
		if there[name] && !slices.Contains(o.listed, name) {
			o.listed = append(o.listed, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(there)) {
		o.lessons[lessonOf(name)] = true
		switch {
		case names == nil:
			o.listed = append(o.listed, name)
		case !slices.Contains(names, name):
			l.fault(path.Join(o.dir, name), 0, "the lesson is not on the list `lessons` of module.yaml; add it, or remove the file")
		}
	}
}

// lessonOf returns the lesson id in the name of a lesson's file, or "".
func lessonOf(name string) string {
	if m := lessonFile.FindStringSubmatch(name); m != nil {
		return m[1]
	}
	return ""
}

// reviews reads who reviewed the module. Leave them out and nobody has.
func (l *loader) reviews(f fields, o *outline) {
	if _, there := f.at["reviews"]; !there {
		return
	}
	for _, v := range f.list("reviews", "a review", 1, 20) {
		g := f.fields(v, "reviewer", "license", "date", "statement")
		r := ModuleReview{g.text("reviewer", 120), g.text("license", 120), g.text("date", 10), g.prose("statement", 1, 1000)}
		if _, err := time.Parse(time.DateOnly, r.Date); err != nil && r.Date != "" {
			g.wrong(g.at["date"], "is %q; it must be a day like 2026-03-31, in quotes", short(r.Date))
		}
		o.Reviews = append(o.Reviews, r)
	}
}

// drawable sees that the objectives marked critical are those for which the
// bank has a critical item, that there are items for every quota, and that a
// draw has room for them.
func (l *loader) drawable(f, quiz fields, o *outline) {
	before := len(l.faults)
	marked, needed := 0, 0
	for i, obj := range o.Objectives {
		l.objective(f, o.objectives[i].line, obj, o)
		needed += obj.Need()
		if obj.Critical {
			marked++
		}
	}
	line := quiz.lineOf("draw")
	switch {
	case o.Quiz.Draw <= 0:
		return
	case marked > o.Quiz.Draw:
		f.fault(f.file, line, "`draw` is %d, but %d critical objectives must be asked in every attempt; draw more", o.Quiz.Draw, marked)
	case needed > o.Quiz.Draw:
		f.fault(f.file, line, "`draw` is %d, but the quotas of the objectives, at least 1 for each critical one, make %d; draw more, or lower them", o.Quiz.Draw, needed)
	}
	if o.Quiz.Draw > len(o.Items) {
		f.fault(f.file, line, "`draw` is %d, but bank.yaml has %d items; draw fewer, or write more", o.Quiz.Draw, len(o.Items))
	}
	if len(l.faults) == before && len(o.Cases) > 0 && len(o.Plan().Sets()) == 0 {
		f.fault(f.file, line, "with every case whole, no attempt of %d items can meet all quotas; draw more, or write more items that stand alone", o.Quiz.Draw)
	}
}

// objective sees that the bank has what an objective asks for.
func (l *loader) objective(f fields, line int, obj Objective, o *outline) {
	items, critical := 0, 0
	for _, it := range o.Items {
		if it.Objective == obj.ID {
			items++
			if it.Critical {
				critical++
			}
		}
	}
	switch {
	case obj.Critical && critical == 0:
		f.fault(f.file, line, "objective %s is critical, but bank.yaml has no critical item for it; write one, or remove `critical`", obj.ID)
	case !obj.Critical && critical > 0:
		f.fault(f.file, line, "objective %s has a critical item in bank.yaml; mark it `critical: true`", obj.ID)
	case obj.Quota > items:
		f.fault(f.file, line, "objective %s has a quota of %d, but bank.yaml has %d items for it; write more, or lower the quota", obj.ID, obj.Quota, items)
	}
}
