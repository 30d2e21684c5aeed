package dbtest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/migrations"
)

// Migrating a database takes longer than most tests. So it is done once, and
// each test begins with a copy of what came out.

// migrated is a SQLite file with the schema, made once in a process.
var migrated = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "kapstone-template")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "kapstone.db")
	if err := migrate(file); err != nil {
		return nil, err
	}
	return os.ReadFile(file)
})

// migrate brings a database up to date and lets go of it.
func migrate(url string) error {
	d, err := db.Open(context.Background(), url, migrations.FS)
	if err != nil {
		return err
	}
	return d.Close()
}

func sqliteFile(t testing.TB) string {
	t.Helper()
	content, err := migrated()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "kapstone.db")
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// template returns the name of a database with the schema, and makes it if no
// test before did, of whatever process. Its name tells the schema, so one of
// another schema is never taken for it; it stays on the server for the next run.
func template(server string) (string, error) {
	steps := sha256.New()
	err := fs.WalkDir(migrations.FS, "postgres", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := fs.ReadFile(migrations.FS, name)
		fmt.Fprintf(steps, "%s %d\n%s", name, len(text), text)
		return err
	})
	if err != nil {
		return "", err
	}
	name := "kapstone_template_" + hex.EncodeToString(steps.Sum(nil))[:16]
	return name, once(server, name)
}

var made sync.Map // server and template → func() error

// once makes a template if it is not there.
func once(server, name string) error {
	f, _ := made.LoadOrStore(server+" "+name, sync.OnceValue(func() error { return makeTemplate(server, name) }))
	return f.(func() error)()
}

func makeTemplate(server, name string) error {
	ctx := context.Background()
	c, err := pgx.Connect(ctx, server)
	if err != nil {
		return err
	}
	defer c.Close(ctx)
	// One process makes it, the others wait; what is half made has another name.
	if _, err := c.Exec(ctx, "SELECT pg_advisory_lock(7105320992)"); err != nil {
		return err
	}
	var there bool
	if err := c.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name).Scan(&there); err != nil || there {
		return err
	}
	half := name + "_half"
	for _, stmt := range []string{"DROP DATABASE IF EXISTS " + half + " WITH (FORCE)", "CREATE DATABASE " + half} {
		if _, err := c.Exec(ctx, stmt); err != nil {
			return err
		}
	}
	u, err := url.Parse(server)
	if err != nil {
		return err
	}
	u.Path = "/" + half
	if err := migrate(u.String()); err != nil {
		return err
	}
	_, err = c.Exec(ctx, "ALTER DATABASE "+half+" RENAME TO "+name)
	return err
}
