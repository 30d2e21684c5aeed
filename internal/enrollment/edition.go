package enrollment

import (
	"context"
	"errors"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/fault"
)

// Publish puts a course on record, if it is not there, and makes it the one of
// this process, whatever is published elsewhere. Enrollments made before stay
// on theirs. A program whose rules changed under an unchanged version is
// refused: what was published never changes.
func (s *Service) Publish(ctx context.Context, course *curriculum.Course) error {
	if err := s.keep(ctx, course); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.current, s.fixed, s.opened[course.Hash()] = course, true, course
	return nil
}

// keep puts a course on record in a transaction of its own.
func (s *Service) keep(ctx context.Context, course *curriculum.Course) error {
	err := s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error { return s.putOnRecord(ctx, tx, course) })
	if err != nil {
		return fmt.Errorf("publish course: %w", err)
	}
	return nil
}

// putOnRecord puts a course and its editions on record.
func (s *Service) putOnRecord(ctx context.Context, tx bun.IDB, course *curriculum.Course) error {
	archive, err := course.Archive()
	if err != nil {
		return err
	}
	if err := insertCourse(ctx, tx, course.Hash(), archive, s.now()); err != nil {
		return err
	}
	for _, p := range course.Programs {
		hash, err := publishEdition(ctx, tx, p, course.Hash(), s.now())
		if err != nil {
			return err
		}
		if hash != p.Hash() {
			return fmt.Errorf("the rules of program %s changed, but its version is still %d: raise `version` in programs/%s.yaml",
				p.Key, p.Version, p.Key)
		}
	}
	return nil
}

// Programs returns the programs of the current course.
func (s *Service) Programs(ctx context.Context) ([]*curriculum.Program, error) {
	if err := access.From(ctx).May(access.SeePrograms); err != nil {
		return nil, err
	}
	course, err := s.Newest(ctx)
	if err != nil {
		return nil, err
	}
	return course.Programs, nil
}

// ErrNoEdition reports an edition that was never published here.
var ErrNoEdition = fault.New(fault.NotFound, "no_edition", "There is no such edition of this program on record.")

// An EditionDiff is what changed between two editions of a program.
type EditionDiff struct {
	From, To int // versions
	Changes  []curriculum.Change
}

// DiffEditions returns what changed between two editions of a program that are
// on record. A version of 0 means the newest as to, and the one before to as
// from. It returns ErrNoEdition for one that was never published.
func (s *Service) DiffEditions(ctx context.Context, program string, from, to int) (*EditionDiff, error) {
	who := access.From(ctx)
	if err := who.May(access.SeeEditions); err != nil {
		return nil, err
	}
	if who.MayIn(access.SeeEditions, program) != nil {
		return nil, db.ErrNone
	}
	versions, err := versionsOf(ctx, s.db, program)
	if err != nil {
		return nil, fmt.Errorf("list editions: %w", err)
	}
	if len(versions) == 0 {
		return nil, db.ErrNone
	}
	if to == 0 {
		to = versions[len(versions)-1]
	}
	if from == 0 {
		from = to
		for _, v := range versions {
			if v < to {
				from = v
			}
		}
	}
	one, err := s.Edition(ctx, program, from)
	if err != nil {
		return nil, err
	}
	other, err := s.Edition(ctx, program, to)
	if err != nil {
		return nil, err
	}
	return &EditionDiff{from, to, curriculum.DiffPrograms(one, other)}, nil
}

// Edition returns an edition that is on record. It does not ask who may see
// it. It returns ErrNoEdition for one that was never published.
func (s *Service) Edition(ctx context.Context, program string, version int) (*curriculum.Program, error) {
	hash, err := editionCourse(ctx, s.db, program, version)
	if errors.Is(err, db.ErrNone) {
		return nil, ErrNoEdition
	}
	if err != nil {
		return nil, fmt.Errorf("read edition: %w", err)
	}
	course, err := s.course(ctx, hash)
	if err != nil {
		return nil, err
	}
	p := course.Program(program)
	if p == nil || p.Version != version {
		return nil, fmt.Errorf("course %.12s has no program %s version %d", hash, program, version)
	}
	return p, nil
}

// Pin returns an enrollment with the edition and content it is pinned to.
func (s *Service) Pin(ctx context.Context, e *Enrollment) (*Pinned, error) {
	course, err := s.course(ctx, e.CourseHash)
	if err != nil {
		return nil, err
	}
	p := course.Program(e.Program)
	if p == nil || p.Version != e.ProgramVersion {
		return nil, fmt.Errorf("course %.12s has no program %s version %d", e.CourseHash, e.Program, e.ProgramVersion)
	}
	return &Pinned{Enrollment: e, Edition: p, Course: course}, nil
}

// course opens a course that is on record, once for the process.
func (s *Service) course(ctx context.Context, hash string) (*curriculum.Course, error) {
	s.mu.RLock()
	c, ok := s.opened[hash]
	s.mu.RUnlock()
	if ok {
		return c, nil
	}
	archive, err := courseArchive(ctx, s.db, hash)
	if err == nil {
		c, err = curriculum.FromArchive(archive)
	}
	if err != nil {
		return nil, fmt.Errorf("open course %.12s: %w", hash, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opened[hash] = c
	return c, nil
}

// ByID returns enrollments by their ids, without asking who may see them: for
// features that have asked already.
func (s *Service) ByID(ctx context.Context, idb bun.IDB, ids []string) (map[string]*Enrollment, error) {
	all := make(map[string]*Enrollment, len(ids))
	if len(ids) == 0 {
		return all, nil
	}
	var rows []*Enrollment
	if err := idb.NewSelect().Model(&rows).Where("id IN (?)", bun.List(ids)).Scan(ctx); err != nil {
		return nil, fmt.Errorf("read enrollments: %w", db.Check(err))
	}
	for _, e := range rows {
		all[e.ID] = e
	}
	return all, nil
}
