package quiz

import (
	"bufio"
	"encoding/json"
	"net"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/dbtest"
	"github.com/kapstone-lms/kapstone/internal/kv"
)

// CHECKS DU-03: the live store loses everything again and again, in the middle
// of an exam, and no answer and no revision is lost.
func TestTheLiveStoreMayVanish(t *testing.T) {
	for _, live := range []liveMaker{inProcess, inRedis} {
		t.Run(live.name, func(t *testing.T) {
			dbtest.EachURL(t, func(t *testing.T, url string) {
				w := newWorld(t, url, live, curriculum.ReviewNever)
				o := w.begin()
				w.exam(t, o, 30, w.vanish)
				w.vanish()
				first := o.Items[0].ID
				if _, err := w.Save(w.trainee, o.ID, first, []string{"a"}, 5); codeOf(err) != "stale_revision" {
					t.Errorf("Save at an old revision = %v, want stale", err)
				}
				if l, ok := w.live.(*redisLive); ok {
					l.settle()
				}
				if a, known, err := w.live.answer(t.Context(), slot{o.ID, first}); err != nil || !known || a.revision != 30 {
					t.Errorf("after a save the sheet shows %+v, %t, %v; want it made anew from SQL", a, known, err)
				}
				if r, err := w.Submit(w.trainee, o.ID); err != nil || r.Revision != 30*len(o.Items) {
					t.Errorf("Submit = %+v, %v; want every save counted", r, err)
				}
			})
		})
	}
}

// vanish empties the live store.
func (w *world) vanish() {
	switch l := w.live.(type) {
	case *processLive:
		l.mu.Lock()
		defer l.mu.Unlock()
		clear(l.sheets)
	case *redisLive:
		dropKeys(w.t, l.prefix)
	}
}

// exam saves each item n times, all items at once, while trouble happens again
// and again.
func (w *world) exam(t *testing.T, o *OpenSheet, n int, trouble func()) (slowest time.Duration) {
	t.Helper()
	var saving sync.WaitGroup
	var mu sync.Mutex
	for _, item := range o.Items {
		saving.Go(func() {
			for revision := range n {
				begin := time.Now()
				got, err := w.Save(w.trainee, o.ID, item.ID, []string{string(rune('a' + revision%4))}, revision)
				if err != nil || got.Revision != revision+1 {
					t.Errorf("Save of %s at revision %d = %+v, %v", item.ID, revision, got, err)
					return
				}
				mu.Lock()
				slowest = max(slowest, time.Since(begin))
				mu.Unlock()
			}
		})
	}
	done := make(chan bool)
	go func() { saving.Wait(); close(done) }()
	for {
		select {
		case <-done:
			return slowest
		default:
			trouble()
		}
	}
}

// CHECKS FT-01 and FT-02: Redis is killed, and hangs; answers go on without a
// fault, none takes a second, and afterwards the sheets are back.
func TestAnExamGoesOnWithoutRedis(t *testing.T) {
	for name, hurt := range map[string]struct{ stop, start func(s *redisServer) }{
		"killed": {(*redisServer).kill, (*redisServer).start},
		"hung":   {func(s *redisServer) { s.signal(syscall.SIGSTOP) }, func(s *redisServer) { s.signal(syscall.SIGCONT) }},
	} {
		t.Run(name, func(t *testing.T) {
			dbtest.EachURL(t, func(t *testing.T, url string) {
				s := startRedis(t)
				client, err := kv.Open("redis://" + s.addr)
				if err != nil {
					t.Fatal(err)
				}
				defer client.Close()
				w := newWorld(t, url, liveMaker{"own", func(_ *testing.T, now func() time.Time) Live { return NewRedisLive(client, "own:", now) }}, curriculum.ReviewNever)
				o := w.begin()
				w.exam(t, o, 5, func() {})
				hurt.stop(s)
				second := w.startOther(t)
				if slowest := w.exam(t, second, 50, func() {}); slowest > time.Second {
					t.Errorf("the slowest save without Redis took %v, want less than a second", slowest)
				}
				for deadline := time.Now().Add(time.Second); !client.Degraded(); <-time.After(time.Millisecond) {
					if time.Now().After(deadline) {
						t.Fatal("after a second the store is not said to be degraded")
					}
				}
				hurt.start(s)
				for deadline := time.Now().Add(5 * time.Second); client.Degraded() && time.Now().Before(deadline); {
					<-time.After(10 * time.Millisecond)
				}
				w.goesOn(t, o, 5)
				if r, err := w.Submit(w.trainee, o.ID); err != nil || r.Revision != 6*len(o.Items) {
					t.Errorf("Submit = %+v, %v; want every save counted", r, err)
				}
			})
		})
	}
}

// startOther moves the world on to another trainee with an attempt of theirs,
// and returns it; w.trainee is the new one until goesOn.
func (w *world) startOther(t *testing.T) *OpenSheet {
	t.Helper()
	w.before = w.trainee
	trainee, e := w.Trainee("Otto Other", w.cohort)
	w.trainee = trainee
	o, _, err := w.Start(trainee, e.ID, module)
	if err != nil {
		t.Fatalf("Start without Redis = %v", err)
	}
	return o
}

// goesOn has the first trainee resume and save each item once more.
func (w *world) goesOn(t *testing.T, o *OpenSheet, revision int) {
	t.Helper()
	w.trainee = w.before
	again := w.begin()
	if again.ID != o.ID || again.Revision != revision*len(o.Items) {
		t.Fatalf("after the outage the attempt is %s at revision %d, want %s at %d", again.ID, again.Revision, o.ID, revision*len(o.Items))
	}
	for _, item := range o.Items {
		if got, err := w.Save(w.trainee, o.ID, item.ID, nil, revision); err != nil || got.Revision != revision+1 {
			t.Errorf("Save after the outage = %+v, %v", got, err)
		}
	}
	l := w.live.(*redisLive)
	l.settle()
	for _, item := range o.Items {
		if a, known, err := l.answer(t.Context(), slot{o.ID, item.ID}); err != nil || !known || a.revision != revision+1 {
			t.Errorf("the sheet after the outage shows %+v, %t, %v; want revision %d", a, known, err, revision+1)
		}
	}
}

// A redisServer is a Redis of the test's own.
type redisServer struct {
	t    *testing.T
	addr string
	cmd  *exec.Cmd
}

func startRedis(t *testing.T) *redisServer {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		dbtest.LeaveOut(t, "redis-server", err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &redisServer{t: t, addr: l.Addr().String()}
	l.Close()
	s.start()
	t.Cleanup(s.kill)
	return s
}

func (s *redisServer) start() {
	s.t.Helper()
	_, port, _ := net.SplitHostPort(s.addr)
	s.cmd = exec.Command("redis-server", "--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", s.t.TempDir())
	out, err := s.cmd.StdoutPipe()
	if err == nil {
		err = s.cmd.Start()
	}
	if err != nil {
		s.t.Fatal(err)
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if strings.Contains(lines.Text(), "Ready to accept connections") {
			return
		}
	}
	s.t.Fatal("redis-server ended before it was ready")
}

func (s *redisServer) kill() {
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
}

func (s *redisServer) signal(sig syscall.Signal) {
	s.t.Helper()
	if err := s.cmd.Process.Signal(sig); err != nil {
		s.t.Fatal(err)
	}
}

// A live store that lies cannot make SQL accept or refuse anything.
func TestALyingLiveStoreChangesNothing(t *testing.T) {
	for _, live := range []liveMaker{inProcess, inRedis} {
		t.Run(live.name, func(t *testing.T) {
			dbtest.EachURL(t, func(t *testing.T, url string) {
				w := newWorld(t, url, live, curriculum.ReviewNever)
				o := w.begin()
				item := single(o)
				lie := func(a answer) {
					w.vanish()
					w.live.put(o.ID, o.Deadline, answers{item: a})
					if l, ok := w.live.(*redisLive); ok {
						l.settle()
					}
				}
				lie(ans(7, `["a"]`)) // ahead of SQL
				if got, err := w.Save(w.trainee, o.ID, item, []string{"a"}, 0); err != nil || got.Revision != 1 {
					t.Errorf("Save = %+v, %v; want accepted as the first", got, err)
				}
				lie(ans(7, `["a"]`))
				if got, err := w.Save(w.trainee, o.ID, item, []string{"a"}, 6); codeOf(err) != "stale_revision" {
					t.Errorf("a replay of what SQL never had = %+v, %v; want stale", got, err)
				}
				if got, err := w.Save(w.trainee, o.ID, item, []string{"a"}, 7); codeOf(err) != "stale_revision" {
					t.Errorf("a save on top of what SQL never had = %+v, %v; want stale", got, err)
				}
				if _, err := w.Submit(w.trainee, o.ID); err != nil {
					t.Fatal(err)
				}
				lie(ans(1, `["a"]`)) // open for ever
				if got, err := w.Save(w.trainee, o.ID, item, []string{"b"}, 1); codeOf(err) != "attempt_closed" {
					t.Errorf("Save after hand-in = %+v, %v; want closed", got, err)
				}
			})
		})
	}
}

// CHECKS QZ-01: nothing that goes out before the policy allows it holds a
// byte of the key.
func TestNoKeyGoesOut(t *testing.T) {
	eachHome(t, func(t *testing.T, w *world) {
		var said []any
		say := func(v any, err error) {
			said = append(said, v)
			if err != nil {
				said = append(said, err.Error(), err)
			}
		}
		for range 2 { // a right attempt would open the review
			o, _, err := w.Start(w.trainee, w.enrollment.ID, module)
			say(o, err)
			for item, right := range w.key(o.ID) {
				say(w.Save(w.trainee, o.ID, item, wrong(right), 0))
				say(w.Save(w.trainee, o.ID, item, right, 0))
				say(w.Save(w.trainee, o.ID, item, []string{"z"}, 1))
			}
			o, _, err = w.Start(w.trainee, w.enrollment.ID, module)
			say(o, err)
			say(w.Sheet(w.trainee, o.ID))
			r, err := w.Submit(w.trainee, o.ID)
			if err != nil || r.Passed {
				t.Fatalf("Submit = %+v, %v; want failed", r, err)
			}
			say(r, err)
			say(w.Sheet(w.trainee, o.ID))
			_, _, err = w.Start(w.trainee, w.enrollment.ID, module)
			say(nil, err)
			w.Clock.Advance(24 * time.Hour)
		}
		text, err := json.Marshal(said)
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range []string{"CANARY", "saf-0", `"Correct":true`, `"Correct":false`} {
			if strings.Contains(string(text), word) {
				t.Errorf("%q went out", word)
			}
		}
	})
}

// Before hand-in no field has a name that speaks of right and wrong.
func TestTheNamesOfAnOpenSheetSayNothing(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		o := w.begin()
		w.answer(o, true)
		text, err := json.Marshal(w.begin())
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range []string{"score", "pass", "result", "feedback", "correct", "key", "weight", "credit", "critical", "why", "objective"} {
			if strings.Contains(strings.ToLower(string(text)), `"`+word) {
				t.Errorf("an open sheet has a field that begins with %q: %s", word, text)
			}
		}
	})
}
