package db

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/uptrace/bun"
)

// A Clock is the one clock of an installation: the database's time on
// PostgreSQL, so that several processes agree, the process's own on SQLite;
// plus an offset kept in SQL that only tests set. Now costs nothing: it counts
// on from what Sync measured, by a counter of the machine that nobody can set.
// So a step of the machine's clock, of seconds or hours, moves nothing until
// the next Sync, and on PostgreSQL nothing at all.
type Clock struct {
	db      *DB
	wall    func() time.Time     // the machine's clock, which somebody may set
	elapsed func() time.Duration // the machine's counter, which only goes on
	zero    atomic.Int64         // the installation's time, in Unix nanoseconds, when elapsed was 0
}

// NewClock returns a clock that has been synchronized once.
func NewClock(ctx context.Context, d *DB) (*Clock, error) {
	began := time.Now()
	c := &Clock{db: d, wall: time.Now, elapsed: func() time.Duration { return time.Since(began) }}
	return c, c.Sync(ctx)
}

// Now returns the installation's time, in UTC.
func (c *Clock) Now() time.Time {
	return time.Unix(0, c.zero.Load()).Add(c.elapsed()).UTC()
}

// Sync reads the database's clock, or the machine's, and the test offset anew.
// It halves the round trip, as network time protocols do.
func (c *Clock) Sync(ctx context.Context) error {
	var offset int64
	err := c.db.NewSelect().Table("test_clock").Column("offset_ms").Scan(ctx, &offset)
	if err != nil && Check(err) != ErrNone {
		return fmt.Errorf("read clock: %w", Check(err))
	}
	now, at := c.wall(), c.elapsed()
	if c.db.Postgres() {
		var micros int64
		if err := c.db.NewRaw(`SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint`).Scan(ctx, &micros); err != nil {
			return fmt.Errorf("read clock: %w", Check(err))
		}
		now, at = time.UnixMicro(micros), at+(c.elapsed()-at)/2
	}
	c.zero.Store(now.Add(time.Duration(offset)*time.Millisecond - at).UnixNano())
	return nil
}

// SetTo moves the clock so that now is t, for every process, and stays moved
// over restarts. It is a test hook.
func (c *Clock) SetTo(ctx context.Context, t time.Time) error { return c.Advance(ctx, t.Sub(c.Now())) }

// Advance moves the clock by d, for every process. It is a test hook.
func (c *Clock) Advance(ctx context.Context, d time.Duration) error {
	err := c.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewRaw(`INSERT INTO test_clock (id, offset_ms) VALUES (1, ?)
			ON CONFLICT (id) DO UPDATE SET offset_ms = test_clock.offset_ms + excluded.offset_ms`, d.Milliseconds()).Exec(ctx)
		return err
	})
	if err != nil {
		return fmt.Errorf("move clock: %w", err)
	}
	return c.Sync(ctx)
}
