package rehearsal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/kapstone-lms/kapstone/internal/dbtest"
)

// A cluster is a PostgreSQL server of the rehearsal's own, durable as the
// product asks for. It runs in the foreground, as a child of the test, so that
// a killed one is gone and not a zombie that still holds its lock file.
type cluster struct {
	dir  string
	port string
	cmd  *exec.Cmd
	log  *os.File
}

// durable is what a server must run with for its word to count. It stands in
// the file and not on the command line, so that a test can take it back.
const durable = `
fsync = on
synchronous_commit = on
full_page_writes = on
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 60
shared_buffers = 32MB
max_wal_size = 64MB
min_wal_size = 32MB
wal_init_zero = off
wal_recycle = off
autovacuum = off
`

// newCluster makes an empty cluster in dir, which must not exist.
func newCluster(t testing.TB, dir string) *cluster {
	t.Helper()
	tool, err := postgresTool("initdb")
	if err != nil {
		dbtest.LeaveOut(t, "PostgreSQL server programs", err)
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	own(t, dir)
	cmd := exec.Command(tool, "-D", dir, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-locale", "--no-sync", "--data-checksums", "--wal-segsize=4")
	cmd.Dir, cmd.SysProcAttr = "/", unprivileged(t)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v, %s", err, out)
	}
	f, err := os.OpenFile(filepath.Join(dir, "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err == nil {
		_, err = io.WriteString(f, durable)
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	return &cluster{dir: dir, port: freePort(t)}
}

// clone returns a cluster with a copy of this one's files, which must be
// stopped, below a directory.
func (c *cluster) clone(t testing.TB, below string) *cluster {
	t.Helper()
	dir := filepath.Join(below, "postgres")
	if out, err := exec.Command("cp", "-a", c.dir, dir).CombinedOutput(); err != nil {
		t.Fatalf("copy the cluster: %v, %s", err, out)
	}
	return &cluster{dir: dir, port: freePort(t)}
}

func (c *cluster) address() string { return "127.0.0.1:" + c.port }

// url returns the address of the database through whoever listens at address.
func (c *cluster) url(address string) string {
	return "postgres://postgres@" + address + "/postgres?sslmode=disable"
}

// launch starts the server and does not wait for it.
func (c *cluster) launch(t testing.TB) {
	t.Helper()
	tool, err := postgresTool("postgres")
	if err != nil {
		t.Fatal(err)
	}
	// A killed server leaves its lock file, and its number may be another
	// process by now.
	if err := os.Remove(filepath.Join(c.dir, "postmaster.pid")); err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	if c.log == nil {
		if c.log, err = os.CreateTemp("", "kapstone-postgres-*.log"); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			c.kill9(t)
			if t.Failed() {
				t.Logf("PostgreSQL said last: %s", tail(c.log.Name()))
			}
			_ = errors.Join(c.log.Close(), os.Remove(c.log.Name()))
		})
	}
	c.cmd = exec.Command(tool, "-D", c.dir, "-p", c.port)
	c.cmd.Dir, c.cmd.SysProcAttr, c.cmd.Stderr, c.cmd.Stdout = "/", unprivileged(t), c.log, c.log
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
}

// start starts the server and returns once it answers.
func (c *cluster) start(t testing.TB) {
	t.Helper()
	c.launch(t)
	until(t, 30*time.Second, "PostgreSQL answers", func() bool {
		pool := c.open(t)
		defer pool.Close()
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		return pool.PingContext(ctx) == nil
	})
}

// open returns a pool that speaks to the server itself and not through a
// proxy.
func (c *cluster) open(t testing.TB) *sql.DB {
	t.Helper()
	return openAt(t, c.url(c.address()))
}

func openAt(t testing.TB, url string) *sql.DB {
	t.Helper()
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	cfg.ConnectTimeout = 2 * time.Second
	return stdlib.OpenDB(*cfg)
}

// exec runs statements, each in a transaction of its own.
func (c *cluster) exec(t testing.TB, statements ...string) {
	t.Helper()
	pool := c.open(t)
	defer pool.Close()
	for _, s := range statements {
		if _, err := pool.Exec(s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

// show returns a running setting.
func (c *cluster) show(t testing.TB, name string) (value string) {
	t.Helper()
	pool := c.open(t)
	defer pool.Close()
	if err := pool.QueryRow("SHOW " + name).Scan(&value); err != nil {
		t.Fatal(err)
	}
	return value
}

// kill9 ends the postmaster and every process of it at one instant.
func (c *cluster) kill9(t testing.TB) {
	t.Helper()
	if c.cmd == nil {
		return
	}
	_ = c.cmd.Process.Signal(syscall.SIGSTOP) // it starts no more of them
	all := append(childrenOf(t, c.cmd.Process.Pid), c.cmd.Process.Pid)
	for _, pid := range all {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
	_ = c.cmd.Wait()
	c.cmd = nil
	until(t, 5*time.Second, "every process of PostgreSQL is gone", func() bool {
		return !slices.ContainsFunc(all, func(pid int) bool { return runs(pid) })
	})
}

// stop shuts the server down, breaking off what runs.
func (c *cluster) stop(t testing.TB) {
	t.Helper()
	if c.cmd == nil {
		return
	}
	_ = c.cmd.Process.Signal(syscall.SIGINT)
	_ = c.cmd.Wait()
	c.cmd = nil
}

// ended reports whether the server has ended by itself.
func (c *cluster) ended() bool {
	_, err := net.DialTimeout("tcp", c.address(), 100*time.Millisecond)
	return err != nil
}

// childrenOf lists the processes that a process has started.
func childrenOf(t testing.TB, parent int) (all []int) {
	t.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range stats {
		pid, ppid, _, ok := stat(file)
		if ok && ppid == parent {
			all = append(all, pid)
		}
	}
	return all
}

// runs reports whether a process is there and is no zombie.
func runs(pid int) bool {
	_, _, state, ok := stat(fmt.Sprintf("/proc/%d/stat", pid))
	return ok && state != "Z"
}

func stat(file string) (pid, parent int, state string, ok bool) {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0, 0, "", false
	}
	number, rest, _ := strings.Cut(string(text), " ")
	fields := strings.Fields(rest[strings.LastIndex(rest, ")")+1:])
	if len(fields) < 2 {
		return 0, 0, "", false
	}
	pid, err = strconv.Atoi(number)
	parent, err2 := strconv.Atoi(fields[1])
	return pid, parent, fields[0], err == nil && err2 == nil
}

// postgresTool finds a program of PostgreSQL; Debian keeps them off the path.
func postgresTool(name string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	if err != nil || len(found) == 0 {
		return "", fmt.Errorf("%s is not installed", name)
	}
	return found[len(found)-1], nil
}

// unprivileged makes a command run as the user postgres where the test runs as
// root, which PostgreSQL refuses. The kernel ends it with the test.
func unprivileged(t testing.TB) *syscall.SysProcAttr {
	t.Helper()
	a := &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if os.Geteuid() == 0 {
		uid, gid := postgresUser(t)
		a.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	}
	return a
}

// own gives a directory to whom the server runs as.
func own(t testing.TB, dir string) {
	t.Helper()
	if os.Geteuid() == 0 {
		uid, gid := postgresUser(t)
		if err := os.Chown(dir, uid, gid); err != nil {
			t.Fatal(err)
		}
	}
}

func postgresUser(t testing.TB) (uid, gid int) {
	t.Helper()
	u, err := user.Lookup("postgres")
	if err != nil {
		dbtest.LeaveOut(t, "user postgres to run its server as", err)
	}
	uid, err = strconv.Atoi(u.Uid)
	gid, err2 := strconv.Atoi(u.Gid)
	if err != nil || err2 != nil {
		t.Fatal(err, err2)
	}
	return uid, gid
}
