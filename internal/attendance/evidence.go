package attendance

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
)

// Evidence is what an enrollment's attendance comes to: the events that its
// cohort was to meet for, and what this person has of each, in the order of
// their start. Events of an earlier cohort, which a transfer left behind, are
// in it where the person was there.
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

// Evidence returns the attendance of enrollments. Canceled events are not in
// it; those to come are. It asks the database twice, however many enrollments
// there are, and reads through idb, so that a deed can ask inside its
// transaction.
func (s *Service) Evidence(ctx context.Context, idb bun.IDB, all []*enrollment.Enrollment) (map[string]Evidence, error) {
	out := make(map[string]Evidence, len(all))
	if len(all) == 0 {
		return out, nil
	}
	stays, err := standing(ctx, idb, all)
	if err != nil {
		return nil, fmt.Errorf("read presences: %w", err)
	}
	met, err := meetings(ctx, idb, all, stays)
	if err != nil {
		return nil, fmt.Errorf("read events: %w", err)
	}
	book, err := bind(met)
	if err != nil {
		return nil, err
	}
	for _, e := range all {
		out[e.ID] = book.of(e.CohortID, stays[e.ID])
	}
	return out, nil
}

// An Entry is an event with all that is on record of one person there, refused
// and replaced presences too.
type Entry struct {
	Attended
	Presences []*Presence
}

// Of returns the attendance of an enrollment that the actor may see, in the
// order of the events.
func (s *Service) Of(ctx context.Context, enrollmentID string) ([]Entry, error) {
	p, err := s.enrollments.See(ctx, access.SeeEnrollment, enrollmentID)
	if err != nil {
		return nil, err
	}
	all, err := s.Evidence(ctx, s.db, []*enrollment.Enrollment{p.Enrollment})
	if err != nil {
		return nil, err
	}
	rows, err := presencesOf(ctx, s.db, p.ID)
	if err != nil {
		return nil, fmt.Errorf("read presences: %w", err)
	}
	var entries []Entry
	for _, a := range all[p.ID] {
		entry := Entry{Attended: a}
		for _, r := range rows {
			if r.EventID == a.Event.ID {
				entry.Presences = append(entry.Presences, r)
			}
		}
		entries = append(entries, entry)
	}
	return entries, nil
}

// A meeting is an event with the time zone of its cohort.
type meeting struct {
	Event `bun:",extend"`

	TimeZone string
}

// A book holds events with their days.
type book struct {
	byID     map[string]*Attended
	byCohort map[string][]*Attended // in the order of their start
}

// bind finds out on which day each event began. Events come in the order of
// their start.
func bind(met []meeting) (*book, error) {
	b := &book{make(map[string]*Attended, len(met)), make(map[string][]*Attended)}
	zones := make(map[string]*time.Location)
	for i := range met {
		m := &met[i]
		zone := zones[m.TimeZone]
		if zone == nil {
			var err error
			if zone, err = time.LoadLocation(m.TimeZone); err != nil {
				return nil, fmt.Errorf("cohort %s: %w", m.CohortID, err)
			}
			zones[m.TimeZone] = zone
		}
		a := &Attended{Event: &m.Event, Day: m.StartsAt.In(zone).Format(time.DateOnly)}
		b.byID[m.ID] = a
		b.byCohort[m.CohortID] = append(b.byCohort[m.CohortID], a)
	}
	return b, nil
}

// of joins the events of a cohort, and others at which somebody was, with
// their stays there.
func (b *book) of(cohortID string, stays []*Presence) Evidence {
	at := make(map[string][]*Presence)
	for _, p := range stays {
		at[p.EventID] = append(at[p.EventID], p)
	}
	own := b.byCohort[cohortID]
	all := make(Evidence, 0, len(own))
	for _, a := range own {
		all = append(all, a.with(at[a.Event.ID]))
		delete(at, a.Event.ID)
	}
	if len(at) == 0 {
		return all
	}
	for id, stays := range at { // the map's order does not show: they are sorted below
		if a := b.byID[id]; a != nil {
			all = append(all, a.with(stays))
		}
	}
	slices.SortFunc(all, func(x, y Attended) int {
		return cmp.Or(x.Event.StartsAt.Compare(y.Event.StartsAt.Time), strings.Compare(x.Event.ID, y.Event.ID))
	})
	return all
}

// with returns the event with what somebody's stays there come to.
func (a Attended) with(stays []*Presence) Attended {
	if len(stays) == 0 {
		return a
	}
	slices.SortFunc(stays, func(x, y *Presence) int { return x.InMinute - y.InMinute })
	a.Online, a.Present, a.Waiting, a.Late = count(a.Event.Minutes, stays)
	return a
}

// count works out the minutes of one person at one event. Stays come in the
// order of their beginning. No minute counts twice, and none after the planned
// end: time in person goes before time online, and both before time that waits.
func count(planned int, stays []*Presence) (online, present, waiting, late int) {
	present = covered(planned, stays, func(p *Presence) bool { return p.State == Confirmed && p.Delivery == InPerson })
	confirmed := covered(planned, stays, func(p *Presence) bool { return p.State == Confirmed })
	waiting = covered(planned, stays, (*Presence).stands) - confirmed
	if i := slices.IndexFunc(stays, func(p *Presence) bool { return p.State == Confirmed }); i >= 0 {
		late = stays[i].InMinute
	}
	return confirmed - present, present, waiting, late
}

// covered is how many minutes of the planned ones lie in a stay that counts.
func covered(planned int, stays []*Presence, counts func(*Presence) bool) (n int) {
	reached := 0
	for _, p := range stays {
		if !counts(p) {
			continue
		}
		if from, to := max(p.InMinute, reached), min(p.OutMinute, planned); to > from {
			n += to - from
			reached = to
		}
	}
	return n
}
