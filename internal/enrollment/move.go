package enrollment

import (
	"context"
	"fmt"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/fault"
	"github.com/kapstone-lms/kapstone/internal/once"
)

// An enrollment stays on the edition that it began with until somebody moves
// it. What the move costs and brings is worked out above, where the evidence is
// known.

// The faults of moving to another edition.
var (
	ErrEdition = fault.New(fault.Conflict, "not_newest", "This is not the newest edition of the program. Look at the newest one, then move to that.").At("version")
	ErrNoPlace = fault.New(fault.Conflict, "program_gone", "The newest course does not have this program any more, so the enrollment stays on the edition it has.")
)

// Move pins an enrollment of a program that the actor administers to the newest
// edition and the newest content. f.Edition says which version that is, so that
// nobody is moved to one that was not looked at. Where the track of the
// enrollment is none of the new edition's, f.Track names another. Moving to
// where it is already changes nothing.
func (s *Service) Move(ctx context.Context, id string, f Form) (*Done, error) {
	f.Kind = ChangeEdition
	if _, err := s.Newest(ctx); err != nil { // what is newest is asked of all processes
		return nil, err
	}
	return s.change(ctx, id, f)
}

// A Moved says what became of one enrollment of several.
type Moved struct {
	EnrollmentID string
	Done         *Done
	Refused      error // a fault
}

// MoveAll moves each enrollment of a cohort, each as a deed of its own; what
// one is refused does not keep the others.
func (s *Service) MoveAll(ctx context.Context, cohortID string, f Form) ([]Moved, error) {
	f.Kind = ChangeEdition
	c, err := s.Cohort(ctx, access.ChangeEnrollment, cohortID)
	if err == nil {
		err = f.check()
	}
	if err == nil {
		_, err = s.Newest(ctx)
	}
	if err == nil {
		err = s.isNewest(c.Program, f.Edition)
	}
	if err != nil {
		return nil, err
	}
	rows, err := ofCohort(ctx, s.db, cohortID)
	if err != nil {
		return nil, fmt.Errorf("move cohort: %w", err)
	}
	// Moving again is nothing anyway, and one key cannot stand for many deeds.
	ctx = once.With(ctx, once.Key{})
	all := make([]Moved, len(rows))
	for i, e := range rows {
		all[i].EnrollmentID = e.ID
		done, err := s.Move(ctx, e.ID, f)
		if f := fault.Of(err); f != nil && (f.Kind == fault.Conflict || f.Kind == fault.Invalid || f.Is(ErrOwnDeed)) {
			all[i].Refused = f
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("move cohort: %w", err)
		}
		all[i].Done = done
	}
	return all, nil
}

// PinTo returns an enrollment as it would be under the edition and the content
// of a course; a track that the edition does not have is left out. It is
// ErrNoPlace when the course has no such program.
func (s *Service) PinTo(e *Enrollment, course *curriculum.Course) (*Pinned, error) {
	p := course.Program(e.Program)
	if p == nil {
		return nil, ErrNoPlace
	}
	moved := *e
	moved.CourseHash, moved.ProgramVersion = course.Hash(), p.Version
	if p.Track(e.Track) == nil {
		moved.Track = ""
	}
	return &Pinned{Enrollment: &moved, Edition: p, Course: course}, nil
}

// Course returns a published course, of any age, by its hash.
func (s *Service) Course(ctx context.Context, hash string) (*curriculum.Course, error) {
	return s.course(ctx, hash)
}

// newest reports whether an enrollment is on the newest edition and content.
func (s *Service) newest(e *Enrollment) bool {
	p, err := s.PinTo(e, s.Current())
	return err == nil && p.CourseHash == e.CourseHash && p.ProgramVersion == e.ProgramVersion
}

// isNewest returns ErrEdition unless a version is the program's newest.
func (s *Service) isNewest(program string, version int) error {
	p := s.Current().Program(program)
	switch {
	case p == nil:
		return ErrNoPlace
	case p.Version != version:
		return ErrEdition.With("newest", p.Version)
	}
	return nil
}

// edition notes the editions of a move.
func (s *Service) edition(e *Enrollment, d *Deed, f Form) error {
	if err := s.isNewest(e.Program, f.Edition); err != nil {
		return err
	}
	p, err := s.PinTo(e, s.Current())
	if err != nil {
		return err
	}
	track := f.Track
	if track == "" {
		track = p.Track
	}
	if err := checkTrack(p.Edition, track); err != nil {
		return err
	}
	d.FromVersion, d.FromCourse, d.FromTrack = e.ProgramVersion, e.CourseHash, e.Track
	d.ToVersion, d.ToCourse, d.ToTrack = p.ProgramVersion, p.CourseHash, track
	return nil
}
