package quiz

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/fault"
)

// In a pause the clock of an attempt stands still: its questions are not shown
// and nothing can be saved. It lasts until the trainee goes on, and no longer
// than the accommodation allows: then it has ended, at that very instant,
// whenever somebody notices. Handing in is possible all the time.

// ErrNoPause reports that the clock stood still as long as it may, or that it
// never may.
var ErrNoPause = fault.New(fault.Conflict, "no_pause_left",
	"There is no pause left in this attempt. Your instructor can agree on one with you, for every quiz of the program.")

// pausing is how long the pause under way lasts when nobody ends it before.
func (a *attempt) pausing() time.Duration {
	if a.PausedAt.IsZero() {
		return 0
	}
	return max(0, a.PausedUntil.Sub(a.PausedAt.Time))
}

// lapsed reports whether a's pause has ended by itself and nobody noted it.
func (a *attempt) lapsed(now time.Time) bool {
	return a.State == Open && !a.PausedAt.IsZero() && !now.Before(a.PausedUntil.Time)
}

// pauseLeft is how long the clock may still stand still. A clock set back gives
// no more than there was.
func (a *attempt) pauseLeft(now time.Time) time.Duration {
	left := time.Duration(a.PauseLimitMS-a.PausedMS) * time.Millisecond
	if !a.PausedAt.IsZero() {
		left -= max(0, now.Sub(a.PausedAt.Time))
	}
	return max(0, left)
}

// pause stops a's clock, for as long as there is left of it.
func (a *attempt) pause(now time.Time) error {
	left := a.pauseLeft(now)
	switch {
	case a.State != Open || now.After(a.Deadline.Time):
		return ErrClosed
	case left == 0:
		return ErrNoPause
	}
	a.PausedAt = db.At(later(now, a.StartedAt.Time)) // the clock was set back
	a.PausedUntil, a.Deadline = db.At(a.PausedAt.Add(left)), db.At(a.Deadline.Add(left))
	return nil
}

// resume lets a's clock go on, from now or from when its pause ended by itself,
// and reports whether it had stood still. What was not used of the pause, the
// deadline gives back.
func (a *attempt) resume(now time.Time) bool {
	if a.PausedAt.IsZero() {
		return false
	}
	used := min(max(0, db.At(now).Sub(a.PausedAt.Time)), a.pausing())
	a.Deadline = db.At(a.Deadline.Add(used - a.pausing()))
	a.PausedMS += used.Milliseconds()
	a.PausedAt, a.PausedUntil = db.Time{}, db.Time{}
	return true
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// pauseOn shows on a sheet whether a's clock stands still, and hides the
// questions while it does. The answers stay: they are the trainee's own.
func (a *attempt) pauseOn(o *OpenSheet, now time.Time) {
	o.PauseLeft = a.pauseLeft(now)
	if !a.PausedAt.IsZero() {
		o.PausedUntil, o.Items = a.PausedUntil.Time, []Question{}
	}
}

// Pause stops the clock of the actor's own attempt. One that is paused stays
// so. It returns ErrNoPause when there is none left, and ErrClosed.
func (s *Service) Pause(ctx context.Context, attemptID string) (*OpenSheet, error) {
	sheet, err := s.onOwn(ctx, attemptID, func(ctx context.Context, tx bun.IDB, a *attempt, now time.Time) error {
		if !a.PausedAt.IsZero() {
			return nil
		}
		if err := a.pause(now); err != nil {
			return err
		}
		if err := writeTimes(ctx, tx, a); err != nil {
			return err
		}
		return audit.Append(ctx, tx, now, "quiz.paused", a.ID, map[string]any{"until": a.PausedUntil.UnixMilli()})
	})
	if err != nil {
		return nil, fmt.Errorf("pause: %w", err)
	}
	return sheet, nil
}

// Resume lets the clock of the actor's own attempt go on. One that is not
// paused stays as it is. It returns ErrClosed.
func (s *Service) Resume(ctx context.Context, attemptID string) (*OpenSheet, error) {
	sheet, err := s.onOwn(ctx, attemptID, func(ctx context.Context, tx bun.IDB, a *attempt, now time.Time) error {
		return goesOn(ctx, tx, a, now)
	})
	if err != nil {
		return nil, fmt.Errorf("go on: %w", err)
	}
	return sheet, nil
}

// onOwn does something to the actor's own open attempt, held and with a pause
// that has ended noted, and returns its sheet after that.
func (s *Service) onOwn(ctx context.Context, attemptID string, do func(context.Context, bun.IDB, *attempt, time.Time) error) (*OpenSheet, error) {
	f, err := s.own(ctx, attemptID)
	if err != nil {
		return nil, err
	}
	var a *attempt
	err = s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if a, err = hold(ctx, tx, f.id); err != nil {
			return err
		}
		now := s.now()
		if a.State != Open || a.overdue(now) {
			return ErrClosed
		}
		if a.lapsed(now) {
			if err := goesOn(ctx, tx, a, now); err != nil {
				return err
			}
		}
		return do(ctx, tx, a, now)
	})
	if err != nil {
		return nil, err
	}
	sheet, err := s.show(ctx, a)
	if err != nil {
		return nil, err
	}
	return sheet.Open, nil
}

// goesOn ends the pause of an attempt that is held, if it has one.
func goesOn(ctx context.Context, tx bun.IDB, a *attempt, now time.Time) error {
	itself := a.lapsed(now)
	if !a.resume(now) {
		return nil
	}
	if err := writeTimes(ctx, tx, a); err != nil {
		return err
	}
	return audit.Append(ctx, tx, now, "quiz.resumed", a.ID, map[string]any{"by_itself": itself, "paused_ms": a.PausedMS})
}

// goOn notes that a pause has ended by itself, unless it was noted before, and
// returns the attempt as it is then.
func (s *Service) goOn(ctx context.Context, attemptID string) (a *attempt, err error) {
	err = s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if a, err = hold(ctx, tx, attemptID); err != nil {
			return err
		}
		if now := s.now(); a.lapsed(now) {
			return goesOn(ctx, tx, a, now)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("end pause: %w", err)
	}
	s.frames.follow(a)
	return a, nil
}

// EndPauses notes the pauses that have ended by themselves, at most limit of
// them, and returns how many: from then on whoever saves without looking first
// is let in. It needs no actor, and several processes may call it at once.
func (s *Service) EndPauses(ctx context.Context, limit int) (int, error) {
	ids, err := lapsedPauses(ctx, s.db, s.now(), limit)
	if err != nil {
		return 0, fmt.Errorf("end pauses: %w", err)
	}
	var errs []error
	for _, id := range ids {
		if _, err := s.goOn(ctx, id); err != nil {
			errs = append(errs, fmt.Errorf("attempt %s: %w", id, err))
		}
	}
	return len(ids) - len(errs), errors.Join(errs...)
}

// lapsedPauses lists attempts whose pause has ended, the longest first.
func lapsedPauses(ctx context.Context, idb bun.IDB, now time.Time, limit int) (ids []string, err error) {
	err = idb.NewSelect().Model((*attempt)(nil)).Column("id").
		Where("state = ? AND paused_at IS NOT NULL AND paused_until <= ?", Open, db.At(now)).
		OrderExpr("paused_until, id").Limit(int64(limit)).Scan(ctx, &ids)
	return ids, db.Check(err)
}
