package quiz

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/kv"
)

// redisLive keeps a sheet as a hash, PREFIX "quiz:" ID. Its field "deadline"
// shows that the sheet is whole; "i:" ITEM holds an answer, its revision first.
//
// What it writes goes through one goroutine, in order. When the queue is full,
// because the server is slow, writes are left out: the sheet is behind then,
// which is allowed, until the item's next save.
type redisLive struct {
	client *kv.Client
	prefix string
	memory *processLive // of what went through this process

	asks    chan *ask
	tasks   chan func(context.Context) error
	quit    chan struct{}
	stopped sync.WaitGroup
	once    sync.Once
}

// An ask is a look at a slot that somebody waits for.
type ask struct {
	slot
	done chan glance // has room for one
}

// A glance is what a look found.
type glance struct {
	answer answer
	known  bool
	err    error
}

const (
	maxTasks    = 256
	taskTimeout = time.Second
	deadlineKey = "deadline"
	itemKey     = "i:"
)

// NewRedisLive returns a store in Redis, which several processes share. Every
// key begins with prefix. What this process remembers of it expires by now.
func NewRedisLive(client *kv.Client, prefix string, now func() time.Time) Live {
	l := &redisLive{
		client: client, prefix: prefix, memory: newProcessLive(now),
		asks: make(chan *ask, maxQueue), tasks: make(chan func(context.Context) error, maxTasks), quit: make(chan struct{}),
	}
	l.stopped.Go(l.write)
	l.stopped.Go(l.read)
	return l
}

func (l *redisLive) write() {
	for {
		select {
		case task := <-l.tasks:
			ctx, cancel := context.WithTimeout(context.Background(), taskTimeout)
			// A write that failed leaves the sheet behind, no more. The breaker
			// has seen the error, and readiness says it.
			_ = task(ctx)
			cancel()
		case <-l.quit:
			return
		}
	}
}

// read looks for all who ask at once, in one round trip.
func (l *redisLive) read() {
	for {
		select {
		case a := <-l.asks:
			l.look(gather(a, l.asks, maxBatch))
		case <-l.quit:
			return
		}
	}
}

func (l *redisLive) look(asks []*ask) {
	ctx, cancel := context.WithTimeout(context.Background(), taskTimeout)
	defer cancel()
	pipe := l.client.Pipeline()
	found := make([]*redis.SliceCmd, len(asks))
	for i, a := range asks {
		found[i] = pipe.HMGet(ctx, l.key(a.attempt), deadlineKey, itemKey+a.item)
	}
	_, _ = pipe.Exec(ctx) // each command has its own error
	for i, a := range asks {
		a.done <- glimpse(found[i].Result())
	}
}

// glimpse reads a sheet's deadline and the answer in one slot.
func glimpse(got []any, err error) glance {
	switch {
	case err != nil:
		return glance{err: fmt.Errorf("read live sheet: %w", err)}
	case len(got) != 2 || got[0] == nil:
		return glance{}
	case got[1] == nil:
		return glance{known: true}
	}
	text, _ := got[1].(string)
	a, err := readLive(text)
	return glance{a, err == nil, err}
}

// later has a task done in its turn, or not at all.
func (l *redisLive) later(task func(context.Context) error) {
	select {
	case l.tasks <- task:
	default:
	}
}

// close ends the writing; what still waits is left out.
func (l *redisLive) close(ctx context.Context) error {
	l.once.Do(func() { close(l.quit) })
	stopped := make(chan struct{})
	go func() { l.stopped.Wait(); close(stopped) }()
	select {
	case <-stopped:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (l *redisLive) key(id string) string { return l.prefix + "quiz:" + id }

func (l *redisLive) near(s slot) (answer, bool) { return l.memory.near(s) }

func (l *redisLive) answer(ctx context.Context, s slot) (answer, bool, error) {
	a := &ask{s, make(chan glance, 1)}
	select {
	case l.asks <- a:
	default:
		return answer{}, false, errLiveBusy
	}
	select {
	case g := <-a.done:
		return g.answer, g.known, g.err
	case <-ctx.Done():
		return answer{}, false, ctx.Err()
	case <-l.quit:
		return answer{}, false, errLiveBusy
	}
}

// setAnswer is the rule of both scripts: a newer revision replaces an older
// one, whatever order they arrive in.
const setAnswer = `
local function set(key, item, revision, value)
	local old = redis.call('HGET', key, item)
	if not old or tonumber(string.match(old, '^%d+') or 0) < tonumber(revision) then
		redis.call('HSET', key, item, value)
	end
end
`

var (
	putScript = redis.NewScript(setAnswer + `
redis.call('HSET', KEYS[1], 'deadline', ARGV[1])
for i = 3, #ARGV, 3 do
	set(KEYS[1], ARGV[i], ARGV[i + 1], ARGV[i + 2])
end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])`)

	savedScript = redis.NewScript(setAnswer + `
for i, key in ipairs(KEYS) do
	if redis.call('HEXISTS', key, 'deadline') == 1 then
		set(key, ARGV[3 * i - 2], ARGV[3 * i - 1], ARGV[3 * i])
	end
end
return #KEYS`)
)

func (l *redisLive) put(id string, deadline time.Time, all answers) {
	l.memory.put(id, deadline, all)
	// The server's clock may be another than ours, and a sheet's life another
	// than its attempt's: a fixed span from now on is long enough.
	args := []any{deadline.UnixMilli(), sheetLife.Milliseconds()}
	for item, a := range all {
		args = append(args, itemKey+item, a.revision, writeLive(a))
	}
	l.later(func(ctx context.Context) error {
		return putScript.Run(ctx, l.client, []string{l.key(id)}, args...).Err()
	})
}

// sheetLife is longer than any quiz may take.
const sheetLife = 24 * time.Hour

func (l *redisLive) saved(records []record) {
	l.memory.saved(records)
	keys := make([]string, len(records))
	args := make([]any, 0, 3*len(records))
	for i, r := range records {
		keys[i] = l.key(r.attempt)
		args = append(args, itemKey+r.item, r.revision, writeLive(r.answer))
	}
	l.later(func(ctx context.Context) error { return savedScript.Run(ctx, l.client, keys, args...).Err() })
}

func (l *redisLive) forget(id string) {
	l.memory.forget(id)
	l.later(func(ctx context.Context) error { return l.client.Del(ctx, l.key(id)).Err() })
}

// writeLive writes an answer as REVISION SAVED-AT RESPONSE.
func writeLive(a answer) string {
	return strconv.Itoa(a.revision) + " " + strconv.FormatInt(a.savedAt.UnixMilli(), 10) + " " + a.response
}

var (
	errLive     = errors.New("this is no live answer")
	errLiveBusy = errors.New("the live store takes no more questions")
)

func readLive(text string) (answer, error) {
	parts := strings.SplitN(text, " ", 3)
	if len(parts) != 3 {
		return answer{}, errLive
	}
	revision, err := strconv.Atoi(parts[0])
	if err != nil || revision < 1 {
		return answer{}, errLive
	}
	at, err := strconv.ParseInt(parts[1], 10, 64)
	if err != nil {
		return answer{}, errLive
	}
	return answer{revision, parts[2], db.At(time.UnixMilli(at))}, nil
}
