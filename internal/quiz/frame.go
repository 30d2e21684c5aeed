package quiz

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
)

// A frame is what never changes of an attempt: whose it is and what it asks.
// Its two times are those of the row when it was last read here, by which to
// guess; other processes change them, and the row decides.
type frame struct {
	id           string
	personID     string
	enrollmentID string
	module       *curriculum.Module
	rules        curriculum.QuizRules
	number       int
	startedAt    time.Time
	deadline     time.Time // a hint
	pausedUntil  time.Time // a hint; zero outside a pause
	questions    []question
}

// question returns the question with an id, or nil.
func (f *frame) question(id string) *question {
	for i := range f.questions {
		if f.questions[i].id == id {
			return &f.questions[i]
		}
	}
	return nil
}

// own returns the frame of the actor's own attempt. Anybody else's answers
// like one that does not exist.
func (s *Service) own(ctx context.Context, attemptID string) (*frame, error) {
	who := access.From(ctx)
	if err := who.May(access.TakeQuiz); err != nil {
		return nil, err
	}
	f, err := s.frame(ctx, attemptID)
	if err != nil {
		return nil, err
	}
	if f.personID != who.ID {
		return nil, db.ErrNone
	}
	return s.fresh(ctx, f)
}

// fresh reads an attempt's row again when its frame says that its time is over
// or that its pause has ended: somebody may have given it more. So one whose
// time was extended elsewhere costs one look and is as fast as before.
func (s *Service) fresh(ctx context.Context, f *frame) (*frame, error) {
	now := s.now()
	if !late(now, f.deadline) && (f.pausedUntil.IsZero() || now.Before(f.pausedUntil)) {
		return f, nil
	}
	a, err := get(ctx, s.db, f.id)
	if err == nil && a.lapsed(now) {
		a, err = s.goOn(ctx, a.ID)
	}
	if err != nil {
		return nil, fmt.Errorf("read attempt: %w", err)
	}
	return s.frameOf(ctx, a)
}

// frame returns the frame of any attempt, from memory or from SQL.
func (s *Service) frame(ctx context.Context, attemptID string) (*frame, error) {
	if !db.IsID(attemptID) {
		return nil, db.ErrNone
	}
	if f := s.frames.get(attemptID); f != nil {
		return f, nil
	}
	a, err := get(ctx, s.db, attemptID)
	if err != nil {
		return nil, err
	}
	return s.frameOf(ctx, a)
}

// frameOf makes the frame of an attempt that was just read and keeps it.
func (s *Service) frameOf(ctx context.Context, a *attempt) (*frame, error) {
	if f := s.frames.follow(a); f != nil {
		return f, nil
	}
	found, err := s.enrollments.ByID(ctx, s.db, []string{a.EnrollmentID})
	if err != nil {
		return nil, err
	}
	if found[a.EnrollmentID] == nil {
		return nil, fmt.Errorf("attempt %s has no enrollment", a.ID)
	}
	return s.frameOn(ctx, a, found[a.EnrollmentID])
}

// frameOn is frameOf for an attempt whose enrollment was just read, too.
func (s *Service) frameOn(ctx context.Context, a *attempt, e *enrollment.Enrollment) (*frame, error) {
	if f := s.frames.follow(a); f != nil {
		return f, nil
	}
	course, err := s.enrollments.Course(ctx, a.Draw.Course)
	if err != nil {
		return nil, err
	}
	p, err := s.enrollments.PinTo(e, course) // what the trainee saw is what counts, rules included
	if err != nil {
		return nil, err
	}
	m := p.Course.Module(a.Module)
	if m == nil {
		return nil, fmt.Errorf("the course of attempt %s has no module %s", a.ID, a.Module)
	}
	questions, err := a.Draw.questions(m)
	if err != nil {
		return nil, fmt.Errorf("attempt %s: %w", a.ID, err)
	}
	f := &frame{
		id: a.ID, personID: e.PersonID, enrollmentID: e.ID, module: m, rules: p.Edition.Quiz, number: a.Number,
		startedAt: a.StartedAt.Time, deadline: a.Deadline.Time, pausedUntil: a.PausedUntil.Time, questions: questions,
	}
	s.frames.put(f)
	return f, nil
}

// maxFrames bounds the memory that frames take; each has a few kilobytes.
const maxFrames = 25_000

// frameCache keeps frames, any of which may go at any time.
type frameCache struct {
	mu  sync.RWMutex
	all map[string]*frame
}

func (c *frameCache) get(id string) *frame {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.all[id]
}

// follow gives the frame of an attempt that was just read the times of its row
// and returns it, or nil where there is none.
func (c *frameCache) follow(a *attempt) *frame {
	f := c.get(a.ID)
	if f == nil || f.deadline.Equal(a.Deadline.Time) && f.pausedUntil.Equal(a.PausedUntil.Time) {
		return f
	}
	g := *f // others hold the old one
	g.deadline, g.pausedUntil = a.Deadline.Time, a.PausedUntil.Time
	c.put(&g)
	return &g
}

func (c *frameCache) put(f *frame) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, have := c.all[f.id]; !have && len(c.all) >= maxFrames {
		for id := range c.all { // whichever comes first
			delete(c.all, id)
			break
		}
	}
	c.all[f.id] = f
}
