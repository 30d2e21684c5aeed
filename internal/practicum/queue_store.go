package practicum

import (
	"context"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/db"
)

// A waitingRow is a place in the queue as it lies in SQL.
type waitingRow struct {
	bun.BaseModel `bun:"table:practicum_waiting,alias:w"`

	LogID        string `bun:",pk"`
	EnrollmentID string
	Turn         int
	SubmittedAt  db.Time
	DueAt        db.Time
	ClaimedBy    string `bun:",nullzero"`
	ClaimedUntil db.Time
}

// queue puts a submitted log into the queue and takes any other out.
func queue(ctx context.Context, tx bun.IDB, l *Log) error {
	if l.Status != Submitted {
		_, err := tx.NewDelete().Model((*waitingRow)(nil)).Where("log_id = ?", l.ID).Exec(ctx)
		return db.Check(err)
	}
	r := &waitingRow{LogID: l.ID, EnrollmentID: l.EnrollmentID, Turn: 1, SubmittedAt: l.SubmittedAt}
	if l.flagged() {
		r.Turn = 0
	}
	_, err := tx.NewInsert().Model(r).On("CONFLICT (log_id) DO UPDATE").Set("turn = excluded.turn").Exec(ctx)
	return db.Check(err)
}

// places are the columns that a queue is ordered by.
var places = map[Order]string{
	"": "w.submitted_at, w.log_id", ByAge: "w.submitted_at, w.log_id", BySafety: "w.turn, w.submitted_at, w.log_id",
	ByCohort: "e.cohort_id, w.submitted_at, w.log_id",
}

// waiting lists the queue of supervised enrollments, after the log named by
// after. A name from elsewhere is like a made-up one: nothing comes after it.
func waiting(ctx context.Context, idb bun.IDB, supervised *bun.SelectQuery, f Filter, now time.Time, after string, limit int64) ([]*Waiting, error) {
	var rows []struct {
		waitingRow `bun:",extend"`
		CohortID   string
	}
	place, ok := places[f.Order]
	if !ok {
		return nil, ErrOrder
	}
	of := func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.TableExpr("practicum_waiting AS w").Join("JOIN enrollments AS e ON e.id = w.enrollment_id").Where("e.id IN (?)", supervised)
	}
	q := of(idb.NewSelect()).ColumnExpr("w.*, e.cohort_id").OrderExpr(place).Limit(limit)
	if after != "" {
		q.Where("(?) > (?)", bun.Safe(place), of(idb.NewSelect()).ColumnExpr(place).Where("w.log_id = ?", after))
	}
	if f.Cohort != "" {
		q.Where("e.cohort_id = ?", f.Cohort)
	}
	if f.Flagged != nil {
		q.Where("w.turn = ?", map[bool]int{true: 0, false: 1}[*f.Flagged])
	}
	if f.Overdue {
		q.Where("w.due_at <= ?", db.At(now))
	}
	if err := q.Scan(ctx, &rows); err != nil {
		return nil, db.Check(err)
	}
	all, ids := make([]*Waiting, len(rows)), make([]string, len(rows))
	for i, r := range rows {
		ids[i], all[i] = r.LogID, &Waiting{CohortID: r.CohortID, Flagged: r.Turn == 0, DueAt: r.DueAt, At: now}
		if r.ClaimedUntil.After(now) {
			all[i].ClaimedBy, all[i].ClaimedUntil = r.ClaimedBy, r.ClaimedUntil
		}
	}
	return all, withWork(ctx, idb, all, ids)
}

// withWork reads the work lines of what waits.
func withWork(ctx context.Context, idb bun.IDB, all []*Waiting, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	var rows []*row
	if err := idb.NewSelect().Model(&rows).Where("id IN (?)", bun.List(ids)).Scan(ctx); err != nil {
		return db.Check(err)
	}
	byID := make(map[string]*Work, len(rows))
	for _, r := range rows {
		byID[r.ID] = r.work()
	}
	for i, id := range ids {
		all[i].Work = byID[id]
	}
	return nil
}

// next is the id of the log that a person should grade next. Each enrollment
// is asked for its first one, from an index, so that it takes as long as the
// person has trainees and not as long as the queue is.
func next(ctx context.Context, idb bun.IDB, supervised *bun.SelectQuery, w Want, personID string, now time.Time) (id string, err error) {
	if w.Cohort != "" {
		supervised = supervised.Clone().Where("e.cohort_id = ?", w.Cohort)
	}
	first := idb.NewSelect().TableExpr("practicum_waiting AS c").ColumnExpr("c.log_id").Where("c.enrollment_id = mine.id").
		Where("(c.claimed_until IS NULL OR c.claimed_until <= ? OR c.claimed_by = ?)", db.At(now), personID).
		OrderExpr("c.turn, c.submitted_at, c.log_id").Limit(1)
	if w.After != "" {
		left := new(waitingRow)
		err := db.Check(idb.NewSelect().Model(left).Where("log_id = ?", w.After).Where("enrollment_id IN (?)", supervised).Scan(ctx))
		switch {
		case err == nil:
			first.Where("(c.turn, c.submitted_at, c.log_id) > (?, ?, ?)", left.Turn, left.SubmittedAt, left.LogID)
		case !errors.Is(err, db.ErrNone):
			return "", err
		}
	}
	err = idb.NewSelect().TableExpr("(?) AS mine", supervised).ColumnExpr("w.log_id").
		Join("JOIN practicum_waiting AS w ON w.log_id = (?)", first).
		OrderExpr("w.turn, w.submitted_at, w.log_id").Limit(1).Scan(ctx, &id)
	return id, db.Check(err)
}

// claim gives a log to a person until a time, unless a colleague has it or it
// waits no more.
func claim(ctx context.Context, tx bun.IDB, id, personID string, now, until time.Time) error {
	res, err := tx.NewUpdate().Model((*waitingRow)(nil)).Set("claimed_by = ?", personID).Set("claimed_until = ?", db.At(until)).
		Where("log_id = ? AND (claimed_until IS NULL OR claimed_until <= ? OR claimed_by = ?)", id, db.At(now), personID).Exec(ctx)
	return db.One(res, err, errLost)
}

// release ends a person's claim on a log, if they have it.
func release(ctx context.Context, tx bun.IDB, id, personID string) error {
	if id == "" {
		return nil
	}
	_, err := tx.NewUpdate().Model((*waitingRow)(nil)).Set("claimed_by = NULL").Set("claimed_until = NULL").
		Where("log_id = ? AND claimed_by = ?", id, personID).Exec(ctx)
	return db.Check(err)
}

// claimedByOther is until when somebody else has a log, zero when nobody does.
func claimedByOther(ctx context.Context, tx bun.IDB, id, personID string, now time.Time) (db.Time, error) {
	r := new(waitingRow)
	err := db.Check(tx.NewSelect().Model(r).Where("log_id = ? AND claimed_by <> ? AND claimed_until > ?", id, personID, db.At(now)).Scan(ctx))
	if errors.Is(err, db.ErrNone) {
		return db.Time{}, nil
	}
	return r.ClaimedUntil, err
}
