package quiz

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/db"
)

// A clock that stands still, goes on, is set back and has its allowance changed
// again and again: the deadline is always what the parts make, the clock stood
// still no longer than it ever might, no span is negative, and outside a pause
// exactly what it stood still was added.
func TestAPauseIsExactlyWhatIsAddedToTheEnd(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawPart(t, "first")
		a, most := running(p), p.pauseMS
		now := noon
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.Int64Range(-60_000, 20*60_000).Draw(t, "ms on")) * time.Millisecond)
			switch rapid.SampledFrom([]string{"pause", "resume", "retime", "look"}).Draw(t, "step") {
			case "pause":
				if a.lapsed(now) {
					a.resume(now)
				}
				if a.PausedAt.IsZero() {
					if err := a.pause(now); err == nil && a.Deadline.Before(a.PausedUntil.Time) {
						t.Fatalf("a pause until %v ends after the attempt, at %v", a.PausedUntil, a.Deadline)
					}
				}
			case "resume":
				a.resume(now)
			case "retime":
				p.pauseMS = drawPart(t, "next").pauseMS
				most = max(most, p.pauseMS)
				a.retime(p, now)
			}
			if !a.Deadline.Equal(a.ends(p).Time) {
				t.Fatalf("the end is %v, want %v: %+v", a.Deadline, a.ends(p), a)
			}
			if a.PausedMS < 0 || a.PausedMS > most || a.pauseLeft(now) < 0 || !a.PausedAt.IsZero() && a.PausedUntil.Before(a.PausedAt.Time) {
				t.Fatalf("an impossible pause: %+v", a)
			}
		}
	})
}

func TestWhenAClockMayStandStill(t *testing.T) {
	five := part{percent: 100, pauseMS: (5 * time.Minute).Milliseconds()}
	for _, tt := range []struct {
		name string
		a    *attempt
		with func(a *attempt)
		at   time.Duration
		want error
		left time.Duration
	}{
		{"agreed", running(five), func(*attempt) {}, time.Minute, nil, 5 * time.Minute},
		{"nothing agreed", running(plain), func(*attempt) {}, time.Minute, ErrNoPause, 0},
		{"some is left", running(five), func(a *attempt) { a.PausedMS = 299_000 }, time.Minute, nil, time.Second},
		{"none is left", running(five), func(a *attempt) { a.PausedMS = 300_000 }, time.Minute, ErrNoPause, 0},
		{"more was taken than is agreed now", running(five), func(a *attempt) { a.PausedMS = 400_000 }, time.Minute, ErrNoPause, 0},
		{"at the deadline", running(five), func(*attempt) {}, 30 * time.Minute, nil, 5 * time.Minute},
		{"in the grace", running(five), func(*attempt) {}, 30*time.Minute + time.Second, ErrClosed, 0},
		{"handed in", running(five), func(a *attempt) { a.State = Submitted }, time.Minute, ErrClosed, 0},
		{"the clock was set back", running(five), func(*attempt) {}, -time.Hour, nil, 5 * time.Minute},
	} {
		tt.with(tt.a)
		before := tt.a.Deadline
		err := tt.a.pause(noon.Add(tt.at))
		if !errors.Is(err, tt.want) || (err == nil) != (tt.want == nil) || tt.a.Deadline.Sub(before.Time) != tt.left {
			t.Errorf("%s: pause = %v and adds %v, want %v and %v", tt.name, err, tt.a.Deadline.Sub(before.Time), tt.want, tt.left)
		}
		if err == nil && tt.a.PausedAt.Before(tt.a.StartedAt.Time) {
			t.Errorf("%s: paused at %v, before it began", tt.name, tt.a.PausedAt)
		}
	}
}

// agree gives the trainee an accommodation, in place of the version before.
func (w *world) agree(c Accommodation) {
	w.t.Helper()
	now, _, err := w.Accommodations(w.instructor, w.enrollment.ID)
	if err == nil {
		c.Reason, c.Version = "documented_need", now.Version
		_, err = w.Accommodate(w.instructor, w.enrollment.ID, c, true)
	}
	if err != nil {
		w.t.Fatalf("Accommodate = %v", err)
	}
}

func TestAPauseFromEndToEnd(t *testing.T) {
	eachHome(t, func(t *testing.T, w *world) {
		other := w.another(inProcess)
		o := w.begin()
		if _, err := w.Pause(w.trainee, o.ID); !errors.Is(err, ErrNoPause) {
			t.Errorf("Pause without an agreement = %v, want ErrNoPause", err)
		}
		w.agree(Accommodation{TimePercent: 100, PauseMinutes: 5})
		item := o.Items[0].ID
		if _, err := w.Save(w.trainee, o.ID, item, []string{"a"}, 0); err != nil {
			t.Fatal(err)
		}
		w.Clock.Advance(10 * time.Minute)
		p, err := w.Pause(w.trainee, o.ID)
		if err != nil || len(p.Items) != 0 || len(p.Answers) != 1 || !p.PausedUntil.Equal(w.Clock.Now().Add(5*time.Minute)) ||
			!p.Deadline.Equal(o.Deadline.Add(5*time.Minute)) || p.PauseLeft != 5*time.Minute {
			t.Fatalf("Pause = %+v, %v", p, err)
		}
		w.Clock.Advance(time.Minute)
		for name, s := range map[string]*Service{"this process": w.Service, "another": other} {
			again, err := s.Pause(w.trainee, o.ID)
			if err != nil || !again.PausedUntil.Equal(p.PausedUntil) || again.PauseLeft != 4*time.Minute {
				t.Errorf("%s: Pause again = %+v, %v; want the same pause", name, again, err)
			}
			if _, err := s.Save(w.trainee, o.ID, item, []string{"b"}, 1); !errors.Is(err, ErrPaused) {
				t.Errorf("%s: Save in a pause = %v, want ErrPaused", name, err)
			}
			if got, err := s.Save(w.trainee, o.ID, item, []string{"a"}, 0); err != nil || got.Revision != 1 {
				t.Errorf("%s: a save from before, again = %+v, %v", name, got, err)
			}
		}
		r, err := other.Resume(w.trainee, o.ID)
		if err != nil || len(r.Items) != 6 || !r.PausedUntil.IsZero() || !r.Deadline.Equal(o.Deadline.Add(time.Minute)) || r.PauseLeft != 4*time.Minute {
			t.Fatalf("Resume = %+v, %v; want what the pause took and no more", r, err)
		}
		if again, err := w.Resume(w.trainee, o.ID); err != nil || !again.Deadline.Equal(r.Deadline) {
			t.Errorf("Resume again = %+v, %v", again, err)
		}
		if got, err := w.Save(w.trainee, o.ID, item, []string{"b"}, 1); err != nil || got.Revision != 2 {
			t.Errorf("Save after it = %+v, %v", got, err)
		}
		if w.entries("quiz.paused") != 1 || w.entries("quiz.resumed") != 1 {
			t.Errorf("the ledger has %d pauses and %d ends of one", w.entries("quiz.paused"), w.entries("quiz.resumed"))
		}
	})
}

// A pause ends at the instant its time is over, and whoever comes first after
// that finds it ended then: somebody who looks, the tick, or a save in the
// process where it began.
func TestAPauseEndsByItself(t *testing.T) {
	eachHome(t, func(t *testing.T, w *world) {
		other := w.another(inProcess)
		for _, tt := range []struct {
			name  string
			saves *Service // where the next save goes
			come  func(o *OpenSheet) error
		}{
			{"reading", other, func(o *OpenSheet) error { _, err := other.Sheet(w.trainee, o.ID); return err }},
			{"starting", other, func(*OpenSheet) error { _, _, err := other.Start(w.trainee, w.enrollment.ID, module); return err }},
			{"going on", other, func(o *OpenSheet) error { _, err := other.Resume(w.trainee, o.ID); return err }},
			{"the tick", other, func(*OpenSheet) error {
				n, err := other.EndPauses(t.Context(), 10)
				if n != 1 {
					t.Errorf("EndPauses = %d, want one", n)
				}
				return err
			}},
			{"saving", w.Service, func(*OpenSheet) error { return nil }},
		} {
			w.trainee, w.enrollment = w.Trainee("Toni "+tt.name, w.cohort)
			w.agree(Accommodation{TimePercent: 100, PauseMinutes: 5})
			o := w.begin()
			if _, err := w.Pause(w.trainee, o.ID); err != nil {
				t.Fatal(err)
			}
			w.Clock.Advance(5*time.Minute - time.Millisecond)
			if n, err := other.EndPauses(t.Context(), 10); n != 0 || err != nil {
				t.Errorf("%s: EndPauses a moment before = %d, %v", tt.name, n, err)
			}
			w.Clock.Advance(20 * time.Minute) // long after
			if err := tt.come(o); err != nil {
				t.Fatalf("%s = %v", tt.name, err)
			}
			if got, err := tt.saves.Save(w.trainee, o.ID, o.Items[0].ID, []string{"a"}, 0); err != nil || got.Revision != 1 {
				t.Errorf("%s: Save = %+v, %v", tt.name, got, err)
			}
			sheet, err := w.Sheet(w.trainee, o.ID)
			if err != nil || sheet.Open == nil || !sheet.Open.Deadline.Equal(o.Deadline.Add(5*time.Minute)) || sheet.Open.PauseLeft != 0 || len(sheet.Open.Items) != 6 {
				t.Errorf("%s: Sheet = %+v, %v; want five minutes more and no pause left", tt.name, sheet.Open, err)
			}
			if _, err := w.Pause(w.trainee, o.ID); !errors.Is(err, ErrNoPause) {
				t.Errorf("%s: Pause again = %v, want ErrNoPause", tt.name, err)
			}
		}
		if n := w.entries("quiz.resumed"); n != 5 {
			t.Errorf("%d ends of a pause in the ledger, want 5", n)
		}
	})
}

// Whoever goes silent in a pause is handed in when the clock has run out after
// it; whoever hands in during one, then and there.
func TestAnAttemptMayEndInAPause(t *testing.T) {
	eachHome(t, func(t *testing.T, w *world) {
		w.agree(Accommodation{TimePercent: 100, PauseMinutes: 5})
		o := w.begin()
		w.answer(o, false)
		if _, err := w.Pause(w.trainee, o.ID); err != nil {
			t.Fatal(err)
		}
		w.Clock.Advance(minutes*time.Minute + Grace + time.Second) // over, but for the pause
		if n, err := w.CloseOverdue(t.Context(), 10); n != 0 || err != nil {
			t.Errorf("CloseOverdue within what the pause gave = %d, %v", n, err)
		}
		w.Clock.Advance(5 * time.Minute)
		if n, err := w.CloseOverdue(t.Context(), 10); n != 1 || err != nil {
			t.Errorf("CloseOverdue after it = %d, %v", n, err)
		}
		sheet, err := w.Sheet(w.trainee, o.ID)
		if err != nil || sheet.Result == nil || sheet.Result.ClosedBy != ByDeadline || !sheet.Result.SubmittedAt.Equal(o.Deadline.Add(5*time.Minute)) {
			t.Errorf("Sheet = %+v, %v; want handed in at the end", sheet.Result, err)
		}
		for _, verb := range []func() (*OpenSheet, error){
			func() (*OpenSheet, error) { return w.Pause(w.trainee, o.ID) }, func() (*OpenSheet, error) { return w.Resume(w.trainee, o.ID) },
		} {
			if _, err := verb(); !errors.Is(err, ErrClosed) {
				t.Errorf("a pause of a closed attempt = %v, want ErrClosed", err)
			}
		}
		w.Clock.Advance(24 * time.Hour)
		o = w.begin()
		w.answer(o, true)
		if _, err := w.Pause(w.trainee, o.ID); err != nil {
			t.Fatal(err)
		}
		w.Clock.Advance(2 * time.Minute)
		r, err := w.Submit(w.trainee, o.ID)
		if err != nil || r.ClosedBy != ByTrainee || !r.SubmittedAt.Equal(w.Clock.Now()) || r.Correct != 6 || !r.Deadline.Equal(o.Deadline.Add(2*time.Minute)) {
			t.Errorf("Submit in a pause = %+v, %v", r, err)
		}
		if n := w.count("quiz_attempts", "paused_at IS NOT NULL"); n != 0 {
			t.Errorf("%d closed attempts stand still", n)
		}
	})
}

func TestAPauseIsOnesOwn(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.agree(Accommodation{TimePercent: 100, PauseMinutes: 5})
		o := w.begin()
		other, _ := w.Trainee("Otto Other", w.cohort)
		staffToo := w.Person("Una Both", access.Grant{Role: access.Trainee, Program: program}, access.Grant{Role: access.Admin})
		for _, who := range []struct {
			name string
			err  error
			want string
		}{
			{"another trainee", func() error { _, err := w.Pause(other, o.ID); return err }(), "not_found"},
			{"an admin who learns too", func() error { _, err := w.Resume(staffToo, o.ID); return err }(), "not_found"},
			{"the instructor", func() error { _, err := w.Pause(w.instructor, o.ID); return err }(), "forbidden"},
			{"a made-up attempt", func() error { _, err := w.Resume(w.trainee, db.NewID()); return err }(), "not_found"},
		} {
			if got := codeOf(who.err); got != who.want {
				t.Errorf("%s: %q, want %q", who.name, got, who.want)
			}
		}
	})
}

// An allowance that is cut in the middle of a pause ends it now; what the pause
// took until then stays given.
func TestAPauseThatIsCutKeepsWhatItTook(t *testing.T) {
	minute := func(n int) part { return part{percent: 100, pauseMS: (time.Duration(n) * time.Minute).Milliseconds()} }
	for _, tt := range []struct {
		name string
		to   int           // minutes of pause agreed now, of ten before
		at   time.Duration // after noon; it was paused at noon
		more time.Duration // than the time limit
		on   bool          // the pause goes on
	}{
		{"cut to less than it took", 2, 5 * time.Minute, 5 * time.Minute, false},
		{"cut to what it took", 5, 5 * time.Minute, 5 * time.Minute, false},
		{"cut to a little more", 6, 5 * time.Minute, 6 * time.Minute, true},
		{"longer", 20, 5 * time.Minute, 20 * time.Minute, true},
		{"longer, after it had ended by itself", 20, 15 * time.Minute, 10 * time.Minute, false},
	} {
		a := running(minute(10))
		if err := a.pause(noon); err != nil {
			t.Fatal(err)
		}
		a.retime(minute(tt.to), noon.Add(tt.at))
		if got := a.Deadline.Sub(noon) - 30*time.Minute; got != tt.more || a.PausedAt.IsZero() == tt.on {
			t.Errorf("%s: %v more and paused %t, want %v and %t", tt.name, got, !a.PausedAt.IsZero(), tt.more, tt.on)
		}
	}
}
