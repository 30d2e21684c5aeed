package records

import (
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/db"
)

// Kind says what a record is evidence of.
type Kind string

// The kinds of record.
const (
	Hours         Kind = "hours"          // time spent outside the program's own events: category, topic, delivery, minutes
	Consultation  Kind = "consultation"   // value: individual, group, mentoring or supervision; minutes, group_size, consultant; carried over, quantity: how many
	Document      Kind = "document"       // subject names the document; it is kept by the program, not here
	Attestation   Kind = "attestation"    // subject and edition name the statement that the trainee signed
	Agreement     Kind = "agreement"      // subject and edition name the agreement that the trainee signed
	Assignment    Kind = "assignment"     // subject; quantity: pages; sources: how many
	Letter        Kind = "letter"         // of recommendation; value: the role of who wrote it
	Evaluation    Kind = "evaluation"     // subject names the form that was handed in
	Fee           Kind = "fee"            // subject names the fee; value: cleared or open
	License       Kind = "license"        // a check: subject: the code (LMFT), jurisdiction, value: the status, on_day: when, expires_on
	Clearance     Kind = "clearance"      // subject: for what; value: cleared or not_cleared; expires_on; nothing medical
	Credential    Kind = "credential"     // subject: bls, insurance; expires_on
	Exam          Kind = "exam"           // subject; value: passed or failed; quantity: percent
	PriorTraining Kind = "prior_training" // subject: from whom (KTC)
	PriorPractice Kind = "prior_practice" // subject: of what; minutes or quantity: years
	Profession    Kind = "profession"     // subject: the code
	Admission     Kind = "admission"      // value: admitted or declined
	SignOff       Kind = "sign_off"       // subject: of what; value: the role of who signs
	Alternative   Kind = "alternative"    // subject: an accepted alternative
	Session       Kind = "session"        // practice carried over from an earlier system: phase in topic, part in value, quantity: how many, minutes of all
	Module        Kind = "module"         // a module studied in an earlier system; subject: its key
)

// Kinds lists every kind.
var Kinds = []Kind{
	Hours, Consultation, Document, Attestation, Agreement, Assignment, Letter, Evaluation, Fee, License, Clearance, Credential, Exam,
	PriorTraining, PriorPractice, Profession, Admission, SignOff, Alternative, Session, Module,
}

// State says whether a record counts.
type State string

// The states of a record. Only a confirmed one counts.
const (
	Submitted State = "submitted" // waits for somebody to confirm it
	Confirmed State = "confirmed"
	Refused   State = "refused"  // looked at, and not taken; the reason stands in DecisionNote
	Replaced  State = "replaced" // corrected: another record names it in Replaces
)

// A Record is one piece of evidence. Which fields it has is a matter of its
// kind; the others are zero. Days are dates, YYYY-MM-DD, in the cohort's time
// zone.
type Record struct {
	bun.BaseModel `bun:"table:records"`

	ID           string `bun:",pk"`
	EnrollmentID string
	Kind         Kind
	Subject      string // the key that the program's requirement names
	Value        string // what was found or decided, by kind
	Edition      string // of a statement, an agreement or a form
	Category     string // of hours: didactic, skills_practice, discussion, …
	Topic        string
	Delivery     string // live_online, live_in_person or async
	Jurisdiction string // of a license: the board's state
	Minutes      int
	Quantity     int    // pages, percent, years, how many
	Sources      int    // of an assignment
	GroupSize    int    // of a consultation: how many trainees
	PersonID     string // the consultant, grader or writer, if they have an account here
	PersonName   string // the same, if they have none
	OnDay        string // when it was
	ExpiresOn    string // the last day on which it holds; "" for ever
	Note         string // at most 500 characters, never of a clearance
	Carried      string // carried over: the name of the system it comes from; "" for what was done here
	State        State
	EnteredBy    string
	EnteredAt    db.Time
	DecidedBy    string // who confirmed, refused or replaced it
	DecidedAt    db.Time
	DecisionNote string
	Replaces     string `bun:",nullzero"` // the id of the record that this one corrects
	Version      int64
}

// timed are the kinds whose minutes were spent on their day.
var timed = []Kind{Hours, Consultation}

func isTimed(k Kind) bool { return slices.Contains(timed, k) }

// content returns what a person filled in, as a record of an enrollment.
func (r Record) content(enrollmentID string) Record {
	return Record{
		EnrollmentID: enrollmentID, Kind: r.Kind, Subject: r.Subject, Value: r.Value, Edition: r.Edition, Category: r.Category,
		Topic: r.Topic, Delivery: r.Delivery, Jurisdiction: r.Jurisdiction, Minutes: r.Minutes, Quantity: r.Quantity, Sources: r.Sources,
		GroupSize: r.GroupSize, PersonID: r.PersonID, PersonName: r.PersonName, OnDay: r.OnDay, ExpiresOn: r.ExpiresOn, Note: r.Note,
	}
}

// enter notes who entered the record, and that they confirmed it by that where
// it counts at once.
func (r *Record) enter(actor string, state State, at time.Time) {
	r.State, r.EnteredBy, r.EnteredAt, r.Version = state, actor, db.At(at), 1
	if state == Confirmed {
		r.DecidedBy, r.DecidedAt = actor, db.At(at)
	}
}

// told is what the ledger keeps of a record. Of a clearance it is next to
// nothing: who reads the ledger must not learn how it stands, or whose it is.
func (r *Record) told() map[string]any {
	if r.Kind == Clearance {
		return map[string]any{"kind": r.Kind}
	}
	told := map[string]any{"enrollment": r.EnrollmentID, "kind": r.Kind, "state": r.State}
	if r.Replaces != "" {
		told["replaces"] = r.Replaces
	}
	return told
}

// waits says why nothing can be decided on the record in its state, or nothing.
func (r *Record) waits(version int64, states ...State) error {
	switch {
	case r.State == Replaced:
		return ErrReplaced
	case !slices.Contains(states, r.State):
		return ErrNoWait
	case version != 0 && version != r.Version:
		return ErrStale
	}
	return nil
}

func (r *Record) settle(state State, actor string, at time.Time) {
	r.State, r.DecidedBy, r.DecidedAt = state, actor, db.At(at)
}

// confirm takes a record that waits; changed is false when the same person did
// so before.
func (r *Record) confirm(actor, today string, version int64, at time.Time) (changed bool, err error) {
	if r.State == Confirmed && r.DecidedBy == actor {
		return false, nil
	}
	if err := r.waits(version, Submitted); err != nil {
		return false, err
	}
	if rules[r.Kind].checked {
		if r.ExpiresOn != "" && r.ExpiresOn < today && r.Value == "active" {
			return false, ErrExpired
		}
		r.OnDay = today
	}
	r.settle(Confirmed, actor, at)
	return true, nil
}

// refuse turns a record down; changed is false when the same person did so
// before, in the same words.
func (r *Record) refuse(actor, reason string, version int64, at time.Time) (changed bool, err error) {
	if r.State == Refused && r.DecidedBy == actor && r.DecisionNote == reason {
		return false, nil
	}
	if err := r.waits(version, Submitted, Confirmed); err != nil {
		return false, err
	}
	r.settle(Refused, actor, at)
	r.DecisionNote = reason
	return true, nil
}

// correction makes fresh the correction of r by somebody in roles and returns
// the state it gets, or says why they cannot correct it so.
func (r *Record) correction(fresh *Record, actor string, roles []access.Role) (State, error) {
	if fresh.Kind == "" {
		fresh.Kind = r.Kind
	}
	if fresh.Kind != r.Kind {
		return "", ErrOther
	}
	ru := rules[r.Kind]
	if err := ru.corrects(r, actor, roles); err != nil {
		return "", err
	}
	fresh.Replaces, fresh.Carried = r.ID, r.Carried
	if isOwn(roles) && ru.trainee == waits {
		return Submitted, nil
	}
	return Confirmed, nil
}

// giveWay makes r a record that another one replaces.
func (r *Record) giveWay(actor string, version int64, at time.Time) error {
	if err := r.waits(version, Submitted, Confirmed, Refused); err != nil {
		return err
	}
	r.settle(Replaced, actor, at)
	return nil
}
