package enrollment

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"
)

// A Status says whether an enrollment is under way.
type Status string

// The statuses of an enrollment.
const (
	Active    Status = "active"
	OnLeave   Status = "on_leave"
	Withdrawn Status = "withdrawn"
	Dismissed Status = "dismissed"
)

// Ended reports whether nothing more can be done in an enrollment.
func (s Status) Ended() bool { return s == Withdrawn || s == Dismissed }

// Life is what happened to an enrollment so far, as its clocks see it. Days are
// dates, YYYY-MM-DD, in the cohort's time zone.
type Life struct {
	Status   Status
	Zone     string // the cohort's time zone
	StartsOn string // the effective date; it may be before the day of enrolling
	InCohort string // since when the enrollment is in its present cohort
	// AsOf is the day on which this was worked out: Status is that day's, and a
	// leave without an end counts to it.
	AsOf string
	// Leaves are the times in which clocks stood still, oldest first, none
	// within another; the last one may be open, with Until "". The time between
	// an end and a readmission is one of them.
	Leaves []Leave
	// Extension is how many days were added to every deadline.
	Extension int
}

// A Leave runs from its first day to the day before Until.
type Leave struct{ From, Until string }

// within counts the days of a leave from one day to the day before another.
func (v Leave) within(from, to string) int {
	if v.Until != "" {
		to = min(to, v.Until)
	}
	return max(0, between(max(from, v.From), to))
}

// Elapsed is how many days the clock shows on a day: those since the start
// without those on leave. It is 0 before the start.
func (l Life) Elapsed(on string) int {
	n := max(0, between(l.StartsOn, on))
	for _, v := range l.Leaves {
		n -= v.within(l.StartsOn, on)
	}
	return n
}

// Due is the last day of a time limit that runs from a day for so many months:
// each day on leave meanwhile moves it on by one, and every extension does.
// Where from is no date it is "".
func (l Life) Due(from string, months int) string { return l.DueAfter(from, months, 0) }

// DueAfter is Due for a limit of so many months and days.
func (l Life) DueAfter(from string, months, days int) string {
	n, ok := number(plusMonths(from, months))
	if !ok {
		return ""
	}
	n += days + l.Extension
	for _, v := range l.Leaves {
		if v.Until == "" {
			v.Until = max(l.AsOf, v.From)
		}
		if v.From <= dayOf(n) {
			n += v.within(from, v.Until)
		}
	}
	return dayOf(n)
}

// Life returns what happened to enrollments so far, by their ids, as of today.
// It does not ask who may see them, and reads through idb, so that a deed can
// ask inside its transaction.
func (s *Service) Life(ctx context.Context, idb bun.IDB, ids []string) (map[string]Life, error) {
	records, err := recordsOf(ctx, idb, ids)
	if err != nil {
		return nil, fmt.Errorf("read the life of enrollments: %w", err)
	}
	all := make(map[string]Life, len(records))
	days := make(map[string]string) // today, by zone: reading a zone costs more than a life
	for id, r := range records {
		if days[r.zone] == "" {
			if days[r.zone], err = today(s.now(), r.zone); err != nil {
				return nil, fmt.Errorf("read the life of enrollments: %w", err)
			}
		}
		l, err := replay(r.start, r.deeds, days[r.zone])
		if err != nil {
			return nil, fmt.Errorf("the deeds of enrollment %s contradict each other: %w", id, err)
		}
		l.Zone = r.zone
		all[id] = l
	}
	return all, nil
}

// underWay returns ErrEnded for an enrollment that has ended.
func (s *Service) underWay(ctx context.Context, idb bun.IDB, id string) error {
	lives, err := s.Life(ctx, idb, []string{id})
	if err == nil && lives[id].Status.Ended() {
		err = ErrEnded
	}
	return err
}

// goesOn reports whether an enrollment has not ended, or will not stay so.
func (r record) goesOn(at time.Time) (bool, error) {
	day, err := today(at, r.zone)
	if err != nil {
		return false, err
	}
	t, err := run(r.start, r.deeds)
	if err != nil {
		return false, err
	}
	return !t.on(day).Status.Ended() || !t.now.Ended(), nil
}
