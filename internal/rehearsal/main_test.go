package rehearsal

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// The rehearsal is run in two forms: short, as a test among others, and full,
// by make faults.
var (
	wantAcks = flag.Int("faults.acks", 300, "how many answers each scenario has acknowledged at least; from 10000 on outages last as long as CHECKS.md says")
	wantSeed = flag.Int64("faults.seed", 0, "the seed of a run to repeat; 0 for another one")
)

// base is where the product and the school are made, once for all scenarios.
var base string

func TestMain(m *testing.M) {
	flag.Parse()
	dir, err := os.MkdirTemp("", "kapstone-rehearsal-")
	if err == nil {
		err = os.Chmod(dir, 0o755) // PostgreSQL's user passes through
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	base = dir
	code := m.Run()
	if err := os.RemoveAll(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	if testing.Verbose() {
		fmt.Print(table())
	}
	os.Exit(code)
}

// full reports whether this is the full form.
func full() bool { return *wantAcks >= 10_000 }

// pick returns what the form of the run asks for.
func pick[T any](short, long T) T {
	if full() {
		return long
	}
	return short
}

// scenario begins a test that runs the product. Under the race detector it is
// left out: the product is a process of its own, built without it, and each
// part of the product has its own tests that race.
func scenario(t *testing.T) {
	t.Helper()
	if raceDetector {
		t.Skip("left out under the race detector, which does not see into the product's process")
	}
}

// build builds the product, once.
var build = sync.OnceValues(func() (string, error) {
	file := filepath.Join(base, "kapstone")
	out, err := exec.Command("go", "build", "-o", file, "github.com/kapstone-lms/kapstone/cmd/kapstone").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build the product: %w, %s", err, out)
	}
	return file, nil
})

// A finding is what a scenario measured, for docs/faults.md.
type finding struct {
	event, home   string
	acked         int
	back, promise time.Duration
}

var findings struct {
	sync.Mutex
	all []finding
}

func found(f finding) {
	findings.Lock()
	defer findings.Unlock()
	findings.all = append(findings.all, f)
}

// table shows the findings as the page does.
func table() string {
	findings.Lock()
	defer findings.Unlock()
	var b strings.Builder
	fmt.Fprintf(&b, "\n| event (%s) | home | acknowledged | lost, doubled, phantom | back within | promise |\n|---|---|---:|---|---:|---:|\n",
		time.Now().UTC().Format(time.DateOnly))
	for _, f := range findings.all {
		back, promise := "-", "-" // nobody was without service
		if f.promise > 0 {
			back, promise = fmt.Sprintf("%.2f s", f.back.Seconds()), fmt.Sprintf("%.0f s", f.promise.Seconds())
		}
		fmt.Fprintf(&b, "| %s | %s | %d | 0, 0, 0 | %s | %s |\n", f.event, f.home, f.acked, back, promise)
	}
	return b.String()
}
