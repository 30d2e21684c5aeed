// Package app puts the product together: it opens the stores, gives each
// feature the ones below it, registers the faces, and keeps the background
// ticks going. It holds no rule.
package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/kapstone-lms/kapstone/internal/api"
	"github.com/kapstone-lms/kapstone/internal/attendance"
	"github.com/kapstone-lms/kapstone/internal/credential"
	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/edge"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/internal/experience"
	"github.com/kapstone-lms/kapstone/internal/identity"
	"github.com/kapstone-lms/kapstone/internal/keys"
	"github.com/kapstone-lms/kapstone/internal/kv"
	"github.com/kapstone-lms/kapstone/internal/lease"
	"github.com/kapstone-lms/kapstone/internal/mail"
	"github.com/kapstone-lms/kapstone/internal/notify"
	"github.com/kapstone-lms/kapstone/internal/outbox"
	"github.com/kapstone-lms/kapstone/internal/practicum"
	"github.com/kapstone-lms/kapstone/internal/progress"
	"github.com/kapstone-lms/kapstone/internal/quiz"
	"github.com/kapstone-lms/kapstone/internal/records"
	"github.com/kapstone-lms/kapstone/internal/standing"
	"github.com/kapstone-lms/kapstone/internal/study"
	"github.com/kapstone-lms/kapstone/internal/vetting"
	"github.com/kapstone-lms/kapstone/internal/web"
	"github.com/kapstone-lms/kapstone/migrations"
)

// An App is a running installation: the features, the faces and the ticks.
type App struct {
	api.Services
	Config Config
	Clock  *db.Clock
	Jobs   *outbox.Worker // features register here what they do
	Mail   mail.Sender

	ring    *keys.Ring
	loaded  *curriculum.Course // of the setting, or embedded
	served  *enrollment.Served // nil with a course of the setting
	redis   *kv.Client         // nil without Redis
	fiber   *fiber.App
	routes  []api.Route
	metrics *metrics
	stop    context.CancelFunc
	ticks   sync.WaitGroup

	holder string // this process's name as a holder of leases
	mu     sync.Mutex
	leases map[string]lease.Lease // what it took, by name
}

// New opens an installation. On an error nothing is left open.
func New(ctx context.Context, c Config) (a *App, err error) {
	c = c.withDefaults()
	if err := c.check(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return nil, fmt.Errorf("the data directory cannot be made: %w; choose another with KAPSTONE_DATA", err)
	}
	a = &App{Config: c, metrics: newMetrics(), holder: db.NewID(), leases: make(map[string]lease.Lease)}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.Close(context.WithoutCancel(ctx)))
			a = nil
		}
	}()
	course, err := LoadCourse(c.Course)
	if err != nil {
		return a, err
	}
	if err := a.openStores(ctx); err != nil {
		return a, err
	}
	if err := a.openFeatures(ctx, course); err != nil {
		return a, err
	}
	return a, a.openFaces()
}

func (a *App) openStores(ctx context.Context) error {
	d, err := db.Open(ctx, a.Config.Database(), migrations.FS)
	if err != nil {
		return fmt.Errorf("%w; check DATABASE_URL, or KAPSTONE_DATA for SQLite", err)
	}
	a.DB = d
	if a.Clock, err = db.NewClock(ctx, d); err != nil {
		return err
	}
	if a.Config.RedisURL == "" {
		return nil
	}
	if a.redis, err = kv.Open(a.Config.RedisURL); err != nil {
		return fmt.Errorf("REDIS_URL: %w", err)
	}
	return nil
}

// openFeatures reads like a parts list: each feature is given what lies below.
func (a *App) openFeatures(ctx context.Context, course *curriculum.Course) error {
	now := a.Clock.Now
	a.Jobs = outbox.NewWorker(a.DB, now)
	var err error
	if a.Mail, err = mail.Open(a.Config.SMTPURL, a.Config.MailDir, a.Config.MailFrom, now); err != nil {
		return err
	}
	ring, err := a.openKeys(ctx)
	if err != nil {
		return err
	}
	a.ring = ring
	a.People = identity.New(a.DB, ring, now, identity.Settings{
		Issuer: a.Config.BaseURL, Audience: "kapstone", RequireMFA: a.Config.requireMFA(), Lifted: a.Config.TestMode,
		Words: titles(course), QuickHashes: a.Config.QuickHashes,
	})
	a.Enrollments = enrollment.New(a.DB, a.People, now, a.Config.opening()...)
	if err := a.chooseCourse(ctx, course); err != nil {
		return err
	}
	a.Study = study.New(a.DB, a.Enrollments, now)
	a.Quizzes = quiz.New(a.DB, a.Enrollments, a.liveStore(now), a.Study.Looked, now, quiz.FedBy(a.feed()))
	a.Vetting = vetting.New(a.DB, a.Enrollments.Programs, now)
	a.Practicum = practicum.New(a.DB, a.Enrollments, a.People, ring, now)
	a.Records = records.New(a.DB, a.Enrollments, a.People, now)
	a.Experience = experience.New(a.DB, a.Enrollments, ring, now)
	a.Attendance = attendance.New(a.DB, a.Enrollments, now)
	a.Standing = standing.New(a.DB, a.Enrollments, a.People, now)
	a.Progress = progress.New(a.DB, a.Enrollments, progress.Sources{
		Study: a.Study, Quizzes: a.Quizzes, Practicum: a.Practicum, Experience: a.Experience,
		Records: a.Records, Attendance: a.Attendance, Standing: a.Standing,
	}, now)
	a.Study.GuardedBy(a.Progress)
	a.Quizzes.GuardedBy(a.Progress)
	a.Practicum.GuardedBy(a.Progress)
	a.Jobs.HandleOutside(practicum.SignOffLetter, a.Practicum.Letters(a.Mail, a.Config.BaseURL))
	a.Practicum.AlarmedBy(alarm{a.Standing})
	a.Practicum.KeptBy(a.Standing.Keeps)
	a.Certificates = credential.New(a.DB, a.Enrollments, a.Progress, a.Config.Issuer, now)
	a.Notices = notify.New(a.DB, a.People, a.Enrollments, a.Practicum, a.Mail, a.Config.BaseURL, now)
	a.Notices.Register(a.Jobs)
	return nil
}

func (a *App) openKeys(ctx context.Context) (*keys.Ring, error) {
	master, err := masterKey(a.Config)
	if err != nil {
		return nil, err
	}
	return keyring(ctx, a.DB, master, a.Clock.Now())
}

func (a *App) liveStore(now func() time.Time) quiz.Live {
	if a.redis == nil {
		return quiz.NewProcessLive(now)
	}
	return quiz.NewRedisLive(a.redis, "kapstone:", now)
}

// feed tells those who watch quizzes of the answers in all processes.
func (a *App) feed() quiz.Feed {
	if a.redis == nil {
		return quiz.NewProcessFeed()
	}
	return quiz.NewRedisFeed(a.redis, "kapstone:")
}

func (a *App) openFaces() error {
	a.fiber = edge.New(edge.Options{
		Log: a.Config.Log, TrustedProxies: a.Config.TrustedProxies, Observe: a.metrics.observe,
		TLS: strings.HasPrefix(a.Config.BaseURL, "https://"),
	})
	face, err := api.New(a.fiber, a.Services, api.Options{
		Log: a.Config.Log, Now: a.Clock.Now, Lift: a.Config.TestMode, Examples: a.Config.Examples, Ready: a.ready,
	})
	if err != nil {
		return err
	}
	pages, err := web.New(a.fiber, face.Check, a.Config.Log)
	if err != nil {
		return err
	}
	a.routes = face.Routes()
	for _, p := range pages.Routes() {
		a.routes = append(a.routes, api.Describe(p.Method, p.Path, p.ID, p.Act))
	}
	if a.Config.TestMode {
		a.testHooks()
	}
	return nil
}

// Routes lists every registered route and who may use it.
func (a *App) Routes() []api.Route { return a.routes }

// Handler returns the Fiber app, for tests that need no listener.
func (a *App) Handler() *fiber.App { return a.fiber }

// ready says what is not as it should be. An error means that the server
// cannot serve.
func (a *App) ready(ctx context.Context) (degraded []string, err error) {
	if err := db.Check(a.DB.PingContext(ctx)); err != nil {
		return nil, err
	}
	if a.redis != nil && (a.redis.Ping(ctx).Err() != nil || a.redis.Degraded()) {
		degraded = append(degraded, "redis")
	}
	if dead, err := a.deadJobs(ctx); err != nil {
		return nil, err
	} else if dead {
		degraded = append(degraded, "jobs")
	}
	return degraded, nil
}

// Serve answers on l until ctx ends; then it takes no new request, finishes
// those under way, and returns nil.
func (a *App) Serve(ctx context.Context, l net.Listener) error {
	a.Announce(ctx)
	a.startTicks(ctx)
	failed := make(chan error, 1)
	go func() { failed <- a.fiber.Listener(l) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	a.Quizzes.StopWatching() // streams would hold it up
	if err := a.fiber.ShutdownWithTimeout(graceful); err != nil {
		return fmt.Errorf("stop: %w", err)
	}
	return <-failed
}

// graceful is how long requests under way may take when the server stops.
const graceful = 20 * time.Second

// Close stops the ticks, writes what the journal still holds, and closes the
// stores.
func (a *App) Close(ctx context.Context) error {
	if a.stop != nil {
		a.stop()
	}
	a.ticks.Wait()
	a.releaseLeases(ctx)
	var errs []error
	if a.Quizzes != nil {
		errs = append(errs, a.Quizzes.Close(ctx))
	}
	if a.redis != nil {
		errs = append(errs, a.redis.Close())
	}
	if a.DB != nil {
		errs = append(errs, a.DB.Close())
	}
	return errors.Join(errs...)
}

// titles are the words a password may not consist of.
func titles(c *curriculum.Course) []string {
	var all []string
	for _, p := range c.Programs {
		all = append(all, p.Title)
	}
	return all
}
