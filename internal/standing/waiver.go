// Package standing keeps what is decided about an enrollment by name: waivers
// of single requirements, and holds that stop it. Both need a second person.
package standing

import (
	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/db"
)

// A WaiverState says whether a waiver holds.
type WaiverState string

// The states of a waiver. Only an approved one has an effect.
const (
	Proposed  WaiverState = "proposed"
	Approved  WaiverState = "approved"
	Declined  WaiverState = "declined"
	Withdrawn WaiverState = "withdrawn"
)

// A Waiver frees one enrollment of one requirement, for a reason. It is a
// record, never a deletion: the requirement stays on the page as waived.
type Waiver struct {
	bun.BaseModel `bun:"table:waivers"`

	ID           string `bun:",pk"`
	EnrollmentID string
	Requirement  string // its id in the pinned program
	Reason       string
	Evidence     string // what the reason rests on: a certificate seen, a letter
	State        WaiverState
	ProposedBy   string
	ProposedAt   db.Time
	DecidedBy    string // another person, unless the program says that one is enough
	DecidedAt    db.Time
	DecisionNote string
	Version      int64
}
