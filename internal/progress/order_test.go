package progress_test

import (
	"strings"
	"testing"

	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/progress"
	"github.com/kapstone-lms/kapstone/internal/quiz"
	"github.com/kapstone-lms/kapstone/internal/records"
)

// evaluate works out a small program of its own.
func evaluate(t *testing.T, w *world, requirements ...curriculum.Requirement) *progress.Report {
	t.Helper()
	for i := range requirements {
		if requirements[i].Title == "" {
			requirements[i].Title = "Title of " + requirements[i].ID
		}
	}
	p := &curriculum.Program{Key: "tested", Version: 1, Quiz: w.course.Default().Quiz, Requirements: requirements}
	return progress.Evaluate(p, w.course, w.Evidence, noon)
}

func doc(id string) curriculum.Requirement {
	return curriculum.Requirement{ID: id, Type: curriculum.DocumentSubmitted, Subject: id, Title: "Title of " + id}
}

func TestWhatComesFirstComesFirst(t *testing.T) {
	w := newWorld(course(t))
	second, gate, last := doc("second"), doc("gate"), doc("last")
	second.After, gate.Gate = []string{"first"}, curriculum.GateStart
	order := curriculum.Requirement{ID: "order", Type: curriculum.Ordering, Over: []string{"last"}, After: []string{"second"}}
	want := func(does string, statuses map[string]progress.Status) {
		t.Helper()
		r := evaluate(t, w, doc("first"), second, order, last, gate)
		for id, s := range statuses {
			if n := r.Find(id); n.Status != s {
				t.Errorf("%s: %s is %s (%s), want %s", does, id, n.Status, n.Next, s)
			}
		}
	}
	want("nothing", map[string]progress.Status{"first": progress.Blocked, "second": progress.Blocked, "last": progress.Blocked, "gate": progress.NotMet})
	w.record(records.Document, "gate")
	want("the gate", map[string]progress.Status{"first": progress.NotMet, "second": progress.Blocked, "last": progress.Blocked, "gate": progress.Met, "order": progress.NotMet})
	w.record(records.Document, "last")
	want("the last too early counts all the same", map[string]progress.Status{"last": progress.Met, "second": progress.Blocked})
	w.record(records.Document, "first")
	want("the first", map[string]progress.Status{"first": progress.Met, "second": progress.NotMet})
	w.waive("second")
	want("a waiver", map[string]progress.Status{"second": progress.Waived, "order": progress.Met})
}

func TestChoicesAndTracks(t *testing.T) {
	w := newWorld(course(t))
	choice := curriculum.Requirement{ID: "choice", Type: curriculum.NOf, N: 2, Of: []curriculum.Requirement{doc("aa"), doc("bb"), doc("cc")}}
	staff := doc("dd")
	staff.Tracks = []string{"doctors"}
	only := curriculum.Requirement{ID: "only", Type: curriculum.AllOf, Of: []curriculum.Requirement{staff}}
	r := evaluate(t, w, choice, only)
	if n := r.Find("choice"); n.Next != "Choose two of these: Title of aa; Title of bb; Title of cc." || n.Need != 2 || n.Status != progress.NotMet {
		t.Errorf("a choice that nobody began: %+v", n)
	}
	if r.Find("only") != nil || r.Need != 1 {
		t.Errorf("a requirement of another track is asked:\n%s", said(r))
	}
	w.record(records.Document, "cc")
	if n := evaluate(t, w, choice, only).Find("choice"); n.Status != progress.InProgress || n.Have != 1 || !strings.Contains(n.Next, "Choose one of these") {
		t.Errorf("a choice that is half made: %+v", n)
	}
	w.record(records.Document, "aa", state(records.Submitted))
	if n := evaluate(t, w, choice, only).Find("choice"); n.Next != "It waits to be confirmed. Nothing is left for you to do." {
		t.Errorf("a choice with a part under way says %q", n.Next)
	}
	w.waive("bb")
	w.Track = "doctors"
	r = evaluate(t, w, choice, only)
	if n := r.Find("choice"); n.Status != progress.Met || n.Have != 2 || n.Next != "" {
		t.Errorf("a choice with one part met and one waived: %+v", n)
	}
	if r.Find("dd") == nil || r.Status == progress.Met {
		t.Errorf("a requirement of the trainee's track is not asked:\n%s", said(r))
	}
}

// What only the program can enter is nothing for the trainee to send.
func TestACallIsThereForWhatTheTraineeEnters(t *testing.T) {
	w := newWorld(course(t))
	letter := curriculum.Requirement{ID: "letter", Type: curriculum.Letter, By: []string{"supervisor"}}
	r := evaluate(t, w, doc("paper"), letter)
	if got := r.Find("paper").Call; got != (progress.Call{Method: "POST", Path: "records", Kind: records.Document, Subject: "paper"}) {
		t.Errorf("the call for a document is %v", got)
	}
	if got := r.Find("letter").Call; got != (progress.Call{}) {
		t.Errorf("the call for a letter is %v, want none", got)
	}
	code := curriculum.Requirement{ID: "code", Type: curriculum.AgreementSigned, Subject: "code", Edition: "2", Statement: "I keep to it."}
	if n := evaluate(t, w, code).Find("code"); n.Sign != "I keep to it." || n.Call != (progress.Call{Method: "POST", Path: "records", Kind: records.Agreement, Subject: "code", Edition: "2"}) {
		t.Errorf("what is to be signed is %q by %v", n.Sign, n.Call)
	}
	w.record(records.Agreement, "code", func(r *records.Record) { r.Edition = "2" })
	if n := evaluate(t, w, code).Find("code"); n.Sign != "" {
		t.Errorf("what was signed is still asked for: %+v", n)
	}
}

func TestAChoiceIsBlockedOnlyWhenNothingIsLeftToChoose(t *testing.T) {
	w := newWorld(course(t))
	w.Quizzes["science"] = quiz.Standing{Module: "science", Attempts: 3, FailedAt: noon}
	failed := curriculum.Requirement{ID: "failed", Type: curriculum.QuizPass, Module: "science"}
	old := curriculum.Requirement{ID: "old", Type: curriculum.CredentialCurrent, Subject: "bls"}
	w.record(records.Credential, "bls", ends("2026-01-01"))
	for _, tt := range []struct {
		n    int
		of   []curriculum.Requirement
		want progress.Status
	}{
		{1, []curriculum.Requirement{failed, doc("aa")}, progress.InProgress},
		{2, []curriculum.Requirement{failed, doc("aa")}, progress.Blocked},
		{1, []curriculum.Requirement{old, doc("aa")}, progress.InProgress},
		{1, []curriculum.Requirement{old}, progress.Expired},
		{2, []curriculum.Requirement{failed, old}, progress.Expired},
	} {
		choice := curriculum.Requirement{ID: "choice", Type: curriculum.NOf, N: tt.n, Of: tt.of}
		if n := evaluate(t, w, choice).Find("choice"); n.Status != tt.want {
			t.Errorf("%d of %v is %s, want %s", tt.n, tt.of, n.Status, tt.want)
		}
	}
}

func TestAdviceIsTheProgramsOwn(t *testing.T) {
	w := newWorld(course(t))
	d := doc("dd")
	d.Advice = "Write to the office."
	if n := evaluate(t, w, d).Find("dd"); n.Next != "Write to the office." {
		t.Errorf("next = %q", n.Next)
	}
	group := curriculum.Requirement{ID: "gg", Type: curriculum.AllOf, Advice: "Ask for the folder.", Of: []curriculum.Requirement{doc("aa")}}
	if n := evaluate(t, w, group).Find("gg"); n.Next != "Ask for the folder." {
		t.Errorf("next of a group = %q, want the program's own words", n.Next)
	}
	w.record(records.Document, "dd")
	if n := evaluate(t, w, d).Find("dd"); n.Next != "" {
		t.Errorf("next of what is done = %q", n.Next)
	}
}

func TestWhatIsAskedForAtTheEndSaysSo(t *testing.T) {
	w := newWorld(course(t))
	last := doc("last")
	last.Gate = curriculum.GateIssue
	if n := evaluate(t, w, doc("first"), last).Find("last"); !strings.Contains(n.Note, "on the day of the certificate") || n.Status != progress.NotMet {
		t.Errorf("what only the certificate waits for is %+v", n)
	}
	w.record(records.Document, "last")
	if n := evaluate(t, w, doc("first"), last).Find("last"); n.Note != "" {
		t.Errorf("the note of what is there: %q", n.Note)
	}
}
