package app_test

import (
	"context"
	"encoding/json"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/app"
	"github.com/kapstone-lms/kapstone/internal/db"
)

// an open attempt with what tells of its pause.
type pausable struct {
	attempt
	Paused      bool       `json:"paused"`
	PauseEndsAt *time.Time `json:"pause_ends_at"`
	PauseLeft   int        `json:"pause_seconds_left"`
}

// to moves the clock. Tokens age with it.
func (s *school) to(t *testing.T, at time.Time) {
	t.Helper()
	(&caller{t: t, app: s.App}).want(200, "PUT", "/_test/clock", map[string]any{"now": at.Format(time.RFC3339Nano)}, nil)
	for _, who := range []*caller{s.admin, s.instructor, s.trainee} {
		who.signIn(strings.ToLower(strings.ReplaceAll(who.name, " ", ".")) + "@school.test")
	}
}

// CHECKS QZ-12: half as much time again for one trainee, and a quarter of an
// hour for the whole cohort, in the middle of a quiz; then both are taken back.
func TestTimeIsGivenInTheMiddleOfAQuiz(t *testing.T) {
	eachHome(t, func(t *testing.T, c app.Config) {
		s := newSchool(t, c)
		a := s.start("science")
		second := person(t, s.App, "Otto Other", access.Grant{Role: access.Trainee})
		var b attempt
		second.want(201, "POST", "/api/v1/enrollments/"+s.enroll(s.cohort, second)+"/modules/science/attempts", nil, &b)
		limit := time.Duration(s.Enrollments.Current().Module("science").Quiz.Minutes) * time.Minute
		ends := func(who *caller, of attempt, more time.Duration, when string) {
			t.Helper()
			var now attempt
			if who.want(200, "GET", "/api/v1/attempts/"+of.ID, nil, &now); !now.Deadline.Equal(of.Deadline.Add(more)) {
				t.Errorf("%s: the deadline is %v, want %v more than %v", when, now.Deadline, more, of.Deadline)
			}
		}
		own, all := s.at("accommodations"), "/api/v1/cohorts/"+s.cohort+"/modules/science/extensions"
		half := map[string]any{"time_percent": 150, "extra_attempts": 0, "pause_minutes": 0, "reason": "documented_need", "version": 0}
		none := map[string]any{"time_percent": 100, "extra_attempts": 0, "pause_minutes": 0, "reason": "documented_need", "version": 1}
		s.instructor.want(200, "PUT", own, half, nil)
		ends(s.trainee, a, limit/2, "with an accommodation")
		ends(second, b, 0, "without one")
		var x struct {
			ID       string `json:"id"`
			Attempts int    `json:"attempts"`
		}
		if s.instructor.want(201, "POST", all, map[string]any{"minutes": 15, "reason": "disturbance"}, &x); x.Attempts != 2 {
			t.Errorf("the extension reached %d attempts, want two", x.Attempts)
		}
		ends(s.trainee, a, limit/2+15*time.Minute, "with both")
		ends(second, b, 15*time.Minute, "with the extension")

		s.to(t, b.Deadline.Add(time.Minute))
		second.signIn("otto.other@school.test")
		for who, of := range map[*caller]attempt{s.trainee: a, second: b} {
			who.want(200, "PUT", "/api/v1/attempts/"+of.ID+"/answers/"+of.Items[0].ID, map[string]any{"response": of.Items[0].choose(0), "revision": 0}, nil)
		}
		back := "/api/v1/extensions/" + x.ID + "/reversal"
		if p := s.instructor.refused(409, "would_end_attempts", "POST", back, nil); p["attempts"] != 1.0 {
			t.Errorf("taking it back would end %v attempts, want one", p["attempts"])
		}
		ends(second, b, 15*time.Minute, "after a refusal")
		s.instructor.want(200, "POST", back, map[string]bool{"confirm": true}, nil)
		ends(s.trainee, a, limit/2, "with the extension taken back")
		var r struct {
			State       string    `json:"state"`
			ClosedBy    string    `json:"closed_by"`
			SubmittedAt time.Time `json:"submitted_at"`
		}
		if second.want(200, "GET", "/api/v1/attempts/"+b.ID, nil, &r); r.State != "submitted" || r.ClosedBy != "deadline" || !r.SubmittedAt.Equal(b.Deadline) {
			t.Errorf("the other attempt is %+v, want handed in at its own deadline", r)
		}
		s.instructor.refused(409, "stale_version", "PUT", own, half)
		if p := s.instructor.refused(409, "would_end_attempts", "PUT", own, none); p["attempts"] != 1.0 {
			t.Errorf("taking it back would end %v attempts, want one", p["attempts"])
		}
		none["confirm"] = true
		s.instructor.want(200, "PUT", own, none, nil)
		if s.trainee.want(200, "GET", "/api/v1/attempts/"+a.ID, nil, &r); r.State != "submitted" || !r.SubmittedAt.Equal(a.Deadline) {
			t.Errorf("the attempt is %+v, want handed in at its own deadline", r)
		}
		walk(t, []step{
			{"the ledger", s.admin, "GET", "/api/v1/audit?limit=200", nil, 200, []string{"quiz.accommodated", "quiz.extended", "quiz.extension_reversed", x.ID}, []string{"documented_need", "percent\":150"}},
			{"the trainee reads what was agreed", s.trainee, "GET", own, nil, 200, []string{`"time_percent":100`, `"time_percent":150`, `"version":2`}, []string{s.instructor.id}},
			{"the instructor reads who set it", s.instructor, "GET", own, nil, 200, []string{s.instructor.id}, nil},
			{"another trainee reads nothing", second, "GET", own, nil, 404, []string{"not_found"}, []string{"percent"}},
			{"the cohort's extensions", s.instructor, "GET", all, nil, 200, []string{x.ID, `"minutes":15`, `"attempts":2`, s.instructor.id}, nil},
			{"the attempt's, for its trainee", s.trainee, "GET", "/api/v1/attempts/" + a.ID + "/extensions", nil, 200, []string{x.ID, `"reason":"disturbance"`}, []string{s.instructor.id, `"attempts"`}},
			{"what is no class", s.instructor, "POST", all, map[string]any{"minutes": 15, "reason": "he is ill"}, 422, []string{"invalid"}, []string{"ill\""}},
			{"nobody is in any more", s.instructor, "POST", all, map[string]any{"minutes": 15, "reason": "other"}, 409, []string{"no_open_attempts"}, nil},
		})
	})
}

// A pause and a window, as a trainee meets them.
func TestAPauseAndAWindowOverHTTP(t *testing.T) {
	eachHome(t, func(t *testing.T, c app.Config) {
		s := newSchool(t, c)
		window := "/api/v1/cohorts/" + s.cohort + "/modules/science/window"
		now := s.Clock.Now().Truncate(time.Second)
		bounds := func(from, to any, version int) map[string]any {
			return map[string]any{"opens_at": from, "closes_at": to, "version": version}
		}
		s.instructor.want(200, "PUT", window, bounds(now.Add(time.Hour), nil, 0), nil)
		if p := s.trainee.refused(409, "not_open_yet", "POST", s.at("modules/science/attempts"), nil); p["opens_at"] != now.Add(time.Hour).Format(time.RFC3339) {
			t.Errorf("the refusal says %v", p)
		}
		var seen struct {
			OpensAt  *time.Time `json:"opens_at"`
			ClosesAt *time.Time `json:"closes_at"`
			Version  int        `json:"version"`
		}
		if s.trainee.want(200, "GET", s.at("modules/science/window"), nil, &seen); seen.OpensAt == nil || !seen.OpensAt.Equal(now.Add(time.Hour)) || seen.ClosesAt != nil || seen.Version != 1 {
			t.Errorf("the trainee sees %+v", seen)
		}
		s.instructor.want(200, "PUT", window, bounds(nil, now.Add(-time.Second), 1), nil)
		s.trainee.refused(409, "window_closed", "POST", s.at("modules/science/attempts"), nil)
		s.admin.want(200, "PUT", window, bounds(nil, nil, 2), nil)

		a := s.start("science")
		at := "/api/v1/attempts/" + a.ID
		s.trainee.refused(409, "no_pause_left", "POST", at+"/pause", nil)
		s.admin.want(200, "PUT", s.at("accommodations"), map[string]any{"time_percent": 100, "extra_attempts": 2, "pause_minutes": 10, "reason": "other", "version": 0}, nil)
		var p pausable
		if s.trainee.want(200, "POST", at+"/pause", nil, &p); !p.Paused || len(p.Items) != 0 || p.PauseEndsAt == nil || p.Deadline.Sub(*p.PauseEndsAt) > a.Deadline.Sub(now) {
			t.Errorf("paused: %+v", p)
		}
		if status, body := s.save(a, 0, 0, 0); status != 409 || !strings.Contains(string(body), "attempt_paused") {
			t.Errorf("a save in a pause: %d %s", status, body)
		}
		_, body := s.trainee.do("GET", at, nil)
		for _, it := range a.Items {
			if text, _ := json.Marshal(it.Stem); strings.Contains(string(body), string(text)) {
				t.Errorf("a paused attempt shows %s", text)
			}
		}
		var on pausable
		if s.trainee.want(200, "POST", at+"/resumption", nil, &on); on.Paused || on.PauseEndsAt != nil || len(on.Items) != len(a.Items) || on.PauseLeft > 600 || on.PauseLeft < 500 {
			t.Errorf("going on: paused %t, %d items, %d s left", on.Paused, len(on.Items), on.PauseLeft)
		}
		if status, body := s.save(a, 0, 0, 0); status != 200 {
			t.Errorf("a save after it: %d %s", status, body)
		}
		s.trainee.want(200, "POST", at+"/submission", nil, nil)
		s.to(t, s.Clock.Now().Add(25*time.Hour))
		if _, body := s.trainee.do("GET", s.at("progress"), nil); !strings.Contains(string(body), "4 tries are left") {
			t.Errorf("after one of three tries and two extra the trainee reads %s", body)
		}
	})
}

// Two processes on one database: the test clock moves both, and a pause that
// nobody looks at ends in both.
func TestTheClockIsOneForTwoProcesses(t *testing.T) {
	eachHome(t, func(t *testing.T, c app.Config) {
		if !db.IsPostgres(c.DatabaseURL) {
			t.Skip("SQLite is for one process")
		}
		s := newSchool(t, c)
		other := open(t, c)
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- other.Serve(ctx, l) }()
		t.Cleanup(func() {
			cancel()
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
		s.admin.want(200, "PUT", s.at("accommodations"), map[string]any{"time_percent": 100, "extra_attempts": 0, "pause_minutes": 10, "reason": "other", "version": 0}, nil)
		a := s.start("science")
		s.trainee.want(200, "POST", "/api/v1/attempts/"+a.ID+"/pause", nil, nil)
		s.to(t, s.Clock.Now().Add(11*time.Minute))
		began := time.Now()
		for paused := 1; paused > 0; {
			if err := s.DB.NewRaw(`SELECT count(*) FROM quiz_attempts WHERE paused_at IS NOT NULL`).Scan(t.Context(), &paused); err != nil {
				t.Fatal(err)
			}
			if time.Since(began) > 10*time.Second {
				t.Fatal("the other process has not ended the pause")
			}
			<-time.After(10 * time.Millisecond)
		}
		if off := other.Clock.Now().Sub(s.Clock.Now()).Abs(); off > time.Second {
			t.Errorf("the clocks of the two are %v apart", off)
		}
		if status, body := s.save(a, 0, 0, 0); status != 200 {
			t.Errorf("a save after that: %d %s", status, body)
		}
	})
}
