package curriculum

import (
	"bytes"
	"path"
	"strings"
)

// lesson reads one lesson file: front matter between two lines of ---, then
// Markdown.
func (l *loader) lesson(name string, o *outline) {
	if l.spoiled[name] {
		return
	}
	front, body, ok := splitFront(l.files[name])
	if !ok {
		l.fault(name, 1, "a lesson begins with front matter between two lines of ---; add it")
		return
	}
	p := &page{collector: &l.collector, file: name, before: 1}
	f := p.open(front, "id", "title", "minutes", "objectives", "sources")
	lesson := &Lesson{
		ID:      LessonID(f.word("id", lessonForm, lessonLike)),
		Title:   f.text("title", 120),
		Minutes: f.number("minutes", 1, 60),
	}
	if want := lessonOf(path.Base(name)); !f.broken && lessonForm.MatchString(string(lesson.ID)) {
		if string(lesson.ID) != want {
			p.wrong(f.at["id"], "is %s, but the file is named after %s; make them the same", lesson.ID, want)
		}
		l.seen(lesson.ID, name, f.lineOf("id"))
	}
	l.references(f, lesson, o)
	var faults []Fault
	figures := &gallery{all: o.figures}
	lesson.HTML, faults = render(body, figures)
	lesson.Figures = len(figures.shown)
	if l.drawn += figures.bytes; l.drawn > maxDrawn {
		lesson.HTML = ""
		l.fault(name, 0, "the figures of all lessons together make more than %d MiB; show fewer", maxDrawn>>20)
	}
	for _, fault := range faults {
		l.fault(name, fault.Line+bytes.Count(front, []byte("\n"))+2, "%s", fault.Text)
	}
	o.Lessons = append(o.Lessons, lesson)
}

// references reads what a lesson teaches and where it has it from.
func (l *loader) references(f fields, lesson *Lesson, o *outline) {
	ids, lines := f.words("objectives", "an objective", 1, 20, keyForm, keyLike)
	for i, id := range ids {
		if o.known != nil && keyForm.MatchString(id) && !o.known[id] {
			l.fault(f.file, lines[i], "objective %s is not in module.yaml; add it there, or name another", id)
		}
		lesson.Objectives = append(lesson.Objectives, ObjectiveID(id))
	}
	keys := make(map[string]bool)
	for _, v := range f.list("sources", "a source", 1, 40) {
		g := f.fields(v, "key", "what", "confidence")
		s := Source{g.word("key", sourceForm, sourceLike), g.text("what", 400), g.one("confidence", confidences...)}
		if keys[s.Key] && s.Key != "" {
			g.wrong(g.at["key"], "is %s, as for another source of this lesson; name it once", s.Key)
		}
		keys[s.Key] = true
		lesson.Sources = append(lesson.Sources, s)
	}
}

// splitFront divides a lesson into front matter, with its last line end, and
// text.
func splitFront(data []byte) (front, body []byte, ok bool) {
	rest, ok := bytes.CutPrefix(data, []byte("---\n"))
	if !ok {
		return nil, nil, false
	}
	front, body, ok = bytes.Cut(rest, []byte("\n---\n"))
	if !ok {
		return nil, nil, false
	}
	return rest[:len(front)+1], body, len(strings.TrimSpace(string(front))) > 0
}
