package enrollment_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/schooltest"
)

// In which roles people reach an enrollment, one by one and as a list.
func TestRolesReachAsFarAsTheyGo(t *testing.T) {
	each(t, func(t *testing.T, s *schooltest.School) {
		trainee, e := s.Trainee("Noor Vance", s.Cohort)
		named := s.Person("Sol Named", access.Grant{Role: access.Supervisor, Program: s.Program})
		if _, err := s.Enrollments.SetSupervisors(s.Admin, e.ID, schooltest.IDs(named)); err != nil {
			t.Fatal(err)
		}
		both := s.Person("Bo Both", access.Grant{Role: access.Clearer}, access.Grant{Role: access.Director, Program: s.Program}, access.Grant{Role: access.Clearer, Program: s.Program})
		learns := s.Person("Lea Learns", access.Grant{Role: access.Admin})
		own, err := s.Enrollments.Enroll(s.Admin, s.Cohort.ID, access.From(learns).ID)
		if err != nil {
			t.Fatal(err)
		}
		all := []access.Role{access.Trainee, access.Instructor, access.Supervisor, access.Clearer, access.Admin, access.Director, access.Operator}
		for _, tt := range []struct {
			name string
			as   context.Context
			id   string
			want []access.Role
		}{
			{"the trainee", trainee, e.ID, []access.Role{access.Trainee}},
			{"another trainee", trainee, own.ID, nil},
			{"the cohort's instructor", s.Instructor, e.ID, []access.Role{access.Instructor}},
			{"the named supervisor", named, e.ID, []access.Role{access.Supervisor}},
			{"the supervisor of another", named, own.ID, nil},
			{"another instructor", s.Person("Ivo", access.Grant{Role: access.Instructor}), e.ID, nil},
			{"the admin", s.Admin, e.ID, []access.Role{access.Admin}},
			{"an admin of another program", s.Person("Ada", access.Grant{Role: access.Admin, Program: "other"}), e.ID, nil},
			{"somebody with two roles", both, e.ID, []access.Role{access.Clearer, access.Director}},
			{"an operator", s.Person("Olu", access.Grant{Role: access.Operator}), e.ID, nil},
			{"an admin who learns, to others", learns, e.ID, []access.Role{access.Admin}},
			{"an admin who learns, to themself", learns, own.ID, []access.Role{access.Trainee}},
		} {
			p, got, err := s.Enrollments.As(tt.as, s.DB, access.UseAccount, tt.id)
			if !slices.Equal(got, tt.want) || (err == nil) != (tt.want != nil) || err != nil && !errors.Is(err, db.ErrNone) {
				t.Errorf("%s: As = %v, %v; want %v", tt.name, got, err, tt.want)
			}
			if err == nil && (p.ID != tt.id || p.Edition == nil) {
				t.Errorf("%s: As = %+v", tt.name, p)
			}
			var ids []string
			if err := s.Enrollments.Reached(tt.as, all...).Scan(t.Context(), &ids); err != nil {
				t.Fatal(err)
			}
			listed := len(tt.want) > 0 && tt.want[0] != access.Trainee
			if slices.Contains(ids, tt.id) != listed {
				t.Errorf("%s: Reached = %v, listed %v", tt.name, ids, listed)
			}
		}
		var none []string
		if err := s.Enrollments.Reached(s.Admin, access.Instructor).Scan(t.Context(), &none); err != nil || len(none) != 0 {
			t.Errorf("Reached as what one is not = %v, %v", none, err)
		}
		for name, err := range map[string]error{
			"an act": third(s.Enrollments.As(trainee, s.DB, access.ManageCohorts, e.ID)),
			"no id":  third(s.Enrollments.As(trainee, s.DB, access.Study, "x")),
		} {
			if want := map[string]error{"an act": access.ErrForbidden, "no id": db.ErrNone}[name]; !errors.Is(err, want) {
				t.Errorf("%s: As = %v, want %v", name, err, want)
			}
		}
	})
}

func third[A, B any](_ A, _ B, err error) error { return err }
