// Package lease lets one of several processes do what must be done once: it
// holds a named lease for a while and renews it. A process that dies loses it
// when the while is over.
//
// One that was merely stopped, by SIGSTOP or a machine that slept, does not
// know that its time is over. So a lease has a number, which grows each time it
// changes hands, and whoever writes under a lease holds it inside the
// transaction: a number that is no longer the current one is refused there, and
// nobody takes a lease over while a transaction holds it.
package lease

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/db"
)

// ErrLost reports that somebody else holds the lease now. Nothing was written.
var ErrLost = errors.New("the lease is lost to another process")

// A Lease is held by its holder until it expires, and after that until somebody
// else takes it.
type Lease struct {
	Name   string
	Holder string
	Number int64 // grows with each change of holder
}

// Take takes a lease that is free or whose time is over, or renews the
// holder's own; ok is false while somebody else has it. A holder is one
// process: its name must be no other's. The clock must be the same for all of
// them, within much less than ttl.
//
// A lease that ends further ahead than two ttl was given before the clock was
// set back; it counts as over, or nobody could take it for as long.
func Take(ctx context.Context, d *db.DB, name, holder string, now time.Time, ttl time.Duration) (l Lease, ok bool, err error) {
	l = Lease{Name: name, Holder: holder}
	err = d.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		return tx.NewRaw(`INSERT INTO leases (name, holder, number, expires_at) VALUES (?, ?, 1, ?)
			ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at,
				number = leases.number + CASE WHEN leases.holder = excluded.holder THEN 0 ELSE 1 END
			WHERE leases.holder = excluded.holder OR leases.expires_at <= ? OR leases.expires_at > ?
			RETURNING number`,
			name, holder, db.At(now.Add(ttl)), db.At(now), db.At(now.Add(2*ttl))).Scan(ctx, &l.Number)
	})
	switch {
	case errors.Is(err, db.ErrNone):
		return Lease{}, false, nil
	case err != nil:
		return Lease{}, false, fmt.Errorf("take lease %s: %w", name, err)
	}
	return l, true, nil
}

// Hold keeps a lease from changing hands until the transaction ends. It
// returns ErrLost when somebody else took it. The number alone decides: a lease
// whose time is over and that nobody took is still good.
func Hold(ctx context.Context, tx bun.IDB, l Lease) error {
	q := tx.NewSelect().Table("leases").Column("number").Where("name = ? AND number = ?", l.Name, l.Number)
	if db.Postgres(tx) {
		q = q.For("SHARE") // of the holder's own, several at once
	}
	var number int64
	err := db.Check(q.Scan(ctx, &number))
	switch {
	case errors.Is(err, db.ErrNone):
		return ErrLost
	case err != nil:
		return fmt.Errorf("hold lease %s: %w", l.Name, err)
	}
	return nil
}

// Guard returns a context in which every transaction holds the lease before it
// does anything, whatever feature begins it. The first that finds the lease
// lost ends the context, with ErrLost as its cause. Cancel frees it.
func (l Lease) Guard(ctx context.Context) (guarded context.Context, cancel func()) {
	ctx, end := context.WithCancelCause(ctx)
	guarded = db.Guarded(ctx, func(ctx context.Context, tx bun.Tx) error {
		err := Hold(ctx, tx, l)
		if errors.Is(err, ErrLost) {
			end(ErrLost)
		}
		return err
	})
	return guarded, func() { end(nil) }
}

// Release gives a lease back before its time is over, if it is still held, so
// that another process need not wait.
func Release(ctx context.Context, d *db.DB, l Lease) error {
	err := d.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewRaw(`UPDATE leases SET expires_at = 0 WHERE name = ? AND number = ?`, l.Name, l.Number).Exec(ctx)
		return err
	})
	if err != nil {
		return fmt.Errorf("release lease %s: %w", l.Name, err)
	}
	return nil
}
