// Package kv opens Redis with short time-outs and a breaker: a Redis that is
// away costs a request milliseconds, and a Redis that hangs costs a few
// requests their patience and then none. Nothing that only Redis knows may
// matter.
package kv

import (
	"context"
	"errors"
	"time"

	"github.com/redis/go-redis/v9"
)

// The time-outs. The library's own wait five seconds for a hung server, even
// under a shorter deadline.
const (
	dialTimeout = 500 * time.Millisecond
	callTimeout = 200 * time.Millisecond
	poolTimeout = 300 * time.Millisecond
)

// ErrDown reports that Redis was not asked, because it failed a moment ago.
var ErrDown = errors.New("redis is down")

// A Client is a pool of connections to Redis behind a breaker. It is safe for
// concurrent use.
type Client struct {
	*redis.Client
	breaker *breaker
	probes  *redis.Client // asks while the breaker is open
}

// Open returns a client for a redis:// or rediss:// address. The server does
// not need to be there yet.
func Open(url string) (*Client, error) {
	o, err := redis.ParseURL(url)
	if err != nil {
		return nil, errors.New("not a Redis address, such as redis://127.0.0.1:6379") // the parser's words may hold the password
	}
	o.DialTimeout, o.ReadTimeout, o.WriteTimeout, o.PoolTimeout = dialTimeout, callTimeout, callTimeout, poolTimeout
	o.MaxRetries = -1   // a script sent twice would count twice
	o.DialerRetries = 1 // five by default, a tenth of a second apart
	o.ContextTimeoutEnabled = true
	probe := *o
	probe.PoolSize = 1
	c := &Client{Client: redis.NewClient(o), probes: redis.NewClient(&probe)}
	c.breaker = newBreaker(c.ask, afterFunc)
	c.AddHook(hook{c.breaker})
	return c, nil
}

// ask sees whether the server is there and takes writes.
func (c *Client) ask() error {
	ctx, cancel := context.WithTimeout(context.Background(), dialTimeout)
	defer cancel()
	const key = "kapstone:probe"
	err := c.probes.Set(ctx, key, 1, time.Second).Err()
	if down(err) {
		return err
	}
	return nil
}

// Degraded reports whether the breaker is open.
func (c *Client) Degraded() bool { return c.breaker.isOpen() }

// Close ends the probes and closes the connections.
func (c *Client) Close() error {
	c.breaker.stop()
	return errors.Join(c.Client.Close(), c.probes.Close())
}

// A hook keeps commands from a server that the breaker has given up on.
type hook struct{ breaker *breaker }

// DialHook implements redis.Hook; a failed dial shows in its command.
func (h hook) DialHook(next redis.DialHook) redis.DialHook { return next }

// ProcessHook implements redis.Hook.
func (h hook) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		if h.breaker.isOpen() {
			cmd.SetErr(ErrDown)
			return ErrDown
		}
		err := next(ctx, cmd)
		h.report(ctx, err)
		return err
	}
}

// ProcessPipelineHook implements redis.Hook.
func (h hook) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		if h.breaker.isOpen() {
			for _, cmd := range cmds {
				cmd.SetErr(ErrDown)
			}
			return ErrDown
		}
		err := next(ctx, cmds)
		// Somebody waits for each of them, so each counts; the first error may
		// be a missing key, with the telling ones behind it.
		failed := false
		for _, cmd := range cmds {
			if down(cmd.Err()) {
				failed = true
				h.report(ctx, cmd.Err())
			}
		}
		if !failed {
			h.report(ctx, nil)
		}
		return err
	}
}

// report judges a command, unless its caller's own time was over: then nothing
// is known of the server.
func (h hook) report(ctx context.Context, err error) {
	if err != nil && ctx.Err() != nil {
		return
	}
	h.breaker.report(err)
}
