package identity

import (
	"context"
	"errors"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/fault"
)

// Login signs somebody in. An address that is nobody's costs the same work and
// gives the same answer, ErrLogin, as a wrong password. Where a second factor
// is set up, otp is a code of it or a recovery code; only after the password
// was right does ErrOTP ask for it. A code of a factor that is still pending
// confirms it. Where the request comes from is read from ctx. Besides, it
// returns ErrWrongOTP, ErrSuspended, ErrTries and ErrBusy.
func (s *Service) Login(ctx context.Context, email, password, otp string) (Tokens, error) {
	email, ok := address(email)
	if !ok {
		email = "" // nobody's
	}
	a, err := accountAt(ctx, s.db, email)
	if err != nil {
		return Tokens{}, fmt.Errorf("sign in: %w", err)
	}
	var t Tokens
	err = s.prove(ctx, a, "sign_in", func(try *try) error {
		again, err := s.knows(ctx, a, password, ErrLogin)
		if err != nil {
			return err
		}
		if a.Status != Active {
			return ErrSuspended
		}
		t, err = s.signIn(ctx, a, again, otp, try)
		return err
	})
	if err != nil {
		return Tokens{}, fmt.Errorf("sign in: %w", err)
	}
	return t, nil
}

// prove makes one try at an account within the limits.
func (s *Service) prove(ctx context.Context, a *account, deed string, judge func(*try) error) error {
	t, err := s.begin(ctx, a)
	if err != nil {
		return err
	}
	return s.end(ctx, t, deed, judge(t))
}

// knows checks a password and returns wrong if it is not the account's. When
// the stored hash was made at less than today's cost, again is a new one.
func (s *Service) knows(ctx context.Context, a *account, password string, wrong error) (again string, err error) {
	ok, weak, err := s.hasher.matches(ctx, password, a.PasswordHash)
	if err != nil {
		return "", err
	}
	if !ok {
		return "", wrong
	}
	if weak {
		return s.hasher.hash(ctx, password)
	}
	return "", nil
}

// signIn opens the session, once the password was right.
func (s *Service) signIn(ctx context.Context, a *account, rehashed, otp string, try *try) (t Tokens, err error) {
	err = s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		now, grants, err := lockAccount(ctx, tx, a.ID)
		if err != nil {
			return err
		}
		if now.Status != Active || now.PasswordHash != a.PasswordHash {
			return ErrLogin // changed while we were hashing
		}
		second, err := s.second(ctx, tx, a.ID, otp)
		if err != nil {
			return err
		}
		if rehashed != "" {
			if err := setPassword(ctx, tx, now, rehashed); err != nil {
				return err
			}
		}
		se := newSession(a.ID, staff(grants), second, s.now())
		if err := s.open(ctx, tx, se); err != nil {
			return err
		}
		if t, err = s.issue(ctx, tx, se); err != nil {
			return err
		}
		if err := try.proved(ctx, tx); err != nil {
			return err
		}
		return audit.Append(by(ctx, a.ID, se.ID), tx, s.now(), "session.opened", se.ID, map[string]bool{"second_factor": second})
	})
	return t, err
}

// open puts a session on record, and the address it comes from, in the place
// of what has expired.
func (s *Service) open(ctx context.Context, tx bun.IDB, se *session) error {
	if err := dropExpired(ctx, tx, se.PersonID, s.now()); err != nil {
		return err
	}
	if err := insertSession(ctx, tx, se); err != nil {
		return err
	}
	from := access.From(ctx).Address
	if from == "" {
		return nil
	}
	return keepAddress(ctx, tx, se.PersonID, addressDigest(se.PersonID, from), s.now(), s.now().Add(-knownFor))
}

// Reauthenticate proves the actor anew, by password or by a code of the second
// factor, and says which it was: "password" or "totp"; of both, both must be
// right. The session counts as fresh from then. It returns ErrReauth when
// neither was given or one is wrong, which counts as at sign-in. It is not to
// be called inside a transaction.
func (s *Service) Reauthenticate(ctx context.Context, password, otp string) (method string, err error) {
	if password == "" && otp == "" {
		return "", ErrReauth
	}
	a, err := s.actor(ctx)
	if err != nil {
		return "", err
	}
	method = "totp"
	err = s.prove(ctx, a, "reauthentication", func(try *try) error {
		if password != "" {
			method = "password"
			if _, err := s.knows(ctx, a, password, ErrReauth); err != nil {
				return err
			}
		}
		return s.deed(ctx, a, func(ctx context.Context, tx bun.Tx) error {
			if otp != "" {
				if err := s.spendCode(ctx, tx, a.ID, otp, ErrReauth); err != nil {
					return err
				}
			}
			if err := proveSession(ctx, tx, access.From(ctx).Session, a.ID, otp != "", s.now()); err != nil {
				return err
			}
			if err := try.proved(ctx, tx); err != nil {
				return err
			}
			return audit.Append(ctx, tx, s.now(), "session.proved", a.ID, map[string]string{"method": method})
		})
	})
	if err != nil {
		return "", fmt.Errorf("prove again: %w", err)
	}
	return method, nil
}

// ChangePassword replaces the actor's password. It ends all their sessions,
// this one too: whatever was issued under the old password is worth nothing
// afterwards. It returns ErrReauth for a wrong old one, which counts as at
// sign-in, and the faults of a new password at "new_password".
func (s *Service) ChangePassword(ctx context.Context, old, fresh string) error {
	a, err := s.actor(ctx)
	if err != nil {
		return err
	}
	if err := s.checkPassword(fresh, a.Email, a.Name); err != nil {
		return fault.Of(err).At("new_password")
	}
	err = s.prove(ctx, a, "password_change", func(try *try) error {
		if _, err := s.knows(ctx, a, old, ErrReauth); err != nil {
			return err
		}
		phc, err := s.hasher.hash(ctx, fresh)
		if err != nil {
			return err
		}
		return s.deed(ctx, a, func(ctx context.Context, tx bun.Tx) error {
			if err := setPassword(ctx, tx, a, phc); err != nil {
				return err
			}
			if err := endSessions(ctx, tx, a.ID, endedByPassword, s.now()); err != nil {
				return err
			}
			if err := try.proved(ctx, tx); err != nil {
				return err
			}
			return audit.Append(ctx, tx, s.now(), "password.changed", a.ID, nil)
		})
	})
	if err != nil {
		return fmt.Errorf("change password: %w", err)
	}
	return nil
}

// actor returns the account of whoever acts.
func (s *Service) actor(ctx context.Context) (*account, error) {
	who := access.From(ctx)
	if err := who.May(access.UseAccount); err != nil {
		return nil, err
	}
	a, err := accountByID(ctx, s.db, who.ID)
	if errors.Is(err, db.ErrNone) {
		return nil, access.ErrSignIn
	}
	return a, err
}

// deed runs a deed upon the actor's own account, and makes it felt at once.
func (s *Service) deed(ctx context.Context, a *account, f func(context.Context, bun.Tx) error) error {
	err := s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		now, _, err := lockAccount(ctx, tx, a.ID)
		if err != nil {
			return err
		}
		if now.Status != Active {
			return access.ErrSignIn
		}
		return f(ctx, tx)
	})
	s.forget(a.ID)
	return err
}
