package curriculum

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

type rawModule struct {
	Key        string         `yaml:"key"`
	Title      string         `yaml:"title"`
	Summary    string         `yaml:"summary"`
	ReviewNote string         `yaml:"review_note"`
	Objectives []rawObjective `yaml:"objectives"`
	Lessons    []string       `yaml:"lessons"`
	Quiz       struct {
		Draw    int `yaml:"draw"`
		Minutes int `yaml:"minutes"`
	} `yaml:"quiz"`
}

type rawObjective struct {
	ID       string `yaml:"id"`
	Text     string `yaml:"text"`
	Critical bool   `yaml:"critical"`
}

// The forms of the ids.
var (
	keyForm    = regexp.MustCompile(`^[a-z][a-z0-9_]{1,39}$`)
	lessonForm = regexp.MustCompile(`^[a-z]{2,12}-[0-9]{1,2}$`)
	itemForm   = regexp.MustCompile(`^[a-z]{2,12}-[a-z0-9]{1,12}$`)
)

// module reads the folder of one module.
func (l *loader) module(dir string) {
	name := path.Join(dir, "module.yaml")
	data, ok := l.files[name]
	if !ok {
		l.fault(name, 0, "the file is missing; every module folder has one")
		return
	}
	y, f := openYAML(name, 0, data)
	var raw rawModule
	if f == nil {
		f = y.decode(&raw)
	}
	if f != nil {
		l.faults = append(l.faults, *f)
		return
	}
	m := &Module{
		Key: ModuleKey(raw.Key), Title: raw.Title, Summary: strings.TrimSpace(raw.Summary), ReviewNote: strings.TrimSpace(raw.ReviewNote),
		Quiz: Quiz{Draw: raw.Quiz.Draw, Minutes: raw.Quiz.Minutes},
	}
	l.moduleFields(y, m)
	l.objectives(y, m, raw.Objectives)
	l.lessons(y, dir, m, raw.Lessons)
	l.bank(dir, m)
	l.critical(y, m)
	l.course.Modules = append(l.course.Modules, m)
}

func (l *loader) moduleFields(y *yamlFile, m *Module) {
	if !keyForm.MatchString(string(m.Key)) {
		l.fault(y.name, y.line("$.key"), "key is %q; it must be lower-case letters, digits and _, 2 to 40 of them", m.Key)
	}
	l.text(y, "$.title", "title", m.Title, 1, 120)
	l.text(y, "$.summary", "summary", m.Summary, 1, 500)
	l.text(y, "$.review_note", "review_note", m.ReviewNote, 1, 300)
	if m.Quiz.Minutes < 1 || m.Quiz.Minutes > 600 {
		l.fault(y.name, y.line("$.quiz.minutes"), "quiz.minutes is %d; it must be 1 to 600", m.Quiz.Minutes)
	}
	if m.Quiz.Draw < 1 {
		l.fault(y.name, y.line("$.quiz.draw"), "quiz.draw is %d; at least one item must be drawn", m.Quiz.Draw)
	}
}

// text checks the length of a text in characters.
func (l *loader) text(y *yamlFile, at, field, s string, least, most int) {
	if n := utf8.RuneCountInString(strings.TrimSpace(s)); n < least || n > most {
		l.fault(y.name, y.line("%s", at), "%s has %d characters; it must have %d to %d", field, n, least, most)
	}
}

func (l *loader) objectives(y *yamlFile, m *Module, raw []rawObjective) {
	if len(raw) < 1 || len(raw) > 20 {
		l.fault(y.name, y.line("$.objectives"), "there are %d objectives; a module has 1 to 20", len(raw))
	}
	for i, o := range raw {
		at := fmt.Sprintf("$.objectives[%d]", i)
		if !keyForm.MatchString(o.ID) {
			l.fault(y.name, y.line("%s.id", at), "objective id %q; it must be lower-case letters, digits and _", o.ID)
		}
		if m.objective(ObjectiveID(o.ID)) != nil {
			l.fault(y.name, y.line("%s.id", at), "objective %s stands here twice", o.ID)
		}
		l.text(y, at+".text", "the objective's text", o.Text, 1, 300)
		m.Objectives = append(m.Objectives, Objective{ObjectiveID(o.ID), o.Text, o.Critical})
	}
}

// critical checks that the objectives marked critical are those for which the
// bank has a critical item, and that a draw has room for them.
func (l *loader) critical(y *yamlFile, m *Module) {
	for i, o := range m.Objectives {
		has := slices.ContainsFunc(m.Items, func(it *Item) bool { return it.Critical && it.Objective == o.ID })
		line := y.line("$.objectives[%d].id", i)
		switch {
		case o.Critical && !has:
			l.fault(y.name, line, "objective %s is critical, but the bank has no critical item for it", o.ID)
		case !o.Critical && has:
			l.fault(y.name, line, "objective %s has a critical item in the bank; mark it `critical: true`", o.ID)
		}
	}
	if n := len(m.CriticalObjectives()); n > m.Quiz.Draw && m.Quiz.Draw > 0 {
		l.fault(y.name, y.line("$.quiz.draw"), "quiz.draw is %d, and %d critical objectives must be asked each time; draw more", m.Quiz.Draw, n)
	}
	if n := len(m.Items); n > 0 && m.Quiz.Draw > n {
		l.fault(y.name, y.line("$.quiz.draw"), "quiz.draw is %d, and the bank has only %d items", m.Quiz.Draw, n)
	}
}

func (m *Module) objective(id ObjectiveID) *Objective {
	for i := range m.Objectives {
		if m.Objectives[i].ID == id {
			return &m.Objectives[i]
		}
	}
	return nil
}
