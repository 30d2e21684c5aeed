package app_test

import (
	"bufio"
	"context"
	"encoding/json"
	"net"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/app"
)

// serve has an app answer on a listener of its own, as it does in production:
// what asks Fiber in memory waits for the end of a stream.
func serve(t *testing.T, a *app.App) (url string, stop func()) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- a.Serve(ctx, l) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return "http://" + l.Addr().String(), stop
}

// A streamed is one event as it came.
type streamed struct {
	id, name string
	data     string
	at       time.Time
}

// rows reads the rows of a view.
func rows(t *testing.T, data string) (all []map[string]any) {
	t.Helper()
	var v struct{ Items []map[string]any }
	if err := json.Unmarshal([]byte(data), &v); err != nil {
		t.Fatalf("%v in %s", err, data)
	}
	return v.Items
}

// A stream is an open answer, and all that came on it.
type stream struct {
	t      *testing.T
	res    *http.Response
	events chan streamed

	mu  sync.Mutex
	all strings.Builder
}

// watch opens a stream as somebody, or returns the answer that refused it.
func watch(t *testing.T, as *caller, url, last string) *stream {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept", "text/event-stream")
	r.Header.Set("Authorization", "Bearer "+as.token)
	if last != "" {
		r.Header.Set("Last-Event-ID", last)
	}
	// Connections of its own: closing the answer closes them.
	transport := &http.Transport{DisableCompression: true, DisableKeepAlives: true}
	res, err := transport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	s := &stream{t: t, res: res, events: make(chan streamed, 1000)}
	if res.StatusCode == 200 {
		go s.read()
	}
	t.Cleanup(s.close)
	return s
}

func (s *stream) close() { s.res.Body.Close() }

func (s *stream) read() {
	defer close(s.events)
	var e streamed
	for lines := bufio.NewScanner(s.res.Body); lines.Scan(); {
		s.mu.Lock()
		s.all.WriteString(lines.Text() + "\n")
		s.mu.Unlock()
		field, value, _ := strings.Cut(lines.Text(), ": ")
		switch field {
		case "id":
			e.id = value
		case "event":
			e.name = value
		case "data":
			e.data = value
		case "":
			if e.name != "" {
				e.at = time.Now()
				s.events <- e
			}
			e = streamed{}
		}
	}
}

// next returns the next event that is wanted, or fails after a time.
func (s *stream) next(what string, within time.Duration, want func(streamed) bool) streamed {
	s.t.Helper()
	late := time.After(within)
	for {
		select {
		case e, open := <-s.events:
			if !open {
				s.t.Fatalf("%s: the stream ended before", what)
			}
			if want(e) {
				return e
			}
		case <-late:
			s.t.Fatalf("%s: not within %v", what, within)
		}
	}
}

func named(names ...string) func(streamed) bool {
	return func(e streamed) bool { return slices.Contains(names, e.name) }
}

// saved waits for a row with so many saves.
func (s *stream) saved(n int) streamed {
	s.t.Helper()
	return s.next("a save shows", 2*time.Second, func(e streamed) bool {
		if e.name != "view" && e.name != "change" {
			return false
		}
		return slices.ContainsFunc(rows(s.t, e.data), func(r map[string]any) bool { return r["saves"] == float64(n) })
	})
}

func (s *school) livePath() string { return "/api/v1/cohorts/" + s.cohort + "/modules/science/live" }

// CHECKS QZ-01 for streams, PROMISES and issue 4.16: an instructor sees within
// two seconds how far each trainee is, and nothing of the answers.
func TestAnInstructorWatchesAQuiz(t *testing.T) {
	t.Parallel()
	eachHome(t, func(t *testing.T, c app.Config) {
		s := newSchool(t, c)
		url, _ := serve(t, s.App)
		a := s.start("science")
		w := watch(t, s.instructor, url+s.livePath()+"?seconds=4", "")
		if w.res.StatusCode != 200 || w.res.Header.Get("Content-Type") != "text/event-stream" || w.res.Header.Get("Cache-Control") != "no-store" {
			t.Fatalf("the stream is %s %v", w.res.Status, w.res.Header)
		}
		first := w.next("the first view", time.Second, named("view"))
		row := rows(t, first.data)[0]
		if row["enrollment_id"] != s.enrollment || row["name"] != "Noor Vance" || row["state"] != "in" || row["attempt_id"] != a.ID || row["items"] != float64(len(a.Items)) ||
			row["answered"] != 0.0 || row["number"] != 1.0 || row["seconds_left"].(float64) < 60 || row["saved_at"] != nil {
			t.Errorf("the first view is %v", row)
		}
		one := w.next("the first beat", time.Second, named("beat"))
		two := w.next("the second beat", 5*time.Second, named("beat"))
		if apart := two.at.Sub(one.at); apart < time.Second || apart > 4*time.Second {
			t.Errorf("beats are %v apart, want two seconds", apart)
		}
		if status, body := s.save(a, 0, 0, 0); status != 200 {
			t.Fatalf("%d %s", status, body)
		}
		shown := w.saved(1)
		if row := rows(t, shown.data)[0]; shown.name != "change" || row["answered"] != 1.0 || row["saved_at"] == nil {
			t.Errorf("after a save: %s %v", shown.name, row)
		}
		if end := w.next("the end", 5*time.Second, named("end")); end.data != `{"code":"resume"}` {
			t.Errorf("the stream ends with %s", end.data)
		}
		if e, open := <-w.events; open {
			t.Errorf("after the end came %+v", e)
		}
		if status, body := s.save(a, 1, 1, 0); status != 200 {
			t.Fatalf("%d %s", status, body)
		}
		back := watch(t, s.instructor, url+s.livePath(), shown.id)
		if e := back.saved(2); e.name != "change" || len(rows(t, e.data)) != 1 {
			t.Errorf("what was missed comes as %+v, want the one change", e)
		}
		whole := watch(t, s.admin, url+s.livePath(), "0193d5a0-0000-7000-8000-000000000000-7")
		whole.next("everything, for an id of another process", time.Second, named("view"))
		back.close()
		hidesAnswers(t, s, a, w, back, whole)
	})
}

// hidesAnswers looks through every byte that came.
func hidesAnswers(t *testing.T, s *school, a attempt, streams ...*stream) {
	t.Helper()
	var seen strings.Builder
	for _, w := range streams {
		w.mu.Lock()
		seen.WriteString(w.all.String())
		w.mu.Unlock()
	}
	_, body := s.instructor.do("GET", s.livePath(), nil)
	seen.Write(body)
	if !strings.Contains(seen.String(), `"answered":2`) {
		t.Fatalf("nothing was seen that could tell: %s", seen.String())
	}
	secrets := []string{"score", "passed", "result", "feedback", "correct", "weight", "credit", "response", "option", "critical", `"key"`, `"right"`, `"a"`, `"b"`}
	for _, i := range a.Items {
		secrets = append(secrets, i.Stem, `"`+i.ID+`"`)
		for _, o := range i.Options {
			secrets = append(secrets, o.Text)
		}
	}
	for _, secret := range secrets {
		if strings.Contains(seen.String(), secret) {
			t.Errorf("the live view holds %q", secret)
		}
	}
}

// Whoever may not see a cohort is told nothing of its quizzes, and a stream
// ends when its watcher's rights do.
func TestAStreamEndsWithItsRight(t *testing.T) {
	t.Parallel()
	eachHome(t, func(t *testing.T, c app.Config) {
		s := newSchool(t, c)
		url, stop := serve(t, s.App)
		elsewhere := person(t, s.App, "Ivo Elsewhere", access.Grant{Role: access.Instructor})
		s.openCohort("Spring", elsewhere)
		for _, tt := range []struct {
			as     *caller
			path   string
			status int
		}{
			{elsewhere, s.livePath(), 404}, {s.trainee, s.livePath(), 403}, {&caller{}, s.livePath(), 401},
			{person(t, s.App, "Odo Director", access.Grant{Role: access.Director, Program: "other"}), s.livePath(), 404},
			{s.instructor, strings.Replace(s.livePath(), "science", "fly", 1), 404},
			{s.instructor, strings.Replace(s.livePath(), s.cohort, s.enrollment, 1), 404},
			{s.instructor, s.livePath() + "?seconds=26", 422}, {s.instructor, s.livePath() + "?seconds=0", 422}, {s.instructor, s.livePath() + "?fast=1", 400},
		} {
			if w := watch(t, tt.as, url+tt.path, ""); w.res.StatusCode != tt.status || w.res.Header.Get("Content-Type") != "application/problem+json" {
				t.Errorf("%s as %q: %s %v, want %d", tt.path, tt.as.name, w.res.Status, w.res.Header, tt.status)
			}
		}
		director := person(t, s.App, "Dana Director", access.Grant{Role: access.Director})
		second := person(t, s.App, "Ian Instructor", access.Grant{Role: access.Instructor})
		s.teaches(t, second, true)
		loses, leaves := watch(t, director, url+s.livePath(), ""), watch(t, s.instructor, url+s.livePath(), "")
		moves, stays := watch(t, second, url+s.livePath(), ""), watch(t, s.admin, url+s.livePath(), "")
		for _, w := range []*stream{loses, leaves, moves, stays} {
			w.next("the first view", time.Second, named("view"))
		}
		s.admin.want(200, "PATCH", "/api/v1/users/"+director.id, map[string]any{"roles": []string{"trainee"}, "version": 1}, nil)
		s.instructor.want(204, "POST", "/api/v1/auth/logout", nil, nil)
		s.teaches(t, second, false)
		for name, tt := range map[string]struct {
			w    *stream
			code string
		}{"a lost role": {loses, "unauthenticated"}, "a sign-out": {leaves, "unauthenticated"}, "another cohort": {moves, "not_found"}} {
			if e := tt.w.next(name+" ends the stream", 5*time.Second, named("end")); e.data != `{"code":"`+tt.code+`"}` {
				t.Errorf("%s ends the stream with %s, want %s", name, e.data, tt.code)
			}
		}
		began := time.Now()
		stop()
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("the server stopped after %v: it waited for those who watch", took)
		}
		stays.next("the server's stop", time.Second, named("end"))
	})
}

// teaches makes somebody an instructor of the school's cohort, or ends it.
func (s *school) teaches(t *testing.T, who *caller, does bool) {
	t.Helper()
	change := `DELETE FROM cohort_instructors WHERE cohort_id = ? AND person_id = ?`
	if does {
		change = `INSERT INTO cohort_instructors (cohort_id, person_id) VALUES (?, ?)`
	}
	err := s.DB.Tx(t.Context(), func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewRaw(change, s.cohort, who.id).Exec(ctx)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Clients that go away leave nothing running, whether they say so or not.
func TestThoseWhoGoLeaveNothingRunning(t *testing.T) {
	s := newSchool(t, app.Config{Data: t.TempDir(), TestMode: true})
	url, _ := serve(t, s.App)
	path := url + s.livePath()
	watch(t, s.admin, path+"?seconds=1", "").next("the end", 5*time.Second, named("end"))
	before := busy()
	var open []*stream
	for range 6 {
		open = append(open, watch(t, s.admin, path, ""), watch(t, s.instructor, path, ""))
	}
	for _, w := range open {
		w.next("a view", 2*time.Second, named("view"))
	}
	if w := watch(t, s.instructor, path, ""); w.res.StatusCode != 429 || w.res.Header.Get("Retry-After") == "" {
		t.Errorf("a seventh window: %s %v, want 429", w.res.Status, w.res.Header)
	}
	for _, w := range open {
		w.close()
	}
	for late := time.Now().Add(10 * time.Second); busy() > before; {
		if time.Now().After(late) {
			t.Fatalf("%d goroutines serve those who have gone, %d did before", busy(), before)
		}
		<-time.After(20 * time.Millisecond)
	}
	watch(t, s.instructor, path, "").next("a view after all have gone", 2*time.Second, named("view"))
}

// busy counts the goroutines that serve a connection, a stream or a quiz that
// is watched. Fiber keeps others for a while that wait for the next request.
func busy() (n int) {
	stacks := make([]byte, 4<<20)
	for one := range strings.SplitSeq(string(stacks[:runtime.Stack(stacks, true)]), "\n\n") {
		for _, work := range []string{"fasthttp.(*Server).serveConn", "fasthttp.NewStreamReader", "quiz.(*hall).run"} {
			if strings.Contains(one, work) {
				n++
				break
			}
		}
	}
	return n
}
