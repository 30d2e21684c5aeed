package app

import (
	"context"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/lease"
	"github.com/kapstone-lms/kapstone/internal/outbox"
)

// The background ticks. What each process needs for itself (its clock, its
// course) it does itself; jobs are shared out one by one; what is done once for
// the installation is done by the one process that holds the lease.
const (
	clockEvery   = 10 * time.Second
	overdueEvery = 5 * time.Second
	courseEvery  = 3 * time.Second
	jobsEvery    = 2 * time.Second
	pauseEvery   = time.Second
	digestEvery  = 10 * time.Minute
	purgeEvery   = time.Hour
	destroyEvery = time.Minute
	destroyBatch = 200
	overdueBatch = 200
	jobsBatch    = 50
	purgeBatch   = 1000
	jobsKept     = 90 * 24 * time.Hour
)

// leaseTTL is how long a process that dies keeps the others from its ticks. It
// is three runs of the tick that has one, so that a slow run loses nothing. A
// process that stops inside a transaction keeps its lease for 10 s more, until
// PostgreSQL ends the transaction: together well within the minute in which a
// silent attempt must be closed.
const leaseTTL = 15 * time.Second

// startTicks begins the ticks, once; Close ends them.
func (a *App) startTicks(ctx context.Context) {
	ctx, a.stop = context.WithCancel(context.WithoutCancel(ctx))
	every := clockEvery
	if a.Config.TestMode {
		every = time.Second // another process may move the test clock
	}
	a.tick(ctx, "sync clock", every, a.Clock.Sync)
	a.tick(ctx, "close overdue attempts", overdueEvery, a.alone("close overdue attempts", a.closeOverdue))
	a.tick(ctx, "destroy removed texts", destroyEvery, a.alone("destroy removed texts", a.destroyRemoved))
	a.tick(ctx, "run jobs", jobsEvery, a.runJobs)
	a.tick(ctx, "end pauses", pauseEvery, a.endPauses)
	a.tick(ctx, "tell of the queue", digestEvery, a.Notices.Daily)
	a.tick(ctx, "purge jobs", purgeEvery, a.alone("purge jobs", a.purgeJobs))
	a.tick(ctx, "sign the ledger's head", headsEvery, a.alone("sign the ledger's head", a.signDaily))
	a.tick(ctx, "look for a new course", courseEvery, a.followCourse)
}

// tick runs f now and then every span, each time with a deadline, until ctx
// ends. A panic costs one run.
func (a *App) tick(ctx context.Context, name string, every time.Duration, f func(context.Context) error) {
	a.ticks.Go(func() {
		t := time.NewTicker(every)
		defer t.Stop()
		for {
			a.run(ctx, name, f)
			select {
			case <-ctx.Done():
				return
			case <-t.C:
			}
		}
	})
}

func (a *App) run(ctx context.Context, name string, f func(context.Context) error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	defer func() {
		if r := recover(); r != nil {
			a.metrics.failed(name)
			a.Config.Log.ErrorContext(ctx, "background tick panicked", "tick", name)
		}
	}()
	if err := f(ctx); err != nil && ctx.Err() == nil {
		a.metrics.failed(name)
		a.Config.Log.ErrorContext(ctx, "background tick failed", "tick", name, "err", err)
	}
}

// alone makes of a step what only the holder of the lease of that name does,
// over and over while there is more to do. A process that loses the lease in
// the middle, because it stood still for too long, writes nothing any more.
func (a *App) alone(name string, step func(context.Context) (more bool, err error)) func(context.Context) error {
	return func(ctx context.Context) error {
		for {
			l, ok, err := lease.Take(ctx, a.DB, name, a.holder, a.Clock.Now(), leaseTTL)
			if err != nil || !ok {
				return err
			}
			a.hold(l)
			guarded, cancel := l.Guard(ctx)
			more, err := step(guarded)
			lost := errors.Is(context.Cause(guarded), lease.ErrLost)
			cancel()
			if lost {
				a.Config.Log.InfoContext(ctx, "another process goes on with this tick", "tick", name, "lease", l.Number)
				return nil
			}
			if err != nil || !more {
				return err
			}
		}
	}
}

// hold remembers a lease, for the end of the process.
func (a *App) hold(l lease.Lease) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.leases[l.Name] = l
}

// releaseLeases lets other processes go on at once with what this one did.
// Where that fails, they wait until the leases are over.
func (a *App) releaseLeases(ctx context.Context) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, l := range a.leases {
		if err := lease.Release(ctx, a.DB, l); err != nil {
			a.Config.Log.WarnContext(ctx, "a lease was not given back", "lease", l.Name, "err", err)
		}
	}
}

// closeOverdue hands in for trainees who went silent, a batch at a time.
func (a *App) closeOverdue(ctx context.Context) (more bool, err error) {
	n, err := a.Quizzes.CloseOverdue(ctx, overdueBatch)
	return n == overdueBatch, err
}

// destroyRemoved destroys the texts that identify somebody, when it is time.
func (a *App) destroyRemoved(ctx context.Context) (more bool, err error) {
	_, err = a.Practicum.DestroyDue(ctx, destroyBatch)
	return false, err
}

// runJobs runs what deeds have left to be done. A job that failed has its
// fault in the log each time, and none of them keeps the others.
func (a *App) runJobs(ctx context.Context) error {
	for {
		n, failed, err := a.Jobs.Run(ctx, jobsBatch)
		if failed != nil {
			a.metrics.failed("run jobs")
			a.Config.Log.WarnContext(ctx, "jobs failed and will be tried again", "err", failed)
		}
		if err != nil {
			return err
		}
		if n < jobsBatch {
			break
		}
	}
	c, err := outbox.Count(ctx, a.DB)
	if err == nil {
		a.metrics.count(c)
	}
	return err
}

// purgeJobs forgets what was done long ago, a batch at a time.
func (a *App) purgeJobs(ctx context.Context) (more bool, err error) {
	var n int
	err = a.DB.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		n, err = outbox.Purge(ctx, tx, a.Clock.Now().Add(-jobsKept), purgeBatch)
		return err
	})
	return n == purgeBatch, err
}

// deadJobs reports whether there are jobs that were given up.
func (a *App) deadJobs(ctx context.Context) (bool, error) {
	c, err := outbox.Count(ctx, a.DB)
	return c.Dead > 0, err
}

// endPauses lets the clocks go on whose pause has ended.
func (a *App) endPauses(ctx context.Context) error {
	_, err := a.Quizzes.EndPauses(ctx, overdueBatch)
	return err
}
