package identity

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/once"
)

// Create adds a person, for an admin of every program that the grants name.
// Where a role must have a second factor it comes with one, whose secret is
// returned this once. Asked again under the same idempotency key it returns
// the person without password and secret. It returns ErrTaken when the address
// is in use.
func (s *Service) Create(ctx context.Context, n NewPerson) (*Created, error) {
	who := access.From(ctx)
	if err := who.May(access.ManagePeople); err != nil {
		return nil, err
	}
	r := reachOf(who, access.ManagePeople)
	if !r.governs(n.Grants) {
		return nil, ErrRaise
	}
	return s.create(ctx, n, nil)
}

// CreateFromShell adds a person for whoever commands the machine; the ledger
// names them "shell".
func (s *Service) CreateFromShell(ctx context.Context, n NewPerson) (*Created, error) {
	return s.create(by(ctx, "shell", ""), n, nil)
}

// create adds a person; first, if set, runs at the beginning of the
// transaction and can refuse.
func (s *Service) create(ctx context.Context, n NewPerson, first func(context.Context, bun.IDB) error) (*Created, error) {
	if err := n.normalize(); err != nil {
		return nil, err
	}
	var madeUp string
	if n.Password == "" {
		madeUp = makePassword()
		n.Password = madeUp
	} else if err := s.checkPassword(n.Password, n.Email, n.Name); err != nil {
		return nil, err
	}
	phc, err := s.hasher.hash(ctx, n.Password)
	if err != nil {
		return nil, err
	}
	var made *Created
	err = s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if first != nil {
			if err := first(ctx, tx); err != nil {
				return err
			}
		}
		id, again, err := once.Claim(ctx, tx, s.now(), db.NewID())
		if err != nil {
			return err
		}
		if again {
			p, err := find(ctx, tx, id)
			if err == nil {
				made = &Created{Person: *p}
			}
			return err
		}
		made = &Created{Password: madeUp}
		a := &account{ID: id, Email: n.Email, Name: n.Name, LicenseNumber: n.LicenseNumber, Status: Active, PasswordHash: phc,
			MadeBy: access.From(ctx).ID, CreatedAt: db.At(s.now()), Version: 1}
		return s.add(ctx, tx, a, n.Grants, made)
	})
	if err != nil {
		return nil, fmt.Errorf("create person: %w", err)
	}
	return made, nil
}

// add is the writing half of create.
func (s *Service) add(ctx context.Context, tx bun.IDB, a *account, grants []access.Grant, made *Created) error {
	if err := insertAccount(ctx, tx, a); err != nil {
		return err
	}
	if err := insertGrants(ctx, tx, a.ID, grants); err != nil {
		return err
	}
	if s.settings.RequireMFA && staff(grants) {
		key, err := s.pend(ctx, tx, a)
		if err != nil {
			return err
		}
		made.TOTPSecret = key.Secret()
	}
	made.Person = a.person(grants)
	return audit.Append(ctx, tx, s.now(), "person.created", a.ID,
		map[string]any{"grants": inWords(grants), "second_factor_pending": made.TOTPSecret != ""})
}

// Update changes a person the admin may see. An admin of some programs gives
// and takes grants there only, none above their own and none to themselves;
// their list replaces the grants within those programs and leaves the others.
// When grants change or the person is suspended, all their sessions end. It
// returns db.ErrNone, ErrStale, ErrRaise, ErrBeyond or ErrLastAdmin.
func (s *Service) Update(ctx context.Context, id string, c Change) (*Person, error) {
	who := access.From(ctx)
	if err := who.May(access.ManagePeople); err != nil {
		return nil, err
	}
	if !db.IsID(id) {
		return nil, db.ErrNone
	}
	if err := c.normalize(); err != nil {
		return nil, err
	}
	r := reachOf(who, access.ManagePeople)
	var p Person
	err := s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := db.Lock(ctx, tx, "identity/admins"); err != nil {
			return err
		}
		a, old, err := lockAccount(ctx, tx, id)
		if err != nil {
			return err
		}
		if !r.sees(old, a.MadeBy == who.ID) {
			return db.ErrNone
		}
		grants, err := c.apply(a, old, r, who.ID == id)
		if err != nil {
			return err
		}
		if err := updateAccount(ctx, tx, a, c.Version); err != nil {
			return err
		}
		p = a.person(grants)
		return s.follow(ctx, tx, a, old, grants, c)
	})
	if err != nil {
		return nil, fmt.Errorf("change person: %w", err)
	}
	s.forget(id)
	p.Grants = r.shows(p.Grants)
	return &p, nil
}

func (c *Change) normalize() (err error) {
	var ok bool
	if c.Name != nil {
		if *c.Name, ok = line(*c.Name, 1, maxName); !ok {
			return ErrName
		}
	}
	if c.LicenseNumber != nil {
		if *c.LicenseNumber, ok = line(*c.LicenseNumber, 0, maxLicense); !ok {
			return ErrLicense
		}
	}
	if c.Status != nil && *c.Status != Active && *c.Status != Suspended {
		return ErrStatus
	}
	if c.Grants != nil {
		*c.Grants, err = tidy(*c.Grants)
	}
	return err
}

// apply changes a as c says and returns the grants that follow.
func (c *Change) apply(a *account, old []access.Grant, r reach, self bool) ([]access.Grant, error) {
	if (c.Name != nil || c.Status != nil || c.LicenseNumber != nil) && !r.governs(old) {
		return nil, ErrBeyond
	}
	if c.Name != nil {
		a.Name = *c.Name
	}
	if c.LicenseNumber != nil {
		a.LicenseNumber = *c.LicenseNumber
	}
	if c.Status != nil {
		a.Status = *c.Status
	}
	if c.Grants == nil {
		return old, nil
	}
	return r.regrant(old, *c.Grants, self)
}

// follow brings grants, sessions and limits in line with a changed account,
// and writes the ledger. Setting a person active takes back what wrong tries
// have cost them.
func (s *Service) follow(ctx context.Context, tx bun.IDB, a *account, old, grants []access.Grant, c Change) error {
	details := map[string]any{"status": a.Status, "version": a.Version}
	changed := !slices.Equal(old, grants)
	if changed {
		details["grants_before"], details["grants_after"] = inWords(old), inWords(grants)
		if err := replaceGrants(ctx, tx, a.ID, grants); err != nil {
			return err
		}
	}
	if slices.Contains(old, everywhere) {
		n, err := countAdmins(ctx, tx)
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrLastAdmin
		}
	}
	if changed || a.Status == Suspended {
		if err := endSessions(ctx, tx, a.ID, endedByAdmin, s.now()); err != nil {
			return err
		}
	}
	if c.Status != nil && *c.Status == Active {
		if err := clearFailures(ctx, tx, a); err != nil {
			return err
		}
	}
	return audit.Append(ctx, tx, s.now(), "person.changed", a.ID, details)
}

// A Page is a stretch of a list: after an id, at most so many.
type Page struct {
	After string
	Limit int64
}

// People returns people in the order in which they were added. An admin or
// director of some programs sees those with a role there and, of their grants,
// those that hold there.
func (s *Service) People(ctx context.Context, page Page) ([]Person, error) {
	who := access.From(ctx)
	if err := who.May(access.SeePeople); err != nil {
		return nil, err
	}
	r := reachOf(who, access.SeePeople)
	rows, err := list(ctx, s.db, r, who.ID, page)
	if err != nil {
		return nil, fmt.Errorf("list people: %w", err)
	}
	for i := range rows {
		rows[i].Grants = r.shows(rows[i].Grants)
	}
	return rows, nil
}

// Person returns somebody the actor may see, as People shows them. Anybody
// else is db.ErrNone.
func (s *Service) Person(ctx context.Context, id string) (*Person, error) {
	who := access.From(ctx)
	if err := who.May(access.SeePeople); err != nil {
		return nil, err
	}
	if !db.IsID(id) {
		return nil, db.ErrNone
	}
	a, err := accountByID(ctx, s.db, id)
	if err != nil {
		return nil, err
	}
	grants, err := grantsOf(ctx, s.db, id)
	if err != nil {
		return nil, err
	}
	r := reachOf(who, access.SeePeople)
	if !r.sees(grants[id], a.MadeBy == who.ID) {
		return nil, db.ErrNone
	}
	p := a.person(r.shows(grants[id]))
	return &p, nil
}

// Find returns a person by id, or db.ErrNone. It asks no permission: it is for
// features that have.
func (s *Service) Find(ctx context.Context, idb bun.IDB, personID string) (*Person, error) {
	if !db.IsID(personID) {
		return nil, db.ErrNone
	}
	return find(ctx, idb, personID)
}

// Same reports whether two accounts are one person's: two with one license
// number are, however it is written. It asks no permission.
func (s *Service) Same(ctx context.Context, idb bun.IDB, one, other string) (bool, error) {
	if one == other {
		return true, nil
	}
	a, err := s.Find(ctx, idb, one)
	if err != nil {
		return false, err
	}
	b, err := s.Find(ctx, idb, other)
	if err != nil {
		return false, err
	}
	return SameLicense(a.LicenseNumber, b.LicenseNumber), nil
}

// Names returns the names of people by id. It asks no permission.
func (s *Service) Names(ctx context.Context, idb bun.IDB, ids []string) (map[string]string, error) {
	return names(ctx, idb, ids)
}

// unsettledFor is how long nothing of a person is remembered after a grant
// given inside another feature's transaction, whose end is not seen here.
const unsettledFor = 10 * time.Second

// Ensure gives a grant inside another feature's transaction, if the person has
// it neither there nor in all programs. No session ends. The ledger's entry is
// that of the deed it is part of.
func (s *Service) Ensure(ctx context.Context, tx bun.IDB, personID string, g access.Grant) error {
	p, err := find(ctx, tx, personID)
	if err != nil {
		return err
	}
	if slices.Contains(p.Grants, g) || slices.Contains(p.Grants, access.Grant{Role: g.Role}) {
		return nil
	}
	s.unsettled.keep(personID, s.now().Add(unsettledFor))
	s.forget(personID)
	return insertGrants(ctx, tx, personID, []access.Grant{g})
}

// Holders returns the ids of the active people who hold one of roles in a
// program or in all, in order.
func (s *Service) Holders(ctx context.Context, idb bun.IDB, program string, roles ...access.Role) (ids []string, err error) {
	err = idb.NewSelect().TableExpr("grants AS g").ColumnExpr("DISTINCT g.person_id").
		Join("JOIN people AS p ON p.id = g.person_id").
		Where("p.status = ? AND g.role IN (?) AND g.program IN ('', ?)", Active, bun.List(roles), program).
		OrderExpr("g.person_id").Scan(ctx, &ids)
	return ids, db.Check(err)
}
