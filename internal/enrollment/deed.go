package enrollment

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/fault"
	"github.com/kapstone-lms/kapstone/internal/text"
)

// A Kind says what a deed does to an enrollment.
type Kind string

// The kinds of deed.
const (
	TakeLeave     Kind = "leave" // clocks stop
	Return        Kind = "return"
	Extend        Kind = "extension" // every deadline moves on
	Transfer      Kind = "transfer"  // to another cohort of the same program
	Withdraw      Kind = "withdrawal"
	Dismiss       Kind = "dismissal"
	Readmit       Kind = "readmission"
	ChangeTrack   Kind = "track"
	ChangeEdition Kind = "edition" // to the newest edition of the program
)

// Kinds lists every kind.
var Kinds = []Kind{TakeLeave, Return, Extend, Transfer, Withdraw, Dismiss, Readmit, ChangeTrack, ChangeEdition}

// A Deed is something done to an enrollment, kept for good. Fields that do not
// belong to its kind are zero.
type Deed struct {
	bun.BaseModel `bun:"table:enrollment_deeds"`

	ID           string `bun:",pk"`
	EnrollmentID string
	Number       int // which of its enrollment's, from 1
	Kind         Kind
	EffectiveOn  string
	UntilOn      string // of a leave: the first day back; "" while nobody knows
	Days         int    // of an extension; below zero takes back
	Reason       string
	FromCohort   string `bun:",nullzero"`
	ToCohort     string `bun:",nullzero"`
	FromTrack    string
	ToTrack      string
	FromVersion  int
	ToVersion    int
	FromCourse   string `bun:",nullzero"` // hash
	ToCourse     string `bun:",nullzero"`
	DoneBy       string // person id
	DoneAt       db.Time
	Letter       string // to the trainee, plain text
}

// The faults of a deed.
var (
	ErrEnded      = fault.New(fault.Conflict, "enrollment_ended", "This enrollment has ended. What is on record stays readable; ask a program admin about being readmitted.")
	ErrNotOnLeave = fault.New(fault.Conflict, "not_on_leave", "The trainee is not on leave on that day.").At("effective_on")
	ErrOverlap    = fault.New(fault.Conflict, "leave_overlaps", "The trainee is on leave in that time already. Record the return first, or choose other days.").At("effective_on")
	ErrNotEnded   = fault.New(fault.Conflict, "not_ended", "This enrollment has not ended on that day, so there is nobody to readmit.").At("effective_on")
	ErrOrder      = fault.New(fault.Conflict, "later_deeds", "What is on record for a later day would no longer fit. Choose a later day.").At("effective_on")
	ErrKind       = fault.New(fault.Invalid, "bad_kind", "A deed is a leave, return, extension, transfer, withdrawal, dismissal, readmission or track.").At("kind")
	ErrField      = fault.New(fault.Invalid, "field_not_used", "This does not belong to a deed of that kind. Leave it out.")
	ErrWhy        = fault.New(fault.Invalid, "bad_reason", "Say why in 1 to 500 characters of plain text. The trainee reads it.").At("reason")
	ErrDay        = fault.New(fault.Invalid, "bad_day", "A day reads YYYY-MM-DD, is no earlier than the enrollment's start and at most a year ahead.").At("effective_on")
	ErrNotAhead   = fault.New(fault.Invalid, "day_in_future", "This takes effect at once or took effect before. Give a day that is not in the future.").At("effective_on")
	ErrUntil      = fault.New(fault.Invalid, "bad_until", "A leave ends after its first day and within two years. Leave the day out while nobody knows it.").At("until_on")
	ErrDays       = fault.New(fault.Invalid, "bad_days", "An extension has 1 to 1,095 days, all together no more than 1,095; days below zero take back what was granted before.").At("days")
	ErrCohort     = fault.New(fault.Invalid, "unknown_cohort", "There is no such cohort of this program, or it is the trainee's own. GET /cohorts lists them.").At("cohort_id")
	ErrFull       = fault.New(fault.Conflict, "cohort_full", "This cohort has as many trainees as the program allows.")
	ErrTrack      = fault.New(fault.Invalid, "bad_track", "Name one of the program's tracks; where it has none, leave this out.").At("track")
	ErrSameTrack  = fault.New(fault.Conflict, "same_track", "The enrollment has this track already.").At("track")
	ErrOwnDeed    = fault.New(fault.Forbidden, "own_enrollment", "Nobody decides about their own enrollment. Ask another admin.")
)

// The bounds of a deed.
const (
	maxWhy       = 500  // characters
	maxAhead     = 366  // days from today
	maxLeave     = 731  // days
	maxExtension = 1095 // days, all extensions together
)

// A Form is what somebody asks to be done to an enrollment.
type Form struct {
	Kind        Kind
	EffectiveOn string // "" is today
	UntilOn     string // of a leave: the first day back; "" while nobody knows
	Days        int    // of an extension
	CohortID    string // of a transfer
	Track       string // of a track, and of an edition with other tracks
	Edition     int    // of an edition: its version
	Reason      string
	Version     int64 // of the enrollment as it was read; 0 takes any
	DryRun      bool  // nothing is done: the answer says what would change
}

// used says which fields a kind of deed has besides the common ones.
var used = map[Kind][]string{
	TakeLeave: {"until_on"}, Return: {}, Extend: {"days"}, Transfer: {"cohort_id"}, Withdraw: {}, Dismiss: {}, Readmit: {},
	ChangeTrack: {"track"}, ChangeEdition: {"track", "version"},
}

// check is the rule of form: the fields that the kind has and no others, and a
// reason, which it tidies.
func (f *Form) check() error {
	fields, known := used[f.Kind]
	if !known {
		return ErrKind
	}
	for _, x := range []struct {
		name  string
		given bool
	}{{"until_on", f.UntilOn != ""}, {"days", f.Days != 0}, {"cohort_id", f.CohortID != ""}, {"track", f.Track != ""}, {"version", f.Edition != 0}} {
		if x.given && !slices.Contains(fields, x.name) {
			return ErrField.At(x.name)
		}
	}
	if !utf8.ValidString(f.Reason) {
		return ErrWhy
	}
	f.Reason = text.Tidy(f.Reason)
	if n := utf8.RuneCountInString(f.Reason); n < 1 || n > maxWhy || strings.ContainsFunc(f.Reason, text.Unfit) {
		return ErrWhy
	}
	return nil
}

// date is the rule of days, for an enrollment that began on start: not before
// that, and ahead only for what can wait. A day left out is today.
func (f *Form) date(start, today string) error {
	if f.EffectiveOn == "" {
		f.EffectiveOn = max(start, today)
	}
	_, ok := number(f.EffectiveOn)
	switch {
	case !ok || f.EffectiveOn < start || f.EffectiveOn > plus(today, maxAhead):
		return ErrDay
	case f.EffectiveOn > today && f.Kind.atOnce():
		return ErrNotAhead
	case f.Kind == Extend && (f.Days == 0 || f.Days > maxExtension || f.Days < -maxExtension):
		return ErrDays
	case f.UntilOn == "":
		return nil
	}
	if _, ok := number(f.UntilOn); !ok || f.UntilOn <= f.EffectiveOn || f.UntilOn > plus(f.EffectiveOn, maxLeave) {
		return ErrUntil
	}
	return nil
}

// atOnce reports whether a kind of deed cannot wait for a later day: it writes
// what there is only one of.
func (k Kind) atOnce() bool {
	return k == Extend || k == Transfer || k == ChangeTrack || k == ChangeEdition
}

// do returns an enrollment as a deed leaves it.
func (d *Deed) do(e Enrollment) *Enrollment {
	switch d.Kind {
	case Transfer:
		e.CohortID = d.ToCohort
	case ChangeTrack:
		e.Track = d.ToTrack
	case ChangeEdition:
		e.Track, e.ProgramVersion, e.CourseHash = d.ToTrack, d.ToVersion, d.ToCourse
	}
	return &e
}

// undo returns an enrollment as a deed found it.
func (d *Deed) undo(e Enrollment) *Enrollment {
	switch d.Kind {
	case Transfer:
		e.CohortID = d.FromCohort
	case ChangeTrack:
		e.Track = d.FromTrack
	case ChangeEdition:
		e.Track, e.ProgramVersion, e.CourseHash = d.FromTrack, d.FromVersion, d.FromCourse
	}
	return &e
}

// facts is what the ledger notes of a deed: no reason and no letter.
func (d *Deed) facts() map[string]any {
	all := map[string]any{"deed": d.ID, "effective_on": d.EffectiveOn}
	for name, value := range map[string]string{
		"until_on": d.UntilOn, "from_cohort": d.FromCohort, "to_cohort": d.ToCohort, "from_track": d.FromTrack, "to_track": d.ToTrack,
		"from_course": d.FromCourse, "to_course": d.ToCourse,
	} {
		if value != "" {
			all[name] = value
		}
	}
	for name, value := range map[string]int{"days": d.Days, "from_version": d.FromVersion, "to_version": d.ToVersion} {
		if value != 0 {
			all[name] = value
		}
	}
	return all
}
