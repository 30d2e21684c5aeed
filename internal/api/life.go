package api

import (
	"context"
	"time"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/internal/fault"
	"github.com/kapstone-lms/kapstone/internal/progress"
)

type deedInput struct {
	ByID
	Body struct {
		Kind        string `json:"kind" enum:"leave,return,extension,transfer,withdrawal,dismissal,readmission,track" example:"extension"`
		EffectiveOn string `json:"effective_on,omitempty" maxLength:"10" doc:"left out: today"`
		UntilOn     string `json:"until_on,omitempty" maxLength:"10" doc:"of a leave: the first day back; left out while nobody knows"`
		Days        int    `json:"days,omitempty" minimum:"-1095" maximum:"1095" doc:"of an extension; below zero takes back what was granted" example:"14"`
		CohortID    string `json:"cohort_id,omitempty" maxLength:"64" doc:"of a transfer: another cohort of the same program"`
		Track       string `json:"track,omitempty" maxLength:"60" doc:"of a track"`
		Reason      string `json:"reason" maxLength:"2000" doc:"the trainee reads it, and so do those who teach them: no health detail" example:"Two weeks more, as agreed."`
		Version     int64  `json:"version,omitempty" minimum:"1" doc:"of the enrollment you read; left out: any"`
		DryRun      bool   `json:"dry_run,omitempty" doc:"do nothing, and answer what would change" example:"true"`
	}
}

type deedView struct {
	ID           string     `json:"id" doc:"empty in a dry run"`
	Number       int        `json:"number"`
	Kind         string     `json:"kind"`
	EffectiveOn  string     `json:"effective_on" format:"date"`
	UntilOn      string     `json:"until_on,omitempty"`
	Days         int        `json:"days,omitempty"`
	Reason       string     `json:"reason"`
	FromCohortID string     `json:"from_cohort_id,omitempty"`
	ToCohortID   string     `json:"to_cohort_id,omitempty"`
	FromTrack    string     `json:"from_track,omitempty"`
	ToTrack      string     `json:"to_track,omitempty"`
	FromVersion  int        `json:"from_version,omitempty"`
	ToVersion    int        `json:"to_version,omitempty"`
	DoneBy       string     `json:"done_by"`
	DoneAt       *time.Time `json:"done_at"`
	Letter       string     `json:"letter" doc:"to the trainee, plain text"`
}

func viewDeed(d *enrollment.Deed) deedView {
	return deedView{
		d.ID, d.Number, string(d.Kind), d.EffectiveOn, d.UntilOn, d.Days, d.Reason, d.FromCohort, d.ToCohort, d.FromTrack, d.ToTrack,
		d.FromVersion, d.ToVersion, d.DoneBy, moment(d.DoneAt), d.Letter,
	}
}

type changeView struct {
	DryRun  bool      `json:"dry_run"`
	Deed    *deedView `json:"deed" doc:"null where there is nothing to change"`
	Version int64     `json:"version" doc:"of the enrollment now: name it to do exactly what was shown"`
	On      string    `json:"on" format:"date" doc:"the day for which before and after hold"`
	Changes []string  `json:"changes" doc:"what changes, in words"`
	Before  stateView `json:"before"`
	After   stateView `json:"after"`
}

type stateView struct {
	Status         string         `json:"status" enum:"active,on_leave,withdrawn,dismissed"`
	ClockDays      int            `json:"clock_days" doc:"days since the start without those on leave"`
	Deadlines      []deadlineView `json:"deadlines"`
	Cohort         namedView      `json:"cohort"`
	Supervisors    []namedView    `json:"supervisors"`
	Track          string         `json:"track,omitempty"`
	ProgramVersion int            `json:"program_version"`
}

type deadlineView struct {
	Requirement string `json:"requirement"`
	Title       string `json:"title"`
	From        string `json:"from" doc:"start, or the requirement from which it runs"`
	DueOn       string `json:"due_on" doc:"empty while it does not run"`
}

type namedView struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

func viewState(s enrollment.State) stateView {
	v := stateView{
		string(s.Status), s.ClockDays, []deadlineView{}, namedView{s.Cohort.ID, s.Cohort.Name}, []namedView{}, s.Track, s.Edition,
	}
	for _, d := range s.Deadlines {
		v.Deadlines = append(v.Deadlines, deadlineView{d.Requirement, d.Title, d.From, d.Due})
	}
	for _, n := range s.Supervisors {
		v.Supervisors = append(v.Supervisors, namedView{n.ID, n.Name})
	}
	return v
}

func viewChange(done *enrollment.Done, dry bool) changeView {
	v := changeView{
		dry, nil, done.Enrollment.Version, done.Effect.On, done.Effect.Words, viewState(done.Effect.Before), viewState(done.Effect.After),
	}
	if done.Deed != nil {
		d := viewDeed(done.Deed)
		v.Deed = &d
	}
	return v
}

type editionInput struct {
	ByID
	Body struct {
		Version           int    `json:"version" minimum:"1" doc:"the newest version of the program" example:"1"`
		Track             string `json:"track,omitempty" maxLength:"60" doc:"where the new edition does not have the track of now"`
		Reason            string `json:"reason" maxLength:"2000" doc:"the trainee reads it" example:"The program has a new edition."`
		EnrollmentVersion int64  `json:"enrollment_version,omitempty" minimum:"1" doc:"of the enrollment you read; left out: any"`
		DryRun            bool   `json:"dry_run,omitempty" doc:"do nothing, and answer what would change" example:"true"`
	}
}

type cohortEditionInput struct {
	ByID
	Body struct {
		Version int    `json:"version" minimum:"1" doc:"the newest version of the program" example:"1"`
		Reason  string `json:"reason" maxLength:"2000" doc:"the trainees read it" example:"The program has a new edition."`
		DryRun  bool   `json:"dry_run,omitempty" doc:"do nothing, and answer what would change for each" example:"true"`
	}
}

// A comparisonView shows who gains, who loses and what is carried over.
type comparisonView struct {
	FromVersion  int              `json:"from_version"`
	ToVersion    int              `json:"to_version"`
	Before       underView        `json:"before"`
	After        underView        `json:"after"`
	Requirements []differenceView `json:"requirements"`
}

type underView struct {
	Status string `json:"status" enum:"met,in_progress,not_met,blocked,waived,expired"`
	Have   int    `json:"have"`
	Need   int    `json:"need"`
}

type differenceView struct {
	ID     string `json:"id"`
	Title  string `json:"title"`
	Change string `json:"change" enum:"gained,lost,carried_over,still_open,new,gone"`
	Before string `json:"before" doc:"empty: not asked for"`
	After  string `json:"after" doc:"empty: not asked for"`
}

func viewComparison(c *progress.Comparison) comparisonView {
	standing := func(r *progress.Report) underView { return underView{string(r.Status), r.Have, r.Need} }
	v := comparisonView{c.Before.Version, c.After.Version, standing(c.Before), standing(c.After), []differenceView{}}
	for _, d := range c.Requirements {
		v.Requirements = append(v.Requirements, differenceView{d.Requirement, d.Title, string(d.Change), string(d.Before), string(d.After)})
	}
	return v
}

type editionView struct {
	changeView
	Progress comparisonView `json:"progress" doc:"under both editions, as it is before the move"`
}

// A movedView is one enrollment of a cohort that was to be moved.
type movedView struct {
	EnrollmentID string         `json:"enrollment_id"`
	Name         string         `json:"name"`
	Moved        bool           `json:"moved" doc:"by this very call; never in a dry run"`
	Refused      string         `json:"refused" doc:"why it cannot be moved; empty when it can"`
	Code         string         `json:"code" doc:"of the refusal"`
	Changes      []string       `json:"changes"`
	Progress     comparisonView `json:"progress"`
}

func (a *API) lifeRoutes() {
	deeds := Base + "/enrollments/{id}/deeds"
	handle(a, Route{Method: "POST", Path: deeds, ID: "change-enrollment", Act: access.ChangeEnrollment, tag: "cohorts", status: 201, summary: "Leave, return, extension, transfer, withdrawal, dismissal, readmission or track; as a dry run first"},
		func(ctx context.Context, in *deedInput) (*made[changeView], error) {
			b := in.Body
			done, err := a.Enrollments.Do(ctx, in.ID, enrollment.Form{
				Kind: enrollment.Kind(b.Kind), EffectiveOn: b.EffectiveOn, UntilOn: b.UntilOn, Days: b.Days, CohortID: b.CohortID,
				Track: b.Track, Reason: b.Reason, Version: b.Version, DryRun: b.DryRun,
			})
			if err != nil {
				return nil, err
			}
			return madeOf(!b.DryRun, viewChange(done, b.DryRun)), nil
		})
	handle(a, Route{Method: "GET", Path: deeds, ID: "list-deeds", Act: access.SeeEnrollment, tag: "progress", summary: "What was done to an enrollment, with the letters"},
		func(ctx context.Context, in *ByID) (*listOf[deedView], error) {
			rows, err := a.Enrollments.Deeds(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			return pageOf(rows, 0, nil, viewDeed), nil
		})
	handle(a, Route{Method: "POST", Path: Base + "/enrollments/{id}/edition", ID: "move-enrollment", Act: access.ChangeEnrollment, tag: "cohorts", summary: "Move an enrollment to the newest edition of its program; as a dry run first"}, a.moveOne)
	handle(a, Route{Method: "POST", Path: Base + "/cohorts/{id}/edition", ID: "move-cohort", Act: access.ChangeEnrollment, tag: "cohorts", summary: "Move each enrollment of a cohort to the newest edition; as a dry run first"}, a.moveCohort)
}

func (a *API) moveOne(ctx context.Context, in *editionInput) (*reply[editionView], error) {
	c, err := a.Progress.Compare(ctx, in.ID, in.Body.Track)
	if err != nil {
		return nil, err
	}
	b := in.Body
	done, err := a.Enrollments.Move(ctx, in.ID, enrollment.Form{
		Edition: b.Version, Track: b.Track, Reason: b.Reason, Version: b.EnrollmentVersion, DryRun: b.DryRun,
	})
	if err != nil {
		return nil, err
	}
	return &reply[editionView]{editionView{viewChange(done, b.DryRun), viewComparison(c)}}, nil
}

func (a *API) moveCohort(ctx context.Context, in *cohortEditionInput) (*listOf[movedView], error) {
	compared, err := a.Progress.CompareCohort(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	b := in.Body
	rows, err := a.Enrollments.MoveAll(ctx, in.ID, enrollment.Form{Edition: b.Version, Reason: b.Reason, DryRun: b.DryRun})
	if err != nil {
		return nil, err
	}
	outcomes := make(map[string]enrollment.Moved, len(rows))
	for _, m := range rows {
		outcomes[m.EnrollmentID] = m
	}
	people := make([]string, len(compared))
	for i, c := range compared {
		people[i] = c.PersonID
	}
	names, err := a.People.Names(ctx, a.DB, people)
	if err != nil {
		return nil, err
	}
	return pageOf(compared, 0, nil, func(c *progress.Comparison) movedView {
		v := movedView{EnrollmentID: c.EnrollmentID, Name: names[c.PersonID], Changes: []string{}, Progress: viewComparison(c)}
		m := outcomes[c.EnrollmentID]
		if f := fault.Of(m.Refused); f != nil {
			v.Refused, v.Code = f.Text, f.Code
		} else if m.Done != nil {
			v.Moved, v.Changes = !b.DryRun && m.Done.Deed != nil, m.Done.Effect.Words
		}
		return v
	}), nil
}
