package db_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/dbtest"
)

// A store that is away, full or too slow is told apart from a failure of ours,
// however the driver puts it.
func TestWhatCountsAsAway(t *testing.T) {
	for _, tt := range []struct {
		name string
		err  error
		want bool
	}{
		{"a connection that was refused", &net.OpError{Op: "dial", Err: errors.New("refused")}, true},
		{"a connection that broke", fmt.Errorf("write: %w", io.ErrUnexpectedEOF), true},
		{"a connection that was closed before", fmt.Errorf("exec: %w", pgconn.ErrConnClosed), true},
		{"a connection of no use", driver.ErrBadConn, true},
		{"a deadline", context.DeadlineExceeded, true},
		{"a deadline between the last statement and the commit", sql.ErrTxDone, true},
		{"a server that stops", &pgconn.PgError{Code: "57P01"}, true},
		{"a statement that took too long", &pgconn.PgError{Code: "57014"}, true},
		{"a full disk", &pgconn.PgError{Code: "53100"}, true},
		{"a disk that fails", &pgconn.PgError{Code: "58030"}, true},
		{"a lock that was not free in time", &pgconn.PgError{Code: "55P03"}, true},
		{"a statement that is wrong", &pgconn.PgError{Code: "42601"}, false},
		{"an internal error in the middle of things", &pgconn.PgError{Code: "XX000"}, false},
		{"an error of ours", errors.New("no"), false},
	} {
		if got := errors.Is(db.Check(tt.err), db.ErrAway); got != tt.want {
			t.Errorf("%s: away = %t, want %t", tt.name, got, tt.want)
		}
	}
}

// CHECKS FT-05: a server that answers who connects with an error of any kind
// cannot be asked: with a full disk it is "internal error".
func TestAServerThatTakesNobodyIsAway(t *testing.T) {
	url := dbtest.Postgres(t)
	_, err := pgconn.Connect(t.Context(), strings.Replace(url, "/kapstone_test_", "/no_such_", 1))
	if pg := (*pgconn.PgError)(nil); !errors.As(err, &pg) {
		t.Fatalf("connecting to a database that is not there = %v, want the server's own error", err)
	}
	if !errors.Is(db.Check(err), db.ErrAway) {
		t.Errorf("Check(%v) is not ErrAway", err)
	}
}
