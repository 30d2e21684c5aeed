package quiz

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/fault"
)

// A press is what a journal writes with, in the hands of the test: each batch
// waits for its turn.
type press struct {
	batches chan []record // as they come
	turns   chan error    // how they end
}

func newPress(t *testing.T) (*press, *journal) {
	p := &press{batches: make(chan []record), turns: make(chan error)}
	j := startJournal(func(_ context.Context, records []record) (map[slot]bool, error) {
		p.batches <- records
		if err := <-p.turns; err != nil {
			return nil, err
		}
		taken := make(map[slot]bool)
		for _, r := range records {
			if r.response != "refused" {
				taken[r.slot] = true
			}
		}
		return taken, nil
	})
	t.Cleanup(func() {
		if err := j.stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return p, j
}

func rec(n int, item, response string) record {
	return record{slot{fmt.Sprintf("attempt %03d", n), item}, answer{1, response, zero}}
}

// put puts a record in the background and returns how it ends.
func put(ctx context.Context, j *journal, r record) <-chan outcome {
	end := make(chan outcome, 1)
	go func() {
		taken, err := j.put(ctx, r)
		end <- outcome{taken, err}
	}()
	return end
}

// queued waits until n entries are in the queue.
func (j *journal) queued(n int) {
	for len(j.queue) != n {
	}
}

func TestWhatQueuesMeanwhileIsOneBatch(t *testing.T) {
	p, j := newPress(t)
	first := put(t.Context(), j, rec(0, "q1", "[]"))
	if b := <-p.batches; len(b) != 1 {
		t.Fatalf("the first batch has %d records, want the one that was there", len(b))
	}
	var ends []<-chan outcome
	for n := range maxBatch + 10 {
		ends = append(ends, put(t.Context(), j, rec(maxBatch+10-n, "q1", "[]")))
	}
	j.queued(maxBatch + 10)
	select {
	case <-first:
		t.Fatal("a save was answered before it was written")
	default:
	}
	p.turns <- nil
	if o := <-first; !o.taken || o.err != nil {
		t.Errorf("the first save = %+v, want taken", o)
	}
	b := <-p.batches
	if len(b) != maxBatch {
		t.Errorf("the second batch has %d records, want %d", len(b), maxBatch)
	}
	for i := range b[1:] {
		if b[i].attempt > b[i+1].attempt {
			t.Fatalf("the batch is not in the order of its attempts: %s, then %s", b[i].attempt, b[i+1].attempt)
		}
	}
	p.turns <- nil
	if b := <-p.batches; len(b) != 10 {
		t.Errorf("the third batch has %d records, want the 10 that were left", len(b))
	}
	p.turns <- nil
	for _, end := range ends {
		if o := <-end; !o.taken || o.err != nil {
			t.Errorf("a save = %+v, want taken", o)
		}
	}
}

func TestEachSlotComesOnceInABatch(t *testing.T) {
	p, j := newPress(t)
	opener := put(t.Context(), j, rec(0, "q1", "[]"))
	<-p.batches
	one, two := put(t.Context(), j, rec(1, "q1", "[]")), put(t.Context(), j, rec(1, "q1", "[]"))
	other := put(t.Context(), j, rec(1, "q2", "refused"))
	j.queued(3)
	p.turns <- nil
	<-opener
	if b := <-p.batches; len(b) != 2 {
		t.Errorf("the batch has %d records, want one for each of two slots", len(b))
	}
	p.turns <- nil
	if o := <-other; o.taken || o.err != nil {
		t.Errorf("a refused save = %+v, want not taken and no error", o)
	}
	if b := <-p.batches; len(b) != 1 || b[0].item != "q1" {
		t.Errorf("the batch after is %+v, want the second of the slot", b)
	}
	p.turns <- nil
	if a, b := <-one, <-two; !a.taken || !b.taken {
		t.Errorf("two saves into one slot = %+v and %+v, want both asked for", a, b)
	}
}

func TestABatchThatFailsFailsItsSaves(t *testing.T) {
	for _, tt := range []struct {
		name string
		err  error
	}{
		{"a fault", db.ErrAway.Because(errors.New("gone"))},
		{"another error", errors.New("constraint failed")},
	} {
		p, j := newPress(t)
		opener := put(t.Context(), j, rec(0, "q1", "[]"))
		<-p.batches
		one, two := put(t.Context(), j, rec(1, "q1", "[]")), put(t.Context(), j, rec(2, "q1", "[]"))
		j.queued(2)
		p.turns <- nil
		<-opener
		<-p.batches
		p.turns <- tt.err
		for _, end := range []<-chan outcome{one, two} {
			o := <-end
			if f := fault.Of(o.err); o.taken || f == nil || f.Kind != fault.Unavailable || f.Why == nil {
				t.Errorf("%s: a save of the batch = %+v, want unavailable with its cause", tt.name, o)
			}
		}
	}
}

func TestWhoStoppedWaitingIsNotWritten(t *testing.T) {
	p, j := newPress(t)
	opener := put(t.Context(), j, rec(0, "q1", "[]"))
	<-p.batches
	ctx, cancel := context.WithCancel(t.Context())
	gone, there := put(ctx, j, rec(1, "q1", "[]")), put(t.Context(), j, rec(2, "q1", "[]"))
	j.queued(2)
	cancel()
	if o := <-gone; o.taken || codeOf(o.err) != "database_unavailable" {
		t.Errorf("a save whose time is up = %+v, want unavailable", o)
	}
	p.turns <- nil
	<-opener
	if b := <-p.batches; len(b) != 1 || b[0].attempt != "attempt 002" {
		t.Errorf("the batch = %+v, want only what somebody waits for", b)
	}
	p.turns <- nil
	<-there
}

func TestStoppingWritesWhatIsQueued(t *testing.T) {
	p, j := newPress(t)
	opener := put(t.Context(), j, rec(0, "q1", "[]"))
	<-p.batches
	var ends []<-chan outcome
	for n := range 20 {
		ends = append(ends, put(t.Context(), j, rec(n, "q2", "[]")))
	}
	j.queued(20)
	impatient, cancel := context.WithCancel(t.Context())
	cancel()
	if err := j.stop(impatient); !errors.Is(err, context.Canceled) {
		t.Errorf("stop without time = %v, want context.Canceled", err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := j.stop(context.Background()); err != nil {
			t.Errorf("stop = %v", err)
		}
	})
	p.turns <- nil
	<-p.batches
	p.turns <- nil
	wg.Wait()
	for _, end := range append(ends, opener) {
		if o := <-end; !o.taken {
			t.Errorf("a save that was queued before the end = %+v, want taken", o)
		}
	}
	if taken, err := j.put(t.Context(), rec(1, "q9", "[]")); taken || codeOf(err) != "database_unavailable" {
		t.Errorf("a save after the end = %t, %v; want unavailable", taken, err)
	}
}
