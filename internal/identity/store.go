package identity

import (
	"context"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/db"
)

// An account is a person as they lie in SQL, with the hash of their password.
// It never leaves this package.
type account struct {
	bun.BaseModel `bun:"table:people"`

	ID            string `bun:",pk"`
	Email         string
	Name          string
	LicenseNumber string
	Status        Status
	PasswordHash  string
	MadeBy        string
	CreatedAt     db.Time
	Version       int64
}

func (a *account) person(grants []access.Grant) Person {
	return Person{
		ID: a.ID, Email: a.Email, Name: a.Name, LicenseNumber: a.LicenseNumber, Status: a.Status,
		CreatedAt: a.CreatedAt, Version: a.Version, Grants: grants,
	}
}

func accountByID(ctx context.Context, idb bun.IDB, id string) (*account, error) {
	a := new(account)
	return a, db.Check(idb.NewSelect().Model(a).Where("id = ?", id).Scan(ctx))
}

// accountAt returns whose address it is; an account without an id when it is
// nobody's.
func accountAt(ctx context.Context, idb bun.IDB, email string) (*account, error) {
	a := new(account)
	err := db.Check(idb.NewSelect().Model(a).Where("email = ?", email).Scan(ctx))
	if errors.Is(err, db.ErrNone) {
		return &account{Email: email}, nil
	}
	return a, err
}

// lockAccount returns an account with its grants and keeps every other deed
// upon the same person waiting until the transaction ends.
func lockAccount(ctx context.Context, tx bun.IDB, id string) (*account, []access.Grant, error) {
	if err := db.Lock(ctx, tx, "identity/"+id); err != nil {
		return nil, nil, err
	}
	a, err := accountByID(ctx, tx, id)
	if err != nil {
		return nil, nil, err
	}
	grants, err := grantsOf(ctx, tx, id)
	return a, grants[id], err
}

func find(ctx context.Context, idb bun.IDB, id string) (*Person, error) {
	a, err := accountByID(ctx, idb, id)
	if err != nil {
		return nil, err
	}
	grants, err := grantsOf(ctx, idb, id)
	p := a.person(grants[id])
	return &p, err
}

func insertAccount(ctx context.Context, tx bun.IDB, a *account) error {
	_, err := tx.NewInsert().Model(a).Exec(ctx)
	if err = db.Check(err); errors.Is(err, db.ErrExists) {
		return ErrTaken
	}
	return err
}

// updateAccount writes what an admin may change, if the version is still the
// one that was read.
func updateAccount(ctx context.Context, tx bun.IDB, a *account, version int64) error {
	res, err := tx.NewUpdate().Model(a).
		Set("name = ?", a.Name).Set("license_number = ?", a.LicenseNumber).Set("status = ?", a.Status).Set("version = version + 1").
		Where("id = ? AND version = ?", a.ID, version).Exec(ctx)
	a.Version = version + 1
	return db.One(res, err, ErrStale)
}

// setPassword replaces a password's hash if it is still the one that was
// looked at.
func setPassword(ctx context.Context, tx bun.IDB, a *account, phc string) error {
	res, err := tx.NewUpdate().Model(a).Set("password_hash = ?", phc).
		Where("id = ? AND password_hash = ?", a.ID, a.PasswordHash).Exec(ctx)
	return db.One(res, err, ErrStale)
}

type grantRow struct {
	bun.BaseModel `bun:"table:grants"`

	PersonID string      `bun:",pk"`
	Role     access.Role `bun:",pk"`
	Program  string      `bun:",pk"`
}

// grantsOf returns the grants of people, in order.
func grantsOf(ctx context.Context, idb bun.IDB, ids ...string) (map[string][]access.Grant, error) {
	all := make(map[string][]access.Grant, len(ids))
	if len(ids) == 0 {
		return all, nil
	}
	var rows []grantRow
	err := idb.NewSelect().Model(&rows).Where("person_id IN (?)", bun.List(ids)).OrderExpr("role, program").Scan(ctx)
	for _, r := range rows {
		all[r.PersonID] = append(all[r.PersonID], access.Grant{Role: r.Role, Program: r.Program})
	}
	return all, db.Check(err)
}

func insertGrants(ctx context.Context, tx bun.IDB, personID string, grants []access.Grant) error {
	if len(grants) == 0 {
		return nil
	}
	rows := make([]grantRow, len(grants))
	for i, g := range grants {
		rows[i] = grantRow{PersonID: personID, Role: g.Role, Program: g.Program}
	}
	_, err := tx.NewInsert().Model(&rows).On("CONFLICT (person_id, role, program) DO NOTHING").Exec(ctx)
	return db.Check(err)
}

func replaceGrants(ctx context.Context, tx bun.IDB, personID string, grants []access.Grant) error {
	if _, err := tx.NewDelete().Model((*grantRow)(nil)).Where("person_id = ?", personID).Exec(ctx); err != nil {
		return db.Check(err)
	}
	return insertGrants(ctx, tx, personID, grants)
}

// countAdmins counts the active admins of all programs.
func countAdmins(ctx context.Context, idb bun.IDB) (n int, err error) {
	err = idb.NewRaw(`SELECT count(*) FROM grants g JOIN people p ON p.id = g.person_id
		WHERE g.role = ? AND g.program = ? AND p.status = ?`, everywhere.Role, everywhere.Program, Active).Scan(ctx, &n)
	return n, db.Check(err)
}

func anybody(ctx context.Context, idb bun.IDB) (bool, error) {
	ok, err := idb.NewSelect().Model((*account)(nil)).Exists(ctx)
	return ok, db.Check(err)
}

// list returns the people that a reach sees: the same rule as reach.sees.
func list(ctx context.Context, idb bun.IDB, r reach, actor string, page Page) ([]Person, error) {
	var rows []account
	q := idb.NewSelect().Model(&rows).ModelTableExpr("people AS p").ColumnExpr("p.*").Where("p.id > ?", page.After).OrderExpr("p.id").Limit(page.Limit)
	if !r.all {
		q.Where(`EXISTS (SELECT 1 FROM grants g WHERE g.person_id = p.id AND g.program IN (?))
			OR p.made_by = ? AND NOT EXISTS (SELECT 1 FROM grants g WHERE g.person_id = p.id)`, bun.List(append([]string{""}, r.programs...)), actor)
	}
	if err := q.Scan(ctx); err != nil {
		return nil, db.Check(err)
	}
	ids := make([]string, len(rows))
	for i, a := range rows {
		ids[i] = a.ID
	}
	grants, err := grantsOf(ctx, idb, ids...)
	people := make([]Person, len(rows))
	for i, a := range rows {
		people[i] = a.person(grants[a.ID])
	}
	return people, err
}

func names(ctx context.Context, idb bun.IDB, ids []string) (map[string]string, error) {
	all := make(map[string]string, len(ids))
	if len(ids) == 0 {
		return all, nil
	}
	var rows []account
	err := idb.NewSelect().Model(&rows).Column("id", "name").Where("id IN (?)", bun.List(ids)).Scan(ctx)
	for _, a := range rows {
		all[a.ID] = a.Name
	}
	return all, db.Check(err)
}

func putSetupToken(ctx context.Context, tx bun.IDB, hash string, expires time.Time) error {
	_, err := tx.NewRaw(`INSERT INTO setup_tokens (id, hash, expires_at) VALUES (1, ?, ?)
		ON CONFLICT (id) DO UPDATE SET hash = excluded.hash, expires_at = excluded.expires_at`, hash, db.At(expires)).Exec(ctx)
	return db.Check(err)
}

func goodSetupToken(ctx context.Context, idb bun.IDB, hash string, at time.Time) (bool, error) {
	ok, err := idb.NewSelect().Table("setup_tokens").Where("hash = ? AND expires_at > ?", hash, db.At(at)).Exists(ctx)
	return ok, db.Check(err)
}

func spendSetupToken(ctx context.Context, tx bun.IDB, hash string, at time.Time) error {
	res, err := tx.NewRaw(`DELETE FROM setup_tokens WHERE hash = ? AND expires_at > ?`, hash, db.At(at)).Exec(ctx)
	return db.One(res, err, ErrSetup)
}
