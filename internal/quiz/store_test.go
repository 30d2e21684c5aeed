package quiz

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/db"
)

// Whatever is believed outside, the insert takes a record only into an attempt
// that is open, in time, and as the successor of the current answer.
func TestTheInsertItselfIsTheJudge(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		o := w.begin()
		over := w.handedIn(t)
		for _, tt := range []struct {
			name     string
			attempt  string
			item     string
			revision int
			late     time.Duration // after the deadline
			want     bool
		}{
			{"the first", o.ID, "q1", 1, 0, true},
			{"the first, said at another time", o.ID, "q1", 1, -time.Second, false},
			{"ahead", o.ID, "q1", 3, 0, false},
			{"far ahead", o.ID, "q1", maxRevision + 1, 0, false},
			{"ahead of nothing", o.ID, "q2", 2, 0, false},
			{"the next at the end of the grace", o.ID, "q1", 2, Grace, true},
			{"the next a moment later", o.ID, "q1", 3, Grace + time.Millisecond, false},
			{"into a closed attempt", over, "q1", 1, -time.Minute, false},
			{"into none", db.NewID(), "q1", 1, 0, false},
		} {
			r := record{slot{tt.attempt, tt.item}, answer{tt.revision, `["a"]`, db.At(o.Deadline.Add(tt.late))}}
			taken, err := w.alone(t.Context(), r)
			if taken != tt.want || err != nil {
				t.Errorf("%s, alone: taken = %t, %v; want %t", tt.name, taken, err, tt.want)
			}
			if taken {
				w.unsave(t, r)
			}
			batch, err := w.write(t.Context(), []record{r})
			if batch[r.slot] != tt.want || err != nil {
				t.Errorf("%s, in a batch: taken = %t, %v; want %t", tt.name, batch[r.slot], err, tt.want)
			}
		}
	})
}

// A record that stands there just as it is was saved, whoever put it there: a
// statement whose answer was cut off may have been run twice.
func TestARecordThatStandsThereIsTaken(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		o := w.begin()
		r := record{slot{o.ID, "q1"}, answer{1, `["a"]`, db.At(o.StartedAt)}}
		other := r
		other.response = `["b"]`
		for i, tt := range []struct {
			record
			want bool
		}{{r, true}, {r, true}, {other, false}} {
			if taken, err := w.write(t.Context(), []record{tt.record}); taken[r.slot] != tt.want || err != nil {
				t.Errorf("write %d = %v, %v; want %t", i+1, taken, err, tt.want)
			}
		}
		if n, err := w.db.NewSelect().Table("quiz_answers").Where("attempt_id = ?", o.ID).Count(t.Context()); err != nil || n != 1 {
			t.Errorf("%d rows, %v; want one", n, err)
		}
	})
}

// Another process may put the same revision there between the look and the
// insert: then its answer stands, and the others of the batch are saved.
func TestASuccessorOfAnotherProcessStands(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		if !w.db.Postgres() {
			return // a transaction of SQLite is alone
		}
		o := w.begin()
		at := db.At(o.StartedAt)
		ours, beside := record{slot{o.ID, "q1"}, answer{1, `["a"]`, at}}, record{slot{o.ID, "q2"}, answer{1, `["a"]`, at}}
		var taken map[slot]bool
		written := make(chan error, 1)
		err := w.DB.Tx(t.Context(), func(ctx context.Context, tx bun.Tx) error {
			_, err := tx.NewRaw(`INSERT INTO quiz_answers (attempt_id, item, revision, response, saved_at) VALUES (?, 'q1', 1, '["b"]', ?)`, o.ID, at).Exec(ctx)
			if err != nil {
				return err
			}
			go func() {
				var err error
				taken, err = w.write(t.Context(), []record{ours, beside})
				written <- err
			}()
			for waiting := 0; waiting == 0 && err == nil; {
				err = w.DB.NewRaw("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'").Scan(ctx, &waiting)
			}
			return err
		})
		if err := errors.Join(err, <-written); err != nil || taken[ours.slot] || !taken[beside.slot] {
			t.Errorf("taken = %v, %v; want only the second", taken, err)
		}
		if stored := w.stored(o.ID); stored["q1"].response != `["b"]` || stored["q2"] != beside.answer {
			t.Errorf("stored are %+v", stored)
		}
	})
}

// A batch is taken in part: each record is judged for itself.
func TestABatchIsJudgedRecordByRecord(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		o, over := w.begin(), w.handedIn(t)
		at := db.At(o.StartedAt)
		good := []record{{slot{o.ID, "q1"}, answer{1, `["a"]`, at}}, {slot{o.ID, "q2"}, answer{1, `[]`, at}}}
		bad := []record{{slot{o.ID, "q3"}, answer{2, `[]`, at}}, {slot{over, "q1"}, answer{1, `[]`, at}}}
		taken, err := w.write(t.Context(), append(bad, good...))
		if err != nil || taken[bad[0].slot] || taken[bad[1].slot] || !taken[good[0].slot] || !taken[good[1].slot] {
			t.Errorf("write = %v, %v; want the two that may be", taken, err)
		}
		stored := w.stored(o.ID)
		if len(stored) != 2 || stored["q1"] != good[0].answer || stored["q2"] != good[1].answer {
			t.Errorf("stored are %+v", stored)
		}
	})
}

// handedIn returns an attempt of another trainee that was handed in.
func (w *world) handedIn(t *testing.T) string {
	t.Helper()
	trainee, e := w.Trainee("Otto Other", w.cohort)
	o, _, err := w.Start(trainee, e.ID, module)
	if err == nil {
		_, err = w.Submit(trainee, o.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
	return o.ID
}

// unsave takes a row out of the journal, which nothing but this test does.
func (w *world) unsave(t *testing.T, r record) {
	t.Helper()
	err := w.DB.Tx(t.Context(), func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewRaw("DELETE FROM quiz_answers WHERE attempt_id = ? AND item = ? AND revision = ?", r.attempt, r.item, r.revision).Exec(ctx)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
