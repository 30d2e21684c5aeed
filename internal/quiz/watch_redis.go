package quiz

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/kapstone-lms/kapstone/internal/kv"
)

// redisFeed is a feed between the processes that share a Redis: one channel,
// PREFIX "watch:attempts", on which each tells the ids of attempts that got
// answers, a space between them. Nothing is kept there.
//
// What nobody listens to is not sent: after a message that reached nobody, or
// failed, the feed keeps silent for a while. Meanwhile a save costs it one
// atomic read.
type redisFeed struct {
	processFeed // marks of this process take no way through Redis

	client  *kv.Client
	channel string

	silent  atomic.Bool
	hears   atomic.Bool // the channel is open and was heard of lately
	batches chan []string
	quit    chan struct{}
	stopped chan struct{}
	once    sync.Once
	hearing sync.WaitGroup
}

const (
	feedPause   = 100 * time.Millisecond // between messages: what came meanwhile goes out together
	feedSilence = time.Second            // after one that reached nobody
	feedPulse   = 500 * time.Millisecond // of a channel on which nothing comes
	maxBatches  = 256                    // that wait; more are left out
)

// NewRedisFeed returns a feed between all servers on one Redis and prefix.
func NewRedisFeed(client *kv.Client, prefix string) Feed {
	f := &redisFeed{
		client: client, channel: prefix + "watch:attempts",
		batches: make(chan []string, maxBatches), quit: make(chan struct{}), stopped: make(chan struct{}),
	}
	go f.run()
	return f
}

func (f *redisFeed) saved(records []record) {
	f.processFeed.saved(records)
	if f.silent.Load() {
		return
	}
	select {
	case f.batches <- attemptsIn(records):
	default:
	}
}

// run sends what waits.
func (f *redisFeed) run() {
	defer close(f.stopped)
	for {
		select {
		case <-f.quit:
			return
		case batch := <-f.batches:
			pause := feedPause
			if !f.send(f.gather(batch)) {
				f.silent.Store(true)
				pause = feedSilence
			}
			select {
			case <-f.quit:
				return
			case <-time.After(pause):
			}
			f.silent.Store(false)
		}
	}
}

// gather joins a batch with all that wait behind it, each attempt once.
func (f *redisFeed) gather(batch []string) []string {
	seen := make(map[string]bool, len(batch))
	var ids []string
	for {
		for _, id := range batch {
			if !seen[id] {
				seen[id] = true
				ids = append(ids, id)
			}
		}
		select {
		case batch = <-f.batches:
		default:
			return ids
		}
	}
}

// send reports whether a message reached anybody.
func (f *redisFeed) send(ids []string) bool {
	ctx, cancel := context.WithTimeout(context.Background(), taskTimeout)
	defer cancel()
	n, err := f.client.Publish(ctx, f.channel, strings.Join(ids, " ")).Result()
	return err == nil && n > 0
}

func (f *redisFeed) listen(mark func([]string)) (stop func()) {
	end := f.processFeed.listen(mark)
	ctx, cancel := context.WithCancel(context.Background())
	f.hearing.Go(func() { f.hear(ctx, mark) })
	return func() {
		cancel()
		end()
	}
}

func (f *redisFeed) whole() bool { return f.hears.Load() }

// hear listens on the channel until ctx ends, and opens it again when it
// breaks.
func (f *redisFeed) hear(ctx context.Context, mark func([]string)) {
	for ctx.Err() == nil {
		// The error is in what follows from it: the view reads SQL more often.
		_ = f.hearOnce(ctx, mark)
		f.hears.Store(false)
		select {
		case <-ctx.Done():
		case <-time.After(feedPulse):
		}
	}
}

var errDeaf = errors.New("nothing is heard on the channel")

// hearOnce listens until something breaks. A channel on which nothing comes is
// asked for a sign of life.
func (f *redisFeed) hearOnce(ctx context.Context, mark func([]string)) error {
	if f.client.Degraded() {
		return kv.ErrDown
	}
	sub := f.client.Subscribe(ctx, f.channel)
	defer sub.Close()
	defer context.AfterFunc(ctx, func() { sub.Close() })()
	for asked := false; ; {
		got, err := sub.ReceiveTimeout(ctx, feedPulse)
		if timeout := net.Error(nil); errors.As(err, &timeout) && timeout.Timeout() && !asked {
			asked = true
			if err := sub.Ping(ctx); err != nil {
				return fmt.Errorf("ask for a sign of life: %w", err)
			}
			continue
		} else if err != nil {
			return fmt.Errorf("listen to saves: %w", errors.Join(errDeaf, err))
		}
		asked = false
		f.hears.Store(true)
		if m, ok := got.(*redis.Message); ok {
			mark(strings.Split(m.Payload, " "))
		}
	}
}

func (f *redisFeed) close(ctx context.Context) error {
	f.once.Do(func() { close(f.quit) })
	select {
	case <-f.stopped:
		f.hearing.Wait() // whoever listened has stopped
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
