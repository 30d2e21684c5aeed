package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
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
	// Whatever a server says to one who connects, there is none to ask. A full
	// disk has it say "internal error".
	if c := (*pgconn.ConnectError)(nil); errors.As(err, &c) {
		return true
	}
	if code := pgCode(err); code != "" {
		return strings.HasPrefix(code, "08") || // connection exception
			strings.HasPrefix(code, "53") || // insufficient resources
			strings.HasPrefix(code, "57") || // operator intervention, statement timeout
			code == "58030" || // input or output failed, as on a disk that is full
			code == "55P03" || // lock not available in time
			code == "25P03" // idle in transaction too long
	}
	var n net.Error
	return errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) || errors.Is(err, sql.ErrTxDone) ||
		errors.Is(err, pgconn.ErrConnClosed) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, context.DeadlineExceeded) || errors.As(err, &n) ||
		pgconn.Timeout(err)
}

func pgCode(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code
	}
	return ""
}
