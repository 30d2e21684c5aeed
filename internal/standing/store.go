package standing

import (
	"context"
	"errors"
	"slices"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/db"
)

func getWaiver(ctx context.Context, idb bun.IDB, id string) (*Waiver, error) {
	if !db.IsID(id) {
		return nil, db.ErrNone
	}
	w := new(Waiver)
	return w, db.Check(idb.NewSelect().Model(w).Where("id = ?", id).Scan(ctx))
}

// insertWaiver returns ErrWaived where one of the same requirement is open or
// holds.
func insertWaiver(ctx context.Context, tx bun.IDB, w *Waiver) error {
	_, err := tx.NewInsert().Model(w).Exec(ctx)
	if err = db.Check(err); errors.Is(err, db.ErrExists) {
		return ErrWaived
	}
	return err
}

// updateWaiver writes what was decided, if nobody decided since w was read.
func updateWaiver(ctx context.Context, tx bun.IDB, w *Waiver) error {
	read := w.Version
	w.Version++
	res, err := tx.NewUpdate().Model(w).
		Column("state", "decided_by", "decided_at", "decision_note", "withdrawn_by", "withdrawn_at", "withdrawal_note", "version").
		Where("id = ? AND version = ?", w.ID, read).Exec(ctx)
	return db.One(res, err, ErrWaiverStale)
}

func waiversOf(ctx context.Context, idb bun.IDB, enrollmentID string) (rows []*Waiver, err error) {
	err = idb.NewSelect().Model(&rows).Where("enrollment_id = ?", enrollmentID).OrderExpr("id").Scan(ctx)
	return rows, db.Check(err)
}

// hasOpen reports whether a hold of a kind about a log is open.
func hasOpen(ctx context.Context, idb bun.IDB, enrollmentID string, kind HoldKind, logID string) (bool, error) {
	open, err := idb.NewSelect().Model((*Hold)(nil)).
		Where("enrollment_id = ? AND kind = ? AND log_id = ? AND state = ?", enrollmentID, kind, logID, Open).Exists(ctx)
	return open, db.Check(err)
}

func getHold(ctx context.Context, idb bun.IDB, id string) (*Hold, error) {
	if !db.IsID(id) {
		return nil, db.ErrNone
	}
	h := new(Hold)
	return h, db.Check(idb.NewSelect().Model(h).Where("id = ?", id).Scan(ctx))
}

// insertHold returns ErrLog where the hold names a log that is not the
// enrollment's: SQL knows, this package does not ask.
func insertHold(ctx context.Context, tx bun.IDB, h *Hold) error {
	_, err := tx.NewInsert().Model(h).Exec(ctx)
	if err = db.Check(err); errors.Is(err, db.ErrDangling) && h.LogID != "" {
		return ErrLog
	}
	return err
}

// updateHold writes what was done, if nobody did anything since h was read.
func updateHold(ctx context.Context, tx bun.IDB, h *Hold) error {
	read := h.Version
	h.Version++
	res, err := tx.NewUpdate().Model(h).
		Column("state", "reply", "replied_at", "remediation", "decided_by", "decided_at", "decision", "appeal_by", "appeal", "appealed_at",
			"appeal_decided_by", "appeal_decided_at", "appeal_decision", "version").
		Where("id = ? AND version = ?", h.ID, read).Exec(ctx)
	return db.One(res, err, ErrHoldStale)
}

func holdsOf(ctx context.Context, idb bun.IDB, enrollmentID string) (rows []*Hold, err error) {
	err = idb.NewSelect().Model(&rows).Where("enrollment_id = ?", enrollmentID).OrderExpr("id").Scan(ctx)
	return rows, db.Check(err)
}

// Keeps reports whether a hold of an enrollment is under way, so that what it is
// about must stay. It reads through idb, so that a deed can ask inside its
// transaction.
func (s *Service) Keeps(ctx context.Context, idb bun.IDB, enrollmentID string) (bool, error) {
	rows, err := holdsOf(ctx, idb, enrollmentID)
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(rows, func(h *Hold) bool {
		return h.Kind != Payment && h.Kind != Licence && (h.State == Open || h.State == Upheld && h.AppealDecision == "")
	}), nil
}

// approved reads, for evidence, the waivers that have an effect: what, why and
// since when.
func approved(ctx context.Context, idb bun.IDB, ids []string) (rows []*Waiver, err error) {
	err = idb.NewSelect().Model(&rows).Column("id", "enrollment_id", "requirement", "reason", "state", "decided_by", "decided_at").
		Where("enrollment_id IN (?) AND state = ?", bun.List(ids), Approved).OrderExpr("id").Scan(ctx)
	return rows, db.Check(err)
}

// allHolds reads, for evidence, every hold, without what was said.
func allHolds(ctx context.Context, idb bun.IDB, ids []string) (rows []*Hold, err error) {
	err = idb.NewSelect().Model(&rows).Column("id", "enrollment_id", "kind", "log_id", "state", "reply_by", "replied_at", "opened_at", "decided_at", "appeal_by", "appealed_at").
		Where("enrollment_id IN (?)", bun.List(ids)).OrderExpr("id").Scan(ctx)
	return rows, db.Check(err)
}
