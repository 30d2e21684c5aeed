package quiz

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/itemstats"
)

// An AnalysisQuery asks how the items of a module's quiz did in a program.
type AnalysisQuery struct {
	Program string // "" for the default one of the course taught now
	Module  curriculum.ModuleKey
	Cohort  string // "" for all that the actor reaches
	First   bool   // of each enrollment the first attempt only
}

// An Analysis says how items did, by their versions: the same content in
// another course is the same version. It shows keys and is for staff.
type Analysis struct {
	AnalysisQuery
	Attempts int
	People   int
	Cut      bool // there are more attempts; these are the ones handed in last
	Items    []AnalyzedItem
	Form     itemstats.Form
	Notes    []string // what the figures are and are not, in words
}

// An AnalyzedItem is how one version of an item did.
type AnalyzedItem struct {
	itemstats.ItemReport
	Item      curriculum.ItemID
	Version   string
	Courses   []string // the hashes of the courses in which it was asked
	Kind      curriculum.Kind
	Objective curriculum.ObjectiveID
	Critical  bool
	Stem      string
	Texts     []string // of the options, in their order
	Few       bool     // so few people met it that who chose what is left out
}

// The bounds of an analysis.
const (
	maxAnalyzed = 5000 // attempts
	minPeople   = 5    // below which nobody's choice is shown
)

var analysisNotes = []string{
	"Every answer is marked by the key that was asked. A regrade changes no figure here.",
	fmt.Sprintf("Figures are left out of an item that fewer than %d attempts met, and who chose what of one that fewer than %d people met, so that nobody is recognized.",
		itemstats.MinAttempts, minPeople),
	"Seconds are an estimate: from the save before, or from the start, to the first save of an answer. Reading ahead, pauses and going back are not told apart.",
	fmt.Sprintf("Reliability is what coefficient alpha (KR-20 where an answer is right or wrong) is expected to be for a form drawn from this pool, from how items go together that at least %d attempts met together. "+
		"Attempts do not meet the same items, so it is no property of any one form. Items of one case, and several tries of one person, make it look higher than it is. Below about 30 attempts it moves a lot, and a short quiz has a low one.", itemstats.MinPair),
}

// Analyze says how the items of a quiz did in the attempts that were handed in:
// to instructors those of whom they teach, to others those of the program. It
// returns ErrOwnQuiz to who has the quiz still to pass, and takes a handful of
// queries however many attempts there are.
func (s *Service) Analyze(ctx context.Context, q AnalysisQuery) (*Analysis, error) {
	if err := access.From(ctx).May(access.SeeItemAnalysis); err != nil {
		return nil, err
	}
	current, err := s.enrollments.Newest(ctx)
	if err != nil {
		return nil, err
	}
	if q.Program == "" {
		q.Program = current.Default().Key
	}
	if err := s.mayMark(ctx, access.SeeItemAnalysis, q.Program, q.Module); err != nil {
		return nil, err
	}
	sc := scope{program: q.Program, module: q.Module, cohort: q.Cohort, first: q.First,
		within: s.enrollments.Reached(ctx, access.Instructor, access.Admin, access.Director)}
	if q.Cohort != "" {
		switch c, err := s.enrollments.Cohort(ctx, access.SeeItemAnalysis, q.Cohort); {
		case err != nil:
			return nil, err
		case c.Program != q.Program:
			return nil, db.ErrNone
		}
	}
	t, err := s.tally(ctx, sc)
	if err != nil {
		return nil, fmt.Errorf("analyze items: %w", err)
	}
	if len(t.attempts) == 0 && current.Module(q.Module) == nil {
		return nil, db.ErrNone
	}
	return t.analysis(q), nil
}

// A tally collects what attempts gave to the versions of items.
type tally struct {
	attempts []itemstats.Attempt
	people   map[string]bool
	items    map[string]*tallied // by version and item
}

type tallied struct {
	AnalyzedItem
	asked  *curriculum.Item
	people map[string]bool
}

// tally reads the newest attempts of a scope and marks every answer by the key
// that was asked.
func (s *Service) tally(ctx context.Context, sc scope) (*tally, error) {
	all, err := takenIn(ctx, sc.query(s.db).Where("t.id IN (?)", sc.newest(s.db, maxAnalyzed)))
	if err != nil {
		return nil, err
	}
	journal, err := savedIn(ctx, sc.query(s.db).Where("t.id IN (?)", sc.newest(s.db, maxAnalyzed)))
	if err != nil {
		return nil, err
	}
	saves := make(map[string][]*saved)
	for _, row := range journal {
		saves[row.AttemptID] = append(saves[row.AttemptID], row)
	}
	t := &tally{people: make(map[string]bool), items: make(map[string]*tallied)}
	for _, a := range all {
		course, err := s.enrollments.Course(ctx, a.Draw.Course)
		if err != nil {
			return nil, err
		}
		m := course.Module(sc.module)
		if m == nil {
			return nil, fmt.Errorf("the course of attempt %s has no module %s", a.ID, sc.module)
		}
		if err := t.add(a, m, saves[a.ID]); err != nil {
			return nil, fmt.Errorf("attempt %s: %w", a.ID, err)
		}
	}
	return t, nil
}

// add counts one attempt.
func (t *tally) add(a *taken, m *curriculum.Module, saves []*saved) error {
	questions, err := a.Draw.questions(m)
	if err != nil {
		return err
	}
	t.people[a.PersonID] = true
	seconds, last := timed(a.StartedAt.Time, saves), make(map[string]string)
	for _, row := range saves { // an item's by their revisions
		last[row.Item] = row.Response
	}
	one := itemstats.Attempt{ID: a.ID}
	for i := range questions {
		q := &questions[i]
		response, err := q.bankResponse(last[q.id])
		if err != nil {
			return err
		}
		it := t.item(m, q.item, a.Draw.Course)
		it.people[a.PersonID] = true
		earned, err := q.credit(last[q.id])
		if err != nil {
			return err
		}
		spent, ok := seconds[q.id]
		if !ok {
			spent = -1
		}
		one.Answers = append(one.Answers, itemstats.Answer{Item: it.Name, Credit: itemstats.Credit(earned), Omitted: len(response) == 0, Chosen: response, Seconds: spent})
	}
	t.attempts = append(t.attempts, one)
	return nil
}

// bankResponse reads a canonical response in the ids of the bank; "" is none.
func (q *question) bankResponse(canonical string) ([]string, error) {
	if canonical == "" {
		return nil, nil
	}
	response, err := chosen(canonical)
	if err != nil {
		return nil, err
	}
	return q.inBank(response)
}

// timed estimates how many seconds were spent on each item: until its first
// save, from the save before or from the start.
func timed(start time.Time, saves []*saved) map[string]int {
	inTime := slices.SortedStableFunc(slices.Values(saves), func(a, b *saved) int { return a.SavedAt.Compare(b.SavedAt.Time) })
	all := make(map[string]int)
	for _, row := range inTime {
		if row.Revision == 1 {
			all[row.Item] = max(0, int(row.SavedAt.Sub(start)/time.Second))
		}
		start = row.SavedAt.Time
	}
	return all
}

// item returns what is known of a version of an item that an attempt asked.
func (t *tally) item(m *curriculum.Module, it *curriculum.Item, course string) *tallied {
	version := m.Version(it)
	name := string(it.ID) + " " + version
	found := t.items[name]
	if found == nil {
		found = &tallied{people: make(map[string]bool)}
		found.Name, found.Item, found.Version = name, it.ID, version
		t.items[name] = found
	}
	found.asked, found.Kind, found.Objective, found.Critical, found.Stem = it, it.Kind, it.Objective, it.Critical, it.Stem
	if !slices.Contains(found.Courses, course) {
		found.Courses = append(found.Courses, course)
	}
	return found
}

// offers returns an item's options where one or more of them are chosen.
func (t *tallied) offers() (all []itemstats.Option) {
	if t.Kind != curriculum.Single && t.Kind != curriculum.Multiple {
		return nil
	}
	for _, o := range t.asked.Options {
		all = append(all, itemstats.Option{ID: string(o.ID), Key: o.Correct})
	}
	return all
}

// analysis works out the figures.
func (t *tally) analysis(q AnalysisQuery) *Analysis {
	a := &Analysis{AnalysisQuery: q, Attempts: len(t.attempts), People: len(t.people), Cut: len(t.attempts) == maxAnalyzed, Notes: analysisNotes}
	var order []*tallied
	for _, it := range t.items {
		order = append(order, it)
	}
	slices.SortFunc(order, func(a, b *tallied) int { return cmp.Compare(a.Name, b.Name) })
	items := make([]itemstats.Item, len(order))
	for i, it := range order {
		items[i] = itemstats.Item{Name: it.Name, Options: it.offers()}
	}
	report := itemstats.Analyze(items, t.attempts)
	a.Form = report.Form
	for i, it := range order {
		it.ItemReport = report.Items[i]
		for range it.Options {
			it.Texts = append(it.Texts, it.asked.Options[len(it.Texts)].Text)
		}
		it.Few = len(it.people) < minPeople
		a.Items = append(a.Items, it.AnalyzedItem)
	}
	return a
}
