package standing

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/dbtest"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/internal/fault"
	"github.com/kapstone-lms/kapstone/internal/schooltest"
)

// A school with a trainee and two directors.
type school struct {
	*schooltest.School
	*Service
	t           *testing.T
	trainee     context.Context
	director    context.Context
	third       context.Context
	enrollment  *enrollment.Enrollment
	requirement string
}

func each(t *testing.T, f func(t *testing.T, s *school)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := &school{School: schooltest.New(t, d), t: t}
		s.Service = New(d, s.Enrollments, s.People, s.Clock.Now)
		s.trainee, s.enrollment = s.Trainee("Noor Vance", s.Cohort)
		s.director = s.Person("Dora Director", access.Grant{Role: access.Director, Program: s.Program})
		s.third = s.Person("Theo Third", access.Grant{Role: access.Director, Program: s.Program})
		s.requirement = s.Course.Default().Requirements[0].ID
		f(t, s)
	})
}

func (s *school) proposal() Proposal {
	return Proposal{Requirement: s.requirement, Reason: "Took the same course elsewhere.", Evidence: "Certificate of 2025, seen."}
}

// propose is a waiver that the instructor proposed.
func (s *school) propose() *Waiver {
	s.t.Helper()
	w, err := s.Propose(s.Instructor, s.enrollment.ID, s.proposal())
	if err != nil {
		s.t.Fatalf("Propose = %v", err)
	}
	return w
}

var opening = Opening{Kind: Conduct, Facts: "FACTS-CANARY: came late three times, left twice.", Told: "You were late and left early."}

// open is a hold that the instructor opened.
func (s *school) open() *Hold {
	s.t.Helper()
	h, err := s.OpenHold(s.Instructor, s.enrollment.ID, opening)
	if err != nil {
		s.t.Fatalf("OpenHold = %v", err)
	}
	return h
}

// upheld is a hold that a director upheld after the trainee replied.
func (s *school) upheld() *Hold {
	s.t.Helper()
	h := s.open()
	if _, err := s.Reply(s.trainee, h.ID, "The train was late."); err != nil {
		s.t.Fatal(err)
	}
	h, err := s.Decide(s.director, h.ID, Upheld, "Three times is a pattern.")
	if err != nil {
		s.t.Fatal(err)
	}
	return h
}

// evidence is what progress reads of the school's trainee.
func (s *school) evidence() Evidence {
	s.t.Helper()
	all, err := s.Evidence(s.t.Context(), s.DB, []string{s.enrollment.ID, db.NewID()})
	if err != nil || len(all) > 1 {
		s.t.Fatalf("Evidence = %v, %v", all, err)
	}
	return all[s.enrollment.ID]
}

// exec changes rows behind the product's back.
func (s *school) exec(stmt string, args ...any) error {
	return s.DB.Tx(s.t.Context(), func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewRaw(stmt, args...).Exec(ctx)
		return err
	})
}

// entries counts the ledger's entries of an action.
func (s *school) entries(action string) (n int) {
	s.t.Helper()
	if err := s.DB.NewRaw(`SELECT count(*) FROM audit_entries WHERE action = ?`, action).Scan(s.t.Context(), &n); err != nil {
		s.t.Fatal(err)
	}
	return n
}

// quiet fails where the ledger holds a word that people wrote.
func (s *school) quiet(words ...string) {
	s.t.Helper()
	for _, word := range words {
		var n int
		if err := s.DB.NewRaw(`SELECT count(*) FROM audit_entries WHERE details LIKE ?`, "%"+word+"%").Scan(s.t.Context(), &n); err != nil || n != 0 {
			s.t.Errorf("the ledger says %q %d times, %v", word, n, err)
		}
	}
}

// checkFault wants a fault and the field that it names.
func checkFault(t *testing.T, name string, got, want error, field string) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s: %v, want %v", name, got, want)
		return
	}
	if f := fault.Of(got); f != nil && f.Field != field {
		t.Errorf("%s: the fault names %q, want %q", name, f.Field, field)
	}
}

func second[T any](_ T, err error) error { return err }

const day = 24 * time.Hour
