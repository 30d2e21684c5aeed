package quiz

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/db"
)

// Saved is the reply to a save that is on record.
type Saved struct {
	Revision int // the next save names it
	SavedAt  time.Time
}

// Save records the actor's response to one item of an open attempt, in place
// of the answer with the given revision (0 for none). It returns once the
// record is committed. Sent again, the latest save gives its first reply
// again, even after hand-in. It returns ErrStale with the current answer when
// another save came in between, and ErrClosed after hand-in or deadline.
func (s *Service) Save(ctx context.Context, attemptID, item string, response []string, revision int) (Saved, error) {
	f, err := s.own(ctx, attemptID)
	if err != nil {
		return Saved{}, err
	}
	q := f.question(item)
	if q == nil {
		return Saved{}, ErrNoItem
	}
	if revision < 0 {
		return Saved{}, ErrRevision
	}
	text, err := q.canonical(response)
	if err != nil {
		return Saved{}, err
	}
	r := record{slot{attemptID, item}, answer{revision + 1, text, db.At(s.now())}}
	saved, err := s.save(ctx, f, r)
	if err != nil {
		return Saved{}, fmt.Errorf("save answer: %w", err)
	}
	return saved, nil
}

// save takes the quick way when the live sheet says that the record is likely
// to be accepted, and asks SQL otherwise: nobody is refused on the word of a
// sheet that may be behind.
func (s *Service) save(ctx context.Context, f *frame, r record) (Saved, error) {
	now, known, err := s.live.answer(ctx, r.slot)
	likely := err != nil || !known || current{Open, f.deadline, now}.judge(r) == accepted
	for p := skip; ; p = wait {
		if likely {
			taken, err := s.put(ctx, r, p)
			if err != nil {
				return Saved{}, err
			}
			if taken {
				s.live.saved([]record{r})
				return Saved{r.revision, r.savedAt.Time}, nil
			}
		}
		c, err := meets(ctx, s.db, r.slot)
		if err != nil {
			return Saved{}, err
		}
		switch c.judge(r) {
		case replayed:
			return Saved{c.revision, c.savedAt.Time}, nil
		case closed:
			return Saved{}, ErrClosed
		case stale:
			ids, err := chosen(orNone(c.response))
			if err != nil {
				return Saved{}, err
			}
			return Saved{}, ErrStale.With("response", ids).With("revision", c.revision)
		}
		// It may be written after all: the sheet was behind, or somebody was
		// just closing the attempt. Now wait for them.
		likely = true
	}
}

// orNone is a canonical response, or that of an item without an answer.
func orNone(response string) string {
	if response == "" {
		return "[]"
	}
	return response
}

// put commits a record with others through the journal, or, when it has to
// wait for whoever is closing the attempt, alone: the journal waits for no one.
func (s *Service) put(ctx context.Context, r record, p patience) (taken bool, err error) {
	if p == skip {
		return s.journal.put(ctx, r)
	}
	got, err := s.commit(ctx, []record{r}, wait)
	return got[r.slot], err
}

// write is the journal's way into SQL.
func (s *Service) write(ctx context.Context, records []record) (map[slot]bool, error) {
	return s.commit(ctx, records, skip)
}

func (s *Service) commit(ctx context.Context, records []record, p patience) (taken map[slot]bool, err error) {
	err = s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) (err error) {
		taken, err = journalize(ctx, tx, records, p)
		return err
	})
	return taken, err
}
