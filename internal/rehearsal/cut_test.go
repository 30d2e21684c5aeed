package rehearsal

import (
	"testing"
	"time"
)

// Connections are cut when PostgreSQL has committed and before its answer gets
// back, whole or in the middle of it; and Redis's in the middle of an answer.
// Who asks again gets the first save's reply, and it is there once.
func TestAConnectionCutAfterCommitSavesOnce(t *testing.T) {
	x := hold(t, plan{postgres: true, proxied: true})
	cuts := pick(10, 200)
	x.work(repeats)
	x.acked(*wantAcks / 4)
	for n := range cuts {
		x.moment(20 * time.Millisecond)
		x.redisWay.cut(1, n%2 == 0)
		x.sqlWay.cut(1, n%2 == 0)
		until(t, 10*time.Second, "an answer is cut", func() bool { return x.sqlWay.left() == 0 })
		x.acked(*wantAcks/2/cuts + 1)
	}
	refused := x.tally.look()
	if len(refused.refused) == 0 {
		t.Error("nobody noticed a cut: they hit nothing that mattered")
	}
	t.Logf("%d cuts, %d saves asked again", cuts, len(refused.refused))
	x.acked(*wantAcks / 4)
	x.pause()
	if r := x.nothingLost("when everybody has learned the fate of every save"); r.Unsure > 0 || r.Rows != r.Acked {
		t.Errorf("%v; want exactly the acknowledged answers", r)
	}
	x.hot("after the cuts")
	x.handInThroughCuts()
	x.over("PostgreSQL: cut after COMMIT", 0, 0)
}

// handInThroughCuts cuts the answers of hand-ins too: closing is done once.
func (x *exam) handInThroughCuts() {
	x.t.Helper()
	for _, tr := range x.trainees {
		if !tr.settle() {
			x.t.Fatalf("%s could not come to an end", tr.seat)
		}
	}
	x.sqlWay.cut(pick(5, 25), false)
	x.handIn()
	if left := x.sqlWay.left(); left > 0 {
		x.t.Errorf("%d cuts hit nothing", left)
	}
}
