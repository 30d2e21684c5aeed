package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/kapstone-lms/kapstone/internal/bench"
)

type benchExamCmd struct {
	benchStores
	Home        string        `help:"E: SQLite, live state in the process. P: PostgreSQL and Redis." enum:"E,P" default:"P"`
	Trainees    int           `help:"How many take the exam, signed in beforehand." default:"500"`
	Minutes     float64       `help:"How long the exam is for those who take it." default:"60"`
	Speed       float64       `help:"How many times as fast as in life it goes; 1 takes its minutes." xor:"length"`
	Duration    time.Duration `help:"How long it takes in real time; 5m when neither this nor --speed is given." xor:"length"`
	Connections int           `help:"How many connections the trainees share, as behind a proxy; each has their own when 0."`
	Lie         bool          `hidden:"" help:"Claim an answer that was never sent: the rehearsal must see it."`
}

// Run rehearses an exam, prints what came of it, and fails when a promise was
// not kept.
func (c *benchExamCmd) Run(ctx context.Context, out io.Writer) error {
	var o bench.Options
	if err := c.fill(&o); err != nil {
		return err
	}
	x := bench.Exam{Home: c.Home, Trainees: c.Trainees, Minutes: c.Minutes, Length: c.Duration, Connections: c.Connections, Lie: c.Lie}
	switch {
	case c.Speed < 0:
		return errors.New("an exam does not go backwards")
	case c.Speed > 0:
		x.Length = time.Duration(c.Minutes * float64(time.Minute) / c.Speed)
	case x.Length == 0:
		x.Length = 5 * time.Minute
	}
	r, err := bench.Rehearse(ctx, o, x)
	if err != nil {
		return err
	}
	if err := c.print(out, r); err != nil {
		return err
	}
	if missed := bench.Missed(r.Verdict); len(missed) > 0 {
		return fmt.Errorf("%d of %d promises were not kept", len(missed), len(r.Verdict))
	}
	return nil
}
