package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kapstone-lms/kapstone/internal/schooltest"
)

// TestMain lets the test binary be the program: a test that has to kill the
// server needs one in a process of its own.
func TestMain(m *testing.M) {
	if os.Getenv("KAPSTONE_TEST_MAIN") == "1" {
		main()
		return
	}
	os.Exit(m.Run())
}

// command prepares the program with a clean environment.
func command(t *testing.T, env []string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(context.Background(), os.Args[0], args...)
	cmd.Env = append([]string{"KAPSTONE_TEST_MAIN=1", "PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME")}, env...)
	cmd.Stderr = os.Stderr
	return cmd
}

// soon bounds a command that should end by itself.
func soon(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// What goes wrong is said in one sentence that says what to do, and the exit
// code is not 0.
func TestFaultsAtTheStartAreOneSentence(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		args []string
		says string
	}{
		{"a busy port", []string{"serve", "--listen", taken.Addr().String(), "--data", t.TempDir()}, "in use by another program"},
		{"a port that is none", []string{"serve", "--listen", "127.0.0.1:99999", "--data", t.TempDir()}, "KAPSTONE_LISTEN"},
		{"a data directory that cannot be", []string{"serve", "--listen", "127.0.0.1:0", "--data", filepath.Join(file, "x")}, "KAPSTONE_DATA"},
		{"production without a secret", []string{"serve", "--listen", "0.0.0.0:0", "--base-url", "https://kap.test", "--data", t.TempDir()}, "KAPSTONE_MASTER_KEY"},
		{"a course that is none", []string{"course", "check", t.TempDir()}, "there is no module"},
		{"a demo for all to reach", []string{"demo", "--listen", "0.0.0.0:0", "--data", t.TempDir()}, "loopback"},
		{"no such command", []string{"fly"}, "fly"},
		{"no such flag", []string{"serve", "--fast"}, "--fast"},
		{"a person without a role", []string{"user", "create", "--email", "a@b.test", "--name", "A", "--data", t.TempDir()}, "--role"},
		{"an address that is none", []string{"user", "create", "--email", "ab", "--name", "A", "--role", "admin", "--data", t.TempDir()}, "email address"},
	} {
		var out, errOut bytes.Buffer
		code := run(soon(t), tt.args, &out, &errOut)
		if code == 0 || !strings.Contains(errOut.String(), tt.says) || !strings.HasPrefix(errOut.String(), "kapstone: ") {
			t.Errorf("%s: exit %d, %q; want a sentence with %q", tt.name, code, &errOut, tt.says)
		}
	}
}

func TestTheCourseIsChecked(t *testing.T) {
	var out, errOut bytes.Buffer
	if code := run(soon(t), []string{"course", "check"}, &out, &errOut); code != 0 || !strings.Contains(out.String(), "no faults; content hash") {
		t.Errorf("course check: exit %d, %s%s", code, &out, &errOut)
	}
	for _, says := range []string{"science, ", "5 modules", "sources per lesson: at least ", " ordering, ", " critical, ", " cases; right option longest in "} {
		if !strings.Contains(out.String(), says) {
			t.Errorf("course check does not say %q:\n%s", says, &out)
		}
	}
	if strings.Contains(out.String(), "look at:") {
		t.Errorf("the shipped course has something to look at:\n%s", &out)
	}
}

// A fault ends the check with its place; what is only worth a look does not.
func TestACourseWithFaultsIsNone(t *testing.T) {
	dir := t.TempDir()
	for name, file := range schooltest.KindsFiles("kinds") {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), file.Data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var out, errOut bytes.Buffer
	code := run(soon(t), []string{"course", "check", dir}, &out, &errOut)
	for _, says := range []string{
		"safety, 9 items drawn, not clinically reviewed\n  1 lessons, 1 figures; sources per lesson: at least 1, median 1\n",
		"  10 items (2 single, 3 multiple, 2 ordering, 1 matching, 1 numeric, 1 short), 1 critical, 1 cases; right option longest in 0 of 2 single items (0 %)\n",
		"look at: 01-safety/module.yaml:1: module safety has 10 items", "no faults; content hash ",
	} {
		if code != 0 || !strings.Contains(out.String(), says) {
			t.Errorf("course check: exit %d, want 0 and %q:\n%s%s", code, says, &out, &errOut)
		}
	}
	if err := os.Remove(filepath.Join(dir, "01-safety", "fig-line.svg")); err != nil {
		t.Fatal(err)
	}
	code = run(soon(t), []string{"course", "check", dir}, &out, &errOut)
	if code == 0 || !strings.Contains(errOut.String(), "01-safety/kin-1-first.md:12: there is a figure fig-line.svg, but no such file") {
		t.Errorf("course check without the figure: exit %d, %s", code, &errOut)
	}
}

func TestRoutesAreListed(t *testing.T) {
	var out bytes.Buffer
	if code := run(soon(t), []string{"routes", "--json"}, &out, os.Stderr); code != 0 || !strings.Contains(out.String(), `"path": "/api/v1/attempts/{id}/answers/{item}"`) {
		t.Errorf("routes --json: exit %d, %.300s", code, &out)
	}
}

func TestPeopleComeFromTheShell(t *testing.T) {
	data := t.TempDir()
	var out bytes.Buffer
	if code := run(soon(t), []string{"user", "create", "--email", "Ada@B.test", "--name", "Ada", "--role", "admin", "--data", data}, &out, os.Stderr); code != 0 ||
		!strings.Contains(out.String(), "<ada@b.test>") || !strings.Contains(out.String(), "password: ") {
		t.Errorf("user create: exit %d, %s", code, &out)
	}
	out.Reset()
	if code := run(soon(t), []string{"audit", "verify", "--data", data}, &out, os.Stderr); code != 0 || !strings.Contains(out.String(), "1 entries hold") {
		t.Errorf("audit verify: exit %d, %s", code, &out)
	}
	if code := run(soon(t), []string{"migrate", "--data", data}, &out, os.Stderr); code != 0 {
		t.Errorf("migrate: exit %d, %s", code, &out)
	}
}

// Settings come from flags, variables and a file, in this order.
func TestWhereSettingsComeFrom(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "settings.json")
	if err := os.WriteFile(file, fmt.Appendf(nil, `{"listen": "127.0.0.1:99999", "data": %q}`, dir), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, variable string
		args           []string
		says           string
	}{
		{"a variable", "127.0.0.1:88888", []string{"serve", "--data", dir}, "88888"},
		{"a flag over a variable", "127.0.0.1:88888", []string{"serve", "--data", dir, "--listen", "127.0.0.1:77777"}, "77777"},
		{"a file", "", []string{"--config", file, "serve", "--data", dir}, "99999"},
	} {
		if tt.variable != "" {
			t.Setenv("KAPSTONE_LISTEN", tt.variable)
		} else {
			os.Unsetenv("KAPSTONE_LISTEN")
		}
		var errOut bytes.Buffer
		if code := run(soon(t), tt.args, &bytes.Buffer{}, &errOut); code == 0 || !strings.Contains(errOut.String(), tt.says) {
			t.Errorf("%s: exit %d, %q; want the address with %s tried", tt.name, code, &errOut, tt.says)
		}
	}
}
