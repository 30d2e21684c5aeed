package attendance

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/uptrace/bun"
	"pgregory.net/rapid"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/dbtest"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/internal/identity"
	"github.com/kapstone-lms/kapstone/internal/schooltest"
	"github.com/kapstone-lms/kapstone/migrations"
)

func TestWhatStaysComeTo(t *testing.T) {
	on := func(in, out int) *Presence {
		return &Presence{Delivery: Online, InMinute: in, OutMinute: out, State: Confirmed}
	}
	there := func(in, out int) *Presence {
		return &Presence{Delivery: InPerson, InMinute: in, OutMinute: out, State: Confirmed}
	}
	waits := func(in, out int) *Presence {
		return &Presence{Delivery: Online, InMinute: in, OutMinute: out, State: Claimed}
	}
	for _, tt := range []struct {
		name                           string
		stays                          []*Presence
		online, present, waiting, late int
	}{
		{"nobody came", nil, 0, 0, 0, 0},
		{"the whole of it", []*Presence{on(0, 120)}, 120, 0, 0, 0},
		{"and an hour more", []*Presence{there(0, 180)}, 0, 120, 0, 0},
		{"after the end only", []*Presence{on(120, 180)}, 0, 0, 0, 120},
		{"late, and out for a while", []*Presence{on(7, 50), on(60, 120)}, 103, 0, 0, 7},
		{"home at the break", []*Presence{there(0, 60), on(70, 120)}, 50, 60, 0, 0},
		{"twice over counts once", []*Presence{on(0, 60), on(30, 90)}, 90, 0, 0, 0},
		{"in person goes first", []*Presence{on(0, 60), there(30, 90)}, 30, 60, 0, 0},
		{"one within another", []*Presence{on(0, 90), on(30, 60)}, 90, 0, 0, 0},
		{"a claim waits", []*Presence{waits(10, 60)}, 0, 0, 50, 0},
		{"a claim beside what counts", []*Presence{waits(0, 30), on(20, 60)}, 40, 0, 20, 20},
		{"neither counts", []*Presence{{Delivery: Online, OutMinute: 60, State: Refused}, {Delivery: Online, OutMinute: 90, State: Replaced}}, 0, 0, 0, 0},
	} {
		a := Attended{Event: &Event{Minutes: 120}}
		for range 2 { // in either order
			got := a.with(slices.Clone(tt.stays))
			if got.Online != tt.online || got.Present != tt.present || got.Waiting != tt.waiting || got.Late != tt.late {
				t.Errorf("%s: %d online, %d in person, %d waiting, %d late; want %d, %d, %d, %d", tt.name,
					got.Online, got.Present, got.Waiting, got.Late, tt.online, tt.present, tt.waiting, tt.late)
			}
			slices.Reverse(tt.stays)
		}
	}
}

// Whatever is on record: no minute counts twice, none outside the plan, and
// the order of entry does not matter.
func TestNoMinuteCountsTwice(t *testing.T) {
	stay := rapid.Custom(func(t *rapid.T) *Presence {
		in := rapid.IntRange(0, 170).Draw(t, "in")
		return &Presence{
			ID: rapid.StringMatching(`[a-z]{4}`).Draw(t, "id"), InMinute: in, OutMinute: rapid.IntRange(in+1, 181).Draw(t, "out"),
			Delivery: rapid.SampledFrom([]string{Online, InPerson}).Draw(t, "delivery"),
			State:    rapid.SampledFrom([]State{Claimed, Confirmed, Refused, Replaced}).Draw(t, "state"),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		planned := rapid.IntRange(1, 180).Draw(t, "planned")
		stays := rapid.SliceOfN(stay, 0, 6).Draw(t, "stays")
		online, present, waiting := 0, 0, 0
		for minute := range planned { // the slow way: minute by minute
			in := func(how string, state State) bool {
				return slices.ContainsFunc(stays, func(p *Presence) bool {
					return p.State == state && (how == "" || p.Delivery == how) && p.InMinute <= minute && minute < p.OutMinute
				})
			}
			switch {
			case in(InPerson, Confirmed):
				present++
			case in(Online, Confirmed):
				online++
			case in("", Claimed):
				waiting++
			}
		}
		a := Attended{Event: &Event{Minutes: planned}}
		got := a.with(rapid.Permutation(stays).Draw(t, "order"))
		if got.Online != online || got.Present != present || got.Waiting != waiting {
			t.Fatalf("%d online, %d in person, %d waiting; minute by minute %d, %d, %d", got.Online, got.Present, got.Waiting, online, present, waiting)
		}
	})
}

// Days are the cohort's: across midnight, and over the ends of summer time.
func TestDaysAreTheCohorts(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		kathmandu, err := s.Enrollments.OpenCohort(s.Admin, enrollment.Cohort{
			Program: s.Program, Name: "Far", StartsOn: "2026-01-01", EndsOn: "2027-12-31", TimeZone: "Asia/Kathmandu",
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, tt := range []struct{ starts, denver, far string }{
			{"2026-11-25T06:59:00Z", "2026-11-24", "2026-11-25"},
			{"2026-11-25T07:00:00Z", "2026-11-25", "2026-11-25"},
			{"2026-11-01T05:59:00Z", "2026-10-31", "2026-11-01"}, // summer time, until 08:00 UTC
			{"2026-11-01T06:00:00Z", "2026-11-01", "2026-11-01"},
			{"2026-11-02T06:59:00Z", "2026-11-01", "2026-11-02"}, // the day of 25 hours
			{"2026-11-02T07:00:00Z", "2026-11-02", "2026-11-02"},
			{"2027-03-14T06:59:00Z", "2027-03-13", "2027-03-14"},
			{"2027-03-14T07:00:00Z", "2027-03-14", "2027-03-14"}, // the day of 23 hours
			{"2027-03-15T05:59:00Z", "2027-03-14", "2027-03-15"},
			{"2027-03-15T06:00:00Z", "2027-03-15", "2027-03-15"},
			{"2026-12-31T18:14:00Z", "2026-12-31", "2026-12-31"},
			{"2026-12-31T18:15:00Z", "2026-12-31", "2027-01-01"}, // 5:45 ahead
		} {
			at, err := time.Parse(time.RFC3339, tt.starts)
			if err != nil {
				t.Fatal(err)
			}
			for cohort, want := range map[string]string{s.Cohort.ID: tt.denver, kathmandu.ID: tt.far} {
				e := s.ended(0)
				e.StartsAt = db.At(at)
				made, err := s.Plan(s.Admin, cohort, e)
				if err != nil {
					t.Fatal(err)
				}
				for _, a := range s.evidence(&enrollment.Enrollment{ID: db.NewID(), CohortID: cohort}) {
					if a.Event.ID == made.ID && a.Day != want {
						t.Errorf("what began at %s is of %s, want %s", tt.starts, a.Day, want)
					}
				}
			}
		}
	})
}

// An hour that the clock runs through twice is still an hour of presence.
func TestMinutesDoNotCareForSummerTime(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		e := s.ended(0)
		e.StartsAt, e.Minutes = db.At(time.Date(2026, 11, 1, 7, 0, 0, 0, time.UTC)), 180 // 01:00 twice, then 03:00 in Denver
		night := s.plan(e)
		early := enrollment.Enrollment{ID: s.enrollment.ID, CohortID: s.Cohort.ID}
		if err := s.exec(`UPDATE enrollments SET starts_on = '2026-10-01' WHERE id = ?`, early.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := s.SetRoster(s.Instructor, night.ID, []Stay{s.stay(0, 180, "")}); err != nil {
			t.Fatal(err)
		}
		if got := s.evidence(&early)[0]; got.Online != 180 || got.Day != "2026-11-01" {
			t.Errorf("it comes to %+v, want three hours of November 1", got)
		}
	})
}

func TestEvidenceIsOfEveryEventThatStands(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		second, first := s.plan(s.ended(time.Hour)), s.plan(s.ended(5*time.Hour))
		toCome, canceled := s.plan(s.ended(-48*time.Hour)), s.plan(s.ended(9*time.Hour))
		s.at(first, Confirmed)
		s.at(canceled, Claimed)
		if _, err := s.Cancel(s.Instructor, canceled.ID); err != nil {
			t.Fatal(err)
		}
		other := s.mate()
		all, err := s.Evidence(t.Context(), s.DB, []*enrollment.Enrollment{s.enrollment, other})
		if err != nil {
			t.Fatal(err)
		}
		got := make(map[string][]string)
		for id, evidence := range all {
			for _, a := range evidence {
				name := map[string]string{first.ID: "first", second.ID: "second", toCome.ID: "to come"}[a.Event.ID]
				got[id] = append(got[id], fmt.Sprint(name, " ", a.Day, " ", a.Online))
			}
		}
		want := map[string][]string{
			s.enrollment.ID: {"first 2026-11-24 60", "second 2026-11-24 0", "to come 2026-11-27 0"},
			other.ID:        {"first 2026-11-24 0", "second 2026-11-24 0", "to come 2026-11-27 0"},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("want (-) and got (+):\n%s", diff)
		}
		if none, err := s.Evidence(t.Context(), s.DB, nil); err != nil || len(none) != 0 {
			t.Errorf("of nobody: %v, %v", none, err)
		}
	})
}

// A counter counts queries.
type counter struct{ n int }

func (c *counter) BeforeQuery(ctx context.Context, _ *bun.QueryEvent) context.Context {
	c.n++
	return ctx
}
func (*counter) AfterQuery(context.Context, *bun.QueryEvent) {}

func TestEvidenceTakesTwoQueriesHoweverMany(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		s.at(s.plan(s.ended(time.Hour)), Confirmed)
		s.plan(s.ended(5 * time.Hour))
		spring := s.OpenCohort("Spring")
		_, elsewhere := s.Trainee("Fay Far", spring)
		for _, all := range [][]*enrollment.Enrollment{{s.enrollment}, {s.enrollment, s.mate(), s.mate(), elsewhere}} {
			var asked counter
			got, err := s.Evidence(t.Context(), s.DB.WithQueryHook(&asked), all)
			if err != nil || asked.n != 2 || len(got) != len(all) || got[s.enrollment.ID][1].Online != 60 {
				t.Errorf("of %d enrollments: %d queries, %v, %v; want two", len(all), asked.n, got, err)
			}
		}
	})
}

func TestAPageShowsTheTrailToThoseConcerned(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		e := s.plan(s.ended(time.Hour))
		s.at(e, Replaced)
		s.plan(s.ended(-time.Hour))
		for name, ctx := range map[string]context.Context{"the trainee": s.trainee, "the instructor": s.Instructor, "an admin": s.Admin} {
			page, err := s.Of(ctx, s.enrollment.ID)
			if err != nil || len(page) != 2 || page[0].Online != 29 || !slices.Equal(says(page[0].Presences), []string{"0-60 online replaced", "61-90 online confirmed"}) {
				t.Errorf("%s sees %+v, %v", name, page, err)
			}
		}
		other, _ := s.Trainee("Otto Other", s.Cohort)
		elsewhere := s.Person("Ivo Elsewhere", access.Grant{Role: access.Instructor, Program: s.Program})
		for name, ctx := range map[string]context.Context{"another trainee": other, "another cohort's instructor": elsewhere} {
			if _, err := s.Of(ctx, s.enrollment.ID); err != db.ErrNone {
				t.Errorf("%s: %v, want ErrNone", name, err)
			}
		}
	})
}

// A cohort of 500 that met 20 times, on each database.
func BenchmarkEvidence(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) { benchmarkEvidence(b, dbtest.Open(b)) })
	b.Run("postgres", func(b *testing.B) {
		d, err := db.Open(b.Context(), dbtest.Postgres(b), migrations.FS)
		if err != nil {
			b.Fatal(err)
		}
		defer d.Close()
		benchmarkEvidence(b, d)
	})
}

func benchmarkEvidence(b *testing.B, d *db.DB) {
	school := schooltest.New(b, d)
	s := New(d, school.Enrollments, school.Clock.Now)
	all := crowd(b, school, 500)
	for range 20 {
		school.Clock.Advance(48 * time.Hour)
		e, err := s.Plan(school.Admin, school.Cohort.ID, Event{
			Series: "live", Title: "Live", Category: "didactic", Delivery: Hybrid, Minutes: 120, StartsAt: db.At(school.Clock.Now().Add(-3 * time.Hour)),
		})
		if err != nil {
			b.Fatal(err)
		}
		var items []Stay
		for i, of := range all {
			items = append(items, Stay{EnrollmentID: of.ID, In: i % 10, Out: 120, Delivery: []string{Online, InPerson}[i%2]})
		}
		if _, err := s.SetRoster(school.Admin, e.ID, items); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		got, err := s.Evidence(b.Context(), d, all)
		if err != nil || len(got[all[499].ID]) != 20 || got[all[499].ID][19].Present != 111 {
			b.Fatalf("Evidence = %v, %v", got[all[499].ID], err)
		}
	}
}

// crowd enrolls people without their passwords' cost.
func crowd(b *testing.B, school *schooltest.School, n int) (all []*enrollment.Enrollment) {
	_, like := school.Trainee("Noor Vance", school.Cohort)
	err := school.DB.Tx(b.Context(), func(ctx context.Context, tx bun.Tx) error {
		for i := range n {
			person, e := db.NewID(), *like
			e.ID, e.PersonID = db.NewID(), person
			_, err := tx.NewRaw(`INSERT INTO people (id, email, name, status, password_hash, made_by, created_at)
				SELECT ?, ?, 'Somebody', ?, password_hash, '', 0 FROM people LIMIT 1`, person, fmt.Sprintf("p%d@x.test", i), identity.Active).Exec(ctx)
			if err != nil {
				return err
			}
			if _, err := tx.NewInsert().Model(&e).Exec(ctx); err != nil {
				return err
			}
			all = append(all, &e)
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	return all
}
