// Package standing keeps what is decided about an enrollment by name: waivers
// of single requirements, and holds that stop it. Both need a second person,
// and what was decided stays on record.
package standing

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/internal/identity"
	"github.com/kapstone-lms/kapstone/internal/once"
)

// Service keeps waivers and holds.
type Service struct {
	db          *db.DB
	enrollments *enrollment.Service
	people      *identity.Service
	now         func() time.Time
}

// New returns the waivers and holds kept in d.
func New(d *db.DB, enrollments *enrollment.Service, people *identity.Service, now func() time.Time) *Service {
	return &Service{db: d, enrollments: enrollments, people: people, now: now}
}

// Evidence is what stands about an enrollment: the waivers that have an effect,
// with their reasons, and all its holds, in the order in which they were made.
// What was said in a hold, and who decided on it, is left out: nobody computes
// with it.
type Evidence struct {
	Waivers []*Waiver
	Holds   []*Hold
}

// Evidence returns what stands about enrollments. It reads through idb, so that
// a deed can ask inside its transaction.
func (s *Service) Evidence(ctx context.Context, idb bun.IDB, enrollmentIDs []string) (map[string]Evidence, error) {
	all := make(map[string]Evidence, len(enrollmentIDs))
	if len(enrollmentIDs) == 0 {
		return all, nil
	}
	waivers, err := approved(ctx, idb, enrollmentIDs)
	if err != nil {
		return nil, fmt.Errorf("read waivers: %w", err)
	}
	for _, w := range waivers {
		e := all[w.EnrollmentID]
		e.Waivers = append(e.Waivers, w)
		all[w.EnrollmentID] = e
	}
	holds, err := allHolds(ctx, idb, enrollmentIDs)
	if err != nil {
		return nil, fmt.Errorf("read holds: %w", err)
	}
	for _, h := range holds {
		e := all[h.EnrollmentID]
		e.Holds = append(e.Holds, h)
		all[h.EnrollmentID] = e
	}
	return all, nil
}

// staff returns an enrollment about which the actor may do act. Their own
// fails with own.
func (s *Service) staff(ctx context.Context, act access.Act, enrollmentID string, own error) (*enrollment.Pinned, error) {
	p, err := s.enrollments.See(ctx, act, enrollmentID)
	if err != nil {
		return nil, err
	}
	same, err := s.people.Same(ctx, s.db, p.PersonID, access.From(ctx).ID)
	if err != nil {
		return nil, err
	}
	if same {
		return nil, own
	}
	return p, nil
}

// partyOf says what the actor is to something about an enrollment that began
// began and, where it was decided, first decided. Two accounts with one license
// are one person.
func (s *Service) partyOf(ctx context.Context, idb bun.IDB, e *enrollment.Enrollment, began, first string) (party, error) {
	who := access.From(ctx)
	is := make(map[party]bool)
	for p, id := range map[party]string{trainee: e.PersonID, opener: began, decider: first} {
		if id == "" {
			continue
		}
		same, err := s.people.Same(ctx, idb, id, who.ID)
		if err != nil {
			return 0, err
		}
		is[p] = same
	}
	chiefs := enrollment.Administers(who, e.Program)
	switch {
	case is[trainee]:
		return trainee, nil
	case is[opener] && chiefs:
		return openingChief, nil
	case is[opener]:
		return opener, nil
	case is[decider]:
		return decider, nil
	case chiefs:
		return chief, nil
	}
	return helper, nil
}

// A Proposal is what somebody says who proposes a waiver.
type Proposal struct {
	Requirement string // its id in the pinned program
	Reason      string
	Evidence    string // what the reason rests on
}

// Propose asks for a waiver of one requirement of an enrollment. It has no
// effect until somebody else approves it.
func (s *Service) Propose(ctx context.Context, enrollmentID string, p Proposal) (*Waiver, error) {
	e, err := s.staff(ctx, access.ProposeWaiver, enrollmentID, ErrOwnWaiver)
	if err != nil {
		return nil, err
	}
	if err := waivable(e.Edition, p.Requirement); err != nil {
		return nil, err
	}
	w := &Waiver{EnrollmentID: e.ID, Requirement: p.Requirement, State: Proposed, ProposedBy: access.From(ctx).ID, Version: 1}
	if w.Reason, err = words("reason", p.Reason, 1, maxReason); err != nil {
		return nil, err
	}
	if w.Evidence, err = words("evidence", p.Evidence, 1, maxReason); err != nil {
		return nil, err
	}
	err = s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		id, again, err := once.Claim(ctx, tx, s.now(), db.NewID())
		if err != nil {
			return err
		}
		if again {
			w, err = getWaiver(ctx, tx, id)
			return err
		}
		w.ID, w.ProposedAt = id, db.At(s.now())
		if err := insertWaiver(ctx, tx, w); err != nil {
			return err
		}
		return audit.Append(ctx, tx, s.now(), "waiver.proposed", w.ID, map[string]any{"enrollment": e.ID, "requirement": w.Requirement})
	})
	if err != nil {
		return nil, fmt.Errorf("propose waiver: %w", err)
	}
	return w, nil
}

// Waivers returns the waivers of an enrollment that the actor may see, oldest
// first. The trainee is not told who proposed and decided, nor what they noted.
func (s *Service) Waivers(ctx context.Context, enrollmentID string) ([]*Waiver, error) {
	p, err := s.enrollments.See(ctx, access.SeeStanding, enrollmentID)
	if err != nil {
		return nil, err
	}
	rows, err := waiversOf(ctx, s.db, p.ID)
	if err != nil {
		return nil, fmt.Errorf("list waivers: %w", err)
	}
	own, err := s.people.Same(ctx, s.db, p.PersonID, access.From(ctx).ID)
	if err != nil {
		return nil, err
	}
	for i, w := range rows {
		if own {
			rows[i] = w.shown()
		}
	}
	return rows, nil
}

// Approve lets a waiver have its effect. A note is welcome and not asked.
func (s *Service) Approve(ctx context.Context, id, note string) (*Waiver, error) {
	return s.decideWaiver(ctx, access.DecideWaiver, id, approve, note, 0)
}

// Decline refuses a proposed waiver and says why.
func (s *Service) Decline(ctx context.Context, id, note string) (*Waiver, error) {
	return s.decideWaiver(ctx, access.DecideWaiver, id, decline, note, 1)
}

// Withdraw takes a waiver back, at once, and says why.
func (s *Service) Withdraw(ctx context.Context, id, note string) (*Waiver, error) {
	return s.decideWaiver(ctx, access.WithdrawWaiver, id, withdraw, note, 1)
}

// waiverDeeds are the ledger's names of what is done to a waiver.
var waiverDeeds = map[waiverVerb]string{approve: "waiver.approved", decline: "waiver.declined", withdraw: "waiver.withdrawn"}

// decideWaiver is the frame of every deed on a waiver: whose it is, the table
// of ways, the write that expects the version read, the ledger.
func (s *Service) decideWaiver(ctx context.Context, act access.Act, id string, do waiverVerb, note string, least int) (*Waiver, error) {
	if err := access.From(ctx).May(act); err != nil {
		return nil, err
	}
	w, err := getWaiver(ctx, s.db, id)
	if err != nil {
		return nil, err
	}
	e, err := s.enrollments.See(ctx, act, w.EnrollmentID)
	if err != nil {
		return nil, err
	}
	if note, err = words("note", note, least, maxReason); err != nil {
		return nil, err
	}
	err = s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := enrollment.LockEvidence(ctx, tx, e.ID); err != nil {
			return err
		}
		if w, err = getWaiver(ctx, tx, id); err != nil {
			return err
		}
		by, err := s.partyOf(ctx, tx, e.Enrollment, w.ProposedBy, w.DecidedBy)
		if err != nil {
			return err
		}
		changed, err := w.move(do, by, e.Edition.Duties.WaiverAlone, access.From(ctx).ID, note, s.now())
		if err != nil || !changed {
			return err
		}
		if err := updateWaiver(ctx, tx, w); err != nil {
			return err
		}
		return audit.Append(ctx, tx, s.now(), waiverDeeds[do], w.ID, map[string]any{"enrollment": e.ID, "requirement": w.Requirement})
	})
	if err != nil {
		return nil, fmt.Errorf("%s waiver: %w", do, err)
	}
	return w, nil
}
