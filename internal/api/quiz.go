package api

import (
	"context"
	"net/http"
	"time"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/quiz"
)

// An attemptView is an attempt under way. No field of it, here or below, has a
// name or a value that could say what is right.
type attemptView struct {
	ID        string                `json:"id"`
	Module    string                `json:"module"`
	Number    int                   `json:"number" doc:"1 for the first try"`
	State     string                `json:"state" enum:"open"`
	Revision  int                   `json:"revision" doc:"how many saves were accepted"`
	StartedAt time.Time             `json:"started_at"`
	Deadline  time.Time             `json:"deadline" doc:"while paused: as it is when the pause lasts to its end"`
	Layout    string                `json:"layout" enum:"one,many" doc:"how to show the items: all on one page, or a page for each"`
	AtItem    string                `json:"at_item,omitempty" doc:"of a quiz that goes one item at a time: the only item that takes an answer now; items has those up to it"`
	ItemCount int                   `json:"item_count" doc:"of the whole quiz, with the items that are not shown yet"`
	Items     []itemView            `json:"items" doc:"none while paused"`
	Answers   map[string]answerView `json:"answers" doc:"by item"`
	pauseView
}

type itemView struct {
	ID      string       `json:"id"`
	Kind    string       `json:"kind" enum:"single,multiple,ordering,matching,numeric,short"`
	Case    *caseView    `json:"case,omitempty" doc:"the vignette that this item asks about; the items of one follow each other"`
	Stem    string       `json:"stem"`
	Unit    string       `json:"unit,omitempty" doc:"of a numeric item: what to show beside the box; it is not part of the response"`
	Prompts []optionView `json:"prompts,omitempty" doc:"of a matching item: an option belongs to each"`
	Options []optionView `json:"options" doc:"empty for numeric and short items, whose response is written"`
}

type caseView struct {
	ID   string `json:"id"`
	Text string `json:"text"`
}

type optionView struct {
	ID   string `json:"id"`
	Text string `json:"text"`
}

type answerView struct {
	Response []string  `json:"response" doc:"as in a save: ids of options, of an ordering item in their order, of a matching item pairs such as 1:b, of a numeric or short item what was written"`
	Revision int       `json:"revision" doc:"the next save names it"`
	SavedAt  time.Time `json:"saved_at"`
}

func viewQuestion(q quiz.Question) itemView {
	v := itemView{ID: q.ID, Kind: string(q.Kind), Stem: q.Stem, Unit: q.Unit, Options: make([]optionView, len(q.Options))}
	if q.Case != nil {
		v.Case = &caseView{q.Case.ID, q.Case.Text}
	}
	for _, p := range q.Prompts {
		v.Prompts = append(v.Prompts, optionView(p))
	}
	for i, o := range q.Options {
		v.Options[i] = optionView(o)
	}
	return v
}

func viewAttempt(s *quiz.OpenSheet) attemptView {
	v := attemptView{
		ID: s.ID, Module: string(s.Module), Number: s.Number, State: string(quiz.Open), Revision: s.Revision, StartedAt: s.StartedAt,
		Deadline: s.Deadline, Layout: string(s.Layout), AtItem: s.AtItem, ItemCount: s.ItemCount,
		Items: make([]itemView, len(s.Items)), Answers: make(map[string]answerView, len(s.Answers)),
	}
	for i, q := range s.Items {
		v.Items[i] = viewQuestion(q)
	}
	for item, a := range s.Answers {
		v.Answers[item] = answerView{append([]string{}, a.Response...), a.Revision, a.SavedAt}
	}
	v.pauseView = viewPause(s)
	return v
}

// A resultView is an attempt that was handed in.
type resultView struct {
	ID             string         `json:"id"`
	Module         string         `json:"module"`
	Number         int            `json:"number"`
	State          string         `json:"state" enum:"submitted"`
	StartedAt      time.Time      `json:"started_at"`
	SubmittedAt    time.Time      `json:"submitted_at"`
	ClosedBy       string         `json:"closed_by" enum:"trainee,deadline"`
	More           string         `json:"more,omitempty" enum:"after_pass,after_close" doc:"from when more is shown than now: of a try that passes, or when the quiz is over for everybody in your cohort. Where even the score waits for it, nothing stands below."`
	Correct        *int           `json:"correct,omitempty" doc:"items answered right as a whole"`
	Asked          *int           `json:"asked,omitempty"`
	ScorePercent   *int           `json:"score_percent,omitempty" doc:"of all items, rounded down; where the quiz counts parts of an answer they are in it"`
	Passed         *bool          `json:"passed,omitempty"`
	CriticalMissed []string       `json:"critical_missed,omitzero" doc:"the objectives of safety questions that were not answered right"`
	Missed         []missedView   `json:"missed,omitzero" doc:"of a try that did not pass: the objectives with an answer that was not right, and the lessons to go back to"`
	Review         []reviewedView `json:"review,omitempty" doc:"only when the program lets you see it; while you have tries left, only the questions that you answered"`
	Regraded       *remarkView    `json:"regraded,omitempty" doc:"only of an attempt that was marked once more; what stands beside it holds now"`
}

type missedView struct {
	Objective string           `json:"objective"`
	Lessons   []lessonNameView `json:"lessons"`
}

type lessonNameView struct {
	ID    string `json:"id"`
	Title string `json:"title"`
}

type reviewedView struct {
	itemView
	Response  []string     `json:"response"`
	Right     bool         `json:"right"`
	Answer    []string     `json:"answer" doc:"the right response"`
	Tolerance string       `json:"tolerance,omitempty" doc:"of a numeric item: how far from the answer is still right"`
	Accepted  []string     `json:"accepted,omitempty" doc:"of a short item: every form that is right"`
	Why       string       `json:"why,omitempty" doc:"of a numeric or short item; of the others each option says it"`
	Key       []reasonView `json:"key" doc:"of each option"`
	// Regrade says what a regrade made of the item.
	Regrade string `json:"regrade,omitempty" enum:"corrected_key,everyone_right,dropped" doc:"marked by a corrected key; counted as right for everyone; not counted"`
}

type reasonView struct {
	ID      string `json:"id"`
	Correct bool   `json:"correct" doc:"the option is in the right response; of an ordering item every one is"`
	Why     string `json:"why,omitempty" doc:"only where the program tells it"`
}

func viewResult(r *quiz.Result) resultView {
	v := resultView{
		ID: r.ID, Module: string(r.Module), Number: r.Number, State: string(quiz.Submitted), StartedAt: r.StartedAt, SubmittedAt: r.SubmittedAt,
		ClosedBy: string(r.ClosedBy), More: string(r.More),
	}
	if r.Withheld {
		return v
	}
	v.Correct, v.Asked, v.ScorePercent, v.Passed, v.CriticalMissed, v.Missed = &r.Correct, &r.Asked, &r.ScorePercent, &r.Passed, []string{}, viewMissed(r.Missed)
	for _, o := range r.CriticalMissed {
		v.CriticalMissed = append(v.CriticalMissed, o.Text)
	}
	v.Regraded = viewRemark(r.Regraded)
	if r.Review == nil {
		return v
	}
	for _, it := range r.Review.Items {
		reviewed := reviewedView{
			itemView: viewQuestion(it.Question), Response: append([]string{}, it.Response...), Right: it.Right, Answer: it.Answer,
			Tolerance: it.Tolerance, Accepted: it.Accepted, Why: it.Why, Key: []reasonView{}, Regrade: string(it.Treatment),
		}
		for _, o := range it.Key {
			reviewed.Key = append(reviewed.Key, reasonView(o))
		}
		v.Review = append(v.Review, reviewed)
	}
	return v
}

func viewMissed(all []quiz.MissedObjective) []missedView {
	views := make([]missedView, len(all))
	for i, o := range all {
		views[i] = missedView{o.Text, make([]lessonNameView, len(o.Lessons))}
		for j, l := range o.Lessons {
			views[i].Lessons[j] = lessonNameView{string(l.ID), l.Title}
		}
	}
	return views
}

// An eitherView shows an attempt as what it is by now.
type eitherView struct {
	Status int
	Body   any
}

func viewSheet(status int, s *quiz.Sheet) *eitherView {
	if s.Result != nil {
		return &eitherView{status, viewResult(s.Result)}
	}
	return &eitherView{status, viewAttempt(s.Open)}
}

type remediationInput struct {
	ByModule
	Body struct {
		Note string `json:"note" minLength:"1" maxLength:"500" doc:"what you went through with the trainee" example:"Went through the lesson on screening together."`
	}
}

type moveInput struct {
	ByID
	Body struct {
		From string `json:"from" minLength:"1" maxLength:"64" doc:"the item you leave, answered or not: the attempt's at_item" example:"q1"`
	}
}

func (a *API) quizRoutes() {
	modules := Base + "/enrollments/{id}/modules/{module}"
	handle(a, Route{Method: "POST", Path: modules + "/attempts", ID: "start-attempt", Act: access.TakeQuiz, tag: "quiz", status: 201, summary: "Begin a module's quiz, or go on with the one that is open (200)"},
		func(ctx context.Context, in *ByModule) (*made[attemptView], error) {
			s, created, err := a.Quizzes.Start(ctx, in.ID, curriculum.ModuleKey(in.Module))
			if err != nil {
				return nil, err
			}
			return madeOf(created, viewAttempt(s)), nil
		})
	handle(a, Route{Method: "GET", Path: Base + "/attempts/{id}", ID: "attempt", Act: access.TakeQuiz, tag: "quiz", summary: "One attempt: the open sheet, or the result once it is handed in"},
		func(ctx context.Context, in *ByID) (*eitherView, error) {
			s, err := a.Quizzes.Sheet(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			return viewSheet(http.StatusOK, s), nil
		})
	handle(a, Route{Method: "POST", Path: Base + "/attempts/{id}/moves", ID: "move-on", Act: access.TakeQuiz, tag: "quiz", summary: "Leave the item at which a sequential quiz stands for the next one; there is no way back, and the same move again changes nothing"},
		func(ctx context.Context, in *moveInput) (*reply[attemptView], error) {
			return shown(viewAttempt)(a.Quizzes.MoveOn(ctx, in.ID, in.Body.From))
		})
	handle(a, Route{Method: "POST", Path: Base + "/attempts/{id}/submission", ID: "submit-attempt", Act: access.TakeQuiz, tag: "quiz", summary: "Hand the quiz in; again gives the same result, after the deadline 409"},
		func(ctx context.Context, in *ByID) (*reply[resultView], error) {
			r, err := a.Quizzes.Submit(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			return &reply[resultView]{viewResult(r)}, nil
		})
	handle(a, Route{Method: "POST", Path: modules + "/remediations", ID: "remediate", Act: access.Remediate, tag: "grading", status: 204, summary: "Record that you went through the module with the trainee; opens one more try"},
		func(ctx context.Context, in *remediationInput) (*empty, error) {
			_, err := a.Quizzes.Remediate(ctx, in.ID, curriculum.ModuleKey(in.Module), in.Body.Note)
			return nil, err
		})
}

// responseForm says what a response is, for each kind of item.
const responseForm = "single: the id of one option. multiple: the ids of all options chosen, in any order. ordering: the ids of all options in the order chosen. " +
	"matching: a pair for each prompt, its id and that of its option, such as 1:b, in any order. " +
	"numeric: one number in digits with a point before decimals, such as 12.5; space around it and zeros that say nothing are dropped, a comma or a unit is refused. " +
	"short: one text of at most 200 characters; case, punctuation at its end and double spaces do not matter. " +
	"An ordering or a matching may be saved before it is finished. Empty, or one blank text, clears the answer."
