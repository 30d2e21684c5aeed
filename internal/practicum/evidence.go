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
	Part            string // taken by the trainee: observer, lead, …
	Format          string
	Route           string // of a medicine session with a client
	Minutes         int
	Week            string
	Status          Status
	SubmittedAt     time.Time
	SignerID        string
	SignerName      string
	Case            int // tells the enrollment's own cases apart, from 1, in the order of their first logs; 0 before it is signed
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
	cases := make(caseNumbers)
	for _, r := range rows {
		all[r.EnrollmentID] = append(all[r.EnrollmentID], Session{
			LogID: r.ID, Kind: r.Kind, Phase: r.Phase, Part: r.Role, Format: r.Format, Route: r.Route, Minutes: r.Minutes, Week: r.Week,
			Status: r.Status, Grades: r.Grades, SubmittedAt: r.SubmittedAt.Time, SignerID: r.SignerID, SignerName: r.SignerName,
			CountersignedAt: r.SignedAt.Time, Intact: s.intact(r), ReturnedReason: r.ReturnReason, Case: cases.of(r.EnrollmentID, r.Case.CaseRef),
		})
	}
	return all, nil
}

// caseNumbers number the cases of each enrollment, so that cases can be counted
// without their references leaving this package (DESIGN 2.10).
type caseNumbers map[string]map[string]int

func (n caseNumbers) of(enrollmentID, ref string) int {
	if ref == "" {
		return 0
	}
	own := n[enrollmentID]
	if own == nil {
		own = make(map[string]int)
		n[enrollmentID] = own
	}
	if own[ref] == 0 {
		own[ref] = len(own) + 1
	}
	return own[ref]
}

// intact reports whether a log is what was signed. Before it is signed there
// is nothing to hold against it, so its texts stay closed. A row that held once
// is not checked again, as long as every byte of it is the same.
func (s *Service) intact(r *row) bool {
	if r.Status != Countersigned {
		return true
	}
	f := fingerprintOf(r)
	if s.verified.holds(f) {
		return true
	}
	if l, err := s.unseal(r); err != nil || l.Broken {
		return false
	}
	s.verified.learn(f)
	return true
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
