// Package quiz runs quiz attempts. Every saved answer is a row of a journal in
// SQL, committed before "saved" is said; SQL alone judges what counts. The live
// sheet beside it, in Redis or in the process, is a fast door that may vanish
// at any moment.
package quiz

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
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
	journal     *journal
	frames      frameCache
	random      *rand.Rand
}

// New returns the quizzes kept in d. Close it to write what is still queued.
func New(d *db.DB, enrollments *enrollment.Service, live Live, now func() time.Time) *Service {
	s := &Service{
		db: d, enrollments: enrollments, live: live, now: now,
		frames: frameCache{all: make(map[string]*frame)}, random: rand.New(secure{}),
	}
	s.journal = startJournal(s.write)
	return s
}

// Close stops taking saves, commits those that are queued, and returns when
// they are answered.
func (s *Service) Close(ctx context.Context) error {
	return errors.Join(s.journal.stop(ctx), s.live.close(ctx))
}

// Start begins an attempt at a module's quiz, or resumes the open one; created
// says which. It returns ErrPassed, ErrExhausted or ErrWait when no try may
// begin.
func (s *Service) Start(ctx context.Context, enrollmentID string, module curriculum.ModuleKey) (sheet *OpenSheet, created bool, err error) {
	p, err := s.enrollments.Own(ctx, access.TakeQuiz, enrollmentID)
	if err != nil {
		return nil, false, err
	}
	m := p.Course.Module(module)
	if m == nil {
		return nil, false, db.ErrNone
	}
	var a *attempt
	err = s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) (err error) {
		a, created, err = s.openOrResume(ctx, tx, p, m)
		return err
	})
	if err != nil {
		return nil, false, fmt.Errorf("start quiz: %w", err)
	}
	f, err := s.frameOf(ctx, a)
	if err != nil {
		return nil, false, err
	}
	sheet, err = s.openSheet(ctx, f)
	return sheet, created, err
}

// openOrResume holds the lock of one trainee's quiz, so that of many starts at
// once one opens and the others find it.
func (s *Service) openOrResume(ctx context.Context, tx bun.Tx, p *enrollment.Pinned, m *curriculum.Module) (a *attempt, created bool, err error) {
	if err := db.Lock(ctx, tx, quizLock(p.ID, m.Key)); err != nil {
		return nil, false, err
	}
	if a, err = openOf(ctx, tx, p.ID, m.Key); err != nil {
		return nil, false, err
	}
	if a != nil && !a.overdue(s.now()) {
		return a, false, nil
	}
	if a != nil { // its time ran out and nobody has closed it yet
		if _, err := s.end(ctx, tx, a.ID); err != nil {
			return nil, false, err
		}
	}
	st, err := standing(ctx, tx, p.ID, m.Key)
	if err != nil {
		return nil, false, err
	}
	now := s.now()
	if err := mayBegin(p.Edition.Quiz, st, now); err != nil {
		return nil, false, err
	}
	a = &attempt{
		ID: db.NewID(), EnrollmentID: p.ID, Module: m.Key, Number: st.Attempts + 1, State: Open,
		Draw:      frozen{p.CourseHash, draw(m, s.random)},
		StartedAt: db.At(now), Deadline: db.At(now.Add(time.Duration(m.Quiz.Minutes) * time.Minute)),
	}
	if err := insert(ctx, tx, a); err != nil {
		return nil, false, err
	}
	return a, true, audit.Append(ctx, tx, now, "quiz.started", a.ID, map[string]any{"enrollment": p.ID, "module": m.Key, "number": a.Number})
}

func quizLock(enrollmentID string, m curriculum.ModuleKey) string {
	return "quiz/" + enrollmentID + "/" + string(m)
}

// Sheet returns the actor's own attempt: the open sheet, or the result once it
// was handed in.
func (s *Service) Sheet(ctx context.Context, attemptID string) (*Sheet, error) {
	f, err := s.own(ctx, attemptID)
	if err != nil {
		return nil, err
	}
	a, err := get(ctx, s.db, attemptID)
	if err != nil {
		return nil, err
	}
	if a.overdue(s.now()) {
		if a, err = s.close(ctx, attemptID); err != nil {
			return nil, fmt.Errorf("close overdue attempt: %w", err)
		}
	}
	if a.State == Open {
		open, err := s.openSheet(ctx, f)
		return &Sheet{Open: open}, err
	}
	r, err := s.result(ctx, f, a)
	return &Sheet{Result: r}, err
}

// openSheet reads an open attempt from SQL, and puts the live sheet right.
func (s *Service) openSheet(ctx context.Context, f *frame) (*OpenSheet, error) {
	all, err := latest(ctx, s.db, f.id)
	if err != nil {
		return nil, fmt.Errorf("read attempt: %w", err)
	}
	s.live.put(f.id, f.deadline, all)
	return f.open(all)
}

// Submit hands an attempt in and grades it. Every answer that Save
// acknowledged counts. Handing in again, or fifty times at once, gives the
// same result.
func (s *Service) Submit(ctx context.Context, attemptID string) (*Result, error) {
	f, err := s.own(ctx, attemptID)
	if err != nil {
		return nil, err
	}
	a, err := s.close(ctx, attemptID)
	if err != nil {
		return nil, fmt.Errorf("hand in: %w", err)
	}
	return s.result(ctx, f, a)
}

// CloseOverdue hands in attempts whose time is over and whose trainee went
// silent, at most limit of them, and returns how many. They count as handed in
// at their deadline.
func (s *Service) CloseOverdue(ctx context.Context, limit int) (n int, err error) {
	ids, err := overdue(ctx, s.db, s.now(), limit)
	if err != nil {
		return 0, fmt.Errorf("find overdue attempts: %w", err)
	}
	for _, id := range ids {
		if _, err := s.close(ctx, id); err != nil {
			return n, fmt.Errorf("close overdue attempt %s: %w", id, err)
		}
		n++
	}
	return n, nil
}

// close hands an attempt in, unless it is already.
func (s *Service) close(ctx context.Context, id string) (a *attempt, err error) {
	err = s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) (err error) {
		a, err = s.end(ctx, tx, id)
		return err
	})
	if err == nil {
		s.live.forget(id)
	}
	return a, err
}

// end closes and grades an attempt inside a transaction. While it holds the
// attempt no save can commit: what was acknowledged before is graded, what
// comes after is refused, and nothing falls between.
func (s *Service) end(ctx context.Context, tx bun.Tx, id string) (*attempt, error) {
	a, err := hold(ctx, tx, id)
	if err != nil || a.State == Submitted {
		return a, err
	}
	f, err := s.frameOf(ctx, a)
	if err != nil {
		return nil, err
	}
	all, err := latest(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	score, err := grade(f.module, f.questions, all, f.rules)
	if err != nil {
		return nil, err
	}
	a.submit(s.now(), score)
	if err := update(ctx, tx, a); err != nil {
		return nil, err
	}
	return a, audit.Append(ctx, tx, s.now(), "quiz.submitted", id,
		map[string]any{"enrollment": a.EnrollmentID, "module": a.Module, "by": a.ClosedBy, "passed": a.Passed})
}
