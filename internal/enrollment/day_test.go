package enrollment

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestMonthsClampToTheMonthsEnd(t *testing.T) {
	for _, tt := range []struct {
		day    string
		months int
		want   string
	}{
		{"2026-01-31", 1, "2026-02-28"},
		{"2028-01-31", 1, "2028-02-29"},
		{"2026-01-31", 2, "2026-03-31"},
		{"2026-03-31", 1, "2026-04-30"},
		{"2026-03-30", -1, "2026-02-28"},
		{"2024-02-29", 12, "2025-02-28"},
		{"2024-02-29", 48, "2028-02-29"},
		{"2026-11-24", 24, "2028-11-24"},
		{"2026-12-15", 1, "2027-01-15"},
		{"2026-11-24", 0, "2026-11-24"},
		{"2026-11-24", -120, "2016-11-24"},
		{"no date", 3, "no date"},
	} {
		if got := plusMonths(tt.day, tt.months); got != tt.want {
			t.Errorf("plusMonths(%s, %d) = %s, want %s", tt.day, tt.months, got, tt.want)
		}
	}
}

func TestDaysAreCountedAndWritten(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want int
	}{
		{"2026-11-24", "2026-11-24", 0}, {"2026-11-24", "2026-12-01", 7}, {"2026-12-01", "2026-11-24", -7},
		{"2027-02-28", "2028-03-01", 367}, {"1969-12-31", "1970-01-02", 2}, {"x", "2026-01-01", 0}, {"2026-01-01", "", 0},
		{"2026-03-07", "2026-03-09", 2}, // over a change of clocks
	} {
		if got := between(tt.a, tt.b); got != tt.want {
			t.Errorf("between(%q, %q) = %d, want %d", tt.a, tt.b, got, tt.want)
		}
	}
	if got := plus("2026-12-31", 1); got != "2027-01-01" {
		t.Errorf("plus = %s", got)
	}
	if got := plus("x", 1); got != "x" {
		t.Errorf("plus of no date = %s", got)
	}
	if got := inWords("2026-12-01"); got != "December 1, 2026" {
		t.Errorf("inWords = %s", got)
	}
	if got := inWords("soon"); got != "soon" {
		t.Errorf("inWords of no date = %s", got)
	}
}

func TestTodayIsTheCohorts(t *testing.T) {
	at := time.Date(2026, 11, 25, 2, 0, 0, 0, time.UTC)
	for zone, want := range map[string]string{"UTC": "2026-11-25", "America/Denver": "2026-11-24", "Pacific/Auckland": "2026-11-25"} {
		if got, err := today(at, zone); err != nil || got != want {
			t.Errorf("today in %s = %s, %v; want %s", zone, got, err, want)
		}
	}
	if _, err := today(at, "Mars/Olympus"); err == nil {
		t.Error("a zone that is none has a today")
	}
}

func TestMonthsNeverSkipAMonth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		day := dayOf(rapid.IntRange(0, 40_000).Draw(t, "day"))
		n := rapid.IntRange(-240, 240).Draw(t, "months")
		was, _ := time.Parse(time.DateOnly, day)
		is, err := time.Parse(time.DateOnly, plusMonths(day, n))
		if err != nil {
			t.Fatal(err)
		}
		if moved := (is.Year()-was.Year())*12 + int(is.Month()) - int(was.Month()); moved != n || is.Day() > was.Day() {
			t.Errorf("%s and %d months is %s", day, n, is.Format(time.DateOnly))
		}
	})
}
