package practicum

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/internal/text"
	"github.com/kapstone-lms/kapstone/internal/vetting"
)

// A Verdict is what a grader says of a log.
type Verdict struct {
	Grades     Grades
	Feedback   string
	ObservedBy string // how the grader knows: direct, video, …
	Version    int64  // the one that was read; 0 takes any
}

// Grade records the actor's grades on a submitted log. It returns ErrClaimed
// where a colleague is just grading it.
func (s *Service) Grade(ctx context.Context, id string, v Verdict) (*Log, error) {
	v.Feedback = text.Tidy(v.Feedback)
	if err := v.check(); err != nil {
		return nil, err
	}
	return s.judge(ctx, access.GradeLog, id, "log.graded", func(ctx context.Context, tx bun.IDB, l *Log, p *enrollment.Pinned) (map[string]any, error) {
		if err := s.mine(ctx, tx, id); err != nil {
			return nil, err
		}
		if err := l.grade(access.From(ctx).ID, v, s.now()); err != nil {
			return nil, err
		}
		details := map[string]any{"grades": v.Grades}
		if err := s.draw(ctx, tx, p, l, details); err != nil {
			return nil, err
		}
		return details, s.raise(ctx, tx, p, id, v.Grades)
	}, vetting.Text{Field: "feedback", Text: v.Feedback})
}

// Return sends a submitted log back to its author with a reason and a message.
func (s *Service) Return(ctx context.Context, id, reason, message string, version int64) (*Log, error) {
	message = text.Tidy(message)
	if err := checkReturn(reason, message); err != nil {
		return nil, err
	}
	return s.judge(ctx, access.GradeLog, id, "log.returned", func(ctx context.Context, tx bun.IDB, l *Log, _ *enrollment.Pinned) (map[string]any, error) {
		if reason != "identifiers" { // those go at once, whoever has the log
			if err := s.mine(ctx, tx, id); err != nil {
				return nil, err
			}
		}
		return map[string]any{"reason": reason}, l.sendBack(reason, message, version, s.now())
	}, vetting.Text{Field: "message", Text: message})
}

// A ruling is what a grader's deed does to a log, and what the ledger says of
// it.
type ruling func(ctx context.Context, tx bun.IDB, l *Log, p *enrollment.Pinned) (details map[string]any, err error)

// judge is the frame of every grader's deed: whose log it is, the rule, the
// write that expects the version read, the ledger.
func (s *Service) judge(ctx context.Context, act access.Act, id, deed string, rule ruling, texts ...vetting.Text) (*Log, error) {
	var l *Log
	err := s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) (err error) {
		var p *enrollment.Pinned
		if err := hold(ctx, tx, id); err != nil {
			return err
		}
		if l, p, err = s.supervised(ctx, tx, act, id); err != nil {
			return err
		}
		if err := s.notOwn(ctx, tx, p); err != nil {
			return err
		}
		details, err := rule(ctx, tx, l, p)
		if err != nil {
			return err
		}
		confirmed, err := vetting.Look(ctx, tx, p.Program, texts...)
		if err != nil {
			return err
		}
		if err := s.write(ctx, tx, l); err != nil {
			return err
		}
		if err := confirmed.Keep(ctx, tx, s.now(), l.ID); err != nil {
			return err
		}
		if err := s.remove(ctx, tx, l); err != nil {
			return err
		}
		return audit.Append(ctx, tx, s.now(), deed, l.ID, onBehalf(p, details))
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", deed, s.denied(ctx, id, err))
	}
	return l.forOthers(), nil
}

// onBehalf adds to what the ledger says in whose place the actor stands: nobody's
// without an enrollment that they supervise.
func onBehalf(p *enrollment.Pinned, details map[string]any) map[string]any {
	if p == nil || p.StandsFor == "" {
		return details
	}
	if details == nil {
		details = make(map[string]any, 1)
	}
	details["stands_for"] = p.StandsFor
	return details
}

// supervised returns a log whose enrollment the actor supervises. It returns
// ErrOwnLog to its author, who may see it and judge it never.
func (s *Service) supervised(ctx context.Context, idb bun.IDB, act access.Act, id string) (*Log, *enrollment.Pinned, error) {
	if err := access.From(ctx).May(act); err != nil {
		return nil, nil, err
	}
	r, e, err := s.find(ctx, idb, id)
	if err != nil {
		return nil, nil, err
	}
	if e.PersonID == access.From(ctx).ID {
		return nil, nil, ErrOwnLog
	}
	p, err := s.enrollments.Supervised(ctx, idb, act, e.ID)
	if err != nil {
		return nil, nil, err
	}
	l, err := s.open(r)
	return l, p, err
}

// notOwn refuses an actor who is the author, under another account too.
func (s *Service) notOwn(ctx context.Context, idb bun.IDB, p *enrollment.Pinned) error {
	same, err := s.people.Same(ctx, idb, p.PersonID, access.From(ctx).ID)
	if err != nil {
		return err
	}
	if same {
		return ErrOwnLog
	}
	return nil
}
