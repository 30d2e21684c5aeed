package quiz

import (
	"context"
	"sync"
)

// Feed says which attempts have new answers, to those who watch quizzes. It
// says no more: what the answers are never comes near it, and how many there
// are is counted in SQL. It may leave out any of it, since all is read anew
// from time to time, and holds up no save.
//
// There are two: NewProcessFeed and NewRedisFeed.
type Feed interface {
	// saved takes answers that were committed. It does not wait.
	saved(records []record)

	// listen has mark told of the attempts that get answers, here and wherever
	// else the feed reaches, until stop is called. One listens at a time.
	listen(mark func(attemptIDs []string)) (stop func())

	// whole reports whether, as far as is known, nothing is left out.
	whole() bool

	// close ends what the feed does in the background.
	close(ctx context.Context) error
}

// processFeed is a feed within this process.
type processFeed struct {
	mu   sync.RWMutex
	mark func(attemptIDs []string) // nil while nobody listens
}

// NewProcessFeed returns a feed for a server that is alone on its database.
func NewProcessFeed() Feed { return new(processFeed) }

func (f *processFeed) saved(records []record) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if f.mark != nil {
		f.mark(attemptsIn(records))
	}
}

// attemptsIn lists the attempts of records; one may come twice.
func attemptsIn(records []record) []string {
	ids := make([]string, len(records))
	for i, r := range records {
		ids[i] = r.attempt
	}
	return ids
}

func (f *processFeed) listen(mark func([]string)) (stop func()) {
	f.set(mark)
	return func() { f.set(nil) }
}

func (f *processFeed) set(mark func([]string)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.mark = mark
}

func (*processFeed) whole() bool { return true }

func (*processFeed) close(context.Context) error { return nil }

// marks tells which of the attempts that are watched have new answers. Of
// others it keeps nothing.
type marks struct {
	mu      sync.Mutex
	watched map[string]bool // whether there are new ones
}

func (m *marks) mark(ids []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, id := range ids {
		if _, watched := m.watched[id]; watched {
			m.watched[id] = true
		}
	}
}

// take returns those of ids that have new answers, and takes their marks away.
func (m *marks) take(ids []string) (stirred []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, id := range ids {
		if m.watched[id] {
			m.watched[id] = false
			stirred = append(stirred, id)
		}
	}
	return stirred
}

// watch begins to keep marks for ids.
func (m *marks) watch(ids []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.watched == nil {
		m.watched = make(map[string]bool)
	}
	for _, id := range ids {
		if _, ok := m.watched[id]; !ok {
			m.watched[id] = false
		}
	}
}

// drop ends it.
func (m *marks) drop(ids []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, id := range ids {
		delete(m.watched, id)
	}
}
