package quiz

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// A Remark says that an attempt was regraded. The result around it is the one
// that holds now.
type Remark struct {
	At     time.Time // of the last regrade
	Times  int
	Policy Policy // of the last regrade
	First  Mark   // what the attempt was at hand-in; it stays on record
}

// resultOf makes the result of an attempt that was handed in, as the last of
// its regrades left it, as far as its trainee may see it now. A review shows
// the keys by which it was marked then.
func (s *Service) resultOf(ctx context.Context, f *frame, a *attempt, given answers) (*Result, error) {
	rounds, err := regradedOf(ctx, s.db, a.ID)
	if err != nil {
		return nil, err
	}
	if len(rounds) == 0 {
		return s.firstResult(ctx, f, a, given)
	}
	last := rounds[len(rounds)-1]
	by, err := getRegrade(ctx, s.db, last.RegradeID)
	if err != nil {
		return nil, err
	}
	inForce, err := decided(ctx, s.db, by.Program, by.Module, by.Number)
	if err != nil {
		return nil, err
	}
	rs, err := s.rulings(ctx, f.module, inForce, a.Draw.Course)
	if err != nil {
		return nil, fmt.Errorf("attempt %s: %w", a.ID, err)
	}
	now := *a
	now.Correct, now.Asked, now.ScorePercent = last.New.Correct, last.New.Asked, last.New.Percent
	now.Passed, now.CriticalMissed = last.New.Passed, last.New.CriticalMissed
	corrected := f.under(rs)
	if now.Missed, err = missed(f.module, rs.counted(corrected.questions), given); err != nil {
		return nil, err
	}
	see, err := s.sees(ctx, f, &now)
	if err != nil {
		return nil, err
	}
	r, err := corrected.result(&now, given, see)
	if err != nil || r.Withheld {
		return r, err
	}
	r.Regraded = &Remark{At: last.RegradedAt.Time, Times: len(rounds), Policy: by.Policy, First: rounds[0].Old}
	if r.Review != nil {
		for i, it := range r.Review.Items {
			r.Review.Items[i].Treatment = rs[f.question(it.ID).item.ID].Treatment
		}
	}
	return r, nil
}

// firstResult makes the result of an attempt that nobody has regraded yet.
func (s *Service) firstResult(ctx context.Context, f *frame, a *attempt, given answers) (*Result, error) {
	see, err := s.sees(ctx, f, a)
	if err != nil {
		return nil, err
	}
	return f.result(a, given, see)
}

// counted leaves out the questions whose answers make no difference.
func (rs rulings) counted(all []question) []question {
	return slices.DeleteFunc(slices.Clone(all), func(q question) bool {
		t := rs[q.item.ID].Treatment
		return t == EveryoneRight || t == Dropped
	})
}

// under returns the frame with the corrected keys of some rulings. It asks what
// was asked, dropped items too.
func (f *frame) under(rs rulings) *frame {
	g := *f
	g.questions = slices.Clone(f.questions)
	for i, q := range g.questions {
		if r := rs[q.item.ID]; r.Treatment == CorrectedKey {
			g.questions[i] = q.rekeyed(r.item)
		}
	}
	return &g
}
