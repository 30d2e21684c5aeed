package api

import (
	"context"
	"fmt"
	"time"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/records"
)

// A RecordBody is what a person fills in. Which fields a record has is a
// matter of its kind; an answer to a wrong one names the field and the rule.
type RecordBody struct {
	Subject      string `json:"subject,omitempty" maxLength:"60" doc:"the key of what it is of: of a document, attestation, agreement, assignment, evaluation, fee, exam or alternative, as your program asks for it; of a license or profession, its code (LMFT); of a credential, its kind (bls); of prior_training, from whom; of prior_practice or a clearance, of or for what"`
	Value        string `json:"value,omitempty" maxLength:"40" doc:"of a consultation: individual, group, mentoring or supervision; of a license: active or prelicensed, by an admin also lapsed or disciplined; of a fee: cleared or open; of a clearance: cleared or not_cleared; of an exam: passed or failed; of an admission: admitted or declined; of a letter or sign_off: the role of who wrote or signs it"`
	Edition      string `json:"edition,omitempty" maxLength:"20" doc:"of the attestation, agreement or form that you sign; left out: the one that your program asks for"`
	Category     string `json:"category,omitempty" maxLength:"60" doc:"of hours: didactic, skills_practice, discussion or another key of your program" example:"didactic"`
	Topic        string `json:"topic,omitempty" maxLength:"60" doc:"of hours, where your program counts by topic" example:"trauma_informed"`
	Delivery     string `json:"delivery,omitempty" maxLength:"20" doc:"of hours: live_online, live_in_person or async" example:"live_online"`
	Jurisdiction string `json:"jurisdiction,omitempty" maxLength:"40" doc:"of a license: the state of its board, such as CO"`
	Minutes      int    `json:"minutes,omitempty" minimum:"0" maximum:"1800000" doc:"of hours, up to 24 h; of a consultation, up to 8 h; of prior_practice; whole minutes" example:"90"`
	Quantity     int    `json:"quantity,omitempty" minimum:"0" maximum:"1000" doc:"of an assignment: pages; of an exam: percent; of prior_practice: years; of carried-over sessions: how many"`
	Sources      int    `json:"sources,omitempty" minimum:"0" maximum:"500" doc:"of an assignment: how many it cites"`
	GroupSize    int    `json:"group_size,omitempty" minimum:"0" maximum:"100" doc:"of a group consultation: how many trainees were there"`
	PersonID     string `json:"person_id,omitempty" maxLength:"64" doc:"the consultant or the writer of a letter, if they have an account here"`
	PersonName   string `json:"person_name,omitempty" maxLength:"120" doc:"the same, if they have none"`
	OnDay        string `json:"on_day,omitempty" maxLength:"10" doc:"when it was, YYYY-MM-DD in your cohort's time zone; of hours and consultations it must be there, of others left out: today; never of what you sign" example:"2026-11-24"`
	ExpiresOn    string `json:"expires_on,omitempty" maxLength:"10" doc:"of a license, credential, clearance or exam: the last day on which it holds; left out: for ever"`
	Note         string `json:"note,omitempty" maxLength:"500" doc:"plain text; nothing that could identify a client, nothing medical, never of a clearance"`
}

func (b RecordBody) record(kind string) records.Record {
	return records.Record{
		Kind: records.Kind(kind), Subject: b.Subject, Value: b.Value, Edition: b.Edition, Category: b.Category, Topic: b.Topic,
		Delivery: b.Delivery, Jurisdiction: b.Jurisdiction, Minutes: b.Minutes, Quantity: b.Quantity, Sources: b.Sources,
		GroupSize: b.GroupSize, PersonID: b.PersonID, PersonName: b.PersonName, OnDay: b.OnDay, ExpiresOn: b.ExpiresOn, Note: b.Note,
	}
}

type recordInput struct {
	ByID
	Body struct {
		Kind string `json:"kind" maxLength:"20" enum:"hours,consultation,document,attestation,agreement,assignment,letter,evaluation,fee,license,clearance,credential,exam,prior_training,prior_practice,profession,admission,sign_off,alternative" doc:"a trainee enters hours, consultation, document, assignment, prior_training, prior_practice, profession, credential and license, which wait to be confirmed, and signs attestation, agreement and evaluation; staff enter the rest" example:"hours"`
		RecordBody
	}
}

type recordCorrectionInput struct {
	ByID
	Body struct {
		RecordBody
		Version int64 `json:"version,omitempty" minimum:"0" doc:"the version you read; left out: any"`
	}
}

type confirmInput struct {
	ByID
	Body *struct { // may be left out whole
		Version int64 `json:"version,omitempty" minimum:"0" doc:"the version you read; left out: any" example:"1"`
	}
}

type refuseInput struct {
	ByID
	Body struct {
		Reason  string `json:"reason" minLength:"1" maxLength:"500" doc:"what is wrong with it, for the trainee" example:"The certificate you sent shows one hour, not two."`
		Version int64  `json:"version,omitempty" minimum:"0" doc:"the version you read; left out: any"`
	}
}

type recordView struct {
	ID           string     `json:"id" doc:"empty of a clearance of which you see only how it stands"`
	EnrollmentID string     `json:"enrollment_id"`
	Kind         string     `json:"kind"`
	State        string     `json:"state" enum:"submitted,confirmed,refused,replaced" doc:"only a confirmed one counts"`
	Subject      string     `json:"subject,omitempty"`
	Value        string     `json:"value,omitempty"`
	Edition      string     `json:"edition,omitempty"`
	Category     string     `json:"category,omitempty"`
	Topic        string     `json:"topic,omitempty" doc:"of carried-over sessions: the phase"`
	Delivery     string     `json:"delivery,omitempty"`
	Jurisdiction string     `json:"jurisdiction,omitempty"`
	Minutes      int        `json:"minutes,omitempty"`
	Quantity     int        `json:"quantity,omitempty"`
	Sources      int        `json:"sources,omitempty"`
	GroupSize    int        `json:"group_size,omitempty"`
	PersonID     string     `json:"person_id,omitempty"`
	PersonName   string     `json:"person_name,omitempty"`
	OnDay        string     `json:"on_day,omitempty"`
	ExpiresOn    string     `json:"expires_on,omitempty"`
	Note         string     `json:"note,omitempty"`
	CarriedOver  string     `json:"carried_over,omitempty" doc:"from where, and who accepted it"`
	EnteredBy    string     `json:"entered_by,omitempty"`
	EnteredName  string     `json:"entered_by_name,omitempty"`
	EnteredAt    *time.Time `json:"entered_at,omitempty"`
	DecidedBy    string     `json:"decided_by,omitempty" doc:"who confirmed, refused or replaced it"`
	DecidedName  string     `json:"decided_by_name,omitempty"`
	DecidedAt    *time.Time `json:"decided_at,omitempty"`
	DecisionNote string     `json:"decision_note,omitempty" doc:"why it was refused"`
	Replaces     string     `json:"replaces,omitempty" doc:"the id of the record that this one corrects"`
	Version      int64      `json:"version"`
}

func viewRecord(r *records.Record, names map[string]string) recordView {
	v := recordView{
		ID: r.ID, EnrollmentID: r.EnrollmentID, Kind: string(r.Kind), State: string(r.State), Subject: r.Subject, Value: r.Value,
		Edition: r.Edition, Category: r.Category, Topic: r.Topic, Delivery: r.Delivery, Jurisdiction: r.Jurisdiction, Minutes: r.Minutes,
		Quantity: r.Quantity, Sources: r.Sources, GroupSize: r.GroupSize, PersonID: r.PersonID, PersonName: r.PersonName, OnDay: r.OnDay,
		ExpiresOn: r.ExpiresOn, Note: r.Note, EnteredBy: r.EnteredBy, EnteredName: names[r.EnteredBy], EnteredAt: moment(r.EnteredAt),
		DecidedBy: r.DecidedBy, DecidedName: names[r.DecidedBy], DecidedAt: moment(r.DecidedAt), DecisionNote: r.DecisionNote,
		Replaces: r.Replaces, Version: r.Version,
	}
	if r.PersonID != "" {
		v.PersonName = names[r.PersonID]
	}
	if r.Carried != "" {
		v.CarriedOver = fmt.Sprintf("carried over from %s, accepted by %s", r.Carried, names[r.EnteredBy])
	}
	return v
}

// recordNames finds the names of those that records name.
func (a *API) recordNames(ctx context.Context, rows ...*records.Record) (map[string]string, error) {
	var ids []string
	for _, r := range rows {
		ids = append(ids, r.EnteredBy, r.DecidedBy, r.PersonID)
	}
	return a.People.Names(ctx, a.DB, ids)
}

func (a *API) shownRecord(ctx context.Context, r *records.Record, err error) (*reply[recordView], error) {
	if err != nil {
		return nil, err
	}
	names, err := a.recordNames(ctx, r)
	if err != nil {
		return nil, err
	}
	return &reply[recordView]{viewRecord(r, names)}, nil
}

func (a *API) shownRecords(ctx context.Context, rows []*records.Record, next string, err error) (*listOf[recordView], error) {
	if err != nil {
		return nil, err
	}
	names, err := a.recordNames(ctx, rows...)
	if err != nil {
		return nil, err
	}
	out := pageOf(rows, 0, nil, func(r *records.Record) recordView { return viewRecord(r, names) })
	out.Body.NextCursor = next
	return out, nil
}

func (a *API) recordRoutes() {
	path := Base + "/enrollments/{id}/records"
	handle(a, Route{Method: "POST", Path: path, ID: "enter-record", Act: access.EnterRecord, tag: "records", status: 201, summary: "Enter evidence: hours, a consultation, a license and their like"},
		func(ctx context.Context, in *recordInput) (*reply[recordView], error) {
			r, err := a.Records.Enter(ctx, in.ID, in.Body.record(in.Body.Kind))
			return a.shownRecord(ctx, r, err)
		})
	handle(a, Route{Method: "GET", Path: path, ID: "list-records", Act: access.SeeRecords, tag: "records", summary: "List an enrollment's records, corrected and refused ones too"},
		func(ctx context.Context, in *pageOfInput) (*listOf[recordView], error) {
			after, err := in.after()
			if err != nil {
				return nil, err
			}
			rows, next, err := a.Records.List(ctx, in.ID, after, in.Limit)
			return a.shownRecords(ctx, rows, next, err)
		})
	handle(a, Route{Method: "POST", Path: Base + "/records/{id}/correction", ID: "correct-record", Act: access.EnterRecord, tag: "records", status: 201, summary: "Put a record in the place of a wrong one of the same kind, which stays on record"},
		func(ctx context.Context, in *recordCorrectionInput) (*reply[recordView], error) {
			r, err := a.Records.Correct(ctx, in.ID, in.Body.record(""), in.Body.Version)
			return a.shownRecord(ctx, r, err)
		})
	a.decisionRoutes()
	a.balanceRoutes()
}

func (a *API) decisionRoutes() {
	handle(a, Route{Method: "GET", Path: Base + "/record-queue", ID: "record-queue", Act: access.DecideRecord, tag: "records", summary: "Records that wait for you, the longest waiting first"},
		func(ctx context.Context, in *Page) (*listOf[recordView], error) {
			after, err := in.after()
			if err != nil {
				return nil, err
			}
			rows, next, err := a.Records.Queue(ctx, after, in.Limit)
			return a.shownRecords(ctx, rows, next, err)
		})
	handle(a, Route{Method: "POST", Path: Base + "/records/{id}/confirmation", ID: "confirm-record", Act: access.DecideRecord, tag: "records", summary: "Confirm a record, so that it counts"},
		func(ctx context.Context, in *confirmInput) (*reply[recordView], error) {
			var version int64
			if in.Body != nil {
				version = in.Body.Version
			}
			r, err := a.Records.Confirm(ctx, in.ID, version)
			return a.shownRecord(ctx, r, err)
		})
	handle(a, Route{Method: "POST", Path: Base + "/records/{id}/refusal", ID: "refuse-record", Act: access.DecideRecord, tag: "records", summary: "Refuse a record with a reason, or take one back that counts"},
		func(ctx context.Context, in *refuseInput) (*reply[recordView], error) {
			r, err := a.Records.Refuse(ctx, in.ID, in.Body.Reason, in.Body.Version)
			return a.shownRecord(ctx, r, err)
		})
}

type balanceInput struct {
	ByID
	Body struct {
		Source string `json:"source" minLength:"1" maxLength:"80" doc:"the name of the earlier system, as it will stand beside every record" example:"Earlier course system"`
		CSV    string `json:"csv" maxLength:"262144" doc:"a header line with the names of the columns, then up to 2,000 lines, 256 KiB in all. Columns: kind (module, hours, session or consultation), subject (of a module: its key), category (of hours; of a consultation: individual, group, mentoring or supervision), topic, delivery, phase and part (of a session), count (of sessions or consultations), minutes, day" example:"kind,subject,category,phase,part,count,minutes,day\nhours,,didactic,,,,600,2025-03-01\nsession,,,preparation,observer,2,120,2025-04-01\n"`
		DryRun bool   `json:"dry_run" doc:"true: say of each line what it would become, and write nothing" example:"true"`
	}
}

type balanceView struct {
	ID     string            `json:"id,omitempty" doc:"of what was carried over"`
	Source string            `json:"source"`
	DryRun bool              `json:"dry_run"`
	Wrong  int               `json:"wrong" doc:"how many lines are wrong; none of them is carried over, nor any other, until they are mended"`
	Lines  []balanceLineView `json:"lines"`
	Totals []totalView       `json:"totals" doc:"of the lines that are right"`
}

type balanceLineView struct {
	Line    int        `json:"line" doc:"in the file; the header is line 1"`
	Becomes string     `json:"becomes,omitempty" doc:"what it is, or would be, once carried over"`
	Wrong   *wrongView `json:"wrong,omitempty"`
}

type wrongView struct {
	Field  string `json:"field" doc:"the column"`
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

type totalView struct {
	Kind    string `json:"kind"`
	Lines   int    `json:"lines"`
	Minutes int    `json:"minutes"`
	Count   int    `json:"count"`
}

func viewBalance(b *records.Balance, dry bool) balanceView {
	v := balanceView{b.ID, b.Source, dry, b.Wrong, make([]balanceLineView, len(b.Lines)), []totalView{}}
	for i, l := range b.Lines {
		v.Lines[i] = balanceLineView{Line: l.Line, Becomes: l.Becomes()}
		if l.Wrong != nil {
			v.Lines[i].Wrong = &wrongView{l.Wrong.Field, l.Wrong.Code, l.Wrong.Text}
		}
	}
	for _, t := range b.Totals() {
		v.Totals = append(v.Totals, totalView{string(t.Kind), t.Lines, t.Minutes, t.Count})
	}
	return v
}

// balanceBody is the most bytes of a body with an opening balance: a file as
// JSON writes it is longer than the file.
const balanceBody = 2 * records.MaxBalance

func (a *API) balanceRoutes() {
	handle(a, Route{Method: "POST", Path: Base + "/enrollments/{id}/opening-balance", ID: "open-balance", Act: access.CarryOver, tag: "records", status: 201, body: balanceBody,
		summary: "Carry over what an earlier system holds of a trainee; a dry run answers 200 and writes nothing"},
		func(ctx context.Context, in *balanceInput) (*made[balanceView], error) {
			b, err := a.Records.OpenBalance(ctx, in.ID, in.Body.Source, in.Body.CSV, in.Body.DryRun)
			if err != nil {
				return nil, err
			}
			return madeOf(!in.Body.DryRun, viewBalance(b, in.Body.DryRun)), nil
		})
}
