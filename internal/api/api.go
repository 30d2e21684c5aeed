// Package api is the JSON face of the product: it reads requests, asks the
// features, and shows their answers. No rule, no SQL and no permission beyond
// the act of a route lives here.
package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humafiber"
	"github.com/gofiber/fiber/v2"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/attendance"
	"github.com/kapstone-lms/kapstone/internal/credential"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/edge"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/internal/experience"
	"github.com/kapstone-lms/kapstone/internal/identity"
	"github.com/kapstone-lms/kapstone/internal/notify"
	"github.com/kapstone-lms/kapstone/internal/practicum"
	"github.com/kapstone-lms/kapstone/internal/progress"
	"github.com/kapstone-lms/kapstone/internal/quiz"
	"github.com/kapstone-lms/kapstone/internal/records"
	"github.com/kapstone-lms/kapstone/internal/standing"
	"github.com/kapstone-lms/kapstone/internal/study"
	"github.com/kapstone-lms/kapstone/internal/vetting"
)

// Base is where the API begins.
const Base = "/api/v1"

// Services are the features that the API shows.
type Services struct {
	DB           *db.DB
	People       *identity.Service
	Enrollments  *enrollment.Service
	Study        *study.Service
	Quizzes      *quiz.Service
	Practicum    *practicum.Service
	Vetting      *vetting.Service
	Records      *records.Service
	Experience   *experience.Service
	Attendance   *attendance.Service
	Standing     *standing.Service
	Progress     *progress.Service
	Certificates *credential.Service
	Notices      *notify.Service
}

// Options are what the API needs besides the features.
type Options struct {
	Log  *slog.Logger
	Now  func() time.Time
	Lift bool // test mode: no limits by person or address
	// Ready says what is degraded, or by its error that the server cannot
	// serve.
	Ready func(context.Context) (degraded []string, err error)
	// Examples fill the OpenAPI document's examples with values that work on
	// this very server, by field or parameter name; "operation.name" wins over
	// "name".
	Examples map[string]any
}

// An API is the set of registered routes.
type API struct {
	Services
	Options
	app    *fiber.App
	huma   huma.API
	routes []Route
	saves  *edge.Limiter // by person
	misses *edge.Limiter // unknown codes, by address
	errs   []error
}

// A Route is one address of the server and who may use it.
type Route struct {
	Method  string     `json:"method"`
	Path    string     `json:"path"`
	ID      string     `json:"operation"`
	Act     access.Act `json:"act"`
	Who     []string   `json:"who"`
	summary string
	tag     string
	status  int // of success; 200 when zero
	body    int // the most bytes of a body; the usual when zero
}

// The limits of PROMISES: a person saves in bursts of 100 and then 20 a
// second; an address may try 60 unknown codes a minute.
const (
	saveBurst = 100
	saveEvery = time.Second / 20
	missBurst = 60
	missEvery = time.Second
)

// New registers every route on app. It returns an error that names each route
// whose act does not stand in the permission matrix.
func New(app *fiber.App, s Services, o Options) (*API, error) {
	a := &API{
		Services: s, Options: o, app: app,
		saves:  edge.NewLimiter(saveBurst, saveEvery, o.Now),
		misses: edge.NewLimiter(missBurst, missEvery, o.Now),
	}
	a.huma = humafiber.New(app, a.config())
	app.Use(edge.Identify(s.People.Authenticate), edge.Repeatable, edge.Confirming)
	a.saveRoute() // Fiber tries the routes of a method in their order
	a.sessionRoutes()
	a.accountRoutes()
	a.noticeRoutes()
	a.peopleRoutes()
	a.courseRoutes()
	a.cohortRoutes()
	a.memberRoutes()
	a.tableRoutes()
	a.enrollmentRoutes()
	a.transcriptRoute()
	a.hoursRoutes()
	a.lifeRoutes()
	a.studyRoutes()
	a.quizRoutes()
	a.quizTimeRoutes()
	a.regradeRoutes()
	a.analysisRoutes()
	a.challengeRoutes()
	a.liveRoute()
	a.practicumRoutes()
	a.identifierRoutes()
	a.readingRoutes()
	a.signOffRoutes()
	a.recordRoutes()
	a.attendanceRoutes()
	a.standingRoutes()
	a.certificateRoutes()
	a.publicRoutes()
	a.healthRoutes()
	a.documentRoutes()
	a.giveExamples()
	return a, errors.Join(a.errs...)
}

// Routes lists what is registered, in the order of registration.
func (a *API) Routes() []Route { return a.routes }

// Describe returns the entry of a route that another package registers.
func Describe(method, path, id string, act access.Act) Route {
	return Route{Method: method, Path: path, ID: id, Act: act, Who: access.Who(act)}
}

// note keeps a route in the list, and refuses it when nobody wrote down who
// may use it.
func (a *API) note(r Route) {
	if !access.Listed(r.Act) {
		a.errs = append(a.errs, fmt.Errorf("route %s %s: the act %q stands in no permission matrix", r.Method, r.Path, r.Act))
		return
	}
	r.Who = access.Who(r.Act)
	a.routes = append(a.routes, r)
}

// handle registers a route of the OpenAPI document. The actor's role is asked
// before the input is read.
func handle[I, O any](a *API, r Route, h func(context.Context, *I) (*O, error)) {
	a.note(r)
	op := operation(r)
	op.Middlewares = huma.Middlewares{a.gate(r)}
	huma.Register(a.huma, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := h(ctx, in)
		if err != nil {
			return nil, edge.ProblemOf(ctx, a.Log, err)
		}
		return out, nil
	})
}

// gate lets only those through whose role allows the act, and refuses a body
// that is not JSON or does not mean one thing only: Huma's own decoder takes
// duplicate keys, trailing data and NUL. Unknown fields and wrong case are
// refused by the schema behind it.
func (a *API) gate(r Route) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		c := humafiber.Unwrap(ctx)
		err := edge.Allow(ctx.Context(), r.Act)
		if err == nil && len(c.Body()) > 0 {
			if err = edge.JSONType(c); err == nil {
				err = r.strict(c.Body())
			}
		}
		if err != nil {
			_ = edge.Refuse(c, a.Log, err) // writing to the response in memory does not fail
			return
		}
		next(ctx)
	}
}

// strict reports a body that does not mean one thing only, or is too large.
func (r Route) strict(body []byte) error {
	if r.body > 0 {
		return edge.StrictWithin(body, r.body)
	}
	return edge.Strict(body)
}

// raw registers a route that Huma would be in the way of: hot paths and
// downloads. It stands in the OpenAPI document like any other.
func (a *API) raw(r Route, op *huma.Operation, h fiber.Handler) {
	a.note(r)
	if op != nil {
		a.huma.OpenAPI().AddOperation(op)
	}
	a.app.Add(r.Method, edge.FiberPath(r.Path), func(c *fiber.Ctx) error {
		if err := edge.Allow(c.UserContext(), r.Act); err != nil {
			return err
		}
		return h(c)
	})
}
