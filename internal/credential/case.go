package credential

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/internal/practicum"
	"github.com/kapstone-lms/kapstone/internal/progress"
)

// A case is computed (DESIGN 2.22): what a valid certificate rests on is held
// against the evidence as it stands now. Facts only. Nothing follows by itself:
// a certificate stays valid until a person revokes it.

// Case returns what of the evidence for a certificate that Of returned holds
// less than when it was issued; nothing for one that is not valid any more. Only
// who runs the program is told: the holder sees the facts where they are.
func (s *Service) Case(ctx context.Context, c *Certificate) ([]Reason, error) {
	if c.Status != Valid || !enrollment.Administers(access.From(ctx), c.Program) {
		return nil, nil
	}
	all, err := s.enrollments.ByID(ctx, s.db, []string{c.EnrollmentID})
	if err != nil {
		return nil, err
	}
	p, err := s.enrollments.Pin(ctx, all[c.EnrollmentID])
	if err != nil {
		return nil, err
	}
	evidence, err := s.progress.Gather(ctx, s.db, []*enrollment.Pinned{p})
	if err != nil {
		return nil, err
	}
	return s.caseOf(ctx, c, p, evidence[0])
}

// caseOf holds a certificate's snapshot against evidence, by the rules and at
// the time of the snapshot, so that no mere passing of time is taken for a
// change. A hold is a decision and no evidence.
func (s *Service) caseOf(ctx context.Context, c *Certificate, p *enrollment.Pinned, e progress.Evidence) ([]Reason, error) {
	var was snapshot
	if err := json.Unmarshal([]byte(c.Evidence), &was); err != nil {
		return nil, fmt.Errorf("read the evidence of certificate %s: %w", c.ID, err)
	}
	if p.CourseHash != was.CourseHash {
		course, err := s.enrollments.Course(ctx, was.CourseHash)
		if err != nil {
			return nil, err
		}
		if p, err = s.enrollments.PinTo(p.Enrollment, course); err != nil {
			return nil, err
		}
	}
	e.Holds = nil
	return was.less(progress.Evaluate(p.Edition, p.Course, e, was.EvaluatedAt), e), nil
}

// less lists what a snapshot says more than a report and its evidence.
func (was snapshot) less(r *progress.Report, e progress.Evidence) (all []Reason) {
	for _, n := range was.Requirements {
		if now := r.Find(n.ID); n.Status.Done() && now != nil && len(now.Of) == 0 && !now.Status.Done() {
			all = append(all, Reason{Requirement: n.ID, Title: now.Title, Missing: append([]string{"it was met when the certificate was issued"}, now.Missing...)})
		}
	}
	for _, q := range was.Quizzes {
		fact := ""
		for key, now := range e.Quizzes {
			switch {
			case string(key) != q.Module:
			case !now.Passed:
				fact = fmt.Sprintf("passed with %d %% when the certificate was issued, not passed by now", q.Percent)
			case now.BestPercent < q.Percent:
				fact = fmt.Sprintf("%d %% when the certificate was issued, %d %% now", q.Percent, now.BestPercent)
			}
		}
		if fact != "" {
			all = append(all, Reason{Title: "The quiz of " + q.Module, Missing: []string{fact}})
		}
	}
	for _, x := range was.Sessions {
		stands := slices.ContainsFunc(e.Sessions, func(now practicum.Session) bool {
			return now.LogID == x.LogID && now.Status == practicum.Countersigned && now.Intact
		})
		if !stands {
			all = append(all, Reason{Title: "A session that counted", Missing: []string{"log " + x.LogID + " is not as it was signed"}})
		}
	}
	for i := range all {
		all[i].Next = "Look at it, and decide whether the certificate stands. It stays valid until somebody revokes it."
	}
	return all
}
