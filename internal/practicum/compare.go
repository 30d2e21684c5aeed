package practicum

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/agreement"
	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/db"
)

// NameRater names who is to give an open second rating, where nobody near can.
func (s *Service) NameRater(ctx context.Context, id, personID string) (*Second, error) {
	who := access.From(ctx)
	if err := who.May(access.CompareRaters); err != nil {
		return nil, err
	}
	r, enrollmentID, err := getSecond(ctx, s.db, id)
	if err != nil {
		return nil, err
	}
	p, err := s.enrollments.See(ctx, access.CompareRaters, enrollmentID)
	if err != nil {
		return nil, err
	}
	if err := s.mayRate(ctx, personID, p.Program, p.PersonID, r.FirstID); err != nil {
		return nil, err
	}
	err = s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		res, err := tx.NewUpdate().Model(r).Set("rater_id = ?", personID).Where("id = ? AND rated_at IS NULL", id).Exec(ctx)
		if err := db.One(res, err, ErrRated); err != nil {
			return err
		}
		return audit.Append(ctx, tx, s.now(), "log.rater_named", r.LogID, map[string]any{"second": id, "rater": personID})
	})
	if err != nil {
		return nil, fmt.Errorf("name rater: %w", err)
	}
	r.RaterID = personID
	return s.second(r)
}

// mayRate refuses a rater who may grade nothing in the program, or who is one
// of those whom the rating is about.
func (s *Service) mayRate(ctx context.Context, personID, program string, about ...string) error {
	if !db.IsID(personID) {
		return ErrSecondOne
	}
	rater, err := s.people.Find(ctx, s.db, personID)
	if err != nil {
		return ErrSecondOne
	}
	if (access.Actor{ID: rater.ID, Grants: rater.Grants}).MayIn(access.GradeLog, program) != nil || rater.Status != "active" {
		return ErrSecondOne
	}
	for _, other := range about {
		same, err := s.people.Same(ctx, s.db, other, personID)
		if err != nil {
			return err
		}
		if same {
			return ErrSecondOne
		}
	}
	return nil
}

// Compared returns the second ratings of the programs that the actor runs,
// given and still open, oldest first, with the grades of both raters.
func (s *Service) Compared(ctx context.Context, after string, limit int64) ([]*Second, error) {
	if err := access.From(ctx).May(access.CompareRaters); err != nil {
		return nil, err
	}
	rows, err := comparedSeconds(ctx, s.db, s.enrollments.Reached(ctx, access.Admin, access.Director), "", after, limit)
	if err != nil {
		return nil, fmt.Errorf("compare raters: %w", err)
	}
	all := make([]*Second, len(rows))
	for i, r := range rows {
		if all[i], err = s.second(r); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// Apart returns the criteria that two raters graded differently, with how many
// levels lie between. What one of them had no opportunity to see is left out.
func (r *Second) Apart() map[string]int {
	apart := make(map[string]int)
	for c, second := range r.Grades {
		if first := r.First[c]; first > 0 && second > 0 && first != second {
			apart[c] = max(first-second, second-first)
		}
	}
	return apart
}

// An Agreement says how far raters agree in one criterion.
type Agreement struct {
	Criterion string
	FirstID   string // "" with RaterID: all pairs together
	RaterID   string
	N         int  // logs in which both graded it
	Same      int  // of them with the same grade
	Known     bool // whether there is a kappa at all
	Linear    agreement.Kappa
	Quadratic agreement.Kappa
}

// A pair is two raters and what they rated, or everybody.
type pair struct{ criterion, first, second string }

// Agreement says how far the raters of a program, or of all that the actor
// runs, agree: in each criterion, all
// together and by pairs of who rated first and who second.
func (s *Service) Agreement(ctx context.Context, program string) ([]*Agreement, error) {
	if err := access.From(ctx).May(access.CompareRaters); err != nil {
		return nil, err
	}
	rows, err := comparedSeconds(ctx, s.db, s.enrollments.Reached(ctx, access.Admin, access.Director), program, "", 0)
	if err != nil {
		return nil, fmt.Errorf("compare raters: %w", err)
	}
	return agreements(rows), nil
}

// agreements counts what raters gave and works out how far they agree.
func agreements(rows []*secondRow) (all []*Agreement) {
	tables := make(map[pair]agreement.Table)
	for _, r := range rows {
		for _, c := range Criteria {
			first, second := r.FirstGrades[c], r.Grades[c]
			if r.RatedAt.IsZero() || first == 0 || second == 0 {
				continue
			}
			for _, of := range []pair{{c, "", ""}, {c, r.FirstID, r.RaterID}} {
				if tables[of] == nil {
					tables[of] = agreement.New(4)
				}
				tables[of].Add(first, second)
			}
		}
	}
	for of, t := range tables {
		a := &Agreement{Criterion: of.criterion, FirstID: of.first, RaterID: of.second, N: t.N()}
		for i := range t {
			a.Same += t[i][i]
		}
		a.Linear, a.Known = agreement.Of(t, agreement.Linear(4))
		a.Quadratic, _ = agreement.Of(t, agreement.Quadratic(4))
		all = append(all, a)
	}
	slices.SortFunc(all, func(a, b *Agreement) int {
		return cmp.Or(cmp.Compare(a.Criterion, b.Criterion), cmp.Compare(a.FirstID, b.FirstID), cmp.Compare(a.RaterID, b.RaterID))
	})
	return all
}

// comparedSeconds lists second ratings of enrollments, of one program where it
// is named; no limit is all of them.
func comparedSeconds(ctx context.Context, idb bun.IDB, reached *bun.SelectQuery, program, after string, limit int64) (rows []*secondRow, err error) {
	if program != "" {
		reached = reached.Where("e.program = ?", program)
	}
	q := idb.NewSelect().Model(&rows).Join("JOIN practicum_logs AS l ON l.id = s.log_id").
		Where("l.enrollment_id IN (?) AND s.id > ?", reached, after).OrderExpr("s.id")
	if limit > 0 {
		q.Limit(limit)
	}
	return rows, db.Check(q.Scan(ctx))
}
