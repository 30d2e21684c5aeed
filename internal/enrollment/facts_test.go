package enrollment_test

import (
	"testing"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/internal/schooltest"
)

func TestTheFactsOfACohort(t *testing.T) {
	each(t, func(t *testing.T, s *schooltest.School) {
		second := s.Person("Ivo", access.Grant{Role: access.Instructor, Program: s.Program})
		spring := s.OpenCohort("Spring", s.Instructor, second)
		s.Trainee("Noor Vance", s.Cohort)
		s.Trainee("Otto Other", spring)
		s.Trainee("Uma Third", spring)
		s.Person("Dana", access.Grant{Role: access.Director, Program: s.Program}, access.Grant{Role: access.Director})
		s.Person("Dirk", access.Grant{Role: access.Director, Program: "another_program"})
		got, err := s.Enrollments.Facts(t.Context(), s.DB, []string{s.Cohort.ID, spring.ID, "made-up"})
		if err != nil || len(got) != 2 || got[s.Cohort.ID] != (enrollment.Facts{Size: 1, Leaders: 1, Directors: 1}) || got[spring.ID] != (enrollment.Facts{Size: 2, Leaders: 2, Directors: 1}) {
			t.Errorf("Facts = %v, %v", got, err)
		}
		if none, err := s.Enrollments.Facts(t.Context(), s.DB, nil); len(none) != 0 || err != nil {
			t.Errorf("Facts of no cohort = %v, %v", none, err)
		}
	})
}
