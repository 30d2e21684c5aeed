package enrollment

import (
	"context"
	"slices"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/db"
)

// A person reaches an enrollment in some of their roles: their own as its
// trainee and in no other; another's as an admin, director or clearer of its
// program, as an instructor or supervisor only where they teach its cohort or
// are named for it. Features whose deeds differ by role ask here.

// As returns an enrollment with the roles in which the actor reaches it for an
// act. One that they reach in none answers like one that does not exist. It
// reads through idb, so that a deed can ask inside its transaction.
func (s *Service) As(ctx context.Context, idb bun.IDB, act access.Act, id string) (*Pinned, []access.Role, error) {
	who := access.From(ctx)
	if err := who.May(act); err != nil {
		return nil, nil, err
	}
	e, err := find(ctx, idb, id)
	if err != nil {
		return nil, nil, err
	}
	roles, err := rolesOn(ctx, idb, who, e)
	if err != nil {
		return nil, nil, err
	}
	if len(roles) == 0 {
		return nil, nil, db.ErrNone
	}
	p, err := s.Pin(ctx, e)
	return p, roles, err
}

func rolesOn(ctx context.Context, idb bun.IDB, who access.Actor, e *Enrollment) ([]access.Role, error) {
	if e.PersonID == who.ID {
		return []access.Role{access.Trainee}, nil
	}
	var all []access.Role
	for _, g := range who.Grants {
		if g.Program != "" && g.Program != e.Program || slices.Contains(all, g.Role) {
			continue
		}
		reaches := wide(g.Role)
		if near(g.Role) {
			var err error
			if reaches, err = teachesOrSupervises(ctx, idb, who.ID, e); err != nil {
				return nil, err
			}
		}
		if reaches {
			all = append(all, g.Role)
		}
	}
	return all, nil
}

// wide reports whether a role reaches every enrollment of its program.
func wide(r access.Role) bool {
	return r == access.Admin || r == access.Director || r == access.Clearer
}

// near reports whether a role reaches those whom its bearer teaches or is
// named for.
func near(r access.Role) bool { return r == access.Instructor || r == access.Supervisor }

func teachesOrSupervises(ctx context.Context, idb bun.IDB, personID string, e *Enrollment) (bool, error) {
	teaches, err := has(ctx, idb, "cohort_instructors", "cohort_id", e.CohortID, personID)
	if err != nil || teaches {
		return teaches, err
	}
	return has(ctx, idb, "enrollment_supervisors", "enrollment_id", e.ID, personID)
}

// Reached returns a query of the ids of the enrollments of others that the
// actor reaches in one of roles: what a feature narrows a list by. It asks no
// act.
func (s *Service) Reached(ctx context.Context, roles ...access.Role) *bun.SelectQuery {
	who := access.From(ctx)
	q := s.db.NewSelect().TableExpr("enrollments AS e").ColumnExpr("e.id").Where("e.person_id <> ?", who.ID)
	var fit []access.Grant
	for _, g := range who.Grants {
		if slices.Contains(roles, g.Role) && (near(g.Role) || wide(g.Role)) {
			fit = append(fit, g)
		}
	}
	if len(fit) == 0 {
		return q.Where("1 = 0") // nobody reaches anything without a role
	}
	return q.WhereGroup(" AND ", func(q *bun.SelectQuery) *bun.SelectQuery {
		for _, g := range fit {
			q.WhereGroup(" OR ", func(q *bun.SelectQuery) *bun.SelectQuery { return reachedBy(q, who.ID, g) })
		}
		return q
	})
}

// reachedBy narrows q to what one grant reaches.
func reachedBy(q *bun.SelectQuery, personID string, g access.Grant) *bun.SelectQuery {
	switch {
	case g.Program != "":
		q.Where("e.program = ?", g.Program)
	case !near(g.Role):
		q.Where("1 = 1")
	}
	if near(g.Role) { // said as one list: no index serves an "or" of two
		q.Where(`e.id IN (SELECT n.id FROM cohort_instructors i JOIN enrollments n ON n.cohort_id = i.cohort_id WHERE i.person_id = ?
			UNION ALL SELECT enrollment_id FROM enrollment_supervisors WHERE person_id = ?)`, personID, personID)
	}
	return q
}
