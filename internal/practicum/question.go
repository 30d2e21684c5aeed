package practicum

import (
	"fmt"
	"slices"

	"github.com/kapstone-lms/kapstone/internal/fault"
)

// ErrAsk reports a log with answers that can be right and seldom are. Its
// detail "questions" lists them; sent again with their names, the log goes on,
// and the grader sees what was asked.
var ErrAsk = fault.New(fault.Invalid, "is_this_right", "Some answers are unusual. Look at each, then mend it or confirm it.").At("confirm")

// A question asks whether an unusual answer is right. It is an aid against slips
// of the pen and no clinical order.
type question struct{ id, text string } // id names the answer, such as "vitals.0.sbp"

// questions lists what is unusual in a whole log: the soft limits of DOMAIN 4.2
// and 4.3. The plain log asks nothing.
func (l *Log) questions(a asks) (all []question) {
	if !a.Full {
		return nil
	}
	ask := func(field, format string, args ...any) {
		all = append(all, question{field, fmt.Sprintf(format, args...) + " Is this right?"})
	}
	least, most := 40, 120
	if l.Phase == Medicine {
		least, most = 60, 240
	}
	if l.Minutes < least || l.Minutes > most {
		ask("duration_min", "Such a session mostly has %d to %d minutes; this one has %d.", least, most, l.Minutes)
	}
	if l.Phase == Medicine && l.Detail.Setting == "telehealth" {
		ask("setting", "A medicine session by telehealth is unusual, and your supervisor will look at it.")
	}
	for i, v := range l.Detail.Observation.Vitals {
		v.ask(func(field, format string, args ...any) { ask(fmt.Sprintf("vitals.%d.%s", i, field), format, args...) })
	}
	return all
}

// ask asks about vital signs that are unusual.
func (v Vital) ask(ask func(field, format string, args ...any)) {
	before := v.Checkpoint == "pre_dose"
	switch {
	case before && v.SBP >= 140:
		ask("sbp", "A systolic pressure of %d before the dose is high.", v.SBP)
	case v.SBP >= 180:
		ask("sbp", "A systolic pressure of %d is high.", v.SBP)
	case v.SBP < 90:
		ask("sbp", "A systolic pressure of %d is low.", v.SBP)
	}
	switch {
	case before && v.DBP >= 90:
		ask("dbp", "A diastolic pressure of %d before the dose is high.", v.DBP)
	case v.DBP >= 110:
		ask("dbp", "A diastolic pressure of %d is high.", v.DBP)
	}
	if v.HR < 50 || v.HR > 120 {
		ask("hr", "A heart rate of %d is unusual.", v.HR)
	}
	if v.SpO2 < 94 {
		ask("spo2", "An oxygen saturation of %d is low.", v.SpO2)
	}
	if v.RR != nil && (*v.RR < 10 || *v.RR > 24) {
		ask("rr", "A respiratory rate of %d is unusual.", *v.RR)
	}
}

// confirm keeps the answers to what is asked, or returns ErrAsk with every
// question that is open. A confirmation of what nobody asks says nothing.
func (l *Log) confirm(a asks, confirmed []string) error {
	var open []map[string]string
	l.Detail.Confirmed = nil
	for _, q := range l.questions(a) {
		if !slices.Contains(confirmed, q.id) {
			open = append(open, map[string]string{"id": q.id, "question": q.text})
			continue
		}
		l.Detail.Confirmed = append(l.Detail.Confirmed, Confirmed{q.id, q.text})
	}
	if len(open) > 0 {
		return ErrAsk.With("questions", open)
	}
	return nil
}
