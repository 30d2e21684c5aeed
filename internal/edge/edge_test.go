package edge

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/fault"
	"github.com/kapstone-lms/kapstone/internal/once"
)

// server returns an app with the handlers under test and the log it writes.
func server(t *testing.T, o Options) (*fiber.App, *bytes.Buffer) {
	t.Helper()
	log := new(bytes.Buffer)
	o.Log = slog.New(slog.NewTextHandler(log, nil))
	app := New(o)
	t.Cleanup(func() { _ = app.Shutdown() })
	return app, log
}

func ask(t *testing.T, app *fiber.App, r *http.Request) (*http.Response, map[string]any) {
	t.Helper()
	res, err := app.Test(r, -1)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	var p map[string]any
	if strings.Contains(res.Header.Get("Content-Type"), "json") {
		if err := json.Unmarshal(body, &p); err != nil {
			t.Fatalf("%s: %v", body, err)
		}
	}
	return res, p
}

var errTaken = fault.New(fault.Conflict, "taken", "It is taken.")

func TestAFaultLeavesAsAProblem(t *testing.T) {
	app, log := server(t, Options{})
	for path, err := range map[string]error{
		"/fault":    fmt.Errorf("while testing: %w", errTaken.At("seat").With("free_seat", 4)),
		"/ours":     errors.New("db password=hunter2 failed"),
		"/wait":     ErrTooMany.After(1500 * time.Millisecond),
		"/unknown":  access.ErrSignIn,
		"/internal": fault.New(fault.Internal, "x", "no"),
	} {
		app.Get(path, func(*fiber.Ctx) error { return err })
	}
	app.Get("/panic", func(*fiber.Ctx) error { panic("hunter2") })
	for _, tt := range []struct {
		method, path string
		status       int
		code         string
		header       string // name: value
	}{
		{"GET", "/fault", 409, "taken", "Content-Type: application/problem+json"},
		{"GET", "/ours", 500, "internal", "Cache-Control: no-store"},
		{"GET", "/panic", 500, "internal", "X-Content-Type-Options: nosniff"},
		{"GET", "/wait", 429, "too_many_requests", "Retry-After: 2"},
		{"GET", "/unknown", 401, "unauthenticated", "WWW-Authenticate: Bearer"},
		{"GET", "/internal", 500, "x", ""},
		{"GET", "/nothing", 404, "not_found", ""},
		{"POST", "/fault", 405, "method_not_allowed", "Allow: GET, HEAD"},
	} {
		res, p := ask(t, app, httptest.NewRequest(tt.method, tt.path, nil))
		if res.StatusCode != tt.status || p["code"] != tt.code || p["status"] != float64(tt.status) {
			t.Errorf("%s %s = %d %v, want %d %s", tt.method, tt.path, res.StatusCode, p, tt.status, tt.code)
		}
		if name, value, ok := strings.Cut(tt.header, ": "); ok && res.Header.Get(name) != value {
			t.Errorf("%s %s: %s = %q, want %q", tt.method, tt.path, name, res.Header.Get(name), value)
		}
		if p["request_id"] != res.Header.Get("X-Request-Id") || p["request_id"] == "" {
			t.Errorf("%s %s: request id %v in the body, %q in the header", tt.method, tt.path, p["request_id"], res.Header.Get("X-Request-Id"))
		}
		if strings.Contains(fmt.Sprint(p), "hunter2") {
			t.Errorf("%s %s shows internal text: %v", tt.method, tt.path, p)
		}
	}
	if _, p := ask(t, app, httptest.NewRequest("GET", "/fault", nil)); p["field"] != "seat" || p["free_seat"] != 4.0 || p["detail"] != "It is taken." {
		t.Errorf("the fault's field, detail and words: %v", p)
	}
	if n := strings.Count(log.String(), "hunter2 failed"); n != 1 {
		t.Errorf("our own failure was logged %d times, want once:\n%s", n, log)
	}
	if strings.Contains(log.String(), "taken") {
		t.Errorf("a fault of the caller was logged as a failure:\n%s", log)
	}
}

// CHECKS FT-04: what is under way is bounded; who is refused is told when to
// come back, and who watches the server is not refused.
func TestRequestsUnderWayAreBounded(t *testing.T) {
	app, log := server(t, Options{InFlight: 2})
	begun, end := make(chan bool), make(chan bool)
	app.Get("/slow", func(*fiber.Ctx) error { begun <- true; <-end; return nil })
	app.Get("/quick", func(*fiber.Ctx) error { return nil })
	app.Get("/livez", func(*fiber.Ctx) error { return nil })
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			if res, err := app.Test(httptest.NewRequest("GET", "/slow", nil), -1); err != nil || res.StatusCode != 200 {
				t.Errorf("a request within the bound = %v, %v", res, err)
			}
		})
		<-begun
	}
	res, p := ask(t, app, httptest.NewRequest("GET", "/quick", nil))
	if res.StatusCode != 503 || p["code"] != "overloaded" || res.Header.Get("Retry-After") != "1" {
		t.Errorf("the third request = %d %v, Retry-After %q; want 503 overloaded, 1", res.StatusCode, p, res.Header.Get("Retry-After"))
	}
	if res, _ := ask(t, app, httptest.NewRequest("GET", "/livez", nil)); res.StatusCode != 200 {
		t.Errorf("livez in a full house = %d, want 200", res.StatusCode)
	}
	close(end)
	wg.Wait()
	if res, _ := ask(t, app, httptest.NewRequest("GET", "/quick", nil)); res.StatusCode != 200 {
		t.Errorf("after the others had ended = %d, want 200", res.StatusCode)
	}
	if log.Len() > 0 {
		t.Errorf("a refusal was logged: %s", log)
	}
}

func TestStrictTakesWhatMeansOneThing(t *testing.T) {
	deep := strings.Repeat("[", 30) + strings.Repeat("]", 30)
	for body, want := range map[string]*fault.Fault{
		`{"a":1,"b":[{"c":"x"}],"d":null}`:       nil,
		`"text"`:                                 nil,
		``:                                       ErrJSON,
		`{"a":1`:                                 ErrJSON,
		`{"a":1} {"b":2}`:                        ErrJSON,
		`{"a":1}x`:                               ErrJSON,
		`{a:1}`:                                  ErrJSON,
		`{"a":1,"a":2}`:                          ErrDuplicateKey,
		`{"x":[{"a":1,"\u0061":2}]}`:             ErrDuplicateKey,
		"{\"a\":\"\x00\"}":                       ErrUTF8,
		`{"a":"\u0000"}`:                         ErrUTF8,
		"{\"a\":\"\xff\"}":                       ErrUTF8,
		`{"a":"\ud800"}`:                         ErrUTF8,
		deep:                                     ErrDepth,
		`"` + strings.Repeat("x", maxJSON) + `"`: errTooLarge,
	} {
		got := Strict([]byte(body))
		if want == nil && got != nil || want != nil && !errors.Is(got, want) {
			t.Errorf("Strict(%.40q) = %v, want %v", body, got, want)
		}
	}
}

func TestAnAddressMayTakeMore(t *testing.T) {
	body := []byte(`"` + strings.Repeat("x", maxJSON) + `"`)
	if err := StrictWithin(body, len(body)); err != nil {
		t.Errorf("StrictWithin = %v", err)
	}
	if err := StrictWithin(body, len(body)-1); !errors.Is(err, errTooLarge) {
		t.Errorf("StrictWithin a byte less = %v, want errTooLarge", err)
	}
	if err := StrictWithin([]byte(`{"a":1,"a":2}`), 1<<20); !errors.Is(err, ErrDuplicateKey) {
		t.Errorf("StrictWithin = %v, want it as strict", err)
	}
}

func FuzzStrict(f *testing.F) {
	for _, s := range []string{`{"a":[1,{"b":"c"}]}`, `{"a":1,"a":2}`, "[[", `"\ud800"`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if Strict(data) == nil && !json.Valid(data) {
			t.Errorf("Strict took %q, which is not JSON", data)
		}
	})
}

func TestDecodeKnowsItsFields(t *testing.T) {
	app, _ := server(t, Options{})
	app.Put("/", func(c *fiber.Ctx) error {
		var in struct {
			Revision int      `json:"revision"`
			Response []string `json:"response"`
		}
		if err := Decode(c, &in, "revision", "response"); err != nil {
			return err
		}
		return c.JSON(in)
	})
	for _, tt := range []struct {
		kind, body string
		status     int
		code       any
	}{
		{"application/json", `{"revision":1,"response":["a"]}`, 200, nil},
		{"application/json; charset=utf-8", `{"revision":1}`, 200, nil},
		{"application/json", `{"Revision":1}`, 400, "unknown_field"},
		{"application/json", `{"revision":1,"score":100}`, 400, "unknown_field"},
		{"application/json", `{"revision":"1"}`, 422, "wrong_type"},
		{"application/json", `[]`, 400, "bad_json"},
		{"application/json", `null`, 400, "bad_json"},
		{"text/plain", `{"revision":1}`, 415, "unsupported_media_type"},
		{"", `{"revision":1}`, 415, "unsupported_media_type"},
		{"application/x-www-form-urlencoded", `revision=1`, 415, "unsupported_media_type"},
	} {
		r := httptest.NewRequest("PUT", "/", strings.NewReader(tt.body))
		r.Header.Set("Content-Type", tt.kind)
		if res, p := ask(t, app, r); res.StatusCode != tt.status || p["code"] != tt.code {
			t.Errorf("%s %s = %d %v, want %d %v", tt.kind, tt.body, res.StatusCode, p, tt.status, tt.code)
		}
	}
}

func TestIdentifyFindsTheActorOrAStranger(t *testing.T) {
	app, _ := server(t, Options{})
	expired := fault.New(fault.Unknown, "token_expired", "Sign in again.")
	app.Use(Identify(func(_ context.Context, token string) (access.Actor, error) {
		switch token {
		case "good":
			return access.Actor{ID: "ada", Grants: []access.Grant{{Role: access.Trainee}}}, nil
		case "broken":
			return access.Actor{}, errors.New("store away")
		}
		return access.Actor{}, expired
	}))
	for act := range map[access.Act]bool{access.Study: true, access.Verify: true} {
		app.Get("/"+string(act), func(c *fiber.Ctx) error {
			if err := Allow(c.UserContext(), act); err != nil {
				return err
			}
			who := access.From(c.UserContext())
			return c.JSON(map[string]string{"id": who.ID, "address": who.Address, "request": who.RequestID})
		})
	}
	for _, tt := range []struct {
		name, path, header string
		status             int
		code, id           any
	}{
		{"a person", "/study", "Bearer good", 200, nil, "ada"},
		{"the scheme in another case", "/study", "bearer good", 200, nil, "ada"},
		{"a stranger", "/study", "", 401, "unauthenticated", nil},
		{"an old token", "/study", "Bearer old", 401, "token_expired", nil},
		{"another scheme", "/study", "Basic good", 401, "unauthenticated", nil},
		{"a token in the address", "/study?access_token=good", "", 401, "unauthenticated", nil},
		{"a stranger where anyone may", "/verify", "", 200, nil, ""},
		{"an old token where anyone may", "/verify", "Bearer old", 200, nil, ""},
		{"our own failure", "/study", "Bearer broken", 500, "internal", nil},
	} {
		r := httptest.NewRequest("GET", tt.path, nil)
		r.Header.Set("Authorization", tt.header)
		res, p := ask(t, app, r)
		if res.StatusCode != tt.status || p["code"] != tt.code || p["id"] != tt.id {
			t.Errorf("%s: %d %v, want %d %v %v", tt.name, res.StatusCode, p, tt.status, tt.code, tt.id)
		}
		if res.StatusCode == 200 && (p["address"] == "" || p["request"] == "") {
			t.Errorf("%s: the actor has no address or request id: %v", tt.name, p)
		}
	}
}

func TestTheClientAddressComesFromTrustedProxiesOnly(t *testing.T) {
	for _, tt := range []struct {
		trusted []string
		want    string
	}{{nil, "0.0.0.0"}, {[]string{"10.0.0.1"}, "0.0.0.0"}, {[]string{"0.0.0.0"}, "203.0.113.9"}} {
		app, _ := server(t, Options{TrustedProxies: tt.trusted})
		app.Get("/", func(c *fiber.Ctx) error { return c.JSON(map[string]string{"ip": c.IP()}) })
		r := httptest.NewRequest("GET", "/", nil) // comes from 0.0.0.0 in Fiber's test server
		r.Header.Set("X-Forwarded-For", "203.0.113.9")
		if _, p := ask(t, app, r); p["ip"] != tt.want {
			t.Errorf("trusting %v the address is %v, want %s", tt.trusted, p["ip"], tt.want)
		}
	}
}

func TestARepeatableRequestCarriesItsKey(t *testing.T) {
	app, _ := server(t, Options{})
	app.Use(Repeatable)
	app.Post("/", func(c *fiber.Ctx) error {
		k, _ := once.From(c.UserContext())
		return c.JSON(map[string]string{"key": k.Key, "digest": k.Digest})
	})
	digests := make(map[any]bool)
	for _, tt := range []struct {
		key, body string
		status    int
		new       bool // a digest not seen before
	}{
		{"k1", "a", 200, true}, {"k1", "a", 200, false}, {"k1", "b", 200, true},
		{"has space", "a", 422, false}, {strings.Repeat("x", 256), "a", 422, false},
	} {
		r := httptest.NewRequest("POST", "/", strings.NewReader(tt.body))
		r.Header.Set("Idempotency-Key", tt.key)
		res, p := ask(t, app, r)
		if res.StatusCode != tt.status {
			t.Errorf("key %.10q: %d %v, want %d", tt.key, res.StatusCode, p, tt.status)
		}
		if tt.status == 200 && (p["key"] != tt.key || digests[p["digest"]] == tt.new) {
			t.Errorf("key %q body %q: %v, want a new digest: %v", tt.key, tt.body, p, tt.new)
		}
		digests[p["digest"]] = true
	}
}

func TestALimiterLetsABurstThrough(t *testing.T) {
	now := time.Unix(1000, 0)
	l := NewLimiter(3, time.Second, func() time.Time { return now })
	for i := range 3 {
		if err := l.Take("a"); err != nil {
			t.Fatalf("try %d: %v", i, err)
		}
	}
	err := l.Take("a")
	if f := fault.Of(err); f == nil || !errors.Is(err, ErrTooMany) || f.RetryAfter != time.Second {
		t.Errorf("the fourth try: %v, want ErrTooMany after 1s", err)
	}
	if err := l.Check("a"); !errors.Is(err, ErrTooMany) {
		t.Errorf("Check = %v, want ErrTooMany", err)
	}
	if err := l.Take("b"); err != nil {
		t.Errorf("another key: %v", err)
	}
	now = now.Add(time.Second)
	if err := l.Check("a"); err != nil {
		t.Errorf("Check a second later: %v", err)
	}
	if err := l.Take("a"); err != nil {
		t.Errorf("a second later: %v", err)
	}
}

func TestALimiterStaysBounded(t *testing.T) {
	l := NewLimiter(1, time.Hour, func() time.Time { return time.Unix(1000, 0) })
	for i := range maxKeys + 100 {
		if err := l.Take(fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
	}
	if len(l.keys) > maxKeys {
		t.Errorf("%d keys kept, want at most %d", len(l.keys), maxKeys)
	}
}

// Two lengths or hosts in one request can be read in two ways; both servers
// and proxies have been fooled by that.
func TestAmbiguousFramingIsRefused(t *testing.T) {
	app, _ := server(t, Options{})
	app.Post("/", func(c *fiber.Ctx) error { return c.SendString("ok") })
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = app.Listener(l) }()
	for name, tt := range map[string]struct {
		request string
		status  string
	}{
		"a plain request":      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi", "200"},
		"two hosts":            {"POST / HTTP/1.1\r\nHost: a\r\nHost: b\r\nContent-Length: 2\r\n\r\nhi", "400"},
		"two lengths":          {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nhi", "400"},
		"length and chunked":   {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400"},
		"a header beyond size": {"POST / HTTP/1.1\r\nHost: a\r\nX: " + strings.Repeat("x", maxHeader) + "\r\n\r\n", "431"},
	} {
		answer := raw(t, l.Addr().String(), tt.request)
		if !strings.HasPrefix(answer, "HTTP/1.1 "+tt.status) {
			t.Errorf("%s: %.80q, want %s", name, answer, tt.status)
		}
		if strings.Contains(answer, "Host: b") || strings.Contains(answer, "xxxx") {
			t.Errorf("%s: the answer quotes the request: %.200q", name, answer)
		}
	}
}

func raw(t *testing.T, addr, request string) string {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, strings.Replace(request, "\r\n\r\n", "\r\nConnection: close\r\n\r\n", 1)); err != nil {
		t.Fatal(err)
	}
	answer, _ := io.ReadAll(conn) // a cut connection still leaves what was answered
	return string(answer)
}
