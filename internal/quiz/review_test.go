package quiz

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
)

// Every policy at every time, from the table in docs/programs.md.
func TestWhatAPolicyShows(t *testing.T) {
	const not, passed, over = 0, 1, 2
	opened := map[curriculum.When]map[int]bool{
		curriculum.AtOnce:     {not: true, passed: true, over: true},
		curriculum.AfterPass:  {passed: true},
		curriculum.AfterClose: {over: true},
	}
	for when, opens := range opened {
		for _, show := range []curriculum.Show{curriculum.ShowNothing, curriculum.ShowScore, curriculum.ShowAnswers, curriculum.ShowRationales} {
			for now := range 3 {
				for _, tries := range []bool{true, false} {
					open := opens[now]
					key := open && (show == curriculum.ShowAnswers || show == curriculum.ShowRationales)
					want := sight{
						score: open || show != curriculum.ShowNothing, key: key, why: open && show == curriculum.ShowRationales, whole: key && !tries,
					}
					if !open && show != curriculum.ShowScore {
						want.more = when
					}
					if got := look(curriculum.Reveal{Show: show, When: when}, now == passed, now == over, tries); got != want {
						t.Errorf("%s %s, passed %t, over %t, tries %t: %+v, want %+v", show, when, now == passed, now == over, tries, got, want)
					}
				}
			}
		}
	}
}

// endOfCohort moves the clock past the last day of the cohort.
func (w *world) endOfCohort() {
	w.Clock.Advance(time.Date(2027, 7, 2, 0, 0, 0, 0, time.UTC).Sub(w.Clock.Now()))
}

// result reads a handed-in attempt again.
func (w *world) result(id string) *Result {
	w.t.Helper()
	sheet, err := w.Sheet(w.trainee, id)
	if err != nil || sheet.Result == nil {
		w.t.Fatalf("Sheet = %+v, %v; want a result", sheet, err)
	}
	return sheet.Result
}

// The key waits until the quiz is over for the whole cohort: also for those who
// used up their tries, and also while somebody is still at it. From then on
// nobody begins.
func TestAfterCloseWaitsForEverybody(t *testing.T) {
	eachWith(t, "{show: answers, when: after_close}", func(t *testing.T, w *world) {
		closed := func(when string, r *Result) {
			t.Helper()
			if r.Review != nil || r.More != curriculum.AfterClose || r.Withheld || r.Asked != 6 {
				t.Fatalf("%s the result is %+v, want the score alone", when, r)
			}
		}
		var last *Result
		for n := range 3 {
			last = w.take(n == 9)
			closed("while there are tries", last)
			w.Clock.Advance(24 * time.Hour)
		}
		if _, _, err := w.Start(w.trainee, w.enrollment.ID, module); !errors.Is(err, ErrExhausted) {
			t.Fatalf("Start = %v, want the tries used up", err)
		}
		closed("with the tries used up", w.result(last.ID))
		other, otherEnrollment := w.Trainee("Otto Other", w.cohort)
		late, lateEnrollment := w.Trainee("Lena Late", w.cohort)
		w.Clock.Advance(time.Date(2027, 6, 30, 23, 50, 0, 0, time.UTC).Sub(w.Clock.Now()))
		if _, _, err := w.Start(other, otherEnrollment.ID, module); err != nil {
			t.Fatal(err)
		}
		w.Clock.Advance(15 * time.Minute)
		closed("while somebody is at it", w.result(last.ID))
		if _, _, err := w.Start(late, lateEnrollment.ID, module); !errors.Is(err, ErrOver) {
			t.Errorf("Start after the end = %v, want ErrOver", err)
		}
		w.Clock.Advance(time.Hour)
		if _, err := w.CloseOverdue(t.Context(), 10); err != nil {
			t.Fatal(err)
		}
		r := w.result(last.ID)
		if r.Review == nil || len(r.Review.Items) != 6 || r.More != "" {
			t.Fatalf("when it is over the result is %+v, want its review", r)
		}
		for _, k := range r.Review.Items[0].Key {
			if k.Why != "" {
				t.Errorf("answers alone are shown, and a rationale says %q", k.Why)
			}
		}
	})
}

// Where even the score waits, nothing tells it: no result, no standing, and no
// refusal.
func TestAResultThatIsHeldBackIsToldByNothing(t *testing.T) {
	for _, right := range []bool{true, false} {
		eachWith(t, "{show: nothing, when: after_close}", func(t *testing.T, w *world) {
			r := w.take(right)
			if !r.Withheld || r.More != curriculum.AfterClose || r.Asked+r.Correct+r.ScorePercent != 0 || r.Passed || r.CriticalMissed != nil || r.Missed != nil || r.Review != nil {
				t.Errorf("the result says %+v", r)
			}
			w.Clock.Advance(24 * time.Hour)
			if _, _, err := w.Start(w.trainee, w.enrollment.ID, module); !errors.Is(err, ErrWithheld) {
				t.Errorf("another try: %v, want ErrWithheld", err)
			}
			p, err := w.Enrollments.Pin(t.Context(), w.enrollment)
			if err != nil {
				t.Fatal(err)
			}
			stand := func() Standing {
				t.Helper()
				all, err := w.Standings(t.Context(), w.DB, []*enrollment.Pinned{p})
				if err != nil {
					t.Fatal(err)
				}
				return all[w.enrollment.ID][0]
			}
			text, err := json.Marshal(stand())
			if want := `{"Module":"safety","Attempts":1,"Passed":false,"PassedAt":"0001-01-01T00:00:00Z","BestPercent":0,"OpenAttempt":"",` +
				`"FailedAt":"0001-01-01T00:00:00Z","Extra":0,"Remediations":0,"RemediatedAt":"0001-01-01T00:00:00Z",` +
				`"First":{"At":"0001-01-01T00:00:00Z","Percent":0,"Passed":false},"Last":{"At":"0001-01-01T00:00:00Z","Percent":0,"Passed":false},` +
				`"Missed":null,"Withheld":true}`; err != nil || string(text) != want {
				t.Errorf("the standing says %s (%v), want %s", text, err, want)
			}
			w.endOfCohort()
			if r := w.result(r.ID); r.Withheld || r.Passed != right || r.Asked != 6 || r.Review != nil {
				t.Errorf("when it is over the result is %+v", r)
			}
			if st := stand(); st.Withheld || st.Passed != right {
				t.Errorf("when it is over the standing is %+v", st)
			}
		})
	}
}

// CHECKS QZ-01: a blank sheet buys no key while there are tries left, and shows
// all of it when there are none.
func TestABlankSheetBuysNothing(t *testing.T) {
	eachWith(t, "{show: rationales, when: at_once}", func(t *testing.T, w *world) {
		for n := 1; n <= 3; n++ {
			o := w.begin()
			answered := 0
			if n == 2 { // one answer, and one that is taken back
				answered = 1
				for i, q := range o.Items[:2] {
					if _, err := w.Save(w.trainee, o.ID, q.ID, []string{"a"}, 0); err != nil {
						t.Fatal(err)
					}
					if i == 0 {
						continue
					}
					if _, err := w.Save(w.trainee, o.ID, q.ID, []string{}, 1); err != nil {
						t.Fatal(err)
					}
				}
			}
			if n == 3 {
				answered = 6
			}
			r, err := w.Submit(w.trainee, o.ID)
			if err != nil || r.Review == nil || len(r.Review.Items) != answered {
				t.Fatalf("try %d: %+v, %v; want a review of %d items", n, r, err, answered)
			}
			text, err := json.Marshal(r.Review)
			if n := strings.Count(string(text), "CANARY"); err != nil || n != 4*answered {
				t.Errorf("the review has %d rationales, want those of %d items", n, answered)
			}
			w.Clock.Advance(24 * time.Hour)
		}
	})
}

// Who moves to another cohort waits for that one.
func TestTheCohortIsTheOneOfNow(t *testing.T) {
	eachWith(t, "{show: answers, when: after_close}", func(t *testing.T, w *world) {
		r := w.take(false)
		w.endOfCohort()
		if w.result(r.ID).Review == nil {
			t.Fatal("the quiz is over, and its answers are not shown")
		}
		next, err := w.Enrollments.OpenCohort(w.Admin, enrollment.Cohort{Program: program, Name: "Next", StartsOn: "2027-07-01", EndsOn: "2028-06-30", TimeZone: "UTC"})
		if err != nil {
			t.Fatal(err)
		}
		err = w.DB.Tx(t.Context(), func(ctx context.Context, tx bun.Tx) error {
			_, err := tx.NewRaw(`UPDATE enrollments SET cohort_id = ? WHERE id = ?`, next.ID, w.enrollment.ID).Exec(ctx)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if w.result(r.ID).Review != nil {
			t.Error("the quiz goes on in the new cohort, and its answers are shown")
		}
	})
}
