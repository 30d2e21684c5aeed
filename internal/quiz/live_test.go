package quiz

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/schooltest"
)

// eachLive runs f on both stores. settle waits until what was written can be
// read.
func eachLive(t *testing.T, f func(t *testing.T, l Live, settle func())) {
	t.Run("process", func(t *testing.T) { f(t, NewProcessLive(new(schooltest.Clock).Now), func() {}) })
	t.Run("redis", func(t *testing.T) {
		l := NewRedisLive(redisFor(t), prefixFor(t), new(schooltest.Clock).Now).(*redisLive)
		t.Cleanup(func() {
			if err := l.close(context.Background()); err != nil {
				t.Error(err)
			}
		})
		f(t, l, l.settle)
	})
}

// settle waits until everything queued before is done.
func (l *redisLive) settle() {
	sent := make(chan struct{})
	l.tasks <- task{func(context.Context, redis.Pipeliner) {}, sent}
	<-sent
}

// soon is a deadline in the future of every clock of these tests.
func soon() time.Time { return time.Unix(0, 0).Add(time.Hour) }

func ans(revision int, response string) answer {
	return answer{revision, response, db.At(time.UnixMilli(int64(1000 * revision)))}
}

// shows checks what a store shows in a slot; nil means no sheet.
func shows(t *testing.T, l Live, s slot, want *answer) {
	t.Helper()
	got, known, err := l.answer(t.Context(), s)
	if err != nil || known != (want != nil) || want != nil && got != *want {
		t.Errorf("answer(%v) = %+v, %t, %v; want %+v", s, got, known, err, want)
	}
}

func TestALiveStoreFollowsWhatIsSaved(t *testing.T) {
	eachLive(t, func(t *testing.T, l Live, settle func()) {
		one, two := slot{"one", "q1"}, slot{"one", "q2"}
		none, first, second, third := answer{}, ans(1, `["a"]`), ans(2, `["b","c"]`), ans(3, `[]`)

		shows(t, l, one, nil)
		l.saved([]record{{one, first}}) // into a sheet that is not there
		settle()
		shows(t, l, one, nil)

		l.put("one", soon(), nil)
		settle()
		shows(t, l, one, &none)
		shows(t, l, slot{"two", "q1"}, nil)

		l.saved([]record{{one, first}, {two, second}, {slot{"two", "q1"}, first}})
		settle()
		shows(t, l, one, &first)
		shows(t, l, two, &second)
		shows(t, l, slot{"two", "q1"}, nil)

		l.saved([]record{{two, first}}) // one that was overtaken
		settle()
		shows(t, l, two, &second)
		l.put("one", soon(), answers{"q1": second, "q2": first}) // a snapshot from before
		settle()
		shows(t, l, one, &second)
		shows(t, l, two, &second)
		l.saved([]record{{one, third}, {two, ans(10, `["d"]`)}}) // ten is more than two
		settle()
		shows(t, l, one, &third)
		l.saved([]record{{two, ans(9, `["a"]`)}})
		settle()
		shows(t, l, two, new(ans(10, `["d"]`)))

		l.forget("one")
		l.forget("never there")
		settle()
		shows(t, l, one, nil)
		l.put("one", soon(), answers{"q1": third})
		settle()
		shows(t, l, one, &third)
		shows(t, l, two, &none)
	})
}

func TestALiveStoreServesManyAtOnce(t *testing.T) {
	eachLive(t, func(t *testing.T, l Live, settle func()) {
		const sheets, revisions = 8, 20
		var wg sync.WaitGroup
		for n := range sheets {
			id := fmt.Sprintf("sheet %d", n)
			l.put(id, soon(), nil)
			for r := range revisions {
				wg.Go(func() { l.saved([]record{{slot{id, "q1"}, ans(r+1, `["a"]`)}}) })
				wg.Go(func() {
					if _, _, err := l.answer(context.Background(), slot{id, "q1"}); err != nil {
						t.Error(err)
					}
				})
			}
		}
		wg.Wait()
		settle()
		for n := range sheets {
			shows(t, l, slot{fmt.Sprintf("sheet %d", n), "q1"}, new(ans(revisions, `["a"]`)))
		}
	})
}

func TestSheetsInTheProcessExpireByTheClock(t *testing.T) {
	clock := new(schooltest.Clock)
	l := NewProcessLive(clock.Now).(*processLive)
	deadline := clock.Now().Add(time.Minute)
	l.put("x", deadline, answers{"q1": ans(1, `[]`)})
	clock.Advance(time.Minute + Grace + liveMargin - time.Millisecond)
	shows(t, l, slot{"x", "q1"}, new(ans(1, `[]`)))
	clock.Advance(time.Millisecond)
	shows(t, l, slot{"x", "q1"}, nil)

	l.put("old", deadline, nil) // expired as it comes
	clock.Advance(2 * time.Minute)
	l.put("new", clock.Now(), nil)
	if _, there := l.sheets["old"]; there || len(l.sheets) != 1 {
		t.Errorf("%d sheets are kept after a sweep, want the new one", len(l.sheets))
	}
}

func TestSheetsInTheProcessAreBounded(t *testing.T) {
	l := NewProcessLive(new(schooltest.Clock).Now).(*processLive)
	for n := range maxSheets + 100 {
		l.put(fmt.Sprint(n), soon(), nil)
	}
	if len(l.sheets) != maxSheets {
		t.Errorf("%d sheets are kept, want %d", len(l.sheets), maxSheets)
	}
	shows(t, l, slot{fmt.Sprint(maxSheets + 99), "q1"}, new(answer{}))
}

func TestSheetsInRedisExpire(t *testing.T) {
	client := redisFor(t)
	l := NewRedisLive(client, prefixFor(t), new(schooltest.Clock).Now).(*redisLive)
	defer l.close(t.Context())
	l.put("x", soon(), answers{"q1": ans(1, `[]`)})
	l.saved([]record{{slot{"x", "q1"}, ans(2, `[]`)}})
	l.settle()
	if ttl, err := client.PTTL(t.Context(), l.key("x")).Result(); err != nil || ttl <= sheetLife-time.Minute || ttl > sheetLife {
		t.Errorf("a sheet lives %v more (%v), want about %v", ttl, err, sheetLife)
	}
}

func TestABrokenSheetIsNotBelieved(t *testing.T) {
	client := redisFor(t)
	l := NewRedisLive(client, prefixFor(t), new(schooltest.Clock).Now).(*redisLive)
	defer l.close(t.Context())
	for _, text := range []string{"", "1", "1 2", "x 2 []", "1 x []", "0 2 []", "-1 2 []"} {
		if err := client.HSet(t.Context(), l.key("x"), "deadline", 1, "i:q1", text).Err(); err != nil {
			t.Fatal(err)
		}
		if a, known, err := l.answer(t.Context(), slot{"x", "q1"}); err == nil {
			t.Errorf("answer from %q = %+v, %t; want an error", text, a, known)
		}
		l.saved([]record{{slot{"x", "q1"}, ans(1, `["a"]`)}})
		l.settle()
	}
	shows(t, l, slot{"x", "q1"}, new(ans(1, `["a"]`))) // mended by a save
}

// A slow server costs the sheets some writes and nobody any time.
func TestAFullQueueKeepsNobodyWaiting(t *testing.T) {
	l := NewRedisLive(redisFor(t), prefixFor(t), new(schooltest.Clock).Now).(*redisLive)
	defer l.close(t.Context())
	busy, free := make(chan bool), make(chan bool)
	l.later(func(context.Context, redis.Pipeliner) { close(busy); <-free })
	<-busy
	for range 3 * maxTasks {
		l.put("x", soon(), nil)
		l.saved([]record{{slot{"x", "q1"}, ans(1, `[]`)}})
		l.forget("y")
	}
	close(free)
	l.settle()
}

func FuzzReadLive(f *testing.F) {
	f.Add(`3 1795597200000 ["a","b"]`)
	f.Add(`1 x []`)
	f.Fuzz(func(t *testing.T, text string) {
		a, err := readLive(text)
		if err != nil {
			return
		}
		if again, err := readLive(writeLive(a)); err != nil || again != a {
			t.Errorf("readLive(%q) = %+v, written and read again %+v, %v", text, a, again, err)
		}
	})
}

// What went through this process it knows at once, without asking anybody.
func TestWhatIsNearNeedsNoQuestion(t *testing.T) {
	eachLive(t, func(t *testing.T, l Live, _ func()) {
		one := slot{"one", "q1"}
		if _, known := l.near(one); known {
			t.Error("a sheet that was never put is known")
		}
		l.put("one", soon(), answers{"q1": ans(1, `["a"]`)})
		l.saved([]record{{one, ans(2, `["b"]`)}, {slot{"other", "q1"}, ans(1, `[]`)}})
		if a, known := l.near(one); !known || a != ans(2, `["b"]`) {
			t.Errorf("near is %v, %t, want what was saved last", a, known)
		}
		if a, known := l.near(slot{"one", "q2"}); !known || a != (answer{}) {
			t.Errorf("an empty slot of a known sheet is %v, %t", a, known)
		}
		l.forget("one")
		if _, known := l.near(one); known {
			t.Error("a sheet that was forgotten is known")
		}
	})
}
