package enrollment_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/dbtest"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/internal/schooltest"
)

func TestADelegateSupervisesWhileTheDelegatorIsAway(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := schooltest.New(t, d) // on 2026-11-24
		_, e := s.Trainee("Noor Vance", s.Cohort)
		other := s.Person("Oda Other", access.Grant{Role: access.Supervisor, Program: s.Program})
		made, err := s.Enrollments.Delegate(s.Instructor, access.From(other).ID, "2026-11-25", "2026-11-26")
		if err != nil {
			t.Fatal(err)
		}
		reaches := func(want bool, when string) {
			t.Helper()
			p, err := s.Enrollments.Supervised(other, s.DB, access.GradeLog, e.ID)
			if got := err == nil; got != want || got && p.StandsFor != access.From(s.Instructor).ID {
				t.Errorf("%s: Supervised = %v, %v; want %v, standing in for the instructor", when, p, err, want)
			}
			ids, err := s.Enrollments.SupervisedBy(other, access.GradeLog)
			if err != nil || slices.Contains(ids, e.ID) != want {
				t.Errorf("%s: SupervisedBy = %v, %v; want it there: %v", when, ids, err, want)
			}
		}
		reaches(false, "the day before")
		s.Clock.Advance(24 * time.Hour)
		reaches(true, "on the first day")
		s.Clock.Advance(24 * time.Hour)
		reaches(true, "on the last day")
		if p, err := s.Enrollments.Supervised(s.Instructor, s.DB, access.GradeLog, e.ID); err != nil || p.StandsFor != "" {
			t.Errorf("the delegator has %v, %v; want it in their own right still", p, err)
		}
		if err := s.Enrollments.EndDelegation(other, made.ID); !errors.Is(err, db.ErrNone) {
			t.Errorf("EndDelegation by the delegate = %v, want ErrNone", err)
		}
		for range 2 {
			if err := s.Enrollments.EndDelegation(s.Instructor, made.ID); err != nil {
				t.Errorf("EndDelegation = %v", err)
			}
		}
		reaches(false, "when it was ended")
		s.Clock.Advance(24 * time.Hour)
		reaches(false, "the day after")
	})
}

// Nobody passes on what was delegated to them.
func TestADelegateDelegatesOnlyTheirOwn(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := schooltest.New(t, d)
		_, e := s.Trainee("Noor Vance", s.Cohort)
		second := s.Person("Sam Second", access.Grant{Role: access.Instructor, Program: s.Program})
		third := s.Person("Theo Third", access.Grant{Role: access.Instructor, Program: s.Program})
		for _, step := range [][2]context.Context{{s.Instructor, second}, {second, third}} {
			if _, err := s.Enrollments.Delegate(step[0], access.From(step[1]).ID, "2026-11-24", "2026-11-30"); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := s.Enrollments.Supervised(third, s.DB, access.GradeLog, e.ID); !errors.Is(err, db.ErrNone) {
			t.Errorf("Supervised by the delegate's delegate = %v, want ErrNone", err)
		}
		if rows, err := s.Enrollments.Delegations(second); err != nil || len(rows) != 2 {
			t.Errorf("Delegations = %v, %v; want the one made and the one received", rows, err)
		}
	})
}

func TestWhoAndWhenADelegationCanBe(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := schooltest.New(t, d)
		trainee, _ := s.Trainee("Noor Vance", s.Cohort)
		foreign := s.Person("Fay Foreign", access.Grant{Role: access.Instructor, Program: "elsewhere"})
		other := s.Person("Oda Other", access.Grant{Role: access.Instructor, Program: s.Program})
		to := schooltest.IDs(trainee, foreign, other, s.Instructor)
		for _, tt := range []struct {
			name, to, from, until string
			want                  error
		}{
			{"to a trainee", to[0], "2026-11-24", "2026-11-30", enrollment.ErrDelegate},
			{"to another program's instructor", to[1], "2026-11-24", "2026-11-30", enrollment.ErrDelegate},
			{"to oneself", to[3], "2026-11-24", "2026-11-30", enrollment.ErrSelf},
			{"to nobody", db.NewID(), "2026-11-24", "2026-11-30", enrollment.ErrPerson},
			{"backwards", to[2], "2026-11-30", "2026-11-24", enrollment.ErrAway},
			{"in the past", to[2], "2026-11-20", "2026-11-23", enrollment.ErrAway},
			{"for a year", to[2], "2026-11-24", "2027-11-24", enrollment.ErrAway},
			{"on no day", to[2], "2026-11-31", "2026-12-01", enrollment.ErrAway},
			{"for a day", to[2], "2026-11-24", "2026-11-24", nil},
		} {
			if _, err := s.Enrollments.Delegate(s.Instructor, tt.to, tt.from, tt.until); !errors.Is(err, tt.want) {
				t.Errorf("%s: Delegate = %v, want %v", tt.name, err, tt.want)
			}
		}
	})
}
