// Package dbtest opens databases for tests: a fresh one for each test, on
// SQLite always and on PostgreSQL where a server is at hand.
package dbtest

import (
	"context"
	"database/sql"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/migrations"
)

// DefaultServer is the PostgreSQL server used when KAPSTONE_TEST_POSTGRES does
// not name another.
const DefaultServer = "postgres://postgres@127.0.0.1:5432/postgres?sslmode=disable"

// Open returns a fresh, migrated SQLite database that goes when the test ends.
func Open(t testing.TB) *db.DB {
	t.Helper()
	return open(t, sqliteFile(t))
}

// Each runs f once on every kind of database we support. Without a PostgreSQL
// server its half is left out and said so; with CI=true that is a failure.
func Each(t *testing.T, f func(t *testing.T, d *db.DB)) {
	t.Helper()
	EachURL(t, func(t *testing.T, url string) { f(t, open(t, url)) })
}

// EachURL is like Each, but leaves the opening to f, for tests that open one
// database several times.
func EachURL(t *testing.T, f func(t *testing.T, url string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { f(t, sqliteFile(t)) })
	t.Run("postgres", func(t *testing.T) { f(t, fresh(t, template)) })
}

// EachEmpty is like EachURL, with databases that have no schema yet.
func EachEmpty(t *testing.T, f func(t *testing.T, url string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { f(t, filepath.Join(t.TempDir(), "kapstone.db")) })
	t.Run("postgres", func(t *testing.T) { f(t, Postgres(t)) })
}

// Postgres returns the address of a fresh, empty PostgreSQL database that goes
// when the test ends.
func Postgres(t testing.TB) string {
	t.Helper()
	return fresh(t, func(string) (string, error) { return "template1", nil })
}

// fresh makes a database out of the one that from names on a server.
func fresh(t testing.TB, from func(server string) (string, error)) string {
	t.Helper()
	server := os.Getenv("KAPSTONE_TEST_POSTGRES")
	if server == "" {
		server = DefaultServer
	}
	if err := reach(server); err != nil {
		LeaveOut(t, "PostgreSQL", err)
	}
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	made, err := from(server)
	if err != nil {
		t.Fatal(err)
	}
	name := "kapstone_test_" + strings.ReplaceAll(uuid.NewString(), "-", "")
	run(t, server, "CREATE DATABASE "+name+" TEMPLATE "+made)
	t.Cleanup(func() { run(t, server, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)") })
	u.Path = "/" + name
	return u.String()
}

// RedisURL returns the address of the Redis server that all tests share: each
// keeps to keys of its own. Without a server the test is left out.
func RedisURL(t testing.TB) string {
	t.Helper()
	server := os.Getenv("KAPSTONE_TEST_REDIS")
	if server == "" {
		server = "redis://127.0.0.1:6379"
	}
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	c, err := net.DialTimeout("tcp", u.Host, 3*time.Second)
	if err != nil {
		LeaveOut(t, "Redis", err)
	}
	c.Close()
	return server
}

// LeaveOut skips a test that needs a service which is not there. With CI=true
// it fails instead: a test left out proves nothing.
func LeaveOut(t testing.TB, service string, err error) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is needed in CI: %v", service, err)
	}
	t.Skipf("left out: no %s (%v)", service, err)
}

var reached sync.Map // server → func() error

// reach asks a server once whether it is there.
func reach(server string) error {
	ask, _ := reached.LoadOrStore(server, sync.OnceValue(func() error {
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
		defer cancel()
		pool, err := raw(server)
		if err != nil {
			return err
		}
		defer pool.Close()
		return pool.PingContext(ctx)
	}))
	return ask.(func() error)()
}

func raw(server string) (*sql.DB, error) {
	cfg, err := pgx.ParseConfig(server)
	if err != nil {
		return nil, fmt.Errorf("KAPSTONE_TEST_POSTGRES: %w", err)
	}
	return stdlib.OpenDB(*cfg), nil
}

func run(t testing.TB, server, stmt string) {
	t.Helper()
	pool, err := raw(server)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	if _, err := pool.Exec(stmt); err != nil {
		t.Errorf("%s: %v", stmt, err)
	}
}

func open(t testing.TB, url string) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), url, migrations.FS)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}
