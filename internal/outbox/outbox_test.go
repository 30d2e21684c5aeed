package outbox_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/dbtest"
	"github.com/kapstone-lms/kapstone/internal/outbox"
	"github.com/kapstone-lms/kapstone/migrations"
)

const greet outbox.Kind = "greet"

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// A desk is a database with jobs, a table of their effects, and a clock.
type desk struct {
	*db.DB
	t   *testing.T
	url string
	now atomic.Int64 // milliseconds after noon
}

func each(t *testing.T, f func(t *testing.T, d *desk)) {
	t.Helper()
	dbtest.EachURL(t, func(t *testing.T, url string) {
		d := &desk{DB: open(t, url), t: t, url: url}
		d.exec(`CREATE TABLE effects (key TEXT NOT NULL)`)
		f(t, d)
	})
}

func open(t *testing.T, url string) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), url, migrations.FS)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func (d *desk) time() time.Time            { return noon.Add(time.Duration(d.now.Load()) * time.Millisecond) }
func (d *desk) advance(span time.Duration) { d.now.Add(span.Milliseconds()) }

func (d *desk) exec(stmt string) {
	d.t.Helper()
	if err := d.Tx(d.t.Context(), func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.ExecContext(ctx, stmt)
		return err
	}); err != nil {
		d.t.Fatal(err)
	}
}

// put enqueues a job for each key, in a deed that ends with err.
func (d *desk) put(err error, keys ...string) {
	d.t.Helper()
	got := d.Tx(d.t.Context(), func(ctx context.Context, tx bun.Tx) error {
		for _, key := range keys {
			if err := outbox.Put(ctx, tx, greet, key, map[string]string{"person": key}, d.time()); err != nil {
				return err
			}
		}
		return err
	})
	if got != err {
		d.t.Fatalf("the deed ended with %v, want %v", got, err)
	}
}

// effect is what a job does in SQL.
func effect(ctx context.Context, tx bun.Tx, j *outbox.Job) error {
	var in struct{ Person string }
	if err := j.Read(&in); err != nil {
		return err
	}
	_, err := tx.NewRaw(`INSERT INTO effects (key) VALUES (?)`, in.Person).Exec(ctx)
	return err
}

func (d *desk) worker(f func(context.Context, bun.Tx, *outbox.Job) error) *outbox.Worker {
	w := outbox.NewWorker(d.DB, d.time)
	w.Handle(greet, f)
	return w
}

// run runs what is due and wants it to fail as often as said.
func (d *desk) run(w *outbox.Worker, began int, fails bool) error {
	d.t.Helper()
	n, failed, err := w.Run(d.t.Context(), 100)
	if n != began || err != nil || (failed != nil) != fails {
		d.t.Fatalf("Run = %d, %v, %v; want %d begun, failed %v", n, failed, err, began, fails)
	}
	return failed
}

func (d *desk) effects() (keys []string) {
	d.t.Helper()
	if err := d.NewRaw(`SELECT key FROM effects ORDER BY key`).Scan(d.t.Context(), &keys); err != nil {
		d.t.Fatal(err)
	}
	return keys
}

func (d *desk) wantEffects(keys ...string) {
	d.t.Helper()
	if got := d.effects(); !slices.Equal(got, keys) {
		d.t.Errorf("effects %q, want %q", got, keys)
	}
}

func (d *desk) counts() outbox.Counts {
	d.t.Helper()
	c, err := outbox.Count(d.t.Context(), d)
	if err != nil {
		d.t.Fatal(err)
	}
	return c
}

func TestAJobRunsOnceAndOnlyForADeedThatWasDone(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		w := d.worker(effect)
		d.put(errors.New("no"), "undone")
		d.run(w, 0, false)
		d.put(nil, "a", "b", "a")
		if got, want := d.counts(), (outbox.Counts{Waiting: 2}); got != want {
			t.Errorf("counts %+v, want %+v", got, want)
		}
		d.run(w, 2, false)
		d.put(nil, "a") // again, long after
		d.advance(time.Hour)
		d.run(w, 0, false)
		d.wantEffects("a", "b")
		if got := d.counts(); got != (outbox.Counts{}) {
			t.Errorf("counts %+v, want none", got)
		}
	})
}

func TestAJobWaitsForItsTimeAndItsHandler(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		d.advance(time.Minute)
		d.put(nil, "a")
		d.advance(-time.Millisecond)
		d.run(d.worker(effect), 0, false)
		d.advance(time.Millisecond)
		other := outbox.NewWorker(d.DB, d.time)
		d.run(other, 0, false)
		other.Handle("other", effect)
		d.run(other, 0, false)
		d.run(d.worker(effect), 1, false)
		d.wantEffects("a")
	})
}

// A job that fails is tried again for about a day, then it lies among the dead
// until somebody revives it. Nothing of a failed try is left.
func TestAJobThatFailsIsTriedAgainAndThenGivenUp(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		broken := true
		w := d.worker(func(ctx context.Context, tx bun.Tx, j *outbox.Job) error {
			if err := effect(ctx, tx, j); err != nil || !broken {
				return err
			}
			if j.Tries%2 == 0 {
				panic("mail for ada@school.test")
			}
			return errors.New("the mill is \x00 broken")
		})
		d.put(nil, "a")
		start := d.time()
		for n := 1; n <= outbox.MaxTries; n++ {
			if failed := d.run(w, 1, true); strings.Contains(failed.Error(), "ada") {
				t.Errorf("the words of a panic are told: %v", failed)
			}
			d.run(w, 0, false) // not at once
			if n < outbox.MaxTries {
				d.advance(outbox.Backoff(n))
			}
		}
		if span := d.time().Sub(start); span < 20*time.Hour || span > 26*time.Hour {
			t.Errorf("it was tried for %v, want about a day", span)
		}
		d.wantEffects()
		dead, err := outbox.DeadLetters(t.Context(), d, "", 10)
		if err != nil || len(dead) != 1 || dead[0].Error != "the handler panicked" || dead[0].Tries != outbox.MaxTries || d.counts().Dead != 1 {
			t.Fatalf("dead letters %+v, %v", dead, err)
		}
		d.advance(24 * time.Hour)
		d.run(w, 0, false)
		broken = false
		revive := func() error {
			return d.Tx(t.Context(), func(ctx context.Context, tx bun.Tx) error { return outbox.Revive(ctx, tx, dead[0].ID, d.time()) })
		}
		if err := revive(); err != nil {
			t.Fatal(err)
		}
		if err := revive(); !errors.Is(err, db.ErrNone) {
			t.Errorf("Revive of a job that is not dead = %v, want ErrNone", err)
		}
		d.run(w, 1, false)
		d.wantEffects("a")
	})
}

func TestTheWaitGrowsUpToTwoHours(t *testing.T) {
	for tries, want := range map[int]time.Duration{
		0: 5 * time.Second, 1: 5 * time.Second, 2: 10 * time.Second, 11: 5120 * time.Second, 12: 2 * time.Hour, 13: 2 * time.Hour, 1000: 2 * time.Hour,
	} {
		if got := outbox.Backoff(tries); got != want {
			t.Errorf("Backoff(%d) = %v, want %v", tries, got, want)
		}
	}
}

// One job that fails does not keep the others, and limit bounds a run.
func TestARunIsBoundedAndGoesOnAfterAFailure(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		w := d.worker(func(ctx context.Context, tx bun.Tx, j *outbox.Job) error {
			if j.Key == "a" {
				panic("a")
			}
			return effect(ctx, tx, j)
		})
		d.put(nil, "a", "b", "c", "d")
		if n, failed, err := w.Run(t.Context(), 3); n != 3 || failed == nil || err != nil {
			t.Errorf("Run = %d, %v, %v; want 3 begun and one failed", n, failed, err)
		}
		d.wantEffects("b", "c")
	})
}

// A worker that is told to stop ends the job under way and begins no other.
func TestAWorkerStopsBetweenTwoJobs(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		ctx, stop := context.WithCancel(t.Context())
		w := d.worker(func(ctx context.Context, tx bun.Tx, j *outbox.Job) error {
			stop()
			return effect(ctx, tx, j)
		})
		d.put(nil, "a", "b")
		if n, failed, err := w.Run(ctx, 10); n != 1 || failed != nil || err != nil {
			t.Errorf("Run = %d, %v, %v; want one done", n, failed, err)
		}
		d.wantEffects("a")
	})
}

// CHECKS DU-07: two workers, each with a database handle of its own, do each
// job once.
func TestTwoWorkersDoEachJobOnce(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		var keys []string
		for i := range 30 {
			keys = append(keys, fmt.Sprintf("k%02d", i))
		}
		d.put(nil, keys...)
		var wg sync.WaitGroup
		for range 3 {
			w := outbox.NewWorker(open(t, d.url), d.time)
			w.Handle(greet, effect)
			wg.Go(func() {
				for d.counts().Waiting > 0 {
					if _, failed, err := w.Run(t.Context(), 4); failed != nil || err != nil {
						t.Error(failed, err)
						return
					}
				}
			})
		}
		wg.Wait()
		d.wantEffects(keys...)
	})
}

// A worker that was held up for longer than its lease finds the job done by
// another, and ends nothing.
func TestAWorkerThatWasHeldUpEndsNothing(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		d.put(nil, "a")
		begun, goOn := make(chan bool), make(chan bool)
		var sent atomic.Int32
		slow, quick := outbox.NewWorker(d.DB, d.time), outbox.NewWorker(d.DB, d.time)
		slow.HandleOutside(greet, func(context.Context, *outbox.Job) error {
			begun <- true
			<-goOn
			sent.Add(1)
			return errors.New("too late")
		})
		quick.HandleOutside(greet, func(context.Context, *outbox.Job) error { sent.Add(1); return nil })
		var wg sync.WaitGroup
		wg.Go(func() { d.run(slow, 1, true) })
		<-begun
		d.run(quick, 0, false)
		d.advance(time.Minute)
		d.run(quick, 1, false)
		goOn <- true
		wg.Wait()
		d.advance(time.Hour)
		d.run(quick, 0, false)
		if sent.Load() != 2 || d.counts() != (outbox.Counts{}) {
			t.Errorf("sent %d times, %+v left; want at least once, here twice, and the job done", sent.Load(), d.counts())
		}
	})
}

// TestMain lets the test binary be a worker that is killed in the middle.
func TestMain(m *testing.M) {
	if url := os.Getenv("KAPSTONE_TEST_OUTBOX"); url != "" {
		if err := toBeKilled(url, os.Getenv("KAPSTONE_TEST_WHERE")); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// The moments of a kill.
const (
	afterTheDeed   = "after the deed"
	insideTheJob   = "inside the job's transaction"
	afterTheEffect = "after an effect outside, before it is noted"
)

// toBeKilled does a deed with a job, and runs it up to the moment of the kill.
func toBeKilled(url, where string) error {
	ctx := context.Background()
	d, err := db.Open(ctx, url, migrations.FS)
	if err != nil {
		return err
	}
	now := func() time.Time { return noon }
	halt := func() {
		fmt.Println("here")
		select {}
	}
	err = d.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		return outbox.Put(ctx, tx, greet, "a", map[string]string{"person": "a"}, noon)
	})
	if err != nil {
		return err
	}
	w := outbox.NewWorker(d, now)
	switch where {
	case afterTheDeed:
		halt()
	case insideTheJob:
		w.Handle(greet, func(ctx context.Context, tx bun.Tx, j *outbox.Job) error {
			err := effect(ctx, tx, j)
			halt()
			return err
		})
	case afterTheEffect:
		w.HandleOutside(greet, func(ctx context.Context, j *outbox.Job) error {
			err := send(os.Getenv("KAPSTONE_TEST_MAIL"), j)
			halt()
			return err
		})
	}
	_, failed, err := w.Run(ctx, 1)
	return errors.Join(failed, err)
}

// send appends to a file what goes to the outside: the job's key.
func send(file string, j *outbox.Job) error {
	f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(f, j.Kind, j.Key)
	return errors.Join(err, f.Close())
}

// CHECKS DU-07: kill -9 at each moment between the deed's commit and the end of
// its job. After the restart the job is done: once, or where the effect lies
// outside at least once and under one key.
func TestAKilledWorkersJobIsDoneAfterTheRestart(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		for _, tt := range []struct {
			where string
			free  time.Duration // when another worker may take it
			sent  string        // to the outside
		}{
			{afterTheDeed, 0, "greet a\n"},
			{insideTheJob, time.Minute, "greet a\n"},
			{afterTheEffect, time.Minute, "greet a\ngreet a\n"},
		} {
			d.exec(`DELETE FROM effects`)
			d.exec(`DELETE FROM jobs`)
			mail := t.TempDir() + "/sent"
			killThere(t, d.url, tt.where, mail)
			w := outbox.NewWorker(d.DB, d.time)
			if tt.where == insideTheJob {
				w.Handle(greet, effect)
			} else {
				w.HandleOutside(greet, func(_ context.Context, j *outbox.Job) error { return send(mail, j) })
			}
			d.now.Store(0)
			if tt.free > 0 {
				d.advance(tt.free - time.Millisecond)
				d.run(w, 0, false)
				d.advance(time.Millisecond)
			}
			d.run(w, 1, false)
			d.run(w, 0, false)
			if tt.where == insideTheJob {
				d.wantEffects("a")
				continue
			}
			if got, err := os.ReadFile(mail); err != nil || string(got) != tt.sent {
				t.Errorf("killed %s: sent %q, %v, want %q", tt.where, got, err, tt.sent)
			}
		}
	})
}

// A job that ends its process each time is given up too.
func TestAJobThatKillsItsWorkerIsGivenUp(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		d.put(nil, "a")
		d.exec(fmt.Sprintf(`UPDATE jobs SET tries = %d`, outbox.MaxTries)) // and none of them was noted
		d.run(d.worker(effect), 1, true)
		d.wantEffects()
		if got := d.counts(); got != (outbox.Counts{Dead: 1}) {
			t.Errorf("counts %+v, want it dead", got)
		}
	})
}

// killThere starts a worker, waits until it says that it is there, and kills it.
func killThere(t *testing.T, url, where, mail string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), "KAPSTONE_TEST_OUTBOX="+url, "KAPSTONE_TEST_WHERE="+where, "KAPSTONE_TEST_MAIL="+mail)
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	lines.Scan()
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
	if lines.Text() != "here" {
		t.Fatalf("the worker says %q", lines.Text())
	}
}
