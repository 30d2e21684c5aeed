package quiz

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/internal/once"
)

func TestAnAttemptFromStartToResult(t *testing.T) {
	eachHome(t, func(t *testing.T, w *world) {
		o, created, err := w.Start(w.trainee, w.enrollment.ID, module)
		if err != nil || !created {
			t.Fatalf("Start = %+v, %t, %v; want a new attempt", o, created, err)
		}
		if len(o.Items) != 6 || len(o.Answers) != 0 || o.Number != 1 || o.Revision != 0 || o.Module != module || o.EnrollmentID != w.enrollment.ID ||
			!o.StartedAt.Equal(w.Clock.Now()) || !o.Deadline.Equal(w.Clock.Now().Add(minutes*time.Minute)) {
			t.Errorf("Start = %+v", o)
		}
		w.Clock.Advance(time.Minute)
		w.answer(o, true)
		first := o.Items[0].ID
		if got, err := w.Save(w.trainee, o.ID, first, nil, 1); err != nil || got != (Saved{2, w.Clock.Now()}) {
			t.Fatalf("clearing an answer = %+v, %v", got, err)
		}
		resumed, created, err := w.Start(w.trainee, w.enrollment.ID, module)
		if err != nil || created || resumed.ID != o.ID || resumed.Revision != 7 || len(resumed.Answers) != 6 {
			t.Fatalf("Start again = %+v, %t, %v; want the same attempt with six answers", resumed, created, err)
		}
		if diff := cmp.Diff(o.Items, resumed.Items); diff != "" {
			t.Errorf("the resumed attempt asks something else:\n%s", diff)
		}
		if got := resumed.Answers[first]; got.Revision != 2 || len(got.Response) != 0 || got.Response == nil || !got.SavedAt.Equal(w.Clock.Now()) {
			t.Errorf("a cleared answer = %+v", got)
		}
		r, err := w.Submit(w.trainee, o.ID)
		if err != nil || r.Correct != 5 || r.Asked != 6 || r.ScorePercent != 83 || r.Revision != 7 || r.ClosedBy != ByTrainee || !r.SubmittedAt.Equal(w.Clock.Now()) {
			t.Fatalf("Submit = %+v, %v; want 5 of 6", r, err)
		}
		w.Clock.Advance(time.Hour)
		again, err := w.Submit(w.trainee, o.ID)
		if diff := cmp.Diff(r, again); err != nil || diff != "" {
			t.Errorf("Submit again = %v, first (-) and again (+):\n%s", err, diff)
		}
		read, err := w.Sheet(w.trainee, o.ID)
		if diff := cmp.Diff(&Sheet{Result: r}, read); err != nil || diff != "" {
			t.Errorf("Sheet = %v, want (-) and got (+):\n%s", err, diff)
		}
	})
}

func TestEvidenceOfNobodyIsEmpty(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		if all, err := w.Evidence(t.Context(), w.DB, nil); err != nil || len(all) != 0 {
			t.Errorf("Evidence(none) = %v, %v", all, err)
		}
		o := w.begin()
		all, err := w.Evidence(t.Context(), w.DB, []string{w.enrollment.ID})
		want := map[string][]Standing{w.enrollment.ID: {{Module: module, Attempts: 1, OpenAttempt: o.ID}}}
		if diff := cmp.Diff(want, all); err != nil || diff != "" {
			t.Errorf("Evidence = %v, want (-) and got (+):\n%s", err, diff)
		}
	})
}

// CHECKS QZ-05: however many ask at once, in however many processes, there is
// one attempt.
func TestAHundredStartsMakeOneAttempt(t *testing.T) {
	eachHome(t, func(t *testing.T, w *world) {
		services := []*Service{w.Service, w.another(inProcess)}
		for try := 1; try <= 3; try++ {
			var wg sync.WaitGroup
			var mu sync.Mutex
			ids, made := make(map[string]bool), 0
			for i := range 100 {
				wg.Go(func() {
					sheet, created, err := services[i%2].Start(w.trainee, w.enrollment.ID, module)
					if err != nil {
						t.Errorf("Start = %v", err)
						return
					}
					mu.Lock()
					defer mu.Unlock()
					ids[sheet.ID] = true
					if created {
						made++
					}
				})
			}
			wg.Wait()
			if len(ids) != 1 || made != 1 || w.count("quiz_attempts", "TRUE") != try {
				t.Fatalf("try %d: 100 starts returned %d attempts and made %d; %d are stored; want one more", try, len(ids), made, w.count("quiz_attempts", "TRUE"))
			}
			w.take(false)
			w.Clock.Advance(24 * time.Hour)
		}
		var wg sync.WaitGroup
		for i := range 20 {
			wg.Go(func() {
				if _, _, err := services[i%2].Start(w.trainee, w.enrollment.ID, module); !errors.Is(err, ErrExhausted) {
					t.Errorf("Start after three tries = %v, want ErrExhausted", err)
				}
			})
		}
		wg.Wait()
		if n := w.entries("quiz.started"); n != 3 {
			t.Errorf("%d starts in the ledger, want 3", n)
		}
	})
}

func TestARepeatedRequestBeginsNoSecondAttempt(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := once.With(w.trainee, once.Key{Key: "k", Digest: strings.Repeat("a", 64)})
		first, created, err := w.Start(ctx, w.enrollment.ID, module)
		if err != nil || !created {
			t.Fatalf("Start = %t, %v", created, err)
		}
		if _, err := w.Submit(w.trainee, first.ID); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if _, _, err := w.Start(ctx, w.enrollment.ID, module); !errors.Is(err, ErrClosed) {
				t.Errorf("the same request after hand-in = %v, want ErrClosed", err)
			}
			w.Clock.Advance(48 * time.Hour)
		}
		if n := w.count("quiz_attempts", "TRUE"); n != 1 {
			t.Errorf("%d attempts are stored, want 1", n)
		}
	})
}

// CHECKS QZ-06: fifty hand-ins make one result and one ledger entry.
func TestFiftyHandInsMakeOneResult(t *testing.T) {
	eachHome(t, func(t *testing.T, w *world) {
		services := []*Service{w.Service, w.another(inProcess)}
		o := w.begin()
		w.answer(o, true)
		results := make([]*Result, 50)
		var wg sync.WaitGroup
		for i := range results {
			wg.Go(func() {
				var err error
				if results[i], err = services[i%2].Submit(w.trainee, o.ID); err != nil {
					t.Errorf("Submit = %v", err)
				}
			})
		}
		wg.Wait()
		for _, r := range results[1:] {
			if diff := cmp.Diff(results[0], r); diff != "" {
				t.Fatalf("two results differ:\n%s", diff)
			}
		}
		if n := w.entries("quiz.submitted"); n != 1 {
			t.Errorf("%d hand-ins in the ledger, want 1", n)
		}
	})
}

// CHECKS QZ-04: a silent attempt is graded as of its deadline, by any process.
func TestSilentAttemptsAreClosedAtTheirDeadline(t *testing.T) {
	eachHome(t, func(t *testing.T, w *world) {
		o := w.begin()
		w.answer(o, true)
		early, _ := w.Trainee("Erin Early", w.cohort)
		if n, err := w.CloseOverdue(t.Context(), 10); n != 0 || err != nil {
			t.Fatalf("CloseOverdue before the deadline = %d, %v", n, err)
		}
		w.Clock.Advance(minutes*time.Minute + Grace)
		if n, err := w.CloseOverdue(t.Context(), 10); n != 0 || err != nil {
			t.Fatalf("CloseOverdue in the grace = %d, %v", n, err)
		}
		w.Clock.Advance(time.Hour) // the server was down
		var wg sync.WaitGroup
		var mu sync.Mutex
		total := 0
		for _, s := range []*Service{w.Service, w.another(inProcess), w.another(inProcess)} {
			wg.Go(func() {
				n, err := s.CloseOverdue(context.Background(), 10)
				if err != nil {
					t.Errorf("CloseOverdue = %v", err)
				}
				mu.Lock()
				defer mu.Unlock()
				total += n
			})
		}
		wg.Wait()
		sheet, err := w.Sheet(w.trainee, o.ID)
		if err != nil || sheet.Result == nil {
			t.Fatalf("Sheet = %+v, %v; want a result", sheet, err)
		}
		r := sheet.Result
		if total < 1 || r.Correct != 6 || r.ClosedBy != ByDeadline || !r.SubmittedAt.Equal(o.Deadline) || w.entries("quiz.submitted") != 1 {
			t.Errorf("closed %d times; result %+v, %d ledger entries; want six right at the deadline, noted once", total, r, w.entries("quiz.submitted"))
		}
		if _, err := w.Sheet(early, o.ID); !errors.Is(err, db.ErrNone) {
			t.Errorf("Sheet as another trainee = %v, want ErrNone", err)
		}
	})
}

// Between being found and being closed an attempt may be given more time.
func TestOnlyWhatIsOverdueIsClosedUnasked(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		o := w.begin()
		w.Clock.Advance(minutes*time.Minute + Grace)
		if a, by, err := w.close(t.Context(), o.ID, true); err != nil || a.State != Open || by != nil || w.entries("quiz.submitted") != 0 {
			t.Errorf("close = %+v, %v; want it left open", a, err)
		}
	})
}

func TestWhoeverLooksFirstClosesASilentAttempt(t *testing.T) {
	for name, look := range map[string]func(w *world, id string) (*Result, error){
		"reading": func(w *world, id string) (*Result, error) {
			sheet, err := w.Sheet(w.trainee, id)
			return sheet.Result, err
		},
		"handing in": func(w *world, id string) (*Result, error) {
			if _, err := w.Submit(w.trainee, id); !errors.Is(err, ErrClosed) {
				return nil, err
			}
			sheet, err := w.Sheet(w.trainee, id)
			return sheet.Result, err
		},
		"starting": func(w *world, id string) (*Result, error) {
			if _, _, err := w.Start(w.trainee, w.enrollment.ID, module); !errors.Is(err, ErrWait) {
				return nil, err
			}
			sheet, err := w.Sheet(w.trainee, id)
			return sheet.Result, err
		},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, w *world) {
				o := w.begin()
				w.Clock.Advance(minutes*time.Minute + Grace + time.Second)
				r, err := look(w, o.ID)
				if err != nil || r == nil || r.ClosedBy != ByDeadline || !r.SubmittedAt.Equal(o.Deadline) || r.Passed {
					t.Errorf("%s a silent attempt = %+v, %v; want a result of the deadline", name, r, err)
				}
			})
		})
	}
}

// What is not one's own answers like what does not exist.
func TestAModuleThatNobodyReviewedHasNoQuiz(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		e := enrollment.New(w.DB, w.People, w.Clock.Now)
		strict := serve(t, w.DB, e, inProcess.make(t, w.Clock.Now), w.Clock.Now)
		if _, _, err := strict.Start(w.trainee, w.enrollment.ID, module); !errors.Is(err, enrollment.ErrNotReviewed) {
			t.Errorf("Start = %v, want ErrNotReviewed", err)
		}
		if _, _, err := e.Accept(w.Admin, w.enrollment.CourseHash, module, "Read by us."); err != nil {
			t.Fatal(err)
		}
		if _, created, err := strict.Start(w.trainee, w.enrollment.ID, module); err != nil || !created {
			t.Errorf("Start of an accepted one = %v, %v", created, err)
		}
	})
}

func TestWhoMayDoWhat(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		o := w.begin()
		item := o.Items[0].ID
		other, otherEnrollment := w.Trainee("Otto Other", w.cohort)
		elsewhere := w.Person("Ivo Elsewhere", access.Grant{Role: access.Instructor, Program: program})
		adminToo := w.Person("Una Both", access.Grant{Role: access.Admin}, access.Grant{Role: access.Instructor, Program: "another"})
		own := w.Person("Mia Myself", access.Grant{Role: access.Instructor, Program: program})
		mine, err := w.Enrollments.Enroll(w.Admin, w.cohort.ID, access.From(own).ID)
		if err != nil {
			t.Fatal(err)
		}
		start := func(ctx context.Context, enrollment string, m curriculum.ModuleKey) error {
			_, _, err := w.Start(ctx, enrollment, m)
			return err
		}
		save := func(ctx context.Context, id string) error {
			_, err := w.Save(ctx, id, item, nil, 0)
			return err
		}
		sheet := func(ctx context.Context, id string) error { _, err := w.Sheet(ctx, id); return err }
		submit := func(ctx context.Context, id string) error { _, err := w.Submit(ctx, id); return err }
		remediate := func(ctx context.Context, id string, m curriculum.ModuleKey) error {
			_, err := w.Remediate(ctx, id, m, "Talked.")
			return err
		}
		for _, tt := range []struct {
			name string
			err  error
			want string
		}{
			{"start another's", start(other, w.enrollment.ID, module), "not_found"},
			{"start of no module", start(w.trainee, w.enrollment.ID, "none"), "not_found"},
			{"start of no enrollment", start(w.trainee, db.NewID(), module), "not_found"},
			{"start as the instructor", start(w.instructor, w.enrollment.ID, module), "forbidden"},
			{"start as a stranger", start(t.Context(), w.enrollment.ID, module), "unauthenticated"},
			{"save in another's", save(other, o.ID), "not_found"},
			{"save in none", save(w.trainee, db.NewID()), "not_found"},
			{"save in what is no id", save(w.trainee, "../x"), "not_found"},
			{"save as the instructor", save(w.instructor, o.ID), "forbidden"},
			{"save as a stranger", save(t.Context(), o.ID), "unauthenticated"},
			{"read another's", sheet(other, o.ID), "not_found"},
			{"read none", sheet(w.trainee, db.NewID()), "not_found"},
			{"read as the admin", sheet(w.Admin, o.ID), "forbidden"},
			{"hand in another's", submit(other, o.ID), "not_found"},
			{"hand in as the instructor", submit(w.instructor, o.ID), "forbidden"},
			{"remediate as the trainee", remediate(w.trainee, w.enrollment.ID, module), "forbidden"},
			{"remediate as another cohort's instructor", remediate(elsewhere, w.enrollment.ID, module), "not_found"},
			{"remediate as an admin", remediate(w.Admin, w.enrollment.ID, module), "forbidden"},
			{"remediate as an admin who teaches elsewhere", remediate(adminToo, w.enrollment.ID, module), "forbidden"},
			{"remediate oneself", remediate(own, mine.ID, module), "not_found"},
			{"remediate of no module", remediate(w.instructor, w.enrollment.ID, "none"), "not_found"},
			{"remediate what has tries", remediate(w.instructor, otherEnrollment.ID, module), "not_exhausted"},
		} {
			if got := codeOf(tt.err); got != tt.want {
				t.Errorf("%s = %q, want %q", tt.name, got, tt.want)
			}
		}
		if n := w.count("quiz_answers", "TRUE"); n != 0 {
			t.Errorf("%d answers were stored by people who may not", n)
		}
	})
}

func TestTheDatabaseKeepsTheRulesToo(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		o := w.begin()
		for name, statement := range map[string]string{
			"a second open attempt": `INSERT INTO quiz_attempts (id, enrollment_id, module, number, state, draw, started_at, deadline)
				SELECT 'x', enrollment_id, module, 2, 'open', draw, started_at, deadline FROM quiz_attempts`,
			"a second first attempt": `INSERT INTO quiz_attempts (id, enrollment_id, module, number, state, draw, started_at, deadline, submitted_at, closed_by,
				correct, asked, score_percent, passed, critical_missed)
				SELECT 'x', enrollment_id, module, 1, 'submitted', draw, started_at, deadline, deadline, 'deadline', 1, 2, 50, FALSE, '[]' FROM quiz_attempts`,
			"a submitted attempt without a score": `UPDATE quiz_attempts SET state = 'submitted', submitted_at = deadline, closed_by = 'trainee'`,
			"an open attempt with a score":        `UPDATE quiz_attempts SET correct = 1, asked = 2`,
			"an answer to no attempt":             `INSERT INTO quiz_answers (attempt_id, item, revision, response, saved_at) VALUES ('x', 'q1', 1, '[]', 1)`,
			"a revision of zero": `INSERT INTO quiz_answers (attempt_id, item, revision, response, saved_at)
				SELECT id, 'q1', 0, '[]', 1 FROM quiz_attempts`,
		} {
			err := w.DB.Tx(t.Context(), func(ctx context.Context, tx bun.Tx) error {
				_, err := tx.NewRaw(statement).Exec(ctx)
				return err
			})
			if err == nil {
				t.Errorf("the database took %s", name)
			}
		}
		if again := w.begin(); again.ID != o.ID {
			t.Errorf("the attempt is %s now, want %s", again.ID, o.ID)
		}
	})
}

func TestAnAttemptSurvivesAClockSetBack(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		o := w.begin()
		w.Clock.Advance(-time.Hour)
		r, err := w.Submit(w.trainee, o.ID)
		if err != nil || !r.SubmittedAt.Equal(o.StartedAt) {
			t.Errorf("Submit before the start = %+v, %v; want handed in at the start", r, err)
		}
	})
}
