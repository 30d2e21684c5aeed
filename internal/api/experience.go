package api

import (
	"context"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/experience"
)

// What is shown here is for the trainee's eyes only: no other answer of the
// API, and no other file of this package, knows of paths.

type statementView struct {
	StatementVersion string     `json:"statement_version"`
	Statement        string     `json:"statement"`
	Minutes          int        `json:"minutes" doc:"the same for every path"`
	Attested         bool       `json:"attested"`
	Paths            []pathView `json:"paths,omitempty" doc:"to choose from in private, where the program offers any"`
	Chosen           *string    `json:"chosen,omitempty" doc:"the path you noted for yourself; empty for none"`
}

type pathView struct {
	ID             string   `json:"id"`
	Title          string   `json:"title"`
	Summary        string   `json:"summary"`
	Minutes        int      `json:"minutes"`
	CostDollars    int      `json:"cost_dollars"`
	KnownTo        []string `json:"known_to" doc:"who will inevitably learn of this choice; empty: nobody"`
	NeedsClearance bool     `json:"needs_clearance"`
	Understood     bool     `json:"needs_understood" doc:"to choose it, say that you read who will learn of it"`
}

func viewPath(p curriculum.Path) pathView {
	return pathView{p.Key, p.Title, p.Summary, p.Minutes, p.Cost, append([]string{}, p.Knows...), p.Clearance, experience.Told(p)}
}

func viewStatement(st *experience.Statement) statementView {
	v := statementView{StatementVersion: st.Version, Statement: st.Text, Minutes: st.Minutes, Attested: st.Attested}
	for _, p := range st.Paths {
		v.Paths, v.Chosen = append(v.Paths, viewPath(p)), &st.Chosen
	}
	return v
}

type attestInput struct {
	ByID
	Body struct {
		Attested         bool   `json:"attested" example:"true"`
		StatementVersion string `json:"statement_version,omitempty" maxLength:"20" doc:"of the statement you read; left out: the current one"`
	}
}

type chooseInput struct {
	ByID
	Body struct {
		Path       string `json:"path" maxLength:"60" example:"alternative"`
		Understood bool   `json:"understood,omitempty" doc:"that you read who will learn of this choice, where anybody will" example:"true"`
	}
}

func (a *API) experienceRoutes() {
	path := Base + "/enrollments/{id}/personal-experience"
	handle(a, Route{Method: "GET", Path: path, ID: "experience", Act: access.ChooseOwnPath, tag: "progress", summary: "The statement to attest; for your eyes only"},
		func(ctx context.Context, in *ByID) (*reply[statementView], error) {
			st, err := a.Experience.Read(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			return &reply[statementView]{viewStatement(st)}, nil
		})
	handle(a, Route{Method: "PUT", Path: path, ID: "attest-experience", Act: access.ChooseOwnPath, tag: "progress", status: 204, summary: "Attest that you have completed your own path"},
		func(ctx context.Context, in *attestInput) (*empty, error) {
			return nil, a.Experience.Attest(ctx, in.ID, in.Body.StatementVersion, in.Body.Attested)
		})
	handle(a, Route{Method: "DELETE", Path: path, ID: "withdraw-experience", Act: access.ChooseOwnPath, tag: "progress", status: 204, summary: "Take the attestation back"},
		func(ctx context.Context, in *ByID) (*empty, error) { return nil, a.Experience.Withdraw(ctx, in.ID) })
	handle(a, Route{Method: "PUT", Path: path + "/choice", ID: "choose-path", Act: access.ChooseOwnPath, tag: "progress", status: 204, summary: "Note your own path, for your eyes only, where the program offers any"},
		func(ctx context.Context, in *chooseInput) (*empty, error) {
			return nil, a.Experience.Choose(ctx, in.ID, in.Body.Path, in.Body.Understood)
		})
	handle(a, Route{Method: "DELETE", Path: path + "/choice", ID: "forget-path", Act: access.ChooseOwnPath, tag: "progress", status: 204, summary: "Take the note of your path back"},
		func(ctx context.Context, in *ByID) (*empty, error) { return nil, a.Experience.Forget(ctx, in.ID) })
}
