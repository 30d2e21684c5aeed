package api

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/edge"
	"github.com/kapstone-lms/kapstone/internal/fault"
	"github.com/kapstone-lms/kapstone/internal/progress"
)

// The statuses by which a table can be narrowed.
var statuses = []string{"met", "in_progress", "not_met", "blocked", "waived", "expired"}

var errStatus = fault.New(fault.Invalid, "invalid", "A status is one of "+strings.Join(statuses, ", ")+".").At("status")

type tableInput struct {
	ByID
	Page
	Status    string `query:"status" enum:"met,in_progress,not_met,blocked,waived,expired" doc:"only enrollments that stand so"`
	BlockedBy string `query:"blocked_by" maxLength:"60" doc:"only enrollments that have not met this requirement"`
}

type tableView struct {
	Requirements []columnView `json:"requirements" doc:"the columns: what stands at the top of the program, and every thing to do"`
	Items        []rowView    `json:"items"`
	NextCursor   string       `json:"next_cursor" doc:"empty on the last page"`
}

type columnView struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	Top   bool   `json:"top" doc:"stands at the top of the program"`
}

type rowView struct {
	EnrollmentID string            `json:"enrollment_id"`
	UserID       string            `json:"user_id"`
	Name         string            `json:"name"`
	Status       string            `json:"status" enum:"met,in_progress,not_met,blocked,waived,expired"`
	Have         int               `json:"have" doc:"requirements met"`
	Need         int               `json:"need" doc:"requirements in all"`
	Requirements map[string]string `json:"requirements" doc:"the status of each, by id"`
}

func viewTable(t *progress.Table, names map[string]string) tableView {
	v := tableView{make([]columnView, len(t.Columns)), make([]rowView, len(t.Rows)), t.Next}
	for i, c := range t.Columns {
		v.Requirements[i] = columnView(c)
	}
	for i, r := range t.Rows {
		all := make(map[string]string, len(r.Statuses))
		for id, st := range r.Statuses {
			all[id] = string(st)
		}
		v.Items[i] = rowView{r.EnrollmentID, r.PersonID, names[r.PersonID], string(r.Status), r.Have, r.Need, all}
	}
	return v
}

func (a *API) tableRoutes() {
	handle(a, Route{Method: "GET", Path: Base + "/cohorts/{id}/progress", ID: "cohort-progress", Act: access.SeeCohort, tag: "cohorts", summary: "A cohort's progress: trainees by requirements"},
		func(ctx context.Context, in *tableInput) (*reply[tableView], error) {
			after, err := in.after()
			if err != nil {
				return nil, err
			}
			t, names, err := a.table(ctx, in.ID, progress.Filter{Status: progress.Status(in.Status), BlockedBy: in.BlockedBy}, after, int(in.Limit))
			if err != nil {
				return nil, err
			}
			return &reply[tableView]{viewTable(t, names)}, nil
		})
	a.sheetRoute()
}

// table reads a table and the names of the people in it.
func (a *API) table(ctx context.Context, cohort string, f progress.Filter, after string, limit int) (*progress.Table, map[string]string, error) {
	t, err := a.Progress.OfCohort(ctx, cohort, f, after, limit)
	if err != nil {
		return nil, nil, err
	}
	ids := make([]string, len(t.Rows))
	for i, r := range t.Rows {
		ids[i] = r.PersonID
	}
	names, err := a.People.Names(ctx, a.DB, ids)
	return t, names, err
}

// maxSheet is how many rows a sheet has at most; by then it is too large.
const maxSheet = 100_000

// sheetRoute gives the whole table as a file for a spreadsheet.
func (a *API) sheetRoute() {
	r := Route{Method: "GET", Path: Base + "/cohorts/{id}/progress.csv", ID: "cohort-progress-csv", Act: access.SeeCohort,
		tag: "cohorts", summary: "A cohort's progress for a spreadsheet (CSV, UTF-8)"}
	op := operation(r)
	var values []any
	for _, s := range statuses {
		values = append(values, s)
	}
	longest := 60
	op.Parameters = []*huma.Param{
		pathParam("id"),
		{Name: "status", In: "query", Description: "only enrollments that stand so", Schema: &huma.Schema{Type: "string", Enum: values}},
		{Name: "blocked_by", In: "query", Description: "only enrollments that have not met this requirement", Schema: &huma.Schema{Type: "string", MaxLength: &longest}},
	}
	op.Responses = map[string]*huma.Response{"200": {Description: "The table", Content: map[string]*huma.MediaType{
		"text/csv": {Schema: &huma.Schema{Type: "string"}}}}}
	a.raw(r, &op, a.sheet)
}

func (a *API) sheet(c *fiber.Ctx) error {
	for name := range c.Queries() {
		if name != "status" && name != "blocked_by" {
			return edge.ErrUnknownField.At(name)
		}
	}
	f := progress.Filter{Status: progress.Status(c.Query("status")), BlockedBy: c.Query("blocked_by")}
	if f.Status != "" && !slices.Contains(statuses, string(f.Status)) {
		return errStatus
	}
	t, names, err := a.table(c.UserContext(), c.Params("id"), f, "", maxSheet)
	if err != nil {
		return err
	}
	sheet, err := sheetOf(t, names)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, "text/csv; charset=utf-8")
	c.Set(fiber.HeaderContentDisposition, `attachment; filename="progress.csv"`)
	return c.Send(sheet.Bytes())
}

func sheetOf(t *progress.Table, names map[string]string) (*edge.CSV, error) {
	sheet := new(edge.CSV)
	cells := []string{"enrollment_id", "name", "status", "have", "need"}
	for _, c := range t.Columns {
		cells = append(cells, fmt.Sprintf("%s (%s)", c.Title, c.ID))
	}
	if err := sheet.Row(cells...); err != nil {
		return nil, err
	}
	for _, r := range t.Rows {
		cells = append(cells[:0], r.EnrollmentID, names[r.PersonID], string(r.Status), fmt.Sprint(r.Have), fmt.Sprint(r.Need))
		for _, c := range t.Columns {
			cells = append(cells, string(r.Statuses[c.ID]))
		}
		if err := sheet.Row(cells...); err != nil {
			return nil, err
		}
	}
	return sheet, nil
}
