package practicum_test

import (
	"strings"
	"testing"
	"time"

	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/dbtest"
	"github.com/kapstone-lms/kapstone/internal/practicum"
	"github.com/kapstone-lms/kapstone/internal/schooltest"
)

func TestALogBelowTheSafetyFloorDoesNotCount(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		v := verdict()
		v.Grades["c2"], v.Feedback = 1, strings.Repeat("You left the room at the peak. ", 3)
		id := s.at(t, practicum.Submitted).ID
		if _, err := s.logs.Grade(s.Instructor, id, v); err != nil {
			t.Fatal(err)
		}
		if _, err := s.logs.Countersign(s.Instructor, id, "observed", schooltest.Password, ""); err != nil {
			t.Fatal(err)
		}
		if ok, why := practicum.Counts(s.Course.Default().Practicum, s.evidence(t)[0]); ok || !strings.Contains(why, "graded 1") {
			t.Errorf("Counts = %v, %q; want a refusal that says why", ok, why)
		}
	})
}

func TestEvidenceIsTheWorkLineOfEveryLog(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		other, e := s.Trainee("Otto Other", s.Cohort)
		if _, err := s.logs.Create(other, e.ID, rolePlay(practicum.Integration)); err != nil {
			t.Fatal(err)
		}
		var want []practicum.Status
		for _, status := range []practicum.Status{practicum.Draft, practicum.Submitted, practicum.Returned, practicum.Graded, practicum.Countersigned} {
			s.at(t, status)
			want = append(want, status)
		}
		all, err := s.logs.Evidence(t.Context(), s.DB, []string{s.enrollment, e.ID, "nobody"})
		if err != nil || len(all) != 2 || len(all[e.ID]) != 1 || all[e.ID][0].Phase != practicum.Integration {
			t.Fatalf("Evidence = %+v, %v", all, err)
		}
		for i, x := range all[s.enrollment] {
			if x.Status != want[i] || !x.Intact || x.Minutes != 60 || x.Week != "2026-W48" || x.Kind != practicum.RolePlay ||
				(x.ReturnedReason == "") != (x.Status != practicum.Returned) || x.CountersignedAt.IsZero() != (x.Status != practicum.Countersigned) {
				t.Errorf("session %d is %+v, want it %s", i, x, want[i])
			}
			ok, why := practicum.Counts(s.Course.Default().Practicum, x)
			if ok != (x.Status == practicum.Countersigned) || ok == (why != "") {
				t.Errorf("a %s session: Counts = %v, %q", x.Status, ok, why)
			}
		}
		if none, err := s.logs.Evidence(t.Context(), s.DB, nil); err != nil || len(none) != 0 {
			t.Errorf("Evidence of nobody = %v, %v", none, err)
		}
	})
}

func TestWhatCounts(t *testing.T) {
	rules := curriculum.PracticumRules{Kinds: []string{"role_play", "peer"}, SafetyCriteria: []string{"c2", "c6"}, SafetyFloor: 2}
	signed := practicum.Session{Kind: practicum.Peer, Status: practicum.Countersigned, Intact: true, CountersignedAt: schooltest.Start.Add(time.Hour)}
	for _, tt := range []struct {
		name   string
		change func(x *practicum.Session)
		rules  curriculum.PracticumRules
		want   string // "" when it counts
	}{
		{"signed", func(x *practicum.Session) {}, rules, ""},
		{"graded", func(x *practicum.Session) { x.Status = practicum.Graded }, rules, "it is not signed yet"},
		{"broken", func(x *practicum.Session) { x.Intact = false }, rules, "it was changed after it was signed"},
		{"with a client", func(x *practicum.Session) { x.Kind = practicum.Client }, rules, "this program does not count such practice"},
		{"safety 1", func(x *practicum.Session) { x.Grades = practicum.Grades{"c2": 1, "c6": 4} }, rules, "safety or ethics was graded 1"},
		{"ethics 1", func(x *practicum.Session) { x.Grades = practicum.Grades{"c2": 4, "c6": 1} }, rules, "safety or ethics was graded 1"},
		{"at the floor", func(x *practicum.Session) { x.Grades = practicum.Grades{"c2": 2, "c6": 2} }, rules, ""},
		{"another criterion 1", func(x *practicum.Session) { x.Grades = practicum.Grades{"c1": 1, "c2": 2, "c6": 2} }, rules, ""},
		{"no opportunity", func(x *practicum.Session) { x.Grades = practicum.Grades{"c2": 0, "c6": 3} }, rules, ""},
		{"where nothing has a floor", func(x *practicum.Session) { x.Grades = practicum.Grades{"c2": 1} }, curriculum.PracticumRules{Kinds: rules.Kinds}, ""},
		{"where nothing counts", func(x *practicum.Session) {}, curriculum.PracticumRules{}, "this program does not count such practice"},
	} {
		x := signed
		tt.change(&x)
		if ok, why := practicum.Counts(tt.rules, x); ok != (tt.want == "") || why != tt.want {
			t.Errorf("%s: Counts = %v, %q; want %q", tt.name, ok, why, tt.want)
		}
	}
}

// A cohort's progress reads every signed log and checks every signature.
func BenchmarkEvidence(b *testing.B) {
	s := &school{School: schooltest.New(b, dbtest.Open(b))}
	s.logs = practicum.New(s.DB, s.Enrollments, s.People, s.Ring, s.Clock.Now)
	trainee, e := s.Trainee("Noor Vance", s.Cohort)
	const logs = 30
	for range logs {
		l, err := s.logs.Create(trainee, e.ID, rolePlay(practicum.Preparation))
		for _, step := range []func() (*practicum.Log, error){
			func() (*practicum.Log, error) { return s.logs.Submit(trainee, l.ID) },
			func() (*practicum.Log, error) { return s.logs.Grade(s.Instructor, l.ID, verdict()) },
			func() (*practicum.Log, error) {
				return s.logs.Countersign(s.Instructor, l.ID, "reviewed", schooltest.Password, "")
			},
		} {
			if err == nil {
				_, err = step()
			}
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		if all, err := s.logs.Evidence(b.Context(), s.DB, []string{e.ID}); err != nil || len(all[e.ID]) != logs {
			b.Fatalf("Evidence = %d logs, %v", len(all[e.ID]), err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*logs), "µs/log")
}
