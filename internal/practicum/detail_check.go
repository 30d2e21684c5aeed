package practicum

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/fault"
)

// The words that a log's detail may use (DOMAIN 4.2, 4.3).
var (
	settingsKnown      = []string{"clinic", "office", "retreat", "telehealth"}
	presencesKnown     = []string{"in_room", "live_video", "recording", "after"}
	livePresences      = []string{"in_room", "live_video"}
	teamKnown          = []string{"prescriber_or_delegate", "nurse", "lead_therapist", "second_therapist", "sitter", "other_trainee"}
	interventionsKnown = []string{"silence", "reflection", "grounding", "breath", "parts_work", "somatic_tracking", "values_work", "interpretation", "psychoeducation", "music", "other"}
	escalationsKnown   = []string{"no", "medical", "psychiatric", "emergency"}
	supervisionsKnown  = []string{"individual", "group", "none"}
	touchKnown         = []string{"none", "limited", "full_plan"}
	touchUsedKnown     = []string{"no", "as_agreed", "deviation"}
	flagsKnown         = []string{"cv", "psychosis_hx", "bipolar", "pregnancy", "suicidality", "sud", "urinary", "icp", "none"}
	themesKnown        = []string{"grief", "trauma", "mood", "anxiety", "meaning", "relationship", "substance", "other"}
	doseChangesKnown   = []string{"none", "second_dose_by_prescriber"}
	musicKnown         = []string{"none", "instrumental", "vocal", "mixed", "client_chosen"}
	symptomsKnown      = []string{"better", "same", "worse", "not_measured"}
	checkpointsKnown   = []string{"pre_dose", "onset", "t15", "t30", "t40", "t60", "t90", "t120", "peak", "discharge"}
	dischargeReasons   = []string{"longer_observation", "handed_to_medical", "escort_late", "declined", "other"}
	adverseKnown       = []string{"nausea", "vomiting", "hypertension", "hypotension", "tachycardia", "respiratory", "dissociation", "agitation", "panic", "fall", "suicidality", "psychosis", "other"}
	severitiesKnown    = []string{"mild", "moderate", "severe", "life_threatening"}
	actionsKnown       = []string{"none", "support", "medical_partner", "medication_by_prescriber", "emergency_services"}
	outcomesKnown      = []string{"resolved", "resolving", "ongoing", "transferred"}
)

// The faults of a log's detail.
var (
	ErrLive     = fault.New(fault.Invalid, "observed_live", "").At("supervisor_presence")
	ErrTeam     = fault.New(fault.Invalid, "prescriber_missing", "A medicine session with a client has the prescriber or their delegate in its team.").At("co_team")
	ErrOffLabel = fault.New(fault.Invalid, "consent_missing", "Consent to off-label use has to be confirmed before such a session.").At("off_label_consent_confirmed")
	ErrRefer    = fault.New(fault.Invalid, "not_referred", "A screening flag goes to the medical partner. Say that it did.").At("referred_to_medical_partner")
	ErrVitals   = fault.New(fault.Invalid, "bad_vitals", "").At("vitals")
	ErrOverlap  = fault.New(fault.Invalid, "overlaps", "You logged another session at that time. Look at the day, the beginning and the length of both.").At("start_min")
	ErrDay      = fault.New(fault.Invalid, "bad_day", "A day reads 2026-11-24 and lies in the week of the log; it is not in the future and not before your enrollment.").At("day")
)

// A field of the detail: where it is kept, and whether it is asked.
type field struct {
	name  string
	at    any // a pointer
	asked bool
}

// said reports whether the field holds anything.
func (f field) said() bool {
	v := reflect.ValueOf(f.at).Elem()
	return !v.IsZero() && (v.Kind() != reflect.Slice || v.Len() > 0)
}

// detail lists the fields of the detail and whether this program asks them of
// such a log.
func (l *Log) detail(a asks) []field {
	t, o := &l.Detail, &l.Detail.Observation
	client, medicine, integration := l.Kind == Client, l.Phase == Medicine, l.Phase == Integration
	part := func(name string) bool { return client && a.clinical(name) }
	return []field{
		{"consent_attest", &t.Consent, client},
		{"setting", &t.Setting, a.Full},
		{"supervisor_presence", &t.Presence, a.Full},
		{"co_team", &t.CoTeam, a.Full},
		{"interventions", &t.Interventions, a.Full},
		{"homework_set", &t.Homework, a.Full && integration},
		{"escalated", &t.Escalated, a.Full},
		{"supervision_min", &t.SupervisionMin, a.Full},
		{"supervision_kind", &t.SupervisionKind, a.Full},
		{"off_label_consent_confirmed", &t.OffLabel, a.Full && client && !integration},
		{"touch_agreement", &t.Touch, a.Full && !integration},
		{"touch_used", &t.TouchUsed, a.Full && medicine},
		{"day", &t.Day, a.Days},
		{"start_min", &t.StartMin, a.Days},
		{"question_for_supervisor", &t.Question, a.Full},
		{"screening_flags", &o.Flags, part(curriculum.Screening) && !integration},
		{"referred_to_medical_partner", &o.Referred, part(curriculum.Screening) && !integration},
		{"intention_themes", &o.Themes, part(curriculum.SessionCourse)},
		{"dose_change_mid_session", &o.DoseChange, part(curriculum.SessionCourse) && medicine},
		{"music", &o.Music, part(curriculum.SessionCourse) && medicine},
		{"eyeshades", &o.Eyeshades, part(curriculum.SessionCourse) && medicine},
		{"vitals", &o.Vitals, part(curriculum.Vitals) && medicine},
		{"discharge", &o.Discharge, part(curriculum.Discharge) && medicine},
		{"observation_min", &o.Minutes, part(curriculum.Discharge) && medicine},
		{"adverse_events", &o.Adverse, part(curriculum.AdverseEvents) && l.Phase != Preparation},
		{"symptom_change", &o.Symptoms, part(curriculum.SessionCourse) && integration},
	}
}

// dropUnasked takes out what is not asked of a log any more after its kind or
// phase changed, so that no draft is stuck. What the form names is refused
// instead.
func (l *Log) dropUnasked(a asks, d Form) {
	if d.Kind == nil && d.Phase == nil {
		return
	}
	named := d.names()
	for _, f := range l.detail(a) {
		if !f.asked && !slices.Contains(named, f.name) {
			reflect.ValueOf(f.at).Elem().SetZero()
		}
	}
}

// checkDetail looks at what is there of the detail.
func (l *Log) checkDetail(b bounds) error {
	for _, f := range l.detail(b.asks) {
		if f.said() && !f.asked {
			return ErrNotAsked.At(f.name).Says("Your program does not ask this of such a session. Leave it out.")
		}
	}
	t := &l.Detail
	for _, c := range []error{
		word("setting", t.Setting, settingsKnown), word("supervisor_presence", t.Presence, presencesKnown),
		someOf("co_team", t.CoTeam, teamKnown, 6), someOf("interventions", t.Interventions, interventionsKnown, 8),
		between("homework_set", t.Homework, 0, 3), word("escalated", t.Escalated, escalationsKnown),
		between("supervision_min", t.SupervisionMin, 0, 480), word("supervision_kind", t.SupervisionKind, supervisionsKnown),
		word("touch_agreement", t.Touch, touchKnown), word("touch_used", t.TouchUsed, touchUsedKnown),
		between("start_min", t.StartMin, 0, 1439), l.checkDay(b), checkText(t.Question, "question_for_supervisor", maxQuestion),
		l.checkTouch(), l.checkOffLabel(), t.Observation.check(l.Route),
	} {
		if c != nil {
			return c
		}
	}
	return nil
}

const maxQuestion = 500

func (l *Log) checkTouch() error {
	if l.Detail.Touch == "none" && l.Detail.TouchUsed == "as_agreed" {
		return ErrValue.At("touch_used").Says("No touch was agreed; any that was used is a deviation.")
	}
	return nil
}

func (l *Log) checkOffLabel() error {
	if l.Detail.OffLabel == "no" {
		return ErrOffLabel
	}
	return nil
}

// checkDay takes a day of the log's week between enrollment and now.
func (l *Log) checkDay(b bounds) error {
	day := l.Detail.Day
	if day == "" {
		return nil
	}
	t, ok := dayOf(day)
	if !ok || day < dayIn(b.enrolled, -12) || day > dayIn(b.now, 14) || l.Week != "" && weekOf(t) != l.Week {
		return ErrDay
	}
	return nil
}

// someOf checks a choice of several.
func someOf(field string, all, known []string, most int) error {
	for i, s := range all {
		if !slices.Contains(known, s) || slices.Contains(all[:i], s) {
			return ErrValue.At(field).Says("These are different ones of " + strings.Join(known, ", ") + ".")
		}
	}
	if len(all) > most {
		return ErrValue.At(field).Says("Name at most " + strconv.Itoa(most) + " of them.")
	}
	return nil
}

// between checks a number that may not be said yet.
func between(field string, n *int, least, most int) error {
	if n != nil && (*n < least || *n > most) {
		return ErrNumber.At(field).Says(fmt.Sprintf("This is a whole number from %d to %d.", least, most))
	}
	return nil
}

// detailMissing lists what a submitted log must have of the detail.
func (l *Log) detailMissing(a asks) (missing []string) {
	required := map[string]bool{
		"setting": true, "supervisor_presence": true, "escalated": true, "supervision_min": true, "supervision_kind": true,
		"co_team": l.Phase == Medicine, "interventions": l.Phase != Preparation, "homework_set": true,
		"off_label_consent_confirmed": true, "touch_agreement": true, "touch_used": true, "day": true, "start_min": true,
		"screening_flags": l.Phase == Preparation, "vitals": true, "discharge": true, "observation_min": true,
		"adverse_events": l.Phase == Medicine, "dose_change_mid_session": true,
	}
	for _, f := range l.detail(a) {
		if f.asked && !f.said() && required[f.name] {
			missing = append(missing, f.name)
		}
	}
	return missing
}

// fitDetail says what is wrong with a whole detail that a draft may still have.
func (l *Log) fitDetail(a asks) error {
	t, o := &l.Detail, &l.Detail.Observation
	switch {
	case !a.Full:
		return nil
	case l.Kind == Client && l.Phase == Medicine && !slices.Contains(t.CoTeam, "prescriber_or_delegate"):
		return ErrTeam
	case slices.ContainsFunc(o.Flags, func(f string) bool { return f != "none" }) && (o.Referred == nil || !*o.Referred):
		return ErrRefer
	case o.Discharge != nil && !o.Discharge.all() && o.Discharge.Reason == "":
		return ErrMissing.At("discharge.reason").Says("Something of the discharge is open. Say why: " + strings.Join(dischargeReasons, ", ") + ".")
	}
	if len(o.Vitals) > 0 {
		return o.wholeVitals(l.Route, a.clinical(curriculum.AdverseEvents))
	}
	return nil
}
