package experience

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/db"
)

func insert(ctx context.Context, tx bun.IDB, id, version string, minutes int) (changed bool, err error) {
	res, err := tx.NewRaw(`INSERT INTO experience_attestations (enrollment_id, statement_version, minutes)
		VALUES (?, ?, ?) ON CONFLICT (enrollment_id) DO NOTHING`, id, version, minutes).Exec(ctx)
	if err != nil {
		return false, db.Check(err)
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

func remove(ctx context.Context, tx bun.IDB, id string) (changed bool, err error) {
	res, err := tx.NewRaw(`DELETE FROM experience_attestations WHERE enrollment_id = ?`, id).Exec(ctx)
	if err != nil {
		return false, db.Check(err)
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

// The choices lie apart from the attestations, under a hash. No other function
// of the product reads them.

func choice(ctx context.Context, idb bun.IDB, subject string) (sealed []byte, err error) {
	err = idb.NewSelect().Table("experience_choices").Column("sealed").Where("subject = ?", subject).Scan(ctx, &sealed)
	return sealed, db.Check(err)
}

func keepChoice(ctx context.Context, tx bun.IDB, subject string, sealed []byte) error {
	_, err := tx.NewRaw(`INSERT INTO experience_choices (subject, sealed) VALUES (?, ?)
		ON CONFLICT (subject) DO UPDATE SET sealed = excluded.sealed`, subject, sealed).Exec(ctx)
	return db.Check(err)
}

func removeChoice(ctx context.Context, tx bun.IDB, subject string) (changed bool, err error) {
	res, err := tx.NewRaw(`DELETE FROM experience_choices WHERE subject = ?`, subject).Exec(ctx)
	if err != nil {
		return false, db.Check(err)
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

func attested(ctx context.Context, idb bun.IDB, ids []string) (map[string]bool, error) {
	met := make(map[string]bool, len(ids))
	if len(ids) == 0 {
		return met, nil
	}
	var rows []string
	err := idb.NewSelect().Table("experience_attestations").Column("enrollment_id").
		Where("enrollment_id IN (?)", bun.List(ids)).Scan(ctx, &rows)
	for _, id := range rows {
		met[id] = true
	}
	return met, db.Check(err)
}
