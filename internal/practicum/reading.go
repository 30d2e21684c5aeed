package practicum

import (
	"context"
	"errors"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/internal/fault"
	"github.com/kapstone-lms/kapstone/internal/text"
	"github.com/kapstone-lms/kapstone/internal/vetting"
)

// The faults of reading what one neither wrote nor supervises.
var (
	ErrWhyRead = fault.New(fault.Forbidden, "reading_reason_required", "You neither wrote nor supervise this log. Send your reason to the same address with /reading at its end; its author sees it.")
	ErrWhy     = fault.New(fault.Invalid, "reason_required", "Say why in 10 to 500 characters.").At("reason")
)

// A Reading is that an admin or a director read a log, and why. The author sees
// it.
type Reading struct {
	bun.BaseModel `bun:"table:practicum_readings"`

	ID       string `bun:",pk"`
	LogID    string
	ReaderID string
	Role     access.Role
	Sealed   []byte `bun:"reason"`
	At       db.Time

	Reader string `bun:"-"` // their name
	Reason string `bun:"-"`
}

// Read returns a log to its author, or to who supervises it. It returns
// ErrWhyRead to who runs the program; to anybody else the log is like one that
// does not exist. Every reading is in the ledger, and so is every one that was
// denied.
func (s *Service) Read(ctx context.Context, id string) (*Log, error) {
	if err := access.From(ctx).May(access.AskLog); err != nil {
		return nil, err
	}
	l, err := s.read(ctx, id)
	return l, s.denied(ctx, id, err)
}

func (s *Service) read(ctx context.Context, id string) (l *Log, err error) {
	who := access.From(ctx)
	r, e, err := s.find(ctx, s.db, id)
	if err != nil {
		return nil, err
	}
	own := e.PersonID == who.ID && who.May(access.WriteLog) == nil
	if !own && who.May(access.ReadLog) != nil {
		return nil, unread(who, e)
	}
	err = s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) (err error) {
		var p *enrollment.Pinned
		if !own {
			if p, err = s.enrollments.Supervised(ctx, tx, access.ReadLog, e.ID); err != nil {
				return err
			}
		}
		if l, err = s.open(r); err != nil {
			return err
		}
		return audit.Append(ctx, tx, s.now(), "log.read", l.ID, onBehalf(p, nil))
	})
	switch {
	case errors.Is(err, db.ErrNone):
		return nil, unread(who, e)
	case err != nil:
		return nil, err
	case own:
		return l, nil
	}
	return l.forOthers(), nil
}

// unread is what somebody is told who may not simply read a log.
func unread(who access.Actor, e *enrollment.Enrollment) error {
	if who.ID != e.PersonID && enrollment.Administers(who, e.Program) {
		return ErrWhyRead
	}
	return db.ErrNone
}

// ReadFor returns a log to who runs its program, for a reason that its author
// sees. To anybody else the log is like one that does not exist.
func (s *Service) ReadFor(ctx context.Context, id, reason string) (*Log, error) {
	who := access.From(ctx)
	if err := who.May(access.BreakGlass); err != nil {
		return nil, err
	}
	reason, ok := text.Fits(reason, 10, 500)
	if !ok {
		return nil, ErrWhy
	}
	r, e, err := s.find(ctx, s.db, id)
	if err != nil {
		return nil, err
	}
	if who.MayIn(access.BreakGlass, e.Program) != nil {
		return nil, db.ErrNone
	}
	confirmed, err := vetting.Look(ctx, s.db, e.Program, vetting.Text{Field: "reason", Text: reason})
	if err != nil {
		return nil, err
	}
	reading := &Reading{ID: db.NewID(), LogID: r.ID, ReaderID: who.ID, Role: access.Director, At: db.At(s.now())}
	if who.Has(access.Admin) {
		reading.Role = access.Admin
	}
	reading.Sealed = s.ring.Seal(placeOfReason(reading.ID), []byte(reason))
	var l *Log
	err = s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) (err error) {
		if l, err = s.open(r); err != nil {
			return err
		}
		if _, err := tx.NewInsert().Model(reading).Exec(ctx); err != nil {
			return db.Check(err)
		}
		if err := confirmed.Keep(ctx, tx, s.now(), r.ID); err != nil {
			return err
		}
		return audit.Append(ctx, tx, s.now(), "log.read_for_reason", r.ID, map[string]any{"reading": reading.ID, "role": reading.Role})
	})
	if err != nil {
		return nil, fmt.Errorf("read log for a reason: %w", err)
	}
	return l.forOthers(), nil
}

func placeOfReason(id string) string { return "practicum_readings/reason/" + id }

// Readings returns to a log's author, and to who runs the program, who read it
// for a reason and for which, the first reading first. What its supervisors read
// is in the ledger.
func (s *Service) Readings(ctx context.Context, id string) ([]*Reading, error) {
	who := access.From(ctx)
	if err := who.May(access.AskLog); err != nil {
		return nil, err
	}
	_, e, err := s.find(ctx, s.db, id)
	if err != nil {
		return nil, err
	}
	if e.PersonID != who.ID && !enrollment.Administers(who, e.Program) {
		return nil, db.ErrNone
	}
	var all []*Reading
	if err := s.db.NewSelect().Model(&all).Where("log_id = ?", id).OrderExpr("at, id").Scan(ctx); err != nil {
		return nil, fmt.Errorf("list readings: %w", db.Check(err))
	}
	readers := make([]string, len(all))
	for i, r := range all {
		readers[i] = r.ReaderID
	}
	names, err := s.people.Names(ctx, s.db, readers)
	if err != nil {
		return nil, fmt.Errorf("list readings: %w", err)
	}
	for _, r := range all {
		reason, err := s.ring.Unseal(placeOfReason(r.ID), r.Sealed)
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", r.ID, err)
		}
		r.Reason, r.Reader = string(reason), names[r.ReaderID]
	}
	return all, nil
}

// forOthers is the log as anybody but its author sees it: a text that came back
// because it identifies somebody is blank at once.
func (l *Log) forOthers() *Log {
	shown := *l.unswayed()
	if l.identifies() {
		shown.Reflection = ""
	}
	return &shown
}
