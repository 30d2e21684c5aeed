package identity

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/uptrace/bun"
	"golang.org/x/text/unicode/norm"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/db"
)

// Login signs somebody in. An address nobody has costs the same work and gives
// the same answer as a wrong password. Where a second factor is set up, otp is
// a code of it or a recovery code; ErrOTP asks for one only after the password
// was right.
func (s *Service) Login(ctx context.Context, email, password, otp string) (Tokens, error) {
	address := access.From(ctx).Address
	if err := s.failures.check(address, s.settings.Lifted); err != nil {
		return Tokens{}, err
	}
	who, err := credentialsOf(ctx, s.db, strings.ToLower(norm.NFC.String(strings.TrimSpace(email))))
	if err != nil && !errors.Is(err, db.ErrNone) {
		return Tokens{}, fmt.Errorf("sign in: %w", err)
	}
	if err := s.mayTry(ctx, who, address); err != nil {
		return Tokens{}, err
	}
	ok, weak, err := s.hasher.verify(ctx, who.PasswordHash, password)
	if err != nil {
		return Tokens{}, err
	}
	if !ok {
		return Tokens{}, s.failed(ctx, who.ID, address, ErrLogin)
	}
	if who.Status != Active {
		return Tokens{}, ErrSuspended
	}
	if who.TOTPConfirmed && otp == "" {
		return Tokens{}, ErrOTP
	}
	if weak {
		if err := s.rehash(ctx, who.ID, password); err != nil {
			return Tokens{}, err
		}
	}
	return s.signIn(ctx, who, otp, address)
}

// signIn opens the session, once the password was right.
func (s *Service) signIn(ctx context.Context, who *credentials, otp, address string) (t Tokens, err error) {
	err = s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		p, err := find(ctx, tx, who.ID)
		if err != nil {
			return err
		}
		if who.TOTPConfirmed {
			if err := s.useFactor(ctx, tx, who, otp); err != nil {
				return err
			}
		}
		se := newSession(p, who.TOTPConfirmed, s.now())
		if err := insertSession(ctx, tx, se); err != nil {
			return err
		}
		if err := clearTries(ctx, tx, p.ID); err != nil {
			return err
		}
		if err := keepAddress(ctx, tx, p.ID, addressDigest(address), s.now()); err != nil {
			return err
		}
		if t, err = s.issue(ctx, tx, se); err != nil {
			return err
		}
		ctx = access.With(ctx, actorOf(ctx, p.ID, se.ID))
		return audit.Append(ctx, tx, s.now(), "person.signed_in", p.ID, map[string]bool{"second_factor": se.SecondFactor})
	})
	if errors.Is(err, ErrCode) {
		return Tokens{}, s.failed(ctx, who.ID, address, ErrLogin)
	}
	if err != nil {
		return Tokens{}, fmt.Errorf("sign in: %w", err)
	}
	return t, nil
}

// actorOf is the actor in ctx, now known to be a person.
func actorOf(ctx context.Context, personID, sessionID string) access.Actor {
	who := access.From(ctx)
	who.ID, who.Session = personID, sessionID
	return who
}

// rehash stores a password with today's cost. It is not a change of password:
// sessions go on.
func (s *Service) rehash(ctx context.Context, personID, password string) error {
	phc, err := s.hasher.hash(ctx, password)
	if err != nil {
		return err
	}
	return s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error { return setPassword(ctx, tx, personID, phc) })
}

// Reauthenticate proves the actor again, before a deed that is signed with
// their name: by the password, or by a code of the second factor. Wrong tries
// count as at sign-in.
func (s *Service) Reauthenticate(ctx context.Context, password, otp string) (method string, err error) {
	actor := access.From(ctx)
	if actor.ID == "" {
		return "", access.ErrSignIn
	}
	if password == "" && otp == "" {
		return "", ErrReauth
	}
	who, err := credentialsByID(ctx, s.db, actor.ID)
	if err != nil {
		return "", err
	}
	if err := s.mayTry(ctx, who, actor.Address); err != nil {
		return "", err
	}
	if password != "" {
		ok, _, err := s.hasher.verify(ctx, who.PasswordHash, password)
		if err != nil {
			return "", err
		}
		if !ok {
			return "", s.failed(ctx, who.ID, actor.Address, ErrReauth)
		}
		return "password", nil
	}
	err = s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error { return s.useFactor(ctx, tx, who, otp) })
	if errors.Is(err, ErrCode) {
		return "", s.failed(ctx, who.ID, actor.Address, ErrReauth)
	}
	return "totp", err
}

// ChangePassword replaces the actor's password and ends every other session.
func (s *Service) ChangePassword(ctx context.Context, old, fresh string) error {
	if _, err := s.Reauthenticate(ctx, old, ""); err != nil {
		return err
	}
	who := access.From(ctx)
	p, err := find(ctx, s.db, who.ID)
	if err != nil {
		return err
	}
	if err := checkPassword(fresh, p.Email, p.Name); err != nil {
		return err
	}
	phc, err := s.hasher.hash(ctx, fresh)
	if err != nil {
		return err
	}
	err = s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := setPassword(ctx, tx, who.ID, phc); err != nil {
			return err
		}
		if err := endSessions(ctx, tx, who.ID, who.Session, s.now()); err != nil {
			return err
		}
		return audit.Append(ctx, tx, s.now(), "person.password_changed", who.ID, nil)
	})
	if err != nil {
		return fmt.Errorf("change password: %w", err)
	}
	s.sessions.forget()
	return nil
}

// The limits of wrong tries by account: five quick ones, then waits that
// double up to a quarter of an hour, and a hundred in all until somebody
// resets the account.
const (
	quickTries = 5
	maxTries   = 100
	longest    = 15 * time.Minute
	knownFor   = 30 * 24 * time.Hour
)

// waitAfter is how long an account must wait after so many wrong tries in a
// row.
func waitAfter(tries int) time.Duration {
	if tries < quickTries {
		return 0
	}
	return min(longest, time.Second<<min(tries-quickTries+1, 20))
}

// mayTry says whether an account may be tried now. From a device that has
// signed in lately it may even while strangers are kept waiting, so that
// nobody is locked out of an exam by somebody else's wrong guesses.
func (s *Service) mayTry(ctx context.Context, who *credentials, address string) error {
	if s.settings.Lifted || who.ID == "" {
		return nil
	}
	tries, err := triesOf(ctx, s.db, who.ID)
	if err != nil {
		return err
	}
	if tries.Total >= maxTries {
		return ErrSpent
	}
	wait := tries.WaitTill.Sub(s.now())
	if tries.WaitTill.IsZero() || wait <= 0 {
		return nil
	}
	known, err := knownAddress(ctx, s.db, who.ID, addressDigest(address), s.now().Add(-knownFor))
	if err != nil || known {
		return err
	}
	return ErrTries.After(wait)
}

// failed notes a wrong try and returns what the caller is told.
func (s *Service) failed(ctx context.Context, personID, address string, told error) error {
	s.failures.note(address)
	if personID == "" {
		return told
	}
	err := s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := db.Lock(ctx, tx, "tries/"+personID); err != nil {
			return err
		}
		t, err := triesOf(ctx, tx, personID)
		if err != nil {
			return err
		}
		t.Quick, t.Total = t.Quick+1, t.Total+1
		if wait := waitAfter(t.Quick); wait > 0 {
			t.WaitTill = db.At(s.now().Add(wait))
		}
		if err := putTries(ctx, tx, t); err != nil {
			return err
		}
		return audit.Append(ctx, tx, s.now(), "person.sign_in_failed", personID, nil)
	})
	return errors.Join(told, err)
}
