// Package edge is what the API and the pages share of HTTP: the Fiber app, who
// is asking, how often they may, how strictly input is read, and what a fault
// looks like from outside.
package edge

import (
	"bytes"
	"context"
	"log/slog"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"github.com/kapstone-lms/kapstone/internal/fault"
)

// The time-outs and sizes of a connection. Fiber has none of its own, and a
// client that sends one byte a second would hold its connection for ever.
const (
	readTimeout  = 10 * time.Second
	writeTimeout = 30 * time.Second
	idleTimeout  = 60 * time.Second
	maxBody      = 1 << 20
	maxJSON      = 64 << 10 // unless an address takes more
	maxHeader    = 8 << 10
)

// deadline bounds the store calls of one request. A client that goes away does
// not cancel anything in Fiber, so the clock must.
const deadline = 5 * time.Second

// maxInFlight bounds the requests under way: behind a database that takes
// seconds they would pile up, each with its memory, until their deadlines.
const maxInFlight = 4096

// Options says how the edge meets the world. The zero value suits a server on
// loopback without a proxy.
type Options struct {
	Log *slog.Logger
	// TrustedProxies are the addresses or CIDR ranges whose X-Forwarded-For is
	// believed. From anybody else the header means nothing.
	TrustedProxies []string
	// TLS says that people reach the server by https.
	TLS bool
	// Observe, if set, is told of each finished request.
	Observe func(method, route string, status int, took time.Duration)
	// InFlight bounds the requests under way; maxInFlight when 0. The next one
	// is refused with ErrOverloaded, unless it asks only whether we live.
	InFlight int
}

// New returns a Fiber app set as the product needs it. Immutable is set
// because Fiber otherwise hands out strings that change under their holder
// once the request is over.
func New(o Options) *fiber.App {
	if o.InFlight == 0 {
		o.InFlight = maxInFlight
	}
	app := fiber.New(fiber.Config{
		Immutable:               true,
		CaseSensitive:           true,
		StrictRouting:           true,
		DisableStartupMessage:   true,
		ReadTimeout:             readTimeout,
		WriteTimeout:            writeTimeout,
		IdleTimeout:             idleTimeout,
		BodyLimit:               maxBody,
		ReadBufferSize:          maxHeader,
		EnableTrustedProxyCheck: true,
		TrustedProxies:          o.TrustedProxies,
		ProxyHeader:             proxyHeader(o),
		EnableIPValidation:      true,
		ErrorHandler:            func(c *fiber.Ctx, err error) error { return Refuse(c, o.Log, err) },
	})
	app.Use(o.begin(o.headers()), bounded(o.InFlight))
	return app
}

// ErrOverloaded reports that too many requests are under way.
var ErrOverloaded = fault.New(fault.Unavailable, "overloaded",
	"The server has more to do than it can at the moment. Nothing was changed; try again shortly.").After(time.Second)

// bounded lets at most so many requests through at a time. Who watches the
// server is let through always: one that is busy is not one to restart.
func bounded(most int) fiber.Handler {
	var underWay atomic.Int64
	return func(c *fiber.Ctx) error {
		defer underWay.Add(-1)
		if underWay.Add(1) > int64(most) && c.Path() != "/livez" && c.Path() != "/readyz" {
			return ErrOverloaded
		}
		return c.Next()
	}
}

func proxyHeader(o Options) string {
	if len(o.TrustedProxies) == 0 {
		return ""
	}
	return fiber.HeaderXForwardedFor
}

// begin wraps every request: it gives it an id and a deadline, sets the
// headers that every answer carries, turns a panic into one failed request and
// refuses what two servers might read in two ways.
func (o Options) begin(headers []header) fiber.Handler {
	ends := new(deadlines)
	return func(c *fiber.Ctx) (err error) {
		started := time.Now()
		id := uuid.NewString()
		ctx := context.WithValue(ends.of(started), requestKey{}, id)
		c.SetUserContext(ctx)
		c.Response().Header.SetCanonical(requestHeader, []byte(id))
		for _, h := range headers {
			c.Response().Header.SetCanonical(h.name, h.value)
		}
		defer func() {
			if r := recover(); r != nil {
				o.Log.ErrorContext(ctx, "panic", "request_id", RequestID(c.UserContext()), "route", c.Route().Path,
					"kind", kindOf(r), "stack", string(debug.Stack()))
				err = Refuse(c, o.Log, ours)
			}
			if err != nil {
				err = Refuse(c, o.Log, err)
			}
			if o.Observe != nil {
				o.Observe(c.Method(), c.Route().Path, c.Response().StatusCode(), time.Since(started))
			}
		}()
		if ambiguous(c) {
			return ErrFraming
		}
		return c.Next()
	}
}

var requestHeader = []byte("X-Request-Id")

// deadlines are the clocks that end requests. Those that begin in the same
// twentieth of a second share one, which runs for deadline after the last of
// them: a timer for each would be a good part of what a short request costs.
type deadlines struct {
	mu   sync.Mutex
	till time.Time // requests that begin before share ctx
	ctx  context.Context
}

const sharing = 50 * time.Millisecond

// of returns the context of a request that begins now.
func (d *deadlines) of(now time.Time) context.Context {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.ctx == nil || !now.Before(d.till) {
		d.till = now.Add(sharing)
		ctx, cancel := context.WithDeadline(context.Background(), d.till.Add(deadline))
		context.AfterFunc(ctx, cancel) // nobody ends it before its time
		d.ctx = ctx
	}
	return d.ctx
}

// kindOf names what was panicked with and not what it said: the words of a
// run-time error may hold what somebody typed.
func kindOf(r any) string {
	if _, ok := r.(error); ok {
		return "error"
	}
	return "value"
}

type requestKey struct{}

// RequestID returns the id of the request being served, "" outside one.
func RequestID(ctx context.Context) string { id, _ := ctx.Value(requestKey{}).(string); return id }

// csp lets a page use nothing but our own files, and no inline script.
const csp = "default-src 'none'; img-src 'self' data:; style-src 'self'; script-src 'self'; connect-src 'self'; " +
	"font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// A header is one line of an answer, ready to be set: these go out with every
// answer, and their names and values need no second look each time.
type header struct{ name, value []byte }

// headers are what every answer carries.
func (o Options) headers() []header {
	all := []header{
		{[]byte(fiber.HeaderXContentTypeOptions), []byte("nosniff")},
		{[]byte(fiber.HeaderContentSecurityPolicy), []byte(csp)},
		{[]byte(fiber.HeaderReferrerPolicy), []byte("no-referrer")},
		{[]byte("Permissions-Policy"), []byte("camera=(), microphone=(), geolocation=()")},
		{[]byte("Cross-Origin-Opener-Policy"), []byte("same-origin")},
		{[]byte("Cross-Origin-Resource-Policy"), []byte("same-origin")},
		{[]byte(fiber.HeaderCacheControl), []byte("no-store")},
	}
	if o.TLS {
		all = append(all, header{[]byte(fiber.HeaderStrictTransportSecurity), []byte("max-age=31536000; includeSubDomains")})
	}
	return all
}

// ErrFraming reports a request whose length or host is said twice.
var ErrFraming = fault.New(fault.Malformed, "ambiguous_request", "The request says its length or its host in two ways. Send each once.")

var contentLength, host, transferEncoding = []byte("Content-Length"), []byte("Host"), []byte("Transfer-Encoding")

// ambiguous reports headers from which a proxy in front of us and we might
// read two different requests.
func ambiguous(c *fiber.Ctx) bool {
	var lengths, hosts, encodings int
	for line := range bytes.SplitSeq(c.Request().Header.RawHeaders(), []byte("\n")) {
		name, _, _ := bytes.Cut(line, []byte(":"))
		switch name = bytes.TrimSpace(name); {
		case bytes.EqualFold(name, contentLength):
			lengths++
		case bytes.EqualFold(name, host):
			hosts++
		case bytes.EqualFold(name, transferEncoding):
			encodings++
		}
	}
	return hosts > 1 || lengths > 1 || encodings > 1 || lengths > 0 && encodings > 0
}

// FiberPath writes a path with {names} the way Fiber does, with :names.
func FiberPath(path string) string {
	return strings.NewReplacer("{", ":", "}", "").Replace(path)
}
