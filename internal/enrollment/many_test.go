package enrollment_test

import (
	"errors"
	"testing"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/internal/schooltest"
)

func TestManyAreEnrolledAtOnceEachOnRecord(t *testing.T) {
	each(t, func(t *testing.T, s *schooltest.School) {
		guests, err := s.People.Crowd(t.Context(), 520, schooltest.Password)
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, g := range guests {
			ids = append(ids, g.ID)
		}
		all, err := s.Enrollments.EnrollAll(s.Admin, s.Cohort.ID, ids)
		if err != nil || len(all) != len(ids) || all[519].PersonID != ids[519] || all[519].CourseHash != s.Course.Hash() {
			t.Fatalf("EnrollAll = %d enrollments, %v; want %d, in order", len(all), err, len(ids))
		}
		last, err := s.People.Find(t.Context(), s.DB, ids[519])
		if err != nil || len(last.Grants) != 1 || last.Grants[0].Role != access.Trainee {
			t.Errorf("grants of the last one = %v, %v; want trainee", last, err)
		}
		rows, err := audit.List(s.Admin, s.DB, audit.Query{Action: "enrollment.made", Limit: 200})
		if err != nil || len(rows) != 200 {
			t.Errorf("the ledger tells of %d enrollments, %v; want a full page", len(rows), err)
		}
		// The same again, after somebody new: nothing of that transaction stays.
		fresh := access.From(s.Person("Noor New")).ID
		if again, err := s.Enrollments.EnrollAll(s.Admin, s.Cohort.ID, []string{fresh, ids[0]}); !errors.Is(err, enrollment.ErrEnrolled) || len(again) != 0 {
			t.Errorf("EnrollAll with one who is in it = %d, %v; want none, ErrEnrolled", len(again), err)
		}
		if all, err := s.Enrollments.OfCohort(s.Admin, access.SeeCohort, s.Cohort.ID); err != nil || len(all) != len(ids) {
			t.Errorf("the cohort has %d, %v; want %d", len(all), err, len(ids))
		}
	})
}

func TestManyAreEnrolledByWhoMayOnly(t *testing.T) {
	each(t, func(t *testing.T, s *schooltest.School) {
		id := access.From(s.Person("Noor New")).ID
		if all, err := s.Enrollments.EnrollAll(s.Instructor, s.Cohort.ID, []string{id}); !errors.Is(err, access.ErrForbidden) || len(all) != 0 {
			t.Errorf("EnrollAll by an instructor = %d, %v; want ErrForbidden", len(all), err)
		}
	})
}
