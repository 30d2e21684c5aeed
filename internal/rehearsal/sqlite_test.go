package rehearsal

import (
	"context"
	"database/sql"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/db"
)

// integrity sees that a SQLite file is sound.
func (x *exam) integrity(open func() *db.DB) *db.DB {
	x.t.Helper()
	d := open()
	var says string
	if err := d.NewRaw("PRAGMA integrity_check").Scan(context.Background(), &says); err != nil || says != "ok" {
		x.t.Errorf("integrity_check: %s, %v", says, err)
	}
	return d
}

// DU-05: copies of the file and its log, made at random instants of an exam,
// are sound and hold everything acknowledged before. The program stands still
// while a copy is made: one instant, as a power cut would take it.
func TestEveryInstantOfTheFileHoldsEveryAcknowledgedAnswer(t *testing.T) {
	x := hold(t, plan{})
	x.pragmas()
	copies := pick(10, 100)
	x.work(repeats)
	for n := range copies {
		x.acked(*wantAcks/copies + 1)
		x.moment(10 * time.Millisecond)
		dir := t.TempDir()
		x.product().signal(t, syscall.SIGSTOP)
		for _, name := range []string{"kapstone.db", "kapstone.db-wal"} {
			data, err := os.ReadFile(filepath.Join(x.data, name))
			if err == nil {
				err = os.WriteFile(filepath.Join(dir, name), data, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		journals := x.journals()
		x.product().signal(t, syscall.SIGCONT)
		d := x.integrity(func() *db.DB { return x.open(filepath.Join(dir, "kapstone.db")) })
		r, err := Compare(t.Context(), d, journals...)
		if err != nil || !r.OK() || r.Acked == 0 {
			t.Errorf("copy %d: %v, %v, %v", n, r, err, r.Faults)
		}
		d.Close()
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
	}
	x.end("SQLite: copies at random instants", 0, 0)
}

// journals returns what all trainees have written down by now.
func (x *exam) journals() (all []*Journal) {
	for _, tr := range x.trainees {
		j := &Journal{all: make(map[string][]entry)}
		tr.journal.mu.Lock()
		for attempt, entries := range tr.journal.all {
			j.all[attempt] = append([]entry(nil), entries...)
		}
		tr.journal.mu.Unlock()
		all = append(all, j)
	}
	return all
}

// pragmas reads the settings that the product's own way of opening gives both
// pools, the one that reads and the one that writes.
func (x *exam) pragmas() {
	x.t.Helper()
	d := x.database()
	defer d.Close()
	read := func(idb bun.IDB) {
		for name, want := range map[string]string{"synchronous": "2", "foreign_keys": "1", "journal_mode": "wal"} {
			var got string
			if err := idb.NewRaw("PRAGMA "+name).Scan(context.Background(), &got); err != nil || got != want {
				x.t.Errorf("PRAGMA %s = %s, %v; want %s", name, got, err, want)
			}
		}
	}
	read(d.DB)
	if err := d.Tx(context.Background(), func(_ context.Context, tx bun.Tx) error { read(tx); return nil }); err != nil {
		x.t.Error(err)
	}
}

// DU-06: fifty writers read and write, a long report reads and a backup is
// made, and nobody is told that the file is busy.
func TestNobodyIsToldThatTheFileIsBusy(t *testing.T) {
	x := hold(t, plan{})
	ctx, stop := context.WithCancel(context.Background())
	var beside sync.WaitGroup
	beside.Go(func() { x.report(ctx) })
	beside.Go(func() { x.backups(ctx) })
	rounds := max(20, *wantAcks/50)
	writers := make([]int, 50)
	for i := range writers {
		writers[i] = i
	}
	items := len(x.trainees[0].items)
	var taken sync.Map // of each trainee's items, one writer's each
	each(writers, len(writers), func(n int) {
		tr := x.trainees[n%len(x.trainees)]
		own := n / len(x.trainees)
		for round := range rounds {
			it := tr.items[(own+round*(1+len(writers)/len(x.trainees)))%items]
			lock, _ := taken.LoadOrStore(tr.attempt+it.ID, new(sync.Mutex))
			lock.(*sync.Mutex).Lock()
			x.readThenWrite(tr, it)
			lock.(*sync.Mutex).Unlock()
		}
	})
	stop()
	beside.Wait()
	x.noRefusals()
	for _, tr := range x.trainees {
		x.adopt(tr)
	}
	x.end("SQLite: 50 writers, a report, backups", 0, 0)
}

// readThenWrite reads an attempt and saves on top of what it read.
func (x *exam) readThenWrite(tr *trainee, it item) {
	c := client{person: tr.client.person, http: tr.client.http}
	path := "/attempts/" + tr.attempt
	var got sheet
	if err := c.want(context.Background(), tr.url(), "GET", path, nil, &got); err != nil {
		x.tally.wrong("%v", err)
		return
	}
	revision := got.Answers[it.ID].Revision
	response := it.choose(revision)
	tr.journal.Sent(tr.attempt, it.ID, revision+1, response)
	r := c.ask(context.Background(), tr.url(), "PUT", path+"/answers/"+it.ID, "", map[string]any{"response": response, "revision": revision})
	if r.status != http.StatusOK {
		x.tally.refuse(r)
		return
	}
	tr.journal.Acked(tr.attempt, it.ID, revision+1, response)
	x.tally.acked(r.took)
}

// adopt has a trainee go on from what the server shows.
func (x *exam) adopt(tr *trainee) {
	x.t.Helper()
	var got sheet
	if err := tr.want(context.Background(), tr.url(), "GET", "/attempts/"+tr.attempt, nil, &got); err != nil {
		x.t.Error(err)
	}
	for item, w := range got.Answers {
		tr.revision[item] = w.Revision
	}
}

// report reads for a long time in one transaction, again and again.
func (x *exam) report(ctx context.Context) {
	d := x.database()
	defer d.Close()
	for ctx.Err() == nil {
		var n int
		err := d.NewRaw(`WITH RECURSIVE long (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM long WHERE n < 300000)
			SELECT count(*) FROM long, (SELECT count(*) FROM quiz_answers)`).Scan(ctx, &n)
		if err != nil && ctx.Err() == nil {
			x.t.Errorf("a long report: %v", err)
			return
		}
	}
}

// backups makes one backup after another, past the product: neither of its
// pools may.
func (x *exam) backups(ctx context.Context) {
	d, err := sql.Open("sqlite", "file:"+filepath.Join(x.data, "kapstone.db")+"?_pragma=busy_timeout(5000)")
	if err != nil {
		x.t.Error(err)
		return
	}
	defer d.Close()
	for ctx.Err() == nil {
		file := filepath.Join(x.data, "backup.db")
		if _, err := d.ExecContext(ctx, "VACUUM INTO ?", file); err != nil && ctx.Err() == nil {
			x.t.Errorf("a backup: %v", err)
			return
		}
		if err := os.Remove(file); err != nil && ctx.Err() == nil {
			x.t.Error(err)
		}
	}
}
