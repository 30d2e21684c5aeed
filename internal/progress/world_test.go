package progress_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kapstone-lms/kapstone/internal/attendance"
	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/practicum"
	"github.com/kapstone-lms/kapstone/internal/progress"
	"github.com/kapstone-lms/kapstone/internal/quiz"
	"github.com/kapstone-lms/kapstone/internal/records"
	"github.com/kapstone-lms/kapstone/internal/standing"
)

// A world is the evidence of one trainee, put together by a test.
type world struct {
	progress.Evidence
	course *curriculum.Course
	n      int
}

func newWorld(c *curriculum.Course) *world {
	w := &world{course: c}
	w.Lessons, w.Quizzes = make(map[curriculum.LessonID]time.Time), make(map[curriculum.ModuleKey]quiz.Standing)
	w.Life.StartsOn = "2026-11-02"
	return w
}

// record adds a confirmed record; its subject may carry a value after a colon.
func (w *world) record(kind records.Kind, subject string, with ...func(*records.Record)) *records.Record {
	w.n++
	subject, value, _ := strings.Cut(subject, ":")
	r := &records.Record{ID: fmt.Sprintf("record-%04d", w.n), Kind: kind, Subject: subject, Value: value, State: records.Confirmed, OnDay: "2026-11-20"}
	for _, f := range with {
		f(r)
	}
	w.Records = append(w.Records, r)
	return r
}

// attend adds whole events of a series, and the trainee's presence at them.
func (w *world) attend(series string, minutes ...int) {
	for _, m := range minutes {
		w.n++
		day := time.Date(2026, 11, 2+w.n%20, 0, 0, 0, 0, time.UTC)
		w.Attended = append(w.Attended, attendance.Attended{
			Event: &attendance.Event{ID: fmt.Sprintf("event-%04d", w.n), Series: series, Category: "didactic", Topic: series, Delivery: "live_online", Minutes: m, StartsAt: db.At(day)},
			Day:   day.Format(time.DateOnly), Online: m,
		})
	}
}

// practice adds signed sessions.
func (w *world) practice(n int, s practicum.Session) {
	for range n {
		w.n++
		s.LogID, s.Status, s.Intact = fmt.Sprintf("log-%04d", w.n), practicum.Countersigned, true
		s.CountersignedAt = noon.Add(time.Duration(w.n-100000) * time.Minute)
		s.SubmittedAt = s.CountersignedAt
		if s.Minutes == 0 {
			s.Minutes = 60
		}
		if s.Grades == nil {
			s.Grades = practicum.Grades{"c1": 3, "c2": 3, "c3": 3, "c6": 4}
		}
		w.Sessions = append(w.Sessions, s)
	}
}

// study completes modules.
func (w *world) study(modules ...curriculum.ModuleKey) {
	for _, key := range modules {
		for _, l := range w.course.Module(key).Lessons {
			w.Lessons[l.ID] = noon.Add(-time.Hour)
		}
		w.Quizzes[key] = quiz.Standing{Module: key, Attempts: 1, Passed: true, PassedAt: noon.Add(-time.Hour), BestPercent: 90}
	}
}

func (w *world) waive(requirement string) {
	w.Waivers = append(w.Waivers, &standing.Waiver{Requirement: requirement, Reason: "shown another way", State: standing.Approved})
}

// clear adds a hold about a log that was cleared.
func (w *world) clear(logID string) {
	w.Holds = append(w.Holds, &standing.Hold{LogID: logID, Kind: standing.Safety, State: standing.Cleared})
}

// done lists everything in a report that is done, by id.
func done(r *progress.Report) (ids []string) {
	var walk func([]progress.Node)
	walk = func(nodes []progress.Node) {
		for _, n := range nodes {
			if n.Status.Done() {
				ids = append(ids, n.ID)
			}
			walk(n.Of)
		}
	}
	walk(r.Requirements)
	slices.Sort(ids)
	return ids
}

// said puts together what a report tells the trainee.
func said(r *progress.Report) string {
	var b strings.Builder
	var walk func([]progress.Node)
	walk = func(nodes []progress.Node) {
		for _, n := range nodes {
			fmt.Fprintf(&b, "%s %d/%d [%s] %s | %s | %s\n", n.ID, n.Have, n.Need, n.Status, strings.Join(n.Missing, ", "), n.Next, n.Note)
			walk(n.Of)
		}
	}
	walk(r.Requirements)
	return b.String()
}

// A step is something that a trainee or their program does on the way.
type step struct {
	does  string
	add   func(*world)
	meets string // the ids that are done now and were not before
	says  string // what the page says afterwards, somewhere
}

// journey walks a trainee through a program and looks at the page after every
// step.
func journey(t *testing.T, program string, w *world, steps []step) {
	t.Helper()
	p := w.course.Program(program)
	if p == nil {
		t.Fatalf("there is no program %s", program)
	}
	r := progress.Evaluate(p, w.course, w.Evidence, noon)
	before := done(r)
	for _, s := range steps {
		if r.Status.Done() {
			t.Errorf("before %q everything is done already", s.does)
		}
		for _, n := range r.Missing() {
			if n.Next == "" || len(n.Missing) == 0 {
				t.Errorf("before %q, %s does not say what is missing and what to do: %+v", s.does, n.ID, n)
			}
		}
		s.add(w)
		r = progress.Evaluate(p, w.course, w.Evidence, noon)
		after := done(r)
		got := slices.DeleteFunc(slices.Clone(after), func(id string) bool { return slices.Contains(before, id) })
		want := strings.Fields(s.meets)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s: done now %q, want %q\n%s", s.does, got, want, said(r))
		}
		if !strings.Contains(said(r), s.says) {
			t.Errorf("%s: the page does not say %q:\n%s", s.does, s.says, said(r))
		}
		before = after
	}
	if r.Status != progress.Met || r.Have != r.Need {
		t.Errorf("at the end the program is %s, %d of %d:\n%s", r.Status, r.Have, r.Need, said(r))
	}
}
