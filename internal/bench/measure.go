package bench

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// A subject is what is measured: a home or a yardstick.
type subject struct {
	name    string
	addr    string
	cpu     func() map[string]time.Duration
	prepare func(ctx context.Context) error
	jobs    func() []job
	once    bool   // runs until nothing is left
	metrics string // where it can be profiled
}

// savers is how many trainees save at most: each has a dozen items, so many
// are enough to never meet the same answer twice in a batch.
const savers = 512

// subjects are all that a scenario is run on with so many connections.
func (s *stand) subjects(sc *scenario, connections int) (all []*subject) {
	for _, h := range s.homes {
		crowd := h.crowd
		if !sc.once {
			crowd = crowd[:min(len(crowd), max(savers, connections))]
		}
		all = append(all, &subject{
			name: h.name, addr: h.server.addr, cpu: h.cpu, once: sc.once, metrics: h.metrics,
			prepare: func(ctx context.Context) error { return sc.prepare(ctx, h, crowd) },
			jobs: func() (jobs []job) {
				for i := range connections {
					jobs = append(jobs, sc.job(h, crowd[i*len(crowd)/connections:(i+1)*len(crowd)/connections]))
				}
				return jobs
			},
		})
	}
	for _, y := range s.yards {
		all = append(all, &subject{
			name: string(y.kind), addr: y.server.addr, cpu: y.cpu,
			prepare: func(context.Context) error { return nil },
			jobs: func() (jobs []job) {
				for i := range connections {
					jobs = append(jobs, &yard{token: y.token, conn: i})
				}
				return jobs
			},
		})
	}
	return all
}

func (y *yardProcess) cpu() map[string]time.Duration {
	all := map[string]time.Duration{"app": cpuOf(y.server.pid())}
	if y.redis > 0 {
		all["redis"] = cpuOf(y.redis)
	}
	return all
}

// measure runs a scenario: all subjects one after the other, in another random
// order in each round and for each number of connections, so that a mood of
// the machine meets all alike.
func (s *stand) measure(ctx context.Context, sc *scenario) (*Result, error) {
	r := &Result{Scenario: sc.name, What: sc.what, Each: sc.each}
	connections := s.Connections
	if sc.few != nil {
		connections = sc.few
	}
	for round := 1; round <= s.Rounds; round++ {
		for _, i := range s.rng.Perm(len(connections)) {
			n := connections[i]
			all := s.subjects(sc, n)
			for _, j := range s.rng.Perm(len(all)) {
				run, err := s.one(ctx, sc, all[j], round, n)
				if err != nil {
					return r, fmt.Errorf("%s with %d connections: %w", all[j].name, n, err)
				}
				s.say("%s, round %d, %d connections, %s: %.0f/s, p99 %.1f ms, %d failed", sc.name, round, n, run.Subject, run.Rate, float64(run.P99)/1000, run.Failed)
				r.Runs = append(r.Runs, run)
			}
		}
	}
	r.summarize()
	return r, nil
}

// one is one measured run.
func (s *stand) one(ctx context.Context, sc *scenario, sub *subject, round, connections int) (Trial, error) {
	if err := sub.prepare(ctx); err != nil {
		return Trial{}, fmt.Errorf("prepare: %w", err)
	}
	warm, duration := min(s.Duration/4, time.Second), s.Duration
	if sub.once {
		warm, duration = 0, 0
	}
	before, after := make(map[string]time.Duration), make(map[string]time.Duration)
	profiled := make(chan error, 1)
	if sub.metrics != "" && sc.name == "save" {
		go func() { profiled <- s.profile(ctx, sub, connections) }()
	} else {
		profiled <- nil
	}
	spanned := drive(ctx, sub.addr, sub.jobs(), warm, duration, func(begins bool) {
		to := after
		if begins {
			to = before
		}
		for process, used := range sub.cpu() {
			to[process] = used
		}
		to[generator] = generatorCPU()
	})
	for process := range after {
		after[process] -= before[process]
	}
	if err := <-profiled; err != nil {
		return Trial{}, err
	}
	return runOf(round, sub.name, connections, spanned, after), ctx.Err()
}

// profile fetches a CPU profile of a run from the product.
func (s *stand) profile(ctx context.Context, sub *subject, connections int) error {
	seconds := max(1, int(s.Duration.Seconds()))
	req, err := http.NewRequestWithContext(ctx, "GET", fmt.Sprintf("http://%s/debug/pprof/profile?seconds=%d", sub.metrics, seconds), nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("profile: %w", err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("profile: status %d", res.StatusCode)
	}
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(s.Profile, fmt.Sprintf("save-%s-%d.pprof", sub.name, connections)), data, 0o600)
}

// freeAddress returns an address of loopback that nobody uses.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}
