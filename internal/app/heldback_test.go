package app_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/app"
)

// aDump is what differs between two dumps of the same answer.
var aDump = regexp.MustCompile(`(?m)^(X-Request-Id|Content-Length|Date): .*\r?$`)

// Where even the score waits, one who passed and one who failed read the same
// everywhere, byte for byte.
func TestNobodyReadsAHeldBackResultOffAnything(t *testing.T) {
	eachHome(t, func(t *testing.T, c app.Config) {
		s := newSchool(t, c)
		if err := s.Enrollments.Publish(t.Context(), canaryCourse(t)); err != nil {
			t.Fatal(err)
		}
		other := person(t, s.App, "Otto Other", access.Grant{Role: access.Trainee})
		p := policy{"group", "nothing", "after_close"}
		cohort := s.cohortUnder(p)
		var said []string
		for _, who := range []*caller{s.trainee, other} {
			st := &sitting{school: s, policy: p, tape: &tape{who: who}, enrollment: s.enroll(cohort, who)}
			a := st.begin(t)
			st.answer(a, who == other)
			st.tape.take()
			st.submit(a)
			st.tape.do("POST", "/api/v1/enrollments/"+st.enrollment+"/modules/safety/attempts", nil)
			for _, what := range []string{"/progress", "/transcript", "", "/modules", "/modules/safety"} {
				st.tape.do("GET", "/api/v1/enrollments/"+st.enrollment+what, nil)
			}
			st.tape.do("GET", "/api/v1/attempts/"+a.ID, nil)
			said = append(said, strings.NewReplacer(who.name, "NAME").Replace(nameless(st.tape.take())))
		}
		if diff := cmp.Diff(strings.Split(aDump.ReplaceAllString(said[0], ""), "\n"), strings.Split(aDump.ReplaceAllString(said[1], ""), "\n")); diff != "" || len(said[0]) < 3000 {
			t.Errorf("who failed (-) and who passed (+) read, in %d bytes:\n%s", len(said[0]), diff)
		}
	})
}
