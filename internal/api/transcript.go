package api

import (
	"context"
	"time"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/progress"
)

type transcriptView struct {
	EnrollmentID   string              `json:"enrollment_id"`
	Program        string              `json:"program"`
	ProgramVersion int                 `json:"program_version"`
	Track          string              `json:"track,omitempty"`
	Modules        []studiedView       `json:"modules"`
	Hours          []spentView         `json:"hours" doc:"practice stands by itself"`
	Practice       []practicedView     `json:"practice" doc:"signed sessions that count"`
	Waivers        []waivedView        `json:"waivers"`
	CarriedOver    []carriedRecordView `json:"carried_over" doc:"what was done in an earlier system, apart from what was done here"`
}

type studiedView struct {
	Module      string     `json:"module"`
	Title       string     `json:"title"`
	CompletedAt *time.Time `json:"completed_at" doc:"null for a module whose date is nobody's business"`
	Percent     int        `json:"quiz_percent,omitempty"`
}

type spentView struct {
	Category string `json:"category"`
	Delivery string `json:"delivery,omitempty"`
	Minutes  int    `json:"minutes"`
}

type practicedView struct {
	Phase    string `json:"phase"`
	Kind     string `json:"kind"`
	Part     string `json:"part,omitempty"`
	Sessions int    `json:"sessions"`
	Minutes  int    `json:"minutes"`
}

type waivedView struct {
	Requirement string `json:"requirement"`
	Title       string `json:"title"`
	Reason      string `json:"reason"`
}

type carriedRecordView struct {
	Kind     string `json:"kind"`
	Subject  string `json:"subject,omitempty"`
	Category string `json:"category,omitempty"`
	Topic    string `json:"topic,omitempty"`
	Delivery string `json:"delivery,omitempty"`
	Sessions int    `json:"sessions,omitempty"`
	Minutes  int    `json:"minutes,omitempty"`
	OnDay    string `json:"on_day,omitempty"`
	Words    string `json:"words" doc:"where it was carried over from, and who accepted it"`
}

func (a *API) transcriptRoute() {
	handle(a, Route{Method: "GET", Path: Base + "/enrollments/{id}/transcript", ID: "transcript", Act: access.SeeEnrollment, tag: "progress", summary: "What is on record: modules, hours, practice, waivers, and apart from them what was carried over"},
		func(ctx context.Context, in *ByID) (*reply[transcriptView], error) {
			p, t, err := a.Progress.Transcript(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			v := viewTranscript(t)
			v.EnrollmentID, v.Program, v.ProgramVersion, v.Track = p.ID, p.Program, p.ProgramVersion, t.Track
			v.CarriedOver, err = a.carriedOver(ctx, t)
			if err != nil {
				return nil, err
			}
			return &reply[transcriptView]{v}, nil
		})
}

func viewTranscript(t *progress.Transcript) transcriptView {
	v := transcriptView{Modules: []studiedView{}, Hours: []spentView{}, Practice: []practicedView{}, Waivers: []waivedView{}}
	for _, m := range t.Modules {
		s := studiedView{Module: string(m.Key), Title: m.Title, Percent: m.Percent}
		if !m.CompletedOn.IsZero() {
			s.CompletedAt = &m.CompletedOn
		}
		v.Modules = append(v.Modules, s)
	}
	for _, h := range t.Hours {
		v.Hours = append(v.Hours, spentView(h))
	}
	for _, p := range t.Practice {
		v.Practice = append(v.Practice, practicedView{string(p.Phase), string(p.Kind), p.Part, p.Sessions, p.Minutes})
	}
	for _, w := range t.Waivers {
		v.Waivers = append(v.Waivers, waivedView(w))
	}
	return v
}

// carriedOver shows what was carried over, with the names of those who accepted
// it.
func (a *API) carriedOver(ctx context.Context, t *progress.Transcript) ([]carriedRecordView, error) {
	ids := make([]string, len(t.Carried))
	for i, r := range t.Carried {
		ids[i] = r.DecidedBy
	}
	names, err := a.People.Names(ctx, a.DB, ids)
	if err != nil {
		return nil, err
	}
	all := make([]carriedRecordView, len(t.Carried))
	for i, r := range t.Carried {
		all[i] = carriedRecordView{
			Kind: string(r.Kind), Subject: r.Subject, Category: r.Category, Topic: r.Topic, Delivery: r.Delivery, Sessions: r.Quantity, Minutes: r.Minutes,
			OnDay: r.OnDay, Words: "carried over from " + r.Carried + ", accepted by " + names[r.DecidedBy],
		}
	}
	return all, nil
}
