package quiz

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/fault"
)

const (
	maxBatch     = 256             // records in one transaction
	maxQueue     = 16 * maxBatch   // records that wait; whoever comes later waits outside
	writeTimeout = 5 * time.Second // of one transaction
)

// A journal writes what many ask for in few transactions: one goroutine takes
// all that queued while it wrote the batch before, however much that is, and
// writes it as the next. It never lingers for more to come.
type journal struct {
	// write commits the records that may be written and returns their slots.
	write func(context.Context, []record) (map[slot]bool, error)

	queue   chan *entry
	quit    chan struct{} // closed to ask for the end
	stopped chan struct{} // closed when all is written
	once    sync.Once
}

// An entry is a record that somebody waits for.
type entry struct {
	record
	ctx  context.Context // of who waits
	done chan outcome    // has room for one, so that nobody waits to answer
}

type outcome struct {
	taken bool
	err   error
}

// startJournal begins a journal; stop ends it.
func startJournal(write func(context.Context, []record) (map[slot]bool, error)) *journal {
	j := &journal{write: write, queue: make(chan *entry, maxQueue), quit: make(chan struct{}), stopped: make(chan struct{})}
	go j.run()
	return j
}

// put returns when r is durable (taken), when it is known that it was refused
// (not taken), or with a fault when neither is known: then it may have been
// written, and asking again tells.
func (j *journal) put(ctx context.Context, r record) (taken bool, err error) {
	e := &entry{record: r, ctx: ctx, done: make(chan outcome, 1)}
	select {
	case j.queue <- e:
	case <-j.quit:
		return false, db.ErrAway
	case <-ctx.Done():
		return false, db.ErrAway.Because(ctx.Err())
	}
	select {
	case o := <-e.done:
		return o.taken, o.err
	case <-ctx.Done():
		return false, db.ErrAway.Because(ctx.Err())
	case <-j.stopped:
	}
	select {
	case o := <-e.done:
		return o.taken, o.err
	default:
		return false, db.ErrAway // it came too late to be written
	}
}

// stop writes what is queued and ends the journal.
func (j *journal) stop(ctx context.Context) error {
	j.once.Do(func() { close(j.quit) })
	select {
	case <-j.stopped:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (j *journal) run() {
	defer close(j.stopped)
	for {
		batch := j.next()
		if batch == nil {
			return
		}
		for len(batch) > 0 {
			batch = j.commit(batch)
		}
	}
}

// next waits for an entry and takes what queues behind it. After quit it
// returns what is left, then nil.
func (j *journal) next() []*entry {
	select {
	case e := <-j.queue:
		return gather(e, j.queue, maxBatch)
	case <-j.quit:
	}
	select {
	case e := <-j.queue:
		return gather(e, j.queue, maxBatch)
	default:
		return nil
	}
}

// commit writes the first entry of each slot in one transaction, tells those
// who wait how it ended, and returns the entries that found their slot taken:
// whether they may be written depends on the first.
func (j *journal) commit(batch []*entry) (left []*entry) {
	first := make(map[slot]*entry, len(batch))
	records := make([]record, 0, len(batch))
	for _, e := range batch {
		switch {
		case e.ctx.Err() != nil: // nobody waits any more
			e.done <- outcome{err: db.ErrAway.Because(e.ctx.Err())}
		case first[e.slot] != nil:
			left = append(left, e)
		default:
			first[e.slot] = e
			records = append(records, e.record)
		}
	}
	if len(records) == 0 {
		return left
	}
	// Two processes take the attempts in the same order.
	slices.SortFunc(records, func(a, b record) int {
		return cmp.Or(strings.Compare(a.attempt, b.attempt), strings.Compare(a.item, b.item))
	})
	ctx, cancel := context.WithTimeout(context.Background(), writeTimeout)
	defer cancel()
	taken, err := j.write(ctx, records)
	if err != nil && fault.Of(err) == nil {
		err = db.ErrAway.Because(err) // whatever it was, nothing was acknowledged
	}
	for s, e := range first {
		e.done <- outcome{taken: err == nil && taken[s], err: err}
	}
	return left
}
