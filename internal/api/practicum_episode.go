package api

import (
	"context"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/practicum"
)

type episodeView struct {
	CaseRef string        `json:"case_ref" doc:"the key to it stays in the clinic's records"`
	Number  int           `json:"number" doc:"of the case's episodes"`
	Steps   []episodeStep `json:"steps"`
	Counts  bool          `json:"counts" doc:"whole, and counted as one"`
	Missing []string      `json:"missing"`
	Notice  string        `json:"notice"`
}

type episodeStep struct {
	LogID   string `json:"log_id"`
	Phase   string `json:"phase"`
	Status  string `json:"status"`
	Week    string `json:"week"`
	CaseSeq int    `json:"case_seq"`
	Days    *int   `json:"days_since_previous"`
	Counts  bool   `json:"counts"`
	Why     string `json:"why,omitempty" doc:"it does not count yet"`
}

type episodesView struct {
	Items    []episodeView `json:"items"`
	Sessions int           `json:"sessions" doc:"that count"`
	Cases    int           `json:"cases" doc:"different ones among them"`
	Episodes int           `json:"episodes" doc:"that are whole and count"`
	Notice   string        `json:"notice"`
}

func viewEpisode(e practicum.Episode) episodeView {
	v := episodeView{CaseRef: e.CaseRef, Number: e.Number, Steps: []episodeStep{}, Counts: len(e.Missing) == 0, Missing: append([]string{}, e.Missing...), Notice: notice}
	for _, s := range e.Steps {
		v.Steps = append(v.Steps, episodeStep{s.LogID, string(s.Phase), string(s.Status), s.Week, s.Seq, s.Days, s.Why == "", s.Why})
	}
	return v
}

type episodeInput struct {
	ByID
	Body struct {
		FormBody
		Preparation *FormBody `json:"preparation,omitempty" doc:"what this part has otherwise than the rest"`
		Medicine    *FormBody `json:"medicine,omitempty"`
		Integration *FormBody `json:"integration,omitempty"`
		Submit      bool      `json:"submit,omitempty" doc:"send every part to your instructor; all of them or none"`
		Confirm     []string  `json:"confirm,omitempty" maxItems:"100" doc:"ids of the questions in is_this_right whose answers are right"`
	}
}

func (in *episodeInput) form() practicum.EpisodeForm {
	part := func(b *FormBody) *practicum.Form {
		if b == nil {
			return nil
		}
		f := b.form()
		return &f
	}
	b := in.Body
	return practicum.EpisodeForm{
		Common: b.FormBody.form(), Preparation: part(b.Preparation), Medicine: part(b.Medicine), Integration: part(b.Integration),
		Submit: b.Submit, Confirmed: b.Confirm,
	}
}

type draftInput struct {
	ByID
	ClientID string `path:"client_id" maxLength:"64" doc:"16 to 64 random characters that the phone made" example:"phone-5e0c9b7d2f414c1a"`
	Body     struct {
		FormBody
		Revisions map[string]int `json:"revisions,omitempty" doc:"by field, the revision that it replaces; 0 where it is left out" example:"{\"duration_min\":0}"`
	}
}

type draftView struct {
	logView
	Revisions map[string]int `json:"revisions" doc:"by field, as they are now"`
	Stale     []string       `json:"stale" doc:"fields that were changed elsewhere meanwhile: they stay as they are there, and the rest was kept"`
}

type blankInput struct {
	ByID
	Kind  string `query:"kind" maxLength:"20" doc:"left out: as in your last log"`
	Phase string `query:"phase" maxLength:"20" doc:"left out: the one you practiced least"`
}

type blankView struct {
	Prefilled   prefilledView `json:"prefilled" doc:"send these along as they are, or change them; nothing observed of a client is among them"`
	Asked       []askedView   `json:"asked"`
	Purpose     string        `json:"clinical_purpose,omitempty" doc:"what clinical detail is recorded for"`
	Attest      string        `json:"attest" doc:"the words that attest stands for"`
	Consent     string        `json:"consent_attest,omitempty"`
	Notice      string        `json:"notice"`
	LimitsWords string        `json:"limits_notice,omitempty"`
}

type prefilledView struct {
	Kind         string   `json:"kind,omitempty"`
	Phase        string   `json:"phase"`
	Format       string   `json:"format"`
	Participants int      `json:"participants,omitempty"`
	Week         string   `json:"week"`
	Role         string   `json:"role,omitempty"`
	Frameworks   []string `json:"frameworks,omitempty"`
	SupervisorID string   `json:"supervisor_id,omitempty"`
	Setting      string   `json:"setting,omitempty"`
}

type askedView struct {
	Field    string `json:"field"`
	Required bool   `json:"required"`
}

// limitsNotice goes with vital signs.
const limitsNotice = "The limits asked about are aids against slips of the pen, and no clinical orders."

func viewBlank(b *practicum.Blank) *reply[blankView] {
	w := b.Prefilled
	v := blankView{
		Prefilled: prefilledView{string(w.Kind), string(w.Phase), w.Format, w.Participants, w.Week, w.Role, w.Frameworks, w.SupervisorID, b.Setting},
		Purpose:   b.Purpose, Attest: practicum.StatementText, Notice: notice,
	}
	if b.Purpose != "" {
		v.LimitsWords = limitsNotice
	}
	if w.Kind == practicum.Client {
		v.Consent = practicum.ConsentText
	}
	for _, a := range b.Asked {
		v.Asked = append(v.Asked, askedView(a))
	}
	return &reply[blankView]{v}
}

func (a *API) episodeRoutes() {
	path := Base + "/enrollments/{id}/"
	handle(a, Route{Method: "GET", Path: path + "log-form", ID: "log-form", Act: access.WriteLog, tag: "practicum", summary: "An empty log: what is asked, what is filled in, and what to know"},
		func(ctx context.Context, in *blankInput) (*reply[blankView], error) {
			b, err := a.Practicum.Blank(ctx, in.ID, practicum.Kind(in.Kind), practicum.Phase(in.Phase))
			if err != nil {
				return nil, err
			}
			return viewBlank(b), nil
		})
	handle(a, Route{Method: "PUT", Path: path + "logs/{client_id}", ID: "save-draft", Act: access.WriteLog, tag: "practicum", summary: "Send a draft that was written out of reach, as often as it takes"},
		func(ctx context.Context, in *draftInput) (*made[draftView], error) {
			s, err := a.Practicum.Save(ctx, in.ID, in.ClientID, in.Body.form(), in.Body.Revisions)
			if err != nil {
				return nil, err
			}
			return madeOf(s.New, draftView{viewLog(s.Log).Body, s.Revisions, append([]string{}, s.Stale...)}), nil
		})
	handle(a, Route{Method: "POST", Path: path + "episodes", ID: "create-episode", Act: access.WriteLog, tag: "practicum", status: 201, summary: "Log preparation, medicine session and integration with one case, in one go or in parts"},
		func(ctx context.Context, in *episodeInput) (*reply[episodeView], error) {
			e, err := a.Practicum.LogEpisode(ctx, in.ID, in.form())
			if err != nil {
				return nil, err
			}
			return &reply[episodeView]{viewEpisode(*e)}, nil
		})
	handle(a, Route{Method: "GET", Path: path + "episodes", ID: "list-episodes", Act: access.ReadLog, tag: "practicum", summary: "Your episodes, or those of somebody you supervise: what is missing, and what counts"},
		func(ctx context.Context, in *ByID) (*reply[episodesView], error) {
			all, t, err := a.Practicum.Episodes(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			v := episodesView{Items: []episodeView{}, Sessions: t.Sessions, Cases: t.Cases, Episodes: t.Episodes, Notice: notice}
			for _, e := range all {
				v.Items = append(v.Items, viewEpisode(e))
			}
			return &reply[episodesView]{v}, nil
		})
}
