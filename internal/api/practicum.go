package api

import (
	"bytes"
	"context"
	"encoding/json"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/fault"
	"github.com/kapstone-lms/kapstone/internal/practicum"
)

// A grade is 1 to 4, or "NO" where there was no opportunity to observe.
type grade int

var errGrade = fault.New(fault.Invalid, "bad_grade", "A grade is 1, 2, 3, 4 or \"NO\".").At("grades")

// UnmarshalJSON implements json.Unmarshaler.
func (g *grade) UnmarshalJSON(data []byte) error {
	if bytes.Equal(data, []byte(`"NO"`)) {
		*g = 0
		return nil
	}
	var n int
	if err := json.Unmarshal(data, &n); err != nil || n < 1 || n > 4 {
		return errGrade
	}
	*g = grade(n)
	return nil
}

// MarshalJSON implements json.Marshaler.
func (g grade) MarshalJSON() ([]byte, error) {
	if g == 0 {
		return []byte(`"NO"`), nil
	}
	return json.Marshal(int(g))
}

// Schema implements huma.SchemaProvider.
func (grade) Schema(huma.Registry) *huma.Schema {
	low, high := 1.0, 4.0
	return &huma.Schema{OneOf: []*huma.Schema{
		{Type: huma.TypeInteger, Minimum: &low, Maximum: &high}, {Type: huma.TypeString, Enum: []any{"NO"}},
	}}
}

func gradesIn(in map[string]grade) practicum.Grades {
	all := make(practicum.Grades, len(in))
	for c, g := range in {
		all[c] = int(g)
	}
	return all
}

func gradesOut(all practicum.Grades) map[string]grade {
	out := make(map[string]grade, len(all))
	for c, g := range all {
		out[c] = grade(g)
	}
	return out
}

// A FormBody is what a trainee fills in. Everything may be left out until the
// log is submitted.
type FormBody struct {
	Kind           *string           `json:"kind,omitempty" enum:"client,peer,role_play" example:"role_play"`
	Phase          *string           `json:"phase,omitempty" enum:"preparation,medicine,integration" example:"preparation"`
	Format         *string           `json:"format,omitempty" enum:"individual,group,couple" example:"individual"`
	Participants   *int              `json:"participants,omitempty" doc:"of a group, 3 to 20"`
	Week           *string           `json:"week,omitempty" maxLength:"8" doc:"ISO week; never a date" example:"2026-W48"`
	DurationMin    *int              `json:"duration_min,omitempty" doc:"whole minutes" example:"60"`
	ContactMin     *int              `json:"direct_contact_min,omitempty" doc:"whole minutes, no more than duration_min" example:"45"`
	Role           *string           `json:"role,omitempty" enum:"observer,co_facilitator,lead_supervised,lead,sitter" doc:"the part you took" example:"lead_supervised"`
	Frameworks     *[]string         `json:"frameworks,omitempty" maxItems:"3" enum:"act,ifs,somatic,psychodynamic,mindfulness,cbt,other" example:"[\"mindfulness\"]"`
	SupervisorID   *string           `json:"supervisor_id,omitempty" maxLength:"64"`
	CaseRef        *string           `json:"case_ref,omitempty" maxLength:"8" doc:"one of your own earlier cases; left out: the server makes a new one"`
	CaseSeq        *int              `json:"case_seq,omitempty" doc:"which session of the case; left out: the next"`
	Days           *int              `json:"days_since_previous,omitempty"`
	Route          *string           `json:"route,omitempty" enum:"iv,im,sl,in_esketamine,in_compounded,po" doc:"medicine sessions with clients only"`
	DoseBand       *string           `json:"dose_band,omitempty" enum:"none,low_psycholytic,moderate,high_psychedelic,label_esketamine" doc:"medicine sessions with clients only; never milligrams"`
	MonitoredBy    *string           `json:"monitored_by,omitempty" enum:"prescriber,nurse,medical_provider" doc:"medicine sessions with clients only"`
	KnewWhomToCall *bool             `json:"knew_whom_to_call,omitempty" doc:"medicine sessions with clients only"`
	Reflection     *string           `json:"reflection,omitempty" maxLength:"12000" doc:"150 to 3,000 characters: what did I do, what did I notice in myself, what would I do differently? Never what the client said." example:"I kept my voice low and waited longer than felt natural before I spoke. I noticed that I wanted to fill the silence. Next time I will agree on a hand signal first."`
	SelfRating     *map[string]grade `json:"self_rating,omitempty" doc:"c1 to c7"`
	Attest         *bool             `json:"attest,omitempty" doc:"I attest that this log holds no detail that could identify a client" example:"true"`
	DetailBody
}

func (b FormBody) form() practicum.Form {
	f := practicum.Form{
		Format: b.Format, Participants: b.Participants, Week: b.Week, Minutes: b.DurationMin, ContactMinutes: b.ContactMin, Role: b.Role,
		Frameworks: b.Frameworks, SupervisorID: b.SupervisorID, CaseRef: b.CaseRef, CaseSeq: b.CaseSeq, Days: b.Days, Route: b.Route,
		DoseBand: b.DoseBand, MonitoredBy: b.MonitoredBy, KnewWhomToCall: b.KnewWhomToCall, Reflection: b.Reflection, Attest: b.Attest,
		DetailForm: b.DetailBody.form(),
	}
	if b.Kind != nil {
		kind := practicum.Kind(*b.Kind)
		f.Kind = &kind
	}
	if b.Phase != nil {
		phase := practicum.Phase(*b.Phase)
		f.Phase = &phase
	}
	if b.SelfRating != nil {
		rating := gradesIn(*b.SelfRating)
		f.SelfRating = &rating
	}
	return f
}

// A workView is the work line of a log.
type workView struct {
	ID              string     `json:"id"`
	EnrollmentID    string     `json:"enrollment_id"`
	Status          string     `json:"status" enum:"draft,submitted,returned,graded,countersigned"`
	Kind            string     `json:"kind"`
	Phase           string     `json:"phase"`
	Format          string     `json:"format"`
	Participants    int        `json:"participants"`
	Week            string     `json:"week"`
	DurationMin     int        `json:"duration_min"`
	ContactMin      int        `json:"direct_contact_min"`
	Role            string     `json:"role"`
	Frameworks      []string   `json:"frameworks"`
	SupervisorID    string     `json:"supervisor_id"`
	CreatedAt       time.Time  `json:"created_at"`
	UpdatedAt       time.Time  `json:"updated_at"`
	SubmittedAt     *time.Time `json:"submitted_at"`
	GradedAt        *time.Time `json:"graded_at"`
	CountersignedAt *time.Time `json:"countersigned_at"`
	Version         int64      `json:"version"`
}

func viewWork(w *practicum.Work) workView {
	return workView{
		w.ID, w.EnrollmentID, string(w.Status), string(w.Kind), string(w.Phase), w.Format, w.Participants, w.Week, w.Minutes, w.ContactMinutes,
		w.Role, append([]string{}, w.Frameworks...), w.SupervisorID, w.CreatedAt.Time, w.UpdatedAt.Time, moment(w.SubmittedAt),
		moment(w.GradedAt), moment(w.SignedAt), w.Version,
	}
}

// A logView is a whole log, for its author and its supervisors.
type logView struct {
	workView
	CaseRef        string           `json:"case_ref" doc:"the key to it stays in the clinic's records"`
	CaseSeq        int              `json:"case_seq"`
	Days           *int             `json:"days_since_previous"`
	Year           int              `json:"year"`
	Route          string           `json:"route,omitempty"`
	DoseBand       string           `json:"dose_band,omitempty"`
	MonitoredBy    string           `json:"monitored_by,omitempty"`
	KnewWhomToCall string           `json:"knew_whom_to_call,omitempty" enum:"yes,no"`
	Reflection     string           `json:"reflection"`
	SelfRating     map[string]grade `json:"self_rating" doc:"empty for a grader until the log is graded"`
	Attested       bool             `json:"attested"`
	Amends         string           `json:"amends,omitempty" doc:"the signed log that this one is a new version of"`
	AmendReason    string           `json:"amend_reason,omitempty"`
	ReturnReason   string           `json:"return_reason"`
	ReturnMessage  string           `json:"return_message"`
	Grades         map[string]grade `json:"grades"`
	Feedback       string           `json:"feedback"`
	ObservedBy     string           `json:"observed_by"`
	Signature      *signatureView   `json:"signature"`
	ContentSHA256  string           `json:"content_sha256" doc:"names what this answer shows; whoever signs sends it along"`
	Notice         string           `json:"notice"`
	Detail         *detailView      `json:"detail,omitempty" doc:"what the program asks beyond the plain log"`
	Removal        *removalView     `json:"removal,omitempty" doc:"of the text, by this very request"`
}

type signatureView struct {
	Name          string    `json:"name"`
	LicenseNumber string    `json:"license_number"`
	Meaning       string    `json:"meaning" enum:"observed,reviewed,attest"`
	Method        string    `json:"method" doc:"how the signer proved who they are"`
	SignedAt      time.Time `json:"signed_at"`
	SHA256        string    `json:"sha256" doc:"of the signed content"`
	KeyID         string    `json:"key_id"`
	Intact        bool      `json:"intact" doc:"whether the content is still what was signed"`
}

// notice goes with every log.
const notice = "Nobody watches logs. In an emergency call the clinic's medical lead or emergency services, and file the event in the " +
	"clinic's own system. The key to a case reference stays in the clinic's records."

func viewLog(l *practicum.Log) *reply[logView] {
	v := logView{
		workView: viewWork(&l.Work), CaseRef: l.Case.Ref, CaseSeq: l.Case.Seq, Days: l.Case.Days, Year: l.Case.Year, Route: l.Route,
		DoseBand: l.DoseBand, MonitoredBy: l.MonitoredBy, KnewWhomToCall: l.KnewWhomToCall, Reflection: l.Reflection,
		SelfRating: gradesOut(l.SelfRating), Attested: l.Attested != "", Amends: l.Amends, AmendReason: l.AmendReason, ReturnReason: l.ReturnReason, ReturnMessage: l.ReturnMessage,
		Grades: gradesOut(l.Grades), Feedback: l.Feedback, ObservedBy: l.ObservedBy, ContentSHA256: l.ContentSHA256(), Notice: notice,
		Detail: viewDetail(l),
	}
	v.Signature = viewSignature(l)
	if r := l.Removal(); r != nil {
		v.Removal = &removalView{r.DestroyAt.Time, r.InBackupsUntil()}
	}
	return &reply[logView]{v}
}

type newLogInput struct {
	ByID
	Body FormBody
}

type editLogInput struct {
	ByID
	Body struct {
		FormBody
		Version int64 `json:"version" minimum:"1" doc:"the version you read" example:"1"`
	}
}

// A submitInput may say that unusual answers are right.
type submitInput struct {
	ByID
	Body *struct {
		Confirm []string `json:"confirm,omitempty" maxItems:"100" doc:"ids of the questions in is_this_right whose answers are right" example:"[\"duration_min\"]"`
	}
}

func (in *submitInput) confirmed() []string {
	if in.Body == nil {
		return nil
	}
	return in.Body.Confirm
}

type pageOfInput struct {
	ByID
	Page
}

func (a *API) practicumRoutes() {
	logs := Base + "/enrollments/{id}/logs"
	handle(a, Route{Method: "POST", Path: logs, ID: "create-log", Act: access.WriteLog, tag: "practicum", status: 201, summary: "Begin a log of a practiced session"},
		func(ctx context.Context, in *newLogInput) (*reply[logView], error) {
			return shownLog(a.Practicum.Create(ctx, in.ID, in.Body.form()))
		})
	handle(a, Route{Method: "GET", Path: logs, ID: "list-logs", Act: access.WriteLog, tag: "practicum", summary: "List your logs, work lines only"},
		func(ctx context.Context, in *pageOfInput) (*listOf[workView], error) {
			after, err := in.after()
			if err != nil {
				return nil, err
			}
			rows, err := a.Practicum.Mine(ctx, in.ID, after, in.Limit)
			if err != nil {
				return nil, err
			}
			return pageOf(rows, in.Limit, workID, viewWork), nil
		})
	handle(a, Route{Method: "GET", Path: Base + "/logs/{id}", ID: "log", Act: access.AskLog, tag: "practicum", summary: "Read a log: your own, or one you supervise"},
		func(ctx context.Context, in *ByID) (*reply[logView], error) {
			return shownLog(a.Practicum.Read(ctx, in.ID))
		})
	handle(a, Route{Method: "PATCH", Path: Base + "/logs/{id}", ID: "edit-log", Act: access.WriteLog, tag: "practicum", summary: "Change a draft or a returned log"},
		func(ctx context.Context, in *editLogInput) (*reply[logView], error) {
			return shownLog(a.Practicum.Edit(ctx, in.ID, in.Body.form(), in.Body.Version))
		})
	handle(a, Route{Method: "POST", Path: Base + "/logs/{id}/submission", ID: "submit-log", Act: access.WriteLog, tag: "practicum", summary: "Send a log to your instructor"},
		func(ctx context.Context, in *submitInput) (*reply[logView], error) {
			return shownLog(a.Practicum.Submit(ctx, in.ID, in.confirmed()...))
		})
	a.rubricRoute()
	a.episodeRoutes()
	a.gradingRoutes()
	a.secondRoutes()
	a.delegationRoutes()
	a.signingRoutes()
}

func shownLog(l *practicum.Log, err error) (*reply[logView], error) {
	if err != nil {
		return nil, err
	}
	return viewLog(l), nil
}

func workID(w *practicum.Work) string { return w.ID }
