package experience_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/internal/experience"
	"github.com/kapstone-lms/kapstone/internal/keys"
	"github.com/kapstone-lms/kapstone/internal/schooltest"
)

// Three paths of equal minutes and cost; only the first is nobody's business.
var paths = []curriculum.Path{
	{Key: "practice", Title: "Structured practice", Summary: "Eight weeks of practice.", Minutes: 60},
	{Key: "retreat", Title: "A session at the retreat", Summary: "With the group.", Minutes: 60, Knows: []string{"the retreat's staff"}},
	{Key: "clinic_session_with_a_very_long_key", Title: "A session at the clinic", Summary: "One morning.", Minutes: 60, Clearance: true},
}

// withPaths is a school whose program has the paths, with one trainee.
func withPaths(t *testing.T, f func(t *testing.T, s *schooltest.School, x *experience.Service, trainee context.Context, id string)) {
	each(t, func(t *testing.T, s *schooltest.School, x *experience.Service) {
		changed, program := *s.Course, *s.Course.Default()
		program.Version++
		program.Experience.Paths = paths
		changed.Programs = []*curriculum.Program{&program}
		if err := s.Enrollments.Publish(t.Context(), &changed); err != nil {
			t.Fatal(err)
		}
		trainee, e := s.Trainee("Noor Vance", s.Cohort)
		f(t, s, x, trainee, e.ID)
	})
}

func TestAPathIsChosenChangedAndForgotten(t *testing.T) {
	withPaths(t, func(t *testing.T, s *schooltest.School, x *experience.Service, trainee context.Context, id string) {
		choose := func(path string, understood bool) func() error {
			return func() error { return x.Choose(trainee, id, path, understood) }
		}
		for _, tt := range []struct {
			name   string
			do     func() error
			want   error
			chosen string
		}{
			{"no path", choose("", true), experience.ErrPath, ""},
			{"another's path", choose("hike", true), experience.ErrPath, ""},
			{"unread", choose("retreat", false), experience.ErrUnderstood, ""},
			{"unread, with a clearance", choose("clinic_session_with_a_very_long_key", false), experience.ErrUnderstood, ""},
			{"one that nobody learns of", choose("practice", false), nil, "practice"},
			{"the same again", choose("practice", true), nil, "practice"},
			{"another", choose("retreat", true), nil, "retreat"},
			{"unread, in place of it", choose("clinic_session_with_a_very_long_key", false), experience.ErrUnderstood, "retreat"},
			{"with a clearance", choose("clinic_session_with_a_very_long_key", true), nil, "clinic_session_with_a_very_long_key"},
			{"forgotten", func() error { return x.Forget(trainee, id) }, nil, ""},
			{"forgotten again", func() error { return x.Forget(trainee, id) }, nil, ""},
			{"chosen once more", choose("practice", false), nil, "practice"},
		} {
			if err := tt.do(); !errors.Is(err, tt.want) {
				t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
			}
			st, err := x.Read(trainee, id)
			if err != nil || st.Chosen != tt.chosen || len(st.Paths) != 3 || st.Attested {
				t.Errorf("%s: Read = %+v, %v; want %q chosen and nothing attested", tt.name, st, err, tt.chosen)
			}
		}
		// A choice is no evidence, and an attestation needs none.
		if met, err := x.Met(t.Context(), s.DB, []string{id}); err != nil || met[id] {
			t.Errorf("Met = %v, %v after a choice", met, err)
		}
		if err := errors.Join(x.Forget(trainee, id), x.Attest(trainee, id, "", true)); err != nil {
			t.Error(err)
		}
	})
}

func TestAChoiceIsTheTraineesAlone(t *testing.T) {
	withPaths(t, func(t *testing.T, s *schooltest.School, x *experience.Service, trainee context.Context, id string) {
		other, _ := s.Trainee("Otto Other", s.Cohort)
		if err := x.Choose(trainee, id, "practice", false); err != nil {
			t.Fatal(err)
		}
		for _, tt := range []struct {
			name string
			ctx  context.Context
			want error
		}{
			{"another trainee", other, db.ErrNone}, {"the instructor", s.Instructor, access.ErrForbidden}, {"the admin", s.Admin, access.ErrForbidden},
			{"a clearer", s.Person("C", access.Grant{Role: access.Clearer}), access.ErrForbidden},
			{"a director", s.Person("D", access.Grant{Role: access.Director}), access.ErrForbidden}, {"a stranger", t.Context(), access.ErrSignIn},
		} {
			for name, err := range map[string]error{
				"reads": second(x.Read(tt.ctx, id)), "chooses": x.Choose(tt.ctx, id, "retreat", true), "forgets": x.Forget(tt.ctx, id),
			} {
				if !errors.Is(err, tt.want) {
					t.Errorf("%s %s: %v, want %v", tt.name, name, err, tt.want)
				}
			}
		}
		if st, err := x.Read(trainee, id); err != nil || st.Chosen != "practice" {
			t.Errorf("Read = %+v, %v", st, err)
		}
	})
}

// What is taken back can be taken back at any time; nothing new is chosen after
// the end.
func TestAChoiceCanBeForgottenAfterTheEnd(t *testing.T) {
	withPaths(t, func(t *testing.T, s *schooltest.School, x *experience.Service, trainee context.Context, id string) {
		if err := errors.Join(x.Choose(trainee, id, "practice", false), x.Attest(trainee, id, "", true)); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Enrollments.Do(s.Admin, id, enrollment.Form{Kind: enrollment.Withdraw, Reason: "As agreed."}); err != nil {
			t.Fatal(err)
		}
		if err := x.Choose(trainee, id, "retreat", true); !errors.Is(err, enrollment.ErrEnded) {
			t.Errorf("Choose = %v, want ErrEnded", err)
		}
		if err := errors.Join(x.Forget(trainee, id), x.Withdraw(trainee, id)); err != nil {
			t.Errorf("taking back after the end: %v", err)
		}
		if st, err := x.Read(trainee, id); err != nil || st.Chosen != "" || st.Attested {
			t.Errorf("Read = %+v, %v; want nothing left", st, err)
		}
	})
}

// A program without paths knows none of it.
func TestWithoutPathsThereIsNothingToChoose(t *testing.T) {
	each(t, func(t *testing.T, s *schooltest.School, x *experience.Service) {
		trainee, e := s.Trainee("Noor Vance", s.Cohort)
		if err := x.Choose(trainee, e.ID, "practice", true); !errors.Is(err, experience.ErrNoPaths) {
			t.Errorf("Choose = %v, want ErrNoPaths", err)
		}
		if st, err := x.Read(trainee, e.ID); err != nil || st.Paths != nil || st.Chosen != "" {
			t.Errorf("Read = %+v, %v", st, err)
		}
	})
}

// CHECKS PH-10, in SQL: for each path the same rows of the same lengths, and
// the same ledger. No id of an enrollment and no name of a path lies with the
// choice, and it opens nowhere else.
func TestEveryPathLooksTheSameAtRest(t *testing.T) {
	withPaths(t, func(t *testing.T, s *schooltest.School, x *experience.Service, _ context.Context, _ string) {
		var shapes []string
		ids := make(map[string]string) // by path
		for _, p := range paths {
			trainee, e := s.Trainee("Noor Vance", s.Cohort)
			ids[p.Key] = e.ID
			if err := errors.Join(x.Choose(trainee, e.ID, p.Key, true), x.Attest(trainee, e.ID, "", true)); err != nil {
				t.Fatal(err)
			}
			rows, err := audit.List(s.Admin, s.DB, audit.Query{Limit: 2})
			if err != nil {
				t.Fatal(err)
			}
			shape := ""
			for _, r := range rows {
				shape += fmt.Sprintf("%s %t %s %t\n", r.Action, r.Object == e.ID, r.Details, r.ActorID == e.PersonID)
			}
			shapes = append(shapes, shape)
		}
		for _, shape := range shapes {
			if diff := cmp.Diff(shapes[0], shape); diff != "" || strings.Count(shape, "experience requirement changed true {} true\n") != 2 {
				t.Errorf("the ledger tells paths apart: %q\n%s", shape, diff)
			}
		}
		var choices []struct {
			Subject string
			Sealed  []byte
		}
		if err := s.DB.NewRaw(`SELECT subject, sealed FROM experience_choices`).Scan(t.Context(), &choices); err != nil || len(choices) != 3 {
			t.Fatalf("%d choices, %v", len(choices), err)
		}
		for _, c := range choices {
			if len(c.Sealed) != len(choices[0].Sealed) {
				t.Error("the sealed paths have different lengths")
			}
			for path, id := range ids {
				if bytes.Contains(c.Sealed, []byte(path)) || c.Subject == id || bytes.Contains(c.Sealed, []byte(id)) {
					t.Errorf("a row shows %s or %s", path, id)
				}
			}
		}
		// Swapped rows do not open: nobody can learn a path from another's page.
		err := s.DB.Tx(t.Context(), func(ctx context.Context, tx bun.Tx) error {
			_, err := tx.NewRaw(`UPDATE experience_choices SET sealed = (SELECT sealed FROM experience_choices WHERE subject = ?) WHERE subject = ?`,
				choices[0].Subject, choices[1].Subject).Exec(ctx)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		closed := 0
		for _, id := range ids {
			all, err := s.Enrollments.ByID(t.Context(), s.DB, []string{id})
			if err != nil {
				t.Fatal(err)
			}
			p, err := s.People.Find(t.Context(), s.DB, all[id].PersonID)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := x.Read(schooltest.As(t.Context(), p), id); errors.Is(err, keys.ErrSealed) {
				closed++
			}
		}
		if closed != 1 {
			t.Errorf("%d of the rows stayed closed, want the one that was moved", closed)
		}
	})
}
