package bench

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/golang-jwt/jwt/v5"
	"github.com/redis/go-redis/v9"
)

// A Kind names a yardstick: the least that a server built like ours would do
// for a save.
type Kind string

// The yardsticks, each the one before and one thing more.
const (
	Bare Kind = "bare" // Fiber answers the body of a save
	HSet Kind = "hset" // … after one HSET in Redis
	JWT  Kind = "jwt"  // … and one golang-jwt verification, HS256, nothing remembered
)

// Kinds are the yardsticks in their order.
var Kinds = []Kind{Bare, HSet, JWT}

// secretVariable hands the yardstick the key of its tokens.
const secretVariable = "KAPSTONE_BENCH_SECRET"

// redisConns is the pool of a yardstick. The best of the sizes that were
// tried: fewer connections make it wait, more cost Redis time.
const redisConns = 64

// Yardstick serves a yardstick on a free port of loopback until ctx ends, and
// says on out where. It parses no body, logs nothing and keeps nothing.
func Yardstick(ctx context.Context, out io.Writer, kind Kind, redisURL string) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	handler, stop, err := yardstick(kind, redisURL, []byte(os.Getenv(secretVariable)))
	if err != nil {
		return errors.Join(err, l.Close())
	}
	defer stop()
	app := fiber.New(fiber.Config{DisableStartupMessage: true})
	app.Put("/api/v1/attempts/:id/answers/:item", handler)
	fmt.Fprintf(out, "%s%s\n", serving, l.Addr())
	failed := make(chan error, 1)
	go func() { failed <- app.Listener(l) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	if err := app.ShutdownWithTimeout(time.Second); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}

// savedBody is as long as the body of our own reply to a save.
var savedBody = []byte(`{"revision":1,"saved_at":"2026-11-24T09:00:00.123Z"}`)

// yardstick returns the handler of a kind.
func yardstick(kind Kind, redisURL string, secret []byte) (fiber.Handler, func(), error) {
	answer := func(c *fiber.Ctx) error {
		c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
		return c.Send(savedBody)
	}
	if kind == Bare {
		return answer, func() {}, nil
	}
	o, err := redis.ParseURL(redisURL)
	if err != nil {
		return nil, nil, fmt.Errorf("REDIS_URL: %w", err)
	}
	o.PoolSize, o.MaxRetries = redisConns, -1
	r := redis.NewClient(o)
	prefix := "kapstone-bench:" + rand.Text() + ":"
	hset := func(c *fiber.Ctx) error {
		if err := r.HSet(c.UserContext(), prefix+c.Params("id"), "a:"+c.Params("item"), c.Body()).Err(); err != nil {
			return err
		}
		return answer(c)
	}
	stop := func() { drop(r, prefix) }
	if kind == HSet {
		return hset, stop, nil
	}
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"HS256"}), jwt.WithExpirationRequired())
	return func(c *fiber.Ctx) error {
		var claims jwt.RegisteredClaims
		token := strings.TrimPrefix(c.Get(fiber.HeaderAuthorization), "Bearer ")
		if _, err := parser.ParseWithClaims(token, &claims, func(*jwt.Token) (any, error) { return secret, nil }); err != nil {
			return fiber.ErrUnauthorized
		}
		return hset(c)
	}, stop, nil
}

// drop removes the keys of a prefix and closes the client.
func drop(r *redis.Client, prefix string) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	for keys := r.Scan(ctx, 0, prefix+"*", 1000).Iterator(); keys.Next(ctx); {
		r.Del(ctx, keys.Val())
	}
	_ = r.Close()
}

// yardToken makes a key, and a token that it signs.
func yardToken() (secret, token string, err error) {
	key := make([]byte, 16)
	rand.Read(key) // never fails
	secret = hex.EncodeToString(key)
	now := time.Now()
	token, err = jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.RegisteredClaims{
		Issuer: "http://127.0.0.1", Audience: jwt.ClaimStrings{"kapstone"}, Subject: rand.Text(), ID: rand.Text(),
		IssuedAt: jwt.NewNumericDate(now), NotBefore: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(24 * time.Hour)),
	}).SignedString([]byte(secret))
	return secret, token, err
}
