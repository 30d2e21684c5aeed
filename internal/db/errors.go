package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"github.com/kapstone-lms/kapstone/internal/fault"
)

// Check gives the drivers' errors the meanings the product cares about: ErrNone,
// ErrExists, ErrDangling and ErrAway. Faults and all else pass unchanged.
func Check(err error) error {
	switch {
	case err == nil || fault.Of(err) != nil:
		return err
	case errors.Is(err, sql.ErrNoRows):
		return ErrNone
	case exists(err):
		return fmt.Errorf("%w: %w", ErrExists, err)
	case dangling(err):
		return fmt.Errorf("%w: %w", ErrDangling, err)
	case away(err):
		return ErrAway.Because(err)
	}
	return err
}

func exists(err error) bool {
	if lite := (*sqlite.Error)(nil); errors.As(err, &lite) {
		return lite.Code() == lib.SQLITE_CONSTRAINT_UNIQUE || lite.Code() == lib.SQLITE_CONSTRAINT_PRIMARYKEY
	}
	return pgCode(err) == "23505" // unique_violation
}

func dangling(err error) bool {
	if lite := (*sqlite.Error)(nil); errors.As(err, &lite) {
		return lite.Code() == lib.SQLITE_CONSTRAINT_FOREIGNKEY
	}
	return pgCode(err) == "23503" // foreign_key_violation
}

// brokenOff reports a deadlock or a serialization failure: nothing is wrong
// with the deed, it met another one.
func brokenOff(err error) bool {
	code := pgCode(err)
	return code == "40001" || code == "40P01"
}

// away reports that the server is gone, starting, stopping, full or too slow.
func away(err error) bool {
	if lite := (*sqlite.Error)(nil); errors.As(err, &lite) {
		switch lite.Code() & 0xff {
		case lib.SQLITE_BUSY, lib.SQLITE_LOCKED, lib.SQLITE_FULL, lib.SQLITE_IOERR:
			return true
		}
		return false
	}
	if code := pgCode(err); code != "" {
		return strings.HasPrefix(code, "08") || // connection exception
			strings.HasPrefix(code, "53") || // insufficient resources
			strings.HasPrefix(code, "57") || // operator intervention, statement timeout
			code == "55P03" || // lock not available in time
			code == "25P03" // idle in transaction too long
	}
	var n net.Error
	var c *pgconn.ConnectError
	return errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) ||
		errors.Is(err, context.DeadlineExceeded) || errors.As(err, &n) || errors.As(err, &c) ||
		pgconn.Timeout(err) || strings.Contains(err.Error(), "unexpected EOF")
}

func pgCode(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code
	}
	return ""
}
