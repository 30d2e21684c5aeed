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

// result makes the result of an attempt that was handed in.
func (f *frame) result(a *attempt, given answers) (*Result, error) {
	r := &Result{
		ID: a.ID, EnrollmentID: a.EnrollmentID, Module: a.Module, Number: a.Number, Revision: given.revision(),
		StartedAt: a.StartedAt.Time, Deadline: a.Deadline.Time, SubmittedAt: a.SubmittedAt.Time, ClosedBy: a.ClosedBy,
		Correct: a.Correct, Asked: a.Asked, ScorePercent: a.ScorePercent, Passed: a.Passed, CriticalMissed: []curriculum.Objective{},
	}
	for _, o := range f.module.Objectives {
		if slices.Contains(a.CriticalMissed, o.ID) {
			r.CriticalMissed = append(r.CriticalMissed, o)
		}
	}
	if !mayReview(f.rules.Review, a.Passed) {
		return r, nil
	}
	var err error
	r.Review, err = f.review(given)
	return r, err
}

// mayReview is the rule of when the key may be seen.
func mayReview(policy curriculum.Review, passed bool) bool {
	return policy == curriculum.ReviewAfterPass && passed
}

func (f *frame) review(given answers) (*Review, error) {
	all := &Review{Items: make([]ReviewedItem, len(f.questions))}
	for i := range f.questions {
		q := &f.questions[i]
		item := ReviewedItem{
			Question: q.ask(), Response: []string{}, Answer: q.key(), Key: make([]ReviewedOption, len(q.options)),
			Tolerance: q.item.Tolerance, Accepted: q.item.Accept, Why: q.item.Why,
		}
		for j, o := range q.options {
			item.Key[j] = ReviewedOption{o.id, q.item.InKey(o.ID), o.Why}
		}
		var err error
		if a, ok := given[q.id]; ok {
			if item.Response, err = chosen(a.response); err != nil {
				return nil, err
			}
			if item.Right, err = q.right(a.response); err != nil {
				return nil, err
			}
		}
		all.Items[i] = item
	}
	return all, nil
}
