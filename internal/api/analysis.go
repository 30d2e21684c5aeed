package api

import (
	"context"
	"fmt"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/edge"
	"github.com/kapstone-lms/kapstone/internal/quiz"
)

// An analysisView is how the items of a quiz did, for staff.
type analysisView struct {
	Program     string          `json:"program"`
	Module      string          `json:"module"`
	Cohort      string          `json:"cohort" doc:"empty for all that you teach or administer"`
	First       bool            `json:"first" doc:"first attempts only"`
	Attempts    int             `json:"attempts" doc:"handed in"`
	People      int             `json:"people"`
	Newest      bool            `json:"newest" doc:"there are more attempts; these were handed in last"`
	Reliability reliabilityView `json:"reliability"`
	Items       []analyzedView  `json:"items"`
	Notes       []string        `json:"notes" doc:"what the figures are and are not"`
}

type reliabilityView struct {
	Alpha *float64 `json:"alpha" doc:"null where it cannot be said"`
	Items int      `json:"items" doc:"in one attempt"`
	Pairs int      `json:"pairs" doc:"of items that somebody met together"`
	Used  int      `json:"pairs_used" doc:"that enough attempts met together"`
}

type analyzedView struct {
	Item           string             `json:"item" doc:"its id in the bank"`
	Version        string             `json:"version" doc:"the same content has the same in every course"`
	Courses        []string           `json:"courses" doc:"the hashes of the courses in which it was asked"`
	Kind           string             `json:"kind"`
	Objective      string             `json:"objective"`
	Critical       bool               `json:"critical"`
	Stem           string             `json:"stem"`
	N              int                `json:"n" doc:"attempts that met it"`
	TooFew         bool               `json:"too_few" doc:"fewer than 10 did, so figures are left out"`
	Omitted        *int               `json:"omitted" doc:"attempts that gave nothing"`
	Facility       *float64           `json:"facility" doc:"mean credit: how easy it was, 0 to 1"`
	Discrimination *float64           `json:"discrimination" doc:"correlation with the rest of the attempt, -1 to 1"`
	UpperLower     *float64           `json:"upper_lower" doc:"mean credit of the best 27 percent less that of the last"`
	MedianSeconds  *int               `json:"median_seconds" doc:"an estimate"`
	Options        []analyzedOptView  `json:"options" doc:"of items of which options are chosen"`
	Flags          []analysisFlagView `json:"flags" doc:"reasons to look at it"`
}

type analyzedOptView struct {
	ID     string   `json:"id"`
	Text   string   `json:"text"`
	Key    bool     `json:"key"`
	Chosen *int     `json:"chosen" doc:"null where so few met it that somebody could be recognized"`
	Upper  *float64 `json:"upper" doc:"share of the best 27 percent that chose it"`
	Lower  *float64 `json:"lower" doc:"share of the last 27 percent that chose it"`
}

type analysisFlagView struct {
	Code   string `json:"code" enum:"hard,easy,weak,unused_distractor,likely_miskeyed"`
	Reason string `json:"reason"`
}

func viewAnalysis(r *quiz.Analysis) analysisView {
	v := analysisView{
		r.Program, string(r.Module), r.Cohort, r.First, r.Attempts, r.People, r.Cut,
		reliabilityView{r.Form.Alpha, r.Form.Items, r.Form.Pairs, r.Form.Used}, []analyzedView{}, r.Notes,
	}
	for i := range r.Items {
		v.Items = append(v.Items, viewAnalyzed(&r.Items[i]))
	}
	return v
}

func viewAnalyzed(it *quiz.AnalyzedItem) analyzedView {
	v := analyzedView{
		Item: string(it.Item), Version: it.Version, Courses: it.Courses, Kind: string(it.Kind), Objective: string(it.Objective), Critical: it.Critical,
		Stem: it.Stem, N: it.N, TooFew: it.TooFew, Facility: it.Facility, Discrimination: it.Discrimination, UpperLower: it.UpperLower,
		MedianSeconds: it.MedianSeconds, Options: []analyzedOptView{}, Flags: []analysisFlagView{},
	}
	if !it.Few {
		v.Omitted = &it.Omitted
	}
	for i := range it.Options {
		o := &it.Options[i]
		option := analyzedOptView{ID: o.ID, Text: it.Texts[i], Key: o.Key}
		if !it.Few {
			option.Chosen, option.Upper, option.Lower = &o.Chosen, o.Upper, o.Lower
		}
		v.Options = append(v.Options, option)
	}
	for _, f := range it.Flags {
		if !it.Few {
			v.Flags = append(v.Flags, analysisFlagView(f))
		}
	}
	return v
}

type analysisInput struct {
	Module  string `path:"module" maxLength:"40"`
	Program string `query:"program" maxLength:"60" doc:"left out: the default program"`
	Cohort  string `query:"cohort" maxLength:"64" doc:"left out: all that you teach or administer"`
	First   bool   `query:"first" doc:"the first attempt of each enrollment only"`
}

func (a *API) analysisRoutes() {
	path := Base + "/modules/{module}/analysis"
	handle(a, Route{Method: "GET", Path: path, ID: "item-analysis", Act: access.SeeItemAnalysis, tag: "grading", summary: "How the items of a module's quiz did, by their versions; it shows keys"},
		func(ctx context.Context, in *analysisInput) (*reply[analysisView], error) {
			return shown(viewAnalysis)(a.Quizzes.Analyze(ctx, quiz.AnalysisQuery{
				Program: in.Program, Module: curriculum.ModuleKey(in.Module), Cohort: in.Cohort, First: in.First,
			}))
		})
	r := Route{Method: "GET", Path: path + ".csv", ID: "item-analysis-csv", Act: access.SeeItemAnalysis, tag: "grading", summary: "The same for a spreadsheet (CSV, UTF-8)"}
	op := operation(r)
	text := func(name, description string, longest int) *huma.Param {
		return &huma.Param{Name: name, In: "query", Description: description, Schema: &huma.Schema{Type: "string", MaxLength: &longest}}
	}
	op.Parameters = []*huma.Param{
		pathParam("module"), text("program", "left out: the default program", 60), text("cohort", "left out: all that you teach or administer", 64),
		{Name: "first", In: "query", Description: "the first attempt of each enrollment only", Schema: &huma.Schema{Type: "boolean"}},
	}
	op.Responses = map[string]*huma.Response{"200": {Description: "The table", Content: map[string]*huma.MediaType{
		"text/csv": {Schema: &huma.Schema{Type: "string"}}}}}
	a.raw(r, &op, a.analysisSheet)
}

func (a *API) analysisSheet(c *fiber.Ctx) error {
	for name, value := range c.Queries() {
		switch {
		case name != "program" && name != "cohort" && name != "first":
			return edge.ErrUnknownField.At(name)
		case name == "first" && value != "true" && value != "false":
			return edge.ErrType.At(name)
		}
	}
	r, err := a.Quizzes.Analyze(c.UserContext(), quiz.AnalysisQuery{
		Program: c.Query("program"), Module: curriculum.ModuleKey(c.Params("module")), Cohort: c.Query("cohort"), First: c.Query("first") == "true",
	})
	if err != nil {
		return err
	}
	sheet, err := analysisSheetOf(viewAnalysis(r))
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, "text/csv; charset=utf-8")
	c.Set(fiber.HeaderContentDisposition, `attachment; filename="analysis.csv"`)
	return c.Send(sheet.Bytes())
}

// analysisSheetOf writes one line for each version of an item, and what is said
// of all of them below.
func analysisSheetOf(v analysisView) (*edge.CSV, error) {
	sheet := new(edge.CSV)
	rows := [][]string{{"item", "version", "kind", "objective", "critical", "stem", "n", "omitted", "facility", "discrimination", "upper_lower",
		"median_seconds", "options", "flags"}}
	for _, it := range v.Items {
		var options, flags []string
		for _, o := range it.Options {
			key := map[bool]string{true: " (key)"}[o.Key]
			options = append(options, strings.TrimSuffix(fmt.Sprintf("%s%s: %s", o.ID, key, cell(o.Chosen)), ": "))
		}
		for _, f := range it.Flags {
			flags = append(flags, f.Code)
		}
		rows = append(rows, []string{it.Item, it.Version, it.Kind, it.Objective, fmt.Sprint(it.Critical), it.Stem, fmt.Sprint(it.N), cell(it.Omitted),
			cell(it.Facility), cell(it.Discrimination), cell(it.UpperLower), cell(it.MedianSeconds), strings.Join(options, "; "), strings.Join(flags, "; ")})
	}
	rows = append(rows, []string{"reliability", cell(v.Reliability.Alpha)}, []string{"attempts", fmt.Sprint(v.Attempts)}, []string{"people", fmt.Sprint(v.People)})
	for _, n := range v.Notes {
		rows = append(rows, []string{"note", n})
	}
	for _, row := range rows {
		if err := sheet.Row(row...); err != nil {
			return nil, err
		}
	}
	return sheet, nil
}

// cell writes a figure, and one that is none as nothing.
func cell[T any](x *T) string {
	if x == nil {
		return ""
	}
	return fmt.Sprint(*x)
}
