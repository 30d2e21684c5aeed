package quiz

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/db"
)

type wrongly = map[curriculum.ItemID]string

// numbers writes the counts of a report.
func numbers(r *RegradeReport) string {
	return fmt.Sprintf("of %d, %d open, %d already: %d better %d worse, %d now passed %d now failed",
		r.Attempts, r.Open, r.Already, r.Better, r.Worse, r.NowPassed, r.NowFailed)
}

// CHECKS QZ-09: a key is corrected. Nobody is made worse, the first scores
// stay, open attempts keep what they saw and are caught when the same is done
// again.
func TestARegradeKeepsTheOldScore(t *testing.T) {
	eachRegrade(t, func(t *testing.T, w *regradeWorld) {
		ada, believed := w.enroll("Ada Believed")
		bo, knew := w.enroll("Bo Knew")
		cy, slow := w.enroll("Cy Slow")
		w.took(ada, believed, nil)
		first := w.took(bo, knew, wrongly{"saf-01": "b"})
		if first.Passed || first.ScorePercent != 90 || len(first.CriticalMissed) != 1 || first.Regraded != nil {
			t.Fatalf("by the wrong key Bo has %+v", first)
		}
		open := w.sit(cy, slow, nil)
		rows := w.rowsOf(t)

		dry := w.regrade(w.form(), true)
		if got := numbers(dry); got != "of 2, 1 open, 0 already: 1 better 0 worse, 1 now passed 0 now failed" || dry.New || dry.ID != "" {
			t.Errorf("the dry run says %s, %+v", got, dry.Regrade)
		}
		want := Flip{knew.ID, first.ID, 1, Mark{10, 11, 90, false, []curriculum.ObjectiveID{"alpha"}}, Mark{11, 11, 100, true, []curriculum.ObjectiveID{}}}
		if d := cmp.Diff(want, dry.Flips[0]); d != "" {
			t.Errorf("who flips (-want +got):\n%s", d)
		}
		if d := cmp.Diff([]ItemRuling{{Ruling{"saf-01", CorrectedKey}, 2, []string{"a"}, "b", false}}, dry.Items); d != "" {
			t.Errorf("the items (-want +got):\n%s", d)
		}
		if n := w.count("quiz_regrades", "TRUE") + w.count("quiz_regraded", "TRUE") + w.entries("quiz.regraded"); n != 0 || w.stands(knew).Passed {
			t.Errorf("a dry run wrote %d rows", n)
		}

		done := w.regrade(w.form(), false)
		if numbers(done) != numbers(dry) || !done.New || done.ID == "" || done.Number != 1 || done.ToCourse != w.corrected.Hash() {
			t.Errorf("the regrade says %s, %+v", numbers(done), done.Regrade)
		}
		if st := w.stands(knew); !st.Passed || st.BestPercent != 100 || !st.PassedAt.Equal(first.SubmittedAt) || !st.FailedAt.IsZero() {
			t.Errorf("Bo stands at %+v, want passed when it was handed in", st)
		}
		if st := w.stands(believed); !st.Passed || st.BestPercent != 100 {
			t.Errorf("Ada stands at %+v, want as before", st)
		}
		if d := cmp.Diff(rows, w.rowsOf(t)); d != "" {
			t.Errorf("the attempts themselves became (-were +are):\n%s", d)
		}
		if n := w.entries("quiz.regraded"); n != 1 {
			t.Errorf("the ledger has %d entries, want one", n)
		}

		again := w.regrade(w.form(), false)
		if got := numbers(again); got != "of 0, 1 open, 2 already: 0 better 0 worse, 0 now passed 0 now failed" || again.New || !again.Again || again.ID != done.ID {
			t.Errorf("again it says %s", got)
		}
		if r, err := w.Submit(cy, open); err != nil || !r.Passed || r.Regraded != nil {
			t.Errorf("the open attempt was graded %+v, %v; want by what it saw", r, err)
		}
		caught := w.regrade(w.form(), false)
		if got := numbers(caught); got != "of 1, 0 open, 2 already: 0 better 0 worse, 0 now passed 0 now failed" || caught.ID != done.ID {
			t.Errorf("after the last hand-in it says %s", got)
		}
		if w.count("quiz_regrades", "TRUE") != 1 || w.count("quiz_regraded", "TRUE") != 3 || w.entries("quiz.regraded") != 2 {
			t.Error("want one regrade of three attempts, done in two deeds")
		}
		w.wantItToStay(t)
	})
}

// rowsOf returns the rows of all attempts.
func (w *regradeWorld) rowsOf(t *testing.T) (rows []string) {
	t.Helper()
	var all []*attempt
	if err := w.DB.NewSelect().Model(&all).OrderExpr("id").Scan(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, a := range all {
		rows = append(rows, fmt.Sprintf("%+v", *a))
	}
	return rows
}

// What was graded first is told beside what holds now, and a review shows the
// corrected key.
func TestATraineeSeesBothScores(t *testing.T) {
	eachRegrade(t, func(t *testing.T, w *regradeWorld) {
		bo, knew := w.enroll("Bo Knew")
		first := w.took(bo, knew, wrongly{"saf-01": "b", "saf-11": "c"})
		form := w.form()
		form.Items = append(form.Items, Ruling{"saf-11", EveryoneRight}, Ruling{"saf-10", Dropped})
		w.regrade(form, false)
		for name, s := range map[string]*Service{"this process": w.Service, "another": w.another(inProcess)} {
			sheet, err := s.Sheet(bo, first.ID)
			if err != nil {
				t.Fatal(err)
			}
			r := sheet.Result
			if r.Correct != 10 || r.Asked != 10 || r.ScorePercent != 100 || !r.Passed || len(r.CriticalMissed) != 0 || r.Regraded == nil || r.Review == nil {
				t.Fatalf("%s shows %+v, want it passed, regraded and open to review", name, r)
			}
			if g := r.Regraded; g.Times != 1 || g.Policy != BestOfBoth || g.First.Percent != 81 || g.First.Passed || !g.At.Equal(w.Clock.Now()) {
				t.Errorf("%s says of the regrade %+v", name, g)
			}
			f, err := s.frame(t.Context(), first.ID)
			if err != nil {
				t.Fatal(err)
			}
			for i, it := range r.Review.Items {
				id := f.questions[i].item.ID
				want := map[curriculum.ItemID]Treatment{"saf-01": CorrectedKey, "saf-11": EveryoneRight, "saf-10": Dropped}[id]
				if it.Treatment != want || it.Right != (id != "saf-11") {
					t.Errorf("%s reviews %s as %+v", name, id, it)
				}
				if id == "saf-01" && !slices.Equal(it.Response, it.Answer) {
					t.Errorf("%s shows the key %v beside the answer %v", name, it.Answer, it.Response)
				}
			}
		}
		w.wantOneCourse(t)
	})
}

// As corrected, some are made worse; a later ruling replaces an earlier one,
// and what was decided of other items holds on.
func TestRegradesBuildOnEachOther(t *testing.T) {
	eachRegrade(t, func(t *testing.T, w *regradeWorld) {
		ada, believed := w.enroll("Ada Believed")
		attempt := w.took(ada, believed, wrongly{"saf-07": "b"})
		step := func(name string, form RegradeForm, want Mark, numbersWant string) {
			t.Helper()
			r := w.regrade(form, false)
			if d := cmp.Diff(want, r.Flips[0].New); d != "" || numbers(r) != numbersWant {
				t.Errorf("%s: %s; marks (-want +got):\n%s", name, numbers(r), d)
			}
			if st := w.stands(believed); st.Passed != want.Passed || st.BestPercent != want.Percent || st.FailedAt.IsZero() != want.Passed {
				t.Errorf("%s: stands at %+v", name, st)
			}
		}
		none := []curriculum.ObjectiveID{}
		form := w.form()
		form.Policy = AsCorrected
		step("as corrected", form, Mark{9, 11, 81, false, []curriculum.ObjectiveID{"alpha"}}, "of 1, 0 open, 0 already: 0 better 1 worse, 0 now passed 1 now failed")
		form.Items = []Ruling{{"saf-07", EveryoneRight}}
		step("another item", form, Mark{10, 11, 90, false, []curriculum.ObjectiveID{"alpha"}}, "of 1, 0 open, 0 already: 1 better 0 worse, 0 now passed 0 now failed")
		form.Items = []Ruling{{"saf-01", Dropped}}
		step("the first item otherwise", form, Mark{10, 10, 100, true, none}, "of 1, 0 open, 0 already: 1 better 0 worse, 1 now passed 0 now failed")
		form.Items, form.Policy = []Ruling{{"saf-01", CorrectedKey}, {"saf-07", CorrectedKey}}, BestOfBoth
		step("back, without making it worse", form, Mark{10, 10, 100, true, none}, "of 1, 0 open, 0 already: 0 better 0 worse, 0 now passed 0 now failed")

		sheet, err := w.Sheet(ada, attempt.ID)
		if err != nil || sheet.Result.Regraded.Times != 4 || sheet.Result.Regraded.First.Percent != 90 || !sheet.Result.Regraded.First.Passed {
			t.Errorf("the result says %+v, %v", sheet.Result.Regraded, err)
		}
		list, err := w.Regrades(w.director, "", "", 10)
		if err != nil || len(list) != 4 {
			t.Fatalf("Regrades = %d, %v", len(list), err)
		}
		for i, want := range []string{"90 81", "81 90", "90 100", "100 100"} {
			flips, err := w.RegradedAttempts(w.director, list[i].ID, "", 10)
			if err != nil || len(flips) != 1 || fmt.Sprint(flips[0].Old.Percent, flips[0].New.Percent) != want || list[i].Number != i+1 || flips[0].EnrollmentID != believed.ID {
				t.Errorf("regrade %d of %+v, %v; want %s", i+1, flips, err, want)
			}
		}
		w.wantOneAtATime(t, attempt.ID)
	})
}

func TestWhatCannotBeRegraded(t *testing.T) {
	eachRegrade(t, func(t *testing.T, w *regradeWorld) {
		ctx, e := w.enroll("Ada Believed")
		w.took(ctx, e, nil)
		elsewhere := wholeCourse(t, "a", `{id: a, text: "Text 1 a", correct: true`, `{id: e, text: "Text 1 e", correct: true`)
		if err := w.Enrollments.Publish(t.Context(), elsewhere); err != nil {
			t.Fatal(err)
		}
		var all []Ruling
		for n := 1; n <= 11; n++ {
			all = append(all, Ruling{curriculum.ItemID(fmt.Sprintf("saf-%02d", n)), Dropped})
		}
		for name, tt := range map[string]struct {
			edit func(*RegradeForm)
			want error
		}{
			"no items":            {func(f *RegradeForm) { f.Items = nil }, ErrItems},
			"an item twice":       {func(f *RegradeForm) { f.Items = append(f.Items, f.Items...) }, ErrItems},
			"another treatment":   {func(f *RegradeForm) { f.Items[0].Treatment = "curved" }, ErrItems},
			"another policy":      {func(f *RegradeForm) { f.Policy = "worst" }, ErrPolicy},
			"no reason":           {func(f *RegradeForm) { f.Reason = " " }, ErrReason},
			"too long a reason":   {func(f *RegradeForm) { f.Reason = strings.Repeat("x", 1001) }, ErrReason},
			"no course":           {func(f *RegradeForm) { f.ToCourse = "" }, ErrCourse},
			"an unknown course":   {func(f *RegradeForm) { f.ToCourse = strings.Repeat("0", 64) }, ErrCourse},
			"an unknown source":   {func(f *RegradeForm) { f.FromCourse = "short" }, ErrCourse},
			"an unknown item":     {func(f *RegradeForm) { f.Items[0].Item = "saf-99" }, ErrAskedItem},
			"an item never asked": {func(f *RegradeForm) { f.Items = []Ruling{{"saf-99", Dropped}} }, ErrAskedItem},
			"a key never offered": {func(f *RegradeForm) { f.ToCourse = elsewhere.Hash() }, ErrOtherItem},
			"nothing is left":     {func(f *RegradeForm) { f.Items = all }, ErrNoneLeft},
			"an unknown module":   {func(f *RegradeForm) { f.Module = "none" }, db.ErrNone},
			"a program of others": {func(f *RegradeForm) { f.Program = "other_program" }, db.ErrNone},
		} {
			form := w.form()
			tt.edit(&form)
			for _, dry := range []bool{true, false} {
				if r, err := w.Regrade(w.director, form, dry); !errors.Is(err, tt.want) {
					t.Errorf("%s: Regrade = %+v, %v; want %v", name, r, err, tt.want)
				}
			}
		}
		if n := w.count("quiz_regrades", "TRUE") + w.count("quiz_regraded", "TRUE"); n != 0 {
			t.Errorf("refused regrades left %d rows", n)
		}
		w.wantItForFew(t)
	})
}

// wantItToStay wants the database to keep what was regraded.
func (w *regradeWorld) wantItToStay(t *testing.T) {
	t.Helper()
	for _, statement := range []string{
		`UPDATE quiz_regrades SET reason = 'Another.'`, `DELETE FROM quiz_regrades`, `UPDATE quiz_regraded SET old_percent = 100`, `DELETE FROM quiz_regraded`,
		`UPDATE quiz_attempts SET score_percent = 100`, `UPDATE quiz_attempts SET passed = NOT passed`,
		`INSERT INTO quiz_regrades SELECT 'x', program, module, number, items, from_course, to_course, policy, reason, regraded_by, regraded_at FROM quiz_regrades`,
		`INSERT INTO quiz_regraded SELECT attempt_id, 2, regrade_id, regraded_at, old_correct, old_asked, old_percent, old_passed, old_critical_missed,
			new_correct, new_asked, new_percent, new_passed, new_critical_missed FROM quiz_regraded`,
	} {
		err := w.DB.Tx(t.Context(), func(ctx context.Context, tx bun.Tx) error {
			_, err := tx.ExecContext(ctx, statement)
			return err
		})
		if err == nil {
			t.Errorf("%s is taken", statement)
		}
	}
}

// wantOneCourse wants a regrade to keep to one course where it says so.
func (w *regradeWorld) wantOneCourse(t *testing.T) {
	t.Helper()
	ctx, e := w.Trainee("Nia New", w.cohort) // on the corrected course
	w.took(ctx, e, wrongly{"saf-01": "a"})
	form := w.form()
	form.Items = []Ruling{{"saf-01", EveryoneRight}}
	form.FromCourse = w.course.Hash()
	if r := w.regrade(form, true); r.Attempts != 1 || r.Flips[0].EnrollmentID == e.ID {
		t.Errorf("of attempts of the old course: %s, %+v; want one of another", numbers(r), r.Flips)
	}
	form.FromCourse = w.corrected.Hash()[:8]
	if r := w.regrade(form, false); r.NowPassed != 1 || r.Attempts != 1 || r.FromCourse != w.corrected.Hash() {
		t.Errorf("of attempts of the corrected course: %s", numbers(r))
	}
}

// wantOneAtATime regrades an attempt from two processes at once: one wins,
// whatever they ask for, and the others are told.
func (w *regradeWorld) wantOneAtATime(t *testing.T, attemptID string) {
	t.Helper()
	services := []*Service{w.Service, w.another(inProcess)}
	if err := services[1].enrollments.Publish(t.Context(), w.corrected); err != nil {
		t.Fatal(err)
	}
	forms := []RegradeForm{w.form(), w.form()}
	forms[1].Items = []Ruling{{"saf-02", EveryoneRight}}
	var wg sync.WaitGroup
	for i := range 12 {
		wg.Go(func() {
			if _, err := services[i%2].Regrade(w.director, forms[i/2%2], false); err != nil && !errors.Is(err, ErrRegradedBy) {
				t.Errorf("Regrade = %v", err)
			}
		})
	}
	wg.Wait()
	rounds, err := regradedOf(t.Context(), w.DB, attemptID)
	if err != nil || len(rounds) == 0 || len(rounds) != w.count("quiz_regrades", "TRUE") || len(rounds) != w.entries("quiz.regraded") {
		t.Fatalf("%d rounds, %d regrades, %d entries, %v; want as many of each", len(rounds), w.count("quiz_regrades", "TRUE"), w.entries("quiz.regraded"), err)
	}
	for i, r := range rounds {
		if r.Round != i+1 || i > 0 && !cmp.Equal(r.Old, rounds[i-1].New) {
			t.Errorf("round %d begins where the one before did not end: %+v", i+1, r)
		}
	}
}

// wantItForFew wants nobody to mark their own quiz, and whoever does not run the
// program to learn nothing.
func (w *regradeWorld) wantItForFew(t *testing.T) {
	t.Helper()
	ctx, e := w.enroll("Ada Both")
	who := access.From(ctx)
	who.Grants = append(who.Grants, access.Grant{Role: access.Director})
	both := access.With(t.Context(), who)
	if _, err := w.Regrade(both, w.form(), true); !errors.Is(err, ErrOwnQuiz) {
		t.Errorf("with the quiz still to take: %v, want ErrOwnQuiz", err)
	}
	w.took(ctx, e, nil)
	if _, err := w.Regrade(both, w.form(), true); !errors.Is(err, ErrOwnQuiz) {
		t.Errorf("with the own attempt among them: %v, want ErrOwnQuiz", err)
	}
	for name, tt := range map[string]struct {
		grant access.Grant
		want  error
	}{
		"an instructor":          {access.Grant{Role: access.Instructor, Program: program}, access.ErrForbidden},
		"a director elsewhere":   {access.Grant{Role: access.Director, Program: "other_program"}, db.ErrNone},
		"an admin of everything": {access.Grant{Role: access.Admin}, nil},
	} {
		other := w.Person("Some One", tt.grant)
		if _, err := w.Regrade(other, w.form(), true); !errors.Is(err, tt.want) || (err == nil) != (tt.want == nil) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
	}
	r := w.regrade(w.form(), false)
	elsewhere := w.Person("El Se", access.Grant{Role: access.Director, Program: "other_program"})
	if list, err := w.Regrades(elsewhere, module, "", 10); err != nil || len(list) != 0 {
		t.Errorf("elsewhere, Regrades = %v, %v", list, err)
	}
	if list, err := w.Regrades(w.director, "none", "", 10); err != nil || len(list) != 0 {
		t.Errorf("of another module, Regrades = %v, %v", list, err)
	}
	for _, id := range []string{r.ID, "made-up", db.NewID()} {
		if _, err := w.RegradedAttempts(elsewhere, id, "", 10); !errors.Is(err, db.ErrNone) {
			t.Errorf("elsewhere, RegradedAttempts(%s) = %v", id, err)
		}
	}
}

func TestTheBetterMark(t *testing.T) {
	inOrder := []Mark{ // from bad to good
		{Percent: 60, CriticalMissed: []curriculum.ObjectiveID{"a", "b"}}, {Percent: 60, CriticalMissed: []curriculum.ObjectiveID{"a"}}, {Percent: 60},
		{Percent: 90, CriticalMissed: []curriculum.ObjectiveID{"a"}}, {Percent: 80, Passed: true}, {Percent: 90, Passed: true},
	}
	for i, a := range inOrder {
		for j, b := range inOrder {
			if got := a.better(b); got != (i > j) {
				t.Errorf("%+v better than %+v: %v", a, b, got)
			}
			if got := BestOfBoth.holds(a, b); got.better(inOrder[max(i, j)]) || inOrder[max(i, j)].better(got) {
				t.Errorf("of %+v and %+v holds %+v", a, b, got)
			}
			if got := AsCorrected.holds(a, b); !cmp.Equal(got, b) {
				t.Errorf("as corrected, of %+v and %+v holds %+v", a, b, got)
			}
		}
	}
}
