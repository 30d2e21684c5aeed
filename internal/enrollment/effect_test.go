package enrollment_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/internal/schooltest"
)

func TestAnEnrollmentMayHaveBegunBefore(t *testing.T) {
	each(t, func(t *testing.T, s *schooltest.School) {
		for _, tt := range []struct {
			on   string
			want error
		}{
			{"", nil}, {"2026-11-24", nil}, {"2026-09-01", nil}, {"2016-11-24", nil},
			{"2026-11-25", enrollment.ErrStart}, {"2016-11-23", enrollment.ErrStart}, {"2026-02-30", enrollment.ErrStart}, {"soon", enrollment.ErrStart},
		} {
			person := access.From(s.Person("Somebody")).ID
			e, err := s.Enrollments.EnrollAs(s.Admin, enrollment.Entry{CohortID: s.Cohort.ID, PersonID: person, EffectiveOn: tt.on})
			if !errors.Is(err, tt.want) {
				t.Errorf("EnrollAs from %q = %v, want %v", tt.on, err, tt.want)
			}
			if err != nil {
				continue
			}
			want := tt.on
			if want == "" {
				want = "2026-11-24"
			}
			if l := (deeds{s, e.ID}).life(t); l.StartsOn != want || l.Status != enrollment.Active || l.AsOf != "2026-11-24" {
				t.Errorf("enrolled from %q: its life is %+v", tt.on, l)
			}
			if early := e.Since().Before(e.EnrolledAt.Time); early != (want < "2026-11-24") {
				t.Errorf("enrolled from %q: evidence counts since %v", tt.on, e.Since())
			}
		}
	})
}

func TestTheLifeOfManyIsOneQuestion(t *testing.T) {
	each(t, func(t *testing.T, s *schooltest.School) {
		var ids []string
		for range 3 {
			_, e := s.Trainee("Noor Vance", s.Cohort)
			ids = append(ids, e.ID)
		}
		deeds{s, ids[0]}.must(t, enrollment.Form{Kind: enrollment.TakeLeave})
		deeds{s, ids[2]}.must(t, enrollment.Form{Kind: enrollment.Dismiss})
		all, err := s.Enrollments.Life(t.Context(), s.DB, append(ids, db.NewID()))
		if err != nil || len(all) != 3 {
			t.Fatalf("Life = %v, %v; want three", all, err)
		}
		for i, want := range []enrollment.Status{enrollment.OnLeave, enrollment.Active, enrollment.Dismissed} {
			if got := all[ids[i]].Status; got != want {
				t.Errorf("enrollment %d is %s, want %s", i, got, want)
			}
		}
		if none, err := s.Enrollments.Life(t.Context(), s.DB, nil); err != nil || len(none) != 0 {
			t.Errorf("Life of nobody = %v, %v", none, err)
		}
	})
}

// A dry run says in fields and in words what the deed then does, and does
// nothing itself.
func TestADryRunSaysWhatTheDeedDoes(t *testing.T) {
	each(t, func(t *testing.T, s *schooltest.School) {
		withRules(t, s, twoYears)
		other := s.OpenCohort("Spring", s.Person("Ivo Other", access.Grant{Role: access.Instructor, Program: s.Program}))
		_, e := s.Trainee("Noor Vance", s.Cohort)
		x := deeds{s, e.ID}
		for _, tt := range []struct {
			form          enrollment.Form
			before, after string
			says          []string
		}{
			{enrollment.Form{Kind: enrollment.Extend, Days: 14}, "active 0 2028-11-24 Autumn", "active 0 2028-12-08 Autumn",
				[]string{"moves on by 14 days", "“Finish within two years” is due on December 8, 2028 instead of November 24, 2028", "“Report” runs from the day on which “Pass the quiz” is met"}},
			{enrollment.Form{Kind: enrollment.TakeLeave, EffectiveOn: "2026-12-01", UntilOn: "2026-12-11"}, "active 7 2028-12-08 Autumn", "on_leave 7 2028-12-18 Autumn",
				[]string{"Leave from December 1, 2026 until December 11, 2026: for 10 days", "Status on December 1, 2026: on leave instead of active"}},
			{enrollment.Form{Kind: enrollment.Return, EffectiveOn: "2026-12-06"}, "on_leave 7 2028-12-18 Autumn", "active 7 2028-12-13 Autumn",
				[]string{"Back from leave on December 6, 2026"}},
			{enrollment.Form{Kind: enrollment.Transfer, CohortID: other.ID}, "active 0 2028-12-13 Autumn", "active 0 2028-12-13 Spring",
				[]string{"from the cohort “Autumn” to “Spring”", "logs under way", "Supervised by Ivo Other", "is due on December 13, 2028."}},
			{enrollment.Form{Kind: enrollment.Extend, Days: -14}, "active 0 2028-12-13 Spring", "active 0 2028-11-29 Spring", []string{"14 days are taken back"}},
			{enrollment.Form{Kind: enrollment.Withdraw, EffectiveOn: "2026-12-20"}, "active 21 2028-11-29 Spring", "withdrawn 21 2028-11-29 Spring",
				[]string{"Ends on December 20, 2026 by withdrawal", "stays readable"}},
			{enrollment.Form{Kind: enrollment.Readmit, EffectiveOn: "2026-12-30"}, "withdrawn 21 2028-12-09 Spring", "active 21 2028-12-09 Spring",
				[]string{"Goes on from December 30, 2026"}},
		} {
			version, entries := versionOf(t, x), entriesOf(t, s)
			dry := tt.form
			dry.DryRun = true
			would := x.must(t, dry)
			if versionOf(t, x) != version || entriesOf(t, s) != entries {
				t.Fatalf("%s: the dry run changed something", tt.form.Kind)
			}
			did := x.must(t, tt.form)
			if diff := cmp.Diff(would.Effect, did.Effect); diff != "" {
				t.Errorf("%s: said (-) and did (+):\n%s", tt.form.Kind, diff)
			}
			if would.Deed.ID != "" || did.Deed.ID == "" || would.Deed.Letter != did.Deed.Letter || did.Enrollment.Version != version+1 {
				t.Errorf("%s: said %+v, did %+v", tt.form.Kind, would.Deed, did.Deed)
			}
			if b, a := inShort(did.Effect.Before), inShort(did.Effect.After); b != tt.before || a != tt.after {
				t.Errorf("%s: from %q to %q, want from %q to %q", tt.form.Kind, b, a, tt.before, tt.after)
			}
			for _, say := range append(tt.says, why, "Dear Noor Vance", "Ada Admin, for the program") {
				if !strings.Contains(did.Deed.Letter, say) {
					t.Errorf("%s: the letter does not say %q:\n%s", tt.form.Kind, say, did.Deed.Letter)
				}
			}
		}
	})
}

func inShort(s enrollment.State) string {
	return fmt.Sprintf("%s %d %s %s", s.Status, s.ClockDays, s.Deadlines[0].Due, s.Cohort.Name)
}

func versionOf(t *testing.T, x deeds) int64 {
	t.Helper()
	p, err := x.s.Enrollments.See(x.s.Admin, access.SeeEnrollment, x.id)
	if err != nil {
		t.Fatal(err)
	}
	return p.Version
}

func entriesOf(t *testing.T, s *schooltest.School) int {
	t.Helper()
	rows, err := audit.List(s.Admin, s.DB, audit.Query{Limit: 200})
	if err != nil {
		t.Fatal(err)
	}
	return len(rows)
}

func TestABackdatedLeaveTakesDaysOffTheClock(t *testing.T) {
	each(t, func(t *testing.T, s *schooltest.School) {
		withRules(t, s, twoYears)
		person := access.From(s.Person("Noor Vance")).ID
		e, err := s.Enrollments.EnrollAs(s.Admin, enrollment.Entry{CohortID: s.Cohort.ID, PersonID: person, EffectiveOn: "2026-10-01"})
		if err != nil {
			t.Fatal(err)
		}
		x := deeds{s, e.ID}
		done := x.must(t, enrollment.Form{Kind: enrollment.TakeLeave, EffectiveOn: "2026-11-01"})
		if b, a := inShort(done.Effect.Before), inShort(done.Effect.After); b != "active 54 2028-10-01 Autumn" || a != "on_leave 31 2028-10-24 Autumn" {
			t.Errorf("from %q to %q", b, a)
		}
		if !slices.Contains(done.Effect.Words, "The clock shows 31 days on November 24, 2026 instead of 54.") {
			t.Errorf("in words: %q", done.Effect.Words)
		}
		s.Clock.Advance(10 * 24 * time.Hour)
		if l := x.life(t); l.Elapsed("2026-12-04") != 31 || l.Due(l.StartsOn, 24) != "2028-11-03" {
			t.Errorf("ten days later the clock shows %d, due %s", l.Elapsed("2026-12-04"), l.Due(l.StartsOn, 24))
		}
	})
}
