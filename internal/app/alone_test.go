package app

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/dbtest"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/internal/identity"
	"github.com/kapstone-lms/kapstone/internal/lease"
	"github.com/kapstone-lms/kapstone/internal/outbox"
)

// A safeLog may be written by several ticks at once.
type safeLog struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (l *safeLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.Write(p)
}

func (l *safeLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.String()
}

// twoProcesses opens one installation twice, as two processes have it: each
// with memory and connections of its own.
func twoProcesses(t *testing.T, f func(t *testing.T, a, b *App, log *safeLog)) {
	dbtest.EachURL(t, func(t *testing.T, url string) {
		log := new(safeLog)
		c := Config{Data: t.TempDir(), TestMode: true, Log: slog.New(slog.NewTextHandler(log, nil))}
		if db.IsPostgres(url) {
			c.DatabaseURL, c.RedisURL = url, dbtest.RedisURL(t)
		}
		var both [2]*App
		for i := range both {
			a, err := New(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := a.Close(context.Background()); err != nil {
					t.Error(err)
				}
			})
			both[i] = a
		}
		f(t, both[0], both[1], log)
	})
}

// advance moves the clock for both processes.
func advance(t *testing.T, d time.Duration, a, b *App) {
	t.Helper()
	if err := errors.Join(a.Clock.Advance(t.Context(), d), b.Clock.Sync(t.Context())); err != nil {
		t.Fatal(err)
	}
}

// once returns a step that counts how often it runs.
func once(ran *int) func(context.Context) (bool, error) {
	return func(context.Context) (bool, error) { *ran++; return false, nil }
}

// Issue 4.7: what is done once for the installation is done by one process; it
// is taken over when that one dies, and at once when it stops.
func TestATickRunsInOneProcess(t *testing.T) {
	twoProcesses(t, func(t *testing.T, a, b *App, _ *safeLog) {
		var byA, byB int
		tickA, tickB := a.alone("work", once(&byA)), b.alone("work", once(&byB))
		run := func(ticks ...func(context.Context) error) {
			t.Helper()
			for _, tick := range ticks {
				if err := tick(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
		}
		want := func(when string, wantA, wantB int) {
			t.Helper()
			if byA != wantA || byB != wantB {
				t.Errorf("%s: it ran %d times here and %d times there, want %d and %d", when, byA, byB, wantA, wantB)
			}
		}
		run(tickA, tickB, tickA, tickB)
		want("while both live", 2, 0)
		advance(t, leaseTTL+time.Second, a, b) // a is dead, or stands still
		run(tickB, tickA)
		want("when one died", 2, 1)
		b.releaseLeases(t.Context())
		run(tickA, tickB)
		want("when one stopped", 3, 1)
	})
}

// PROMISES 1: a process that stood still in the middle of a tick does not use
// the lease that it lost meanwhile.
func TestATickThatStoodStillWritesNothing(t *testing.T) {
	twoProcesses(t, func(t *testing.T, a, b *App, log *safeLog) {
		var byB int
		err := a.alone("work", func(ctx context.Context) (bool, error) {
			advance(t, leaseTTL+time.Second, a, b)
			if err := b.alone("work", once(&byB))(t.Context()); err != nil {
				t.Error(err)
			}
			err := a.DB.Tx(ctx, func(context.Context, bun.Tx) error {
				t.Error("a transaction of the stale process runs")
				return nil
			})
			if !errors.Is(err, lease.ErrLost) {
				t.Errorf("the stale process's transaction ended with %v, want ErrLost", err)
			}
			return true, err
		})(t.Context())
		if err != nil || byB != 1 || strings.Count(log.String(), "another process goes on") != 1 {
			t.Errorf("the stale tick ended with %v, the other ran %d times; the log: %s", err, byB, log)
		}
	})
}

// Both processes close overdue attempts at once, also when the lease changes
// hands in the middle: each attempt is closed once, by its deadline.
func TestOverdueAttemptsAreClosedOnceByTwoProcesses(t *testing.T) {
	twoProcesses(t, func(t *testing.T, a, b *App, _ *safeLog) {
		admin := access.With(t.Context(), access.Actor{ID: somebody(t, a, access.Admin), Grants: []access.Grant{{Role: access.Admin}}})
		cohort, err := a.Enrollments.OpenCohort(admin, enrollment.Cohort{
			Program: "kap_foundation", Name: "Autumn", StartsOn: "2026-11-02", EndsOn: "2027-06-30", TimeZone: "UTC"})
		if err != nil {
			t.Fatal(err)
		}
		const attempts = 6
		for range attempts {
			id := somebody(t, a, access.Trainee)
			e, err := a.Enrollments.Enroll(admin, cohort.ID, id)
			if err == nil {
				trainee := access.With(t.Context(), access.Actor{ID: id, Grants: []access.Grant{{Role: access.Trainee}}})
				_, _, err = a.Quizzes.Start(trainee, e.ID, "science")
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		advance(t, 24*time.Hour, a, b)
		var wg sync.WaitGroup
		for _, p := range []*App{a, b, a, b} {
			wg.Go(func() {
				if err := p.alone("close", p.closeOverdue)(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		rows, err := audit.List(admin, a.DB, audit.Query{Action: "quiz.submitted", Limit: 100})
		if err != nil || len(rows) != attempts {
			t.Errorf("%d attempts were closed, %v, want each of %d once", len(rows), err, attempts)
		}
	})
}

func somebody(t *testing.T, a *App, role access.Role) string {
	t.Helper()
	made, err := a.People.CreateFromShell(t.Context(), identity.NewPerson{
		Email: db.NewID() + "@school.test", Name: "Some Body", Password: "seven quiet harbors at dusk",
		Grants: []access.Grant{{Role: role}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return made.Person.ID
}

// A job that was given up degrades the server, until somebody revives it.
func TestDeadJobsAreSaid(t *testing.T) {
	twoProcesses(t, func(t *testing.T, a, _ *App, log *safeLog) {
		broken := true
		a.Jobs.Handle("test", func(context.Context, bun.Tx, *outbox.Job) error {
			if broken {
				return errors.New("out of order")
			}
			return nil
		})
		want := func(degraded, gauge string) {
			t.Helper()
			if err := a.runJobs(t.Context()); err != nil {
				t.Fatal(err)
			}
			names, err := a.ready(t.Context())
			if got := strings.Join(names, " "); err != nil || got != degraded {
				t.Errorf("ready says %q, %v, want %q", got, err, degraded)
			}
			w := httptest.NewRecorder()
			a.MetricsServer().Handler.ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
			if !strings.Contains(w.Body.String(), gauge+"\n") {
				t.Errorf("the metrics do not say %q", gauge)
			}
		}
		now := a.Clock.Now()
		deed := func(f func(ctx context.Context, tx bun.Tx) error) {
			t.Helper()
			if err := a.DB.Tx(t.Context(), f); err != nil {
				t.Fatal(err)
			}
		}
		deed(func(ctx context.Context, tx bun.Tx) error { return outbox.Put(ctx, tx, "test", "one", nil, now) })
		want("", `kapstone_jobs{state="waiting"} 1`)
		if !strings.Contains(log.String(), "out of order") {
			t.Errorf("the log does not say what failed: %s", log)
		}
		deed(func(ctx context.Context, tx bun.Tx) error {
			_, err := tx.ExecContext(ctx, `UPDATE jobs SET tries = 21, run_at = 0`)
			return err
		})
		want("jobs", `kapstone_jobs{state="dead"} 1`)
		dead, err := outbox.DeadLetters(t.Context(), a.DB, "", 10)
		if err != nil || len(dead) != 1 {
			t.Fatalf("dead letters %v, %v", dead, err)
		}
		broken = false
		deed(func(ctx context.Context, tx bun.Tx) error { return outbox.Revive(ctx, tx, dead[0].ID, now) })
		want("", `kapstone_jobs{state="dead"} 0`)
	})
}
