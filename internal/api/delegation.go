package api

import (
	"context"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
)

type delegationView struct {
	ID      string `json:"id"`
	From    string `json:"from" doc:"who is away"`
	To      string `json:"to" doc:"who stands in"`
	FromOn  string `json:"from_on"`
	UntilOn string `json:"until_on"`
}

func viewDelegation(d *enrollment.Delegation) delegationView {
	return delegationView{d.ID, d.FromID, d.ToID, d.FromOn, d.UntilOn}
}

type delegateInput struct {
	Body struct {
		To      string `json:"to" maxLength:"64" doc:"a colleague who teaches or supervises in a program of yours"`
		FromOn  string `json:"from_on" maxLength:"10" doc:"YYYY-MM-DD in UTC, included"`
		UntilOn string `json:"until_on" maxLength:"10" doc:"YYYY-MM-DD in UTC, included"`
	}
}

func (a *API) delegationRoutes() {
	path := Base + "/delegations"
	handle(a, Route{Method: "POST", Path: path, ID: "delegate", Act: access.Delegate, tag: "grading", status: 201, summary: "Let a colleague supervise in your place while you are away"},
		func(ctx context.Context, in *delegateInput) (*reply[delegationView], error) {
			return shown(viewDelegation)(a.Enrollments.Delegate(ctx, in.Body.To, in.Body.FromOn, in.Body.UntilOn))
		})
	handle(a, Route{Method: "GET", Path: path, ID: "list-delegations", Act: access.Delegate, tag: "grading", summary: "Delegations that you made or received and that are not over"},
		func(ctx context.Context, _ *empty) (*listOf[delegationView], error) {
			rows, err := a.Enrollments.Delegations(ctx)
			if err != nil {
				return nil, err
			}
			return pageOf(rows, 0, nil, viewDelegation), nil
		})
	handle(a, Route{Method: "DELETE", Path: path + "/{id}", ID: "end-delegation", Act: access.Delegate, tag: "grading", status: 204, summary: "End a delegation of yours at once"},
		func(ctx context.Context, in *ByID) (*empty, error) {
			return nil, a.Enrollments.EndDelegation(ctx, in.ID)
		})
}
