package practicum_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/dbtest"
	"github.com/kapstone-lms/kapstone/internal/practicum"
	"github.com/kapstone-lms/kapstone/internal/schooltest"
)

// A row that was seen once costs no key any more, signed or not.
func TestWhatWasSeenIsRemembered(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		s.at(t, practicum.Draft)
		s.at(t, practicum.Countersigned)
		first := s.evidence(t)
		s.logs.LoseKeys()
		if d := cmp.Diff(first, s.evidence(t)); d != "" {
			t.Errorf("seen again (-first +again):\n%s", d)
		}
	})
}

// What comes out belongs to the caller: changing it changes no later answer.
func TestNobodyWritesInTheMemory(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		s.at(t, practicum.Countersigned)
		s.evidence(t)[0].Grades["c2"] = 1
		if got := s.evidence(t)[0].Grades["c2"]; got != good["c2"] {
			t.Errorf("the grade is %d, want %d", got, good["c2"])
		}
	})
}

// unsignedColumns are what a signature is not about: see TestEveryFieldIsUnderTheSignature.
var unsignedColumns = map[string]bool{
	"status": true, "version": true, "created_at": true, "updated_at": true, "return_reason": true, "id": true, "log_id": true, "enrollment_id": true,
}

// changedBy is any value made another one of the same length, as an expression
// of SQLite; what is empty gets a letter.
const changedBy = `CASE typeof(?0)
	WHEN 'text' THEN CASE ?0 WHEN '' THEN 'x' ELSE substr(?0, 1, length(?0) - 1) || CASE substr(?0, -1) WHEN 'x' THEN 'y' ELSE 'x' END END
	WHEN 'blob' THEN CASE length(?0) WHEN 0 THEN x'07' ELSE CAST(substr(?0, 1, length(?0) - 1) || CASE substr(?0, -1) WHEN x'07' THEN x'08' ELSE x'07' END AS BLOB) END
	WHEN 'integer' THEN ?0 + 1
	ELSE 1 END`

var errBack = errors.New("back")

// Whatever column of a signed log is changed in SQL, a process that remembers
// the log says the same as one that has never seen it; and unless the column is
// beside the signature, that the log does not hold. Columns that are added
// later are under test without a line more.
func TestWhateverChangesInARowIsSeen(t *testing.T) {
	s := &school{School: schooltest.New(t, dbtest.Open(t))}
	s.logs = practicum.New(s.DB, s.Enrollments, s.People, s.Ring, s.Clock.Now)
	trainee, e := s.Trainee("Noor Vance", s.Cohort)
	s.trainee, s.enrollment = trainee, e.ID
	log := s.at(t, practicum.Countersigned)
	n := 0
	for table, key := range map[string]string{"practicum_logs": "id", "practicum_cases": "log_id"} {
		for _, column := range columnsOf(t, s.DB, table) {
			n++
			s.evidence(t) // remembered as it is
			err := s.DB.Tx(t.Context(), func(ctx context.Context, tx bun.Tx) error {
				for _, stmt := range []string{"PRAGMA ignore_check_constraints = ON", "PRAGMA defer_foreign_keys = ON"} {
					if _, err := tx.ExecContext(ctx, stmt); err != nil {
						return err
					}
				}
				res, err := tx.NewRaw("UPDATE ?1 SET ?0 = "+changedBy+" WHERE ?2 = ?3", bun.Ident(column), bun.Ident(table), bun.Ident(key), log.ID).Exec(ctx)
				if err := db.One(res, err, db.ErrNone); err != nil {
					return fmt.Errorf("change %s.%s: %w", table, column, err)
				}
				fresh := practicum.New(s.DB, s.Enrollments, s.People, s.Ring, s.Clock.Now)
				got, err1 := s.logs.Evidence(ctx, tx, []string{e.ID})
				want, err2 := fresh.Evidence(ctx, tx, []string{e.ID})
				if d := cmp.Diff(want, got); d != "" || (err1 == nil) != (err2 == nil) {
					t.Errorf("with another %s.%s a process that never saw the log and one that did differ (-never +did): %v, %v\n%s", table, column, err2, err1, d)
				}
				for _, x := range got[e.ID] {
					if x.Intact && !unsignedColumns[column] && !(table == "practicum_cases" && column == "id") && column != "return_message" {
						t.Errorf("with another %s.%s the log still holds", table, column)
					}
				}
				return errBack
			})
			if !errors.Is(err, errBack) {
				t.Fatal(err)
			}
		}
	}
	if got := s.evidence(t); n < 40 || len(got) != 1 || !got[0].Intact {
		t.Errorf("%d columns were changed; at last the evidence is %+v", n, got)
	}
}

func columnsOf(t *testing.T, d *db.DB, table string) []string {
	t.Helper()
	var names []string
	err := d.NewRaw("SELECT name FROM pragma_table_info(?)", table).Scan(t.Context(), &names)
	if err != nil || len(names) == 0 {
		t.Fatalf("%s has the columns %v, %v", table, names, err)
	}
	return names
}
