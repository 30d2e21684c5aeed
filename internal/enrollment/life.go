package enrollment

import "time"

// A Status says whether an enrollment is under way.
type Status string

// The statuses of an enrollment.
const (
	Active    Status = "active"
	OnLeave   Status = "on_leave"
	Withdrawn Status = "withdrawn"
	Dismissed Status = "dismissed"
)

// Life is what happened to an enrollment so far, as its clocks see it. Days are
// dates, YYYY-MM-DD, in the cohort's time zone.
type Life struct {
	Status   Status
	StartsOn string // the effective date; it may be before the day of enrolling
	// Leaves are the times in which clocks stood still; the last one may be
	// open, with Until "".
	Leaves []Leave
	// Extension is how many days were added to every deadline.
	Extension int
}

// A Leave runs from its first day to the day before Until.
type Leave struct{ From, Until string }

// Due is so many months after a day, with the leaves since then and the
// extension.
func (l Life) Due(from string, months int) string {
	t, err := time.Parse(time.DateOnly, from)
	if err != nil {
		return from
	}
	return t.AddDate(0, months, l.Extension).Format(time.DateOnly)
}
