package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/outbox"
	"github.com/kapstone-lms/kapstone/migrations"
)

// Jobs are the jobs of an installation, for the commands about them: no key is
// read, and none is run.
type Jobs struct {
	db    *db.DB
	clock *db.Clock
}

// OpenJobs opens the jobs of an installation. Close them.
func OpenJobs(ctx context.Context, c Config) (*Jobs, error) {
	d, err := db.Open(ctx, c.Database(), migrations.FS)
	if err != nil {
		return nil, fmt.Errorf("%w; check DATABASE_URL, or KAPSTONE_DATA for SQLite", err)
	}
	clock, err := db.NewClock(ctx, d)
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return &Jobs{d, clock}, nil
}

// Close closes the record.
func (j *Jobs) Close() error { return j.db.Close() }

// Dead lists jobs that were given up, the oldest first, after the one named by
// after.
func (j *Jobs) Dead(ctx context.Context, after string, limit int) ([]*outbox.Job, error) {
	return outbox.DeadLetters(ctx, j.db, after, limit)
}

// Retry gives a job that was given up all its tries again.
func (j *Jobs) Retry(ctx context.Context, id string) error {
	return j.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := outbox.Revive(ctx, tx, id, j.clock.Now()); err != nil {
			return err
		}
		return audit.Append(ctx, tx, j.clock.Now(), "job.retried", id, nil)
	})
}
