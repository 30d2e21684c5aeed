package progress_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/practicum"
	"github.com/kapstone-lms/kapstone/internal/progress"
	"github.com/kapstone-lms/kapstone/internal/quiz"
	"github.com/kapstone-lms/kapstone/modules"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func course(t testing.TB) *curriculum.Course {
	t.Helper()
	c, err := curriculum.Load(modules.FS)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// everything is evidence that meets the default program.
func everything(c *curriculum.Course) progress.Evidence {
	e := progress.Evidence{
		Lessons: make(map[curriculum.LessonID]time.Time), Quizzes: make(map[curriculum.ModuleKey]quiz.Standing), ExperienceMet: true, NameConfirmed: true,
	}
	for _, m := range c.Modules {
		for _, l := range m.Lessons {
			e.Lessons[l.ID] = noon
		}
		e.Quizzes[m.Key] = quiz.Standing{Module: m.Key, Attempts: 1, Passed: true, PassedAt: noon, BestPercent: 100}
	}
	for _, phase := range []practicum.Phase{practicum.Preparation, practicum.Medicine, practicum.Integration} {
		e.Sessions = append(e.Sessions, signed(phase))
	}
	return e
}

func signed(phase practicum.Phase) practicum.Session {
	return practicum.Session{
		LogID: "log-" + string(phase), Kind: practicum.RolePlay, Phase: phase, Minutes: 60, Status: practicum.Countersigned, Intact: true,
		CountersignedAt: noon, Grades: practicum.Grades{"c2": 3, "c6": 3},
	}
}

// leaf finds a requirement in a report.
func leaf(t *testing.T, r *progress.Report, id string) progress.Node {
	t.Helper()
	var found *progress.Node
	var walk func([]progress.Node)
	walk = func(nodes []progress.Node) {
		for i := range nodes {
			if nodes[i].ID == id {
				found = &nodes[i]
			}
			walk(nodes[i].Of)
		}
	}
	walk(r.Requirements)
	if found == nil {
		t.Fatalf("the report has no requirement %s", id)
	}
	return *found
}

func TestFromNothingToMet(t *testing.T) {
	c := course(t)
	p := c.Default()
	none := progress.Evaluate(p, c, progress.Evidence{}, noon)
	if none.Status != progress.NotMet || none.Have != 0 || none.Need != 15 {
		t.Errorf("with nothing: %s, %d of %d; want not_met, 0 of 15", none.Status, none.Have, none.Need)
	}
	for _, n := range none.Missing() {
		if n.Next == "" || len(n.Missing) == 0 {
			t.Errorf("requirement %s does not say what is missing or what to do: %+v", n.ID, n)
		}
	}
	all := progress.Evaluate(p, c, everything(c), noon)
	if all.Status != progress.Met || all.Have != all.Need || len(all.Missing()) != 0 {
		t.Errorf("with everything: %s, %d of %d, missing %v", all.Status, all.Have, all.Need, all.Missing())
	}
}

// CHECKS CR-01: with all but one, for each one, the program is not met and the
// report says which.
func TestAllButOneIsNotMet(t *testing.T) {
	c := course(t)
	for _, tt := range []struct {
		id   string
		take func(*progress.Evidence)
	}{
		{"science-lessons", func(e *progress.Evidence) { delete(e.Lessons, "sci-2") }},
		{"ethics_safety-attempts", func(e *progress.Evidence) { delete(e.Quizzes, "ethics_safety") }},
		{"medicine-logs", func(e *progress.Evidence) { e.Sessions = slices.Delete(e.Sessions, 1, 2) }},
		{"integration-logs", func(e *progress.Evidence) { e.Sessions[2].Intact = false }},
		{"preparation-logs", func(e *progress.Evidence) { e.Sessions[0].Grades["c6"] = 1 }},
		{"personal-experience", func(e *progress.Evidence) { e.ExperienceMet = false }},
		{"printed-name", func(e *progress.Evidence) { e.NameConfirmed = false }},
	} {
		e := everything(c)
		tt.take(&e)
		r := progress.Evaluate(c.Default(), c, e, noon)
		open := r.Missing()
		if r.Status == progress.Met || len(open) != 1 || open[0].ID != tt.id {
			t.Errorf("without %s: %s, missing %v", tt.id, r.Status, open)
		}
	}
}

// What each state of a quiz reads like: as advice, to the person who has it.
func TestAQuizSaysWhatToDo(t *testing.T) {
	c := course(t)
	for _, tt := range []struct {
		name   string
		st     quiz.Standing
		status progress.Status
		says   string
		call   bool
	}{
		{"not begun", quiz.Standing{}, progress.NotMet, "12 questions in 60 minutes", true},
		{"open", quiz.Standing{Attempts: 1, OpenAttempt: "x"}, progress.InProgress, "Go on with the quiz", true},
		{"failed, waiting", quiz.Standing{Attempts: 1, FailedAt: noon.Add(-time.Hour)}, progress.InProgress, "from November 25, 2026, 11:00 UTC", false},
		{"failed, wait over", quiz.Standing{Attempts: 2, FailedAt: noon.Add(-25 * time.Hour)}, progress.InProgress, "one try is left", true},
		{"all tries used", quiz.Standing{Attempts: 3, FailedAt: noon.Add(-time.Hour)}, progress.Blocked, "Ask an instructor", false},
		{"one more granted", quiz.Standing{Attempts: 3, FailedAt: noon.Add(-time.Hour), Remediations: 1, RemediatedAt: noon}, progress.InProgress, "one try is left", true},
		{"passed", quiz.Standing{Attempts: 3, Passed: true}, progress.Met, "", false},
	} {
		e := progress.Evidence{Quizzes: map[curriculum.ModuleKey]quiz.Standing{"science": tt.st}}
		n := leaf(t, progress.Evaluate(c.Default(), c, e, noon), "science-attempts")
		if n.Status != tt.status || !strings.Contains(n.Next, tt.says) || tt.says == "" && n.Next != "" || (n.Call.Method != "") != tt.call {
			t.Errorf("%s: %+v, want %s saying %q", tt.name, n, tt.status, tt.says)
		}
	}
}

// What a program asks between two tries, and what it does not tell yet.
func TestAQuizSaysWhatItsRulesAsk(t *testing.T) {
	c := course(t)
	failed := quiz.Standing{Attempts: 1, FailedAt: noon.Add(-time.Hour), Missed: []curriculum.ObjectiveID{c.Module("science").Objectives[0].ID}}
	back := quiz.GoBack(curriculum.QuizRules{Remediation: curriculum.RemedyLessons}, c.Module("science"), failed, nil)
	looked := make(map[curriculum.LessonID]time.Time)
	for _, l := range back {
		looked[l.ID] = noon
	}
	practice := failed
	practice.First = quiz.Try{At: noon, Percent: 40}
	for _, tt := range []struct {
		name   string
		rules  curriculum.QuizRules
		st     quiz.Standing
		looked map[curriculum.LessonID]time.Time
		status progress.Status
		says   string
		call   string
	}{
		{"held back", curriculum.QuizRules{}, quiz.Standing{Attempts: 1, Withheld: true}, nil, progress.InProgress, "over for everybody", ""},
		{"lessons first", curriculum.QuizRules{Remediation: curriculum.RemedyLessons}, failed, nil, progress.InProgress, "Go back to “" + back[0].Title, "GET modules/science/lessons/" + string(back[0].ID)},
		{"lessons done", curriculum.QuizRules{Remediation: curriculum.RemedyLessons}, failed, looked, progress.InProgress, "2 tries are left", "POST modules/science/attempts"},
		{"an instructor first", curriculum.QuizRules{Remediation: curriculum.RemedyInstructor}, failed, nil, progress.Blocked, "opens the next try", ""},
		{"the first counts", curriculum.QuizRules{Counts: curriculum.CountsFirst}, practice, nil, progress.Blocked, "any other is practice", ""},
	} {
		p := *c.Default()
		tt.rules.PassPercent, tt.rules.Attempts = 80, 3
		p.Quiz = tt.rules
		e := progress.Evidence{Quizzes: map[curriculum.ModuleKey]quiz.Standing{"science": tt.st}, Looked: tt.looked}
		n := leaf(t, progress.Evaluate(&p, c, e, noon), "science-attempts")
		if n.Status != tt.status || !strings.Contains(n.Next, tt.says) || strings.TrimSpace(n.Call.Method+" "+n.Call.Path) != tt.call || len(n.Missing) == 0 {
			t.Errorf("%s: %+v, want %s saying %q with %q", tt.name, n, tt.status, tt.says, tt.call)
		}
	}
}

func TestALogSaysWhoMovesNext(t *testing.T) {
	c := course(t)
	at := func(s practicum.Status) practicum.Session {
		return practicum.Session{Phase: practicum.Medicine, Kind: practicum.RolePlay, Status: s, Intact: true}
	}
	low := signed(practicum.Medicine)
	low.Grades["c2"] = 1
	for _, tt := range []struct {
		name     string
		sessions []practicum.Session
		status   progress.Status
		says     string
	}{
		{"none", nil, progress.NotMet, "role play, practice with a peer or a session with a client counts"},
		{"another phase", []practicum.Session{signed(practicum.Integration)}, progress.NotMet, "Practice a medicine session"},
		{"a draft", []practicum.Session{at(practicum.Draft)}, progress.InProgress, "finish it and send it"},
		{"waiting", []practicum.Session{at(practicum.Submitted)}, progress.InProgress, "Nothing is left for you"},
		{"returned beside one that waits", []practicum.Session{at(practicum.Submitted), at(practicum.Returned)}, progress.InProgress, "came back"},
		{"graded", []practicum.Session{at(practicum.Graded)}, progress.InProgress, "waits for your instructor's signature"},
		{"below the safety floor", []practicum.Session{low}, progress.NotMet, "Practice a medicine session"},
		{"signed", []practicum.Session{signed(practicum.Medicine)}, progress.Met, ""},
	} {
		n := leaf(t, progress.Evaluate(c.Default(), c, progress.Evidence{Sessions: tt.sessions}, noon), "medicine-logs")
		if n.Status != tt.status || !strings.Contains(n.Next, tt.says) || tt.says == "" && n.Next != "" {
			t.Errorf("%s: %+v, want %s saying %q", tt.name, n, tt.status, tt.says)
		}
		if n.Status != progress.Met && !strings.Contains(fmt.Sprint(n.Missing), "1 signed medicine session") {
			t.Errorf("%s: missing %v", tt.name, n.Missing)
		}
	}
	n := leaf(t, progress.Evaluate(c.Default(), c, progress.Evidence{Sessions: []practicum.Session{low}}, noon), "medicine-logs")
	if !strings.Contains(fmt.Sprint(n.Missing), "safety or ethics was graded 1") {
		t.Errorf("a session that does not count is not explained: %v", n.Missing)
	}
}

func TestAGroupIsWhatItsPartsAre(t *testing.T) {
	c := course(t)
	e := everything(c)
	e.Quizzes["science"] = quiz.Standing{Module: "science", Attempts: 3, FailedAt: noon}
	r := progress.Evaluate(c.Default(), c, e, noon)
	if g := leaf(t, r, "science"); g.Status != progress.Blocked || g.Have != 1 || g.Need != 2 || g.Next == "" {
		t.Errorf("a group with one part met and one blocked is %+v", g)
	}
	if r.Status != progress.Blocked {
		t.Errorf("a report with nothing left but what is blocked is %s", r.Status)
	}
}

// Whatever path was taken, everybody reads the same.
func TestPersonalExperienceIsOneWord(t *testing.T) {
	c := course(t)
	n := leaf(t, progress.Evaluate(c.Default(), c, everything(c), noon), "personal-experience")
	want := progress.Node{ID: "personal-experience", Type: curriculum.PersonalExperience, Title: n.Title, Status: progress.Met, Have: 1, Need: 1}
	if diff := cmp.Diff(want, n); diff != "" {
		t.Error(diff)
	}
}

// More evidence never makes less of a requirement, and its order does not
// matter.
func TestEvidenceOnlyAdds(t *testing.T) {
	c := course(t)
	full := everything(c)
	ids := make([]curriculum.LessonID, 0, len(full.Lessons))
	for id := range full.Lessons {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	rapid.Check(t, func(rt *rapid.T) {
		some := progress.Evidence{Lessons: make(map[curriculum.LessonID]time.Time), Quizzes: make(map[curriculum.ModuleKey]quiz.Standing)}
		for _, id := range ids {
			if rapid.Bool().Draw(rt, string(id)) {
				some.Lessons[id] = noon
			}
		}
		some.Sessions = rapid.Permutation(full.Sessions).Draw(rt, "sessions")[:rapid.IntRange(0, 3).Draw(rt, "n")]
		some.NameConfirmed = rapid.Bool().Draw(rt, "name")
		before := progress.Evaluate(c.Default(), c, some, noon)
		more := some
		more.Sessions = append(slices.Clone(some.Sessions), full.Sessions[rapid.IntRange(0, 2).Draw(rt, "one more")])
		more.ExperienceMet = true
		after := progress.Evaluate(c.Default(), c, more, noon)
		if after.Have < before.Have {
			rt.Fatalf("%d requirements met, and %d with more evidence", before.Have, after.Have)
		}
		slices.Reverse(more.Sessions)
		if diff := cmp.Diff(after, progress.Evaluate(c.Default(), c, more, noon)); diff != "" {
			rt.Fatalf("the order of sessions matters: %s", diff)
		}
	})
}

func BenchmarkEvaluate(b *testing.B) {
	c := course(b)
	e := everything(c)
	for range 500 {
		e.Sessions = append(e.Sessions, signed(practicum.Medicine))
	}
	for b.Loop() {
		progress.Evaluate(c.Default(), c, e, noon)
	}
}
