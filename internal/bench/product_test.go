package bench

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kapstone-lms/kapstone/internal/curriculum"
)

// A product is a server that behaves as ours, or as ours must not: the clients
// of a rehearsal have to notice.
type product struct {
	mu       sync.Mutex
	items    []question
	standing map[string]kept // by item
	closed   bool
	n        int // of replies to saves

	takesStale    bool // a stale save is saved
	staleAnswer   bool // a reload shows the answer before
	freshReplay   bool // a save that is sent again gets another reply
	busy          int  // so many requests are turned away first
	expired       bool // the token in use has ended
	endedSession  bool // the refresh token too
	breaksHandIn  bool
	seen, refresh int
}

type kept struct {
	revision int
	response []string
	before   []string
	reply    string
}

// benchCourse is the course of the bench, loaded once.
var benchCourse = sync.OnceValues(func() (*curriculum.Course, error) {
	dir, err := os.MkdirTemp("", "kapstone-bench-test-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	return writeCourse(dir, quizMinutes)
})

// newProduct serves a fake with a few items of every kind, and a rehearsal
// with one trainee of it.
func newProduct(t *testing.T) (*product, *examinee) {
	t.Helper()
	course, err := benchCourse()
	if err != nil {
		t.Fatal(err)
	}
	p := &product{standing: make(map[string]kept)}
	have := make(map[curriculum.Kind]int)
	for _, m := range course.Modules {
		for _, it := range m.Items {
			if have[it.Kind]++; have[it.Kind] <= 2 {
				q, _ := shown(it)
				q.ID = fmt.Sprintf("i%d", len(p.items))
				p.items = append(p.items, q)
			}
		}
	}
	s := httptest.NewServer(p)
	t.Cleanup(s.Close)
	addr := s.Listener.Addr().String()
	shape := shapeOf(1, 60, time.Hour)
	shape.lostReply = 0
	x := &rehearse{Exam: &Exam{}, o: &Options{Seed: 7}, shape: shape, module: "m", began: time.Now(), home: &home{course: course, key: keyOf(course), server: &process{addr: addr}}}
	e := x.examinee(&trainee{access: "first", refresh: "r", enrollment: "e"}, 1)
	t.Cleanup(e.page.close)
	x.all = []*examinee{e}
	return p, e
}

func (p *product) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen++
	body, _ := io.ReadAll(r.Body)
	status, reply := p.answer(r, body)
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "0")
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(reply))) // else a long one would come in chunks
	w.WriteHeader(status)
	_, _ = io.WriteString(w, reply)
}

func (p *product) answer(r *http.Request, body []byte) (int, string) {
	switch {
	case strings.HasSuffix(r.URL.Path, "/auth/refresh"):
		p.refresh++
		if p.endedSession {
			return 401, `{"code":"bad_refresh_token"}`
		}
		p.expired = false
		return 200, `{"access_token":"second","refresh_token":"r2","expires_in":600}`
	case strings.HasSuffix(r.URL.Path, "/auth/login"):
		p.expired = false
		return 200, `{"access_token":"third","refresh_token":"r3","expires_in":600}`
	case p.busy > 0:
		p.busy--
		return 503, `{"code":"database_unavailable"}`
	case p.expired:
		return 401, `{"code":"token_expired"}`
	case strings.HasSuffix(r.URL.Path, "/attempts"):
		return 201, p.sheet()
	case strings.HasSuffix(r.URL.Path, "/submission"):
		if p.breaksHandIn {
			return 500, `{}`
		}
		p.closed = true
		return 200, fmt.Sprintf(`{"state":"submitted","closed_by":"trainee","correct":0,"asked":%d}`, len(p.items))
	case r.Method == "GET":
		return 200, p.sheet()
	default:
		return p.save(r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:], body)
	}
}

func (p *product) save(item string, body []byte) (int, string) {
	var in struct {
		Response []string `json:"response"`
		Revision int      `json:"revision"`
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return 400, err.Error()
	}
	k := p.standing[item]
	p.n++
	reply := fmt.Sprintf(`{"revision":%d,"saved_at":"2026-11-24T09:00:00.%03dZ"}`, in.Revision+1, p.n)
	switch {
	case in.Revision+1 == k.revision && fmt.Sprint(in.Response) == fmt.Sprint(k.response):
		if p.freshReplay {
			return 200, reply
		}
		return 200, k.reply
	case p.closed:
		return 409, `{"code":"attempt_closed"}`
	case in.Revision != k.revision && !p.takesStale:
		return 409, fmt.Sprintf(`{"code":"stale_revision","revision":%d}`, k.revision)
	}
	p.standing[item] = kept{in.Revision + 1, in.Response, k.response, reply}
	return 200, reply
}

func (p *product) sheet() string {
	answers := make(map[string]any)
	for item, k := range p.standing {
		response := k.response
		if p.staleAnswer {
			response = k.before
		}
		answers[item] = map[string]any{"response": response, "revision": k.revision}
	}
	out, _ := json.Marshal(map[string]any{"id": "a1", "state": "open", "deadline": time.Now().Add(time.Hour), "items": p.items, "answers": answers})
	return string(out)
}
