package identity

import (
	"maps"
	"sync"
)

// maxRemembered bounds each memory of this package. A full one lets an eighth
// go, whichever: what is forgotten is looked up again.
const maxRemembered = 32_768

// A bounded is a map that never grows beyond maxRemembered. It is safe for
// concurrent use.
type bounded[V any] struct {
	mu  sync.RWMutex
	all map[string]V
}

func newBounded[V any]() *bounded[V] { return &bounded[V]{all: make(map[string]V)} }

func (b *bounded[V]) find(key string) (V, bool) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	v, ok := b.all[key]
	return v, ok
}

func (b *bounded[V]) keep(key string, v V) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.all) >= maxRemembered {
		for k := range b.all {
			if delete(b.all, k); len(b.all) <= maxRemembered*7/8 {
				break
			}
		}
	}
	b.all[key] = v
}

// drop forgets what match says.
func (b *bounded[V]) drop(match func(V) bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	maps.DeleteFunc(b.all, func(_ string, v V) bool { return match(v) })
}

// flights tells which of several calls with the same refresh token overlap in
// this process.
type flights struct {
	mu  sync.Mutex
	all map[string]*flight
}

// A flight is the calls under way with one token: from the first that comes
// while there is none, until the last of them has ended.
type flight struct {
	calls   int
	rotated bool // one of them got the next pair
}

func newFlights() *flights { return &flights{all: make(map[string]*flight)} }

func (f *flights) board(token string) *flight {
	f.mu.Lock()
	defer f.mu.Unlock()
	fl, ok := f.all[token]
	if !ok {
		fl = new(flight)
		f.all[token] = fl
	}
	fl.calls++
	return fl
}

func (f *flights) leave(token string, fl *flight) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if fl.calls--; fl.calls == 0 {
		delete(f.all, token)
	}
}

func (f *flights) mark(fl *flight) {
	f.mu.Lock()
	defer f.mu.Unlock()
	fl.rotated = true
}

func (f *flights) marked(fl *flight) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return fl.rotated
}
