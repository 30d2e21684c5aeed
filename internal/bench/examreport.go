package bench

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/kapstone-lms/kapstone/internal/rehearsal"
)

// An ExamReport is what came of a rehearsal: the document of --json.
type ExamReport struct {
	Machine     Machine `json:"machine"`
	Home        string  `json:"home"`
	Seed        uint64  `json:"seed"`
	Trainees    int     `json:"trainees"`
	Connections int     `json:"connections"` // shared by all; 0 when each had their own
	Minutes     float64 `json:"exam_minutes"`
	Length      float64 `json:"real_seconds"`
	Speed       float64 `json:"times_as_fast"`
	StartSpan   float64 `json:"start_burst_seconds"`
	HandSpan    float64 `json:"deadline_burst_seconds"`

	Requests int64            `json:"requests"`
	Stages   map[string]Stage `json:"stages"` // starts, saves, reloads, submissions
	Rate     float64          `json:"saves_per_second"`
	Dropped  int64            `json:"replies_dropped"` // by clients, which then asked again
	Refused  int64            `json:"refused_as_they_must"`
	Renewed  int64            `json:"tokens_renewed"`
	Outage   int              `json:"outage_seconds"`
	Retries  int64            `json:"retries"`

	Answers    rehearsal.Report `json:"answers"`
	Grades     int              `json:"attempts_graded"`
	Wrong      int              `json:"scores_wrong"`
	Unresolved int              `json:"attempts_unresolved"`             // something sent could not be found out, so no score was expected
	HandedIn   float64          `json:"deadline_burst_answered_seconds"` // from the first hand-in that was due to the last answer
	Extra      int              `json:"attempts_extra"`                  // in SQL, and begun by nobody
	Stale      int64            `json:"reloads_stale"`
	Silent     int              `json:"silent"`
	Closing    float64          `json:"auto_close_seconds"` // after the deadline, its grace included
	Unexpected int              `json:"unexpected_replies"`
	Samples    []string         `json:"unexpected,omitempty"` // the first of them

	Boot      float64            `json:"boot_seconds"` // of the seeded installation
	Idle      int64              `json:"rss_idle_bytes,omitempty"`
	Peak      int64              `json:"rss_peak_bytes,omitempty"`
	CPU       map[string]float64 `json:"cpu_us_per_request,omitempty"`
	LoadAfter string             `json:"load_average_after,omitempty"`
	Verdict   []Bar              `json:"verdict"`
}

// A Stage is one kind of request, measured from when each was meant to go out.
type Stage struct {
	Count  int        `json:"count"` // without what met an outage
	P50    int64      `json:"p50_us"`
	P99    int64      `json:"p99_us"`
	P999   int64      `json:"p999_us"`
	Max    int64      `json:"max_us"`
	Raw    *Histogram `json:"histogram_us"`
	Outage *Histogram `json:"histogram_during_outages_us"`
}

func (m *meter) stage() Stage {
	return Stage{
		Count: m.calm.Count(), P50: m.calm.Quantile(.5).Microseconds(), P99: m.calm.Quantile(.99).Microseconds(),
		P999: m.calm.Quantile(.999).Microseconds(), Max: m.calm.Max().Microseconds(), Raw: &m.calm, Outage: &m.stormy,
	}
}

// report is what the clients saw.
func (x *rehearse) report(m Machine, c closings) *ExamReport {
	saves := x.saves.calm.Count() + x.saves.stormy.Count()
	return &ExamReport{
		Machine: m, Home: x.Home, Seed: x.o.Seed, Trainees: x.Trainees, Connections: x.Connections, Minutes: x.Minutes, Length: x.Length.Seconds(),
		Speed: x.shape.speed, StartSpan: x.shape.starting.Seconds(), HandSpan: x.shape.handing.Seconds(),
		Requests: x.requests.Load(), Rate: float64(saves) / x.Length.Seconds(),
		Stages:  map[string]Stage{"starts": x.starts.stage(), "saves": x.saves.stage(), "reloads": x.resumes.stage(), "submissions": x.hands.stage()},
		Dropped: x.dropped.Load(), Refused: x.refused.Load(), Renewed: x.renewed.Load(), Stale: x.stale.Load(),
		Outage: x.outage.span(), Retries: x.outage.retries.Load(), Silent: c.silent, Closing: c.seconds,
		HandedIn: max(0, x.last.Sub(x.began.Add(x.shape.length-x.shape.handing)).Seconds()),
	}
}

// grade holds one attempt's grade against what its journal comes to.
func (r *ExamReport) grade(e *examinee, g graded) {
	if g.state == "submitted" {
		r.Grades++
	}
	want := graded{"submitted", "trainee", e.expected(), len(e.slots)}
	if e.result.State == "" {
		want.closedBy = "deadline"
	}
	told := e.result.State == "" || e.result.Correct == g.correct && e.result.Asked == g.asked && e.result.ClosedBy == g.closedBy
	switch {
	case e.unsure:
		r.Unresolved++
	case g != want || !told:
		r.Wrong++
		if len(r.Answers.Faults) < 20 {
			r.Answers.Faults = append(r.Answers.Faults, fmt.Sprintf("score: attempt %s is %+v and should be %+v; its trainee was told %+v", e.attempt, g, want, e.result))
		}
	}
}

// judge holds the report against the promises.
func (r *ExamReport) judge() {
	none := func(what string, n int) { r.Verdict = append(r.Verdict, most(what, float64(n), 0, 0)) }
	none("acknowledged answers lost", r.Answers.Lost)
	none("answers doubled", r.Answers.Doubled)
	none("answers that nobody sent", r.Answers.Phantom)
	none("wrong scores", r.Wrong)
	none("attempts left in doubt", r.Unresolved+r.Extra)
	none("reloads that showed something else", int(r.Stale))
	none("replies that no honest client should get", r.Unexpected)
	bar := func(what string, got, at, goal float64) { r.Verdict = append(r.Verdict, most(what, got, at, goal)) }
	saves, starts, hands := r.Stages["saves"], r.Stages["starts"], r.Stages["submissions"]
	bar("save acknowledged, p99 in ms", float64(saves.P99)/1000, 250, 150)
	bar("save acknowledged, p99.9 in ms", float64(saves.P999)/1000, 1000, 500)
	bar("start burst, p99 in ms", float64(starts.P99)/1000, 1000, 1000)
	if r.Trainees <= 500 {
		bar("deadline burst, all answered after s", r.HandedIn, 3, 3)
	} else {
		bar("deadline burst, the longest wait in s", time.Duration(hands.Max*1000).Seconds(), 5, 5)
	}
	if r.Silent > 0 {
		bar("silent attempts closed after s", r.Closing, 60, 60)
	}
	if r.Idle > 0 {
		bar("memory idle in MB", float64(r.Idle)/1e6, 80, 50)
	}
	if r.Peak > 0 && r.Trainees <= 2000 {
		at := map[bool][2]float64{true: {300, 200}, false: {600, 400}}[r.Trainees <= 500]
		bar("memory at its highest in MB", float64(r.Peak)/1e6, at[0], at[1])
	}
}

// Markdown writes the report as it stands in docs/performance.md.
func (r *ExamReport) Markdown(out io.Writer) error {
	var b strings.Builder
	home := map[string]string{Production: "PostgreSQL + Redis", Embedded: "embedded"}[r.Home]
	fmt.Fprintf(&b, "### An exam of %s simulated trainees, %s\n\n", number(float64(r.Trainees)), home)
	r.Machine.markdown(&b)
	fmt.Fprintf(&b, "Load average after: %s. Seed %d.\n\n", or(r.LoadAfter, "not known"), r.Seed)
	fmt.Fprintf(&b, "%.0f minutes of exam time in %.0f s, %.1f times as fast as in life; all start within %.0f s, a tenth says nothing to the end, the others hand in within the last %.1f s. ",
		r.Minutes, r.Length, r.Speed, r.StartSpan, r.HandSpan)
	if r.Connections > 0 {
		fmt.Fprintf(&b, "They share %d connections. ", r.Connections)
	}
	fmt.Fprintf(&b, "%s requests, %.0f saves a second; %d replies dropped by clients, %d saves refused as they must be, %d tokens renewed; %d s with an outage in them, %d retries. Memory of the app: %.0f MB idle, %.0f MB at its highest. CPU for each request: %s.\n\n",
		number(float64(r.Requests)), r.Rate, r.Dropped, r.Refused, r.Renewed, r.Outage, r.Retries, float64(r.Idle)/1e6, float64(r.Peak)/1e6, inWords(r.CPU))
	b.WriteString("| from when it was meant to go out | count | p50 ms | p99 ms | p99.9 ms | max ms |\n|---|---|---|---|---|---|\n")
	for _, name := range []string{"starts", "saves", "reloads", "submissions"} {
		s := r.Stages[name]
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", name, number(float64(s.Count)), ms(s.P50), ms(s.P99), ms(s.P999), ms(s.Max))
	}
	fmt.Fprintf(&b, "\nCompared: %s. %d attempts graded, %d silent ones closed by the clock. The deadline burst was answered within %.2f s.\n", r.Answers, r.Grades, r.Silent, r.HandedIn)
	for _, fault := range append(r.Answers.Faults, r.Samples...) {
		fmt.Fprintf(&b, "- %s\n", fault)
	}
	writeBars(&b, r.Verdict)
	_, err := io.WriteString(out, b.String())
	return err
}

// Text writes the report for a terminal.
func (r *ExamReport) Text(out io.Writer) error {
	var b strings.Builder
	if err := r.Markdown(&b); err != nil {
		return err
	}
	_, err := io.WriteString(out, align(b.String()))
	return err
}

// inWords writes the CPU time of each process.
func inWords(cpu map[string]float64) string {
	var all []string
	for _, process := range []string{"app", "redis", "postgres", generator} {
		if used, ok := cpu[process]; ok {
			all = append(all, fmt.Sprintf("%s %.0f µs", process, used))
		}
	}
	return strings.Join(all, ", ")
}
