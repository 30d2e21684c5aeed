package rehearsal

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/dbtest"
	"github.com/kapstone-lms/kapstone/internal/schooltest"
)

func TestStandingIsTheHighestRevisionThatWasAcknowledged(t *testing.T) {
	var one, two Journal
	one.Sent("a", "i1", 1, []string{"a"})
	one.Acked("a", "i1", 1, []string{"a"})
	two.Sent("a", "i1", 2, []string{"b", "c"})
	two.Acked("a", "i1", 2, []string{"b", "c"})
	one.Sent("a", "i1", 3, []string{"d"}) // its reply never came
	one.Sent("a", "i2", 1, nil)
	one.Acked("a", "i2", 1, nil)
	one.Acked("b", "i1", 1, []string{"x"})
	want := map[string][]string{"i1": {"b", "c"}, "i2": {}}
	if diff := cmp.Diff(want, Standing("a", &one, &two)); diff != "" {
		t.Error(diff)
	}
}

func TestWhatIsSentAgainCountsOnce(t *testing.T) {
	var j Journal
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for rev := 1; rev <= 50; rev++ {
				j.Sent("a", "i", rev, []string{"a"})
				j.Acked("a", "i", rev, []string{"a"})
			}
		})
	}
	wg.Wait()
	if sent, acked := j.Count(); sent != 50 || acked != 50 {
		t.Errorf("Count = %d, %d; want 50, 50", sent, acked)
	}
}

// A row is what SQL is made to hold.
type row struct {
	item     string
	revision int
	response string
}

func TestCompareSeesEveryKindOfFault(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := schooltest.New(t, d)
		tests := []struct {
			name string
			note func(j *Journal, attempt string)
			rows []row
			want Report
		}{
			{"all is well", func(j *Journal, a string) {
				j.Sent(a, "i", 1, []string{"a"})
				j.Acked(a, "i", 1, []string{"a"})
				j.Sent(a, "i", 2, []string{"a"}) // sent again as a new one, and said so
				j.Acked(a, "i", 2, []string{"a"})
			}, []row{{"i", 1, `["a"]`}, {"i", 2, `["a"]`}}, Report{Attempts: 1, Sent: 2, Acked: 2, Rows: 2}},
			{"no row", func(j *Journal, a string) { j.Acked(a, "i", 1, []string{"a"}) }, nil,
				Report{Attempts: 1, Sent: 1, Acked: 1, Lost: 1}},
			{"another response", func(j *Journal, a string) {
				j.Acked(a, "i", 1, []string{"a"})
				j.Sent(a, "i", 1, []string{"b"})
			}, []row{{"i", 1, `["b"]`}}, Report{Attempts: 1, Sent: 2, Acked: 1, Rows: 1, Lost: 1, Unsure: 1}},
			{"two were told the same revision", func(j *Journal, a string) {
				j.Acked(a, "i", 1, []string{"a"})
				j.Acked(a, "i", 1, []string{"b"})
			}, []row{{"i", 1, `["b"]`}}, Report{Attempts: 1, Sent: 2, Acked: 2, Rows: 1, Lost: 1}},
			{"the reply was lost", func(j *Journal, a string) {
				j.Sent(a, "i", 1, []string{"a"})
				j.Sent(a, "k", 1, []string{"a"})
			}, []row{{"i", 1, `["a"]`}}, Report{Attempts: 1, Sent: 2, Rows: 1, Unsure: 1}},
			{"written twice", func(j *Journal, a string) { j.Acked(a, "i", 1, []string{"a"}) }, []row{{"i", 1, `["a"]`}, {"i", 2, `["a"]`}},
				Report{Attempts: 1, Sent: 1, Acked: 1, Rows: 2, Doubled: 1}},
			{"made up", func(j *Journal, a string) { j.Acked(a, "i", 1, []string{"a"}) }, []row{{"i", 1, `["a"]`}, {"i", 2, `["b"]`}, {"k", 1, `[]`}},
				Report{Attempts: 1, Sent: 1, Acked: 1, Rows: 3, Phantom: 2}},
		}
		for _, tt := range tests {
			attempt := made(t, s, tt.rows)
			var j Journal
			tt.note(&j, attempt)
			got, err := Compare(t.Context(), d, &j)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got, cmpopts.IgnoreFields(Report{}, "Faults")); diff != "" {
				t.Errorf("%s: %s", tt.name, diff)
			}
			if bad := got.Lost + got.Doubled + got.Phantom; got.OK() != (bad == 0) || len(got.Faults) != bad {
				t.Errorf("%s: OK = %t with %d faults told of %d", tt.name, got.OK(), len(got.Faults), bad)
			}
		}
	})
}

func TestAllJournalsOfManyAttemptsAreCompared(t *testing.T) {
	d := dbtest.Open(t)
	s := schooltest.New(t, d)
	var one, two Journal
	for i := range 4 {
		a := made(t, s, []row{{"i", 1, `["a"]`}, {"i", 2, `["b"]`}})
		one.Acked(a, "i", 1, []string{"a"})
		if i > 0 {
			two.Acked(a, "i", 2, []string{"b"})
		}
	}
	for range 1200 { // more than one read takes
		two.Sent(db.NewID(), "i", 1, nil)
	}
	got, err := Compare(t.Context(), d, &one, &two)
	if err != nil || got.Attempts != 1204 || got.Acked != 7 || got.Rows != 8 || got.Phantom != 1 || got.Lost != 0 {
		t.Errorf("Compare = %v, %v; want 1204 attempts, 7 acknowledged, 8 rows, one of them phantom", got, err)
	}
	if again, err := Compare(t.Context(), d, &one, &two); err != nil || !slices.Equal(again.Faults, got.Faults) {
		t.Errorf("Compare again = %q, %v; want %q", again.Faults, err, got.Faults)
	}
}

// made makes an attempt with rows of answers and returns its id.
func made(t *testing.T, s *schooltest.School, rows []row) string {
	t.Helper()
	_, e := s.Trainee("Somebody", s.Cohort)
	id := db.NewID()
	draw, _ := json.Marshal(map[string]any{})
	err := s.DB.Tx(t.Context(), func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.NewRaw("INSERT INTO quiz_attempts (id, enrollment_id, module, number, state, draw, started_at, deadline) VALUES (?, ?, 'm', 1, 'open', ?, 1, 2)",
			id, e.ID, string(draw)).Exec(ctx); err != nil {
			return err
		}
		for _, r := range rows {
			if _, err := tx.NewRaw("INSERT INTO quiz_answers (attempt_id, item, revision, response, saved_at) VALUES (?, ?, ?, ?, 1)", id, r.item, r.revision, r.response).Exec(ctx); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return id
}
