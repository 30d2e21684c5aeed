package identity

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/db"
)

// setupLife is how long a set-up token is good for.
const setupLife = 30 * time.Minute

// SetupToken returns a fresh token with which the first admin can be made, in
// place of any before; "" when somebody is here already.
func (s *Service) SetupToken(ctx context.Context) (token string, err error) {
	var secret [32]byte
	rand.Read(secret[:]) // never fails
	token = base64.RawURLEncoding.EncodeToString(secret[:])
	err = s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := db.Lock(ctx, tx, "setup"); err != nil {
			return err
		}
		n, err := countPeople(ctx, tx)
		if err != nil {
			return err
		}
		if n > 0 {
			token = ""
			return dropSetupToken(ctx, tx)
		}
		return putSetupToken(ctx, tx, digest(token), s.now().Add(setupLife))
	})
	if err != nil {
		return "", fmt.Errorf("set-up token: %w", err)
	}
	return token, nil
}

// Setup makes the first admin. The token works once; of two who send it at
// once, one owns the installation and the other gets ErrSetup.
func (s *Service) Setup(ctx context.Context, token string, n NewPerson) (*Created, error) {
	n.Grants = []access.Grant{{Role: access.Admin}}
	ctx = access.With(ctx, actorOf(ctx, "setup", ""))
	return s.create(ctx, n, func(ctx context.Context, tx bun.IDB) error {
		if err := db.Lock(ctx, tx, "setup"); err != nil {
			return err
		}
		if people, err := countPeople(ctx, tx); err != nil || people > 0 {
			if err == nil {
				err = ErrSetup
			}
			return err
		}
		return useSetupToken(ctx, tx, digest(token), s.now())
	})
}
