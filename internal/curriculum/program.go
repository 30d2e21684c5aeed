package curriculum

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
)

type rawProgram struct {
	Key         string `yaml:"key"`
	Version     int    `yaml:"version"`
	Title       string `yaml:"title"`
	Summary     string `yaml:"summary"`
	Default     bool   `yaml:"default"`
	Certificate struct {
		Title string `yaml:"title"`
	} `yaml:"certificate"`
	Quiz struct {
		PassPercent int    `yaml:"pass_percent"`
		Attempts    int    `yaml:"attempts"`
		WaitHours   int    `yaml:"wait_hours"`
		Review      string `yaml:"review"`
	} `yaml:"quiz"`
	Lessons   string `yaml:"lessons"`
	Practicum struct {
		Kinds          []string `yaml:"kinds"`
		SafetyCriteria []string `yaml:"safety_criteria"`
		SafetyFloor    int      `yaml:"safety_floor"`
	} `yaml:"practicum"`
	Experience struct {
		Version   string `yaml:"version"`
		Statement string `yaml:"statement"`
		Minutes   int    `yaml:"minutes"`
	} `yaml:"experience"`
	Requirements []rawRequirement `yaml:"requirements"`
}

type rawRequirement struct {
	ID     string           `yaml:"id"`
	Type   string           `yaml:"type"`
	Title  string           `yaml:"title"`
	Module string           `yaml:"module"`
	Phase  string           `yaml:"phase"`
	Count  int              `yaml:"count"`
	Of     []rawRequirement `yaml:"of"`
}

// The words that a program file may use.
var (
	requirementForm = regexp.MustCompile(`^[a-z][a-z0-9_-]{1,59}$`)
	kindsKnown      = []string{"client", "peer", "role_play"}
	phasesKnown     = []string{"preparation", "medicine", "integration"}
	criteriaKnown   = []string{"c1", "c2", "c3", "c4", "c5", "c6", "c7"}
)

// maxDepth is how deep requirements may nest.
const maxDepth = 12

// program reads one program file.
func (l *loader) program(name string) {
	y, f := openYAML(name, 0, l.files[name])
	var raw rawProgram
	if f == nil {
		f = y.decode(&raw)
	}
	if f != nil {
		l.faults = append(l.faults, *f)
		return
	}
	p := &Program{
		Key: raw.Key, Version: raw.Version, Title: raw.Title, Summary: strings.TrimSpace(raw.Summary), Default: raw.Default,
		Certificate: Certificate(raw.Certificate),
		Quiz:        QuizRules{raw.Quiz.PassPercent, raw.Quiz.Attempts, raw.Quiz.WaitHours, Review(raw.Quiz.Review)},
		Lessons:     LessonRule(raw.Lessons), Practicum: PracticumRules(raw.Practicum),
		Experience: ExperienceRules{raw.Experience.Version, strings.TrimSpace(raw.Experience.Statement), raw.Experience.Minutes},
	}
	if !keyForm.MatchString(p.Key) || path.Base(name) != p.Key+".yaml" {
		l.fault(name, y.line("$.key"), "key is %q; it must be lower-case letters, digits and _, and the file must be named after it", p.Key)
	}
	if p.Version < 1 {
		l.fault(name, y.line("$.version"), "version is %d; it starts at 1", p.Version)
	}
	l.text(y, "$.title", "title", p.Title, 1, 120)
	l.text(y, "$.summary", "summary", p.Summary, 1, 500)
	l.text(y, "$.certificate.title", "certificate.title", p.Certificate.Title, 1, 80)
	l.rules(y, p)
	ids := make(map[string]bool)
	p.Requirements = l.requirements(y, p, "$.requirements", raw.Requirements, ids, 1)
	l.course.Programs = append(l.course.Programs, p)
}

func (l *loader) rules(y *yamlFile, p *Program) {
	if q := p.Quiz.PassPercent; q < 1 || q > 100 {
		l.fault(y.name, y.line("$.quiz.pass_percent"), "quiz.pass_percent is %d; it must be 1 to 100", q)
	}
	if q := p.Quiz.Attempts; q < 1 || q > 100 {
		l.fault(y.name, y.line("$.quiz.attempts"), "quiz.attempts is %d; it must be 1 to 100", q)
	}
	if q := p.Quiz.WaitHours; q < 0 || q > 24*90 {
		l.fault(y.name, y.line("$.quiz.wait_hours"), "quiz.wait_hours is %d; it must be 0 to 2160", q)
	}
	if r := p.Quiz.Review; r != ReviewNever && r != ReviewAfterPass {
		l.fault(y.name, y.line("$.quiz.review"), "quiz.review is %q; it must be never or after_pass", r)
	}
	if r := p.Lessons; r != LessonsAny && r != LessonsOpenedFirst {
		l.fault(y.name, y.line("$.lessons"), "lessons is %q; it must be any or opened_first", r)
	}
	l.words(y, "$.practicum.kinds", p.Practicum.Kinds, kindsKnown)
	l.words(y, "$.practicum.safety_criteria", p.Practicum.SafetyCriteria, criteriaKnown)
	if n := p.Practicum.SafetyFloor; n < 0 || n > 4 {
		l.fault(y.name, y.line("$.practicum.safety_floor"), "practicum.safety_floor is %d; it must be 0 to 4", n)
	}
}

func (l *loader) words(y *yamlFile, at string, got, known []string) {
	for i, w := range got {
		if !slices.Contains(known, w) || slices.Contains(got[:i], w) {
			l.fault(y.name, y.line("%s[%d]", at, i), "%q is unknown or stands twice; known are %s", w, strings.Join(known, ", "))
		}
	}
}

func (l *loader) requirements(y *yamlFile, p *Program, at string, raw []rawRequirement, ids map[string]bool, depth int) []Requirement {
	if len(raw) == 0 {
		l.fault(y.name, y.line("%s", at), "there are no requirements here")
	}
	if depth > maxDepth {
		l.fault(y.name, y.line("%s", at), "requirements nest at most %d deep", maxDepth)
		return nil
	}
	var all []Requirement
	for i, r := range raw {
		here := fmt.Sprintf("%s[%d]", at, i)
		req := Requirement{ID: r.ID, Type: RequirementType(r.Type), Title: r.Title, Module: ModuleKey(r.Module), Phase: r.Phase, Count: r.Count}
		if !requirementForm.MatchString(r.ID) {
			l.fault(y.name, y.line("%s.id", here), "requirement id %q; it must be lower-case letters, digits, - and _", r.ID)
		}
		if ids[r.ID] {
			l.fault(y.name, y.line("%s.id", here), "requirement %s stands here twice", r.ID)
		}
		ids[r.ID] = true
		l.text(y, here+".title", "the title of requirement "+r.ID, r.Title, 1, 120)
		l.fitting(y, p, here, req, r)
		if req.Type == AllOf {
			req.Of = l.requirements(y, p, here+".of", r.Of, ids, depth+1)
		}
		all = append(all, req)
	}
	return all
}

// fitting checks that a requirement has the fields of its type and no others.
func (l *loader) fitting(y *yamlFile, p *Program, at string, req Requirement, r rawRequirement) {
	line := y.line("%s.type", at)
	var module, phase, of bool
	switch req.Type {
	case AllOf:
		of = true
	case LessonsComplete, QuizPass:
		module = true
	case PracticumSessions:
		phase = true
	case PersonalExperience:
		if p.Experience.Statement == "" || p.Experience.Version == "" || p.Experience.Minutes < 1 {
			l.fault(y.name, line, "requirement %s needs `experience` with version, minutes and statement", req.ID)
		}
	case PrintedName:
	default:
		l.fault(y.name, line, "requirement %s is of type %q, which is unknown", req.ID, req.Type)
		return
	}
	if module && l.course.Module(req.Module) == nil || !module && req.Module != "" {
		l.fault(y.name, y.line("%s.module", at), "requirement %s and module %q: a module of this course is asked for by lessons_complete and quiz_pass, and by no other type", req.ID, req.Module)
	}
	if phase != (req.Phase != "") || phase && !slices.Contains(phasesKnown, req.Phase) {
		l.fault(y.name, y.line("%s.phase", at), "requirement %s and phase %q: practicum_sessions_min names one of %s, and no other type does", req.ID, req.Phase, strings.Join(phasesKnown, ", "))
	}
	if phase != (req.Count != 0) || req.Count < 0 || req.Count > 1000 {
		l.fault(y.name, y.line("%s.count", at), "requirement %s and count %d: practicum_sessions_min has a count of 1 to 1000, and no other type has one", req.ID, req.Count)
	}
	if !of && len(r.Of) > 0 {
		l.fault(y.name, y.line("%s.of", at), "requirement %s has parts; only all_of does", req.ID)
	}
}

// Hash names the program's rules: the same rules have the same hash, whatever
// the comments and the layout of the file.
func (p *Program) Hash() string {
	text, err := json.Marshal(p)
	if err != nil {
		panic(err) // a struct of strings, numbers and lists always marshals
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
