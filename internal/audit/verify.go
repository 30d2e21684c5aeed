package audit

import (
	"cmp"
	"context"
	"fmt"
	"slices"

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
// itself: heads that were signed before show that.
func Verify(ctx context.Context, idb bun.IDB, heads ...Head) (Finding, error) {
	w := newWalk(heads)
	for {
		var rows []Entry
		err := idb.NewSelect().Model(&rows).Where("seq > ?", w.f.Entries).OrderExpr("seq").Limit(page).Scan(ctx)
		if err != nil {
			return w.f, fmt.Errorf("read ledger: %w", db.Check(err))
		}
		for i := range rows {
			if !w.step(&rows[i]) {
				return w.f, nil
			}
		}
		if len(rows) < page {
			return w.end(), nil
		}
	}
}

// A walk goes along the chain, past the heads that were signed of it.
type walk struct {
	f     Finding
	heads []Head // still ahead, in their order
	held  int64  // the last one that was met
}

func newWalk(heads []Head) *walk {
	heads = slices.SortedFunc(slices.Values(heads), func(a, b Head) int { return cmp.Compare(a.Seq, b.Seq) })
	return &walk{f: Finding{Head: genesis}, heads: heads}
}

// step looks at the next entry and reports whether it holds.
func (w *walk) step(e *Entry) bool {
	if why := e.follows(w.f.Entries, w.f.Head); why != "" {
		return w.fails(e.Seq, why)
	}
	for len(w.heads) > 0 && w.heads[0].Seq == e.Seq {
		if w.heads[0].Hash != e.Hash {
			return w.fails(e.Seq, fmt.Sprintf("it is not the entry whose head was signed; entries after %d were replaced", w.held))
		}
		w.held, w.heads = e.Seq, w.heads[1:]
	}
	w.f.Entries, w.f.Head = e.Seq, e.Hash
	return true
}

func (w *walk) fails(seq int64, why string) bool {
	if seq < 1 { // 0 would say that nothing is bad
		seq = w.f.Entries + 1
	}
	w.f.Bad, w.f.Why = seq, why
	return false
}

// end is what was found when there are no more entries.
func (w *walk) end() Finding {
	if len(w.heads) > 0 && w.f.Bad == 0 {
		w.fails(w.f.Entries+1, fmt.Sprintf("the ledger was cut off: a head of entry %d was signed", w.heads[len(w.heads)-1].Seq))
	}
	return w.f
}

// Each calls do for every entry of an action, the oldest first.
func Each(ctx context.Context, idb bun.IDB, action string, do func(*Entry) error) error {
	for after := int64(0); ; {
		var rows []Entry
		err := idb.NewSelect().Model(&rows).Where("action = ? AND seq > ?", action, after).OrderExpr("seq").Limit(page).Scan(ctx)
		if err != nil {
			return fmt.Errorf("read ledger: %w", db.Check(err))
		}
		for i := range rows {
			if err := do(&rows[i]); err != nil {
				return err
			}
			after = rows[i].Seq
		}
		if len(rows) < page {
			return nil
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
