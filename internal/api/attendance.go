package api

import (
	"context"
	"time"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/attendance"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
)

type eventView struct {
	ID         string     `json:"id"`
	CohortID   string     `json:"cohort_id"`
	Series     string     `json:"series" doc:"the key that the program's requirements name"`
	Title      string     `json:"title"`
	Category   string     `json:"category"`
	Topic      string     `json:"topic"`
	Delivery   string     `json:"delivery" enum:"live_online,live_in_person,hybrid"`
	StartsAt   time.Time  `json:"starts_at"`
	Minutes    int        `json:"minutes" doc:"planned"`
	MakesUp    string     `json:"makes_up" doc:"the event that this one makes up for; empty for an event of its own"`
	CanceledAt *time.Time `json:"canceled_at"`
	Version    int64      `json:"version"`
}

func viewEvent(e *attendance.Event) eventView {
	return eventView{
		e.ID, e.CohortID, e.Series, e.Title, e.Category, e.Topic, e.Delivery, e.StartsAt.Time, e.Minutes, e.MakesUp, moment(e.CanceledAt), e.Version,
	}
}

// A stayView is a presence as the trainee sees it: not who entered and decided.
type stayView struct {
	ID           string     `json:"id"`
	Delivery     string     `json:"delivery" enum:"live_online,live_in_person"`
	InMinute     int        `json:"in_minute" doc:"after the start"`
	OutMinute    int        `json:"out_minute"`
	State        string     `json:"state" enum:"claimed,confirmed,refused,replaced"`
	EnteredAt    time.Time  `json:"entered_at"`
	DecidedAt    *time.Time `json:"decided_at"`
	DecisionNote string     `json:"decision_note" doc:"why it was refused"`
	Replaces     string     `json:"replaces" doc:"the presence that this one corrects"`
}

func viewStay(p *attendance.Presence) stayView {
	return stayView{
		p.ID, p.Delivery, p.InMinute, p.OutMinute, string(p.State), p.EnteredAt.Time, moment(p.DecidedAt), p.DecisionNote, p.Replaces,
	}
}

// A presenceView is a presence as staff see it.
type presenceView struct {
	stayView
	EventID      string `json:"event_id"`
	EnrollmentID string `json:"enrollment_id"`
	EnteredBy    string `json:"entered_by" doc:"a person's id"`
	DecidedBy    string `json:"decided_by"`
	Version      int64  `json:"version"`
}

func viewPresence(p *attendance.Presence) presenceView {
	return presenceView{viewStay(p), p.EventID, p.EnrollmentID, p.EnteredBy, p.DecidedBy, p.Version}
}

// A claimView is a claim for whoever made it.
type claimView struct {
	stayView
	EventID      string `json:"event_id"`
	EnrollmentID string `json:"enrollment_id"`
}

// minutesView is what one person's presences come to. No minute counts twice,
// and none after the planned end.
type minutesView struct {
	OnlineMinutes   int `json:"online_minutes" doc:"confirmed"`
	InPersonMinutes int `json:"in_person_minutes" doc:"confirmed"`
	WaitingMinutes  int `json:"waiting_minutes" doc:"claimed, and not decided"`
	LateMinutes     int `json:"late_minutes" doc:"after the start, until they first came"`
}

func viewMinutes(a attendance.Attended) minutesView {
	return minutesView{a.Online, a.Present, a.Waiting, a.Late}
}

type attendedView struct {
	Event eventView `json:"event"`
	Day   string    `json:"day" format:"date" doc:"when it began, in the cohort's time zone"`
	minutesView
	Presences []stayView `json:"presences" doc:"all on record, refused and replaced ones too"`
}

func viewAttended(e attendance.Entry) attendedView {
	v := attendedView{Event: viewEvent(e.Event), Day: e.Day, minutesView: viewMinutes(e.Attended), Presences: []stayView{}}
	for _, p := range e.Presences {
		v.Presences = append(v.Presences, viewStay(p))
	}
	return v
}

type rosterView struct {
	Event eventView  `json:"event"`
	Items []lineView `json:"items"`
}

type lineView struct {
	EnrollmentID string `json:"enrollment_id"`
	UserID       string `json:"user_id"`
	Name         string `json:"name"`
	minutesView
	Presences []presenceView `json:"presences" doc:"all on record, refused and replaced ones too"`
}

// roster shows a roster with the names of those on it.
func (a *API) roster(ctx context.Context, r *attendance.Roster, err error) (*reply[rosterView], error) {
	if err != nil {
		return nil, err
	}
	people := make([]*enrollment.Enrollment, len(r.Lines))
	for i, l := range r.Lines {
		people[i] = l.Enrollment
	}
	names, err := a.names(ctx, people)
	if err != nil {
		return nil, err
	}
	v := rosterView{viewEvent(r.Event), make([]lineView, len(r.Lines))}
	for i, l := range r.Lines {
		e := l.Enrollment
		v.Items[i] = lineView{e.ID, e.PersonID, names[e.PersonID], viewMinutes(l.Attended), []presenceView{}}
		for _, p := range l.Presences {
			v.Items[i].Presences = append(v.Items[i].Presences, viewPresence(p))
		}
	}
	return &reply[rosterView]{v}, nil
}

type newEventInput struct {
	ByID
	Body struct {
		Series   string    `json:"series" maxLength:"60" doc:"the key that the program's requirements name" example:"live_sessions"`
		Title    string    `json:"title" maxLength:"400" example:"Preparation together"`
		Category string    `json:"category" maxLength:"60" doc:"of its hours: didactic, skills_practice, discussion or another key" example:"didactic"`
		Topic    string    `json:"topic,omitempty" maxLength:"60" example:"preparation"`
		Delivery string    `json:"delivery" enum:"live_online,live_in_person,hybrid" example:"hybrid"`
		StartsAt time.Time `json:"starts_at" example:"2026-12-01T17:00:00Z"`
		Minutes  int       `json:"minutes" doc:"planned, 1 to 1440; of a retreat an event a day" example:"120"`
		MakesUp  string    `json:"makes_up,omitempty" maxLength:"64" doc:"the event of the same series that this one makes up for"`
	}
}

type changeEventInput struct {
	ByID
	Body struct {
		Series   *string    `json:"series,omitempty" maxLength:"60"`
		Title    *string    `json:"title,omitempty" maxLength:"400" example:"Preparation together, once more"`
		Category *string    `json:"category,omitempty" maxLength:"60"`
		Topic    *string    `json:"topic,omitempty" maxLength:"60"`
		Delivery *string    `json:"delivery,omitempty" enum:"live_online,live_in_person,hybrid"`
		StartsAt *time.Time `json:"starts_at,omitempty"`
		Minutes  *int       `json:"minutes,omitempty"`
		MakesUp  *string    `json:"makes_up,omitempty" maxLength:"64" doc:"empty: an event of its own"`
		Version  int64      `json:"version" minimum:"1" doc:"the version you read" example:"1"`
	}
}

// A StayBody is a time at an event.
type StayBody struct {
	InMinute  int    `json:"in_minute" doc:"whole minutes after the start" example:"0"`
	OutMinute int    `json:"out_minute" doc:"whole minutes after the start; up to 60 after the planned end, which do not count" example:"60"`
	Delivery  string `json:"delivery,omitempty" enum:"live_online,live_in_person" doc:"how they were there; may be left out unless the event was hybrid" example:"live_online"`
}

// A WhoseStayBody is a time at an event, and whose.
type WhoseStayBody struct {
	EnrollmentID string `json:"enrollment_id" maxLength:"64"`
	StayBody
}

func (b WhoseStayBody) stay() attendance.Stay {
	return attendance.Stay{EnrollmentID: b.EnrollmentID, In: b.InMinute, Out: b.OutMinute, Delivery: b.Delivery}
}

type claimInput struct {
	ByID
	Body WhoseStayBody
}

type rosterInput struct {
	ByID
	Body struct {
		Items []WhoseStayBody `json:"items" minItems:"1" maxItems:"500" doc:"all the time that each person named has at this event; those not named stay as they are"`
	}
}

type presenceCorrectionInput struct {
	ByID
	Body StayBody
}

type refusalInput struct {
	ByID
	Body struct {
		Note string `json:"note" maxLength:"2000" doc:"why; the trainee reads it" example:"You left at the break."`
	}
}

func (a *API) attendanceRoutes() {
	events := Base + "/cohorts/{id}/events"
	handle(a, Route{Method: "POST", Path: events, ID: "plan-event", Act: access.ManageEvents, tag: "attendance", status: 201, summary: "Plan an event of a cohort"},
		func(ctx context.Context, in *newEventInput) (*reply[eventView], error) {
			b := in.Body
			return shown(viewEvent)(a.Attendance.Plan(ctx, in.ID, attendance.Event{
				Series: b.Series, Title: b.Title, Category: b.Category, Topic: b.Topic, Delivery: b.Delivery, StartsAt: db.At(b.StartsAt),
				Minutes: b.Minutes, MakesUp: b.MakesUp,
			}))
		})
	handle(a, Route{Method: "GET", Path: events, ID: "list-events", Act: access.SeeEvents, tag: "attendance", summary: "List a cohort's events: one you are in, teach or administer"},
		func(ctx context.Context, in *pageOfInput) (*listOf[eventView], error) {
			after, err := in.after()
			if err != nil {
				return nil, err
			}
			rows, err := a.Attendance.Events(ctx, in.ID, after, in.Limit)
			if err != nil {
				return nil, err
			}
			return pageOf(rows, in.Limit, func(e *attendance.Event) string { return e.ID }, viewEvent), nil
		})
	handle(a, Route{Method: "PATCH", Path: Base + "/events/{id}", ID: "change-event", Act: access.ManageEvents, tag: "attendance", summary: "Change an event while nobody's presence counts"},
		func(ctx context.Context, in *changeEventInput) (*reply[eventView], error) {
			b := in.Body
			return shown(viewEvent)(a.Attendance.Change(ctx, in.ID, attendance.Change{
				Series: b.Series, Title: b.Title, Category: b.Category, Topic: b.Topic, Delivery: b.Delivery, StartsAt: b.StartsAt,
				Minutes: b.Minutes, MakesUp: b.MakesUp, Version: b.Version,
			}))
		})
	handle(a, Route{Method: "POST", Path: Base + "/events/{id}/cancellation", ID: "cancel-event", Act: access.ManageEvents, tag: "attendance", summary: "Record that an event does not take place"},
		func(ctx context.Context, in *ByID) (*reply[eventView], error) {
			return shown(viewEvent)(a.Attendance.Cancel(ctx, in.ID))
		})
	a.presenceRoutes()
}

func (a *API) presenceRoutes() {
	roster := Base + "/events/{id}/roster"
	handle(a, Route{Method: "GET", Path: roster, ID: "roster", Act: access.SeeCohort, tag: "attendance", summary: "Who was at an event, and for how long"},
		func(ctx context.Context, in *ByID) (*reply[rosterView], error) {
			r, err := a.Attendance.Roster(ctx, in.ID)
			return a.roster(ctx, r, err)
		})
	handle(a, Route{Method: "PUT", Path: roster, ID: "set-roster", Act: access.TakeRoster, tag: "attendance", summary: "Enter who was at an event, for many people at once: all lines or none"},
		func(ctx context.Context, in *rosterInput) (*reply[rosterView], error) {
			items := make([]attendance.Stay, len(in.Body.Items))
			for i, b := range in.Body.Items {
				items[i] = b.stay()
			}
			r, err := a.Attendance.SetRoster(ctx, in.ID, items)
			return a.roster(ctx, r, err)
		})
	handle(a, Route{Method: "POST", Path: Base + "/events/{id}/presences", ID: "claim-presence", Act: access.ClaimPresence, tag: "attendance", status: 201, summary: "Say that you were at an event; it counts once it is confirmed"},
		func(ctx context.Context, in *claimInput) (*reply[claimView], error) {
			return shown(func(p *attendance.Presence) claimView { return claimView{viewStay(p), p.EventID, p.EnrollmentID} })(a.Attendance.Claim(ctx, in.ID, in.Body.stay()))
		})
	handle(a, Route{Method: "POST", Path: Base + "/presences/{id}/confirmation", ID: "confirm-presence", Act: access.TakeRoster, tag: "attendance", summary: "Let a claimed presence count"},
		func(ctx context.Context, in *ByID) (*reply[presenceView], error) {
			return shown(viewPresence)(a.Attendance.Confirm(ctx, in.ID))
		})
	handle(a, Route{Method: "POST", Path: Base + "/presences/{id}/refusal", ID: "refuse-presence", Act: access.TakeRoster, tag: "attendance", summary: "Say that a presence does not count, and why"},
		func(ctx context.Context, in *refusalInput) (*reply[presenceView], error) {
			return shown(viewPresence)(a.Attendance.Refuse(ctx, in.ID, in.Body.Note))
		})
	handle(a, Route{Method: "POST", Path: Base + "/presences/{id}/correction", ID: "correct-presence", Act: access.TakeRoster, tag: "attendance", status: 201, summary: "Replace a presence by one with other minutes; the old one stays on record"},
		func(ctx context.Context, in *presenceCorrectionInput) (*reply[presenceView], error) {
			return shown(viewPresence)(a.Attendance.Correct(ctx, in.ID, WhoseStayBody{StayBody: in.Body}.stay()))
		})
	handle(a, Route{Method: "GET", Path: Base + "/enrollments/{id}/attendance", ID: "attendance", Act: access.SeeEnrollment, tag: "attendance", summary: "The events of an enrollment and what its presences come to"},
		func(ctx context.Context, in *ByID) (*listOf[attendedView], error) {
			rows, err := a.Attendance.Of(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			return pageOf(rows, 0, nil, viewAttended), nil
		})
}
