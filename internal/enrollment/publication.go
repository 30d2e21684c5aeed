package enrollment

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/fault"
	"github.com/kapstone-lms/kapstone/internal/text"
)

// A Publication is one deed of a person: from then on a course is the one that
// new enrollments are pinned to, in every process. The same course may be
// published again later.
type Publication struct {
	bun.BaseModel `bun:"table:course_publications"`

	Seq         int64 `bun:",pk"` // from 1
	CourseHash  string
	PublishedAt db.Time
	PublishedBy string
	Note        string // for those who read what it corrects; "" when it corrects nothing
}

// The faults of publishing.
var (
	ErrPublished = fault.New(fault.Conflict, "already_published", "This is the course on record already; there is nothing to publish.")
	ErrMovedOn   = fault.New(fault.Conflict, "course_moved_on", "Somebody published another course meanwhile. Look at the differences to that one, then publish again.")
	ErrNote      = fault.New(fault.Invalid, "bad_note",
		"A lesson changed, and those who have read it will be told: say with --note, in plain words and at most 2,000 characters, what was corrected.").At("note")
)

// Served says which course a process gives out, and why.
type Served struct {
	Course *curriculum.Course
	// Publication is the one that made it so; nil when nobody ever published a
	// course, so that the embedded one is served.
	Publication *Publication
	// Before is the hash of the course that came on record last, where that is
	// another and nobody published it; otherwise "".
	Before string
}

// OnRecord returns the course that a person published last or, where nobody
// ever published one, the embedded one. It changes nothing.
func (s *Service) OnRecord(ctx context.Context, embedded *curriculum.Course) (*Served, error) {
	last, err := s.lastPublished(ctx)
	if err != nil {
		return nil, err
	}
	if last != nil {
		course, err := s.course(ctx, last.CourseHash)
		return &Served{Course: course, Publication: last}, err
	}
	before, err := lastCourse(ctx, s.db)
	if err != nil {
		return nil, fmt.Errorf("read courses: %w", err)
	}
	if before == embedded.Hash() {
		before = ""
	}
	return &Served{Course: embedded, Before: before}, nil
}

// Open makes the course on record current, and puts it there if it is the
// embedded one. From then on Newest follows what is published.
func (s *Service) Open(ctx context.Context, embedded *curriculum.Course) (*Served, error) {
	served, err := s.OnRecord(ctx, embedded)
	if err != nil {
		return nil, err
	}
	if served.Publication != nil {
		s.follow(served.Course, served.Publication.Seq)
		return served, nil
	}
	if err := s.keep(ctx, embedded); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.current, s.opened[embedded.Hash()] = embedded, embedded
	return served, nil
}

// ErrNoCourse reports a name that does not lead to one course on record.
var ErrNoCourse = fault.New(fault.NotFound, "no_course", "No course on record has a hash that begins so, or more than one has. Give more of it.")

// CourseLike returns the course on record whose hash begins with a text of at
// least eight digits. It returns ErrNoCourse when there is not exactly one.
func (s *Service) CourseLike(ctx context.Context, prefix string) (*curriculum.Course, error) {
	if len(prefix) < 8 {
		return nil, ErrNoCourse
	}
	hashes, err := coursesLike(ctx, s.db, prefix)
	if err != nil {
		return nil, fmt.Errorf("find course: %w", err)
	}
	if len(hashes) != 1 {
		return nil, ErrNoCourse
	}
	return s.course(ctx, hashes[0])
}

// Current returns the course that new enrollments were pinned to when this
// process looked last. A deed that depends on it asks Newest.
func (s *Service) Current() *curriculum.Course {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.current
}

// Newest returns the course that new enrollments are pinned to, after a look at
// what other processes published: one read of one row.
func (s *Service) Newest(ctx context.Context) (*curriculum.Course, error) {
	s.mu.RLock()
	current, fixed, seen := s.current, s.fixed, s.seen
	s.mu.RUnlock()
	if fixed {
		return current, nil
	}
	last, err := s.lastPublished(ctx)
	if err != nil || last == nil || last.Seq <= seen {
		return current, err
	}
	course, err := s.course(ctx, last.CourseHash)
	if err != nil {
		return nil, err
	}
	return s.follow(course, last.Seq), nil
}

// follow makes a published course current, unless a newer one is already.
func (s *Service) follow(course *curriculum.Course, seq int64) *curriculum.Course {
	s.mu.Lock()
	defer s.mu.Unlock()
	if seq > s.seen {
		s.current, s.seen = course, seq
	}
	return s.current
}

// lastPublished returns the newest publication, or nil when there is none.
func (s *Service) lastPublished(ctx context.Context) (*Publication, error) {
	p, err := lastPublication(ctx, s.db)
	switch {
	case errors.Is(err, db.ErrNone):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("read publications: %w", err)
	}
	return p, nil
}

// PublishFromShell publishes a course for whoever commands the machine. Before
// is the course on record whose differences they have seen. The note is told
// to those who completed a lesson that is otherwise now, and must be there when
// one is. It returns ErrPublished, ErrMovedOn or ErrNote.
func (s *Service) PublishFromShell(ctx context.Context, before, course *curriculum.Course, note string) (*Publication, error) {
	p, err := s.publish(ctx, before, course, note, nil)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	s.opened[course.Hash()] = course
	s.mu.Unlock()
	_, err = s.Newest(ctx)
	return p, err
}

// TryPublishFromShell does what PublishFromShell does, and takes it back: it
// returns what that would return.
func (s *Service) TryPublishFromShell(ctx context.Context, before, course *curriculum.Course, note string) error {
	_, err := s.publish(ctx, before, course, note, errTried)
	if errors.Is(err, errTried) {
		return nil
	}
	return err
}

// errTried breaks off the transaction of a deed that was only tried.
var errTried = errors.New("tried")

// publish is the deed. It ends with the error end, so that nil keeps it.
func (s *Service) publish(ctx context.Context, before, course *curriculum.Course, note string, end error) (p *Publication, err error) {
	who := access.From(ctx)
	who.ID = "shell"
	ctx = access.With(ctx, who)
	err = s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := db.Lock(ctx, tx, "course_publications"); err != nil {
			return err
		}
		last, err := lastPublication(ctx, tx)
		if err != nil && !errors.Is(err, db.ErrNone) {
			return err
		}
		switch {
		case last.CourseHash == course.Hash():
			return ErrPublished
		case last.Seq > 0 && last.CourseHash != before.Hash():
			return ErrMovedOn
		}
		for _, c := range []*curriculum.Course{before, course} { // the embedded one may never have been served
			if err := s.putOnRecord(ctx, tx, c); err != nil {
				return err
			}
		}
		if note, err = checkNote(before, course, note); err != nil {
			return err
		}
		p = &Publication{Seq: last.Seq + 1, CourseHash: course.Hash(), PublishedAt: db.At(s.now()), PublishedBy: who.ID, Note: note}
		if err := insertPublication(ctx, tx, p); err != nil {
			return err
		}
		if err := audit.Append(ctx, tx, s.now(), "course.published", p.CourseHash, map[string]any{"publication": p.Seq, "before": before.Hash()}); err != nil {
			return err
		}
		return end
	})
	if err != nil {
		return nil, fmt.Errorf("publish course: %w", err)
	}
	return p, nil
}

// checkNote returns a note in the form in which it is kept.
func checkNote(before, course *curriculum.Course, note string) (string, error) {
	note = text.Tidy(note)
	lessons, _ := curriculum.Corrected(before, course)
	if note == "" && len(lessons) > 0 || utf8.RuneCountInString(note) > 2000 || strings.ContainsFunc(note, text.Unfit) {
		return "", ErrNote
	}
	return note, nil
}
