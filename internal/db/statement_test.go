package db_test

import (
	"database/sql"
	"errors"
	"slices"
	"testing"

	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/dbtest"
)

// names runs a statement that returns ids.
func names(t *testing.T, d *db.DB, statement string, args ...any) (ids []string, err error) {
	err = d.Statement(t.Context(), statement, args, func(rows *sql.Rows) error {
		var id string
		err := rows.Scan(&id)
		ids = append(ids, id)
		return err
	})
	return ids, err
}

func TestAStatementIsATransactionOfItsOwn(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		withMoments(t, d)
		const insert = `INSERT INTO moments (id, n) VALUES ($1, 1), ($2, 2) RETURNING id`
		for _, pair := range [][2]string{{"a", "b"}, {"c", "d"}} { // the second time it is prepared already
			if got, err := names(t, d, insert, pair[0], pair[1]); err != nil || !slices.Equal(got, pair[:]) {
				t.Errorf("insert of %v returned %v, %v", pair, got, err)
			}
		}
		if _, err := names(t, d, insert, "e", "a"); !errors.Is(err, db.ErrExists) {
			t.Errorf("insert of a row that is there: %v", err)
		}
		if n, err := d.NewSelect().Table("moments").Count(t.Context()); err != nil || n != 4 {
			t.Errorf("%d rows (%v), want the four that were said to be written", n, err)
		}
	})
}

// What a commit has against it comes after the last row.
func TestAStatementThatCannotBeCommittedSaysSo(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		withMoments(t, d)
		exec(t, d, `CREATE TABLE parts (id TEXT PRIMARY KEY, moment TEXT NOT NULL REFERENCES moments (id) DEFERRABLE INITIALLY DEFERRED)`)
		if _, err := names(t, d, `INSERT INTO parts (id, moment) VALUES ($1, 'nowhere') RETURNING id`, "a"); !errors.Is(err, db.ErrDangling) {
			t.Errorf("a row that the commit refuses: %v", err)
		}
		if n, err := d.NewSelect().Table("parts").Count(t.Context()); err != nil || n != 0 {
			t.Errorf("%d rows (%v) after a commit that failed", n, err)
		}
		exec(t, d, `INSERT INTO moments (id, n) VALUES ('b', 1)`) // the connection is fit for more
	})
}
