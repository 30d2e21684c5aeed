package credential

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/db"
)

func get(ctx context.Context, idb bun.IDB, id string) (*Certificate, error) {
	c := new(Certificate)
	return c, db.Check(idb.NewSelect().Model(c).Where("id = ?", id).Scan(ctx))
}

func byCode(ctx context.Context, idb bun.IDB, code string) (*Certificate, error) {
	c := new(Certificate)
	return c, db.Check(idb.NewSelect().Model(c).Where("code = ?", code).Scan(ctx))
}

// current returns the certificate that stands for an enrollment: the valid
// one, or the one that was revoked.
func current(ctx context.Context, idb bun.IDB, enrollmentID string) (*Certificate, error) {
	c := new(Certificate)
	err := idb.NewSelect().Model(c).Where("enrollment_id = ? AND status <> ?", enrollmentID, Superseded).
		OrderExpr("id DESC").Limit(1).Scan(ctx)
	return c, db.Check(err)
}

func currents(ctx context.Context, idb bun.IDB, enrollmentIDs []string) (map[string]*Certificate, error) {
	all := make(map[string]*Certificate, len(enrollmentIDs))
	if len(enrollmentIDs) == 0 {
		return all, nil
	}
	var rows []*Certificate
	err := idb.NewSelect().Model(&rows).Where("enrollment_id IN (?) AND status <> ?", bun.List(enrollmentIDs), Superseded).
		OrderExpr("id").Scan(ctx)
	for _, c := range rows {
		all[c.EnrollmentID] = c
	}
	return all, db.Check(err)
}

// insert writes a certificate with its bytes. A second one for the same
// enrollment is db.ErrExists: whoever holds the evidence lock has looked.
func insert(ctx context.Context, tx bun.IDB, c *Certificate, pdf []byte) error {
	if _, err := tx.NewInsert().Model(c).Exec(ctx); err != nil {
		return db.Check(err)
	}
	_, err := tx.NewRaw(`INSERT INTO certificate_documents (certificate_id, pdf) VALUES (?, ?)`, c.ID, pdf).Exec(ctx)
	return db.Check(err)
}

func document(ctx context.Context, idb bun.IDB, id string) (pdf []byte, err error) {
	err = idb.NewSelect().Table("certificate_documents").Column("pdf").Where("certificate_id = ?", id).Scan(ctx, &pdf)
	return pdf, db.Check(err)
}

// updateStatus writes c's status if the certificate is still valid.
func updateStatus(ctx context.Context, tx bun.IDB, c *Certificate) error {
	res, err := tx.NewUpdate().Model(c).
		Column("status", "status_at", "status_by", "status_reason", "status_note").
		Where("id = ? AND status = ?", c.ID, Valid).Exec(ctx)
	return db.One(res, err, ErrNotValid)
}

// visible narrows a list to the enrollments a person holds and the programs
// they administer.
type visible struct {
	held     []string
	programs []string
	all      bool
}

func list(ctx context.Context, idb bun.IDB, v visible, after string, limit int64) (rows []*Certificate, err error) {
	q := idb.NewSelect().Model(&rows).Where("id > ?", after).OrderExpr("id").Limit(limit)
	if !v.all {
		q.WhereGroup(" AND ", func(q *bun.SelectQuery) *bun.SelectQuery {
			q.Where("1 = 0")
			if len(v.held) > 0 {
				q.WhereOr("enrollment_id IN (?)", bun.List(v.held))
			}
			if len(v.programs) > 0 {
				q.WhereOr("program IN (?)", bun.List(v.programs))
			}
			return q
		})
	}
	return rows, db.Check(q.Scan(ctx))
}
