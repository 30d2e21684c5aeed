package enrollment

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/db"
)

// Facts is what the constraints of a program look at (DOMAIN 2.3, row 31).
type Facts struct {
	Size      int // enrollments of the cohort, those that ended too
	Leaders   int // its instructors
	Directors int // of its program
}

// Facts returns the facts of cohorts, by their ids. It takes one query, or none
// when no cohort is asked for, and does not ask who may see them.
func (s *Service) Facts(ctx context.Context, idb bun.IDB, cohortIDs []string) (map[string]Facts, error) {
	all := make(map[string]Facts, len(cohortIDs))
	if len(cohortIDs) == 0 {
		return all, nil
	}
	var rows []struct {
		ID                       string
		Size, Leaders, Directors int
	}
	err := idb.NewRaw(`SELECT c.id,
			(SELECT count(*) FROM enrollments e WHERE e.cohort_id = c.id) AS size,
			(SELECT count(*) FROM cohort_instructors i WHERE i.cohort_id = c.id) AS leaders,
			(SELECT count(DISTINCT g.person_id) FROM grants g WHERE g.role = ? AND g.program IN ('', c.program)) AS directors
		FROM cohorts c WHERE c.id IN (?)`, access.Director, bun.List(cohortIDs)).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("read the facts of cohorts: %w", db.Check(err))
	}
	for _, r := range rows {
		all[r.ID] = Facts{r.Size, r.Leaders, r.Directors}
	}
	return all, nil
}
