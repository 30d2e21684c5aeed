package quiz

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/internal/fault"
)

// A Window is when the trainees of a cohort may begin a module's quiz: from
// OpensAt until just before ClosesAt. Either may be zero, for no bound. It says
// nothing of how long an attempt takes: one that was begun in it has all its
// time. Both are instants; the cohort's time zone is for showing them.
type Window struct {
	bun.BaseModel `bun:"table:quiz_windows"`

	CohortID string               `bun:",pk"`
	Module   curriculum.ModuleKey `bun:",pk"`
	OpensAt  db.Time
	ClosesAt db.Time
	Version  int64 // 0 while none was ever set
	Over     bool  `bun:"-"` // it has closed, and nobody can be in the quiz any more
}

// The faults of windows.
var (
	ErrWindow       = fault.New(fault.Invalid, "bad_window", "A window closes after it opens. Leave either out for no bound.").At("closes_at")
	ErrNotOpenYet   = fault.New(fault.Conflict, "not_open_yet", "This quiz is not open yet. Come back at the time in opens_at.")
	ErrWindowClosed = fault.New(fault.Conflict, "window_closed", "The time to begin this quiz is over. Ask your instructor if you missed it.")
)

// admits returns why nobody may begin now, or nil.
func (w *Window) admits(now time.Time) error {
	switch {
	case now.Before(w.OpensAt.Time):
		return ErrNotOpenYet.With("opens_at", w.OpensAt.Time)
	case !w.ClosesAt.IsZero() && !now.Before(w.ClosesAt.Time):
		return ErrWindowClosed.With("closes_at", w.ClosesAt.Time)
	}
	return nil
}

// over reports whether a window has closed and every attempt with it, when the
// last of those under way takes answers until last. What began in the last
// moment is on record a little later, so the close counts from the same grace.
func (w *Window) over(now, last time.Time) bool {
	return !w.ClosesAt.IsZero() && late(now, w.ClosesAt.Time) && (last.IsZero() || late(now, last))
}

// windowOver reports whether the window of a cohort in a module is over for
// all: it has closed, and nobody of the cohort can be in the quiz any more,
// whatever time they were given besides. Without a window, or with one that
// does not close, it is over with the cohort. It asks nobody's permission.
func (s *Service) windowOver(ctx context.Context, idb bun.IDB, cohortID string, module curriculum.ModuleKey) (over bool, err error) {
	w, err := windowOf(ctx, idb, cohortID, module)
	if err != nil {
		return false, fmt.Errorf("read window: %w", err)
	}
	if w.ClosesAt.IsZero() {
		return s.cohortOver(ctx, idb, cohortID)
	}
	last, err := lastDeadline(ctx, idb, cohortID, module)
	if err != nil {
		return false, fmt.Errorf("read window: %w", err)
	}
	return w.over(s.now(), last.Time), nil
}

// cohortOver reports whether the last day of a cohort has passed, in its own
// time zone.
func (s *Service) cohortOver(ctx context.Context, idb bun.IDB, cohortID string) (bool, error) {
	zone, err := s.enrollments.Zone(ctx, idb, cohortID)
	if err != nil {
		return false, err
	}
	var endsOn string
	err = idb.NewSelect().TableExpr("cohorts").Column("ends_on").Where("id = ?", cohortID).Scan(ctx, &endsOn)
	return endsOn < s.now().In(zone).Format(time.DateOnly), db.Check(err)
}

// CohortWindow returns the window of a cohort that the actor teaches or
// administers.
func (s *Service) CohortWindow(ctx context.Context, cohortID string, module curriculum.ModuleKey) (*Window, error) {
	c, err := s.enrollments.Cohort(ctx, access.SeeCohort, cohortID)
	if err != nil {
		return nil, err
	}
	return s.window(ctx, c.ID, module)
}

// Window returns the window of an enrollment that the actor may see.
func (s *Service) Window(ctx context.Context, enrollmentID string, module curriculum.ModuleKey) (*Window, error) {
	p, err := s.enrollments.See(ctx, access.SeeEnrollment, enrollmentID)
	if err != nil {
		return nil, err
	}
	if p.Course.Module(module) == nil {
		return nil, db.ErrNone
	}
	return s.window(ctx, p.CohortID, module)
}

func (s *Service) window(ctx context.Context, cohortID string, module curriculum.ModuleKey) (*Window, error) {
	w, err := windowOf(ctx, s.db, cohortID, module)
	if err == nil {
		w.Over, err = s.windowOver(ctx, s.db, cohortID, module)
	}
	if err != nil {
		return nil, fmt.Errorf("read window: %w", err)
	}
	return w, nil
}

// SetWindow sets when a cohort, that the actor teaches or administers, may
// begin a module's quiz. w.Version is the one that was read, 0 for none. It
// returns enrollment.ErrStale when that is not the current one. Attempts under
// way go on.
func (s *Service) SetWindow(ctx context.Context, cohortID string, module curriculum.ModuleKey, w Window) (*Window, error) {
	c, err := s.enrollments.Cohort(ctx, access.ScheduleQuiz, cohortID)
	if err != nil {
		return nil, err
	}
	if err := s.teaches(ctx, module); err != nil {
		return nil, err
	}
	if !w.ClosesAt.IsZero() && !w.ClosesAt.After(w.OpensAt.Time) {
		return nil, ErrWindow
	}
	w.CohortID, w.Module = c.ID, module
	err = s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		before, err := windowOf(ctx, tx, c.ID, module)
		if err != nil {
			return err
		}
		if err := putWindow(ctx, tx, &w); err != nil {
			return err
		}
		return audit.Append(ctx, tx, s.now(), "quiz.window_set", c.ID, map[string]any{
			"module": module, "version": w.Version + 1, "before": before.bounds(), "after": w.bounds(),
		})
	})
	if err != nil {
		return nil, fmt.Errorf("set window: %w", err)
	}
	return s.window(ctx, c.ID, module)
}

// teaches checks that there is such a module.
func (s *Service) teaches(ctx context.Context, module curriculum.ModuleKey) error {
	course, err := s.enrollments.Newest(ctx)
	if err != nil {
		return fmt.Errorf("set window: %w", err)
	}
	if course.Module(module) == nil {
		return db.ErrNone
	}
	return nil
}

// bounds is what the ledger notes of a window.
func (w *Window) bounds() []string {
	all := []string{"", ""}
	for i, t := range []db.Time{w.OpensAt, w.ClosesAt} {
		if !t.IsZero() {
			all[i] = t.Format(time.RFC3339)
		}
	}
	return all
}

// windowOf returns a cohort's window in a module; where none was set, one
// without bounds.
func windowOf(ctx context.Context, idb bun.IDB, cohortID string, module curriculum.ModuleKey) (*Window, error) {
	w := new(Window)
	err := db.Check(idb.NewSelect().Model(w).Where("cohort_id = ? AND module = ?", cohortID, module).Scan(ctx))
	if errors.Is(err, db.ErrNone) {
		return &Window{CohortID: cohortID, Module: module}, nil
	}
	return w, err
}

// putWindow writes a window in the place of the version that it names.
func putWindow(ctx context.Context, tx bun.IDB, w *Window) error {
	if w.Version == 0 {
		made := *w
		made.Version = 1
		_, err := tx.NewInsert().Model(&made).Exec(ctx)
		if err = db.Check(err); errors.Is(err, db.ErrExists) {
			return enrollment.ErrStale
		}
		return err
	}
	res, err := tx.NewUpdate().Model(w).Set("opens_at = ?", w.OpensAt).Set("closes_at = ?", w.ClosesAt).Set("version = version + 1").
		Where("cohort_id = ? AND module = ? AND version = ?", w.CohortID, w.Module, w.Version).Exec(ctx)
	return db.One(res, err, enrollment.ErrStale)
}

// lastDeadline returns when the last attempt that a cohort has under way in a
// module ends; zero when there is none.
func lastDeadline(ctx context.Context, idb bun.IDB, cohortID string, module curriculum.ModuleKey) (last db.Time, err error) {
	err = idb.NewSelect().Model((*attempt)(nil)).ColumnExpr("max(deadline)").
		Where("state = ? AND module = ?", Open, module).
		Where("enrollment_id IN (SELECT id FROM enrollments WHERE cohort_id = ?)", cohortID).Scan(ctx, &last)
	return last, db.Check(err)
}
