// Package audit keeps the ledger: one entry for each deed, appended inside the
// deed's own transaction, each entry bound to the one before by a SHA-256. A
// changed, missing or inserted row breaks the chain where it stands.
//
// Entries name people and things by id and never hold personal text.
package audit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/db"
)

// An Entry is one deed: who did what to which thing, when and from where.
// Details is canonical JSON: ids, numbers and states, no personal text.
type Entry struct {
	bun.BaseModel `bun:"table:audit_entries"`

	Seq       int64   `bun:",pk"`
	At        db.Time `bun:"at"`
	ActorID   string
	Session   string
	Address   string
	RequestID string
	Action    string
	Object    string
	Details   string
	Prev      string // the hash of the entry before, 64 zeros for the first
	Hash      string // hex SHA-256 of all the fields above
}

// genesis stands where the first entry names its predecessor.
const genesis = "0000000000000000000000000000000000000000000000000000000000000000"

// Append adds an entry for what the actor in ctx did. It takes the ledger's
// lock until the transaction ends, so it belongs at the end of the deed.
func Append(ctx context.Context, tx bun.IDB, at time.Time, action, object string, details any) error {
	text, err := json.Marshal(details)
	if err != nil {
		return fmt.Errorf("audit %s: %w", action, err)
	}
	if details == nil {
		text = []byte("{}")
	}
	if err := db.Lock(ctx, tx, "audit"); err != nil {
		return fmt.Errorf("audit %s: %w", action, err)
	}
	last, err := tail(ctx, tx)
	if err != nil {
		return fmt.Errorf("audit %s: %w", action, err)
	}
	who := access.From(ctx)
	e := &Entry{
		Seq: last.Seq + 1, At: db.At(at), ActorID: who.ID, Session: who.Session, Address: who.Address,
		RequestID: who.RequestID, Action: action, Object: object, Details: string(text), Prev: last.Hash,
	}
	e.Hash = e.sum()
	if _, err := tx.NewInsert().Model(e).Exec(ctx); err != nil {
		return fmt.Errorf("audit %s: %w", action, err)
	}
	return nil
}

func tail(ctx context.Context, idb bun.IDB) (*Entry, error) {
	last := new(Entry)
	err := db.Check(idb.NewSelect().Model(last).OrderExpr("seq DESC").Limit(1).Scan(ctx))
	if err == db.ErrNone {
		return &Entry{Hash: genesis}, nil
	}
	return last, err
}

// sum hashes the fields with their lengths in front, so that no two different
// entries can run together into the same bytes.
func (e *Entry) sum() string {
	h := sha256.New()
	for _, field := range []string{
		strconv.FormatInt(e.Seq, 10), strconv.FormatInt(e.At.UnixMilli(), 10), e.ActorID, e.Session,
		e.Address, e.RequestID, e.Action, e.Object, e.Details, e.Prev,
	} {
		fmt.Fprintf(h, "%d:%s,", len(field), field)
	}
	return hex.EncodeToString(h.Sum(nil))
}
