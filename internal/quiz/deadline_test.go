package quiz

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/kapstone-lms/kapstone/internal/db"
)

// running is an attempt of half an hour that began at noon, as its parts make
// it.
func running(p part) *attempt {
	a := &attempt{State: Open, StartedAt: db.At(noon), LimitMS: (30 * time.Minute).Milliseconds(), PauseLimitMS: p.pauseMS}
	a.Deadline = a.ends(p)
	return a
}

var plain = part{percent: 100}

func TestWhenAnAttemptEnds(t *testing.T) {
	ten := (10 * time.Minute).Milliseconds()
	for _, tt := range []struct {
		name string
		part part
		with func(a *attempt)
		want time.Duration // after noon
	}{
		{"the time limit", plain, func(*attempt) {}, 30 * time.Minute},
		{"half as much again", part{percent: 150}, func(*attempt) {}, 45 * time.Minute},
		{"a third more of it", part{percent: 133}, func(*attempt) {}, 39*time.Minute + 54*time.Second},
		{"four times, the most there is", part{percent: 400}, func(*attempt) {}, 2 * time.Hour},
		{"extended", part{percent: 100, extended: 15}, func(*attempt) {}, 45 * time.Minute},
		{"an extension is not stretched by the factor", part{percent: 150, extended: 15}, func(*attempt) {}, time.Hour},
		{"it stood still before", plain, func(a *attempt) { a.PausedMS = 90_500 }, 31*time.Minute + 30*time.Second + 500*time.Millisecond},
		{"a pause that is allowed and was not taken adds nothing", part{percent: 100, pauseMS: ten}, func(*attempt) {}, 30 * time.Minute},
		{"a pause under way counts whole", part{percent: 100, pauseMS: ten}, func(a *attempt) {
			a.PausedAt, a.PausedUntil = db.At(noon.Add(time.Minute)), db.At(noon.Add(11*time.Minute))
		}, 40 * time.Minute},
		{"one without an end adds nothing", plain, func(a *attempt) { a.PausedAt = db.At(noon) }, 30 * time.Minute},
		{"all of it", part{percent: 200, extended: 20, pauseMS: ten}, func(a *attempt) { a.PausedMS = ten }, 90 * time.Minute},
	} {
		a := running(tt.part)
		tt.with(a)
		if got := a.ends(tt.part); got.Sub(noon) != tt.want {
			t.Errorf("%s: ends %v after the start, want %v", tt.name, got.Sub(noon), tt.want)
		}
	}
}

// The cohort's clocks go back an hour in the night of November 1, 2026, and
// forward on March 14, 2027: an attempt over that hour has its minutes all the
// same.
func TestAnAttemptLastsTheSameOverAClockChange(t *testing.T) {
	denver, err := time.LoadLocation("America/Denver")
	if err != nil {
		t.Fatal(err)
	}
	for _, start := range []time.Time{time.Date(2026, 11, 1, 1, 50, 0, 0, denver), time.Date(2027, 3, 14, 1, 50, 0, 0, denver)} {
		a := &attempt{State: Open, StartedAt: db.At(start), LimitMS: time.Hour.Milliseconds()}
		if got := a.ends(plain).Sub(start); got != time.Hour {
			t.Errorf("begun at %v it lasts %v, want an hour", start, got)
		}
	}
}

func TestTimeTakenAwayIsNoticed(t *testing.T) {
	long := part{percent: 200, extended: 15}
	for _, tt := range []struct {
		name     string
		from, to part
		at       time.Duration // after noon
		want     bool
	}{
		{"more", plain, long, 29 * time.Minute, false},
		{"less, with a minute to go", long, plain, 29 * time.Minute, false},
		{"less, with less than a minute to go", long, plain, 29*time.Minute + time.Millisecond, true},
		{"less, ending in the past", long, plain, 40 * time.Minute, true},
		{"as much as before, in the last second", plain, plain, 30 * time.Minute, false},
		{"more, and still too late", plain, part{percent: 101}, 31 * time.Minute, false},
	} {
		a := running(tt.from)
		if got := a.retime(tt.to, noon.Add(tt.at)); got != tt.want || !a.Deadline.Equal(running(tt.to).Deadline.Time) {
			t.Errorf("%s: retime = %t and ends at %v, want %t and %v", tt.name, got, a.Deadline, tt.want, running(tt.to).Deadline)
		}
	}
}

func drawPart(t *rapid.T, name string) part {
	return part{
		percent:  rapid.IntRange(100, 400).Draw(t, name+" percent"),
		pauseMS:  int64(rapid.IntRange(0, 120).Draw(t, name+" pause")) * time.Minute.Milliseconds(),
		extended: rapid.IntRange(0, 960).Draw(t, name+" extended"),
	}
}

// More of anything never makes an attempt end earlier, nothing but its parts
// counts, and what is taken back restores the end exactly.
func TestMoreTimeNeverEndsEarlier(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, q := drawPart(t, "first"), drawPart(t, "second")
		a := running(p)
		before := *a
		at := noon.Add(time.Duration(rapid.Int64Range(-3600_000, 4*3600_000).Draw(t, "ms after noon")) * time.Millisecond)
		cut := a.retime(q, at)
		switch {
		case q.percent >= p.percent && q.extended >= p.extended && a.Deadline.Before(before.Deadline.Time):
			t.Fatalf("%+v and then %+v ends at %v, before %v", p, q, a.Deadline, before.Deadline)
		case q.percent >= p.percent && q.extended >= p.extended && cut:
			t.Fatalf("%+v and then %+v is said to take time away", p, q)
		case !a.Deadline.Equal(a.ends(q).Time):
			t.Fatalf("%+v ends at %v, want what its parts make: %v", q, a.Deadline, a.ends(q))
		}
		if a.retime(p, at); !cmp.Equal(*a, before) {
			t.Fatalf("taken back: %+v, want %+v", a, before)
		}
	})
}
