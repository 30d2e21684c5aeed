package bench

import (
	"cmp"
	"context"
	"os/exec"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"
)

// A Report is what a bench found: the document of --json.
type Report struct {
	Machine   Machine   `json:"machine"`
	Seed      uint64    `json:"seed"`
	Rounds    int       `json:"rounds"`
	Trainees  int       `json:"trainees"`
	Scenarios []*Result `json:"scenarios"`
	Bars      []Bar     `json:"bars"` // of what was measured
	LoadAfter string    `json:"load_average_after"`
}

// A Machine is where and with what it was measured.
type Machine struct {
	At         time.Time `json:"at"`
	Commit     string    `json:"commit,omitempty"`
	Go         string    `json:"go"`
	OS         string    `json:"os"`
	Kernel     string    `json:"kernel,omitempty"`
	CPU        string    `json:"cpu,omitempty"`
	Cores      int       `json:"cores"`
	Memory     int64     `json:"memory_bytes,omitempty"`
	Load       string    `json:"load_average_before,omitempty"`
	PostgreSQL string    `json:"postgresql,omitempty"`
	Redis      string    `json:"redis,omitempty"`
	// Note says what was not measured, if anything.
	Note string `json:"note,omitempty"`
}

// describe looks at the machine.
func describe(ctx context.Context) Machine {
	m := Machine{
		At: time.Now().UTC().Truncate(time.Second), Go: runtime.Version(), OS: runtime.GOOS + "/" + runtime.GOARCH, Kernel: kernel(), CPU: cpuModel(),
		Cores: runtime.NumCPU(), Memory: memory(), Load: loadAverage(), Commit: commit(ctx),
	}
	if runtime.GOOS != "linux" {
		m.Note = "CPU time, memory and load are read from /proc, which is Linux only"
	}
	return m
}

// commit returns the commit that the program was built from, or that of the
// folder it runs in, or "".
func commit(ctx context.Context) string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				return s.Value[:min(12, len(s.Value))]
			}
		}
	}
	out, err := exec.CommandContext(ctx, "git", "rev-parse", "--short=12", "HEAD").Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}

// A Result is one scenario: every run, and what they come to.
type Result struct {
	Scenario string  `json:"scenario"`
	What     string  `json:"what"`
	Each     int     `json:"requests_each"` // that make one of what is counted
	Runs     []Trial `json:"runs"`
	Rows     []Row   `json:"rows"`
}

// A Trial is one measured run of one subject.
type Trial struct {
	Round       int                `json:"round"`
	Subject     string             `json:"subject"` // E, P, bare, hset or jwt
	Connections int                `json:"connections"`
	Requests    int                `json:"requests"`
	Seconds     float64            `json:"seconds"`
	Rate        float64            `json:"requests_per_second"`
	P50         int64              `json:"p50_us"`
	P95         int64              `json:"p95_us"`
	P99         int64              `json:"p99_us"`
	P999        int64              `json:"p999_us"`
	Max         int64              `json:"max_us"`
	Statuses    map[string]int     `json:"statuses"`
	Failed      int                `json:"failed"`
	Failures    []string           `json:"failures,omitempty"`
	CPU         map[string]float64 `json:"cpu_us_per_request,omitempty"` // by process
	Histogram   *Histogram         `json:"histogram_us"`
}

// runOf makes a run of what clients and processes saw.
func runOf(round int, subject string, connections int, s *span, used map[string]time.Duration) Trial {
	r := Trial{
		Round: round, Subject: subject, Connections: connections, Requests: s.Requests, Seconds: s.Seconds, Rate: s.Rate(),
		P50: s.Histogram.Quantile(.5).Microseconds(), P95: s.Histogram.Quantile(.95).Microseconds(), P99: s.Histogram.Quantile(.99).Microseconds(),
		P999: s.Histogram.Quantile(.999).Microseconds(), Max: s.Histogram.Max().Microseconds(),
		Statuses: s.Statuses, Failed: s.failed(), Failures: s.Failures, CPU: make(map[string]float64), Histogram: s.Histogram,
	}
	for process, time := range used {
		if s.Requests > 0 {
			r.CPU[process] = float64(time.Microseconds()) / float64(s.Requests)
		}
	}
	return r
}

// A Row is a subject at a number of connections: the medians of its rounds.
type Row struct {
	Subject     string             `json:"subject"`
	Connections int                `json:"connections"`
	Rate        float64            `json:"requests_per_second"`
	P50         int64              `json:"p50_us"`
	P95         int64              `json:"p95_us"`
	P99         int64              `json:"p99_us"`
	P999        int64              `json:"p999_us"`
	Max         int64              `json:"max_us"` // of all rounds
	Failed      int                `json:"failed"` // of all rounds
	CPU         map[string]float64 `json:"cpu_us_per_request,omitempty"`
	CPUAll      float64            `json:"cpu_us_per_request_all"` // of what serves; the generator is left out
	Ratios      map[string]float64 `json:"ratios,omitempty"`       // of the rates, by yardstick: the median of the rounds' ratios
}

// summarize makes the rows of a scenario's runs.
func (r *Result) summarize() {
	type group struct {
		subject     string
		connections int
	}
	by := make(map[group][]Trial)
	for _, run := range r.Runs {
		g := group{run.Subject, run.Connections}
		by[g] = append(by[g], run)
	}
	for g, runs := range by {
		row := Row{Subject: g.subject, Connections: g.connections, CPU: make(map[string]float64), Ratios: make(map[string]float64)}
		row.Rate = middle(runs, func(r Trial) float64 { return r.Rate })
		for to, of := range map[*int64]func(Trial) int64{
			&row.P50: func(r Trial) int64 { return r.P50 }, &row.P95: func(r Trial) int64 { return r.P95 },
			&row.P99: func(r Trial) int64 { return r.P99 }, &row.P999: func(r Trial) int64 { return r.P999 },
		} {
			*to = middle(runs, of)
		}
		for _, run := range runs {
			row.Max = max(row.Max, run.Max)
			row.Failed += run.Failed
		}
		for process := range runs[0].CPU {
			row.CPU[process] = middle(runs, func(r Trial) float64 { return r.CPU[process] })
			if process != generator {
				row.CPUAll += row.CPU[process]
			}
		}
		for _, kind := range Kinds {
			yards := by[group{string(kind), g.connections}]
			if ratios := pairs(runs, yards); len(ratios) > 0 && g.subject != string(kind) {
				row.Ratios[string(kind)] = middle(ratios, func(f float64) float64 { return f })
			}
		}
		r.Rows = append(r.Rows, row)
	}
	slices.SortFunc(r.Rows, func(a, b Row) int {
		return cmp.Or(cmp.Compare(a.Connections, b.Connections), cmp.Compare(place(a.Subject), place(b.Subject)))
	})
}

// generator names the bench's own process among the CPU figures.
const generator = "generator"

// place orders the subjects in a table: the yardsticks first.
func place(subject string) int {
	return slices.Index([]string{string(Bare), string(HSet), string(JWT), Production, Embedded}, subject)
}

// middle returns the median of a figure; of an even number the lower one.
func middle[T any, N cmp.Ordered](all []T, of func(T) N) N {
	figures := make([]N, len(all))
	for i, one := range all {
		figures[i] = of(one)
	}
	slices.Sort(figures)
	return figures[(len(figures)-1)/2]
}

// pairs returns the ratios of rates that belong to the same round: the
// machine's mood is the same for both.
func pairs(runs, yards []Trial) (ratios []float64) {
	for _, r := range runs {
		for _, y := range yards {
			if y.Round == r.Round && y.Rate > 0 {
				ratios = append(ratios, r.Rate/y.Rate)
			}
		}
	}
	return ratios
}

// row finds a row, nil when it was not measured.
func (r *Result) row(subject string, connections int) *Row {
	for i := range r.Rows {
		if r.Rows[i].Subject == subject && r.Rows[i].Connections == connections {
			return &r.Rows[i]
		}
	}
	return nil
}
