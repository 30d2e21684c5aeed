package quiz

import (
	"context"
	"errors"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/db"
)

func getChallenge(ctx context.Context, idb bun.IDB, id string) (*Challenge, error) {
	c := new(Challenge)
	return c, db.Check(idb.NewSelect().Model(c).Where("id = ?", id).Scan(ctx))
}

// holdChallenge reads a challenge and keeps everybody from answering it until
// the transaction ends.
func holdChallenge(ctx context.Context, tx bun.IDB, id string) (*Challenge, error) {
	c := new(Challenge)
	q := tx.NewSelect().Model(c).Where("id = ?", id)
	if db.Postgres(tx) {
		q = q.For("UPDATE")
	}
	return c, db.Check(q.Scan(ctx))
}

// challengeOf returns the challenge of an item, or nil.
func challengeOf(ctx context.Context, idb bun.IDB, attemptID, item string) (*Challenge, error) {
	c := new(Challenge)
	err := db.Check(idb.NewSelect().Model(c).Where("attempt_id = ? AND item = ?", attemptID, item).Scan(ctx))
	if errors.Is(err, db.ErrNone) {
		return nil, nil
	}
	return c, err
}

func insertChallenge(ctx context.Context, tx bun.IDB, c *Challenge) error {
	_, err := tx.NewInsert().Model(c).Exec(ctx)
	return db.Check(err)
}

// updateChallenge writes an answer, if nobody answered since c was read.
func updateChallenge(ctx context.Context, tx bun.IDB, c *Challenge) error {
	read := c.Version
	c.Version++
	res, err := tx.NewUpdate().Model(c).Column("decision", "answer", "answered_by", "answered_at", "version").
		Where("id = ? AND version = ? AND decision IS NULL", c.ID, read).Exec(ctx)
	return db.One(res, err, ErrAnswered)
}

func challengesIn(ctx context.Context, idb bun.IDB, attemptID string) (rows []*Challenge, err error) {
	err = idb.NewSelect().Model(&rows).Where("attempt_id = ?", attemptID).OrderExpr("id").Scan(ctx)
	return rows, db.Check(err)
}

// challenges lists those of the enrollments e that a query returns. Each is
// looked up there in its turn: a page of a list that is in order already.
func challenges(ctx context.Context, idb bun.IDB, enrollments *bun.SelectQuery, waiting bool, after string, limit int64) (rows []*Challenge, err error) {
	q := idb.NewSelect().Model(&rows).Where("EXISTS (?)", enrollments.Where("e.id = challenge.enrollment_id")).Where("id > ?", after).OrderExpr("id").Limit(limit)
	if waiting {
		q.Where("decision IS NULL")
	}
	return rows, db.Check(q.Scan(ctx))
}
