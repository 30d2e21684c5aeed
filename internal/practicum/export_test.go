package practicum

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/db"
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
		if err := s.write(ctx, tx, l); err != nil {
			return err
		}
		return audit.Append(ctx, tx, s.now(), "log.countersigned", id, map[string]string{"hash": l.ContentHash})
	})
}

// SignElse signs other minutes and tells the ledger nothing.
func (s *Service) SignElse(ctx context.Context, id string) error {
	return s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		l, err := s.load(ctx, tx, id)
		if err != nil {
			return err
		}
		l.Minutes, l.Status = 90, Graded
		if err := s.sign(l, signature{l.SignerID, l.SignerName, l.SignerLicense, l.Meaning, l.Method, l.SignedAt}); err != nil {
			return err
		}
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

// Stock puts n copies of a submitted log into the queue, shared out among
// enrollments in turn, each a second after the one before.
func (s *Service) Stock(ctx context.Context, id string, enrollments []string, n int) error {
	const batch = 500
	for done := 0; done < n; done += batch {
		err := s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
			l, err := s.load(ctx, tx, id)
			if err != nil {
				return err
			}
			var rows []*row
			var cases []*caseRow
			var places []*waitingRow
			for i := done; i < min(n, done+batch); i++ {
				next := *l
				next.ID, next.EnrollmentID, next.sealed = db.NewID(), enrollments[i%len(enrollments)], nil
				next.SubmittedAt = db.At(l.SubmittedAt.Add(time.Duration(i+1) * time.Second))
				r := s.seal(&next)
				r.Case.ID, r.Case.LogID = db.NewID(), r.ID
				rows, cases = append(rows, r), append(cases, &r.Case)
				places = append(places, &waitingRow{LogID: r.ID, EnrollmentID: r.EnrollmentID, Turn: 1, SubmittedAt: r.SubmittedAt})
			}
			for _, model := range []any{&rows, &cases, &places} {
				if _, err := tx.NewInsert().Model(model).Exec(ctx); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
