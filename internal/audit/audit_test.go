package audit_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/dbtest"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func by(t *testing.T, id string, grants ...access.Grant) context.Context {
	return access.With(t.Context(), access.Actor{ID: id, Session: "s", Address: "127.0.0.1", RequestID: "r", Grants: grants})
}

func appendTo(ctx context.Context, d *db.DB, action string) error {
	return d.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		return audit.Append(ctx, tx, noon, action, "thing", map[string]int{"n": 1})
	})
}

func ledger(t *testing.T, d *db.DB, n int) {
	t.Helper()
	for i := range n {
		if err := appendTo(by(t, "a"), d, fmt.Sprint("deed.", i)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAChainOfDeedsHolds(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for _, n := range []int{0, 3} {
			ledger(t, d, n)
			f, err := audit.Verify(t.Context(), d)
			if err != nil || f.Bad != 0 || f.Entries != int64(n) {
				t.Errorf("after %d deeds Verify = %+v, %v", n, f, err)
			}
		}
	})
}

func TestDeedsAtOnceFormOneChain(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				if err := appendTo(by(t, "a"), d, "deed"); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if f, err := audit.Verify(t.Context(), d); err != nil || f.Bad != 0 || f.Entries != 20 {
			t.Errorf("Verify = %+v, %v; want 20 entries that hold", f, err)
		}
	})
}

func TestADeedRolledBackLeavesNoEntry(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		no := errors.New("no")
		err := d.Tx(by(t, "a"), func(ctx context.Context, tx bun.Tx) error {
			return errors.Join(audit.Append(ctx, tx, noon, "deed", "x", nil), no)
		})
		if !errors.Is(err, no) {
			t.Fatal(err)
		}
		if f, err := audit.Verify(t.Context(), d); err != nil || f.Entries != 0 {
			t.Errorf("Verify = %+v, %v; want an empty ledger", f, err)
		}
	})
}

// CHECKS PH-08: the first bad row is named, whatever was done to the table.
func TestATamperedLedgerIsFound(t *testing.T) {
	for _, tt := range []struct {
		name, stmt string
		bad        int64
	}{
		{"an entry changed", `UPDATE audit_entries SET action = 'other' WHERE seq = 3`, 3},
		{"an actor changed", `UPDATE audit_entries SET actor_id = 'b' WHERE seq = 1`, 1},
		{"an entry removed", `DELETE FROM audit_entries WHERE seq = 2`, 3},
		{"the first entry removed", `DELETE FROM audit_entries WHERE seq = 1`, 2},
		{"fields shifted", `UPDATE audit_entries SET object = 'ing', action = action || 'th' WHERE seq = 2`, 2},
		{"two entries swapped", `UPDATE audit_entries SET details = CASE seq WHEN 2 THEN '{"n":4}' ELSE details END`, 2},
		{"an entry inserted", `INSERT INTO audit_entries SELECT 6, at, actor_id, session, address, request_id, action, object, details, prev,
			replace(hash, substr(hash, 1, 8), '00000000') FROM audit_entries WHERE seq = 5`, 6},
	} {
		dbtest.Each(t, func(t *testing.T, d *db.DB) {
			ledger(t, d, 5)
			tamper(t, d, tt.stmt)
			f, err := audit.Verify(t.Context(), d)
			if err != nil || f.Bad != tt.bad || f.Why == "" {
				t.Errorf("%s: Verify = %+v, %v; want row %d named", tt.name, f, err, tt.bad)
			}
		})
	}
}

func TestTheTableRefusesChanges(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ledger(t, d, 1)
		for _, stmt := range []string{`UPDATE audit_entries SET action = 'x'`, `DELETE FROM audit_entries`} {
			if err := exec(t, d, stmt); err == nil {
				t.Errorf("%s succeeded", stmt)
			}
		}
	})
}

func TestTruncationShowsAgainstANotedHead(t *testing.T) {
	d := dbtest.Open(t)
	ledger(t, d, 4)
	noted, _ := audit.Verify(t.Context(), d)
	tamper(t, d, `DELETE FROM audit_entries WHERE seq = 4`)
	f, err := audit.Verify(t.Context(), d)
	if err != nil || f.Bad != 0 || f.Head == noted.Head {
		t.Errorf("Verify = %+v, %v; want a shorter chain with another head than %s", f, err, noted.Head)
	}
}

func TestOnlyThoseWhoMayReadTheLedger(t *testing.T) {
	d := dbtest.Open(t)
	ledger(t, d, 3)
	if _, err := audit.List(by(t, "t", access.Grant{Role: access.Trainee}), d, audit.Query{Limit: 10}); !errors.Is(err, access.ErrForbidden) {
		t.Errorf("List as a trainee: %v, want ErrForbidden", err)
	}
	admin := by(t, "a", access.Grant{Role: access.Admin})
	for _, tt := range []struct {
		name string
		q    audit.Query
		want []int64
	}{
		{"all", audit.Query{Limit: 10}, []int64{3, 2, 1}},
		{"a page", audit.Query{Limit: 2}, []int64{3, 2}},
		{"the next page", audit.Query{Limit: 2, Before: 2}, []int64{1}},
		{"by action", audit.Query{Limit: 10, Action: "deed.1"}, []int64{2}},
		{"by actor", audit.Query{Limit: 10, Actor: "nobody"}, nil},
		{"by object", audit.Query{Limit: 10, Object: "thing"}, []int64{3, 2, 1}},
	} {
		rows, err := audit.List(admin, d, tt.q)
		var got []int64
		for _, e := range rows {
			got = append(got, e.Seq)
		}
		if err != nil || fmt.Sprint(got) != fmt.Sprint(tt.want) {
			t.Errorf("%s: List = %v, %v; want %v", tt.name, got, err, tt.want)
		}
	}
}

func exec(t *testing.T, d *db.DB, stmt string) error {
	t.Helper()
	return d.Tx(t.Context(), func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.ExecContext(ctx, stmt)
		return err
	})
}

// tamper does what an intruder with the database's password would: drop what
// guards the table, then change it.
func tamper(t *testing.T, d *db.DB, stmt string) {
	t.Helper()
	guards := []string{`DROP TRIGGER audit_no_update`, `DROP TRIGGER audit_no_delete`}
	if d.Postgres() {
		guards = []string{`DROP TRIGGER audit_no_change ON audit_entries`}
	}
	for _, s := range append(guards, stmt) {
		if err := exec(t, d, s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}
