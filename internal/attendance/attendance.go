// Package attendance keeps who was where and for how long: events of a cohort,
// online, in person or both, and the minutes of everyone who came. A trainee
// may claim a presence; an instructor of the cohort or an admin enters,
// confirms, refuses and corrects them. Only what is confirmed counts.
package attendance

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/internal/once"
)

// Service keeps events and presences.
type Service struct {
	db          *db.DB
	enrollments *enrollment.Service
	now         func() time.Time
}

// New returns the attendance kept in d.
func New(d *db.DB, enrollments *enrollment.Service, now func() time.Time) *Service {
	return &Service{db: d, enrollments: enrollments, now: now}
}

// lock keeps every other deed on attendance waiting until the transaction
// ends. One lock for all is enough: a deed is short, and the ledger puts them
// in a row anyway. It lets an overlap be seen whatever the events, and an
// event be changed only while nobody enters a presence.
func lock(ctx context.Context, tx bun.IDB) error { return db.Lock(ctx, tx, "attendance") }

// Plan makes an event of a cohort that the actor teaches or administers.
func (s *Service) Plan(ctx context.Context, cohortID string, e Event) (*Event, error) {
	c, err := s.enrollments.Cohort(ctx, access.ManageEvents, cohortID)
	if err != nil {
		return nil, err
	}
	e.CohortID, e.CanceledAt, e.Version = c.ID, db.Time{}, 1
	if err := e.check(); err != nil {
		return nil, err
	}
	made := &e
	err = s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		id, again, err := once.Claim(ctx, tx, s.now(), db.NewID())
		if err != nil {
			return err
		}
		if again {
			made, err = getEvent(ctx, tx, id)
			return err
		}
		e.ID = id
		if err := lock(ctx, tx); err != nil {
			return err
		}
		if err := checkMakeUp(ctx, tx, &e); err != nil {
			return err
		}
		if err := insertEvent(ctx, tx, &e); err != nil {
			return err
		}
		return audit.Append(ctx, tx, s.now(), "event.planned", e.ID, details(&e))
	})
	if err != nil {
		return nil, fmt.Errorf("plan event: %w", err)
	}
	return made, nil
}

// details is what the ledger says of an event.
func details(e *Event) map[string]any {
	return map[string]any{
		"cohort": e.CohortID, "series": e.Series, "delivery": e.Delivery, "starts_at": e.StartsAt.UnixMilli(), "minutes": e.Minutes,
		"makes_up": e.MakesUp,
	}
}

func checkMakeUp(ctx context.Context, tx bun.IDB, e *Event) error {
	if e.MakesUp == "" {
		return nil
	}
	other, err := getEvent(ctx, tx, e.MakesUp)
	if err == db.ErrNone {
		return ErrMakesUp
	}
	if err != nil {
		return err
	}
	return e.makesUpFor(other)
}

// Change changes an event at which nobody's presence counts.
func (s *Service) Change(ctx context.Context, id string, c Change) (*Event, error) {
	return s.manage(ctx, id, "event.changed", func(ctx context.Context, tx bun.IDB, e *Event, so situation) (bool, error) {
		if err := e.change(c, so); err != nil {
			return false, err
		}
		return true, checkMakeUp(ctx, tx, e)
	})
}

// Cancel records that an event does not take place. It stays on record, counts
// for nobody, and can be canceled only while nobody's presence counts.
// Canceling a canceled event returns it.
func (s *Service) Cancel(ctx context.Context, id string) (*Event, error) {
	return s.manage(ctx, id, "event.canceled", func(_ context.Context, _ bun.IDB, e *Event, so situation) (bool, error) {
		return e.cancel(so, s.now())
	})
}

// manage is the frame of every change of an event: whose it is, the rule, the
// write that expects the version read, the ledger.
func (s *Service) manage(ctx context.Context, id, deed string,
	rule func(context.Context, bun.IDB, *Event, situation) (changed bool, err error)) (*Event, error) {
	e, _, err := s.event(ctx, access.ManageEvents, id)
	if err != nil {
		return nil, err
	}
	err = s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := lock(ctx, tx); err != nil {
			return err
		}
		if e, err = getEvent(ctx, tx, id); err != nil {
			return err
		}
		so, err := situationOf(ctx, tx, id)
		if err != nil {
			return err
		}
		if changed, err := rule(ctx, tx, e, so); err != nil || !changed {
			return err
		}
		if err := updateEvent(ctx, tx, e); err != nil {
			return err
		}
		return audit.Append(ctx, tx, s.now(), deed, e.ID, details(e))
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", deed, err)
	}
	return e, nil
}

// Events returns the events of a cohort that the actor is in, teaches or
// administers, canceled ones too, in the order of their start, after the one
// named by after.
func (s *Service) Events(ctx context.Context, cohortID, after string, limit int64) ([]*Event, error) {
	if err := s.mayRead(ctx, cohortID); err != nil {
		return nil, err
	}
	rows, err := eventsOf(ctx, s.db, cohortID, after, limit)
	if err != nil {
		return nil, fmt.Errorf("list events: %w", err)
	}
	return rows, nil
}

// mayRead returns nil if the actor takes part in a cohort or works for it.
func (s *Service) mayRead(ctx context.Context, cohortID string) error {
	if err := access.From(ctx).May(access.SeeEvents); err != nil {
		return err
	}
	mine, err := s.enrollments.Mine(ctx)
	if err != nil {
		return err
	}
	for _, e := range mine {
		if e.CohortID == cohortID {
			return nil
		}
	}
	_, err = s.enrollments.Cohort(ctx, access.SeeEvents, cohortID)
	return err
}

// event returns an event, and its cohort, for which the actor may do act. One
// of another cohort answers like one that does not exist.
func (s *Service) event(ctx context.Context, act access.Act, id string) (*Event, *enrollment.Cohort, error) {
	if err := access.From(ctx).May(act); err != nil {
		return nil, nil, err
	}
	e, err := getEvent(ctx, s.db, id)
	if err != nil {
		return nil, nil, err
	}
	c, err := s.enrollments.Cohort(ctx, act, e.CohortID)
	return e, c, err
}
