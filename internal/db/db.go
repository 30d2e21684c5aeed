// Package db opens the database, SQLite or PostgreSQL, brings its schema up to
// date, and gives the drivers' errors their meaning. It knows SQL and no
// training.
package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/dialect/sqlitedialect"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/kapstone-lms/kapstone/internal/fault"
)

// Every connection of the pool needs these, so they ride on the data source
// name; a PRAGMA sent once would reach one connection only. A transaction
// takes the write lock at once: one that reads first and asks for the lock
// later is refused, not queued, when another has written meanwhile. A page of
// the journal is written several times before its log is 16 MB long and taken
// over into the file, and is found in memory until then.
const sqlitePragmas = "_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)" +
	"&_pragma=foreign_keys(ON)&_pragma=synchronous(FULL)&_pragma=temp_store(MEMORY)" +
	"&_pragma=wal_autocheckpoint(4000)&_pragma=cache_size(-16000)"

// The pool sizes suit a small machine; PostgreSQL allows 100 connections by
// default, and several processes share them.
const (
	postgresConns = 16
	sqliteReaders = 8
)

// A DB is one database seen twice: reads go through the embedded bun.DB,
// every write through Tx. On SQLite the two are separate pools, because it has
// one writer at a time and a queue in the process is fairer than its busy
// loop; the reading pool cannot write. On PostgreSQL they are one.
type DB struct {
	*bun.DB
	writer *bun.DB
	reads  *prepared                           // on DB
	writes *prepared                           // on writer
	see    func(statement string, args ...any) // nil while nobody watches
}

// Open opens the database at url, a postgres:// URL or the path of a SQLite
// file, and takes the steps that its schema still lacks from the folder
// "sqlite" or "postgres" of steps. It refuses a PostgreSQL server that
// acknowledges commits before they are durable.
func Open(ctx context.Context, url string, steps fs.FS) (*DB, error) {
	d, dir, err := dial(url)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	if err = d.prepare(ctx, url, steps, dir); err != nil {
		return nil, errors.Join(fmt.Errorf("open database: %w", err), d.Close())
	}
	return d, nil
}

func (d *DB) prepare(ctx context.Context, url string, steps fs.FS, dir string) error {
	sub, err := fs.Sub(steps, dir)
	if err != nil {
		return err
	}
	if d.Postgres() {
		if err := durable(ctx, d.writer); err != nil {
			return err
		}
		return migratePostgres(ctx, d.writer, sub)
	}
	return migrateSQLite(ctx, d.writer, url, sub)
}

func dial(url string) (*DB, string, error) {
	if IsPostgres(url) {
		cfg, err := pgx.ParseConfig(url)
		if err != nil {
			return nil, "", errors.New("DATABASE_URL is not a PostgreSQL address") // the parser's words may hold the password
		}
		limits(cfg)
		if !strings.Contains(url, "default_query_exec_mode") {
			// bun writes arguments into the text, so hardly any comes twice: to
			// prepare each and keep it would be a round trip more for nothing.
			cfg.DefaultQueryExecMode = pgx.QueryExecModeExec
		}
		pool := stdlib.OpenDB(*cfg)
		pool.SetMaxOpenConns(postgresConns)
		pool.SetMaxIdleConns(postgresConns)
		pool.SetConnMaxLifetime(30 * time.Minute)
		b := bun.NewDB(pool, pgdialect.New())
		return &DB{DB: b, writer: b, reads: new(prepared), writes: new(prepared)}, "postgres", nil
	}
	return dialSQLite(url)
}

// IsPostgres reports whether url leads to a PostgreSQL server and not to a
// SQLite file.
func IsPostgres(url string) bool {
	return strings.HasPrefix(url, "postgres://") || strings.HasPrefix(url, "postgresql://")
}

// limits sets how long a statement, a lock and an idle transaction may last,
// unless the address says otherwise.
func limits(cfg *pgx.ConnConfig) {
	for name, value := range map[string]string{
		"statement_timeout":                   "5s",
		"lock_timeout":                        "2s",
		"idle_in_transaction_session_timeout": "10s",
		"timezone":                            "UTC",
		"application_name":                    "kapstone",
	} {
		if _, set := cfg.RuntimeParams[name]; !set {
			cfg.RuntimeParams[name] = value
		}
	}
	if cfg.ConnectTimeout == 0 {
		cfg.ConnectTimeout = 3 * time.Second
	}
}

func dialSQLite(file string) (*DB, string, error) {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return nil, "", err
	}
	dsn := "file:" + inURI.Replace(file) + "?" + sqlitePragmas
	w, err := sql.Open("sqlite", dsn+"&_txlock=immediate")
	if err != nil {
		return nil, "", err
	}
	w.SetMaxOpenConns(1)
	r, err := sql.Open("sqlite", dsn+"&_pragma=query_only(1)")
	if err != nil {
		return nil, "", errors.Join(err, w.Close())
	}
	r.SetMaxOpenConns(sqliteReaders)
	r.SetMaxIdleConns(sqliteReaders)
	return &DB{DB: bun.NewDB(r, sqlitedialect.New()), writer: bun.NewDB(w, sqlitedialect.New()), reads: new(prepared), writes: new(prepared)}, "sqlite", nil
}

// inURI writes a file's path so that it can stand in a URI.
var inURI = strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23", " ", "%20")

// durable refuses a server that says "committed" before the commit is on disk.
func durable(ctx context.Context, b *bun.DB) error {
	for _, name := range []string{"fsync", "synchronous_commit"} {
		var value string
		if err := b.NewRaw("SHOW "+name).Scan(ctx, &value); err != nil {
			return err
		}
		if value == "off" || value == "local" && name == "fsync" {
			return fmt.Errorf("PostgreSQL runs with %s=%s and can lose what it acknowledged; set it to on", name, value)
		}
	}
	return nil
}

// Postgres reports whether d is PostgreSQL; otherwise it is SQLite.
func (d *DB) Postgres() bool { return Postgres(d.DB) }

// Postgres reports whether idb speaks to PostgreSQL; otherwise it is SQLite.
func Postgres(idb bun.IDB) bool { return idb.Dialect().Name() == dialect.PG }

// Close closes both pools.
func (d *DB) Close() error {
	if d.writer == d.DB {
		return d.DB.Close()
	}
	return errors.Join(d.DB.Close(), d.writer.Close())
}

// Tx runs f in a transaction and commits it, durably, if f returns nil. A
// transaction that PostgreSQL broke off because of another one is run again,
// at most three times, so f must not keep anything from a try that failed.
func (d *DB) Tx(ctx context.Context, f func(ctx context.Context, tx bun.Tx) error) error {
	if guard, ok := ctx.Value(guardKey{}).(guard); ok {
		deed := f
		f = func(ctx context.Context, tx bun.Tx) error {
			if err := guard(ctx, tx); err != nil {
				return err
			}
			return deed(ctx, tx)
		}
	}
	var err error
	for range 3 {
		if err = d.writer.RunInTx(ctx, nil, f); !brokenOff(err) {
			break
		}
	}
	return Check(err)
}

type (
	guardKey struct{}
	guard    func(ctx context.Context, tx bun.Tx) error
)

// Guarded returns a context in which every transaction of Tx begins with
// guard. When that returns an error, nothing else of the transaction runs.
func Guarded(ctx context.Context, f func(ctx context.Context, tx bun.Tx) error) context.Context {
	return context.WithValue(ctx, guardKey{}, guard(f))
}

// Lock keeps every other holder of the same names waiting until the transaction
// ends. It takes several in their order, in one round trip. On SQLite a
// transaction is alone anyway.
func Lock(ctx context.Context, tx bun.IDB, names ...string) error {
	if !Postgres(tx) {
		return nil
	}
	args := make([]any, len(names))
	for i, name := range names {
		args[i] = name
	}
	const one = ", pg_advisory_xact_lock(hashtextextended(?, 0))"
	_, err := tx.NewRaw("SELECT "+strings.Repeat(one, len(names))[len(", "):], args...).Exec(ctx)
	return err
}

// One checks that a write changed exactly the row it named. It returns miss
// when it changed none.
func One(res sql.Result, err error, miss error) error {
	if err != nil {
		return Check(err)
	}
	switch n, err := res.RowsAffected(); {
	case err != nil:
		return err
	case n == 0:
		return miss
	case n > 1:
		return fmt.Errorf("a write meant for one row changed %d", n)
	}
	return nil
}

// ErrNone reports that a query which must find a row found none.
var ErrNone = fault.New(fault.NotFound, "not_found", "There is nothing here, or nothing you may see.")

// ErrExists reports that a row with the same key is already there. It is not a
// fault: the feature says what it means.
var ErrExists = errors.New("already exists")

// ErrDangling reports a row that names another one which is not there. Like
// ErrExists it is not a fault: the feature says what it means.
var ErrDangling = errors.New("names a row that is not there")

// ErrAway reports that the database cannot be reached or cannot write now. A
// connection that broke in the middle of a commit leaves open whether the deed
// was done: asking again, by revision or with the same key, tells.
var ErrAway = fault.New(fault.Unavailable, "database_unavailable",
	"The record cannot be reached at the moment. What you just did may not have been kept; try again shortly.").After(2 * time.Second)
