package api

import (
	"context"
	"time"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/internal/progress"
)

type enrollmentView struct {
	ID              string     `json:"id"`
	CohortID        string     `json:"cohort_id"`
	UserID          string     `json:"user_id"`
	Program         string     `json:"program"`
	ProgramVersion  int        `json:"program_version"`
	CourseHash      string     `json:"course_hash" doc:"names the exact content this enrollment is pinned to"`
	Track           string     `json:"track,omitempty" doc:"where the program has tracks"`
	Status          string     `json:"status" enum:"active,on_leave,withdrawn,dismissed" doc:"as of today"`
	StartsOn        string     `json:"starts_on" format:"date" doc:"from when clocks run and evidence counts"`
	EnrolledAt      time.Time  `json:"enrolled_at"`
	PrintedName     string     `json:"printed_name" doc:"as confirmed for the certificate; empty until then"`
	NameConfirmedAt *time.Time `json:"name_confirmed_at"`
	Version         int64      `json:"version"`
}

// A memberView is an enrollment for staff: with the person's name.
type memberView struct {
	enrollmentView
	Name string `json:"name"`
}

func viewEnrollment(e *enrollment.Enrollment, lives map[string]enrollment.Life) enrollmentView {
	return enrollmentView{
		e.ID, e.CohortID, e.PersonID, e.Program, e.ProgramVersion, e.CourseHash, e.Track, string(lives[e.ID].Status), e.StartsOn,
		e.EnrolledAt.Time, e.PrintedName, moment(e.NameConfirmedAt), e.Version,
	}
}

// lives reads what happened to enrollments that the actor was shown to see.
func (a *API) lives(ctx context.Context, rows ...*enrollment.Enrollment) (map[string]enrollment.Life, error) {
	ids := make([]string, len(rows))
	for i, e := range rows {
		ids[i] = e.ID
	}
	return a.Enrollments.Life(ctx, a.DB, ids)
}

func (a *API) showEnrollment(ctx context.Context, e *enrollment.Enrollment) (*reply[enrollmentView], error) {
	lives, err := a.lives(ctx, e)
	if err != nil {
		return nil, err
	}
	return &reply[enrollmentView]{viewEnrollment(e, lives)}, nil
}

// moment shows an instant that may be missing.
func moment(t db.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t.Time
}

type progressView struct {
	EnrollmentID   string            `json:"enrollment_id"`
	Program        string            `json:"program"`
	ProgramVersion int               `json:"program_version"`
	Track          string            `json:"track,omitempty"`
	At             time.Time         `json:"at"`
	Status         string            `json:"status" enum:"met,in_progress,not_met,blocked,waived,expired"`
	Have           int               `json:"have" doc:"requirements met"`
	Need           int               `json:"need" doc:"requirements in all"`
	Requirements   []requirementView `json:"requirements"`
}

type requirementView struct {
	ID        string            `json:"id"`
	Type      string            `json:"type"`
	Title     string            `json:"title"`
	Status    string            `json:"status" enum:"met,in_progress,not_met,blocked,waived,expired"`
	Have      int               `json:"have"`
	Need      int               `json:"need"`
	Unit      string            `json:"unit,omitempty" enum:"minutes" doc:"what have and need count, where it is not things"`
	Note      string            `json:"note,omitempty" doc:"what is worth knowing of what is done: until when it holds, why it was waived"`
	Missing   []string          `json:"missing"`
	Next      string            `json:"next" doc:"what to do next, in words"`
	Call      *callView         `json:"call,omitempty" doc:"the request that does it"`
	Statement string            `json:"statement,omitempty" doc:"what is to be signed"`
	Of        []requirementView `json:"of,omitempty" doc:"the parts of a group"`
}

type callView struct {
	Method string          `json:"method"`
	Path   string          `json:"path"`
	Body   *recordHintView `json:"body,omitempty" doc:"what a record is to say; the rest is yours to fill in"`
}

type recordHintView struct {
	Kind    string `json:"kind"`
	Subject string `json:"subject,omitempty"`
	Edition string `json:"edition,omitempty"`
}

// viewCall shows a call below an enrollment, or nothing.
func viewCall(enrollmentID string, c progress.Call) *callView {
	if c == (progress.Call{}) {
		return nil
	}
	v := &callView{Method: c.Method, Path: Base + "/enrollments/" + enrollmentID + "/" + c.Path}
	if c.Kind != "" {
		v.Body = &recordHintView{string(c.Kind), c.Subject, c.Edition}
	}
	return v
}

func viewProgress(r *progress.Report) progressView {
	return progressView{
		r.EnrollmentID, r.Program, r.Version, r.Track, r.At, string(r.Status), r.Have, r.Need, viewNodes(r.EnrollmentID, r.Requirements),
	}
}

func viewNodes(enrollmentID string, nodes []progress.Node) []requirementView {
	all := make([]requirementView, len(nodes))
	for i, n := range nodes {
		all[i] = requirementView{
			ID: n.ID, Type: string(n.Type), Title: n.Title, Status: string(n.Status), Have: n.Have, Need: n.Need, Unit: n.Unit, Note: n.Note,
			Missing: append([]string{}, n.Missing...), Next: n.Next, Call: viewCall(enrollmentID, n.Call), Statement: n.Sign, Of: viewNodes(enrollmentID, n.Of),
		}
	}
	return all
}

type nameInput struct {
	ByID
	Body *struct { // may be left out whole
		Name string `json:"name,omitempty" maxLength:"400" doc:"left out: the name of your account" example:"Ada Quist"`
	}
}

func (a *API) enrollmentRoutes() {
	handle(a, Route{Method: "GET", Path: Base + "/enrollments", ID: "my-enrollments", Act: access.UseAccount, tag: "progress", summary: "List your enrollments"},
		func(ctx context.Context, _ *empty) (*listOf[enrollmentView], error) {
			rows, err := a.Enrollments.Mine(ctx)
			if err != nil {
				return nil, err
			}
			lives, err := a.lives(ctx, rows...)
			if err != nil {
				return nil, err
			}
			return pageOf(rows, 0, nil, func(e *enrollment.Enrollment) enrollmentView { return viewEnrollment(e, lives) }), nil
		})
	handle(a, Route{Method: "GET", Path: Base + "/enrollments/{id}", ID: "enrollment", Act: access.SeeEnrollment, tag: "progress", summary: "One enrollment"},
		func(ctx context.Context, in *ByID) (*reply[enrollmentView], error) {
			p, err := a.Enrollments.See(ctx, access.SeeEnrollment, in.ID)
			if err != nil {
				return nil, err
			}
			return a.showEnrollment(ctx, p.Enrollment)
		})
	handle(a, Route{Method: "GET", Path: Base + "/enrollments/{id}/progress", ID: "progress", Act: access.SeeEnrollment, tag: "progress", summary: "What is done, what is missing, what to do next"},
		func(ctx context.Context, in *ByID) (*reply[progressView], error) {
			r, err := a.Progress.Of(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			return &reply[progressView]{viewProgress(r)}, nil
		})
	handle(a, Route{Method: "PUT", Path: Base + "/enrollments/{id}/printed-name", ID: "confirm-name", Act: access.ConfirmName, tag: "progress", summary: "Confirm the name to print on the certificate"},
		func(ctx context.Context, in *nameInput) (*reply[enrollmentView], error) {
			name := ""
			if in.Body != nil {
				name = in.Body.Name
			}
			e, err := a.Enrollments.ConfirmName(ctx, in.ID, name)
			if err != nil {
				return nil, err
			}
			return a.showEnrollment(ctx, e)
		})
	a.experienceRoutes()
}
