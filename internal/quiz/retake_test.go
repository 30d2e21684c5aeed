package quiz

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/uptrace/bun"
	"pgregory.net/rapid"

	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/dbtest"
	"github.com/kapstone-lms/kapstone/internal/fault"
	"github.com/kapstone-lms/kapstone/internal/study"
)

// eachWith runs f on both databases with a program that says rules in place of
// its review policy.
func eachWith(t *testing.T, rules string, f func(t *testing.T, w *world)) {
	t.Helper()
	dbtest.EachURL(t, func(t *testing.T, url string) { f(t, newWorld(t, url, inProcess, curriculum.Review(rules))) })
}

// hour is so many hours after noon.
func hour(n int) db.Time { return db.At(noon.Add(time.Duration(n) * time.Hour)) }

// triesOf puts a standing together from the percents of tries, an hour apart; 80
// passes.
func triesOf(percents ...int) (st Standing) {
	for i, p := range percents {
		st.note(&attempt{State: Submitted, ScorePercent: p, Passed: p >= 80, SubmittedAt: hour(i + 1)})
	}
	return st
}

func TestWhichTryStands(t *testing.T) {
	for _, tt := range []struct {
		counts  curriculum.Counts
		tries   []int
		percent int
		passed  int // which try passed it, 0 for none
		settled bool
		left    int // of five
	}{
		{curriculum.CountsBest, nil, 0, 0, false, 5},
		{curriculum.CountsBest, []int{60, 40}, 60, 0, false, 3},
		{curriculum.CountsBest, []int{60, 90}, 90, 2, false, 0},
		{curriculum.CountsLast, []int{60, 40}, 40, 0, false, 3},
		{curriculum.CountsLast, []int{60, 90}, 90, 2, false, 0},
		{curriculum.CountsLast, []int{90, 60}, 60, 0, false, 3}, // a regrade may leave it so
		{curriculum.CountsFirst, nil, 0, 0, false, 5},
		{curriculum.CountsFirst, []int{85}, 85, 1, false, 0},
		{curriculum.CountsFirst, []int{60, 90}, 60, 0, true, 3},
		{curriculum.CountsFirst, []int{60, 90, 95}, 60, 0, true, 2},
		{curriculum.CountsFirst, []int{85, 20}, 85, 1, false, 0},
	} {
		rules := curriculum.QuizRules{PassPercent: 80, Attempts: 5, Counts: tt.counts}
		st := Counted(rules, triesOf(tt.tries...))
		want := time.Time{}
		if tt.passed > 0 {
			want = hour(tt.passed).Time
		}
		if st.BestPercent != tt.percent || st.Passed != (tt.passed > 0) || !st.PassedAt.Equal(want) {
			t.Errorf("%q of %v: %d %%, passed %t at %v; want %d %%, at %v", tt.counts, tt.tries, st.BestPercent, st.Passed, st.PassedAt, tt.percent, want)
		}
		if Settled(rules, st) != tt.settled || Left(rules, st) != tt.left {
			t.Errorf("%q of %v: settled %t, %d left; want %t, %d", tt.counts, tt.tries, Settled(rules, st), Left(rules, st), tt.settled, tt.left)
		}
		if diff := cmp.Diff(st, Counted(rules, st)); diff != "" {
			t.Errorf("%q of %v counts otherwise the second time:\n%s", tt.counts, tt.tries, diff)
		}
		if passed := errors.Is(mayBegin(rules, st, noon.Add(99*time.Hour)), ErrPassed); passed != (tt.passed > 0) {
			t.Errorf("%q of %v: another try is refused as passed: %t", tt.counts, tt.tries, passed)
		}
	}
}

func TestWhatComesBeforeTheNextTry(t *testing.T) {
	m := &curriculum.Module{
		Objectives: []curriculum.Objective{{ID: "alpha"}, {ID: "beta"}},
		Lessons: []*curriculum.Lesson{
			{ID: "one", Objectives: []curriculum.ObjectiveID{"alpha"}}, {ID: "two", Objectives: []curriculum.ObjectiveID{"alpha", "beta"}},
			{ID: "three", Objectives: []curriculum.ObjectiveID{"beta"}}, {ID: "four"},
		},
	}
	failed := Standing{Attempts: 1, FailedAt: noon, Missed: []curriculum.ObjectiveID{"alpha"}}
	helped, before := failed, failed
	helped.RemediatedAt, before.RemediatedAt = noon, noon.Add(-time.Second)
	type times = map[curriculum.LessonID]time.Time
	for _, tt := range []struct {
		name   string
		remedy curriculum.Remedy
		st     Standing
		looked times
		want   []curriculum.LessonID
		help   bool
	}{
		{"nothing asked", curriculum.RemedyNone, failed, nil, nil, false},
		{"not begun", curriculum.RemedyLessons, Standing{}, nil, nil, false},
		{"nothing looked at", curriculum.RemedyLessons, failed, nil, []curriculum.LessonID{"one", "two"}, false},
		{"looked at before", curriculum.RemedyLessons, failed, times{"one": noon.Add(-time.Hour)}, []curriculum.LessonID{"one", "two"}, false},
		{"one since", curriculum.RemedyLessons, failed, times{"one": noon.Add(time.Hour)}, []curriculum.LessonID{"two"}, false},
		{"all since", curriculum.RemedyLessons, failed, times{"one": noon.Add(time.Hour), "two": noon.Add(time.Hour)}, nil, false},
		{"an instructor since", curriculum.RemedyLessons, helped, nil, nil, false},
		{"an instructor before", curriculum.RemedyLessons, before, nil, []curriculum.LessonID{"one", "two"}, false},
		{"passed", curriculum.RemedyLessons, Standing{Passed: true, FailedAt: noon, Missed: failed.Missed}, nil, nil, false},
		{"an instructor is asked for", curriculum.RemedyInstructor, failed, nil, nil, true},
		{"and came", curriculum.RemedyInstructor, helped, nil, nil, false},
		{"and came before", curriculum.RemedyInstructor, before, nil, nil, true},
		{"and the first try is free", curriculum.RemedyInstructor, Standing{}, nil, nil, false},
	} {
		rules := curriculum.QuizRules{Attempts: 3, Remediation: tt.remedy}
		var got []curriculum.LessonID
		for _, l := range GoBack(rules, m, tt.st, tt.looked) {
			got = append(got, l.ID)
		}
		if !slices.Equal(got, tt.want) || NeedsHelp(rules, tt.st) != tt.help {
			t.Errorf("%s: back to %v, help %t; want %v, %t", tt.name, got, NeedsHelp(rules, tt.st), tt.want, tt.help)
		}
		if err := mayBegin(rules, tt.st, noon.Add(time.Hour)); errors.Is(err, ErrRemedy) != tt.help {
			t.Errorf("%s: mayBegin = %v", tt.name, err)
		}
	}
}

// What was asked before comes last: a retake shares with what came before no
// more than the bank, its quotas and its cases make it. And it is whole.
func TestARetakeAsksOtherItems(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := anyModule(t)
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		times := make(map[curriculum.ItemID]int)
		for range 3 {
			drawn := draw(m, times, r)
			if len(drawn) != m.Quiz.Draw {
				t.Fatalf("a retake has %d items, want %d", len(drawn), m.Quiz.Draw)
			}
			wantWholeCases(t, m, drawn)
			in := make(map[curriculum.ItemID]bool)
			for _, d := range drawn {
				in[d.Item] = true
			}
			for _, d := range drawn {
				out, better := m.Item(d.Item), (*curriculum.Item)(nil)
				for _, it := range m.ItemsOf("") {
					if !in[it.ID] && it.Objective == out.Objective && it.Critical == out.Critical && times[it.ID] < times[out.ID] {
						better = it
					}
				}
				if out.Case == "" && better != nil {
					t.Fatalf("a retake asks %s, asked %d times, and leaves out its like %s, asked %d times", out.ID, times[out.ID], better.ID, times[better.ID])
				}
			}
			for id := range in {
				times[id]++
			}
		}
	})
}

// Four cases of three, of which an attempt has room for two: the second attempt
// has the other two, in every try.
func TestARetakeAsksOtherCases(t *testing.T) {
	m := &curriculum.Module{Key: "m", Objectives: []curriculum.Objective{{ID: "o"}}, Quiz: curriculum.Quiz{Draw: 6}}
	for _, c := range []curriculum.CaseID{"a", "b", "c", "d"} {
		m.Cases = append(m.Cases, &curriculum.Case{ID: c})
		for _, n := range []string{"1", "2", "3"} {
			m.Items = append(m.Items, &curriculum.Item{ID: curriculum.ItemID(string(c) + n), Objective: "o", Case: c, Kind: curriculum.Single})
		}
	}
	for range 20 {
		times := make(map[curriculum.ItemID]int)
		for range 2 {
			for _, d := range draw(m, times, rand.New(secure{})) {
				if times[d.Item]++; times[d.Item] > 1 {
					t.Fatalf("item %s of a case comes again while other cases wait", d.Item)
				}
			}
		}
	}
}

func TestARetakeIsFreshUnlessTheProgramSaysOtherwise(t *testing.T) {
	repeats := func(w *world) (n, due int) {
		seen := make(map[string]bool)
		for _, q := range w.begin().Items {
			seen[q.Stem] = true
		}
		if _, err := w.Submit(w.trainee, w.begin().ID); err != nil {
			w.t.Fatal(err)
		}
		w.Clock.Advance(24 * time.Hour)
		for _, q := range w.begin().Items {
			if seen[q.Stem] {
				n++
			}
		}
		// Of the eleven items six are asked, so one comes again. Where both
		// critical items of both critical objectives were asked, one of each does.
		due = 1
		if seen["Stem number 1?"] && seen["Stem number 2?"] && seen["Stem number 4?"] && seen["Stem number 5?"] {
			due = 2
		}
		return n, due
	}
	eachWith(t, "after_pass", func(t *testing.T, w *world) {
		if n, due := repeats(w); n != due {
			t.Errorf("%d items come again, want %d", n, due)
		}
	})
	m := smallCourse(t, "after_pass, fresh: false", "a").Module(module)
	eachWith(t, "after_pass, fresh: false", func(t *testing.T, w *world) {
		w.take(false)
		before, err := triesBefore(t.Context(), w.DB, w.enrollment.ID, module)
		if err != nil {
			t.Fatal(err)
		}
		if got := asked(curriculum.QuizRules{Fresh: curriculum.AnyItems}, before); got != nil {
			t.Errorf("where any item may come again asked = %v", got)
		}
		if got := asked(curriculum.QuizRules{}, before); len(got) != m.Quiz.Draw {
			t.Errorf("asked = %v; want each item of the draw", got)
		}
	})
}

// The reply to a failed try names what was missed and where to read about it,
// and no item.
func TestAFailedTrySendsBackToTheLessons(t *testing.T) {
	eachWith(t, "never, remediation: lessons", func(t *testing.T, w *world) {
		r := w.take(false)
		if len(r.Missed) < 2 || r.Missed[0].Text != "Know alpha." || len(r.Missed[0].Lessons) != 1 || r.Missed[0].Lessons[0].ID != "saf-1" || r.Review != nil {
			t.Fatalf("a failed try says %+v", r)
		}
		lessons := study.New(w.DB, w.Enrollments, w.Clock.Now)
		begin := func(want error) error {
			t.Helper()
			_, _, err := w.Start(w.trainee, w.enrollment.ID, module)
			if !errors.Is(err, want) {
				t.Fatalf("Start = %v, want %v", err, want)
			}
			return err
		}
		begin(ErrWait)
		w.Clock.Advance(24 * time.Hour)
		if got := fault.Of(begin(ErrLessons)).Details["lessons"]; !cmp.Equal(got, []curriculum.LessonID{"saf-1"}) {
			t.Errorf("the lessons to go back to are %v", got)
		}
		if _, err := w.Remediate(w.instructor, w.enrollment.ID, module, "Talked."); !errors.Is(err, ErrNotExhausted) {
			t.Errorf("Remediate = %v, want ErrNotExhausted: the trainee helps themselves", err)
		}
		w.Clock.Advance(time.Minute)
		if _, err := lessons.Open(w.trainee, w.enrollment.ID, module, "saf-1"); err != nil {
			t.Fatal(err)
		}
		if w.take(false).Number != 2 {
			t.Error("the lesson was opened again, and no try followed")
		}
		w.Clock.Advance(24 * time.Hour)
		begin(ErrLessons)
		if _, err := lessons.Complete(w.trainee, w.enrollment.ID, module, "saf-1"); err != nil {
			t.Fatal(err)
		}
		if r := w.take(true); !r.Passed || len(r.Missed) != 0 {
			t.Errorf("a try that passed says %+v", r)
		}
	})
}

// A program may ask for an instructor before every retake. That adds no try
// while some are left.
func TestAnInstructorBeforeEveryRetake(t *testing.T) {
	eachWith(t, "never, remediation: instructor", func(t *testing.T, w *world) {
		help := func() (*Remediation, error) {
			return w.Remediate(w.instructor, w.enrollment.ID, module, "Went over it.")
		}
		if _, err := help(); !errors.Is(err, ErrNotExhausted) {
			t.Errorf("Remediate before the first try = %v", err)
		}
		for n := 1; n <= 4; n++ {
			w.begin()
			w.Clock.Advance(time.Minute)
			if _, err := help(); !errors.Is(err, ErrNotExhausted) {
				t.Errorf("Remediate during try %d = %v", n, err)
			}
			w.take(false)
			w.Clock.Advance(24 * time.Hour)
			want := map[bool]error{false: ErrRemedy, true: ErrExhausted}[n >= 3]
			if _, _, err := w.Start(w.trainee, w.enrollment.ID, module); !errors.Is(err, want) {
				t.Fatalf("Start after try %d = %v, want %v", n, err, want)
			}
			if r, err := help(); err != nil || r.Opens != (n >= 3) {
				t.Fatalf("Remediate after try %d = %+v, %v", n, r, err)
			}
			if _, err := help(); !errors.Is(err, ErrNotExhausted) {
				t.Errorf("Remediate twice after try %d = %v", n, err)
			}
		}
	})
}

// Only the first counts: what follows is practice, also one that passes, and
// leaves the standing as it was.
func TestWhatFollowsTheFirstIsPractice(t *testing.T) {
	eachWith(t, "after_pass, counts: first", func(t *testing.T, w *world) {
		w.take(false)
		for _, right := range []bool{true, false} {
			w.Clock.Advance(24 * time.Hour)
			if r := w.take(right); r.Passed != right || (r.Review != nil) != right {
				t.Fatalf("a practice try = %+v", r)
			}
			all, err := w.Evidence(t.Context(), w.DB, []string{w.enrollment.ID})
			if err != nil {
				t.Fatal(err)
			}
			rules := w.course.Default().Quiz
			if st := Counted(rules, all[w.enrollment.ID][0]); st.Passed || st.BestPercent != 0 || !Settled(rules, st) {
				t.Errorf("the standing is %+v, want the first try's", st)
			}
		}
		w.Clock.Advance(24 * time.Hour)
		if _, _, err := w.Start(w.trainee, w.enrollment.ID, module); !errors.Is(err, ErrExhausted) {
			t.Errorf("Start after three tries = %v, want ErrExhausted", err)
		}
	})
}

// Attempts handed in before objectives were kept say nothing of them.
func TestAnOldAttemptHasNoObjectives(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		r := w.take(false)
		err := w.DB.Tx(t.Context(), func(ctx context.Context, tx bun.Tx) error {
			_, err := tx.NewRaw(`UPDATE quiz_attempts SET missed = NULL`).Exec(ctx)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		sheet, err := w.Sheet(w.trainee, r.ID)
		if err != nil || len(sheet.Result.Missed) != 0 || len(sheet.Result.CriticalMissed) != 2 {
			t.Errorf("Sheet = %+v, %v", sheet.Result, err)
		}
	})
}
