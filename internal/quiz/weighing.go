package quiz

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/db"
)

// A weighing is a regrade worked out before anything is written.
type weighing struct {
	decided []*Regrade           // before this one
	courses map[string]*marking  // by the hash with which attempts were begun
	keyed   *curriculum.Module   // of ToCourse; nil where no key is corrected
	last    map[string]*Regraded // the last round of each attempt
	mine    map[string]bool      // attempts that this regrade marked before
	rows    []*Regraded          // to be written, in the order of the attempts
	losers  []string             // enrollments of which an attempt passes no more
	report  *RegradeReport
}

// A marking is how attempts of one course are marked.
type marking struct {
	module  *curriculum.Module
	rules   curriculum.QuizRules
	rulings rulings
}

// weigh works out what a regrade does. It reads outside of any transaction, so
// that saves go on meanwhile: what was handed in does not change any more.
func (s *Service) weigh(ctx context.Context, r *Regrade) (*weighing, error) {
	w := &weighing{courses: make(map[string]*marking), last: make(map[string]*Regraded), mine: make(map[string]bool), report: &RegradeReport{Regrade: r}}
	if err := s.resolve(ctx, w, r); err != nil {
		return nil, err
	}
	sc := scope{program: r.Program, module: r.Module, course: r.FromCourse}
	all, err := takenIn(ctx, sc.query(s.db).Limit(maxAttempts+1))
	if err != nil {
		return nil, err
	}
	if len(all) > maxAttempts {
		return nil, ErrTooLarge
	}
	if w.decided, err = decided(ctx, s.db, r.Program, r.Module, 0); err != nil {
		return nil, err
	}
	if n := len(w.decided); n > 0 && w.decided[n-1].same(r) {
		w.report.Regrade, w.report.Again, w.decided = w.decided[n-1], true, w.decided[:n-1]
	}
	rounds, err := regradedIn(ctx, s.db, sc)
	if err != nil {
		return nil, err
	}
	for _, row := range rounds {
		w.last[row.AttemptID] = row
		w.mine[row.AttemptID] = w.mine[row.AttemptID] || row.RegradeID == w.report.ID
	}
	given, err := sc.current(ctx, s.db)
	if err != nil {
		return nil, err
	}
	for _, t := range all {
		if err := s.weighOne(ctx, w, t, given[t.ID]); err != nil {
			return nil, fmt.Errorf("attempt %s: %w", t.ID, err)
		}
	}
	w.report.count()
	return w, nil
}

// resolve finds the courses that a regrade names, writes their whole hashes
// into it, and checks that they have its items.
func (s *Service) resolve(ctx context.Context, w *weighing, r *Regrade) error {
	current, err := s.enrollments.Newest(ctx)
	if err != nil {
		return err
	}
	others := []*curriculum.Module{current.Module(r.Module)}
	for _, c := range []struct {
		field string
		hash  *string
	}{{"to_course", &r.ToCourse}, {"from_course", &r.FromCourse}} {
		if *c.hash == "" {
			continue
		}
		course, err := s.enrollments.CourseLike(ctx, *c.hash)
		if err != nil {
			return unlike(err, c.field)
		}
		*c.hash = course.Hash()
		m := course.Module(r.Module)
		if others = append(others, m); c.field == "to_course" {
			w.keyed = m
		}
	}
	if !slices.ContainsFunc(others, func(m *curriculum.Module) bool { return m != nil }) {
		return db.ErrNone
	}
	if err := r.mustHave(w.keyed, others...); err != nil {
		return err
	}
	for _, d := range r.Items {
		w.report.Items = append(w.report.Items, ItemRuling{Ruling: d})
	}
	return nil
}

// weighOne works out what becomes of one attempt.
func (s *Service) weighOne(ctx context.Context, w *weighing, t *taken, given answers) error {
	r := w.report
	if !t.Draw.asks(r.Regrade) {
		return nil
	}
	if t.PersonID == access.From(ctx).ID {
		return ErrOwnQuiz
	}
	switch {
	case t.State == Open:
		r.Open++
		return nil
	case w.mine[t.ID]:
		r.Already++
		return nil
	}
	m, err := s.marking(ctx, w, t.Draw.Course)
	if err != nil {
		return err
	}
	questions, err := t.Draw.questions(m.module)
	if err != nil {
		return err
	}
	marked, err := m.rulings.mark(m.module, questions, given, m.rules)
	if err != nil {
		return err
	}
	row := &Regraded{AttemptID: t.ID, Round: 1, Old: t.first()}
	if last := w.last[t.ID]; last != nil {
		row.Round, row.Old = last.Round+1, last.New
	}
	row.New = r.Policy.holds(row.Old, marked)
	w.rows = append(w.rows, row)
	if row.Old.Passed && !row.New.Passed {
		w.losers = append(w.losers, t.EnrollmentID)
	}
	r.Flips = append(r.Flips, Flip{t.EnrollmentID, t.ID, t.Number, row.Old, row.New})
	w.note(questions, m.rulings)
	return nil
}

// asks reports whether a draw has one of the items of a regrade.
func (f frozen) asks(r *Regrade) bool {
	return slices.ContainsFunc(f.Items, func(it frozenItem) bool {
		return slices.ContainsFunc(r.Items, func(d Ruling) bool { return d.Item == it.Item })
	})
}

// note keeps what the items of the regrade were in one attempt.
func (w *weighing) note(questions []question, rs rulings) {
	for i := range w.report.Items {
		it := &w.report.Items[i]
		at := slices.IndexFunc(questions, func(q question) bool { return q.item.ID == it.Item })
		if at < 0 {
			continue
		}
		asked := questions[at].item
		it.Attempts++
		if key := words(asked.Key()); !slices.Contains(it.Keys, key) {
			it.Keys = append(it.Keys, key)
		}
		if it.Treatment == CorrectedKey {
			it.NewKey = words(rs[it.Item].item.Key())
			it.Reworded = it.Reworded || reworded(asked, w.keyed.Item(it.Item))
		}
	}
}

// marking returns how attempts of a course are marked: by all that was decided
// of them, this regrade last.
func (s *Service) marking(ctx context.Context, w *weighing, hash string) (*marking, error) {
	if m := w.courses[hash]; m != nil {
		return m, nil
	}
	r := w.report.Regrade
	course, err := s.enrollments.Course(ctx, hash)
	if err != nil {
		return nil, err
	}
	p := course.Program(r.Program)
	if p == nil {
		return nil, fmt.Errorf("course %.12s has no program %s", hash, r.Program)
	}
	m := &marking{module: course.Module(r.Module), rules: p.Quiz}
	if m.module == nil {
		return nil, fmt.Errorf("course %.12s has no module %s", hash, r.Module)
	}
	m.rulings, err = s.rulings(ctx, m.module, append(slices.Clip(w.decided), r), hash)
	w.courses[hash] = m
	return m, err
}

// rulings works out what of some regrades is in force for attempts of a module
// that were begun with the course of that hash.
func (s *Service) rulings(ctx context.Context, m *curriculum.Module, decided []*Regrade, hash string) (rulings, error) {
	var inForce []*Regrade
	corrected := make(map[string]*curriculum.Module)
	for _, r := range decided {
		if !r.of(hash) {
			continue
		}
		inForce = append(inForce, r)
		if r.ToCourse != "" && corrected[r.ToCourse] == nil {
			course, err := s.enrollments.Course(ctx, r.ToCourse)
			if err != nil {
				return nil, err
			}
			corrected[r.ToCourse] = course.Module(r.Module)
		}
	}
	return rule(m, inForce, func(course string) *curriculum.Module { return corrected[course] })
}

// words writes a response in a line.
func words(response []string) string { return strings.Join(response, " ") }

// reworded reports whether another version of an item reads otherwise.
func reworded(asked, other *curriculum.Item) bool {
	same := func(a, b curriculum.Option) bool { return a.ID == b.ID && a.Text == b.Text }
	byID := func(it *curriculum.Item) []curriculum.Option {
		return slices.SortedFunc(slices.Values(it.Options), func(a, b curriculum.Option) int { return strings.Compare(string(a.ID), string(b.ID)) })
	}
	return asked.Stem != other.Stem || !slices.EqualFunc(byID(asked), byID(other), same) ||
		!slices.EqualFunc(asked.Prompts, other.Prompts, func(a, b curriculum.Prompt) bool { return a.ID == b.ID && a.Text == b.Text })
}
