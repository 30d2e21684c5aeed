// Package progress works out what is done and what is missing on the way to a
// certificate. It stores nothing: the answer is a pure function of the pinned
// program, the evidence and the time, worked out anew each time it is asked.
package progress

import (
	"context"
	"errors"
	"fmt"
	"slices"
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

// Sources are the features that keep evidence.
type Sources struct {
	Study      *study.Service
	Quizzes    *quiz.Service
	Practicum  *practicum.Service
	Experience *experience.Service
	Records    *records.Service
	Attendance *attendance.Service
	Standing   *standing.Service
}

// Service gathers the evidence and evaluates it.
type Service struct {
	db          *db.DB
	enrollments *enrollment.Service
	sources     Sources
	now         func() time.Time
}

// New returns a Service over the features that keep evidence.
func New(d *db.DB, e *enrollment.Service, sources Sources, now func() time.Time) *Service {
	return &Service{db: d, enrollments: e, sources: sources, now: now}
}

// Evidence is all that counts for one enrollment.
type Evidence struct {
	Lessons       map[curriculum.LessonID]time.Time // completed when
	Looked        map[curriculum.LessonID]time.Time // last opened or completed when; asked for where the program sends trainees back
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
	Zone          *time.Location   // of the cohort; nil means UTC
	Cohort        enrollment.Facts // asked for where the program has constraints
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

// Gather collects the evidence of each enrollment, in the order given. It asks
// each feature once, however many there are.
func (s *Service) Gather(ctx context.Context, idb bun.IDB, all []*enrollment.Pinned) ([]Evidence, error) {
	g := gathering{ctx: ctx, idb: idb, ids: make([]string, len(all)), rows: make([]*enrollment.Enrollment, len(all))}
	for i, p := range all {
		g.ids[i], g.rows[i] = p.ID, p.Enrollment
	}
	lessons := ask(&g, s.sources.Study.Completed)
	looked := ask(&g, s.looked(all))
	quizzes := ask(&g, func(ctx context.Context, idb bun.IDB, _ []string) (map[string][]quiz.Standing, error) {
		return s.sources.Quizzes.Standings(ctx, idb, all)
	})
	sessions := ask(&g, s.sources.Practicum.Evidence)
	met := ask(&g, s.sources.Experience.Met)
	entered := ask(&g, s.sources.Records.Evidence)
	stands := ask(&g, s.sources.Standing.Evidence)
	lives := ask(&g, s.enrollments.Life)
	attended := askOf(&g, s.sources.Attendance.Evidence)
	facts := askOf(&g, func(ctx context.Context, idb bun.IDB, _ []*enrollment.Enrollment) (map[string]enrollment.Facts, error) {
		return s.enrollments.Facts(ctx, idb, constrained(all))
	})
	zones, err := zonesOf(lives)
	if err = errors.Join(g.err, err); err != nil {
		return nil, fmt.Errorf("gather evidence: %w", err)
	}
	evidence := make([]Evidence, len(all))
	for i, p := range all {
		evidence[i] = Evidence{
			Lessons: lessons[p.ID], Looked: looked[p.ID], Quizzes: byModule(quizzes[p.ID]), Sessions: sessions[p.ID],
			ExperienceMet: met[p.ID], NameConfirmed: !p.NameConfirmedAt.IsZero(),
			Attended: attended[p.ID], Records: entered[p.ID], Waivers: stands[p.ID].Waivers, Holds: stands[p.ID].Holds,
			Life: lives[p.ID], Track: p.Track, Zone: zones[lives[p.ID].Zone], Cohort: facts[p.CohortID],
		}
	}
	return evidence, nil
}

// A gathering asks one feature after the other until one fails.
type gathering struct {
	ctx  context.Context
	idb  bun.IDB
	ids  []string
	rows []*enrollment.Enrollment
	err  error
}

// ask asks a feature for the evidence of all enrollments, by their ids.
func ask[E any](g *gathering, of func(context.Context, bun.IDB, []string) (map[string]E, error)) (all map[string]E) {
	if g.err == nil {
		all, g.err = of(g.ctx, g.idb, g.ids)
	}
	return all
}

// askOf is ask for a feature that looks at the enrollments themselves.
func askOf[E any](g *gathering, of func(context.Context, bun.IDB, []*enrollment.Enrollment) (map[string]E, error)) (all map[string]E) {
	if g.err == nil {
		all, g.err = of(g.ctx, g.idb, g.rows)
	}
	return all
}

// looked asks when lessons were last looked at, where a program sends trainees
// back to them.
func (s *Service) looked(all []*enrollment.Pinned) quiz.Looked {
	if !slices.ContainsFunc(all, func(p *enrollment.Pinned) bool { return p.Edition.Quiz.Remediation == curriculum.RemedyLessons }) {
		return func(context.Context, bun.IDB, []string) (map[string]map[curriculum.LessonID]time.Time, error) {
			return nil, nil
		}
	}
	return s.sources.Study.Looked
}

// constrained lists the cohorts whose program looks at them.
func constrained(all []*enrollment.Pinned) (cohorts []string) {
	for _, p := range all {
		if p.Edition.Constraints != (curriculum.Constraints{}) && !slices.Contains(cohorts, p.CohortID) {
			cohorts = append(cohorts, p.CohortID)
		}
	}
	return cohorts
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
