package api

import (
	"context"
	"fmt"
	"time"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/agreement"
	"github.com/kapstone-lms/kapstone/internal/practicum"
)

type disputeInput struct {
	ByID
	Body struct {
		Reason string `json:"reason" minLength:"1" maxLength:"4000" doc:"what you see differently; never a detail of a client" example:"I did call for the nurse; the grade says that I did not."`
	}
}

// A toRateView is a second rating that waits, and nothing of the first.
type toRateView struct {
	ID       string    `json:"id"`
	LogID    string    `json:"log_id"`
	Cause    string    `json:"cause" enum:"sample,dispute"`
	OpenedAt time.Time `json:"opened_at"`
}

func viewToRate(r *practicum.Second) toRateView {
	return toRateView{r.ID, r.LogID, string(r.Cause), r.OpenedAt.Time}
}

// A secondView is a second rating beside the first.
type secondView struct {
	toRateView
	Said     string           `json:"said" doc:"why the author disputes the grades"`
	FirstID  string           `json:"first_id"`
	First    map[string]grade `json:"first_grades" doc:"as they were when the second rating was asked for"`
	RaterID  string           `json:"rater_id" doc:"who gave the second rating, or is named to"`
	Grades   map[string]grade `json:"grades"`
	Feedback string           `json:"feedback"`
	RatedAt  *time.Time       `json:"rated_at"`
	Apart    map[string]int   `json:"apart" doc:"criteria graded differently, and how many levels lie between"`
}

func viewSecond(r *practicum.Second) secondView {
	return secondView{
		viewToRate(r), r.Said, r.FirstID, gradesOut(r.First), r.RaterID, gradesOut(r.Grades), r.Feedback, moment(r.RatedAt), r.Apart(),
	}
}

type kappaView struct {
	Value float64 `json:"value" doc:"1: full agreement; 0: what chance would give"`
	Low   float64 `json:"low" doc:"of the 95% confidence interval"`
	High  float64 `json:"high"`
}

type agreementView struct {
	Criterion string     `json:"criterion"`
	FirstID   string     `json:"first_id" doc:"empty with rater_id: all pairs of raters together"`
	RaterID   string     `json:"rater_id"`
	N         int        `json:"n" doc:"logs in which both graded it"`
	Same      int        `json:"same" doc:"of them with the same grade"`
	Linear    *kappaView `json:"linear_kappa" doc:"null where there is none: both always gave one grade"`
	Quadratic *kappaView `json:"quadratic_kappa"`
	Note      string     `json:"note" doc:"what to keep in mind, such as that there are too few"`
}

func viewAgreement(a *practicum.Agreement) agreementView {
	v := agreementView{Criterion: a.Criterion, FirstID: a.FirstID, RaterID: a.RaterID, N: a.N, Same: a.Same}
	if a.Known {
		v.Linear = &kappaView{a.Linear.Value, a.Linear.Low, a.Linear.High}
		v.Quadratic = &kappaView{a.Quadratic.Value, a.Quadratic.Low, a.Quadratic.High}
	}
	if a.Linear.Few() {
		v.Note = fmt.Sprintf("%d logs are too few to judge anybody by; wait for %d.", a.N, agreement.Few)
	}
	return v
}

type agreementInput struct {
	Program string `query:"program" maxLength:"64" doc:"only of this program; left out: of all that you run"`
}

type secondGradeInput struct {
	ByID
	Body struct{ GradeBody }
}

type raterInput struct {
	ByID
	Body struct {
		UserID string `json:"user_id" maxLength:"64"`
	}
}

func (a *API) secondRoutes() {
	seconds := Base + "/second-ratings"
	handle(a, Route{Method: "POST", Path: Base + "/logs/{id}/dispute", ID: "dispute-log", Act: access.WriteLog, tag: "practicum", summary: "Ask for a second rater of your graded log"},
		func(ctx context.Context, in *disputeInput) (*reply[logView], error) {
			return shownLog(a.Practicum.Dispute(ctx, in.ID, in.Body.Reason))
		})
	handle(a, Route{Method: "GET", Path: seconds, ID: "second-ratings", Act: access.GradeLog, tag: "grading", summary: "Logs that wait for you to rate them a second time"},
		func(ctx context.Context, in *Page) (*listOf[toRateView], error) {
			after, err := in.after()
			if err != nil {
				return nil, err
			}
			rows, err := a.Practicum.ToRate(ctx, after, in.Limit)
			if err != nil {
				return nil, err
			}
			return pageOf(rows, in.Limit, secondID, viewToRate), nil
		})
	handle(a, Route{Method: "GET", Path: seconds + "/{id}", ID: "second-rating", Act: access.GradeLog, tag: "grading", summary: "Read a log to rate it a second time; it shows nothing of the first grades"},
		func(ctx context.Context, in *ByID) (*reply[logView], error) {
			return shownLog(a.Practicum.ReadToRate(ctx, in.ID))
		})
	handle(a, Route{Method: "POST", Path: seconds + "/{id}/grade", ID: "rate-second", Act: access.GradeLog, tag: "grading", summary: "Give a second rating"},
		func(ctx context.Context, in *secondGradeInput) (*reply[secondView], error) {
			return shown(viewSecond)(a.Practicum.SecondRate(ctx, in.ID, in.Body.verdict(0)))
		})
	handle(a, Route{Method: "PUT", Path: seconds + "/{id}/rater", ID: "name-rater", Act: access.CompareRaters, tag: "grading", summary: "Name who is to rate a log a second time"},
		func(ctx context.Context, in *raterInput) (*reply[secondView], error) {
			return shown(viewSecond)(a.Practicum.NameRater(ctx, in.ID, in.Body.UserID))
		})
	handle(a, Route{Method: "GET", Path: Base + "/rating-differences", ID: "rating-differences", Act: access.CompareRaters, tag: "grading", summary: "Second ratings beside the first"},
		func(ctx context.Context, in *Page) (*listOf[secondView], error) {
			after, err := in.after()
			if err != nil {
				return nil, err
			}
			rows, err := a.Practicum.Compared(ctx, after, in.Limit)
			if err != nil {
				return nil, err
			}
			return pageOf(rows, in.Limit, secondID, viewSecond), nil
		})
	handle(a, Route{Method: "GET", Path: Base + "/rater-agreement", ID: "rater-agreement", Act: access.CompareRaters, tag: "grading", summary: "How far raters agree beyond chance, by criterion and pair"},
		func(ctx context.Context, in *agreementInput) (*listOf[agreementView], error) {
			rows, err := a.Practicum.Agreement(ctx, in.Program)
			if err != nil {
				return nil, err
			}
			return pageOf(rows, 0, nil, viewAgreement), nil
		})
}

func secondID(r *practicum.Second) string { return r.ID }
