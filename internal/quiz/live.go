package quiz

import (
	"context"
	"sync"
	"time"
)

// Live keeps the sheets of open attempts, answers with their revisions, where
// a look costs little. It follows SQL: what it shows was committed before, but
// it may be behind, and any sheet may vanish at any moment. So it can say that
// a save is likely to be accepted and never that one is refused.
//
// There are two: NewProcessLive and NewRedisLive.
type Live interface {
	// near is like answer, but asks nobody: it returns what this process
	// remembers, which other processes may have overtaken.
	near(s slot) (a answer, known bool)

	// answer returns the answer in a slot, the zero one if the sheet has none
	// there. Without a sheet known is false; an error says that the store
	// cannot be reached.
	answer(ctx context.Context, s slot) (a answer, known bool, err error)

	// put writes a sheet whole, committed to the caller before; it never puts
	// an older revision in the place of a newer one. It does not wait.
	put(id string, deadline time.Time, all answers)

	// saved writes new answers into the sheets that are there, by the same
	// rule. It does not wait.
	saved(records []record)

	// forget drops a sheet. It does not wait.
	forget(id string)

	// close ends what the store does in the background.
	close(ctx context.Context) error
}

// liveMargin is how long a sheet outlives its attempt's grace: clocks differ.
const liveMargin = time.Hour

// maxSheets bounds the memory of the store in the process; each sheet has one
// or two kilobytes.
const maxSheets = 25_000

// processLive keeps sheets in this process.
type processLive struct {
	now func() time.Time

	mu     sync.Mutex
	sheets map[string]*liveSheet
	swept  time.Time
}

type liveSheet struct {
	ends    time.Time
	answers answers
}

// NewProcessLive returns a store in this process. Sheets expire by now.
func NewProcessLive(now func() time.Time) Live { return newProcessLive(now) }

func newProcessLive(now func() time.Time) *processLive {
	return &processLive{now: now, sheets: make(map[string]*liveSheet)}
}

func (l *processLive) near(s slot) (answer, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	sheet := l.sheet(s.attempt)
	if sheet == nil {
		return answer{}, false
	}
	return sheet.answers[s.item], true
}

func (l *processLive) answer(_ context.Context, s slot) (answer, bool, error) {
	a, known := l.near(s)
	return a, known, nil
}

// sheet returns a sheet that has not expired, or nil.
func (l *processLive) sheet(id string) *liveSheet {
	s := l.sheets[id]
	if s == nil || l.now().Before(s.ends) {
		return s
	}
	delete(l.sheets, id)
	return nil
}

func (l *processLive) put(id string, deadline time.Time, all answers) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.sheet(id)
	if s == nil {
		l.sweep()
		s = &liveSheet{answers: make(answers, len(all))}
		l.sheets[id] = s
	}
	s.ends = deadline.Add(Grace + liveMargin)
	for item, a := range all {
		s.set(item, a)
	}
}

func (s *liveSheet) set(item string, a answer) {
	if a.revision > s.answers[item].revision {
		s.answers[item] = a
	}
}

// sweep makes room for a sheet: once a minute it drops all that expired, and
// at the bound whichever comes first.
func (l *processLive) sweep() {
	if now := l.now(); now.Sub(l.swept).Abs() > time.Minute {
		l.swept = now
		for id := range l.sheets {
			l.sheet(id)
		}
	}
	for id := range l.sheets {
		if len(l.sheets) < maxSheets {
			return
		}
		delete(l.sheets, id)
	}
}

func (l *processLive) saved(records []record) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range records {
		if s := l.sheet(r.attempt); s != nil {
			s.set(r.item, r.answer)
		}
	}
}

func (l *processLive) forget(id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.sheets, id)
}

func (*processLive) close(context.Context) error { return nil }
