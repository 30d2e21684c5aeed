package curriculum

import (
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
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
}

// module reads the folder of one module. What can be checked is checked even
// when module.yaml cannot be read.
func (l *loader) module(dir string) {
	f := l.page(path.Join(dir, "module.yaml"), "every module folder has one",
		"key", "title", "summary", "review_note", "objectives", "lessons", "quiz")
	o := &outline{Module: new(Module), dir: dir, lessons: make(map[string]bool)}
	o.Key = ModuleKey(f.word("key", keyForm, keyLike))
	o.Title = f.text("title", 120)
	o.Summary = f.prose("summary", 1, 500)
	o.ReviewNote = f.prose("review_note", 1, 300)
	quiz := f.group("quiz", "draw", "minutes")
	o.Quiz = Quiz{Draw: quiz.number("draw", 1, 100), Minutes: quiz.number("minutes", 1, 600)}
	if o.Key == "" {
		l.partial = true
	} else {
		l.seen(o.Key, f.file, f.lineOf("key"))
		l.keys[o.Key] = true
	}
	l.objectives(f, o)
	l.listing(f, o)
	for _, name := range o.listed {
		l.lesson(path.Join(dir, name), o)
	}
	if l.bank(o) && !f.broken {
		l.critical(f, quiz, o)
	}
	l.course.Modules = append(l.course.Modules, o.Module)
}

func (l *loader) objectives(f fields, o *outline) {
	entries := f.list("objectives", "an objective", 1, 20)
	if len(entries) > 0 {
		o.known = make(map[string]bool)
	}
	for _, v := range entries {
		g := f.fields(v, "id", "text", "critical")
		id := g.word("id", keyForm, keyLike)
		if o.known[id] && id != "" {
			f.fault(f.file, g.lineOf("id"), "objective %s stands here twice; give this one another id", id)
		}
		o.known[id] = true
		o.objectives = append(o.objectives, v)
		o.Objectives = append(o.Objectives, Objective{ObjectiveID(id), g.text("text", 300), g.flag("critical")})
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

// critical sees that the objectives marked critical are those for which the
// bank has a critical item, and that a draw has room for them.
func (l *loader) critical(f, quiz fields, o *outline) {
	marked := 0
	for i, obj := range o.Objectives {
		has := slices.ContainsFunc(o.Items, func(it *Item) bool { return it.Critical && it.Objective == obj.ID })
		switch line := o.objectives[i].line; {
		case obj.Critical && !has:
			f.fault(f.file, line, "objective %s is critical, but bank.yaml has no critical item for it; write one, or remove `critical`", obj.ID)
		case !obj.Critical && has:
			f.fault(f.file, line, "objective %s has a critical item in bank.yaml; mark it `critical: true`", obj.ID)
		}
		if obj.Critical {
			marked++
		}
	}
	line := quiz.lineOf("draw")
	if o.Quiz.Draw > 0 && marked > o.Quiz.Draw {
		f.fault(f.file, line, "`draw` is %d, but %d critical objectives must be asked in every attempt; draw more", o.Quiz.Draw, marked)
	}
	if o.Quiz.Draw > len(o.Items) {
		f.fault(f.file, line, "`draw` is %d, but bank.yaml has %d items; draw fewer, or write more", o.Quiz.Draw, len(o.Items))
	}
}
