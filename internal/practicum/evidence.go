package practicum

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/db"
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
	SignerLicense   string // as it was when it was signed
	SupervisionMin  int    // that the full log says came with it
	SupervisionKind string
	Consent         string // of a session with a client: Unattested, or what was attested; "" where nobody asked
	Amends          string // the log that this one is a new version of
	AmendedBy       string // the signed log that took this one's place
	ReturnedReason  string // of a returned log: incomplete, identifiers, unclear, wrong_phase or other
}

// Evidence returns the sessions of enrollments, oldest first. It reads through
// idb, so that a deed can ask inside its transaction.
func (s *Service) Evidence(ctx context.Context, idb bun.IDB, enrollmentIDs []string) (map[string][]Session, error) {
	all := make(map[string][]Session, len(enrollmentIDs))
	if len(enrollmentIDs) == 0 {
		return all, nil
	}
	r, err := s.reading(ctx, idb, enrollmentIDs)
	if err != nil {
		return nil, fmt.Errorf("read logs: %w", db.Check(err))
	}
	defer r.rows.Close()
	cases := make(caseNumbers)
	for r.rows.Next() {
		owner, f, err := r.next(ctx)
		if err != nil {
			return nil, fmt.Errorf("read logs: %w", db.Check(err))
		}
		f.session.Case = cases.of(owner, f.caseRef)
		all[owner] = append(all[owner], f.session)
	}
	if err := r.rows.Err(); err != nil {
		return nil, fmt.Errorf("read logs: %w", db.Check(err))
	}
	for _, own := range all {
		inForce(own)
	}
	return all, nil
}

// weigh says what a log is worth as evidence.
func (s *Service) weigh(j *joined) found {
	r := &j.row
	f := found{session: Session{
		LogID: r.ID, Kind: r.Kind, Phase: r.Phase, Part: r.Role, Format: r.Format, Route: r.Route, Minutes: r.Minutes, Week: r.Week,
		Status: r.Status, Grades: r.Grades, SubmittedAt: r.SubmittedAt.Time, SignerID: r.SignerID, SignerName: r.SignerName,
		CountersignedAt: r.SignedAt.Time, Intact: true, ReturnedReason: r.ReturnReason, Amends: r.Amends,
		SignerLicense: r.SignerLicense, SupervisionKind: j.DetailLine.SupervisionKind, Consent: j.DetailLine.Consent,
	}}
	if n := j.DetailLine.SupervisionMin; n != nil {
		f.session.SupervisionMin = *n
	}
	if j.DetailLine.LogID != "" {
		r.Detail = &j.DetailLine
	}
	if r.Status == Countersigned { // before, there is nothing to hold against it, and its texts stay closed
		r.Case, f.caseRef = j.CaseLine, j.CaseLine.CaseRef
		l, err := s.unseal(r)
		f.session.Intact = err == nil && !l.Broken
	}
	return f
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

// Counts reports whether a session counts under a program's rules, and if not,
// why.
func Counts(rules curriculum.PracticumRules, s Session) (ok bool, reason string) {
	switch {
	case s.Status != Countersigned:
		return false, "it is not signed yet"
	case !s.Intact:
		return false, "it was changed after it was signed"
	case s.AmendedBy != "":
		return false, "an amended version took its place"
	case !slices.Contains(rules.Kinds, string(s.Kind)):
		return false, "this program does not count such practice"
	case s.Kind == Client && s.Consent == Unattested:
		return false, "it is not attested that the client agreed to your part in it and to its use in training"
	}
	for _, c := range rules.SafetyCriteria {
		if g := s.Grades[c]; g > 0 && g < rules.SafetyFloor {
			return false, fmt.Sprintf("safety or ethics was graded %d", g)
		}
	}
	for _, c := range rules.Rubric {
		if g := s.Grades[c.Key]; g > 0 && g < c.Minimum {
			return false, fmt.Sprintf("%s was graded %d, and this program counts %d or more", strings.ToLower(c.Title), g, c.Minimum)
		}
	}
	return true, ""
}
