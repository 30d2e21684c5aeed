package rehearsal

import (
	"testing"
	"time"
)

// homes runs a scenario in both homes.
func homes(t *testing.T, f func(t *testing.T, postgres bool)) {
	t.Run("embedded", func(t *testing.T) { f(t, false) })
	t.Run("production", func(t *testing.T) { f(t, true) })
}

// CHECKS DU-01: kill -9 of the program at a random moment, again and again.
func TestAKilledProgramLosesNothing(t *testing.T) {
	homes(t, func(t *testing.T, postgres bool) {
		x := hold(t, plan{postgres: postgres})
		kills := pick(5, 200)
		var worst time.Duration
		for n := range kills {
			how := stubbornness(n % 2)
			x.work(how)
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
		}
		promise := 5 * time.Second
		if !postgres {
			promise = 3 * time.Second
		}
		within(t, "coming back", worst, promise)
		x.end("app: kill -9", worst, promise)
	})
}
