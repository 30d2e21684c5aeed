package db_test

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"testing"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/dbtest"
)

func TestAWatcherIsToldOfEveryStatement(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		withMoments(t, d)
		var told []string
		d.Watch(func(statement string, args ...any) { told = append(told, fmt.Sprint(statement, args)) })
		err := d.Tx(t.Context(), func(ctx context.Context, tx bun.Tx) error {
			_, err := tx.NewRaw(`INSERT INTO moments (id, n) VALUES (?, 1)`, "a").Exec(ctx)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := d.NewSelect().Table("moments").Where("id = ?", "a").Count(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Statement(t.Context(), `UPDATE moments SET n = 2 WHERE id = $1`, "a"); err != nil {
			t.Fatal(err)
		}
		if err := d.Rows(t.Context(), `SELECT n FROM moments WHERE id = $1`, []any{"a"}, func(*sql.Rows) error { return nil }); err != nil {
			t.Fatal(err)
		}
		want := []string{
			"BEGIN[]", "INSERT INTO moments (id, n) VALUES ('a', 1)[]", "COMMIT[]",
			`SELECT count(*) FROM "moments" WHERE (id = 'a')[]`,
			"UPDATE moments SET n = 2 WHERE id = $1[a]", "SELECT n FROM moments WHERE id = $1[a]",
		}
		if !slices.Equal(told, want) {
			t.Errorf("the watcher was told of %q, want %q", told, want)
		}
	})
}
