package attendance

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/internal/once"
	"github.com/kapstone-lms/kapstone/internal/schooltest"
)

func TestAClaimWaitsAndAnInstructorDecides(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		e := s.plan(s.ended(time.Hour))
		ines := access.From(s.Instructor).ID
		key := once.With(s.trainee, once.Key{Key: "k", Digest: strings.Repeat("a", 64)})
		p, err := s.Claim(key, e.ID, s.stay(5, 60, ""))
		if err != nil || p.State != Claimed || p.Delivery != Online || p.EnteredBy != s.enrollment.PersonID || p.DecidedBy != "" || !p.DecidedAt.IsZero() {
			t.Fatalf("Claim = %+v, %v; want one that waits", p, err)
		}
		if again, err := s.Claim(key, e.ID, s.stay(5, 60, "")); err != nil || again.ID != p.ID {
			t.Errorf("the same request again = %+v, %v; want the first claim", again, err)
		}
		if _, err := s.Claim(s.trainee, e.ID, s.stay(59, 90, "")); !errors.Is(err, ErrOverlap) {
			t.Errorf("a claim over the first = %v, want ErrOverlap", err)
		}
		back, err := s.Claim(s.trainee, e.ID, s.stay(60, 120, "")) // went out, came back
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if p, err = s.Confirm(s.Instructor, p.ID); err != nil || p.State != Confirmed || p.DecidedBy != ines || p.DecidedAt != db.At(s.Clock.Now()) || p.Version != 2 {
				t.Errorf("Confirm = %+v, %v; want it confirmed once", p, err)
			}
		}
		if back, err = s.Refuse(s.Instructor, back.ID, " You left at the break. "); err != nil || back.State != Refused || back.DecisionNote != "You left at the break." {
			t.Errorf("Refuse = %+v, %v", back, err)
		}
		if got := s.evidence(s.enrollment)[0]; got.Online != 55 || got.Waiting != 0 || got.Late != 5 {
			t.Errorf("it comes to %+v, want 55 minutes, 5 late", got)
		}
		for action, want := range map[string]int{"presence.claimed": 2, "presence.confirmed": 1, "presence.refused": 1} {
			if n := s.entries(action); n != want {
				t.Errorf("%d entries %s, want %d", n, action, want)
			}
		}
	})
}

func TestACorrectionReplacesAndKeepsTheOldOne(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		for _, from := range []State{Claimed, Confirmed} {
			e := s.hybrid()
			old := s.at(e, from)
			key := once.With(s.Instructor, once.Key{Key: string(from), Digest: strings.Repeat("a", 64)})
			var made *Presence
			for range 2 { // asked for again, it is the same one
				p, err := s.Correct(key, old.ID, Stay{EnrollmentID: db.NewID(), In: 0, Out: 30, Delivery: InPerson})
				if err != nil || made != nil && made.ID != p.ID {
					t.Fatalf("Correct = %+v, %v", p, err)
				}
				made = p
			}
			if made.Replaces != old.ID || made.State != Confirmed || made.EnrollmentID != s.enrollment.ID || made.OutMinute != 30 || made.ID == old.ID {
				t.Errorf("a correction is %+v", made)
			}
			if old, err := getPresence(t.Context(), s.DB, old.ID); err != nil || old.State != Replaced || old.OutMinute != 60 {
				t.Errorf("the one replaced is %+v, %v", old, err)
			}
			if _, err := s.Correct(s.Instructor, old.ID, Stay{In: 0, Out: 20, Delivery: Online}); !errors.Is(err, ErrSettled) {
				t.Errorf("Correct what is replaced = %v, want ErrSettled", err)
			}
			if got := s.evidence(s.enrollment)[0]; got.Present != 30 || got.Online != 0 {
				t.Errorf("it comes to %+v, want 30 minutes in person", got)
			}
			if _, err := s.Refuse(s.Instructor, made.ID, "Not there."); err != nil {
				t.Fatal(err)
			}
			if _, err := s.Cancel(s.Instructor, e.ID); err != nil {
				t.Errorf("Cancel when nothing counts any more = %v", err)
			}
		}
		if n := s.entries("presence.corrected"); n != 2 {
			t.Errorf("%d entries of corrections, want 2", n)
		}
	})
}

func TestWhatAClaimIsRefusedFor(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		past, now := s.plan(s.ended(5*time.Hour)), s.plan(s.ended(-time.Minute))
		canceled := s.plan(s.ended(time.Hour))
		if _, err := s.Cancel(s.Instructor, canceled.ID); err != nil {
			t.Fatal(err)
		}
		early := s.plan(s.ended(36 * time.Hour)) // the enrollment is a day old, its first day began at 00:00 in Denver
		_, other := s.Trainee("Otto Other", s.Cohort)
		elsewhere, err := s.Plan(s.Admin, s.OpenCohort("Spring").ID, s.ended(5*time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		for _, tt := range []struct {
			name  string
			event string
			stay  Stay
			want  error
			field string
		}{
			{"not over", now.ID, s.stay(0, 60, ""), ErrNotOver, ""},
			{"canceled", canceled.ID, s.stay(0, 60, ""), ErrCanceled, ""},
			{"before the enrollment", early.ID, s.stay(0, 60, ""), ErrEarly, "in_minute"},
			{"another's enrollment", past.ID, Stay{EnrollmentID: other.ID, In: 0, Out: 60}, db.ErrNone, ""},
			{"a made-up enrollment", past.ID, Stay{EnrollmentID: db.NewID(), In: 0, Out: 60}, db.ErrNone, ""},
			{"an event of another cohort", elsewhere.ID, s.stay(0, 60, ""), db.ErrNone, ""},
			{"a made-up event", db.NewID(), s.stay(0, 60, ""), db.ErrNone, ""},
			{"no event's id", "x", s.stay(0, 60, ""), db.ErrNone, ""},
			{"more than an hour over", past.ID, s.stay(0, 181, ""), ErrMinutes, "out_minute"},
		} {
			_, err := s.Claim(s.trainee, tt.event, tt.stay)
			checkFault(t, tt.name, err, tt.want, tt.field)
		}
		if _, err := s.Claim(s.Instructor, past.ID, s.stay(0, 60, "")); !errors.Is(err, access.ErrForbidden) {
			t.Errorf("an instructor claims: %v, want ErrForbidden", err)
		}
		if n := s.entries("presence.claimed"); n != 0 {
			t.Errorf("refused claims left %d entries", n)
		}
	})
}

// The first day is the effective one, which may be before the day of enrolling,
// in the cohort's time zone.
func TestAFirstDayIsTheCohorts(t *testing.T) {
	for _, tt := range []struct{ zone, starts, first string }{
		{"America/Denver", "2026-11-24", "2026-11-24T07:00:00Z"},
		{"America/Denver", "2026-08-24", "2026-08-24T06:00:00Z"},
		{"America/Denver", "2026-11-01", "2026-11-01T06:00:00Z"}, // summer time ends that day
		{"America/Denver", "2026-11-02", "2026-11-02T07:00:00Z"},
		{"Pacific/Auckland", "2026-11-24", "2026-11-23T11:00:00Z"}, // where noon in Greenwich is the next day
		{"UTC", "2026-08-24", "2026-08-24T00:00:00Z"},
	} {
		zone, err := time.LoadLocation(tt.zone)
		if err != nil {
			t.Fatal(err)
		}
		got, err := firstDay(&enrollment.Enrollment{StartsOn: tt.starts, EnrolledAt: db.At(schooltest.Start)}, zone)
		if err != nil || got.UTC().Format(time.RFC3339) != tt.first {
			t.Errorf("of %s in %s the first moment is %v, %v; want %s", tt.starts, tt.zone, got, err, tt.first)
		}
	}
	if _, err := firstDay(&enrollment.Enrollment{}, time.UTC); err == nil {
		t.Error("an enrollment without a first day has one")
	}
}

// An event may end after midnight, on the first day of an enrollment.
func TestTheFirstDayBeginsAtMidnightOfTheCohort(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		midnight := time.Date(2026, 11, 24, 7, 0, 0, 0, time.UTC) // in Denver; the trainee came at 02:00
		night := s.ended(0)
		night.StartsAt = db.At(midnight.Add(-time.Hour))
		e := s.plan(night)
		if _, err := s.Claim(s.trainee, e.ID, s.stay(0, 60, "")); !errors.Is(err, ErrEarly) {
			t.Errorf("the hour before = %v, want ErrEarly", err)
		}
		if _, err := s.Claim(s.trainee, e.ID, s.stay(60, 120, "")); err != nil {
			t.Errorf("the hour after = %v", err)
		}
	})
}

// One person, two cohorts: a minute counts once.
func TestNobodyIsInTwoCohortsAtOnce(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		spring := s.OpenCohort("Spring", s.Instructor)
		e, err := s.Enrollments.Enroll(s.Admin, spring.ID, s.enrollment.PersonID)
		if err != nil {
			t.Fatal(err)
		}
		s.Clock.Advance(24 * time.Hour)
		s.at(s.plan(s.ended(time.Hour)), Confirmed)
		there, err := s.Plan(s.Instructor, spring.ID, s.ended(30*time.Minute))
		if err != nil {
			t.Fatal(err)
		}
		for out, want := range map[int]error{30: ErrOverlap, 60: ErrOverlap} {
			if _, err := s.Claim(s.trainee, there.ID, Stay{EnrollmentID: e.ID, In: 0, Out: out}); !errors.Is(err, want) {
				t.Errorf("minutes 0 to %d there = %v, want %v", out, err, want)
			}
		}
		if _, err := s.Claim(s.trainee, there.ID, Stay{EnrollmentID: e.ID, In: 30, Out: 60}); err != nil {
			t.Errorf("after the other one = %v", err)
		}
	})
}

func TestOnlyTheCohortsStaffDecide(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		p := s.at(s.plan(s.ended(time.Hour)), Claimed)
		other := s.Person("Ivo Elsewhere", access.Grant{Role: access.Instructor, Program: s.Program})
		s.OpenCohort("Spring", other)
		both := access.From(s.trainee)
		both.Grants = append(both.Grants, access.Grant{Role: access.Admin, Program: s.Program})
		for _, tt := range []struct {
			name string
			ctx  context.Context
			want error
		}{
			{"the trainee", s.trainee, access.ErrForbidden},
			{"the trainee, who administers too", access.With(t.Context(), both), ErrOwn},
			{"an instructor of another cohort", other, db.ErrNone},
			{"a supervisor", s.Person("Sam Supervisor", access.Grant{Role: access.Supervisor, Program: s.Program}), access.ErrForbidden},
			{"a director", s.Person("Dora Director", access.Grant{Role: access.Director, Program: s.Program}), access.ErrForbidden},
		} {
			for deed, err := range map[string]error{
				"confirms": second(s.Confirm(tt.ctx, p.ID)), "refuses": second(s.Refuse(tt.ctx, p.ID, "x")),
				"corrects": second(s.Correct(tt.ctx, p.ID, Stay{Out: 10})),
			} {
				if !errors.Is(err, tt.want) {
					t.Errorf("%s %s: %v, want %v", tt.name, deed, err, tt.want)
				}
			}
		}
		for _, id := range []string{"x", db.NewID()} {
			if _, err := s.Confirm(s.Admin, id); !errors.Is(err, db.ErrNone) {
				t.Errorf("presence %s: %v, want ErrNone", id, err)
			}
		}
		for _, note := range []string{"", " ", strings.Repeat("x", 501), "a\u202eb"} {
			_, err := s.Refuse(s.Admin, p.ID, note)
			checkFault(t, "a note of "+note, err, ErrReason, "note")
		}
		if got, err := getPresence(t.Context(), s.DB, p.ID); err != nil || got.State != Claimed || got.Version != 1 {
			t.Errorf("the claim is %+v, %v; want it untouched", got, err)
		}
	})
}

// What was entered meanwhile is seen when a claim is confirmed.
func TestAClaimThatFitsNoMoreIsNotConfirmed(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		first, second := s.plan(s.ended(2*time.Hour)), s.plan(s.ended(time.Hour))
		p := s.at(first, Claimed)
		if _, err := s.SetRoster(s.Instructor, second.ID, []Stay{s.stay(0, 120, "")}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Confirm(s.Instructor, p.ID); err != nil {
			t.Fatalf("minutes 0 to 60 of the first end when the second begins: %v", err)
		}
		other := s.plan(s.ended(5 * time.Hour))
		p = s.at(other, Claimed)
		if _, err := s.Change(s.Instructor, other.ID, Change{Version: 1, StartsAt: ptr(first.StartsAt.Time)}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Confirm(s.Instructor, p.ID); !errors.Is(err, ErrOverlap) {
			t.Errorf("Confirm of a claim at an event that moved = %v, want ErrOverlap", err)
		}
		if _, err := s.Cancel(s.Instructor, other.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Confirm(s.Instructor, p.ID); !errors.Is(err, ErrCanceled) {
			t.Errorf("Confirm at a canceled event = %v, want ErrCanceled", err)
		}
		instead := s.plan(s.ended(5 * time.Hour))
		p = s.at(instead, Claimed)
		if _, err := s.Cancel(s.Instructor, instead.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Claim(s.trainee, s.plan(s.ended(5*time.Hour)).ID, s.stay(0, 60, "")); err != nil {
			t.Errorf("a claim %s at a canceled event bars another: %v", p.ID, err)
		}
	})
}

func TestTwentyClaimsOfOneHourAreOne(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		first, second := s.plan(s.ended(time.Hour)), s.plan(s.ended(time.Hour)) // at the same time
		var made atomic.Int32
		var wg sync.WaitGroup
		for i := range 20 {
			wg.Go(func() {
				e := []*Event{first, second}[i%2]
				switch _, err := s.Claim(s.trainee, e.ID, s.stay(i, 100, "")); {
				case err == nil:
					made.Add(1)
				case !errors.Is(err, ErrOverlap):
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if made.Load() != 1 {
			t.Errorf("%d of twenty claims of one hour were taken, want one", made.Load())
		}
	})
}

func TestTwoInstructorsMakeOneDecision(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		for n := range 5 {
			p := s.at(s.plan(s.ended(time.Duration(n*2+1)*time.Hour)), Claimed)
			var wg sync.WaitGroup
			for _, deed := range []func() error{
				func() error { return second(s.Refuse(s.Admin, p.ID, "Not there.")) },
				func() error { return second(s.Correct(s.Instructor, p.ID, Stay{In: 0, Out: 30})) },
				func() error { return second(s.Correct(s.Admin, p.ID, Stay{In: 0, Out: 40})) },
			} {
				wg.Go(func() {
					if err := deed(); err != nil && !errors.Is(err, ErrSettled) {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			got, err := getPresence(t.Context(), s.DB, p.ID)
			if err != nil || got.State != Refused && got.State != Replaced || got.Version != 2 {
				t.Errorf("after three decisions at once the claim is %+v, %v; want it decided once", got, err)
			}
			var standing int
			if err := s.DB.NewRaw(`SELECT count(*) FROM presences WHERE event_id = ? AND state = 'confirmed'`, p.EventID).Scan(t.Context(), &standing); err != nil || standing > 1 {
				t.Errorf("%d presences count, %v", standing, err)
			}
		}
	})
}

// Nothing that counts goes while a certificate is being issued on it.
func TestWhatTakesEvidenceBackWaitsForIt(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		if !s.DB.Postgres() {
			t.Skip("SQLite has one writer at a time")
		}
		e, other := s.plan(s.ended(time.Hour)), s.plan(s.ended(5*time.Hour))
		p := s.at(e, Confirmed)
		s.at(other, Confirmed)
		err := s.DB.Tx(t.Context(), func(ctx context.Context, tx bun.Tx) error {
			if err := enrollment.LockEvidence(ctx, tx, s.enrollment.ID); err != nil {
				return err
			}
			for name, deed := range map[string]func() error{ // each waits until the lock's time is over
				"refusing":   func() error { return second(s.Refuse(s.Instructor, p.ID, "x")) },
				"correcting": func() error { return second(s.Correct(s.Instructor, p.ID, Stay{In: 0, Out: 10})) },
				"a roster":   func() error { return second(s.SetRoster(s.Instructor, other.ID, []Stay{s.stay(0, 10, "")})) },
			} {
				if err := deed(); !errors.Is(err, db.ErrAway) {
					t.Errorf("%s while somebody issues = %v, want ErrAway", name, err)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Refuse(s.Instructor, p.ID, "x"); err != nil {
			t.Errorf("afterwards = %v", err)
		}
	})
}

// The database says the rules again.
func TestTheDatabaseKeepsAttendance(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		e := s.plan(s.ended(time.Hour))
		p := s.at(e, Confirmed)
		refused := s.at(s.plan(s.ended(5*time.Hour)), Refused)
		elsewhere, err := s.Plan(s.Admin, s.OpenCohort("Spring").ID, s.ended(time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		row := `INSERT INTO presences (id, event_id, enrollment_id, delivery, in_minute, out_minute, state, entered_by, entered_at, decided_by, decided_at,
			decision_note, replaces, version) SELECT ?, event_id, enrollment_id, delivery, %, '', %, 1 FROM presences WHERE id = '` + p.ID + `'`
		insert := func(values, replaces string) string {
			return strings.Replace(strings.Replace(row, "%", values, 1), "%", replaces, 1)
		}
		for name, stmt := range map[string]string{
			"a presence deleted":                "DELETE FROM presences WHERE id <> ?",
			"an event deleted":                  "DELETE FROM events WHERE id <> ?",
			"other minutes":                     "UPDATE presences SET out_minute = 90 WHERE id <> ?",
			"another event":                     "UPDATE presences SET event_id = '" + elsewhere.ID + "' WHERE id <> ?",
			"a refused one confirmed":           "UPDATE presences SET state = 'confirmed' WHERE id = '" + refused.ID + "' AND id <> ?",
			"confirmed by nobody":               "UPDATE presences SET decided_by = NULL, decided_at = NULL WHERE id = '" + p.ID + "' AND id <> ?",
			"refused without a word":            "UPDATE presences SET state = 'refused' WHERE id = '" + p.ID + "' AND id <> ?",
			"the same minute twice":             insert("0, 10, 'confirmed', entered_by, 1, entered_by, 1", "NULL"),
			"out before in":                     insert("90, 80, 'confirmed', entered_by, 1, entered_by, 1", "NULL"),
			"a claim that somebody decided":     insert("90, 99, 'claimed', entered_by, 1, entered_by, 1", "NULL"),
			"in place of another event's":       insert("90, 99, 'confirmed', entered_by, 1, entered_by, 1", "'"+refused.ID+"'"),
			"made up by another series":         "UPDATE events SET makes_up = '" + e.ID + "', series = 'other' WHERE id = '" + refused.EventID + "' AND id <> ?",
			"made up in another cohort":         "UPDATE events SET makes_up = '" + e.ID + "' WHERE id = '" + elsewhere.ID + "' AND id <> ?",
			"an event that makes up for itself": "UPDATE events SET makes_up = id WHERE id <> ?",
		} {
			if err := s.exec(stmt, db.NewID()); err == nil {
				t.Errorf("%s: the database takes it", name)
			}
		}
		if err := s.exec(insert("90, 99, 'confirmed', entered_by, 1, entered_by, 1", "'"+p.ID+"'"), db.NewID()); err != nil {
			t.Errorf("what keeps every rule is refused: %v", err)
		}
	})
}

// exec changes rows behind the product's back.
func (s *school) exec(stmt string, args ...any) error {
	return s.DB.Tx(s.t.Context(), func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewRaw(stmt, args...).Exec(ctx)
		return err
	})
}
