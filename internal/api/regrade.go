package api

import (
	"context"
	"time"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/quiz"
)

// A remarkView tells the trainee that an attempt was regraded. It says nothing
// of items: the review does, where there is one.
type remarkView struct {
	At     time.Time `json:"at" doc:"of the last regrade"`
	Times  int       `json:"times"`
	Policy string    `json:"policy" enum:"best_of_both,as_corrected" doc:"which score holds: the better one, or the new one"`
	First  firstView `json:"first" doc:"how the attempt ended at hand-in; it stays on record"`
}

type firstView struct {
	Correct      int  `json:"correct"`
	Asked        int  `json:"asked"`
	ScorePercent int  `json:"score_percent"`
	Passed       bool `json:"passed"`
}

func viewRemark(r *quiz.Remark) *remarkView {
	if r == nil {
		return nil
	}
	return &remarkView{r.At, r.Times, string(r.Policy), firstView{r.First.Correct, r.First.Asked, r.First.Percent, r.First.Passed}}
}

type rulingView struct {
	Item      string `json:"item" maxLength:"40" doc:"its id in the bank"`
	Treatment string `json:"treatment" enum:"corrected_key,everyone_right,dropped" doc:"marked by the key of to_course (an option that is gone there is a wrong one); counted as right whatever was given; not counted"`
}

type regradeInput struct {
	Body struct {
		Program    string       `json:"program" maxLength:"60"`
		Module     string       `json:"module" maxLength:"40"`
		Items      []rulingView `json:"items" minItems:"1" maxItems:"50" example:"[{\"item\":\"sci-01\",\"treatment\":\"everyone_right\"}]"`
		FromCourse string       `json:"from_course,omitempty" maxLength:"64" doc:"only attempts begun with this course; left out: all"`
		ToCourse   string       `json:"to_course,omitempty" maxLength:"64" doc:"the published course that has the corrected keys, by its hash or the first eight digits or more"`
		Policy     string       `json:"policy,omitempty" enum:"best_of_both,as_corrected" doc:"left out: best_of_both, so that no attempt is made worse" example:"best_of_both"`
		Reason     string       `json:"reason" maxLength:"4000" doc:"for the record, at most 1,000 characters; trainees do not read it" example:"Two options of this question can be defended."`
		DryRun     bool         `json:"dry_run,omitempty" doc:"say what would be, and write nothing" example:"true"`
	}
}

type regradeView struct {
	ID         string       `json:"id" doc:"empty in a dry run"`
	Program    string       `json:"program"`
	Module     string       `json:"module"`
	Number     int          `json:"number" doc:"from 1; a later ruling on an item replaces an earlier one"`
	Rulings    []rulingView `json:"rulings"`
	FromCourse string       `json:"from_course"`
	ToCourse   string       `json:"to_course"`
	Policy     string       `json:"policy"`
	Reason     string       `json:"reason"`
	RegradedBy string       `json:"regraded_by"`
	RegradedAt *time.Time   `json:"regraded_at"`
}

func viewRegrade(r *quiz.Regrade) regradeView {
	v := regradeView{
		r.ID, r.Program, string(r.Module), r.Number, []rulingView{}, r.FromCourse, r.ToCourse, string(r.Policy), r.Reason, r.RegradedBy, moment(r.RegradedAt),
	}
	for _, d := range r.Items {
		v.Rulings = append(v.Rulings, rulingView{string(d.Item), string(d.Treatment)})
	}
	return v
}

type markView struct {
	Correct        int      `json:"correct"`
	Asked          int      `json:"asked"`
	ScorePercent   int      `json:"score_percent"`
	Passed         bool     `json:"passed"`
	CriticalMissed []string `json:"critical_missed" doc:"ids of objectives"`
}

func viewMark(m quiz.Mark) markView {
	v := markView{m.Correct, m.Asked, m.Percent, m.Passed, []string{}}
	for _, o := range m.CriticalMissed {
		v.CriticalMissed = append(v.CriticalMissed, string(o))
	}
	return v
}

type flipView struct {
	EnrollmentID string   `json:"enrollment_id"`
	AttemptID    string   `json:"attempt_id"`
	Number       int      `json:"number" doc:"of the try"`
	Before       markView `json:"before"`
	After        markView `json:"after"`
}

func viewFlip(f quiz.Flip) flipView {
	return flipView{f.EnrollmentID, f.AttemptID, f.Number, viewMark(f.Old), viewMark(f.New)}
}

type itemRulingView struct {
	rulingView
	Attempts int      `json:"attempts" doc:"that asked it"`
	Keys     []string `json:"keys" doc:"the right response so far, by the ids of the bank; several where courses differ"`
	NewKey   string   `json:"new_key" doc:"the right response now; empty where no key is corrected"`
	Reworded bool     `json:"reworded" doc:"the corrected version reads otherwise too; attempts are marked on what they saw"`
}

// maxFlips is how many attempts a report lists; all of them are on record.
const maxFlips = 1000

type reportView struct {
	regradeView
	DryRun    bool             `json:"dry_run"`
	Items     []itemRulingView `json:"items"`
	Attempts  int              `json:"attempts" doc:"that were marked once more by this very request"`
	Open      int              `json:"open" doc:"under way: they keep what they saw; the same request later catches them"`
	Already   int              `json:"already" doc:"that this regrade marked before"`
	Better    int              `json:"better"`
	Worse     int              `json:"worse"`
	NowPassed int              `json:"now_passed"`
	NowFailed int              `json:"now_failed"`
	Flips     []flipView       `json:"flips" doc:"attempts whose score changes, first those that pass or fail by it"`
	LeftOut   int              `json:"left_out" doc:"of such attempts, those not listed here"`
}

func viewReport(r *quiz.RegradeReport, dry bool) reportView {
	v := reportView{
		regradeView: viewRegrade(r.Regrade), DryRun: dry, Items: []itemRulingView{}, Attempts: r.Attempts, Open: r.Open, Already: r.Already,
		Better: r.Better, Worse: r.Worse, NowPassed: r.NowPassed, NowFailed: r.NowFailed, Flips: []flipView{},
	}
	for _, it := range r.Items {
		v.Items = append(v.Items, itemRulingView{rulingView{string(it.Item), string(it.Treatment)}, it.Attempts, append([]string{}, it.Keys...), it.NewKey, it.Reworded})
	}
	for _, f := range r.Flips {
		switch {
		case !f.Changed():
		case len(v.Flips) == maxFlips:
			v.LeftOut++
		default:
			v.Flips = append(v.Flips, viewFlip(f))
		}
	}
	return v
}

func (a *API) regrade(ctx context.Context, in *regradeInput) (*made[reportView], error) {
	b := in.Body
	form := quiz.RegradeForm{
		Program: b.Program, Module: curriculum.ModuleKey(b.Module), FromCourse: b.FromCourse, ToCourse: b.ToCourse, Policy: quiz.Policy(b.Policy), Reason: b.Reason,
	}
	for _, it := range b.Items {
		form.Items = append(form.Items, quiz.Ruling{Item: curriculum.ItemID(it.Item), Treatment: quiz.Treatment(it.Treatment)})
	}
	r, err := a.Quizzes.Regrade(ctx, form, b.DryRun)
	if err != nil {
		return nil, err
	}
	return madeOf(r.New, viewReport(r, b.DryRun)), nil
}

type regradesInput struct {
	Page
	Module string `query:"module" maxLength:"40" doc:"left out: of every module"`
}

type regradedInput struct {
	Page
	Regrade string `query:"regrade" maxLength:"64" doc:"left out: the last one"`
}

func (a *API) regradeRoutes() {
	handle(a, Route{Method: "POST", Path: Base + "/regrades", ID: "regrade", Act: access.Regrade, tag: "grading", status: 201, summary: "Mark attempts once more because an item's key was wrong; the same again (200) catches those handed in since"}, a.regrade)
	handle(a, Route{Method: "GET", Path: Base + "/regrades", ID: "list-regrades", Act: access.SeeRegrades, tag: "grading", summary: "The regrades on record, oldest first"},
		func(ctx context.Context, in *regradesInput) (*listOf[regradeView], error) {
			after, err := in.after()
			if err != nil {
				return nil, err
			}
			rows, err := a.Quizzes.Regrades(ctx, curriculum.ModuleKey(in.Module), after, in.Limit)
			if err != nil {
				return nil, err
			}
			return pageOf(rows, in.Limit, func(r *quiz.Regrade) string { return r.ID }, viewRegrade), nil
		})
	handle(a, Route{Method: "GET", Path: Base + "/regraded-attempts", ID: "list-regraded-attempts", Act: access.SeeRegrades, tag: "grading", summary: "What a regrade made of each attempt: the score before and after"},
		func(ctx context.Context, in *regradedInput) (*listOf[flipView], error) {
			after, err := in.after()
			if err != nil {
				return nil, err
			}
			rows, err := a.Quizzes.RegradedAttempts(ctx, in.Regrade, after, in.Limit)
			if err != nil {
				return nil, err
			}
			return pageOf(rows, in.Limit, func(f quiz.Flip) string { return f.AttemptID }, viewFlip), nil
		})
}
