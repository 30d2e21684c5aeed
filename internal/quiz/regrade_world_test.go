package quiz

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/dbtest"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/internal/schooltest"
)

// wholeCourse is the small course, but that every attempt asks all eleven
// items; edits turn a text of its bank into another.
func wholeCourse(t testing.TB, first string, edits ...string) *curriculum.Course {
	t.Helper()
	c, err := curriculum.Load(fstest.MapFS{
		"01-safety/module.yaml":      {Data: []byte(strings.Replace(moduleYAML(), "draw: 6", "draw: 11", 1))},
		"01-safety/bank.yaml":        {Data: []byte(strings.NewReplacer(edits...).Replace(bankYAML(first)))},
		"programs/quiz_program.yaml": {Data: []byte(programYAML(curriculum.ReviewAfterPass))},
		"01-safety/saf-1-first.md": {Data: []byte("---\nid: saf-1\ntitle: First\nminutes: 5\nobjectives: [alpha, beta, gamma]\n" +
			"sources:\n  - {key: LBL, what: \"A label\", confidence: A}\n---\n\n## Why\n\nSome words.\n")},
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// A regradeWorld is a world whose attempts ask all items, and the course with
// the corrected key: b of saf-01 is right, and not a.
type regradeWorld struct {
	*world
	corrected *curriculum.Course
	director  context.Context
}

func eachRegrade(t *testing.T, f func(t *testing.T, w *regradeWorld)) {
	t.Helper()
	dbtest.EachURL(t, func(t *testing.T, url string) {
		live := inProcess
		if db.IsPostgres(url) {
			live = inRedis
		}
		w := &regradeWorld{world: newWorldOf(t, url, live, wholeCourse(t, "a")), corrected: wholeCourse(t, "b")}
		if err := w.Enrollments.Publish(t.Context(), w.corrected); err != nil {
			t.Fatal(err)
		}
		w.director = w.Person("Dora Director", access.Grant{Role: access.Director, Program: program})
		f(t, w)
	})
}

// enroll adds a trainee pinned to the course with the wrong key.
func (w *regradeWorld) enroll(name string) (context.Context, *enrollment.Enrollment) {
	w.t.Helper()
	if err := w.Enrollments.Publish(w.t.Context(), w.course); err != nil {
		w.t.Fatal(err)
	}
	ctx, e := w.Trainee(name, w.cohort)
	if err := w.Enrollments.Publish(w.t.Context(), w.corrected); err != nil {
		w.t.Fatal(err)
	}
	return ctx, e
}

// sit begins an attempt and answers it by the key that it saw, but for what
// others say, in the ids of the bank.
func (w *regradeWorld) sit(ctx context.Context, e *enrollment.Enrollment, others map[curriculum.ItemID]string) string {
	w.t.Helper()
	o, _, err := w.Start(ctx, e.ID, module)
	if err != nil {
		w.t.Fatal(err)
	}
	f, err := w.frame(ctx, o.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, q := range f.questions {
		response := q.key()
		if other, ok := others[q.item.ID]; ok {
			response = nil
			for _, id := range other {
				at := slices.IndexFunc(q.options, func(s shown) bool { return string(s.ID) == string(id) })
				response = append(response, q.options[at].id)
			}
		}
		if _, err := w.Save(ctx, o.ID, q.id, response, 0); err != nil {
			w.t.Fatal(err)
		}
	}
	return o.ID
}

// took sits and hands in.
func (w *regradeWorld) took(ctx context.Context, e *enrollment.Enrollment, others map[curriculum.ItemID]string) *Result {
	w.t.Helper()
	r, err := w.Submit(ctx, w.sit(ctx, e, others))
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

// form asks for saf-01 to be marked by the corrected key.
func (w *regradeWorld) form() RegradeForm {
	return RegradeForm{
		Program: program, Module: module, Items: []Ruling{{"saf-01", CorrectedKey}}, ToCourse: w.corrected.Hash()[:12], Reason: "The key was wrong.",
	}
}

func (w *regradeWorld) regrade(form RegradeForm, dry bool) *RegradeReport {
	w.t.Helper()
	r, err := w.Regrade(w.director, form, dry)
	if err != nil {
		w.t.Fatalf("Regrade(%+v, %v) = %v", form, dry, err)
	}
	return r
}

// stands returns how an enrollment stands with the quiz.
func (w *regradeWorld) stands(e *enrollment.Enrollment) Standing {
	w.t.Helper()
	st, err := standing(w.t.Context(), w.DB, e.ID, module)
	if err != nil {
		w.t.Fatal(err)
	}
	return st
}

// open opens one more cohort of the program.
func (w *regradeWorld) open(instructor context.Context) *enrollment.Cohort {
	w.t.Helper()
	c, err := w.Enrollments.OpenCohort(w.Admin, enrollment.Cohort{
		Program: program, Name: "Winter", StartsOn: "2026-11-02", EndsOn: "2027-06-30", TimeZone: "UTC", Instructors: schooltest.IDs(instructor),
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}
