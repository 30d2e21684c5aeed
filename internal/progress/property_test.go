package progress_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/practicum"
	"github.com/kapstone-lms/kapstone/internal/progress"
	"github.com/kapstone-lms/kapstone/internal/records"
)

// mayFall names the requirements that more evidence can take back, each for a
// reason of its own: a share falls when the other part grows, the rubric and
// the signatures look at the newest logs, and a hold is there to stop.
var mayFall = map[curriculum.RequirementType]string{
	curriculum.HoursShareMin: "a share", curriculum.RubricMin: "a window", curriculum.LogsCountersigned: "logs that wait", curriculum.NoOpenHolds: "holds",
}

// something draws one piece of evidence that speaks for the trainee.
func something(rt *rapid.T, w *world, p *curriculum.Program) {
	var leaves []curriculum.Requirement
	for r := range p.Leaves() {
		leaves = append(leaves, r)
	}
	r := rapid.SampledFrom(leaves).Draw(rt, "requirement")
	subject := r.Subject
	if len(r.Codes) > 0 {
		subject = rapid.SampledFrom(r.Codes).Draw(rt, "code")
	}
	onDay := day(time.Date(2026, 11, rapid.IntRange(2, 23).Draw(rt, "day"), 0, 0, 0, 0, time.UTC).Format(time.DateOnly))
	n := rapid.IntRange(1, 600).Draw(rt, "minutes")
	switch r.Type {
	case curriculum.HoursMin, curriculum.HoursShareMin:
		topic := ""
		if len(r.Topics) > 0 {
			topic = rapid.SampledFrom(r.Topics).Draw(rt, "topic").Topic
		}
		w.record(records.Hours, "", hours(r.Category, topic, rapid.SampledFrom([]string{"async", "live_online", "live_in_person"}).Draw(rt, "delivery"), n), onDay)
	case curriculum.Consultations:
		w.record(records.Consultation, ":"+r.Variant, minutes(n), onDay)
	case curriculum.PracticumSessions, curriculum.DistinctCases, curriculum.RubricMin:
		s := led
		s.Phase, s.Case = rapid.SampledFrom([]practicum.Phase{practicum.Preparation, practicum.Medicine, practicum.Integration}).Draw(rt, "phase"), rapid.IntRange(1, 5).Draw(rt, "case")
		w.practice(rapid.IntRange(1, 5).Draw(rt, "sessions"), s)
	case curriculum.AttendanceMin, curriculum.RetreatAttended:
		w.attend(r.Subject, n)
	case curriculum.ModuleComplete, curriculum.LessonsComplete, curriculum.QuizPass:
		w.study(r.Module)
	case curriculum.PersonalExperience:
		w.ExperienceMet = true
	case curriculum.PrintedName:
		w.NameConfirmed = true
	default:
		paper(w, r, subject, onDay)
	}
}

// paper adds the record that meets a requirement of one record.
func paper(w *world, r curriculum.Requirement, subject string, onDay func(*records.Record)) {
	kinds := map[curriculum.RequirementType]records.Kind{
		curriculum.LicenseVerified: records.License, curriculum.PriorTraining: records.PriorTraining, curriculum.DocumentSubmitted: records.Document,
		curriculum.AgreementSigned: records.Agreement, curriculum.Attestation: records.Attestation, curriculum.Letter: records.Letter, curriculum.FeeCleared: records.Fee,
		curriculum.MedicalClearance: records.Clearance, curriculum.AssignmentAccepted: records.Assignment, curriculum.Evaluation: records.Evaluation,
		curriculum.Admission: records.Admission, curriculum.SignOff: records.SignOff, curriculum.CredentialCurrent: records.Credential, curriculum.ExamPassed: records.Exam,
	}
	values := map[curriculum.RequirementType]string{
		curriculum.LicenseVerified: "active", curriculum.FeeCleared: "cleared", curriculum.MedicalClearance: "cleared", curriculum.Admission: "admitted",
		curriculum.SignOff: "director", curriculum.Letter: "supervisor", curriculum.ExamPassed: "passed",
	}
	if kind, ok := kinds[r.Type]; ok {
		w.record(kind, subject+":"+values[r.Type], onDay, edition, func(x *records.Record) { x.Quantity, x.Sources = max(r.PagesMin, r.Percent), r.SourceMin })
	}
}

func flat(r *progress.Report) map[string]progress.Node {
	all := make(map[string]progress.Node)
	var walk func([]progress.Node)
	walk = func(nodes []progress.Node) {
		for _, n := range nodes {
			all[n.ID] = n
			walk(n.Of)
		}
	}
	walk(r.Requirements)
	return all
}

func TestMoreEvidenceIsNeverLess(t *testing.T) {
	c := course(t)
	rapid.Check(t, func(rt *rapid.T) {
		p := rapid.SampledFrom(c.Programs).Draw(rt, "program")
		w := newWorld(c)
		if len(p.Tracks) > 0 {
			w.Track = p.Tracks[0].Key
		}
		for range rapid.IntRange(0, 40).Draw(rt, "before") {
			something(rt, w, p)
		}
		before := flat(progress.Evaluate(p, c, w.Evidence, noon))
		something(rt, w, p)
		for id, after := range flat(progress.Evaluate(p, c, w.Evidence, noon)) {
			if was := before[id]; mayFall[after.Type] == "" && (was.Status.Done() && !after.Status.Done() && !holdsOthers(after) || after.Have < was.Have && !holdsOthers(after)) {
				rt.Fatalf("%s was %s with %d of %d, and is %s with %d of %d with more evidence", id, was.Status, was.Have, was.Need, after.Status, after.Have, after.Need)
			}
		}
	})
}

// holdsOthers reports whether a group stands on a requirement that may fall.
func holdsOthers(n progress.Node) bool {
	return slices.ContainsFunc(n.Of, func(part progress.Node) bool { return mayFall[part.Type] != "" || holdsOthers(part) })
}

func TestTheOrderOfEvidenceDoesNotMatter(t *testing.T) {
	c := course(t)
	rapid.Check(t, func(rt *rapid.T) {
		p := rapid.SampledFrom(c.Programs).Draw(rt, "program")
		w := newWorld(c)
		for range rapid.IntRange(0, 60).Draw(rt, "evidence") {
			something(rt, w, p)
		}
		for _, r := range w.Records {
			r.State = rapid.SampledFrom([]records.State{records.Confirmed, records.Confirmed, records.Submitted, records.Refused}).Draw(rt, "state")
			r.DecisionNote = "because of " + r.ID
		}
		want := progress.Evaluate(p, c, w.Evidence, noon)
		w.Records = rapid.Permutation(w.Records).Draw(rt, "records")
		w.Sessions = rapid.Permutation(w.Sessions).Draw(rt, "sessions")
		w.Attended = rapid.Permutation(w.Attended).Draw(rt, "attended")
		if d := cmp.Diff(want, progress.Evaluate(p, c, w.Evidence, noon)); d != "" {
			rt.Fatalf("in another order (-first +second):\n%s", d)
		}
	})
}

// A waiver does for everything else what meeting the requirement does.
func TestAWaiverIsAsGoodAsEvidence(t *testing.T) {
	c := course(t)
	rapid.Check(t, func(rt *rapid.T) {
		p := rapid.SampledFrom(c.Programs).Draw(rt, "program")
		w := newWorld(c)
		for range rapid.IntRange(0, 40).Draw(rt, "evidence") {
			something(rt, w, p)
		}
		met := flat(progress.Evaluate(p, c, w.Evidence, noon))
		var ids []string
		for r := range p.Leaves() {
			if met[r.ID].Status == progress.Met {
				ids = append(ids, r.ID)
			}
		}
		if len(ids) == 0 {
			return
		}
		// What is met is waived as well: nothing may change anywhere.
		w.waive(rapid.SampledFrom(ids).Draw(rt, "waived"))
		if d := cmp.Diff(met, flat(progress.Evaluate(p, c, w.Evidence, noon))); d != "" {
			rt.Fatalf("a waiver of what is met changes something:\n%s", d)
		}
	})
	for _, p := range c.Programs {
		w := newWorld(c)
		for r := range p.All() {
			w.waive(r.ID)
			if n := progress.Evaluate(p, c, w.Evidence, noon).Find(r.ID); n != nil && !n.Status.Done() {
				t.Errorf("%s: %s is %s although it is waived", p.Key, r.ID, n.Status)
			}
		}
		if r := progress.Evaluate(p, c, w.Evidence, noon); !r.Status.Done() || r.Have != r.Need {
			t.Errorf("%s with everything waived is %s, %d of %d", p.Key, r.Status, r.Have, r.Need)
		}
	}
}

// CHECKS: what a program file says is worked out in bounded time. Forty
// requirements and five hundred records take less than two milliseconds.
func BenchmarkEvaluateFortyByFiveHundred(b *testing.B) {
	c := course(b)
	p := c.Program("kap_clinical_practicum")
	w := newWorld(c)
	w.Track = "therapist"
	for i := range 500 {
		switch i % 5 {
		case 0:
			w.practice(1, led)
		case 1:
			w.record(records.Consultation, ":individual", minutes(50))
		case 2:
			w.attend("live_sessions", 90)
		case 3:
			w.record(records.Hours, "", hours("didactic", "law", "async", 60))
		case 4:
			w.record(records.License, "LMFT:active")
		}
	}
	w.study("science", "ethics_safety")
	n := 0
	for range p.All() {
		n++
	}
	larger := *p
	for larger.Requirements = slices.Clone(p.Requirements); n < 40; n++ {
		larger.Requirements = append(larger.Requirements, curriculum.Requirement{ID: fmt.Sprint("hours-", n), Type: curriculum.HoursMin, Category: curriculum.AnyCategory, Minutes: 6000})
	}
	for b.Loop() {
		progress.Evaluate(&larger, c, w.Evidence, noon)
	}
	b.ReportMetric(float64(n), "requirements")
}
