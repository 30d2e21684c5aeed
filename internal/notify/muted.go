package notify

import (
	"context"
	"fmt"
	"slices"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/fault"
)

// ErrKind reports a notice that cannot be muted.
var ErrKind = fault.New(fault.Invalid, "unknown_value", "What can be muted is log_returned, log_graded, log_due and queue_digest. Notices of holds always come.").At("muted")

// Muted returns the notices that the actor does without.
func (s *Service) Muted(ctx context.Context) ([]Kind, error) {
	who := access.From(ctx)
	if err := who.May(access.UseAccount); err != nil {
		return nil, err
	}
	return mutedBy(ctx, s.db, who.ID)
}

// Mute says which notices the actor does without, in place of what was said
// before.
func (s *Service) Mute(ctx context.Context, kinds []Kind) ([]Kind, error) {
	who := access.From(ctx)
	if err := who.May(access.UseAccount); err != nil {
		return nil, err
	}
	kinds = slices.Compact(slices.Sorted(slices.Values(kinds)))
	for _, k := range kinds {
		if !slices.Contains(Mutable, k) {
			return nil, ErrKind
		}
	}
	err := s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := db.Lock(ctx, tx, "muted_notices/"+who.ID); err != nil {
			return err
		}
		if _, err := tx.NewRaw("DELETE FROM muted_notices WHERE person_id = ?", who.ID).Exec(ctx); err != nil {
			return db.Check(err)
		}
		for _, k := range kinds {
			if _, err := tx.NewRaw("INSERT INTO muted_notices (person_id, kind) VALUES (?, ?)", who.ID, k).Exec(ctx); err != nil {
				return db.Check(err)
			}
		}
		return audit.Append(ctx, tx, s.now(), "notices.muted", who.ID, map[string]any{"muted": kinds})
	})
	if err != nil {
		return nil, fmt.Errorf("mute notices: %w", err)
	}
	return kinds, nil
}

func mutedBy(ctx context.Context, idb bun.IDB, personID string) (kinds []Kind, err error) {
	err = idb.NewSelect().TableExpr("muted_notices").Column("kind").Where("person_id = ?", personID).OrderExpr("kind").Scan(ctx, &kinds)
	return kinds, db.Check(err)
}
