package rehearsal

import (
	"context"
	"testing"
	"time"
)

// homes runs a scenario in both homes.
func homes(t *testing.T, f func(t *testing.T, postgres bool)) {
	t.Run("embedded", func(t *testing.T) { f(t, false) })
	t.Run("production", func(t *testing.T) { f(t, true) })
}

// DU-01: kill -9 of the program at a random moment, again and again, while
// trainees save, an instructor signs and an admin issues.
func TestAKilledProgramLosesNothing(t *testing.T) {
	homes(t, func(t *testing.T, postgres bool) {
		x := hold(t, plan{postgres: postgres})
		kills := pick(5, 200)
		var worst time.Duration
		o := newOffice(x)
		for n := range kills {
			how := stubbornness(n % 2)
			x.work(how)
			stopOffice := beside(o.work)
			x.acked(*wantAcks/kills + 1)
			x.moment(20 * time.Millisecond)
			x.product().kill9()
			if how == givesUp {
				x.pause()
				x.nothingLost("between kill and start")
			}
			down := time.Now()
			x.product().start(t)
			if how == givesUp {
				x.work(repeats)
			}
			worst = max(worst, x.back(down))
			x.pause()
			stopOffice()
			o.nothingLost()
		}
		t.Logf("%d logs signed, %d certificates issued", len(o.logs), len(o.issued))
		if len(o.issued) == 0 {
			t.Error("no certificate was issued")
		}
		promise := 5 * time.Second
		if !postgres {
			promise = 3 * time.Second
		}
		within(t, "coming back", worst, promise)
		x.end("app: kill -9", worst, promise)
	})
}

// beside runs f until the function it returns is called, which waits for the
// end.
func beside(f func(context.Context)) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan bool)
	go func() { f(ctx); close(done) }()
	return func() { cancel(); <-done }
}
