package db_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/dbtest"
	"github.com/kapstone-lms/kapstone/internal/fault"
	"github.com/kapstone-lms/kapstone/migrations"
)

type moment struct {
	bun.BaseModel `bun:"table:moments"`

	ID string  `bun:",pk"`
	At db.Time `bun:"at"`
	N  int64
}

// withMoments adds a table of this test's own to a fresh database.
func withMoments(t *testing.T, d *db.DB) {
	t.Helper()
	exec(t, d, `CREATE TABLE moments (id TEXT PRIMARY KEY, at BIGINT, n BIGINT NOT NULL)`)
}

func exec(t *testing.T, d *db.DB, stmt string) {
	t.Helper()
	if err := d.Tx(t.Context(), func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.ExecContext(ctx, stmt)
		return err
	}); err != nil {
		t.Fatalf("%s: %v", stmt, err)
	}
}

func TestATimeComesBackAsItWasWritten(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		withMoments(t, d)
		for _, want := range []db.Time{
			{}, db.At(time.Date(2026, 11, 24, 8, 30, 0, 123_456_789, time.FixedZone("", 3600))), db.At(time.Unix(1, 0)),
		} {
			m := &moment{ID: db.NewID(), At: want}
			if err := d.Tx(t.Context(), func(ctx context.Context, tx bun.Tx) error {
				_, err := tx.NewInsert().Model(m).Exec(ctx)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			got := new(moment)
			if err := d.NewSelect().Model(got).Where("id = ?", m.ID).Scan(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got.At != want {
				t.Errorf("read %v, want %v", got.At, want)
			}
		}
	})
}

func TestDriverErrorsGetTheirMeaning(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		withMoments(t, d)
		exec(t, d, `INSERT INTO moments (id, n) VALUES ('a', 1)`)
		err := d.Tx(t.Context(), func(ctx context.Context, tx bun.Tx) error {
			_, err := tx.ExecContext(ctx, `INSERT INTO moments (id, n) VALUES ('a', 2)`)
			return err
		})
		if !errors.Is(err, db.ErrExists) {
			t.Errorf("a second row with the same key: %v, want ErrExists", err)
		}
		if f := fault.Of(err); f != nil {
			t.Errorf("ErrExists is shown to the reader as %v; only the feature knows what it means", f)
		}
		exec(t, d, `CREATE TABLE notes (moment TEXT NOT NULL REFERENCES moments (id))`)
		err = d.Tx(t.Context(), func(ctx context.Context, tx bun.Tx) error {
			_, err := tx.ExecContext(ctx, `INSERT INTO notes (moment) VALUES ('b')`)
			return err
		})
		if !errors.Is(err, db.ErrDangling) || fault.Of(err) != nil {
			t.Errorf("a row that names none: %v, want ErrDangling and no fault", err)
		}
		err = db.Check(d.NewSelect().Model(new(moment)).Where("id = 'b'").Scan(t.Context()))
		if !errors.Is(err, db.ErrNone) {
			t.Errorf("no row: %v, want ErrNone", err)
		}
	})
}

func TestAServerThatIsAwayIsUnavailable(t *testing.T) {
	_, err := db.Open(t.Context(), "postgres://nobody@127.0.0.1:1/none", migrations.FS)
	if !errors.Is(db.Check(err), db.ErrAway) {
		t.Errorf("Open on a closed port = %v, want ErrAway", err)
	}
}

func TestAPasswordInTheAddressIsNotRepeated(t *testing.T) {
	_, err := db.Open(t.Context(), "postgres://u:hunter2@host:notaport/x", migrations.FS)
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("Open = %v, want an error without the password", err)
	}
}

func TestOneWriteOneRow(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		withMoments(t, d)
		exec(t, d, `INSERT INTO moments (id, n) VALUES ('a', 1), ('b', 1)`)
		miss := errors.New("miss")
		for where, want := range map[string]bool{"id = 'a'": true, "id = 'z'": false} {
			err := d.Tx(t.Context(), func(ctx context.Context, tx bun.Tx) error {
				res, err := tx.ExecContext(ctx, `UPDATE moments SET n = 2 WHERE `+where)
				return db.One(res, err, miss)
			})
			if want != (err == nil) || !want && !errors.Is(err, miss) {
				t.Errorf("update where %s: %v", where, err)
			}
		}
		err := d.Tx(t.Context(), func(ctx context.Context, tx bun.Tx) error {
			res, err := tx.ExecContext(ctx, `UPDATE moments SET n = 3`)
			return db.One(res, err, miss)
		})
		if err == nil || errors.Is(err, miss) {
			t.Errorf("an update of two rows: %v, want an error", err)
		}
		var threes int
		if err := d.NewRaw(`SELECT count(*) FROM moments WHERE n = 3`).Scan(t.Context(), &threes); err != nil || threes != 0 {
			t.Errorf("%d rows kept a refused write (%v)", threes, err)
		}
	})
}

// CHECKS DU-06: read-then-write transactions side by side must all succeed.
func TestFiftyWritersOfOneRow(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		withMoments(t, d)
		exec(t, d, `INSERT INTO moments (id, n) VALUES ('a', 0)`)
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() {
				if err := d.Tx(t.Context(), increment); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		var n int
		if err := d.NewRaw(`SELECT n FROM moments WHERE id = 'a'`).Scan(t.Context(), &n); err != nil || n != 50 {
			t.Errorf("n = %d (%v), want 50", n, err)
		}
	})
}

func increment(ctx context.Context, tx bun.Tx) error {
	if err := db.Lock(ctx, tx, "a"); err != nil {
		return err
	}
	var n int
	if err := tx.NewRaw(`SELECT n FROM moments WHERE id = 'a'`).Scan(ctx, &n); err != nil {
		return err
	}
	_, err := tx.NewRaw(`UPDATE moments SET n = ? WHERE id = 'a'`, n+1).Exec(ctx)
	return err
}

func TestReadsCannotWriteOnSQLite(t *testing.T) {
	d := dbtest.Open(t)
	if _, err := d.ExecContext(t.Context(), `CREATE TABLE x (id TEXT)`); err == nil {
		t.Error("a write through the reading pool succeeded")
	}
}

func TestSQLiteIsDurableAndPrivate(t *testing.T) {
	file := filepath.Join(t.TempDir(), "deep", "k p%20?.db")
	d, err := db.Open(t.Context(), file, migrations.FS)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for pragma, want := range map[string]string{"synchronous": "2", "foreign_keys": "1", "journal_mode": "wal", "busy_timeout": "5000"} {
		var got string
		if err := d.Tx(t.Context(), func(ctx context.Context, tx bun.Tx) error {
			return tx.NewRaw("PRAGMA "+pragma).Scan(ctx, &got)
		}); err != nil || got != want {
			t.Errorf("PRAGMA %s = %q (%v), want %q", pragma, got, err, want)
		}
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode of the file: %v (%v), want 0600", info, err)
	}
}

func TestMigrationsRunOnceHoweverManyStart(t *testing.T) {
	steps := fstest.MapFS{}
	for _, kind := range []string{"sqlite", "postgres"} {
		for i := range 4 {
			steps[fmt.Sprintf("%s/%04d.sql", kind, i)] = &fstest.MapFile{
				Data: fmt.Appendf(nil, "CREATE TABLE t%d (id TEXT); INSERT INTO t%d VALUES ('x');", i, i)}
		}
		steps[kind+"/9999.sql"] = &fstest.MapFile{Data: []byte("CREATE TABLE test_clock (id INTEGER, offset_ms BIGINT);")}
	}
	dbtest.EachEmpty(t, func(t *testing.T, url string) {
		var wg sync.WaitGroup
		for range 6 {
			wg.Go(func() {
				d, err := db.Open(context.Background(), url, steps)
				if err != nil {
					t.Error(err)
					return
				}
				if err := d.Close(); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		d, err := db.Open(t.Context(), url, steps)
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		var n int
		if err := d.NewRaw(`SELECT (SELECT count(*) FROM t0) + (SELECT count(*) FROM t3)`).Scan(t.Context(), &n); err != nil || n != 2 {
			t.Errorf("rows made by the steps: %d (%v), want 2", n, err)
		}
	})
}

func TestADatabaseOfANewerProgramIsRefused(t *testing.T) {
	dbtest.EachEmpty(t, func(t *testing.T, url string) {
		d, err := db.Open(t.Context(), url, migrations.FS)
		if err != nil {
			t.Fatal(err)
		}
		exec(t, d, `INSERT INTO schema_steps (name) VALUES ('9999_future.sql')`)
		d.Close()
		if d, err = db.Open(t.Context(), url, migrations.FS); err == nil || !strings.Contains(err.Error(), "9999_future.sql") {
			t.Errorf("Open = %v, want a refusal that names the unknown step", err)
			d.Close()
		}
	})
}

func TestTheTestClockMovesForEveryProcess(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		one, err := db.NewClock(t.Context(), d)
		if err != nil {
			t.Fatal(err)
		}
		other, err := db.NewClock(t.Context(), d)
		if err != nil {
			t.Fatal(err)
		}
		if err := one.Advance(t.Context(), time.Hour); err != nil {
			t.Fatal(err)
		}
		goal := time.Now().Add(48 * time.Hour)
		if err := one.SetTo(t.Context(), goal); err != nil {
			t.Fatal(err)
		}
		if err := other.Sync(t.Context()); err != nil {
			t.Fatal(err)
		}
		for name, c := range map[string]*db.Clock{"the one that moved": one, "another": other} {
			if off := c.Now().Sub(goal).Abs(); off > 2*time.Second {
				t.Errorf("%s is off by %v", name, off)
			}
		}
	})
}

func TestIDsAreOrderedAndRecognized(t *testing.T) {
	a, b := db.NewID(), db.NewID()
	if a >= b {
		t.Errorf("%s was made before %s and sorts after it", a, b)
	}
	for s, want := range map[string]bool{a: true, "": false, "x": false, a + "x": false, strings.ReplaceAll(a, "-", "\x00"): false, "{" + a[:35]: false} {
		if db.IsID(s) != want {
			t.Errorf("IsID(%q) = %v, want %v", s, !want, want)
		}
	}
}
