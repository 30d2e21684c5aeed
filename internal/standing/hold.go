package standing

import (
	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/db"
)

// A HoldKind says what a hold is about.
type HoldKind string

// The kinds of hold (DOMAIN 1, Hold).
const (
	Safety  HoldKind = "safety"
	Conduct HoldKind = "conduct"
	Privacy HoldKind = "phi"
	Payment HoldKind = "payment"
	Licence HoldKind = "license"
)

// A HoldState says where a hold is on its way.
type HoldState string

// The states of a hold. One that is open or upheld stops the certificate.
const (
	Open    HoldState = "open"
	Cleared HoldState = "cleared"
	Upheld  HoldState = "upheld"
)

// A Hold stops an enrollment until it is cleared, with due process: it is
// opened by a named person with facts, the trainee is told and may reply, and
// somebody else decides.
type Hold struct {
	bun.BaseModel `bun:"table:holds"`

	ID           string `bun:",pk"`
	EnrollmentID string
	Kind         HoldKind
	LogID        string // the practicum log it is about; "" for none
	Facts        string // for staff
	Told         string // what the trainee is told: no client detail
	State        HoldState
	ReplyBy      string // the day until which the trainee may reply, YYYY-MM-DD
	Reply        string
	RepliedAt    db.Time
	Remediation  string // what was agreed on the way
	OpenedBy     string
	OpenedAt     db.Time
	DecidedBy    string // never who opened it
	DecidedAt    db.Time
	Decision     string // why
	Appeal       string // what the trainee says to a hold that was upheld
	AppealedAt   db.Time
	Version      int64
}
