package curriculum

import (
	"bytes"
	"fmt"
	"path"
	"strings"
	"unicode/utf8"

	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/text"
)

type rawLesson struct {
	ID         string      `yaml:"id"`
	Title      string      `yaml:"title"`
	Minutes    int         `yaml:"minutes"`
	Objectives []string    `yaml:"objectives"`
	Sources    []rawSource `yaml:"sources"`
}

type rawSource struct {
	Key        string `yaml:"key"`
	What       string `yaml:"what"`
	Confidence string `yaml:"confidence"`
}

// lessons reads the lessons that module.yaml lists, and sees that it lists all.
func (l *loader) lessons(y *yamlFile, dir string, m *Module, listed []string) {
	if len(listed) == 0 {
		l.fault(y.name, y.line("$.lessons"), "there are no lessons")
	}
	seen := make(map[string]bool)
	for i, base := range listed {
		name := path.Join(dir, base)
		line := y.line("$.lessons[%d]", i)
		data, ok := l.files[name]
		switch {
		case seen[base]:
			l.fault(y.name, line, "lesson %s is listed twice", base)
		case !ok || path.Base(base) != base || path.Ext(base) != ".md":
			l.fault(y.name, line, "lesson %s is listed, but there is no such file in %s", base, dir)
		default:
			if lesson := l.lesson(name, data, m); lesson != nil {
				m.Lessons = append(m.Lessons, lesson)
			}
		}
		seen[base] = true
	}
	for name := range l.files {
		if path.Dir(name) == dir && path.Ext(name) == ".md" && !seen[path.Base(name)] {
			l.fault(name, 0, "the lesson is not listed under `lessons` in module.yaml")
		}
	}
}

func (l *loader) lesson(name string, data []byte, m *Module) *Lesson {
	front, body, ok := splitFront(data)
	if !ok {
		l.fault(name, 1, "a lesson begins with front matter between two lines of ---")
		return nil
	}
	y, f := openYAML(name, 1, front)
	var raw rawLesson
	if f == nil {
		f = y.decode(&raw)
	}
	if f != nil {
		l.faults = append(l.faults, *f)
		return nil
	}
	lesson := &Lesson{ID: LessonID(raw.ID), Title: raw.Title, Minutes: raw.Minutes}
	if !lessonForm.MatchString(raw.ID) || !strings.HasPrefix(path.Base(name), raw.ID+"-") {
		l.fault(name, y.line("$.id"), "lesson id %q; it must read like sci-1, and the file's name must begin with it", raw.ID)
	}
	if where, twice := l.seen.lessons[lesson.ID]; twice {
		l.fault(name, y.line("$.id"), "lesson %s stands in %s already", lesson.ID, where)
	}
	l.seen.lessons[lesson.ID] = name
	l.text(y, "$.title", "title", raw.Title, 1, 120)
	if raw.Minutes < 1 || raw.Minutes > 60 {
		l.fault(name, y.line("$.minutes"), "minutes is %d; it must be 1 to 60", raw.Minutes)
	}
	l.references(y, m, lesson, raw)
	l.render(name, 3+bytes.Count(front, []byte("\n")), body, lesson)
	return lesson
}

func (l *loader) references(y *yamlFile, m *Module, lesson *Lesson, raw rawLesson) {
	for i, id := range raw.Objectives {
		if m.objective(ObjectiveID(id)) == nil {
			l.fault(y.name, y.line("$.objectives[%d]", i), "objective %q is not in module.yaml", id)
		}
		lesson.Objectives = append(lesson.Objectives, ObjectiveID(id))
	}
	if len(raw.Sources) == 0 {
		l.fault(y.name, y.line("$.sources"), "a lesson names its sources")
	}
	for i, s := range raw.Sources {
		at := fmt.Sprintf("$.sources[%d]", i)
		if !confidences[s.Confidence] {
			l.fault(y.name, y.line("%s.confidence", at), "source %s has confidence %q; it must be A, B, C or M", s.Key, s.Confidence)
		}
		l.text(y, at+".key", "a source's key", s.Key, 1, 40)
		l.text(y, at+".what", "what source "+s.Key+" is", s.What, 1, 400)
		lesson.Sources = append(lesson.Sources, Source(s))
	}
}

// splitFront divides a lesson into front matter and text.
func splitFront(data []byte) (front, body []byte, ok bool) {
	rest, ok := bytes.CutPrefix(data, []byte("---\n"))
	if !ok {
		return nil, nil, false
	}
	return bytes.Cut(rest, []byte("\n---\n"))
}

var (
	markdown  = goldmark.New(goldmark.WithExtensions(extension.Table))
	sanitizer = func() *bluemonday.Policy {
		p := bluemonday.NewPolicy()
		p.AllowElements("h2", "h3", "h4", "p", "ul", "ol", "li", "strong", "em", "code", "pre", "blockquote", "hr", "br",
			"table", "thead", "tbody", "tr", "th", "td")
		return p
	}()
)

// render turns a lesson's text into HTML, once for all readers.
func (l *loader) render(name string, first int, body []byte, lesson *Lesson) {
	if !utf8.Valid(body) {
		l.fault(name, 0, "the file is not UTF-8 text")
		return
	}
	if i := bytes.IndexFunc(body, control); i >= 0 {
		l.fault(name, first+1+bytes.Count(body[:i], []byte("\n")), "there is a control character; remove it")
		return
	}
	if line, bad := hostile(body); bad {
		l.fault(name, first+line, "this stretch is nested or marked up beyond all measure; write it plainly")
		return
	}
	doc := markdown.Parser().Parse(text.NewReader(body))
	if l.foreign(name, first, body, doc) {
		return
	}
	var b bytes.Buffer
	if err := markdown.Renderer().Render(&b, body, doc); err != nil {
		l.fault(name, 0, "the text cannot be rendered: %v", err)
		return
	}
	if lesson.HTML = sanitizer.Sanitize(b.String()); len(strings.TrimSpace(lesson.HTML)) == 0 {
		l.fault(name, first, "the lesson has no text")
	}
}

// foreign reports what a lesson must not have: raw HTML, pictures from
// elsewhere, links that lead away.
func (l *loader) foreign(name string, first int, body []byte, doc ast.Node) (found bool) {
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		what := map[ast.NodeKind]string{
			ast.KindHTMLBlock: "raw HTML", ast.KindRawHTML: "raw HTML", ast.KindImage: "a picture", ast.KindLink: "a link", ast.KindAutoLink: "a link",
		}[n.Kind()]
		if h, ok := n.(*ast.Heading); ok && h.Level == 1 {
			what = "a heading of the first level (the title stands in the front matter)"
		}
		if entering && what != "" {
			found = true
			l.fault(name, first+lineOf(n, body), "there is %s; a lesson is text only", what)
		}
		return ast.WalkContinue, nil
	})
	return found
}

// lineOf finds the line of the block around a node.
func lineOf(n ast.Node, body []byte) int {
	for ; n != nil; n = n.Parent() {
		if n.Type() == ast.TypeBlock && n.Lines().Len() > 0 {
			return 1 + bytes.Count(body[:n.Lines().At(0).Start], []byte("\n"))
		}
	}
	return 1
}

// The most that one paragraph may hold of the marks for which the parser looks
// back and forth. People use a few dozen; a thousand of them take it seconds.
const (
	maxMarks = 400
	maxQuote = 12
)

// hostile finds markup on which the parser would spend quadratic time.
func hostile(body []byte) (line int, bad bool) {
	marks := 0
	n := 0
	for text := range bytes.Lines(body) {
		n++
		if len(bytes.TrimSpace(text)) == 0 {
			marks = 0
		}
		for _, c := range text {
			if bytes.IndexByte([]byte("*_[]`<"), c) >= 0 {
				marks++
			}
		}
		lead := text[:len(text)-len(bytes.TrimLeft(text, "> \t-+*0123456789.)"))]
		if marks > maxMarks || bytes.Count(lead, []byte(">")) > maxQuote || len(lead) > 120 {
			return n, true
		}
	}
	return 0, false
}
