package rehearsal

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// A client speaks to the product as one person, the way any program outside
// would.
type client struct {
	*person
	http *http.Client
}

// newHTTP returns a client with connections of its own that never repeats a
// request by itself: whether a save is sent again is the trainee's decision.
func newHTTP() *http.Client {
	return &http.Client{Timeout: slow, Transport: &http.Transport{MaxIdleConnsPerHost: 1, MaxConnsPerHost: 2, DisableCompression: true}}
}

// A reply is what came back: a status, or an error when nothing did.
type reply struct {
	status int
	body   []byte
	wait   time.Duration // of Retry-After
	took   time.Duration
	err    error
}

// code is the stable code of a problem.
func (r reply) code() string {
	var p struct{ Code string }
	_ = json.Unmarshal(r.body, &p) // what is no problem has no code
	return p.Code
}

func (r reply) String() string {
	return fmt.Sprintf("%d %.200s (%v, after %v)", r.status, r.body, r.err, r.took.Round(time.Millisecond))
}

// unknown reports that a request's fate is not known: nothing came back, or
// the server said that it could not do it now.
func (r reply) unknown() bool {
	return r.err != nil || r.status == http.StatusServiceUnavailable || r.status == http.StatusInsufficientStorage ||
		r.status == http.StatusTooManyRequests
}

func (c *client) send(ctx context.Context, url, method, path, key string, in any) (r reply) {
	began := time.Now()
	defer func() { r.took = time.Since(began) }()
	var body io.Reader
	if in != nil {
		data, err := json.Marshal(in)
		if err != nil {
			return reply{err: err}
		}
		body = bytes.NewReader(data)
	}
	req, err := http.NewRequestWithContext(ctx, method, url+path, body)
	if err != nil {
		return reply{err: err}
	}
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.person != nil && c.access != "" {
		req.Header.Set("Authorization", "Bearer "+c.access)
	}
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	res, err := c.http.Do(req)
	if err != nil {
		return reply{err: err}
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	seconds, _ := strconv.Atoi(res.Header.Get("Retry-After")) // 0 without one
	return reply{status: res.StatusCode, body: data, wait: time.Duration(seconds) * time.Second, err: err}
}

// ask sends a request to the API, and signs in anew when the time of its token
// is over.
func (c *client) ask(ctx context.Context, url, method, path, key string, in any) reply {
	r := c.send(ctx, url, method, "/api/v1"+path, key, in)
	if r.status == http.StatusUnauthorized && r.code() == "token_expired" {
		if err := c.renew(ctx, url); err != nil {
			return reply{err: err}
		}
		r = c.send(ctx, url, method, "/api/v1"+path, key, in)
	}
	return r
}

// want asks once and reads an answer that must be a good one.
func (c *client) want(ctx context.Context, url, method, path string, in, out any) error {
	r := c.ask(ctx, url, method, path, "", in)
	if r.err != nil || r.status >= 300 {
		return fmt.Errorf("%s %s: %v", method, path, r)
	}
	if out == nil || len(r.body) == 0 {
		return nil
	}
	return json.Unmarshal(r.body, out)
}

// insist asks until there is an answer, for half a minute.
func (c *client) insist(ctx context.Context, url func() string, method, path, key string, in any) (r reply) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for {
		if r = c.ask(ctx, url(), method, path, key, in); !r.unknown() {
			return r
		}
		select {
		case <-ctx.Done():
			return r
		case <-time.After(again):
		}
	}
}

// again is how long a client waits before it repeats a request. A page would
// do what Retry-After says; this one wants to know the moment.
const again = 25 * time.Millisecond

type tokens struct {
	AccessToken  string `json:"access_token"`
	RefreshToken string `json:"refresh_token"`
}

func (c *client) login(ctx context.Context, url string) error {
	return c.signIn(ctx, url, "/api/v1/auth/login", map[string]string{"email": c.Email, "password": c.Password})
}

// renew gets the next pair of tokens; with the password, when a crash took the
// answer to the last time.
func (c *client) renew(ctx context.Context, url string) error {
	err := c.signIn(ctx, url, "/api/v1/auth/refresh", map[string]string{"refresh_token": c.refresh})
	if errors.Is(err, errRefused) {
		err = c.login(ctx, url)
	}
	return err
}

var errRefused = errors.New("the server does not take this proof")

func (c *client) signIn(ctx context.Context, url, path string, in any) error {
	r := (&client{http: c.http}).send(ctx, url, "POST", path, "", in)
	if r.status == http.StatusUnauthorized {
		return fmt.Errorf("%w: %v", errRefused, r)
	}
	if r.err != nil || r.status != http.StatusOK {
		return fmt.Errorf("sign in: %v", r)
	}
	var t tokens
	if err := json.Unmarshal(r.body, &t); err != nil {
		return err
	}
	c.access, c.refresh = t.AccessToken, t.RefreshToken
	return nil
}
