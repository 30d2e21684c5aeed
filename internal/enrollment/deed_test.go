package enrollment_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/internal/once"
	"github.com/kapstone-lms/kapstone/internal/schooltest"
)

// withRules publishes the default program with other rules, as a next version.
func withRules(t *testing.T, s *schooltest.School, change func(*curriculum.Program)) {
	t.Helper()
	changed, program := *s.Enrollments.Current(), *s.Course.Default()
	program.Requirements = slices.Clone(program.Requirements)
	change(&program)
	program.Version = s.Enrollments.Current().Default().Version + 1
	changed.Programs = []*curriculum.Program{&program}
	if err := s.Enrollments.Publish(t.Context(), &changed); err != nil {
		t.Fatal(err)
	}
}

// twoYears is a time limit and what runs from another requirement.
func twoYears(p *curriculum.Program) {
	p.Requirements = append(p.Requirements,
		curriculum.Requirement{ID: "window", Type: curriculum.Deadline, Title: "Finish within two years", Months: 24, From: "start"},
		curriculum.Requirement{ID: "group", Type: curriculum.AllOf, Title: "Reports", Of: []curriculum.Requirement{
			{ID: "report", Type: curriculum.Deadline, Title: "Report", Months: 1, From: "science-attempts"},
			{ID: "elsewhere", Type: curriculum.Deadline, Title: "For others", Months: 1, Tracks: []string{"other"}},
		}})
}

const why = "As agreed with the trainee."

// deeds does deeds to one enrollment as the admin.
type deeds struct {
	s  *schooltest.School
	id string
}

func (x deeds) do(f enrollment.Form) (*enrollment.Done, error) {
	if f.Reason == "" {
		f.Reason = why
	}
	return x.s.Enrollments.Do(x.s.Admin, x.id, f)
}

func (x deeds) must(t *testing.T, f enrollment.Form) *enrollment.Done {
	t.Helper()
	done, err := x.do(f)
	if err != nil {
		t.Fatalf("%s: %v", f.Kind, err)
	}
	return done
}

func (x deeds) life(t *testing.T) enrollment.Life {
	t.Helper()
	all, err := x.s.Enrollments.Life(t.Context(), x.s.DB, []string{x.id})
	if err != nil {
		t.Fatal(err)
	}
	return all[x.id]
}

func TestWhatADeedAsksFor(t *testing.T) {
	each(t, func(t *testing.T, s *schooltest.School) {
		foreign := s.OpenCohort("Spring")
		_, e := s.Trainee("Noor Vance", s.Cohort)
		x := deeds{s, e.ID}
		long := strings.Repeat("é", 501)
		for _, tt := range []struct {
			name string
			form enrollment.Form
			want error
		}{
			{"no kind", enrollment.Form{}, enrollment.ErrKind},
			{"an unknown kind", enrollment.Form{Kind: "promotion"}, enrollment.ErrKind},
			{"an edition, which is a move", enrollment.Form{Kind: enrollment.ChangeEdition, Edition: 2}, enrollment.ErrKind},
			{"a blank reason", enrollment.Form{Kind: enrollment.TakeLeave, Reason: " \n "}, enrollment.ErrWhy},
			{"a long reason", enrollment.Form{Kind: enrollment.TakeLeave, Reason: long}, enrollment.ErrWhy},
			{"a reason that turns the writing", enrollment.Form{Kind: enrollment.TakeLeave, Reason: "a\u202eb"}, enrollment.ErrWhy},
			{"a reason that is no text", enrollment.Form{Kind: enrollment.TakeLeave, Reason: "\xff"}, enrollment.ErrWhy},
			{"days of a leave", enrollment.Form{Kind: enrollment.TakeLeave, Days: 3}, enrollment.ErrField},
			{"a cohort of a leave", enrollment.Form{Kind: enrollment.TakeLeave, CohortID: foreign.ID}, enrollment.ErrField},
			{"an end of an extension", enrollment.Form{Kind: enrollment.Extend, Days: 3, UntilOn: "2027-01-01"}, enrollment.ErrField},
			{"a track of a transfer", enrollment.Form{Kind: enrollment.Transfer, CohortID: foreign.ID, Track: "x"}, enrollment.ErrField},
			{"before it began", enrollment.Form{Kind: enrollment.TakeLeave, EffectiveOn: "2026-11-23"}, enrollment.ErrDay},
			{"no date", enrollment.Form{Kind: enrollment.TakeLeave, EffectiveOn: "2026-13-01"}, enrollment.ErrDay},
			{"far ahead", enrollment.Form{Kind: enrollment.TakeLeave, EffectiveOn: "2027-11-26"}, enrollment.ErrDay},
			{"as far ahead as may be", enrollment.Form{Kind: enrollment.TakeLeave, EffectiveOn: "2027-11-25", DryRun: true}, nil},
			{"an extension ahead", enrollment.Form{Kind: enrollment.Extend, Days: 3, EffectiveOn: "2026-11-25"}, enrollment.ErrNotAhead},
			{"a transfer ahead", enrollment.Form{Kind: enrollment.Transfer, CohortID: foreign.ID, EffectiveOn: "2026-11-25"}, enrollment.ErrNotAhead},
			{"an end before the first day", enrollment.Form{Kind: enrollment.TakeLeave, EffectiveOn: "2026-12-01", UntilOn: "2026-12-01"}, enrollment.ErrUntil},
			{"an end that is no date", enrollment.Form{Kind: enrollment.TakeLeave, UntilOn: "later"}, enrollment.ErrUntil},
			{"a leave of three years", enrollment.Form{Kind: enrollment.TakeLeave, UntilOn: "2029-11-24"}, enrollment.ErrUntil},
			{"an extension of nothing", enrollment.Form{Kind: enrollment.Extend}, enrollment.ErrDays},
			{"an extension of four years", enrollment.Form{Kind: enrollment.Extend, Days: 1461}, enrollment.ErrDays},
			{"taking back what was not granted", enrollment.Form{Kind: enrollment.Extend, Days: -1}, enrollment.ErrDays},
			{"to no cohort", enrollment.Form{Kind: enrollment.Transfer}, enrollment.ErrCohort},
			{"to a made-up cohort", enrollment.Form{Kind: enrollment.Transfer, CohortID: db.NewID()}, enrollment.ErrCohort},
			{"to the cohort they are in", enrollment.Form{Kind: enrollment.Transfer, CohortID: s.Cohort.ID}, enrollment.ErrCohort},
			{"a track where there are none", enrollment.Form{Kind: enrollment.ChangeTrack, Track: "x"}, enrollment.ErrTrack},
			{"no track", enrollment.Form{Kind: enrollment.ChangeTrack}, enrollment.ErrTrack},
			{"a stale version", enrollment.Form{Kind: enrollment.TakeLeave, Version: 7}, enrollment.ErrStale},
			{"a return from no leave", enrollment.Form{Kind: enrollment.Return}, enrollment.ErrNotOnLeave},
			{"a readmission of who is there", enrollment.Form{Kind: enrollment.Readmit}, enrollment.ErrNotEnded},
		} {
			f := tt.form
			if f.Reason == "" {
				f.Reason = why
			}
			for _, dry := range []bool{true, tt.form.DryRun} {
				f.DryRun = dry
				if _, err := s.Enrollments.Do(s.Admin, e.ID, f); !errors.Is(err, tt.want) {
					t.Errorf("%s (dry %v): %v, want %v", tt.name, dry, err, tt.want)
				}
			}
		}
		if rows, err := s.Enrollments.Deeds(s.Admin, e.ID); err != nil || len(rows) != 0 {
			t.Errorf("refused deeds left %v, %v", rows, err)
		}
		if got := x.must(t, enrollment.Form{Kind: enrollment.TakeLeave, Reason: "  Zoe\u0308  ", Version: 1}); got.Deed.Reason != "Zoë" {
			t.Errorf("a reason is kept as %q", got.Deed.Reason)
		}
	})
}

// What acts at once must fit today, even if it is dated back to better days.
func TestWhatActsAtOnceIsJudgedToday(t *testing.T) {
	each(t, func(t *testing.T, s *schooltest.School) {
		person := access.From(s.Person("Noor Vance")).ID
		e, err := s.Enrollments.EnrollAs(s.Admin, enrollment.Entry{CohortID: s.Cohort.ID, PersonID: person, EffectiveOn: "2026-10-01"})
		if err != nil {
			t.Fatal(err)
		}
		x := deeds{s, e.ID}
		spring := s.OpenCohort("Spring")
		x.must(t, enrollment.Form{Kind: enrollment.Withdraw, EffectiveOn: "2026-11-01"})
		for _, f := range []enrollment.Form{
			{Kind: enrollment.Transfer, CohortID: spring.ID, EffectiveOn: "2026-10-10"}, {Kind: enrollment.Extend, Days: 3, EffectiveOn: "2026-10-10"},
		} {
			if _, err := x.do(f); !errors.Is(err, enrollment.ErrEnded) {
				t.Errorf("%s dated back: %v, want ErrEnded", f.Kind, err)
			}
		}
	})
}

// The ledger names what was done and holds no word of why.
func TestTheLedgerHoldsNoReason(t *testing.T) {
	each(t, func(t *testing.T, s *schooltest.School) {
		_, e := s.Trainee("Noor Vance", s.Cohort)
		x := deeds{s, e.ID}
		x.must(t, enrollment.Form{Kind: enrollment.TakeLeave, UntilOn: "2026-12-24", Reason: "Kittiwake."})
		x.must(t, enrollment.Form{Kind: enrollment.Extend, Days: 9, Reason: "Kittiwake."})
		rows, err := audit.List(s.Admin, s.DB, audit.Query{Limit: 200})
		if err != nil {
			t.Fatal(err)
		}
		found := 0
		for _, r := range rows {
			if strings.Contains(r.Details, "Kittiwake") || strings.Contains(r.Details, "Noor") {
				t.Errorf("the ledger says %s", r.Details)
			}
			if r.Object == e.ID && (r.Action == "enrollment.leave" && strings.Contains(r.Details, `"until_on":"2026-12-24"`) ||
				r.Action == "enrollment.extension" && strings.Contains(r.Details, `"days":9`)) {
				found++
			}
		}
		if found != 2 {
			t.Errorf("%d of two deeds stand in the ledger", found)
		}
	})
}

func TestADeedWithOneKeyIsOne(t *testing.T) {
	each(t, func(t *testing.T, s *schooltest.School) {
		withRules(t, s, twoYears)
		spring := s.OpenCohort("Spring")
		_, e := s.Trainee("Noor Vance", s.Cohort)
		x := deeds{s, e.ID}
		x.must(t, enrollment.Form{Kind: enrollment.Extend, Days: 3})
		ctx := once.With(s.Admin, once.Key{Key: "k", Digest: strings.Repeat("a", 64)})
		f := enrollment.Form{Kind: enrollment.Transfer, CohortID: spring.ID, Reason: why}
		var mu sync.Mutex
		var seen []*enrollment.Done
		var wg sync.WaitGroup
		for range 6 {
			wg.Go(func() {
				done, err := s.Enrollments.Do(ctx, e.ID, f)
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				defer mu.Unlock()
				seen = append(seen, done)
			})
		}
		wg.Wait()
		for _, d := range seen {
			if diff := cmp.Diff(seen[0].Effect, d.Effect); diff != "" || d.Deed.ID != seen[0].Deed.ID || d.Enrollment.Version != 3 {
				t.Errorf("the repeated answer differs: version %d\n%s", d.Enrollment.Version, diff)
			}
		}
		if rows, err := s.Enrollments.Deeds(s.Admin, e.ID); err != nil || len(rows) != 2 || rows[1].Number != 2 {
			t.Errorf("six requests with one key left %v, %v", rows, err)
		}
	})
}

// Deeds that exclude each other: one is done, the others are told.
func TestOfContraryDeedsAtOnceOneIsDone(t *testing.T) {
	each(t, func(t *testing.T, s *schooltest.School) {
		_, e := s.Trainee("Noor Vance", s.Cohort)
		var done, refused atomic.Int32
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() {
				f := enrollment.Form{Kind: enrollment.TakeLeave, EffectiveOn: "2026-12-01", UntilOn: fmt.Sprintf("2026-12-%02d", 10+i)}
				switch _, err := (deeds{s, e.ID}).do(f); {
				case err == nil:
					done.Add(1)
				case errors.Is(err, enrollment.ErrOverlap):
					refused.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if done.Load() != 1 || refused.Load() != 7 {
			t.Errorf("%d leaves were taken and %d refused, want one and seven", done.Load(), refused.Load())
		}
	})
}

// SQL keeps what the rules promise, the same on both databases.
func TestDeedsStayInSQL(t *testing.T) {
	each(t, func(t *testing.T, s *schooltest.School) {
		_, e := s.Trainee("Noor Vance", s.Cohort)
		deeds{s, e.ID}.must(t, enrollment.Form{Kind: enrollment.TakeLeave})
		insert := func(set string) string {
			row := map[string]string{
				"id": "'x'", "enrollment_id": "'" + e.ID + "'", "number": "2", "kind": "'return'", "effective_on": "'2026-12-01'", "until_on": "''", "days": "0",
				"reason": "'r'", "done_by": "'" + access.From(s.Admin).ID + "'", "done_at": "1", "letter": "'l'",
			}
			for _, pair := range strings.Split(set, ";") {
				name, value, _ := strings.Cut(pair, "=")
				row[name] = value
			}
			delete(row, "")
			var names, values []string
			for name, value := range row {
				names, values = append(names, name), append(values, value)
			}
			return fmt.Sprintf("INSERT INTO enrollment_deeds (%s) VALUES (%s)", strings.Join(names, ", "), strings.Join(values, ", "))
		}
		for name, statement := range map[string]string{
			"a deed is changed":          "UPDATE enrollment_deeds SET reason = 'other'",
			"a deed is deleted":          "DELETE FROM enrollment_deeds",
			"a number twice":             insert("number=1"),
			"a kind that is none":        insert("kind='promotion'"),
			"a return with an end":       insert("until_on='2026-12-05'"),
			"a leave that ends before":   insert("kind='leave';until_on='2026-11-30'"),
			"an extension of nothing":    insert("kind='extension'"),
			"days of a return":           insert("days=3"),
			"a transfer to nowhere":      insert("kind='transfer'"),
			"no reason":                  insert("reason=''"),
			"no letter":                  insert("letter=''"),
			"nobody did it":              insert("done_by='nobody'"),
			"an edition without a hash":  insert("kind='edition';from_version=1;to_version=2"),
			"a return that sets a track": insert("to_track='x'"),
		} {
			if err := execute(s, statement); err == nil {
				t.Errorf("%s: SQL let it pass", name)
			}
		}
		if err := execute(s, insert("")); err != nil {
			t.Errorf("a proper deed: %v", err)
		}
	})
}

func execute(s *schooltest.School, statement string) error {
	return s.DB.Tx(context.Background(), func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewRaw(statement).Exec(ctx)
		return err
	})
}
