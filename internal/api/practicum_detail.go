package api

import (
	"reflect"
	"time"

	"github.com/kapstone-lms/kapstone/internal/practicum"
)

// A DetailBody is what a log says beyond the plain one. The program asks for it
// or refuses it: see the log form.
type DetailBody struct {
	Consent         *bool          `json:"consent_attest,omitempty" doc:"sessions with clients only: I attest that the client agreed to my part in this session and to the use of this log in my training"`
	Setting         *string        `json:"setting,omitempty" enum:"clinic,office,retreat,telehealth"`
	Presence        *string        `json:"supervisor_presence,omitempty" enum:"in_room,live_video,recording,after"`
	CoTeam          *[]string      `json:"co_team,omitempty" maxItems:"6" enum:"prescriber_or_delegate,nurse,lead_therapist,second_therapist,sitter,other_trainee"`
	Interventions   *[]string      `json:"interventions,omitempty" maxItems:"8" enum:"silence,reflection,grounding,breath,parts_work,somatic_tracking,values_work,interpretation,psychoeducation,music,other"`
	Homework        *int           `json:"homework_set,omitempty" doc:"0 to 3"`
	Escalated       *string        `json:"escalated,omitempty" enum:"no,medical,psychiatric,emergency"`
	SupervisionMin  *int           `json:"supervision_min,omitempty" doc:"whole minutes"`
	SupervisionKind *string        `json:"supervision_kind,omitempty" enum:"individual,group,none"`
	OffLabel        *bool          `json:"off_label_consent_confirmed,omitempty"`
	Touch           *string        `json:"touch_agreement,omitempty" enum:"none,limited,full_plan"`
	TouchUsed       *string        `json:"touch_used,omitempty" enum:"no,as_agreed,deviation"`
	Day             *string        `json:"day,omitempty" maxLength:"10" doc:"only where the program records days"`
	StartMin        *int           `json:"start_min,omitempty" doc:"minutes after midnight where the session was; only where the program records days"`
	Question        *string        `json:"question_for_supervisor,omitempty" maxLength:"2000" doc:"up to 500 characters; nothing of a client"`
	Flags           *[]string      `json:"screening_flags,omitempty" maxItems:"8" enum:"cv,psychosis_hx,bipolar,pregnancy,suicidality,sud,urinary,icp,none"`
	Referred        *bool          `json:"referred_to_medical_partner,omitempty"`
	Themes          *[]string      `json:"intention_themes,omitempty" maxItems:"8" enum:"grief,trauma,mood,anxiety,meaning,relationship,substance,other"`
	DoseChange      *string        `json:"dose_change_mid_session,omitempty" enum:"none,second_dose_by_prescriber"`
	Music           *string        `json:"music,omitempty" enum:"none,instrumental,vocal,mixed,client_chosen"`
	Eyeshades       *bool          `json:"eyeshades,omitempty"`
	Vitals          *[]vitalBody   `json:"vitals,omitempty" maxItems:"20"`
	Discharge       *dischargeBody `json:"discharge,omitempty"`
	Observed        *int           `json:"observation_min,omitempty" doc:"30 to 480 minutes; 120 or more after an esketamine spray"`
	Adverse         *[]adverseBody `json:"adverse_events,omitempty" maxItems:"10" doc:"empty when there was none"`
	Symptoms        *string        `json:"symptom_change,omitempty" enum:"better,same,worse,not_measured"`
}

type vitalBody struct {
	Checkpoint string `json:"checkpoint" enum:"pre_dose,onset,t15,t30,t40,t60,t90,t120,peak,discharge"`
	Offset     int    `json:"offset_min" doc:"minutes from the dose, -60 to 480; never the time of day"`
	SBP        int    `json:"sbp" doc:"mmHg, 60 to 260"`
	DBP        int    `json:"dbp" doc:"mmHg, 30 to 160, below sbp"`
	HR         int    `json:"hr" doc:"per minute, 30 to 220"`
	SpO2       int    `json:"spo2" doc:"percent, 50 to 100"`
	RR         *int   `json:"rr,omitempty" doc:"per minute, 4 to 60"`
}

type dischargeBody struct {
	Oriented     bool   `json:"oriented"`
	Gait         bool   `json:"gait_ok"`
	Nausea       bool   `json:"nausea_ok"`
	Escort       bool   `json:"escort"`
	DrivingTold  bool   `json:"driving_advice"`
	ContactGiven bool   `json:"contact_given"`
	Reason       string `json:"reason,omitempty" enum:"longer_observation,handed_to_medical,escort_late,declined,other" doc:"where something of it was not so"`
}

type adverseBody struct {
	Kind     string `json:"kind" enum:"nausea,vomiting,hypertension,hypotension,tachycardia,respiratory,dissociation,agitation,panic,fall,suicidality,psychosis,other"`
	Onset    int    `json:"onset_min" doc:"minutes from the dose"`
	Severity string `json:"severity" enum:"mild,moderate,severe,life_threatening"`
	Action   string `json:"action" enum:"none,support,medical_partner,medication_by_prescriber,emergency_services"`
	Outcome  string `json:"outcome" enum:"resolved,resolving,ongoing,transferred"`
	Reported bool   `json:"reported_in_clinic"`
}

func (b DetailBody) form() practicum.DetailForm {
	f := practicum.DetailForm{
		Consent: b.Consent, Setting: b.Setting, Presence: b.Presence, CoTeam: b.CoTeam, Interventions: b.Interventions, Homework: b.Homework,
		Escalated: b.Escalated, SupervisionMin: b.SupervisionMin, SupervisionKind: b.SupervisionKind, OffLabel: b.OffLabel, Touch: b.Touch,
		TouchUsed: b.TouchUsed, Day: b.Day, StartMin: b.StartMin, Question: b.Question, Flags: b.Flags, Referred: b.Referred, Themes: b.Themes,
		DoseChange: b.DoseChange, Music: b.Music, Eyeshades: b.Eyeshades, Observed: b.Observed, Symptoms: b.Symptoms,
	}
	if b.Vitals != nil {
		all := make([]practicum.Vital, len(*b.Vitals))
		for i, v := range *b.Vitals {
			all[i] = practicum.Vital(v)
		}
		f.Vitals = &all
	}
	if b.Discharge != nil {
		d := practicum.Discharge(*b.Discharge)
		f.Discharge = &d
	}
	if b.Adverse != nil {
		all := make([]practicum.Adverse, len(*b.Adverse))
		for i, a := range *b.Adverse {
			all[i] = practicum.Adverse(a)
		}
		f.Adverse = &all
	}
	return f
}

// A detailView is the detail of a log. What is not said is not there.
type detailView struct {
	Consent         string          `json:"consent,omitempty" enum:"attested,not_attested" doc:"whether it is attested that the client agreed"`
	ConsentAt       *time.Time      `json:"consent_attested_at,omitempty"`
	Setting         string          `json:"setting,omitempty"`
	Presence        string          `json:"supervisor_presence,omitempty"`
	CoTeam          []string        `json:"co_team,omitempty"`
	Interventions   []string        `json:"interventions,omitempty"`
	Homework        *int            `json:"homework_set,omitempty"`
	Escalated       string          `json:"escalated,omitempty"`
	SupervisionMin  *int            `json:"supervision_min,omitempty"`
	SupervisionKind string          `json:"supervision_kind,omitempty"`
	OffLabel        bool            `json:"off_label_consent_confirmed,omitempty"`
	Touch           string          `json:"touch_agreement,omitempty"`
	TouchUsed       string          `json:"touch_used,omitempty"`
	Day             string          `json:"day,omitempty"`
	StartMin        *int            `json:"start_min,omitempty"`
	Question        string          `json:"question_for_supervisor,omitempty"`
	Flags           []string        `json:"screening_flags,omitempty"`
	Referred        *bool           `json:"referred_to_medical_partner,omitempty"`
	Themes          []string        `json:"intention_themes,omitempty"`
	DoseDecidedBy   string          `json:"dose_decided_by,omitempty" enum:"prescriber"`
	DoseChange      string          `json:"dose_change_mid_session,omitempty"`
	Music           string          `json:"music,omitempty"`
	Eyeshades       *bool           `json:"eyeshades,omitempty"`
	Vitals          []vitalBody     `json:"vitals,omitempty" doc:"the limits asked about are aids against slips of the pen, and no clinical orders"`
	Discharge       *dischargeBody  `json:"discharge,omitempty"`
	Observed        *int            `json:"observation_min,omitempty"`
	Adverse         *[]adverseBody  `json:"adverse_events,omitempty"`
	Symptoms        string          `json:"symptom_change,omitempty"`
	Confirmed       []confirmedView `json:"confirmed,omitempty" doc:"unusual answers that the author was asked about and confirmed"`
	Safety          []string        `json:"safety,omitempty" doc:"what a supervisor looks at first"`
}

type confirmedView struct {
	ID       string `json:"id"`
	Question string `json:"question"`
}

// viewDetail shows the detail, nil for a log that has none.
func viewDetail(l *practicum.Log) *detailView {
	d, o := &l.Detail, &l.Detail.Observation
	v := detailView{
		Consent: consentWords[d.Consent], ConsentAt: moment(d.ConsentAt), Setting: d.Setting, Presence: d.Presence, CoTeam: d.CoTeam,
		Interventions: d.Interventions, Homework: d.Homework, Escalated: d.Escalated, SupervisionMin: d.SupervisionMin,
		SupervisionKind: d.SupervisionKind, OffLabel: d.OffLabel == "yes", Touch: d.Touch, TouchUsed: d.TouchUsed, Day: d.Day, StartMin: d.StartMin,
		Question: d.Question, Flags: o.Flags, Referred: o.Referred, Themes: o.Themes, DoseChange: o.DoseChange, Music: o.Music,
		Eyeshades: o.Eyeshades, Observed: o.Minutes, Symptoms: o.Symptoms, Safety: l.Safety(),
	}
	if l.DoseBand != "" && d.Presence != "" {
		v.DoseDecidedBy = "prescriber"
	}
	for _, x := range o.Vitals {
		v.Vitals = append(v.Vitals, vitalBody(x))
	}
	if o.Discharge != nil {
		discharge := dischargeBody(*o.Discharge)
		v.Discharge = &discharge
	}
	if o.Adverse != nil {
		all := []adverseBody{}
		for _, a := range *o.Adverse {
			all = append(all, adverseBody(a))
		}
		v.Adverse = &all
	}
	for _, c := range d.Confirmed {
		v.Confirmed = append(v.Confirmed, confirmedView{c.Question, c.Text})
	}
	if reflect.ValueOf(v).IsZero() {
		return nil
	}
	return &v
}

var consentWords = map[string]string{practicum.Unattested: "not_attested", practicum.ConsentStatement: "attested"}
