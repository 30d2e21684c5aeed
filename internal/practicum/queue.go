package practicum

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/fault"
)

// The queue holds the submitted logs. A grader asks for the next one and gets
// it whole, claimed: for a while their colleagues are given others, and nobody
// waits for anybody. A claim ends with the grade, with the return, and with
// time; a log that nobody claimed can be graded just so.

// claimFor is how long a claim keeps a log from colleagues.
const claimFor = 20 * time.Minute

// An Order is how a queue is read.
type Order string

// The orders. Within each, the longest waiting come first.
const (
	ByAge    Order = "age"
	BySafety Order = "safety" // those with a safety flag before all others
	ByCohort Order = "cohort"
)

// A Filter says which part of the queue to look at.
type Filter struct {
	Cohort  string // "" for all
	Flagged *bool  // with a safety flag, without one, or either
	Overdue bool   // only those that should be graded by now
	Order   Order  // by age where it is ""
}

// A Waiting is a submitted log in the queue.
type Waiting struct {
	*Work
	CohortID     string
	Flagged      bool      // something in it is about safety
	DueAt        db.Time   // zero where the program states no days
	ClaimedBy    string    // "" when nobody has it
	ClaimedUntil db.Time   // zero when nobody has it
	At           time.Time // when this was so
}

// Overdue reports whether the log should be graded by now.
func (w *Waiting) Overdue() bool { return !w.DueAt.IsZero() && !w.At.Before(w.DueAt.Time) }

// The faults of the queue.
var (
	ErrClaimed = fault.New(fault.Conflict, "claimed", "") // a colleague has just opened it
	ErrOrder   = fault.New(fault.Invalid, "unknown_value", "The order is one of age, safety, cohort.").At("order")
)

// flagged reports whether something in a log is about safety.
func (l *Log) flagged() bool { return l.KnewWhomToCall == "no" || len(l.Safety()) > 0 }

// Queue returns submitted logs that the actor supervises, work lines only,
// after the one named by after. A name from elsewhere is like a made-up one.
func (s *Service) Queue(ctx context.Context, f Filter, after string, limit int64) ([]*Waiting, error) {
	supervised, err := s.enrollments.Supervising(ctx, access.GradeLog)
	if err != nil {
		return nil, err
	}
	rows, err := waiting(ctx, s.db, supervised, f, s.now(), after, limit)
	if err != nil {
		return nil, fmt.Errorf("list queue: %w", err)
	}
	return rows, nil
}

// A Want says which log to give next.
type Want struct {
	Cohort string // "" for any
	After  string // a log that the actor leaves for later: go on behind it, and end its claim
}

// A Claimed is a whole log that its reader has to themselves for a while.
type Claimed struct {
	*Log
	Until time.Time
}

// Next gives the actor the log that should be graded next, whole and claimed:
// one with a safety flag before all others, then the longest waiting. It
// returns nil when none waits. Asked again, it gives the same log until that is
// graded, sent back, or left for later.
func (s *Service) Next(ctx context.Context, w Want) (*Claimed, error) {
	supervised, err := s.enrollments.Supervising(ctx, access.GradeLog)
	if err != nil {
		return nil, err
	}
	for {
		id, err := next(ctx, s.db, supervised, w, access.From(ctx).ID, s.now())
		if errors.Is(err, db.ErrNone) {
			return nil, s.leave(ctx, w.After)
		}
		if err != nil {
			return nil, fmt.Errorf("next log: %w", err)
		}
		c, err := s.claim(ctx, id, w.After)
		if !errors.Is(err, errLost) {
			return c, err
		}
	}
}

// errLost reports that a colleague was faster.
var errLost = errors.New("a colleague has claimed this log")

// claim reads a log for the actor and keeps it from colleagues for a while.
func (s *Service) claim(ctx context.Context, id, left string) (*Claimed, error) {
	c := &Claimed{Until: s.now().Add(claimFor)}
	err := s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := claim(ctx, tx, id, access.From(ctx).ID, s.now(), c.Until); err != nil {
			return err
		}
		if err := release(ctx, tx, left, access.From(ctx).ID); err != nil {
			return err
		}
		l, p, err := s.supervised(ctx, tx, access.GradeLog, id)
		if err != nil {
			return err
		}
		c.Log = l.unswayed()
		return audit.Append(ctx, tx, s.now(), "log.read", id, onBehalf(p, map[string]any{"claimed_until": c.Until.UTC().Format(time.RFC3339)}))
	})
	if err != nil {
		return nil, fmt.Errorf("claim log: %w", err)
	}
	return c, nil
}

// leave ends the actor's claim on a log, if they have one.
func (s *Service) leave(ctx context.Context, id string) error {
	if id == "" {
		return nil
	}
	return s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		return release(ctx, tx, id, access.From(ctx).ID)
	})
}

// mine refuses a log that a colleague has claimed.
func (s *Service) mine(ctx context.Context, tx bun.IDB, id string) error {
	until, err := claimedByOther(ctx, tx, id, access.From(ctx).ID, s.now())
	if err != nil || until.IsZero() {
		return err
	}
	return ErrClaimed.Says(fmt.Sprintf("A colleague is grading this log; it is free again at %s UTC at the latest.", until.UTC().Format("15:04")))
}
