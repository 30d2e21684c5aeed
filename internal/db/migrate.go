package db

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"syscall"

	"github.com/uptrace/bun"
)

// migratePostgres takes the missing steps under an advisory lock, so that of
// several processes that start at once one migrates and the others wait. A
// lock kept in a row would stay behind when its holder is killed.
func migratePostgres(ctx context.Context, b *bun.DB, steps fs.FS) error {
	conn, err := b.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close() // a closed session drops the lock too
	if _, err := conn.ExecContext(ctx, `SET lock_timeout = '60s'; SET statement_timeout = 0`); err != nil {
		return err
	}
	if _, err := conn.ExecContext(ctx, `SELECT pg_advisory_lock(7105320991)`); err != nil {
		return fmt.Errorf("wait for another migration: %w", err)
	}
	err = migrate(ctx, conn, steps)
	if _, free := conn.ExecContext(ctx, `SELECT pg_advisory_unlock(7105320991); RESET lock_timeout; RESET statement_timeout`); err == nil {
		err = free
	}
	return err
}

// migrateSQLite takes the missing steps under a lock on a file beside the
// database.
func migrateSQLite(ctx context.Context, b *bun.DB, file string, steps fs.FS) error {
	lock, err := os.OpenFile(file+".migrate", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return fmt.Errorf("wait for another migration: %w", err)
	}
	if err := migrate(ctx, b, steps); err != nil {
		return err
	}
	return os.Chmod(file, 0o600)
}

// migrate takes, in the order of their names, the steps not yet taken, each in
// a transaction of its own that also notes it as taken. It refuses a database
// that holds steps this program does not know: a newer program made it.
func migrate(ctx context.Context, b bun.IDB, steps fs.FS) error {
	if _, err := b.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS schema_steps (name TEXT PRIMARY KEY)`); err != nil {
		return fmt.Errorf("prepare migrations: %w", err)
	}
	names, err := fs.Glob(steps, "*.sql")
	if err != nil {
		return err
	}
	var taken []string
	if err := b.NewSelect().Table("schema_steps").Column("name").Scan(ctx, &taken); err != nil {
		return err
	}
	missing, err := missingSteps(names, taken)
	if err != nil {
		return err
	}
	for _, name := range missing {
		if err := take(ctx, b, steps, name); err != nil {
			return fmt.Errorf("migration %s: %w", name, err)
		}
	}
	return nil
}

// missingSteps returns the names not yet taken, in their order.
func missingSteps(names, taken []string) ([]string, error) {
	done := make(map[string]bool, len(taken))
	for _, name := range taken {
		done[name] = true
	}
	var missing []string
	for _, name := range names {
		if !done[name] {
			missing = append(missing, name)
		}
		delete(done, name)
	}
	for name := range done {
		return nil, fmt.Errorf("the database was made by a newer kapstone (step %s is unknown here): use that one, or restore a backup", name)
	}
	return missing, nil
}

func take(ctx context.Context, b bun.IDB, steps fs.FS, name string) error {
	text, err := fs.ReadFile(steps, name)
	if err != nil {
		return err
	}
	return b.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		// The drivers take a file of statements as it is; bun would look for
		// its own placeholders in it.
		if _, err := tx.Tx.ExecContext(ctx, string(text)); err != nil {
			return err
		}
		_, err := tx.NewRaw(`INSERT INTO schema_steps (name) VALUES (?)`, name).Exec(ctx)
		return err
	})
}
