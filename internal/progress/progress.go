// Package progress works out what is done and what is missing on the way to a
// certificate. It stores nothing: the answer is a pure function of the pinned
// program, the evidence and the time, worked out anew each time it is asked.
package progress

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/attendance"
	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/internal/experience"
	"github.com/kapstone-lms/kapstone/internal/practicum"
	"github.com/kapstone-lms/kapstone/internal/quiz"
	"github.com/kapstone-lms/kapstone/internal/records"
	"github.com/kapstone-lms/kapstone/internal/standing"
	"github.com/kapstone-lms/kapstone/internal/study"
)

// Service gathers the evidence and evaluates it.
type Service struct {
	db          *db.DB
	enrollments *enrollment.Service
	study       *study.Service
	quizzes     *quiz.Service
	practicum   *practicum.Service
	experience  *experience.Service
	now         func() time.Time
}

// New returns a Service over the features that keep evidence.
func New(d *db.DB, e *enrollment.Service, st *study.Service, q *quiz.Service, p *practicum.Service, x *experience.Service, now func() time.Time) *Service {
	return &Service{db: d, enrollments: e, study: st, quizzes: q, practicum: p, experience: x, now: now}
}

// Evidence is all that counts for one enrollment.
type Evidence struct {
	Lessons       map[curriculum.LessonID]time.Time // completed when
	Quizzes       map[curriculum.ModuleKey]quiz.Standing
	Sessions      []practicum.Session
	ExperienceMet bool
	NameConfirmed bool
	Attended      attendance.Evidence
	Records       []*records.Record
	Waivers       []*standing.Waiver
	Holds         []*standing.Hold
	Life          enrollment.Life
	Track         string
	Zone          *time.Location // of the cohort; nil means UTC
	Cohort        CohortFacts
}

// CohortFacts is what a program's constraints look at.
type CohortFacts struct {
	Size      int // trainees enrolled
	Leaders   int // instructors
	Directors int // of the program
}

// Of returns the progress of an enrollment that the actor may see.
func (s *Service) Of(ctx context.Context, enrollmentID string) (*Report, error) {
	p, err := s.enrollments.See(ctx, access.SeeEnrollment, enrollmentID)
	if err != nil {
		return nil, err
	}
	reports, err := s.Evaluate(ctx, s.db, []*enrollment.Pinned{p})
	if err != nil {
		return nil, err
	}
	return reports[0], nil
}

// Evaluate returns the progress of each enrollment, in the order given. It
// asks each feature once, however many enrollments there are, and does not ask
// who may see them. It reads through idb: a certificate is issued on evidence
// read inside its own transaction.
func (s *Service) Evaluate(ctx context.Context, idb bun.IDB, all []*enrollment.Pinned) ([]*Report, error) {
	evidence, err := s.Gather(ctx, idb, all)
	if err != nil {
		return nil, err
	}
	now := s.now()
	reports := make([]*Report, len(all))
	for i, p := range all {
		reports[i] = Evaluate(p.Edition, p.Course, evidence[i], now)
		reports[i].EnrollmentID = p.ID
	}
	return reports, nil
}

// Gather collects the evidence of each enrollment, in the order given.
func (s *Service) Gather(ctx context.Context, idb bun.IDB, all []*enrollment.Pinned) ([]Evidence, error) {
	ids := make([]string, len(all))
	for i, p := range all {
		ids[i] = p.ID
	}
	lessons, err := s.study.Completed(ctx, idb, ids)
	if err != nil {
		return nil, fmt.Errorf("gather evidence: %w", err)
	}
	quizzes, err := s.quizzes.Evidence(ctx, idb, ids)
	if err != nil {
		return nil, fmt.Errorf("gather evidence: %w", err)
	}
	sessions, err := s.practicum.Evidence(ctx, idb, ids)
	if err != nil {
		return nil, fmt.Errorf("gather evidence: %w", err)
	}
	met, err := s.experience.Met(ctx, idb, ids)
	if err != nil {
		return nil, fmt.Errorf("gather evidence: %w", err)
	}
	lives, err := s.enrollments.Life(ctx, idb, ids)
	if err != nil {
		return nil, fmt.Errorf("gather evidence: %w", err)
	}
	zones, err := zonesOf(lives)
	if err != nil {
		return nil, fmt.Errorf("gather evidence: %w", err)
	}
	evidence := make([]Evidence, len(all))
	for i, p := range all {
		evidence[i] = Evidence{
			Lessons: lessons[p.ID], Quizzes: byModule(quizzes[p.ID]), Sessions: sessions[p.ID],
			ExperienceMet: met[p.ID], NameConfirmed: !p.NameConfirmedAt.IsZero(),
			Life: lives[p.ID], Track: p.Track, Zone: zones[lives[p.ID].Zone],
		}
	}
	return evidence, nil
}

// zonesOf loads the time zones of lives, each once: they are read from disk.
func zonesOf(lives map[string]enrollment.Life) (map[string]*time.Location, error) {
	zones := make(map[string]*time.Location)
	for _, l := range lives {
		if zones[l.Zone] == nil {
			zone, err := time.LoadLocation(l.Zone)
			if err != nil {
				return nil, err
			}
			zones[l.Zone] = zone
		}
	}
	return zones, nil
}

func byModule(standings []quiz.Standing) map[curriculum.ModuleKey]quiz.Standing {
	all := make(map[curriculum.ModuleKey]quiz.Standing, len(standings))
	for _, q := range standings {
		all[q.Module] = q
	}
	return all
}
