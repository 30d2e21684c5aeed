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
	Intact          bool   // the signature holds
	ReturnedReason  string // of a returned log: incomplete, identifiers, unclear, wrong_phase or other
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
		all[r.EnrollmentID] = append(all[r.EnrollmentID], Session{
			LogID: r.ID, Kind: r.Kind, Phase: r.Phase, Minutes: r.Minutes, Week: r.Week, Status: r.Status, Grades: r.Grades,
			CountersignedAt: r.SignedAt.Time, Intact: s.intact(r), ReturnedReason: r.ReturnReason,
		})
	}
	return all, nil
}

// intact reports whether a log is what was signed. Before it is signed there
// is nothing to hold against it, so its texts stay closed.
func (s *Service) intact(r *row) bool {
	if r.Status != Countersigned {
		return true
	}
	l, err := s.unseal(r)
	return err == nil && !l.Broken
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
