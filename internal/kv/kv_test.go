package kv

import (
	"bufio"
	"context"
	"errors"
	"net"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/dbtest"
)

func open(t *testing.T, url string) *Client {
	t.Helper()
	c, err := Open(url)
	if err != nil {
		t.Fatalf("Open(%q) = %v", url, err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// shared returns a client of the server that all tests share.
func shared(t *testing.T) *Client {
	t.Helper()
	return open(t, dbtest.RedisURL(t))
}

// A server is a Redis of the test's own, to be stopped and hurt.
type server struct {
	t    *testing.T
	addr string
	args []string
	cmd  *exec.Cmd
}

func startServer(t *testing.T, args ...string) *server {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		dbtest.LeaveOut(t, "redis-server", err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{t: t, addr: l.Addr().String(), args: args}
	l.Close()
	s.start()
	t.Cleanup(s.kill)
	return s
}

func (s *server) start() {
	s.t.Helper()
	_, port, _ := net.SplitHostPort(s.addr)
	s.cmd = exec.Command("redis-server", append([]string{
		"--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", s.t.TempDir(),
	}, s.args...)...)
	out, err := s.cmd.StdoutPipe()
	if err == nil {
		err = s.cmd.Start()
	}
	if err != nil {
		s.t.Fatal(err)
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if strings.Contains(lines.Text(), "Ready to accept connections") {
			return
		}
	}
	s.t.Fatal("redis-server ended before it was ready")
}

func (s *server) kill() { // the way power cuts do
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
}

// until calls f until it holds, at most for the time given.
func until(t *testing.T, limit time.Duration, what string, f func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !f() {
		select {
		case <-ctx.Done():
			t.Fatalf("%s: not within %v", what, limit)
		case <-tick.C:
		}
	}
}

func TestAnAddressThatIsNoneIsRefusedWithoutItsPassword(t *testing.T) {
	for _, url := range []string{"http://u:hunter2@host", "redis://:hunter2@host:port", "redis://:hunter2@h/x/y", "127.0.0.1:6379"} {
		if _, err := Open(url); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("Open(%q) = %v, want an error that keeps the password", url, err)
		}
	}
}

func TestAMissingKeyIsNoFailure(t *testing.T) {
	c := shared(t)
	key := "kv_test:" + db.NewID()
	for range 2 * maxFailures {
		if err := c.Get(t.Context(), key).Err(); err != redis.Nil {
			t.Fatalf("Get of a missing key = %v, want redis.Nil", err)
		}
	}
	if c.Degraded() {
		t.Error("missing keys opened the breaker")
	}
}

func TestACallerWhoGivesUpIsNoFailure(t *testing.T) {
	c := shared(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	late, cancel := context.WithDeadline(t.Context(), time.Unix(1, 0))
	defer cancel()
	for range 2 * maxFailures {
		if err := c.Ping(ctx).Err(); !errors.Is(err, context.Canceled) {
			t.Fatalf("Ping by one who gave up = %v, want context.Canceled", err)
		}
		if err := c.Ping(late).Err(); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("Ping by one who is late = %v, want context.DeadlineExceeded", err)
		}
	}
	if c.Degraded() {
		t.Error("callers who gave up opened the breaker")
	}
}

func TestAServerThatIsGoneCostsLittleAndComesBack(t *testing.T) {
	s := startServer(t)
	c := open(t, "redis://"+s.addr)
	if err := c.Set(t.Context(), "k", 1, 0).Err(); err != nil {
		t.Fatalf("Set = %v", err)
	}
	s.kill()
	begin := time.Now()
	for !c.Degraded() {
		if err := c.Get(t.Context(), "k").Err(); err == nil {
			t.Fatal("a killed server answered")
		}
	}
	if took := time.Since(begin); took > time.Second {
		t.Errorf("the breaker opened after %v, want less than a second", took)
	}
	if err := c.Get(t.Context(), "k").Err(); err != ErrDown {
		t.Errorf("Get while open = %v, want ErrDown", err)
	}
	pipe := c.Pipeline()
	first := pipe.Get(t.Context(), "k")
	if _, err := pipe.Exec(t.Context()); err != ErrDown || first.Err() != ErrDown {
		t.Errorf("a pipeline while open = %v, its command %v; want ErrDown", err, first.Err())
	}
	s.start()
	until(t, probeEvery+time.Second, "closing after the server came back", func() bool { return !c.Degraded() })
	if err := c.Get(t.Context(), "k").Err(); err != redis.Nil {
		t.Errorf("Get from the empty server that came back = %v, want redis.Nil", err)
	}
}

func TestAHungServerHoldsNobodyLong(t *testing.T) {
	s := startServer(t)
	c := open(t, "redis://"+s.addr)
	for _, kv := range [][2]string{{"a", "old"}, {"b", "new"}} {
		if err := c.Set(t.Context(), kv[0], kv[1], 0).Err(); err != nil {
			t.Fatalf("Set = %v", err)
		}
	}
	signal(t, s, syscall.SIGSTOP)
	begin := time.Now()
	for !c.Degraded() {
		call := time.Now()
		if err := c.Get(t.Context(), "a").Err(); err == nil {
			t.Fatal("a hung server answered")
		}
		if took := time.Since(call); took > 2*dialTimeout {
			t.Errorf("a call took %v", took)
		}
	}
	if took := time.Since(begin); took > maxFailures*(callTimeout+dialTimeout) {
		t.Errorf("the breaker opened after %v", took)
	}
	signal(t, s, syscall.SIGCONT)
	until(t, probeEvery+time.Second, "closing after the server went on", func() bool { return !c.Degraded() })
	for range 50 { // the old requests' answers must reach nobody
		if got, err := c.Get(t.Context(), "b").Result(); got != "new" || err != nil {
			t.Fatalf("Get(b) = %q, %v; want the answer to this request", got, err)
		}
	}
}

func signal(t *testing.T, s *server, sig syscall.Signal) {
	t.Helper()
	if err := s.cmd.Process.Signal(sig); err != nil {
		t.Fatal(err)
	}
}

func TestAServerWithoutRoomIsDown(t *testing.T) {
	s := startServer(t)
	c := open(t, "redis://"+s.addr)
	if err := c.ConfigSet(t.Context(), "maxmemory", "1").Err(); err != nil {
		t.Fatal(err)
	}
	for range maxFailures {
		if err := c.Set(t.Context(), "k", 1, 0).Err(); !redis.HasErrorPrefix(err, "OOM") {
			t.Fatalf("Set in a full memory = %v, want OOM", err)
		}
	}
	if !c.Degraded() {
		t.Fatal("a full memory is not taken as down")
	}
	other := redis.NewClient(&redis.Options{Addr: s.addr})
	defer other.Close()
	if err := other.ConfigSet(t.Context(), "maxmemory", "0").Err(); err != nil {
		t.Fatal(err)
	}
	until(t, probeEvery+time.Second, "closing when there is room again", func() bool { return !c.Degraded() })
}

func TestARefusalInsideAPipelineCounts(t *testing.T) {
	s := startServer(t)
	c := open(t, "redis://"+s.addr)
	if err := c.ConfigSet(t.Context(), "maxmemory", "1").Err(); err != nil {
		t.Fatal(err)
	}
	for range maxFailures {
		_, _ = c.Pipelined(t.Context(), func(p redis.Pipeliner) error {
			p.Get(t.Context(), "missing") // its error comes first
			p.Set(t.Context(), "k", 1, 0)
			return nil
		})
	}
	if !c.Degraded() {
		t.Error("refusals behind another error were not counted")
	}
}
