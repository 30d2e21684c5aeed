package rehearsal

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A product is the program in a process of its own, to be killed. It comes
// back at the same address, on the same data.
type product struct {
	listen string
	data   string
	env    []string
	limits bool // without test mode: the limits of a real server hold
	cmd    *exec.Cmd
	log    *os.File
}

func (p *product) url() string { return "http://" + p.listen }

// issuedBy is where tokens say they come from, whatever port a copy serves on.
const issuedBy = "http://127.0.0.1:9"

func (p *product) environment() []string {
	return append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "KAPSTONE_DATA=" + p.data, "KAPSTONE_BASE_URL=" + issuedBy,
		"KAPSTONE_ISSUER_NAME=Kapstone Rehearsal", "KAPSTONE_ISSUER_ADDRESS=1 Example Street", "KAPSTONE_SIGNATORY_NAME=Imogen Vale",
		"KAPSTONE_SIGNATORY_TITLE=Program Director (fictional)"}, p.env...)
}

// start starts the program and returns once it serves.
func (p *product) start(t testing.TB) {
	t.Helper()
	file, err := build()
	if err != nil {
		t.Fatal(err)
	}
	if p.log == nil {
		if p.log, err = os.CreateTemp("", "kapstone-product-*.log"); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			p.kill9()
			if t.Failed() {
				t.Logf("the product said last: %s\nand was surprised by: %s", tail(p.log.Name()), surprises(p.log.Name()))
			}
			p.log.Close()
			os.Remove(p.log.Name())
		})
	}
	p.cmd = exec.Command(file, "serve", "--listen", p.listen, "--log-level", "error")
	if !p.limits {
		p.cmd.Args = append(p.cmd.Args, "--insecure-test-mode")
	}
	p.cmd.Env, p.cmd.Stderr = p.environment(), p.log
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := p.cmd.StdoutPipe()
	if err == nil {
		err = p.cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "serving on ") {
			return
		}
	}
	t.Fatalf("the product ended before it served: %s", tail(p.log.Name()))
}

// kill9 ends the process the way a power cut does. A second time does nothing.
func (p *product) kill9() {
	if p.cmd != nil && p.cmd.ProcessState == nil {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
	}
}

func (p *product) signal(t testing.TB, sig syscall.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(sig); err != nil {
		t.Fatal(err)
	}
}

// memory returns how many bytes of the process are in memory.
func (p *product) memory(t testing.TB) int {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "VmRSS:")
	kb, err := strconv.Atoi(strings.Fields(rest + " 0")[0])
	if err != nil {
		t.Fatal(err)
	}
	return kb << 10
}

// surprises returns the first failures in a log that the product had no name
// for: a store that is away is one that it knows.
func surprises(log string) (all []string) {
	text, err := os.ReadFile(log)
	if err != nil {
		return []string{err.Error()}
	}
	for line := range strings.Lines(string(text)) {
		if !strings.Contains(line, "database_unavailable") && len(all) < 10 {
			all = append(all, line)
		}
	}
	return all
}

// verifyLedger asks the program whether its ledger and signed logs hold.
func (p *product) verifyLedger(t testing.TB) {
	t.Helper()
	file, err := build()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(file, "audit", "verify")
	cmd.Env = p.environment()
	out, err := cmd.CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte("every signed log holds")) {
		t.Errorf("audit verify: %v, %s", err, out)
	}
}

// within fails the test when something took longer than it may.
func within(t testing.TB, what string, took, limit time.Duration) {
	t.Helper()
	if took > limit {
		t.Errorf("%s took %v, want at most %v", what, took.Round(time.Millisecond), limit)
	}
}
