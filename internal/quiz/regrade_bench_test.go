package quiz

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/uptrace/bun"
)

// multiply makes n more people who took what one did, each with an enrollment,
// an attempt and its answers of their own.
func (w *regradeWorld) multiply(t *testing.T, attemptID, enrollmentID, personID string, n int) {
	t.Helper()
	const numbers = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) `
	const id = `(?, 1, 24) || substr(cast(1000000000000 + n.i AS TEXT), 2)`
	err := w.DB.Tx(t.Context(), func(ctx context.Context, tx bun.Tx) error {
		for _, s := range []struct {
			statement string
			args      []any
		}{
			{`INSERT INTO people (id, email, name, status, password_hash, made_by, created_at) ` + numbers +
				`SELECT substr` + id + `, 'many' || n.i || '@school.test', 'Many', status, password_hash, made_by, created_at FROM people, n WHERE id = ?`,
				[]any{n, personID, personID}},
			{`INSERT INTO enrollments (id, cohort_id, person_id, program, program_version, course_hash, enrolled_at, starts_on) ` + numbers +
				`SELECT substr` + id + `, cohort_id, substr` + id + `, program, program_version, course_hash, enrolled_at, starts_on FROM enrollments, n WHERE id = ?`,
				[]any{n, enrollmentID, personID, enrollmentID}},
			{`INSERT INTO quiz_attempts (id, enrollment_id, module, number, state, draw, started_at, deadline, submitted_at, closed_by, correct, asked, score_percent, passed, critical_missed) ` + numbers +
				`SELECT substr` + id + `, substr` + id + `, module, number, state, draw, started_at, deadline, submitted_at, closed_by, correct, asked, score_percent, passed, critical_missed FROM quiz_attempts, n WHERE id = ?`,
				[]any{n, attemptID, enrollmentID, attemptID}},
			{`INSERT INTO quiz_answers (attempt_id, item, revision, response, saved_at) ` + numbers +
				`SELECT substr` + id + `, item, revision, response, saved_at FROM quiz_answers, n WHERE attempt_id = ?`, []any{n, attemptID, attemptID}},
		} {
			if _, err := tx.NewRaw(s.statement, s.args...).Exec(ctx); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// How long the marking of 2,000 attempts takes, and of that how long others
// wait: KAPSTONE_MEASURE=1 go test -run TestHowLongALargeRegradeTakes -v
func TestHowLongALargeRegradeTakes(t *testing.T) {
	if os.Getenv("KAPSTONE_MEASURE") == "" {
		t.Skip("only where it is asked for")
	}
	eachRegrade(t, func(t *testing.T, w *regradeWorld) {
		ctx, e := w.enroll("Bo Knew")
		r := w.took(ctx, e, wrongly{"saf-01": "b"})
		w.multiply(t, r.ID, e.ID, e.PersonID, 1999)
		form := w.form()
		for _, dry := range []bool{true, false} {
			begun := time.Now()
			got := w.regrade(form, dry)
			t.Logf("dry %v: %d attempts, %d now passed, in %v", dry, got.Attempts, got.NowPassed, time.Since(begun).Round(time.Millisecond))
			if got.Attempts != 2000 || got.NowPassed != 2000 {
				t.Errorf("the regrade says %s", numbers(got))
			}
		}
		form.Policy, form.Items = AsCorrected, []Ruling{{"saf-02", Dropped}, {"saf-01", CorrectedKey}}
		form.ToCourse = w.course.Hash() // back: every one fails again, which locks each enrollment's evidence
		begun := time.Now()
		got := w.regrade(form, false)
		t.Logf("back: %d attempts, %d now failed, in %v", got.Attempts, got.NowFailed, time.Since(begun).Round(time.Millisecond))
		if got.NowFailed != 2000 {
			t.Errorf("back, the regrade says %s", numbers(got))
		}
		begun = time.Now()
		a := w.analyze(w.director, AnalysisQuery{Program: program})
		t.Logf("analysis of %d attempts in %v", a.Attempts, time.Since(begun).Round(time.Millisecond))
	})
}
