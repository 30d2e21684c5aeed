package db_test

import (
	"context"
	"errors"
	"testing"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/dbtest"
)

func TestAGuardComesBeforeEveryTransaction(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		withMoments(t, d)
		insert := func(ctx context.Context, tx bun.Tx) error {
			_, err := tx.NewInsert().Model(&moment{ID: db.NewID()}).Exec(ctx)
			return err
		}
		no := errors.New("no")
		for _, tt := range []struct {
			guard error
			rows  int64
		}{{nil, 2}, {no, 0}} { // the guard writes one row too
			ctx := db.Guarded(t.Context(), func(ctx context.Context, tx bun.Tx) error {
				return errors.Join(insert(ctx, tx), tt.guard)
			})
			if err := d.Tx(ctx, insert); !errors.Is(err, tt.guard) {
				t.Errorf("guard says %v, Tx = %v", tt.guard, err)
			}
			n, err := d.NewSelect().Table("moments").Count(t.Context())
			if err != nil || n != tt.rows {
				t.Errorf("guard says %v: %d rows, %v, want %d", tt.guard, n, err, tt.rows)
			}
			exec(t, d, `DELETE FROM moments`)
		}
	})
}
