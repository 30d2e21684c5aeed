package bench

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/app"
	"github.com/kapstone-lms/kapstone/internal/credential"
	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/internal/identity"
	"github.com/kapstone-lms/kapstone/migrations"
)

// The homes of an installation.
const (
	Embedded   = "E" // SQLite, live state in the process
	Production = "P" // PostgreSQL and Redis
)

// A home is an installation of the bench: made up, filled, served by a child,
// and removed.
type home struct {
	name   string
	o      *Options
	dir    string
	config app.Config
	course *curriculum.Course
	key    answerKey
	db     *database // nil in E
	redis  *keyspace // nil in E
	server *process  // nil before it serves
	boot   time.Duration

	metrics string // where the child can be profiled; "" for nowhere

	admin  *trainee // an admin of all programs
	cohort string
	crowd  []*trainee
	full   string   // the cohort that has done everything; "" where no scenario needs it
	codes  []string // of issued certificates
}

// A trainee is somebody of the crowd, signed in, as the generator knows them.
type trainee struct {
	person     string
	email      string
	access     string // token
	refresh    string // token
	until      time.Time
	renew      sync.Mutex // guards the tokens where two requests may be under way
	enrollment string
	module     int    // whose quiz is taken, an index of the course's
	tries      int    // of that quiz, so far
	sheet      *sheet // of the open attempt, nil without one
}

// password is that of everybody in the bench.
const password = "seven quiet harbors at dusk"

// openHome makes an installation with a course of its own and empty stores.
// Whatever it made, close removes, after an error too.
func (o *Options) openHome(ctx context.Context, name string, minutes int) (h *home, err error) {
	h = &home{name: name, o: o}
	if h.dir, err = os.MkdirTemp(o.Dir, "kapstone-bench-"); err != nil {
		return h, err
	}
	h.config = app.Config{
		Data: filepath.Join(h.dir, "data"), Course: filepath.Join(h.dir, "course"), BaseURL: "http://127.0.0.1",
		TestMode: true, RequireMFA: "off", Log: slog.New(slog.DiscardHandler),
		Issuer: credential.Issuer{
			Name: "Bench", Address: "1 Example Street", SignatoryName: "Nobody", SignatoryTitle: "Director (fictional)", Specimen: true,
		},
	}
	if h.course, err = writeCourse(h.config.Course, minutes); err != nil {
		return h, err
	}
	h.key = keyOf(h.course)
	if name == Embedded {
		return h, nil
	}
	if h.db, err = makeDatabase(ctx, o.DatabaseURL); err != nil {
		return h, err
	}
	h.config.DatabaseURL = h.db.url
	if h.redis, err = takeKeyspace(ctx, o.RedisURL); err != nil {
		return h, err
	}
	h.config.RedisURL = h.redis.url
	return h, nil
}

// close ends the child and removes everything.
func (h *home) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	errs := []error{h.stop()}
	if h.db != nil {
		errs = append(errs, h.db.drop(ctx))
	}
	if h.redis != nil {
		errs = append(errs, h.redis.drop(ctx))
	}
	if h.dir != "" {
		errs = append(errs, os.RemoveAll(h.dir))
	}
	return errors.Join(errs...)
}

// seed opens the installation in this process and lets f fill it.
func (h *home) seed(ctx context.Context, f func(a *app.App) error) (err error) {
	a, err := app.New(ctx, h.config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close(context.WithoutCancel(ctx))) }()
	return f(a)
}

// fill makes an admin, a cohort and n trainees in it, all signed in.
func (h *home) fill(ctx context.Context, a *app.App, n int) error {
	boss, err := a.People.Crowd(ctx, 1, password, access.Grant{Role: access.Admin})
	if err != nil {
		return err
	}
	h.admin = signedIn(boss[0])
	asAdmin := h.as(ctx)
	if h.cohort, err = openCohort(asAdmin, a); err != nil {
		return err
	}
	guests, err := a.People.Crowd(ctx, n, password, access.Grant{Role: access.Trainee, Program: h.course.Default().Key})
	if err != nil {
		return err
	}
	ids := make([]string, n)
	for i, g := range guests {
		ids[i] = g.ID
	}
	enrolled, err := a.Enrollments.EnrollAll(asAdmin, h.cohort, ids)
	if err != nil {
		return err
	}
	for i, g := range guests {
		t := signedIn(g)
		t.enrollment = enrolled[i].ID
		h.crowd = append(h.crowd, t)
	}
	return nil
}

func openCohort(asAdmin context.Context, a *app.App) (string, error) {
	today := a.Clock.Now()
	c, err := a.Enrollments.OpenCohort(asAdmin, enrollment.Cohort{
		Program: a.Enrollments.Current().Default().Key, Name: "Bench", TimeZone: "UTC",
		StartsOn: today.AddDate(0, 0, -7).Format(time.DateOnly), EndsOn: today.AddDate(1, 0, 0).Format(time.DateOnly),
	})
	if err != nil {
		return "", err
	}
	return c.ID, nil
}

// as returns a context in which the admin acts.
func (h *home) as(ctx context.Context) context.Context {
	return access.With(ctx, access.Actor{ID: h.admin.person, Name: "Bench", Address: "127.0.0.1", RequestID: "bench", Grants: []access.Grant{{Role: access.Admin}}})
}

func signedIn(g identity.Guest) *trainee {
	return &trainee{person: g.ID, email: g.Email, access: g.Tokens.Access, refresh: g.Tokens.Refresh, until: time.Now().Add(g.Tokens.ExpiresIn)}
}

// serve starts the child.
func (h *home) serve(ctx context.Context) (err error) {
	args := []string{
		"serve", "--insecure-test-mode", "--listen", "127.0.0.1:0", "--data", h.config.Data, "--course", h.config.Course,
		"--base-url", h.config.BaseURL, "--require-mfa", "off", "--log-level", "error",
	}
	if h.metrics != "" {
		args = append(args, "--metrics", h.metrics)
	}
	var env []string
	if h.name == Production {
		env = []string{"DATABASE_URL=" + h.config.DatabaseURL, "REDIS_URL=" + h.config.RedisURL}
	}
	began := time.Now()
	h.server, err = h.o.start(ctx, env, args...)
	h.boot = time.Since(began)
	return err
}

// stop ends the child.
func (h *home) stop() error {
	if h.server == nil {
		return nil
	}
	if err := h.server.stop(); err != nil {
		return fmt.Errorf("home %s: %w", h.name, err)
	}
	return nil
}

// record opens the installation's database beside the child, to read.
func (h *home) record(ctx context.Context) (*db.DB, error) {
	return db.Open(ctx, h.config.Database(), migrations.FS)
}

// CPU of the processes that serve a home.
func (h *home) cpu() map[string]time.Duration {
	all := map[string]time.Duration{"app": cpuOf(h.server.pid())}
	if h.db != nil && h.db.pid > 0 {
		all["postgres"] = familyCPU(h.db.pid)
	}
	if h.redis != nil && h.redis.pid > 0 {
		all["redis"] = cpuOf(h.redis.pid)
	}
	return all
}
