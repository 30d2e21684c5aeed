package practicum

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/fault"
)

// An Opened sign-off is what an outside supervisor is shown: the lines that
// were sent to them and wait, and the session in which they may answer.
type Opened struct {
	Outside *Outside
	Session string
	Until   db.Time
	Logs    []*Log
}

// OpenSignOff opens a link with the code of the other letter. A wrong code
// counts, and so does one that comes too late.
func (s *Service) OpenSignOff(ctx context.Context, link, code string) (*Opened, error) {
	var out *Opened
	var refused error
	err := s.withSignOff(ctx, link, func(ctx context.Context, tx bun.Tx, so *SignOff, o *Outside) error {
		if refused = so.enter(code, s.now()); refused != nil {
			return audit.Append(ctx, tx, s.now(), "sign_off.refused", so.ID, nil)
		}
		out = &Opened{Outside: o, Session: so.begin(s.now()), Until: so.SessionUntil}
		lines, err := sentIn(ctx, tx, so.ID)
		if err != nil {
			return err
		}
		for _, id := range lines {
			l, err := s.load(ctx, tx, id)
			if err != nil {
				return err
			}
			if l.Status != Graded {
				continue // it was signed by somebody else meanwhile, or went back
			}
			out.Logs = append(out.Logs, l)
			if err := audit.Append(ctx, tx, s.now(), "log.read", l.ID, nil); err != nil {
				return err
			}
		}
		return audit.Append(ctx, tx, s.now(), "sign_off.opened", so.ID, nil)
	})
	if err = errors.Join(err, refused); err != nil {
		return nil, fmt.Errorf("open a sign-off: %w", err)
	}
	return out, nil
}

// SendCode sends another code to the address that the link belongs to.
func (s *Service) SendCode(ctx context.Context, link string) error {
	err := s.withSignOff(ctx, link, func(ctx context.Context, tx bun.Tx, so *SignOff, _ *Outside) error {
		if so.Codes >= maxCodes {
			return ErrCodes
		}
		if err := s.post(ctx, tx, so, codeLetter, so.newCode(s.now())); err != nil {
			return err
		}
		return audit.Append(ctx, tx, s.now(), "sign_off.code_sent", so.ID, nil)
	})
	if err != nil {
		return fmt.Errorf("send a code: %w", err)
	}
	return nil
}

// SettleSignOff signs the lines that were sent, or sends them back, as the
// outside supervisor says, and ends the sign-off.
func (s *Service) SettleSignOff(ctx context.Context, link, session, meaning string, lines []Line) ([]Outcome, error) {
	if !contains(meanings, meaning) {
		return nil, ErrMeaning
	}
	if err := checkLines(lines); err != nil {
		return nil, err
	}
	var out []Outcome
	err := s.withSignOff(ctx, link, func(ctx context.Context, tx bun.Tx, so *SignOff, o *Outside) error {
		if err := so.goesOn(session, s.now()); err != nil {
			return err
		}
		sent, err := sentIn(ctx, tx, so.ID)
		if err != nil {
			return err
		}
		if err := holdAll(ctx, tx, lines); err != nil {
			return err
		}
		sig := signature{o.ID, o.Name, o.LicenseNumber, meaning, ByLetter, db.At(s.now())}
		find := func(line Line) (*Log, error) {
			if !slices.Contains(sent, line.LogID) {
				return nil, ErrNotSent
			}
			if line.Sent == nil {
				if err := undisputed(ctx, tx, line.LogID); err != nil {
					return nil, err
				}
			}
			l, err := s.load(ctx, tx, line.LogID)
			if err == nil && line.Sent == nil && !line.done(l, sig) {
				err = o.maySign(l)
			}
			return l, err
		}
		out, _, err = judgeLines(lines, sig, find, func(l *Log, line Line) error { return s.settleLine(ctx, tx, l, line, sig) })
		if err != nil {
			return err
		}
		so.ClosedAt, so.SessionHash = db.At(s.now()), ""
		if err := settled(ctx, tx, so.ID, out); err != nil {
			return err
		}
		return audit.Append(ctx, tx, s.now(), "sign_off.closed", so.ID, map[string]any{"lines": len(out)})
	})
	if err != nil {
		return nil, fmt.Errorf("settle a sign-off: %w", err)
	}
	return out, nil
}

// withSignOff does something with an open sign-off, in the name of who it was
// sent to, and writes what became of it. A link that nobody was sent is
// db.ErrNone.
func (s *Service) withSignOff(ctx context.Context, link string, do func(context.Context, bun.Tx, *SignOff, *Outside) error) error {
	return s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		hash := digest([]byte(link))
		if err := db.Lock(ctx, tx, "sign_off/"+hash); err != nil {
			return err
		}
		so := new(SignOff)
		if err := tx.NewSelect().Model(so).Where("link_hash = ?", hash).Scan(ctx); err != nil {
			return db.Check(err)
		}
		o, err := outside(ctx, tx, so.OutsideID)
		if err != nil {
			return err
		}
		if err := so.open(s.now()); err != nil || !o.WithdrawnAt.IsZero() {
			return ErrOver
		}
		all, err := s.enrollments.ByID(ctx, tx, []string{o.EnrollmentID})
		if err != nil {
			return err
		}
		if err := s.stranger(ctx, tx, all[o.EnrollmentID].PersonID, o); err != nil { // by now
			return err
		}
		who := access.From(ctx)
		who.ID, who.Session, who.Grants = o.ID, "", nil
		if err := do(access.With(ctx, who), tx, so, o); err != nil {
			return err
		}
		_, err = tx.NewUpdate().Model(so).WherePK().Exec(ctx)
		return db.Check(err)
	})
}

// sentIn returns the logs that were sent with a link.
func sentIn(ctx context.Context, idb bun.IDB, signOff string) (logIDs []string, err error) {
	err = idb.NewSelect().Model((*signOffLine)(nil)).Column("log_id").Where("sign_off_id = ?", signOff).OrderExpr("log_id").Scan(ctx, &logIDs)
	return logIDs, db.Check(err)
}

// settled notes what became of each line.
func settled(ctx context.Context, tx bun.IDB, signOff string, all []Outcome) error {
	for _, o := range all {
		outcome := "refused"
		if o.Refused == nil {
			outcome = map[Status]string{Countersigned: "signed", Returned: "returned"}[o.Log.Status]
		} else if fault.Of(o.Refused).Is(ErrNotSent) {
			continue
		}
		_, err := tx.NewUpdate().Model((*signOffLine)(nil)).Set("outcome = ?", outcome).
			Where("sign_off_id = ? AND log_id = ?", signOff, o.LogID).Exec(ctx)
		if err != nil {
			return db.Check(err)
		}
	}
	return nil
}
