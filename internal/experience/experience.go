// Package experience keeps the one thing the program may know of a trainee's
// personal experience: that they attest to have completed it. Whether by a
// session of their own or by the equal alternative is never asked and never
// stored; both end in the same attestation, and everybody but the trainee sees
// only "met".
package experience

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/internal/fault"
)

// The faults of attesting.
var (
	ErrNotAttested = fault.New(fault.Invalid, "not_attested", "Set attested to true once you have completed your path. To take it back, delete it.").At("attested")
	ErrStatement   = fault.New(fault.Conflict, "statement_changed", "The statement you read is not the one of your program. Read it again, then attest.").At("statement_version")
	ErrNotAsked    = fault.New(fault.NotFound, "not_asked", "Your program does not ask for this.")
)

// Service keeps the attestations.
type Service struct {
	db          *db.DB
	enrollments *enrollment.Service
	now         func() time.Time
}

// New returns the attestations kept in d.
func New(d *db.DB, enrollments *enrollment.Service, now func() time.Time) *Service {
	return &Service{db: d, enrollments: enrollments, now: now}
}

// A Statement is what the trainee is asked to attest, and whether they did. It
// is for the trainee's eyes only.
type Statement struct {
	Version  string
	Text     string
	Minutes  int // the same for every path
	Attested bool
}

// Read returns the statement of the actor's enrollment.
func (s *Service) Read(ctx context.Context, enrollmentID string) (*Statement, error) {
	p, err := s.own(ctx, enrollmentID)
	if err != nil {
		return nil, err
	}
	met, err := s.Met(ctx, s.db, []string{enrollmentID})
	if err != nil {
		return nil, err
	}
	x := p.Edition.Experience
	return &Statement{x.Version, x.Statement, x.Minutes, met[enrollmentID]}, nil
}

// Attest signs the statement of the given version; an empty version means the
// current one. A second time changes nothing.
func (s *Service) Attest(ctx context.Context, enrollmentID, version string, attested bool) error {
	p, err := s.own(ctx, enrollmentID)
	if err != nil {
		return err
	}
	x := p.Edition.Experience
	switch {
	case !attested:
		return ErrNotAttested
	case version != "" && version != x.Version:
		return ErrStatement
	}
	return s.change(ctx, enrollmentID, func(ctx context.Context, tx bun.IDB) (bool, error) {
		return insert(ctx, tx, enrollmentID, x.Version, x.Minutes)
	})
}

// Withdraw takes the attestation back. Without one it changes nothing.
func (s *Service) Withdraw(ctx context.Context, enrollmentID string) error {
	if _, err := s.own(ctx, enrollmentID); err != nil {
		return err
	}
	return s.change(ctx, enrollmentID, func(ctx context.Context, tx bun.IDB) (bool, error) {
		return remove(ctx, tx, enrollmentID)
	})
}

// change writes with one and the same ledger entry whatever was done.
func (s *Service) change(ctx context.Context, id string, write func(context.Context, bun.IDB) (bool, error)) error {
	err := s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := enrollment.LockEvidence(ctx, tx, id); err != nil {
			return err
		}
		changed, err := write(ctx, tx)
		if err != nil || !changed {
			return err
		}
		return audit.Append(ctx, tx, s.now(), "experience requirement changed", id, nil)
	})
	if err != nil {
		return fmt.Errorf("change attestation: %w", err)
	}
	return nil
}

func (s *Service) own(ctx context.Context, enrollmentID string) (*enrollment.Pinned, error) {
	p, err := s.enrollments.Own(ctx, access.ChooseOwnPath, enrollmentID)
	if err == nil && p.Edition.Experience.Statement == "" {
		return nil, ErrNotAsked
	}
	return p, err
}

// Met reports which of the enrollments have attested. It is all that anybody
// but the trainee learns. It reads through idb, so that a deed can ask inside
// its transaction.
func (s *Service) Met(ctx context.Context, idb bun.IDB, enrollmentIDs []string) (map[string]bool, error) {
	met, err := attested(ctx, idb, enrollmentIDs)
	if err != nil {
		return nil, fmt.Errorf("read attestations: %w", err)
	}
	return met, nil
}
