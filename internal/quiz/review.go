package quiz

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
)

// heldBack is the policy under which a trainee cannot know for a while whether
// they passed. The others tell it at once, if only by what may be done next.
var heldBack = curriculum.Reveal{Show: curriculum.ShowNothing, When: curriculum.AfterClose}

// A sight is what a trainee may see now of an attempt that they handed in.
type sight struct {
	score bool // and the objectives missed
	key   bool // and which responses were right
	why   bool // and why
	whole bool // also of items without an answer
	more  curriculum.When
}

// look is the rule of review policies: what may be seen of an attempt that
// passed or not, when the quiz is over for the whole cohort or not, and when
// there is another try to be had or not. While there is, the key of an item
// without an answer stays closed: handing in a blank sheet buys nothing.
func look(policy curriculum.Reveal, passed, over, tries bool) sight {
	open := policy.When == curriculum.AtOnce || policy.When == curriculum.AfterPass && passed || policy.When == curriculum.AfterClose && over
	s := sight{score: open || policy.Show != curriculum.ShowNothing}
	s.why = open && policy.Show == curriculum.ShowRationales
	s.key = open && policy.Show == curriculum.ShowAnswers || s.why
	s.whole = s.key && !tries
	if !open && policy.Show != curriculum.ShowScore {
		s.more = policy.When
	}
	return s
}

// sees returns what the trainee of a handed-in attempt may see of it.
func (s *Service) sees(ctx context.Context, f *frame, a *attempt) (sight, error) {
	policy := f.rules.Reveals()
	over := false
	if policy.When == curriculum.AfterClose {
		found, err := s.enrollments.ByID(ctx, s.db, []string{a.EnrollmentID}) // its cohort may be another by now
		if err != nil {
			return sight{}, err
		}
		if found[a.EnrollmentID] == nil {
			return sight{}, fmt.Errorf("attempt %s has no enrollment", a.ID)
		}
		if over, err = s.over(ctx, s.db, found[a.EnrollmentID].CohortID, a.Module); err != nil {
			return sight{}, err
		}
	}
	// Nobody tries again after a pass that counts, nor when the quiz is over.
	tries := !over && !(a.Passed && f.rules.Counts == curriculum.CountsBest)
	if tries && look(policy, a.Passed, over, true).key {
		st, err := standing(ctx, s.db, a.EnrollmentID, a.Module)
		if err != nil {
			return sight{}, err
		}
		st = Counted(f.rules, st)
		tries = st.OpenAttempt != "" || Left(f.rules, st) > 0
	}
	return look(policy, a.Passed, over, tries), nil
}

// over reports whether a quiz is over for everybody in a cohort: nobody may
// begin it any more, and nobody is still at it.
func (s *Service) over(ctx context.Context, idb bun.IDB, cohortID string, module curriculum.ModuleKey) (bool, error) {
	over, err := s.windowOver(ctx, idb, cohortID, module)
	if err != nil || !over {
		return false, err
	}
	busy, err := anyOpen(ctx, idb, cohortID, module)
	return !busy, err
}

// anyOpen reports whether anybody in a cohort is at a module's quiz.
func anyOpen(ctx context.Context, idb bun.IDB, cohortID string, module curriculum.ModuleKey) (bool, error) {
	there, err := idb.NewSelect().Model((*attempt)(nil)).Join("JOIN enrollments AS e ON e.id = attempt.enrollment_id").
		Where("e.cohort_id = ? AND attempt.module = ? AND attempt.state = ?", cohortID, module, Open).Exists(ctx)
	return there, db.Check(err)
}

// Standings returns how each enrollment stands with each quiz it has begun, by
// the rules of its program, and hides what is not told yet: from the trainee,
// and from everything that the trainee could read it off. Like Evidence it does
// not ask who may see it; it takes two queries more for each cohort and module
// whose results are held back.
func (s *Service) Standings(ctx context.Context, idb bun.IDB, all []*enrollment.Pinned) (map[string][]Standing, error) {
	ids := make([]string, len(all))
	for i, p := range all {
		ids[i] = p.ID
	}
	found, err := s.Evidence(ctx, idb, ids)
	if err != nil {
		return nil, err
	}
	type quiz struct {
		cohort string
		module curriculum.ModuleKey
	}
	over := make(map[quiz]bool)
	for _, p := range all {
		rules := p.Edition.Quiz
		for i, st := range found[p.ID] {
			found[p.ID][i] = Counted(rules, st)
			if rules.Reveals() != heldBack || st.Last == (Try{}) {
				continue
			}
			key := quiz{p.CohortID, st.Module}
			told, asked := over[key]
			if !asked {
				if told, err = s.over(ctx, idb, p.CohortID, st.Module); err != nil {
					return nil, fmt.Errorf("read quizzes: %w", err)
				}
				over[key] = told
			}
			if !told {
				found[p.ID][i] = st.withheld()
			}
		}
	}
	return found, nil
}

// withheld returns a standing without any result.
func (st Standing) withheld() Standing {
	return Standing{Module: st.Module, Attempts: st.Attempts, OpenAttempt: st.OpenAttempt, Withheld: true}
}
