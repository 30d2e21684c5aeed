package practicum

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/db"
)

// A secondRow is a second rating as it lies in SQL, its texts sealed.
type secondRow struct {
	bun.BaseModel `bun:"table:practicum_seconds,alias:s"`

	ID          string `bun:",pk"`
	LogID       string
	Cause       Cause
	OpenedAt    db.Time
	Said        []byte
	FirstID     string
	FirstGrades Grades `bun:"type:text"`
	RaterID     string `bun:",nullzero"`
	Grades      Grades `bun:"type:text"`
	Feedback    []byte
	RatedAt     db.Time
}

// secondPlace is where a text of a second rating opens.
func secondPlace(column, id string) string { return "practicum_seconds/" + column + "/" + id }

// second opens the texts of a row.
func (s *Service) second(r *secondRow) (*Second, error) {
	out := &Second{
		ID: r.ID, LogID: r.LogID, Cause: r.Cause, OpenedAt: r.OpenedAt, FirstID: r.FirstID, First: r.FirstGrades, RaterID: r.RaterID,
		Grades: r.Grades, RatedAt: r.RatedAt,
	}
	for _, t := range []struct {
		column string
		sealed []byte
		to     *string
	}{{"said", r.Said, &out.Said}, {"feedback", r.Feedback, &out.Feedback}} {
		if len(t.sealed) == 0 {
			continue
		}
		plain, err := s.ring.Unseal(secondPlace(t.column, r.ID), t.sealed)
		if err != nil {
			return nil, fmt.Errorf("second rating %s, %s: %w", r.ID, t.column, err)
		}
		*t.to = string(plain)
	}
	return out, nil
}

// insertSecond returns ErrSecond where the log has a second rating already.
func insertSecond(ctx context.Context, tx bun.IDB, r *secondRow) error {
	if r.ID == "" {
		r.ID = db.NewID()
	}
	if r.Said == nil {
		r.Said = []byte{}
	}
	r.Grades, r.Feedback = Grades{}, []byte{}
	res, err := tx.NewInsert().Model(r).On("CONFLICT (log_id) DO NOTHING").Exec(ctx)
	return db.One(res, err, ErrSecond)
}

// renewSecond makes a second rating that is open one of the grades that a log
// has now. It reports whether there is one.
func renewSecond(ctx context.Context, tx bun.IDB, l *Log, at time.Time) (bool, error) {
	res, err := tx.NewUpdate().Model(&secondRow{OpenedAt: db.At(at), FirstID: l.GraderID, FirstGrades: l.Grades}).
		Column("opened_at", "first_id", "first_grades", "rater_id").Where("log_id = ? AND rated_at IS NULL", l.ID).Exec(ctx)
	err = db.One(res, err, db.ErrNone)
	if errors.Is(err, db.ErrNone) {
		return false, nil
	}
	return err == nil, err
}

// secondOf is the second rating of a log, or nil.
func secondOf(ctx context.Context, idb bun.IDB, logID string) (*secondRow, error) {
	r := new(secondRow)
	err := db.Check(idb.NewSelect().Model(r).Where("s.log_id = ?", logID).Scan(ctx))
	if errors.Is(err, db.ErrNone) {
		return nil, nil
	}
	return r, err
}

// undisputed refuses a log whose author waits for a second rater.
func undisputed(ctx context.Context, idb bun.IDB, logID string) error {
	r, err := secondOf(ctx, idb, logID)
	if err == nil && r != nil && r.Cause == Dispute && r.RatedAt.IsZero() {
		err = ErrDisputed
	}
	return err
}

// getSecond returns a second rating by an id that came from outside, and whose
// log it is about. One of a log that was sent back is none until that is graded
// anew.
func getSecond(ctx context.Context, idb bun.IDB, id string) (r *secondRow, enrollmentID string, err error) {
	if !db.IsID(id) {
		return nil, "", db.ErrNone
	}
	r = new(secondRow)
	if err := db.Check(idb.NewSelect().Model(r).Where("s.id = ?", id).Scan(ctx)); err != nil {
		return nil, "", err
	}
	err = idb.NewSelect().Model((*row)(nil)).Column("enrollment_id").Where("id = ? AND status IN (?)", r.LogID, judged).Scan(ctx, &enrollmentID)
	return r, enrollmentID, db.Check(err)
}

// judged are the statuses of logs with grades.
var judged = bun.List([]Status{Graded, Countersigned})

// openSeconds lists open second ratings that a person may give, of supervised
// enrollments or by name, after the one named by after.
func openSeconds(ctx context.Context, idb bun.IDB, supervised *bun.SelectQuery, personID, after string, limit int64) (rows []*secondRow, err error) {
	err = idb.NewSelect().Model(&rows).Join("JOIN practicum_logs AS l ON l.id = s.log_id").
		Where("s.rated_at IS NULL AND s.first_id <> ? AND s.id > ? AND l.status IN (?)", personID, after, judged).
		Where("(s.rater_id = ? OR s.rater_id IS NULL AND l.enrollment_id IN (?))", personID, supervised).
		OrderExpr("s.id").Limit(limit).Scan(ctx)
	return rows, db.Check(err)
}

func disputeSecond(ctx context.Context, tx bun.IDB, id string, said []byte) error {
	res, err := tx.NewUpdate().Model((*secondRow)(nil)).Set("cause = ?", Dispute).Set("said = ?", said).
		Where("id = ? AND rated_at IS NULL", id).Exec(ctx)
	return db.One(res, err, ErrSecond)
}

// rateSecond writes a second rating if nobody has given it.
func rateSecond(ctx context.Context, tx bun.IDB, r *secondRow) error {
	res, err := tx.NewUpdate().Model(r).Column("rater_id", "grades", "feedback", "rated_at").Where("id = ? AND rated_at IS NULL", r.ID).Exec(ctx)
	return db.One(res, err, ErrRated)
}

// readSince reports whether a person has read the log since it was graded, by
// the ledger. Whoever reads a graded log sees its grades.
func readSince(ctx context.Context, idb bun.IDB, r *secondRow, personID string) (bool, error) {
	saw, err := idb.NewSelect().TableExpr("audit_entries").
		Where("object = ? AND actor_id = ? AND action LIKE 'log.%' AND action <> 'log.read_to_rate'", r.LogID, personID).
		Where("seq > (SELECT coalesce(min(seq), 0) FROM audit_entries WHERE object = ? AND action = 'log.graded')", r.LogID).Exists(ctx)
	return saw, db.Check(err)
}
