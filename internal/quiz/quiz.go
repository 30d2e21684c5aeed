// Package quiz runs quiz attempts: it draws them, keeps every answer, closes
// them in time and grades them.
//
// SQL is the only judge. A save is acknowledged when it is committed; the
// insert itself says whether the attempt is still open and the answer the
// successor of the current one. Whoever closes an attempt locks it first, so
// what was acknowledged before is graded and what comes after is refused. What
// is kept beside, frames in memory and the live sheets, only makes this fast.
package quiz

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
)

// Service runs the attempts.
type Service struct {
	db          *db.DB
	enrollments *enrollment.Service
	live        Live
	now         func() time.Time
	frames      *frameCache
	journal     *journal
	looked      Looked
	feed        Feed
	gallery     *gallery
	gate        Gate
}

// Looked says when each lesson of some enrollments was last looked at. It reads
// through idb, so that a deed can ask inside its transaction.
type Looked func(ctx context.Context, idb bun.IDB, enrollmentIDs []string) (map[string]map[curriculum.LessonID]time.Time, error)

// A Gate says what comes first. QuizOpen returns nil when a module's quiz may
// be begun now, else a fault that names what the program wants done before. It
// reads through idb, the transaction that begins the attempt.
type Gate interface {
	QuizOpen(ctx context.Context, idb bun.IDB, p *enrollment.Pinned, module curriculum.ModuleKey) error
}

// GuardedBy has attempts begun only as gate says; those that are open go on
// whatever it says. It looks at the evidence of all features, so it is made
// after them.
func (s *Service) GuardedBy(gate Gate) { s.gate = gate }

// An Option sets a Service up in another way than the usual one.
type Option func(*Service)

// FedBy has those who watch quizzes told of answers by feed, instead of by one
// within the process.
func FedBy(feed Feed) Option { return func(s *Service) { s.feed = feed } }

// New returns the quizzes kept in d, with live as the store of their sheets, and
// looked to ask after lessons where a program sends trainees back to them. Close
// ends it.
func New(d *db.DB, enrollments *enrollment.Service, live Live, looked Looked, now func() time.Time, options ...Option) *Service {
	s := &Service{db: d, enrollments: enrollments, live: live, looked: looked, now: now, frames: &frameCache{all: make(map[string]*frame)}}
	for _, o := range options {
		o(s)
	}
	if s.feed == nil {
		s.feed = NewProcessFeed()
	}
	s.gallery = newGallery(s, s.feed)
	s.journal = startJournal(s.write)
	return s
}

// Close writes the answers that are still queued and ends what runs in the
// background. Saves after it are refused.
func (s *Service) Close(ctx context.Context) error {
	s.StopWatching()
	if err := errors.Join(s.journal.stop(ctx), s.live.close(ctx), s.feed.close(ctx)); err != nil {
		return fmt.Errorf("close quizzes: %w", err)
	}
	return nil
}

// openNow returns the attempt that is open, or nil. One whose time is over it
// closes, so that it does not pass for a try still under way.
func (s *Service) openNow(ctx context.Context, enrollmentID string, module curriculum.ModuleKey) (*attempt, error) {
	a, err := openOf(ctx, s.db, enrollmentID, module)
	if err != nil || a == nil {
		return nil, err
	}
	if a, err = s.settle(ctx, a); err != nil || a.State == Submitted {
		return nil, err
	}
	return a, nil
}

// settle makes of an attempt that was just read what it is by now: closed when
// its time is over, and going on when its pause has ended.
func (s *Service) settle(ctx context.Context, a *attempt) (*attempt, error) {
	switch now := s.now(); {
	case a.overdue(now):
		a, _, err := s.close(ctx, a.ID, true)
		return a, err
	case a.lapsed(now):
		return s.goOn(ctx, a.ID)
	}
	return a, nil
}

// Sheet returns the actor's own attempt, as it is now.
func (s *Service) Sheet(ctx context.Context, attemptID string) (*Sheet, error) {
	f, err := s.own(ctx, attemptID)
	if err != nil {
		return nil, err
	}
	a, err := get(ctx, s.db, f.id)
	if err == nil {
		a, err = s.settle(ctx, a)
	}
	if err != nil {
		return nil, fmt.Errorf("read attempt: %w", err)
	}
	return s.show(ctx, a)
}

// show makes the sheet of an attempt that was just read. Answers come from
// SQL; the live sheet is made anew from them.
func (s *Service) show(ctx context.Context, a *attempt) (*Sheet, error) {
	f, err := s.frameOf(ctx, a)
	if err != nil {
		return nil, err
	}
	given, err := latest(ctx, s.db, a.ID)
	if err != nil {
		return nil, err
	}
	if a.State == Submitted {
		r, err := s.resultOf(ctx, f, a, given)
		return &Sheet{Result: r}, err
	}
	o, err := s.showOpen(f, a, given)
	return &Sheet{Open: o}, err
}

// showOpen makes the sheet of an open attempt of its answers.
func (s *Service) showOpen(f *frame, a *attempt, given answers) (*OpenSheet, error) {
	s.live.put(a.ID, f.deadline, given)
	o, err := f.open(a.AtItem, given)
	if err == nil {
		a.pauseOn(o, s.now())
	}
	return o, err
}

// Submit hands in the actor's own attempt and grades it. Handing in again
// returns the same result. An attempt whose time is over was handed in by its
// deadline: that is ErrClosed, and Sheet has its result.
func (s *Service) Submit(ctx context.Context, attemptID string) (*Result, error) {
	f, err := s.own(ctx, attemptID)
	if err != nil {
		return nil, err
	}
	a, by, err := s.close(ctx, f.id, false)
	if err != nil {
		return nil, fmt.Errorf("hand in: %w", err)
	}
	if a.ClosedBy == ByDeadline {
		return nil, ErrClosed
	}
	var sheet *Sheet
	if by == nil {
		sheet, err = s.show(ctx, a)
	} else if f, err = s.frameOf(ctx, a); err == nil {
		var r *Result
		r, err = s.firstResult(ctx, f, a, by)
		sheet = &Sheet{Result: r}
	}
	if err != nil {
		return nil, fmt.Errorf("hand in: %w", err)
	}
	return sheet.Result, nil
}

// close closes and grades an attempt, in one transaction, and returns it as it
// is then, with the answers by which it was graded. One that is closed already
// stays as it is; so does one that is not overdue, if only those are meant: then
// by is nil.
func (s *Service) close(ctx context.Context, attemptID string, overdueOnly bool) (a *attempt, by answers, err error) {
	f, err := s.frame(ctx, attemptID)
	if err != nil {
		return nil, nil, err
	}
	err = s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		by = nil
		if a, err = hold(ctx, tx, attemptID); err != nil {
			return err
		}
		now := s.now()
		if a.State == Submitted || overdueOnly && !a.overdue(now) {
			return nil
		}
		if a.resume(now) {
			if err := writeTimes(ctx, tx, a); err != nil {
				return err
			}
		}
		given, err := latest(ctx, tx, attemptID)
		if err != nil {
			return err
		}
		sc, err := grade(f.module, f.questions, given, f.rules)
		if err != nil {
			return err
		}
		if a.Missed, err = missed(f.module, f.questions, given); err != nil {
			return err
		}
		by = given
		a.submit(now, sc)
		if err := update(ctx, tx, a); err != nil {
			return err
		}
		return audit.Append(ctx, tx, now, "quiz.submitted", a.ID, map[string]any{
			"enrollment": a.EnrollmentID, "module": a.Module, "number": a.Number, "closed_by": a.ClosedBy,
			"correct": a.Correct, "asked": a.Asked, "score_percent": a.ScorePercent, "passed": a.Passed,
		})
	})
	if err == nil && a.State == Submitted {
		s.live.forget(attemptID)
	}
	return a, by, err
}

// CloseOverdue closes and grades attempts whose time is over, at most limit of
// them, and returns how many it closed. It needs no actor, and several
// processes may call it at once. One attempt that cannot be closed does not
// keep the others.
func (s *Service) CloseOverdue(ctx context.Context, limit int) (n int, err error) {
	ids, err := overdue(ctx, s.db, s.now(), limit)
	if err != nil {
		return 0, fmt.Errorf("close overdue attempts: %w", err)
	}
	var errs []error
	for _, id := range ids {
		a, _, err := s.close(ctx, id, true)
		switch {
		case err != nil:
			errs = append(errs, fmt.Errorf("close attempt %s: %w", id, err))
		case a.State == Submitted:
			n++
		}
	}
	return n, errors.Join(errs...)
}
