package enrollment

import (
	"context"
	"fmt"

	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/db"
)

// A Correction says that a lesson of the course which an enrollment is pinned
// to was otherwise in a course published later.
type Correction struct {
	Module      curriculum.ModuleKey
	Lesson      curriculum.LessonID
	Title       string
	PublishedAt db.Time
	Note        string
}

// Corrections returns what later publications corrected in the course that p
// is pinned to: publications in their order, lessons in the order of study.
func (s *Service) Corrections(ctx context.Context, p *Pinned) ([]Correction, error) {
	rows, err := laterPublications(ctx, s.db, p.CourseHash)
	if err != nil {
		return nil, fmt.Errorf("read publications: %w", err)
	}
	if len(rows) == 0 {
		return nil, nil
	}
	last := rows[len(rows)-1].Seq
	s.mu.RLock()
	known := s.corrected[p.CourseHash]
	s.mu.RUnlock()
	if known.upTo == last {
		return known.all, nil
	}
	later := make([]published, len(rows))
	for i, r := range rows {
		course, err := s.course(ctx, r.CourseHash)
		if err != nil {
			return nil, err
		}
		later[i] = published{r, course}
	}
	all := corrections(p.Course, later)
	s.mu.Lock()
	s.corrected[p.CourseHash] = corrected{last, all}
	s.mu.Unlock()
	return all, nil
}

// What was corrected in one course, up to the publication with that number.
type corrected struct {
	upTo int64
	all  []Correction
}

// A published course comes with the deed that published it.
type published struct {
	*Publication
	course *curriculum.Course
}

// corrections walks the publications that came after a course was read. A
// lesson was corrected by one that changed it into something else than what
// was read. So was one whose quiz items it changed, if it says so in a note:
// a comma in a rationale is told to nobody.
func corrections(read *curriculum.Course, later []published) (all []Correction) {
	before := read
	for _, p := range later {
		lessons, items := curriculum.Corrected(before, p.course)
		otherLessons, otherItems := curriculum.Corrected(read, p.course)
		for _, m := range read.Modules {
			for _, l := range m.Lessons {
				if lessons[l.ID] && otherLessons[l.ID] || p.Note != "" && items[l.ID] && otherItems[l.ID] {
					all = append(all, Correction{m.Key, l.ID, l.Title, p.PublishedAt, p.Note})
				}
			}
		}
		before = p.course
	}
	return all
}
