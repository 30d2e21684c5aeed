package outbox

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/db"
)

// The patience of a worker.
const (
	MaxTries = 22 // with the waits between them, about a day

	lease   = time.Minute // how long a job is left to whoever took it
	oneTry  = 20 * time.Second
	minWait = 5 * time.Second
	maxWait = 2 * time.Hour
)

// backoff returns how long a job waits after its nth try failed.
func backoff(tries int) time.Duration {
	if tries > 12 {
		return maxWait
	}
	return min(minWait<<max(0, tries-1), maxWait)
}

// A Worker runs the jobs whose kinds it has a handler for. Several, in one
// process or in many, never run the same job at once, unless one of them was
// stopped for longer than its lease.
type Worker struct {
	db       *db.DB
	now      func() time.Time
	handlers map[Kind]handler
	kinds    []Kind
}

// A handler does one try of a job and ends it.
type handler func(ctx context.Context, w *Worker, j *Job) error

// NewWorker returns a worker without handlers, on the jobs of d.
func NewWorker(d *db.DB, now func() time.Time) *Worker {
	return &Worker{db: d, now: now, handlers: make(map[Kind]handler)}
}

// Handle names what does the jobs of a kind whose effect is in SQL. It is
// called in the transaction that ends the job, so the effect is there once and
// only once. Its error, which must hold no personal text, is kept with the job,
// and the job is tried again later; so is one whose handler panicked.
func (w *Worker) Handle(kind Kind, f func(ctx context.Context, tx bun.Tx, j *Job) error) {
	w.register(kind, func(ctx context.Context, w *Worker, j *Job) error {
		return w.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
			// Ending it first locks the row: nobody takes it while this runs.
			if err := end(ctx, tx, j, Done, "", w.now()); err != nil {
				return err
			}
			return f(ctx, tx, j)
		})
	})
}

// HandleOutside is like Handle for an effect outside SQL. No transaction is
// open meanwhile. The effect happens at least once, and carries the job's kind
// and key to the outside where that is possible.
func (w *Worker) HandleOutside(kind Kind, f func(ctx context.Context, j *Job) error) {
	w.register(kind, func(ctx context.Context, w *Worker, j *Job) error {
		if err := f(ctx, j); err != nil {
			return err
		}
		return w.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
			return end(ctx, tx, j, Done, "", w.now())
		})
	})
}

func (w *Worker) register(kind Kind, h handler) {
	if _, twice := w.handlers[kind]; twice {
		panic("outbox: two handlers for " + kind)
	}
	w.handlers[kind] = h
	w.kinds = append(w.kinds, kind)
}

// Run runs jobs that are due, the longest waiting first, at most limit of them,
// and returns how many it began. It stops between two jobs when ctx ends. A job
// that fails is no error of Run; its faults are joined in failed, for the log.
func (w *Worker) Run(ctx context.Context, limit int) (began int, failed, err error) {
	var faults []error
	for began < limit && len(w.kinds) > 0 && ctx.Err() == nil {
		// One at a time: of a batch, the last would wait for all the others
		// while its lease runs out.
		j, err := w.take(ctx)
		if err != nil {
			return began, errors.Join(faults...), fmt.Errorf("take a job: %w", err)
		}
		if j == nil {
			break
		}
		began++
		fault, err := w.try(context.WithoutCancel(ctx), j) // what was begun is ended
		if fault != nil {
			faults = append(faults, fmt.Errorf("job %s of kind %s, try %d: %w", j.ID, j.Kind, j.Tries, fault))
		}
		if err != nil {
			return began, errors.Join(faults...), err
		}
	}
	return began, errors.Join(faults...), nil
}

// errTaken reports that a job was ended, or taken by another worker, while
// this one had it for longer than its lease.
var errTaken = errors.New("another worker has the job now")

// try does one try of a job and notes how it went.
func (w *Worker) try(ctx context.Context, j *Job) (failed, err error) {
	if j.Tries > MaxTries { // the process died in the last one
		failed = errors.New("it ended the process each time")
	} else {
		failed = w.call(ctx, j)
	}
	if failed == nil || errors.Is(failed, errTaken) {
		return failed, nil
	}
	err = w.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if j.Tries >= MaxTries {
			return end(ctx, tx, j, Dead, failed.Error(), w.now())
		}
		return again(ctx, tx, j, failed.Error(), w.now().Add(backoff(j.Tries)))
	})
	if err != nil && !errors.Is(err, errTaken) {
		return failed, fmt.Errorf("note that job %s failed: %w", j.ID, err)
	}
	return failed, nil
}

// call calls the handler. A panic is a failed try; its words stay out of the
// record, because nobody chose them.
func (w *Worker) call(ctx context.Context, j *Job) (err error) {
	ctx, cancel := context.WithTimeout(ctx, oneTry)
	defer cancel()
	defer func() {
		if r := recover(); r != nil {
			err = errors.New("the handler panicked")
		}
	}()
	return w.handlers[j.Kind](ctx, w, j)
}

// take takes the job that has waited longest, or returns nil when none is due.
func (w *Worker) take(ctx context.Context) (*Job, error) {
	now := w.now()
	due, err := w.db.NewSelect().Model((*Job)(nil)).
		Where("state = 'waiting' AND run_at <= ? AND kind IN (?)", db.At(now), bun.List(w.kinds)).Exists(ctx)
	if err != nil || !due {
		return nil, db.Check(err) // an idle worker leaves the writers alone
	}
	j := new(Job)
	err = w.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		first := tx.NewSelect().Model((*Job)(nil)).Column("id").
			Where("state = 'waiting' AND run_at <= ? AND kind IN (?)", db.At(now), bun.List(w.kinds)).
			OrderExpr("run_at, id").Limit(1)
		if db.Postgres(tx) {
			first = first.For("UPDATE SKIP LOCKED")
		}
		return tx.NewUpdate().Model(j).Set("run_at = ?", db.At(now.Add(lease))).Set("tries = tries + 1").
			Where("id = (?)", first).Returning("*").Scan(ctx)
	})
	if errors.Is(err, db.ErrNone) {
		return nil, nil // somebody was faster
	}
	return j, err
}

// end writes how a job ended, if the try is still the latest.
func end(ctx context.Context, tx bun.IDB, j *Job, s State, why string, now time.Time) error {
	return change(ctx, j, tx.NewUpdate().Model(j).Set("state = ?", s).Set("ended_at = ?", db.At(now)).Set("error = ?", short(why)))
}

// again lets a job wait for its next try.
func again(ctx context.Context, tx bun.IDB, j *Job, why string, at time.Time) error {
	return change(ctx, j, tx.NewUpdate().Model(j).Set("run_at = ?", db.At(at)).Set("error = ?", short(why)))
}

func change(ctx context.Context, j *Job, q *bun.UpdateQuery) error {
	res, err := q.Where("id = ? AND state = ? AND tries = ?", j.ID, Waiting, j.Tries).Exec(ctx)
	return db.One(res, err, errTaken)
}

// short keeps what fits of an error's words, and what SQL can hold.
func short(why string) string {
	why = strings.ToValidUTF8(strings.ReplaceAll(why, "\x00", ""), "?")
	if r := []rune(why); len(r) > 500 {
		return string(r[:500])
	}
	return why
}
