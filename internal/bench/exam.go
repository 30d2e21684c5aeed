package bench

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/kapstone-lms/kapstone/internal/app"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/quiz"
	"github.com/kapstone-lms/kapstone/internal/rehearsal"
)

// Exam says what exam to rehearse.
type Exam struct {
	Home        string
	Trainees    int
	Minutes     float64       // of exam time
	Length      time.Duration // in real time
	Connections int           // that all trainees share; 0 gives each their own
	Lie         bool          // the negative control: claim an answer that was never sent
}

func (x *Exam) check() error {
	switch {
	case x.Home != Embedded && x.Home != Production:
		return errors.New("the home of an exam is E or P")
	case x.Trainees < 1 || x.Trainees > maxTrainees:
		return fmt.Errorf("trainees are 1 to %d", maxTrainees)
	case x.Length < 2*time.Second || x.Length > 4*time.Hour:
		return errors.New("an exam lasts 2 seconds to 4 hours")
	case x.Minutes < 1 || x.Minutes > 600:
		return errors.New("an exam has 1 to 600 minutes")
	case x.Connections == 0 && openFiles() > 0 && x.Trainees+200 > openFiles():
		return fmt.Errorf("a process may open %d files here, too few for a connection of each trainee; raise ulimit -n, or let them share some with --connections", openFiles())
	case x.Connections < 0 || x.Connections > maxConnections:
		return fmt.Errorf("connections are at most %d", maxConnections)
	}
	return nil
}

// rehearse is an exam under way.
type rehearse struct {
	*Exam
	o      *Options
	shape  shape
	home   *home
	module string
	began  time.Time
	all    []*examinee
	pool   chan *conn // nil when each trainee has a connection

	starts, saves, resumes, hands meter
	outage                        outage
	requests                      atomic.Int64
	dropped, refused, renewed     atomic.Int64
	stale                         atomic.Int64

	mu      sync.Mutex
	last    time.Time // when the last hand-in was answered
	wrongs  int
	samples []string
}

// wrong notes a reply that no honest client should get.
func (x *rehearse) wrong(format string, args ...any) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.wrongs++
	if len(x.samples) < 2*maxFailures {
		x.samples = append(x.samples, fmt.Sprintf(format, args...))
	}
}

// answered notes when a hand-in was answered.
func (x *rehearse) answered(at time.Time) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if at.After(x.last) {
		x.last = at
	}
}

// borrow takes a connection of the pool, where there is one.
func (x *rehearse) borrow(own *conn) (*conn, func()) {
	if x.pool == nil {
		return own, func() {}
	}
	c := <-x.pool
	return c, func() { x.pool <- c }
}

// Rehearse holds an exam and reports. What it started has ended when it
// returns, whatever happened.
func Rehearse(ctx context.Context, o Options, x Exam) (r *ExamReport, err error) {
	if err := x.check(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	o.say("seed %d", o.Seed)
	machine := describe(ctx)
	run := &rehearse{Exam: &x, o: &o, shape: shapeOf(x.Trainees, x.Minutes, x.Length)}
	defer func() {
		if run.home != nil {
			err = errors.Join(err, run.home.close())
		}
	}()
	if err := run.open(ctx, &machine); err != nil {
		return nil, err
	}
	idle, _ := rssOf(run.home.server.pid())
	used := run.used()
	run.hold(ctx)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	o.say("the exam is over, %d requests; the silent ones are closed", run.requests.Load())
	closed, err := run.endOfTime(ctx)
	if err != nil {
		return nil, err
	}
	r = run.report(machine, closed)
	_, peak := rssOf(run.home.server.pid())
	r.Idle, r.Peak, r.Boot, r.CPU = idle, peak, run.home.boot.Seconds(), make(map[string]float64)
	for process, now := range run.used() {
		r.CPU[process] = float64((now - used[process]).Microseconds()) / float64(max(1, run.requests.Load()))
	}
	if err := run.compare(ctx, r); err != nil {
		return r, err
	}
	r.LoadAfter = loadAverage()
	r.judge()
	return r, nil
}

// open makes the installation, fills it and serves it. The quiz has as many
// minutes as the exam lasts in real time, rounded up: its deadline is a real
// one, and the test clock only skips what rounding and late joiners add.
func (x *rehearse) open(ctx context.Context, m *Machine) (err error) {
	minutes := int(math.Ceil(x.Length.Minutes()))
	if x.home, err = x.o.openHome(ctx, x.Home, minutes); err != nil {
		return err
	}
	began := time.Now()
	if err := x.home.seed(ctx, func(a *app.App) error { return x.home.fill(ctx, a, x.Trainees) }); err != nil {
		return err
	}
	x.o.say("%d trainees ready after %.1f s", x.Trainees, time.Since(began).Seconds())
	if x.home.db != nil {
		m.PostgreSQL, _ = x.home.db.version(ctx)
		m.Redis = x.home.redis.version(ctx)
	}
	if err := x.home.serve(ctx); err != nil {
		return err
	}
	x.module = string(x.home.course.Modules[0].Key)
	if x.Connections > 0 {
		x.pool = make(chan *conn, x.Connections)
		for range x.Connections {
			x.pool <- &conn{addr: x.home.server.addr}
		}
	}
	for n, t := range x.home.crowd {
		x.all = append(x.all, x.examinee(t, n))
	}
	x.o.say("serving after %.2f s; %d trainees, %.0f minutes in %s: %.1f times as fast; all start within %s and hand in within %s",
		x.home.boot.Seconds(), x.Trainees, x.Minutes, x.Length, x.shape.speed, x.shape.starting, x.shape.handing)
	return nil
}

// examinee is trainee n of the exam.
func (x *rehearse) examinee(t *trainee, n int) *examinee {
	return &examinee{
		trainee: t, x: x, script: scriptOf(&x.shape, x.o.Seed, n), rng: rand.New(rand.NewPCG(x.o.Seed, ^uint64(n))), page: conn{addr: x.home.server.addr},
	}
}

// used is the CPU time of all that takes part.
func (x *rehearse) used() map[string]time.Duration {
	all := x.home.cpu()
	all[generator] = generatorCPU()
	return all
}

// hold lets everybody follow their script.
func (x *rehearse) hold(ctx context.Context) {
	var all sync.WaitGroup
	x.began = time.Now().Add(200 * time.Millisecond)
	for _, e := range x.all {
		all.Go(func() { e.run(ctx) })
	}
	all.Wait()
}

// closings is how the silent attempts ended.
type closings struct {
	silent  int
	seconds float64 // from the last deadline until all were closed
}

// endOfTime moves the test clock past the last deadline and its grace, and
// waits until no attempt is open.
func (x *rehearse) endOfTime(ctx context.Context) (c closings, err error) {
	var last time.Time
	for _, e := range x.all {
		if e.deadline.After(last) {
			last = e.deadline
		}
		if e.attempt != "" && e.result.State == "" {
			c.silent++
		}
	}
	if last.IsZero() {
		return c, errors.New("nobody could start")
	}
	server := conn{addr: x.home.server.addr}
	defer server.close()
	body := fmt.Appendf(nil, `{"now":"%s"}`, last.Add(quiz.Grace).Format(time.RFC3339Nano))
	moved := time.Now()
	if x.shape.length < last.Add(quiz.Grace).Sub(x.began) { // never back
		r, err := server.do(request(nil, "PUT", "/_test/clock", "", body))
		if err == nil {
			err = want(r, 200, "now")
		}
		if err != nil {
			return c, fmt.Errorf("move the test clock: %w", err)
		}
	}
	d, err := x.home.record(ctx)
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	for open := 1; open > 0; {
		if err := d.QueryRowContext(ctx, "SELECT count(*) FROM quiz_attempts WHERE state = 'open'").Scan(&open); err != nil {
			return c, db.Check(err)
		}
		if open > 0 && time.Since(moved) > 3*time.Minute {
			x.wrong("%d attempts were not closed in three minutes", open)
			break
		}
		if !sleepUntil(ctx, time.Now().Add(100*time.Millisecond)) {
			return c, ctx.Err()
		}
	}
	c.seconds = (time.Since(moved) + quiz.Grace).Seconds()
	return c, nil
}

// A graded is an attempt's row.
type graded struct {
	state, closedBy string
	correct, asked  int
}

// compare holds what was acknowledged against SQL and against the grades.
func (x *rehearse) compare(ctx context.Context, r *ExamReport) (err error) {
	if x.Lie {
		x.all[0].lie()
	}
	d, err := x.home.record(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	js := make([]*rehearsal.Journal, 0, 2*len(x.all))
	for _, e := range x.all {
		js = append(js, &e.journal, &e.second)
	}
	if r.Answers, err = rehearsal.Compare(ctx, d, js...); err != nil {
		return err
	}
	rows, err := grades(ctx, d)
	if err != nil {
		return err
	}
	for _, e := range x.all {
		if e.attempt != "" {
			r.grade(e, rows[e.attempt])
			delete(rows, e.attempt)
		}
	}
	r.Extra = len(rows)
	r.Unexpected, r.Samples = x.wrongs, x.samples
	return nil
}

// grades reads how every attempt ended.
func grades(ctx context.Context, d *db.DB) (map[string]graded, error) {
	got, err := d.QueryContext(ctx, "SELECT id, state, coalesce(closed_by, ''), coalesce(correct, -1), coalesce(asked, -1) FROM quiz_attempts")
	if err != nil {
		return nil, db.Check(err)
	}
	defer got.Close()
	all := make(map[string]graded)
	for got.Next() {
		var id string
		var g graded
		if err := got.Scan(&id, &g.state, &g.closedBy, &g.correct, &g.asked); err != nil {
			return nil, db.Check(err)
		}
		all[id] = g
	}
	return all, db.Check(got.Err())
}
