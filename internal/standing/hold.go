package standing

import (
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/fault"
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
// somebody else decides. Days are dates in the cohort's time zone.
type Hold struct {
	bun.BaseModel `bun:"table:holds"`

	ID              string `bun:",pk"`
	EnrollmentID    string
	Kind            HoldKind
	LogID           string `bun:",nullzero"` // the practicum log it is about; "" for none
	Facts           string // for staff
	Told            string // what the trainee is told: no client detail
	State           HoldState
	ReplyBy         string // the day until which the trainee may reply, YYYY-MM-DD
	Reply           string
	RepliedAt       db.Time
	Remediation     string // what was agreed on the way; the trainee reads it
	OpenedBy        string
	OpenedAt        db.Time
	DecidedBy       string `bun:",nullzero"` // never who opened it
	DecidedAt       db.Time
	Decision        string // why
	AppealBy        string // the day until which an upheld hold may be appealed; "" for others
	Appeal          string // what the trainee says to a hold that was upheld
	AppealedAt      db.Time
	AppealDecidedBy string `bun:",nullzero"` // neither who opened nor who decided it
	AppealDecidedAt db.Time
	AppealDecision  string // why
	Version         int64
}

// The faults of a hold.
var (
	ErrKind         = fault.New(fault.Invalid, "bad_kind", "A hold is of safety, conduct, phi, payment or license.").At("kind")
	ErrLog          = fault.New(fault.Invalid, "unknown_log", "This enrollment has no such practicum log.").At("log_id")
	ErrOutcome      = fault.New(fault.Invalid, "bad_outcome", "A hold is cleared or upheld.").At("outcome")
	ErrOwnHold      = fault.New(fault.Forbidden, "own_hold", "Nobody opens or decides a hold of their own, or says what was agreed about it.")
	ErrHoldNot      = fault.New(fault.Forbidden, "not_yours", "The trainee replies and appeals; an admin or a director decides.")
	ErrReplied      = fault.New(fault.Conflict, "already_replied", "This hold has your reply already.")
	ErrReplyOver    = fault.New(fault.Conflict, "reply_over", "The time to reply to this hold is over.")
	ErrReplyOpen    = fault.New(fault.Conflict, "reply_open", "A hold is upheld only after the trainee replied, or when the time to reply is over. It can be cleared at any time.")
	ErrOpener       = fault.New(fault.Conflict, "second_person", "Somebody else than who opened a hold decides it.")
	ErrAppealSecond = fault.New(fault.Conflict, "second_person", "Somebody else than who opened a hold and who decided it decides its appeal.")
	ErrHoldDecided  = fault.New(fault.Conflict, "hold_decided", "This hold was decided already.")
	ErrNotUpheld    = fault.New(fault.Conflict, "not_upheld", "Only a hold that was upheld is appealed.")
	ErrAppealed     = fault.New(fault.Conflict, "already_appealed", "This hold was appealed already.")
	ErrAppealOver   = fault.New(fault.Conflict, "appeal_over", "The time to appeal this hold is over.")
	ErrNoAppeal     = fault.New(fault.Conflict, "no_appeal", "This hold has no appeal to decide.")
	ErrFull         = fault.New(fault.Conflict, "remediation_full", "There is no room for more than 4,000 characters of what was agreed.").At("remediation")
	ErrHoldStale    = fault.New(fault.Conflict, "stale_version", "Somebody changed this hold meanwhile. Read it again.")
)

// How long a trainee may reply where the program does not say, and appeal.
const (
	replyDays  = 14
	appealDays = 30
)

// An Opening is what somebody says who opens a hold.
type Opening struct {
	Kind  HoldKind
	LogID string // "" for none
	Facts string // for staff
	Told  string // for the trainee: no client detail
}

// check is the rule of form of an opening. It tidies its texts.
func (o *Opening) check() (err error) {
	if !slices.Contains([]HoldKind{Safety, Conduct, Privacy, Payment, Licence}, o.Kind) {
		return ErrKind
	}
	if o.LogID != "" && !db.IsID(o.LogID) {
		return ErrLog
	}
	if o.Facts, err = words("facts", o.Facts, 1, maxFacts); err != nil {
		return err
	}
	o.Told, err = words("told", o.Told, 1, maxTold)
	return err
}

// stage says where a hold is, finer than its state: today decides whether there
// is still time.
func (h *Hold) stage(today string) stage {
	switch {
	case h.State == Cleared:
		return cleared
	case h.State == Open && h.Reply != "":
		return answered
	case h.State == Open && today <= h.ReplyBy:
		return answerable
	case h.State == Open:
		return unanswered
	case h.AppealDecision != "":
		return final
	case h.Appeal != "":
		return appealed
	case today <= h.AppealBy:
		return appealable
	}
	return settled
}

// A deed is what somebody does to a hold, with their words.
type deed struct {
	do   holdVerb
	by   party
	who  string
	text string
}

// move does to the hold what the table says. What the same person decided
// before in the same way stays as it is.
func (h *Hold) move(d deed, at time.Time) (changed bool, err error) {
	if h.again(d) {
		return false, nil
	}
	today := at.Format(time.DateOnly)
	end := holdWays[h.stage(today)][d.do][d.by]
	if end.fail != nil {
		return false, end.fail
	}
	h.State = end.to
	switch d.do {
	case reply:
		h.Reply, h.RepliedAt = d.text, db.At(at)
	case remediate:
		return true, h.agree(d.text)
	case clearIt, uphold:
		h.DecidedBy, h.DecidedAt, h.Decision = d.who, db.At(at), d.text
		if d.do == uphold {
			h.AppealBy = at.AddDate(0, 0, appealDays).Format(time.DateOnly)
		}
	case appeal:
		h.Appeal, h.AppealedAt = d.text, db.At(at)
	case clearAppeal, upholdAppeal:
		h.AppealDecidedBy, h.AppealDecidedAt, h.AppealDecision = d.who, db.At(at), d.text
	}
	return true, nil
}

// agree adds to what was agreed before; nothing of it goes.
func (h *Hold) agree(s string) (err error) {
	if h.Remediation != "" {
		s = h.Remediation + "\n\n" + s
	}
	if s, err = words("remediation", s, 1, maxFacts); err != nil {
		return ErrFull
	}
	h.Remediation = s
	return nil
}

// again reports whether the same person decided so already.
func (h *Hold) again(d deed) bool {
	switch d.do {
	case clearIt, uphold:
		return h.DecidedBy == d.who && h.AppealDecision == "" && (h.State == Cleared) == (d.do == clearIt) && h.State != Open
	case clearAppeal, upholdAppeal:
		return h.AppealDecidedBy == d.who && (h.State == Cleared) == (d.do == clearAppeal)
	}
	return false
}

// shown returns the hold as the trainee may see it: never the facts, nor who
// opened and decided.
func (h *Hold) shown() *Hold {
	v := *h
	v.Facts, v.OpenedBy, v.DecidedBy, v.AppealDecidedBy = "", "", "", ""
	return &v
}
