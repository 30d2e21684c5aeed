package bench

import "fmt"

// A Bar is a promise about speed with what was measured.
type Bar struct {
	What  string  `json:"what"`
	Got   float64 `json:"got"`
	Bar   float64 `json:"bar"`
	Goal  float64 `json:"goal,omitempty"`
	Most  bool    `json:"most,omitempty"` // Got may be at most Bar, otherwise at least
	Met   bool    `json:"met"`
	Ahead bool    `json:"goal_met"` // the goal is met too
}

func least(what string, got, bar, goal float64) Bar {
	return Bar{What: what, Got: got, Bar: bar, Goal: goal, Met: got >= bar, Ahead: got >= goal}
}

func most(what string, got, bar, goal float64) Bar {
	return Bar{What: what, Got: got, Bar: bar, Goal: goal, Most: true, Met: got <= bar, Ahead: got <= goal}
}

// judge holds results against the bars and goals of the design; bars of what
// was not measured are left out.
func judge(results []*Result) (bars []Bar) {
	for _, r := range results {
		switch r.Scenario {
		case "save":
			bars = append(bars, judgeSaves(r)...)
		case "cohort":
			for _, home := range []string{Production, Embedded} {
				if row := quietest(r, home); row != nil {
					bars = append(bars, most(fmt.Sprintf("cohort progress, %s, %d connections: p95 in ms", home, row.Connections), float64(row.P95)/1000, 200, 50))
				}
			}
		case "verify":
			for _, row := range r.Rows {
				if row.Subject == Production || row.Subject == Embedded {
					at := fmt.Sprintf("public verification, %s, %d connections: ", row.Subject, row.Connections)
					bars = append(bars, least(at+"a second", row.Rate, 500, 5000), most(at+"p99 in ms", float64(row.P99)/1000, 100, 100))
				}
			}
		}
		for _, row := range r.Rows {
			if row.Rate == 0 {
				bars = append(bars, least(fmt.Sprintf("%s, %s, %d connections: requests answered in the time of a run", r.Scenario, row.Subject, row.Connections), 0, 1, 1))
			}
			if row.Failed > 0 {
				bars = append(bars, most(fmt.Sprintf("%s, %s, %d connections: requests that failed", r.Scenario, row.Subject, row.Connections), float64(row.Failed), 0, 0))
			}
		}
	}
	return bars
}

// judgeSaves judges the hot path.
func judgeSaves(r *Result) (bars []Bar) {
	for _, row := range r.Rows {
		at := fmt.Sprintf("save, %s, %d connections: ", row.Subject, row.Connections)
		iii, ok := row.Ratios[string(JWT)]
		switch {
		case !ok:
		case row.Subject == Production && row.Connections == 16:
			bars = append(bars, least(at+"rate to (iii)", iii, .45, .60))
		case row.Subject == Production && (row.Connections == 64 || row.Connections == 256):
			bars = append(bars, least(at+"rate to (iii)", iii, .90, 1), least(at+"rate to (ii)", row.Ratios[string(HSet)], .60, .75))
		case row.Subject == Embedded && (row.Connections == 64 || row.Connections == 256):
			bars = append(bars, least(at+"rate to (iii)", iii, .85, 1))
		}
		yard := r.row(string(JWT), 64)
		if yard == nil || row.Connections != 64 || place(row.Subject) < place(Production) {
			continue
		}
		if row.Subject == Production && yard.P99 > 0 {
			bars = append(bars, most(at+"p99 to that of (iii)", float64(row.P99)/float64(yard.P99), 1, 1))
		}
		if yard.CPUAll > 0 {
			bars = append(bars, most(at+"CPU to that of (iii)", row.CPUAll/yard.CPUAll, 1, .8))
		}
	}
	return bars
}

// quietest returns a home's row with the fewest connections: a page that one
// person looks at is not judged by how many look at once.
func quietest(r *Result, home string) (q *Row) {
	for i := range r.Rows {
		if row := &r.Rows[i]; row.Subject == home && (q == nil || row.Connections < q.Connections) {
			q = row
		}
	}
	return q
}

// Missed returns the bars that were missed.
func Missed(bars []Bar) (missed []Bar) {
	for _, b := range bars {
		if !b.Met {
			missed = append(missed, b)
		}
	}
	return missed
}
