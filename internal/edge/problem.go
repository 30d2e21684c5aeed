package edge

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"math"
	"net/http"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/fault"
)

// status is the only place where a fault meets HTTP.
var status = map[fault.Kind]int{
	fault.Internal:    fiber.StatusInternalServerError,
	fault.Malformed:   fiber.StatusBadRequest,
	fault.Invalid:     fiber.StatusUnprocessableEntity,
	fault.Unknown:     fiber.StatusUnauthorized,
	fault.Forbidden:   fiber.StatusForbidden,
	fault.NotFound:    fiber.StatusNotFound,
	fault.Conflict:    fiber.StatusConflict,
	fault.TooMany:     fiber.StatusTooManyRequests,
	fault.Unavailable: fiber.StatusServiceUnavailable,
}

// Statuses lists the HTTP statuses that a fault can have.
func Statuses() []int {
	all := make([]int, 0, len(status))
	for s := range maps.Values(status) {
		all = append(all, s)
	}
	return all
}

// The faults of HTTP itself.
var (
	ours          = fault.New(fault.Internal, "internal", "Something went wrong on our side. Nothing you sent was lost on purpose; try again, and tell an admin if it stays.")
	errMalformed  = fault.New(fault.Malformed, "malformed", "The request cannot be read.")
	errNoPage     = fault.New(fault.NotFound, "not_found", "There is nothing at this address.")
	errMethod     = fault.New(fault.Malformed, "method_not_allowed", "This address does not take that method.")
	errTooLarge   = fault.New(fault.Malformed, "too_large", "The request is too large.")
	errSlow       = fault.New(fault.Malformed, "too_slow", "The request took too long to arrive.")
	errHeaders    = fault.New(fault.Malformed, "headers_too_large", "The request's headers are too large.")
	errMediaType  = fault.New(fault.Malformed, "unsupported_media_type", "Send the body as application/json.")
	errAcceptable = fault.New(fault.Malformed, "not_acceptable", "This address answers in application/json.")
)

// http names the faults whose status the kind alone does not give.
var special = map[string]int{
	errMethod.Code:     fiber.StatusMethodNotAllowed,
	errTooLarge.Code:   fiber.StatusRequestEntityTooLarge,
	errSlow.Code:       fiber.StatusRequestTimeout,
	errHeaders.Code:    fiber.StatusRequestHeaderFieldsTooLarge,
	errMediaType.Code:  fiber.StatusUnsupportedMediaType,
	errAcceptable.Code: fiber.StatusNotAcceptable,
}

// ForStatus returns the fault for an HTTP status that a library chose, in our
// words: its own may quote what was sent.
func ForStatus(code int) *fault.Fault {
	switch code {
	case fiber.StatusNotFound:
		return errNoPage
	case fiber.StatusUpgradeRequired, fiber.StatusBadGateway, fiber.StatusInternalServerError:
		return ours
	}
	for _, f := range []*fault.Fault{errMethod, errTooLarge, errSlow, errHeaders, errMediaType, errAcceptable} {
		if special[f.Code] == code {
			return f
		}
	}
	if code == fiber.StatusUnprocessableEntity {
		return fault.New(fault.Invalid, "invalid", "The request breaks a rule of form.")
	}
	return errMalformed
}

// A Problem is a fault as it leaves the house: RFC 9457 problem+json.
type Problem struct {
	Status    int
	Code      string
	Detail    string
	Field     string
	RequestID string
	Details   map[string]any
	wait      int // seconds, for Retry-After
}

// ProblemOf turns an error into a Problem. An error that is not a fault is
// logged here, once, and shown to nobody.
func ProblemOf(ctx context.Context, log *slog.Logger, err error) *Problem {
	f := fault.Of(err)
	if fe := (*fiber.Error)(nil); f == nil && errors.As(err, &fe) {
		f = ForStatus(fe.Code)
	}
	if f == nil {
		f = fault.Of(db.Check(err))
	}
	if f == nil || f.Kind == fault.Internal || f.Kind == fault.Unavailable && f.Code != ErrOverloaded.Code { // to write a line of each would be more load
		log.ErrorContext(ctx, "request failed", "request_id", RequestID(ctx), "err", err)
	}
	if f == nil {
		f = ours
	}
	p := &Problem{
		Status: status[f.Kind], Code: f.Code, Detail: f.Text, Field: f.Field,
		RequestID: RequestID(ctx), Details: f.Details, wait: int(math.Ceil(f.RetryAfter.Seconds())),
	}
	if s, ok := special[f.Code]; ok {
		p.Status = s
	}
	return p
}

// Error implements error.
func (p *Problem) Error() string { return p.Code }

// GetStatus returns the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType returns the media type of a problem.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// GetHeaders returns the headers that go with the problem.
func (p *Problem) GetHeaders() http.Header {
	h := http.Header{}
	if p.wait > 0 {
		h.Set(fiber.HeaderRetryAfter, strconv.Itoa(p.wait))
	}
	if p.Status == fiber.StatusUnauthorized {
		h.Set(fiber.HeaderWWWAuthenticate, "Bearer")
	}
	return h
}

// MarshalJSON writes the problem with its details beside the code.
func (p *Problem) MarshalJSON() ([]byte, error) {
	out := maps.Clone(p.Details)
	if out == nil {
		out = make(map[string]any, 8)
	}
	out["type"], out["title"], out["status"] = "about:blank", http.StatusText(p.Status), p.Status
	out["code"], out["detail"], out["request_id"] = p.Code, p.Detail, p.RequestID
	if p.Field != "" {
		out["field"] = p.Field
	}
	return json.Marshal(out)
}

// Refuse answers a request with the problem that err is.
func Refuse(c *fiber.Ctx, log *slog.Logger, err error) error {
	p := ProblemOf(c.UserContext(), log, err)
	for name, values := range p.GetHeaders() {
		c.Set(name, values[0])
	}
	if err := c.Status(p.Status).JSON(p); err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, p.ContentType(""))
	return nil
}
