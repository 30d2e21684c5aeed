package identity

import (
	"context"
	"fmt"
	"slices"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/once"
)

// Create adds a person. Where a role must have a second factor it comes with
// one, whose secret is returned this once.
func (s *Service) Create(ctx context.Context, n NewPerson) (*Created, error) {
	who := access.From(ctx)
	if err := who.May(access.ManagePeople); err != nil {
		return nil, err
	}
	for _, g := range n.Grants {
		if !mayGive(who, g) {
			return nil, ErrRaise
		}
	}
	return s.create(ctx, n, nil)
}

// CreateFromShell adds a person for whoever commands the machine.
func (s *Service) CreateFromShell(ctx context.Context, n NewPerson) (*Created, error) {
	return s.create(shell(ctx), n, nil)
}

// create adds a person; guard, if set, runs first inside the transaction.
func (s *Service) create(ctx context.Context, n NewPerson, guard func(context.Context, bun.IDB) error) (*Created, error) {
	if err := n.normalize(); err != nil {
		return nil, err
	}
	made := new(Created)
	if n.Password == "" {
		n.Password = makePassword()
		made.Password = n.Password
	} else if err := checkPassword(n.Password, n.Email, n.Name); err != nil {
		return nil, err
	}
	hash, err := s.hasher.hash(ctx, n.Password)
	if err != nil {
		return nil, err
	}
	p := &Person{Email: n.Email, Name: n.Name, LicenseNumber: n.LicenseNumber, Status: Active, CreatedAt: db.At(s.now()), Version: 1,
		Grants: unique(n.Grants)}
	err = s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		id, again, err := once.Claim(ctx, tx, s.now(), db.NewID())
		if err != nil {
			return err
		}
		if again {
			found, err := find(ctx, tx, id)
			*made = Created{Person: *found}
			return err
		}
		if guard != nil {
			if err := guard(ctx, tx); err != nil {
				return err
			}
		}
		p.ID = id
		made.TOTPSecret = ""
		secret, err := s.factorAtBirth(p, made)
		if err != nil {
			return err
		}
		if err := insertPerson(ctx, tx, p, hash, secret); err != nil {
			return err
		}
		made.Person = *p
		return audit.Append(ctx, tx, s.now(), "person.created", p.ID, map[string]any{"grants": p.Grants})
	})
	if err != nil {
		return nil, fmt.Errorf("create person: %w", err)
	}
	return made, nil
}

// factorAtBirth makes a confirmed second factor for staff where one is
// required, and returns its sealed secret.
func (s *Service) factorAtBirth(p *Person, made *Created) ([]byte, error) {
	if !s.settings.RequireMFA || !p.staff() {
		return nil, nil
	}
	key, err := newTOTP(s.settings.Issuer, p.Email)
	if err != nil {
		return nil, err
	}
	made.TOTPSecret, p.TOTPConfirmed = key.Secret(), true
	return s.ring.Seal(totpPlace(p.ID), []byte(key.Secret())), nil
}

func unique(grants []access.Grant) []access.Grant {
	var all []access.Grant
	for _, g := range grants {
		if !slices.Contains(all, g) {
			all = append(all, g)
		}
	}
	return all
}

// Update changes a person. Sessions end when the grants or the status change,
// so that nothing goes on under an old role.
func (s *Service) Update(ctx context.Context, id string, c Change) (*Person, error) {
	who := access.From(ctx)
	if err := who.May(access.ManagePeople); err != nil {
		return nil, err
	}
	if !db.IsID(id) {
		return nil, db.ErrNone
	}
	var p *Person
	err := s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) (err error) {
		if err := db.Lock(ctx, tx, "grants"); err != nil {
			return err
		}
		if p, err = find(ctx, tx, id); err != nil {
			return err
		}
		before := p.Grants
		if err := p.apply(who, c); err != nil {
			return err
		}
		if err := updatePerson(ctx, tx, p, c.Version); err != nil {
			return err
		}
		if err := s.afterChange(ctx, tx, p, c); err != nil {
			return err
		}
		return audit.Append(ctx, tx, s.now(), "person.changed", id,
			map[string]any{"grants_before": before, "grants_after": p.Grants, "status": p.Status})
	})
	if err != nil {
		return nil, fmt.Errorf("change person: %w", err)
	}
	s.sessions.forget()
	return p, nil
}

// apply changes p as c says, if who may.
func (p *Person) apply(who access.Actor, c Change) error {
	programs, all := who.Programs(access.ManagePeople)
	if !all && !slices.ContainsFunc(p.Grants, func(g access.Grant) bool { return slices.Contains(programs, g.Program) }) {
		return db.ErrNone // somebody of another program
	}
	if c.Name != nil {
		p.Name = *c.Name
		if err := checkName(p.Name); err != nil {
			return err
		}
	}
	if c.LicenseNumber != nil {
		p.LicenseNumber = *c.LicenseNumber
		if err := checkLicense(p.LicenseNumber); err != nil {
			return err
		}
	}
	if c.Status != nil {
		if p.Status = *c.Status; p.Status != Active && p.Status != Suspended {
			return ErrStatus
		}
	}
	if c.Grants != nil {
		return p.regrant(who, *c.Grants)
	}
	return nil
}

func (p *Person) regrant(who access.Actor, grants []access.Grant) error {
	if err := checkGrants(grants); err != nil {
		return err
	}
	grants = unique(grants)
	for _, g := range difference(p.Grants, grants) {
		if !mayGive(who, g) || who.ID == p.ID && slices.Contains(grants, g) {
			return ErrRaise
		}
	}
	p.Grants = grants
	return nil
}

func (s *Service) afterChange(ctx context.Context, tx bun.IDB, p *Person, c Change) error {
	if c.Grants != nil {
		if err := replaceGrants(ctx, tx, p); err != nil {
			return err
		}
	}
	if c.Grants == nil && c.Status == nil {
		return nil
	}
	if n, err := countAdmins(ctx, tx); err != nil || n == 0 {
		if err == nil {
			err = ErrLastAdmin
		}
		return err
	}
	return endSessions(ctx, tx, p.ID, "", s.now())
}

// A Page is a stretch of a list: after an id, at most so many.
type Page struct {
	After string
	Limit int64
}

// People returns people in the order in which they were added. An admin of
// some programs sees those who have a grant there.
func (s *Service) People(ctx context.Context, page Page) ([]Person, error) {
	who := access.From(ctx)
	if err := who.May(access.SeePeople); err != nil {
		return nil, err
	}
	programs, all := who.Programs(access.SeePeople)
	rows, err := list(ctx, s.db, programs, all, page)
	if err != nil {
		return nil, fmt.Errorf("list people: %w", err)
	}
	return rows, nil
}

// Find returns a person by id. It asks no permission: it is for features that
// have.
func (s *Service) Find(ctx context.Context, idb bun.IDB, id string) (*Person, error) {
	return find(ctx, idb, id)
}

// Names returns the names of people by id. It asks no permission.
func (s *Service) Names(ctx context.Context, idb bun.IDB, ids []string) (map[string]string, error) {
	return names(ctx, idb, ids)
}

// Ensure gives a grant inside another feature's transaction. What the person
// has already stays as it is, and no session ends.
func (s *Service) Ensure(ctx context.Context, tx bun.IDB, personID string, g access.Grant) error {
	p, err := find(ctx, tx, personID)
	if err != nil {
		return err
	}
	if slices.Contains(p.Grants, g) || slices.Contains(p.Grants, access.Grant{Role: g.Role}) {
		return nil
	}
	if err := addGrant(ctx, tx, personID, g); err != nil {
		return err
	}
	s.sessions.forget()
	return nil
}
