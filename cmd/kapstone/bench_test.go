package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/kapstone-lms/kapstone/internal/bench"
	"github.com/kapstone-lms/kapstone/internal/dbtest"
)

// benched runs the bench in a process of its own and reads its document. The
// stores are the tests' own; nothing of the bench may be left.
func benched(t *testing.T, document any, args ...string) error {
	t.Helper()
	dir := t.TempDir()
	cmd := command(t, nil, append([]string{"bench"}, append(args,
		"--database-url", dbtest.Postgres(t), "--redis-url", dbtest.RedisURL(t), "--dir", dir, "--json", "--seed", "7")...)...)
	var out, progress bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &progress
	failed := cmd.Run()
	if err := json.Unmarshal(out.Bytes(), document); err != nil {
		t.Fatalf("bench %v: %v, %v\n%s", args, failed, err, &progress)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("%d directories were left behind, %v", len(left), err)
	}
	for _, pid := range children(dir) {
		t.Errorf("process %d of the bench still runs", pid)
	}
	return failed
}

// children finds processes that were started on a directory.
func children(dir string) (pids []int) {
	lines, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, name := range lines {
		if text, err := os.ReadFile(name); err == nil && bytes.Contains(text, []byte(dir)) {
			pid, _ := strconv.Atoi(strings.Split(name, "/")[2])
			pids = append(pids, pid)
		}
	}
	return pids
}

func TestTheBenchMeasuresBothHomesBesideTheYardsticks(t *testing.T) {
	t.Parallel()
	var r bench.Report
	if err := benched(t, &r, "all", "--rounds", "1", "--duration", "100ms", "--connections", "4", "--trainees", "20", "--graduates", "2"); err != nil {
		t.Fatal(err)
	}
	if len(r.Scenarios) != len(bench.All()) {
		t.Fatalf("%d scenarios, want %v", len(r.Scenarios), bench.All())
	}
	for _, s := range r.Scenarios {
		want := map[bool]int{true: 10, false: 5}[s.Scenario == "cohort"] // with 1 and with 4 connections
		if len(s.Rows) != want || len(s.Runs) != want {
			t.Fatalf("%s: %d rows of %d runs, want %d of each", s.Scenario, len(s.Rows), len(s.Runs), want)
		}
		for _, run := range s.Runs {
			if run.Requests == 0 || run.Failed > 0 || run.Statuses["200"]+run.Statuses["201"] != run.Requests || run.Histogram.Count() != run.Requests {
				t.Errorf("%s, %s: %d requests, %d failed, statuses %v: %q", s.Scenario, run.Subject, run.Requests, run.Failed, run.Statuses, run.Failures)
			}
			if run.P50 <= 0 || run.P50 > run.P99 || run.P99 > run.P999 || run.P999 > run.Max {
				t.Errorf("%s, %s: p50 %d, p99 %d, p99.9 %d, max %d", s.Scenario, run.Subject, run.P50, run.P99, run.P999, run.Max)
			}
		}
		for _, row := range s.Rows {
			for _, kind := range bench.Kinds {
				if got, ok := row.Ratios[string(kind)]; (!ok || got <= 0 || math.IsInf(got, 0) || math.IsNaN(got)) && row.Subject != string(kind) {
					t.Errorf("%s, %s: the ratio to %s is %g", s.Scenario, row.Subject, kind, got)
				}
			}
			if _, ok := row.CPU["app"]; !ok && runtime.GOOS == "linux" {
				t.Errorf("%s, %s: CPU of %v only", s.Scenario, row.Subject, row.CPU)
			}
		}
	}
	var text, tables bytes.Buffer
	if err := r.Markdown(&tables); err != nil || strings.Count(tables.String(), "\n### ") < 7 || strings.Contains(tables.String(), "%!") {
		t.Errorf("the tables: %v\n%s", err, &tables)
	}
	if err := r.Text(&text); err != nil || strings.Contains(text.String(), "|--") {
		t.Errorf("the text: %v\n%s", err, &text)
	}
}

func TestAnExamOfThirtyLosesNothing(t *testing.T) {
	for _, home := range []string{bench.Embedded, bench.Production} {
		t.Run(home, func(t *testing.T) {
			t.Parallel()
			var r bench.ExamReport
			failed := benched(t, &r, "exam", "--home", home, "--trainees", "30", "--minutes", "10", "--duration", "7s")
			a := r.Answers
			if !a.OK() || r.Wrong > 0 || r.Unresolved > 0 || r.Extra > 0 || r.Stale > 0 || r.Unexpected > 0 || r.Grades != 30 {
				t.Errorf("%s; %d graded, %d scores wrong, %d in doubt, %d extra, %d stale: %q %q", a, r.Grades, r.Wrong, r.Unresolved, r.Extra, r.Stale, a.Faults, r.Samples)
			}
			if a.Attempts != 30 || a.Acked < 500 || a.Rows < a.Acked || r.Silent == 0 || r.Dropped == 0 || r.Refused == 0 {
				t.Errorf("%s; %d silent, %d dropped, %d refused: not the exam that it should be", a, r.Silent, r.Dropped, r.Refused)
			}
			if failed != nil { // a machine under load may be slow, and nothing else
				for _, bar := range bench.Missed(r.Verdict) {
					if bar.Bar == 0 {
						t.Errorf("missed: %+v", bar)
					}
				}
			}
			var tables bytes.Buffer
			if err := r.Markdown(&tables); err != nil || strings.Contains(tables.String(), "%!") {
				t.Errorf("the tables: %v\n%s", err, &tables)
			}
		})
	}
}

// The negative control: an answer that was never sent counts as lost.
func TestARehearsalThatLiesIsFound(t *testing.T) {
	t.Parallel()
	var r bench.ExamReport
	failed := benched(t, &r, "exam", "--home", "E", "--trainees", "3", "--minutes", "2", "--duration", "2s", "--lie")
	if failed == nil || r.Answers.Lost != 1 || r.Answers.OK() || r.Verdict[0].Met || len(r.Answers.Faults) == 0 {
		t.Errorf("a false claim passed: %v, %s, %q", failed, r.Answers, r.Answers.Faults)
	}
}

func TestTheBenchStaysOnThisMachineAndWithinBounds(t *testing.T) {
	for _, tt := range []struct{ args, says string }{
		{"--homes P --database-url postgres://db.example.org/x", "this one only"},
		{"--homes P --redis-url redis://192.0.2.7:6379", "this one only"},
		{"--connections 64 --trainees 10", "one at least for each connection"},
		{"--connections 0", "connections are"},
		{"--rounds 0", "rounds are"},
		{"--duration 20m", "at most"},
		{"--homes X", "no home"},
		{"--graduates 0", "graduates are"},
		{"exam --trainees 0", "trainees are"},
		{"exam --duration 1s", "lasts"},
		{"exam --speed=-2", "backwards"},
		{"exam --minutes 700", "minutes"},
		{"exam --connections 100000", "at most"},
	} {
		var out, errOut bytes.Buffer
		args := append(append([]string{"bench"}, strings.Fields(tt.args)...), "--dir", t.TempDir())
		if code := run(soon(t), args, &out, &errOut); code != 1 || !strings.Contains(errOut.String(), tt.says) {
			t.Errorf("bench %s = %d, %q; want 1 and %q", tt.args, code, fmt.Sprint(&errOut), tt.says)
		}
	}
}
