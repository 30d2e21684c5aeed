package app_test

import (
	"fmt"
	"io"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/app"
)

type attempt struct {
	ID        string    `json:"id"`
	State     string    `json:"state"`
	Revision  int       `json:"revision"`
	Deadline  time.Time `json:"deadline"`
	Layout    string    `json:"layout"`
	AtItem    string    `json:"at_item"`
	ItemCount int       `json:"item_count"`
	Items     []item    `json:"items"`
	Answers   map[string]struct {
		Response []string `json:"response"`
		Revision int      `json:"revision"`
	} `json:"answers"`
}

type item struct {
	ID   string `json:"id"`
	Kind string `json:"kind"`
	Stem string `json:"stem"`
	Unit string `json:"unit"`
	Case *struct {
		ID   string `json:"id"`
		Text string `json:"text"`
	} `json:"case"`
	Prompts []choice `json:"prompts"`
	Options []choice `json:"options"`
}

type choice struct {
	ID   string `json:"id"`
	Text string `json:"text"`
}

// choose returns a response that can be given: one option, joined with the
// first prompt where there is one, or a number where it is written.
func (i item) choose(option int) []string {
	if len(i.Options) == 0 {
		return []string{fmt.Sprint(option)}
	}
	id := i.Options[option].ID
	if len(i.Prompts) > 0 {
		id = i.Prompts[0].ID + ":" + id
	}
	return []string{id}
}

func (s *school) start(module string) attempt {
	s.admin.t.Helper()
	var a attempt
	s.trainee.want(201, "POST", s.at("modules/%s/attempts", module), nil, &a)
	return a
}

func (s *school) save(a attempt, item int, option, revision int) (int, []byte) {
	return s.trainee.do("PUT", "/api/v1/attempts/"+a.ID+"/answers/"+a.Items[item].ID,
		map[string]any{"response": a.Items[item].choose(option), "revision": revision})
}

// CHECKS QZ-01: from the start to the end of a failed quiz no word of the key
// leaves the server.
func TestNoKeyLeavesEarly(t *testing.T) {
	eachHome(t, func(t *testing.T, c app.Config) {
		s := newSchool(t, c)
		var secrets []string
		for _, m := range s.Enrollments.Current().Modules {
			for _, it := range m.Items {
				secrets = append(secrets, it.Note)
				for _, o := range it.Options {
					secrets = append(secrets, o.Why)
				}
				secrets = append(secrets, it.Why)
			}
		}
		var seen strings.Builder
		see := func(method, path string, in any) []byte {
			status, body := s.trainee.do(method, path, in)
			fmt.Fprintf(&seen, "%s %s %d %s\n", method, path, status, body)
			return body
		}
		a := s.start("science")
		for i, it := range a.Items[:len(a.Items)/2] { // half cannot pass, however lucky
			see("PUT", "/api/v1/attempts/"+a.ID+"/answers/"+it.ID, map[string]any{"response": it.choose(i % 3), "revision": 0})
			see("PUT", "/api/v1/attempts/"+a.ID+"/answers/"+it.ID, map[string]any{"response": []string{"z"}, "revision": 1})
		}
		see("GET", "/api/v1/attempts/"+a.ID, nil)
		see("POST", s.at("modules/science/attempts"), nil)
		see("GET", s.at("modules/science"), nil)
		see("GET", s.at("progress"), nil)
		result := see("POST", "/api/v1/attempts/"+a.ID+"/submission", nil)
		see("GET", "/api/v1/attempts/"+a.ID, nil)
		if !strings.Contains(string(result), `"passed":false`) {
			t.Fatalf("half a quiz is handed in: %s, want it failed", result)
		}
		for _, secret := range secrets {
			if secret != "" && strings.Contains(seen.String(), secret) {
				t.Errorf("a failed attempt shows %q", secret)
			}
		}
		if strings.Contains(seen.String(), `"review"`) {
			t.Error("a failed attempt shows a review")
		}
	})
}

// CHECKS QZ-03, QZ-04: late is late on every way in, and the silent are handed
// in at their deadline.
func TestTheDeadlineHoldsOnEveryWay(t *testing.T) {
	eachHome(t, func(t *testing.T, c app.Config) {
		s := newSchool(t, c)
		move := func(to time.Time) {
			t.Helper()
			(&caller{t: t, app: s.App}).want(200, "PUT", "/_test/clock", map[string]any{"now": to.Format(time.RFC3339Nano)}, nil)
			s.trainee.signIn("noor.vance@school.test") // tokens age with the clock
		}
		a := s.start("science")
		move(a.Deadline.Add(-time.Second))
		if status, body := s.save(a, 0, 0, 0); status != 200 {
			t.Errorf("a second before the deadline: %d %s", status, body)
		}
		move(a.Deadline.Add(time.Second)) // the clock goes on: leave it room
		if status, body := s.save(a, 1, 0, 0); status != 200 {
			t.Errorf("within the grace: %d %s", status, body)
		}
		move(a.Deadline.Add(12 * time.Second))
		if status, body := s.save(a, 2, 0, 0); status != 409 || !strings.Contains(string(body), "attempt_closed") {
			t.Errorf("after the grace: %d %s", status, body)
		}
		if status, body := s.save(a, 0, 0, 0); status != 200 {
			t.Errorf("an in-time save sent again: %d %s", status, body)
		}
		var r struct {
			State       string    `json:"state"`
			SubmittedAt time.Time `json:"submitted_at"`
			ClosedBy    string    `json:"closed_by"`
		}
		s.trainee.refused(409, "attempt_closed", "POST", "/api/v1/attempts/"+a.ID+"/submission", nil)
		s.trainee.want(200, "GET", "/api/v1/attempts/"+a.ID, nil, &r)
		if r.State != "submitted" || !r.SubmittedAt.Equal(a.Deadline) || r.ClosedBy != "deadline" {
			t.Errorf("a late hand-in ends as %+v, want at the deadline", r)
		}
		s.trainee.refused(409, "wait", "POST", s.at("modules/science/attempts"), nil)
	})
}

func TestTriesRunOutAndAnInstructorHelps(t *testing.T) {
	eachHome(t, func(t *testing.T, c app.Config) {
		s := newSchool(t, c)
		for range 3 {
			a := s.start("science")
			s.trainee.want(200, "POST", "/api/v1/attempts/"+a.ID+"/submission", nil, nil)
			(&caller{t: t, app: s.App}).want(200, "PUT", "/_test/clock", map[string]any{"advance_seconds": 25 * 3600}, nil)
			s.trainee.signIn("noor.vance@school.test")
		}
		s.instructor.signIn("ines.instructor@school.test")
		s.trainee.refused(409, "attempts_exhausted", "POST", s.at("modules/science/attempts"), nil)
		s.trainee.refused(403, "forbidden", "POST", s.at("modules/science/remediations"), map[string]string{"note": "x"})
		s.instructor.want(204, "POST", s.at("modules/science/remediations"), map[string]string{"note": "Went through the lessons together."}, nil)
		s.instructor.refused(409, "not_exhausted", "POST", s.at("modules/science/remediations"), map[string]string{"note": "again"})
		if a := s.start("science"); len(a.Items) != s.Enrollments.Current().Module("science").Quiz.Draw {
			t.Errorf("the granted try has %d questions", len(a.Items))
		}
	})
}

// As each role: what the answer says, and what it hides.
func TestEachRoleSeesItsOwn(t *testing.T) {
	eachHome(t, func(t *testing.T, c app.Config) {
		s := newSchool(t, c)
		a := s.start("science")
		other := person(t, s.App, "Otto Other", access.Grant{Role: access.Trainee})
		elsewhere := person(t, s.App, "Ivo Elsewhere", access.Grant{Role: access.Instructor})
		s.openCohort("Spring", elsewhere)
		log := s.log()
		walk(t, []step{
			{"the trainee reads the way", s.trainee, "GET", s.at("progress"), nil, 200, []string{"Study every lesson", "/completion"}, nil},
			{"another trainee does not", other, "GET", s.at("progress"), nil, 404, []string{"not_found"}, []string{"Study"}},
			{"the instructor sees progress", s.instructor, "GET", s.at("progress"), nil, 200, []string{"personal-experience"}, []string{"statement"}},
			{"another cohort's instructor does not", elsewhere, "GET", s.at("progress"), nil, 404, nil, []string{"Study"}},
			{"another trainee cannot save", other, "PUT", "/api/v1/attempts/" + a.ID + "/answers/" + a.Items[0].ID, map[string]any{"response": []string{"a"}, "revision": 0}, 404, []string{"not_found"}, nil},
			{"another trainee cannot hand in", other, "POST", "/api/v1/attempts/" + a.ID + "/submission", nil, 404, []string{"not_found"}, nil},
			{"an instructor cannot read an attempt", s.instructor, "GET", "/api/v1/attempts/" + a.ID, nil, 403, []string{"forbidden"}, []string{"stem"}},
			{"the supervisor reads a log", s.instructor, "GET", "/api/v1/logs/" + log, nil, 200, []string{"case_ref", "fill the silence", "Nobody watches logs"}, nil},
			{"another instructor does not", elsewhere, "GET", "/api/v1/logs/" + log, nil, 404, []string{"not_found"}, []string{"silence"}},
			{"another instructor does not see it wait", elsewhere, "GET", "/api/v1/grading-queue", nil, 200, nil, []string{log}},
			{"the queue shows work lines only", s.instructor, "GET", "/api/v1/grading-queue", nil, 200, []string{log}, []string{"case_ref", "silence", "reflection"}},
			{"the admin does not read logs", s.admin, "GET", "/api/v1/logs/" + log, nil, 403, nil, []string{"silence"}},
			{"the admin does not read the private choice", s.admin, "GET", s.at("personal-experience"), nil, 403, []string{"forbidden"}, []string{"statement"}},
			{"the admin sees completion", s.admin, "GET", "/api/v1/cohorts/" + s.cohort + "/completion", nil, 200, []string{"not_yet", "Noor Vance"}, []string{"score", "percent"}},
			{"the instructor does not", s.instructor, "GET", "/api/v1/cohorts/" + s.cohort + "/completion", nil, 403, nil, []string{"Noor"}},
			{"the admin reads the ledger", s.admin, "GET", "/api/v1/audit", nil, 200, []string{"log.submitted", "quiz.started"}, []string{"silence", "school.test"}},
			{"a trainee does not", s.trainee, "GET", "/api/v1/audit", nil, 403, nil, []string{"quiz.started"}},
			{"people see themselves", s.trainee, "GET", "/api/v1/me", nil, 200, []string{"noor.vance@school.test"}, []string{"argon2", "password"}},
			{"a made-up enrollment", s.trainee, "GET", "/api/v1/enrollments/0193d5a0-0000-7000-8000-000000000000/progress", nil, 404, []string{"not_found"}, nil},
		})
	})
}

// log writes and submits a role play and returns its id.
func (s *school) log() string {
	s.admin.t.Helper()
	var l struct{ ID string }
	year, week := s.Clock.Now().ISOWeek()
	s.trainee.want(201, "POST", s.at("logs"), map[string]any{
		"kind": "role_play", "phase": "preparation", "format": "individual", "week": fmt.Sprintf("%04d-W%02d", year, week), "duration_min": 60,
		"role": "lead", "frameworks": []string{"act"}, "attest": true,
		"reflection": strings.Repeat("I noticed my own wish to fill the silence. ", 5),
	}, &l)
	s.trainee.want(200, "POST", "/api/v1/logs/"+l.ID+"/submission", nil, nil)
	return l.ID
}

// Wrong input on routes that Huma reads: the field and the rule, never the
// value, and nothing changed.
func TestBadInputIsNamedAndChangesNothing(t *testing.T) {
	eachHome(t, func(t *testing.T, c app.Config) {
		s := newSchool(t, c)
		before := s.deeds(t)
		for _, tt := range []struct {
			name         string
			as           *caller
			method, path string
			body         any
			status       int
			code         string
		}{
			{"an unknown field", s.admin, "POST", "/api/v1/users", map[string]any{"email": "a@b.test", "name": "A", "roles": []string{}, "is_admin": true}, 400, "unknown_field"},
			{"a field in another case", s.admin, "POST", "/api/v1/users", map[string]any{"EMAIL": "a@b.test", "name": "A", "roles": []string{}}, 400, "unknown_field"},
			{"a wrong type", s.admin, "POST", "/api/v1/users", map[string]any{"email": 7, "name": "A", "roles": []string{}}, 422, "invalid"},
			{"a duplicate key", s.admin, "POST", "/api/v1/users", `{"email":"a@b.test","name":"A","name":"B","roles":[]}`, 400, "duplicate_key"},
			{"trailing data", s.admin, "POST", "/api/v1/users", `{"email":"a@b.test","name":"A","roles":[]}{}`, 400, "bad_json"},
			{"NUL", s.admin, "POST", "/api/v1/users", `{"email":"a@b.test","name":"A\u0000","roles":[]}`, 400, "bad_text"},
			{"bad UTF-8", s.admin, "POST", "/api/v1/users", "{\"email\":\"a@b.test\",\"name\":\"\xff\",\"roles\":[]}", 400, "bad_text"},
			{"a role that is none", s.admin, "POST", "/api/v1/users", map[string]any{"email": "a@b.test", "name": "A", "roles": []string{"god"}}, 422, "invalid"},
			{"no address", s.admin, "POST", "/api/v1/users", map[string]any{"email": "nobody", "name": "A", "roles": []string{}}, 422, "bad_email"},
			{"a weak password", s.admin, "POST", "/api/v1/users", map[string]any{"email": "a@b.test", "name": "A", "roles": []string{}, "password": "short"}, 422, "password_too_short"},
			{"a query nobody asked for", s.admin, "GET", "/api/v1/users?role=admin", nil, 400, "unknown_field"},
			{"a limit too high", s.admin, "GET", "/api/v1/users?limit=1000", nil, 422, "invalid"},
			{"a cursor that no page gave", s.admin, "GET", "/api/v1/users?cursor=abc", nil, 422, "bad_cursor"},
			{"a program that is none", s.admin, "POST", "/api/v1/cohorts", map[string]any{"program": "x", "name": "A", "starts_on": "2026-01-01", "ends_on": "2026-02-01", "time_zone": "UTC", "instructor_ids": []string{}}, 422, "unknown_program"},
			{"an over-long text", s.trainee, "POST", s.at("logs"), map[string]any{"reflection": strings.Repeat("x", 4000)}, 422, "too_long"},
			{"a far over-long text", s.trainee, "POST", s.at("logs"), map[string]any{"reflection": strings.Repeat("x", 70000)}, 413, "too_large"},
			{"a stale version", s.admin, "PATCH", "/api/v1/users/" + s.trainee.id, map[string]any{"name": "B", "version": 99}, 409, "stale_version"},
			{"a name that cannot be printed", s.trainee, "PUT", s.at("printed-name"), map[string]any{"name": "A\u202eB"}, 422, "text_hidden_character"},
			{"a grade that is none", s.instructor, "POST", "/api/v1/logs/" + s.trainee.id + "/grade", map[string]any{"grades": map[string]any{"c1": 9}, "observed_by": "direct"}, 422, "invalid"},
		} {
			if p := tt.as.refused(tt.status, tt.code, tt.method, tt.path, tt.body); p["detail"] == "" {
				t.Errorf("%s: no sentence in %v", tt.name, p)
			}
		}
		status, body := s.admin.do("POST", "/api/v1/users", `email=a`, "Content-Type", "application/x-www-form-urlencoded")
		if status != 415 {
			t.Errorf("a form: %d %s, want 415", status, body)
		}
		if after := s.deeds(t); after != before {
			t.Errorf("refused requests left %d ledger entries", after-before)
		}
	})
}

// deeds counts the ledger's entries.
func (s *school) deeds(t *testing.T) (n int) {
	t.Helper()
	if err := s.DB.NewRaw(`SELECT count(*) FROM audit_entries`).Scan(t.Context(), &n); err != nil {
		t.Fatal(err)
	}
	return n
}

// CHECKS IN-02: a panic costs one request.
func TestAPanicCostsOneRequest(t *testing.T) {
	a := open(t, app.Config{Data: t.TempDir(), TestMode: true})
	stranger := &caller{t: t, app: a}
	stranger.refused(500, "internal", "POST", "/_test/panic", nil)
	stranger.want(200, "GET", "/livez", nil, nil)
}

func TestHooksAreForTestsOnly(t *testing.T) {
	a := open(t, app.Config{Data: t.TempDir()})
	for _, path := range []string{"/_test/clock", "/_test/panic"} {
		(&caller{t: t, app: a}).refused(404, "not_found", "POST", path, nil)
	}
}

func TestReadinessNamesWhatIsAway(t *testing.T) {
	eachHome(t, func(t *testing.T, c app.Config) {
		if c.RedisURL == "" {
			a := open(t, c)
			(&caller{t: t, app: a}).want(200, "GET", "/readyz", nil, nil)
			return
		}
		c.RedisURL = "redis://127.0.0.1:1" // nobody listens there
		a := open(t, c)
		c2 := &caller{t: t, app: a}
		var h struct {
			Status   string   `json:"status"`
			Degraded []string `json:"degraded"`
		}
		for range 20 { // asking is what finds out
			if c2.want(200, "GET", "/readyz", nil, &h); h.Status == "degraded" {
				break
			}
		}
		if fmt.Sprint(h.Degraded) != "[redis]" {
			t.Errorf("readiness says %+v, want redis degraded", h)
		}
	})
}

// The public pages, as a clinic with a phone opens them.
func TestTheVerificationPageNeedsNoLogin(t *testing.T) {
	a := open(t, app.Config{Data: t.TempDir(), TestMode: true})
	for path, tt := range map[string]struct {
		status int
		says   string
	}{
		"/":                                  {200, "Check a certificate"},
		"/verify/" + strings.Repeat("a", 26): {404, "No such certificate"},
		"/verify/short":                      {404, "No such certificate"},
		"/verify?code=short":                 {404, "No such certificate"},
		"/style.css":                         {200, "--ink"},
		"/docs":                              {200, "/api/v1/attempts/{id}/answers/{item}"},
	} {
		res, err := a.Handler().Test(httptest.NewRequest("GET", path, nil), -1)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || res.StatusCode != tt.status || !strings.Contains(string(body), tt.says) {
			t.Errorf("GET %s = %d %.200s, want %d saying %q", path, res.StatusCode, body, tt.status, tt.says)
		}
		if csp := res.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
			t.Errorf("GET %s: the content policy is %q", path, csp)
		}
		if strings.Contains(string(body), "<script") || strings.Contains(string(body), " style=") {
			t.Errorf("GET %s holds a script or an inline style", path)
		}
	}
}
