package attendance

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
)

func getEvent(ctx context.Context, idb bun.IDB, id string) (*Event, error) {
	if !db.IsID(id) {
		return nil, db.ErrNone
	}
	e := new(Event)
	return e, db.Check(idb.NewSelect().Model(e).Where("id = ?", id).Scan(ctx))
}

func insertEvent(ctx context.Context, tx bun.IDB, e *Event) error {
	_, err := tx.NewInsert().Model(e).Exec(ctx)
	return db.Check(err)
}

// updateEvent writes an event if it is still the one that was read.
func updateEvent(ctx context.Context, tx bun.IDB, e *Event) error {
	read := e.Version
	e.Version++
	res, err := tx.NewUpdate().Model(e).
		Column("series", "title", "category", "topic", "delivery", "starts_at", "minutes", "makes_up", "canceled_at", "version").
		Where("id = ? AND version = ?", e.ID, read).Exec(ctx)
	return db.One(res, err, ErrStale)
}

// eventsOf lists a cohort's events in the order of their start, after the one
// named by after. A name from elsewhere is like a made-up one.
func eventsOf(ctx context.Context, idb bun.IDB, cohortID, after string, limit int64) (rows []*Event, err error) {
	q := idb.NewSelect().Model(&rows).Where("cohort_id = ?", cohortID).OrderExpr("starts_at, id").Limit(limit)
	if after != "" {
		q.Where("(starts_at, id) > (SELECT starts_at, id FROM events WHERE id = ? AND cohort_id = ?)", after, cohortID)
	}
	return rows, db.Check(q.Scan(ctx))
}

// situationOf says what has become of an event.
func situationOf(ctx context.Context, idb bun.IDB, id string) (so situation, err error) {
	so.counted, err = idb.NewSelect().Model((*Presence)(nil)).Where("event_id = ? AND state = ?", id, Confirmed).Exists(ctx)
	if err != nil {
		return so, db.Check(err)
	}
	var makeUps []*Event
	err = idb.NewSelect().Model(&makeUps).Column("id", "canceled_at").Where("makes_up = ?", id).Scan(ctx)
	for _, e := range makeUps {
		so.makeUps = true
		so.standing = so.standing || e.CanceledAt.IsZero()
	}
	return so, db.Check(err)
}

func getPresence(ctx context.Context, idb bun.IDB, id string) (*Presence, error) {
	if !db.IsID(id) {
		return nil, db.ErrNone
	}
	p := new(Presence)
	return p, db.Check(idb.NewSelect().Model(p).Where("id = ?", id).Scan(ctx))
}

func insertPresences(ctx context.Context, tx bun.IDB, rows ...*Presence) error {
	if len(rows) == 0 {
		return nil
	}
	_, err := tx.NewInsert().Model(&rows).Exec(ctx)
	return db.Check(err)
}

// updatePresence writes what was decided of a presence, if it is still the one
// that was read.
func updatePresence(ctx context.Context, tx bun.IDB, p *Presence) error {
	read := p.Version
	p.Version++
	res, err := tx.NewUpdate().Model(p).Column("state", "decided_by", "decided_at", "decision_note", "version").
		Where("id = ? AND version = ?", p.ID, read).Exec(ctx)
	return db.One(res, err, errChangedBy)
}

// presencesAt lists everything on record of an event, refused and replaced
// presences too, by person in the order of entry.
func presencesAt(ctx context.Context, idb bun.IDB, eventID string) (rows []*Presence, err error) {
	err = idb.NewSelect().Model(&rows).Where("event_id = ?", eventID).OrderExpr("enrollment_id, id").Scan(ctx)
	return rows, db.Check(err)
}

func presencesOf(ctx context.Context, idb bun.IDB, enrollmentID string) (rows []*Presence, err error) {
	err = idb.NewSelect().Model(&rows).Where("enrollment_id = ?", enrollmentID).OrderExpr("id").Scan(ctx)
	return rows, db.Check(err)
}

// heldNear lists what stands of people at e and at events near enough to
// overlap with it, in all their enrollments.
func heldNear(ctx context.Context, idb bun.IDB, people []string, e *Event) (rows []held, err error) {
	if len(people) == 0 {
		return nil, nil
	}
	const reach = (maxMinutes + leeway) * time.Minute
	err = idb.NewRaw(`SELECT p.*, n.person_id, e.cohort_id, e.starts_at FROM presences p
		JOIN enrollments n ON n.id = p.enrollment_id JOIN events e ON e.id = p.event_id
		WHERE n.person_id IN (?) AND p.state IN (?, ?) AND e.canceled_at IS NULL AND e.starts_at BETWEEN ? AND ?
		ORDER BY e.starts_at, p.in_minute, p.id`,
		bun.List(people), Claimed, Confirmed, db.At(e.StartsAt.Add(-reach)), db.At(e.StartsAt.Add(reach))).Scan(ctx, &rows)
	return rows, db.Check(err)
}

// standing reads, for evidence, the presences of enrollments that count or may
// come to.
func standing(ctx context.Context, idb bun.IDB, all []*enrollment.Enrollment) (map[string][]*Presence, error) {
	ids := make([]string, len(all))
	for i, e := range all {
		ids[i] = e.ID
	}
	var rows []*Presence
	err := idb.NewSelect().Model(&rows).Column("event_id", "enrollment_id", "delivery", "in_minute", "out_minute", "state").
		Where("enrollment_id IN (?) AND state IN (?, ?)", bun.List(ids), Claimed, Confirmed).Scan(ctx)
	if err != nil {
		return nil, db.Check(err)
	}
	stays := make(map[string][]*Presence, len(all))
	for _, p := range rows {
		stays[p.EnrollmentID] = append(stays[p.EnrollmentID], p)
	}
	return stays, nil
}

// meetings lists the events of the enrollments' cohorts, and those where they
// were otherwise, in the order of their start.
func meetings(ctx context.Context, idb bun.IDB, all []*enrollment.Enrollment, stays map[string][]*Presence) (rows []meeting, err error) {
	cohorts, events := make(map[string]bool), map[string]bool{"": true} // a list in SQL is never empty
	for _, e := range all {
		cohorts[e.CohortID] = true
	}
	for _, s := range stays {
		for _, p := range s {
			events[p.EventID] = true
		}
	}
	err = idb.NewRaw(`SELECT e.*, c.time_zone FROM events e JOIN cohorts c ON c.id = e.cohort_id
		WHERE e.canceled_at IS NULL AND (e.cohort_id IN (?) OR e.id IN (?)) ORDER BY e.starts_at, e.id`,
		bun.List(slices.Collect(maps.Keys(cohorts))), bun.List(slices.Collect(maps.Keys(events)))).Scan(ctx, &rows)
	return rows, db.Check(err)
}
