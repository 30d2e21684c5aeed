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
// plus an offset kept in SQL that only tests set. Now costs nothing: it adds a
// difference that Sync measures.
type Clock struct {
	db   *DB
	skew atomic.Int64 // nanoseconds to add to the process's time
}

// NewClock returns a clock that has been synchronized once.
func NewClock(ctx context.Context, d *DB) (*Clock, error) {
	c := &Clock{db: d}
	return c, c.Sync(ctx)
}

// Now returns the installation's time, in UTC.
func (c *Clock) Now() time.Time {
	return time.Now().Add(time.Duration(c.skew.Load())).UTC()
}

// Sync measures the difference to the database's clock and reads the test
// offset anew. It halves the round trip, as network time protocols do.
func (c *Clock) Sync(ctx context.Context) error {
	var offset int64
	err := c.db.NewSelect().Table("test_clock").Column("offset_ms").Scan(ctx, &offset)
	if err != nil && Check(err) != ErrNone {
		return fmt.Errorf("read clock: %w", Check(err))
	}
	skew := time.Duration(offset) * time.Millisecond
	if c.db.Postgres() {
		var micros int64
		asked := time.Now()
		if err := c.db.NewRaw(`SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint`).Scan(ctx, &micros); err != nil {
			return fmt.Errorf("read clock: %w", Check(err))
		}
		back := time.Now()
		skew += time.UnixMicro(micros).Sub(asked.Add(back.Sub(asked) / 2))
	}
	c.skew.Store(int64(skew))
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
