// Package attendance keeps who was where and for how long: events of a cohort,
// online, in person or both, and the minutes of everyone who came.
package attendance

import (
	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/db"
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
	MakesUp    string  // the id of the event that this one makes up for; "" for an event of its own
	CanceledAt db.Time // zero unless it did not take place
	Version    int64
}

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
	DecidedBy    string
	DecidedAt    db.Time
	Replaces     string
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

// Evidence is what an enrollment's attendance comes to: the events that its
// cohort was to meet for, and what this person has of each.
type Evidence []Attended

// Attended is one event with one person's confirmed minutes. Minutes is 0 for
// one they missed, and never more than the event's own; claims that wait are in
// Waiting.
type Attended struct {
	Event   *Event
	Day     string // when it began, YYYY-MM-DD in the cohort's time zone
	Online  int    // confirmed minutes online
	Present int    // confirmed minutes in person
	Waiting int    // minutes that wait to be confirmed
	Late    int    // minutes after the start at which they first came; 0 when they did not
}
