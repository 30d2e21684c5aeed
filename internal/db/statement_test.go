package db_test

import (
	"database/sql"
	"errors"
	"slices"
	"testing"

	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/dbtest"
)

func TestAStatementIsATransactionOfItsOwn(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		withMoments(t, d)
		const insert = `INSERT INTO moments (id, n) VALUES ($1, 1), ($2, 2)`
		for _, pair := range [][]any{{"a", "b"}, {"c", "d"}} { // the second time it is prepared already
			if n, err := d.Statement(t.Context(), insert, pair...); err != nil || n != 2 {
				t.Errorf("insert of %v wrote %d rows, %v", pair, n, err)
			}
		}
		if _, err := d.Statement(t.Context(), insert, "e", "a"); !errors.Is(err, db.ErrExists) {
			t.Errorf("insert of a row that is there: %v", err)
		}
		if n, err := d.NewSelect().Table("moments").Count(t.Context()); err != nil || n != 4 {
			t.Errorf("%d rows (%v), want the four that were said to be written", n, err)
		}
	})
}

func TestAStatementThatCannotBeCommittedSaysSo(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		withMoments(t, d)
		exec(t, d, `CREATE TABLE parts (id TEXT PRIMARY KEY, moment TEXT NOT NULL REFERENCES moments (id) DEFERRABLE INITIALLY DEFERRED)`)
		if _, err := d.Statement(t.Context(), `INSERT INTO parts (id, moment) VALUES ($1, 'nowhere')`, "a"); !errors.Is(err, db.ErrDangling) {
			t.Errorf("a row that the commit refuses: %v", err)
		}
		if n, err := d.NewSelect().Table("parts").Count(t.Context()); err != nil || n != 0 {
			t.Errorf("%d rows (%v) after a commit that failed", n, err)
		}
		exec(t, d, `INSERT INTO moments (id, n) VALUES ('b', 1)`) // the connection is fit for more
	})
}

func TestRowsAreReadWithoutWriting(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		withMoments(t, d)
		exec(t, d, `INSERT INTO moments (id, n) VALUES ('a', 1), ('b', 2), ('c', 3)`)
		among, arg, err := d.AnyOf(2, []string{"a", `b"`, "c"})
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // the second time it is prepared already
			var ids []string
			err := d.Rows(t.Context(), `SELECT id FROM moments WHERE n > $1 AND id`+among+` ORDER BY id`, []any{0, arg}, func(row *sql.Rows) error {
				var id string
				err := row.Scan(&id)
				ids = append(ids, id)
				return err
			})
			if want := []string{"a", "c"}; err != nil || !slices.Equal(ids, want) {
				t.Errorf("Rows gave %v, %v; want %v", ids, err, want)
			}
		}
		refused := errors.New("enough")
		if err := d.Rows(t.Context(), `SELECT id FROM moments`, nil, func(*sql.Rows) error { return refused }); !errors.Is(err, refused) {
			t.Errorf("Rows whose reader refuses = %v", err)
		}
	})
}
