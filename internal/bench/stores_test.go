package bench

import (
	"context"
	"database/sql"
	"strings"
	"testing"

	"github.com/kapstone-lms/kapstone/internal/dbtest"
)

func TestOnlyThisMachineIsLoaded(t *testing.T) {
	for address, ok := range map[string]bool{
		"postgres://u:p@127.0.0.1:5432/postgres": true, "redis://localhost:6379": true, "redis://[::1]:6379/3": true,
		"postgres://db.example.org/postgres": false, "redis://10.0.0.7:6379": false, "redis://redis:6379": false, "": false, "://": false,
	} {
		_, err := loopbackOnly(address, "REDIS_URL")
		if (err == nil) != ok {
			t.Errorf("loopbackOnly(%q) = %v", address, err)
		}
		if err != nil && strings.Contains(err.Error(), "example") {
			t.Errorf("the refusal of %q repeats it: %v", address, err)
		}
	}
}

func TestTheStoresOfTheBenchGoWithIt(t *testing.T) {
	ctx := context.Background()
	one, err := takeKeyspace(ctx, dbtest.RedisURL(t))
	if err != nil {
		t.Fatal(err)
	}
	two, err := takeKeyspace(ctx, dbtest.RedisURL(t))
	if err != nil {
		t.Fatal(err)
	}
	if one.url == two.url {
		t.Errorf("two benches share %s", one.url)
	}
	if err := one.client.Set(ctx, "kapstone:x", "1", 0).Err(); err != nil {
		t.Fatal(err)
	}
	if one.pid == 0 || one.version(ctx) == "" {
		t.Errorf("the server: process %d, version %q", one.pid, one.version(ctx))
	}
	again, err := openKeyspace(ctx, one.url)
	if err != nil || again != nil {
		t.Errorf("a keyspace in use was taken again: %v, %v", again, err)
	}
	for _, k := range []*keyspace{one, two} {
		if err := k.drop(ctx); err != nil {
			t.Error(err)
		}
	}
	fresh, err := openKeyspace(ctx, one.url)
	if err != nil || fresh == nil {
		t.Fatalf("the keyspace was not left empty: %v, %v", fresh, err)
	}
	if err := fresh.drop(ctx); err != nil {
		t.Error(err)
	}

	server := dbtest.Postgres(t)
	d, err := makeDatabase(ctx, server)
	if err != nil {
		t.Fatal(err)
	}
	if v, err := d.version(ctx); err != nil || v == "" {
		t.Errorf("version = %q, %v", v, err)
	}
	count := func() (n int) {
		err := onServer(ctx, server, func(pool *sql.DB) error {
			return pool.QueryRowContext(ctx, "SELECT count(*) FROM pg_database WHERE datname = $1", d.name).Scan(&n)
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if count() != 1 {
		t.Error("the database is not there")
	}
	if err := d.drop(ctx); err != nil || count() != 0 {
		t.Errorf("the database is still there: %v", err)
	}
}
