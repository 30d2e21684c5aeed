package quiz

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/dbtest"
	"github.com/kapstone-lms/kapstone/internal/kv"
)

// Two processes: an answer saved through one shows on the other, with Redis
// between them or not.
func TestTheOtherProcessShowsItToo(t *testing.T) {
	t.Parallel()
	url := dbtest.Postgres(t)
	server := startRedis(t)
	client := func() *kv.Client {
		c, err := kv.Open("redis://" + server.addr)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return c
	}
	w := newWorld(t, url, inProcess, curriculum.ReviewNever)
	here, there := NewRedisFeed(client(), "watch_test:"), NewRedisFeed(client(), "watch_test:")
	elsewhere := w.fedBy(there)
	w.fedBy(here)
	o := w.begin()
	watcher := w.watch(elsewhere, "")
	save := func(n int) {
		t.Helper()
		if _, err := w.Save(w.trainee, o.ID, o.Items[0].ID, []string{string(rune('a' + n%4))}, n-1); err != nil {
			t.Fatal(err)
		}
	}
	for n := 1; n <= 2; n++ {
		save(n)
		w.shows(watcher, promised, fmt.Sprint("save ", n), saves(n))
	}
	until(t, "the channel is heard of", there.whole)
	server.kill()
	for n := 3; n <= 5; n++ {
		save(n)
		w.shows(watcher, promised, fmt.Sprint("save ", n, " without Redis"), saves(n))
	}
	until(t, "the channel is missed", func() bool { return !there.whole() })
	server.start()
	until(t, "the channel is back", there.whole)
	save(6)
	w.shows(watcher, promised, "save 6 after Redis came back", saves(6))
}

// Whichever way an answer takes into SQL, the feed is told of it before its
// trainee is.
func TestEverySaveIsFed(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		o := w.begin()
		var m marks
		m.watch([]string{o.ID})
		defer w.feed.listen(m.mark)()
		if _, err := w.Save(w.trainee, o.ID, o.Items[0].ID, []string{"a"}, 0); err != nil {
			t.Fatal(err)
		}
		if got := m.take([]string{o.ID}); len(got) != 1 {
			t.Error("a save by the journal is not fed")
		}
		r := record{slot{o.ID, o.Items[1].ID}, ans(1, `["a"]`)}
		r.savedAt = db.At(w.Clock.Now())
		if taken, err := w.alone(t.Context(), r); err != nil || !taken {
			t.Fatal(taken, err)
		}
		if got := m.take([]string{o.ID}); len(got) != 1 {
			t.Error("a save alone is not fed")
		}
	})
}

// With the feed alone, long before anything is read anew: what comes through
// Redis is marked.
func TestAFeedReachesOtherProcesses(t *testing.T) {
	prefix := prefixFor(t)
	here, there := NewRedisFeed(redisFor(t), prefix), NewRedisFeed(redisFor(t), prefix)
	defer func() {
		if err := errors.Join(here.close(context.Background()), there.close(context.Background())); err != nil {
			t.Error(err)
		}
	}()
	var m marks
	m.watch([]string{"one", "two"})
	stop := there.listen(m.mark)
	defer stop()
	until(t, "the channel is heard of", there.whole)
	here.saved([]record{{slot: slot{attempt: "one"}}, {slot: slot{attempt: "one"}}, {slot: slot{attempt: "three"}}})
	until(t, "the mark", func() bool { return len(m.take([]string{"one", "two", "three"})) == 1 })
	if n := m.kept(); n != 2 {
		t.Errorf("marks are kept for %d attempts, want for the two that are watched", n)
	}
}

// A feed to which nobody listens is silent, and one whose Redis is gone holds
// nobody up.
func TestAFeedCostsSavesNothing(t *testing.T) {
	c, err := kv.Open("redis://127.0.0.1:1") // nobody is there
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	f := NewRedisFeed(c, "none:").(*redisFeed)
	records := make([]record, maxBatch)
	began := time.Now()
	for range 10_000 {
		f.saved(records)
	}
	if took := time.Since(began); took > time.Second {
		t.Errorf("ten thousand batches without Redis took %v", took)
	}
	until(t, "the silence", f.silent.Load)
	if err := f.close(t.Context()); err != nil {
		t.Error(err)
	}
}
