package audit

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/db"
)

// A line is a line of an export: an entry, or the head behind the last one.
type line struct {
	*EntryLine
	Head *HeadLine `json:"head,omitempty"`
}

// An EntryLine is an entry as it leaves the product.
type EntryLine struct {
	Seq       int64  `json:"seq"`
	At        int64  `json:"at"` // milliseconds since 1970
	Actor     string `json:"actor"`
	Session   string `json:"session"`
	Address   string `json:"address"`
	RequestID string `json:"request_id"`
	Action    string `json:"action"`
	Object    string `json:"object"`
	Details   string `json:"details"`
	Prev      string `json:"prev"`
	Hash      string `json:"hash"`
}

// A HeadLine is a signed head as it leaves the product.
type HeadLine struct {
	Seq       int64  `json:"seq" doc:"the last entry"`
	Hash      string `json:"hash" doc:"of the last entry"`
	At        int64  `json:"at" doc:"milliseconds since 1970"`
	KID       string `json:"kid" doc:"the key, among /api/v1/keys"`
	Signature string `json:"signature" doc:"Ed25519, base64"`
}

// Line is the head as it leaves the product.
func (h Head) Line() HeadLine {
	return HeadLine{h.Seq, h.Hash, h.At.UnixMilli(), h.KID, h.Signature}
}

// head is what Line was made of.
func (l HeadLine) head() Head {
	return Head{Seq: l.Seq, Hash: l.Hash, At: db.At(time.UnixMilli(l.At)), KID: l.KID, Signature: l.Signature}
}

// Export writes the ledger up to a signed head, an entry a line, and the head as
// the last line.
func Export(ctx context.Context, idb bun.IDB, h *Head, out io.Writer) error {
	w := bufio.NewWriter(out)
	e := json.NewEncoder(w)
	for after := int64(0); after < h.Seq; {
		var rows []Entry
		err := idb.NewSelect().Model(&rows).Where("seq > ? AND seq <= ?", after, h.Seq).OrderExpr("seq").Limit(page).Scan(ctx)
		if err != nil {
			return fmt.Errorf("export ledger: %w", db.Check(err))
		}
		for i := range rows {
			if err := e.Encode(line{EntryLine: rows[i].line()}); err != nil {
				return fmt.Errorf("export ledger: %w", err)
			}
			after = rows[i].Seq
		}
		if len(rows) == 0 {
			break // cut off behind: whoever checks the export sees it
		}
	}
	last := h.Line()
	if err := e.Encode(line{Head: &last}); err != nil {
		return fmt.Errorf("export ledger: %w", err)
	}
	return w.Flush()
}

func (e *Entry) line() *EntryLine {
	return &EntryLine{e.Seq, e.At.UnixMilli(), e.ActorID, e.Session, e.Address, e.RequestID, e.Action, e.Object, e.Details, e.Prev, e.Hash}
}

func (l *EntryLine) entry() *Entry {
	return &Entry{
		Seq: l.Seq, At: db.At(time.UnixMilli(l.At)), ActorID: l.Actor, Session: l.Session, Address: l.Address, RequestID: l.RequestID,
		Action: l.Action, Object: l.Object, Details: l.Details, Prev: l.Prev, Hash: l.Hash,
	}
}

// VerifyExport is Verify of an export, without a database. It returns the head
// that the export ends with; one without was cut off.
func VerifyExport(in io.Reader, heads ...Head) (f Finding, own *Head, err error) {
	d, w := json.NewDecoder(in), newWalk(heads)
	for {
		var l line
		if err := d.Decode(&l); errors.Is(err, io.EOF) {
			w.fails(w.f.Entries+1, "the export ends without a signed head")
			return w.f, nil, nil
		} else if err != nil {
			return w.f, nil, fmt.Errorf("line after entry %d: %w", w.f.Entries, err)
		}
		if l.Head != nil {
			own := l.Head.head()
			if w.f.Entries != own.Seq || w.f.Head != own.Hash {
				w.fails(w.f.Entries+1, fmt.Sprintf("the export does not end with entry %d, whose head was signed", own.Seq))
			}
			return w.end(), &own, nil
		}
		if l.EntryLine == nil {
			return w.f, nil, fmt.Errorf("line after entry %d: it is neither an entry nor a head", w.f.Entries)
		}
		if !w.step(l.entry()) {
			return w.f, nil, nil
		}
	}
}

// ReadHead reads a signed head as it left the product.
func ReadHead(in io.Reader) (Head, error) {
	var l HeadLine
	if err := json.NewDecoder(in).Decode(&l); err != nil {
		return Head{}, fmt.Errorf("read a signed head: %w", err)
	}
	if l.Seq < 1 || len(l.Hash) != len(genesis) {
		return Head{}, errors.New("this is not a signed head of a ledger")
	}
	return l.head(), nil
}
