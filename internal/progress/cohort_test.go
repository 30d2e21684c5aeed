package progress

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
)

// tree is a report with a group in a group.
func tree(quiz, experience Status) *Report {
	return &Report{Status: InProgress, Have: 1, Need: 3, Requirements: []Node{
		{ID: "science", Type: curriculum.AllOf, Status: InProgress, Of: []Node{
			{ID: "lessons", Type: curriculum.LessonsComplete, Status: Met},
			{ID: "checks", Type: curriculum.AllOf, Status: quiz, Of: []Node{{ID: "quiz", Type: curriculum.QuizPass, Status: quiz}}},
		}},
		{ID: "own-path", Type: curriculum.PersonalExperience, Status: experience},
	}}
}

func TestARowHasWhatStandsAtTheTopAndEveryThingToDo(t *testing.T) {
	p := &enrollment.Pinned{Enrollment: &enrollment.Enrollment{ID: "e1", PersonID: "p1"}}
	want := Row{"e1", "p1", InProgress, 1, 3, map[string]Status{"science": InProgress, "lessons": Met, "quiz": Blocked, "own-path": Met}}
	if d := cmp.Diff(want, row(p, tree(Blocked, Met))); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// Whatever a program knows of somebody's own path, staff read one of two words.
func TestPersonalExperienceIsMetOrNotMet(t *testing.T) {
	p := &enrollment.Pinned{Enrollment: &enrollment.Enrollment{}}
	for status, want := range map[Status]Status{Met: Met, Waived: Met, NotMet: NotMet, InProgress: NotMet, Blocked: NotMet, Expired: NotMet, "": NotMet} {
		if got := row(p, tree(Met, status)).Statuses["own-path"]; got != want {
			t.Errorf("%q is shown as %q, want %q", status, got, want)
		}
	}
}

func TestWhatAFilterKeeps(t *testing.T) {
	for _, tt := range []struct {
		name   string
		filter Filter
		quiz   Status
		want   bool
	}{
		{"nothing asked", Filter{}, Met, true},
		{"the status of the whole", Filter{Status: InProgress}, Met, true},
		{"another status", Filter{Status: Met}, Met, false},
		{"a requirement that is open", Filter{BlockedBy: "quiz"}, NotMet, true},
		{"one that is blocked", Filter{BlockedBy: "quiz"}, Blocked, true},
		{"one whose time is over", Filter{BlockedBy: "quiz"}, Expired, true},
		{"one that is met", Filter{BlockedBy: "quiz"}, Met, false},
		{"one that is waived", Filter{BlockedBy: "quiz"}, Waived, false},
		{"a group within a group", Filter{BlockedBy: "checks"}, NotMet, true},
		{"the whole group", Filter{BlockedBy: "science"}, Met, true},
		{"one that this edition does not have", Filter{BlockedBy: "fee"}, NotMet, false},
		{"both, and one of them not", Filter{Status: Met, BlockedBy: "quiz"}, NotMet, false},
	} {
		if got := tt.filter.keeps(tree(tt.quiz, Met)); got != tt.want {
			t.Errorf("%s: keeps = %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestTheColumnsOfSeveralEditions(t *testing.T) {
	leaf := func(id string) curriculum.Requirement {
		return curriculum.Requirement{ID: id, Type: curriculum.QuizPass, Title: "Title of " + id}
	}
	group := func(id string, of ...curriculum.Requirement) curriculum.Requirement {
		return curriculum.Requirement{ID: id, Type: curriculum.AllOf, Title: "Title of " + id, Of: of}
	}
	editions := []*curriculum.Program{
		{Requirements: []curriculum.Requirement{group("a", leaf("a1"), group("inner", leaf("a2"))), leaf("b")}},
		{Requirements: []curriculum.Requirement{group("a", leaf("a3"), leaf("a1")), leaf("c")}},
	}
	var want []Column
	for _, id := range []string{"a", "a1", "a2", "b", "a3", "c"} {
		want = append(want, Column{id, "Title of " + id, len(id) == 1})
	}
	if d := cmp.Diff(want, columns(editions)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	for id, want := range map[string]bool{"a": true, "inner": true, "a3": true, "none": false, "": false} {
		if got := has(editions, id); got != want {
			t.Errorf("has(%q) = %v, want %v", id, got, want)
		}
	}
}
