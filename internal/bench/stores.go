package bench

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// Each installation of the bench has stores of its own on servers that others
// may use too: a PostgreSQL database and a numbered database of Redis. Both go
// when the bench ends.

// loopbackOnly refuses a server on another machine: a load test belongs on the
// machine of whoever runs it.
func loopbackOnly(address, setting string) (*url.URL, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("%s is not an address", setting) // the parser's words may hold a password
	}
	if ip := net.ParseIP(u.Hostname()); u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("%s leads to another machine; the bench works on this one only", setting)
	}
	return u, nil
}

// A database is a PostgreSQL database of the bench.
type database struct {
	url    string
	server string
	name   string
	pid    int // of the server's first process; 0 where it cannot be seen
}

// makeDatabase makes a fresh one on a server.
func makeDatabase(ctx context.Context, server string) (*database, error) {
	u, err := loopbackOnly(server, "DATABASE_URL")
	if err != nil {
		return nil, err
	}
	d := &database{server: server, name: "kapstone_bench_" + strings.ToLower(rand.Text())}
	u.Path = "/" + d.name
	d.url = u.String()
	err = onServer(ctx, server, func(pool *sql.DB) error {
		var backend int
		if err := pool.QueryRowContext(ctx, "SELECT pg_backend_pid()").Scan(&backend); err != nil {
			return err
		}
		if s, ok := statOf(backend); ok && s.name == "postgres" {
			d.pid = s.parent
		}
		_, err := pool.ExecContext(ctx, "CREATE DATABASE "+d.name)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("make a database for the bench: %w", err)
	}
	return d, nil
}

func (d *database) drop(ctx context.Context) error {
	err := onServer(ctx, d.server, func(pool *sql.DB) error {
		_, err := pool.ExecContext(ctx, "DROP DATABASE IF EXISTS "+d.name+" WITH (FORCE)")
		return err
	})
	if err != nil {
		return fmt.Errorf("drop the database %s of the bench: %w", d.name, err)
	}
	return nil
}

// version returns the server's version.
func (d *database) version(ctx context.Context) (v string, err error) {
	err = onServer(ctx, d.server, func(pool *sql.DB) error { return pool.QueryRowContext(ctx, "SHOW server_version").Scan(&v) })
	return v, err
}

// onServer opens a server without our schema: the driver is registered by
// internal/db.
func onServer(ctx context.Context, server string, f func(*sql.DB) error) (err error) {
	pool, err := sql.Open("pgx", server)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pool.Close()) }()
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if err := pool.PingContext(ctx); err != nil {
		return err
	}
	return f(pool)
}

// A keyspace is a numbered database of a Redis server, empty when the bench
// took it.
type keyspace struct {
	url    string
	client *redis.Client
	claim  string
	pid    int // of the server; 0 where it cannot be seen
}

// claimKey marks a keyspace as taken.
const claimKey = "kapstone-bench"

// takeKeyspace takes the highest-numbered database of a server that holds
// nothing.
func takeKeyspace(ctx context.Context, server string) (*keyspace, error) {
	u, err := loopbackOnly(server, "REDIS_URL")
	if err != nil {
		return nil, err
	}
	for n := 15; n > 0; n-- {
		u.Path = "/" + strconv.Itoa(n)
		k, err := openKeyspace(ctx, u.String())
		if err != nil {
			return nil, fmt.Errorf("take a database of Redis: %w", err)
		}
		if k != nil {
			return k, nil
		}
	}
	return nil, errors.New("every numbered database of this Redis server is in use; name another server with REDIS_URL")
}

// openKeyspace takes one database, or returns nil when it is in use.
func openKeyspace(ctx context.Context, address string) (*keyspace, error) {
	o, err := redis.ParseURL(address)
	if err != nil {
		return nil, errors.New("REDIS_URL is not an address")
	}
	k := &keyspace{url: address, client: redis.NewClient(o), claim: rand.Text()}
	taken, err := k.client.SetNX(ctx, claimKey, k.claim, 24*time.Hour).Result()
	if err != nil || !taken {
		return nil, errors.Join(err, k.client.Close())
	}
	if n, err := k.client.DBSize(ctx).Result(); err != nil || n != 1 {
		return nil, errors.Join(err, k.client.Del(ctx, claimKey).Err(), k.client.Close())
	}
	if info, err := k.client.InfoMap(ctx, "server").Result(); err == nil {
		k.pid, _ = strconv.Atoi(info["Server"]["process_id"])
	}
	return k, nil
}

// version returns the server's version, or "".
func (k *keyspace) version(ctx context.Context) string {
	info, _ := k.client.InfoMap(ctx, "server").Result()
	return info["Server"]["redis_version"]
}

// drop empties the keyspace, if it is still ours.
func (k *keyspace) drop(ctx context.Context) error {
	held, err := k.client.Get(ctx, claimKey).Result()
	if err == nil && held == k.claim {
		err = k.client.FlushDB(ctx).Err()
	}
	if errors.Is(err, redis.Nil) { // somebody emptied the server meanwhile
		err = nil
	}
	return errors.Join(err, k.client.Close())
}
