package bench

import (
	"context"
	"encoding/json"
	"sync"
	"sync/atomic"
	"time"
)

// A meter measures one kind of request. Times are counted from when the
// request was meant to go out, so that a server which stalls is not excused by
// clients that wait for it.
type meter struct {
	mu     sync.Mutex
	calm   Histogram // what did not meet an outage
	stormy Histogram // what did
}

// outage is what clients met of servers that were away. It is safe for
// concurrent use.
type outage struct {
	last    atomic.Int64 // when somebody was last turned away, in Unix nanoseconds
	seconds sync.Map     // the seconds in which somebody was: Unix seconds
	retries atomic.Int64
}

func (o *outage) met() {
	now := time.Now()
	o.last.Store(now.UnixNano())
	o.seconds.Store(now.Unix(), true)
	o.retries.Add(1)
}

// since reports whether somebody was turned away after t, or just before it.
func (o *outage) since(t time.Time) bool {
	return o.last.Load() >= t.Add(-time.Second).UnixNano()
}

// span is how many seconds had an outage in them.
func (o *outage) span() (n int) {
	o.seconds.Range(func(any, any) bool { n++; return true })
	return n
}

// tryFor is how long a client tries again before it gives up.
const tryFor = 2 * time.Minute

// ask sends a request until it is answered, as an honest client does: the very
// same one, after the time that the server asked for. It renews the token when
// that has ended. It is not ok when no answer came in two minutes.
func (e *examinee) ask(ctx context.Context, c *conn, m *meter, due time.Time, method, path string, body []byte) (reply, bool) {
	c, giveBack := e.x.borrow(c)
	defer giveBack()
	for until := time.Now().Add(tryFor); time.Now().Before(until) && ctx.Err() == nil; {
		e.renew.Lock()
		token := e.access
		e.renew.Unlock()
		r, err := c.do(request(nil, method, path, token, body))
		e.x.requests.Add(1)
		pause := time.Duration(0)
		switch {
		case err != nil:
			e.x.outage.met()
			pause = 300 * time.Millisecond
		case r.status == 503 || r.status == 429:
			e.x.outage.met()
			pause = max(r.after, 100*time.Millisecond)
		case r.status == 401:
			e.x.renewed.Add(1)
			e.signAgain(c, token)
		default:
			m.add(time.Since(due), e.x.outage.since(due))
			r.body = append([]byte(nil), r.body...)
			return r, true
		}
		if !sleepUntil(ctx, time.Now().Add(pause)) {
			break
		}
	}
	e.x.wrong("%s %s was not answered in %s", method, path, tryFor)
	return reply{}, false
}

func (m *meter) add(took time.Duration, storm bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if storm {
		m.stormy.Add(took)
		return
	}
	m.calm.Add(took)
}

// signAgain replaces a token that has ended, once for all who hold it: by the
// refresh token, or by the password where that has ended too.
func (e *examinee) signAgain(c *conn, ended string) {
	e.renew.Lock()
	defer e.renew.Unlock()
	if e.access != ended {
		return
	}
	refresh, _ := json.Marshal(map[string]string{"refresh_token": e.refresh})
	r, err := c.do(request(nil, "POST", "/api/v1/auth/refresh", "", refresh))
	if err == nil && r.status == 401 {
		login, _ := json.Marshal(map[string]string{"email": e.email, "password": password})
		r, err = c.do(request(nil, "POST", "/api/v1/auth/login", "", login))
	}
	if err != nil || r.status != 200 {
		e.x.outage.met()
		return
	}
	if err := e.take(r.body); err != nil {
		e.x.wrong("tokens: %v", err)
	}
}
