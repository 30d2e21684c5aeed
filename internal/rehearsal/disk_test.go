package rehearsal

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// FT-05, embedded: the disk is full. Saves are refused, everything can be
// read, and when there is room again saves go on without a restart.
func TestAFullDiskEmbedded(t *testing.T) {
	x := hold(t, plan{disk: pick("64m", "128m")})
	x.work(repeats)
	x.acked(*wantAcks / 2)
	ballast := fill(t, x.data)
	x.refusesSome()
	x.hotReads()
	x.livesOn(100 * time.Millisecond)
	room(t, ballast)
	free := time.Now()
	back := x.back(free)
	within(t, "going on", back, time.Second)
	x.acked(*wantAcks / 2)
	x.pause()
	x.integrity(x.database).Close()
	x.end("SQLite: disk full, then room", back, time.Second)
}

// fill fills a disk to the last byte, and returns the file that does it.
func fill(t testing.TB, dir string) string {
	t.Helper()
	name := filepath.Join(dir, "ballast")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, size := range []int{1 << 20, 4096, 1} {
		for block := make([]byte, size); err == nil; {
			_, err = f.Write(block)
		}
		if !errors.Is(err, syscall.ENOSPC) {
			t.Fatalf("fill the disk: %v", err)
		}
		err = nil
	}
	return name
}

func room(t testing.TB, ballast string) {
	t.Helper()
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
}

// refusesSome waits until saves are refused, and sees for the time of an
// outage that each refusal is a problem with a code.
func (x *exam) refusesSome() {
	x.t.Helper()
	x.tally.mark()
	until(x.t, 20*time.Second, "saves are refused", func() bool { return len(x.tally.look().refused) >= len(x.trainees) })
	<-time.After(outage())
	for _, r := range x.tally.look().refused {
		if r.err != nil || r.code() == "" || r.status != http.StatusServiceUnavailable && r.status != http.StatusInsufficientStorage {
			x.t.Fatalf("a save on a full disk answered %v; want 503 or 507 with a code", r)
		}
	}
}

// hotReads sees that every attempt can be read.
func (x *exam) hotReads() {
	x.t.Helper()
	for _, tr := range x.trainees {
		reader := client{person: tr.client.person, http: newHTTP()}
		if r := reader.ask(context.Background(), x.product().url(), "GET", "/attempts/"+tr.attempt, "", nil); r.status != http.StatusOK {
			x.t.Errorf("%s: reading on a full disk answered %v", tr.seat, r)
		}
	}
}

// FT-05, production: PostgreSQL's disk is full. It may end by itself and stay
// down until there is room and somebody starts it; then everything is there.
func TestAFullDiskOfPostgres(t *testing.T) {
	x := hold(t, plan{postgres: true, disk: pick("160m", "400m")})
	x.work(repeats)
	x.acked(*wantAcks / 2)
	ballast := fill(t, x.postgres.dir)
	x.refusesSome()
	if status, _ := x.ready(); status != http.StatusOK && status != http.StatusServiceUnavailable {
		t.Errorf("readyz answers %d, want 200 or 503", status)
	}
	x.livesOn(100 * time.Millisecond)
	ended := x.postgres.ended()
	t.Logf("PostgreSQL ended by itself: %t", ended)
	x.postgres.kill9(t) // it may also be on its way down
	room(t, ballast)
	x.postgres.start(t)
	up := time.Now()
	back := x.back(up)
	within(t, "going on", back, postgresIsBack)
	x.acked(*wantAcks / 2)
	x.end("PostgreSQL: disk full, then room and a start", back, postgresIsBack)
}
