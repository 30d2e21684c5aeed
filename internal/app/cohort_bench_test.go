package app_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"
	"golang.org/x/crypto/argon2"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/app"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/dbtest"
	"github.com/kapstone-lms/kapstone/internal/practicum"
)

// DESIGN 6: a cohort of 500 that has done everything, through the routes, in
// both homes: p95 at most 200 ms. Filling the cohort takes most of the time.
//
//	go test ./internal/app -run '^$' -bench CohortProgress
func BenchmarkCohortProgress(b *testing.B) {
	const trainees = 500
	for _, home := range []string{"sqlite", "postgres"} {
		b.Run(home, func(b *testing.B) {
			c := app.Config{Data: b.TempDir()}
			if home == "postgres" {
				c.DatabaseURL, c.RedisURL = dbtest.Postgres(b), dbtest.RedisURL(b)
			}
			f := fillCohort(b, c, trainees)
			path := "/api/v1/cohorts/" + f.cohort + "/progress"
			b.Run("three pages", func(b *testing.B) {
				measure(b, func() {
					cursor := ""
					for n := trainees; n > 0; n -= 200 {
						status, body := f.do("GET", path+"?limit=200&cursor="+cursor, nil)
						if rows := bytes.Count(body, []byte(`"enrollment_id"`)); status != 200 || rows != min(200, n) {
							b.Fatalf("%d, a page of %d rows", status, rows)
						}
						_, rest, _ := bytes.Cut(body, []byte(`"next_cursor":"`))
						next, _, _ := bytes.Cut(rest, []byte(`"`))
						cursor = string(next)
					}
				})
			})
			b.Run("filtered", func(b *testing.B) {
				measure(b, func() {
					status, body := f.do("GET", path+"?blocked_by=printed-name&limit=200", nil)
					if rows := bytes.Count(body, []byte(`"enrollment_id"`)); status != 200 || rows != trainees/10 {
						b.Fatalf("%d, %d rows", status, rows)
					}
				})
			})
			b.Run("sheet", func(b *testing.B) {
				measure(b, func() {
					status, body := f.do("GET", path+".csv", nil)
					if status != 200 || bytes.Count(body, []byte("\r\n")) != trainees+1 {
						b.Fatalf("%d, %d bytes", status, len(body))
					}
				})
			})
		})
	}
}

// A full cohort and the admin who looks at it.
type fullCohort struct {
	*caller
	cohort string
}

// measure runs once over and over and reports how long it took in the middle
// and at its slowest but one in twenty.
func measure(b *testing.B, once func()) {
	once() // fills the caches
	var took []time.Duration
	for b.Loop() {
		start := time.Now()
		once()
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	b.ReportMetric(ms(took[len(took)/2]), "p50-ms")
	b.ReportMetric(ms(took[len(took)*95/100]), "p95-ms")
}

// A filler fills a cohort, partly through the services and partly in SQL: what
// is only evidence is copied, and what is signed is signed.
type filler struct {
	*school
	b     testing.TB
	teach context.Context
}

func fillCohort(b *testing.B, c app.Config, trainees int) *fullCohort {
	b.Helper()
	c.TestMode, c.Log = true, slog.New(slog.DiscardHandler)
	f := &filler{school: newSchool(b, c), b: b}
	f.cohort = f.openCohort("Full", f.instructor)
	f.cheapPassword()
	f.teach = f.as(f.instructor, access.Instructor)
	ctx := b.Context()
	admin := f.as(f.admin, access.Admin)
	for i := range trainees {
		id := db.NewID()
		f.exec(`INSERT INTO people (id, email, name, status, password_hash, made_by, created_at)
			SELECT ?, ?, ?, status, password_hash, made_by, created_at FROM people WHERE id = ?`, id, fmt.Sprintf("t%d@school.test", i), fmt.Sprintf("Trainee %d", i), f.admin.id)
		e, err := f.Enrollments.Enroll(admin, f.cohort, id)
		if err != nil {
			b.Fatal(err)
		}
		f.study(e.ID)
		trainee := access.With(ctx, access.Actor{ID: id, Name: "Trainee", Grants: []access.Grant{{Role: access.Trainee}}})
		for _, phase := range []practicum.Phase{practicum.Preparation, practicum.Medicine, practicum.Integration} {
			f.practice(trainee, e.ID, phase)
		}
		if i%10 > 0 {
			f.exec(`UPDATE enrollments SET printed_name = 'Trainee', name_confirmed_at = 1 WHERE id = ?`, e.ID)
		}
	}
	return &fullCohort{f.admin, f.cohort}
}

// as is a context in which somebody acts.
func (f *filler) as(c *caller, role access.Role) context.Context {
	return access.With(f.b.Context(), access.Actor{ID: c.id, Name: c.name, Grants: []access.Grant{{Role: role}}})
}

func (f *filler) exec(stmt string, args ...any) {
	f.b.Helper()
	err := f.DB.Tx(f.b.Context(), func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewRaw(stmt, args...).Exec(ctx)
		return err
	})
	if err != nil {
		f.b.Fatal(err)
	}
}

// cheapPassword gives the instructor a password that is quick to check, for
// signing 1,500 logs.
func (f *filler) cheapPassword() {
	salt := make([]byte, 16)
	key := argon2.IDKey([]byte(password), salt, 1, 64, 1, 32)
	encode := base64.RawStdEncoding.EncodeToString
	f.exec(`UPDATE people SET password_hash = ? WHERE id = ?`, fmt.Sprintf("$argon2id$v=19$m=64,t=1,p=1$%s$%s", encode(salt), encode(key)), f.instructor.id)
}

// study completes every lesson, passes every quiz and attests.
func (f *filler) study(enrollment string) {
	f.b.Helper()
	var lessons, quizzes []string
	for _, m := range f.Enrollments.Current().Modules {
		quizzes = append(quizzes, fmt.Sprintf("('%s', '%s', '%s', 1, 'submitted', '%s', 1, 3, 2, 'trainee', 9, 10, 90, TRUE, '[]')",
			db.NewID(), enrollment, m.Key, strings.Repeat(`{"items":"about as long as a draw"}`, 20)))
		for _, l := range m.Lessons {
			lessons = append(lessons, fmt.Sprintf("('%s', '%s', 1, 2)", enrollment, l.ID))
		}
	}
	f.exec(`INSERT INTO lesson_progress (enrollment_id, lesson, opened_at, completed_at) VALUES ` + strings.Join(lessons, ", "))
	f.exec(strings.ReplaceAll(`INSERT INTO quiz_attempts (id, enrollment_id, module, number, state, draw, started_at, deadline,
		submitted_at, closed_by, correct, asked, score_percent, passed, critical_missed) VALUES `+strings.Join(quizzes, ", "), "?", ""))
	f.exec(`INSERT INTO experience_attestations (enrollment_id, statement_version, minutes) VALUES (?, '1', 60)`, enrollment)
}

// practice brings a log to its signature.
func (f *filler) practice(trainee context.Context, enrollment string, phase practicum.Phase) {
	f.b.Helper()
	kind, format, minutes, part, attest := practicum.RolePlay, "individual", 60, "lead", true
	year, number := f.Clock.Now().ISOWeek()
	week, frameworks := fmt.Sprintf("%04d-W%02d", year, number), []string{"act"}
	text := strings.Repeat("I noticed my own wish to fill the silence. ", 20)
	l, err := f.Practicum.Create(trainee, enrollment, practicum.Form{
		Kind: &kind, Phase: &phase, Format: &format, Week: &week, Minutes: &minutes, Role: &part, Frameworks: &frameworks, Reflection: &text, Attest: &attest,
	})
	if err == nil {
		_, err = f.Practicum.Submit(trainee, l.ID)
	}
	if err == nil {
		_, err = f.Practicum.Grade(f.teach, l.ID, practicum.Verdict{
			Grades: practicum.Grades{"c1": 3, "c2": 3, "c3": 3, "c4": 3, "c5": 3, "c6": 3, "c7": 3}, ObservedBy: "direct",
			Feedback: strings.Repeat("Steady pace. ", 10),
		})
	}
	if err == nil {
		_, err = f.Practicum.Countersign(f.teach, l.ID, "observed", password, "")
	}
	if err != nil {
		f.b.Fatal(err)
	}
}
