package enrollment

import "time"

// Days are dates, YYYY-MM-DD: they compare as texts do, and have no zone.

// secondsOfDay is the length of a day in UTC.
const secondsOfDay = 24 * 60 * 60

// number counts a day from 1970-01-01; ok is false for what is no date.
func number(day string) (n int, ok bool) {
	t, err := time.Parse(time.DateOnly, day)
	return int(t.Unix() / secondsOfDay), err == nil
}

func dayOf(n int) string { return time.Unix(int64(n)*secondsOfDay, 0).UTC().Format(time.DateOnly) }

// between counts the days from a to b: 0 when one is no date.
func between(a, b string) int {
	m, ok := number(a)
	n, also := number(b)
	if !ok || !also {
		return 0
	}
	return n - m
}

// plus moves a day on; what is no date stays as it is.
func plus(day string, days int) string {
	n, ok := number(day)
	if !ok {
		return day
	}
	return dayOf(n + days)
}

// plusMonths moves a day on by months. Where a month is too short for it, that
// is its last day: a month from January 31 is February 28 or 29.
func plusMonths(day string, months int) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	first := time.Date(t.Year(), t.Month()+time.Month(months), 1, 0, 0, 0, 0, time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	return first.AddDate(0, 0, min(t.Day(), last)-1).Format(time.DateOnly)
}

// inWords writes a day as people read it.
func inWords(day string) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	return t.Format("January 2, 2006")
}

// today is the day of a time in a time zone.
func today(at time.Time, zone string) (string, error) {
	l, err := time.LoadLocation(zone)
	if err != nil {
		return "", err
	}
	return at.In(l).Format(time.DateOnly), nil
}
