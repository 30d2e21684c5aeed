package identity

import (
	"context"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/db"
)

// credentials are what a person proves themselves with. They never leave this
// package.
type credentials struct {
	bun.BaseModel `bun:"table:people"`

	ID            string
	PasswordHash  string
	Status        Status
	TOTPSecret    []byte `bun:"totp_secret"`
	TOTPConfirmed bool   `bun:"totp_confirmed"`
	TOTPStep      int64  `bun:"totp_step"`
}

// credentialsOf returns what belongs to an address; empty credentials, beside
// db.ErrNone, when nobody has it.
func credentialsOf(ctx context.Context, idb bun.IDB, email string) (*credentials, error) {
	c := new(credentials)
	err := db.Check(idb.NewSelect().Model(c).Where("email = ?", email).Scan(ctx))
	if err != nil {
		return new(credentials), err
	}
	return c, nil
}

func credentialsByID(ctx context.Context, idb bun.IDB, id string) (*credentials, error) {
	c := new(credentials)
	return c, db.Check(idb.NewSelect().Model(c).Where("id = ?", id).Scan(ctx))
}

func find(ctx context.Context, idb bun.IDB, id string) (*Person, error) {
	p := new(Person)
	if err := idb.NewSelect().Model(p).Where("id = ?", id).Scan(ctx); err != nil {
		return nil, db.Check(err)
	}
	all, err := grantsOf(ctx, idb, []string{id})
	p.Grants = all[id]
	return p, err
}

type grantRow struct {
	bun.BaseModel `bun:"table:grants"`

	PersonID string      `bun:",pk"`
	Role     access.Role `bun:",pk"`
	Program  string      `bun:",pk"`
}

func grantsOf(ctx context.Context, idb bun.IDB, ids []string) (map[string][]access.Grant, error) {
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

func insertPerson(ctx context.Context, tx bun.IDB, p *Person, hash string, secret []byte) error {
	_, err := tx.NewInsert().Model(p).Value("password_hash", "?", hash).Value("totp_secret", "?", secret).Exec(ctx)
	if err = db.Check(err); errors.Is(err, db.ErrExists) {
		return ErrTaken
	}
	if err != nil {
		return err
	}
	for _, g := range p.Grants {
		if err := addGrant(ctx, tx, p.ID, g); err != nil {
			return err
		}
	}
	return nil
}

func addGrant(ctx context.Context, tx bun.IDB, personID string, g access.Grant) error {
	_, err := tx.NewInsert().Model(&grantRow{PersonID: personID, Role: g.Role, Program: g.Program}).
		On("CONFLICT (person_id, role, program) DO NOTHING").Exec(ctx)
	return db.Check(err)
}

func replaceGrants(ctx context.Context, tx bun.IDB, p *Person) error {
	if _, err := tx.NewDelete().Model((*grantRow)(nil)).Where("person_id = ?", p.ID).Exec(ctx); err != nil {
		return db.Check(err)
	}
	for _, g := range p.Grants {
		if err := addGrant(ctx, tx, p.ID, g); err != nil {
			return err
		}
	}
	return nil
}

// updatePerson writes p if its version is still the one that was read.
func updatePerson(ctx context.Context, tx bun.IDB, p *Person, version int64) error {
	res, err := tx.NewUpdate().Model(p).Set("name = ?", p.Name).Set("license_number = ?", p.LicenseNumber).
		Set("status = ?", p.Status).Set("version = version + 1").Where("id = ? AND version = ?", p.ID, version).Exec(ctx)
	if err := db.One(res, err, ErrStale); err != nil {
		return err
	}
	p.Version = version + 1
	return nil
}

// countAdmins counts the active people who administer every program.
func countAdmins(ctx context.Context, idb bun.IDB) (n int, err error) {
	err = idb.NewRaw(`SELECT count(*) FROM grants g JOIN people p ON p.id = g.person_id
		WHERE g.role = ? AND g.program = '' AND p.status = ?`, access.Admin, Active).Scan(ctx, &n)
	return n, db.Check(err)
}

func countPeople(ctx context.Context, idb bun.IDB) (n int, err error) {
	err = idb.NewRaw(`SELECT count(*) FROM people`).Scan(ctx, &n)
	return n, db.Check(err)
}

func list(ctx context.Context, idb bun.IDB, programs []string, all bool, page Page) (rows []Person, err error) {
	q := idb.NewSelect().Model(&rows).Where("id > ?", page.After).OrderExpr("id").Limit(page.Limit)
	if !all {
		if len(programs) == 0 {
			return nil, nil
		}
		q.Where("id IN (SELECT person_id FROM grants WHERE program IN (?))", bun.List(programs))
	}
	if err := q.Scan(ctx); err != nil {
		return nil, db.Check(err)
	}
	ids := make([]string, len(rows))
	for i, p := range rows {
		ids[i] = p.ID
	}
	grants, err := grantsOf(ctx, idb, ids)
	for i := range rows {
		rows[i].Grants = grants[rows[i].ID]
	}
	return rows, err
}

func names(ctx context.Context, idb bun.IDB, ids []string) (map[string]string, error) {
	all := make(map[string]string, len(ids))
	if len(ids) == 0 {
		return all, nil
	}
	var rows []Person
	err := idb.NewSelect().Model(&rows).Column("id", "name").Where("id IN (?)", bun.List(ids)).Scan(ctx)
	for _, p := range rows {
		all[p.ID] = p.Name
	}
	return all, db.Check(err)
}

func setPassword(ctx context.Context, tx bun.IDB, personID, hash string) error {
	res, err := tx.NewRaw(`UPDATE people SET password_hash = ? WHERE id = ?`, hash, personID).Exec(ctx)
	return db.One(res, err, db.ErrNone)
}

func insertSession(ctx context.Context, tx bun.IDB, se *session) error {
	_, err := tx.NewInsert().Model(se).Exec(ctx)
	return db.Check(err)
}

func getSession(ctx context.Context, idb bun.IDB, id string) (*session, error) {
	se := new(session)
	return se, db.Check(idb.NewSelect().Model(se).Where("id = ?", id).Scan(ctx))
}

func touchSession(ctx context.Context, tx bun.IDB, id string, at time.Time) error {
	res, err := tx.NewRaw(`UPDATE sessions SET used_at = ? WHERE id = ? AND ended_at IS NULL`, db.At(at), id).Exec(ctx)
	return db.One(res, err, ErrRefresh)
}

func proveSession(ctx context.Context, tx bun.IDB, id string, at time.Time) error {
	res, err := tx.NewRaw(`UPDATE sessions SET second_factor = ?, proved_at = ? WHERE id = ? AND ended_at IS NULL`, true, db.At(at), id).Exec(ctx)
	return db.One(res, err, access.ErrSignIn)
}

// endSession ends a session that was not refreshed within the last grace, and
// reports whether it did.
func endSession(ctx context.Context, tx bun.IDB, id string, at time.Time, grace time.Duration) (bool, error) {
	res, err := tx.NewRaw(`UPDATE sessions SET ended_at = ? WHERE id = ? AND ended_at IS NULL AND (used_at <= ? OR ? = 0)`,
		db.At(at), id, db.At(at.Add(-grace)), grace.Milliseconds()).Exec(ctx)
	if err != nil {
		return false, db.Check(err)
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

// endSessions ends all sessions of a person but one.
func endSessions(ctx context.Context, tx bun.IDB, personID, but string, at time.Time) error {
	_, err := tx.NewRaw(`UPDATE sessions SET ended_at = ? WHERE person_id = ? AND ended_at IS NULL AND id <> ?`, db.At(at), personID, but).Exec(ctx)
	return db.Check(err)
}

func insertRefresh(ctx context.Context, tx bun.IDB, hash, sessionID string, at time.Time) error {
	_, err := tx.NewRaw(`INSERT INTO refresh_tokens (hash, session_id, issued_at) VALUES (?, ?, ?)`, hash, sessionID, db.At(at)).Exec(ctx)
	return db.Check(err)
}

func sessionOfRefresh(ctx context.Context, idb bun.IDB, hash string) (*session, error) {
	se := new(session)
	err := idb.NewSelect().Model(se).Where("id = (SELECT session_id FROM refresh_tokens WHERE hash = ?)", hash).Scan(ctx)
	return se, db.Check(err)
}

// errUsed reports a refresh token that was used before.
var errUsed = errors.New("refresh token used before")

// useRefresh spends a token: of several at once, one wins.
func useRefresh(ctx context.Context, tx bun.IDB, hash string, at time.Time) error {
	res, err := tx.NewRaw(`UPDATE refresh_tokens SET used_at = ? WHERE hash = ? AND used_at IS NULL`, db.At(at), hash).Exec(ctx)
	return db.One(res, err, errUsed)
}

// pendFactor stores a factor that is not confirmed yet.
func pendFactor(ctx context.Context, tx bun.IDB, personID string, sealed []byte) error {
	res, err := tx.NewRaw(`UPDATE people SET totp_secret = ?, totp_step = 0 WHERE id = ? AND NOT totp_confirmed`, sealed, personID).Exec(ctx)
	return db.One(res, err, ErrFactor)
}

func confirmFactor(ctx context.Context, tx bun.IDB, personID string, step int64) error {
	res, err := tx.NewRaw(`UPDATE people SET totp_confirmed = ?, totp_step = ? WHERE id = ? AND NOT totp_confirmed AND totp_secret IS NOT NULL`,
		true, step, personID).Exec(ctx)
	return db.One(res, err, ErrNoFactor)
}

func removeFactor(ctx context.Context, tx bun.IDB, personID string) error {
	if _, err := tx.NewRaw(`DELETE FROM recovery_codes WHERE person_id = ?`, personID).Exec(ctx); err != nil {
		return db.Check(err)
	}
	res, err := tx.NewRaw(`UPDATE people SET totp_confirmed = ?, totp_secret = NULL, totp_step = 0 WHERE id = ?`, false, personID).Exec(ctx)
	return db.One(res, err, db.ErrNone)
}

// useStep spends a time step: a code works once.
func useStep(ctx context.Context, tx bun.IDB, personID string, step int64) error {
	res, err := tx.NewRaw(`UPDATE people SET totp_step = ? WHERE id = ? AND totp_step < ?`, step, personID, step).Exec(ctx)
	return db.One(res, err, ErrCode)
}

func replaceRecovery(ctx context.Context, tx bun.IDB, personID string, codes []string) error {
	if _, err := tx.NewRaw(`DELETE FROM recovery_codes WHERE person_id = ?`, personID).Exec(ctx); err != nil {
		return db.Check(err)
	}
	for _, c := range codes {
		if _, err := tx.NewRaw(`INSERT INTO recovery_codes (person_id, hash) VALUES (?, ?)`, personID, recoveryDigest(personID, c)).Exec(ctx); err != nil {
			return db.Check(err)
		}
	}
	return nil
}

func useRecovery(ctx context.Context, tx bun.IDB, personID, hash string, at time.Time) error {
	res, err := tx.NewRaw(`UPDATE recovery_codes SET used_at = ? WHERE person_id = ? AND hash = ? AND used_at IS NULL`, db.At(at), personID, hash).Exec(ctx)
	return db.One(res, err, ErrCode)
}

func putSetupToken(ctx context.Context, tx bun.IDB, hash string, ends time.Time) error {
	_, err := tx.NewRaw(`INSERT INTO setup_tokens (id, hash, ends_at) VALUES (1, ?, ?)
		ON CONFLICT (id) DO UPDATE SET hash = excluded.hash, ends_at = excluded.ends_at`, hash, db.At(ends)).Exec(ctx)
	return db.Check(err)
}

func dropSetupToken(ctx context.Context, tx bun.IDB) error {
	_, err := tx.NewRaw(`DELETE FROM setup_tokens`).Exec(ctx)
	return db.Check(err)
}

func useSetupToken(ctx context.Context, tx bun.IDB, hash string, at time.Time) error {
	res, err := tx.NewRaw(`DELETE FROM setup_tokens WHERE hash = ? AND ends_at >= ?`, hash, db.At(at)).Exec(ctx)
	return db.One(res, err, ErrSetup)
}

// tries are the wrong tries of one account.
type tries struct {
	bun.BaseModel `bun:"table:login_tries"`

	PersonID string `bun:",pk"`
	Quick    int    // since the last right one
	Total    int    // since the last reset
	WaitTill db.Time
}

func triesOf(ctx context.Context, idb bun.IDB, personID string) (*tries, error) {
	t := &tries{PersonID: personID}
	err := db.Check(idb.NewSelect().Model(t).WherePK().Scan(ctx))
	if errors.Is(err, db.ErrNone) {
		return &tries{PersonID: personID}, nil
	}
	return t, err
}

func putTries(ctx context.Context, tx bun.IDB, t *tries) error {
	_, err := tx.NewInsert().Model(t).
		On("CONFLICT (person_id) DO UPDATE").Set("quick = excluded.quick").Set("total = excluded.total").Set("wait_till = excluded.wait_till").Exec(ctx)
	return db.Check(err)
}

func clearTries(ctx context.Context, tx bun.IDB, personID string) error {
	_, err := tx.NewRaw(`DELETE FROM login_tries WHERE person_id = ?`, personID).Exec(ctx)
	return db.Check(err)
}

func keepAddress(ctx context.Context, tx bun.IDB, personID, hash string, at time.Time) error {
	_, err := tx.NewRaw(`INSERT INTO known_addresses (person_id, hash, seen_at) VALUES (?, ?, ?)
		ON CONFLICT (person_id, hash) DO UPDATE SET seen_at = excluded.seen_at`, personID, hash, db.At(at)).Exec(ctx)
	return db.Check(err)
}

func knownAddress(ctx context.Context, idb bun.IDB, personID, hash string, since time.Time) (bool, error) {
	ok, err := idb.NewSelect().Table("known_addresses").Where("person_id = ? AND hash = ? AND seen_at >= ?", personID, hash, db.At(since)).Exists(ctx)
	return ok, db.Check(err)
}
