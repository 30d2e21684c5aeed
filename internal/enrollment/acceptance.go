package enrollment

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/fault"
	"github.com/kapstone-lms/kapstone/internal/once"
	"github.com/kapstone-lms/kapstone/internal/text"
)

// A module that no clinician reviewed opens once an admin has accepted it as it
// is, and says on every lesson that it was not reviewed.

// An Acceptance is an admin's word that a module may be taught without a
// clinical review. It holds for the module's content, in whatever course that
// comes again.
type Acceptance struct {
	bun.BaseModel `bun:"table:module_acceptances"`

	CourseHash  string
	Module      curriculum.ModuleKey
	ContentHash string
	Statement   string
	AcceptedBy  string // person id
	AcceptedAt  db.Time
}

// The faults of modules without a review.
var (
	ErrNotReviewed = fault.New(fault.Conflict, "not_reviewed",
		"No clinician has reviewed this module yet, so your program's admin has to accept it before it opens. Ask them.")
	ErrReviewed    = fault.New(fault.Conflict, "already_reviewed", "A clinician has reviewed this module, so there is nothing to accept.")
	ErrStatement   = fault.New(fault.Invalid, "bad_statement", "Say in 1 to 2,000 characters on what grounds the module may be taught without a review.").At("statement")
	ErrCourse      = fault.New(fault.Invalid, "unknown_course", "There is no such course on record. GET /modules names the one that is taught.").At("course_hash")
	ErrAllPrograms = fault.New(fault.Forbidden, "other_programs", "This course is taught in programs that you do not administer. Ask an admin of all of them.")
)

// A ModuleState is a module of a course, and on what grounds it is open.
type ModuleState struct {
	*curriculum.Module
	CourseHash string
	Acceptance *Acceptance // nil when nobody has accepted it
	Open       bool        // to trainees, here and now
}

// Opened returns nil if a module of the course that p is pinned to may be
// taught: a clinician reviewed it, or an admin accepted it. Otherwise it
// returns ErrNotReviewed. Only the first question after a module was accepted
// reads anything.
func (s *Service) Opened(ctx context.Context, p *Pinned, key curriculum.ModuleKey) error {
	m := p.Course.Module(key)
	if m == nil {
		return db.ErrNone
	}
	if m.Reviewed() || s.unreviewed {
		return nil
	}
	content := p.Course.ModuleHash(key)
	s.mu.RLock()
	known := s.accepted[content]
	s.mu.RUnlock()
	if known {
		return nil
	}
	found, err := acceptances(ctx, s.db, []string{content})
	if err != nil {
		return fmt.Errorf("read acceptances: %w", err)
	}
	if found[content] == nil {
		return ErrNotReviewed
	}
	s.mu.Lock()
	s.accepted[content] = true // for good: an acceptance is never taken back
	s.mu.Unlock()
	return nil
}

// ModuleStates returns the modules of the current course, and which of them
// are open.
func (s *Service) ModuleStates(ctx context.Context) ([]ModuleState, error) {
	if err := access.From(ctx).May(access.SeePrograms); err != nil {
		return nil, err
	}
	course, err := s.Newest(ctx)
	if err != nil {
		return nil, err
	}
	return s.States(ctx, s.db, course)
}

// States returns the modules of a course without asking who may see them. It
// reads through idb, so that a deed can ask inside its transaction.
func (s *Service) States(ctx context.Context, idb bun.IDB, course *curriculum.Course) ([]ModuleState, error) {
	contents := make([]string, len(course.Modules))
	for i, m := range course.Modules {
		contents[i] = course.ModuleHash(m.Key)
	}
	found, err := acceptances(ctx, idb, contents)
	if err != nil {
		return nil, fmt.Errorf("read acceptances: %w", err)
	}
	all := make([]ModuleState, len(course.Modules))
	for i, m := range course.Modules {
		a := found[contents[i]]
		all[i] = ModuleState{m, course.Hash(), a, m.Reviewed() || a != nil || s.unreviewed}
	}
	return all, nil
}

// Accept records that a module of a course on record may be taught although no
// clinician reviewed it. A module that is accepted already keeps its first
// acceptance; isNew says which. It returns ErrReviewed, ErrStatement, ErrCourse,
// or ErrAllPrograms for an admin of some of the course's programs only.
func (s *Service) Accept(ctx context.Context, hash string, key curriculum.ModuleKey, statement string) (a *Acceptance, isNew bool, err error) {
	course, err := s.acceptable(ctx, hash, key)
	if err != nil {
		return nil, false, err
	}
	statement = text.Tidy(statement)
	if n := utf8.RuneCountInString(statement); n < 1 || n > 2000 || strings.ContainsFunc(statement, text.Unfit) {
		return nil, false, ErrStatement
	}
	content := course.ModuleHash(key)
	err = s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		isNew = false
		if err := db.Lock(ctx, tx, "acceptance/"+content); err != nil {
			return err
		}
		if _, _, err := once.Claim(ctx, tx, s.now(), content); err != nil {
			return err
		}
		found, err := acceptances(ctx, tx, []string{content})
		if a = found[content]; err != nil || a != nil {
			return err
		}
		a = &Acceptance{CourseHash: hash, Module: key, ContentHash: content, Statement: statement, AcceptedBy: access.From(ctx).ID, AcceptedAt: db.At(s.now())}
		if err := insertAcceptance(ctx, tx, a); err != nil {
			return err
		}
		isNew = true
		return audit.Append(ctx, tx, s.now(), "module.accepted", string(key), map[string]string{"course": hash, "content": content})
	})
	if err != nil {
		return nil, false, fmt.Errorf("accept module: %w", err)
	}
	return a, isNew, nil
}

// acceptable returns the course in which the actor may accept a module.
func (s *Service) acceptable(ctx context.Context, hash string, key curriculum.ModuleKey) (*curriculum.Course, error) {
	who := access.From(ctx)
	if err := who.May(access.AcceptUnreviewed); err != nil {
		return nil, err
	}
	known, err := coursesLike(ctx, s.db, hash)
	if err != nil {
		return nil, fmt.Errorf("find course: %w", err)
	}
	if len(known) != 1 || known[0] != hash {
		return nil, ErrCourse
	}
	course, err := s.course(ctx, hash)
	if err != nil {
		return nil, err
	}
	m := course.Module(key)
	if m == nil {
		return nil, db.ErrNone
	}
	for _, p := range course.Programs {
		if !p.Example && who.MayIn(access.AcceptUnreviewed, p.Key) != nil {
			return nil, ErrAllPrograms
		}
	}
	if m.Reviewed() {
		return nil, ErrReviewed
	}
	return course, nil
}
