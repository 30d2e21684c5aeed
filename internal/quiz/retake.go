package quiz

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/internal/fault"
)

// The faults of wanting another try before its time has come.
var (
	ErrRemedy = fault.New(fault.Conflict, "remediation_needed",
		"Before the next try an instructor goes through the module with you. Ask them to do so and to record it here; then begin.")
	ErrLessons = fault.New(fault.Conflict, "lessons_first",
		"Before the next try go back to the lessons of what you missed. Open each one that is listed in lessons, then begin.")
	ErrWithheld = fault.New(fault.Conflict, "result_withheld",
		"The result of your last try is not told yet, so no other can begin. It is told when this quiz is over for everybody in your cohort.")
	ErrOver = fault.New(fault.Conflict, "quiz_over",
		"This quiz is over for your cohort: its answers may be seen, so nobody can begin it any more. Ask an instructor what can be done.")
)

// A Try is how one handed-in attempt ended. The zero Try is none.
type Try struct {
	At      time.Time // when it was handed in
	Percent int
	Passed  bool
}

// tried notes a handed-in attempt as the last one, and where it is as the
// first.
func (st *Standing) tried(a *attempt) {
	st.Last = Try{a.SubmittedAt.Time, a.ScorePercent, a.Passed}
	if st.First == (Try{}) {
		st.First = st.Last
	}
	st.Missed = nil
	if !a.Passed {
		st.FailedAt, st.Missed = a.SubmittedAt.Time, a.Missed
	}
}

// Counted returns a standing in which the try stands that the rules say. The
// rules of other tries are asked of what it returns. A try that stands and has
// passed is the end, whatever counts: the key may be open after it, and what
// was earned is not lost again.
func Counted(rules curriculum.QuizRules, st Standing) Standing {
	stands := st.Last
	switch rules.Counts {
	case curriculum.CountsBest:
		return st
	case curriculum.CountsFirst:
		stands = st.First
	}
	st.Passed, st.PassedAt, st.BestPercent = stands.Passed, time.Time{}, stands.Percent
	if stands.Passed {
		st.PassedAt = stands.At
	}
	return st
}

// Settled reports whether the try that counts has failed and no other can
// change it: whatever is taken after the first is practice then.
func Settled(rules curriculum.QuizRules, st Standing) bool {
	return rules.Counts == curriculum.CountsFirst && st.First != Try{} && !st.First.Passed
}

// helped reports whether an instructor went through the module with the trainee
// since the last try failed.
func (st *Standing) helped() bool {
	return !st.RemediatedAt.IsZero() && !st.RemediatedAt.Before(st.FailedAt)
}

// NeedsHelp reports whether an instructor must help before the next try,
// although there are tries left.
func NeedsHelp(rules curriculum.QuizRules, st Standing) bool {
	return rules.Remediation == curriculum.RemedyInstructor && !st.Passed && !st.FailedAt.IsZero() && !st.helped()
}

// GoBack lists the lessons that must be looked at again before the next try:
// those of the objectives that the last failed one missed. looked says when each
// lesson was last looked at. The help of an instructor takes their place.
func GoBack(rules curriculum.QuizRules, m *curriculum.Module, st Standing, looked map[curriculum.LessonID]time.Time) (all []*curriculum.Lesson) {
	if rules.Remediation != curriculum.RemedyLessons || st.Passed || st.FailedAt.IsZero() || st.helped() {
		return nil
	}
	for _, l := range m.Lessons {
		about := slices.ContainsFunc(l.Objectives, func(o curriculum.ObjectiveID) bool { return slices.Contains(st.Missed, o) })
		if about && !looked[l.ID].After(st.FailedAt) {
			all = append(all, l)
		}
	}
	return all
}

// mayTry returns why an enrollment may not begin another try of a module now,
// or nil. What is not told yet is not told by this answer either.
func (s *Service) mayTry(ctx context.Context, tx bun.IDB, p *enrollment.Pinned, m *curriculum.Module, st Standing) error {
	rules := p.Edition.Quiz
	policy := rules.Reveals()
	if st.Attempts > 0 && policy == heldBack {
		told, err := s.over(ctx, tx, p.CohortID, m.Key)
		if err != nil {
			return err
		}
		if !told {
			return ErrWithheld
		}
	}
	if err := s.mayBegin(ctx, tx, p, st); err != nil {
		return err
	}
	if policy.When == curriculum.AfterClose {
		over, err := s.windowOver(ctx, tx, p.CohortID, m.Key)
		if err != nil {
			return err
		}
		if over {
			return ErrOver
		}
	}
	if rules.Remediation != curriculum.RemedyLessons || st.FailedAt.IsZero() {
		return nil
	}
	looked, err := s.looked(ctx, tx, []string{p.ID})
	if err != nil {
		return err
	}
	return goBackFirst(GoBack(rules, m, st, looked[p.ID]))
}

// goBackFirst names the lessons to go back to, if there are any.
func goBackFirst(all []*curriculum.Lesson) error {
	if len(all) == 0 {
		return nil
	}
	ids := make([]curriculum.LessonID, len(all))
	for i, l := range all {
		ids[i] = l.ID
	}
	return ErrLessons.With("lessons", ids)
}

// missed lists the objectives of which an answer was not right, in the order of
// the module.
func missed(m *curriculum.Module, questions []question, given answers) ([]curriculum.ObjectiveID, error) {
	wrong := make(map[curriculum.ObjectiveID]bool)
	for i := range questions {
		right, err := questions[i].right(given[questions[i].id].response)
		if err != nil {
			return nil, fmt.Errorf("list objectives: %w", err)
		}
		wrong[questions[i].item.Objective] = wrong[questions[i].item.Objective] || !right
	}
	all := []curriculum.ObjectiveID{}
	for _, o := range m.Objectives {
		if wrong[o.ID] {
			all = append(all, o.ID)
		}
	}
	return all, nil
}

// asked counts how often attempts asked each item of their module. Where any
// item may come again it counts nothing.
func asked(rules curriculum.QuizRules, attempts []*attempt) map[curriculum.ItemID]int {
	if rules.Fresh == curriculum.AnyItems {
		return nil
	}
	times := make(map[curriculum.ItemID]int)
	for _, a := range attempts {
		for _, it := range a.Draw.Items {
			times[it.Item]++
		}
	}
	return times
}
