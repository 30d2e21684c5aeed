package quiz

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/internal/once"
)

// Start begins an attempt at a module's quiz of the actor's own enrollment, or
// resumes the one that is open; created says which. It returns ErrPassed,
// ErrExhausted, ErrWait, ErrRemedy, ErrLessons, ErrWithheld or ErrOver when there
// is no try to be had now, ErrClosed for a
// repeated request whose attempt was handed in meanwhile, and
// enrollment.ErrNotReviewed for a module that waits for an admin, and the
// gate's fault for one before which something else comes.
func (s *Service) Start(ctx context.Context, enrollmentID string, module curriculum.ModuleKey) (sheet *OpenSheet, created bool, err error) {
	p, err := s.enrollments.Own(ctx, access.TakeQuiz, enrollmentID)
	if err != nil {
		return nil, false, err
	}
	m := p.Course.Module(module)
	if m == nil {
		return nil, false, db.ErrNone
	}
	a, err := s.openNow(ctx, p.ID, module)
	_, keyed := once.From(ctx)
	if err == nil && (a == nil || keyed) { // the key stands for the attempt that it resumed
		a, created, err = s.begin(ctx, p, m)
	}
	if err != nil {
		return nil, false, fmt.Errorf("start quiz: %w", err)
	}
	if a.State == Submitted {
		return nil, false, ErrClosed
	}
	if sheet, err = s.begun(ctx, p, a, created); err != nil {
		return nil, false, fmt.Errorf("start quiz: %w", err)
	}
	return sheet, created, nil
}

// begun makes the sheet of an open attempt of an enrollment. One that was just
// created has no answers to be read.
func (s *Service) begun(ctx context.Context, p *enrollment.Pinned, a *attempt, created bool) (*OpenSheet, error) {
	f, err := s.frameOn(ctx, a, p.Enrollment)
	if err != nil {
		return nil, err
	}
	var given answers
	if !created {
		if given, err = latest(ctx, s.db, a.ID); err != nil {
			return nil, err
		}
	}
	return s.showOpen(f, a, given)
}

// tries is the name of the lock on all that decides about another try.
func tries(enrollmentID string, module curriculum.ModuleKey) string {
	return "quiz/" + enrollmentID + "/" + string(module)
}

// begin makes an attempt, unless somebody was faster. What comes first is
// judged where nobody can take it back meanwhile; that a module is open never
// ends, so it is asked before, where it holds up nobody.
func (s *Service) begin(ctx context.Context, p *enrollment.Pinned, m *curriculum.Module) (a *attempt, created bool, err error) {
	unopened := s.enrollments.Opened(ctx, p, m.Key)
	err = s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		created = false
		if err := enrollment.LockEvidence(ctx, tx, p.ID, tries(p.ID, m.Key), accommodating(p.PersonID, p.Program)); err != nil {
			return err
		}
		before, err := triesBefore(ctx, tx, p.ID, m.Key)
		if err != nil {
			return err
		}
		id := db.NewID()
		if a = underWay(before); a != nil {
			id = a.ID
		}
		id, again, err := once.Claim(ctx, tx, s.now(), id)
		if again && err == nil {
			a, err = get(ctx, tx, id)
		}
		if err != nil || a != nil {
			return err
		}
		if unopened != nil {
			return unopened
		}
		if a, err = s.next(ctx, tx, p, m, before); err != nil {
			return err
		}
		created, a.ID = true, id
		if err := insert(ctx, tx, a); err != nil {
			return err
		}
		return audit.Append(ctx, tx, s.now(), "quiz.started", a.ID,
			map[string]any{"enrollment": p.ID, "module": m.Key, "number": a.Number})
	})
	return a, created, err
}

// next draws the next attempt of an enrollment in a module after those before,
// or says why there is none to be had now.
func (s *Service) next(ctx context.Context, tx bun.IDB, p *enrollment.Pinned, m *curriculum.Module, before []*attempt) (*attempt, error) {
	if s.gate != nil {
		if err := s.gate.QuizOpen(ctx, tx, p, m.Key); err != nil {
			return nil, err
		}
	}
	c, err := accommodationOf(ctx, tx, p.PersonID, p.Program)
	if err != nil {
		return nil, err
	}
	st, err := standingAfter(ctx, tx, before, Standing{Module: m.Key, Extra: c.ExtraAttempts})
	if err != nil {
		return nil, err
	}
	st = Counted(p.Edition.Quiz, st)
	if err := s.mayTry(ctx, tx, p, m, st); err != nil {
		return nil, err
	}
	items := draw(m, asked(p.Edition.Quiz, before), rand.New(secure{}))
	a := &attempt{
		EnrollmentID: p.ID, Module: m.Key, Number: st.Attempts + 1, State: Open,
		Draw: frozen{Course: p.CourseHash, Items: items}, AtItem: firstStep(m.Quiz, items),
	}
	a.startClock(s.now(), c, m.Quiz.Minutes)
	return a, nil
}

// mayBegin returns why no new attempt may begin now, or nil: the tries first,
// then the window.
func (s *Service) mayBegin(ctx context.Context, tx bun.IDB, p *enrollment.Pinned, st Standing) error {
	now := s.now()
	if err := mayBegin(p.Edition.Quiz, st, now); err != nil {
		return err
	}
	w, err := windowOf(ctx, tx, p.CohortID, st.Module)
	if err != nil {
		return err
	}
	return w.admits(now)
}
