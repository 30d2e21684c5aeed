package db

import "time"

// ClockOn returns a clock of d on a machine whose clock and counter the test
// moves.
func ClockOn(d *DB, wall func() time.Time, elapsed func() time.Duration) *Clock {
	return &Clock{db: d, wall: wall, elapsed: elapsed}
}
