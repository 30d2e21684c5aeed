package quiz

import (
	"errors"
	"testing"
	"time"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/internal/fault"
)

func TestWhenAWindowAdmits(t *testing.T) {
	hour := func(n int) db.Time { return db.At(noon.Add(time.Duration(n) * time.Hour)) }
	for _, tt := range []struct {
		name string
		w    Window
		at   time.Duration // after noon
		want error
	}{
		{"no window", Window{}, 0, nil},
		{"a moment too early", Window{OpensAt: hour(1)}, time.Hour - time.Millisecond, ErrNotOpenYet},
		{"as it opens", Window{OpensAt: hour(1)}, time.Hour, nil},
		{"the last moment", Window{ClosesAt: hour(2)}, 2*time.Hour - time.Millisecond, nil},
		{"as it closes", Window{ClosesAt: hour(2)}, 2 * time.Hour, ErrWindowClosed},
		{"before both", Window{OpensAt: hour(1), ClosesAt: hour(2)}, 0, ErrNotOpenYet},
		{"in it", Window{OpensAt: hour(1), ClosesAt: hour(2)}, 90 * time.Minute, nil},
		{"after it", Window{OpensAt: hour(1), ClosesAt: hour(2)}, 3 * time.Hour, ErrWindowClosed},
	} {
		err := tt.w.admits(noon.Add(tt.at))
		if !errors.Is(err, tt.want) || (err == nil) != (tt.want == nil) {
			t.Errorf("%s: admits = %v, want %v", tt.name, err, tt.want)
		}
		if f := fault.Of(err); f != nil && f.Details["opens_at"] != tt.w.OpensAt.Time && f.Details["closes_at"] != tt.w.ClosesAt.Time {
			t.Errorf("%s: the refusal says %v", tt.name, f.Details)
		}
	}
}

func TestWhenAWindowIsOverForAll(t *testing.T) {
	closes := Window{ClosesAt: db.At(noon)}
	for _, tt := range []struct {
		name string
		w    Window
		now  time.Duration // after noon
		last time.Duration // likewise; 0: nobody is in
		want bool
	}{
		{"no window, nobody in", Window{}, time.Hour, 0, false},
		{"before it closes", closes, -time.Second, 0, false},
		{"as it closes", closes, 0, 0, false},
		{"who began in the last moment is on record by then", closes, Grace + time.Millisecond, 0, true},
		{"somebody has time left", closes, time.Hour, 61 * time.Minute, false},
		{"their grace", closes, time.Hour, time.Hour - Grace, false},
		{"after it", closes, time.Hour, time.Hour - Grace - time.Millisecond, true},
	} {
		last := time.Time{}
		if tt.last != 0 {
			last = noon.Add(tt.last)
		}
		if got := tt.w.over(noon.Add(tt.now), last); got != tt.want {
			t.Errorf("%s: over = %t, want %t", tt.name, got, tt.want)
		}
	}
}

// A window says when an attempt begins, and nothing of how long it takes.
func TestAWindowAndATimeLimitAreTwoThings(t *testing.T) {
	eachHome(t, func(t *testing.T, w *world) {
		now := w.Clock.Now()
		set := func(from, to time.Duration, version int64) error {
			_, err := w.SetWindow(w.instructor, w.cohort.ID, module, Window{OpensAt: db.At(now.Add(from)), ClosesAt: db.At(now.Add(to)), Version: version})
			return err
		}
		over := func(want bool, when string) {
			t.Helper()
			got, err := w.windowOver(t.Context(), w.DB, w.cohort.ID, module)
			if seen, err := w.Window(w.trainee, w.enrollment.ID, module); err != nil || seen.Over != want {
				t.Errorf("%s the trainee sees %+v, %v", when, seen, err)
			}
			if err != nil || got != want {
				t.Errorf("%s windowOver = %t, %v; want %t", when, got, err, want)
			}
		}
		over(false, "without a window")
		if err := set(time.Hour, 2*time.Hour, 0); err != nil {
			t.Fatal(err)
		}
		_, _, err := w.Start(w.trainee, w.enrollment.ID, module)
		if f := fault.Of(err); f == nil || f.Code != "not_open_yet" || f.Details["opens_at"] != now.Add(time.Hour) {
			t.Errorf("Start before it opens = %v, want not_open_yet", err)
		}
		w.Clock.Advance(2*time.Hour - time.Millisecond)
		o := w.begin()
		if o.Deadline.Sub(o.StartedAt) != minutes*time.Minute {
			t.Errorf("begun in the last moment it lasts %v, want the whole time limit", o.Deadline.Sub(o.StartedAt))
		}
		late, lateAt := w.Trainee("Lena Late", w.cohort)
		w.Clock.Advance(time.Millisecond)
		if _, _, err := w.Start(late, lateAt.ID, module); !errors.Is(err, ErrWindowClosed) {
			t.Errorf("Start as it closes = %v, want ErrWindowClosed", err)
		}
		w.Clock.Advance(29 * time.Minute)
		if again := w.begin(); again.ID != o.ID {
			t.Errorf("resuming after the close gives %s, want %s", again.ID, o.ID)
		}
		over(false, "while somebody is in")
		if _, err := w.Extend(w.instructor, o.ID, 10, "other"); err != nil {
			t.Fatal(err)
		}
		w.Clock.Advance(time.Minute + Grace + time.Second)
		over(false, "in the time that was given besides")
		w.Clock.Advance(10 * time.Minute)
		over(true, "after that, though nobody has closed the attempt")
		if err := set(time.Hour, 2*time.Hour, 0); !errors.Is(err, enrollment.ErrStale) {
			t.Errorf("SetWindow at an old version = %v, want ErrStale", err)
		}
		if err := set(time.Hour, 4*time.Hour, 1); err != nil {
			t.Errorf("SetWindow at the version = %v", err)
		}
		over(false, "opened longer")
		if _, created, err := w.Start(late, lateAt.ID, module); err != nil || !created {
			t.Errorf("Start in the longer window = %t, %v", created, err)
		}
		if n := w.entries("quiz.window_set"); n != 2 {
			t.Errorf("%d entries in the ledger, want 2", n)
		}
	})
}

func TestWhoSetsAWindow(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		elsewhere := w.Person("Ivo Elsewhere", access.Grant{Role: access.Instructor, Program: program})
		at := db.At(w.Clock.Now())
		for name, tt := range map[string]struct {
			err  func() error
			want string
		}{
			"the trainee":                 {func() error { _, err := w.SetWindow(w.trainee, w.cohort.ID, module, Window{}); return err }, "forbidden"},
			"another cohort's instructor": {func() error { _, err := w.SetWindow(elsewhere, w.cohort.ID, module, Window{}); return err }, "not_found"},
			"of no module":                {func() error { _, err := w.SetWindow(w.Admin, w.cohort.ID, "none", Window{}); return err }, "not_found"},
			"that closes as it opens": {func() error {
				_, err := w.SetWindow(w.Admin, w.cohort.ID, module, Window{OpensAt: at, ClosesAt: at})
				return err
			}, "bad_window"},
			"a version that never was": {func() error { _, err := w.SetWindow(w.Admin, w.cohort.ID, module, Window{Version: 3}); return err }, "stale_version"},
			"seen by another cohort's": {func() error { _, err := w.CohortWindow(elsewhere, w.cohort.ID, module); return err }, "not_found"},
			"seen of no module":        {func() error { _, err := w.Window(w.trainee, w.enrollment.ID, "none"); return err }, "not_found"},
			"the instructor": {func() error {
				_, err := w.SetWindow(w.instructor, w.cohort.ID, module, Window{ClosesAt: at})
				return err
			}, ""},
			"seen by the instructor": {func() error { _, err := w.CohortWindow(w.instructor, w.cohort.ID, module); return err }, ""},
		} {
			if got := codeOf(tt.err()); got != tt.want {
				t.Errorf("%s: %q, want %q", name, got, tt.want)
			}
		}
	})
}
