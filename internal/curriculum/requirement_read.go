package curriculum

import (
	"regexp"
	"slices"
	"strings"
)

// maxNesting is how deep requirements may nest.
const maxNesting = 12

// The words that a program file may use.
var (
	requirementForm = regexp.MustCompile(`^[a-z][a-z0-9_-]{1,59}$`)
	kindForm        = regexp.MustCompile(`^(client|peer|role_play)$`)
	criterionForm   = regexp.MustCompile(`^c[1-7]$`)
	partForm        = regexp.MustCompile(`^(observer|co_facilitator|lead_supervised|lead|sitter)$`)
	formatForm      = regexp.MustCompile(`^(individual|group|couple)$`)
	routeForm       = regexp.MustCompile(`^(iv|im|sl|in_esketamine|in_compounded|po)$`)
	deliveryForm    = regexp.MustCompile(`^(live_online|live_in_person|async)$`)
	holdForm        = regexp.MustCompile(`^(safety|conduct|phi|payment|license)$`)
	roleForm        = regexp.MustCompile(`^(instructor|supervisor|clearer|admin|director)$`)
	statusForm      = regexp.MustCompile(`^(active|prelicensed)$`)
	codeForm        = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]{0,39}$`)
	nameForm        = regexp.MustCompile(`^\S(.{0,98}\S)?$`)

	phases   = []string{"preparation", "medicine", "integration"}
	variants = []string{"individual", "group", "mentoring", "supervision"}
)

const (
	idLike       = "2 to 60 lower-case letters, digits, - and _, a letter first"
	codeLike     = "a code of letters, digits, - and _, like LMFT"
	partLike     = "observer, co_facilitator, lead_supervised, lead or sitter"
	deliveryLike = "live_online, live_in_person or async"
)

// fitting says what a requirement of each type has besides its id, type and
// title: what it must have, and after a bar what it may. "time" is `hours` or
// `minutes`.
var fitting = map[RequirementType]string{
	AllOf: "of", AnyOf: "of", NOf: "of n",
	LessonsComplete: "module", QuizPass: "module", ModuleComplete: "module | carried",
	ExamPassed:        "subject | percent months",
	HoursMin:          "category | time topics delivery weekly_max_hours carried shared",
	HoursShareMin:     "category delivery among percent",
	AttendanceMin:     "subject percent | late_after make_ups",
	RetreatAttended:   "subject days | late_after",
	PracticumSessions: "count | phase kinds parts formats routes months carried shared",
	DistinctCases:     "count over",
	LogsCountersigned: "| over days approved",
	RubricMin:         "window level | floor over",
	Consultations:     "| count time variant approved group_max months weekly_max_hours carried shared",

	PersonalExperience: "", PrintedName: "", Admission: "", ProgramConstraint: "",
	AlternativeTaken: "subject", MedicalClearance: "subject", CredentialCurrent: "subject", DocumentSubmitted: "subject",
	Evaluation: "subject", FeeCleared: "subject",
	LicenseVerified:    "statuses | codes jurisdictions recheck_days",
	ProfessionEligible: "codes", PriorTraining: "codes",
	PriorPractice:      "subject | time years",
	Attestation:        "subject edition statement",
	AgreementSigned:    "subject edition statement",
	AssignmentAccepted: "subject | pages_min pages_max source_min",
	Letter:             "by",
	Deadline:           "| months days from",
	MinDuration:        "months | from",
	Recency:            "over months",
	Ordering:           "over",
	NoOpenHolds:        "| holds",
	SignOff:            "by | subject",
	Renewal:            "category time months",
}

// always is what every requirement may have.
var always = []string{"id", "type", "title", "advice", "after", "tracks", "gate", "unwaivable"}

// readers says how each field is read.
var readers = map[string]func(*tree, fields, *Requirement){
	"module":    func(t *tree, g fields, r *Requirement) { r.Module = t.moduleOf(g) },
	"n":         func(_ *tree, g fields, r *Requirement) { r.N = g.number("n", 1, 60) },
	"subject":   func(_ *tree, g fields, r *Requirement) { r.Subject = g.word("subject", requirementForm, idLike) },
	"edition":   func(_ *tree, g fields, r *Requirement) { r.Edition = g.text("edition", 20) },
	"statement": func(_ *tree, g fields, r *Requirement) { r.Statement = g.prose("statement", 1, 4000) },
	"codes":     func(_ *tree, g fields, r *Requirement) { r.Codes = g.some("codes", "a code", codeForm, codeLike) },
	"statuses": func(_ *tree, g fields, r *Requirement) {
		r.Statuses = g.some("statuses", "a status", statusForm, "active or prelicensed")
	},
	"by": func(_ *tree, g fields, r *Requirement) {
		r.By = g.some("by", "a role", roleForm, "instructor, supervisor, clearer, admin or director")
	},
	"count":    func(_ *tree, g fields, r *Requirement) { r.Count = g.number("count", 1, 1000) },
	"hours":    func(_ *tree, g fields, r *Requirement) { r.Minutes = 60 * g.number("hours", 1, 10000) },
	"minutes":  func(_ *tree, g fields, r *Requirement) { r.Minutes = g.number("minutes", 1, 600000) },
	"percent":  func(_ *tree, g fields, r *Requirement) { r.Percent = g.number("percent", 1, 100) },
	"months":   func(_ *tree, g fields, r *Requirement) { r.Months = g.number("months", 1, 240) },
	"days":     func(_ *tree, g fields, r *Requirement) { r.Days = g.number("days", 1, 3650) },
	"years":    func(_ *tree, g fields, r *Requirement) { r.Years = g.number("years", 1, 50) },
	"category": func(_ *tree, g fields, r *Requirement) { r.Category = g.word("category", keyForm, keyLike) },
	"topics":   topics,
	"delivery": func(_ *tree, g fields, r *Requirement) {
		r.Delivery = g.some("delivery", "a delivery", deliveryForm, deliveryLike)
	},
	"among": func(_ *tree, g fields, r *Requirement) {
		r.Among = g.some("among", "a delivery", deliveryForm, deliveryLike)
	},
	"over":  func(_ *tree, g fields, r *Requirement) { r.Over = g.some("over", "an id", requirementForm, idLike) },
	"phase": func(_ *tree, g fields, r *Requirement) { r.Phase = g.one("phase", phases...) },
	"kinds": func(_ *tree, g fields, r *Requirement) {
		r.Kinds = g.some("kinds", "a kind", kindForm, "client, peer or role_play")
	},
	"parts": func(_ *tree, g fields, r *Requirement) { r.Parts = g.some("parts", "a part", partForm, partLike) },
	"formats": func(_ *tree, g fields, r *Requirement) {
		r.Formats = g.some("formats", "a format", formatForm, "individual, group or couple")
	},
	"routes": func(_ *tree, g fields, r *Requirement) {
		r.Routes = g.some("routes", "a route", routeForm, "iv, im, sl, in_esketamine, in_compounded or po")
	},
	"variant": func(_ *tree, g fields, r *Requirement) { r.Variant = g.one("variant", variants...) },
	"approved": func(_ *tree, g fields, r *Requirement) {
		r.Approved = g.some("approved", "a name", nameForm, "a name or a person's id")
	},
	"group_max": func(_ *tree, g fields, r *Requirement) { r.GroupMax = g.number("group_max", 1, 100) },
	"window":    func(_ *tree, g fields, r *Requirement) { r.Window = g.number("window", 1, 100) },
	"level":     func(_ *tree, g fields, r *Requirement) { r.Level = g.number("level", 1, 4) },
	"floor":     func(_ *tree, g fields, r *Requirement) { r.Floor = g.number("floor", 1, 4) },
	"holds": func(_ *tree, g fields, r *Requirement) {
		r.Holds = g.some("holds", "a kind of hold", holdForm, "safety, conduct, phi, payment or license")
	},
	"late_after": func(_ *tree, g fields, r *Requirement) { r.LateAfter = g.number("late_after", 0, 120) },
	"make_ups":   func(_ *tree, g fields, r *Requirement) { r.MakeUps = g.number("make_ups", 0, 100) },
	"pages_min":  func(_ *tree, g fields, r *Requirement) { r.PagesMin = g.number("pages_min", 1, 500) },
	"pages_max":  func(_ *tree, g fields, r *Requirement) { r.PagesMax = g.number("pages_max", 1, 500) },
	"source_min": func(_ *tree, g fields, r *Requirement) { r.SourceMin = g.number("source_min", 1, 500) },
	"jurisdictions": func(_ *tree, g fields, r *Requirement) {
		r.Jurisdictions = g.some("jurisdictions", "a jurisdiction", codeForm, "a code like CO")
	},
	"recheck_days":     func(_ *tree, g fields, r *Requirement) { r.Recheck = g.number("recheck_days", 1, 3650) },
	"from":             func(_ *tree, g fields, r *Requirement) { r.From = g.word("from", requirementForm, idLike) },
	"carried":          func(_ *tree, g fields, r *Requirement) { r.Carried = g.flag("carried") },
	"shared":           func(_ *tree, g fields, r *Requirement) { r.Shared = g.flag("shared") },
	"unwaivable":       func(_ *tree, g fields, r *Requirement) { r.Unwaivable = g.flag("unwaivable") },
	"advice":           func(_ *tree, g fields, r *Requirement) { r.Advice = g.prose("advice", 1, 300) },
	"after":            func(_ *tree, g fields, r *Requirement) { r.After = g.some("after", "an id", requirementForm, idLike) },
	"tracks":           func(_ *tree, g fields, r *Requirement) { r.Tracks = g.some("tracks", "a track", keyForm, keyLike) },
	"gate":             func(_ *tree, g fields, r *Requirement) { r.Gate = g.one("gate", GateStart, GateIssue) },
	"weekly_max_hours": func(_ *tree, g fields, r *Requirement) { r.WeeklyMax = 60 * g.number("weekly_max_hours", 1, 168) },
}

// A tree is the requirements of one program file while they are read.
type tree struct {
	*loader
	fields
	lines map[string]int // where each requirement stands, by its id
}

// requirement reads a requirement and those within it.
func (t *tree) requirement(v value, depth int) Requirement {
	g := t.fields.fields(v, known...)
	r := Requirement{
		ID:    g.word("id", requirementForm, idLike),
		Type:  RequirementType(g.one("type", typeNames...)),
		Title: g.text("title", 120),
	}
	if _, twice := t.lines[r.ID]; twice && r.ID != "" {
		g.wrong(g.at["id"], "is %s, as for another requirement; give each its own", r.ID)
	}
	t.lines[r.ID] = v.line
	spec, ok := fitting[r.Type]
	if !ok {
		return r
	}
	must, may, _ := strings.Cut(spec, "|")
	need, can := strings.Fields(must), append(strings.Fields(may), always...)
	t.misplaced(g, r.Type, append(slices.Clone(need), can...))
	for _, key := range names {
		if slices.Contains(need, key) || g.has(key) && slices.Contains(can, key) {
			readers[key](t, g, &r)
		}
	}
	t.time(g, &r, slices.Contains(need, "time"), slices.Contains(can, "time"))
	if slices.Contains(need, "of") {
		r.Of = t.parts(g, depth)
	}
	return r
}

// misplaced tells of fields that a type does not have.
func (t *tree) misplaced(g fields, typ RequirementType, fit []string) {
	for _, key := range known {
		if key == "hours" || key == "minutes" {
			if g.has(key) && !slices.Contains(fit, "time") {
				g.wrong(g.at[key], "does not belong to a requirement of type %s; remove it", typ)
			}
		} else if g.has(key) && !slices.Contains(fit, key) {
			g.wrong(g.at[key], "does not belong to a requirement of type %s; remove it", typ)
		}
	}
}

// time reads how long, in hours or in minutes.
func (t *tree) time(g fields, r *Requirement, must, may bool) {
	switch hours, minutes := g.has("hours"), g.has("minutes"); {
	case !must && !may:
	case hours && minutes:
		g.wrong(g.at["minutes"], "stands beside `hours`; keep one of them")
		readers["hours"](t, g, r)
	case minutes:
		readers["minutes"](t, g, r)
	case hours || must:
		readers["hours"](t, g, r)
	}
}

// typeNames lists the types in alphabetical order, groups first; names and
// known list the fields.
var typeNames, names, known = func() (types, names, known []string) {
	for t := range fitting {
		if t != AllOf {
			types = append(types, string(t))
		}
	}
	slices.Sort(types)
	for name := range readers {
		if name != "hours" && name != "minutes" { // read by tree.time
			names = append(names, name)
		}
	}
	slices.Sort(names)
	known = append([]string{"id", "type", "title", "of", "hours", "minutes"}, names...)
	return append([]string{string(AllOf)}, types...), names, known
}()

// parts reads what a group is made of.
func (t *tree) parts(g fields, depth int) (all []Requirement) {
	if depth == maxNesting {
		g.fault(g.file, g.lineOf("of"), "requirements nest at most %d deep; flatten them", maxNesting)
		return nil
	}
	for _, v := range g.list("of", "a requirement", 1, 60) {
		all = append(all, t.requirement(v, depth+1))
	}
	return all
}

// moduleOf reads the key of a module of this course.
func (l *loader) moduleOf(g fields) ModuleKey {
	key := ModuleKey(g.word("module", keyForm, keyLike))
	if keyForm.MatchString(string(key)) && !l.keys[key] && !l.partial {
		g.wrong(g.at["module"], "is %s, which this course does not have", key)
	}
	return key
}

// topics reads how much of each topic is asked, in the order of the file.
func topics(_ *tree, g fields, r *Requirement) {
	for _, v := range g.list("topics", "a topic", 1, 60) {
		f := g.fields(v, "topic", "hours", "minutes")
		h := TopicHours{Topic: f.word("topic", keyForm, keyLike)}
		if f.has("minutes") {
			h.Minutes = f.number("minutes", 1, 600000)
		} else {
			h.Minutes = 60 * f.number("hours", 1, 10000)
		}
		for _, other := range r.Topics {
			if other.Topic == h.Topic && h.Topic != "" {
				f.wrong(f.at["topic"], "%s stands here twice; remove one", h.Topic)
			}
		}
		r.Topics = append(r.Topics, h)
	}
}
