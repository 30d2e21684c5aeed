package rehearsal

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/migrations"
)

// A plan says what an exam is held on.
type plan struct {
	postgres  bool          // with PostgreSQL and Redis; embedded otherwise
	proxied   bool          // both are reached through proxies
	processes int           // of the product; one when zero
	limits    bool          // no test mode: the limits of a real server hold
	disk      string        // the size of the disk that the record lies on; none of its own when empty
	pace      time.Duration // between two saves of a trainee
}

// An exam is a copy of the school with the product running on it, and trainees
// who save as fast as they may.
type exam struct {
	t      *testing.T
	school *school
	seed   int64
	rng    *rand.Rand

	data      string
	postgres  *cluster
	redis     *redisServer
	sqlWay    *proxy
	redisWay  *proxy
	processes []*product

	trainees []*trainee
	tally    *tally
	working  sync.WaitGroup
	halt     context.CancelFunc
}

// hold opens an exam.
func hold(t *testing.T, p plan) *exam {
	t.Helper()
	scenario(t)
	x := &exam{t: t, school: theSchool(t, p.postgres), seed: *wantSeed, tally: newTally(), halt: func() {}}
	if x.seed == 0 {
		x.seed = time.Now().UnixNano()
	}
	x.rng = rand.New(rand.NewPCG(uint64(x.seed), 0))
	t.Logf("seed %d", x.seed)
	x.place(p)
	x.stores(p)
	for range max(1, p.processes) {
		one := &product{listen: "127.0.0.1:" + freePort(t), data: x.data, limits: p.limits, env: x.env()}
		one.start(t)
		x.processes = append(x.processes, one)
	}
	for i, st := range x.school.seats {
		var turn atomic.Int64
		tr := newTrainee(st, x.tally, func() string {
			return x.processes[(i+int(turn.Add(1)))%len(x.processes)].url()
		}, uint64(x.seed)+uint64(i))
		tr.pace = p.pace
		x.trainees = append(x.trainees, tr)
	}
	if x.school.stale() {
		each(x.trainees, 4, func(tr *trainee) {
			if err := tr.renew(context.Background(), tr.url()); err != nil {
				t.Error(err)
			}
		})
	}
	t.Cleanup(func() { x.halt(); x.working.Wait() })
	return x
}

// place copies the school to where the exam is held.
func (x *exam) place(p plan) {
	x.t.Helper()
	room := workplace(x.t)
	x.data = filepath.Join(room, "data")
	clusters := filepath.Join(room, "clusters")
	for _, dir := range []string{x.data, clusters} {
		if err := os.Mkdir(dir, 0o755); err != nil {
			x.t.Fatal(err)
		}
	}
	if p.disk != "" {
		smallDisk(x.t, map[bool]string{true: clusters, false: x.data}[p.postgres], p.disk)
	}
	x.postgres = x.school.copyTo(x.t, x.data, clusters)
}

// stores starts the servers and the ways to them.
func (x *exam) stores(p plan) {
	x.t.Helper()
	if !p.postgres {
		return
	}
	x.postgres.start(x.t)
	x.redis = startRedis(x.t)
	if p.proxied {
		x.sqlWay = startPostgresProxy(x.t, x.postgres.address())
		x.redisWay = startProxy(x.t, x.redis.address())
	}
}

func (x *exam) env() []string {
	if x.postgres == nil {
		return nil
	}
	sql, redis := x.postgres.address(), x.redis.address()
	if x.sqlWay != nil {
		sql, redis = x.sqlWay.address, x.redisWay.address
	}
	return []string{"DATABASE_URL=" + x.postgres.url(sql), "REDIS_URL=redis://" + redis}
}

// home names the home for the page.
func (x *exam) home() string {
	if x.postgres == nil {
		return "embedded"
	}
	return "PostgreSQL, Redis"
}

func (x *exam) product() *product { return x.processes[0] }

// work has every trainee save until pause.
func (x *exam) work(how stubbornness) {
	ctx, halt := context.WithCancel(context.Background())
	x.halt = halt
	for _, tr := range x.trainees {
		x.working.Go(func() { tr.work(ctx, how) })
	}
}

// pause has the trainees stop, and returns when they have.
func (x *exam) pause() {
	x.halt()
	x.working.Wait()
}

// acked waits until n more saves are acknowledged.
func (x *exam) acked(n int) {
	x.t.Helper()
	select {
	case <-x.tally.after(n):
	case <-time.After(2 * time.Minute):
		x.t.Fatalf("%d more saves were not acknowledged in two minutes; refusals by status: %v", n, x.tally.look().status)
	}
}

// moment waits for a random part of a span.
func (x *exam) moment(most time.Duration) { <-time.After(time.Duration(x.rng.Int64N(int64(most)))) }

// back waits until every trainee had an answer acknowledged after an instant,
// and returns how long that took.
func (x *exam) back(since time.Time) time.Duration {
	x.t.Helper()
	until(x.t, time.Minute, "every trainee is served again", func() bool {
		x.fair()
		for _, tr := range x.trainees {
			if tr.lastAck.Load() <= since.UnixNano() {
				return false
			}
		}
		return true
	})
	last := since
	for _, tr := range x.trainees {
		if at := time.Unix(0, tr.lastAck.Load()); at.After(last) {
			last = at
		}
	}
	return last.Sub(since)
}

// database opens the record beside the product, past every proxy.
func (x *exam) database() *db.DB {
	x.t.Helper()
	url := filepath.Join(x.data, "kapstone.db")
	if x.postgres != nil {
		url = x.postgres.url(x.postgres.address())
	}
	return x.open(url)
}

func (x *exam) open(url string) *db.DB {
	x.t.Helper()
	d, err := db.Open(context.Background(), url, migrations.FS)
	if err != nil {
		x.t.Fatal(err)
	}
	return d
}

// compare looks every journal up in a database.
func (x *exam) compare(d *db.DB) Report {
	x.t.Helper()
	all := make([]*Journal, len(x.trainees))
	for i, tr := range x.trainees {
		all[i] = &tr.journal
	}
	r, err := Compare(context.Background(), d, all...)
	if err != nil {
		x.t.Fatal(err)
	}
	return r
}

// nothingLost compares, while nobody writes, and fails the test when anything
// acknowledged is gone, doubled or made up, or when a trainee was answered
// what nobody may be answered.
func (x *exam) nothingLost(when string) Report {
	x.t.Helper()
	d := x.database()
	defer d.Close()
	r := x.compare(d)
	if !r.OK() || r.Acked == 0 {
		x.t.Errorf("%s: %v\n%s", when, r, strings.Join(r.Faults, "\n"))
	}
	x.fair()
	return r
}

// fair ends the test when a trainee was answered what nobody may be answered:
// such a one saves no more, and waiting for them would be in vain.
func (x *exam) fair() {
	x.t.Helper()
	x.tally.mu.Lock()
	defer x.tally.mu.Unlock()
	if len(x.tally.faults) > 0 {
		x.t.Fatal(strings.Join(x.tally.faults, "\n"))
	}
}
