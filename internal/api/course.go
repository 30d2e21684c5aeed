package api

import (
	"context"
	"time"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
)

// A taughtView is a module of the course that is taught now, for staff: on
// what grounds it is open.
type taughtView struct {
	ID         string       `json:"id"`
	Title      string       `json:"title"`
	CourseHash string       `json:"course_hash" doc:"names the exact content; an acceptance names it too"`
	Open       bool         `json:"open" doc:"trainees may read it and take its quiz"`
	Reviewed   bool         `json:"reviewed"`
	Reviews    []reviewView `json:"reviews"`
	AcceptedBy string       `json:"accepted_by" doc:"who let it be taught without a review; empty when nobody did"`
	AcceptedAt *time.Time   `json:"accepted_at"`
	Statement  string       `json:"statement" doc:"of the acceptance"`
}

type reviewView struct {
	Reviewer  string `json:"reviewer"`
	License   string `json:"license"`
	Date      string `json:"date" format:"date"`
	Statement string `json:"statement"`
}

type acceptanceView struct {
	Module     string    `json:"module"`
	CourseHash string    `json:"course_hash"`
	Statement  string    `json:"statement"`
	AcceptedBy string    `json:"accepted_by"`
	AcceptedAt time.Time `json:"accepted_at"`
}

func viewAcceptance(a *enrollment.Acceptance) acceptanceView {
	return acceptanceView{string(a.Module), a.CourseHash, a.Statement, a.AcceptedBy, a.AcceptedAt.Time}
}

func viewTaught(m enrollment.ModuleState) taughtView {
	v := taughtView{ID: string(m.Key), Title: m.Title, CourseHash: m.CourseHash, Reviewed: m.Reviewed(), Reviews: []reviewView{}, Open: m.Open}
	for _, r := range m.Reviews {
		v.Reviews = append(v.Reviews, reviewView{r.Reviewer, r.License, r.Date, r.Statement})
	}
	if a := m.Acceptance; a != nil {
		v.AcceptedBy, v.AcceptedAt, v.Statement = a.AcceptedBy, &a.AcceptedAt.Time, a.Statement
	}
	return v
}

type acceptInput struct {
	Module string `path:"module" maxLength:"40"`
	Body   struct {
		Statement  string `json:"statement" maxLength:"2000" doc:"on what grounds it may be taught without a review" example:"Our medical director read the module; the formal review is under way."`
		CourseHash string `json:"course_hash" maxLength:"64" doc:"of the course you looked at, as GET /modules names it" example:"0000000000000000000000000000000000000000000000000000000000000000"`
	}
}

type diffInput struct {
	ByID
	From int `query:"from" minimum:"0" maximum:"9999" doc:"the older version; left out: the one before to"`
	To   int `query:"to" minimum:"0" maximum:"9999" doc:"the newer version; left out: the newest on record"`
}

type diffView struct {
	Program string           `json:"program"`
	From    int              `json:"from"`
	To      int              `json:"to"`
	Items   []ruleChangeView `json:"items"`
}

type ruleChangeView struct {
	Change string `json:"change" enum:"added,removed,changed,ordered"`
	Where  string `json:"where" doc:"the requirement or other part; empty for the program itself"`
	Field  string `json:"field" doc:"as in the program's file"`
	From   string `json:"from"`
	To     string `json:"to"`
	Text   string `json:"text" doc:"the change in words"`
}

func viewDiff(program string, d *enrollment.EditionDiff) diffView {
	v := diffView{program, d.From, d.To, make([]ruleChangeView, len(d.Changes))}
	for i, c := range d.Changes {
		v.Items[i] = ruleChangeView{string(c.Kind), c.Where, c.Field, c.From, c.To, c.String()}
	}
	return v
}

func (a *API) courseRoutes() {
	handle(a, Route{Method: "GET", Path: Base + "/modules", ID: "list-taught-modules", Act: access.SeePrograms, tag: "course", summary: "The modules taught now, and whether they were reviewed or accepted"},
		func(ctx context.Context, _ *empty) (*listOf[taughtView], error) {
			rows, err := a.Enrollments.ModuleStates(ctx)
			if err != nil {
				return nil, err
			}
			return pageOf(rows, 0, nil, viewTaught), nil
		})
	handle(a, Route{Method: "POST", Path: Base + "/modules/{module}/acceptance", ID: "accept-module", Act: access.AcceptUnreviewed, tag: "course", status: 201, summary: "Let a module be taught that no clinician reviewed; again (200) gives the first acceptance"},
		func(ctx context.Context, in *acceptInput) (*made[acceptanceView], error) {
			acc, isNew, err := a.Enrollments.Accept(ctx, in.Body.CourseHash, curriculum.ModuleKey(in.Module), in.Body.Statement)
			if err != nil {
				return nil, err
			}
			return madeOf(isNew, viewAcceptance(acc)), nil
		})
	handle(a, Route{Method: "GET", Path: Base + "/programs/{id}/diff", ID: "program-diff", Act: access.SeeEditions, tag: "course", summary: "What changed between two editions of a program"},
		func(ctx context.Context, in *diffInput) (*reply[diffView], error) {
			d, err := a.Enrollments.DiffEditions(ctx, in.ID, in.From, in.To)
			if err != nil {
				return nil, err
			}
			return &reply[diffView]{viewDiff(in.ID, d)}, nil
		})
}
