// Package credential issues certificates of completion, and says later whether
// one is genuine. A certificate is bytes on record with the evidence that
// earned it; a correction is a new one that supersedes it, a revocation stays
// visible, nothing is edited or deleted.
package credential

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/certpdf"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/internal/once"
	"github.com/kapstone-lms/kapstone/internal/progress"
)

// Service issues, keeps and checks certificates.
type Service struct {
	db          *db.DB
	enrollments *enrollment.Service
	progress    *progress.Service
	issuer      Issuer
	now         func() time.Time
}

// New returns the certificates kept in d, issued in the name of issuer.
func New(d *db.DB, e *enrollment.Service, p *progress.Service, issuer Issuer, now func() time.Time) *Service {
	return &Service{db: d, enrollments: e, progress: p, issuer: issuer, now: now}
}

// An Outcome says what became of one enrollment that a certificate was asked
// for: a certificate, or the refusal.
type Outcome struct {
	EnrollmentID string
	Certificate  *Certificate
	New          bool  // issued by this very call
	Refused      error // a fault: ErrNotComplete, ErrRevoked, ErrOwnHand, enrollment.ErrEnded
}

// Issue issues a certificate to each enrollment that has met every
// requirement, judged anew inside the issuing transaction. An enrollment that
// has one gets that one. It returns ErrIncompleteIssuer before anything else
// when the issuer is not set up.
func (s *Service) Issue(ctx context.Context, enrollmentIDs []string) ([]Outcome, error) {
	if err := access.From(ctx).May(access.IssueCredential); err != nil {
		return nil, err
	}
	if err := s.issuer.complete(); err != nil {
		return nil, err
	}
	all := make([]*enrollment.Pinned, len(enrollmentIDs))
	for i, id := range enrollmentIDs { // all ids first: a foreign one stops the whole request
		p, err := s.enrollments.See(ctx, access.IssueCredential, id)
		if err != nil {
			return nil, err
		}
		all[i] = p
	}
	outcomes := make([]Outcome, len(all))
	for i, p := range all {
		o, err := s.issue(ctx, p)
		if err != nil {
			return nil, fmt.Errorf("issue to %s: %w", p.ID, err)
		}
		outcomes[i] = o
	}
	return outcomes, nil
}

// issue draws before it opens the transaction, because drawing takes longer
// than a lock should be held; the evidence is judged again inside.
func (s *Service) issue(ctx context.Context, p *enrollment.Pinned) (Outcome, error) {
	o := Outcome{EnrollmentID: p.ID}
	draft, err := s.draft(ctx, s.db, p, holder(p))
	if done, err := settle(&o, draft, err); done || err != nil {
		return o, err
	}
	pdf, err := draft.draw()
	if err != nil {
		return o, err
	}
	err = s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		o = Outcome{EnrollmentID: p.ID}
		if err := enrollment.LockEvidence(ctx, tx, p.ID); err != nil {
			return err
		}
		fresh, err := s.draft(ctx, tx, p, draft.printed.Holder)
		if done, err := settle(&o, fresh, err); done || err != nil {
			return err
		}
		if !fresh.sameAs(draft) {
			return ErrMoved
		}
		o.Certificate, o.New = draft.certificate(access.From(ctx).ID, pdf), true
		if err := insert(ctx, tx, o.Certificate, pdf); err != nil {
			return err
		}
		return audit.Append(ctx, tx, s.now(), "certificate.issued", o.Certificate.ID, o.Certificate.facts())
	})
	return o, err
}

// settle sorts out a draft that needs no certificate drawn: there is one
// already, or the enrollment is refused.
func settle(o *Outcome, d *draft, err error) (done bool, _ error) {
	switch {
	case refusal(err):
		o.Refused = err
		return true, nil
	case err != nil:
		return false, err
	case d.existing != nil:
		o.Certificate = d.existing
		return true, nil
	}
	return false, nil
}

// Revoke withdraws a certificate. It stays on record and answers as revoked.
func (s *Service) Revoke(ctx context.Context, id, reason, note string) (*Certificate, error) {
	if err := checkReason(reason, note); err != nil {
		return nil, err
	}
	return s.move(ctx, id, access.Revoke, "certificate.revoked", Revoked, reason, note)
}

func (s *Service) move(ctx context.Context, id string, act access.Act, deed string, to Status, reason, note string) (*Certificate, error) {
	c, err := s.administered(ctx, act, id)
	if err != nil {
		return nil, err
	}
	err = s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := c.move(to, access.From(ctx).ID, reason, note, s.now()); err != nil {
			return err
		}
		if err := updateStatus(ctx, tx, c); err != nil {
			return err
		}
		return audit.Append(ctx, tx, s.now(), deed, c.ID, map[string]string{"reason": reason})
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", deed, err)
	}
	return c, nil
}

// Supersede replaces a valid certificate by one that differs in the holder's
// name only; an empty name means the one confirmed last. The old one answers
// as replaced from then on.
func (s *Service) Supersede(ctx context.Context, id, holderName, reason string) (*Certificate, error) {
	if err := checkReason(reason, ""); err != nil {
		return nil, err
	}
	old, err := s.administered(ctx, access.IssueCredential, id)
	if err != nil {
		return nil, err
	}
	if err := s.issuer.complete(); err != nil {
		return nil, err
	}
	name, err := s.newName(ctx, old, holderName)
	if err != nil {
		return nil, err
	}
	draft := s.correction(old, name)
	pdf, err := draft.draw()
	if err != nil {
		return nil, err
	}
	c := draft.certificate(access.From(ctx).ID, pdf)
	err = s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		first, again, err := once.Claim(ctx, tx, s.now(), c.ID)
		if err != nil {
			return err
		}
		if again {
			c, err = get(ctx, tx, first)
			return err
		}
		if err := old.move(Superseded, access.From(ctx).ID, reason, "", s.now()); err != nil {
			return err
		}
		if err := updateStatus(ctx, tx, old); err != nil {
			return err
		}
		if err := insert(ctx, tx, c, pdf); err != nil {
			return err
		}
		return audit.Append(ctx, tx, s.now(), "certificate.superseded", old.ID, map[string]string{"by": c.ID, "reason": reason})
	})
	if err != nil {
		return nil, fmt.Errorf("supersede certificate: %w", err)
	}
	return c, nil
}

func (s *Service) newName(ctx context.Context, old *Certificate, name string) (string, error) {
	if name == "" {
		all, err := s.enrollments.ByID(ctx, s.db, []string{old.EnrollmentID})
		if err != nil {
			return "", err
		}
		name = all[old.EnrollmentID].PrintedName
	}
	name = certpdf.Normalize(name)
	return name, certpdf.Printable(name)
}

// Of returns a certificate that the actor holds or administers.
func (s *Service) Of(ctx context.Context, id string) (*Certificate, error) {
	if err := access.From(ctx).May(access.SeeCredentials); err != nil {
		return nil, err
	}
	if !db.IsID(id) {
		return nil, db.ErrNone
	}
	c, err := get(ctx, s.db, id)
	if err != nil {
		return nil, err
	}
	return c, s.sees(ctx, access.SeeCredentials, c)
}

// sees returns nil if the actor holds c or administers its program.
func (s *Service) sees(ctx context.Context, act access.Act, c *Certificate) error {
	who := access.From(ctx)
	all, err := s.enrollments.ByID(ctx, s.db, []string{c.EnrollmentID})
	if err != nil {
		return err
	}
	holds := act == access.SeeCredentials && all[c.EnrollmentID] != nil && all[c.EnrollmentID].PersonID == who.ID
	if holds || enrollment.Administers(who, c.Program) && who.MayIn(act, c.Program) == nil {
		return nil
	}
	return db.ErrNone
}

func (s *Service) administered(ctx context.Context, act access.Act, id string) (*Certificate, error) {
	if err := access.From(ctx).May(act); err != nil {
		return nil, err
	}
	if !db.IsID(id) {
		return nil, db.ErrNone
	}
	c, err := get(ctx, s.db, id)
	if err != nil {
		return nil, err
	}
	return c, s.sees(ctx, act, c)
}

// Document returns the bytes of a certificate, exactly as issued.
func (s *Service) Document(ctx context.Context, id string) (*Certificate, []byte, error) {
	c, err := s.Of(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	pdf, err := document(ctx, s.db, id)
	if err != nil {
		return nil, nil, fmt.Errorf("read certificate: %w", err)
	}
	if sum(pdf) != c.SHA256 {
		return nil, nil, fmt.Errorf("the bytes of certificate %s are not the ones issued", id)
	}
	return c, pdf, nil
}

// List returns the certificates that the actor holds or administers, oldest
// first, after the one named by after.
func (s *Service) List(ctx context.Context, after string, limit int64) ([]*Certificate, error) {
	who := access.From(ctx)
	if err := who.May(access.SeeCredentials); err != nil {
		return nil, err
	}
	mine, err := s.enrollments.Mine(ctx)
	if err != nil {
		return nil, err
	}
	held := make([]string, len(mine))
	for i, e := range mine {
		held[i] = e.ID
	}
	programs, all := who.Programs(access.IssueCredential)
	rows, err := list(ctx, s.db, visible{held, programs, all}, after, limit)
	if err != nil {
		return nil, fmt.Errorf("list certificates: %w", err)
	}
	return rows, nil
}
