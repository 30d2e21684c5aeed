package quiz

import (
	"context"
	"testing"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
)

// A counter counts queries.
type counter struct{ n int }

func (c *counter) BeforeQuery(ctx context.Context, _ *bun.QueryEvent) context.Context {
	c.n++
	return ctx
}
func (*counter) AfterQuery(context.Context, *bun.QueryEvent) {}

// counted returns a reader of the world's quiz, and what counts its queries.
func (w *world) counted() (*watchReader, *counter) {
	asked := new(counter)
	d := &db.DB{DB: w.DB.WithQueryHook(asked)}
	s := &Service{db: d, enrollments: enrollment.New(d, w.People, w.Clock.Now, enrollment.Unreviewed), now: w.Clock.Now}
	return newWatchReader(s, w.cohort, module, new(marks)), asked
}

func TestAReadingTakesFewQueriesHoweverMany(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		r, asked := w.counted()
		// The first reading loads the course too.
		for _, tt := range []struct {
			name    string
			add     func()
			all     bool
			marked  []string
			queries int
		}{
			{"the course", func() {}, true, nil, -1},
			{"nobody has begun", func() {}, true, nil, 2},
			{"one begins", func() { w.begin() }, false, nil, 3},
			{"nothing new", func() {}, false, nil, 1},
			{"three more begin", func() { w.startOther(t); w.startOther(t); w.startOther(t) }, true, nil, 4},
			{"all again", func() {}, true, nil, 3},
			{"some have answers", func() {}, false, []string{"one", "two", "three"}, 2},
		} {
			tt.add()
			asked.n = 0
			if _, err := r.read(t.Context(), tt.all, tt.marked); err != nil || tt.queries >= 0 && asked.n != tt.queries {
				t.Errorf("%s: %d queries, %v; want %d", tt.name, asked.n, err, tt.queries)
			}
		}
	})
}

// An answer that is saved while a new attempt is counted is marked, and marks
// go with what they are for.
func TestNoMarkIsLost(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		r, _ := w.counted()
		o := w.begin()
		if _, err := r.read(t.Context(), true, nil); err != nil {
			t.Fatal(err)
		}
		if got := r.marked(); len(got) != 0 {
			t.Errorf("marked before anything was saved: %q", got)
		}
		r.marks.mark([]string{o.ID, o.ID, db.NewID()})
		if got := r.marked(); len(got) != 1 || got[0] != o.ID {
			t.Errorf("marked: %q, want the attempt", got)
		}
		if got := r.marked(); len(got) != 0 {
			t.Errorf("marked twice: %q", got)
		}
		if r.keep(nil); len(r.marks.watched) != 0 {
			t.Errorf("marks for %v are left over", r.marks.watched)
		}
	})
}
