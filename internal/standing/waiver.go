package standing

import (
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/fault"
	"github.com/kapstone-lms/kapstone/internal/text"
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

	ID             string `bun:",pk"`
	EnrollmentID   string
	Requirement    string // its id in the pinned program
	Reason         string
	Evidence       string // what the reason rests on: a certificate seen, a letter
	State          WaiverState
	ProposedBy     string
	ProposedAt     db.Time
	DecidedBy      string `bun:",nullzero"` // another person, unless the program says that one is enough
	DecidedAt      db.Time
	DecisionNote   string
	WithdrawnBy    string `bun:",nullzero"`
	WithdrawnAt    db.Time
	WithdrawalNote string
	Version        int64
}

// The faults of a waiver.
var (
	ErrRequirement   = fault.New(fault.Invalid, "unknown_requirement", "The program of this enrollment has no such requirement.").At("requirement")
	ErrUnwaivable    = fault.New(fault.Invalid, "unwaivable", "This program does not let this requirement, or a part of it, be waived.").At("requirement")
	ErrWaived        = fault.New(fault.Conflict, "waiver_exists", "A waiver of this requirement is proposed or approved already.").At("requirement")
	ErrWords         = fault.New(fault.Invalid, "bad_text", "Say it in plain text, neither empty nor too long.")
	ErrOwnWaiver     = fault.New(fault.Forbidden, "own_waiver", "Nobody proposes, decides or withdraws a waiver of their own.")
	ErrWaiverSecond  = fault.New(fault.Conflict, "second_person", "Somebody else than who proposed a waiver decides it.")
	ErrWaiverNot     = fault.New(fault.Forbidden, "not_yours", "A waiver is decided by an admin or a director. Before that, who proposed it may withdraw it too.")
	ErrWaiverDecided = fault.New(fault.Conflict, "waiver_decided", "This waiver was decided or withdrawn already.")
	ErrWaiverStale   = fault.New(fault.Conflict, "stale_version", "Somebody decided this waiver meanwhile. Read it again.")
)

// The bounds of texts, in characters.
const (
	maxReason = 1000
	maxFacts  = 4000
	maxTold   = 2000
)

// words returns a text in the form in which it is kept, or ErrWords with the
// field.
func words(field, s string, least, most int) (string, error) {
	s, ok := text.Fits(s, least, most)
	if !ok {
		return "", ErrWords.At(field)
	}
	return s, nil
}

// waivable says why a program's requirement cannot be waived, or nothing. A
// group goes only with all its parts.
func waivable(p *curriculum.Program, id string) error {
	r := find(p.Requirements, id)
	switch {
	case r == nil:
		return ErrRequirement
	case fixed(r):
		return ErrUnwaivable
	}
	return nil
}

// find returns the requirement with an id, a group or a single one, or nil.
func find(all []curriculum.Requirement, id string) *curriculum.Requirement {
	for i := range all {
		if all[i].ID == id {
			return &all[i]
		}
		if r := find(all[i].Of, id); r != nil {
			return r
		}
	}
	return nil
}

// fixed reports whether a requirement, or one within it, cannot be waived.
func fixed(r *curriculum.Requirement) bool {
	return r.Unwaivable || slices.ContainsFunc(r.Of, func(part curriculum.Requirement) bool { return fixed(&part) })
}

// move does to the waiver what the table says; alone says that one person is
// enough. What the same person did before in the same way stays as it is.
func (w *Waiver) move(do waiverVerb, by party, alone bool, who, note string, at time.Time) (changed bool, err error) {
	if w.again(do, who) {
		return false, nil
	}
	if by == openingChief && alone {
		by = chief
	}
	end := waiverWays[w.State][do][by]
	if end.fail != nil {
		return false, end.fail
	}
	w.State = end.to
	if do == withdraw {
		w.WithdrawnBy, w.WithdrawnAt, w.WithdrawalNote = who, db.At(at), note
	} else {
		w.DecidedBy, w.DecidedAt, w.DecisionNote = who, db.At(at), note
	}
	return true, nil
}

// again reports whether who did so already.
func (w *Waiver) again(do waiverVerb, who string) bool {
	switch w.State {
	case Approved:
		return do == approve && w.DecidedBy == who
	case Declined:
		return do == decline && w.DecidedBy == who
	case Withdrawn:
		return do == withdraw && w.WithdrawnBy == who
	}
	return false
}

// shown returns the waiver as the trainee may see it: what is waived, why and
// since when.
func (w *Waiver) shown() *Waiver {
	v := *w
	v.Evidence, v.ProposedBy, v.DecidedBy, v.DecisionNote, v.WithdrawnBy, v.WithdrawalNote = "", "", "", "", "", ""
	return &v
}
