package practicum_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/dbtest"
	"github.com/kapstone-lms/kapstone/internal/practicum"
	"github.com/kapstone-lms/kapstone/internal/schooltest"
	"github.com/kapstone-lms/kapstone/migrations"
)

// DESIGN 6: of 50,000 logs that wait, the next one whole and claimed, p95 at
// most 100 ms, in both homes. One grader has all 500 trainees of the queue, the
// other ten of them; each log is graded, so that the next is another.
//
//	go test ./internal/practicum -run '^$' -bench NextOf50000 -benchtime 300x
func BenchmarkNextOf50000(b *testing.B) {
	for _, home := range []string{"sqlite", "postgres"} {
		b.Run(home, func(b *testing.B) {
			s, few := stocked(b, home, 500, 50_000)
			for name, grader := range map[string]context.Context{"all trainees": s.Instructor, "ten trainees": few} {
				b.Run(name, func(b *testing.B) {
					var next, graded []time.Duration
					for b.Loop() {
						began := time.Now()
						c, err := s.logs.Next(grader, practicum.Want{})
						if err != nil || c == nil {
							b.Fatalf("Next = %v, %v", c, err)
						}
						next = append(next, time.Since(began))
						if _, err := s.logs.Grade(grader, c.ID, verdict()); err != nil {
							b.Fatal(err)
						}
						graded = append(graded, time.Since(began)-next[len(next)-1])
					}
					report(b, "next", next)
					report(b, "grade", graded)
				})
			}
		})
	}
}

// report gives the middle of some times, and the slowest but one in twenty.
func report(b *testing.B, what string, all []time.Duration) {
	slices.Sort(all)
	b.ReportMetric(float64(all[len(all)/2])/float64(time.Millisecond), what+"-p50-ms")
	b.ReportMetric(float64(all[len(all)*95/100])/float64(time.Millisecond), what+"-p95-ms")
}

// stocked is a school with so many trainees and logs that wait, and a
// supervisor who has ten of the trainees beside the instructor.
func stocked(b *testing.B, home string, trainees, logs int) (s *school, few context.Context) {
	b.Helper()
	var d *db.DB
	if home == "postgres" {
		var err error
		if d, err = db.Open(b.Context(), dbtest.Postgres(b), migrations.FS); err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = d.Close() })
	} else {
		d = dbtest.Open(b)
	}
	s = &school{School: schooltest.New(b, d)}
	s.logs = practicum.New(d, s.Enrollments, s.People, s.Ring, s.Clock.Now)
	trainee, e := s.Trainee("Noor Vance", s.Cohort)
	s.trainee, s.enrollment = trainee, e.ID
	l, err := s.logs.Create(s.trainee, e.ID, rolePlay(practicum.Preparation))
	if err == nil {
		_, err = s.logs.Submit(s.trainee, l.ID)
	}
	if err != nil {
		b.Fatal(err)
	}
	few = s.Person("Sam Supervisor", access.Grant{Role: access.Supervisor, Program: s.Program})
	ids := s.copies(b, trainees, access.From(few).ID)
	if err := s.logs.Stock(b.Context(), l.ID, ids, logs); err != nil {
		b.Fatal(err)
	}
	return s, few
}

// copies enrolls so many more like the school's trainee. The first ten are
// supervised by somebody by name, and by the instructor.
func (s *school) copies(b *testing.B, n int, supervisor string) (ids []string) {
	b.Helper()
	err := s.DB.Tx(b.Context(), func(ctx context.Context, tx bun.Tx) error {
		for i := range n {
			person, id := db.NewID(), db.NewID()
			ids = append(ids, id)
			for _, stmt := range []struct {
				text string
				args []any
			}{
				{`INSERT INTO people SELECT ?, ?, name, license_number, status, password_hash, made_by, created_at, version FROM people WHERE id = ?`,
					[]any{person, fmt.Sprintf("copy%d@school.test", i), access.From(s.trainee).ID}},
				{`INSERT INTO enrollments (id, cohort_id, person_id, program, program_version, course_hash, track, starts_on, enrolled_at, printed_name, version)
					SELECT ?, cohort_id, ?, program, program_version, course_hash, track, starts_on, enrolled_at, printed_name, version FROM enrollments WHERE id = ?`,
					[]any{id, person, s.enrollment}},
			} {
				if _, err := tx.NewRaw(stmt.text, stmt.args...).Exec(ctx); err != nil {
					return err
				}
			}
			for _, who := range []string{supervisor, access.From(s.Instructor).ID} {
				if i >= 10 {
					continue
				}
				if _, err := tx.NewRaw(`INSERT INTO enrollment_supervisors VALUES (?, ?)`, id, who).Exec(ctx); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	return ids
}
