package kv

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// A reply is an error that a server sent.
type reply string

func (r reply) Error() string { return string(r) }
func (reply) RedisError()     {}

func TestWhatCountsAsDown(t *testing.T) {
	for _, tt := range []struct {
		name string
		err  error
		want bool
	}{
		{"an answer", nil, false},
		{"a missing key", redis.Nil, false},
		{"a wrong command", reply("ERR unknown command"), false},
		{"a script not loaded", reply("NOSCRIPT No matching script"), false},
		{"the wrong type", reply("WRONGTYPE Operation against a key"), false},
		{"a closed client", redis.ErrClosed, false},
		{"a full memory", reply("OOM command not allowed when used memory > 'maxmemory'."), true},
		{"a failed save", reply("MISCONF Redis is configured to save RDB snapshots"), true},
		{"a replica", reply("READONLY You can't write against a read only replica."), true},
		{"a server that loads", reply("LOADING Redis is loading the dataset in memory"), true},
		{"a missing password", reply("NOAUTH Authentication required."), true},
		{"too many clients", reply("ERR max number of clients reached"), true},
		{"the same, wrapped", fmt.Errorf("save: %w", reply("OOM command not allowed")), true},
		{"a cut connection", io.EOF, true},
		{"a refused connection", &net.OpError{Op: "dial", Err: errors.New("refused")}, true},
		{"no connection free in time", redis.ErrPoolTimeout, true},
		{"no answer in time", context.DeadlineExceeded, true},
	} {
		if got := down(tt.err); got != tt.want {
			t.Errorf("%s: down(%v) = %t, want %t", tt.name, tt.err, got, tt.want)
		}
	}
}

// bench is a breaker whose probe and clock the test holds.
type bench struct {
	*breaker
	answer   error  // of the next probe
	due      func() // the probe that waits, nil if none does
	wait     time.Duration
	canceled int
}

func newBench() *bench {
	b := &bench{answer: io.EOF}
	b.breaker = newBreaker(func() error { return b.answer }, func(d time.Duration, f func()) func() {
		b.due, b.wait = f, d
		return func() { b.canceled++ }
	})
	return b
}

func (b *bench) fail(n int) {
	for range n {
		b.report(io.EOF)
	}
}

func TestFiveFailuresInARowOpenTheBreaker(t *testing.T) {
	b := newBench()
	b.fail(4)
	b.report(redis.Nil) // an answer in between
	b.fail(4)
	b.report(context.Canceled) // neither here nor there
	if b.isOpen() {
		t.Fatal("open after four failures in a row")
	}
	b.fail(1)
	if !b.isOpen() || b.wait != probeEvery {
		t.Errorf("after five failures in a row: open = %t, next probe in %v; want open, %v", b.isOpen(), b.wait, probeEvery)
	}
}

func TestAnOpenBreakerClosesByItsProbeOnly(t *testing.T) {
	b := newBench()
	b.fail(5)
	b.report(nil) // a straggler
	if !b.isOpen() {
		t.Fatal("a straggler's answer closed the breaker")
	}
	probe := b.due
	b.due = nil
	probe()
	if !b.isOpen() || b.due == nil {
		t.Fatalf("after a failed probe: open = %t, next probe waits = %t; want both", b.isOpen(), b.due != nil)
	}
	b.answer = nil
	b.due()
	if b.isOpen() {
		t.Fatal("still open after a probe that succeeded")
	}
	b.fail(4)
	if b.isOpen() {
		t.Error("failures from before the outage were counted again")
	}
}

func TestAStoppedBreakerProbesNoMore(t *testing.T) {
	b := newBench()
	b.fail(5)
	probe := b.due
	b.due = nil
	b.stop()
	if b.canceled != 1 {
		t.Errorf("stop canceled %d probes, want the one that waits", b.canceled)
	}
	probe() // it was on its way already
	if b.due != nil {
		t.Error("a stopped breaker waits for another probe")
	}
}
