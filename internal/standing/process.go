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
	"github.com/kapstone-lms/kapstone/internal/once"
	"github.com/kapstone-lms/kapstone/internal/outbox"
	"github.com/kapstone-lms/kapstone/internal/vetting"
)

// JobOpened is the job that a hold leaves when it is opened: people are told of
// it. Who and how is not decided here.
const JobOpened outbox.Kind = "notice.hold_opened"

// A Told is what that job is about.
type Told struct {
	HoldID       string `json:"hold_id"`
	EnrollmentID string `json:"enrollment_id"`
	OpenedBy     string `json:"opened_by"`
}

// The due process of a hold, in the order in which it goes: open, reply, what
// is agreed on the way, decision, appeal, decision of the appeal.

// OpenHold stops an enrollment that the actor teaches, supervises or
// administers. The trainee is told and may reply until the day in ReplyBy.
func (s *Service) OpenHold(ctx context.Context, enrollmentID string, o Opening) (*Hold, error) {
	e, err := s.staff(ctx, access.OpenHold, enrollmentID, ErrOwnHold)
	if err != nil {
		return nil, err
	}
	h, err := s.opening(ctx, s.db, e, o)
	if err != nil {
		return nil, err
	}
	confirmed, err := vetting.Look(ctx, s.db, e.Program, vetting.Text{Field: "facts", Text: o.Facts}, vetting.Text{Field: "told", Text: o.Told})
	if err != nil {
		return nil, err
	}
	err = s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		id, again, err := once.Claim(ctx, tx, s.now(), db.NewID())
		if err != nil {
			return err
		}
		if again {
			h, err = getHold(ctx, tx, id)
			return err
		}
		h.ID = id
		if err := s.openHold(ctx, tx, h); err != nil {
			return err
		}
		return confirmed.Keep(ctx, tx, s.now(), h.ID)
	})
	if err != nil {
		return nil, fmt.Errorf("open hold: %w", err)
	}
	return h, nil
}

// OpenWithin opens a hold about a log inside another deed of the actor's, who
// was found to be allowed that. One that is open about the same log already is
// enough.
func (s *Service) OpenWithin(ctx context.Context, tx bun.IDB, e *enrollment.Pinned, o Opening) error {
	h, err := s.opening(ctx, tx, e, o)
	if err != nil {
		return err
	}
	open, err := hasOpen(ctx, tx, e.ID, o.Kind, o.LogID)
	if err != nil || open {
		return err
	}
	h.ID = db.NewID()
	if err := s.openHold(ctx, tx, h); err != nil {
		return fmt.Errorf("open hold: %w", err)
	}
	return nil
}

// opening is the hold that somebody opens.
func (s *Service) opening(ctx context.Context, idb bun.IDB, e *enrollment.Pinned, o Opening) (*Hold, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	zone, err := s.enrollments.Zone(ctx, idb, e.CohortID)
	if err != nil {
		return nil, err
	}
	days := e.Edition.Duties.ReplyDays
	if days == 0 {
		days = replyDays
	}
	return &Hold{
		EnrollmentID: e.ID, Kind: o.Kind, LogID: o.LogID, Facts: o.Facts, Told: o.Told, State: Open, OpenedBy: access.From(ctx).ID, Version: 1,
		OpenedAt: db.At(s.now()), ReplyBy: s.now().In(zone).AddDate(0, 0, days).Format(time.DateOnly),
	}, nil
}

func (s *Service) openHold(ctx context.Context, tx bun.IDB, h *Hold) error {
	if err := enrollment.LockEvidence(ctx, tx, h.EnrollmentID); err != nil {
		return err
	}
	if err := insertHold(ctx, tx, h); err != nil {
		return err
	}
	if err := outbox.Put(ctx, tx, JobOpened, h.ID, Told{h.ID, h.EnrollmentID, h.OpenedBy}, s.now()); err != nil {
		return err
	}
	return audit.Append(ctx, tx, s.now(), "hold.opened", h.ID, traceHold(h))
}

// traceHold is what the ledger says of a hold.
func traceHold(h *Hold) map[string]any {
	return map[string]any{"enrollment": h.EnrollmentID, "kind": h.Kind, "log": h.LogID, "state": h.State}
}

// Holds returns the holds of an enrollment that the actor may see, oldest
// first. The trainee sees what they were told and never the facts.
func (s *Service) Holds(ctx context.Context, enrollmentID string) ([]*Hold, error) {
	p, err := s.enrollments.See(ctx, access.SeeStanding, enrollmentID)
	if err != nil {
		return nil, err
	}
	rows, err := holdsOf(ctx, s.db, p.ID)
	if err != nil {
		return nil, fmt.Errorf("list holds: %w", err)
	}
	own, err := s.people.Same(ctx, s.db, p.PersonID, access.From(ctx).ID)
	if err != nil {
		return nil, err
	}
	for i, h := range rows {
		if own {
			rows[i] = h.shown()
		}
	}
	return rows, nil
}

// Reply records what the trainee says to an open hold of theirs: once, until
// the day in ReplyBy.
func (s *Service) Reply(ctx context.Context, id, said string) (*Hold, error) {
	return s.moveHold(ctx, access.AnswerHold, id, reply, "reply", said, maxFacts)
}

// Remediate records what was agreed on the way, after what was recorded before.
// The trainee reads it.
func (s *Service) Remediate(ctx context.Context, id, agreed string) (*Hold, error) {
	return s.moveHold(ctx, access.OpenHold, id, remediate, "remediation", agreed, maxFacts)
}

// Decide clears or upholds an open hold, with the reason that the trainee
// reads. Somebody else than the opener decides; a hold is upheld only after the
// trainee replied or the time to reply is over.
func (s *Service) Decide(ctx context.Context, id string, outcome HoldState, why string) (*Hold, error) {
	do, err := verbOf(outcome, clearIt, uphold)
	if err != nil {
		return nil, err
	}
	return s.moveHold(ctx, access.DecideHold, id, do, "reason", why, maxTold)
}

// Appeal records what the trainee says to a hold of theirs that was upheld:
// once, until the day in AppealBy.
func (s *Service) Appeal(ctx context.Context, id, said string) (*Hold, error) {
	return s.moveHold(ctx, access.AnswerHold, id, appeal, "appeal", said, maxFacts)
}

// DecideAppeal clears or upholds a hold that was appealed, with the reason.
// Neither who opened nor who decided the hold decides its appeal.
func (s *Service) DecideAppeal(ctx context.Context, id string, outcome HoldState, why string) (*Hold, error) {
	do, err := verbOf(outcome, clearAppeal, upholdAppeal)
	if err != nil {
		return nil, err
	}
	return s.moveHold(ctx, access.DecideHold, id, do, "reason", why, maxTold)
}

// verbOf returns the verb that leads to an outcome.
func verbOf(outcome HoldState, clears, upholds holdVerb) (holdVerb, error) {
	switch outcome {
	case Cleared:
		return clears, nil
	case Upheld:
		return upholds, nil
	}
	return "", ErrOutcome
}

// holdDeeds are the ledger's names of what is done to a hold.
var holdDeeds = map[holdVerb]string{
	reply: "hold.replied", remediate: "hold.remediated", clearIt: "hold.cleared", uphold: "hold.upheld", appeal: "hold.appealed",
	clearAppeal: "hold.cleared_on_appeal", upholdAppeal: "hold.upheld_on_appeal",
}

// moveHold is the frame of every deed on a hold: whose it is, the table of
// ways, the write that expects the version read, the ledger.
func (s *Service) moveHold(ctx context.Context, act access.Act, id string, do holdVerb, field, said string, most int) (*Hold, error) {
	h, e, err := s.hold(ctx, act, id)
	if err != nil {
		return nil, err
	}
	if said, err = words(field, said, 1, most); err != nil {
		return nil, err
	}
	zone, err := s.enrollments.Zone(ctx, s.db, e.CohortID)
	if err != nil {
		return nil, err
	}
	confirmed, err := vetting.Look(ctx, s.db, e.Program, vetting.Text{Field: field, Text: said})
	if err != nil {
		return nil, err
	}
	var by party
	err = s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := enrollment.LockEvidence(ctx, tx, e.ID); err != nil {
			return err
		}
		if h, err = getHold(ctx, tx, id); err != nil {
			return err
		}
		by, err = s.partyOf(ctx, tx, e.Enrollment, h.OpenedBy, h.DecidedBy)
		if err != nil {
			return err
		}
		changed, err := h.move(deed{do, by, access.From(ctx).ID, said}, s.now().In(zone))
		if err != nil || !changed {
			return err
		}
		if err := updateHold(ctx, tx, h); err != nil {
			return err
		}
		if err := confirmed.Keep(ctx, tx, s.now(), h.ID); err != nil {
			return err
		}
		return audit.Append(ctx, tx, s.now(), holdDeeds[do], h.ID, traceHold(h))
	})
	if err != nil {
		return nil, fmt.Errorf("%s hold: %w", do, err)
	}
	if by == trainee {
		return h.shown(), nil
	}
	return h, nil
}

// hold returns a hold for which the actor may do act, and its enrollment: to
// answer it only the trainee. Anybody else's answers like one that does not
// exist.
func (s *Service) hold(ctx context.Context, act access.Act, id string) (*Hold, *enrollment.Pinned, error) {
	if err := access.From(ctx).May(act); err != nil {
		return nil, nil, err
	}
	h, err := getHold(ctx, s.db, id)
	if err != nil {
		return nil, nil, err
	}
	see := s.enrollments.See
	if act == access.AnswerHold {
		see = s.enrollments.OwnToRead // also who was dismissed is heard
	}
	e, err := see(ctx, act, h.EnrollmentID)
	return h, e, err
}
