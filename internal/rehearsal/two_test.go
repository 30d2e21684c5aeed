package rehearsal

import (
	"context"
	"net/http"
	"testing"
	"time"
)

// Two processes share a record and a Redis, and no trainee stays with one of
// them. One is killed, again and again; whoever asked it asks the other. What
// comes due is done once.
func TestOneOfTwoProcessesMayDie(t *testing.T) {
	x := hold(t, plan{postgres: true, processes: 2})
	kills := pick(3, 30)
	var worst time.Duration
	for n := range kills {
		x.work(repeats)
		x.acked(*wantAcks/kills/2 + 1)
		x.moment(20 * time.Millisecond)
		victim := x.processes[n%2]
		victim.kill9()
		down := time.Now()
		worst = max(worst, x.back(down))
		x.acked(*wantAcks/kills/2 + 1)
		victim.start(t)
		x.pause()
		x.nothingLost("after one process was killed")
	}
	within(t, "being served by the other", worst, 5*time.Second)
	x.hot("after the kills")
	all := x.trainees
	x.trainees = all[:len(all)/2]
	x.handIn()
	x.trainees = all[len(all)/2:]
	x.silence()
	x.trainees = all
	x.over("two apps: one killed", worst, 5*time.Second)
}

// silence lets the time of every attempt pass, and sees that each is closed
// once, by one of the processes, and graded on what was acknowledged.
func (x *exam) silence() {
	x.t.Helper()
	var admin client
	admin.http = newHTTP()
	r := admin.send(context.Background(), x.product().url(), "PUT", "/_test/clock", "", map[string]int{"advance_seconds": 6 * 3600})
	if r.status != http.StatusOK {
		x.t.Fatalf("moving the clock answered %v", r)
	}
	d := x.database()
	defer d.Close()
	until(x.t, 20*time.Second, "every attempt is closed", func() bool {
		var open int
		err := d.NewRaw("SELECT count(*) FROM quiz_attempts WHERE state = 'open'").Scan(context.Background(), &open)
		return err == nil && open == 0
	})
	x.closedOnce("deadline")
	for _, tr := range x.trainees {
		var n int
		if err := d.NewRaw("SELECT correct FROM quiz_attempts WHERE id = ?", tr.attempt).Scan(context.Background(), &n); err != nil || n < x.score(tr) {
			x.t.Errorf("%s: closed by the deadline with %d right (%v), want %d at least by the trainee's journal", tr.seat, n, err, x.score(tr))
		}
	}
}
