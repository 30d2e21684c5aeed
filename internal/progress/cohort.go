package progress

import (
	"context"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/internal/fault"
)

// A Table is a cohort's progress, or a page of it: a row for each enrollment, a
// column for each requirement.
type Table struct {
	Columns []Column
	Rows    []Row
	Next    string // where the next page begins; "" on the last
}

// A Column is a requirement that stands at the top of the program or is a thing
// to do. Enrollments on another edition may not have it.
type Column struct {
	ID    string
	Title string
	Top   bool
}

// A Row is one enrollment. Statuses has those of the columns that its edition
// has.
type Row struct {
	EnrollmentID string
	PersonID     string
	Status       Status
	Have         int
	Need         int
	Statuses     map[string]Status
}

// A Filter narrows a table; the zero Filter keeps every row.
type Filter struct {
	Status    Status // of the whole
	BlockedBy string // a requirement that is neither met nor waived
}

// ErrRequirement reports a filter by a requirement that no edition of the
// cohort has.
var ErrRequirement = fault.New(fault.Invalid, "unknown_requirement", "No program edition of this cohort has such a requirement.").At("blocked_by")

// chunk is how many enrollments are worked out at once.
const chunk = 500

// OfCohort returns a page of the progress of a cohort that the actor may see:
// at most limit rows that the filter keeps, in the order of enrolling, after
// the enrollment named by after. It returns ErrRequirement.
func (s *Service) OfCohort(ctx context.Context, cohortID string, f Filter, after string, limit int) (*Table, error) {
	c, err := s.enrollments.Cohort(ctx, access.SeeCohort, cohortID)
	if err != nil {
		return nil, err
	}
	editions, err := s.enrollments.EditionsOf(ctx, c)
	if err != nil {
		return nil, err
	}
	t := &Table{Columns: columns(editions)}
	if f.BlockedBy != "" && !has(editions, f.BlockedBy) {
		return nil, ErrRequirement
	}
	size := min(limit, chunk)
	if f != (Filter{}) {
		size = chunk // many rows may not be kept
	}
	for {
		page, err := s.enrollments.PageOfCohort(ctx, c, after, int64(size))
		if err != nil {
			return nil, err
		}
		reports, err := s.Evaluate(ctx, s.db, page)
		if err != nil {
			return nil, err
		}
		for i, r := range reports {
			if !f.keeps(r) {
				continue
			}
			t.Rows = append(t.Rows, row(page[i], r))
			if len(t.Rows) == limit {
				t.Next = page[i].ID
				return t, nil
			}
		}
		if len(page) < size {
			return t, nil
		}
		after = page[len(page)-1].ID
	}
}

// keeps reports whether a row stays.
func (f Filter) keeps(r *Report) bool {
	if f.Status != "" && r.Status != f.Status {
		return false
	}
	if f.BlockedBy == "" {
		return true
	}
	n := r.Find(f.BlockedBy)
	return n != nil && !n.Status.Done()
}

func row(p *enrollment.Pinned, r *Report) Row {
	all := make(map[string]Status, 2*r.Need)
	var walk func(nodes []Node, top bool)
	walk = func(nodes []Node, top bool) {
		for _, n := range nodes {
			if top || len(n.Of) == 0 {
				all[n.ID] = outward(n)
			}
			walk(n.Of, false)
		}
	}
	walk(r.Requirements, true)
	return Row{p.ID, p.PersonID, r.Status, r.Have, r.Need, all}
}

// outward is what staff see of a requirement. Of the personal experience that
// is met or not met: anything else could tell which path was taken.
func outward(n Node) Status {
	switch {
	case n.Type != curriculum.PersonalExperience:
		return n.Status
	case n.Status.Done():
		return Met
	}
	return NotMet
}

// columns joins the requirements of editions in the order of the first, with
// what only others have behind.
func columns(editions []*curriculum.Program) (all []Column) {
	seen := make(map[string]bool)
	var walk func(reqs []curriculum.Requirement, top bool)
	walk = func(reqs []curriculum.Requirement, top bool) {
		for _, r := range reqs {
			if (top || !r.Group()) && !seen[r.ID] {
				seen[r.ID] = true
				all = append(all, Column{r.ID, r.Title, top})
			}
			walk(r.Of, false)
		}
	}
	for _, p := range editions {
		walk(p.Requirements, true)
	}
	return all
}

// has reports whether one of the editions has a requirement.
func has(editions []*curriculum.Program, id string) bool {
	for _, p := range editions {
		for r := range p.All() {
			if r.ID == id {
				return true
			}
		}
	}
	return false
}
