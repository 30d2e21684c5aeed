package identity

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"fmt"
	"strings"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"
	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/audit"
)

// A second factor is a code that an app computes from a shared secret and the
// time (RFC 6238): six digits, a new one every 30 seconds, the neighbors of
// now taken too, each code once.
const (
	totpPeriod   = 30
	totpSecret   = 20 // bytes: 160 bits
	recoveryN    = 10
	recoveryBits = 80
)

// totpPlace is where a person's sealed secret opens.
func totpPlace(personID string) string { return "identity_totp/" + personID }

func newTOTP(issuer, email string) (*otp.Key, error) {
	name := strings.TrimPrefix(strings.TrimPrefix(issuer, "https://"), "http://")
	if name == "" {
		name = "Kapstone"
	}
	key, err := totp.Generate(totp.GenerateOpts{Issuer: name, AccountName: email, SecretSize: totpSecret, Period: totpPeriod})
	if err != nil {
		return nil, fmt.Errorf("make a second factor: %w", err)
	}
	return key, nil
}

// StartTOTP begins to set up a second factor for the actor. It counts only
// once ConfirmTOTP has seen a code of it; until then starting again makes
// another.
func (s *Service) StartTOTP(ctx context.Context) (secret, url string, err error) {
	who := access.From(ctx)
	if err := who.May(access.UseAccount); err != nil {
		return "", "", err
	}
	p, err := find(ctx, s.db, who.ID)
	if err != nil {
		return "", "", err
	}
	key, err := newTOTP(s.settings.Issuer, p.Email)
	if err != nil {
		return "", "", err
	}
	sealed := s.ring.Seal(totpPlace(who.ID), []byte(key.Secret()))
	err = s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error { return pendFactor(ctx, tx, who.ID, sealed) })
	if err != nil {
		return "", "", fmt.Errorf("start second factor: %w", err)
	}
	return key.Secret(), key.URL(), nil
}

// ConfirmTOTP proves the pending factor with a code of it, and returns the
// recovery codes, this once. The session counts as second-factored from then.
func (s *Service) ConfirmTOTP(ctx context.Context, code string) ([]string, error) {
	who := access.From(ctx)
	if err := who.May(access.UseAccount); err != nil {
		return nil, err
	}
	c, err := credentialsByID(ctx, s.db, who.ID)
	if err != nil {
		return nil, err
	}
	if c.TOTPConfirmed || len(c.TOTPSecret) == 0 {
		return nil, ErrNoFactor
	}
	step, err := s.matchStep(c, code)
	if err != nil {
		return nil, err
	}
	codes := makeRecovery()
	err = s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := confirmFactor(ctx, tx, who.ID, step); err != nil {
			return err
		}
		if err := replaceRecovery(ctx, tx, who.ID, codes); err != nil {
			return err
		}
		if err := proveSession(ctx, tx, who.Session, s.now()); err != nil {
			return err
		}
		return audit.Append(ctx, tx, s.now(), "person.second_factor_set", who.ID, nil)
	})
	if err != nil {
		return nil, fmt.Errorf("confirm second factor: %w", err)
	}
	s.sessions.forget()
	return codes, nil
}

// RemoveTOTP removes the actor's second factor and ends all their sessions.
func (s *Service) RemoveTOTP(ctx context.Context, password string) error {
	if password == "" {
		return ErrReauth
	}
	if _, err := s.Reauthenticate(ctx, password, ""); err != nil {
		return err
	}
	who := access.From(ctx)
	err := s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := removeFactor(ctx, tx, who.ID); err != nil {
			return err
		}
		if err := endSessions(ctx, tx, who.ID, "", s.now()); err != nil {
			return err
		}
		return audit.Append(ctx, tx, s.now(), "person.second_factor_removed", who.ID, nil)
	})
	if err != nil {
		return fmt.Errorf("remove second factor: %w", err)
	}
	s.sessions.forget()
	return nil
}

// useFactor spends a code or a recovery code inside the deed's transaction. It
// returns ErrCode when it is wrong or was used.
func (s *Service) useFactor(ctx context.Context, tx bun.IDB, who *credentials, code string) error {
	if !who.TOTPConfirmed {
		return ErrCode
	}
	if len(code) != int(otp.DigitsSix) {
		return useRecovery(ctx, tx, who.ID, recoveryDigest(who.ID, code), s.now())
	}
	step, err := s.matchStep(who, code)
	if err != nil {
		return err
	}
	return useStep(ctx, tx, who.ID, step)
}

// matchStep returns the time step that a code belongs to.
func (s *Service) matchStep(who *credentials, code string) (int64, error) {
	secret, err := s.ring.Unseal(totpPlace(who.ID), who.TOTPSecret)
	if err != nil {
		return 0, fmt.Errorf("second factor of %s: %w", who.ID, err)
	}
	now := s.now().Unix() / totpPeriod
	for _, step := range []int64{now, now - 1, now + 1} {
		ok, err := hotp.ValidateCustom(code, uint64(step), string(secret), hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if err != nil && !errors.Is(err, otp.ErrValidateInputInvalidLength) {
			return 0, fmt.Errorf("second factor: %w", err)
		}
		if ok && step > who.TOTPStep {
			return step, nil
		}
	}
	return 0, ErrCode
}

// makeRecovery returns ten codes of 80 bits, in groups that can be copied by
// hand.
func makeRecovery() []string {
	codes := make([]string, recoveryN)
	for i := range codes {
		var b [recoveryBits / 8]byte
		rand.Read(b[:]) // never fails
		c := strings.ToLower(base32.StdEncoding.EncodeToString(b[:]))
		codes[i] = c[:4] + "-" + c[4:8] + "-" + c[8:12] + "-" + c[12:]
	}
	return codes
}

func recoveryDigest(personID, code string) string {
	return digest(personID + "\x00" + strings.ReplaceAll(strings.ToLower(strings.TrimSpace(code)), "-", ""))
}
