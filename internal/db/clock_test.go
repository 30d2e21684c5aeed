package db_test

import (
	"testing"
	"time"

	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/dbtest"
)

// PROMISES 1, clock: the machine's clock is set on and back, by seconds and by
// hours. Time goes on at its pace, and never back. At the next Sync a process
// that is on its own follows its machine; one on PostgreSQL never does.
func TestAStepOfTheMachinesClockMovesNothingAtOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		began := time.Now()
		var step, elapsed time.Duration
		c := db.ClockOn(d, func() time.Time { return began.Add(elapsed + step) }, func() time.Duration { return elapsed })
		if err := c.Sync(t.Context()); err != nil {
			t.Fatal(err)
		}
		start := c.Now()
		for _, step = range []time.Duration{-10 * time.Second, time.Hour, -time.Hour} {
			elapsed += 7 * time.Second
			if got, want := c.Now(), start.Add(elapsed); !got.Equal(want) {
				t.Errorf("with the machine's clock off by %v it is %v, want %v", step, got, want)
			}
		}
		if err := c.Sync(t.Context()); err != nil {
			t.Fatal(err)
		}
		want := began.Add(elapsed + step)
		if d.Postgres() {
			want = time.Now()
		}
		if got := c.Now(); got.Sub(want).Abs() > time.Minute {
			t.Errorf("after Sync it is %v, want about %v", got, want)
		}
	})
}
