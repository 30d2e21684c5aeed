package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/kapstone-lms/kapstone/internal/app"
	"github.com/kapstone-lms/kapstone/internal/db"
)

type outboxCmd struct {
	List  outboxListCmd  `cmd:"" help:"List jobs that were given up, such as letters that no server took."`
	Retry outboxRetryCmd `cmd:"" help:"Let jobs that were given up be tried again."`
}

type outboxListCmd struct {
	database
}

// deadPage is how many jobs are read at once.
const deadPage = 200

// Run lists every job that was given up, with the error of its last try.
func (c *outboxListCmd) Run(ctx context.Context, out io.Writer) error {
	return withJobs(ctx, c.database, func(j *app.Jobs) error {
		n := 0
		err := eachDead(ctx, j, func(id, kind, at, why string) error {
			n++
			_, err := fmt.Fprintf(out, "%s  %-24s given up %s  %s\n", id, kind, at, why)
			return err
		})
		if err == nil {
			fmt.Fprintf(out, "%d jobs were given up\n", n)
		}
		return err
	})
}

type outboxRetryCmd struct {
	database
	IDs []string `arg:"" optional:"" name:"id" help:"Which ones; see outbox list."`
	All bool     `help:"All of them."`
}

// Run lets jobs be tried again, by the server that runs or the next one.
func (c *outboxRetryCmd) Run(ctx context.Context, out io.Writer) error {
	if c.All == (len(c.IDs) > 0) {
		return errors.New("name the jobs to retry, or say --all; `kapstone outbox list` shows them")
	}
	return withJobs(ctx, c.database, func(j *app.Jobs) error {
		ids := c.IDs
		if c.All {
			if err := eachDead(ctx, j, func(id, _, _, _ string) error { ids = append(ids, id); return nil }); err != nil {
				return err
			}
		}
		for _, id := range ids {
			if err := j.Retry(ctx, id); errors.Is(err, db.ErrNone) {
				return fmt.Errorf("no job %s was given up; `kapstone outbox list` shows those that were", id)
			} else if err != nil {
				return err
			}
		}
		fmt.Fprintf(out, "%d jobs will be tried again\n", len(ids))
		return nil
	})
}

// withJobs opens the jobs of an installation for f.
func withJobs(ctx context.Context, d database, f func(*app.Jobs) error) (err error) {
	if !d.there() {
		return fmt.Errorf("there is no record in %s; set KAPSTONE_DATA or DATABASE_URL", d.Data)
	}
	j, err := app.OpenJobs(ctx, d.config())
	if err != nil {
		return err
	}
	return errors.Join(f(j), j.Close())
}

func eachDead(ctx context.Context, j *app.Jobs, f func(id, kind, at, why string) error) error {
	for after := ""; ; {
		rows, err := j.Dead(ctx, after, deadPage)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if err := f(r.ID, string(r.Kind), r.EndedAt.Format("2006-01-02 15:04"), r.Error); err != nil {
				return err
			}
			after = r.ID
		}
		if len(rows) < deadPage {
			return nil
		}
	}
}
