package practicum

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// observedAtLeast is how many minutes a client stays under observation, by
// route: a shorter time is refused. The spray's label asks for two hours.
func observedAtLeast(route string) int {
	if route == "in_esketamine" {
		return 120
	}
	return 30
}

// check looks at what is there of the clinical detail.
func (o *Observation) check(route string) error {
	for _, c := range []error{
		someOf("screening_flags", o.Flags, flagsKnown, 8), someOf("intention_themes", o.Themes, themesKnown, 8),
		word("dose_change_mid_session", o.DoseChange, doseChangesKnown), word("music", o.Music, musicKnown),
		word("symptom_change", o.Symptoms, symptomsKnown), between("observation_min", o.Minutes, observedAtLeast(route), 480),
		o.checkVitals(), o.checkAdverse(),
	} {
		if c != nil {
			return c
		}
	}
	if len(o.Flags) > 1 && slices.Contains(o.Flags, "none") {
		return ErrValue.At("screening_flags").Says("Either none, or the flags that there were.")
	}
	if o.Discharge != nil {
		return word("discharge.reason", o.Discharge.Reason, dischargeReasons)
	}
	return nil
}

// checkVitals refuses numbers that no body has (DOMAIN 4.3), and sets that
// stand twice.
func (o *Observation) checkVitals() error {
	if len(o.Vitals) > 20 {
		return ErrVitals.Says("A log has at most 20 sets of vital signs.")
	}
	seen := make(map[string]bool)
	for i, v := range o.Vitals {
		at := func(field string) string { return fmt.Sprintf("vitals.%d.%s", i, field) }
		if err := word(at("checkpoint"), v.Checkpoint, checkpointsKnown); err != nil || v.Checkpoint == "" || seen[v.Checkpoint] {
			return ErrVitals.At(at("checkpoint")).Says("Each set names another checkpoint of " + strings.Join(checkpointsKnown, ", ") + ".")
		}
		seen[v.Checkpoint] = true
		for _, n := range []struct {
			field              string
			value, least, most int
		}{
			{"sbp", v.SBP, 60, 260}, {"dbp", v.DBP, 30, 160}, {"hr", v.HR, 30, 220}, {"spo2", v.SpO2, 50, 100}, {"offset_min", v.Offset, -60, 480},
		} {
			if n.value < n.least || n.value > n.most {
				return ErrVitals.At(at(n.field)).Says(fmt.Sprintf("This is a whole number from %d to %d.", n.least, n.most))
			}
		}
		if err := between(at("rr"), v.RR, 4, 60); err != nil {
			return err
		}
		switch {
		case v.DBP >= v.SBP:
			return ErrVitals.At(at("dbp")).Says("The diastolic pressure is below the systolic.")
		case (v.Checkpoint == "pre_dose") != (v.Offset <= 0):
			return ErrVitals.At(at("offset_min")).Says("Minutes count from the dose: the set before it has none or fewer, every other more.")
		}
	}
	return nil
}

func (o *Observation) checkAdverse() error {
	if o.Adverse == nil {
		return nil
	}
	if len(*o.Adverse) > 10 {
		return ErrNumber.At("adverse_events").Says("A log has at most 10 adverse events.")
	}
	for i, a := range *o.Adverse {
		for _, w := range []struct {
			field, value string
			known        []string
		}{
			{"kind", a.Kind, adverseKnown}, {"severity", a.Severity, severitiesKnown}, {"action", a.Action, actionsKnown}, {"outcome", a.Outcome, outcomesKnown},
		} {
			if !slices.Contains(w.known, w.value) {
				return ErrValue.At(fmt.Sprintf("adverse_events.%d.%s", i, w.field)).Says("This is one of " + strings.Join(w.known, ", ") + ".")
			}
		}
		if err := between(fmt.Sprintf("adverse_events.%d.onset_min", i), &a.Onset, -60, 480); err != nil {
			return err
		}
	}
	return nil
}

// wholeVitals asks for the sets that a medicine session has, and for an adverse
// event where the oxygen was low.
func (o *Observation) wholeVitals(route string, adverse bool) error {
	need := []string{"pre_dose", "discharge"}
	if route == "in_esketamine" {
		need = append(need, "t40")
	}
	for _, c := range need {
		if !slices.ContainsFunc(o.Vitals, func(v Vital) bool { return v.Checkpoint == c }) {
			return ErrVitals.Says("Among the vital signs are those of " + strings.Join(need, ", ") + ".")
		}
	}
	if len(o.Vitals) < 3 {
		return ErrVitals.Says("A medicine session has three sets of vital signs or more.")
	}
	low := slices.IndexFunc(o.Vitals, func(v Vital) bool { return v.SpO2 < 90 })
	if low >= 0 && adverse && (o.Adverse == nil || len(*o.Adverse) == 0) {
		return ErrVitals.At(fmt.Sprintf("vitals.%d.spo2", low)).Says("An oxygen saturation below 90 is an adverse event. Enter it as one.")
	}
	return nil
}

// dayOf reads a day.
func dayOf(day string) (time.Time, bool) {
	t, err := time.Parse(time.DateOnly, day)
	return t, err == nil
}

// dayIn is the day so many hours from a moment.
func dayIn(t time.Time, hours int) string {
	return t.UTC().Add(time.Duration(hours) * time.Hour).Format(time.DateOnly)
}
