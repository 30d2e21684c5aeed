package quiz

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/fault"
	"github.com/kapstone-lms/kapstone/internal/text"
)

// A Treatment says what becomes of an item in a regrade.
type Treatment string

// The treatments.
const (
	CorrectedKey  Treatment = "corrected_key"  // marked by the key of another course
	EveryoneRight Treatment = "everyone_right" // counted as answered right, whatever was given
	Dropped       Treatment = "dropped"        // not counted at all
)

// A Policy says which score holds after a regrade.
type Policy string

// The policies.
const (
	BestOfBoth  Policy = "best_of_both" // the better one: no attempt is made worse
	AsCorrected Policy = "as_corrected" // the new one, better or worse
)

// A Ruling is what is decided of one item.
type Ruling struct {
	Item      curriculum.ItemID
	Treatment Treatment
}

// A RegradeForm asks for a regrade of a program's attempts at a module's quiz:
// those that asked one of the items, of every course or of FromCourse. Courses
// are named by their hashes, or by the first eight digits or more. ToCourse has
// the corrected keys, and may be left out where no key is corrected.
type RegradeForm struct {
	Program    string
	Module     curriculum.ModuleKey
	Items      []Ruling
	FromCourse string
	ToCourse   string
	Policy     Policy // "" for BestOfBoth
	Reason     string // 1 to 1000 characters; trainees do not read it, since it may tell a key
}

// A Regrade is the deed on record. Regrades of one program and module are
// numbered from 1; a later ruling on an item replaces an earlier one.
type Regrade struct {
	bun.BaseModel `bun:"table:quiz_regrades"`

	ID         string `bun:",pk"`
	Program    string
	Module     curriculum.ModuleKey
	Number     int
	Items      []Ruling `bun:"type:text"`
	FromCourse string   `bun:",nullzero"`
	ToCourse   string   `bun:",nullzero"`
	Policy     Policy
	Reason     string
	RegradedBy string // person id
	RegradedAt db.Time
}

// A Mark is how an attempt ended by one way of marking it.
type Mark struct {
	Correct        int
	Asked          int
	Percent        int // rounded down
	Passed         bool
	CriticalMissed []curriculum.ObjectiveID `bun:"type:text"` // in the order of the module
}

func markOf(s score) Mark { return Mark{s.correct, s.asked, s.percent, s.passed, s.criticalMissed} }

// A Regraded is what a regrade made of one attempt: its mark until then, and
// from then on. Rounds of an attempt count from 1. It stays; the attempt's own
// row keeps the first score for ever.
type Regraded struct {
	bun.BaseModel `bun:"table:quiz_regraded"`

	AttemptID  string `bun:",pk"`
	Round      int    `bun:",pk"`
	RegradeID  string
	RegradedAt db.Time
	Old        Mark `bun:"embed:old_"`
	New        Mark `bun:"embed:new_"`
}

// The faults of regrading.
var (
	ErrItems      = fault.New(fault.Invalid, "bad_items", "Name 1 to 50 items, each once, and for each one of corrected_key, everyone_right and dropped.").At("items")
	ErrPolicy     = fault.New(fault.Invalid, "bad_policy", "The policy is best_of_both or as_corrected.").At("policy")
	ErrReason     = fault.New(fault.Invalid, "bad_reason", "Say in 1 to 1,000 characters of plain text why the attempts are regraded.").At("reason")
	ErrCourse     = fault.New(fault.Invalid, "unknown_course", "No course on record has a hash that begins so, or more than one has. A corrected key needs the course that has it.")
	ErrAskedItem  = fault.New(fault.Invalid, "unknown_item", "The module does not have one of these items in the courses named.").At("items")
	ErrOtherItem  = fault.New(fault.Conflict, "other_item", "The corrected version of an item is of another kind, or its right answer was never offered, so what was answered cannot be marked by it. Count the item as right for everyone, or drop it.").At("items")
	ErrNoneLeft   = fault.New(fault.Conflict, "nothing_left", "Some attempt would have no question left. Count the items as right for everyone instead.").At("items")
	ErrTooLarge   = fault.New(fault.Conflict, "too_many_attempts", "This would touch more than 10,000 attempts at once, or take a passed quiz from more than 3,000 trainees. Name the course they were begun with, one at a time.").At("from_course")
	ErrRegradedBy = fault.New(fault.Conflict, "regrade_moved", "Somebody regraded this quiz meanwhile. Look at the dry run again, then repeat it.")
	ErrOwnQuiz    = fault.New(fault.Forbidden, "own_quiz", "You take or took this quiz yourself, so somebody else has to do this.")
)

// The bounds of a regrade.
const (
	maxRulings  = 50
	maxWhy      = 1000   // characters of a reason
	maxAttempts = 10_000 // of a program and module
	maxLosers   = 3000   // enrollments that lose a passed quiz; each is locked, and PostgreSQL has room for about 6,000 locks
)

// check returns the regrade that a form asks for, without what it does not say.
func (f RegradeForm) check() (*Regrade, error) {
	r := &Regrade{Program: f.Program, Module: f.Module, FromCourse: f.FromCourse, ToCourse: f.ToCourse, Policy: f.Policy}
	if r.Policy == "" {
		r.Policy = BestOfBoth
	}
	if r.Policy != BestOfBoth && r.Policy != AsCorrected {
		return nil, ErrPolicy
	}
	var ok bool
	if r.Reason, ok = text.Fits(f.Reason, 1, maxWhy); !ok {
		return nil, ErrReason
	}
	seen := make(map[curriculum.ItemID]bool)
	for _, it := range f.Items {
		known := it.Treatment == CorrectedKey || it.Treatment == EveryoneRight || it.Treatment == Dropped
		if !known || it.Item == "" || seen[it.Item] {
			return nil, ErrItems
		}
		if seen[it.Item] = true; it.Treatment == CorrectedKey && f.ToCourse == "" {
			return nil, ErrCourse.At("to_course")
		}
	}
	if len(seen) == 0 || len(seen) > maxRulings {
		return nil, ErrItems
	}
	r.Items = slices.SortedFunc(slices.Values(f.Items), func(a, b Ruling) int { return cmp.Compare(a.Item, b.Item) })
	return r, nil
}

// same reports whether two regrades ask for the same thing.
func (r *Regrade) same(other *Regrade) bool {
	return r.FromCourse == other.FromCourse && r.ToCourse == other.ToCourse && r.Policy == other.Policy &&
		r.Reason == other.Reason && slices.Equal(r.Items, other.Items)
}

// of reports whether a regrade is about attempts begun with a course.
func (r *Regrade) of(course string) bool { return r.FromCourse == "" || r.FromCourse == course }

// better reports whether m is better than other for who took the attempt: to
// have passed is, then a higher score, then fewer critical objectives missed.
func (m Mark) better(other Mark) bool {
	switch {
	case m.Passed != other.Passed:
		return m.Passed
	case m.Percent != other.Percent:
		return m.Percent > other.Percent
	}
	return len(m.CriticalMissed) < len(other.CriticalMissed)
}

// holds returns the mark that holds after an attempt with one was marked anew.
func (p Policy) holds(old, marked Mark) Mark {
	if p == BestOfBoth && !marked.better(old) {
		return old
	}
	return marked
}

// rulings are the rulings in force on the items of one module of one course.
type rulings map[curriculum.ItemID]ruled

type ruled struct {
	Treatment
	item *curriculum.Item // with the corrected key
}

// rule works out the rulings in force on the items of a module, from regrades
// in their order; corrected finds the module with the corrected keys. It
// returns ErrOtherItem where an item cannot be marked so.
func rule(asked *curriculum.Module, decided []*Regrade, corrected func(course string) *curriculum.Module) (rulings, error) {
	rs := make(rulings)
	for _, r := range decided {
		for _, d := range r.Items {
			it := asked.Item(d.Item)
			if it == nil {
				continue
			}
			now := ruled{d.Treatment, nil}
			if d.Treatment == CorrectedKey {
				var ok bool
				if now.item, ok = it.Rekeyed(corrected(r.ToCourse).Item(d.Item)); !ok {
					return nil, ErrOtherItem.With("items", []string{string(d.Item)})
				}
			}
			rs[d.Item] = now
		}
	}
	return rs, nil
}

// apply returns what of an attempt counts: its questions without those that
// were dropped, by their corrected keys, and the answers with the right one
// where everybody is right.
func (rs rulings) apply(questions []question, given answers) ([]question, answers, error) {
	counted, given := make([]question, 0, len(questions)), maps.Clone(given)
	if given == nil {
		given = make(answers)
	}
	for _, q := range questions {
		switch r := rs[q.item.ID]; r.Treatment {
		case Dropped:
			continue
		case CorrectedKey:
			q = q.rekeyed(r.item)
		case EveryoneRight:
			right, err := q.canonical(q.key())
			if err != nil {
				return nil, nil, fmt.Errorf("question %s: %w", q.id, err)
			}
			given[q.id] = answer{response: right}
		}
		counted = append(counted, q)
	}
	return counted, given, nil
}

// mark grades an attempt under the rulings. It returns ErrNoneLeft when no
// question counts any more.
func (rs rulings) mark(m *curriculum.Module, questions []question, given answers, rules curriculum.QuizRules) (Mark, error) {
	questions, given, err := rs.apply(questions, given)
	if err != nil {
		return Mark{}, err
	}
	if len(questions) == 0 {
		return Mark{}, ErrNoneLeft
	}
	s, err := grade(m, questions, given, rules)
	return markOf(s), err
}

// rekeyed returns the question as it was asked, of an item with another key.
func (q question) rekeyed(it *curriculum.Item) question {
	q.item, q.options = it, slices.Clone(q.options)
	for i := range q.options {
		at := slices.IndexFunc(it.Options, func(o curriculum.Option) bool { return o.ID == q.options[i].ID })
		q.options[i].Option = it.Options[at] // Rekeyed keeps every option
	}
	return q
}

// mustHave returns ErrAskedItem unless each item stands in one of the modules,
// and one whose key is corrected in the one that has it.
func (r *Regrade) mustHave(corrected *curriculum.Module, others ...*curriculum.Module) error {
	var none []string
	for _, d := range r.Items {
		has := func(m *curriculum.Module) bool { return m != nil && m.Item(d.Item) != nil }
		if !has(corrected) && (d.Treatment == CorrectedKey || !slices.ContainsFunc(others, has)) {
			none = append(none, string(d.Item))
		}
	}
	if len(none) > 0 {
		return ErrAskedItem.With("items", none)
	}
	return nil
}

// unlike turns the fault of a name that leads to no course into one of the
// form.
func unlike(err error, field string) error {
	if f := fault.Of(err); f != nil && f.Kind == fault.NotFound {
		return ErrCourse.At(field)
	}
	return err
}
