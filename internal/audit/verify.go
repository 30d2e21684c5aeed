package audit

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/db"
)

// A Finding says how far the chain holds. Bad is the sequence number of the
// first row that breaks it, 0 when none does; Why says how.
type Finding struct {
	Entries int64
	Head    string // the hash of the last good entry
	Bad     int64
	Why     string
}

// page is how many entries Verify reads at a time.
const page = 1000

// Verify walks the chain from its first entry and stops at the first row that
// breaks it. Rows cut off at the end leave a shorter chain that holds in
// itself: compare Head with one noted elsewhere to see that.
func Verify(ctx context.Context, idb bun.IDB) (Finding, error) {
	f := Finding{Head: genesis}
	for {
		var rows []Entry
		err := idb.NewSelect().Model(&rows).Where("seq > ?", f.Entries).OrderExpr("seq").Limit(page).Scan(ctx)
		if err != nil {
			return f, fmt.Errorf("read ledger: %w", db.Check(err))
		}
		for i := range rows {
			if f.Why = rows[i].follows(f.Entries, f.Head); f.Why != "" {
				f.Bad = rows[i].Seq
				return f, nil
			}
			f.Entries, f.Head = rows[i].Seq, rows[i].Hash
		}
		if len(rows) < page {
			return f, nil
		}
	}
}

// follows says what is wrong with e as the entry after the one with number and
// hash, or nothing.
func (e *Entry) follows(number int64, hash string) string {
	switch {
	case e.Seq != number+1:
		return fmt.Sprintf("entry %d is missing", number+1)
	case e.Prev != hash:
		return "it does not follow the entry before it"
	case e.Hash != e.sum():
		return "its content was changed"
	}
	return ""
}

// A Query narrows a listing. Empty fields match everything; Before is the
// sequence number of the last entry already seen, 0 for the newest.
type Query struct {
	Actor  string
	Action string
	Object string
	Before int64
	Limit  int64
}

// List returns entries, the newest first. It asks for access.ReadAudit.
func List(ctx context.Context, idb bun.IDB, q Query) ([]Entry, error) {
	if err := access.From(ctx).May(access.ReadAudit); err != nil {
		return nil, err
	}
	var rows []Entry
	sel := idb.NewSelect().Model(&rows).OrderExpr("seq DESC").Limit(q.Limit)
	for column, value := range map[string]string{"actor_id": q.Actor, "action": q.Action, "object": q.Object} {
		if value != "" {
			sel.Where("? = ?", bun.Ident(column), value)
		}
	}
	if q.Before > 0 {
		sel.Where("seq < ?", q.Before)
	}
	if err := sel.Scan(ctx); err != nil {
		return nil, fmt.Errorf("list ledger: %w", db.Check(err))
	}
	return rows, nil
}
