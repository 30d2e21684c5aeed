package api

import (
	"context"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
)

type programView struct {
	ID      string `json:"id"`
	Version int    `json:"version"`
	Title   string `json:"title"`
	Summary string `json:"summary"`
	Default bool   `json:"default"`
	Example bool   `json:"example" doc:"shows how a real program could read; nobody can be enrolled in it"`
}

type cohortView struct {
	ID            string   `json:"id"`
	Program       string   `json:"program"`
	Name          string   `json:"name"`
	StartsOn      string   `json:"starts_on" format:"date"`
	EndsOn        string   `json:"ends_on" format:"date"`
	TimeZone      string   `json:"time_zone"`
	InstructorIDs []string `json:"instructor_ids"`
}

func viewCohort(c *enrollment.Cohort) cohortView {
	v := cohortView{c.ID, c.Program, c.Name, c.StartsOn, c.EndsOn, c.TimeZone, c.Instructors}
	if v.InstructorIDs == nil {
		v.InstructorIDs = []string{}
	}
	return v
}

type cohortInput struct {
	Body struct {
		Program       string   `json:"program" maxLength:"60" example:"kap_foundation"`
		Name          string   `json:"name" maxLength:"200" example:"Autumn cohort"`
		StartsOn      string   `json:"starts_on" maxLength:"10" example:"2026-11-02"`
		EndsOn        string   `json:"ends_on" maxLength:"10" example:"2027-06-30"`
		TimeZone      string   `json:"time_zone" maxLength:"64" example:"America/Denver"`
		InstructorIDs []string `json:"instructor_ids" maxItems:"100" example:"[]"`
	}
}

type enrollInput struct {
	ByID
	Body struct {
		UserID      string `json:"user_id" maxLength:"64" example:"0193d5a0-0000-7000-8000-000000000000"`
		EffectiveOn string `json:"effective_on,omitempty" maxLength:"10" doc:"from when clocks run and evidence counts, in the past; left out: today"`
		Track       string `json:"track,omitempty" maxLength:"60" doc:"a track of the program; left out where it has none"`
	}
}

type supervisorsInput struct {
	ByID
	Body struct {
		UserIDs []string `json:"user_ids" maxItems:"100" doc:"empty: the cohort's instructors supervise" example:"[]"`
	}
}

type supervisorsView struct {
	UserIDs []string `json:"user_ids"`
}

func (a *API) cohortRoutes() {
	handle(a, Route{Method: "GET", Path: Base + "/programs", ID: "list-programs", Act: access.SeePrograms, tag: "cohorts", summary: "List programs"},
		func(ctx context.Context, _ *empty) (*listOf[programView], error) {
			rows, err := a.Enrollments.Programs(ctx)
			if err != nil {
				return nil, err
			}
			return pageOf(rows, 0, nil, func(p *curriculum.Program) programView {
				return programView{p.Key, p.Version, p.Title, p.Summary, p.Default, p.Example}
			}), nil
		})
	handle(a, Route{Method: "POST", Path: Base + "/cohorts", ID: "open-cohort", Act: access.ManageCohorts, tag: "cohorts", status: 201, summary: "Open a cohort"},
		func(ctx context.Context, in *cohortInput) (*reply[cohortView], error) {
			b := in.Body
			c, err := a.Enrollments.OpenCohort(ctx, enrollment.Cohort{
				Program: b.Program, Name: b.Name, StartsOn: b.StartsOn, EndsOn: b.EndsOn, TimeZone: b.TimeZone, Instructors: b.InstructorIDs,
			})
			if err != nil {
				return nil, err
			}
			return &reply[cohortView]{viewCohort(c)}, nil
		})
	handle(a, Route{Method: "GET", Path: Base + "/cohorts", ID: "list-cohorts", Act: access.SeePrograms, tag: "cohorts", summary: "List the cohorts you teach or administer"},
		func(ctx context.Context, in *Page) (*listOf[cohortView], error) {
			after, err := in.after()
			if err != nil {
				return nil, err
			}
			rows, err := a.Enrollments.Cohorts(ctx, after, in.Limit)
			if err != nil {
				return nil, err
			}
			return pageOf(rows, in.Limit, func(c *enrollment.Cohort) string { return c.ID }, viewCohort), nil
		})
}

func (a *API) memberRoutes() {
	handle(a, Route{Method: "POST", Path: Base + "/cohorts/{id}/enrollments", ID: "enroll", Act: access.ManageCohorts, tag: "cohorts", status: 201, summary: "Enroll a person in a cohort"},
		func(ctx context.Context, in *enrollInput) (*reply[enrollmentView], error) {
			e, err := a.Enrollments.EnrollAs(ctx, enrollment.Entry{
				CohortID: in.ID, PersonID: in.Body.UserID, EffectiveOn: in.Body.EffectiveOn, Track: in.Body.Track,
			})
			if err != nil {
				return nil, err
			}
			return a.showEnrollment(ctx, e)
		})
	handle(a, Route{Method: "GET", Path: Base + "/cohorts/{id}/enrollments", ID: "list-cohort-enrollments", Act: access.SeeCohort, tag: "cohorts", summary: "List a cohort's enrollments"},
		func(ctx context.Context, in *ByID) (*listOf[memberView], error) {
			rows, err := a.Enrollments.OfCohort(ctx, access.SeeCohort, in.ID)
			if err != nil {
				return nil, err
			}
			names, err := a.names(ctx, rows)
			if err != nil {
				return nil, err
			}
			lives, err := a.lives(ctx, rows...)
			if err != nil {
				return nil, err
			}
			return pageOf(rows, 0, nil, func(e *enrollment.Enrollment) memberView {
				return memberView{viewEnrollment(e, lives), names[e.PersonID]}
			}), nil
		})
	handle(a, Route{Method: "PUT", Path: Base + "/enrollments/{id}/supervisors", ID: "set-supervisors", Act: access.ManageCohorts, tag: "cohorts", summary: "Name who supervises an enrollment"},
		func(ctx context.Context, in *supervisorsInput) (*reply[supervisorsView], error) {
			ids, err := a.Enrollments.SetSupervisors(ctx, in.ID, in.Body.UserIDs)
			if err != nil {
				return nil, err
			}
			if ids == nil {
				ids = []string{}
			}
			return &reply[supervisorsView]{supervisorsView{ids}}, nil
		})
}

// names finds the names of enrolled people for staff who see their cohort.
func (a *API) names(ctx context.Context, rows []*enrollment.Enrollment) (map[string]string, error) {
	ids := make([]string, len(rows))
	for i, e := range rows {
		ids[i] = e.PersonID
	}
	return a.People.Names(ctx, a.DB, ids)
}
