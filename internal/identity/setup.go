package identity

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/db"
)

// setupLife is how long a set-up token is good for.
const setupLife = 30 * time.Minute

func setupDigest(token string) string { return digest("setup", token) }

// SetupToken returns a fresh token with which the first admin can be made, in
// the place of any before; "" when somebody is here already.
func (s *Service) SetupToken(ctx context.Context) (token string, err error) {
	err = s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		token = ""
		if err := db.Lock(ctx, tx, "identity/setup"); err != nil {
			return err
		}
		if taken, err := anybody(ctx, tx); err != nil || taken {
			return err
		}
		token = secret()
		if err := putSetupToken(ctx, tx, setupDigest(token), s.now().Add(setupLife)); err != nil {
			return err
		}
		return audit.Append(by(ctx, "shell", ""), tx, s.now(), "setup.offered", "installation", nil)
	})
	if err != nil {
		return "", fmt.Errorf("make set-up token: %w", err)
	}
	return token, nil
}

// Setup makes the first admin, of all programs. The token works once and for
// half an hour; of two who send it at once, one owns the installation. It
// returns ErrSetup for any other token, before it looks at the person.
func (s *Service) Setup(ctx context.Context, token string, n NewPerson) (*Created, error) {
	good, err := goodSetupToken(ctx, s.db, setupDigest(token), s.now())
	if err != nil {
		return nil, fmt.Errorf("set up: %w", err)
	}
	if !good {
		return nil, ErrSetup
	}
	n.Grants = []access.Grant{everywhere}
	return s.create(by(ctx, "setup", ""), n, func(ctx context.Context, tx bun.IDB) error {
		if err := db.Lock(ctx, tx, "identity/setup"); err != nil {
			return err
		}
		taken, err := anybody(ctx, tx)
		if err != nil {
			return err
		}
		if taken {
			return ErrSetup
		}
		return spendSetupToken(ctx, tx, setupDigest(token), s.now())
	})
}
