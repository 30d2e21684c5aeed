package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"time"

	"github.com/kapstone-lms/kapstone/internal/bench"
)

type benchCmd struct {
	Run       benchRunCmd       `cmd:"" default:"withargs" help:"Measure the product beside yardsticks: save, quiz, start, deadline, resume, cohort, verify or all."`
	Exam      benchExamCmd      `cmd:"" help:"Rehearse an exam and hold every acknowledged answer against what was graded."`
	Yardstick benchYardstickCmd `cmd:"" hidden:""`
}

// benchStores are the servers of a bench and how it reports.
type benchStores struct {
	DatabaseURL string `help:"A PostgreSQL server on this machine; the bench makes a database of its own there and drops it." default:"postgres://postgres@127.0.0.1:5432/postgres?sslmode=disable" env:"DATABASE_URL"`
	RedisURL    string `help:"A Redis server on this machine; the bench takes an empty numbered database of it." default:"redis://127.0.0.1:6379" env:"REDIS_URL"`
	Dir         string `help:"Where the data of the installations lies meanwhile; the system's temporary directory when empty. A directory in memory flatters the embedded home." type:"existingdir"`
	Seed        uint64 `help:"Of all that is random; one is made up and printed when 0."`
	JSON        bool   `help:"Print one JSON document with the raw histograms." xor:"form"`
	Markdown    bool   `help:"Print the tables as they stand in docs/performance.md." xor:"form"`
}

type benchRunCmd struct {
	benchStores
	Scenario    string        `arg:"" optional:"" default:"save" enum:"save,quiz,start,deadline,resume,cohort,verify,all" help:"What to measure: ${enum}."`
	Homes       []string      `help:"E: SQLite, live state in the process. P: PostgreSQL and Redis." default:"E,P"`
	Connections []int         `help:"How many connections; each number is measured." default:"16,64,256"`
	Rounds      int           `help:"How often everything is measured; the tables show medians." default:"5"`
	Duration    time.Duration `help:"How long one run is measured, after a warm-up." default:"2s"`
	Trainees    int           `help:"How many trainees there are, signed in." default:"2000"`
	Graduates   int           `help:"How large the cohort is that has done everything." default:"500"`
	Bars        bool          `help:"End with 1 when a bar is missed."`
	Profile     string        `help:"A directory for CPU profiles of the product under save." type:"existingdir"`
}

// Run measures and prints.
func (c *benchRunCmd) Run(ctx context.Context, out io.Writer) error {
	o := bench.Options{
		Scenarios: []string{c.Scenario}, Homes: c.Homes, Connections: c.Connections, Rounds: c.Rounds, Duration: c.Duration,
		Trainees: c.Trainees, Graduates: c.Graduates, Profile: c.Profile,
	}
	if c.Scenario == "all" {
		o.Scenarios = bench.All()
	}
	if err := c.fill(&o); err != nil {
		return err
	}
	r, err := bench.Run(ctx, o)
	if err != nil {
		return err
	}
	if err := c.print(out, r); err != nil {
		return err
	}
	if missed := bench.Missed(r.Bars); c.Bars && len(missed) > 0 {
		return fmt.Errorf("%d of %d bars were missed", len(missed), len(r.Bars))
	}
	return nil
}

// fill sets what all benches share.
func (c *benchStores) fill(o *bench.Options) (err error) {
	if o.Executable, err = os.Executable(); err != nil {
		return err
	}
	if c.Seed == 0 {
		c.Seed = rand.Uint64N(1 << 32)
	}
	o.Log, o.Dir, o.DatabaseURL, o.RedisURL, o.Seed = os.Stderr, c.Dir, c.DatabaseURL, c.RedisURL, c.Seed
	return nil
}

// report is what a bench or a rehearsal found.
type report interface {
	Markdown(io.Writer) error
	Text(io.Writer) error
}

func (c *benchStores) print(out io.Writer, r report) error {
	switch {
	case c.JSON:
		return json.NewEncoder(out).Encode(r)
	case c.Markdown:
		return r.Markdown(out)
	}
	return r.Text(out)
}

type benchYardstickCmd struct {
	Kind     bench.Kind `enum:"bare,hset,jwt" required:""`
	RedisURL string     `required:""`
}

// Run serves a yardstick until it is told to stop.
func (c *benchYardstickCmd) Run(ctx context.Context, out io.Writer) error {
	return bench.Yardstick(ctx, out, c.Kind, c.RedisURL)
}
