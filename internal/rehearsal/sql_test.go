package rehearsal

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"
)

// postgresIsBack is what PROMISES.md 1 gives the product after PostgreSQL.
const postgresIsBack = 5 * time.Second

// DU-02: kill -9 of PostgreSQL, the postmaster and all its processes.
func TestAKilledPostgresLosesNothing(t *testing.T) {
	x := hold(t, plan{postgres: true})
	for _, name := range []string{"synchronous_commit", "fsync"} {
		if v := x.postgres.show(t, name); v != "on" {
			t.Fatalf("%s = %s, want on", name, v)
		}
	}
	kills := pick(2, 20)
	var worst time.Duration
	for n := range kills {
		how := stubbornness(n % 2)
		x.work(how)
		x.acked(*wantAcks/kills + 1)
		x.moment(20 * time.Millisecond)
		x.postgres.kill9(t)
		if how == givesUp {
			x.pause()
		}
		x.postgres.start(t)
		up := time.Now()
		if how == givesUp {
			x.nothingLost("before anybody writes again")
			x.work(repeats)
			up = time.Now()
		}
		worst = max(worst, x.back(up))
		x.pause()
	}
	within(t, "coming back", worst, postgresIsBack)
	x.end("PostgreSQL: kill -9 of all", worst, postgresIsBack)
}

// FT-03: PostgreSQL is stopped and started. What cannot be kept is refused
// soon, with a time to come back, and the product needs no restart.
func TestAStoppedPostgresIsToldAtOnce(t *testing.T) {
	x := hold(t, plan{postgres: true})
	x.work(repeats)
	x.acked(*wantAcks / 2)
	x.postgres.stop(t)
	<-time.After(100 * time.Millisecond) // what was under way has ended
	x.tally.mark()
	<-time.After(outage())
	x.refusesWell(2 * time.Second)
	if l := x.tally.look(); len(l.latency) > 0 {
		t.Errorf("%d saves were acknowledged without PostgreSQL", len(l.latency))
	}
	if status, _ := x.ready(); status != http.StatusServiceUnavailable {
		t.Errorf("readyz answers %d without PostgreSQL, want 503", status)
	}
	x.livesOn(100 * time.Millisecond)
	x.postgres.start(t)
	up := time.Now()
	back := x.back(up)
	within(t, "coming back", back, postgresIsBack)
	x.acked(*wantAcks / 2)
	x.end("PostgreSQL: stopped, started", back, postgresIsBack)
}

// refusesWell sees that saves were refused since the mark, each as a problem
// with a time to come back, and none later than a limit.
func (x *exam) refusesWell(limit time.Duration) {
	x.t.Helper()
	l := x.tally.look()
	if len(l.refused) == 0 {
		x.t.Error("no save was refused")
	}
	for _, r := range l.refused {
		if r.err != nil || r.status != http.StatusServiceUnavailable || r.wait <= 0 || r.code() == "" || r.took > limit {
			x.t.Errorf("a save was refused by %v, Retry-After %v; want 503 with a code and a time, within %v", r, r.wait, limit)
			return
		}
	}
}

// livesOn sees that the product says soon that it lives.
func (x *exam) livesOn(limit time.Duration) {
	x.t.Helper()
	c := client{http: newHTTP()}
	var all []time.Duration
	for range 20 {
		r := c.send(x.t.Context(), x.product().url(), "GET", "/livez", "", nil)
		if r.status != http.StatusOK {
			x.t.Fatalf("livez answered %v", r)
		}
		all = append(all, r.took)
	}
	slices.Sort(all)
	within(x.t, "livez, in nine of ten", all[len(all)*9/10], limit)
}

// FT-04: every answer of PostgreSQL takes two seconds, and a hundred requests
// a second come. They are bounded in time and number, and refused in order;
// the process says that it lives, and does not grow.
func TestASlowPostgresIsShed(t *testing.T) {
	x := hold(t, plan{postgres: true, proxied: true})
	x.work(repeats)
	x.acked(*wantAcks / 2)
	x.pause()
	x.sqlWay.delay.Store(int64(2 * time.Second))
	x.tally.mark()
	before := x.product().memory(t)
	flood := x.flood(pick(2*time.Second, time.Minute), 10*time.Millisecond)
	x.livesOn(100 * time.Millisecond)
	if grown := x.product().memory(t) - before; grown > 64<<20 {
		t.Errorf("the process grew by %d MiB", grown>>20)
	}
	x.sqlWay.delay.Store(0)
	soon := time.Now()
	x.learn(flood)
	x.work(repeats)
	back := x.back(soon)
	within(t, "coming back", back, postgresIsBack)
	x.acked(*wantAcks / 2)
	x.end("PostgreSQL: 2 s slow", back, postgresIsBack)
}

// flood sends saves at a fixed rate, whatever becomes of those before, and
// sees that each ends in time, either way. Each item gets one save, again and
// again: what became of it is asked when all is over.
func (x *exam) flood(span, every time.Duration) map[*trainee]map[string]save {
	x.t.Helper()
	ctx, stop := context.WithTimeout(context.Background(), span)
	defer stop()
	var wg sync.WaitGroup
	var mu sync.Mutex
	replies, saves := make(map[int]int), make(map[*trainee]map[string]save)
	tick := time.NewTicker(every)
	defer tick.Stop()
	c := http.Client{Timeout: slow, Transport: &http.Transport{MaxIdleConnsPerHost: 1000}}
	for n := 0; ctx.Err() == nil; n++ {
		tr := x.trainees[n%len(x.trainees)]
		it := tr.items[n/len(x.trainees)%len(tr.items)]
		s := save{it.ID, it.choose(0), tr.revision[it.ID]}
		if saves[tr] == nil {
			saves[tr] = make(map[string]save)
		}
		saves[tr][it.ID] = s
		tr.journal.Sent(tr.attempt, s.item, s.revision+1, s.response)
		wg.Go(func() {
			one := client{person: tr.client.person, http: &c}
			r := one.ask(context.Background(), tr.url(), "PUT", "/attempts/"+tr.attempt+"/answers/"+s.item, "", map[string]any{"response": s.response, "revision": s.revision})
			mu.Lock()
			defer mu.Unlock()
			replies[r.status]++
			switch {
			case r.status == http.StatusOK:
				tr.journal.Acked(tr.attempt, s.item, s.revision+1, s.response)
			case r.status != http.StatusServiceUnavailable || r.wait <= 0 || r.took > 6*time.Second:
				x.t.Errorf("a save on a slow PostgreSQL answered %v, Retry-After %v; want 200, or 503 with a time, by the deadline of 5 s", r, r.wait)
			}
		})
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
	wg.Wait()
	x.t.Logf("replies by status: %v", replies)
	if replies[http.StatusServiceUnavailable] == 0 {
		x.t.Error("nothing was shed")
	}
	return saves
}

// learn has every trainee send the saves of the flood once more, to learn
// their fate.
func (x *exam) learn(flood map[*trainee]map[string]save) {
	x.t.Helper()
	each(x.trainees, len(x.trainees), func(tr *trainee) {
		for _, s := range flood[tr] {
			if !tr.put(s, repeats) {
				x.t.Errorf("%s: what became of %+v could not be learned", tr.seat, s)
			}
		}
	})
}
