package quiz

import (
	"fmt"
	"slices"

	"github.com/kapstone-lms/kapstone/internal/curriculum"
)

// open makes the sheet of an attempt under way that stands at an item, or at
// none.
func (f *frame) open(at string, given answers) (*OpenSheet, error) {
	questions := f.upTo(at)
	o := &OpenSheet{
		ID: f.id, EnrollmentID: f.enrollmentID, Module: f.module.Key, Number: f.number, Revision: given.revision(),
		StartedAt: f.startedAt, Deadline: f.deadline,
		Layout: f.module.Quiz.Pages, AtItem: at, ItemCount: len(f.questions),
		Items: make([]Question, len(questions)), Answers: make(map[string]Answer, len(given)),
	}
	for i := range questions {
		o.Items[i] = questions[i].ask()
	}
	for item, a := range given {
		response, err := chosen(a.response)
		if err != nil {
			return nil, fmt.Errorf("answer to %s: %w", item, err)
		}
		o.Answers[item] = Answer{response, a.revision, a.savedAt.Time}
	}
	return o, nil
}

// result makes the result of an attempt that was handed in, as far as it may be
// seen.
func (f *frame) result(a *attempt, given answers, see sight) (*Result, error) {
	r := &Result{
		ID: a.ID, EnrollmentID: a.EnrollmentID, Module: a.Module, Number: a.Number, Revision: given.revision(),
		StartedAt: a.StartedAt.Time, Deadline: a.Deadline.Time, SubmittedAt: a.SubmittedAt.Time, ClosedBy: a.ClosedBy,
		Withheld: !see.score, More: see.more,
	}
	if !see.score {
		return r, nil
	}
	r.Correct, r.Asked, r.ScorePercent, r.Passed, r.CriticalMissed = a.Correct, a.Asked, a.ScorePercent, a.Passed, []curriculum.Objective{}
	for _, o := range f.module.Objectives {
		if slices.Contains(a.CriticalMissed, o.ID) {
			r.CriticalMissed = append(r.CriticalMissed, o)
		}
		if !a.Passed && slices.Contains(a.Missed, o.ID) {
			r.Missed = append(r.Missed, MissedObjective{o, lessonsOf(f.module, o.ID)})
		}
	}
	if !see.key {
		return r, nil
	}
	var err error
	r.Review, err = f.review(given, see)
	return r, err
}

// lessonsOf lists the lessons about an objective.
func lessonsOf(m *curriculum.Module, id curriculum.ObjectiveID) (all []*curriculum.Lesson) {
	for _, l := range m.Lessons {
		if slices.Contains(l.Objectives, id) {
			all = append(all, l)
		}
	}
	return all
}

func (f *frame) review(given answers, see sight) (*Review, error) {
	all := &Review{}
	for i := range f.questions {
		q := &f.questions[i]
		a, ok := given[q.id]
		if !see.whole && (!ok || a.response == cleared) {
			continue
		}
		item := ReviewedItem{
			Question: q.ask(), Response: []string{}, Answer: q.key(), Key: make([]ReviewedOption, len(q.options)),
			Tolerance: q.item.Tolerance, Accepted: q.item.Accept,
		}
		if see.why {
			item.Why = q.item.Why
		}
		for j, o := range q.options {
			item.Key[j] = ReviewedOption{ID: o.id, Correct: q.item.InKey(o.ID)}
			if see.why {
				item.Key[j].Why = o.Why
			}
		}
		var err error
		if ok {
			if item.Response, err = chosen(a.response); err != nil {
				return nil, err
			}
			if item.Right, err = q.right(a.response); err != nil {
				return nil, err
			}
		}
		all.Items = append(all.Items, item)
	}
	return all, nil
}
