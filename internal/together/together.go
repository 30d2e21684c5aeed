// Package together joins questions that are asked at the same moment into one
// call: whoever comes while a call is under way waits for the next, which takes
// all that came. It needs no timer, and with one asker it adds nothing.
package together

import (
	"context"
	"runtime"
	"sync"
	"time"
)

// A Call answers questions, each in its place. Its error is that of all.
type Call[Q, A any] func(ctx context.Context, all []Q) ([]A, error)

// An Asker makes few calls for many who ask. It is safe for concurrent use.
type Asker[Q, A any] struct {
	call     Call[Q, A]
	most     int
	patience time.Duration

	mu      sync.Mutex
	waiting []*question[Q, A]
	busy    bool
}

type question[Q, A any] struct {
	ask  Q
	done chan reply[A] // has room for one, so that nobody waits to answer
}

type reply[A any] struct {
	answer A
	err    error
}

// New returns an Asker whose calls have at most so many questions and so much
// time each.
func New[Q, A any](most int, patience time.Duration, call Call[Q, A]) *Asker[Q, A] {
	return &Asker[Q, A]{call: call, most: most, patience: patience}
}

// Ask returns the answer to a question, or the error of its call, or that of
// ctx when it ends before.
func (a *Asker[Q, A]) Ask(ctx context.Context, ask Q) (A, error) {
	q := &question[Q, A]{ask, make(chan reply[A], 1)}
	a.mu.Lock()
	a.waiting = append(a.waiting, q)
	first := !a.busy
	a.busy = true
	a.mu.Unlock()
	if first {
		go a.run()
	}
	select {
	case r := <-q.done:
		return r.answer, r.err
	case <-ctx.Done():
		var none A
		return none, ctx.Err()
	}
}

// run calls until nobody waits.
func (a *Asker[Q, A]) run() {
	runtime.Gosched() // those about to ask may come along
	for {
		a.mu.Lock()
		batch := a.waiting[:min(len(a.waiting), a.most)]
		if len(batch) == 0 {
			a.busy, a.waiting = false, nil
			a.mu.Unlock()
			return
		}
		a.waiting = a.waiting[len(batch):]
		a.mu.Unlock()
		a.answer(batch)
	}
}

func (a *Asker[Q, A]) answer(batch []*question[Q, A]) {
	ctx, cancel := context.WithTimeout(context.Background(), a.patience)
	defer cancel()
	all := make([]Q, len(batch))
	for i, q := range batch {
		all[i] = q.ask
	}
	answers, err := a.call(ctx, all)
	for i, q := range batch {
		r := reply[A]{err: err}
		if err == nil {
			r.answer = answers[i]
		}
		q.done <- r
	}
}
