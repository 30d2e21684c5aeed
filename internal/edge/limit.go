package edge

import (
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/kapstone-lms/kapstone/internal/fault"
)

// ErrTooMany reports a caller who asks faster than a person can.
var ErrTooMany = fault.New(fault.TooMany, "too_many_requests", "That is faster than we can take it. Wait a moment, then go on.")

// A Limiter lets each key through in a burst, then at a steady rate: a token
// bucket a key. It keeps a bounded number of keys and is safe for concurrent
// use.
type Limiter struct {
	burst int
	rate  rate.Limit
	now   func() time.Time

	mu   sync.Mutex
	keys map[string]*rate.Limiter
}

// maxKeys bounds the memory of a limiter.
const maxKeys = 50_000

// NewLimiter returns a Limiter of burst and one more every time span.
func NewLimiter(burst int, every time.Duration, now func() time.Time) *Limiter {
	return &Limiter{burst: burst, rate: rate.Every(every), now: now, keys: make(map[string]*rate.Limiter)}
}

// Take spends one of key's tries. It returns ErrTooMany, with the time to
// wait, when there is none.
func (l *Limiter) Take(key string) error {
	now := l.now()
	r := l.of(key, now).ReserveN(now, 1)
	if wait := r.DelayFrom(now); wait > 0 {
		r.CancelAt(now)
		return ErrTooMany.After(wait)
	}
	return nil
}

// Check is like Take, but spends nothing: for limits that count failures only.
func (l *Limiter) Check(key string) error {
	now := l.now()
	if l.of(key, now).TokensAt(now) < 1 {
		return ErrTooMany.After(time.Duration(float64(time.Second) / float64(l.rate)))
	}
	return nil
}

func (l *Limiter) of(key string, now time.Time) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	b, ok := l.keys[key]
	if !ok {
		l.makeRoom(now)
		b = rate.NewLimiter(l.rate, l.burst)
		l.keys[key] = b
	}
	return b
}

// makeRoom drops the keys that are back at their full burst, since forgetting
// them changes nothing; when all are busy, somebody has to go.
func (l *Limiter) makeRoom(now time.Time) {
	if len(l.keys) < maxKeys {
		return
	}
	for key, b := range l.keys {
		if b.TokensAt(now) >= float64(l.burst) {
			delete(l.keys, key)
		}
	}
	for key := range l.keys {
		if len(l.keys) < maxKeys {
			return
		}
		delete(l.keys, key)
	}
}
