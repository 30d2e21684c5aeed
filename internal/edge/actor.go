package edge

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/fault"
	"github.com/kapstone-lms/kapstone/internal/once"
	"github.com/kapstone-lms/kapstone/internal/vetting"
)

// Authenticate finds the person behind an access token.
type Authenticate func(ctx context.Context, token string) (access.Actor, error)

type refusedKey struct{}

// Identify puts the actor behind the request's token into its context. A
// request without a token, or with a bad one, runs as a stranger; Allow says
// later what the token's fault was.
func Identify(who Authenticate) fiber.Handler {
	return func(c *fiber.Ctx) error {
		ctx := c.UserContext()
		actor := access.Actor{}
		if token, ok := bearer(c); ok {
			found, err := who(ctx, token)
			switch {
			case err == nil:
				actor = found
			case fault.Of(err) != nil:
				ctx = context.WithValue(ctx, refusedKey{}, err)
			default:
				return err
			}
		}
		actor.Address, actor.RequestID = c.IP(), RequestID(ctx)
		c.SetUserContext(access.With(ctx, actor))
		return c.Next()
	}
}

// Again returns a function that finds out anew who sends a request, by the
// token it came with: for a stream, which goes on when the request is over. It
// returns the token's fault once it counts no more.
func Again(c *fiber.Ctx, who Authenticate) func(context.Context) (context.Context, error) {
	token, _ := bearer(c)
	was := access.From(c.UserContext())
	return func(ctx context.Context) (context.Context, error) {
		actor, err := who(ctx, token)
		if err != nil {
			return ctx, err
		}
		actor.Address, actor.RequestID = was.Address, was.RequestID
		return access.With(ctx, actor), nil
	}
}

// bearer returns the token of the Authorization header. Tokens anywhere else,
// in the address above all, are not read.
func bearer(c *fiber.Ctx) (string, bool) {
	scheme, token, ok := strings.Cut(c.Get(fiber.HeaderAuthorization), " ")
	return token, ok && strings.EqualFold(scheme, "Bearer")
}

// Allow returns nil if the actor in ctx may do act, judged by role. It is
// asked before the input is read, so that a stranger learns nothing from how
// the input is judged; the feature asks again, and asks whose thing it is.
func Allow(ctx context.Context, act access.Act) error {
	err := access.From(ctx).May(act)
	if refused, ok := ctx.Value(refusedKey{}).(error); ok && err != nil {
		return refused
	}
	return err
}

// errKey reports an idempotency key that cannot be kept.
var errKey = fault.New(fault.Invalid, "bad_idempotency_key", "An Idempotency-Key has 1 to 255 printable characters.").At("Idempotency-Key")

// Repeatable puts the request's Idempotency-Key into its context, bound to a
// digest of the request, so that the deed can tell a repeat from a new one.
func Repeatable(c *fiber.Ctx) error {
	key := c.Get("Idempotency-Key")
	if key == "" || c.Method() != fiber.MethodPost {
		return c.Next()
	}
	if len(key) > 255 || strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return errKey
	}
	h := sha256.New()
	h.Write([]byte(c.Method() + " " + c.OriginalURL() + "\n"))
	h.Write(c.Body())
	c.SetUserContext(once.With(c.UserContext(), once.Key{Key: key, Digest: hex.EncodeToString(h.Sum(nil))}))
	return c.Next()
}

// Confirming puts into the request's context that its writer confirms what a
// look for identifiers asks about, with the reason in Confirm-Identifiers.
func Confirming(c *fiber.Ctx) error {
	reason := c.Get("Confirm-Identifiers")
	if reason == "" {
		return c.Next()
	}
	ctx, err := vetting.With(c.UserContext(), reason)
	if err != nil {
		return err
	}
	c.SetUserContext(ctx)
	return c.Next()
}
