package app

import (
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/api"
	"github.com/kapstone-lms/kapstone/internal/edge"
	"github.com/kapstone-lms/kapstone/internal/fault"
)

var errClock = fault.New(fault.Invalid, "bad_clock", "Send either now, an RFC 3339 time, or advance_seconds.")

// testHooks registers what tests from outside need and no other server has: a
// clock to move and a handler that panics.
func (a *App) testHooks() {
	a.hook(fiber.MethodPut, "/_test/clock", "test-clock", func(c *fiber.Ctx) error {
		var in struct {
			Now     *time.Time `json:"now"`
			Advance *int64     `json:"advance_seconds"`
		}
		if err := edge.Decode(c, &in, "now", "advance_seconds"); err != nil {
			return err
		}
		var err error
		switch {
		case in.Now != nil && in.Advance == nil:
			err = a.Clock.SetTo(c.UserContext(), *in.Now)
		case in.Advance != nil && in.Now == nil:
			err = a.Clock.Advance(c.UserContext(), time.Duration(*in.Advance)*time.Second)
		default:
			return errClock
		}
		if err != nil {
			return err
		}
		return c.JSON(fiber.Map{"now": a.Clock.Now().Format(time.RFC3339)})
	})
	a.hook(fiber.MethodPost, "/_test/panic", "test-panic", func(*fiber.Ctx) error {
		panic("asked to panic")
	})
}

func (a *App) hook(method, path, id string, h fiber.Handler) {
	a.routes = append(a.routes, api.Describe(method, path, id, access.TestHook))
	a.fiber.Add(method, path, h)
}
