package records

import (
	"context"
	"errors"
	"slices"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/db"
)

func get(ctx context.Context, idb bun.IDB, id string) (*Record, error) {
	r := new(Record)
	return r, db.Check(idb.NewSelect().Model(r).Where("id = ?", id).Scan(ctx))
}

// insertChunk keeps a statement well below the longest that SQLite takes.
const insertChunk = 200

// insert writes records. It returns ErrSame for one that is there already.
func insert(ctx context.Context, tx bun.IDB, rows ...*Record) error {
	for chunk := range slices.Chunk(rows, insertChunk) {
		_, err := tx.NewInsert().Model(&chunk).Exec(ctx)
		if err = db.Check(err); errors.Is(err, db.ErrExists) {
			return ErrSame
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// update writes what was decided on a record if nobody has since it was read,
// and counts its version.
func update(ctx context.Context, tx bun.IDB, r *Record) error {
	read := r.Version
	r.Version++
	res, err := tx.NewUpdate().Model(r).Column("state", "on_day", "decided_by", "decided_at", "decision_note", "version").
		Where("id = ? AND version = ?", r.ID, read).Exec(ctx)
	err = db.One(res, err, ErrStale)
	if errors.Is(err, db.ErrExists) {
		return ErrSame // the day of a license moved to that of another check
	}
	return err
}

// open narrows to records that count or wait to.
func open(q *bun.SelectQuery) *bun.SelectQuery {
	return q.Where("state IN (?)", bun.List([]State{Submitted, Confirmed}))
}

// openOf lists an enrollment's records of some kinds that count or wait to.
func openOf(ctx context.Context, idb bun.IDB, enrollmentID string, kinds ...Kind) (rows []*Record, err error) {
	err = idb.NewSelect().Model(&rows).Where("enrollment_id = ? AND kind IN (?)", enrollmentID, bun.List(kinds)).
		Apply(open).OrderExpr("id").Scan(ctx)
	return rows, db.Check(err)
}

// sameAs returns the id of the record that r would stand beside as the same
// thing on the same day, "" for none. It asks what the index records_once
// keeps.
func sameAs(ctx context.Context, idb bun.IDB, r *Record) (id string, err error) {
	q := idb.NewSelect().Model((*Record)(nil)).Column("id").Where("enrollment_id = ? AND kind = ?", r.EnrollmentID, r.Kind).
		Where("on_day = ? AND subject = ? AND edition = ? AND category = ?", r.OnDay, r.Subject, r.Edition, r.Category).
		Where("topic = ? AND delivery = ? AND jurisdiction = ?", r.Topic, r.Delivery, r.Jurisdiction).
		Where("person_id = ? AND person_name = ?", r.PersonID, r.PersonName).Apply(open)
	if rules[r.Kind].variant {
		q.Where("value = ?", r.Value)
	}
	err = db.Check(q.Limit(1).Scan(ctx, &id))
	if errors.Is(err, db.ErrNone) {
		return "", nil
	}
	return id, err
}

// minutesOn sums the minutes that an enrollment spent on a day. What was
// carried over is a sum of many days.
func minutesOn(ctx context.Context, idb bun.IDB, enrollmentID, day string) (n int, err error) {
	err = idb.NewSelect().Model((*Record)(nil)).ColumnExpr("coalesce(sum(minutes), 0)").
		Where("enrollment_id = ? AND on_day = ? AND carried = ''", enrollmentID, day).
		Where("kind IN (?)", bun.List(timed)).Apply(open).Scan(ctx, &n)
	return n, db.Check(err)
}

// ofEnrollment lists an enrollment's records, those that v shows whole, by id, after the
// one named by after.
func ofEnrollment(ctx context.Context, idb bun.IDB, enrollmentID string, v view, after string, limit int64) (rows []*Record, err error) {
	q := idb.NewSelect().Model(&rows).Where("enrollment_id = ? AND id > ?", enrollmentID, after).OrderExpr("id").Limit(limit)
	switch {
	case !v.records:
		q.Where("kind = ?", Clearance)
	case v.clearances != whole:
		q.Where("kind <> ?", Clearance)
	}
	return rows, db.Check(q.Scan(ctx))
}

// A desk is a part of the queue: kinds of records of the enrollments that a
// query gives.
type desk struct {
	enrollments *bun.SelectQuery
	kinds       []Kind
}

// waiting lists submitted records on any of the desks, the longest waiting
// first, after the one named by after.
func waiting(ctx context.Context, idb bun.IDB, desks []desk, after string, limit int64) (rows []*Record, err error) {
	q := idb.NewSelect().Model(&rows).Where("state = ?", Submitted).OrderExpr("entered_at, id").Limit(limit)
	q.WhereGroup(" AND ", func(q *bun.SelectQuery) *bun.SelectQuery {
		for _, d := range desks {
			q.WhereOr("kind IN (?) AND enrollment_id IN (?)", bun.List(d.kinds), d.enrollments)
		}
		return q
	})
	if after != "" {
		q.Where("(entered_at, id) > (SELECT entered_at, id FROM records WHERE id = ? AND kind <> ?)", after, Clearance) // those tell no time
	}
	return rows, db.Check(q.Scan(ctx))
}

// evidence lists all records of enrollments but replaced ones, oldest first. A
// cohort has tens of thousands, and the drivers take their time over each
// column, so a row comes as one text.
func evidence(ctx context.Context, idb bun.IDB, ids []string) (map[string][]*Record, error) {
	all := make(map[string][]*Record, len(ids))
	if len(ids) == 0 {
		return all, nil
	}
	rows, err := idb.NewSelect().Model((*Record)(nil)).ColumnExpr("concat_ws(?, "+packed+")", separator).
		Where("enrollment_id IN (?) AND state <> ?", bun.List(ids), Replaced).OrderExpr("enrollment_id, on_day, id").Rows(ctx)
	if err != nil {
		return nil, db.Check(err)
	}
	defer rows.Close()
	var text string
	for rows.Next() {
		if err := rows.Scan(&text); err != nil {
			return nil, db.Check(err)
		}
		r, err := unpack(text)
		if err != nil {
			return nil, err
		}
		all[r.EnrollmentID] = append(all[r.EnrollmentID], r)
	}
	return all, db.Check(rows.Err())
}

// A balance is a file that was accepted as an opening balance.
type balance struct {
	bun.BaseModel `bun:"table:opening_balances"`

	ID           string `bun:",pk"`
	EnrollmentID string
	Source       string
	Hash         string // SHA-256 of the file, in hexadecimal
	Lines        int
	AcceptedBy   string
	AcceptedAt   db.Time
}

func insertBalance(ctx context.Context, tx bun.IDB, b *balance) error {
	_, err := tx.NewInsert().Model(b).Exec(ctx)
	if err = db.Check(err); errors.Is(err, db.ErrExists) {
		return ErrCarried
	}
	return err
}

func hasBalance(ctx context.Context, idb bun.IDB, b *balance) (bool, error) {
	ok, err := idb.NewSelect().Model((*balance)(nil)).
		Where("enrollment_id = ? AND source = ? AND hash = ?", b.EnrollmentID, b.Source, b.Hash).Exists(ctx)
	return ok, db.Check(err)
}
