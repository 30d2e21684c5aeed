package attendance

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/fault"
	"github.com/kapstone-lms/kapstone/internal/text"
)

// An Event is something that a cohort meets for.
type Event struct {
	bun.BaseModel `bun:"table:events"`

	ID         string `bun:",pk"`
	CohortID   string
	Series     string // the key that the program's requirements name: live_sessions, five_day_retreat
	Title      string
	Category   string // of its hours: didactic, skills_practice, discussion, …
	Topic      string // "" for none
	Delivery   string // live_online, live_in_person or hybrid
	StartsAt   db.Time
	Minutes    int     // how long it is planned to be
	MakesUp    string  `bun:",nullzero"` // the id of the event that this one makes up for; "" for an event of its own
	CanceledAt db.Time // zero unless it did not take place
	Version    int64
}

// How an event is held, and how somebody is there. A hybrid event is held both
// ways; nobody is there in both.
const (
	Online   = "live_online"
	InPerson = "live_in_person"
	Hybrid   = "hybrid"
)

// The bounds of an event. Whatever lasts longer than a day is an event a day,
// because days are counted.
const (
	maxTitle   = 200
	maxMinutes = 24 * 60
	firstYear  = 2000
	lastYear   = 2100
)

// The faults of an event.
var (
	ErrKey      = fault.New(fault.Invalid, "bad_key", "A series, a category and a topic are keys: 2 to 60 lower-case letters, digits, - and _, a letter first.")
	ErrTitle    = fault.New(fault.Invalid, "bad_title", "An event's title is one line of 1 to 200 characters.").At("title")
	ErrDelivery = fault.New(fault.Invalid, "bad_delivery", "An event is held live_online, live_in_person or hybrid.").At("delivery")
	ErrLength   = fault.New(fault.Invalid, "bad_length", "An event is planned for 1 to 1,440 minutes. Plan one for each day of a longer one.").At("minutes")
	ErrStart    = fault.New(fault.Invalid, "bad_start", "An event starts between the years 2000 and 2100.").At("starts_at")
	ErrMakesUp  = fault.New(fault.Invalid, "bad_make_up", "An event makes up for another one of the same cohort and series, that stands and makes up for none itself.").At("makes_up")
	ErrMadeUp   = fault.New(fault.Conflict, "made_up", "Another event makes up for this one. Change or cancel that one first.")
	ErrCounted  = fault.New(fault.Conflict, "presence_counts", "Somebody's presence counts at this event. Refuse what was confirmed, then change it.")
	ErrNotOver  = fault.New(fault.Conflict, "event_not_over", "This event is not over. Enter who was there when it has ended.")
	ErrCanceled = fault.New(fault.Conflict, "event_canceled", "This event was canceled.")
	ErrStale    = fault.New(fault.Conflict, "stale_version", "Somebody changed this event meanwhile. Read it again, then repeat your change.").At("version")
)

var keyForm = regexp.MustCompile(`^[a-z][a-z0-9_-]{1,59}$`)

// check is the rule of form of an event. It tidies the title.
func (e *Event) check() error {
	for _, k := range []struct{ field, key string }{{"series", e.Series}, {"category", e.Category}, {"topic", e.Topic}} {
		if !keyForm.MatchString(k.key) && (k.field != "topic" || k.key != "") {
			return ErrKey.At(k.field)
		}
	}
	title, ok := text.Fits(e.Title, 1, maxTitle)
	e.Title = title
	switch year := e.StartsAt.Year(); {
	case !ok || strings.ContainsAny(title, "\n\t"):
		return ErrTitle
	case !slices.Contains([]string{Online, InPerson, Hybrid}, e.Delivery):
		return ErrDelivery
	case year < firstYear || year >= lastYear:
		return ErrStart
	case e.Minutes < 1 || e.Minutes > maxMinutes:
		return ErrLength
	}
	return nil
}

// makesUpFor is the rule of an event that makes up for another. Chains would
// let one missed hour be made up twice.
func (e *Event) makesUpFor(other *Event) error {
	if other.ID == e.ID || other.CohortID != e.CohortID || other.Series != e.Series || other.MakesUp != "" || !other.CanceledAt.IsZero() {
		return ErrMakesUp
	}
	return nil
}

// EndsAt is when the event is planned to end.
func (e *Event) EndsAt() time.Time { return e.at(e.Minutes) }

// over returns nil when the event has taken place, so that presences can be
// entered.
func (e *Event) over(now time.Time) error {
	switch {
	case !e.CanceledAt.IsZero():
		return ErrCanceled
	case e.EndsAt().After(now):
		return ErrNotOver
	}
	return nil
}

// at is the moment so many minutes after the start.
func (e *Event) at(minute int) time.Time {
	return e.StartsAt.Add(time.Duration(minute) * time.Minute)
}

// A Change names what to change of an event; nil fields stay.
type Change struct {
	Series   *string
	Title    *string
	Category *string
	Topic    *string
	Delivery *string
	StartsAt *time.Time
	Minutes  *int
	MakesUp  *string // "" for an event of its own
	Version  int64   // the one that was read
}

// set copies *from into *to when it is there.
func set[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}

// apply writes a change into the event.
func (e *Event) apply(c Change) {
	set(&e.Series, c.Series)
	set(&e.Title, c.Title)
	set(&e.Category, c.Category)
	set(&e.Topic, c.Topic)
	set(&e.Delivery, c.Delivery)
	set(&e.Minutes, c.Minutes)
	set(&e.MakesUp, c.MakesUp)
	if c.StartsAt != nil {
		e.StartsAt = db.At(*c.StartsAt)
	}
}

// A situation is what has become of an event so far.
type situation struct {
	counted  bool // somebody's presence is confirmed
	makeUps  bool // another event makes up for it, canceled or not
	standing bool // one of those stands
}

// change writes a change into the event if nothing hangs on what it was.
func (e *Event) change(c Change, so situation) error {
	was := *e
	switch e.apply(c); {
	case c.Version != was.Version:
		return ErrStale
	case !was.CanceledAt.IsZero():
		return ErrCanceled
	case so.counted:
		return ErrCounted
	case so.makeUps && (e.Series != was.Series || e.MakesUp != was.MakesUp):
		return ErrMadeUp
	}
	return e.check()
}

// cancel says that the event does not take place. A canceled one stays as it
// is.
func (e *Event) cancel(so situation, at time.Time) (changed bool, err error) {
	switch {
	case !e.CanceledAt.IsZero():
		return false, nil
	case so.counted:
		return false, ErrCounted
	case so.standing:
		return false, ErrMadeUp
	}
	e.CanceledAt = db.At(at)
	return true, nil
}
