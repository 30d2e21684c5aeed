package quiz

import (
	"context"
	"fmt"

	"github.com/kapstone-lms/kapstone/internal/curriculum"
)

// open shows an attempt under way with its current answers.
func (f *frame) open(all answers) (*OpenSheet, error) {
	s := &OpenSheet{
		ID: f.id, EnrollmentID: f.enrollmentID, Module: f.module.Key, Number: f.number, Revision: all.revision(),
		StartedAt: f.startedAt, Deadline: f.deadline, Items: make([]Question, len(f.questions)), Answers: make(map[string]Answer, len(all)),
	}
	for i := range f.questions {
		s.Items[i] = f.questions[i].ask()
	}
	for item, a := range all {
		ids, err := chosen(a.response)
		if err != nil {
			return nil, err
		}
		s.Answers[item] = Answer{ids, a.revision, a.savedAt.Time}
	}
	return s, nil
}

// result shows an attempt that was handed in, with as much of the key as the
// program's review policy allows.
func (s *Service) result(ctx context.Context, f *frame, a *attempt) (*Result, error) {
	all, err := latest(ctx, s.db, a.ID)
	if err != nil {
		return nil, fmt.Errorf("read answers: %w", err)
	}
	r := &Result{
		ID: a.ID, EnrollmentID: a.EnrollmentID, Module: a.Module, Number: a.Number, Revision: all.revision(), StartedAt: a.StartedAt.Time,
		Deadline: a.Deadline.Time, SubmittedAt: a.SubmittedAt.Time, ClosedBy: a.ClosedBy, Correct: a.Correct, Asked: a.Asked,
		ScorePercent: a.ScorePercent, Passed: a.Passed, CriticalMissed: []curriculum.Objective{},
	}
	for _, o := range f.module.Objectives {
		for _, id := range a.CriticalMissed {
			if o.ID == id {
				r.CriticalMissed = append(r.CriticalMissed, o)
			}
		}
	}
	if mayReview(f.rules, a.Passed) {
		r.Review, err = f.review(all)
	}
	return r, err
}

// mayReview is the rule of the review policy. The key of an attempt that
// failed would be the key of the next one.
func mayReview(rules curriculum.QuizRules, passed bool) bool {
	return rules.Review == curriculum.ReviewAfterPass && passed
}

func (f *frame) review(all answers) (*Review, error) {
	r := &Review{Items: make([]ReviewedItem, len(f.questions))}
	for i := range f.questions {
		q := &f.questions[i]
		given := all[q.id].response
		ids, err := chosen(orNone(given))
		if err != nil {
			return nil, err
		}
		right, err := q.right(given)
		if err != nil {
			return nil, err
		}
		r.Items[i] = ReviewedItem{Question: q.ask(), Response: ids, Right: right}
		for _, o := range q.options {
			r.Items[i].Key = append(r.Items[i].Key, ReviewedOption{o.id, o.Correct, o.Why})
		}
	}
	return r, nil
}
