package progress

import (
	"context"
	"fmt"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
)

// A Change says what becomes of a requirement when an enrollment moves to
// another edition.
type Change string

// The changes.
const (
	Gained      Change = "gained"       // it was not met, and now is
	Lost        Change = "lost"         // it was met, and now is not
	CarriedOver Change = "carried_over" // it was met and stays so
	StillOpen   Change = "still_open"   // it was not met and is not now
	Added       Change = "new"          // it was not asked for before
	Gone        Change = "gone"         // it is not asked for any more
)

// A Difference is one requirement under two editions. A status is "" where the
// edition does not ask for it.
type Difference struct {
	Requirement string
	Title       string
	Change      Change
	Before      Status
	After       Status
}

// A Comparison is the progress of one enrollment under the edition it has and
// under the newest.
type Comparison struct {
	EnrollmentID string
	PersonID     string
	Before       *Report
	After        *Report
	Requirements []Difference
}

// Compare works out what moving an enrollment to the newest edition would
// change, for who may move it; a track is given where it is to be another. It
// changes nothing.
func (s *Service) Compare(ctx context.Context, enrollmentID, track string) (*Comparison, error) {
	p, err := s.enrollments.See(ctx, access.ChangeEnrollment, enrollmentID)
	if err != nil {
		return nil, err
	}
	all, err := s.compare(ctx, []*enrollment.Pinned{p}, track)
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

// CompareCohort is Compare for each enrollment of a cohort, oldest first.
func (s *Service) CompareCohort(ctx context.Context, cohortID string) ([]*Comparison, error) {
	rows, err := s.enrollments.OfCohort(ctx, access.ChangeEnrollment, cohortID)
	if err != nil {
		return nil, err
	}
	all := make([]*enrollment.Pinned, len(rows))
	for i, e := range rows {
		if all[i], err = s.enrollments.Pin(ctx, e); err != nil {
			return nil, err
		}
	}
	return s.compare(ctx, all, "")
}

func (s *Service) compare(ctx context.Context, all []*enrollment.Pinned, track string) ([]*Comparison, error) {
	newest, err := s.enrollments.Newest(ctx)
	if err != nil {
		return nil, err
	}
	moved := make([]*enrollment.Pinned, len(all))
	for i, p := range all {
		if moved[i], err = s.enrollments.PinTo(p.Enrollment, newest); err != nil {
			return nil, err
		}
		if track != "" {
			moved[i].Track = track
		}
	}
	before, err := s.Evaluate(ctx, s.db, all)
	if err != nil {
		return nil, fmt.Errorf("compare editions: %w", err)
	}
	after, err := s.Evaluate(ctx, s.db, moved)
	if err != nil {
		return nil, fmt.Errorf("compare editions: %w", err)
	}
	comparisons := make([]*Comparison, len(all))
	for i, p := range all {
		comparisons[i] = &Comparison{p.ID, p.PersonID, before[i], after[i], Differences(before[i], after[i])}
	}
	return comparisons, nil
}

// Differences compares two reports requirement by requirement: first those of
// the second, in its order, then those that are gone. As in the count of a
// report, a choice between parts is one requirement, and a group of which all
// is needed is its parts.
func Differences(before, after *Report) (all []Difference) {
	was := make(map[string]Node)
	each(before.Requirements, func(n Node) { was[n.ID] = n })
	each(after.Requirements, func(n Node) {
		old, known := was[n.ID]
		delete(was, n.ID)
		all = append(all, Difference{n.ID, n.Title, change(old.Status, n.Status, known), old.Status, n.Status})
	})
	each(before.Requirements, func(n Node) {
		if _, gone := was[n.ID]; gone {
			all = append(all, Difference{n.ID, n.Title, Gone, n.Status, ""})
		}
	})
	return all
}

func change(before, after Status, known bool) Change {
	switch {
	case !known:
		return Added
	case before.Done() && after.Done():
		return CarriedOver
	case before.Done():
		return Lost
	case after.Done():
		return Gained
	}
	return StillOpen
}

// each calls f for every requirement that a report counts.
func each(nodes []Node, f func(Node)) {
	for _, n := range nodes {
		if n.Type == curriculum.AllOf && n.Status != Waived {
			each(n.Of, f)
		} else {
			f(n)
		}
	}
}
