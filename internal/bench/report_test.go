package bench

import (
	"strings"
	"testing"
	"time"
)

// trial makes a run with a rate and a p99 in microseconds.
func trial(round int, subject string, connections int, rate float64, p99 int64, cpu float64) Trial {
	return Trial{Round: round, Subject: subject, Connections: connections, Requests: int(rate), Rate: rate, P99: p99,
		CPU: map[string]float64{"app": cpu, generator: 1000}, Histogram: new(Histogram)}
}

func TestRatiosBelongToTheirRound(t *testing.T) {
	// The machine was half as fast in the second round; the ratio does not show it.
	r := &Result{Scenario: "save", Runs: []Trial{
		trial(1, "jwt", 64, 1000, 500, 90), trial(1, "P", 64, 900, 400, 80),
		trial(2, "jwt", 64, 500, 900, 92), trial(2, "P", 64, 450, 800, 84),
		trial(3, "jwt", 64, 1000, 600, 91), trial(3, "P", 64, 950, 450, 82),
	}}
	r.summarize()
	row := r.row("P", 64)
	if row == nil || row.Rate != 900 || row.P99 != 450 || row.CPUAll != 82 || row.Ratios["jwt"] != .9 {
		t.Errorf("row = %+v; want the medians 900/s, 450 µs, 82 µs of CPU without the generator's, ratio 0.9", row)
	}
	if yard := r.row("jwt", 64); yard == nil || len(yard.Ratios) != 0 {
		t.Errorf("a yardstick alone has the ratios %v", yard)
	}
	if r.row("E", 64) != nil || r.row("P", 16) != nil {
		t.Error("what was not measured has a row")
	}
}

func TestTheBarsAreThoseOfTheDesign(t *testing.T) {
	of := func(p64, p16, e64, ii, cpu float64, p99 int64, failed int) []Bar {
		r := &Result{Scenario: "save"}
		for subject, rates := range map[string][3]float64{"jwt": {100, 100, 100}, "hset": {120, 120, 120}, "P": {p16, p64, p64}, "E": {50, e64, e64}} {
			for i, n := range []int{16, 64, 256} {
				rate, used, late := rates[i], 90., int64(1000)
				if subject == "hset" {
					rate = ii
				}
				if subject == "P" {
					used, late = cpu, p99
				}
				one := trial(1, subject, n, rate, late, used)
				one.Failed = failed
				r.Runs = append(r.Runs, one)
			}
		}
		r.summarize()
		return judge([]*Result{r})
	}
	missed := func(bars []Bar) (all []string) {
		for _, b := range Missed(bars) {
			all = append(all, b.What)
		}
		return all
	}
	for _, tt := range []struct {
		name string
		bars []Bar
		want []string // words of each bar that is missed
	}{
		{"all met", of(90, 45, 85, 120, 90, 1000, 0), nil},
		{"slow at 64 and 256", of(89, 45, 85, 120, 90, 1000, 0), []string{"P, 256", "P, 64"}},
		{"slow at 16", of(90, 44, 85, 120, 90, 1000, 0), []string{"P, 16"}},
		{"slow embedded", of(90, 45, 84, 120, 90, 1000, 0), []string{"E, 256", "E, 64"}},
		{"slow beside one HSET", of(90, 45, 85, 160, 90, 1000, 0), []string{"(ii)", "(ii)"}},
		{"costly", of(90, 45, 85, 120, 91, 1000, 0), []string{"CPU"}},
		{"late", of(90, 45, 85, 120, 90, 1001, 0), []string{"p99"}},
	} {
		got := missed(tt.bars)
		if len(got) != len(tt.want) {
			t.Errorf("%s: missed %q, want %q", tt.name, got, tt.want)
			continue
		}
		for _, word := range tt.want {
			if !strings.Contains(strings.Join(got, "; "), word) {
				t.Errorf("%s: missed %q, want one about %s", tt.name, got, word)
			}
		}
	}
	if got := missed(of(90, 45, 85, 120, 90, 1000, 1)); len(got) != 12 {
		t.Errorf("requests that failed miss %d bars, want one for each row", len(got))
	}
	if got := missed(of(0, 45, 85, 120, 90, 1000, 0)); !strings.Contains(strings.Join(got, "; "), "answered in the time") {
		t.Errorf("a run without an answer misses only %q", got)
	}
}

func TestPagesAndVerificationsAreJudged(t *testing.T) {
	cohort := &Result{Scenario: "cohort", Rows: []Row{{Subject: "P", Connections: 4, P95: 900_000, Rate: 1}, {Subject: "P", Connections: 1, P95: 199_000, Rate: 1}}}
	verify := &Result{Scenario: "verify", Rows: []Row{{Subject: "E", Connections: 64, Rate: 499, P99: 99_000}, {Subject: "jwt", Connections: 64, Rate: 1, P99: 999_000}}}
	bars := judge([]*Result{cohort, verify})
	if len(bars) != 3 || len(Missed(bars)) != 1 || !strings.Contains(Missed(bars)[0].What, "a second") {
		t.Errorf("bars = %+v; want three, of which the rate of verifications is missed", bars)
	}
}

func TestAnExamIsJudgedByEveryPromise(t *testing.T) {
	good := func() *ExamReport {
		fast := Stage{P99: 10_000, P999: 20_000, Max: 30_000}
		return &ExamReport{Trainees: 500, HandedIn: 1, Silent: 3, Closing: 15, Idle: 40e6, Peak: 100e6,
			Stages: map[string]Stage{"saves": fast, "starts": fast, "submissions": fast, "reloads": fast}}
	}
	for _, tt := range []struct {
		name  string
		spoil func(r *ExamReport)
	}{
		{"acknowledged answers lost", func(r *ExamReport) { r.Answers.Lost = 1 }},
		{"answers doubled", func(r *ExamReport) { r.Answers.Doubled = 1 }},
		{"answers that nobody sent", func(r *ExamReport) { r.Answers.Phantom = 1 }},
		{"wrong scores", func(r *ExamReport) { r.Wrong = 1 }},
		{"attempts left in doubt", func(r *ExamReport) { r.Unresolved = 1 }},
		{"attempts left in doubt", func(r *ExamReport) { r.Extra = 1 }},
		{"reloads that showed", func(r *ExamReport) { r.Stale = 1 }},
		{"replies that no honest", func(r *ExamReport) { r.Unexpected = 1 }},
		{"save acknowledged, p99 in", func(r *ExamReport) { r.Stages["saves"] = Stage{P99: 251_000} }},
		{"save acknowledged, p99.9", func(r *ExamReport) { r.Stages["saves"] = Stage{P999: 1_001_000} }},
		{"start burst", func(r *ExamReport) { r.Stages["starts"] = Stage{P99: 1_001_000} }},
		{"deadline burst, all", func(r *ExamReport) { r.HandedIn = 3.1 }},
		{"deadline burst, the longest", func(r *ExamReport) { r.Trainees = 501; r.Stages["submissions"] = Stage{Max: 5_001_000} }},
		{"silent attempts", func(r *ExamReport) { r.Closing = 61 }},
		{"memory idle", func(r *ExamReport) { r.Idle = 81e6 }},
		{"memory at its highest", func(r *ExamReport) { r.Peak = 301e6 }},
	} {
		r := good()
		tt.spoil(r)
		r.judge()
		if missed := Missed(r.Verdict); len(missed) != 1 || !strings.HasPrefix(missed[0].What, tt.name) {
			t.Errorf("%s: missed %+v", tt.name, missed)
		}
	}
	r := good()
	if r.judge(); len(Missed(r.Verdict)) > 0 {
		t.Errorf("a good exam missed %+v", Missed(r.Verdict))
	}
}

func TestATableCanBeRead(t *testing.T) {
	r := &Report{Machine: Machine{At: time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC), Cores: 2}, Rounds: 1, Scenarios: []*Result{{
		Scenario: "quiz", What: "whole quiz", Each: 12, Runs: []Trial{trial(1, "jwt", 16, 12_345, 6_789, 9), trial(1, "P", 16, 1200, 123_456, 9)},
	}}, Bars: []Bar{least("one", 1, 2, 3), most("two", 1, 2, .5)}}
	r.Scenarios[0].summarize()
	var b strings.Builder
	if err := r.Markdown(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Measured 2026-11-24", "12,345", "6.79", "| 123 |", " 0.10 |", "6,000 a minute", "| one | 1.00 | ≥ 2.00 | ≥ 3.00 | **missed** |", "| two | 1.00 | ≤ 2.00 | ≤ 0.50 | met |"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the tables lack %q:\n%s", want, &b)
		}
	}
	got := align("| a | b |\n|---|---|\n| x | 1 |\n| yellow | 10 |\n\n**bold**\n")
	if want := "a        b\nx        1\nyellow  10\n\nbold\n"; got != want {
		t.Errorf("align = %q, want %q", got, want)
	}
}
