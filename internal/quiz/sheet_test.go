package quiz

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/dbtest"
)

// A correction that is published meanwhile is for those who enroll later.
func TestAnAttemptIsGradedByWhatItAsked(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		o := w.begin()
		w.answer(o, true)
		if err := w.Enrollments.Publish(t.Context(), smallCourse(t, curriculum.ReviewAfterPass, "c")); err != nil {
			t.Fatal(err)
		}
		s := w.another(inProcess) // one that has nothing in memory
		if r, err := s.Submit(w.trainee, o.ID); err != nil || r.Correct != 6 {
			t.Errorf("Submit after the key changed = %+v, %v; want all right, as it was asked", r, err)
		}
	})
}

func TestTheReviewFollowsTheProgramsPolicy(t *testing.T) {
	dbtest.EachURL(t, func(t *testing.T, url string) {
		w := newWorld(t, url, inProcess, curriculum.ReviewNever)
		if r := w.take(true); !r.Passed || r.Review != nil {
			t.Errorf("a passed attempt where reviews are never = %+v, want none", r)
		}
	})
}

func TestAReviewSaysWhatWasRightAndWhy(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		o := w.begin()
		key := w.key(o.ID)
		r := func() *Result { w.answer(o, true); r, _ := w.Submit(w.trainee, o.ID); return r }()
		if r == nil || r.Review == nil || len(r.Review.Items) != len(o.Items) {
			t.Fatalf("Submit = %+v, want a review of every item", r)
		}
		for i, item := range r.Review.Items {
			if diff := cmp.Diff(o.Items[i], item.Question); diff != "" || !item.Right || !cmp.Equal(item.Response, key[item.ID]) {
				t.Errorf("item %d of the review = %+v", i, item)
			}
			for j, k := range item.Key {
				text := item.Options[j].Text // "Text 4 d" has the reason "CANARY why 4 d"
				if k.ID != item.Options[j].ID || k.Why != strings.Replace(text, "Text", "CANARY why", 1) {
					t.Errorf("the reason of %q is %q", text, k.Why)
				}
			}
		}
	})
}
