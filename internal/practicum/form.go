package practicum

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/fault"
	"github.com/kapstone-lms/kapstone/internal/text"
)

// The words that a log may use (DOMAIN 4.2).
var (
	kindsKnown      = []string{"client", "peer", "role_play"}
	phasesKnown     = []string{"preparation", "medicine", "integration"}
	formatsKnown    = []string{"individual", "group", "couple"}
	rolesKnown      = []string{"observer", "co_facilitator", "lead_supervised", "lead", "sitter"}
	frameworksKnown = []string{"act", "ifs", "somatic", "psychodynamic", "mindfulness", "cbt", "other"}
	routesKnown     = []string{"iv", "im", "sl", "in_esketamine", "in_compounded", "po"}
	bandsKnown      = []string{"none", "low_psycholytic", "moderate", "high_psychedelic", "label_esketamine"}
	monitorsKnown   = []string{"prescriber", "nurse", "medical_provider"}
	observedKnown   = []string{"direct", "video", "audio", "discussion", "role_play", "case_presentation", "file_review"}
	meanings        = []string{"observed", "reviewed", "attest"}
	returnReasons   = []string{"incomplete", "identifiers", "unclear", "wrong_phase", "other"}
)

// The faults of a log's form.
var (
	ErrValue      = fault.New(fault.Invalid, "unknown_value", "")
	ErrWeek       = fault.New(fault.Invalid, "bad_week", "A week reads 2026-W47; it is not in the future and not before your enrollment.").At("week")
	ErrDuration   = fault.New(fault.Invalid, "bad_duration", "")
	ErrContact    = fault.New(fault.Invalid, "bad_contact", "Direct contact is 0 minutes or more, and no longer than the session.").At("direct_contact_min")
	ErrNumber     = fault.New(fault.Invalid, "bad_number", "")
	ErrCase       = fault.New(fault.Invalid, "unknown_case", "Leave the case out to begin a new one, or name one of your own earlier cases.").At("case_ref")
	ErrSeq        = fault.New(fault.Invalid, "bad_number", "A case has sessions 1 to 60.").At("case_seq")
	ErrSupervisor = fault.New(fault.Invalid, "unknown_supervisor", "This person does not supervise you. Leave it out if you are not sure.").At("supervisor_id")
	ErrText       = fault.New(fault.Invalid, "bad_text", "The text holds characters that text cannot have.")
	ErrLong       = fault.New(fault.Invalid, "too_long", "")
	ErrNotAsked   = fault.New(fault.Invalid, "field_not_asked", "This is asked of medicine sessions with clients only.")
	ErrMissing    = fault.New(fault.Invalid, "incomplete", "Something is missing. See the list.")
	ErrShort      = fault.New(fault.Invalid, "text_too_short", fmt.Sprintf("The reflection has at least %d characters: what did you do, what did you notice in yourself, what would you do differently?", minReflection)).At("reflection")
	ErrGrades     = fault.New(fault.Invalid, "grades_incomplete", "Give all seven criteria, c1 to c7, each a grade of 1 to 4 or NO.").At("grades")
	ErrFeedback   = fault.New(fault.Invalid, "feedback_required", "A grade of 1 or 2 asks for feedback of at least 50 characters.").At("feedback")
	ErrObserved   = fault.New(fault.Invalid, "unknown_value", "Say how you know: "+strings.Join(observedKnown, ", ")+".").At("observed_by")
	ErrReturn     = fault.New(fault.Invalid, "unknown_value", "The reason is one of "+strings.Join(returnReasons, ", ")+".").At("reason")
	ErrMessage    = fault.New(fault.Invalid, "message_required", "Say in 1 to 1,000 characters what to mend.").At("message")
	ErrMeaning    = fault.New(fault.Invalid, "unknown_value", "The meaning is one of "+strings.Join(meanings, ", ")+".").At("meaning")
)

var errParticipants = ErrNumber.At("participants").Says("An individual session has 1 participant, a couple 2, a group 3 to 20.")

// The lengths of texts, in characters.
const (
	minReflection, maxReflection = 150, 3000
	minFeedback, maxFeedback     = 50, 3000
	maxMessage                   = 1000
)

// bounds are the times between which practice can have been, and what the
// program asks of a log.
type bounds struct {
	enrolled, now time.Time
	asks
}

// checkText says what is wrong with a text, or nothing.
func checkText(s, field string, most int) error {
	if !utf8.ValidString(s) || strings.ContainsFunc(s, text.Unfit) {
		return ErrText.At(field)
	}
	if utf8.RuneCountInString(s) > most {
		return ErrLong.At(field).Says(fmt.Sprintf("This text has at most %d characters.", most))
	}
	return nil
}

// word checks a choice that may still be open.
func word(field, value string, known []string) error {
	if value == "" || slices.Contains(known, value) {
		return nil
	}
	return ErrValue.At(field).Says("This is one of " + strings.Join(known, ", ") + ".")
}

// check refuses numbers that would pass for "not said".
func (d Form) check() error {
	for _, c := range []struct {
		value *int
		fault error
	}{
		{d.Minutes, ErrDuration.At("duration_min").Says("Leave the duration out until you know it.")},
		{d.Participants, errParticipants},
		{d.CaseSeq, ErrSeq},
	} {
		if c.value != nil && *c.value == 0 {
			return c.fault
		}
	}
	return nil
}

// check looks at what is there; what is missing may come later.
func (l *Log) check(b bounds) error {
	for _, c := range []error{
		word("kind", string(l.Kind), kindsKnown), word("phase", string(l.Phase), phasesKnown), word("format", l.Format, formatsKnown),
		word("role", l.Role, rolesKnown), word("route", l.Route, routesKnown), word("dose_band", l.DoseBand, bandsKnown),
		word("monitored_by", l.MonitoredBy, monitorsKnown), checkFrameworks(l.Frameworks), checkWeek(l.Week, b), l.checkMinutes(),
		l.checkParticipants(), l.checkCase(), l.checkClinical(), checkGrades(l.SelfRating, "self_rating"),
		checkText(l.Reflection, "reflection", maxReflection), l.checkDetail(b),
	} {
		if c != nil {
			return c
		}
	}
	if l.SupervisorID != "" && !db.IsID(l.SupervisorID) {
		return ErrSupervisor
	}
	return nil
}

func checkFrameworks(all []string) error {
	for i, f := range all {
		if err := word("frameworks", f, frameworksKnown); err != nil || f == "" || slices.Contains(all[:i], f) {
			return ErrValue.At("frameworks").Says("Frameworks are up to three different ones of " + strings.Join(frameworksKnown, ", ") + ".")
		}
	}
	if len(all) > 3 {
		return ErrValue.At("frameworks").Says("Name at most three frameworks.")
	}
	return nil
}

// checkWeek takes a week between enrollment and now, anywhere on earth.
func checkWeek(week string, b bounds) error {
	if week == "" {
		return nil
	}
	year, number, ok := strings.Cut(week, "-W")
	y, err1 := strconv.Atoi(year)
	n, err2 := strconv.Atoi(number)
	if !ok || err1 != nil || err2 != nil || week != fmt.Sprintf("%04d-W%02d", y, n) || n < 1 || n > weeksIn(y) {
		return ErrWeek
	}
	if week < weekOf(b.enrolled.Add(-12*time.Hour)) || week > weekOf(b.now.Add(14*time.Hour)) {
		return ErrWeek
	}
	return nil
}

// weeksIn is how many ISO weeks a year has: the 28th of December is always in
// the last.
func weeksIn(year int) int {
	_, n := time.Date(year, 12, 28, 0, 0, 0, 0, time.UTC).ISOWeek()
	return n
}

func weekOf(t time.Time) string {
	y, n := t.UTC().ISOWeek()
	return fmt.Sprintf("%04d-W%02d", y, n)
}

func yearOf(week string) int {
	y, _ := strconv.Atoi(week[:4]) // checkWeek has looked
	return y
}

// durations are the least and the most minutes of a session by phase.
var durations = map[Phase][2]int{Preparation: {15, 180}, Medicine: {30, 480}, Integration: {15, 180}}

func (l *Log) checkMinutes() error {
	d := [2]int{0, 480}
	if l.Minutes != 0 && l.Phase != "" {
		d = durations[l.Phase]
	}
	if l.Minutes < d[0] || l.Minutes > d[1] {
		return ErrDuration.At("duration_min").Says(fmt.Sprintf("Such a session has %d to %d minutes.", d[0], d[1]))
	}
	longest := l.Minutes
	if longest == 0 {
		longest = d[1] // not said yet
	}
	if l.ContactMinutes < 0 || l.ContactMinutes > longest {
		return ErrContact
	}
	return nil
}

func (l *Log) checkParticipants() error {
	least, most := 0, 20
	switch l.Format {
	case "individual":
		least, most = 1, 1
	case "couple":
		least, most = 2, 2
	case "group":
		least = 3
	}
	if l.Participants == 0 && l.Format == "group" {
		return nil // asked for when the log is submitted
	}
	if l.Participants < least || l.Participants > most {
		return errParticipants
	}
	return nil
}

func (l *Log) checkCase() error {
	switch {
	case l.Case.Ref != "" && !isCaseRef(l.Case.Ref):
		return ErrCase
	case l.Case.Seq < 0 || l.Case.Seq > 60:
		return ErrSeq
	case l.Case.Days != nil && (*l.Case.Days < 0 || *l.Case.Days > 365):
		return ErrNumber.At("days_since_previous").Says("Days since the previous session are 0 to 365.")
	}
	return nil
}

// clinical reports whether route and dose band are asked for.
func (l *Log) clinical() bool { return l.Kind == Client && l.Phase == Medicine }

func (l *Log) checkClinical() error {
	if l.clinical() {
		return nil
	}
	for _, f := range []struct{ field, value string }{
		{"route", l.Route}, {"dose_band", l.DoseBand}, {"monitored_by", l.MonitoredBy}, {"knew_whom_to_call", l.KnewWhomToCall},
	} {
		if f.value != "" {
			return ErrNotAsked.At(f.field)
		}
	}
	return nil
}

// checkGrades takes none, or all seven.
func checkGrades(g Grades, field string) error {
	if len(g) == 0 {
		return nil
	}
	for _, c := range Criteria {
		if n, ok := g[c]; !ok || n < 0 || n > 4 {
			return ErrGrades.At(field)
		}
	}
	if len(g) != len(Criteria) {
		return ErrGrades.At(field)
	}
	return nil
}

// complete asks for everything that a submitted log must have; of the detail it
// is told what is missing. The fault names the first field and carries all of
// them as "missing".
func (l *Log) complete(earlier bool, detail []string) error {
	var missing []string
	ask := func(field string, there bool) {
		if !there {
			missing = append(missing, field)
		}
	}
	ask("kind", l.Kind != "")
	ask("phase", l.Phase != "")
	ask("format", l.Format != "")
	ask("participants", l.Participants > 0)
	ask("week", l.Week != "")
	ask("duration_min", l.Minutes > 0)
	ask("role", l.Role != "")
	ask("frameworks", len(l.Frameworks) > 0)
	ask("days_since_previous", l.Phase != Integration || !earlier || l.Case.Days != nil)
	if l.clinical() {
		ask("route", l.Route != "")
		ask("dose_band", l.DoseBand != "")
		ask("monitored_by", l.MonitoredBy != "")
		ask("knew_whom_to_call", l.KnewWhomToCall != "")
	}
	missing = append(missing, detail...)
	ask("reflection", utf8.RuneCountInString(l.Reflection) >= minReflection)
	ask("attest", l.Attested != "")
	if len(missing) == 0 {
		return nil
	}
	f := ErrMissing.At(missing[0])
	switch {
	case missing[0] == "attest":
		f = f.Says("Attest the log before you send it: " + StatementText)
	case missing[0] == "reflection" && l.Reflection == "":
		f = f.Says(ErrShort.Text)
	case missing[0] == "reflection":
		f = ErrShort
	}
	return f.With("missing", missing)
}

func (v Verdict) check() error {
	if len(v.Grades) == 0 {
		return ErrGrades
	}
	if err := checkGrades(v.Grades, "grades"); err != nil {
		return err
	}
	if err := checkText(v.Feedback, "feedback", maxFeedback); err != nil {
		return err
	}
	for _, c := range Criteria {
		if n := v.Grades[c]; n > 0 && n <= 2 && utf8.RuneCountInString(v.Feedback) < minFeedback {
			return ErrFeedback
		}
	}
	if !contains(observedKnown, v.ObservedBy) {
		return ErrObserved
	}
	return nil
}

func checkReturn(reason, message string) error {
	if !contains(returnReasons, reason) {
		return ErrReturn
	}
	if message == "" {
		return ErrMessage
	}
	return checkText(message, "message", maxMessage)
}
