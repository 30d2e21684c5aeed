package practicum

import (
	"context"
	"errors"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/fault"
)

// denied notes in the ledger that the actor asked for a log which they may not
// have, and returns err as it is. A made-up id is noted too: whether there is
// such a log must not show in how long the answer takes.
func (s *Service) denied(ctx context.Context, id string, err error) error {
	if !errors.Is(err, db.ErrNone) && !errors.Is(err, ErrOwnLog) && !errors.Is(err, ErrWhyRead) || !db.IsID(id) {
		return err
	}
	noted := s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		return audit.Append(ctx, tx, s.now(), "access.denied", id, nil)
	})
	if noted != nil {
		return fmt.Errorf("note a denied access: %w", noted)
	}
	return err
}

// deniedLines is denied for every line of a batch that was.
func (s *Service) deniedLines(ctx context.Context, all []Outcome, err error) error {
	for _, o := range all {
		if o.Refused == nil {
			continue
		}
		if e := s.denied(ctx, o.LogID, o.Refused); fault.Of(e) == nil {
			return e
		}
	}
	return err
}
