package quiz

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/fault"
	"github.com/kapstone-lms/kapstone/internal/once"
)

// CHECKS QZ-12: time given in one process is there in another at once, for
// whoever reads and whoever saves, also where the frame still has the old
// deadline.
func TestTimeGivenElsewhereIsThereAtOnce(t *testing.T) {
	eachHome(t, func(t *testing.T, w *world) {
		other := w.another(inProcess)
		o := w.begin()
		items := o.Items
		if _, err := other.Save(w.trainee, o.ID, items[0].ID, []string{"a"}, 0); err != nil { // its frame is in memory there
			t.Fatal(err)
		}
		w.Clock.Advance(29 * time.Minute)
		x, err := w.ExtendCohort(w.instructor, w.cohort.ID, module, 15, "disturbance")
		if err != nil || x.Attempts != 1 {
			t.Fatalf("ExtendCohort = %+v, %v", x, err)
		}
		f, err := other.frame(t.Context(), o.ID)
		if err != nil || !f.deadline.Equal(o.Deadline) {
			t.Fatalf("the other process has %v, %v: this tests nothing", f.deadline, err)
		}
		stale := record{slot{o.ID, items[1].ID}, answer{1, `["a"]`, db.At(o.Deadline.Add(Grace + time.Second))}}
		w.Clock.Advance(time.Minute + Grace + time.Second)
		if other.likely(t.Context(), f, stale) {
			t.Error("a frame with the old deadline expects a late save to be taken")
		}
		if got, err := other.keep(t.Context(), stale, false); err != nil || got.Revision != 1 {
			t.Errorf("a save that the frame takes for late = %+v, %v; want SQL to decide", got, err)
		}
		if got, err := other.Save(w.trainee, o.ID, items[2].ID, []string{"a"}, 0); err != nil || got.Revision != 1 {
			t.Errorf("Save after the old deadline = %+v, %v", got, err)
		}
		if f, err := other.frame(t.Context(), o.ID); err != nil || !f.deadline.Equal(o.Deadline.Add(15*time.Minute)) {
			t.Errorf("after that save the frame has %v, %v; want the new deadline", f.deadline, err)
		}
		sheet, err := other.Sheet(w.trainee, o.ID)
		if err != nil || sheet.Open == nil || !sheet.Open.Deadline.Equal(o.Deadline.Add(15*time.Minute)) || len(sheet.Open.Answers) != 3 {
			t.Errorf("Sheet there = %+v, %v; want 15 minutes more", sheet, err)
		}
		if n, err := other.CloseOverdue(t.Context(), 10); n != 0 || err != nil {
			t.Errorf("CloseOverdue there = %d, %v", n, err)
		}
	})
}

func TestAnExtensionIsTakenBackExactly(t *testing.T) {
	eachHome(t, func(t *testing.T, w *world) {
		o := w.begin()
		x, err := w.Extend(w.instructor, o.ID, 20, "technical")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.ExtendCohort(w.Admin, w.cohort.ID, module, 10, "other"); err != nil {
			t.Fatal(err)
		}
		if got := w.begin().Deadline; !got.Equal(o.Deadline.Add(30 * time.Minute)) {
			t.Errorf("with both the deadline is %v, want 30 minutes more than %v", got, o.Deadline)
		}
		w.Clock.Advance(39*time.Minute + time.Millisecond) // without the twenty less than a minute is left
		_, err = w.Reverse(w.instructor, x.ID, false)
		if f := fault.Of(err); f == nil || !f.Is(ErrWouldEnd) || f.Details["attempts"] != 1 || w.entries("quiz.extension_reversed") != 0 {
			t.Fatalf("Reverse = %v, want ErrWouldEnd for one attempt, and nothing noted", err)
		}
		if got := w.begin().Deadline; !got.Equal(o.Deadline.Add(30 * time.Minute)) {
			t.Errorf("refused, and yet the deadline is %v", got)
		}
		for range 2 {
			got, err := w.Reverse(w.instructor, x.ID, true)
			if err != nil || got.ReversedAt.IsZero() || got.ReversedBy != access.From(w.instructor).ID || got.Attempts != 1 {
				t.Fatalf("Reverse, confirmed = %+v, %v", got, err)
			}
		}
		if got := w.begin().Deadline; !got.Equal(o.Deadline.Add(10 * time.Minute)) {
			t.Errorf("taken back, the deadline is %v, want ten minutes more than %v", got, o.Deadline)
		}
		all, err := w.Extensions(w.trainee, o.ID)
		if err != nil || len(all) != 2 || all[0].ID != x.ID || all[0].ReversedAt.IsZero() || !all[1].ReversedAt.IsZero() || all[0].GivenBy+all[0].ReversedBy+all[1].GivenBy != "" {
			t.Errorf("Extensions for the trainee = %+v, %v; want both, and nobody's name", all, err)
		}
		if w.entries("quiz.extended") != 2 || w.entries("quiz.extension_reversed") != 1 {
			t.Errorf("%d extensions and %d reversals in the ledger, want 2 and 1", w.entries("quiz.extended"), w.entries("quiz.extension_reversed"))
		}
	})
}

// An extension reaches who is in the quiz at that moment, and nobody else.
func TestWhomAnExtensionReaches(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		if _, err := w.ExtendCohort(w.instructor, w.cohort.ID, module, 15, "disturbance"); !errors.Is(err, ErrNobodyIn) {
			t.Errorf("ExtendCohort while nobody is in = %v, want ErrNobodyIn", err)
		}
		o := w.begin()
		done, doneAt := w.Trainee("Dana Done", w.cohort)
		d, _, err := w.Start(done, doneAt.ID, module)
		if err == nil {
			_, err = w.Submit(done, d.ID)
		}
		if err != nil {
			t.Fatal(err)
		}
		w.Clock.Advance(minutes*time.Minute + Grace) // the last moment in which it is open
		later, laterAt := w.Trainee("Lena Late", w.cohort)
		ctx := once.With(w.instructor, once.Key{Key: "k", Digest: strings.Repeat("a", 64)})
		made := make([]*Extension, 5)
		var wg sync.WaitGroup
		for i := range made {
			wg.Go(func() {
				var err error
				if made[i], err = w.ExtendCohort(ctx, w.cohort.ID, module, 15, "disturbance"); err != nil {
					t.Errorf("ExtendCohort = %v", err)
				}
			})
		}
		wg.Wait()
		for _, x := range made {
			if x.ID != made[0].ID || x.Attempts != 1 {
				t.Errorf("the same request made %+v and %+v", made[0], x)
			}
		}
		l, _, err := w.Start(later, laterAt.ID, module)
		if err != nil || !l.Deadline.Equal(w.Clock.Now().Add(minutes*time.Minute)) {
			t.Errorf("who begins later has until %v, %v; want the time limit and no more", l.Deadline, err)
		}
		if got := w.begin().Deadline; !got.Equal(o.Deadline.Add(15 * time.Minute)) {
			t.Errorf("who was in has until %v, want 15 minutes more than %v", got, o.Deadline)
		}
		if _, err := w.Extend(w.instructor, d.ID, 5, "other"); !errors.Is(err, ErrClosed) {
			t.Errorf("Extend of what was handed in = %v, want ErrClosed", err)
		}
		w.Clock.Advance(15*time.Minute + time.Millisecond) // over, and nobody has noticed
		if _, err := w.Extend(w.instructor, o.ID, 5, "other"); !errors.Is(err, ErrClosed) {
			t.Errorf("Extend of what is over = %v, want ErrClosed", err)
		}
		if all, err := w.CohortExtensions(w.instructor, w.cohort.ID, module); err != nil || len(all) != 1 || all[0].GivenBy == "" {
			t.Errorf("CohortExtensions = %+v, %v; want the one", all, err)
		}
	})
}

func TestTheFormOfAnExtension(t *testing.T) {
	for _, tt := range []struct {
		x    Extension
		want string
	}{
		{Extension{Minutes: 1, Reason: "disturbance"}, ""},
		{Extension{Minutes: 480, Reason: "other"}, ""},
		{Extension{Minutes: 0, Reason: "other"}, "bad_minutes"},
		{Extension{Minutes: -5, Reason: "other"}, "bad_minutes"},
		{Extension{Minutes: 481, Reason: "other"}, "bad_minutes"},
		{Extension{Minutes: 5, Reason: "she is ill"}, "bad_reason"},
		{Extension{Minutes: 5}, "bad_reason"},
	} {
		if got := codeOf(tt.x.check()); got != tt.want {
			t.Errorf("check(%+v) = %q, want %q", tt.x, got, tt.want)
		}
	}
}

// Answers arrive all the while that time is given and taken back: none that was
// acknowledged is lost, and in the end the time is exactly what it was.
func TestTimeChangesWhileAnswersArrive(t *testing.T) {
	eachHome(t, func(t *testing.T, w *world) {
		other := w.another(inProcess)
		o := w.begin()
		slowest := w.exam(t, o, 30, func() {
			x, err := other.ExtendCohort(w.instructor, w.cohort.ID, module, 5, "disturbance")
			if err == nil {
				_, err = w.Reverse(w.instructor, x.ID, false)
			}
			if err != nil {
				t.Errorf("giving and taking back = %v", err)
			}
		})
		t.Logf("the slowest save took %v", slowest)
		if n := w.count("quiz_answers", "TRUE"); n != 30*len(o.Items) {
			t.Errorf("%d answers are stored, want %d", n, 30*len(o.Items))
		}
		if got := w.begin().Deadline; !got.Equal(o.Deadline) {
			t.Errorf("the deadline is %v, want %v again", got, o.Deadline)
		}
	})
}
