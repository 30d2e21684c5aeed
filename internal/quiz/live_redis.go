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
	"github.com/kapstone-lms/kapstone/internal/together"
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

	looks   *together.Asker[slot, glance]
	tasks   chan task
	quit    chan struct{}
	stopped chan struct{}
	once    sync.Once
}

// A task is a write: it adds its command to others that go out together.
type task struct {
	add  func(context.Context, redis.Pipeliner)
	sent chan struct{} // closed when it was; nil where nobody waits
}

// A glance is what a look found.
type glance struct {
	answer answer
	known  bool
	err    error
}

const (
	maxTasks    = 256 // that wait
	maxSent     = 32  // in one round trip, of up to maxBatch answers each
	taskTimeout = time.Second
	deadlineKey = "deadline"
	itemKey     = "i:"
)

// NewRedisLive returns a store in Redis, which several processes share. Every
// key begins with prefix. What this process remembers of it expires by now.
func NewRedisLive(client *kv.Client, prefix string, now func() time.Time) Live {
	l := &redisLive{
		client: client, prefix: prefix, memory: newProcessLive(now),
		tasks: make(chan task, maxTasks), quit: make(chan struct{}), stopped: make(chan struct{}),
	}
	l.looks = together.New(maxBatch, taskTimeout, l.look)
	go l.write()
	return l
}

func (l *redisLive) write() {
	defer close(l.stopped)
	for {
		select {
		case t := <-l.tasks:
			l.send(gather(t, l.tasks, maxSent))
		case <-l.quit:
			return
		}
	}
}

// send makes one round trip of all that queued during the one before. A write
// that failed leaves its sheet behind, no more; the breaker has seen it.
func (l *redisLive) send(tasks []task) {
	ctx, cancel := context.WithTimeout(context.Background(), taskTimeout)
	defer cancel()
	pipe := l.client.Pipeline()
	for _, t := range tasks {
		t.add(ctx, pipe)
	}
	if _, err := pipe.Exec(ctx); redis.HasErrorPrefix(err, "NOSCRIPT") { // a server that was started anew
		for _, s := range []*redis.Script{putScript, savedScript} {
			s.Load(ctx, l.client)
		}
		for _, t := range tasks { // what was written already is not written over
			t.add(ctx, pipe)
		}
		_, _ = pipe.Exec(ctx)
	}
	for _, t := range tasks {
		if t.sent != nil {
			close(t.sent)
		}
	}
}

// look looks into many slots in one round trip.
func (l *redisLive) look(ctx context.Context, slots []slot) ([]glance, error) {
	pipe := l.client.Pipeline()
	found := make([]*redis.SliceCmd, len(slots))
	for i, s := range slots {
		found[i] = pipe.HMGet(ctx, l.key(s.attempt), deadlineKey, itemKey+s.item)
	}
	_, _ = pipe.Exec(ctx) // each command has its own error
	glances := make([]glance, len(slots))
	for i := range slots {
		glances[i] = glimpse(found[i].Result())
	}
	return glances, nil
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

// later has a write done in its turn, or not at all.
func (l *redisLive) later(add func(context.Context, redis.Pipeliner)) {
	select {
	case l.tasks <- task{add: add}:
	default:
	}
}

// close ends the writing; what still waits is left out.
func (l *redisLive) close(ctx context.Context) error {
	l.once.Do(func() { close(l.quit) })
	select {
	case <-l.stopped:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (l *redisLive) key(id string) string { return l.prefix + "quiz:" + id }

func (l *redisLive) near(s slot) (answer, bool) { return l.memory.near(s) }

func (l *redisLive) answer(ctx context.Context, s slot) (answer, bool, error) {
	g, err := l.looks.Ask(ctx, s)
	if err != nil {
		return answer{}, false, err
	}
	return g.answer, g.known, g.err
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
	l.later(func(ctx context.Context, p redis.Pipeliner) { putScript.EvalSha(ctx, p, []string{l.key(id)}, args...) })
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
	l.later(func(ctx context.Context, p redis.Pipeliner) { savedScript.EvalSha(ctx, p, keys, args...) })
}

func (l *redisLive) forget(id string) {
	l.memory.forget(id)
	l.later(func(ctx context.Context, p redis.Pipeliner) { p.Del(ctx, l.key(id)) })
}

// writeLive writes an answer as REVISION SAVED-AT RESPONSE.
func writeLive(a answer) string {
	return strconv.Itoa(a.revision) + " " + strconv.FormatInt(a.savedAt.UnixMilli(), 10) + " " + a.response
}

var errLive = errors.New("this is no live answer")

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
