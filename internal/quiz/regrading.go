package quiz

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/internal/once"
)

// Regrade marks attempts that were handed in once more, because the key of an
// item was wrong. The first scores stay on record, open attempts keep what they
// saw, and no certificate is touched. The same regrade as the last one again
// marks the attempts that were handed in since, and no other; dry says what
// would be and writes nothing. It returns ErrItems, ErrPolicy, ErrReason,
// ErrCourse or ErrAskedItem for a wrong form, ErrOtherItem, ErrNoneLeft or
// ErrTooLarge where it cannot be done, ErrOwnQuiz to who took the quiz
// themselves, and ErrRegradedBy when somebody else was faster.
func (s *Service) Regrade(ctx context.Context, form RegradeForm, dry bool) (*RegradeReport, error) {
	if err := s.mayMark(ctx, access.Regrade, form.Program, form.Module); err != nil {
		return nil, err
	}
	r, err := form.check()
	if err != nil {
		return nil, err
	}
	w, err := s.weigh(ctx, r)
	if err != nil {
		return nil, fmt.Errorf("regrade: %w", err)
	}
	if dry {
		return w.report, nil
	}
	if err := s.record(ctx, w); err != nil {
		return nil, fmt.Errorf("regrade: %w", err)
	}
	return w.report, nil
}

// mayMark returns nil if the actor may do what shows the keys of a module in a
// program. Nobody who has the quiz still to pass may, whatever else they are.
func (s *Service) mayMark(ctx context.Context, act access.Act, program string, module curriculum.ModuleKey) error {
	who := access.From(ctx)
	if err := who.May(act); err != nil {
		return err
	}
	if err := who.MayIn(act, program); err != nil {
		if errors.Is(err, access.ErrForbidden) {
			return db.ErrNone // of another program they learn nothing
		}
		return err
	}
	mine, err := s.enrollments.Mine(ctx)
	if err != nil || len(mine) == 0 {
		return err
	}
	ids := make([]string, len(mine))
	for i, e := range mine {
		ids[i] = e.ID
	}
	stands, err := standings(ctx, s.db, ids, module)
	if err != nil {
		return err
	}
	for _, e := range mine {
		course, err := s.enrollments.Course(ctx, e.CourseHash)
		if err != nil {
			return err
		}
		passed := slices.ContainsFunc(stands[e.ID], func(st Standing) bool { return st.Passed })
		if course.Module(module) != nil && !passed {
			return ErrOwnQuiz
		}
	}
	return nil
}

// record writes a regrade: the deed, if it is new, and a round of each attempt,
// in one transaction.
func (s *Service) record(ctx context.Context, w *weighing) error {
	r := w.report
	if !r.Again {
		r.ID, r.Number, r.RegradedBy = db.NewID(), len(w.decided)+1, access.From(ctx).ID
	}
	return s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		id, again, err := once.Claim(ctx, tx, s.now(), r.ID)
		if err != nil {
			return err
		}
		if again {
			return s.recall(ctx, tx, r, id)
		}
		if r.Again && len(w.rows) == 0 {
			return nil
		}
		if err := s.fence(ctx, tx, w); err != nil {
			return err
		}
		at := db.At(s.now())
		if !r.Again {
			r.New, r.RegradedAt = true, at
			if err := insertRegrade(ctx, tx, r.Regrade); err != nil {
				return err
			}
		}
		for _, row := range w.rows {
			row.RegradeID, row.RegradedAt = r.ID, at
		}
		if err := insertRegraded(ctx, tx, w.rows); errors.Is(err, db.ErrExists) {
			return ErrRegradedBy
		} else if err != nil {
			return err
		}
		return audit.Append(ctx, tx, s.now(), "quiz.regraded", r.ID, r.facts())
	})
}

// fence keeps others from regrading the same quiz and from issuing on what is
// being taken back, and makes sure that nobody did meanwhile.
func (s *Service) fence(ctx context.Context, tx bun.IDB, w *weighing) error {
	r := w.report
	if err := db.Lock(ctx, tx, "quiz/regrade/"+r.Program+"/"+string(r.Module)); err != nil {
		return err
	}
	slices.Sort(w.losers)
	losers := slices.Compact(w.losers)
	if len(losers) > maxLosers {
		return ErrTooLarge
	}
	for _, id := range losers {
		if err := enrollment.LockEvidence(ctx, tx, id); err != nil {
			return err
		}
	}
	now, err := decided(ctx, tx, r.Program, r.Module, 0)
	if err != nil {
		return err
	}
	before := len(w.decided)
	if r.Again {
		before++
	}
	if len(now) != before {
		return ErrRegradedBy
	}
	return nil
}

// recall fills in what a request did the first time.
func (s *Service) recall(ctx context.Context, idb bun.IDB, r *RegradeReport, id string) error {
	first, err := getRegrade(ctx, idb, id)
	if err != nil {
		return err
	}
	rows, err := regradedBy(ctx, idb, id, "", 0)
	if err != nil {
		return err
	}
	*r = RegradeReport{Regrade: first, Items: r.Items, Open: r.Open, Flips: flipsOf(rows)}
	r.count()
	return nil
}

// Regrades lists the regrades on record in the programs that the actor runs,
// oldest first, after the one named by after. A module of "" means every one.
func (s *Service) Regrades(ctx context.Context, module curriculum.ModuleKey, after string, limit int64) ([]*Regrade, error) {
	who := access.From(ctx)
	if err := who.May(access.SeeRegrades); err != nil {
		return nil, err
	}
	programs, all := who.Programs(access.SeeRegrades)
	rows, err := regradesIn(ctx, s.db, programs, all, module, after, limit)
	if err != nil {
		return nil, fmt.Errorf("list regrades: %w", err)
	}
	return rows, nil
}

// RegradedAttempts lists what a regrade made of attempts, in the order of their
// ids, after the one named by after. A regrade of "" means the last one that
// the actor may see.
func (s *Service) RegradedAttempts(ctx context.Context, regradeID, after string, limit int64) ([]Flip, error) {
	who := access.From(ctx)
	if err := who.May(access.SeeRegrades); err != nil {
		return nil, err
	}
	if regradeID == "" {
		programs, all := who.Programs(access.SeeRegrades)
		last, err := lastRegrade(ctx, s.db, programs, all)
		if err != nil || last == "" {
			return nil, err
		}
		regradeID = last
	}
	if !db.IsID(regradeID) {
		return nil, db.ErrNone
	}
	r, err := getRegrade(ctx, s.db, regradeID)
	if err != nil {
		return nil, err
	}
	if who.MayIn(access.SeeRegrades, r.Program) != nil {
		return nil, db.ErrNone
	}
	rows, err := regradedBy(ctx, s.db, regradeID, after, limit)
	if err != nil {
		return nil, fmt.Errorf("list regraded attempts: %w", err)
	}
	return flipsOf(rows), nil
}
