// Package records keeps the evidence that people enter by hand and that has no
// feature of its own: hours elsewhere, consultations, papers, agreements,
// letters, fees, licenses, clearances and their like. They are all alike: one
// person enters a record, another confirms it, a mistake is corrected by a
// record that replaces it, and nothing is ever deleted. What differs from kind
// to kind stands in one table, in kinds.go.
package records

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/internal/fault"
	"github.com/kapstone-lms/kapstone/internal/identity"
	"github.com/kapstone-lms/kapstone/internal/once"
)

// Service keeps the records.
type Service struct {
	db          *db.DB
	enrollments *enrollment.Service
	people      *identity.Service
	now         func() time.Time
}

// New returns the records kept in d.
func New(d *db.DB, enrollments *enrollment.Service, people *identity.Service, now func() time.Time) *Service {
	return &Service{db: d, enrollments: enrollments, people: people, now: now}
}

// Enter puts a record into an enrollment: the trainee's waits to be confirmed,
// unless it is their signature; that of staff counts at once. Of r, what a
// person fills in is taken, from Kind to Note; all else is set here.
func (s *Service) Enter(ctx context.Context, enrollmentID string, r Record) (*Record, error) {
	p, roles, err := s.enrollments.As(ctx, s.db, access.EnterRecord, enrollmentID)
	if err != nil {
		return nil, err
	}
	sc, err := s.scene(ctx, s.db, p, roles)
	if err != nil {
		return nil, fmt.Errorf("enter record: %w", err)
	}
	r = r.content(p.ID)
	ru, ok := rules[r.Kind]
	if !ok {
		return nil, ErrKind
	}
	state, err := ru.entry(roles)
	if err != nil {
		return nil, err
	}
	if err := vouches(ctx, p, &r, roles, state); err != nil {
		return nil, err
	}
	if err := sc.fit(&r); err != nil {
		return nil, err
	}
	var made *Record
	err = s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		id, again, err := once.Claim(ctx, tx, s.now(), newID(r.Kind))
		if err != nil {
			return err
		}
		if again {
			made, err = get(ctx, tx, id)
			return err
		}
		fresh := r // a second try of the transaction begins anew
		made, fresh.ID = &fresh, id
		if err := enrollment.LockEvidence(ctx, tx, p.ID); err != nil {
			return err
		}
		return s.put(ctx, tx, sc, made, state, "record.entered")
	})
	if err != nil {
		return nil, fmt.Errorf("enter record: %w", err)
	}
	return made, nil
}

// put writes a record that fits, once the store says that it may stand beside
// the others, with its entry in the ledger.
func (s *Service) put(ctx context.Context, tx bun.IDB, sc scene, r *Record, state State, deed string) error {
	if err := s.checkPerson(ctx, tx, r); err != nil {
		return err
	}
	if err := standsBeside(ctx, tx, r); err != nil {
		return err
	}
	r.enter(sc.actor, state, s.now())
	if err := insert(ctx, tx, r); err != nil {
		return err
	}
	return audit.Append(ctx, tx, s.now(), deed, r.ID, r.told())
}

// scene gathers what an entry is judged by. A trainee's enrollment that has
// ended is ErrEnded; staff put its records in order.
func (s *Service) scene(ctx context.Context, idb bun.IDB, p *enrollment.Pinned, roles []access.Role) (scene, error) {
	lives, err := s.enrollments.Life(ctx, idb, []string{p.ID})
	if err != nil {
		return scene{}, err
	}
	l := lives[p.ID]
	if isOwn(roles) && l.Status.Ended() {
		return scene{}, enrollment.ErrEnded
	}
	return scene{actor: access.From(ctx).ID, roles: roles, pinned: p, today: l.AsOf, start: l.StartsOn}, nil
}

// vouches asks staff for what a grave act needs before they enter a record
// that counts at once.
func vouches(ctx context.Context, p *enrollment.Pinned, r *Record, roles []access.Role, state State) error {
	switch {
	case state != Confirmed || isOwn(roles):
		return nil
	case r.Kind == Clearance:
		return access.From(ctx).MayIn(access.SetClearance, p.Program)
	}
	return access.From(ctx).MayIn(access.VouchRecord, p.Program)
}

// newID returns an id for a record. That of a clearance tells nothing of when
// it was set: admins see that somebody is cleared, and not since when.
func newID(k Kind) string {
	if k == Clearance {
		return uuid.NewString()
	}
	return db.NewID()
}

// checkPerson refuses a named person who has no account here.
func (s *Service) checkPerson(ctx context.Context, tx bun.IDB, r *Record) error {
	if r.PersonID == "" {
		return nil
	}
	p, err := s.people.Find(ctx, tx, r.PersonID)
	if f := fault.Of(err); f != nil && f.Is(db.ErrNone) || err == nil && p.Status != identity.Active {
		return ErrPerson
	}
	return err
}

// standsBeside refuses a record of what is on record already, and more minutes
// than a day has.
func standsBeside(ctx context.Context, tx bun.IDB, r *Record) error {
	same, err := sameAs(ctx, tx, r)
	if err != nil {
		return err
	}
	if same != "" {
		return ErrSame.With("record_id", same)
	}
	if !isTimed(r.Kind) || r.Carried != "" {
		return nil
	}
	n, err := minutesOn(ctx, tx, r.EnrollmentID, r.OnDay)
	if err == nil && n+r.Minutes > maxDay {
		return ErrDayFull.Says(fmt.Sprintf("One day has at most %d hours of training. With this one, %s would have %d minutes; %d are on record.",
			maxDay/60, r.OnDay, n+r.Minutes, n))
	}
	return err
}
