package enrollment

import (
	"context"
	"fmt"
	"slices"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/db"
)

// EnrollAll is Enroll for many people at once: each with an entry in the
// ledger of their own, up to 500 in one transaction. When one cannot be
// enrolled, those of the transactions before stay.
func (s *Service) EnrollAll(ctx context.Context, cohortID string, personIDs []string) (all []*Enrollment, err error) {
	c, err := s.Cohort(ctx, access.ManageCohorts, cohortID)
	if err != nil {
		return nil, err
	}
	like, err := s.entering(ctx, c, Entry{CohortID: cohortID})
	if err != nil {
		return nil, err
	}
	for some := range slices.Chunk(personIDs, 500) {
		made := make([]*Enrollment, len(some))
		err := s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
			for i, person := range some {
				e := *like
				e.ID, e.PersonID = db.NewID(), person
				if err := s.enroll(ctx, tx, c, &e); err != nil {
					return err
				}
				made[i] = &e
			}
			return nil
		})
		if err != nil {
			return all, fmt.Errorf("enroll: %w", err)
		}
		all = append(all, made...)
	}
	return all, nil
}
