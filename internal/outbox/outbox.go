// Package outbox keeps jobs: what is to be done after a deed, enqueued by the
// deed's own transaction. A deed that is rolled back leaves none; one that is
// committed leaves its jobs, whatever happens to the process.
//
// A worker takes a job by moving its run_at on, so that the job of a worker
// that died comes back by itself. A job whose effect is in SQL has it in the
// transaction that ends the job, once and only once. An effect elsewhere, such
// as a mail, happens at least once: a kill between the effect and its record
// lets it happen again, under the same key, by which the other side can tell.
package outbox

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/db"
)

// A Kind says what a job is about, and so which handler it needs.
type Kind string

// A State is what a job is in.
type State string

// The states of a job.
const (
	Waiting State = "waiting" // to be run, or being run
	Done    State = "done"
	Dead    State = "dead" // given up after MaxTries; somebody has to look at it
)

// A Job is something to be done. Its payload is JSON that names people and
// things by id and holds no personal text.
type Job struct {
	bun.BaseModel `bun:"table:jobs"`

	ID      string `bun:",pk"`
	Kind    Kind
	Key     string // with Kind: the same for what must be done once, also to the outside
	Payload string
	State   State
	RunAt   db.Time // not before
	Tries   int     // begun, one under way included
	Error   string  // of the last try that failed
	EndedAt db.Time // when it was done or given up
}

// Read fills v from the job's payload.
func (j *Job) Read(v any) error {
	if err := json.Unmarshal([]byte(j.Payload), v); err != nil {
		return fmt.Errorf("job %s of kind %s: %w", j.ID, j.Kind, err)
	}
	return nil
}

// Put enqueues a job inside the deed's transaction, to be run at a time or soon
// after. A second job of the same kind and key is not enqueued, even when the
// first was done long ago: twice is once.
func Put(ctx context.Context, tx bun.IDB, kind Kind, key string, payload any, at time.Time) error {
	text, err := json.Marshal(payload)
	if err != nil {
		return fmt.Errorf("enqueue %s: %w", kind, err)
	}
	j := &Job{ID: db.NewID(), Kind: kind, Key: key, Payload: string(text), State: Waiting, RunAt: db.At(at)}
	if _, err := tx.NewInsert().Model(j).On("CONFLICT (kind, key) DO NOTHING").Exec(ctx); err != nil {
		return fmt.Errorf("enqueue %s: %w", kind, db.Check(err))
	}
	return nil
}

// Counts says how many jobs there are that somebody may wonder about.
type Counts struct {
	Waiting int
	Dead    int
}

// Count counts the jobs that are not done.
func Count(ctx context.Context, idb bun.IDB) (c Counts, err error) {
	err = idb.NewRaw(`SELECT (SELECT count(*) FROM jobs WHERE state = 'waiting') AS waiting,
		(SELECT count(*) FROM jobs WHERE state = 'dead') AS dead`).Scan(ctx, &c)
	if err != nil {
		return c, fmt.Errorf("count jobs: %w", db.Check(err))
	}
	return c, nil
}

// DeadLetters lists jobs that were given up, the oldest first, after the one
// named by after.
func DeadLetters(ctx context.Context, idb bun.IDB, after string, limit int) (rows []*Job, err error) {
	err = idb.NewSelect().Model(&rows).Where("state = 'dead' AND id > ?", after).OrderExpr("id").Limit(int64(limit)).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("list dead jobs: %w", db.Check(err))
	}
	return rows, nil
}

// Revive gives a job that was given up all its tries again, from now on. It
// returns db.ErrNone when there is no such job among the dead.
func Revive(ctx context.Context, tx bun.IDB, id string, now time.Time) error {
	res, err := tx.NewUpdate().Model((*Job)(nil)).
		Set("state = ?", Waiting).Set("run_at = ?", db.At(now)).Set("tries = 0").Set("ended_at = NULL").
		Where("id = ? AND state = ?", id, Dead).Exec(ctx)
	if err := db.One(res, err, db.ErrNone); err != nil {
		return fmt.Errorf("revive job %s: %w", id, err)
	}
	return nil
}

// Purge forgets jobs that were done before a time, at most limit of them, and
// returns how many. A key that is forgotten could be used again, so what is
// purged is old.
func Purge(ctx context.Context, tx bun.IDB, before time.Time, limit int) (int, error) {
	old := tx.NewSelect().Model((*Job)(nil)).Column("id").Where("state = ? AND ended_at < ?", Done, db.At(before)).Limit(int64(limit))
	res, err := tx.NewDelete().Model((*Job)(nil)).Where("id IN (?)", old).Exec(ctx)
	if err != nil {
		return 0, fmt.Errorf("purge jobs: %w", db.Check(err))
	}
	n, err := res.RowsAffected()
	return int(n), err
}
