package curriculum

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"iter"
	"reflect"
	"regexp"
	"slices"
	"strings"
)

// The words that a program file may use.
var (
	requirementForm = regexp.MustCompile(`^[a-z][a-z0-9_-]{1,59}$`)
	kindForm        = regexp.MustCompile(`^(client|peer|role_play)$`)
	criterionForm   = regexp.MustCompile(`^c[1-7]$`)
	phases          = []string{"preparation", "medicine", "integration"}
)

// maxNesting is how deep requirements may nest.
const maxNesting = 12

// program reads one program file.
func (l *loader) program(name string) {
	f := l.page(name, "", "key", "version", "default", "title", "summary", "certificate", "quiz", "lessons", "practicum", "experience", "requirements")
	if f.broken {
		l.spoiled[name] = true
		return
	}
	p := &Program{
		Key:         f.word("key", keyForm, keyLike),
		Version:     f.number("version", 1, 9999),
		Title:       f.text("title", 120),
		Summary:     f.prose("summary", 1, 500),
		Default:     f.flag("default"),
		Certificate: Certificate{Title: f.group("certificate", "title").text("title", 80)},
		Lessons:     LessonRule(f.one("lessons", string(LessonsAny), string(LessonsOpenedFirst))),
	}
	if first, twice := l.programs[p.Key]; twice && p.Key != "" {
		f.wrong(f.at["key"], "is %s, as in %s; give each program its own", p.Key, first)
	}
	l.programs[p.Key] = name
	l.defaults(f, p)
	quizRules(f, p)
	ids := make(map[string]bool)
	for _, v := range f.list("requirements", "a requirement", 1, 60) {
		p.Requirements = append(p.Requirements, l.requirement(f, v, ids, 1))
	}
	practicumRules(f, p)
	experienceRules(f, p)
	l.course.Programs = append(l.course.Programs, p)
}

func (l *loader) defaults(f fields, p *Program) {
	if p.Default && l.fallback != "" {
		f.wrong(f.at["default"], "is true in %s already; exactly one program is the default", l.fallback)
	}
	if p.Default {
		l.fallback = f.file
	}
}

func quizRules(f fields, p *Program) {
	g := f.group("quiz", "pass_percent", "attempts", "wait_hours", "review")
	p.Quiz = QuizRules{
		PassPercent: g.number("pass_percent", 1, 100),
		Attempts:    g.number("attempts", 1, 100),
		WaitHours:   g.number("wait_hours", 0, 2160),
		Review:      Review(g.one("review", string(ReviewNever), string(ReviewAfterPass))),
	}
}

// practicumRules reads which logged sessions count. A program that asks for
// none can do without.
func practicumRules(f fields, p *Program) {
	if !f.has("practicum") && !p.asks(PracticumSessions) {
		return
	}
	g := f.group("practicum", "kinds", "safety_criteria", "safety_floor")
	p.Practicum.Kinds, _ = g.words("kinds", "a kind", 1, 3, kindForm, "client, peer or role_play")
	p.Practicum.SafetyCriteria, _ = g.words("safety_criteria", "a criterion", 0, 7, criterionForm, "one of c1 to c7")
	p.Practicum.SafetyFloor = g.number("safety_floor", 1, 4)
}

// experienceRules reads the attestation. A program that asks for none can do
// without.
func experienceRules(f fields, p *Program) {
	if !f.has("experience") && !p.asks(PersonalExperience) {
		return
	}
	g := f.group("experience", "version", "minutes", "statement")
	p.Experience = ExperienceRules{
		Version: g.text("version", 20), Minutes: g.number("minutes", 1, 600), Statement: g.prose("statement", 1, 2000),
	}
}

// fitting says which fields a requirement has besides id, type and title.
var fitting = map[RequirementType][]string{
	AllOf:              {"of"},
	LessonsComplete:    {"module"},
	QuizPass:           {"module"},
	PracticumSessions:  {"phase", "count"},
	PersonalExperience: nil,
	PrintedName:        nil,
}

// requirement reads a requirement and those within it.
func (l *loader) requirement(f fields, v value, ids map[string]bool, depth int) Requirement {
	g := f.fields(v, "id", "type", "title", "module", "phase", "count", "of")
	types := []string{string(AllOf), string(LessonsComplete), string(QuizPass), string(PracticumSessions), string(PersonalExperience), string(PrintedName)}
	r := Requirement{
		ID:    g.word("id", requirementForm, "2 to 60 lower-case letters, digits, - and _, a letter first"),
		Type:  RequirementType(g.one("type", types...)),
		Title: g.text("title", 120),
	}
	if ids[r.ID] && r.ID != "" {
		g.wrong(g.at["id"], "is %s, as for another requirement; give each its own", r.ID)
	}
	ids[r.ID] = true
	need, known := fitting[r.Type]
	for _, key := range []string{"module", "phase", "count", "of"} {
		if g.has(key) && known && !slices.Contains(need, key) {
			g.wrong(g.at[key], "does not belong to a requirement of type %s; remove it", r.Type)
		}
	}
	switch r.Type {
	case LessonsComplete, QuizPass:
		r.Module = l.moduleOf(g)
	case PracticumSessions:
		r.Phase, r.Count = g.one("phase", phases...), g.number("count", 1, 1000)
	case AllOf:
		r.Of = l.parts(g, ids, depth)
	}
	return r
}

func (l *loader) parts(g fields, ids map[string]bool, depth int) (all []Requirement) {
	if depth == maxNesting {
		g.fault(g.file, g.lineOf("of"), "requirements nest at most %d deep; flatten them", maxNesting)
		return nil
	}
	for _, v := range g.list("of", "a requirement", 1, 60) {
		all = append(all, l.requirement(g, v, ids, depth+1))
	}
	return all
}

func (l *loader) moduleOf(g fields) ModuleKey {
	key := ModuleKey(g.word("module", keyForm, keyLike))
	if keyForm.MatchString(string(key)) && !l.keys[key] && !l.partial {
		g.wrong(g.at["module"], "is %s, which this course does not have", key)
	}
	return key
}

// Leaves walks the things to do, in the order of the file: every requirement
// that is no group.
func (p *Program) Leaves() iter.Seq[Requirement] {
	return func(yield func(Requirement) bool) { leaves(p.Requirements, yield) }
}

func leaves(all []Requirement, yield func(Requirement) bool) bool {
	for _, r := range all {
		if r.Type == AllOf && !leaves(r.Of, yield) || r.Type != AllOf && !yield(r) {
			return false
		}
	}
	return true
}

// asks reports whether a program has a requirement of a type.
func (p *Program) asks(t RequirementType) bool {
	for r := range p.Leaves() {
		if r.Type == t {
			return true
		}
	}
	return false
}

// Hash names a program's rules and words: the same have the same hash, whatever
// the comments and the layout of the file. Whether it is the default is not
// part of it, for that says nothing about those who are in it. Fields that are
// empty are not either, so that a field that is new in this code changes no
// hash of a program that does not use it.
func (p *Program) Hash() string {
	rules := *p
	rules.Default = false
	sum := sha256.Sum256([]byte(canonical(reflect.ValueOf(rules))))
	return hex.EncodeToString(sum[:])
}

// canonical writes a value of strings, numbers, flags, lists and structs in one
// and only one way, and an empty one as nothing.
func canonical(v reflect.Value) string {
	var b strings.Builder
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if f := canonical(v.Field(i)); f != "" {
				b.WriteString(v.Type().Field(i).Name + ":" + f + ";")
			}
		}
		return wrapped("{", b.String(), "}")
	case reflect.Slice:
		for i := range v.Len() {
			b.WriteString(canonical(v.Index(i)) + ",")
		}
		return wrapped("[", b.String(), "]")
	}
	if v.IsZero() {
		return ""
	}
	return fmt.Sprintf("%#v", v.Interface())
}

func wrapped(left, s, right string) string {
	if s == "" {
		return ""
	}
	return left + s + right
}
