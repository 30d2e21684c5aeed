package demo

import (
	"time"

	"github.com/kapstone-lms/kapstone/internal/attendance"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/standing"
)

// meet makes up what the cohort meets for: a session that has just ended, with
// claims that wait, and two to come.
func (s *seeder) meet(who *walker) error {
	ended, err := s.session("Opening session", s.Clock.Now().Add(-time.Hour))
	if err != nil {
		return err
	}
	for i, op := range []string{"confirm-presence.id", "correct-presence.id", "refuse-presence.id"} {
		p, err := s.Attendance.Claim(who.ctx, ended.ID, attendance.Stay{
			EnrollmentID: who.enrollment.ID, In: 20 * i, Out: 20*i + 20, Delivery: attendance.Online,
		})
		if err != nil {
			return err
		}
		s.example(op, p.ID)
	}
	s.example("correct-presence.in_minute", 20)
	s.example("correct-presence.out_minute", 35)
	for _, op := range []string{"roster.id", "set-roster.id", "claim-presence.id"} {
		s.example(op, ended.ID)
	}
	s.example("claim-presence.enrollment_id", s.rec.Examples["id"])
	s.example("set-roster.items", []map[string]any{{
		"enrollment_id": s.rec.Examples["id"], "in_minute": 0, "out_minute": 60, "delivery": attendance.InPerson,
	}})
	for i, op := range []string{"change-event.id", "cancel-event.id"} {
		e, err := s.session("Live session", s.Clock.Now().AddDate(0, 0, 7*(i+1)))
		if err != nil {
			return err
		}
		s.example(op, e.ID)
	}
	return nil
}

func (s *seeder) session(title string, at time.Time) (*attendance.Event, error) {
	return s.Attendance.Plan(s.teach, s.cohort.ID, attendance.Event{
		Series: "live_sessions", Title: title, Category: "didactic", Delivery: attendance.Hybrid, StartsAt: db.At(at), Minutes: 60,
	})
}

// stand makes up what is decided by name about one trainee: waivers that wait,
// a hold that is open, and one that was upheld.
func (s *seeder) stand(who *walker) error {
	ops := []string{"approve-waiver.id", "decline-waiver.id", "withdraw-waiver.id"}
	for r := range s.Enrollments.Current().Default().Leaves() {
		if r.Unwaivable || len(ops) == 0 {
			continue
		}
		w, err := s.Standing.Propose(s.teach, who.enrollment.ID, standing.Proposal{
			Requirement: r.ID, Reason: "Took an equal course elsewhere.", Evidence: "Certificate seen.",
		})
		if err != nil {
			return err
		}
		s.example("propose-waiver.requirement", r.ID)
		s.example(ops[0], w.ID)
		ops = ops[1:]
	}
	hold, err := s.hold(who)
	if err != nil {
		return err
	}
	s.example("reply-hold.id", hold.ID)
	s.example("decide-hold.id", hold.ID)
	upheld, err := s.hold(who)
	if err != nil {
		return err
	}
	if _, err := s.Standing.Reply(who.ctx, upheld.ID, "The train was late."); err != nil {
		return err
	}
	if _, err := s.Standing.Decide(s.admin, upheld.ID, standing.Upheld, "Three times is a pattern."); err != nil {
		return err
	}
	for _, op := range []string{"remediate-hold.id", "appeal-hold.id", "decide-appeal.id"} {
		s.example(op, upheld.ID)
	}
	return nil
}

func (s *seeder) hold(who *walker) (*standing.Hold, error) {
	return s.Standing.OpenHold(s.teach, who.enrollment.ID, standing.Opening{
		Kind: standing.Conduct, Facts: "Late to three live sessions; left two of them early.",
		Told: "You came late to three live sessions and left two of them early. Tell us how you see it.",
	})
}
