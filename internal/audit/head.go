package audit

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/keys"
)

// A Head says, signed, what the last entry of the ledger was at an instant. One
// that lies elsewhere shows whether the ledger was cut off or replaced since.
type Head struct {
	bun.BaseModel `bun:"table:audit_heads"`

	Seq       int64 `bun:",pk"`
	Hash      string
	At        db.Time `bun:"at"`
	KID       string  `bun:"kid"`
	Signature string  // base64, of text by the key of that name
}

// text is what is signed: four lines that anybody can write down.
func (h Head) text() []byte {
	return fmt.Appendf(nil, "kapstone ledger head 1\n%d\n%s\n%d\n", h.Seq, h.Hash, h.At.UnixMilli())
}

// Holds reports whether the head was signed by a key of the ring.
func (h Head) Holds(ring *keys.Ring) bool {
	sig, err := base64.StdEncoding.DecodeString(h.Signature)
	return err == nil && ring.Verify(keys.Records, h.KID, h.text(), sig)
}

// SignHead signs the head of the ledger and keeps it. Of a ledger that nothing
// was added to since the last time, it returns that head. It returns db.ErrNone
// for an empty ledger.
func SignHead(ctx context.Context, d *db.DB, ring *keys.Ring, at time.Time) (*Head, error) {
	h := new(Head)
	err := d.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := db.Lock(ctx, tx, "audit"); err != nil {
			return err
		}
		last, err := tail(ctx, tx)
		if err != nil {
			return err
		}
		if last.Seq == 0 {
			return db.ErrNone
		}
		*h = Head{Seq: last.Seq, Hash: last.Hash, At: db.At(at)}
		kid, sig := ring.Sign(keys.Records, h.text())
		h.KID, h.Signature = kid, base64.StdEncoding.EncodeToString(sig)
		if _, err := tx.NewInsert().Model(h).On("CONFLICT (seq) DO NOTHING").Exec(ctx); err != nil {
			return db.Check(err)
		}
		return db.Check(tx.NewSelect().Model(h).WherePK().Scan(ctx))
	})
	if err != nil {
		return nil, fmt.Errorf("sign the ledger's head: %w", err)
	}
	return h, nil
}

// SignHeadAfter is SignHead when the last one is older than span.
func SignHeadAfter(ctx context.Context, d *db.DB, ring *keys.Ring, at time.Time, span time.Duration) error {
	var last []Head
	if err := d.NewSelect().Model(&last).OrderExpr("seq DESC").Limit(1).Scan(ctx); err != nil {
		return fmt.Errorf("read the ledger's heads: %w", db.Check(err))
	}
	if len(last) > 0 && at.Sub(last[0].At.Time) < span {
		return nil
	}
	if _, err := SignHead(ctx, d, ring, at); !errors.Is(err, db.ErrNone) {
		return err
	}
	return nil
}

// Heads returns all signed heads, oldest first. It asks no permission.
func Heads(ctx context.Context, idb bun.IDB) (all []Head, err error) {
	if err := idb.NewSelect().Model(&all).OrderExpr("seq").Scan(ctx); err != nil {
		return nil, fmt.Errorf("read the ledger's heads: %w", db.Check(err))
	}
	return all, nil
}

// ListHeads returns signed heads, the newest first, before the one of an entry;
// 0 is the newest. It asks for access.ReadAudit.
func ListHeads(ctx context.Context, idb bun.IDB, before, limit int64) (rows []Head, err error) {
	if err := access.From(ctx).May(access.ReadAudit); err != nil {
		return nil, err
	}
	sel := idb.NewSelect().Model(&rows).OrderExpr("seq DESC").Limit(limit)
	if before > 0 {
		sel.Where("seq < ?", before)
	}
	if err := sel.Scan(ctx); err != nil {
		return nil, fmt.Errorf("list the ledger's heads: %w", db.Check(err))
	}
	return rows, nil
}
