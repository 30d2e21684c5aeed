package records

import (
	"strings"

	"github.com/kapstone-lms/kapstone/internal/fault"
)

// The faults of a record's form. Their sentences depend on the kind.
var (
	ErrKind     = fault.New(fault.Invalid, "unknown_kind", "There is no such kind of record. The documentation lists them.").At("kind")
	ErrMissing  = fault.New(fault.Invalid, "missing_field", "")
	ErrNotAsked = fault.New(fault.Invalid, "field_not_asked", "")
	ErrValue    = fault.New(fault.Invalid, "unknown_value", "")
	ErrWord     = fault.New(fault.Invalid, "bad_word", "")
	ErrNumber   = fault.New(fault.Invalid, "out_of_range", "")
	ErrText     = fault.New(fault.Invalid, "bad_text", "The text holds characters that text cannot have.")
	ErrLong     = fault.New(fault.Invalid, "too_long", "")
	ErrDate     = fault.New(fault.Invalid, "bad_date", "A date reads YYYY-MM-DD and is a day of the calendar, 1950 or later.")
	ErrFuture   = fault.New(fault.Invalid, "in_the_future", "")
	ErrBefore   = fault.New(fault.Invalid, "before_enrollment", "")
	ErrExpiry   = fault.New(fault.Invalid, "bad_expiry", "").At("expires_on")
	ErrPerson   = fault.New(fault.Invalid, "unknown_person", "There is no such person here. Give their name in person_name instead.").At("person_id")
	ErrAsked    = fault.New(fault.Invalid, "not_asked_for", "")
	ErrEdition  = fault.New(fault.Invalid, "other_edition", "").At("edition")
	ErrDayFull  = fault.New(fault.Invalid, "over_daily_cap", "").At("minutes")
	ErrReason   = fault.New(fault.Invalid, "reason_required", "Say in 1 to 500 characters of plain text why.").At("reason")
)

// The faults of a record's way.
var (
	ErrEnter    = fault.New(fault.Forbidden, "not_yours_to_enter", "").At("kind")
	ErrCorrect  = fault.New(fault.Forbidden, "not_yours_to_correct", "")
	ErrDecide   = fault.New(fault.Forbidden, "not_yours_to_decide", "")
	ErrOwn      = fault.New(fault.Forbidden, "own_record", "Nobody decides on a record of their own.")
	ErrSame     = fault.New(fault.Conflict, "overlaps", "There is a record of this on that day already. Correct that one instead of entering another.").At("on_day")
	ErrNoWait   = fault.New(fault.Conflict, "not_waiting", "This record does not wait for a decision. Read it again.")
	ErrReplaced = fault.New(fault.Conflict, "already_corrected", "This record was corrected: another one stands in its place. Read the list again and go on with that one.")
	ErrOther    = fault.New(fault.Invalid, "other_kind", "A correction is of the same kind as what it corrects. Refuse this record, and enter the other.").At("kind")
	ErrStale    = fault.New(fault.Conflict, "stale_version", "Somebody changed this record meanwhile. Read it again, then repeat your change.").At("version")
	ErrExpired  = fault.New(fault.Conflict, "license_expired", "This license ended before today. Refuse the record, or correct it to what the board says now.")
)

// either lists words as alternatives: "a, b or c".
func either(all []string) string {
	switch n := len(all); n {
	case 0:
		return "nobody"
	case 1:
		return all[0]
	default:
		return strings.Join(all[:n-1], ", ") + " or " + all[n-1]
	}
}
