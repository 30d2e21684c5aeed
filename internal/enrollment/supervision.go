package enrollment

import (
	"context"
	"fmt"
	"slices"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/db"
)

// A cohort's instructors supervise its enrollments until somebody is named for
// an enrollment; from then on only the named ones do.

// SetSupervisors names who supervises an enrollment, in place of those named
// before. An empty list gives supervision back to the cohort's instructors.
func (s *Service) SetSupervisors(ctx context.Context, id string, personIDs []string) ([]string, error) {
	p, err := s.See(ctx, access.ManageCohorts, id)
	if err != nil {
		return nil, err
	}
	named := slices.Compact(slices.Sorted(slices.Values(personIDs)))
	err = s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := db.Lock(ctx, tx, "enrollment/"+id); err != nil {
			return err
		}
		for _, person := range named {
			if person == p.PersonID {
				return ErrOwn.At("user_ids")
			}
			if err := s.teacher(ctx, tx, person, p.Program, "user_ids"); err != nil {
				return err
			}
		}
		before, err := linked(ctx, tx, "enrollment_supervisors", "enrollment_id", id)
		if err != nil {
			return err
		}
		if err := unlink(ctx, tx, "enrollment_supervisors", "enrollment_id", id); err != nil {
			return err
		}
		if err := link(ctx, tx, "enrollment_supervisors", "enrollment_id", id, named); err != nil {
			return err
		}
		return audit.Append(ctx, tx, s.now(), "enrollment.supervisors_set", id, map[string]any{"before": before, "after": named})
	})
	if err != nil {
		return nil, fmt.Errorf("set supervisors: %w", err)
	}
	return named, nil
}

// Supervisors returns who supervises an enrollment now: the named ones, or the
// cohort's instructors.
func (s *Service) Supervisors(ctx context.Context, idb bun.IDB, e *Enrollment) ([]string, error) {
	named, err := linked(ctx, idb, "enrollment_supervisors", "enrollment_id", e.ID)
	if err != nil || len(named) > 0 {
		return named, err
	}
	return linked(ctx, idb, "cohort_instructors", "cohort_id", e.CohortID)
}

// Supervised returns the enrollment if the actor supervises it and may do act
// in its program, in their own right or standing in for somebody who is away.
// Anybody else's answers like one that does not exist. It
// reads through idb, so that a deed can ask inside its transaction.
func (s *Service) Supervised(ctx context.Context, idb bun.IDB, act access.Act, id string) (*Pinned, error) {
	who := access.From(ctx)
	if err := who.May(act); err != nil {
		return nil, err
	}
	e, err := find(ctx, idb, id)
	if err != nil {
		return nil, err
	}
	if who.MayIn(act, e.Program) != nil || e.PersonID == who.ID {
		return nil, db.ErrNone
	}
	people, err := s.Supervisors(ctx, idb, e)
	if err != nil {
		return nil, err
	}
	standsFor := ""
	if !slices.Contains(people, who.ID) {
		if standsFor, err = s.inPlaceOf(ctx, idb, who.ID, people); err != nil {
			return nil, err
		}
		if standsFor == "" {
			return nil, db.ErrNone
		}
	}
	p, err := s.Pin(ctx, e)
	if err != nil {
		return nil, err
	}
	p.StandsFor = standsFor
	return p, nil
}

// Supervising returns a query of the ids of all enrollments that the actor
// supervises and may do act in, in their own right or standing in, as e.id: what a feature narrows a list by.
func (s *Service) Supervising(ctx context.Context, act access.Act) (*bun.SelectQuery, error) {
	who := access.From(ctx)
	if err := who.May(act); err != nil {
		return nil, err
	}
	programs, all := who.Programs(act)
	return supervisedBy(s.db, visible{who.ID, programs, all}, s.standsFor(s.db, who.ID)), nil
}

// SupervisedBy returns those ids, in order.
func (s *Service) SupervisedBy(ctx context.Context, act access.Act) (ids []string, err error) {
	q, err := s.Supervising(ctx, act)
	if err != nil {
		return nil, err
	}
	return ids, db.Check(q.OrderExpr("e.id").Scan(ctx, &ids))
}
