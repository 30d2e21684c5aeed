package practicum

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/curriculum"
)

// A Session is a log as evidence: its work line and what became of it.
type Session struct {
	LogID           string
	Kind            Kind
	Phase           Phase
	Minutes         int
	Week            string
	Status          Status
	Grades          Grades
	CountersignedAt time.Time
	Intact          bool // the signature holds
}

// Evidence returns the sessions of enrollments, oldest first. It reads through
// idb, so that a deed can ask inside its transaction.
func (s *Service) Evidence(ctx context.Context, idb bun.IDB, enrollmentIDs []string) (map[string][]Session, error) {
	rows, err := ofEnrollments(ctx, idb, enrollmentIDs)
	if err != nil {
		return nil, fmt.Errorf("read logs: %w", err)
	}
	all := make(map[string][]Session, len(enrollmentIDs))
	for _, r := range rows {
		l, err := s.unseal(r)
		if err != nil { // texts that cannot be opened are texts that were changed
			l = &Log{Work: *r.work(), Grades: r.Grades, Broken: true}
		}
		all[r.EnrollmentID] = append(all[r.EnrollmentID], Session{
			LogID: l.ID, Kind: l.Kind, Phase: l.Phase, Minutes: l.Minutes, Week: l.Week, Status: l.Status, Grades: l.Grades,
			CountersignedAt: l.SignedAt.Time, Intact: !l.Broken,
		})
	}
	return all, nil
}

// Counts reports whether a session counts under a program's rules, and if not,
// why.
func Counts(rules curriculum.PracticumRules, s Session) (ok bool, reason string) {
	switch {
	case s.Status != Countersigned:
		return false, "it is not signed yet"
	case !s.Intact:
		return false, "it was changed after it was signed"
	case !slices.Contains(rules.Kinds, string(s.Kind)):
		return false, "this program does not count such practice"
	}
	for _, c := range rules.SafetyCriteria {
		if g := s.Grades[c]; g > 0 && g < rules.SafetyFloor {
			return false, fmt.Sprintf("safety or ethics was graded %d", g)
		}
	}
	return true, ""
}
