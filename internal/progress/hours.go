package progress

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/kapstone-lms/kapstone/internal/attendance"
	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/practicum"
	"github.com/kapstone-lms/kapstone/internal/records"
)

// An hour is time that was spent on something, wherever it is on record.
type hour struct {
	category, topic, delivery string
	minutes                   int
	week                      string // ISO week, "2026-W47"; "" when it is not known
	carried, waiting          bool
}

// spent lists all time that an enrollment has on record: lessons read, events
// attended, sessions and consultations, and what was entered by hand.
func (v *evaluation) spent() []hour {
	if v.hours != nil {
		return v.hours
	}
	all := []hour{}
	for _, m := range v.course.Modules {
		for _, l := range m.Lessons {
			if at, done := v.evidence.Lessons[l.ID]; done {
				all = append(all, hour{"didactic", string(m.Key), "async", l.Minutes, isoWeek(at), false, false})
			}
		}
	}
	for _, a := range v.evidence.Attended {
		day, _ := time.Parse(time.DateOnly, a.Day)
		for _, h := range []hour{{delivery: "live_online", minutes: a.Online}, {delivery: "live_in_person", minutes: a.Present}, {delivery: how(a.Event), minutes: a.Waiting, waiting: true}} {
			if h.category, h.topic, h.week = a.Event.Category, a.Event.Topic, isoWeek(day); h.minutes > 0 {
				all = append(all, h)
			}
		}
	}
	for _, s := range v.evidence.Sessions {
		if ok, _ := practicum.Counts(v.edition.Practicum, s); ok {
			all = append(all, hour{"practicum", string(s.Phase), "live_in_person", s.Minutes, s.Week, false, false})
		}
	}
	for _, r := range v.evidence.Records {
		if h, ok := hourOf(r); ok {
			all = append(all, h)
		}
	}
	v.hours = all
	return all
}

// how returns the delivery of an event that everybody attends in one way; a
// hybrid one counts as online until it is known.
func how(e *attendance.Event) string {
	if e.Delivery == "live_in_person" {
		return e.Delivery
	}
	return "live_online"
}

// hourOf reads a record as time, if it is any.
func hourOf(r *records.Record) (hour, bool) {
	day, _ := time.Parse(time.DateOnly, r.OnDay)
	h := hour{r.Category, r.Topic, r.Delivery, r.Minutes, isoWeek(day), r.Carried != "", r.State == records.Submitted}
	switch r.Kind {
	case records.Hours:
	case records.Consultation:
		h.category = "consultation"
	case records.Session:
		h.category = "practicum"
	default:
		return h, false
	}
	return h, r.State == records.Confirmed || r.State == records.Submitted
}

func isoWeek(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	y, w := t.ISOWeek()
	return fmt.Sprintf("%d-W%02d", y, w)
}

// counts reports whether time counts for a requirement.
func (h hour) counts(r *curriculum.Requirement) bool {
	return (r.Category == curriculum.AnyCategory || h.category == r.Category) &&
		(len(r.Delivery) == 0 || slices.Contains(r.Delivery, h.delivery)) && (r.Carried || !h.carried)
}

// sum adds up minutes, of each week no more than the most that counts.
func sum(all []hour, weekly int, fits func(hour) bool) (minutes, waiting int) {
	weeks := make(map[string]int)
	for _, h := range all {
		switch {
		case !fits(h):
		case h.waiting:
			waiting += h.minutes
		case weekly == 0:
			minutes += h.minutes
		default:
			weeks[h.week] += h.minutes
		}
	}
	for _, m := range weeks {
		minutes += min(m, weekly)
	}
	return minutes, waiting
}

// hoursMin asks for so much time, and for so much of each topic.
func (v *evaluation) hoursMin(n *Node, r *curriculum.Requirement) {
	all := v.spent()
	have, waiting := sum(all, r.WeeklyMax, func(h hour) bool { return h.counts(r) })
	n.Unit, n.Need = "minutes", r.Minutes
	short := 0
	for _, t := range r.Topics {
		got, wait := sum(all, r.WeeklyMax, func(h hour) bool { return h.counts(r) && h.topic == t.Topic })
		if got < t.Minutes {
			short += t.Minutes - got
			n.Missing = append(n.Missing, fmt.Sprintf("%s on %s", span(t.Minutes-got), plain(t.Topic)))
		}
		waiting = max(waiting, wait)
	}
	if n.Need == 0 {
		for _, t := range r.Topics {
			n.Need += t.Minutes
		}
	}
	n.Have = max(0, min(have, n.Need-short))
	if n.Status = reached(n.Have, n.Need); n.Status == Met {
		return
	}
	if short == 0 {
		n.Missing = []string{fmt.Sprintf("%s of %s", span(n.Need-n.Have), called(r.Category))}
	}
	n.ask(waiting, r.Category)
}

// ask says what to do for time of a category that is missing.
func (n *Node) ask(waiting int, category string) {
	switch category {
	case "practicum":
		n.Next, n.Call = "Practice sessions and log them; signed ones count.", Call{Method: "POST", Path: "logs"}
	case "consultation":
		n.Next, n.Call = "Meet with your consultant, then enter the consultation with its day and length.", entry(records.Consultation, "", "")
	default:
		n.Next, n.Call = "Come to the next events of your cohort, or enter what you did elsewhere with its day and length.", entry(records.Hours, "", "")
	}
	if waiting > 0 {
		n.Status = InProgress
		n.Next = fmt.Sprintf("%s wait to be confirmed by your instructor. %s", span(waiting), n.Next)
	}
}

// share asks that a part of some hours was given in one way.
func (v *evaluation) share(n *Node, r *curriculum.Requirement) {
	part := func(deliveries []string) int {
		minutes, _ := sum(v.spent(), 0, func(h hour) bool {
			return (r.Category == curriculum.AnyCategory || h.category == r.Category) && slices.Contains(deliveries, h.delivery) && (r.Carried || !h.carried)
		})
		return minutes
	}
	have, whole := part(r.Delivery), part(r.Among)
	n.Unit, n.Have, n.Need = "minutes", have, max(1, (whole*r.Percent+99)/100)
	if n.Status = reached(n.Have, n.Need); n.Status == Met {
		return
	}
	ways := listed(mapped(r.Delivery, plain), " or ")
	n.Missing = []string{fmt.Sprintf("at least %d %% of your hours %s; you have %s of %s", r.Percent, ways, span(have), span(whole))}
	n.ask(0, r.Category)
	n.Next = fmt.Sprintf("Take more of your hours %s.", ways)
}

func mapped(all []string, f func(string) string) (out []string) {
	for _, s := range all {
		out = append(out, f(s))
	}
	return out
}

// renewal asks for hours again in each cycle of so many months.
func (v *evaluation) renewal(n *Node, r *curriculum.Requirement) {
	from, until := v.cycle(r.Months)
	n.Unit, n.Need = "minutes", r.Minutes
	for _, x := range v.evidence.Records {
		h, ok := hourOf(x)
		if ok && !h.waiting && h.counts(r) && x.OnDay >= from && x.OnDay < until {
			n.Have += h.minutes
		}
	}
	n.Have = min(n.Have, n.Need)
	if n.Status = reached(n.Have, n.Need); n.Status == Met {
		return
	}
	n.Missing = []string{fmt.Sprintf("%s of %s before %s", span(n.Need-n.Have), called(r.Category), date(until))}
	n.ask(0, r.Category)
}

// cycle returns the days between which the present cycle of so many months
// lies: the first, and the one after the last.
func (v *evaluation) cycle(months int) (from, until string) {
	start, err := time.Parse(time.DateOnly, v.start())
	if err != nil {
		return "", v.today
	}
	for i := 0; ; i++ {
		from, until = later(start, i*months).Format(time.DateOnly), later(start, (i+1)*months).Format(time.DateOnly)
		if until > v.today || i > 1200 {
			return from, until
		}
	}
}

// attendance asks for a share of a series of events, in minutes.
func (v *evaluation) attendance(n *Node, r *curriculum.Requirement) {
	got, planned, left, ups := 0, 0, 0, 0
	madeUp := v.makeUps(r.Subject)
	for _, a := range v.evidence.Attended {
		if a.Event.Series != r.Subject || a.Event.MakesUp != "" || v.before(a) {
			continue
		}
		minutes := there(a, r.LateAfter)
		if up := madeUp[a.Event.ID]; up > minutes && ups < r.MakeUps {
			minutes, ups = min(up, a.Event.Minutes), ups+1
		}
		planned += a.Event.Minutes
		got += minutes
		if a.Event.StartsAt.After(v.now) {
			left += a.Event.Minutes
		}
	}
	n.Unit, n.Have, n.Need = "minutes", got, max(1, (planned*r.Percent+99)/100)
	if planned == 0 {
		n.Missing, n.Next = []string{"events of " + plain(r.Subject)}, "The dates are not set yet. Your program sets them."
		return
	}
	if n.Status = reached(n.Have, n.Need); n.Status == Met {
		return
	}
	n.Missing = []string{fmt.Sprintf("%s of %s (%d %% of it is asked)", span(n.Need-got), plain(r.Subject), r.Percent)}
	n.Next = "Come to the next one."
	if got+left < n.Need {
		n.Status = Blocked
		n.Next = "The events that are left are not enough. Ask your instructor how to make up for what you missed."
	}
}

// before reports whether the cohort met before this person was in it: nobody
// misses what was before their time.
func (v *evaluation) before(a attendance.Attended) bool {
	return a.Day < v.evidence.Life.InCohort && a.Online+a.Present+a.Waiting == 0
}

// makeUps returns, by the event that was missed, the minutes that made up for
// it.
func (v *evaluation) makeUps(series string) map[string]int {
	up := make(map[string]int)
	for _, a := range v.evidence.Attended {
		if a.Event.Series == series && a.Event.MakesUp != "" {
			up[a.Event.MakesUp] += a.Online + a.Present
		}
	}
	return up
}

// there returns the minutes that count of an event: all of them when what was
// missed is within what is tolerated.
func there(a attendance.Attended, tolerated int) int {
	minutes := min(a.Online+a.Present, a.Event.Minutes)
	if minutes > 0 && a.Event.Minutes-minutes <= tolerated {
		return a.Event.Minutes
	}
	return minutes
}

// retreat asks for whole days of an event in person or online.
func (v *evaluation) retreat(n *Node, r *curriculum.Requirement) {
	planned, got := make(map[string]int), make(map[string]int)
	for _, a := range v.evidence.Attended {
		if a.Event.Series == r.Subject {
			planned[a.Day] += a.Event.Minutes
			got[a.Day] += there(a, r.LateAfter)
		}
	}
	n.Need = r.Days
	for _, day := range slices.Sorted(maps.Keys(planned)) {
		if got[day] >= planned[day] {
			n.Have++
		}
	}
	n.Have = min(n.Have, n.Need)
	if n.Status = reached(n.Have, n.Need); n.Status == Met {
		return
	}
	n.Missing = []string{fmt.Sprintf("%d whole day%s of %s", n.Need-n.Have, plural(n.Need-n.Have), plain(r.Subject))}
	n.Next = "Take part in the whole of each day; your instructor enters who was there."
}
