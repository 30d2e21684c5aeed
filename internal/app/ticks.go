package app

import (
	"context"
	"time"
)

// The background ticks. Each may run in several processes at once: what they
// do is idempotent in SQL.
const (
	clockEvery   = 10 * time.Second
	overdueEvery = 5 * time.Second
	courseEvery  = 3 * time.Second
	overdueBatch = 200
)

// startTicks begins the ticks, once; Close ends them.
func (a *App) startTicks(ctx context.Context) {
	ctx, a.stop = context.WithCancel(context.WithoutCancel(ctx))
	every := clockEvery
	if a.Config.TestMode {
		every = time.Second // another process may move the test clock
	}
	a.tick(ctx, "sync clock", every, a.Clock.Sync)
	a.tick(ctx, "close overdue attempts", overdueEvery, a.closeOverdue)
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

// closeOverdue hands in for trainees who went silent, a batch at a time.
func (a *App) closeOverdue(ctx context.Context) error {
	for {
		n, err := a.Quizzes.CloseOverdue(ctx, overdueBatch)
		if err != nil || n < overdueBatch {
			return err
		}
	}
}
