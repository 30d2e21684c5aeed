package practicum

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/fault"
)

func ptr[T any](v T) *T { return &v }

// full asks for everything on every track.
var full = asks{LogRules: curriculum.LogRules{Full: true, Clinical: curriculum.Clinical{
	Purpose: "To learn what makes a session unsafe.",
	Parts:   []string{curriculum.Screening, curriculum.Vitals, curriculum.Discharge, curriculum.AdverseEvents, curriculum.SessionCourse},
}}}

// withClient is a log of a session with a client, whole under full.
func withClient(phase Phase) *Log {
	l := whole(Draft)
	l.Kind, l.Phase, l.Role = Client, phase, "lead_supervised"
	l.Minutes = map[Phase]int{Preparation: 60, Medicine: 180, Integration: 60}[phase]
	l.Detail = Detail{
		Consent: ConsentStatement, Setting: "clinic", Presence: "in_room", CoTeam: []string{"prescriber_or_delegate"}, Interventions: []string{"silence"},
		Escalated: "no", SupervisionMin: ptr(30), SupervisionKind: "individual",
	}
	d, o := &l.Detail, &l.Detail.Observation
	switch phase {
	case Preparation:
		d.OffLabel, d.Touch, o.Flags = "yes", "limited", []string{"none"}
	case Medicine:
		l.Route, l.DoseBand, l.MonitoredBy, l.KnewWhomToCall = "im", "moderate", "nurse", "yes"
		d.OffLabel, d.Touch, d.TouchUsed = "yes", "limited", "as_agreed"
		o.DoseChange, o.Minutes, o.Adverse = "none", ptr(150), &[]Adverse{}
		o.Vitals = []Vital{
			{"pre_dose", -10, 122, 78, 70, 98, nil}, {"t40", 40, 138, 84, 82, 97, nil}, {"discharge", 120, 124, 79, 72, 98, ptr(14)},
		}
		o.Discharge = &Discharge{Oriented: true, Gait: true, Nausea: true, Escort: true, DrivingTold: true, ContactGiven: true}
	case Integration:
		d.Homework = ptr(1)
	}
	return l
}

// sent submits a log under full: the field at fault, or "".
func sent(l *Log, confirmed ...string) (field string, err error) {
	l.Reflection = strings.Repeat("I waited longer than felt natural. ", 6)
	err = l.submit(bounds{enrolled, now, full}, false, confirmed...)
	if f := fault.Of(err); f != nil {
		return f.Field, err
	}
	return "", err
}

func TestAWholeLogOfEachPhaseIsTaken(t *testing.T) {
	for _, phase := range []Phase{Preparation, Medicine, Integration} {
		if _, err := sent(withClient(phase)); err != nil {
			t.Errorf("%s: submit = %v", phase, err)
		}
	}
}

// The hard limits of DOMAIN 4.2 and 4.3: what they refuse, and the last that
// they take.
func TestHardLimitsRefuse(t *testing.T) {
	vital := func(change func(v *Vital)) func(l *Log) {
		return func(l *Log) { change(&l.Detail.Observation.Vitals[1]) }
	}
	observed := func(change func(o *Observation)) func(l *Log) { return func(l *Log) { change(&l.Detail.Observation) } }
	detail := func(change func(d *Detail)) func(l *Log) { return func(l *Log) { change(&l.Detail) } }
	for _, tt := range []struct {
		name   string
		change func(l *Log)
		field  string // "" for one that is taken
	}{
		{"a systolic pressure of 261", vital(func(v *Vital) { v.SBP = 261 }), "vitals.1.sbp"},
		{"of 59", vital(func(v *Vital) { v.SBP, v.DBP = 59, 40 }), "vitals.1.sbp"},
		{"a diastolic of 29", vital(func(v *Vital) { v.DBP = 29 }), "vitals.1.dbp"},
		{"a diastolic above the systolic", vital(func(v *Vital) { v.SBP, v.DBP = 100, 101 }), "vitals.1.dbp"},
		{"the same", vital(func(v *Vital) { v.SBP, v.DBP = 100, 100 }), "vitals.1.dbp"},
		{"one below", vital(func(v *Vital) { v.SBP, v.DBP = 100, 99 }), ""},
		{"a heart rate of 221", vital(func(v *Vital) { v.HR = 221 }), "vitals.1.hr"},
		{"a saturation of 101", vital(func(v *Vital) { v.SpO2 = 101 }), "vitals.1.spo2"},
		{"of 49", vital(func(v *Vital) { v.SpO2 = 49 }), "vitals.1.spo2"},
		{"a respiratory rate of 3", vital(func(v *Vital) { v.RR = ptr(3) }), "vitals.1.rr"},
		{"nine hours after the dose", vital(func(v *Vital) { v.Offset = 481 }), "vitals.1.offset_min"},
		{"before the dose and not", vital(func(v *Vital) { v.Offset = -5 }), "vitals.1.offset_min"},
		{"a checkpoint twice", vital(func(v *Vital) { v.Checkpoint = "pre_dose" }), "vitals.1.checkpoint"},
		{"a checkpoint that is none", vital(func(v *Vital) { v.Checkpoint = "10:40" }), "vitals.1.checkpoint"},
		{"two sets", observed(func(o *Observation) { o.Vitals = append(o.Vitals[:1:1], o.Vitals[2]) }), "vitals"},
		{"none at discharge", observed(func(o *Observation) { o.Vitals[2].Checkpoint = "t120" }), "vitals"},
		{"a spray without the set at 40", func(l *Log) { l.Route, l.Detail.Observation.Vitals[1].Checkpoint = "in_esketamine", "t30" }, "vitals"},
		{"two hours after a spray", func(l *Log) { l.Route, l.Detail.Observation.Minutes = "in_esketamine", ptr(120) }, ""},
		{"a minute less", func(l *Log) { l.Route, l.Detail.Observation.Minutes = "in_esketamine", ptr(119) }, "observation_min"},
		{"an hour after an injection", observed(func(o *Observation) { o.Minutes = ptr(60) }), ""},
		{"half an hour less one", observed(func(o *Observation) { o.Minutes = ptr(29) }), "observation_min"},
		{"low oxygen and no event", vital(func(v *Vital) { v.SpO2 = 89 }), "vitals.1.spo2"},
		{"an event of no kind", observed(func(o *Observation) {
			o.Adverse = &[]Adverse{{Kind: "he fell in the kitchen", Severity: "mild", Action: "none", Outcome: "resolved"}}
		}), "adverse_events.0.kind"},
		{"an event without an outcome", observed(func(o *Observation) { o.Adverse = &[]Adverse{{Kind: "nausea", Severity: "mild", Action: "support"}} }), "adverse_events.0.outcome"},
		{"a discharge with something open", observed(func(o *Observation) { o.Discharge.Escort = false }), "discharge.reason"},
		{"and why", observed(func(o *Observation) { o.Discharge.Escort, o.Discharge.Reason = false, "escort_late" }), ""},
		{"for a reason of one's own", observed(func(o *Observation) { o.Discharge.Reason = "because" }), "discharge.reason"},
		{"a flag that went to nobody", observed(func(o *Observation) { o.Flags = []string{"cv"} }), "referred_to_medical_partner"},
		{"a flag that was referred", observed(func(o *Observation) { o.Flags, o.Referred = []string{"cv"}, ptr(true) }), ""},
		{"none and a flag", observed(func(o *Observation) { o.Flags = []string{"none", "cv"} }), "screening_flags"},
		{"no prescriber", detail(func(d *Detail) { d.CoTeam = []string{"nurse"} }), "co_team"},
		{"off-label without consent", detail(func(d *Detail) { d.OffLabel = "no" }), "off_label_consent_confirmed"},
		{"touch that nobody agreed on", detail(func(d *Detail) { d.Touch = "none" }), "touch_used"},
		{"homework in a medicine session", detail(func(d *Detail) { d.Homework = ptr(1) }), "homework_set"},
		{"supervision below nothing", detail(func(d *Detail) { d.SupervisionMin = ptr(-1) }), "supervision_min"},
		{"supervision of a day", detail(func(d *Detail) { d.SupervisionMin = ptr(1440) }), "supervision_min"},
		{"a question of 501 characters", detail(func(d *Detail) { d.Question = strings.Repeat("é", 501) }), "question_for_supervisor"},
		{"a day where weeks are kept", detail(func(d *Detail) { d.Day = "2026-11-18" }), "day"},
	} {
		l := withClient(Medicine)
		tt.change(l)
		if field, err := sent(l); field != tt.field || tt.field == "" && err != nil {
			t.Errorf("%s: submit = %v, want a fault at %q", tt.name, err, tt.field)
		}
	}
}

// The soft limits ask; an answer that stands is kept for the grader in the words
// of its question.
func TestSoftLimitsAsk(t *testing.T) {
	for _, tt := range []struct {
		name   string
		phase  Phase
		change func(l *Log)
		asks   string
	}{
		{"nothing unusual", Medicine, func(*Log) {}, ""},
		{"a short preparation", Preparation, func(l *Log) { l.Minutes, l.ContactMinutes = 39, 30 }, "duration_min"},
		{"forty minutes", Preparation, func(l *Log) { l.Minutes, l.ContactMinutes = 40, 30 }, ""},
		{"a long medicine session", Medicine, func(l *Log) { l.Minutes = 241 }, "duration_min"},
		{"four hours", Medicine, func(l *Log) { l.Minutes = 240 }, ""},
		{"by telehealth", Medicine, func(l *Log) { l.Detail.Setting = "telehealth" }, "setting"},
		{"preparation by telehealth", Preparation, func(l *Log) { l.Detail.Setting = "telehealth" }, ""},
		{"140/90 before the dose", Medicine, func(l *Log) { v := &l.Detail.Observation.Vitals[0]; v.SBP, v.DBP = 140, 90 }, "vitals.0.sbp vitals.0.dbp"},
		{"140/90 later", Medicine, func(l *Log) { v := &l.Detail.Observation.Vitals[1]; v.SBP, v.DBP = 140, 90 }, ""},
		{"180/110", Medicine, func(l *Log) { v := &l.Detail.Observation.Vitals[1]; v.SBP, v.DBP = 180, 110 }, "vitals.1.sbp vitals.1.dbp"},
		{"89/60, slow and low", Medicine, func(l *Log) {
			v := &l.Detail.Observation.Vitals[1]
			v.SBP, v.DBP, v.HR, v.SpO2, v.RR = 89, 60, 49, 93, ptr(9)
		}, "vitals.1.sbp vitals.1.hr vitals.1.spo2 vitals.1.rr"},
	} {
		l := withClient(tt.phase)
		tt.change(l)
		_, err := sent(l)
		want := strings.Fields(tt.asks)
		if len(want) == 0 {
			if err != nil || len(l.Detail.Confirmed) > 0 {
				t.Errorf("%s: submit = %v with %v confirmed, want nothing asked", tt.name, err, l.Detail.Confirmed)
			}
			continue
		}
		var asked []string
		if f := fault.Of(err); errors.Is(err, ErrAsk) {
			for _, q := range f.Details["questions"].([]map[string]string) {
				asked = append(asked, q["id"])
			}
		}
		if !slices.Equal(asked, want) || l.Status != Draft {
			t.Errorf("%s: submit = %v and asks %q, want %q", tt.name, err, asked, want)
		}
		if _, err := sent(l, want[1:]...); !errors.Is(err, ErrAsk) {
			t.Errorf("%s: submit with one question open = %v, want ErrAsk", tt.name, err)
		}
		if _, err := sent(l, append(want, "nobody.asked")...); err != nil || len(l.Detail.Confirmed) != len(want) || !strings.Contains(l.Detail.Confirmed[0].Text, "Is this right?") {
			t.Errorf("%s: submit with all confirmed = %v, and kept is %v", tt.name, err, l.Detail.Confirmed)
		}
	}
}

func TestTheFullLogSaysAllThatIsMissing(t *testing.T) {
	const always = "setting supervisor_presence co_team interventions escalated supervision_min supervision_kind "
	for phase, want := range map[Phase]string{
		Preparation: "setting supervisor_presence escalated supervision_min supervision_kind off_label_consent_confirmed touch_agreement screening_flags",
		Medicine: always + "off_label_consent_confirmed touch_agreement touch_used dose_change_mid_session vitals discharge " +
			"observation_min adverse_events",
		Integration: "setting supervisor_presence interventions homework_set escalated supervision_min supervision_kind",
	} {
		l := withClient(phase)
		l.Detail = Detail{Consent: Unattested}
		_, err := sent(l)
		if f := fault.Of(err); f == nil || fmt.Sprint(f.Details["missing"]) != fmt.Sprint(strings.Fields(want)) {
			t.Errorf("%s: missing %v, want %s", phase, err, want)
		}
	}
}

// A plain program asks for nothing of it, and takes nothing but consent.
func TestThePlainLogTakesNoDetail(t *testing.T) {
	l := withClient(Medicine)
	for _, f := range l.detail(asks{}) {
		if f.asked != (f.name == "consent_attest") {
			t.Errorf("the plain log asks %s: %v", f.name, f.asked)
		}
	}
	l.Reflection = ""
	if f := fault.Of(l.check(bounds{enrolled: enrolled, now: now})); f == nil || !f.Is(ErrNotAsked) || f.Field != "setting" {
		t.Errorf("a setting in a plain log = %v, want ErrNotAsked", f)
	}
	for _, f := range l.detail(asks{LogRules: curriculum.LogRules{Full: true, Clinical: curriculum.Clinical{Parts: full.Clinical.Parts, Tracks: []string{"prescriber"}}}, track: "peer"}) {
		if f.name == "vitals" && f.asked {
			t.Error("vitals are asked on a track that does not record them")
		}
	}
}

func TestWhatASupervisorLooksAtFirst(t *testing.T) {
	l := withClient(Medicine)
	if got := l.Safety(); got != nil {
		t.Errorf("Safety of a quiet session = %q", got)
	}
	l.Detail.TouchUsed, l.Detail.Escalated = "deviation", "emergency"
	l.Detail.Observation.Discharge.Escort = false
	l.Detail.Observation.Adverse = &[]Adverse{{Kind: "panic", Severity: "moderate"}, {Kind: "fall", Severity: "severe"}}
	if got := strings.Join(l.Safety(), " "); got != "adverse_event touch_deviation escalated_emergency discharge" {
		t.Errorf("Safety = %q", got)
	}
}

// Every field of a form has the name under which faults speak of it.
func TestEveryFieldOfAFormHasItsName(t *testing.T) {
	f := Form{Kind: ptr(Client), SelfRating: &Grades{}, DetailForm: DetailForm{Consent: ptr(true), Symptoms: ptr("same")}}
	if got := strings.Join(f.names(), " "); got != "kind self_rating consent_attest symptom_change" {
		t.Errorf("names = %q", got)
	}
}
