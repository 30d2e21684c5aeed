// Package records keeps the evidence that people enter by hand and that has no
// feature of its own: hours elsewhere, consultations, papers, agreements,
// letters, fees, licenses, clearances and their like. They are all alike: one
// person enters a record, another confirms it, a mistake is corrected by a
// record that replaces it, and nothing is ever deleted.
package records

import (
	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/db"
)

// Kind says what a record is evidence of.
type Kind string

// The kinds of record.
const (
	Hours         Kind = "hours"          // time spent outside the program's own events: category, topic, delivery, minutes
	Consultation  Kind = "consultation"   // value: individual, group, mentoring or supervision; minutes, group_size, consultant
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
	Session       Kind = "session"        // practice carried over from an earlier system: phase in topic, part in value, quantity: how many, minutes
	Module        Kind = "module"         // a module studied in an earlier system; subject: its key
)

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
	Replaces     string // the id of the record that this one corrects
	Version      int64
}
