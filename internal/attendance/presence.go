package attendance

import (
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/fault"
)

// A Presence is one person's time at one event, from InMinute to OutMinute
// after its start. A person who went and came back has two.
type Presence struct {
	bun.BaseModel `bun:"table:presences"`

	ID           string `bun:",pk"`
	EventID      string
	EnrollmentID string
	Delivery     string // live_online or live_in_person: how this person was there
	InMinute     int
	OutMinute    int
	State        State
	EnteredBy    string
	EnteredAt    db.Time
	DecidedBy    string `bun:",nullzero"`
	DecidedAt    db.Time
	DecisionNote string // why it was refused
	Replaces     string `bun:",nullzero"`
	Version      int64
}

// State says whether a presence counts.
type State string

// The states of a presence. Only a confirmed one counts.
const (
	Claimed   State = "claimed" // entered by the trainee, waits for an instructor
	Confirmed State = "confirmed"
	Refused   State = "refused"
	Replaced  State = "replaced"
)

// stands reports whether a presence counts or may come to count.
func (p *Presence) stands() bool { return p.State == Claimed || p.State == Confirmed }

// A Stay is a time at an event, as somebody says it: In and Out are whole
// minutes after the start. Delivery may be left out where the event is held one
// way only.
type Stay struct {
	EnrollmentID string
	In, Out      int
	Delivery     string
}

// leeway is how many minutes after the planned end a presence may still end.
// They are on record and do not count.
const leeway = 60

// The faults of a presence.
var (
	ErrMinutes   = fault.New(fault.Invalid, "bad_minutes", "A presence begins 0 or more whole minutes after the start, ends later, and at most 60 minutes after the planned end.")
	ErrHow       = fault.New(fault.Invalid, "bad_presence_delivery", "Say how they were there: as the event was held, and for a hybrid event live_online or live_in_person.").At("delivery")
	ErrAhead     = fault.New(fault.Invalid, "in_the_future", "This presence ends later than now.").At("out_minute")
	ErrEarly     = fault.New(fault.Invalid, "before_enrollment", "This was before the enrollment began.").At("in_minute")
	ErrOverlap   = fault.New(fault.Conflict, "overlap", "This person is on record for that time already, at this or at another event.").At("in_minute")
	ErrNotInIt   = fault.New(fault.Invalid, "not_in_cohort", "There is no such enrollment in the cohort of this event.").At("enrollment_id")
	ErrOwn       = fault.New(fault.Forbidden, "own_presence", "Nobody enters or decides a presence of their own. Ask another instructor or an admin.")
	ErrSettled   = fault.New(fault.Conflict, "presence_settled", "This presence was refused or replaced, and stays so. Enter a new one.")
	ErrReason    = fault.New(fault.Invalid, "bad_note", "Say in 1 to 500 characters why it is refused; the trainee reads it.").At("note")
	errChangedBy = fault.New(fault.Conflict, "stale_version", "Somebody decided this presence meanwhile. Read it again.")
)

const maxNote = 500

// A verb is what staff do to a presence.
type verb string

const (
	confirm verb = "confirm"
	refuse  verb = "refuse"
	correct verb = "correct"
)

// An end is what becomes of a presence: the state it goes to, or why not.
type end struct {
	to   State
	fail error
}

// ways says what becomes of a presence, by its state, when somebody else than
// the person themself decides. What is decided again in the same way stays as
// it is.
var ways = map[State]map[verb]end{
	Claimed:   {confirm: {to: Confirmed}, refuse: {to: Refused}, correct: {to: Replaced}},
	Confirmed: {confirm: {to: Confirmed}, refuse: {to: Refused}, correct: {to: Replaced}},
	Refused:   {confirm: {fail: ErrSettled}, refuse: {to: Refused}, correct: {fail: ErrSettled}},
	Replaced:  {confirm: {fail: ErrSettled}, refuse: {fail: ErrSettled}, correct: {fail: ErrSettled}},
}

// decide moves a presence on its way, if anything is to change.
func (p *Presence) decide(do verb, own bool, by, note string, at time.Time) (changed bool, err error) {
	way := ways[p.State][do]
	switch {
	case own:
		return false, ErrOwn
	case way.fail != nil:
		return false, way.fail
	case way.to == p.State:
		return false, nil
	}
	p.State, p.DecidedBy, p.DecidedAt, p.DecisionNote = way.to, by, db.At(at), note
	return true, nil
}

// fit is the rule of a presence by itself: within the event, in the past, and
// not before day, the first moment of the enrollment. A delivery that goes
// without saying is filled in.
func (p *Presence) fit(e *Event, day, now time.Time) error {
	if p.Delivery == "" && e.Delivery != Hybrid {
		p.Delivery = e.Delivery
	}
	held := p.Delivery == e.Delivery || e.Delivery == Hybrid
	if err := e.over(now); err != nil {
		return err
	}
	switch {
	case p.InMinute < 0:
		return ErrMinutes.At("in_minute")
	case p.OutMinute <= p.InMinute || p.OutMinute > e.Minutes+leeway:
		return ErrMinutes.At("out_minute")
	case !held || p.Delivery != Online && p.Delivery != InPerson:
		return ErrHow
	case e.at(p.OutMinute).After(now):
		return ErrAhead
	case !e.at(p.OutMinute).After(day):
		return ErrEarly
	}
	return nil
}

// A span is a time on the clock.
type span struct{ from, to time.Time }

func (p *Presence) span(e *Event) span { return span{e.at(p.InMinute), e.at(p.OutMinute)} }

func (s span) overlaps(o span) bool { return s.from.Before(o.to) && o.from.Before(s.to) }

// A held presence is one on record, with what says when and whose it was.
type held struct {
	Presence `bun:",extend"`

	PersonID string
	CohortID string // of the event
	StartsAt db.Time
}

func (h *held) span() span {
	e := Event{StartsAt: h.StartsAt}
	return h.Presence.span(&e)
}

// clash returns ErrOverlap if p lies over one of others that bars it. Of an
// event of the same cohort the fault says which.
func (p *Presence) clash(e *Event, others []held, bars func(*held) bool) error {
	for i := range others {
		h := &others[i]
		if h.ID == p.ID || h.ID == p.Replaces || !bars(h) || !p.span(e).overlaps(h.span()) {
			continue
		}
		if h.CohortID == e.CohortID {
			return ErrOverlap.With("event_id", h.EventID)
		}
		return ErrOverlap
	}
	return nil
}
