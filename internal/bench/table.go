package bench

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// names are the subjects as the tables call them.
var names = map[string]string{
	string(Bare): "(i) bare Fiber", string(HSet): "(ii) + one HSET", string(JWT): "(iii) + one JWT verification",
	Production: "**Kapstone**, PostgreSQL + Redis", Embedded: "**Kapstone**, embedded",
}

// Markdown writes a report as it stands in docs/performance.md: what the
// machine was, a table for each scenario, and the bars.
func (r *Report) Markdown(out io.Writer) error {
	var b strings.Builder
	r.Machine.markdown(&b)
	fmt.Fprintf(&b, "%d rounds, medians; %d trainees; seed %d; load average after: %s.\n", r.Rounds, r.Trainees, r.Seed, or(r.LoadAfter, "not known"))
	for _, s := range r.Scenarios {
		s.markdown(&b)
	}
	writeBars(&b, r.Bars)
	_, err := io.WriteString(out, b.String())
	return err
}

func (m *Machine) markdown(b *strings.Builder) {
	fmt.Fprintf(b, "Measured %s at commit %s: %d cores of %s, %.1f GiB, %s %s, %s", m.At.Format(time.DateOnly), or(m.Commit, "unknown"),
		m.Cores, or(m.CPU, "unknown"), float64(m.Memory)/(1<<30), m.OS, m.Kernel, m.Go)
	if m.PostgreSQL != "" {
		fmt.Fprintf(b, ", PostgreSQL %s, Redis %s", m.PostgreSQL, m.Redis)
	}
	fmt.Fprintf(b, "; load average before: %s. ", or(m.Load, "not known"))
	if m.Note != "" {
		fmt.Fprintf(b, "%s. ", m.Note)
	}
}

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// markdown writes a scenario's table.
func (s *Result) markdown(b *strings.Builder) {
	title := strings.ToUpper(s.What[:1]) + s.What[1:]
	fmt.Fprintf(b, "\n### %s (`%s`)\n\n", title, s.Scenario)
	b.WriteString("| connections | | a second | p50 ms | p99 ms | p99.9 ms | max ms | failed | CPU µs: app / Redis / PostgreSQL | all | generator | to (i) | to (ii) | to (iii) |\n")
	b.WriteString("|---|---|---|---|---|---|---|---|---|---|---|---|---|---|\n")
	for _, row := range s.Rows {
		cpu := make([]string, 0, 3)
		for _, process := range []string{"app", "redis", "postgres"} {
			if used, ok := row.CPU[process]; ok {
				cpu = append(cpu, fmt.Sprintf("%.0f", used))
			} else {
				cpu = append(cpu, "-")
			}
		}
		fmt.Fprintf(b, "| %d | %s | %s | %s | %s | %s | %s | %d | %s | %.0f | %.0f |", row.Connections, names[row.Subject], number(row.Rate),
			ms(row.P50), ms(row.P99), ms(row.P999), ms(row.Max), row.Failed, strings.Join(cpu, " / "), row.CPUAll, row.CPU[generator])
		for _, kind := range Kinds {
			if ratio, ok := row.Ratios[string(kind)]; ok && place(row.Subject) >= place(Production) {
				fmt.Fprintf(b, " %.2f |", ratio)
			} else {
				b.WriteString(" |")
			}
		}
		b.WriteByte('\n')
	}
	if s.Each > 1 {
		for _, row := range s.Rows {
			if place(row.Subject) >= place(Production) {
				fmt.Fprintf(b, "\n%s, %d connections: %s a minute, of %d requests each.\n", names[row.Subject], row.Connections, number(60*row.Rate/float64(s.Each)), s.Each)
			}
		}
	}
}

// ms writes microseconds as milliseconds, to about three digits.
func ms(us int64) string {
	switch f := float64(us) / 1000; {
	case f < 10:
		return fmt.Sprintf("%.2f", f)
	case f < 100:
		return fmt.Sprintf("%.1f", f)
	default:
		return fmt.Sprintf("%.0f", f)
	}
}

// number writes a rate with commas between the thousands.
func number(f float64) string {
	text := fmt.Sprintf("%.0f", f)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

func writeBars(b *strings.Builder, bars []Bar) {
	if len(bars) == 0 {
		return
	}
	b.WriteString("\n### Bars\n\n| | measured | bar | goal | |\n|---|---|---|---|---|\n")
	for _, bar := range bars {
		sign := map[bool]string{true: "≤", false: "≥"}[bar.Most]
		word := "**missed**"
		switch {
		case bar.Met && bar.Ahead:
			word = "met, and the goal"
		case bar.Met:
			word = "met"
		}
		fmt.Fprintf(b, "| %s | %.2f | %s %.2f | %s %.2f | %s |\n", bar.What, bar.Got, sign, bar.Bar, sign, bar.Goal, word)
	}
}

// Text writes a report for a terminal: the same tables, their columns drawn
// up.
func (r *Report) Text(out io.Writer) error {
	var b strings.Builder
	if err := r.Markdown(&b); err != nil {
		return err
	}
	_, err := io.WriteString(out, align(b.String()))
	return err
}

// align draws up the columns of the Markdown tables in a text.
func align(text string) string {
	var out, table []string
	flush := func() {
		out = append(out, columns(table)...)
		table = nil
	}
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "|") {
			table = append(table, line)
			continue
		}
		flush()
		out = append(out, strings.ReplaceAll(line, "**", ""))
	}
	flush()
	return strings.Join(out, "\n") + "\n"
}

func columns(table []string) (out []string) {
	var widths []int
	rows := make([][]string, 0, len(table))
	for _, line := range table {
		if strings.HasPrefix(line, "|---") {
			continue
		}
		cells := strings.Split(strings.Trim(strings.ReplaceAll(line, "**", ""), "|"), "|")
		for i, cell := range cells {
			cells[i] = strings.TrimSpace(cell)
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], len([]rune(cells[i])))
		}
		rows = append(rows, cells)
	}
	words := func(i int) bool { // a column of words, and not of figures
		return slices.ContainsFunc(rows[1:], func(r []string) bool { return i < len(r) && strings.ContainsAny(r[i], "abcdefghijklmno") })
	}
	for _, cells := range rows {
		var b strings.Builder
		for i, cell := range cells {
			pad := strings.Repeat(" ", widths[i]-len([]rune(cell)))
			if words(i) {
				b.WriteString(cell + pad + "  ")
			} else {
				b.WriteString(pad + cell + "  ")
			}
		}
		out = append(out, strings.TrimRight(b.String(), " "))
	}
	return out
}
