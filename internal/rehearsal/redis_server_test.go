package rehearsal

import (
	"bufio"
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kapstone-lms/kapstone/internal/dbtest"
)

// A redisServer is a Redis of the rehearsal's own. It keeps nothing on disk:
// each start is an empty one.
type redisServer struct {
	port string
	cmd  *exec.Cmd
}

func startRedis(t testing.TB) *redisServer {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		dbtest.LeaveOut(t, "redis-server", err)
	}
	s := &redisServer{port: freePort(t)}
	s.start(t)
	t.Cleanup(s.kill9)
	return s
}

func (s *redisServer) address() string { return "127.0.0.1:" + s.port }

// start starts the server, empty, and returns once it takes connections.
func (s *redisServer) start(t testing.TB) {
	t.Helper()
	s.cmd = exec.Command("redis-server", "--port", s.port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", "/")
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := s.cmd.StdoutPipe()
	if err == nil {
		err = s.cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if strings.Contains(lines.Text(), "Ready to accept connections") {
			return
		}
	}
	t.Fatal("redis-server ended before it was ready")
}

// kill9 ends the server the way a power cut does. A second time does nothing.
func (s *redisServer) kill9() {
	if s.cmd.ProcessState == nil {
		_ = s.cmd.Process.Kill()
		_ = s.cmd.Wait()
	}
}

func (s *redisServer) signal(t testing.TB, sig syscall.Signal) {
	t.Helper()
	if err := s.cmd.Process.Signal(sig); err != nil {
		t.Fatal(err)
	}
}

// workplace returns a directory of the test's own that other users may pass
// through, which those of testing.TB are not.
func workplace(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "kapstone-rehearsal-")
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// smallDisk mounts a file system of a size such as 8m on a directory. Only
// root may mount; without it the test is left out.
func smallDisk(t testing.TB, dir, size string) {
	t.Helper()
	if os.Geteuid() != 0 {
		dbtest.LeaveOut(t, "right to mount a small disk", errors.New("this is not root"))
	}
	if err := syscall.Mount("kapstone-small", dir, "tmpfs", 0, "mode=0755,size="+size); err != nil {
		dbtest.LeaveOut(t, "small disk", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
}

// freePort returns a port that nobody listens on now.
func freePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// until asks again and again whether f holds, for at most limit.
func until(t testing.TB, limit time.Duration, what string, f func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !f() {
		select {
		case <-ctx.Done():
			t.Fatalf("%s: not within %v", what, limit)
		case <-tick.C:
		}
	}
}

// tail returns the end of a file.
func tail(file string) string {
	text, err := os.ReadFile(file)
	if err != nil {
		return err.Error()
	}
	return string(text[max(0, len(text)-3000):])
}
