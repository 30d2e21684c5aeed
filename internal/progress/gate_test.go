package progress_test

import (
	"fmt"
	"testing"

	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/practicum"
	"github.com/kapstone-lms/kapstone/internal/progress"
	"github.com/kapstone-lms/kapstone/internal/records"
	"github.com/kapstone-lms/kapstone/internal/schooltest"
)

func lessonsOf(m curriculum.ModuleKey) progress.Step { return progress.Step{Module: m} }
func quizOf(m curriculum.ModuleKey) progress.Step    { return progress.Step{Module: m, Quiz: true} }
func logOf(w practicum.Work) progress.Step           { return progress.Step{Log: &w} }

// comesFirst is the id of what a program wants done before a step, "" for
// nothing.
func comesFirst(w *world, p *curriculum.Program, s progress.Step) string {
	if first, waits := progress.First(p, w.course, w.Evidence, noon, s); waits {
		return first.ID
	}
	return ""
}

func asking(w *world, requirements ...curriculum.Requirement) *curriculum.Program {
	for i := range requirements {
		requirements[i].Title = "Title of " + requirements[i].ID
	}
	return &curriculum.Program{Key: "tested", Version: 1, Quiz: w.course.Default().Quiz, Requirements: requirements}
}

func whole(module curriculum.ModuleKey, after ...string) curriculum.Requirement {
	return curriculum.Requirement{ID: string(module), Type: curriculum.ModuleComplete, Module: module, After: after}
}

func TestWhatIsInTheWayOfAStep(t *testing.T) {
	practice := func(id, phase string, after ...string) curriculum.Requirement {
		return curriculum.Requirement{ID: id, Type: curriculum.PracticumSessions, Phase: phase, Count: 1, After: after}
	}
	lessons := curriculum.Requirement{ID: "read", Type: curriculum.LessonsComplete, Module: "science"}
	quiz := curriculum.Requirement{ID: "pass", Type: curriculum.QuizPass, Module: "science", After: []string{"read"}}
	gate := doc("gate")
	gate.Gate = curriculum.GateStart
	late := doc("late")
	late.Gate = curriculum.GateIssue
	order := curriculum.Requirement{ID: "order", Type: curriculum.Ordering, Over: []string{"group"}, After: []string{"paper"}}
	group := curriculum.Requirement{ID: "group", Type: curriculum.AllOf, Of: []curriculum.Requirement{whole("integration"), practice("played", "")}}
	roleplay, client := practice("played", "preparation"), practice("client", "preparation", "paper")
	roleplay.Kinds, client.Kinds = []string{"role_play"}, []string{"client"}
	hours := curriculum.Requirement{ID: "hours", Type: curriculum.HoursMin, Category: "practicum", Minutes: 60, After: []string{"paper"}}
	track := whole("science", "paper")
	track.Tracks = []string{"doctors"}
	gateModule := whole("ethics_safety")
	gateModule.Gate = curriculum.GateStart
	for _, tt := range []struct {
		name string
		reqs []curriculum.Requirement
		step progress.Step
		want string
	}{
		{"a module after another", []curriculum.Requirement{whole("science"), whole("integration", "science")}, lessonsOf("integration"), "science"},
		{"its quiz too", []curriculum.Requirement{whole("science"), whole("integration", "science")}, quizOf("integration"), "science"},
		{"the first is open", []curriculum.Requirement{whole("science"), whole("integration", "science")}, quizOf("science"), ""},
		{"a quiz after its lessons", []curriculum.Requirement{lessons, quiz}, quizOf("science"), "read"},
		{"the lessons are not the quiz", []curriculum.Requirement{lessons, quiz}, lessonsOf("science"), ""},
		{"lessons that only their quiz asks for", []curriculum.Requirement{doc("read"), quiz}, lessonsOf("science"), "read"},
		{"asked for twice, once without waiting", []curriculum.Requirement{doc("paper"), whole("science", "paper"), lessons}, lessonsOf("science"), ""},
		{"a gate at the start", []curriculum.Requirement{whole("science"), gate}, quizOf("science"), "gate"},
		{"before what nobody asks for too", []curriculum.Requirement{gate}, lessonsOf("science"), "gate"},
		{"and before logs", []curriculum.Requirement{gate}, logOf(practicum.Work{}), "gate"},
		{"a module that is the gate", []curriculum.Requirement{gateModule, whole("science")}, quizOf("ethics_safety"), ""},
		{"and what waits for it", []curriculum.Requirement{gateModule, whole("science")}, quizOf("science"), "ethics_safety"},
		{"a gate at the issue", []curriculum.Requirement{whole("science"), late}, quizOf("science"), ""},
		{"an ordering over a group", []curriculum.Requirement{doc("paper"), order, group}, lessonsOf("integration"), "paper"},
		{"and its logs", []curriculum.Requirement{doc("paper"), order, group}, logOf(practicum.Work{Phase: "medicine"}), "paper"},
		{"logs of the phase", []curriculum.Requirement{doc("paper"), practice("med", "medicine", "paper")}, logOf(practicum.Work{Phase: "medicine"}), "paper"},
		{"logs of another", []curriculum.Requirement{doc("paper"), practice("med", "medicine", "paper")}, logOf(practicum.Work{Phase: "integration"}), ""},
		{"role play while clients wait", []curriculum.Requirement{doc("paper"), roleplay, client}, logOf(practicum.Work{Phase: "preparation", Kind: "role_play"}), ""},
		{"clients", []curriculum.Requirement{doc("paper"), roleplay, client}, logOf(practicum.Work{Phase: "preparation", Kind: "client"}), "paper"},
		{"what is not said yet may be role play", []curriculum.Requirement{doc("paper"), roleplay, client}, logOf(practicum.Work{}), ""},
		{"hours of practice", []curriculum.Requirement{doc("paper"), hours}, logOf(practicum.Work{Phase: "medicine"}), "paper"},
		{"another track's order", []curriculum.Requirement{doc("paper"), track}, quizOf("science"), ""},
	} {
		w := newWorld(course(t))
		if got := comesFirst(w, asking(w, tt.reqs...), tt.step); got != tt.want {
			t.Errorf("%s: first comes %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestWhatIsDoneIsInNobodysWay(t *testing.T) {
	w := newWorld(course(t))
	p := asking(w, whole("ethics_safety"), whole("science", "ethics_safety"), whole("integration", "science"))
	want := func(does string, science, integration string) {
		t.Helper()
		for step, want := range map[progress.Step]string{quizOf("science"): science, lessonsOf("integration"): integration} {
			if got := comesFirst(w, p, step); got != want {
				t.Errorf("%s: before %v comes %q, want %q", does, step, got, want)
			}
		}
	}
	want("nothing", "ethics_safety", "science")
	w.waive("ethics_safety")
	want("a waiver", "", "science")
	w.study("science")
	want("the second", "", "")
	w.Waivers = nil
	want("the first taken back: what is done stays open", "", "")
}

// The default program lets nothing wait, and in every other what its page says
// comes first is what is in the way.
func TestTheShippedProgramsLockWhatTheySay(t *testing.T) {
	c := course(t)
	for _, p := range c.Programs {
		for _, track := range append([]string{""}, trackKeys(p)...) {
			w := newWorld(c)
			w.Track = track
			var got []string
			for _, m := range c.Modules {
				for _, s := range []progress.Step{lessonsOf(m.Key), quizOf(m.Key)} {
					if first := comesFirst(w, p, s); first != "" {
						got = append(got, fmt.Sprint(m.Key, " ", first))
					}
				}
			}
			if first := comesFirst(w, p, logOf(practicum.Work{Phase: "medicine"})); first != "" {
				got = append(got, "log "+first)
			}
			gated := map[string]bool{
				"kap_clinical_practicum": true, "example_cohort_16_weeks": true, "example_polaris_certificate": true, "example_fluence_150": true,
			}[p.Key]
			if gated != (len(got) == 2*len(c.Modules)+1) || !gated && len(got) > 0 {
				t.Errorf("%s on track %q locks %q at the start", p.Key, track, got)
			}
		}
	}
}

func trackKeys(p *curriculum.Program) (keys []string) {
	for _, t := range p.Tracks {
		keys = append(keys, t.Key)
	}
	return keys
}

// The clinical program's way: the license, then the modules in their order,
// then practice with clients.
func TestTheClinicalWayOpensStepByStep(t *testing.T) {
	w := newWorld(course(t))
	w.Track = "therapist"
	p := w.course.Program("kap_clinical_practicum")
	log := logOf(practicum.Work{Phase: "preparation", Kind: "client", Role: "lead"})
	want := func(does string, container, integration, practice string) {
		t.Helper()
		for step, want := range map[progress.Step]string{quizOf("therapeutic_container"): container, lessonsOf("integration"): integration, log: practice} {
			if got := comesFirst(w, p, step); got != want {
				t.Errorf("%s: before %+v comes %q, want %q", does, step, got, want)
			}
		}
	}
	want("nothing", "license", "license", "license")
	w.record(records.License, "LMFT:active", day("2026-11-10"))
	want("the license", "ethics_safety", "therapeutic_container", "agreements")
	for _, doc := range []string{"code_of_ethics", "confidentiality", "scope", "no_identifiers"} {
		w.record(records.Agreement, doc, edition)
	}
	want("the agreements", "ethics_safety", "therapeutic_container", "ethics_safety")
	w.study("ethics_safety")
	want("ethics", "", "therapeutic_container", "")
	w.study("therapeutic_container")
	want("the container", "", "", "")
}

// Who leads a session with a client has a license of their own, where the whole
// log is asked for.
func TestWhoLeadsHasALicense(t *testing.T) {
	w := newWorld(schooltest.Course(t))
	for _, tt := range []struct {
		name string
		add  func(r *records.Record)
		want bool
	}{
		{"none", func(r *records.Record) { r.Kind = records.Credential }, false},
		{"one that was not checked", func(r *records.Record) { r.State = records.Submitted }, false},
		{"one that is still to come", func(r *records.Record) { r.Value = "prelicensed" }, false},
		{"one that has run out", func(r *records.Record) { r.ExpiresOn = "2026-11-23" }, false},
		{"an active one", func(r *records.Record) { r.ExpiresOn = "2099-12-31" }, true},
	} {
		w.Records = nil
		w.record(records.License, "LMFT:active", tt.add)
		if got := progress.Licensed(w.Evidence, noon); got != tt.want {
			t.Errorf("%s: licensed = %v", tt.name, got)
		}
	}
}
