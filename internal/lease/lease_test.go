package lease_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/dbtest"
	"github.com/kapstone-lms/kapstone/internal/lease"
	"github.com/kapstone-lms/kapstone/migrations"
)

const ttl = 15 * time.Second

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// TestMain lets the test binary be a process that is stopped in the middle.
func TestMain(m *testing.M) {
	if url := os.Getenv("KAPSTONE_TEST_LEASE"); url != "" {
		if err := stopped(url, os.Getenv("KAPSTONE_TEST_INSIDE") != ""); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// take must not fail; it returns the number, or 0 when somebody else holds it.
func take(t *testing.T, d *db.DB, holder string, now time.Time) lease.Lease {
	t.Helper()
	l, _, err := lease.Take(t.Context(), d, "work", holder, now, ttl)
	if err != nil {
		t.Fatalf("Take for %s = %v", holder, err)
	}
	return l
}

func TestALeaseHasOneHolder(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for _, tt := range []struct {
			name   string
			holder string
			at     time.Duration
			want   int64 // the number, 0 for refused
		}{
			{"a free one is taken", "a", 0, 1},
			{"another waits", "b", time.Second, 0},
			{"the holder renews, and the number stays", "a", 10 * time.Second, 1},
			{"a renewed one has its whole time again", "b", ttl + time.Second, 0},
			{"to the last millisecond", "b", 10*time.Second + ttl - time.Millisecond, 0},
			{"then another takes it over", "b", 10*time.Second + ttl, 2},
			{"the first has to wait in turn", "a", 11*time.Second + ttl, 0},
			{"late is not lost when nobody came", "b", time.Hour, 2},
			{"a clock set back by a little frees nothing", "a", time.Hour - ttl/2, 0},
			{"set back by more, the lease is over", "a", 0, 3},
		} {
			if got := take(t, d, tt.holder, noon.Add(tt.at)); got.Number != tt.want {
				t.Errorf("%s: Take for %s = number %d, want %d", tt.name, tt.holder, got.Number, tt.want)
			}
		}
	})
}

func TestAReleasedLeaseIsFreeAtOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		a := take(t, d, "a", noon)
		if err := lease.Release(t.Context(), d, a); err != nil {
			t.Fatal(err)
		}
		b := take(t, d, "b", noon)
		if b.Number != 2 {
			t.Fatalf("after the release the lease has number %d, want 2", b.Number)
		}
		if err := lease.Release(t.Context(), d, a); err != nil { // once more, too late
			t.Fatal(err)
		}
		if got := take(t, d, "c", noon); got.Number != 0 {
			t.Errorf("a release of a lost lease frees it for others")
		}
	})
}

// mark writes a row under a lease, and wants no row of a later one to be there.
func mark(ctx context.Context, d *db.DB, l lease.Lease) error {
	ctx, cancel := l.Guard(ctx)
	defer cancel()
	return d.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		var latest int64
		if err := tx.NewRaw(`SELECT coalesce(max(number), 0) FROM marks`).Scan(ctx, &latest); err != nil {
			return err
		}
		if latest > l.Number {
			return fmt.Errorf("number %d writes after number %d", l.Number, latest)
		}
		_, err := tx.NewRaw(`INSERT INTO marks (number) VALUES (?)`, l.Number).Exec(ctx)
		return err
	})
}

func marks(t *testing.T, d *db.DB) {
	t.Helper()
	err := d.Tx(t.Context(), func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewRaw(`CREATE TABLE marks (number BIGINT NOT NULL)`).Exec(ctx)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func countMarks(t *testing.T, d *db.DB, l lease.Lease) (n int) {
	t.Helper()
	if err := d.NewRaw(`SELECT count(*) FROM marks WHERE number = ?`, l.Number).Scan(t.Context(), &n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestALostLeaseWritesNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		marks(t, d)
		a := take(t, d, "a", noon)
		if err := mark(t.Context(), d, a); err != nil {
			t.Fatal(err)
		}
		b := take(t, d, "b", noon.Add(ttl))
		if err := mark(t.Context(), d, a); !errors.Is(err, lease.ErrLost) {
			t.Errorf("a write under the lost lease = %v, want ErrLost", err)
		}
		if err := mark(t.Context(), d, b); err != nil {
			t.Error(err)
		}
		if got, want := countMarks(t, d, a), 1; got != want {
			t.Errorf("the lost lease wrote %d rows, want %d", got, want)
		}
		ctx, cancel := a.Guard(t.Context())
		defer cancel()
		_ = d.Tx(ctx, func(context.Context, bun.Tx) error { return nil })
		if got := context.Cause(ctx); got != lease.ErrLost {
			t.Errorf("the context of a lost lease ended with %v, want ErrLost", got)
		}
	})
}

// Holders that do not know that their time is over write on; none ever writes
// after its successor. Each has a database handle of its own.
func TestNoHolderWritesAfterItsSuccessor(t *testing.T) {
	dbtest.EachURL(t, func(t *testing.T, url string) {
		marks(t, open(t, url))
		var clock, written, lost atomic.Int64
		var wg sync.WaitGroup
		for i := range 4 {
			d := open(t, url)
			wg.Go(func() {
				for range 15 {
					now := noon.Add(time.Duration(clock.Add(int64(ttl / 3))))
					l, ok, err := lease.Take(t.Context(), d, "work", fmt.Sprint("holder ", i), now, ttl)
					if err != nil {
						t.Error(err)
					}
					for n := 0; ok && n < 3; n++ {
						switch err := mark(t.Context(), d, l); {
						case err == nil:
							written.Add(1)
						case errors.Is(err, lease.ErrLost):
							lost.Add(1)
						default:
							t.Error(err)
						}
					}
				}
			})
		}
		wg.Wait()
		if written.Load() == 0 {
			t.Error("nobody wrote anything")
		}
		t.Logf("%d written, %d refused", written.Load(), lost.Load())
	})
}

func TestOfManyAtOnceOneTakesIt(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for round := range 10 {
			var taken atomic.Int64
			var wg sync.WaitGroup
			for i := range 12 {
				wg.Go(func() {
					l, ok, err := lease.Take(t.Context(), d, "work", fmt.Sprint(round, "/", i), noon.Add(time.Duration(round)*ttl), ttl)
					if err != nil {
						t.Error(err)
					}
					if ok {
						taken.Add(1)
						if want := int64(round + 1); l.Number != want {
							t.Errorf("round %d: number %d, want %d", round, l.Number, want)
						}
					}
				})
			}
			wg.Wait()
			if got := taken.Load(); got != 1 {
				t.Fatalf("round %d: %d took the lease, want 1", round, got)
			}
		}
	})
}

// PROMISES 1: a process that was stopped and goes on does not use the lease it
// lost meanwhile. This is a real process, stopped by a real SIGSTOP.
func TestAStoppedProcessDoesNotUseItsLostLease(t *testing.T) {
	dbtest.EachURL(t, func(t *testing.T, url string) {
		d := open(t, url)
		marks(t, d)
		p := startStopped(t, "KAPSTONE_TEST_LEASE="+url)
		b := take(t, d, "b", time.Now().Add(2*ttl))
		if b.Number != 2 {
			t.Fatalf("the stopped process's lease was taken over with number %d, want 2", b.Number)
		}
		if err := mark(t.Context(), d, b); err != nil {
			t.Fatal(err)
		}
		if got, want := p.goOn(), "renewed false, wrote lost"; got != want {
			t.Errorf("the process went on with %q, want %q", got, want)
		}
		if got := countMarks(t, d, lease.Lease{Number: 1}); got != 1 {
			t.Errorf("it wrote %d rows, want the one from before", got)
		}
	})
}

// One that is stopped inside a transaction keeps its lease until PostgreSQL
// ends the idle transaction (after 10 s, here sooner). Then the lease is free,
// and what the transaction had written is gone.
func TestAProcessStoppedInsideATransactionIsCutOff(t *testing.T) {
	url := dbtest.Postgres(t)
	d := open(t, url)
	marks(t, d)
	p := startStopped(t, "KAPSTONE_TEST_LEASE="+url+"&idle_in_transaction_session_timeout=300ms", "KAPSTONE_TEST_INSIDE=1")
	b := take(t, d, "b", time.Now().Add(2*ttl)) // waits for the transaction to be ended
	if b.Number != 2 {
		t.Fatalf("the lease was taken over with number %d, want 2", b.Number)
	}
	if got := p.goOn(); !strings.HasPrefix(got, "cut off") {
		t.Errorf("the process went on with %q, want its transaction cut off", got)
	}
	if got := countMarks(t, d, lease.Lease{Number: 1}); got != 0 {
		t.Errorf("%d rows of its transaction are there, want none", got)
	}
}

// stopped is the process: it takes the lease, stops itself between two writes
// or inside one, and says what it could do once it goes on.
func stopped(url string, inside bool) error {
	ctx := context.Background()
	d, err := db.Open(ctx, url, migrations.FS)
	if err != nil {
		return err
	}
	defer d.Close()
	l, ok, err := lease.Take(ctx, d, "work", "stopped", time.Now(), ttl)
	if err != nil || !ok {
		return fmt.Errorf("take: %v, %w", ok, err)
	}
	if inside {
		err := d.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
			if err := lease.Hold(ctx, tx, l); err != nil {
				return err
			}
			if _, err := tx.NewRaw(`INSERT INTO marks (number) VALUES (?)`, l.Number).Exec(ctx); err != nil {
				return err
			}
			return standStill()
		})
		fmt.Println("cut off:", err)
		return nil
	}
	if err := mark(ctx, d, l); err != nil {
		return err
	}
	if err := standStill(); err != nil {
		return err
	}
	_, renewed, err := lease.Take(ctx, d, "work", "stopped", time.Now().Add(2*ttl), ttl) // as late as it is for the other
	if err != nil {
		return err
	}
	wrote := "something"
	if err := mark(ctx, d, l); errors.Is(err, lease.ErrLost) {
		wrote = "lost"
	}
	fmt.Printf("renewed %v, wrote %s\n", renewed, wrote)
	return nil
}

// standStill stops this process. The signal goes to this very thread: sent to
// the process, it may reach another one first, and this one goes on a little.
func standStill() error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if _, _, err := syscall.RawSyscall(syscall.SYS_TGKILL, uintptr(os.Getpid()), uintptr(syscall.Gettid()), uintptr(syscall.SIGSTOP)); err != 0 {
		return err
	}
	return nil
}

type stoppedProcess struct {
	t   *testing.T
	cmd *exec.Cmd
	out *bufio.Scanner
}

// startStopped starts the process and waits until it has stopped itself.
func startStopped(t *testing.T, env ...string) *stoppedProcess {
	t.Helper()
	cmd := exec.CommandContext(context.Background(), os.Args[0])
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	var ws syscall.WaitStatus
	if _, err := syscall.Wait4(cmd.Process.Pid, &ws, syscall.WUNTRACED, nil); err != nil || !ws.Stopped() {
		t.Fatalf("the process did not stop: %v, %v", ws, err)
	}
	return &stoppedProcess{t, cmd, bufio.NewScanner(out)}
}

// goOn continues the process and returns what it says.
func (p *stoppedProcess) goOn() string {
	p.t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		p.t.Fatal(err)
	}
	p.out.Scan()
	return p.out.Text()
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
