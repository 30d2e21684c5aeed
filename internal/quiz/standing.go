package quiz

import (
	"time"

	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/fault"
)

// The faults of wanting another try.
var (
	ErrPassed    = fault.New(fault.Conflict, "already_passed", "You have passed this quiz. There is nothing left to do here.")
	ErrExhausted = fault.New(fault.Conflict, "attempts_exhausted",
		"All your tries are used. Ask an instructor to go through the module with you; that opens one more.")
	ErrWait = fault.New(fault.Conflict, "wait", "There is a wait before the next try. Go over the lessons, then come back at the time in next_try_at.")
)

// A Standing is how one enrollment stands with one module's quiz: facts only.
// What they mean depends on the program's rules; Exhausted, Left and NextTry
// say it.
type Standing struct {
	Module       curriculum.ModuleKey
	Attempts     int // begun, one that is open included
	Passed       bool
	PassedAt     time.Time // of the first that passed
	BestPercent  int       // of the one that passed, else of all
	OpenAttempt  string    // its id, or ""
	FailedAt     time.Time // when the last one ended, if it did not pass
	Extra        int       // tries beyond the program's, by an accommodation
	Remediations int       // those that opened one more try
	RemediatedAt time.Time // the last one
	First, Last  Try
	Missed       []curriculum.ObjectiveID // by the last try, if it did not pass
	Withheld     bool                     // there is a result that is not told yet
}

// Left returns how many more attempts may be begun.
func Left(rules curriculum.QuizRules, st Standing) int {
	if st.Passed {
		return 0
	}
	return max(0, rules.Attempts+st.Extra+st.Remediations-st.Attempts)
}

// Exhausted reports whether every try is used and none passed, so that only an
// instructor can help.
func Exhausted(rules curriculum.QuizRules, st Standing) bool {
	return !st.Passed && st.OpenAttempt == "" && Left(rules, st) == 0
}

// NextTry returns from when the next attempt may begin; zero means from now. A
// remediation given after a failed attempt lifts its wait.
func NextTry(rules curriculum.QuizRules, st Standing) time.Time {
	switch {
	case st.Passed, st.OpenAttempt != "", st.FailedAt.IsZero():
		return time.Time{}
	case st.helped():
		return time.Time{}
	}
	return st.FailedAt.Add(time.Duration(rules.WaitHours) * time.Hour)
}

// mayBegin returns why no new attempt may begin now, or nil.
func mayBegin(rules curriculum.QuizRules, st Standing, now time.Time) error {
	switch next := NextTry(rules, st); {
	case st.Passed:
		return ErrPassed
	case Exhausted(rules, st):
		return ErrExhausted
	case NeedsHelp(rules, st):
		return ErrRemedy
	case now.Before(next):
		return ErrWait.With("next_try_at", next)
	}
	return nil
}

// note adds an attempt to the standing. Attempts come in the order of their
// numbers.
func (st *Standing) note(a *attempt) {
	st.Attempts++
	st.FailedAt, st.Missed = time.Time{}, nil
	if a.State == Open {
		st.OpenAttempt = a.ID
		return
	}
	st.tried(a)
	switch {
	case st.Passed: // nothing would change it
	case a.Passed:
		st.Passed, st.PassedAt, st.BestPercent = true, a.SubmittedAt.Time, a.ScorePercent
	default:
		st.BestPercent = max(st.BestPercent, a.ScorePercent)
	}
}

// remediated adds a remediation to the standing.
func (st *Standing) remediated(r *Remediation) {
	if r.Opens {
		st.Remediations++
	}
	if r.GivenAt.After(st.RemediatedAt) {
		st.RemediatedAt = r.GivenAt.Time
	}
}
