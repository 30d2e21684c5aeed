package quiz

import (
	"context"
	"errors"
	"math"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/fault"
)

// single returns an item of an attempt that takes one choice.
func single(o *OpenSheet) string {
	return o.Items[slices.IndexFunc(o.Items, func(q Question) bool { return q.Kind == curriculum.Single })].ID
}

// multiple returns an item of an attempt that takes several.
func multiple(o *OpenSheet) (string, bool) {
	i := slices.IndexFunc(o.Items, func(q Question) bool { return q.Kind == curriculum.Multiple })
	if i < 0 {
		return "", false
	}
	return o.Items[i].ID, true
}

func TestSavesAsTheirRevisionsSay(t *testing.T) {
	eachHome(t, func(t *testing.T, w *world) {
		o := w.begin()
		item := single(o)
		began := w.Clock.Now()
		for _, tt := range []struct {
			name     string
			response []string
			revision int
			want     int // the new revision, 0 for a fault
			code     string
			current  int // that a stale save is told
		}{
			{"ahead of nothing", []string{"a"}, 1, 0, "stale_revision", 0},
			{"the first", []string{"a"}, 0, 1, "", 0},
			{"the first again", []string{"a"}, 0, 1, "", 0},
			{"another in its place", []string{"b"}, 0, 0, "stale_revision", 1},
			{"the next", []string{"b"}, 1, 2, "", 0},
			{"the next again", []string{"b"}, 1, 2, "", 0},
			{"the first once more", []string{"a"}, 0, 0, "stale_revision", 2},
			{"the same words anew", []string{"b"}, 2, 3, "", 0},
			{"cleared", nil, 3, 4, "", 0},
			{"cleared again", []string{}, 3, 4, "", 0},
			{"ahead", []string{"b"}, 7, 0, "stale_revision", 4},
			{"far ahead", []string{"b"}, math.MaxInt, 0, "stale_revision", 4},
			{"below none", []string{"b"}, -1, 0, "bad_revision", 0},
			{"two choices", []string{"a", "b"}, 4, 0, "one_choice_only", 0},
			{"a foreign choice", []string{"z"}, 4, 0, "unknown_option", 0},
		} {
			w.Clock.Advance(time.Second)
			got, err := w.Save(w.trainee, o.ID, item, tt.response, tt.revision)
			if got.Revision != tt.want || codeOf(err) != tt.code {
				t.Errorf("%s: Save = %+v, %v; want revision %d, %q", tt.name, got, err, tt.want, tt.code)
			}
			if f := fault.Of(err); f != nil && f.Is(ErrStale) && (f.Details["revision"] != tt.current || f.Details["response"] == nil) {
				t.Errorf("%s: a stale save is told %v, want revision %d", tt.name, f.Details, tt.current)
			}
		}
		if got, _ := w.Save(w.trainee, o.ID, item, nil, 3); !got.SavedAt.Equal(began.Add(9 * time.Second)) {
			t.Errorf("a replay was saved at %v, want the time of the first reply", got.SavedAt)
		}
		if _, err := w.Save(w.trainee, o.ID, "q99", nil, 0); !errors.Is(err, ErrNoItem) {
			t.Errorf("Save of no item = %v, want ErrNoItem", err)
		}
		if _, err := w.Save(w.trainee, o.ID, "saf-01", nil, 0); !errors.Is(err, ErrNoItem) {
			t.Errorf("Save under the bank's id = %v, want ErrNoItem", err)
		}
		if n := w.count("quiz_answers", "TRUE"); n != 4 {
			t.Errorf("%d answers are stored, want the four that were accepted", n)
		}
	})
}

func TestAStaleSaveIsToldTheCurrentAnswer(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		var o *OpenSheet
		var item string
		for ok := false; !ok; { // until one with several choices is drawn
			o = w.begin()
			if item, ok = multiple(o); !ok {
				w.take(false)
				w.Clock.Advance(24 * time.Hour)
			}
		}
		if _, err := w.Save(w.trainee, o.ID, item, []string{"c", "a"}, 0); err != nil {
			t.Fatal(err)
		}
		if got, err := w.Save(w.trainee, o.ID, item, []string{"a", "c"}, 0); err != nil || got.Revision != 1 {
			t.Errorf("the same choices in another order = %+v, %v; want the first reply", got, err)
		}
		_, err := w.Save(w.trainee, o.ID, item, []string{"b"}, 0)
		if f := fault.Of(err); f == nil || !cmp.Equal(f.Details, map[string]any{"response": []string{"a", "c"}, "revision": 1}) {
			t.Errorf("Save = %v, want the current answer with it", err)
		}
	})
}

// CHECKS QZ-03: what arrives in time is taken, what is late changes nothing,
// and a reply that was lost can be had later.
func TestTheDeadline(t *testing.T) {
	const limit = minutes * time.Minute
	eachHome(t, func(t *testing.T, w *world) {
		o := w.begin()
		item, other := o.Items[0].ID, o.Items[1].ID
		at := func(d time.Duration) { w.Clock.Advance(o.StartedAt.Add(limit + d).Sub(w.Clock.Now())) }
		for n, tt := range []struct {
			at   time.Duration // after the deadline
			code string
		}{
			{-time.Second, ""}, {0, ""}, {Grace, ""}, {Grace + time.Millisecond, "attempt_closed"}, {Grace + time.Second, "attempt_closed"},
		} {
			at(tt.at)
			revision := min(n, 3)
			if _, err := w.Save(w.trainee, o.ID, item, nil, revision); codeOf(err) != tt.code {
				t.Errorf("%v after the deadline: Save = %v, want %q", tt.at, err, tt.code)
			}
		}
		if got, err := w.Save(w.trainee, o.ID, item, nil, 2); err != nil || got.Revision != 3 || !got.SavedAt.Equal(o.Deadline.Add(Grace)) {
			t.Errorf("the last save in time, sent again late = %+v, %v; want its first reply", got, err)
		}
		if _, err := w.Save(w.trainee, o.ID, other, nil, 0); !errors.Is(err, ErrClosed) {
			t.Errorf("a first answer, late = %v, want ErrClosed", err)
		}
		if n := w.count("quiz_answers", "TRUE"); n != 3 {
			t.Errorf("%d answers are stored, want 3", n)
		}
		for range 2 { // the first closes it, the second finds it closed
			if r, err := w.Submit(w.trainee, o.ID); !errors.Is(err, ErrClosed) {
				t.Errorf("Submit late = %+v, %v; want ErrClosed", r, err)
			}
		}
		sheet, err := w.Sheet(w.trainee, o.ID)
		if r := sheet.Result; err != nil || r == nil || r.ClosedBy != ByDeadline || !r.SubmittedAt.Equal(o.Deadline) || r.Revision != 3 {
			t.Errorf("Sheet = %+v, %v; want the result of the deadline", r, err)
		}
		if got, err := w.Save(w.trainee, o.ID, item, nil, 2); err != nil || got.Revision != 3 {
			t.Errorf("the same replay after the end = %+v, %v; want its first reply", got, err)
		}
		if _, err := w.Save(w.trainee, o.ID, item, nil, 3); !errors.Is(err, ErrClosed) {
			t.Errorf("a save after the end = %v, want ErrClosed", err)
		}
	})
}

func TestHandingInDuringTheGraceIsTheTrainees(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		o := w.begin()
		w.Clock.Advance(minutes*time.Minute + Grace)
		if r, err := w.Submit(w.trainee, o.ID); err != nil || r.ClosedBy != ByTrainee || !r.SubmittedAt.Equal(w.Clock.Now()) {
			t.Errorf("Submit at the end of the grace = %+v, %v; want the trainee's, now", r, err)
		}
	})
}

// A database that is gone is a fault to come back from, never a false yes.
func TestNothingIsSavedWithoutTheDatabase(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		o := w.begin()
		item := single(o)
		if _, err := w.Save(w.trainee, o.ID, item, []string{"a"}, 0); err != nil {
			t.Fatal(err)
		}
		if err := w.DB.Close(); err != nil {
			t.Fatal(err)
		}
		for name, revision := range map[string]int{"the next": 1, "a replay": 0, "ahead": 5} {
			got, err := w.Save(w.trainee, o.ID, item, []string{"a"}, revision)
			if err == nil {
				t.Errorf("%s without a database: Save = %+v", name, got)
			}
			if f := fault.Of(err); name == "the next" && (f == nil || f.Kind != fault.Unavailable || f.RetryAfter == 0) {
				t.Errorf("%s without a database: Save = %v, want to be told to come back", name, err)
			}
		}
	})
}

func TestASaveWhoseTimeIsUpIsNotAcknowledged(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		o := w.begin()
		if _, err := w.Save(w.trainee, o.ID, o.Items[0].ID, nil, 0); err != nil { // the frame is in memory now
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(w.trainee)
		cancel()
		got, err := w.Save(ctx, o.ID, o.Items[1].ID, nil, 0)
		if f := fault.Of(err); f == nil || f.Kind != fault.Unavailable {
			t.Errorf("Save without time left = %+v, %v; want to be told to come back", got, err)
		}
	})
}

func TestAClosedServiceRefusesSaves(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		o := w.begin()
		var wg sync.WaitGroup
		acked := make([]bool, len(o.Items))
		for i, item := range o.Items {
			wg.Go(func() {
				_, err := w.Save(w.trainee, o.ID, item.ID, nil, 0)
				acked[i] = err == nil
			})
		}
		if err := w.Service.Close(t.Context()); err != nil {
			t.Fatalf("Close = %v", err)
		}
		wg.Wait()
		stored := w.stored(o.ID)
		for i, item := range o.Items {
			if acked[i] && stored[item.ID].revision != 1 {
				t.Errorf("%s was acknowledged and is not stored", item.ID)
			}
		}
		if _, err := w.Save(w.trainee, o.ID, o.Items[0].ID, []string{"a"}, stored[o.Items[0].ID].revision); codeOf(err) != "database_unavailable" {
			t.Errorf("Save after Close = %v, want to be told to come back", err)
		}
	})
}
