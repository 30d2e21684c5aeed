package identity

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base32"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"
	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/db"
)

// A second factor is a code that an app computes from a shared secret and the
// time (RFC 6238): six digits, a new one every 30 seconds, the neighbors of
// now taken too, each code once.
const (
	totpPeriod    = 30
	totpSecret    = 20 // bytes: 160 bits
	recoveryCodes = 10
	recoveryBytes = 10 // 80 bits
)

// A factor is a person's second factor. It is pending until one of its codes
// was accepted.
type factor struct {
	bun.BaseModel `bun:"table:totp_factors"`

	PersonID    string `bun:",pk"`
	Secret      []byte // sealed
	StartedAt   db.Time
	ConfirmedAt db.Time
	LastStep    int64 // the time step of the last code accepted
}

func (f *factor) pending() bool { return f.ConfirmedAt.IsZero() }

// totpPlace is where a person's sealed secret opens.
func totpPlace(personID string) string { return "identity_totp/" + personID }

// pend gives a person a factor that is pending, in the place of another one
// that is. It returns ErrFactor when they have a confirmed one.
func (s *Service) pend(ctx context.Context, tx bun.IDB, a *account) (*otp.Key, error) {
	_, issuer, found := strings.Cut(s.settings.Issuer, "://")
	if !found {
		issuer = s.settings.Issuer
	}
	key, err := totp.Generate(totp.GenerateOpts{Issuer: issuer, AccountName: a.Email, SecretSize: totpSecret, Period: totpPeriod})
	if err != nil {
		return nil, fmt.Errorf("make a second factor: %w", err)
	}
	return key, putFactor(ctx, tx, &factor{PersonID: a.ID, Secret: s.ring.Seal(totpPlace(a.ID), []byte(key.Secret())), StartedAt: db.At(s.now())})
}

// StartTOTP begins to set up a second factor for the actor, who must have
// signed in lately: access.ErrReauth says so. It counts only once a code of it
// was accepted; until then starting again makes another. It returns ErrFactor
// when there is one already.
func (s *Service) StartTOTP(ctx context.Context) (secret, url string, err error) {
	a, err := s.actor(ctx)
	if err != nil {
		return "", "", err
	}
	if access.From(ctx).SinceSignIn > access.Fresh {
		return "", "", access.ErrReauth
	}
	err = s.deed(ctx, a, func(ctx context.Context, tx bun.Tx) error {
		key, err := s.pend(ctx, tx, a)
		if err != nil {
			return err
		}
		secret, url = key.Secret(), key.URL()
		return audit.Append(ctx, tx, s.now(), "second_factor.started", a.ID, nil)
	})
	if err != nil {
		return "", "", fmt.Errorf("start second factor: %w", err)
	}
	return secret, url, nil
}

// ConfirmTOTP proves the actor's pending factor with a code of it and returns
// the recovery codes, this once; the session counts as second-factored from
// then. A code of a confirmed factor gets fresh recovery codes in the place of
// the old. It returns ErrNoFactor, and ErrCode for a wrong code, which counts
// as at sign-in.
func (s *Service) ConfirmTOTP(ctx context.Context, code string) (recovery []string, err error) {
	a, err := s.actor(ctx)
	if err != nil {
		return nil, err
	}
	err = s.prove(ctx, a, "second_factor", func(try *try) error {
		return s.deed(ctx, a, func(ctx context.Context, tx bun.Tx) error {
			f, err := factorOf(ctx, tx, a.ID)
			if errors.Is(err, db.ErrNone) {
				return ErrNoFactor
			}
			if err != nil {
				return err
			}
			if err := s.spend(ctx, tx, f, code, ErrCode); err != nil {
				return err
			}
			recovery = makeRecovery()
			if err := replaceRecovery(ctx, tx, a.ID, recovery); err != nil {
				return err
			}
			if err := proveSession(ctx, tx, access.From(ctx).Session, a.ID, true, s.now()); err != nil {
				return err
			}
			if err := try.proved(ctx, tx); err != nil {
				return err
			}
			return audit.Append(ctx, tx, s.now(), "second_factor.confirmed", a.ID, map[string]bool{"first": f.pending()})
		})
	})
	if err != nil {
		return nil, fmt.Errorf("confirm second factor: %w", err)
	}
	return recovery, nil
}

// RemoveTOTP removes the actor's second factor and its recovery codes, and
// ends all their sessions, this one too. It returns ErrNoFactor, and ErrReauth
// for a wrong password, which counts as at sign-in.
func (s *Service) RemoveTOTP(ctx context.Context, password string) error {
	a, err := s.actor(ctx)
	if err != nil {
		return err
	}
	err = s.prove(ctx, a, "second_factor_removal", func(try *try) error {
		if _, err := s.knows(ctx, a, password, ErrReauth); err != nil {
			return err
		}
		return s.deed(ctx, a, func(ctx context.Context, tx bun.Tx) error {
			if err := deleteFactor(ctx, tx, a.ID); err != nil {
				return err
			}
			if err := endSessions(ctx, tx, a.ID, endedByFactor, s.now()); err != nil {
				return err
			}
			if err := try.proved(ctx, tx); err != nil {
				return err
			}
			return audit.Append(ctx, tx, s.now(), "second_factor.removed", a.ID, nil)
		})
	})
	if err != nil {
		return fmt.Errorf("remove second factor: %w", err)
	}
	return nil
}

// second judges what was given beside the password at sign-in, and reports
// whether a second factor was proved.
func (s *Service) second(ctx context.Context, tx bun.IDB, personID, code string) (bool, error) {
	f, err := factorOf(ctx, tx, personID)
	switch {
	case errors.Is(err, db.ErrNone):
		return false, nil
	case err != nil:
		return false, err
	case code == "" && f.pending():
		return false, nil
	case code == "":
		return false, ErrOTP
	case isRecovery(code) && !f.pending():
		return true, spendRecovery(ctx, tx, personID, recoveryDigest(personID, code), s.now(), ErrWrongOTP)
	}
	return true, s.spend(ctx, tx, f, code, ErrWrongOTP)
}

// spendCode spends a code of a confirmed factor. It returns wrong when there
// is none, or the code is not one of it or was used.
func (s *Service) spendCode(ctx context.Context, tx bun.IDB, personID, code string, wrong error) error {
	f, err := factorOf(ctx, tx, personID)
	if errors.Is(err, db.ErrNone) || err == nil && f.pending() {
		return wrong
	}
	if err != nil {
		return err
	}
	return s.spend(ctx, tx, f, code, wrong)
}

// spend spends a code's time step and confirms the factor by it, if it was
// pending.
func (s *Service) spend(ctx context.Context, tx bun.IDB, f *factor, code string, wrong error) error {
	secret, err := s.ring.Unseal(totpPlace(f.PersonID), f.Secret)
	if err != nil {
		return fmt.Errorf("second factor of %s: %w", f.PersonID, err)
	}
	step, err := stepOf(string(secret), strings.ReplaceAll(code, " ", ""), s.now())
	if err != nil {
		return err
	}
	if step <= f.LastStep {
		return wrong
	}
	return useStep(ctx, tx, f.PersonID, step, s.now(), wrong)
}

// stepOf returns the time step that a code belongs to, of now and its two
// neighbors; 0 when it is none of theirs.
func stepOf(secret, code string, at time.Time) (step int64, err error) {
	now := at.Unix() / totpPeriod
	for _, n := range []int64{now - 1, now, now + 1} {
		want, err := hotp.GenerateCodeCustom(secret, uint64(n), hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if err != nil {
			return 0, fmt.Errorf("second factor: %w", err)
		}
		if subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			step = n
		}
	}
	return step, nil
}

// makeRecovery returns ten codes of 80 bits, in groups that can be copied by
// hand.
func makeRecovery() []string {
	codes := make([]string, recoveryCodes)
	for i := range codes {
		var b [recoveryBytes]byte
		rand.Read(b[:]) // never fails
		c := strings.ToLower(base32.StdEncoding.EncodeToString(b[:]))
		codes[i] = c[:4] + "-" + c[4:8] + "-" + c[8:12] + "-" + c[12:]
	}
	return codes
}

// isRecovery tells a recovery code from one of the factor by its length.
func isRecovery(code string) bool { return len(bare(code)) == recoveryBytes*8/5 }

func bare(code string) string {
	return strings.NewReplacer("-", "", " ", "").Replace(strings.ToLower(code))
}

func recoveryDigest(personID, code string) string {
	return digest("recovery", personID+"\x00"+bare(code))
}
