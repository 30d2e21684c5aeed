// Package bench measures the product beside yardsticks, on one machine and in
// one go, and rehearses exams. It starts what it measures as children of its
// own program on loopback, gives them stores of their own, speaks to them over
// HTTP as any client does, and removes everything in the end.
package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"time"

	"github.com/kapstone-lms/kapstone/internal/app"
)

// Options say what to measure. Bounds are checked by Run.
type Options struct {
	Executable  string    // the program, to be started as children
	Log         io.Writer // what children say, and how far the bench is
	Dir         string    // where the data of the installations goes; the system's temporary directory when empty
	DatabaseURL string    // a PostgreSQL server on this machine
	RedisURL    string    // a Redis server on this machine

	Scenarios   []string
	Homes       []string // E and P
	Connections []int
	Rounds      int
	Duration    time.Duration // of a measured run
	Trainees    int
	Graduates   int // the cohort that has done everything
	Seed        uint64
	Profile     string // a directory for CPU profiles of the product under save; none when empty
}

// The bounds of a bench: it is for one machine and an afternoon.
const (
	maxTrainees    = 50_000
	maxConnections = 4096
	maxRounds      = 50
	maxDuration    = 10 * time.Minute
)

func (o *Options) check() error {
	for _, name := range o.Scenarios {
		if !slices.Contains(All(), name) {
			return fmt.Errorf("there is no scenario %q; there are %v, and all", name, All())
		}
	}
	for _, h := range o.Homes {
		if h != Embedded && h != Production {
			return fmt.Errorf("there is no home %q; there are E, embedded, and P, with PostgreSQL and Redis", h)
		}
	}
	most := slices.Max(append(slices.Clone(o.Connections), 0))
	switch {
	case len(o.Scenarios) == 0 || len(o.Homes) == 0 || len(o.Connections) == 0:
		return errors.New("name a scenario, a home and a number of connections at least")
	case slices.Min(o.Connections) < 1 || most > maxConnections:
		return fmt.Errorf("connections are 1 to %d", maxConnections)
	case o.Trainees < most || o.Trainees > maxTrainees:
		return fmt.Errorf("trainees are %d to %d: one at least for each connection", most, maxTrainees)
	case o.Rounds < 1 || o.Rounds > maxRounds || o.Duration <= 0 || o.Duration > maxDuration:
		return fmt.Errorf("rounds are 1 to %d, and a run takes at most %s", maxRounds, maxDuration)
	case o.Graduates < 1 || o.Graduates > 10_000:
		return errors.New("graduates are 1 to 10000")
	}
	return nil
}

// A stand is everything that a bench has started.
type stand struct {
	*Options
	homes []*home
	yards []*yardProcess
	rng   *rand.Rand
}

// A yardProcess is a yardstick that serves.
type yardProcess struct {
	kind   Kind
	server *process
	token  string
	redis  int // the server's process; 0 where the kind needs none
}

// Run measures and reports. What it started has ended when it returns,
// whatever happened.
func Run(ctx context.Context, o Options) (r *Report, err error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	o.say("seed %d", o.Seed)
	s := &stand{Options: &o, rng: rand.New(rand.NewPCG(o.Seed, 0))}
	defer func() { err = errors.Join(err, s.close()) }()
	r = &Report{Machine: describe(ctx), Seed: o.Seed, Rounds: o.Rounds, Trainees: o.Trainees}
	if err := s.open(ctx, &r.Machine); err != nil {
		return r, err
	}
	for _, name := range o.Scenarios {
		i := slices.IndexFunc(scenarios, func(s scenario) bool { return s.name == name })
		result, err := s.measure(ctx, &scenarios[i])
		if err != nil {
			return r, fmt.Errorf("%s: %w", name, err)
		}
		r.Scenarios = append(r.Scenarios, result)
	}
	r.Bars, r.LoadAfter = judge(r.Scenarios), loadAverage()
	return r, ctx.Err()
}

// say tells how far the bench is.
func (o *Options) say(format string, args ...any) { fmt.Fprintf(o.Log, format+"\n", args...) }

// quizMinutes is how long the attempts of the bench stay open: longer than it
// lasts.
const quizMinutes = 600

// open makes and serves the homes and starts the yardsticks.
func (s *stand) open(ctx context.Context, m *Machine) error {
	needs := slices.ContainsFunc(scenarios, func(sc scenario) bool { return sc.needs && slices.Contains(s.Scenarios, sc.name) })
	for _, name := range s.Homes {
		h, err := s.openHome(ctx, name, quizMinutes)
		s.homes = append(s.homes, h)
		if err != nil {
			return err
		}
		began := time.Now()
		err = h.seed(ctx, func(a *app.App) error {
			if err := h.fill(ctx, a, s.Trainees); err != nil || !needs {
				return err
			}
			return h.graduate(ctx, a, s.Graduates)
		})
		if err == nil && s.Profile != "" {
			h.metrics, err = freeAddress()
		}
		if err == nil {
			err = h.serve(ctx)
		}
		if err != nil {
			return fmt.Errorf("home %s: %w", name, err)
		}
		s.say("home %s: %d trainees ready after %.1f s", name, s.Trainees, time.Since(began).Seconds())
		if h.db != nil {
			m.PostgreSQL, _ = h.db.version(ctx)
			m.Redis = h.redis.version(ctx)
		}
	}
	return s.openYards(ctx)
}

func (s *stand) openYards(ctx context.Context) error {
	secret, token, err := yardToken()
	if err != nil {
		return err
	}
	k, err := takeKeyspace(ctx, s.RedisURL) // only to see the server's process
	if err != nil {
		return err
	}
	pid := k.pid
	if err := k.drop(ctx); err != nil {
		return err
	}
	for _, kind := range Kinds {
		p, err := s.start(ctx, []string{secretVariable + "=" + secret}, "bench", "yardstick", "--kind", string(kind), "--redis-url", s.RedisURL)
		if err != nil {
			return err
		}
		y := &yardProcess{kind: kind, server: p, token: token}
		if kind != Bare {
			y.redis = pid
		}
		s.yards = append(s.yards, y)
	}
	return nil
}

func (s *stand) close() error {
	var errs []error
	for _, y := range s.yards {
		errs = append(errs, y.server.stop())
	}
	for _, h := range s.homes {
		errs = append(errs, h.close())
	}
	return errors.Join(errs...)
}

// generatorCPU is what this process has used.
func generatorCPU() time.Duration { return cpuOf(os.Getpid()) }
