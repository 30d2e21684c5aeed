package app_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/app"
	"github.com/kapstone-lms/kapstone/internal/db"
)

// How much a filled school has: about what a few years leave behind in a
// middling one.
const (
	filledTrainees = 2000
	filledCohorts  = 100
)

// filledSchool is an ample school with copies of everything by the thousand,
// which only stand there: so many that a database sees what an index is for.
func filledSchool(t testing.TB, c app.Config) *ampleSchool {
	t.Helper()
	s := newAmpleSchool(t, c, 3)
	s.quiz("science")
	var done string // an enrollment that has everything
	if err := s.DB.NewRaw(`SELECT min(id) FROM enrollments WHERE cohort_id = ?`, s.full).Scan(t.Context(), &done); err != nil {
		t.Fatal(err)
	}
	var (
		person, cohort, enrollment = made("a", "n.i"), made("b", "n.i"), made("c", "n.i")
		own                        = set{"id": made("d", "row_number() OVER ()"), "enrollment_id": enrollment}
	)
	s.copy("people", filledTrainees, "id", s.trainee.id, set{"id": person, "email": "'f' || n.i || '@school.test'"})
	s.copy("grants", filledTrainees, "person_id", s.trainee.id, set{"person_id": person})
	s.copy("sessions", filledTrainees, "person_id", s.trainee.id, set{"id": made("e", "row_number() OVER ()"), "person_id": person})
	s.copy("cohorts", filledCohorts, "id", s.full, set{"id": cohort})
	s.copy("cohort_instructors", filledCohorts, "cohort_id", s.full, set{"cohort_id": cohort, "person_id": made("a", "n.i % 20 + 1")})
	s.copy("enrollments", filledTrainees, "id", done, set{"id": enrollment, "person_id": person, "cohort_id": made("b", fmt.Sprintf("n.i %% %d + 1", filledCohorts))})
	s.copy("events", 20*filledCohorts, "cohort_id", s.full, set{"id": made("d", "row_number() OVER ()"), "cohort_id": made("b", fmt.Sprintf("n.i %% %d + 1", filledCohorts))})
	s.copy("lesson_progress", filledTrainees, "enrollment_id", done, set{"enrollment_id": enrollment})
	s.copy("quiz_attempts", filledTrainees, "enrollment_id", done, own.and(set{"submitted_at": "t.submitted_at + n.i"}))
	s.copy("practicum_logs", filledTrainees, "enrollment_id", done, own)
	s.copy("practicum_logs", filledTrainees/20, "enrollment_id", s.enrollment, own.and(set{"id": made("f", "row_number() OVER ()"), "submitted_at": "t.submitted_at + n.i"}))
	s.copy("records", filledTrainees/20, "enrollment_id", s.enrollment, own.and(set{"entered_at": "t.entered_at + n.i"}))
	s.copy("holds", filledTrainees/20, "enrollment_id", s.enrollment, own)
	s.copy("certificates", filledTrainees, "enrollment_id", done, own.and(set{"serial": "t.serial || n.i", "code": "substr(t.code, 1, 14) || (100000000000 + n.i)"}))
	s.copy("audit_entries", 20*filledTrainees, "seq", "1", set{"seq": "100000 + n.i", "hash": "substr(t.hash, 1, 52) || (100000000000 + n.i)",
		"action": "'quiz.filled_' || n.i % 20", "object": made("c", fmt.Sprintf("n.i %% %d + 1", filledTrainees)), "actor_id": made("a", fmt.Sprintf("n.i %% %d + 1", filledTrainees))})
	s.fill(`INSERT INTO quiz_answers SELECT t.id, 'q' || n.i, 1, '["a"]', t.started_at + 1 FROM quiz_attempts t, ` + numbers(4) + ` WHERE t.enrollment_id LIKE '0c%'`)
	s.trainee.want(201, "POST", s.at("modules/therapeutic_container/attempts"), nil, nil)
	s.fill(`UPDATE quiz_attempts SET number = 2 WHERE state = 'open'`)
	s.copy("quiz_attempts", filledTrainees/2, "state", "open", own.and(set{"id": made("f", "n.i"), "deadline": "t.deadline + n.i"}))
	s.fill(fmt.Sprintf(`INSERT INTO enrollment_deeds (id, enrollment_id, number, kind, effective_on, days, reason, done_by, done_at, letter)
		SELECT %s, %s, 1, 'extension', '2026-11-20', 7, 'Ill.', '%s', 1, 'A letter.' FROM %s`, made("d", "n.i"), enrollment, s.admin.id, numbers(filledTrainees/4)))
	s.fill(`INSERT INTO quiz_regrades (id, program, module, number, items, policy, reason, regraded_by, regraded_at)
		VALUES ('r', 'kap_foundation', 'science', 1, '[]', 'as_corrected', 'A wrong key.', '` + s.admin.id + `', 1)`)
	s.fill(`INSERT INTO quiz_regraded (attempt_id, round, regrade_id, regraded_at, old_correct, old_asked, old_percent, old_passed, old_critical_missed,
			new_correct, new_asked, new_percent, new_passed, new_critical_missed)
		SELECT id, 1, 'r', 1, correct, asked, score_percent, passed, '[]', correct, asked, score_percent, passed, '[]' FROM quiz_attempts WHERE module = 'science' AND state = 'submitted'`)
	s.fill("ANALYZE")
	return s
}

// A set says what the columns of a copy are, as expressions of t, the row that
// is copied, and n.i, the number of the copy.
type set map[string]string

func (s set) and(more set) set {
	all := maps.Clone(s)
	maps.Copy(all, more)
	return all
}

// made is an expression for an id that was never given: its kind, and a number.
func made(kind, number string) string {
	return fmt.Sprintf("'0%s000000-0000-7000-8000-' || (100000000000 + %s)", kind, number)
}

// numbers is a table n of the numbers from 1 on.
func numbers(n int) string {
	return fmt.Sprintf("(WITH RECURSIVE c (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < %d) SELECT i FROM c) AS n", n)
}

// copy copies the rows of a table that have a value, n times.
func (s *ampleSchool) copy(table string, n int, column, value string, set set) {
	s.b.Helper()
	rows, err := s.DB.QueryContext(s.b.Context(), "SELECT * FROM "+table+" WHERE 1 = 0")
	if err != nil {
		s.b.Fatal(err)
	}
	columns, err := rows.Columns()
	rows.Close()
	if err != nil {
		s.b.Fatal(err)
	}
	for c := range set {
		if !slices.Contains(columns, c) {
			s.b.Fatalf("%s has no column %s", table, c)
		}
	}
	values := make([]string, len(columns))
	for i, c := range columns {
		values[i] = "t." + c
		if set[c] != "" {
			values[i] = set[c]
		}
	}
	if column != "seq" {
		value = "'" + value + "'"
	}
	s.fill(fmt.Sprintf("INSERT INTO %s (%s) SELECT %s FROM %s t, %s WHERE t.%s = %s", table, strings.Join(columns, ", "), strings.Join(values, ", "), table, numbers(n), column, value))
}

// fill runs a statement that may take its time.
func (s *ampleSchool) fill(stmt string) {
	s.b.Helper()
	err := s.DB.Tx(s.b.Context(), func(ctx context.Context, tx bun.Tx) error {
		if db.Postgres(tx) {
			if _, err := tx.Tx.ExecContext(ctx, "SET LOCAL statement_timeout = 0"); err != nil {
				return err
			}
		}
		_, err := tx.Tx.ExecContext(ctx, stmt)
		return err
	})
	if err != nil {
		s.b.Fatalf("%v\n%s", err, stmt)
	}
}

// plan asks how a statement is run: a line for each step, as deep as it lies.
// With forced, PostgreSQL reads a table from end to end, or sorts, only where it
// has no other way.
func (s *ampleSchool) plan(st statement, forced bool) (steps []string) {
	s.b.Helper()
	err := s.DB.Tx(s.b.Context(), func(ctx context.Context, tx bun.Tx) (err error) {
		if !db.Postgres(tx) {
			steps, err = planSQLite(ctx, tx, st)
			return err
		}
		if forced {
			if _, err := tx.Tx.ExecContext(ctx, "SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off; SET LOCAL enable_incremental_sort = off"); err != nil {
				return err
			}
		}
		rows, err := tx.Tx.QueryContext(ctx, "EXPLAIN (COSTS OFF) "+st.text, st.args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var step string
			if err := rows.Scan(&step); err != nil {
				return err
			}
			steps = append(steps, step)
		}
		return rows.Err()
	})
	if err != nil {
		s.b.Fatalf("%v\n%s", err, st.text)
	}
	return steps
}

func planSQLite(ctx context.Context, tx bun.Tx, st statement) (steps []string, err error) {
	rows, err := tx.Tx.QueryContext(ctx, "EXPLAIN QUERY PLAN "+st.text, st.args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	depth := map[int]int{0: -1}
	for rows.Next() {
		var id, parent, unused int
		var step string
		if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
			return nil, err
		}
		depth[id] = depth[parent] + 1
		steps = append(steps, strings.Repeat("  ", depth[id])+step)
	}
	return steps, rows.Err()
}
