package quiz

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/curriculum"
)

// Evidence returns how each enrollment stands with each quiz it has begun or
// had a remediation for, by the modules' keys. It does not ask who may see it,
// and takes three queries however many enrollments there are.
func (s *Service) Evidence(ctx context.Context, idb bun.IDB, enrollmentIDs []string) (map[string][]Standing, error) {
	all, err := standings(ctx, idb, enrollmentIDs, "")
	if err != nil {
		return nil, fmt.Errorf("read quizzes: %w", err)
	}
	return all, nil
}

// standing returns how one enrollment stands with one module's quiz.
func standing(ctx context.Context, idb bun.IDB, enrollmentID string, module curriculum.ModuleKey) (Standing, error) {
	all, err := standings(ctx, idb, []string{enrollmentID}, module)
	if err != nil || len(all[enrollmentID]) == 0 {
		return Standing{Module: module}, err
	}
	return all[enrollmentID][0], nil
}

// standingAfter adds to a standing the attempts of one enrollment in its
// module, and the remediations between them. Without attempts there is nothing
// that a remediation could change.
func standingAfter(ctx context.Context, idb bun.IDB, attempts []*attempt, st Standing) (Standing, error) {
	if len(attempts) == 0 {
		return st, nil
	}
	remediations, err := remediationsOf(ctx, idb, []string{attempts[0].EnrollmentID}, st.Module)
	for _, a := range attempts {
		st.note(a)
	}
	for _, r := range remediations {
		st.remediated(r)
	}
	return st, err
}

// standings reads the standings of enrollments in one module, or in all.
func standings(ctx context.Context, idb bun.IDB, enrollmentIDs []string, module curriculum.ModuleKey) (map[string][]Standing, error) {
	all := make(map[string][]Standing, len(enrollmentIDs))
	if len(enrollmentIDs) == 0 {
		return all, nil
	}
	attempts, err := attemptsOf(ctx, idb, enrollmentIDs, module)
	if err != nil {
		return nil, err
	}
	remediations, err := remediationsOf(ctx, idb, enrollmentIDs, module)
	if err != nil {
		return nil, err
	}
	extra, err := extraAttempts(ctx, idb, enrollmentIDs)
	if err != nil {
		return nil, err
	}
	of := func(enrollmentID string, module curriculum.ModuleKey) *Standing {
		list := all[enrollmentID]
		for i := range list {
			if list[i].Module == module {
				return &list[i]
			}
		}
		all[enrollmentID] = append(list, Standing{Module: module, Extra: extra[enrollmentID]})
		return &all[enrollmentID][len(list)]
	}
	for _, a := range attempts {
		of(a.EnrollmentID, a.Module).note(a)
	}
	for _, r := range remediations {
		of(r.EnrollmentID, r.Module).remediated(r)
	}
	return all, nil
}
