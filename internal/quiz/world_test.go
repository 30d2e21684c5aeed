package quiz

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/dbtest"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/internal/fault"
	"github.com/kapstone-lms/kapstone/internal/kv"
	"github.com/kapstone-lms/kapstone/internal/schooltest"
	"github.com/kapstone-lms/kapstone/internal/study"
	"github.com/kapstone-lms/kapstone/migrations"
)

// The small course of these tests: one module, eleven items of which six are
// asked, 30 minutes, 80 % to pass, three tries a day apart. Its keys carry
// canaries.
const (
	program = "quiz_program"
	module  = curriculum.ModuleKey("safety")
	minutes = 30
)

func moduleYAML() string {
	return `key: safety
title: Safety
summary: A small module.
review_note: Look at it first.
objectives:
  - {id: alpha, text: "Know alpha.", critical: true}
  - {id: beta, text: "Know beta.", critical: true}
  - {id: gamma, text: "Know gamma."}
lessons: [saf-1-first.md]
quiz: {draw: 6, minutes: 30}
`
}

// bankYAML writes the bank; first is the right option of its first item.
func bankYAML(first string) string {
	var b bytes.Buffer
	b.WriteString("items:\n")
	item := func(n int, objective, kind string, critical bool, right string) {
		fmt.Fprintf(&b, "  - id: saf-%02d\n    lesson: saf-1\n    objective: %s\n    kind: %s\n    critical: %t\n    stem: \"Stem number %d?\"\n"+
			"    sources: [LBL]\n    confidence: A\n    note: \"CANARY note %d\"\n    options:\n", n, objective, kind, critical, n, n)
		for _, id := range []string{"a", "b", "c", "d"} {
			fmt.Fprintf(&b, "      - {id: %s, text: \"Text %d %s\", correct: %t, why: \"CANARY why %d %s\"}\n", id, n, id, strings.Contains(right, id), n, id)
		}
	}
	item(1, "alpha", "single", true, first)
	item(2, "alpha", "single", true, "b")
	item(3, "alpha", "single", false, "c")
	item(4, "beta", "multiple", true, "ad")
	item(5, "beta", "single", true, "d")
	for n := 6; n <= 11; n++ {
		if n%2 == 0 {
			item(n, "gamma", "multiple", false, "bc")
		} else {
			item(n, "gamma", "single", false, "a")
		}
	}
	return b.String()
}

func programYAML(review curriculum.Review) string {
	return fmt.Sprintf(`key: quiz_program
version: 1
default: true
title: Quiz program
summary: A program for tests.
certificate: {title: Certificate}
quiz: {pass_percent: 80, attempts: 3, wait_hours: 24, review: %s}
lessons: any
practicum: {kinds: [peer], safety_criteria: [c2], safety_floor: 2}
requirements:
  - {id: safety-attempts, type: quiz_pass, module: safety, title: Pass the quiz}
`, review)
}

func smallCourse(t testing.TB, review curriculum.Review, first string) *curriculum.Course {
	t.Helper()
	c, err := curriculum.Load(fstest.MapFS{
		"01-safety/module.yaml":      {Data: []byte(moduleYAML())},
		"01-safety/bank.yaml":        {Data: []byte(bankYAML(first))},
		"programs/quiz_program.yaml": {Data: []byte(programYAML(review))},
		"01-safety/saf-1-first.md": {Data: []byte("---\nid: saf-1\ntitle: First\nminutes: 5\nobjectives: [alpha, beta, gamma]\n" +
			"sources:\n  - {key: LBL, what: \"A label\", confidence: A}\n---\n\n## Why\n\nSome words.\n")},
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// A world is a school with the small course, an instructor, a cohort and one
// trainee in it.
type world struct {
	*Service
	*schooltest.School
	t          *testing.T
	url        string
	course     *curriculum.Course
	instructor context.Context
	cohort     *enrollment.Cohort
	trainee    context.Context
	before     context.Context // the trainee before startOther
	enrollment *enrollment.Enrollment
}

// A liveMaker makes a live store for a test.
type liveMaker struct {
	name string
	make func(t *testing.T, now func() time.Time) Live
}

var (
	inProcess = liveMaker{"process", func(_ *testing.T, now func() time.Time) Live { return NewProcessLive(now) }}
	inRedis   = liveMaker{"redis", func(t *testing.T, now func() time.Time) Live { return NewRedisLive(redisFor(t), prefixFor(t), now) }}
)

// each runs f on both databases, with live state in the process.
func each(t *testing.T, f func(t *testing.T, w *world)) {
	t.Helper()
	dbtest.EachURL(t, func(t *testing.T, url string) { f(t, newWorld(t, url, inProcess, curriculum.ReviewAfterPass)) })
}

// eachHome runs f as the two homes are: embedded, and PostgreSQL with Redis.
func eachHome(t *testing.T, f func(t *testing.T, w *world)) {
	t.Helper()
	dbtest.EachURL(t, func(t *testing.T, url string) {
		live := inProcess
		if db.IsPostgres(url) {
			live = inRedis
		}
		f(t, newWorld(t, url, live, curriculum.ReviewAfterPass))
	})
}

func newWorld(t *testing.T, url string, live liveMaker, review curriculum.Review) *world {
	t.Helper()
	return newWorldOf(t, url, live, smallCourse(t, review, "a"))
}

func newWorldOf(t *testing.T, url string, live liveMaker, course *curriculum.Course) *world {
	t.Helper()
	w := &world{School: schooltest.New(t, openDB(t, url)), t: t, url: url, course: course}
	if err := w.Enrollments.Publish(t.Context(), w.course); err != nil {
		t.Fatal(err)
	}
	w.instructor = w.Person("Ines Instructor", access.Grant{Role: access.Instructor, Program: program})
	var err error
	w.cohort, err = w.Enrollments.OpenCohort(w.Admin, enrollment.Cohort{
		Program: program, Name: "Autumn", StartsOn: "2026-11-02", EndsOn: "2027-06-30", TimeZone: "UTC",
		Instructors: schooltest.IDs(w.instructor),
	})
	if err != nil {
		t.Fatal(err)
	}
	w.trainee, w.enrollment = w.Trainee("Noor Vance", w.cohort)
	w.Service = serve(t, w.DB, w.Enrollments, live.make(t, w.Clock.Now), w.Clock.Now)
	return w
}

func openDB(t *testing.T, url string) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), url, migrations.FS)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func serve(t *testing.T, d *db.DB, e *enrollment.Service, live Live, now func() time.Time) *Service {
	s := New(d, e, live, study.New(d, e, now).Looked, now)
	t.Cleanup(func() {
		if err := s.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return s
}

// another returns a service as a second process has it, with memory of its
// own on the same database; on PostgreSQL with connections of its own too.
// SQLite is for one process.
func (w *world) another(live liveMaker) *Service {
	w.t.Helper()
	d := w.DB
	if db.IsPostgres(w.url) {
		d = openDB(w.t, w.url)
	}
	return serve(w.t, d, enrollment.New(d, w.People, w.Clock.Now, enrollment.Unreviewed), live.make(w.t, w.Clock.Now), w.Clock.Now)
}

// begin starts or resumes the trainee's quiz.
func (w *world) begin() *OpenSheet {
	w.t.Helper()
	sheet, _, err := w.Start(w.trainee, w.enrollment.ID, module)
	if err != nil {
		w.t.Fatalf("Start = %v", err)
	}
	return sheet
}

// key returns the right response to each item of an attempt.
func (w *world) key(attemptID string) map[string][]string {
	w.t.Helper()
	f, err := w.frame(w.t.Context(), attemptID)
	if err != nil {
		w.t.Fatal(err)
	}
	all := make(map[string][]string)
	for _, q := range f.questions {
		all[q.id] = q.key()
	}
	return all
}

// wrong returns a response that is a possible answer and not the right one.
func wrong(right []string) []string {
	for _, id := range []string{"a", "b", "c", "d"} {
		if !slices.Equal(right, []string{id}) {
			return []string{id}
		}
	}
	return nil
}

// answer saves the first answer to each item, right or wrong.
func (w *world) answer(o *OpenSheet, right bool) {
	w.t.Helper()
	for item, response := range w.key(o.ID) {
		if !right {
			response = wrong(response)
		}
		if got, err := w.Save(w.trainee, o.ID, item, response, 0); err != nil || got.Revision != 1 {
			w.t.Fatalf("Save(%s) = %+v, %v; want revision 1", item, got, err)
		}
	}
}

// take begins an attempt, answers it and hands it in.
func (w *world) take(right bool) *Result {
	w.t.Helper()
	o := w.begin()
	w.answer(o, right)
	r, err := w.Submit(w.trainee, o.ID)
	if err != nil {
		w.t.Fatalf("Submit = %v", err)
	}
	return r
}

// stored returns the current answers of an attempt from SQL.
func (w *world) stored(attemptID string) answers {
	w.t.Helper()
	all, err := latest(w.t.Context(), w.DB, attemptID)
	if err != nil {
		w.t.Fatal(err)
	}
	return all
}

// count counts the rows of a table that meet a condition.
func (w *world) count(table, where string, args ...any) int {
	w.t.Helper()
	n, err := w.DB.NewSelect().TableExpr("?", bun.Ident(table)).Where(where, args...).Count(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return int(n)
}

// entries counts the ledger's entries of an action.
func (w *world) entries(action string) int {
	w.t.Helper()
	rows, err := audit.List(w.Admin, w.DB, audit.Query{Action: action, Limit: 100})
	if err != nil {
		w.t.Fatal(err)
	}
	return len(rows)
}

// codeOf returns the code of a fault, "" for no error.
func codeOf(err error) string {
	switch f := fault.Of(err); {
	case err == nil:
		return ""
	case f == nil:
		return "no fault: " + err.Error()
	default:
		return f.Code
	}
}

// redisFor returns a client of the Redis that all tests share.
func redisFor(t *testing.T) *kv.Client {
	t.Helper()
	c, err := kv.Open(dbtest.RedisURL(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// prefixFor returns a prefix of the test's own; its keys go with the test.
func prefixFor(t *testing.T) string {
	prefix := "quiz_test:" + db.NewID() + ":"
	t.Cleanup(func() { dropKeys(t, prefix) })
	return prefix
}

// dropKeys does to the keys of a prefix what FLUSHALL does to all.
func dropKeys(t *testing.T, prefix string) {
	c := redisFor(t)
	keys, err := c.Keys(context.Background(), prefix+"*").Result()
	if err == nil && len(keys) > 0 {
		err = c.Del(context.Background(), keys...).Err()
	}
	if err != nil {
		t.Error(err)
	}
}
