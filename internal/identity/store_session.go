package identity

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/db"
)

func insertSession(ctx context.Context, tx bun.IDB, se *session) error {
	_, err := tx.NewInsert().Model(se).Exec(ctx)
	return db.Check(err)
}

func sessionByID(ctx context.Context, idb bun.IDB, id string) (*session, error) {
	se := new(session)
	return se, db.Check(idb.NewSelect().Model(se).Where("id = ?", id).Scan(ctx))
}

// standingsByID returns what sessions are and may, each in its place, in one
// query: everybody's requests ask for it once a second. One that is not there
// has no session.
func standingsByID(ctx context.Context, d *db.DB, ids []string) ([]standing, error) {
	among, arg, err := d.AnyOf(1, ids)
	if err != nil {
		return nil, err
	}
	found := make(map[string]standing, len(ids))
	err = d.Rows(ctx, `SELECT s.id, s.person_id, s.staff, s.second_factor, s.proved_at, s.expires_at, s.ended_at,
			p.name, p.status, coalesce(g.role, ''), coalesce(g.program, '')
		FROM sessions s JOIN people p ON p.id = s.person_id LEFT JOIN grants g ON g.person_id = p.id
		WHERE s.id`+among+` ORDER BY s.id, g.role, g.program`, []any{arg}, func(row *sql.Rows) error {
		var se session
		var name, status, role, program string
		if err := row.Scan(&se.ID, &se.PersonID, &se.Staff, &se.SecondFactor, &se.ProvedAt, &se.ExpiresAt, &se.EndedAt,
			&name, &status, &role, &program); err != nil {
			return err
		}
		st, ok := found[se.ID]
		if !ok {
			st = standing{session: &se, name: name, suspended: Status(status) != Active}
		}
		if role != "" {
			st.grants = append(st.grants, access.Grant{Role: access.Role(role), Program: program})
		}
		found[se.ID] = st
		return nil
	})
	if err != nil {
		return nil, err
	}
	all := make([]standing, len(ids))
	for i, id := range ids {
		all[i] = found[id]
	}
	return all, nil
}

// proveSession notes that the person proved anew who they are. A session that
// has ended stays ended.
func proveSession(ctx context.Context, tx bun.IDB, id, personID string, second bool, at time.Time) error {
	_, err := tx.NewRaw(`UPDATE sessions SET proved_at = ?, second_factor = (second_factor OR ?)
		WHERE id = ? AND person_id = ? AND ended_at IS NULL`, db.At(at), second, id, personID).Exec(ctx)
	return db.Check(err)
}

// errEnded reports a session that is not there or has ended before.
var errEnded = errors.New("session has ended")

func endSession(ctx context.Context, tx bun.IDB, id, reason string, at time.Time) error {
	res, err := tx.NewRaw(`UPDATE sessions SET ended_at = ?, end_reason = ? WHERE id = ? AND ended_at IS NULL`, db.At(at), reason, id).Exec(ctx)
	return db.One(res, err, errEnded)
}

func endSessions(ctx context.Context, tx bun.IDB, personID, reason string, at time.Time) error {
	_, err := tx.NewRaw(`UPDATE sessions SET ended_at = ?, end_reason = ? WHERE person_id = ? AND ended_at IS NULL`, db.At(at), reason, personID).Exec(ctx)
	return db.Check(err)
}

// dropExpired removes a person's sessions whose time is over, with their
// refresh tokens.
func dropExpired(ctx context.Context, tx bun.IDB, personID string, at time.Time) error {
	_, err := tx.NewRaw(`DELETE FROM sessions WHERE person_id = ? AND expires_at <= ?`, personID, db.At(at)).Exec(ctx)
	return db.Check(err)
}

func insertRefresh(ctx context.Context, tx bun.IDB, row *refreshRow) error {
	_, err := tx.NewInsert().Model(row).Exec(ctx)
	return db.Check(err)
}

func refreshOf(ctx context.Context, idb bun.IDB, hash string) (*refreshRow, error) {
	row := new(refreshRow)
	return row, db.Check(idb.NewSelect().Model(row).Where("hash = ?", hash).Scan(ctx))
}

// errUsed reports a refresh token that was used before.
var errUsed = errors.New("refresh token used before")

// useRefresh spends a token: of several at once, one wins.
func useRefresh(ctx context.Context, tx bun.IDB, hash string, at time.Time) error {
	res, err := tx.NewRaw(`UPDATE refresh_tokens SET used_at = ? WHERE hash = ? AND used_at IS NULL`, db.At(at), hash).Exec(ctx)
	return db.One(res, err, errUsed)
}

func factorOf(ctx context.Context, idb bun.IDB, personID string) (*factor, error) {
	f := new(factor)
	return f, db.Check(idb.NewSelect().Model(f).Where("person_id = ?", personID).Scan(ctx))
}

func putFactor(ctx context.Context, tx bun.IDB, f *factor) error {
	res, err := tx.NewRaw(`INSERT INTO totp_factors (person_id, secret, started_at) VALUES (?, ?, ?)
		ON CONFLICT (person_id) DO UPDATE SET secret = excluded.secret, started_at = excluded.started_at, last_step = 0
		WHERE totp_factors.confirmed_at IS NULL`, f.PersonID, f.Secret, f.StartedAt).Exec(ctx)
	return db.One(res, err, ErrFactor)
}

// useStep spends a time step, which confirms a pending factor.
func useStep(ctx context.Context, tx bun.IDB, personID string, step int64, at time.Time, wrong error) error {
	res, err := tx.NewRaw(`UPDATE totp_factors SET last_step = ?, confirmed_at = COALESCE(confirmed_at, ?)
		WHERE person_id = ? AND last_step < ?`, step, db.At(at), personID, step).Exec(ctx)
	return db.One(res, err, wrong)
}

func deleteFactor(ctx context.Context, tx bun.IDB, personID string) error {
	if _, err := tx.NewRaw(`DELETE FROM recovery_codes WHERE person_id = ?`, personID).Exec(ctx); err != nil {
		return db.Check(err)
	}
	res, err := tx.NewRaw(`DELETE FROM totp_factors WHERE person_id = ?`, personID).Exec(ctx)
	return db.One(res, err, ErrNoFactor)
}

type recoveryRow struct {
	bun.BaseModel `bun:"table:recovery_codes"`

	PersonID string `bun:",pk"`
	Hash     string `bun:",pk"`
}

func replaceRecovery(ctx context.Context, tx bun.IDB, personID string, codes []string) error {
	if _, err := tx.NewDelete().Model((*recoveryRow)(nil)).Where("person_id = ?", personID).Exec(ctx); err != nil {
		return db.Check(err)
	}
	rows := make([]recoveryRow, len(codes))
	for i, c := range codes {
		rows[i] = recoveryRow{PersonID: personID, Hash: recoveryDigest(personID, c)}
	}
	_, err := tx.NewInsert().Model(&rows).Exec(ctx)
	return db.Check(err)
}

func spendRecovery(ctx context.Context, tx bun.IDB, personID, hash string, at time.Time, wrong error) error {
	res, err := tx.NewRaw(`UPDATE recovery_codes SET used_at = ? WHERE person_id = ? AND hash = ? AND used_at IS NULL`, db.At(at), personID, hash).Exec(ctx)
	return db.One(res, err, wrong)
}

// A failureRow counts the failures in a row at one account.
type failureRow struct {
	bun.BaseModel `bun:"table:login_failures"`

	Account  string `bun:",pk"`
	PersonID string `bun:",nullzero"`
	Failures int
	LastAt   db.Time
}

func failuresOf(ctx context.Context, idb bun.IDB, a *account) (*failureRow, error) {
	row := &failureRow{Account: accountDigest(a)}
	err := db.Check(idb.NewSelect().Model(row).WherePK().Scan(ctx))
	if errors.Is(err, db.ErrNone) {
		row = &failureRow{Account: row.Account, LastAt: db.At(time.UnixMilli(0))}
		err = nil
	}
	row.PersonID = a.ID
	return row, err
}

func putFailures(ctx context.Context, tx bun.IDB, row *failureRow) error {
	_, err := tx.NewInsert().Model(row).On("CONFLICT (account) DO UPDATE").
		Set("person_id = excluded.person_id").Set("failures = excluded.failures").Set("last_at = excluded.last_at").Exec(ctx)
	return db.Check(err)
}

// touchFailures lets the wait count from the moment a failure was known.
func touchFailures(ctx context.Context, tx bun.IDB, a *account, at time.Time) error {
	_, err := tx.NewRaw(`UPDATE login_failures SET last_at = ? WHERE account = ?`, db.At(at), accountDigest(a)).Exec(ctx)
	return db.Check(err)
}

// uncountFailure takes one failure back.
func uncountFailure(ctx context.Context, tx bun.IDB, a *account, last db.Time) error {
	_, err := tx.NewRaw(`UPDATE login_failures SET failures = failures - 1, last_at = ? WHERE account = ? AND failures > 0`, last, accountDigest(a)).Exec(ctx)
	return db.Check(err)
}

func clearFailures(ctx context.Context, tx bun.IDB, a *account) error {
	_, err := tx.NewRaw(`DELETE FROM login_failures WHERE account = ?`, accountDigest(a)).Exec(ctx)
	return db.Check(err)
}

// dropNobodys forgets failures at addresses that are nobody's: there is no end
// of those.
func dropNobodys(ctx context.Context, tx bun.IDB, before time.Time) error {
	_, err := tx.NewRaw(`DELETE FROM login_failures WHERE person_id IS NULL AND last_at < ?`, db.At(before)).Exec(ctx)
	return db.Check(err)
}

// knownAddress reports whether the person has signed in from there since, and
// has not failed there too often.
func knownAddress(ctx context.Context, idb bun.IDB, personID, hash string, since time.Time) (bool, error) {
	ok, err := idb.NewSelect().Table("known_addresses").
		Where("person_id = ? AND hash = ? AND seen_at >= ? AND failures < ?", personID, hash, db.At(since), maxTries).Exists(ctx)
	return ok, db.Check(err)
}

// keepAddress notes where a person has signed in, and forgets where they have
// not for long.
func keepAddress(ctx context.Context, tx bun.IDB, personID, hash string, at, since time.Time) error {
	if _, err := tx.NewRaw(`DELETE FROM known_addresses WHERE person_id = ? AND seen_at < ?`, personID, db.At(since)).Exec(ctx); err != nil {
		return db.Check(err)
	}
	_, err := tx.NewRaw(`INSERT INTO known_addresses (person_id, hash, seen_at) VALUES (?, ?, ?)
		ON CONFLICT (person_id, hash) DO UPDATE SET seen_at = excluded.seen_at, failures = 0`, personID, hash, db.At(at)).Exec(ctx)
	return db.Check(err)
}

func countAtAddress(ctx context.Context, tx bun.IDB, personID, hash string, by int) error {
	_, err := tx.NewRaw(`UPDATE known_addresses SET failures = failures + ? WHERE person_id = ? AND hash = ? AND failures + ? >= 0`,
		by, personID, hash, by).Exec(ctx)
	return db.Check(err)
}

func resetAddress(ctx context.Context, tx bun.IDB, personID, hash string) error {
	_, err := tx.NewRaw(`UPDATE known_addresses SET failures = 0 WHERE person_id = ? AND hash = ?`, personID, hash).Exec(ctx)
	return db.Check(err)
}
