package practicum

import (
	"slices"

	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/text"
)

// A Detail is what a log says beyond the plain one: the consent that a session
// with a client needs, and what the full log asks (DOMAIN 4.2). The plain log
// of practice with peers has none.
type Detail struct {
	Consent   string  // the version of ConsentText that was attested, Unattested, or "" where nobody asked
	ConsentAt db.Time // when the trainee attested it: their own date, not the client's

	Setting         string
	Presence        string // how the supervisor was there
	CoTeam          []string
	Interventions   []string
	Homework        *int
	Escalated       string
	SupervisionMin  *int
	SupervisionKind string
	OffLabel        string // "yes": the consent to off-label use was confirmed
	Touch           string // the agreement
	TouchUsed       string
	Day             string // where the program records days, "2026-11-24"
	StartMin        *int   // minutes after midnight where the session was
	Question        string // for the supervisor
	Observation     Observation
	Confirmed       []Confirmed
}

// An Observation is the clinical detail of a session with a client. It is
// sealed as a whole. The tags are its form under the seal and under the
// signature, where what is not said does not stand; they are no view.
type Observation struct {
	Flags      []string   `json:"flags,omitempty"`
	Referred   *bool      `json:"referred,omitempty"`
	Themes     []string   `json:"themes,omitempty"`
	DoseChange string     `json:"dose_change,omitempty"`
	Music      string     `json:"music,omitempty"`
	Eyeshades  *bool      `json:"eyeshades,omitempty"`
	Vitals     []Vital    `json:"vitals,omitempty"`
	Discharge  *Discharge `json:"discharge,omitempty"`
	Minutes    *int       `json:"minutes,omitempty"` // under observation
	Adverse    *[]Adverse `json:"adverse,omitempty"` // nil: not said; empty: there was none
	Symptoms   string     `json:"symptoms,omitempty"`
}

// A Vital is one set of vital signs, so many minutes from the dose: offsets and
// never the time of day.
type Vital struct {
	Checkpoint string `json:"checkpoint"`
	Offset     int    `json:"offset"`
	SBP        int    `json:"sbp"`
	DBP        int    `json:"dbp"`
	HR         int    `json:"hr"`
	SpO2       int    `json:"spo2"`
	RR         *int   `json:"rr,omitempty"`
}

// A Discharge is what was looked at before the client went home. Reason says
// why something of it was not so.
type Discharge struct {
	Oriented     bool   `json:"oriented"`
	Gait         bool   `json:"gait"`
	Nausea       bool   `json:"nausea"` // no more than can be gone home with
	Escort       bool   `json:"escort"`
	DrivingTold  bool   `json:"driving"`
	ContactGiven bool   `json:"contact"`
	Reason       string `json:"reason,omitempty"`
}

// all reports whether every check was as it should be.
func (d Discharge) all() bool {
	return d.Oriented && d.Gait && d.Nausea && d.Escort && d.DrivingTold && d.ContactGiven
}

// An Adverse is an adverse event: its kind in one word, and never its story,
// which belongs into the clinic's own system.
type Adverse struct {
	Kind     string `json:"kind"`
	Onset    int    `json:"onset"` // minutes from the dose
	Severity string `json:"severity"`
	Action   string `json:"action"`
	Outcome  string `json:"outcome"`
	Reported bool   `json:"reported"` // in the clinic's own system
}

// A Confirmed is an answer that was asked about and stands: the question in the
// words in which it was put.
type Confirmed struct {
	Question string `json:"question"`
	Text     string `json:"text"`
}

// What a trainee attests of a client's consent. Logs keep the version.
const (
	ConsentStatement = "1"
	ConsentText      = "I attest that the client agreed to my part in this session and to the use of this log in my training."
	Unattested       = "no"
)

// A DetailForm names what to set in a log's detail. Nil fields stay as they
// are. The tags are the names that faults and offline drafts use.
type DetailForm struct {
	Consent         *bool      `field:"consent_attest"`
	Setting         *string    `field:"setting"`
	Presence        *string    `field:"supervisor_presence"`
	CoTeam          *[]string  `field:"co_team"`
	Interventions   *[]string  `field:"interventions"`
	Homework        *int       `field:"homework_set"`
	Escalated       *string    `field:"escalated"`
	SupervisionMin  *int       `field:"supervision_min"`
	SupervisionKind *string    `field:"supervision_kind"`
	OffLabel        *bool      `field:"off_label_consent_confirmed"`
	Touch           *string    `field:"touch_agreement"`
	TouchUsed       *string    `field:"touch_used"`
	Day             *string    `field:"day"`
	StartMin        *int       `field:"start_min"`
	Question        *string    `field:"question_for_supervisor"`
	Flags           *[]string  `field:"screening_flags"`
	Referred        *bool      `field:"referred_to_medical_partner"`
	Themes          *[]string  `field:"intention_themes"`
	DoseChange      *string    `field:"dose_change_mid_session"`
	Music           *string    `field:"music"`
	Eyeshades       *bool      `field:"eyeshades"`
	Vitals          *[]Vital   `field:"vitals"`
	Discharge       *Discharge `field:"discharge"`
	Observed        *int       `field:"observation_min"`
	Adverse         *[]Adverse `field:"adverse_events"`
	Symptoms        *string    `field:"symptom_change"`
}

// keep copies a pointer that is there.
func keep[T any](to **T, from *T) {
	if from != nil {
		*to = from
	}
}

func yesNo(to *string, from *bool) {
	if from != nil {
		*to = map[bool]string{true: "yes", false: "no"}[*from]
	}
}

// applyDetail writes a form into the detail. A session with a client says from
// the beginning whether the client's consent is attested.
func (l *Log) applyDetail(d DetailForm) {
	t, o := &l.Detail, &l.Detail.Observation
	set(&t.Setting, d.Setting)
	set(&t.Presence, d.Presence)
	set(&t.CoTeam, d.CoTeam)
	set(&t.Interventions, d.Interventions)
	keep(&t.Homework, d.Homework)
	set(&t.Escalated, d.Escalated)
	keep(&t.SupervisionMin, d.SupervisionMin)
	set(&t.SupervisionKind, d.SupervisionKind)
	yesNo(&t.OffLabel, d.OffLabel)
	set(&t.Touch, d.Touch)
	set(&t.TouchUsed, d.TouchUsed)
	set(&t.Day, d.Day)
	keep(&t.StartMin, d.StartMin)
	if d.Question != nil {
		t.Question = text.Tidy(*d.Question)
	}
	set(&o.Flags, d.Flags)
	keep(&o.Referred, d.Referred)
	set(&o.Themes, d.Themes)
	set(&o.DoseChange, d.DoseChange)
	set(&o.Music, d.Music)
	keep(&o.Eyeshades, d.Eyeshades)
	set(&o.Vitals, d.Vitals)
	keep(&o.Discharge, d.Discharge)
	keep(&o.Minutes, d.Observed)
	keep(&o.Adverse, d.Adverse)
	set(&o.Symptoms, d.Symptoms)
	l.applyConsent(d.Consent)
}

func (l *Log) applyConsent(given *bool) {
	t := &l.Detail
	switch {
	case given != nil && *given && t.Consent != ConsentStatement:
		t.Consent, t.ConsentAt = ConsentStatement, db.Time{} // the server says when
	case given != nil && !*given:
		t.Consent, t.ConsentAt = Unattested, db.Time{}
	}
	switch {
	case l.Kind == Client && t.Consent == "":
		t.Consent = Unattested
	case l.Kind != Client && (given == nil || !*given):
		t.Consent, t.ConsentAt = "", db.Time{}
	}
}

// asks is what a program asks of a log on a track.
type asks struct {
	curriculum.LogRules
	track string
}

// clinical reports whether a part of the clinical detail is asked.
func (a asks) clinical(part string) bool { return a.Full && a.Clinical.Asks(part, a.track) }

// Safety lists what a supervisor has to look at first: severe adverse events,
// touch that was not agreed, whoever was called, a discharge with something
// open.
func (l *Log) Safety() (all []string) {
	o := &l.Detail.Observation
	if o.Adverse != nil && slices.ContainsFunc(*o.Adverse, func(a Adverse) bool {
		return a.Severity == "severe" || a.Severity == "life_threatening"
	}) {
		all = append(all, "adverse_event")
	}
	if l.Detail.TouchUsed == "deviation" {
		all = append(all, "touch_deviation")
	}
	if e := l.Detail.Escalated; e != "" && e != "no" {
		all = append(all, "escalated_"+e)
	}
	if o.Discharge != nil && !o.Discharge.all() {
		all = append(all, "discharge")
	}
	return all
}
