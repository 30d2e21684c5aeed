package curriculum

import (
	"iter"
	"path"
	"regexp"
	"slices"
)

// program reads one program file.
func (l *loader) program(name string) {
	f := l.page(name, "", "key", "version", "default", "title", "summary", "certificate", "quiz", "lessons", "practicum", "experience",
		"tracks", "duties", "constraints", "requirements")
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
		Example:     path.Dir(name) == examples,
		Certificate: certificate(f),
		Lessons:     LessonRule(f.one("lessons", string(LessonsAny), string(LessonsOpenedFirst))),
	}
	if first, twice := l.programs[p.Key]; twice && p.Key != "" {
		f.wrong(f.at["key"], "is %s, as in %s; give each program its own", p.Key, first)
	}
	l.programs[p.Key] = name
	l.defaults(f, p)
	quizRules(f, p)
	tracks(f, p)
	bounds(f, p)
	t := &tree{loader: l, fields: f, lines: make(map[string]int)}
	for _, v := range f.list("requirements", "a requirement", 1, 60) {
		p.Requirements = append(p.Requirements, t.requirement(v, 1))
	}
	practicumRules(f, p)
	experienceRules(f, p)
	t.check(p)
	l.course.Programs = append(l.course.Programs, p)
}

// certificate reads what a certificate says.
func certificate(f fields) Certificate {
	g := f.group("certificate", "title", "text")
	c := Certificate{Title: g.text("title", 80)}
	if g.has("text") {
		c.Text = g.prose("text", 1, 300)
	}
	return c
}

// tracks reads the ways through a program. A program that is the same for all
// has none.
func tracks(f fields, p *Program) {
	if !f.has("tracks") {
		return
	}
	seen := make(map[string]bool)
	for _, v := range f.list("tracks", "a track", 1, 10) {
		g := f.fields(v, "key", "title", "professions", "pre_licensed", "roles", "certificate")
		t := Track{Key: g.word("key", keyForm, keyLike), Title: g.text("title", 120), PreLicensed: g.flag("pre_licensed")}
		if seen[t.Key] && t.Key != "" {
			g.wrong(g.at["key"], "is %s, as for another track; give each its own", t.Key)
		}
		seen[t.Key] = true
		t.Professions = g.some("professions", "a profession", codeForm, codeLike)
		t.Roles = g.some("roles", "a part", partForm, partLike)
		if g.has("certificate") {
			t.Certificate = certificate(g)
		}
		p.Tracks = append(p.Tracks, t)
	}
}

// some reads a list of words that may be left out.
func (f fields) some(key, of string, form *regexp.Regexp, like string) []string {
	if !f.has(key) {
		return nil
	}
	all, _ := f.words(key, of, 1, 60, form, like)
	return all
}

// count reads a whole number that may be left out.
func (f fields) count(key string, least, most int) int {
	if !f.has(key) {
		return 0
	}
	return f.number(key, least, most)
}

// bounds reads what binds the program and its people rather than the trainee.
func bounds(f fields, p *Program) {
	if f.has("duties") {
		g := f.group("duties", "waiver_alone", "reply_days")
		p.Duties = Duties{WaiverAlone: g.flag("waiver_alone"), ReplyDays: g.count("reply_days", 1, 90)}
	}
	if f.has("constraints") {
		g := f.group("constraints", "cohort_max", "leaders_min", "group_max", "directors_min")
		p.Constraints = Constraints{
			CohortMax: g.count("cohort_max", 1, 10000), LeadersMin: g.count("leaders_min", 1, 100),
			GroupMax: g.count("group_max", 1, 100), DirectorsMin: g.count("directors_min", 1, 10),
		}
	}
}

func (l *loader) defaults(f fields, p *Program) {
	if p.Default && l.fallback != "" {
		f.wrong(f.at["default"], "is true in %s already; exactly one program is the default", l.fallback)
	}
	if p.Default && p.Example {
		f.wrong(f.at["default"], "is true of an example; nobody can be enrolled in one")
		return
	}
	if p.Default {
		l.fallback = f.file
	}
}

func quizRules(f fields, p *Program) {
	g := f.group("quiz", "pass_percent", "attempts", "wait_hours", "review", "counts", "fresh", "remediation")
	p.Quiz = QuizRules{
		PassPercent: g.number("pass_percent", 1, 100),
		Attempts:    g.number("attempts", 1, 100),
		WaitHours:   g.number("wait_hours", 0, 2160),
	}
	reviewRules(g, &p.Quiz)
	retakeRules(g, &p.Quiz)
}

// practicumRules reads which logged sessions count. A program that asks for
// none can do without.
func practicumRules(f fields, p *Program) {
	if !f.has("practicum") && !p.asks(PracticumSessions) {
		return
	}
	g := f.group("practicum", "kinds", "safety_criteria", "safety_floor", "rubric", "self_rating", "grade_days", "second_percent", "log")
	p.Practicum.Kinds, _ = g.words("kinds", "a kind", 1, 3, kindForm, "client, peer or role_play")
	p.Practicum.SafetyCriteria, _ = g.words("safety_criteria", "a criterion", 0, 7, criterionForm, "one of c1 to c7")
	p.Practicum.SafetyFloor = g.number("safety_floor", 1, 4)
	if g.has("rubric") {
		p.Practicum.Rubric = rubric(g)
	}
	p.Practicum.SelfRating = g.flag("self_rating")
	p.Practicum.GradeDays = g.count("grade_days", 1, 90)
	p.Practicum.SecondPercent = g.count("second_percent", 1, 100)
	logRules(g, p)
}

// experienceRules reads the attestation. A program that asks for none can do
// without.
func experienceRules(f fields, p *Program) {
	if !f.has("experience") && !p.asks(PersonalExperience) {
		return
	}
	g := f.group("experience", "version", "minutes", "statement", "paths")
	p.Experience = ExperienceRules{
		Version: g.text("version", 20), Minutes: g.number("minutes", 1, 6000), Statement: g.prose("statement", 1, 2000),
	}
	if g.has("paths") {
		p.Experience.Paths = paths(g, p.Experience.Minutes)
	}
}

// paths reads the ways between which the trainee chooses in private. They are
// equal in minutes and in cost, or the choice would not be free (DESIGN 2.9).
func paths(f fields, minutes int) (all []Path) {
	for _, v := range f.list("paths", "a path", 2, 6) {
		g := f.fields(v, "key", "title", "summary", "minutes", "cost", "knows", "clearance")
		p := Path{
			Key: g.word("key", keyForm, keyLike), Title: g.text("title", 120), Summary: g.prose("summary", 1, 600),
			Minutes: g.number("minutes", 1, 6000), Cost: g.count("cost", 0, 100000), Clearance: g.flag("clearance"),
		}
		if g.has("knows") {
			for _, who := range g.list("knows", "one who knows", 1, 10) {
				s, _ := g.str(who)
				p.Knows = append(p.Knows, s)
			}
		}
		switch {
		case p.Minutes != minutes:
			g.fault(g.file, g.lineOf("minutes"), "path %s has %d minutes and the requirement %d; every path has the same, so that the choice is free", p.Key, p.Minutes, minutes)
		case len(all) > 0 && p.Cost != all[0].Cost:
			g.fault(g.file, g.lineOf("cost"), "path %s costs %d and path %s %d; every path costs the same, so that the choice is free", p.Key, p.Cost, all[0].Key, all[0].Cost)
		case p.Clearance && len(p.Knows) == 0:
			g.fault(g.file, v.line, "path %s needs a clearance, so somebody will know of it; list who under `knows`", p.Key)
		}
		if slices.ContainsFunc(all, func(other Path) bool { return other.Key == p.Key }) {
			g.fault(g.file, g.lineOf("key"), "path %s stands here twice; give this one another key", p.Key)
		}
		all = append(all, p)
	}
	return all
}

// Leaves walks the things to do, in the order of the file: every requirement
// that is no group.
func (p *Program) Leaves() iter.Seq[Requirement] {
	return func(yield func(Requirement) bool) {
		walk(p.Requirements, func(r *Requirement) bool { return r.Group() || yield(*r) })
	}
}

// All walks every requirement in the order of the file, a group before its
// parts.
func (p *Program) All() iter.Seq[*Requirement] {
	return func(yield func(*Requirement) bool) { walk(p.Requirements, yield) }
}

func walk(all []Requirement, yield func(*Requirement) bool) bool {
	for i := range all {
		if !yield(&all[i]) || !walk(all[i].Of, yield) {
			return false
		}
	}
	return true
}

// Track returns a track by its key, or nil.
func (p *Program) Track(key string) *Track {
	for i := range p.Tracks {
		if p.Tracks[i].Key == key {
			return &p.Tracks[i]
		}
	}
	return nil
}

// asks reports whether a program has a requirement of a type.
func (p *Program) asks(t RequirementType) bool {
	for r := range p.All() {
		if r.Type == t {
			return true
		}
	}
	return false
}
