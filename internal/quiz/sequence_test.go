package quiz

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/dbtest"
	"github.com/kapstone-lms/kapstone/internal/schooltest"
)

func TestAnAttemptMovesToTheNextItemOrStays(t *testing.T) {
	order := []string{"q1", "q2", "q3"}
	for _, tt := range []struct {
		at, from, want string
		fault          error
	}{
		{"q1", "q1", "q2", nil},
		{"q2", "q1", "q2", nil}, // the same move again
		{"q2", "q2", "q3", nil},
		{"q3", "q2", "q3", nil},
		{"q3", "q3", "", ErrLast},
		{"q3", "q1", "", ErrTurn},
		{"q1", "q2", "", ErrTurn},
		{"q1", "q9", "", ErrTurn},
		{"q2", "", "", ErrTurn},
		{"", "q1", "", ErrFree},
		{"", "", "", ErrFree},
	} {
		if got, err := nextStep(order, tt.at, tt.from); got != tt.want || !errors.Is(err, tt.fault) || (err == nil) != (tt.fault == nil) {
			t.Errorf("at %q, from %q: nextStep = %q, %v; want %q, %v", tt.at, tt.from, got, err, tt.want, tt.fault)
		}
	}
}

// eachTurn runs f in the two homes with a quiz that goes one item at a time.
func eachTurn(t *testing.T, f func(t *testing.T, w *world)) {
	t.Helper()
	dbtest.EachURL(t, func(t *testing.T, url string) {
		live := inProcess
		if db.IsPostgres(url) {
			live = inRedis
		}
		f(t, newWorldOf(t, url, live, schooltest.InTurn(t, program)))
	})
}

// wantSheet sees that a sheet shows what it may at an item, the n-th, and holds
// no word of what comes later.
func (w *world) wantSheet(o *OpenSheet, n int, answered ...string) {
	w.t.Helper()
	at := fmt.Sprint("q", n)
	if o.AtItem != at || len(o.Items) != n || o.Items[n-1].ID != at || o.ItemCount != 9 || o.Layout != curriculum.ManyPages || len(o.Answers) != len(answered) {
		w.t.Errorf("the sheet at %s = %+v", at, o)
	}
	for _, item := range answered {
		if len(o.Answers[item].Response) == 0 {
			w.t.Errorf("the sheet at %s has no answer to %s: %+v", at, item, o.Answers)
		}
	}
	f, err := w.frame(w.t.Context(), o.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, q := range f.questions[n:] {
		if text := fmt.Sprintf("%+v", o); strings.Contains(text, q.item.Stem) {
			w.t.Errorf("the sheet at %s holds %q, which comes later", at, q.item.Stem)
		}
	}
}

// CHECKS QZ-14: the sequence is the server's, whatever is asked for and in
// whatever process; what was saved in its turn counts.
func TestASequentialQuizGoesOneWay(t *testing.T) {
	eachTurn(t, func(t *testing.T, w *world) {
		o := w.begin()
		w.wantSheet(o, 1)
		key := w.key(o.ID)
		second := w.another(inProcess)
		save := func(item string) string {
			_, err := second.Save(w.trainee, o.ID, item, key[item], 0)
			return codeOf(err)
		}
		move := func(from string) string { _, err := w.MoveOn(w.trainee, o.ID, from); return codeOf(err) }
		wantCodes(t, "at the first", "", save("q1"), "", save("q1"), "prerequisite", save("q2"), "prerequisite", save("q9"),
			"prerequisite", move("q2"), "prerequisite", move("q9"), "prerequisite", move("x"), "prerequisite", move(""))
		// What is wrong with an answer tells the kind of its question.
		for item, want := range map[string]string{"q1": "", "q2": "prerequisite", "q9": "prerequisite"} {
			_, err := second.Save(w.trainee, o.ID, item, []string{"\x01", "\x01"}, 1)
			if got := codeOf(err); got == "" || (got == "prerequisite") != (want != "") {
				t.Errorf("an answer to %s that cannot be one = %q", item, got)
			}
		}
		for range 2 { // the same move again is the same move
			moved, err := second.MoveOn(w.trainee, o.ID, "q1")
			if err != nil {
				t.Fatal(err)
			}
			w.wantSheet(moved, 2, "q1")
		}
		if _, err := w.Save(w.trainee, o.ID, "q1", key["q1"], 1); codeOf(err) != "prerequisite" {
			t.Errorf("changing an answer that was left = %v, want prerequisite", err)
		}
		wantCodes(t, "at the second", "", save("q1"), "prerequisite", save("q3"), "", move("q2"), "prerequisite", move("q1"), "prerequisite", save("q2"))
		w.wantSheet(w.begin(), 3, "q1") // q2 was left without an answer
		for n := 3; n < 9; n++ {
			item := fmt.Sprint("q", n)
			wantCodes(t, item, "", save(item), "", move(item))
		}
		wantCodes(t, "at the last", "", save("q9"), "last_item", move("q9"), "", move("q8"))
		sheet, err := w.Sheet(w.trainee, o.ID)
		if err != nil {
			t.Fatal(err)
		}
		w.wantSheet(sheet.Open, 9, "q1", "q3", "q4", "q5", "q6", "q7", "q8", "q9")
		if n := w.entries("quiz.moved_on"); n != 8 {
			t.Errorf("%d moves stand in the ledger, want 8", n)
		}
		if r, err := w.Submit(w.trainee, o.ID); err != nil || r.Correct != 8 || r.Asked != 9 {
			t.Errorf("Submit = %+v, %v; want all but the one that was left", r, err)
		}
		wantCodes(t, "after hand-in", "attempt_closed", move("q9"), "attempt_closed", move("q8"), "", save("q9"))
	})
}

// wantCodes takes pairs of the code that is wanted and the one that came.
func wantCodes(t *testing.T, when string, pairs ...string) {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i] != pairs[i+1] {
			t.Errorf("%s, call %d = %q, want %q", when, i/2+1, pairs[i+1], pairs[i])
		}
	}
}

func TestOnlyAnAttemptUnderWayMovesOn(t *testing.T) {
	eachTurn(t, func(t *testing.T, w *world) {
		o := w.begin()
		other, _ := w.Trainee("Otto Other", w.cohort)
		move := func(ctx context.Context, id string) string { _, err := w.MoveOn(ctx, id, "q1"); return codeOf(err) }
		wantCodes(t, "by somebody else", "not_found", move(other, o.ID), "forbidden", move(w.instructor, o.ID), "unauthenticated", move(t.Context(), o.ID),
			"not_found", move(w.trainee, db.NewID()), "not_found", move(w.trainee, "../x"))
		pause := func(at db.Time) {
			err := w.DB.Tx(t.Context(), func(ctx context.Context, tx bun.Tx) error {
				_, err := tx.NewUpdate().Model((*attempt)(nil)).Set("paused_at = ?", at).Where("id = ?", o.ID).Exec(ctx)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		pause(db.At(w.Clock.Now()))
		wantCodes(t, "paused", "attempt_paused", move(w.trainee, o.ID))
		pause(db.Time{})
		w.Clock.Advance(60*time.Minute + Grace + time.Second)
		wantCodes(t, "too late", "attempt_closed", move(w.trainee, o.ID))
		if n := w.entries("quiz.moved_on"); n != 0 {
			t.Errorf("%d moves stand in the ledger, want none", n)
		}
	})
}

// Twenty send the same move while others save: it is made once, what was
// acknowledged stays, and nothing is taken at an item once it was left.
func TestAMoveAndSavesDoNotPassEachOther(t *testing.T) {
	eachTurn(t, func(t *testing.T, w *world) {
		o := w.begin()
		services := []*Service{w.Service, w.another(inProcess)}
		var wg sync.WaitGroup
		var left atomic.Bool
		var kept atomic.Int64           // the last revision acknowledged
		underWay := make(chan struct{}) // closed once some saves are
		begun := sync.OnceFunc(func() { close(underWay) })
		for i := range 2 {
			wg.Go(func() {
				defer begun()
				for revision := 0; ; {
					if revision >= 5 {
						begun()
					}
					before := left.Load()
					saved, err := services[i].Save(w.trainee, o.ID, "q1", nil, revision)
					switch {
					case err == nil && before:
						t.Errorf("revision %d was taken after the move", saved.Revision)
						return
					case err == nil:
						revision = saved.Revision
						for old := kept.Load(); int64(revision) > old && !kept.CompareAndSwap(old, int64(revision)); old = kept.Load() {
						}
					case errors.Is(err, ErrTurn):
						return
					case errors.Is(err, ErrStale):
						revision++
					default:
						t.Errorf("Save = %v", err)
						return
					}
				}
			})
		}
		for i := range 20 {
			wg.Go(func() {
				<-underWay
				moved, err := services[i%2].MoveOn(w.trainee, o.ID, "q1")
				left.Store(true)
				if err != nil || moved.AtItem != "q2" {
					t.Errorf("MoveOn = %+v, %v", moved, err)
				}
			})
		}
		wg.Wait()
		if n, rows := w.entries("quiz.moved_on"), w.count("quiz_answers", "item = 'q1'"); n != 1 || int64(rows) != kept.Load() {
			t.Errorf("%d moves in the ledger, want one; %d answers stored, %d acknowledged", n, rows, kept.Load())
		}
	})
}

// Parts count where the module says so, exactly and rounded down once.
func TestPartsOfAnswersCountWhereTheModuleSaysSo(t *testing.T) {
	eachTurn(t, func(t *testing.T, w *world) {
		o := w.begin()
		key := w.key(o.ID)
		var earned []curriculum.Credit
		for n := 1; n <= 9; n++ {
			item := fmt.Sprint("q", n)
			response := key[item]
			whole := curriculum.Credit{Got: 1, Of: 1}
			if len(response) > 1 { // all but the last part
				whole = curriculum.Credit{Got: len(response) - 1, Of: len(response)}
				response = response[:len(response)-1]
			}
			earned = append(earned, whole)
			if _, err := w.Save(w.trainee, o.ID, item, response, 0); err != nil {
				t.Fatal(err)
			}
			if _, err := w.MoveOn(w.trainee, o.ID, item); err != nil && !errors.Is(err, ErrLast) {
				t.Fatal(err)
			}
		}
		whole := len(slices.DeleteFunc(slices.Clone(earned), func(c curriculum.Credit) bool { return !c.Full() }))
		if r, err := w.Submit(w.trainee, o.ID); err != nil || r.Correct != whole || r.ScorePercent != percent(earned) || r.ScorePercent <= 100*whole/9 {
			t.Errorf("Submit = %+v, %v; want %d whole and %d percent of %v", r, err, whole, percent(earned), earned)
		}
	})
}

// An attempt that began before its module went one way stays free: what it asks
// and how is its own course's.
func TestAnAttemptKeepsTheWayItBegan(t *testing.T) {
	eachKinds(t, func(t *testing.T, w *world) {
		o := w.begin()
		if o.AtItem != "" || o.ItemCount != len(o.Items) || o.Layout != curriculum.OnePage {
			t.Errorf("the sheet of a free attempt = %+v", o)
		}
		if err := w.Enrollments.Publish(t.Context(), schooltest.InTurn(t, program)); err != nil {
			t.Fatal(err)
		}
		s := w.another(inProcess)
		sheet, err := s.Sheet(w.trainee, o.ID)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(o, sheet.Open); d != "" {
			t.Errorf("after a correction the sheet (-before +after):\n%s", d)
		}
		if _, err := s.MoveOn(w.trainee, o.ID, "q1"); !errors.Is(err, ErrFree) {
			t.Errorf("MoveOn of a free attempt = %v, want ErrFree", err)
		}
	})
}
