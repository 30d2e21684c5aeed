package identity

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/fault"
)

// ErrNoCrowd reports that people by the thousand can be made in test mode only.
var ErrNoCrowd = fault.New(fault.Forbidden, "test_mode_only", "People by the thousand, signed in without a password, are for load tests: they need a server in test mode.")

// A Guest is one of a crowd, signed in.
type Guest struct {
	ID     string
	Email  string
	Tokens Tokens
}

// Crowd makes n people with the same grants and the same password and signs
// them in without asking for it, for whoever commands the machine. A load test
// measures an exam and not its sign-in: one password costs as much as a
// thousand answers. It returns ErrNoCrowd but where the limits are lifted.
// The ledger has one entry for all of them.
func (s *Service) Crowd(ctx context.Context, n int, password string, grants ...access.Grant) (all []Guest, err error) {
	if !s.settings.Lifted {
		return nil, ErrNoCrowd
	}
	ctx = by(ctx, "shell", "")
	phc, err := s.hasher.hash(ctx, password)
	if err != nil {
		return nil, err
	}
	for len(all) < n && err == nil {
		var some []Guest
		some, err = s.guests(ctx, min(n-len(all), 500), phc, grants)
		all = append(all, some...)
	}
	if err != nil {
		return nil, fmt.Errorf("make a crowd: %w", err)
	}
	return all, nil
}

// guests makes some of a crowd, in one transaction.
func (s *Service) guests(ctx context.Context, n int, phc string, grants []access.Grant) ([]Guest, error) {
	var (
		all       = make([]Guest, n)
		accounts  = make([]account, n)
		sessions  = make([]session, n)
		refreshes = make([]refreshRow, n)
		given     []grantRow
		now       = s.now()
	)
	for i := range n {
		id := db.NewID()
		g := Guest{ID: id, Email: id + "@crowd.test", Tokens: Tokens{Refresh: secret(), ExpiresIn: accessLife}}
		accounts[i] = account{ID: id, Email: g.Email, Name: "Guest " + id[len(id)-6:], Status: Active, PasswordHash: phc, MadeBy: "shell", CreatedAt: db.At(now), Version: 1}
		sessions[i] = *newSession(id, staff(grants), false, now)
		se := &sessions[i]
		refreshes[i] = refreshRow{Hash: refreshDigest(g.Tokens.Refresh), SessionID: se.ID, IssuedAt: db.At(now), ExpiresAt: db.At(se.until(now, se.idle()))}
		for _, grant := range grants {
			given = append(given, grantRow{PersonID: id, Role: grant.Role, Program: grant.Program})
		}
		var err error
		if g.Tokens.Access, err = s.mint(se, now); err != nil {
			return nil, err
		}
		all[i] = g
	}
	return all, s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		for _, rows := range []any{&accounts, &given, &sessions, &refreshes} {
			if rows == any(&given) && len(given) == 0 {
				continue
			}
			if _, err := tx.NewInsert().Model(rows).Exec(ctx); err != nil {
				return db.Check(err)
			}
		}
		return audit.Append(ctx, tx, now, "crowd.created", accounts[0].ID, map[string]any{"people": n, "grants": inWords(grants)})
	})
}
