package quiz

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/internal/fault"
)

func TestTheFormOfAnAccommodation(t *testing.T) {
	good := Accommodation{TimePercent: 150, ExtraAttempts: 1, PauseMinutes: 10, Reason: "language"}
	for _, tt := range []struct {
		name string
		with func(c *Accommodation)
		want string
	}{
		{"a good one", func(*Accommodation) {}, ""},
		{"nothing", func(c *Accommodation) { c.TimePercent, c.ExtraAttempts, c.PauseMinutes = 100, 0, 0 }, ""},
		{"the most", func(c *Accommodation) { c.TimePercent, c.ExtraAttempts, c.PauseMinutes = 400, 10, 120 }, ""},
		{"less time than others", func(c *Accommodation) { c.TimePercent = 99 }, "bad_accommodation (time_percent)"},
		{"too much time", func(c *Accommodation) { c.TimePercent = 401 }, "bad_accommodation (time_percent)"},
		{"fewer tries", func(c *Accommodation) { c.ExtraAttempts = -1 }, "bad_accommodation (extra_attempts)"},
		{"too many tries", func(c *Accommodation) { c.ExtraAttempts = 11 }, "bad_accommodation (extra_attempts)"},
		{"a pause below none", func(c *Accommodation) { c.PauseMinutes = -1 }, "bad_accommodation (pause_minutes)"},
		{"too long a pause", func(c *Accommodation) { c.PauseMinutes = 121 }, "bad_accommodation (pause_minutes)"},
		{"a word about health", func(c *Accommodation) { c.Reason = "dyslexia" }, "bad_reason (reason)"},
	} {
		c, got := good, ""
		tt.with(&c)
		if err := c.check(); err != nil {
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("%s: check = %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestAnAccommodationReachesWhatIsUnderWay(t *testing.T) {
	eachHome(t, func(t *testing.T, w *world) {
		o := w.begin()
		accommodate := func(c Accommodation, confirmed bool) (*Accommodation, error) {
			c.Reason = "documented_need"
			return w.Accommodate(w.instructor, w.enrollment.ID, c, confirmed)
		}
		one, err := accommodate(Accommodation{TimePercent: 150, ExtraAttempts: 1}, false)
		if err != nil || one.Version != 1 || one.SetBy != access.From(w.instructor).ID || !one.SetAt.Equal(w.Clock.Now()) {
			t.Fatalf("Accommodate = %+v, %v", one, err)
		}
		if got := w.begin().Deadline; !got.Equal(o.StartedAt.Add(45 * time.Minute)) {
			t.Errorf("with half as much again the deadline is %v, want 45 minutes after %v", got, o.StartedAt)
		}
		if _, err := accommodate(Accommodation{TimePercent: 100}, false); !errors.Is(err, enrollment.ErrStale) {
			t.Errorf("Accommodate at an old version = %v, want ErrStale", err)
		}
		if same, err := accommodate(Accommodation{TimePercent: 150, ExtraAttempts: 1, Version: 1}, false); err != nil || same.Version != 1 {
			t.Errorf("Accommodate with the same = %+v, %v; want no new version", same, err)
		}
		w.Clock.Advance(31 * time.Minute)
		_, err = accommodate(Accommodation{TimePercent: 100, Version: 1}, false)
		if f := fault.Of(err); f == nil || !f.Is(ErrWouldEnd) || f.Details["attempts"] != 1 {
			t.Errorf("taking it back after the time limit = %v, want ErrWouldEnd for one attempt", err)
		}
		if n := w.count("quiz_accommodations", "TRUE"); n != 1 {
			t.Errorf("refused, and yet %d versions are stored", n)
		}
		if _, err := w.Save(w.trainee, o.ID, o.Items[0].ID, []string{"a"}, 0); err != nil {
			t.Errorf("Save in the time that was added = %v", err)
		}
		two, err := accommodate(Accommodation{TimePercent: 100, Version: 1}, true)
		if err != nil || two.Version != 2 {
			t.Fatalf("confirmed = %+v, %v", two, err)
		}
		w.Clock.Advance(time.Minute)
		if n, err := w.another(inProcess).CloseOverdue(t.Context(), 10); n != 1 || err != nil {
			t.Errorf("CloseOverdue = %d, %v; want the one that was ended", n, err)
		}
		sheet, err := w.Sheet(w.trainee, o.ID)
		if err != nil || sheet.Result == nil || !sheet.Result.SubmittedAt.Equal(o.Deadline) || len(w.stored(o.ID)) != 1 {
			t.Errorf("Sheet = %+v, %v; want handed in at the old deadline with the answer that was acknowledged", sheet, err)
		}
		now, all, err := w.Accommodations(w.trainee, w.enrollment.ID)
		if err != nil || now.Version != 2 || len(all) != 2 || all[1].TimePercent != 150 || all[0].SetBy+all[1].SetBy+now.SetBy != "" {
			t.Errorf("Accommodations = %+v, %+v, %v; want both versions, and nobody's name", now, all, err)
		}
	})
}

// What the ledger says binds each version and tells none of its values.
func TestTheLedgerTellsNobodysAccommodation(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.agree(Accommodation{TimePercent: 237, ExtraAttempts: 7, PauseMinutes: 113})
		w.agree(Accommodation{TimePercent: 100})
		entries, err := audit.List(w.Admin, w.DB, audit.Query{Action: "quiz.accommodated", Limit: 10})
		if err != nil || len(entries) != 2 {
			t.Fatalf("the ledger has %d entries, %v", len(entries), err)
		}
		_, all, err := w.Accommodations(w.instructor, w.enrollment.ID)
		if err != nil || len(all) != 2 {
			t.Fatal(all, err)
		}
		for _, e := range entries {
			if strings.Contains(e.Details, "237") && !strings.Contains(strings.Join([]string{all[0].seal(), all[1].seal()}, " "), "237") ||
				strings.Contains(e.Details, "documented") || strings.Contains(e.Details, "percent") || strings.Contains(e.Details, "minutes") {
				t.Errorf("the ledger says %s", e.Details)
			}
		}
		newest := entries[0].Details
		if strings.Contains(entries[1].Details, `"version":2`) {
			newest = entries[1].Details
		}
		if !strings.Contains(newest, `"before":"`+all[1].seal()) || !strings.Contains(newest, `"after":"`+all[0].seal()) {
			t.Errorf("the ledger says %s, want the seals of both versions", newest)
		}
		for name, change := range map[string]func(c *Accommodation){
			"the time":  func(c *Accommodation) { c.TimePercent++ },
			"the tries": func(c *Accommodation) { c.ExtraAttempts++ },
			"the pause": func(c *Accommodation) { c.PauseMinutes++ },
			"the class": func(c *Accommodation) { c.Reason = "other" },
			"whose":     func(c *Accommodation) { c.PersonID = db.NewID() },
		} {
			c := *all[0]
			if change(&c); c.seal() == all[0].seal() {
				t.Errorf("the seal does not bind %s", name)
			}
		}
	})
}

func TestExtraTriesAreTries(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for range 3 {
			w.take(false)
			w.Clock.Advance(24 * time.Hour)
		}
		if _, _, err := w.Start(w.trainee, w.enrollment.ID, module); !errors.Is(err, ErrExhausted) {
			t.Fatalf("Start after three tries = %v, want ErrExhausted", err)
		}
		w.agree(Accommodation{TimePercent: 100, ExtraAttempts: 2})
		all, err := w.Evidence(t.Context(), w.DB, []string{w.enrollment.ID})
		if err != nil || Left(threeTries, all[w.enrollment.ID][0]) != 2 || Exhausted(threeTries, all[w.enrollment.ID][0]) {
			t.Errorf("Evidence = %+v, %v; want two tries left", all, err)
		}
		w.take(false)
		w.agree(Accommodation{TimePercent: 100, ExtraAttempts: 1}) // the one that was used stays used
		w.Clock.Advance(24 * time.Hour)
		if _, _, err := w.Start(w.trainee, w.enrollment.ID, module); !errors.Is(err, ErrExhausted) {
			t.Errorf("Start after the fourth of four = %v, want ErrExhausted", err)
		}
	})
}

// An accommodation is one person's in one program: it holds in their other
// enrollment there, and for nobody else.
func TestAnAccommodationHoldsForThePersonInTheProgram(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.agree(Accommodation{TimePercent: 200})
		second, err := w.Enrollments.OpenCohort(w.Admin, enrollment.Cohort{Program: program, Name: "Spring", StartsOn: "2026-11-02", EndsOn: "2027-06-30", TimeZone: "UTC"})
		if err != nil {
			t.Fatal(err)
		}
		again, err := w.Enrollments.Enroll(w.Admin, second.ID, access.From(w.trainee).ID)
		if err != nil {
			t.Fatal(err)
		}
		other, otherAt := w.Trainee("Otto Other", w.cohort)
		for name, tt := range map[string]struct {
			who  context.Context
			at   string
			want time.Duration
		}{
			"in the other cohort": {w.trainee, again.ID, time.Hour},
			"somebody else":       {other, otherAt.ID, 30 * time.Minute},
		} {
			o, _, err := w.Start(tt.who, tt.at, module)
			if err != nil || o.Deadline.Sub(o.StartedAt) != tt.want {
				t.Errorf("%s: %v, %v; want %v", name, o, err, tt.want)
			}
		}
	})
}

// It is health data: who may see and change it, and what everybody else gets.
func TestWhoSeesAndChangesTime(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		o := w.begin()
		x, err := w.Extend(w.instructor, o.ID, 5, "other")
		if err != nil {
			t.Fatal(err)
		}
		grant := func(name string, r access.Role, program string) context.Context {
			return w.Person(name, access.Grant{Role: r, Program: program})
		}
		named := grant("Nina Named", access.Supervisor, program)
		if _, err := w.Enrollments.SetSupervisors(w.Admin, w.enrollment.ID, []string{access.From(named).ID}); err != nil {
			t.Fatal(err)
		}
		other, _ := w.Trainee("Otto Other", w.cohort)
		self := w.Person("Una Both", access.Grant{Role: access.Admin}, access.Grant{Role: access.Trainee})
		own, err := w.Enrollments.Enroll(w.Admin, w.cohort.ID, access.From(self).ID)
		if err != nil {
			t.Fatal(err)
		}
		mine, _, err := w.Start(self, own.ID, module)
		if err != nil {
			t.Fatal(err)
		}
		if all, err := w.ExtendCohort(self, w.cohort.ID, module, 5, "other"); err != nil || all.Attempts != 1 {
			t.Errorf("an admin who is in the quiz extends %+v, %v; want the other attempt and not their own", all, err)
		}
		for name, tt := range map[string]struct {
			who               context.Context
			see, change, list string
		}{
			"the trainee":                 {w.trainee, "", "forbidden", ""},
			"the cohort's instructor":     {w.instructor, "", "bad_reason", ""},
			"the admin":                   {w.Admin, "", "bad_reason", ""},
			"a director of the program":   {grant("Dora Director", access.Director, program), "", "bad_reason", ""},
			"another trainee":             {other, "not_found", "forbidden", "not_found"},
			"another cohort's instructor": {grant("Ivo Elsewhere", access.Instructor, program), "not_found", "not_found", "not_found"},
			"another program's admin":     {grant("Abe Admin", access.Admin, "another"), "not_found", "not_found", "not_found"},
			"a supervisor who is named":   {named, "forbidden", "forbidden", "forbidden"},
			"a clearer":                   {grant("Cleo Clearer", access.Clearer, ""), "forbidden", "forbidden", "forbidden"},
			"an operator":                 {grant("Odo Operator", access.Operator, ""), "forbidden", "forbidden", "forbidden"},
			"a stranger":                  {t.Context(), "unauthenticated", "unauthenticated", "unauthenticated"},
		} {
			_, _, see := w.Accommodations(tt.who, w.enrollment.ID)
			_, list := w.Extensions(tt.who, o.ID)
			if codeOf(see) != tt.see || codeOf(list) != tt.list {
				t.Errorf("%s sees %q and lists %q, want %q and %q", name, codeOf(see), codeOf(list), tt.see, tt.list)
			}
			_, change := w.Accommodate(tt.who, w.enrollment.ID, Accommodation{TimePercent: 100}, false)
			_, extend := w.Extend(tt.who, o.ID, 5, "")
			if codeOf(change) != tt.change || codeOf(extend) != tt.change {
				t.Errorf("%s accommodates: %q, extends: %q; want %q", name, codeOf(change), codeOf(extend), tt.change)
			}
			_, reverse := w.Reverse(tt.who, x.ID, false)
			_, cohort := w.CohortExtensions(tt.who, w.cohort.ID, module)
			if tt.change == "bad_reason" {
				tt.change = ""
			}
			if codeOf(reverse) != tt.change || codeOf(cohort) != tt.change {
				t.Errorf("%s takes back: %q, lists the cohort's: %q; want %q", name, codeOf(reverse), codeOf(cohort), tt.change)
			}
		}
		_, change := w.Accommodate(self, own.ID, Accommodation{TimePercent: 400, Reason: "other"}, false)
		_, extend := w.Extend(self, mine.ID, 5, "other")
		if codeOf(change) != "not_found" || codeOf(extend) != "not_found" {
			t.Errorf("an admin gives themselves time: %q, %q", codeOf(change), codeOf(extend))
		}
	})
}

// Whoever begins while an accommodation is being set has either the old time or
// the new one when both are done, and it is always the new one.
func TestBeginningMeetsAnAccommodation(t *testing.T) {
	eachHome(t, func(t *testing.T, w *world) {
		other := w.another(inProcess)
		for i := range 3 {
			percent := 150 + 10*i
			began := make(chan error)
			go func() {
				_, _, err := other.Start(w.trainee, w.enrollment.ID, module)
				began <- err
			}()
			w.agree(Accommodation{TimePercent: percent})
			if err := <-began; err != nil {
				t.Fatalf("Start = %v", err)
			}
			o := w.begin()
			if got := o.Deadline.Sub(o.StartedAt); got != time.Duration(percent)*minutes*time.Minute/100 {
				t.Errorf("with %d %% the attempt lasts %v", percent, got)
			}
			if _, err := w.Submit(w.trainee, o.ID); err != nil {
				t.Fatal(err)
			}
			w.Clock.Advance(24 * time.Hour)
		}
	})
}
