package records_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/dbtest"
	"github.com/kapstone-lms/kapstone/internal/records"
)

func TestEvidenceIsAllButWhatWasReplaced(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		training := full(records.PriorTraining)
		training.OnDay, training.Note = "2019-06-01", "Five days, in person."
		long := hours()
		long.Minutes = 120
		corrected := s.in(t, records.Replaced, hours())
		refused := s.in(t, records.Refused, consultation())
		early := s.enter(t, s.trainee, training)
		clear := s.enter(t, s.clearer, clearance())
		other, err := s.records.Enter(s.other, s.theirs, long)
		if err != nil {
			t.Fatal(err)
		}
		all, err := s.records.Evidence(t.Context(), s.DB, []string{s.enrollment, s.theirs, db.NewID()})
		if err != nil || len(all) != 2 || len(all[s.enrollment]) != 4 || len(all[s.theirs]) != 1 || all[s.theirs][0].ID != other.ID {
			t.Fatalf("Evidence = %v, %v", all, err)
		}
		got := all[s.enrollment]
		if !slices.IsSortedFunc(got, func(a, b *records.Record) int { return strings.Compare(a.OnDay+a.ID, b.OnDay+b.ID) }) || got[0].ID != early.ID {
			t.Errorf("the order is %v", got)
		}
		for _, want := range []*records.Record{early, refused, clear} {
			i := slices.IndexFunc(got, func(r *records.Record) bool { return r.ID == want.ID })
			judged := *want
			judged.EnteredBy, judged.EnteredAt, judged.DecidedAt, judged.Note, judged.Version = "", db.Time{}, db.Time{}, "", 0
			if i < 0 || *got[i] != judged {
				t.Errorf("%s is read as %+v, want %+v", want.Kind, got, want)
			}
		}
		if slices.ContainsFunc(got, func(r *records.Record) bool { return r.ID == corrected.ID }) {
			t.Error("what was replaced is evidence")
		}
		if none, err := s.records.Evidence(t.Context(), s.DB, nil); err != nil || len(none) != 0 {
			t.Errorf("of nobody: %v, %v", none, err)
		}
	})
}

// The databases keep the promises too, whoever writes to them.
func TestTheDatabaseKeepsThePromises(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		r := s.in(t, records.Confirmed, hours())
		gone := s.in(t, records.Replaced, consultation())
		s.enter(t, s.clearer, clearance())
		write := func(query string, args ...any) error {
			return s.DB.Tx(t.Context(), func(ctx context.Context, tx bun.Tx) error {
				_, err := tx.NewRaw(query, args...).Exec(ctx)
				return err
			})
		}
		for name, query := range map[string]string{
			"deleted":               `DELETE FROM records WHERE id = ?`,
			"edited":                `UPDATE records SET minutes = 600 WHERE id = ?`,
			"moved to a day":        `UPDATE records SET on_day = '2026-11-25' WHERE id = ?`,
			"given to another":      `UPDATE records SET enrollment_id = '` + s.theirs + `' WHERE id = ?`,
			"made to wait":          `UPDATE records SET state = 'submitted', decided_by = '', decided_at = NULL WHERE id = ?`,
			"refused for no reason": `UPDATE records SET state = 'refused' WHERE id = ?`,
			"in no state":           `UPDATE records SET state = 'open' WHERE id = ?`,
			"decided by nobody":     `UPDATE records SET state = 'refused', decision_note = 'x', decided_by = '' WHERE id = ?`,
		} {
			if err := write(query, r.ID); err == nil {
				t.Errorf("a record was %s", name)
			}
		}
		if err := write(`UPDATE records SET state = 'confirmed' WHERE id = ?`, gone.ID); err == nil {
			t.Error("a replaced record counts again")
		}
		for name, columns := range map[string]string{
			"what may be there":         `'hours', '', '', 'x', '', 60, 0, '', '', ''`,
			"the same again":            `'hours', '', '', 'didactic', 'ethics', 90, 0, '', '', ''`,
			"a session of here":         `'session', '', 'lead', '', 'preparation', 0, 1, '', '', ''`,
			"a carried-over fee":        `'fee', 'admin', 'cleared', '', '', 0, 0, '', 'Old', ''`,
			"hours of no time":          `'hours', '', '', 'x', '', 0, 0, '', '', ''`,
			"two days of hours":         `'hours', '', '', 'x', '', 1441, 0, '', '', ''`,
			"an unknown kind":           `'poem', '', '', '', '', 0, 0, '', '', ''`,
			"a clearance with a note":   `'clearance', 'x', 'cleared', '', '', 0, 0, 'medical', '', ''`,
			"a clearance of a shade":    `'clearance', 'x', 'perhaps', '', '', 0, 0, '', '', ''`,
			"a credential over at once": `'credential', 'bls', '', '', '', 0, 0, '', '', '2020-01-01'`,
		} {
			err := write(`INSERT INTO records (id, enrollment_id, on_day, edition, delivery, jurisdiction, sources, group_size, person_id, person_name,
				state, entered_by, entered_at, decided_by, decided_at, decision_note, version, kind, subject, value, category, topic, minutes, quantity,
				note, carried, expires_on) VALUES (?, ?, ?, '', ?, '', 0, 0, '', '', 'confirmed', ?, 1, ?, 1, '', 1, `+columns+`)`,
				db.NewID(), s.enrollment, today, map[bool]string{true: "live_online"}[name == "the same again"], r.EnteredBy, r.EnteredBy)
			if (err == nil) != (name == "what may be there") {
				t.Errorf("there is %s: %v", name, err)
			}
		}
		if err := write(`UPDATE records SET state = 'refused', decision_note = 'x', version = 3 WHERE id = ?`, r.ID); err != nil {
			t.Errorf("what may happen to a record does not: %v", err)
		}
	})
}

// A cohort of 500 with 30 records each; PROMISES: progress of such a cohort
// within 50 ms, of which this is a part.
func BenchmarkEvidence(b *testing.B) {
	s := newSchool(b, dbtest.Open(b))
	ids := s.crowd(b, 500, 30)
	b.ReportAllocs()
	for b.Loop() {
		all, err := s.records.Evidence(b.Context(), s.DB, ids)
		if err != nil || len(all) != 500 {
			b.Fatal(len(all), err)
		}
	}
}

// crowd fills n enrollments with records each, which come in as they do in
// life: everybody's by turns.
func (s *school) crowd(tb testing.TB, n, each int) (ids []string) {
	tb.Helper()
	person := func(i int) string { return fmt.Sprintf("0193d5a0-0000-7000-8000-%012d", i) }
	at := db.At(s.Clock.Now())
	err := s.DB.Tx(tb.Context(), func(ctx context.Context, tx bun.Tx) error {
		for i := range n {
			ids = append(ids, db.NewID())
			if _, err := tx.NewRaw(`INSERT INTO people (id, email, name, status, password_hash, made_by, created_at)
				VALUES (?, ?, 'Somebody', 'active', '$argon2id$', '', 1)`, person(i), person(i)).Exec(ctx); err != nil {
				return err
			}
			if _, err := tx.NewRaw(`INSERT INTO enrollments (id, cohort_id, person_id, program, program_version, course_hash, enrolled_at)
				SELECT ?, ?, ?, program, program_version, course_hash, enrolled_at FROM enrollments WHERE id = ?`, ids[i], s.Cohort.ID, person(i), s.enrollment).Exec(ctx); err != nil {
				return err
			}
		}
		for j := range each {
			rows := make([]*records.Record, n)
			for i := range rows {
				rows[i] = &records.Record{
					ID: db.NewID(), EnrollmentID: ids[i], Kind: records.Hours, Category: "didactic", Topic: "ethics", Delivery: "live_online", Minutes: 90,
					OnDay: s.Clock.Now().AddDate(0, 0, -j).Format(time.DateOnly), Note: "Two parts, one break.", State: records.Confirmed,
					EnteredBy: person(i), EnteredAt: at, DecidedBy: person(i), DecidedAt: at, Version: 1,
				}
			}
			if _, err := tx.NewInsert().Model(&rows).Exec(ctx); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		tb.Fatal(err)
	}
	return ids
}
