package attendance

import (
	"context"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
)

// members are the people whom a roster names, as they stand before it.
type members struct {
	event *Event
	taker string                            // who takes the roster
	of    map[string]*enrollment.Enrollment // of the event's cohort only, by id
	first map[string]time.Time              // the first moment of each enrollment
	held  map[string][]held                 // what stands of each person near the event
}

func (s *Service) members(ctx context.Context, tx bun.IDB, e *Event, items []Stay) (*members, error) {
	m := &members{
		event: e, taker: access.From(ctx).ID, of: make(map[string]*enrollment.Enrollment), first: make(map[string]time.Time),
		held: make(map[string][]held),
	}
	var ids, people []string
	for _, t := range items {
		if db.IsID(t.EnrollmentID) {
			ids = append(ids, t.EnrollmentID)
		}
	}
	all, err := s.enrollments.ByID(ctx, tx, ids)
	if err != nil {
		return nil, err
	}
	zone, err := s.enrollments.Zone(ctx, tx, e.CohortID)
	if err != nil {
		return nil, err
	}
	for id, of := range all {
		if of.CohortID != e.CohortID {
			continue
		}
		m.of[id] = of
		people = append(people, of.PersonID)
		if m.first[id], err = firstDay(of, zone); err != nil {
			return nil, err
		}
	}
	rows, err := heldNear(ctx, tx, people, e)
	for _, h := range rows {
		m.held[h.PersonID] = append(m.held[h.PersonID], h)
	}
	return m, err
}

// check is the rule of one line of a roster, given the earlier lines of the
// same enrollment. What the enrollment has at this event does not bar it: the
// roster takes its place.
func (m *members) check(p *Presence, earlier []*Presence, now time.Time) error {
	of := m.of[p.EnrollmentID]
	if of == nil {
		return ErrNotInIt
	}
	if of.PersonID == m.taker {
		return ErrOwn.At("enrollment_id")
	}
	if err := p.fit(m.event, m.first[of.ID], now); err != nil {
		return err
	}
	if slices.ContainsFunc(earlier, func(q *Presence) bool { return p.span(m.event).overlaps(q.span(m.event)) }) {
		return ErrOverlap
	}
	return p.clash(m.event, m.held[of.PersonID], func(h *held) bool {
		return counts(h) && (h.EventID != p.EventID || h.EnrollmentID != p.EnrollmentID)
	})
}

// have returns what stands of an enrollment at the event.
func (m *members) have(id string) (all []*Presence) {
	rows := m.held[m.of[id].PersonID]
	for i := range rows {
		if rows[i].EventID == m.event.ID && rows[i].EnrollmentID == id {
			all = append(all, &rows[i].Presence)
		}
	}
	return all
}

// changes are what a roster does to what is on record.
type changes struct {
	dropped   []*Presence // replaced or refused
	confirmed []*Presence // were claimed
	fresh     []*Presence
}

func (c *changes) none() bool { return len(c.dropped)+len(c.confirmed)+len(c.fresh) == 0 }

// surplus is why a presence is refused that a roster leaves out.
const surplus = "The roster of the event says otherwise."

// settle brings what an enrollment has at an event to what a roster wants. It
// reports whether something that counted is lost.
func (c *changes) settle(have, want []*Presence, by string, at time.Time) (lost bool, err error) {
	want = slices.Clone(want)
	var differ []*Presence
	for _, p := range have {
		same := slices.IndexFunc(want, p.says)
		if same < 0 {
			differ = append(differ, p)
			continue
		}
		want = slices.Delete(want, same, same+1)
		changed, err := p.decide(confirm, false, by, "", at)
		if err != nil {
			return false, err
		}
		if changed {
			c.confirmed = append(c.confirmed, p)
		}
	}
	for i, p := range differ {
		lost = lost || p.State == Confirmed
		do, note := refuse, surplus
		if i < len(want) {
			want[i].Replaces, do, note = p.ID, correct, ""
		}
		if _, err := p.decide(do, false, by, note, at); err != nil {
			return false, err
		}
	}
	c.dropped, c.fresh = append(c.dropped, differ...), append(c.fresh, want...)
	return lost, nil
}

// says reports whether two presences say the same of somebody.
func (p *Presence) says(q *Presence) bool {
	return p.InMinute == q.InMinute && p.OutMinute == q.OutMinute && p.Delivery == q.Delivery
}
