package quiz

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/kapstone-lms/kapstone/internal/db"
)

// Saved is the reply to a save: the answer's new revision, and when it was
// saved.
type Saved struct {
	Revision int
	SavedAt  time.Time
}

// maxRevision is more than anybody will save; what is ahead of it is ahead.
const maxRevision = math.MaxInt32 - 1

// errBusy is why a save was given up after having been overtaken each time.
var errBusy = errors.New("others save the same answer")

// Save keeps an answer of the actor's own open attempt, in place of the one
// with the given revision; 0 means that there is none. It returns when the
// answer is durable. An empty response clears the answer.
//
// The latest accepted save may be sent again and gets its first reply, even
// after the attempt was closed. Any other revision is ErrStale, which carries
// the current response and revision. After hand-in, and after the deadline and
// its grace, a save is ErrClosed. A response that cannot be an answer is one
// of curriculum's faults. Nothing is changed by a save that is refused.
func (s *Service) Save(ctx context.Context, attemptID, item string, response []string, revision int) (Saved, error) {
	f, err := s.own(ctx, attemptID)
	if err != nil {
		return Saved{}, err
	}
	q := f.question(item)
	if q == nil {
		return Saved{}, ErrNoItem
	}
	canonical, err := q.canonical(response)
	if err != nil {
		return Saved{}, s.inTurn(ctx, f, slot{f.id, item}, err)
	}
	if revision < 0 {
		return Saved{}, ErrRevision
	}
	r := record{slot{f.id, item}, answer{min(revision, maxRevision) + 1, canonical, db.At(s.now())}}
	return s.keep(ctx, r, s.likely(ctx, f, r))
}

// inTurn returns why an answer is refused: what is wrong with it would tell of a
// question that a sequential attempt does not show yet.
func (s *Service) inTurn(ctx context.Context, f *frame, at slot, refused error) error {
	if !f.module.Quiz.Sequential {
		return refused
	}
	if c, err := meets(ctx, s.db, at); err != nil || c.atItem != "" && c.atItem != at.item {
		return ErrTurn
	}
	return refused
}

// likely reports whether a save will be accepted, as far as can be told
// without SQL. In doubt it will: SQL decides.
func (s *Service) likely(ctx context.Context, f *frame, r record) bool {
	if late(r.savedAt.Time, f.deadline) {
		return false
	}
	if a, known := s.live.near(r.slot); known && f.expects(a, r) {
		return true // as it is nearly always; only in doubt is anybody asked
	}
	a, known, err := s.live.answer(ctx, r.slot)
	if err != nil {
		return true
	}
	if !known {
		s.rebuild(ctx, f)
		return true
	}
	return f.expects(a, r)
}

// expects reports whether a record is the successor of an answer, in an
// attempt that is open as far as is known.
func (f *frame) expects(a answer, r record) bool {
	return current{state: Open, deadline: f.deadline, answer: a}.judge(r) == accepted
}

// rebuild makes the live sheet of an attempt from SQL. Without one a save
// costs more, and that is all.
func (s *Service) rebuild(ctx context.Context, f *frame) {
	if all, err := latest(ctx, s.db, f.id); err == nil {
		s.live.put(f.id, f.deadline, all)
	}
}

// keep writes a record if SQL lets it, by way of the journal the first time.
// What was not written is judged by what SQL holds. When that would accept
// it, another process was writing or somebody closing just then, and it is
// tried again, alone and with patience.
func (s *Service) keep(ctx context.Context, r record, likely bool) (Saved, error) {
	put := s.journal.put
	for range 4 {
		if likely {
			taken, err := put(ctx, r)
			if err != nil {
				return Saved{}, fmt.Errorf("save answer: %w", err)
			}
			if taken {
				return Saved{r.revision, r.savedAt.Time}, nil
			}
			put = s.alone
		}
		c, err := meets(ctx, s.db, r.slot)
		if err != nil {
			return Saved{}, fmt.Errorf("save answer: %w", err)
		}
		switch c.judge(r) {
		case replayed:
			return Saved{c.revision, c.savedAt.Time}, nil
		case closed:
			return Saved{}, ErrClosed
		case paused:
			a, err := s.goOn(ctx, r.attempt)
			if err != nil {
				return Saved{}, fmt.Errorf("save answer: %w", err)
			}
			if !a.PausedAt.IsZero() {
				return Saved{}, ErrPaused
			}
		case elsewhere:
			return Saved{}, ErrTurn
		case stale:
			return Saved{}, c.stale()
		}
		likely = true
	}
	return Saved{}, fmt.Errorf("save answer: %w", db.ErrAway.Because(errBusy))
}

// stale says what the current answer is.
func (c current) stale() error {
	response := []string{}
	if c.revision > 0 {
		var err error
		if response, err = chosen(c.response); err != nil {
			return err
		}
	}
	return ErrStale.With("response", response).With("revision", c.revision)
}

// write commits a batch of the journal, then tells the live store. It passes
// over attempts that somebody is closing: one hand-in must not hold up
// everybody's answers.
func (s *Service) write(ctx context.Context, records []record) (map[slot]bool, error) {
	taken, err := journalize(ctx, s.db, records, skip)
	if err != nil {
		return nil, err
	}
	written := make([]record, 0, len(taken))
	for _, r := range records {
		if taken[r.slot] {
			written = append(written, r)
		}
	}
	s.live.saved(written)
	s.feed.saved(written)
	return taken, nil
}

// alone writes one record in a transaction of its own, after whoever is
// closing its attempt.
func (s *Service) alone(ctx context.Context, r record) (bool, error) {
	taken, err := journalize(ctx, s.db, []record{r}, wait)
	if err == nil && taken[r.slot] {
		s.live.saved([]record{r})
		s.feed.saved([]record{r})
	}
	return taken[r.slot], err
}
