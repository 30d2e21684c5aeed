package quiz

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/dbtest"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/internal/study"
)

// promised is how soon what was saved shows.
const promised = 2 * time.Second

func TestABoardRemembersWhatChangedWhen(t *testing.T) {
	at := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	row := func(id string, saves int) Watched { return Watched{EnrollmentID: id, Saves: saves} }
	b := board{epoch: "E"}.with([]Watched{row("a", 0), row("b", 0)}, at) // version 1
	b = b.with([]Watched{row("a", 0), row("b", 0)}, at)                  // nothing new
	b = b.with([]Watched{row("a", 1), row("b", 0)}, at)                  // 2
	b = b.with([]Watched{row("a", 1), row("b", 1)}, at)                  // 3
	said := func(v View) string {
		s := fmt.Sprint(v.ID, " ", v.Whole)
		for _, r := range v.Rows {
			s += fmt.Sprint(" ", r.EnrollmentID, r.Saves)
		}
		return s
	}
	for id, want := range map[string]string{
		"": "E-3 true a1 b1", "E-1": "E-3 false a1 b1", "E-2": "E-3 false b1", "E-3": "E-3 false",
		"E-4": "E-3 true a1 b1", "E-0": "E-3 true a1 b1", "E-x": "E-3 true a1 b1", "F-2": "E-3 true a1 b1", "E-": "E-3 true a1 b1", "E--1": "E-3 true a1 b1",
	} {
		if got := said(b.after(b.resume(id))); got != want {
			t.Errorf("after %q: %s, want %s", id, got, want)
		}
	}
	b = b.with([]Watched{row("a", 1), row("b", 1), row("c", 0)}, at) // 4: others
	if got := said(b.after(b.resume("E-3"))); got != "E-4 true a1 b1 c0" {
		t.Errorf("after somebody came: %s, want all", got)
	}
}

func TestTimeLeft(t *testing.T) {
	at := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		presence Presence
		paused   time.Duration // before at; 0 for running
		want     time.Duration
	}{
		{NotStarted, 0, 0}, {HandedIn, 0, 0}, {In, 0, 10 * time.Minute}, {Paused, 4 * time.Minute, 14 * time.Minute},
	} {
		w := Watched{Presence: tt.presence, Deadline: at.Add(10 * time.Minute), PausedAt: at.Add(-tt.paused)}
		if got := w.Left(at); got != tt.want {
			t.Errorf("%s: %v left, want %v", tt.presence, got, tt.want)
		}
	}
	late := Watched{Presence: In, Deadline: at}
	if got := late.Left(at.Add(time.Minute)); got != 0 {
		t.Errorf("after the deadline: %v left, want none", got)
	}
}

// fedBy has the world's service fed as its home is: by Redis on PostgreSQL.
func (w *world) fed() *Service {
	w.t.Helper()
	feed := NewProcessFeed()
	if db.IsPostgres(w.url) {
		feed = NewRedisFeed(redisFor(w.t), prefixFor(w.t))
	}
	return w.fedBy(feed)
}

// fedBy serves the world anew, with a feed.
func (w *world) fedBy(feed Feed) *Service {
	w.t.Helper()
	s := New(w.DB, w.Enrollments, NewProcessLive(w.Clock.Now), study.New(w.DB, w.Enrollments, w.Clock.Now).Looked, w.Clock.Now, FedBy(feed))
	w.t.Cleanup(func() {
		if err := s.Close(context.Background()); err != nil {
			w.t.Error(err)
		}
	})
	w.Service = s
	return s
}

// row returns the trainee's row of a view.
func (w *world) row(v View) *Watched {
	for i := range v.Rows {
		if v.Rows[i].EnrollmentID == w.enrollment.ID {
			return &v.Rows[i]
		}
	}
	return nil
}

func (w *world) looks() *Watched {
	w.t.Helper()
	v, err := w.Look(w.instructor, w.cohort.ID, module)
	if err != nil || w.row(v) == nil {
		w.t.Fatalf("Look = %+v, %v", v, err)
	}
	return w.row(v)
}

func TestALookSaysHowFarEachIs(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.Trainee("Otto Other", w.cohort)
		want := func(does string, want Watched) {
			t.Helper()
			got := w.looks()
			want.EnrollmentID, want.PersonID = w.enrollment.ID, w.enrollment.PersonID
			if !got.same(want) {
				t.Errorf("%s: %+v, want %+v", does, *got, want)
			}
		}
		want("nothing", Watched{Presence: NotStarted, Items: 6})
		o := w.begin()
		in := Watched{Presence: In, Items: 6, AttemptID: o.ID, Number: 1, Deadline: o.Deadline}
		want("a start", in)
		var last Saved
		save := func(item int, revision int, response ...string) {
			t.Helper()
			var err error
			w.Clock.Advance(time.Second)
			if last, err = w.Save(w.trainee, o.ID, o.Items[item].ID, response, revision); err != nil {
				t.Fatal(err)
			}
			in.Saves, in.SavedAt = in.Saves+1, last.SavedAt
		}
		save(0, 0, "a")
		save(1, 0, "b")
		save(0, 1, "c")
		in.Answered = 2
		want("two answers, one of them twice", in)
		save(1, 1)
		in.Answered = 1
		want("one of them taken back", in)
		w.pause(o.ID, db.At(w.Clock.Now()))
		paused := in
		paused.Presence, paused.PausedAt = Paused, db.At(w.Clock.Now()).Time
		want("a pause", paused)
		w.pause(o.ID, db.Time{})
		if _, err := w.Submit(w.trainee, o.ID); err != nil {
			t.Fatal(err)
		}
		in.Presence = HandedIn
		want("a hand-in", in)
		w.Clock.Advance(25 * time.Hour)
		again := w.begin()
		want("another try", Watched{Presence: In, Items: 6, AttemptID: again.ID, Number: 2, Deadline: again.Deadline})
	})
}

// pause writes when an attempt was paused.
func (w *world) pause(attemptID string, at db.Time) {
	w.t.Helper()
	err := w.DB.Tx(w.t.Context(), func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewRaw(`UPDATE quiz_attempts SET paused_at = ? WHERE id = ?`, at, attemptID).Exec(ctx)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// Nothing that a view is made of could say what was answered or how well.
func TestAViewHasNoPlaceForAnswers(t *testing.T) {
	for _, typ := range []reflect.Type{reflect.TypeFor[View](), reflect.TypeFor[Watched](), reflect.TypeFor[extent](), reflect.TypeFor[watchedAttempt]()} {
		for i := range typ.NumField() {
			name := strings.ToLower(typ.Field(i).Name)
			for _, word := range []string{"score", "passed", "result", "feedback", "correct", "key", "weight", "credit", "response", "option", "draw"} {
				if strings.Contains(name, word) {
					t.Errorf("%s has a field %s", typ, name)
				}
			}
		}
	}
}

func TestWhoMayWatch(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		elsewhere := w.Person("Ivo Elsewhere", access.Grant{Role: access.Instructor, Program: program})
		other := w.Person("Odo Director", access.Grant{Role: access.Director, Program: "other"})
		for _, tt := range []struct {
			name string
			as   context.Context
			want string
		}{
			{"the instructor", w.instructor, ""}, {"the admin", w.Admin, ""},
			{"a director", w.Person("Dana Director", access.Grant{Role: access.Director, Program: program}), ""},
			{"another cohort's instructor", elsewhere, "not_found"}, {"another program's director", other, "not_found"},
			{"the trainee", w.trainee, "forbidden"}, {"a stranger", t.Context(), "unauthenticated"},
			{"a supervisor", w.Person("Sue Supervisor", access.Grant{Role: access.Supervisor, Program: program}), "forbidden"},
		} {
			_, err := w.Look(tt.as, w.cohort.ID, module)
			watcher, watching := w.Watch(tt.as, w.cohort.ID, module, "")
			if watching == nil {
				watcher.Leave()
			}
			if may := w.MayWatch(tt.as, w.cohort.ID); codeOf(err) != tt.want || codeOf(watching) != tt.want || codeOf(may) != tt.want {
				t.Errorf("%s: Look %v, Watch %v, MayWatch %v; want %q", tt.name, err, watching, may, tt.want)
			}
		}
		for _, id := range []string{"x", "", db.NewID()} {
			if _, err := w.Watch(w.instructor, id, module, ""); codeOf(err) != "not_found" {
				t.Errorf("Watch of cohort %q = %v, want not found", id, err)
			}
		}
		empty, err := w.Enrollments.OpenCohort(w.Admin, enrollment.Cohort{Program: program, Name: "Empty", StartsOn: "2026-11-02", EndsOn: "2027-06-30", TimeZone: "UTC"})
		if err != nil {
			t.Fatal(err)
		}
		for _, cohort := range []string{w.cohort.ID, empty.ID} {
			if _, err := w.Watch(w.Admin, cohort, "fly", ""); codeOf(err) != "not_found" {
				t.Errorf("Watch of no module = %v, want not found", err)
			}
		}
		if v, err := w.Look(w.Admin, empty.ID, module); err != nil || len(v.Rows) != 0 {
			t.Errorf("a cohort without anybody: %+v, %v; want no rows", v, err)
		}
		if len(w.gallery.people) != 0 || w.gallery.all != 0 {
			t.Errorf("%d streams of %v are left over", w.gallery.all, w.gallery.people)
		}
	})
}

// shows waits until a watcher is told that the trainee's row meets want.
func (w *world) shows(watcher *Watcher, within time.Duration, what string, want func(r *Watched) bool) View {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), within)
	defer cancel()
	for {
		v, ok, err := watcher.Next(ctx)
		if err != nil || !ok {
			w.t.Fatalf("%s does not show within %v: %v", what, within, err)
		}
		if r := w.row(v); r != nil && want(r) {
			return v
		}
	}
}

func saves(n int) func(*Watched) bool { return func(r *Watched) bool { return r.Saves == n } }

func (w *world) watch(s *Service, last string) *Watcher {
	w.t.Helper()
	watcher, err := s.Watch(w.instructor, w.cohort.ID, module, last)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(watcher.Leave)
	return watcher
}

// What happens in a quiz shows within two seconds, from its start to its end.
func TestWhatHappensShowsSoon(t *testing.T) {
	t.Parallel()
	dbtest.EachURL(t, func(t *testing.T, url string) {
		w := newWorld(t, url, inProcess, curriculum.ReviewNever)
		s := w.fed()
		watcher := w.watch(s, "")
		if v := w.shows(watcher, promised, "the first view", func(*Watched) bool { return true }); !v.Whole {
			t.Errorf("the first view is %+v, want a whole one", v)
		}
		o := w.begin()
		w.shows(watcher, promised, "the start", func(r *Watched) bool { return r.Presence == In && r.AttemptID == o.ID })
		var last View
		for i, item := range o.Items[:3] {
			if _, err := w.Save(w.trainee, o.ID, item.ID, []string{"a"}, 0); err != nil {
				t.Fatal(err)
			}
			last = w.shows(watcher, promised, fmt.Sprint("answer ", i+1), saves(i+1))
			if r := w.row(last); last.Whole || r.Answered != i+1 {
				t.Errorf("after answer %d: %+v", i+1, last)
			}
		}
		if _, err := w.Submit(w.trainee, o.ID); err != nil {
			t.Fatal(err)
		}
		w.shows(watcher, promised, "the hand-in", func(r *Watched) bool { return r.Presence == HandedIn && r.Saves == 3 })
		watcher.Leave()
		back := w.watch(s, last.ID)
		if v := w.shows(back, promised, "what was missed", func(*Watched) bool { return true }); v.Whole || len(v.Rows) != 1 {
			t.Errorf("back with %s: %+v, want the one change", last.ID, v)
		}
	})
}

func TestWatchersAreBounded(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for range maxOwnStreams {
			w.watch(w.Service, "")
		}
		if _, err := w.Watch(w.instructor, w.cohort.ID, module, ""); !errors.Is(err, ErrWatchOwn) {
			t.Errorf("one window more: %v, want ErrWatchOwn", err)
		}
		if n := len(w.gallery.halls); n != 1 {
			t.Errorf("%d halls for one quiz", n)
		}
		w.gallery.mu.Lock()
		w.gallery.all += maxStreams - maxOwnStreams // as many others
		w.gallery.mu.Unlock()
		if _, err := w.Watch(w.Admin, w.cohort.ID, module, ""); !errors.Is(err, ErrWatchFull) {
			t.Errorf("one person more: %v, want ErrWatchFull", err)
		}
	})
}

func TestNobodyIsLeftBehind(t *testing.T) {
	dbtest.EachURL(t, func(t *testing.T, url string) {
		w := newWorld(t, url, inProcess, curriculum.ReviewNever)
		s := w.fed()
		w.begin()
		w.looks()
		before := runtime.NumGoroutine()
		var all sync.WaitGroup
		for _, as := range []context.Context{w.instructor, w.Admin, w.instructor, w.Admin} {
			watcher, err := s.Watch(as, w.cohort.ID, module, "")
			if err != nil {
				t.Fatal(err)
			}
			all.Go(func() {
				defer watcher.Leave()
				if v, ok, err := watcher.Next(t.Context()); err != nil || !ok || !v.Whole {
					t.Errorf("Next = %+v, %t, %v; want the whole view", v, ok, err)
				}
			})
		}
		all.Wait()
		until(t, "the hall closes", func() bool {
			s.gallery.mu.Lock()
			defer s.gallery.mu.Unlock()
			return len(s.gallery.halls) == 0 && s.gallery.quiet == nil && s.gallery.marks.kept() == 0
		})
		until(t, "nothing runs any more", func() bool { return runtime.NumGoroutine() <= before })
		watcher := w.watch(s, "")
		w.shows(watcher, promised, "a view later", func(*Watched) bool { return true })
		s.StopWatching()
		if _, _, err := watcher.Next(t.Context()); !errors.Is(err, ErrWatchOver) {
			t.Errorf("Next when the server stops = %v, want ErrWatchOver", err)
		}
		if _, err := s.Watch(w.Admin, w.cohort.ID, module, ""); !errors.Is(err, ErrWatchOver) {
			t.Errorf("Watch when the server stops = %v, want ErrWatchOver", err)
		}
	})
}

// kept counts the attempts that marks are kept for.
func (m *marks) kept() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.watched)
}

// until waits for a condition, for ten seconds at most.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-ctx.Done():
			t.Fatalf("%s: not within ten seconds", what)
		case <-tick.C:
		}
	}
}
