package api

import (
	"context"
	"slices"
	"time"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/internal/practicum"
)

// A waitingView is the work line of a log in the queue.
type waitingView struct {
	workView
	CohortID     string     `json:"cohort_id"`
	Flagged      bool       `json:"flagged" doc:"something in it is about safety"`
	DueAt        *time.Time `json:"due_at" doc:"when the program wants it graded; null where it states no days"`
	Overdue      bool       `json:"overdue"`
	ClaimedBy    string     `json:"claimed_by" doc:"who is grading it now, or empty"`
	ClaimedUntil *time.Time `json:"claimed_until"`
}

func viewWaiting(w *practicum.Waiting) waitingView {
	return waitingView{viewWork(w.Work), w.CohortID, w.Flagged, moment(w.DueAt), w.Overdue(), w.ClaimedBy, moment(w.ClaimedUntil)}
}

type queueInput struct {
	Page
	Cohort  string `query:"cohort" maxLength:"64" doc:"only of this cohort"`
	Flag    string `query:"flag" enum:"safety,none" doc:"only with a safety flag, or only without"`
	Overdue bool   `query:"overdue" doc:"only those that should be graded by now"`
	Order   string `query:"order" enum:"age,safety,cohort" default:"age"`
}

func (in *queueInput) filter() practicum.Filter {
	f := practicum.Filter{Cohort: in.Cohort, Overdue: in.Overdue, Order: practicum.Order(in.Order)}
	if in.Flag != "" {
		flagged := in.Flag == "safety"
		f.Flagged = &flagged
	}
	return f
}

// A NextBody says which log to give next.
type NextBody struct {
	Cohort string `json:"cohort,omitempty" maxLength:"64" doc:"only of this cohort"`
}

type nextInput struct {
	Body struct {
		NextBody
		After string `json:"after,omitempty" maxLength:"64" doc:"a log you leave for later: go on behind it, and end your claim on it"`
	}
}

// A claimedView is a whole log that its reader has for a while.
type claimedView struct {
	Log          *logView   `json:"log" doc:"null when nothing waits for you"`
	ClaimedUntil *time.Time `json:"claimed_until" doc:"until then colleagues are given other logs"`
}

func viewClaimed(c *practicum.Claimed) claimedView {
	if c == nil {
		return claimedView{}
	}
	return claimedView{&viewLog(c.Log).Body, &c.Until}
}

// A judgedView is a log after a grader's deed, with the next one where it was
// asked for.
type judgedView struct {
	logView
	Next *claimedView `json:"next,omitempty" doc:"the next log, whole and claimed, where you asked for it"`
}

type GradeBody struct {
	Grades     map[string]grade `json:"grades" doc:"c1 to c7, each 1 to 4 or NO" example:"{\"c1\":3,\"c2\":3,\"c3\":3,\"c4\":3,\"c5\":3,\"c6\":3,\"c7\":\"NO\"}"`
	Feedback   string           `json:"feedback,omitempty" maxLength:"12000" doc:"at least 50 characters when a grade is 1 or 2" example:"Steady pace, and a clear account of your own part."`
	ObservedBy string           `json:"observed_by" enum:"direct,video,audio,discussion,role_play,case_presentation,file_review" example:"role_play"`
}

type gradeInput struct {
	ByID
	Body struct {
		GradeBody
		Version int64     `json:"version,omitempty" minimum:"0" doc:"the version you read; left out: any"`
		Next    *NextBody `json:"next,omitempty" doc:"claim and load the next log with the reply"`
	}
}

type returnInput struct {
	ByID
	Body struct {
		Reason  string    `json:"reason" enum:"incomplete,identifiers,unclear,wrong_phase,other" example:"unclear"`
		Message string    `json:"message" minLength:"1" maxLength:"4000" doc:"what to mend" example:"Say what you would do differently next time."`
		Version int64     `json:"version,omitempty" minimum:"0" doc:"the version you read; left out: any"`
		Next    *NextBody `json:"next,omitempty" doc:"claim and load the next log with the reply"`
	}
}

type correctInput struct {
	ByID
	Body struct {
		GradeBody
		Version int64 `json:"version" minimum:"1" doc:"the version you read" example:"3"`
	}
}

// A criterionView is one thing that practice is graded on.
type criterionView struct {
	ID      string   `json:"id"`
	Title   string   `json:"title"`
	Levels  []string `json:"levels" doc:"what each level looks like, from 1 to 4"`
	Minimum int      `json:"minimum" doc:"a log that is graded lower does not count; 0: none"`
	Safety  bool     `json:"safety" doc:"a grade below safety_floor stops the enrollment"`
}

type rubricView struct {
	Criteria    []criterionView `json:"criteria"`
	SafetyFloor int             `json:"safety_floor"`
	SelfRating  bool            `json:"self_rating" doc:"whether you rate yourself before you send a log"`
	GradeDays   int             `json:"grade_days" doc:"within which a log is graded; 0: none stated"`
}

func viewRubric(p *enrollment.Pinned) rubricView {
	rules := p.Edition.Practicum
	v := rubricView{SafetyFloor: rules.SafetyFloor, SelfRating: rules.SelfRating, GradeDays: rules.GradeDays}
	for _, c := range rules.TheRubric() {
		v.Criteria = append(v.Criteria, criterionView{c.Key, c.Title, c.Levels, c.Minimum, slices.Contains(rules.SafetyCriteria, c.Key)})
	}
	return v
}

func (a *API) rubricRoute() {
	handle(a, Route{Method: "GET", Path: Base + "/enrollments/{id}/rubric", ID: "rubric", Act: access.SeeEnrollment, tag: "practicum", summary: "What practice is graded on, and what each level looks like"},
		func(ctx context.Context, in *ByID) (*reply[rubricView], error) {
			return shown(viewRubric)(a.Enrollments.See(ctx, access.SeeEnrollment, in.ID))
		})
}

func (a *API) gradingRoutes() {
	handle(a, Route{Method: "GET", Path: Base + "/grading-queue", ID: "grading-queue", Act: access.GradeLog, tag: "grading", summary: "Logs that wait for you, the longest waiting first"},
		func(ctx context.Context, in *queueInput) (*listOf[waitingView], error) {
			after, err := in.after()
			if err != nil {
				return nil, err
			}
			rows, err := a.Practicum.Queue(ctx, in.filter(), after, in.Limit)
			if err != nil {
				return nil, err
			}
			return pageOf(rows, in.Limit, func(w *practicum.Waiting) string { return w.ID }, viewWaiting), nil
		})
	handle(a, Route{Method: "POST", Path: Base + "/grading-queue/next", ID: "next-log", Act: access.GradeLog, tag: "grading", summary: "The log to grade next, whole, and yours for 20 minutes"},
		func(ctx context.Context, in *nextInput) (*reply[claimedView], error) {
			return shown(viewClaimed)(a.Practicum.Next(ctx, practicum.Want{Cohort: in.Body.Cohort, After: in.Body.After}))
		})
	handle(a, Route{Method: "POST", Path: Base + "/logs/{id}/grade", ID: "grade-log", Act: access.GradeLog, tag: "grading", summary: "Grade a log"},
		func(ctx context.Context, in *gradeInput) (*reply[judgedView], error) {
			b := in.Body
			l, err := a.Practicum.Grade(ctx, in.ID, b.verdict(b.Version))
			return a.judged(ctx, l, err, b.Next)
		})
	handle(a, Route{Method: "PATCH", Path: Base + "/logs/{id}/grade", ID: "correct-grade", Act: access.GradeLog, tag: "grading", summary: "Correct your own grades of a log that is not signed yet"},
		func(ctx context.Context, in *correctInput) (*reply[logView], error) {
			return shownLog(a.Practicum.Correct(ctx, in.ID, in.Body.verdict(in.Body.Version)))
		})
	handle(a, Route{Method: "POST", Path: Base + "/logs/{id}/return", ID: "return-log", Act: access.GradeLog, tag: "grading", summary: "Send a log back with a reason"},
		func(ctx context.Context, in *returnInput) (*reply[judgedView], error) {
			l, err := a.Practicum.Return(ctx, in.ID, in.Body.Reason, in.Body.Message, in.Body.Version)
			return a.judged(ctx, l, err, in.Body.Next)
		})
}

func (b GradeBody) verdict(version int64) practicum.Verdict {
	return practicum.Verdict{Grades: gradesIn(b.Grades), Feedback: b.Feedback, ObservedBy: b.ObservedBy, Version: version}
}

// judged shows a log after a grader's deed, and the next one where it was asked
// for. The deed is done by then: a next log that cannot be read is left out.
func (a *API) judged(ctx context.Context, l *practicum.Log, err error, want *NextBody) (*reply[judgedView], error) {
	if err != nil {
		return nil, err
	}
	v := judgedView{logView: viewLog(l).Body}
	if want != nil {
		c, err := a.Practicum.Next(ctx, practicum.Want{Cohort: want.Cohort})
		if err != nil {
			a.Log.WarnContext(ctx, "the next log was not given", "err", err)
			return &reply[judgedView]{v}, nil
		}
		next := viewClaimed(c)
		v.Next = &next
	}
	return &reply[judgedView]{v}, nil
}
