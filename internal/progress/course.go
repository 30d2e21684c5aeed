package progress

import (
	"fmt"
	"time"

	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/records"
	"github.com/kapstone-lms/kapstone/internal/standing"
)

// later adds months and keeps to the month's end: a month after January 31 is
// the last day of February.
func later(t time.Time, months int) time.Time {
	y, m, d := t.Date()
	end := time.Date(y, m+time.Month(months)+1, 0, 0, 0, 0, 0, t.Location()).Day()
	h, mi, s := t.Clock()
	return time.Date(y, m+time.Month(months), min(d, end), h, mi, s, t.Nanosecond(), t.Location())
}

// added is later for a day.
func added(day string, months int) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	return later(t, months).Format(time.DateOnly)
}

// start is the day from which an enrollment's clocks run.
func (v *evaluation) start() string {
	if s := v.evidence.Life.StartsOn; s != "" {
		return s
	}
	return v.today
}

// from is the day from which a requirement counts its time: the start, or the
// day on which another requirement's last record was made. "" when that is not
// yet known.
func (v *evaluation) from(r *curriculum.Requirement) string {
	if r.From == "" || r.From == "start" {
		return v.start()
	}
	o := v.requirement(r.From)
	if o == nil || !v.bare[o.ID].Status.Done() {
		return ""
	}
	day := ""
	p, ok := papers[o.Type]
	for _, x := range v.byKind[p.kind] {
		if ok && x.State == records.Confirmed && p.about(o, x) {
			day = max(day, x.OnDay)
		}
	}
	if day == "" {
		return v.start()
	}
	return day
}

// deadline is worked out when all else is known. One that has passed does no
// harm when everything else was done in time: nobody loses a certificate
// because it was issued a week later.
func (v *evaluation) deadline(n *Node, r *curriculum.Requirement, whole []Node) {
	from := v.from(r)
	if from == "" {
		n.Status, n.Have, n.Note = Met, 1, "The time has not begun to run"
		return
	}
	due := v.due(from, r)
	switch {
	case v.today <= due:
		n.Status, n.Have, n.Note = Met, 1, "Until "+date(due)
	case v.allBut(whole) && v.lastDeed() <= due:
		n.Status, n.Have, n.Note = Met, 1, "Done before "+date(due)
	default:
		n.Status = Expired
		n.Missing = []string{"the time was over on " + date(due)}
		n.Next = "Ask your program whether it can extend your time."
	}
}

// due is the last day of a deadline, with leaves and extensions.
func (v *evaluation) due(from string, r *curriculum.Requirement) string {
	return v.evidence.Life.DueAfter(from, r.Months, r.Days)
}

// allBut reports whether everything but the deadlines is done.
func (v *evaluation) allBut(nodes []Node) bool {
	for _, n := range nodes {
		if n.Type != curriculum.Deadline && !n.Status.Done() && (n.Type != curriculum.AllOf || !v.allBut(n.Of)) {
			return false
		}
	}
	return true
}

// lastDeed is the day of the newest thing that the trainee did.
func (v *evaluation) lastDeed() (day string) {
	zone := v.evidence.Zone
	if zone == nil {
		zone = time.UTC
	}
	at := func(t time.Time) {
		if !t.IsZero() {
			day = max(day, t.In(zone).Format(time.DateOnly))
		}
	}
	for _, t := range v.evidence.Lessons {
		at(t)
	}
	for _, q := range v.evidence.Quizzes {
		at(q.PassedAt)
	}
	for _, s := range v.evidence.Sessions {
		at(s.SubmittedAt)
	}
	for _, a := range v.evidence.Attended {
		if a.Online+a.Present > 0 {
			day = max(day, a.Day)
		}
	}
	for _, r := range v.evidence.Records {
		if r.State == records.Confirmed && !ofProgram[r.Kind] {
			day = max(day, r.OnDay)
		}
	}
	return day
}

// ofProgram lists the kinds of record whose day is the program's and not the
// trainee's: a sign-off that comes late makes nobody late.
var ofProgram = map[records.Kind]bool{
	records.License: true, records.Clearance: true, records.Fee: true, records.Admission: true, records.SignOff: true, records.Letter: true,
}

// minDuration asks that some time has gone by, leaves aside.
func (v *evaluation) minDuration(n *Node, r *curriculum.Requirement) {
	from := v.from(r)
	if from == "" {
		n.Missing, n.Next = []string{fmt.Sprintf("%d months", r.Months)}, "The time has not begun to run."
		return
	}
	life := v.evidence.Life
	life.Extension = 0 // it gives more time, and never asks for more
	if day := life.Due(from, r.Months); v.today < day {
		n.Status = InProgress
		n.Missing = []string{"time until " + date(day)}
		n.Next = fmt.Sprintf("This program takes at least %d months. Nothing is left for you to do here.", r.Months)
		return
	}
	n.Status, n.Have = Met, 1
}

// ordering is met when what comes first is done. It is worked out when the rest
// is known.
func (v *evaluation) ordering(n *Node, r *curriculum.Requirement) {
	n.Need = 0
	for _, id := range r.After {
		first, asked := v.bare[id]
		if !asked { // of another track
			continue
		}
		n.Need++
		if first.Status.Done() {
			n.Have++
			continue
		}
		n.Missing = append(n.Missing, first.Title)
		if n.Next == "" {
			n.Next = "First: " + first.Title + "."
		}
	}
	n.Status = reached(n.Have, n.Need)
}

// holds asks that nothing stops the enrollment.
func (v *evaluation) holds(n *Node, r *curriculum.Requirement) {
	for _, h := range v.evidence.Holds {
		if h.State != standing.Cleared && among(r.Holds, string(h.Kind)) {
			n.Status = Blocked
			n.Missing = append(n.Missing, fmt.Sprintf("a decision about a hold (%s)", called(string(h.Kind))))
			n.Next = "Read what your program wrote about the hold; you may reply."
			if h.State == standing.Upheld {
				n.Next = "The hold was upheld. You may appeal, and your program tells you what has to happen."
			}
		}
	}
	if among(r.Holds, string(standing.Safety)) && v.edition.Practicum.SafetyFloor > 0 && v.belowFloor(v.edition.Practicum.SafetyFloor) > 0 {
		n.Status = Blocked
		n.Missing = append(n.Missing, "a decision about a session in which safety or ethics was graded low")
		if n.Next == "" {
			n.Next = "Your program has to decide about a session that was graded below the safety floor. It will speak with you."
		}
	}
	if n.Status != Blocked {
		n.Status, n.Have = Met, 1
	}
}

// cleared reports whether a hold about a log was cleared.
func (v *evaluation) cleared(logID string) bool {
	for _, h := range v.evidence.Holds {
		if h.LogID == logID && h.Kind == standing.Safety && h.State == standing.Cleared {
			return true
		}
	}
	return false
}

// constraint looks at the program and not at the trainee.
func (v *evaluation) constraint(n *Node, _ *curriculum.Requirement) {
	c, f := v.edition.Constraints, v.evidence.Cohort
	for _, rule := range []struct {
		broken bool
		says   string
	}{
		{f.Leaders < c.LeadersMin, fmt.Sprintf("your cohort has %d instructors and needs %d", f.Leaders, c.LeadersMin)},
		{f.Directors < c.DirectorsMin, fmt.Sprintf("your program has %d directors and needs %d", f.Directors, c.DirectorsMin)},
		{c.CohortMax > 0 && f.Size > c.CohortMax, fmt.Sprintf("your cohort has %d trainees and may have %d", f.Size, c.CohortMax)},
	} {
		if rule.broken {
			n.Missing = append(n.Missing, rule.says)
		}
	}
	if len(n.Missing) == 0 {
		n.Status, n.Have = Met, 1
		return
	}
	n.Status = Blocked
	n.Next = "This is for your program to mend. Nothing is left for you to do."
}
