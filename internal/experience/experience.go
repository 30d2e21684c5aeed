// Package experience keeps the one thing the program may know of a trainee's
// personal experience: that they attest to have completed it. Whether by a
// session of their own or by the equal alternative is nobody's business: where
// a program offers paths, the trainee may note one for themselves, sealed and
// apart. All end in the same attestation, and everybody but the trainee sees
// only "met".
package experience

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/internal/fault"
	"github.com/kapstone-lms/kapstone/internal/keys"
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
	ring        *keys.Ring
	now         func() time.Time
}

// New returns the attestations kept in d. Choices are sealed with keys of ring.
func New(d *db.DB, enrollments *enrollment.Service, ring *keys.Ring, now func() time.Time) *Service {
	return &Service{db: d, enrollments: enrollments, ring: ring, now: now}
}

// act is the one act of this package: nobody but the trainee has it.
const act = access.ChooseOwnPath

// A Statement is what the trainee is asked to attest, and whether they did. It
// is for the trainee's eyes only.
type Statement struct {
	Version  string
	Text     string
	Minutes  int // the same for every path
	Attested bool
	Paths    []curriculum.Path // to choose from, if any
	Chosen   string            // the key of the path noted; "" for none
}

// Read returns the statement of the actor's enrollment.
func (s *Service) Read(ctx context.Context, enrollmentID string) (*Statement, error) {
	p, err := asked(s.enrollments.OwnToRead(ctx, act, enrollmentID))
	if err != nil {
		return nil, err
	}
	met, err := s.Met(ctx, s.db, []string{enrollmentID})
	if err != nil {
		return nil, err
	}
	x := p.Edition.Experience
	st := &Statement{Version: x.Version, Text: x.Statement, Minutes: x.Minutes, Attested: met[enrollmentID], Paths: x.Paths}
	if len(x.Paths) == 0 {
		return st, nil
	}
	st.Chosen, err = s.chosen(ctx, s.db, enrollmentID)
	if _, gone := find(x, st.Chosen); gone != nil { // none, or of an edition before
		st.Chosen = ""
	}
	return st, err
}

// Attest signs the statement of the given version; an empty version means the
// current one. A second time changes nothing.
func (s *Service) Attest(ctx context.Context, enrollmentID, version string, attested bool) error {
	p, err := asked(s.enrollments.Own(ctx, act, enrollmentID))
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

// Withdraw takes the attestation back, also after the enrollment has ended.
// Without one it changes nothing.
func (s *Service) Withdraw(ctx context.Context, enrollmentID string) error {
	if _, err := asked(s.enrollments.OwnToRead(ctx, act, enrollmentID)); err != nil {
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
		return fmt.Errorf("change personal experience: %w", err)
	}
	return nil
}

// asked returns ErrNotAsked where the program has no statement to attest.
func asked(p *enrollment.Pinned, err error) (*enrollment.Pinned, error) {
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
