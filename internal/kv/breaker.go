package kv

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// We are back two seconds after the server at the latest: the pool of the
// probes looks for itself once a second only whether a server that refused is
// there again, and a probe may just have missed that.
const (
	maxFailures = 5               // in a row, before the breaker opens
	probeEvery  = time.Second / 2 // while it is open
)

// A breaker counts failures in a row. When there are too many it opens, and
// stays open until its own probe succeeds: no caller has to pay for finding
// out, and it closes again even when nobody calls.
type breaker struct {
	probe func() error
	after func(time.Duration, func()) (cancel func())

	mu       sync.Mutex
	failures int
	open     bool
	stopped  bool
	cancel   func() // of the next probe
}

func newBreaker(probe func() error, after func(time.Duration, func()) func()) *breaker {
	return &breaker{probe: probe, after: after, cancel: func() {}}
}

// afterFunc runs f once, after d, unless it is canceled before.
func afterFunc(d time.Duration, f func()) (cancel func()) {
	t := time.AfterFunc(d, f)
	return func() { t.Stop() }
}

func (b *breaker) isOpen() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.open
}

// report notes how a command ended. While the breaker is open the stragglers
// from before say nothing new.
func (b *breaker) report(err error) {
	if errors.Is(err, context.Canceled) {
		return // the caller lost interest; nothing is known of the server
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.open:
	case !down(err):
		b.failures = 0
	default:
		if b.failures++; b.failures >= maxFailures && !b.stopped {
			b.open = true
			b.cancel = b.after(probeEvery, b.retry)
		}
	}
}

// retry asks the server once, and closes the breaker if it answers.
func (b *breaker) retry() {
	err := b.probe()
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.stopped:
	case err == nil:
		b.open, b.failures = false, 0
	default:
		b.cancel = b.after(probeEvery, b.retry)
	}
}

// stop ends the probes for good.
func (b *breaker) stop() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.stopped = true
	b.cancel()
}

// refusals begin the replies of a server that is there and does not work: full,
// unable to save, a replica, loading, or wanting a password we do not have.
var refusals = []string{"OOM", "MISCONF", "READONLY", "LOADING", "MASTERDOWN", "NOAUTH", "WRONGPASS", "max number of clients"}

// down reports whether err says that the server is away or cannot do its work.
// Any other reply, an error or a missing key, shows that it is there.
func down(err error) bool {
	if err == nil {
		return false
	}
	var reply redis.Error
	if !errors.As(err, &reply) {
		return !errors.Is(err, redis.ErrClosed)
	}
	return slices.ContainsFunc(refusals, func(prefix string) bool { return redis.HasErrorPrefix(err, prefix) })
}
