package rehearsal

import (
	"context"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/uptrace/bun"
)

// A rehearsal that finds nothing proves something only if it would have found
// it. These are the product's own nightmares made true; the harness must see
// each one, and counts as broken when it does not.

// The journal is off: the database throws away every answer as soon as it has
// said that it took it, so the product acknowledges what nobody holds.
func TestTheHarnessSeesAnswersThatWereNeverWritten(t *testing.T) {
	homes(t, func(t *testing.T, postgres bool) {
		x := hold(t, plan{postgres: postgres})
		x.journalOff()
		x.once()
		d := x.database()
		defer d.Close()
		if r := x.compare(d); r.Acked < len(x.trainees) || r.Lost != r.Acked {
			t.Errorf("with the journal off: %v; want every acknowledged answer reported as lost", r)
		}
	})
}

// journalOff makes the database forget every answer that it takes.
func (x *exam) journalOff() {
	x.t.Helper()
	statements := []string{"CREATE TRIGGER journal_off AFTER INSERT ON quiz_answers BEGIN DELETE FROM quiz_answers WHERE attempt_id = NEW.attempt_id AND item = NEW.item; END"}
	if x.postgres != nil {
		statements = []string{
			"CREATE FUNCTION forget() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN DELETE FROM quiz_answers WHERE attempt_id = NEW.attempt_id AND item = NEW.item; RETURN NULL; END $$",
			"CREATE TRIGGER journal_off AFTER INSERT ON quiz_answers FOR EACH ROW EXECUTE FUNCTION forget()",
		}
	}
	d := x.database()
	defer d.Close()
	err := d.Tx(context.Background(), func(ctx context.Context, tx bun.Tx) error {
		for _, s := range statements {
			if _, err := tx.Tx.ExecContext(ctx, s); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		x.t.Fatal(err)
	}
}

// once has every trainee answer every item once.
func (x *exam) once() {
	each(x.trainees, len(x.trainees), func(tr *trainee) {
		for _, it := range tr.items {
			if !tr.put(save{it.ID, it.choose(0), 0}, givesUp) {
				return
			}
		}
	})
}

// PostgreSQL says "committed" before it is: with synchronous_commit off the
// last moments before a kill -9 are gone. The product refuses to start on such
// a server, so it is turned off under a running one.
func TestTheHarnessSeesCommitsThatWereNotDurable(t *testing.T) {
	x := hold(t, plan{postgres: true})
	x.postgres.exec(t, "ALTER SYSTEM SET synchronous_commit = off", "ALTER SYSTEM SET wal_writer_delay = '10s'",
		"ALTER SYSTEM SET wal_writer_flush_after = '1GB'", "SELECT pg_reload_conf()")
	until(t, 5*time.Second, "the setting is taken", func() bool { return x.postgres.show(t, "synchronous_commit") == "off" })
	x.work(givesUp)
	x.acked(*wantAcks)
	x.postgres.kill9(t)
	x.pause()
	x.postgres.start(t)
	x.postgres.exec(t, "ALTER SYSTEM RESET ALL", "SELECT pg_reload_conf()")
	until(t, 5*time.Second, "the setting is back", func() bool { return x.postgres.show(t, "synchronous_commit") == "on" })
	d := x.database()
	defer d.Close()
	r := x.compare(d)
	t.Logf("not durable: %v", r)
	if r.Lost == 0 || r.Lost > r.Acked {
		t.Errorf("on a server that is not durable: %v; want answers reported as lost", r)
	}
}

// A record is restored from before the last answers.
func TestTheHarnessSeesARecordFromYesterday(t *testing.T) {
	x := hold(t, plan{})
	x.work(givesUp)
	x.acked(*wantAcks / 2)
	x.pause()
	old := filepath.Join(workplace(t), "old")
	copyDir(t, x.data, old)
	_, before := x.count()
	x.work(givesUp)
	x.acked(*wantAcks / 2)
	x.product().kill9()
	x.pause()
	_, all := x.count()
	x.product().data = old
	x.data = old
	x.product().start(t)
	d := x.database()
	defer d.Close()
	if r := x.compare(d); r.Acked != all || r.Lost != all-before || r.Lost == 0 {
		t.Errorf("after going back to yesterday: %v; want the %d answers since reported as lost", r, all-before)
	}
}

func copyDir(t testing.TB, from, to string) {
	t.Helper()
	if out, err := exec.Command("cp", "-a", from, to).CombinedOutput(); err != nil {
		t.Fatalf("copy %s: %v, %s", from, err, out)
	}
}

// count returns how many answers the trainees sent and were told are saved.
func (x *exam) count() (sent, acked int) {
	for _, tr := range x.trainees {
		s, a := tr.journal.Count()
		sent, acked = sent+s, acked+a
	}
	return sent, acked
}

// One save stands twice, one answer was sent by nobody.
func TestTheHarnessSeesDoublesAndPhantoms(t *testing.T) {
	x := hold(t, plan{})
	x.once()
	d := x.database()
	defer d.Close()
	err := d.Tx(context.Background(), func(ctx context.Context, tx bun.Tx) error {
		one := x.trainees[0]
		for _, s := range []string{
			"INSERT INTO quiz_answers SELECT attempt_id, item, revision + 1, response, saved_at FROM quiz_answers WHERE attempt_id = ? AND item = ?",
			"INSERT INTO quiz_answers SELECT attempt_id, item, revision + 2, '[\"zz\"]', saved_at FROM quiz_answers WHERE attempt_id = ? AND item = ? AND revision = 1",
		} {
			if _, err := tx.NewRaw(s, one.attempt, one.items[0].ID).Exec(ctx); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if r := x.compare(d); r.Doubled != 1 || r.Phantom != 1 || r.Lost != 0 {
		t.Errorf("%v; want one doubled and one phantom", r)
	}
}
