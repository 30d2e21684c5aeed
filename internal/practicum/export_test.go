package practicum

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/keys"
)

// LoseKeys takes the keys away from a running service: whatever needs one
// panics from then on.
func (s *Service) LoseKeys() { s.ring = nil }

// SignInFirstForm signs a signed log anew, as was done before there was a
// second form.
func (s *Service) SignInFirstForm(ctx context.Context, id string) error {
	return s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		l, err := s.load(ctx, tx, id)
		if err != nil {
			return err
		}
		l.Form, l.Commitments, l.salts = 1, nil, nil
		l.ContentHash = digest(l.canonical())
		l.SignatureKID, l.Signature = s.ring.Sign(keys.Records, l.canonical())
		return s.write(ctx, tx, l)
	})
}

// EraseForGood drops what a signed log holds of a client.
func (s *Service) EraseForGood(ctx context.Context, id string) error {
	return s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		l, err := s.load(ctx, tx, id)
		if err != nil {
			return err
		}
		l.Reflection, l.Feedback = "", ""
		l.forget("reflection", "feedback", "case")
		if err := s.write(ctx, tx, l); err != nil {
			return err
		}
		_, err = tx.NewDelete().Model((*caseRow)(nil)).Where("log_id = ?", id).Exec(ctx)
		return err
	})
}
