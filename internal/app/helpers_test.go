package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/app"
	"github.com/kapstone-lms/kapstone/internal/credential"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/dbtest"
	"github.com/kapstone-lms/kapstone/internal/identity"
)

// Both homes: SQLite with live state in the process, PostgreSQL with Redis.
func eachHome(t *testing.T, f func(t *testing.T, c app.Config)) {
	dbtest.EachURL(t, func(t *testing.T, url string) {
		c := app.Config{
			Data: t.TempDir(), TestMode: true, Log: slog.New(slog.NewTextHandler(&logs{t: t}, nil)),
			Issuer: credential.Issuer{Name: "Test Program", Address: "1 Test Street", SignatoryName: "Sig Natory", SignatoryTitle: "Director"},
		}
		if db.IsPostgres(url) {
			c.DatabaseURL, c.RedisURL = url, dbtest.RedisURL(t)
		}
		f(t, c)
	})
}

// logs writes the server's log into the test's, and keeps it.
type logs struct {
	t   *testing.T
	all bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.t.Log(strings.TrimSpace(string(p)))
	return l.all.Write(p)
}

func open(t testing.TB, c app.Config) *app.App {
	t.Helper()
	c.QuickHashes = true
	a, err := app.New(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return a
}

// A caller speaks to a server as one person.
type caller struct {
	t     testing.TB
	app   *app.App
	token string
	id    string
	name  string
}

const password = "seven quiet harbors at dusk"

// person adds somebody from the shell and signs them in.
func person(t testing.TB, a *app.App, name string, grants ...access.Grant) *caller {
	t.Helper()
	email := strings.ToLower(strings.ReplaceAll(name, " ", ".")) + "@school.test"
	made, err := a.People.CreateFromShell(t.Context(), identity.NewPerson{Email: email, Name: name, Password: password, Grants: grants})
	if err != nil {
		t.Fatal(err)
	}
	c := &caller{t: t, app: a, id: made.Person.ID, name: name}
	c.signIn(email)
	return c
}

func (c *caller) signIn(email string) {
	c.t.Helper()
	var out struct {
		AccessToken string `json:"access_token"`
	}
	stranger := &caller{t: c.t, app: c.app}
	stranger.want(200, "POST", "/api/v1/auth/login", map[string]string{"email": email, "password": password}, &out)
	c.token = out.AccessToken
}

// do sends a request and returns the status and the body. A string goes out as
// it is, anything else as JSON.
func (c *caller) do(method, path string, in any, headers ...string) (int, []byte) {
	c.t.Helper()
	var body io.Reader
	switch in := in.(type) {
	case nil:
	case string:
		body = strings.NewReader(in)
	default:
		data, err := json.Marshal(in)
		if err != nil {
			c.t.Fatal(err)
		}
		body = bytes.NewReader(data)
	}
	r := httptest.NewRequest(method, path, body)
	if in != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := c.app.Handler().Test(r, -1)
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	if res.StatusCode >= 400 && !strings.HasPrefix(path, "/verify") && res.Header.Get("Content-Type") != "application/problem+json" {
		c.t.Errorf("%s %s answered %d as %s", method, path, res.StatusCode, res.Header.Get("Content-Type"))
	}
	return res.StatusCode, data
}

// want sends a request that must answer with a status, and reads the answer.
func (c *caller) want(status int, method, path string, in, out any) {
	c.t.Helper()
	got, body := c.do(method, path, in)
	if got != status {
		c.t.Fatalf("%s %s as %s answered %d, want %d: %s", method, path, c.name, got, status, body)
	}
	if out != nil {
		if err := json.Unmarshal(body, out); err != nil {
			c.t.Fatalf("%s %s: %v in %s", method, path, err, body)
		}
	}
}

// refused sends a request that must fail with a status and a code.
func (c *caller) refused(status int, code, method, path string, in any) map[string]any {
	c.t.Helper()
	got, body := c.do(method, path, in)
	var p map[string]any
	if err := json.Unmarshal(body, &p); err != nil {
		c.t.Fatalf("%s %s: %v in %s", method, path, err, body)
	}
	if got != status || p["code"] != code {
		c.t.Errorf("%s %s as %s = %d %s, want %d %s", method, path, c.name, got, body, status, code)
	}
	return p
}

// A step is one request of a walk: what the answer says, and what it hides.
type step struct {
	name         string
	as           *caller
	method, path string
	body         any
	status       int
	says, hides  []string
}

func walk(t *testing.T, steps []step) {
	t.Helper()
	for _, tt := range steps {
		status, body := tt.as.do(tt.method, tt.path, tt.body)
		if status != tt.status {
			t.Errorf("%s: %d %s, want %d", tt.name, status, body, tt.status)
		}
		for _, s := range tt.says {
			if !strings.Contains(string(body), s) {
				t.Errorf("%s: the answer does not say %q: %s", tt.name, s, body)
			}
		}
		for _, h := range tt.hides {
			if strings.Contains(string(body), h) {
				t.Errorf("%s: the answer says %q: %s", tt.name, h, body)
			}
		}
	}
}

// A school is a cohort with its people, on a running installation.
type school struct {
	*app.App
	admin, instructor, trainee *caller
	cohort, enrollment         string
}

func newSchool(t testing.TB, c app.Config) *school {
	t.Helper()
	return schoolOn(t, open(t, c))
}

func schoolOn(t testing.TB, a *app.App) *school {
	t.Helper()
	s := &school{App: a, admin: person(t, a, "Ada Admin", access.Grant{Role: access.Admin}), instructor: person(t, a, "Ines Instructor", access.Grant{Role: access.Instructor})}
	s.cohort = s.openCohort("Autumn", s.instructor)
	s.trainee = person(t, a, "Noor Vance", access.Grant{Role: access.Trainee})
	s.enrollment = s.enroll(s.cohort, s.trainee)
	return s
}

func (s *school) openCohort(name string, instructors ...*caller) string {
	s.admin.t.Helper()
	ids := []string{}
	for _, i := range instructors {
		ids = append(ids, i.id)
	}
	var out struct{ ID string }
	s.admin.want(201, "POST", "/api/v1/cohorts", map[string]any{
		"program": "kap_foundation", "name": name, "starts_on": "2026-11-02", "ends_on": "2027-06-30", "time_zone": "America/Denver", "instructor_ids": ids,
	}, &out)
	return out.ID
}

func (s *school) enroll(cohort string, who *caller) string {
	s.admin.t.Helper()
	var out struct{ ID string }
	s.admin.want(201, "POST", "/api/v1/cohorts/"+cohort+"/enrollments", map[string]string{"user_id": who.id}, &out)
	return out.ID
}

func (s *school) at(format string, args ...any) string {
	return "/api/v1/enrollments/" + s.enrollment + "/" + fmt.Sprintf(format, args...)
}
