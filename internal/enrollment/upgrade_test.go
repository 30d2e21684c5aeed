package enrollment_test

import (
	"context"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/dbtest"
	"github.com/kapstone-lms/kapstone/migrations"
)

// Who was enrolled before there was an effective date began on the day of
// enrolling.
func TestEarlierEnrollmentsBeganOnTheDayOfEnrolling(t *testing.T) {
	dbtest.EachEmpty(t, func(t *testing.T, url string) {
		before := make(fstest.MapFS)
		err := fs.WalkDir(migrations.FS, ".", func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || name[strings.Index(name, "/"):] >= "/0009" {
				return err
			}
			data, err := fs.ReadFile(migrations.FS, name)
			before[name] = &fstest.MapFile{Data: data}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		old, err := db.Open(t.Context(), url, before)
		if err != nil {
			t.Fatal(err)
		}
		hash := strings.Repeat("a", 64)
		err = old.Tx(t.Context(), func(ctx context.Context, tx bun.Tx) error {
			for _, statement := range []string{
				`INSERT INTO courses VALUES ('` + hash + `', '', 1)`,
				`INSERT INTO program_editions VALUES ('kap', 1, '` + hash + `', 1)`,
				`INSERT INTO people (id, email, name, status, password_hash, made_by, created_at) VALUES ('p', 'a@b.test', 'A', 'active', '$argon2id$', '', 1)`,
				`INSERT INTO cohorts VALUES ('c', 'kap', 'Autumn', '2026-01-01', '2026-12-31', 'UTC', 1)`,
				`INSERT INTO enrollments (id, cohort_id, person_id, program, program_version, course_hash, enrolled_at) VALUES ('e', 'c', 'p', 'kap', 1, '` + hash + `', 1795478399999)`,
			} {
				if _, err := tx.ExecContext(ctx, statement); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := old.Close(); err != nil {
			t.Fatal(err)
		}
		d, err := db.Open(t.Context(), url, migrations.FS)
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		var start, track string
		if err := d.NewRaw(`SELECT starts_on, track FROM enrollments`).Scan(t.Context(), &start, &track); err != nil || start != "2026-11-23" || track != "" {
			t.Errorf("it began on %q with the track %q, %v; want 2026-11-23 and none", start, track, err)
		}
	})
}
