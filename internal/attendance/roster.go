package attendance

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/internal/fault"
)

// A Roster is an event with everyone of its cohort.
type Roster struct {
	Event *Event
	Lines []Line
}

// A Line is one person of a roster: what their presences come to, and all that
// is on record of them, refused and replaced presences too.
type Line struct {
	Enrollment *enrollment.Enrollment
	Attended   Attended
	Presences  []*Presence
}

// The faults of a roster.
var (
	// ErrRoster carries errors: for each item that cannot be entered its index,
	// the field, the code and the rule.
	ErrRoster = fault.New(fault.Invalid, "bad_roster", "Some lines of the roster cannot be entered, so nothing was. Mend those that are named and send it again.").At("items")
	ErrSize   = fault.New(fault.Invalid, "bad_roster_size", "A roster has 1 to 500 lines.").At("items")
)

const maxLines = 500

// Roster returns the roster of an event that the actor teaches or administers.
func (s *Service) Roster(ctx context.Context, eventID string) (*Roster, error) {
	e, c, err := s.event(ctx, access.SeeCohort, eventID)
	if err != nil {
		return nil, err
	}
	r, err := s.roster(ctx, e, c)
	if err != nil {
		return nil, fmt.Errorf("read roster: %w", err)
	}
	return r, nil
}

// roster joins the cohort of an event, and whoever has left it since, with
// what is on record of them.
func (s *Service) roster(ctx context.Context, e *Event, c *enrollment.Cohort) (*Roster, error) {
	all, err := s.enrollments.OfCohort(ctx, access.SeeCohort, c.ID)
	if err != nil {
		return nil, err
	}
	rows, err := presencesAt(ctx, s.db, e.ID)
	if err != nil {
		return nil, err
	}
	at := make(map[string][]*Presence)
	for _, p := range rows {
		at[p.EnrollmentID] = append(at[p.EnrollmentID], p)
	}
	gone, err := s.enrollments.ByID(ctx, s.db, others(at, all))
	if err != nil {
		return nil, err
	}
	for _, of := range gone {
		all = append(all, of)
	}
	slices.SortFunc(all, func(a, b *enrollment.Enrollment) int { return strings.Compare(a.ID, b.ID) })
	zone, err := s.enrollments.Zone(ctx, s.db, c.ID)
	if err != nil {
		return nil, err
	}
	r := &Roster{Event: e}
	day := Attended{Event: e, Day: e.StartsAt.In(zone).Format(time.DateOnly)}
	for _, of := range all {
		r.Lines = append(r.Lines, Line{of, day.with(slices.Clone(at[of.ID])), at[of.ID]})
	}
	return r, nil
}

// others returns the enrollments with presences that are not among all.
func others(at map[string][]*Presence, all []*enrollment.Enrollment) (ids []string) {
	for id := range at {
		if !slices.ContainsFunc(all, func(of *enrollment.Enrollment) bool { return of.ID == id }) {
			ids = append(ids, id)
		}
	}
	return ids
}

// SetRoster enters who was there: for each enrollment named, its lines are all
// the time it has at the event, and count. What is on record already and the
// same stays; what differs is replaced, and what is too many refused. Those not
// named stay as they are. All lines are entered or none: ErrRoster names the
// bad ones.
func (s *Service) SetRoster(ctx context.Context, eventID string, items []Stay) (*Roster, error) {
	e, c, err := s.event(ctx, access.TakeRoster, eventID)
	if err != nil {
		return nil, err
	}
	if len(items) < 1 || len(items) > maxLines {
		return nil, ErrSize
	}
	err = s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := lock(ctx, tx); err != nil {
			return err
		}
		if e, err = getEvent(ctx, tx, eventID); err != nil {
			return err
		}
		if err := e.over(s.now()); err != nil {
			return err
		}
		m, err := s.members(ctx, tx, e, items)
		if err != nil {
			return err
		}
		want, err := s.read(ctx, m, items)
		if err != nil {
			return err
		}
		return s.settle(ctx, tx, m, want)
	})
	if err != nil {
		return nil, fmt.Errorf("set roster: %w", err)
	}
	return s.roster(ctx, e, c)
}

// read checks every line and returns the lines by enrollment, or ErrRoster.
func (s *Service) read(ctx context.Context, m *members, items []Stay) (map[string][]*Presence, error) {
	var bad []map[string]any
	want := make(map[string][]*Presence)
	for i, t := range items {
		p := s.enter(ctx, db.NewID(), m.event, t)
		if err := m.check(p, want[p.EnrollmentID], s.now()); err != nil {
			f := fault.Of(err)
			bad = append(bad, map[string]any{"index": i, "field": fmt.Sprintf("items[%d].%s", i, f.Field), "code": f.Code, "rule": f.Text})
			continue
		}
		want[p.EnrollmentID] = append(want[p.EnrollmentID], p)
	}
	if bad != nil {
		return nil, ErrRoster.With("errors", bad)
	}
	return want, nil
}

// settle writes what the lines change.
func (s *Service) settle(ctx context.Context, tx bun.IDB, m *members, want map[string][]*Presence) error {
	var c changes
	for _, id := range slices.Sorted(maps.Keys(want)) {
		lost, err := c.settle(m.have(id), want[id], access.From(ctx).ID, s.now())
		if err != nil {
			return err
		}
		if lost {
			if err := enrollment.LockEvidence(ctx, tx, id); err != nil {
				return err
			}
		}
	}
	for _, p := range slices.Concat(c.dropped, c.confirmed) { // in this order, or one minute would be confirmed twice
		if err := updatePresence(ctx, tx, p); err != nil {
			return err
		}
	}
	if err := insertPresences(ctx, tx, c.fresh...); err != nil {
		return err
	}
	if c.none() {
		return nil
	}
	return audit.Append(ctx, tx, s.now(), "roster.set", m.event.ID, map[string]any{
		"enrollments": len(want), "entered": len(c.fresh), "confirmed": len(c.confirmed), "dropped": len(c.dropped),
	})
}
