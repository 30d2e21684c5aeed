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
	"github.com/kapstone-lms/kapstone/internal/text"
)

// Claim records that the actor was at an event of their cohort. It waits until
// an instructor confirms it.
func (s *Service) Claim(ctx context.Context, eventID string, t Stay) (*Presence, error) {
	p, err := s.enrollments.Own(ctx, access.ClaimPresence, t.EnrollmentID)
	if err != nil {
		return nil, err
	}
	var made *Presence
	err = s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		id, again, err := once.Claim(ctx, tx, s.now(), db.NewID())
		if err != nil {
			return err
		}
		if again {
			made, err = getPresence(ctx, tx, id)
			return err
		}
		if err := lock(ctx, tx); err != nil {
			return err
		}
		e, err := getEvent(ctx, tx, eventID)
		if err != nil {
			return err
		}
		if e.CohortID != p.CohortID {
			return db.ErrNone // to a trainee the events of other cohorts do not exist
		}
		made = s.enter(ctx, id, e, t)
		made.State, made.DecidedBy, made.DecidedAt = Claimed, "", db.Time{}
		if err := s.admit(ctx, tx, e, p.Enrollment, made, anything); err != nil {
			return err
		}
		if err := insertPresences(ctx, tx, made); err != nil {
			return err
		}
		return audit.Append(ctx, tx, s.now(), "presence.claimed", made.ID, trace(made))
	})
	if err != nil {
		return nil, fmt.Errorf("claim presence: %w", err)
	}
	return made, nil
}

// enter makes a confirmed presence of what the actor says.
func (s *Service) enter(ctx context.Context, id string, e *Event, t Stay) *Presence {
	who, at := access.From(ctx).ID, db.At(s.now())
	return &Presence{
		ID: id, EventID: e.ID, EnrollmentID: t.EnrollmentID, Delivery: t.Delivery, InMinute: t.In, OutMinute: t.Out, State: Confirmed,
		EnteredBy: who, EnteredAt: at, DecidedBy: who, DecidedAt: at, Version: 1,
	}
}

// trace is what the ledger says of a presence.
func trace(p *Presence) map[string]any {
	return map[string]any{
		"event": p.EventID, "enrollment": p.EnrollmentID, "in": p.InMinute, "out": p.OutMinute, "delivery": p.Delivery, "replaces": p.Replaces,
	}
}

// What bars a presence: of a claim anything on record for that time, of what
// is to count only what counts.
func anything(*held) bool { return true }
func counts(h *held) bool { return h.State == Confirmed }

// admit checks a presence of an enrollment at an event against the rules and
// against what is on record of the person, in any cohort.
func (s *Service) admit(ctx context.Context, tx bun.IDB, e *Event, of *enrollment.Enrollment, p *Presence, bars func(*held) bool) error {
	zone, err := s.enrollments.Zone(ctx, tx, of.CohortID)
	if err != nil {
		return err
	}
	day, err := firstDay(of, zone)
	if err != nil {
		return err
	}
	if err := p.fit(e, day, s.now()); err != nil {
		return err
	}
	others, err := heldNear(ctx, tx, []string{of.PersonID}, e)
	if err != nil {
		return err
	}
	return p.clash(e, others, bars)
}

// firstDay is the first moment of an enrollment's first day, which may be
// before the day of enrolling.
func firstDay(of *enrollment.Enrollment, zone *time.Location) (time.Time, error) {
	day, err := time.ParseInLocation(time.DateOnly, of.StartsOn, zone)
	if err != nil {
		return day, fmt.Errorf("enrollment %s: %w", of.ID, err)
	}
	return day, nil
}

// Confirm makes a claimed presence count. One that counts stays as it is.
func (s *Service) Confirm(ctx context.Context, id string) (*Presence, error) {
	return s.decide(ctx, id, confirm, "", func(ctx context.Context, tx bun.IDB, d *decision) error {
		if err := s.admit(ctx, tx, d.event, d.of, d.old, counts); err != nil {
			return err
		}
		return updatePresence(ctx, tx, d.old)
	})
}

// Refuse says that a presence does not count, whether it was claimed or
// confirmed, and why. The trainee reads why.
func (s *Service) Refuse(ctx context.Context, id, note string) (*Presence, error) {
	note, ok := text.Fits(note, 1, maxNote)
	if !ok {
		return nil, ErrReason
	}
	return s.decide(ctx, id, refuse, note, func(ctx context.Context, tx bun.IDB, d *decision) error {
		return updatePresence(ctx, tx, d.old)
	})
}

// Correct replaces a presence by one with other minutes, which counts, and
// returns the new one. The old one stays on record.
func (s *Service) Correct(ctx context.Context, id string, t Stay) (*Presence, error) {
	return s.decide(ctx, id, correct, "", func(ctx context.Context, tx bun.IDB, d *decision) error {
		t.EnrollmentID = d.of.ID
		d.now = s.enter(ctx, d.newID, d.event, t)
		d.now.Replaces = d.old.ID
		if err := s.admit(ctx, tx, d.event, d.of, d.now, counts); err != nil {
			return err
		}
		if err := updatePresence(ctx, tx, d.old); err != nil {
			return err
		}
		return insertPresences(ctx, tx, d.now)
	})
}

// deeds are the ledger's names of what staff do.
var deeds = map[verb]string{confirm: "presence.confirmed", refuse: "presence.refused", correct: "presence.corrected"}

// A decision is what a deed on a presence works with.
type decision struct {
	event *Event
	of    *enrollment.Enrollment
	old   *Presence
	now   *Presence // what stands after the deed
	newID string
}

// decide is the frame of every deed on a presence: whose it is, the table of
// ways, the rule, the ledger. What was decided so before is returned.
func (s *Service) decide(ctx context.Context, id string, do verb, note string,
	write func(context.Context, bun.IDB, *decision) error) (*Presence, error) {
	if err := s.mayDecide(ctx, id); err != nil {
		return nil, err
	}
	var p *Presence
	err := s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		made := map[bool]string{true: db.NewID(), false: id}[do == correct]
		made, again, err := once.Claim(ctx, tx, s.now(), made)
		if err != nil {
			return err
		}
		if again {
			p, err = getPresence(ctx, tx, made)
			return err
		}
		d, err := s.load(ctx, tx, id)
		if err != nil {
			return err
		}
		p, d.newID = d.old, made
		who := access.From(ctx).ID
		if changed, err := d.old.decide(do, d.of.PersonID == who, who, note, s.now()); err != nil || !changed {
			return err
		}
		if err := enrollment.LockEvidence(ctx, tx, d.of.ID); err != nil {
			return err
		}
		if err := write(ctx, tx, d); err != nil {
			return err
		}
		p = d.now
		return audit.Append(ctx, tx, s.now(), deeds[do], p.ID, trace(p))
	})
	if err != nil {
		return nil, fmt.Errorf("%s presence: %w", do, err)
	}
	return p, nil
}

// mayDecide returns nil if the actor takes the roster of the event of a
// presence.
func (s *Service) mayDecide(ctx context.Context, id string) error {
	if err := access.From(ctx).May(access.TakeRoster); err != nil {
		return err
	}
	p, err := getPresence(ctx, s.db, id)
	if err != nil {
		return err
	}
	_, _, err = s.event(ctx, access.TakeRoster, p.EventID)
	return err
}

// load returns a presence with its event and its enrollment; nobody else
// changes them until the transaction ends.
func (s *Service) load(ctx context.Context, tx bun.IDB, id string) (*decision, error) {
	if err := lock(ctx, tx); err != nil {
		return nil, err
	}
	p, err := getPresence(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	e, err := getEvent(ctx, tx, p.EventID)
	if err != nil {
		return nil, err
	}
	all, err := s.enrollments.ByID(ctx, tx, []string{p.EnrollmentID})
	return &decision{event: e, of: all[p.EnrollmentID], old: p, now: p}, err
}
