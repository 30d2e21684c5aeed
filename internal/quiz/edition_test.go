package quiz

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
)

// An attempt keeps the items and the rules under which it was begun, whatever
// edition its enrollment is moved to meanwhile.
func TestAnAttemptOutlivesItsEdition(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		o := w.begin()
		w.answer(o, true)
		strict := strings.NewReplacer("version: 1", "version: 2", "pass_percent: 80", "pass_percent: 100").Replace(programYAML(curriculum.ReviewAfterPass))
		next, err := curriculum.Load(fstest.MapFS{
			"01-safety/module.yaml":      {Data: []byte(moduleYAML())},
			"01-safety/bank.yaml":        {Data: []byte(bankYAML("c"))},
			"programs/quiz_program.yaml": {Data: []byte(strict)},
			"01-safety/saf-1-first.md": {Data: []byte("---\nid: saf-1\ntitle: First\nminutes: 5\nobjectives: [alpha, beta, gamma]\n" +
				"sources:\n  - {key: LBL, what: \"A label\", confidence: A}\n---\n\n## Why\n\nOther words.\n")},
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Enrollments.Publish(t.Context(), next); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Enrollments.Move(w.Admin, w.enrollment.ID, enrollment.Form{Edition: 2, Reason: "A new edition."}); err != nil {
			t.Fatal(err)
		}
		fresh := w.another(inProcess) // nothing of it in memory
		for name, s := range map[string]*Service{"this process": w.Service, "another": fresh} {
			if got, err := s.Sheet(w.trainee, o.ID); err != nil || got.Open == nil {
				t.Errorf("%s shows the open attempt as %+v, %v", name, got, err)
			}
		}
		r, err := fresh.Submit(w.trainee, o.ID)
		if err != nil || !r.Passed {
			t.Fatalf("handed in: %+v, %v; want it passed", r, err)
		}
		if got, err := w.another(inProcess).Sheet(w.trainee, o.ID); err != nil || got.Result == nil || !got.Result.Passed {
			t.Errorf("read afterward: %+v, %v", got, err)
		}
	})
}
