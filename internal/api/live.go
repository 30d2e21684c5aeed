package api

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/edge"
	"github.com/kapstone-lms/kapstone/internal/fault"
	"github.com/kapstone-lms/kapstone/internal/quiz"
)

// A liveView is how far a cohort is in a quiz. Nothing in it says what was
// answered or how well.
type liveView struct {
	At    time.Time `json:"at" doc:"now, by the server's clock"`
	AsOf  time.Time `json:"as_of" doc:"when the rows were read"`
	Items []liveRow `json:"items"`
}

type liveRow struct {
	EnrollmentID string     `json:"enrollment_id"`
	Name         string     `json:"name"`
	State        string     `json:"state" enum:"not_started,in,paused,handed_in" doc:"of the latest attempt"`
	AttemptID    string     `json:"attempt_id,omitempty"`
	Number       int        `json:"number,omitempty" doc:"of the attempt, 1 for the first try"`
	Answered     int        `json:"answered" doc:"items that have an answer now"`
	Items        int        `json:"items" doc:"items in all"`
	Saves        int        `json:"saves" doc:"how many were accepted"`
	SavedAt      *time.Time `json:"saved_at,omitempty" doc:"the last one"`
	Deadline     *time.Time `json:"deadline,omitempty"`
	SecondsLeft  int        `json:"seconds_left" doc:"at the time in at; while an attempt is paused they stand still"`
}

func viewLive(v quiz.View, names map[string]string, now time.Time) liveView {
	out := liveView{At: now, AsOf: v.AsOf, Items: make([]liveRow, len(v.Rows))}
	for i := range v.Rows {
		w := &v.Rows[i]
		out.Items[i] = liveRow{
			EnrollmentID: w.EnrollmentID, Name: names[w.PersonID], State: string(w.Presence), AttemptID: w.AttemptID, Number: w.Number,
			Answered: w.Answered, Items: w.Items, Saves: w.Saves, SavedAt: when(w.SavedAt), Deadline: when(w.Deadline),
			SecondsLeft: int(w.Left(now) / time.Second),
		}
	}
	return out
}

// when is nil for no time.
func when(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// The times of a stream. It ends by itself before the server's write time-out
// would cut it; the browser comes back at once and goes on where it was.
const (
	streamLife   = 25 * time.Second
	streamBeat   = 2 * time.Second
	streamReturn = time.Second     // how long a client waits before it comes back
	streamCall   = 5 * time.Second // for what a beat asks of the stores
)

const eventStream = "text/event-stream"

// liveRoute is a handler of its own because Huma buffers what it sends. A
// client that takes no event stream gets the view once, as JSON.
func (a *API) liveRoute() {
	r := Route{Method: "GET", Path: Base + "/cohorts/{id}/modules/{module}/live", ID: "watch-quiz", Act: access.WatchQuiz, tag: "quiz",
		summary: "Watch a cohort take a quiz: who is in, how far, last saved, time left"}
	op := operation(r)
	op.Description += " With Accept: text/event-stream the answer is a stream. Its events are view (every row), change (the rows that are otherwise now), " +
		"beat (every two seconds; at and as_of) and end (code: resume, or why no more is shown). It ends after 25 seconds at most; " +
		"come back with Last-Event-ID, and it goes on from there. Otherwise the answer is the view as it is now, in JSON."
	op.Errors = append(op.Errors, 429)
	slices.Sort(op.Errors)
	least, most := 1.0, streamLife.Seconds()
	op.Parameters = []*huma.Param{
		pathParam("id"), pathParam("module"),
		{Name: "seconds", In: "query", Description: "how long the stream is to be at most, for proxies that cut long answers",
			Schema: &huma.Schema{Type: "integer", Minimum: &least, Maximum: &most}, Example: 25},
		{Name: "Last-Event-ID", In: "header", Description: "the id of the last event that came", Schema: &huma.Schema{Type: "string"}, Example: ""},
	}
	view := a.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[liveView](), true, "")
	op.Responses = map[string]*huma.Response{"200": {Description: "The view", Content: map[string]*huma.MediaType{
		"application/json": {Schema: view}, eventStream: {Schema: &huma.Schema{Type: "string"}},
	}}}
	a.raw(r, &op, a.live)
}

func (a *API) live(c *fiber.Ctx) error {
	life, err := lifeOf(c)
	if err != nil {
		return err
	}
	ctx, cohort, module := c.UserContext(), c.Params("id"), curriculum.ModuleKey(c.Params("module"))
	if !strings.Contains(c.Get(fiber.HeaderAccept), eventStream) {
		v, err := a.Quizzes.Look(ctx, cohort, module)
		if err != nil {
			return err
		}
		names, err := a.People.Names(ctx, a.DB, peopleIn(v))
		if err != nil {
			return err
		}
		return c.JSON(viewLive(v, names, a.Now()))
	}
	w, err := a.Quizzes.Watch(ctx, cohort, module, c.Get("Last-Event-ID"))
	if err != nil {
		return err
	}
	s := &stream{
		a: a, ctx: context.WithoutCancel(ctx), watcher: w, again: edge.Again(c, a.People.Authenticate), cohort: cohort, life: life,
		names: make(map[string]string),
	}
	c.Set(fiber.HeaderContentType, eventStream)
	c.Set("X-Accel-Buffering", "no") // a proxy that gathers first would show nothing
	c.Context().SetBodyStreamWriter(s.run)
	return nil
}

// errSeconds reports a stream of a length that cannot be had.
var errSeconds = fault.New(fault.Invalid, "invalid", "A stream lasts 1 to 25 seconds.").At("seconds")

func lifeOf(c *fiber.Ctx) (time.Duration, error) {
	for name := range c.Queries() {
		if name != "seconds" {
			return 0, edge.ErrUnknownField.At(name)
		}
	}
	text := c.Query("seconds")
	if text == "" {
		return streamLife, nil
	}
	n, err := strconv.Atoi(text)
	if life := time.Duration(n) * time.Second; err == nil && n > 0 && life <= streamLife {
		return life, nil
	}
	return 0, errSeconds
}

func peopleIn(v quiz.View) []string {
	ids := make([]string, len(v.Rows))
	for i, r := range v.Rows {
		ids[i] = r.PersonID
	}
	return ids
}

// A stream shows a live view to one client until it goes, its time is over, or
// its person may see it no longer. It runs beside the request that began it,
// which is over by then.
type stream struct {
	a       *API
	ctx     context.Context // the request's, without its deadline
	watcher *quiz.Watcher
	again   func(context.Context) (context.Context, error)
	cohort  string
	life    time.Duration
	names   map[string]string // by person, as far as known
	w       *bufio.Writer
}

// run writes the stream. A client that is gone shows by a flush that fails,
// which is why there is a beat even when nothing happens.
func (s *stream) run(w *bufio.Writer) {
	defer s.watcher.Leave()
	defer func() { // it runs outside the edge, where nobody else would catch it
		if r := recover(); r != nil {
			s.a.Log.Error("panic", "request_id", edge.RequestID(s.ctx), "route", "watch-quiz", "stack", string(debug.Stack()))
		}
	}()
	s.w = w
	ctx, cancel := context.WithTimeout(s.ctx, s.life)
	defer cancel()
	fmt.Fprintf(w, "retry: %d\n\n", streamReturn.Milliseconds())
	for ctx.Err() == nil {
		if err := s.allowed(ctx); err != nil {
			s.end(err)
			return
		}
		gone, err := s.show(ctx)
		if err != nil {
			s.end(err)
		}
		if gone || err != nil {
			return
		}
	}
	s.end(nil)
}

// allowed asks anew who the watcher is, and whether they may watch.
func (s *stream) allowed(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, streamCall)
	defer cancel()
	ctx, err := s.again(ctx)
	if err != nil {
		return err
	}
	return s.a.Quizzes.MayWatch(ctx, s.cohort)
}

// show writes a beat, and what changes until the next one is due. gone reports
// that nobody reads any more.
func (s *stream) show(ctx context.Context) (gone bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, streamBeat)
	defer cancel()
	for first := true; ; first = false {
		wait := ctx
		if first { // what is there already, and the beat
			var now context.CancelFunc
			wait, now = context.WithCancel(ctx)
			now()
		}
		v, changed, err := s.watcher.Next(wait)
		if err != nil {
			return false, err
		}
		if changed {
			err = s.view(v)
		}
		if err == nil && first {
			err = s.event("beat", "", map[string]time.Time{"at": s.a.Now(), "as_of": v.AsOf})
		}
		if err != nil {
			return false, err
		}
		if s.w.Flush() != nil {
			return true, nil
		}
		if !changed && !first {
			return false, nil
		}
	}
}

// view writes what a View has.
func (s *stream) view(v quiz.View) error {
	var unknown []string
	for _, id := range peopleIn(v) {
		if _, ok := s.names[id]; !ok {
			unknown = append(unknown, id)
		}
	}
	if len(unknown) > 0 {
		ctx, cancel := context.WithTimeout(s.ctx, streamCall)
		defer cancel()
		found, err := s.a.People.Names(ctx, s.a.DB, unknown)
		if err != nil {
			return err
		}
		for _, id := range unknown {
			s.names[id] = found[id]
		}
	}
	return s.event(map[bool]string{true: "view", false: "change"}[v.Whole], v.ID, viewLive(v, s.names, s.a.Now()))
}

// end says why the stream is over: its time is, or what err says. What
// is no fault is logged.
func (s *stream) end(err error) {
	code := "resume"
	if f := fault.Of(err); f != nil {
		code = f.Code
	} else if err != nil {
		code = edge.ProblemOf(s.ctx, s.a.Log, err).Code
	}
	if s.event("end", "", map[string]string{"code": code}) == nil {
		_ = s.w.Flush() // nobody may be there to read it
	}
}

// event writes one event. JSON has no line breaks, which would end it.
func (s *stream) event(name, id string, data any) error {
	text, err := json.Marshal(data)
	if err != nil {
		return fmt.Errorf("write event: %w", err)
	}
	if id != "" {
		fmt.Fprintf(s.w, "id: %s\n", id)
	}
	fmt.Fprintf(s.w, "event: %s\ndata: %s\n\n", name, text)
	return nil
}
