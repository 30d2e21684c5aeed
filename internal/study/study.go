// Package study keeps how far trainees have come with their lessons: what was
// opened, what was completed, and where to go on.
package study

import (
	"context"
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

// ErrNotOpened reports a lesson completed unread, in a program that wants it
// opened first.
var ErrNotOpened = fault.New(fault.Forbidden, "prerequisite", "Open the lesson before you mark it complete.")

// Service keeps the lessons' progress.
type Service struct {
	db          *db.DB
	enrollments *enrollment.Service
	now         func() time.Time
	gate        Gate
}

// A Gate says what comes first. LessonsOpen returns nil when the lessons of a
// module may be studied now, else a fault that names what the program wants
// done before.
type Gate interface {
	LessonsOpen(ctx context.Context, p *enrollment.Pinned, module curriculum.ModuleKey) error
}

// GuardedBy has lessons opened and completed only as gate says. It looks at
// the evidence of all features, so it is made after them.
func (s *Service) GuardedBy(gate Gate) { s.gate = gate }

// New returns the study progress kept in d.
func New(d *db.DB, enrollments *enrollment.Service, now func() time.Time) *Service {
	return &Service{db: d, enrollments: enrollments, now: now}
}

// A Module is a module as one trainee stands in it.
type Module struct {
	*curriculum.Module
	Lessons   []Lesson
	Completed int                // how many lessons
	Resume    *curriculum.Lesson // the first lesson not completed; nil when all are
}

// A Lesson is a lesson as one trainee stands in it. Corrections are there when
// it is opened: what courses published later have otherwise.
type Lesson struct {
	*curriculum.Lesson
	OpenedAt    db.Time // zero until opened
	CompletedAt db.Time // zero until completed
	Reviewed    bool    // a clinician reviewed the module
	Corrections []enrollment.Correction
}

// Modules returns the modules of the actor's enrollment.
func (s *Service) Modules(ctx context.Context, enrollmentID string) ([]Module, error) {
	p, err := s.enrollments.OwnToRead(ctx, access.Study, enrollmentID)
	if err != nil {
		return nil, err
	}
	marks, err := marksOf(ctx, s.db, enrollmentID)
	if err != nil {
		return nil, fmt.Errorf("list modules: %w", err)
	}
	all := make([]Module, len(p.Course.Modules))
	for i, m := range p.Course.Modules {
		all[i] = stand(m, marks)
	}
	return all, nil
}

// Module returns one module of the actor's enrollment.
func (s *Service) Module(ctx context.Context, enrollmentID string, key curriculum.ModuleKey) (*Module, error) {
	p, err := s.enrollments.OwnToRead(ctx, access.Study, enrollmentID)
	if err != nil {
		return nil, err
	}
	m := p.Course.Module(key)
	if m == nil {
		return nil, db.ErrNone
	}
	marks, err := marksOf(ctx, s.db, enrollmentID)
	if err != nil {
		return nil, fmt.Errorf("read module: %w", err)
	}
	standing := stand(m, marks)
	return &standing, nil
}

// stand joins a module with what one trainee has done of it.
func stand(m *curriculum.Module, marks map[curriculum.LessonID]mark) Module {
	standing := Module{Module: m, Lessons: make([]Lesson, len(m.Lessons))}
	for i, l := range m.Lessons {
		at := marks[l.ID]
		standing.Lessons[i] = Lesson{Lesson: l, OpenedAt: at.OpenedAt, CompletedAt: at.CompletedAt, Reviewed: m.Reviewed()}
		switch {
		case !at.CompletedAt.IsZero():
			standing.Completed++
		case standing.Resume == nil:
			standing.Resume = l
		}
	}
	return standing
}

// Open returns a lesson to read, with what was corrected since, and notes that
// it was opened. It returns enrollment.ErrNotReviewed for a module that waits
// for an admin, and the gate's fault for one before which something else comes.
func (s *Service) Open(ctx context.Context, enrollmentID string, key curriculum.ModuleKey, id curriculum.LessonID) (*Lesson, error) {
	p, l, err := s.lesson(ctx, enrollmentID, key, id)
	if err != nil {
		return nil, err
	}
	corrected, err := s.enrollments.Corrections(ctx, p)
	if err != nil {
		return nil, fmt.Errorf("open lesson: %w", err)
	}
	var m mark
	err = s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		m, err = open(ctx, tx, enrollmentID, id, s.now())
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("open lesson: %w", err)
	}
	of := func(c enrollment.Correction) bool { return c.Lesson == id }
	l.OpenedAt, l.CompletedAt, l.Corrections = m.OpenedAt, m.CompletedAt, only(corrected, of)
	return l, nil
}

// only returns the corrections that want keeps, without touching all.
func only(all []enrollment.Correction, want func(enrollment.Correction) bool) (some []enrollment.Correction) {
	for _, c := range all {
		if want(c) {
			some = append(some, c)
		}
	}
	return some
}

// Notices returns what was corrected in the lessons that the actor has
// completed, by courses published after the one of their enrollment: the
// oldest first.
func (s *Service) Notices(ctx context.Context, enrollmentID string) ([]enrollment.Correction, error) {
	p, err := s.enrollments.OwnToRead(ctx, access.Study, enrollmentID)
	if err != nil {
		return nil, err
	}
	corrected, err := s.enrollments.Corrections(ctx, p)
	if err != nil || len(corrected) == 0 {
		return nil, err
	}
	marks, err := marksOf(ctx, s.db, enrollmentID)
	if err != nil {
		return nil, fmt.Errorf("list notices: %w", err)
	}
	return only(corrected, func(c enrollment.Correction) bool { return !marks[c.Lesson].CompletedAt.IsZero() }), nil
}

// Complete marks a lesson complete. A second time it only counts as a look at
// the lesson. It returns
// ErrNotOpened where the program asks for lessons to be opened first, and
// enrollment.ErrNotReviewed and the gate's fault as Open does.
func (s *Service) Complete(ctx context.Context, enrollmentID string, key curriculum.ModuleKey, id curriculum.LessonID) (*Lesson, error) {
	p, l, err := s.lesson(ctx, enrollmentID, key, id)
	if err != nil {
		return nil, err
	}
	var m mark
	err = s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if p.Edition.Lessons == curriculum.LessonsOpenedFirst {
			if m, err = get(ctx, tx, enrollmentID, id); err != nil {
				return err
			}
			if m.OpenedAt.IsZero() {
				return ErrNotOpened
			}
		}
		first, err := complete(ctx, tx, enrollmentID, id, s.now())
		if err != nil {
			return err
		}
		if err := look(ctx, tx, enrollmentID, id, s.now()); err != nil {
			return err
		}
		if m, err = get(ctx, tx, enrollmentID, id); err != nil || !first {
			return err
		}
		return audit.Append(ctx, tx, s.now(), "lesson.completed", enrollmentID, map[string]string{"lesson": string(id)})
	})
	if err != nil {
		return nil, fmt.Errorf("complete lesson: %w", err)
	}
	l.OpenedAt, l.CompletedAt = m.OpenedAt, m.CompletedAt
	return l, nil
}

// lesson finds a lesson of the actor's enrollment under its own module, if that
// is open.
func (s *Service) lesson(ctx context.Context, enrollmentID string, key curriculum.ModuleKey, id curriculum.LessonID) (*enrollment.Pinned, *Lesson, error) {
	p, err := s.enrollments.Own(ctx, access.Study, enrollmentID)
	if err != nil {
		return nil, nil, err
	}
	m := p.Course.Module(key)
	if m == nil {
		return nil, nil, db.ErrNone
	}
	l := m.Lesson(id)
	if l == nil {
		return nil, nil, db.ErrNone
	}
	if err := s.enrollments.Opened(ctx, p, key); err != nil {
		return nil, nil, err
	}
	if err := s.first(ctx, p, key, id); err != nil {
		return nil, nil, err
	}
	return p, &Lesson{Lesson: l, Reviewed: m.Reviewed()}, nil
}

// first is the gate's fault where something comes before a lesson. One that was
// completed stays open, to be read again.
func (s *Service) first(ctx context.Context, p *enrollment.Pinned, key curriculum.ModuleKey, id curriculum.LessonID) error {
	if s.gate == nil {
		return nil
	}
	locked := s.gate.LessonsOpen(ctx, p, key)
	if locked == nil {
		return nil
	}
	m, err := get(ctx, s.db, p.ID, id)
	if err != nil {
		return fmt.Errorf("read lesson: %w", err)
	}
	if m.CompletedAt.IsZero() {
		return locked
	}
	return nil
}

// Completed returns when each enrollment completed which lessons. It reads
// through idb, so that a deed can ask inside its transaction.
func (s *Service) Completed(ctx context.Context, idb bun.IDB, enrollmentIDs []string) (map[string]map[curriculum.LessonID]time.Time, error) {
	all, err := times(ctx, idb, "completed_at", enrollmentIDs)
	if err != nil {
		return nil, fmt.Errorf("read lessons: %w", err)
	}
	return all, nil
}

// Looked is like Completed, for when each lesson was last opened or completed.
func (s *Service) Looked(ctx context.Context, idb bun.IDB, enrollmentIDs []string) (map[string]map[curriculum.LessonID]time.Time, error) {
	all, err := times(ctx, idb, "seen_at", enrollmentIDs)
	if err != nil {
		return nil, fmt.Errorf("read lessons: %w", err)
	}
	return all, nil
}
