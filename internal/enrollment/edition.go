package enrollment

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/db"
)

// Publish puts a course on record, if it is not there, and makes it the one
// that new enrollments are pinned to. Enrollments made before stay on theirs.
// A program whose rules changed under an unchanged version is refused: what
// was published never changes.
func (s *Service) Publish(ctx context.Context, course *curriculum.Course) error {
	archive, err := course.Archive()
	if err != nil {
		return fmt.Errorf("publish course: %w", err)
	}
	err = s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := insertCourse(ctx, tx, course.Hash(), archive, s.now()); err != nil {
			return err
		}
		for _, p := range course.Programs {
			hash, err := publishEdition(ctx, tx, p, s.now())
			if err != nil {
				return err
			}
			if hash != p.Hash() {
				return fmt.Errorf("the rules of program %s changed, but its version is still %d: raise `version` in modules/programs/%s.yaml",
					p.Key, p.Version, p.Key)
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("publish course: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.current, s.opened[course.Hash()] = course, course
	return nil
}

// Current returns the course that new enrollments are pinned to.
func (s *Service) Current() *curriculum.Course {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.current
}

// Programs returns the programs of the current course.
func (s *Service) Programs(ctx context.Context) ([]*curriculum.Program, error) {
	if err := access.From(ctx).May(access.SeePrograms); err != nil {
		return nil, err
	}
	return s.Current().Programs, nil
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
