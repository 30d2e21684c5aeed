package enrollment

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/fault"
	"github.com/kapstone-lms/kapstone/internal/once"
)

// Somebody who is away lets a colleague supervise in their place for some days.
// The delegate reaches what the delegator supervises then, in programs in which
// the delegate may do the act too, and the ledger says for whom they acted.
// Nobody passes on what was delegated to them.

// A Delegation is one person standing in for another. Days are dates in UTC,
// both included.
type Delegation struct {
	bun.BaseModel `bun:"table:delegations"`

	ID      string `bun:",pk"`
	FromID  string // who is away
	ToID    string // who stands in
	FromOn  string // YYYY-MM-DD
	UntilOn string
	MadeAt  db.Time
	EndedAt db.Time // zero unless it was ended early
}

// maxAway is how many days one delegation lasts at most.
const maxAway = 90

// The faults of delegating.
var (
	ErrDelegate = fault.New(fault.Invalid, "unknown_delegate", "This person teaches or supervises in none of your programs, or is suspended.").At("to")
	ErrSelf     = fault.New(fault.Invalid, "unknown_delegate", "Name somebody else than yourself.").At("to")
	ErrAway     = fault.New(fault.Invalid, "bad_days", fmt.Sprintf("The days read YYYY-MM-DD; the last is not past, not before the first, and at most %d days after it.", maxAway)).At("until_on")
)

// check is the rule of form of a delegation that is made on a day.
func (d *Delegation) check(day string) error {
	first, err1 := time.Parse(time.DateOnly, d.FromOn)
	last, err2 := time.Parse(time.DateOnly, d.UntilOn)
	if err1 != nil || err2 != nil || last.Before(first) || d.UntilOn < day || last.Sub(first) > maxAway*24*time.Hour {
		return ErrAway
	}
	if d.FromID == d.ToID {
		return ErrSelf
	}
	return nil
}

// Delegate lets another supervise in the actor's place on some days.
func (s *Service) Delegate(ctx context.Context, to, fromOn, untilOn string) (*Delegation, error) {
	who := access.From(ctx)
	if err := who.May(access.Delegate); err != nil {
		return nil, err
	}
	d := &Delegation{FromID: who.ID, ToID: to, FromOn: fromOn, UntilOn: untilOn, MadeAt: db.At(s.now())}
	if err := d.check(utcDay(s.now())); err != nil {
		return nil, err
	}
	err := s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		id, again, err := once.Claim(ctx, tx, s.now(), db.NewID())
		if err != nil {
			return err
		}
		if again {
			return db.Check(tx.NewSelect().Model(d).Where("id = ?", id).Scan(ctx))
		}
		d.ID = id
		if err := s.colleague(ctx, tx, who, to); err != nil {
			return err
		}
		if _, err := tx.NewInsert().Model(d).Exec(ctx); err != nil {
			return db.Check(err)
		}
		return audit.Append(ctx, tx, s.now(), "delegation.made", d.ID, map[string]any{"from": d.FromID, "to": d.ToID, "from_on": d.FromOn, "until_on": d.UntilOn})
	})
	if err != nil {
		return nil, fmt.Errorf("delegate: %w", err)
	}
	return d, nil
}

// colleague refuses a delegate who teaches in none of the actor's programs.
func (s *Service) colleague(ctx context.Context, tx bun.IDB, who access.Actor, to string) error {
	if err := s.active(ctx, tx, to, "to"); err != nil {
		return err
	}
	p, err := s.people.Find(ctx, tx, to)
	if err != nil {
		return err
	}
	for _, own := range who.Grants {
		for _, theirs := range p.Grants {
			if near(own.Role) && near(theirs.Role) && (own.Program == "" || theirs.Program == "" || own.Program == theirs.Program) {
				return nil
			}
		}
	}
	return ErrDelegate
}

// EndDelegation ends a delegation of the actor's at once. Ended again, nothing
// changes.
func (s *Service) EndDelegation(ctx context.Context, id string) error {
	who := access.From(ctx)
	if err := who.May(access.Delegate); err != nil {
		return err
	}
	if !db.IsID(id) {
		return db.ErrNone
	}
	err := s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := db.Lock(ctx, tx, "delegation/"+id); err != nil {
			return err
		}
		d := new(Delegation)
		if err := db.Check(tx.NewSelect().Model(d).Where("id = ? AND from_id = ?", id, who.ID).Scan(ctx)); err != nil || !d.EndedAt.IsZero() {
			return err
		}
		if _, err := tx.NewUpdate().Model(d).Set("ended_at = ?", db.At(s.now())).Where("id = ?", id).Exec(ctx); err != nil {
			return db.Check(err)
		}
		return audit.Append(ctx, tx, s.now(), "delegation.ended", id, nil)
	})
	if err != nil {
		return fmt.Errorf("end delegation: %w", err)
	}
	return nil
}

// Delegations returns those that the actor made or received and that are not
// over, oldest first.
func (s *Service) Delegations(ctx context.Context) (rows []*Delegation, err error) {
	who := access.From(ctx)
	if err := who.May(access.Delegate); err != nil {
		return nil, err
	}
	err = s.db.NewSelect().Model(&rows).Where("(from_id = ? OR to_id = ?) AND until_on >= ? AND ended_at IS NULL", who.ID, who.ID, utcDay(s.now())).
		OrderExpr("id").Scan(ctx)
	return rows, db.Check(err)
}

// standsFor is a query of those in whose place a person supervises now.
func (s *Service) standsFor(idb bun.IDB, personID string) *bun.SelectQuery {
	day := utcDay(s.now())
	return idb.NewSelect().TableExpr("delegations AS d").ColumnExpr("d.from_id").
		Where("d.to_id = ? AND d.from_on <= ? AND d.until_on >= ? AND d.ended_at IS NULL", personID, day, day)
}

// inPlaceOf returns who of the supervisors has delegated to a person, "" for
// nobody.
func (s *Service) inPlaceOf(ctx context.Context, idb bun.IDB, personID string, supervisors []string) (from string, err error) {
	if len(supervisors) == 0 {
		return "", nil
	}
	var all []string
	err = s.standsFor(idb, personID).Where("d.from_id IN (?)", bun.List(supervisors)).OrderExpr("d.id").Limit(1).Scan(ctx, &all)
	if err != nil || len(all) == 0 {
		return "", db.Check(err)
	}
	return all[0], nil
}

// utcDay is a moment's date in UTC.
func utcDay(t time.Time) string { return t.UTC().Format(time.DateOnly) }
