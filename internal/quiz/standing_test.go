package quiz

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/fault"
)

var threeTries = curriculum.QuizRules{PassPercent: 80, Attempts: 3, WaitHours: 24}

func TestWhenAnotherTryMayBegin(t *testing.T) {
	for _, tt := range []struct {
		name string
		st   Standing
		at   time.Duration // after noon
		want error
		next time.Duration // after noon, for ErrWait
		left int
	}{
		{"nothing begun", Standing{}, 0, nil, 0, 3},
		{"one failed now", Standing{Attempts: 1, FailedAt: noon}, 0, ErrWait, 24 * time.Hour, 2},
		{"a moment too early", Standing{Attempts: 1, FailedAt: noon}, 24*time.Hour - time.Millisecond, ErrWait, 24 * time.Hour, 2},
		{"the wait is over", Standing{Attempts: 1, FailedAt: noon}, 24 * time.Hour, nil, 0, 2},
		{"the last failed", Standing{Attempts: 3, FailedAt: noon}, 48 * time.Hour, ErrExhausted, 0, 0},
		{"passed", Standing{Attempts: 2, Passed: true}, 0, ErrPassed, 0, 0},
		{"passed with the last", Standing{Attempts: 3, Passed: true}, 0, ErrPassed, 0, 0},
		{"helped", Standing{Attempts: 3, FailedAt: noon, Remediations: 1, RemediatedAt: noon.Add(time.Hour)}, time.Hour, nil, 0, 1},
		{"helped in the same moment", Standing{Attempts: 3, FailedAt: noon, Remediations: 1, RemediatedAt: noon}, 0, nil, 0, 1},
		{"helped and failed again", Standing{Attempts: 4, FailedAt: noon, Remediations: 1, RemediatedAt: noon.Add(-time.Hour)}, 48 * time.Hour, ErrExhausted, 0, 0},
		{"helped twice, failed between", Standing{Attempts: 4, FailedAt: noon, Remediations: 2, RemediatedAt: noon.Add(time.Minute)}, time.Minute, nil, 0, 1},
	} {
		err := mayBegin(threeTries, tt.st, noon.Add(tt.at))
		if !errors.Is(err, tt.want) || (err == nil) != (tt.want == nil) {
			t.Errorf("%s: mayBegin = %v, want %v", tt.name, err, tt.want)
		}
		if f := fault.Of(err); f != nil && f.Is(ErrWait) && f.Details["next_try_at"] != noon.Add(tt.next) {
			t.Errorf("%s: next_try_at = %v, want %v", tt.name, f.Details["next_try_at"], noon.Add(tt.next))
		}
		if got := Left(threeTries, tt.st); got != tt.left {
			t.Errorf("%s: Left = %d, want %d", tt.name, got, tt.left)
		}
		if got := Exhausted(threeTries, tt.st); got != (tt.want == ErrExhausted) {
			t.Errorf("%s: Exhausted = %t", tt.name, got)
		}
	}
}

func TestTheLastTryUnderWayIsNotExhausted(t *testing.T) {
	st := Standing{Attempts: 3, OpenAttempt: "x"}
	if Exhausted(threeTries, st) || Left(threeTries, st) != 0 || !NextTry(threeTries, st).IsZero() {
		t.Errorf("with the last try under way: Exhausted = %t, Left = %d, NextTry = %v; want false, 0, none",
			Exhausted(threeTries, st), Left(threeTries, st), NextTry(threeTries, st))
	}
}

func TestAStandingIsTheSumOfItsAttempts(t *testing.T) {
	at := func(h int) db.Time { return db.At(noon.Add(time.Duration(h) * time.Hour)) }
	failed := &attempt{ID: "1", State: Submitted, ScorePercent: 90, SubmittedAt: at(1), Missed: []curriculum.ObjectiveID{"alpha"}} // a critical item
	passed := &attempt{ID: "2", State: Submitted, ScorePercent: 80, Passed: true, SubmittedAt: at(2)}
	open := &attempt{ID: "3", State: Open}
	one, two := Try{at(1).Time, 90, false}, Try{at(2).Time, 80, true}
	for _, tt := range []struct {
		name     string
		attempts []*attempt
		want     Standing
	}{
		{"failed", []*attempt{failed}, Standing{Attempts: 1, BestPercent: 90, FailedAt: at(1).Time, First: one, Last: one, Missed: failed.Missed}},
		{"failed, then open", []*attempt{failed, open}, Standing{Attempts: 2, BestPercent: 90, OpenAttempt: "3", First: one, Last: one}},
		{"failed, then passed", []*attempt{failed, passed}, Standing{Attempts: 2, BestPercent: 80, Passed: true, PassedAt: at(2).Time, First: one, Last: two}},
	} {
		var got Standing
		for _, a := range tt.attempts {
			got.note(a)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: want (-) and got (+):\n%s", tt.name, diff)
		}
	}
}
