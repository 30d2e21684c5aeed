package api

import (
	"context"
	"fmt"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/edge"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/internal/progress"
)

type ledgerView struct {
	EnrollmentID   string       `json:"enrollment_id"`
	Program        string       `json:"program"`
	ProgramVersion int          `json:"program_version"`
	Lines          []signedLine `json:"lines" doc:"signed sessions by week, as they were signed"`
	Sums           []hourSum    `json:"sums" doc:"what counts, in whole minutes"`
	Asked          []askedHours `json:"requirements" doc:"what the program asks for in minutes"`
	Ratios         []ratioView  `json:"ratios" doc:"supervision and consultation, where the program asks for a share"`
	Acceptance     string       `json:"acceptance"`
}

type signedLine struct {
	LogID    string    `json:"log_id"`
	Week     string    `json:"week"`
	Phase    string    `json:"phase"`
	Kind     string    `json:"kind"`
	Role     string    `json:"role"`
	Minutes  int       `json:"minutes"`
	Running  int       `json:"running_minutes" doc:"what counts so far, this line included"`
	SignedBy string    `json:"signed_by"`
	License  string    `json:"license_number"`
	SignedAt time.Time `json:"signed_at"`
	Counts   bool      `json:"counts"`
	Why      string    `json:"why,omitempty"`
}

type hourSum struct {
	Category string `json:"category"`
	Phase    string `json:"phase,omitempty"`
	Role     string `json:"role,omitempty"`
	Minutes  int    `json:"minutes"`
}

type askedHours struct {
	ID     string `json:"id"`
	Title  string `json:"title"`
	Status string `json:"status"`
	Have   int    `json:"have"`
	Need   int    `json:"need"`
}

type ratioView struct {
	Kind    string `json:"kind"`
	Have    int    `json:"have_minutes"`
	Need    int    `json:"need_minutes"`
	Warning string `json:"warning,omitempty"`
}

func viewHours(p *enrollment.Pinned, l *progress.Ledger) *reply[ledgerView] {
	v := ledgerView{
		EnrollmentID: p.ID, Program: p.Program, ProgramVersion: p.ProgramVersion, Acceptance: progress.Acceptance,
		Lines: []signedLine{}, Sums: []hourSum{}, Asked: []askedHours{}, Ratios: []ratioView{},
	}
	for _, x := range l.Lines {
		v.Lines = append(v.Lines, signedLine{
			x.LogID, x.Week, string(x.Phase), string(x.Kind), x.Part, x.Minutes, x.Running, x.SignedBy, x.License, x.SignedOn.UTC(), x.Why == "", x.Why,
		})
	}
	for _, s := range l.Sums {
		v.Sums = append(v.Sums, hourSum{s.Category, s.Phase, s.Part, s.Minutes})
	}
	for _, n := range l.Asked {
		v.Asked = append(v.Asked, askedHours{n.ID, n.Title, string(n.Status), n.Have, n.Need})
	}
	for _, r := range l.Ratios {
		v.Ratios = append(v.Ratios, ratioView(r))
	}
	return &reply[ledgerView]{v}
}

func (a *API) hoursRoutes() {
	path := Base + "/enrollments/{id}/hours"
	handle(a, Route{Method: "GET", Path: path, ID: "hours", Act: access.SeeEnrollment, tag: "progress", summary: "Hours: signed sessions by week, sums, what is asked, and the share of supervision"},
		func(ctx context.Context, in *ByID) (*reply[ledgerView], error) {
			p, l, err := a.Progress.Ledger(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			return viewHours(p, l), nil
		})
	for _, file := range []struct {
		kind, media, summary string
		send                 func(c *fiber.Ctx) ([]byte, error)
	}{
		{"csv", "text/csv", "Signed hours by week for a spreadsheet (CSV, UTF-8); a board decides whether it accepts them", a.hoursSheet},
		{"pdf", "application/pdf", "Signed hours by week as a document for a board, which decides whether it accepts them", a.hoursPaper},
	} {
		r := Route{Method: "GET", Path: path + "." + file.kind, ID: "hours-" + file.kind, Act: access.SeeEnrollment, tag: "progress", summary: file.summary}
		op := operation(r)
		op.Parameters = []*huma.Param{pathParam("id")}
		op.Responses = map[string]*huma.Response{"200": {Description: "The hours", Content: map[string]*huma.MediaType{file.media: {Schema: &huma.Schema{Type: "string"}}}}}
		a.raw(r, &op, func(c *fiber.Ctx) error {
			for name := range c.Queries() {
				return edge.ErrUnknownField.At(name)
			}
			content, err := file.send(c)
			if err != nil {
				return err
			}
			c.Set(fiber.HeaderContentType, map[string]string{"csv": "text/csv; charset=utf-8", "pdf": file.media}[file.kind])
			c.Set(fiber.HeaderContentDisposition, fmt.Sprintf(`attachment; filename="hours.%s"`, file.kind))
			return c.Send(content)
		})
	}
}

func (a *API) hoursSheet(c *fiber.Ctx) ([]byte, error) {
	_, l, err := a.Progress.Ledger(c.UserContext(), c.Params("id"))
	if err != nil {
		return nil, err
	}
	sheet := new(edge.CSV)
	rows := [][]string{{"week", "phase", "kind", "part", "minutes", "running_minutes", "signed_by", "license_number", "signed_at", "counts", "why", "acceptance"}}
	for _, x := range viewHours(&enrollment.Pinned{Enrollment: &enrollment.Enrollment{}}, l).Body.Lines {
		rows = append(rows, []string{
			x.Week, x.Phase, x.Kind, x.Role, fmt.Sprint(x.Minutes), fmt.Sprint(x.Running), x.SignedBy, x.License, x.SignedAt.Format(time.RFC3339), fmt.Sprint(x.Counts), x.Why, progress.Acceptance,
		})
	}
	for _, row := range rows {
		if err := sheet.Row(row...); err != nil {
			return nil, err
		}
	}
	return sheet.Bytes(), nil
}

func (a *API) hoursPaper(c *fiber.Ctx) ([]byte, error) {
	p, l, err := a.Progress.Ledger(c.UserContext(), c.Params("id"))
	if err != nil {
		return nil, err
	}
	names, err := a.People.Names(c.UserContext(), a.DB, []string{p.PersonID})
	if err != nil {
		return nil, err
	}
	issuer := a.Certificates.Issuer()
	return l.Print(p, names[p.PersonID], issuer.Name, issuer.Specimen, a.Now())
}
