// Package once makes a creating deed safe to ask for again. The caller sends a
// key of its own with the request; the first deed notes, in its transaction,
// what it made under that key, and any later request with the same key finds
// that instead of making another.
package once

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/fault"
)

// ErrReused reports a key that came before with a different request.
var ErrReused = fault.New(fault.Invalid, "idempotency_key_reused",
	"This Idempotency-Key was used for a different request. Send a new key.").At("Idempotency-Key")

// A Key is what the caller sent, and the digest of the request it came with
// (method, path and body).
type Key struct {
	Key    string
	Digest string
}

type ctxKey struct{}

// With returns a context that carries the key of the request being served.
func With(ctx context.Context, k Key) context.Context { return context.WithValue(ctx, ctxKey{}, k) }

type row struct {
	bun.BaseModel `bun:"table:once_keys"`

	PersonID string `bun:",pk"`
	Key      string `bun:",pk"`
	Digest   string
	ObjectID string
	At       db.Time
}

// Claim notes, inside the deed's transaction, that the request's key stands
// for the object id. When the same person's key was claimed before, it returns
// the object of that first time and again = true: the deed must return that
// object and change nothing. A request without a key is always a first one.
// It returns ErrReused when the key came with a different request.
func Claim(ctx context.Context, tx bun.IDB, at time.Time, id string) (object string, again bool, err error) {
	k, ok := From(ctx)
	if !ok || k.Key == "" {
		return id, false, nil
	}
	r := &row{PersonID: access.From(ctx).ID, Key: k.Key, Digest: k.Digest, ObjectID: id, At: db.At(at)}
	// A second request waits here for the first one's transaction to end.
	res, err := tx.NewInsert().Model(r).On("CONFLICT (person_id, key) DO NOTHING").Exec(ctx)
	switch err = db.One(res, err, db.ErrExists); {
	case err == nil:
		return id, false, nil
	case !errors.Is(err, db.ErrExists):
		return "", false, fmt.Errorf("claim key: %w", err)
	}
	first := new(row)
	err = tx.NewSelect().Model(first).Where("person_id = ? AND key = ?", r.PersonID, r.Key).Scan(ctx)
	if err != nil {
		return "", false, fmt.Errorf("claim key: %w", db.Check(err))
	}
	if first.Digest != k.Digest {
		return "", false, ErrReused
	}
	return first.ObjectID, true, nil
}

// From returns the key of the request being served, if it has one.
func From(ctx context.Context) (Key, bool) { k, ok := ctx.Value(ctxKey{}).(Key); return k, ok }
