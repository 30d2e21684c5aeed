package practicum

import (
	"context"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/internal/fault"
	"github.com/kapstone-lms/kapstone/internal/text"
	"github.com/kapstone-lms/kapstone/internal/vetting"
)

// How practice is rated: the trainee rates themselves first, and a grader sees
// that only beside grades of their own. Grades can be corrected until the log
// is signed. A safety criterion below the program's floor stops the enrollment.

// An Alarm stops an enrollment because of how a log was graded.
type Alarm interface {
	// Raise stops the enrollment inside the deed that graded the log, or
	// changes nothing where it is stopped for that log already. It is told the
	// titles of the criteria that were graded below the floor.
	Raise(ctx context.Context, tx bun.IDB, p *enrollment.Pinned, logID string, titles []string) error
}

// AlarmedBy has unsafe grades stop the enrollment. An alarm knows of decisions
// about people, so it is given after they are opened.
func (s *Service) AlarmedBy(alarm Alarm) { s.alarm = alarm }

// The faults of rating.
var (
	ErrSelfRating = ErrMissing.At("self_rating").Says("Rate yourself before you send this log: c1 to c7, each a grade of 1 to 4 or NO.").With("missing", []string{"self_rating"})
	ErrNotGrader  = fault.New(fault.Forbidden, "not_grader", "Only who graded a log corrects its grades.")
	ErrNothing    = fault.New(fault.Conflict, "not_graded", "This log has no grades to correct.")
)

// rated refuses a log without the self-rating that the program asks for.
func (l *Log) rated(rules curriculum.PracticumRules) error {
	if rules.SelfRating && len(l.SelfRating) == 0 {
		return ErrSelfRating
	}
	return nil
}

// unswayed is a log as somebody else than its author sees it: before it is
// graded without the self-rating, which would sway the grader.
func (l *Log) unswayed() *Log {
	if l.Status == Submitted {
		shown := *l
		shown.SelfRating = nil
		return &shown
	}
	return l
}

// unsafe returns the criteria of safety that were graded below the floor.
func unsafe(rules curriculum.PracticumRules, g Grades) (below []curriculum.Criterion) {
	for _, c := range rules.TheRubric() {
		if n := g[c.Key]; n > 0 && n < rules.SafetyFloor && slices.Contains(rules.SafetyCriteria, c.Key) {
			below = append(below, c)
		}
	}
	return below
}

// raise stops the enrollment where a log was graded unsafe.
func (s *Service) raise(ctx context.Context, tx bun.IDB, p *enrollment.Pinned, logID string, g Grades) error {
	below := unsafe(p.Edition.Practicum, g)
	if len(below) == 0 || s.alarm == nil {
		return nil
	}
	titles := make([]string, len(below))
	for i, c := range below {
		titles[i] = c.Title
	}
	return s.alarm.Raise(ctx, tx, p, logID, titles)
}

// Correct puts other grades and other feedback in the place of the actor's own,
// on a log that nobody has signed yet. The verdict names the version that was
// read. The ledger keeps the grades of before and after.
func (s *Service) Correct(ctx context.Context, id string, v Verdict) (*Log, error) {
	v.Feedback = text.Tidy(v.Feedback)
	if err := v.check(); err != nil {
		return nil, err
	}
	return s.judge(ctx, access.GradeLog, id, "log.grade_corrected", func(ctx context.Context, tx bun.IDB, l *Log, p *enrollment.Pinned) (map[string]any, error) {
		details := map[string]any{"before": l.Grades, "after": v.Grades, "feedback_changed": l.Feedback != v.Feedback}
		if err := l.correct(access.From(ctx).ID, v, s.now()); err != nil {
			return nil, err
		}
		return details, s.raise(ctx, tx, p, id, v.Grades)
	}, vetting.Text{Field: "feedback", Text: v.Feedback})
}

// correct is grade for a log that the same person graded before.
func (l *Log) correct(grader string, v Verdict, at time.Time) error {
	switch {
	case l.Status == Countersigned:
		return ErrLocked
	case l.Status != Graded:
		return ErrNothing
	case l.GraderID != grader:
		return ErrNotGrader
	case v.Version != l.Version:
		return ErrStale
	}
	l.Grades, l.Feedback, l.ObservedBy = v.Grades, v.Feedback, v.ObservedBy
	l.GradedAt, l.UpdatedAt = db.At(at), db.At(at)
	return nil
}
