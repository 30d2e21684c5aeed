package records

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/internal/once"
	"github.com/kapstone-lms/kapstone/internal/text"
)

// Confirm takes a record that waits, so that it counts. A license counts as
// checked on the day on which it is confirmed. The version is the one that was
// read; 0 takes any. Confirming again changes nothing.
func (s *Service) Confirm(ctx context.Context, id string, version int64) (*Record, error) {
	return s.decide(ctx, id, "record.confirmed", func(r *Record, sc scene) (bool, error) {
		return r.confirm(sc.actor, sc.today, version, s.now())
	})
}

// Refuse turns a record down with a reason: one that waits, or one that counts
// and should not. It stays on record. Refusing again changes nothing.
func (s *Service) Refuse(ctx context.Context, id, reason string, version int64) (*Record, error) {
	reason = text.Tidy(reason)
	if reason == "" || checkText(reason, "reason", maxNote, true) != nil {
		return nil, ErrReason
	}
	return s.decide(ctx, id, "record.refused", func(r *Record, sc scene) (bool, error) {
		return r.refuse(sc.actor, reason, version, s.now())
	})
}

// decide is the frame of a decision: whose record it is, who decides on its
// kind, the rule, the write that expects the version read, the ledger.
func (s *Service) decide(ctx context.Context, id, deed string, rule func(*Record, scene) (changed bool, err error)) (*Record, error) {
	var r *Record
	err := s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) (err error) {
		var p *enrollment.Pinned
		var roles []access.Role
		if r, p, roles, err = s.held(ctx, tx, access.DecideRecord, id); err != nil {
			return err
		}
		if err := rules[r.Kind].decides(roles, r.Carried != ""); err != nil {
			return err
		}
		sc, err := s.scene(ctx, tx, p, roles)
		if err != nil {
			return err
		}
		changed, err := rule(r, sc)
		if err != nil || !changed {
			return err
		}
		if err := update(ctx, tx, r); err != nil {
			return err
		}
		return audit.Append(ctx, tx, s.now(), deed, r.ID, r.told())
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", deed, err)
	}
	return r, nil
}

// Correct puts a record in the place of another, which is replaced from then
// on and stays on record. Of r, what a person fills in is taken; an empty kind
// is that of the record it corrects. A trainee's correction waits to be
// confirmed, whatever stood there before.
func (s *Service) Correct(ctx context.Context, id string, r Record, version int64) (*Record, error) {
	var made *Record
	err := s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		was, p, roles, err := s.held(ctx, tx, access.EnterRecord, id)
		if err != nil {
			return err
		}
		fresh := r.content(p.ID)
		state, err := was.correction(&fresh, access.From(ctx).ID, roles)
		if err != nil {
			return err
		}
		if err := vouches(ctx, p, &fresh, roles, state); err != nil {
			return err
		}
		newID, again, err := once.Claim(ctx, tx, s.now(), newID(fresh.Kind))
		if err != nil {
			return err
		}
		if again {
			made, err = get(ctx, tx, newID)
			return err
		}
		made, fresh.ID = &fresh, newID
		return s.replace(ctx, tx, p, roles, was, made, state, version)
	})
	if err != nil {
		return nil, fmt.Errorf("correct record: %w", err)
	}
	return made, nil
}

// replace writes fresh in the place of was.
func (s *Service) replace(ctx context.Context, tx bun.IDB, p *enrollment.Pinned, roles []access.Role, was, fresh *Record, state State, version int64) error {
	sc, err := s.scene(ctx, tx, p, roles)
	if err != nil {
		return err
	}
	if err := was.giveWay(sc.actor, version, s.now()); err != nil {
		return err
	}
	if err := sc.fit(fresh); err != nil {
		return err
	}
	if err := update(ctx, tx, was); err != nil {
		return err
	}
	return s.put(ctx, tx, sc, fresh, state, "record.corrected")
}

// held returns a record that the actor reaches for an act, and that nobody
// else changes until the transaction ends: not even by issuing on it.
func (s *Service) held(ctx context.Context, tx bun.IDB, act access.Act, id string) (*Record, *enrollment.Pinned, []access.Role, error) {
	if err := access.From(ctx).May(act); err != nil {
		return nil, nil, nil, err
	}
	if !db.IsID(id) {
		return nil, nil, nil, db.ErrNone
	}
	r, err := get(ctx, tx, id)
	if err != nil {
		return nil, nil, nil, err
	}
	p, roles, err := s.enrollments.As(ctx, tx, act, r.EnrollmentID)
	if err != nil {
		return nil, nil, nil, err
	}
	if v := viewOf(roles); r.Kind != Clearance && !v.records || r.Kind == Clearance && v.clearances != whole {
		return nil, nil, nil, db.ErrNone
	}
	if err := enrollment.LockEvidence(ctx, tx, p.ID); err != nil {
		return nil, nil, nil, err
	}
	r, err = get(ctx, tx, id) // anew: another may have changed it while we waited
	return r, p, roles, err
}
