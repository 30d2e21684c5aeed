package api

import (
	"context"
	"time"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/quiz"
)

// pauseView is the part of an open attempt that tells whether its clock stands
// still.
type pauseView struct {
	Paused           bool       `json:"paused" doc:"the clock stands still: no items are shown and nothing can be saved"`
	PauseEndsAt      *time.Time `json:"pause_ends_at" doc:"when a pause ends by itself; null outside one. The deadline less this is what is left on the clock"`
	PauseSecondsLeft int        `json:"pause_seconds_left" doc:"how long the clock may still stand still, rounded up"`
}

func viewPause(s *quiz.OpenSheet) pauseView {
	return pauseView{!s.PausedUntil.IsZero(), moment(db.At(s.PausedUntil)), int((s.PauseLeft + time.Second - 1) / time.Second)}
}

type accommodationView struct {
	TimePercent   int        `json:"time_percent" doc:"of each quiz's time limit"`
	ExtraAttempts int        `json:"extra_attempts" doc:"in each quiz, beyond the program's"`
	PauseMinutes  int        `json:"pause_minutes" doc:"how long the clock of an attempt may stand still in all"`
	Reason        string     `json:"reason" doc:"a class; empty while nothing was ever agreed"`
	SetBy         string     `json:"set_by,omitempty" doc:"for staff: a person's id"`
	SetAt         *time.Time `json:"set_at"`
	Version       int64      `json:"version" doc:"0 while nothing was ever agreed"`
}

func viewAccommodation(c *quiz.Accommodation) accommodationView {
	return accommodationView{c.TimePercent, c.ExtraAttempts, c.PauseMinutes, c.Reason, c.SetBy, moment(c.SetAt), c.Version}
}

type accommodationsView struct {
	accommodationView
	History []accommodationView `json:"history" doc:"all that was set, the newest first"`
}

type accommodationInput struct {
	ByID
	Body struct {
		TimePercent   int    `json:"time_percent" doc:"of each quiz's time limit, 100 to 400" example:"150"`
		ExtraAttempts int    `json:"extra_attempts" doc:"in each quiz, beyond the program's, 0 to 10" example:"1"`
		PauseMinutes  int    `json:"pause_minutes" doc:"how long the clock of an attempt may stand still in all, 0 to 120" example:"10"`
		Reason        string `json:"reason" enum:"documented_need,language,technical,other" doc:"a class and nothing more: no word about anybody's health" example:"documented_need"`
		Version       int64  `json:"version" minimum:"0" doc:"the version you read" example:"0"`
		Confirm       bool   `json:"confirm,omitempty" doc:"needed where less time ends attempts that are under way"`
	}
}

type extensionView struct {
	ID         string     `json:"id"`
	AttemptID  string     `json:"attempt_id,omitempty" doc:"of an extension for one attempt"`
	CohortID   string     `json:"cohort_id,omitempty" doc:"of one for all that a cohort had open"`
	Module     string     `json:"module"`
	Minutes    int        `json:"minutes"`
	Reason     string     `json:"reason"`
	Attempts   int        `json:"attempts,omitempty" doc:"for staff: how many it reached"`
	GivenBy    string     `json:"given_by,omitempty" doc:"for staff: a person's id"`
	GivenAt    *time.Time `json:"given_at"`
	ReversedBy string     `json:"reversed_by,omitempty" doc:"for staff: a person's id"`
	ReversedAt *time.Time `json:"reversed_at" doc:"null while it is in force"`
}

func viewExtension(x *quiz.Extension) extensionView {
	return extensionView{
		x.ID, x.AttemptID, x.CohortID, string(x.Module), x.Minutes, x.Reason, x.Attempts, x.GivenBy, moment(x.GivenAt), x.ReversedBy, moment(x.ReversedAt),
	}
}

// An ExtensionBody says how much time is given, and why.
type ExtensionBody struct {
	Minutes int    `json:"minutes" doc:"1 to 480" example:"15"`
	Reason  string `json:"reason" enum:"disturbance,technical,documented_need,other" doc:"a class and nothing more" example:"disturbance"`
}

type attemptExtensionInput struct {
	ByID
	Body ExtensionBody
}

type cohortExtensionInput struct {
	ByModule
	Body ExtensionBody
}

type reversalInput struct {
	ByID
	Body *struct { // may be left out whole
		Confirm bool `json:"confirm,omitempty" doc:"needed where this ends attempts that are under way" example:"true"`
	}
}

type windowView struct {
	Module   string     `json:"module"`
	OpensAt  *time.Time `json:"opens_at" doc:"null: no bound"`
	ClosesAt *time.Time `json:"closes_at" doc:"null: no bound"`
	Over     bool       `json:"over" doc:"it has closed, and nobody of the cohort can be in the quiz any more, whatever time they were given besides"`
	Version  int64      `json:"version" doc:"0 while none was ever set"`
}

func viewWindow(w *quiz.Window) windowView {
	return windowView{string(w.Module), moment(w.OpensAt), moment(w.ClosesAt), w.Over, w.Version}
}

type windowInput struct {
	ByModule
	Body struct {
		OpensAt  *time.Time `json:"opens_at" nullable:"true" doc:"from when an attempt may begin; null: no bound" example:"2026-01-05T17:00:00Z"`
		ClosesAt *time.Time `json:"closes_at" nullable:"true" doc:"until when; an attempt that was begun before has all its time; null: no bound" example:"2036-01-05T17:00:00Z"`
		Version  int64      `json:"version" minimum:"0" doc:"the version you read" example:"0"`
	}
}

// instant is the time at t, or none.
func instant(t *time.Time) db.Time {
	if t == nil {
		return db.Time{}
	}
	return db.At(*t)
}

func (a *API) quizTimeRoutes() {
	own := Base + "/enrollments/{id}/accommodations"
	handle(a, Route{Method: "GET", Path: own, ID: "accommodations", Act: access.SeeAccommodation, tag: "quiz time", summary: "What the person of an enrollment has in every quiz of its program"},
		func(ctx context.Context, in *ByID) (*reply[accommodationsView], error) {
			now, all, err := a.Quizzes.Accommodations(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			v := accommodationsView{viewAccommodation(now), make([]accommodationView, len(all))}
			for i, c := range all {
				v.History[i] = viewAccommodation(c)
			}
			return &reply[accommodationsView]{v}, nil
		})
	handle(a, Route{Method: "PUT", Path: own, ID: "accommodate", Act: access.AccommodateQuiz, tag: "quiz time", summary: "Set it, for every enrollment of that person in the program; attempts under way have it at once"},
		func(ctx context.Context, in *accommodationInput) (*reply[accommodationView], error) {
			b := in.Body
			return shown(viewAccommodation)(a.Quizzes.Accommodate(ctx, in.ID, quiz.Accommodation{
				TimePercent: b.TimePercent, ExtraAttempts: b.ExtraAttempts, PauseMinutes: b.PauseMinutes, Reason: b.Reason, Version: b.Version,
			}, b.Confirm))
		})
	a.extensionRoutes()
	a.pauseRoutes()
	a.windowRoutes()
}

func (a *API) extensionRoutes() {
	one, all := Base+"/attempts/{id}/extensions", Base+"/cohorts/{id}/modules/{module}/extensions"
	handle(a, Route{Method: "POST", Path: one, ID: "extend-attempt", Act: access.AccommodateQuiz, tag: "quiz time", status: 201, summary: "Give an attempt under way more minutes, at once"},
		func(ctx context.Context, in *attemptExtensionInput) (*reply[extensionView], error) {
			return shown(viewExtension)(a.Quizzes.Extend(ctx, in.ID, in.Body.Minutes, in.Body.Reason))
		})
	handle(a, Route{Method: "GET", Path: one, ID: "list-attempt-extensions", Act: access.SeeAccommodation, tag: "quiz time", summary: "The extensions that reached an attempt"},
		func(ctx context.Context, in *ByID) (*listOf[extensionView], error) {
			rows, err := a.Quizzes.Extensions(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			return pageOf(rows, 0, nil, viewExtension), nil
		})
	handle(a, Route{Method: "POST", Path: all, ID: "extend-cohort", Act: access.AccommodateQuiz, tag: "quiz time", status: 201, summary: "Give every attempt that the cohort has under way in a module more minutes, at once; who begins later gets none of it"},
		func(ctx context.Context, in *cohortExtensionInput) (*reply[extensionView], error) {
			return shown(viewExtension)(a.Quizzes.ExtendCohort(ctx, in.ID, curriculum.ModuleKey(in.Module), in.Body.Minutes, in.Body.Reason))
		})
	handle(a, Route{Method: "GET", Path: all, ID: "list-cohort-extensions", Act: access.AccommodateQuiz, tag: "quiz time", summary: "The extensions given to a cohort in a module"},
		func(ctx context.Context, in *ByModule) (*listOf[extensionView], error) {
			rows, err := a.Quizzes.CohortExtensions(ctx, in.ID, curriculum.ModuleKey(in.Module))
			if err != nil {
				return nil, err
			}
			return pageOf(rows, 0, nil, viewExtension), nil
		})
	handle(a, Route{Method: "POST", Path: Base + "/extensions/{id}/reversal", ID: "reverse-extension", Act: access.AccommodateQuiz, tag: "quiz time", summary: "Take an extension back; again changes nothing"},
		func(ctx context.Context, in *reversalInput) (*reply[extensionView], error) {
			return shown(viewExtension)(a.Quizzes.Reverse(ctx, in.ID, in.Body != nil && in.Body.Confirm))
		})
}

func (a *API) pauseRoutes() {
	handle(a, Route{Method: "POST", Path: Base + "/attempts/{id}/pause", ID: "pause-attempt", Act: access.TakeQuiz, tag: "quiz", summary: "Stop the clock of your attempt, as long as was agreed with you; again changes nothing"},
		func(ctx context.Context, in *ByID) (*reply[attemptView], error) {
			return shown(viewAttempt)(a.Quizzes.Pause(ctx, in.ID))
		})
	handle(a, Route{Method: "POST", Path: Base + "/attempts/{id}/resumption", ID: "resume-attempt", Act: access.TakeQuiz, tag: "quiz", summary: "Let the clock of your attempt go on; again changes nothing"},
		func(ctx context.Context, in *ByID) (*reply[attemptView], error) {
			return shown(viewAttempt)(a.Quizzes.Resume(ctx, in.ID))
		})
}

func (a *API) windowRoutes() {
	cohort := Base + "/cohorts/{id}/modules/{module}/window"
	handle(a, Route{Method: "GET", Path: cohort, ID: "cohort-window", Act: access.SeeCohort, tag: "quiz time", summary: "When a cohort may begin a module's quiz"},
		func(ctx context.Context, in *ByModule) (*reply[windowView], error) {
			return shown(viewWindow)(a.Quizzes.CohortWindow(ctx, in.ID, curriculum.ModuleKey(in.Module)))
		})
	handle(a, Route{Method: "PUT", Path: cohort, ID: "set-window", Act: access.ScheduleQuiz, tag: "quiz time", summary: "Say when a cohort may begin a module's quiz; attempts under way go on"},
		func(ctx context.Context, in *windowInput) (*reply[windowView], error) {
			b := in.Body
			return shown(viewWindow)(a.Quizzes.SetWindow(ctx, in.ID, curriculum.ModuleKey(in.Module), quiz.Window{
				OpensAt: instant(b.OpensAt), ClosesAt: instant(b.ClosesAt), Version: b.Version,
			}))
		})
	handle(a, Route{Method: "GET", Path: Base + "/enrollments/{id}/modules/{module}/window", ID: "window", Act: access.SeeEnrollment, tag: "quiz", summary: "When a module's quiz may begin"},
		func(ctx context.Context, in *ByModule) (*reply[windowView], error) {
			return shown(viewWindow)(a.Quizzes.Window(ctx, in.ID, curriculum.ModuleKey(in.Module)))
		})
}
