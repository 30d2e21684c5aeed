package app_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/app"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/dbtest"
	"github.com/kapstone-lms/kapstone/internal/practicum"
)

// A meter notes the statements of one request after the other.
type meter struct {
	mu    sync.Mutex
	noted []statement
	who   statement // who is asking: of all that ask together, once a second
}

type statement struct {
	text string
	args []any
}

// metered watches what an installation asks of its database.
func metered(a *app.App) *meter {
	m := new(meter)
	a.DB.Watch(func(text string, args ...any) {
		m.mu.Lock()
		defer m.mu.Unlock()
		st := statement{text, slices.Clone(args)}
		if strings.Contains(text, "FROM sessions s JOIN people p") {
			m.who = st
			return
		}
		m.noted = append(m.noted, st)
	})
	return m
}

// take returns what was sent since it was last asked.
func (m *meter) take() []statement {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := m.noted
	m.noted = nil
	return all
}

// An ampleSchool has so many of everything that is listed, and a meter. What is
// listed belongs to its trainee, or to a cohort with as many trainees.
type ampleSchool struct {
	*filler
	*meter
	n     int
	full  string                 // the cohort
	code  string                 // of a certificate
	sent  map[string][]statement // by the names of what was asked
	order []string
}

// newAmpleSchool fills a school with n of everything.
func newAmpleSchool(t testing.TB, c app.Config, n int) *ampleSchool {
	t.Helper()
	a := open(t, c)
	m := metered(a)
	f := &filler{school: schoolOn(t, a), b: t}
	f.cheapPassword()
	f.teach = f.as(f.instructor, access.Instructor)
	s := &ampleSchool{filler: f, meter: m, n: n, full: f.openCohort("Full", f.instructor), sent: make(map[string][]statement)}
	var done []string
	for i := range n {
		done = append(done, s.trained(i))
		f.enroll(f.openCohort(fmt.Sprintf("Cohort %d", i), f.instructor), f.trainee)
		f.log()
		f.trainee.want(201, "POST", f.at("records"), body{"kind": "prior_training", "subject": fmt.Sprintf("school_%d", i)}, nil)
		f.admin.want(201, "POST", "/api/v1/cohorts/"+s.full+"/events", body{
			"series": "live_sessions", "title": "Together", "category": "didactic", "delivery": "hybrid", "starts_at": f.Clock.Now().AddDate(0, 0, i+1), "minutes": 60,
		}, nil)
		f.instructor.want(201, "POST", f.at("holds"), body{"kind": "conduct", "facts": "Late to three live sessions.", "told": "You came late to three live sessions."}, nil)
	}
	var issued struct{ Items []struct{ Code string } }
	f.admin.want(201, "POST", "/api/v1/certificates", body{"enrollment_ids": done}, &issued)
	s.code = issued.Items[0].Code
	return s
}

// trained adds a trainee to the full cohort who has done everything, and
// returns the enrollment.
func (s *ampleSchool) trained(i int) string {
	s.b.Helper()
	id := db.NewID()
	s.exec(`INSERT INTO people (id, email, name, status, password_hash, made_by, created_at)
		SELECT ?, ?, ?, status, password_hash, made_by, created_at FROM people WHERE id = ?`, id, fmt.Sprintf("t%d@school.test", i), fmt.Sprintf("Trainee %d", i), s.admin.id)
	e, err := s.Enrollments.Enroll(s.as(s.admin, access.Admin), s.full, id)
	if err != nil {
		s.b.Fatal(err)
	}
	s.study(e.ID)
	trainee := access.With(s.b.Context(), access.Actor{ID: id, Name: "Trainee", Grants: []access.Grant{{Role: access.Trainee}}})
	for _, phase := range []practicum.Phase{practicum.Preparation, practicum.Medicine, practicum.Integration} {
		s.practice(trainee, e.ID, phase)
	}
	s.exec(`UPDATE enrollments SET printed_name = 'Trainee', name_confirmed_at = 1 WHERE id = ?`, e.ID)
	return e.ID
}

// ask sends a request and notes what it cost.
func (s *ampleSchool) ask(name string, as *caller, status int, method, path string, in, out any) {
	s.b.Helper()
	s.take()
	as.want(status, method, path, in, out)
	s.sent[name] = s.take()
	s.order = append(s.order, name)
}

// quiz walks through a module's quiz, with an answer in it for each n.
func (s *ampleSchool) quiz(module string) {
	s.b.Helper()
	var a attempt
	start := s.at("modules/%s/attempts", module)
	s.ask("start", s.trainee, 201, "POST", start, nil, &a)
	at := "/api/v1/attempts/" + a.ID
	for i := range min(s.n, len(a.Items)) {
		it := a.Items[i]
		s.ask("save", s.trainee, 200, "PUT", at+"/answers/"+it.ID, body{"response": it.choose(0), "revision": 0}, nil)
	}
	it := a.Items[0]
	s.ask("stale save", s.trainee, 409, "PUT", at+"/answers/"+it.ID, body{"response": it.choose(0), "revision": 7}, nil)
	s.ask("resume", s.trainee, 200, "POST", start, nil, nil)
	s.ask("read", s.trainee, 200, "GET", at, nil, nil)
	s.ask("submission", s.trainee, 200, "POST", at+"/submission", nil, nil)
	s.ask("submission again", s.trainee, 200, "POST", at+"/submission", nil, nil)
	s.ask("result", s.trainee, 200, "GET", at, nil, nil)
}

// lists asks for everything that is listed.
func (s *ampleSchool) lists() {
	s.b.Helper()
	cohort := "/api/v1/cohorts/" + s.full
	for _, l := range []struct {
		name string
		as   *caller
		path string
	}{
		{"progress", s.trainee, s.at("progress")},
		{"modules", s.trainee, s.at("modules")},
		{"my enrollments", s.trainee, "/api/v1/enrollments"},
		{"my certificates", s.trainee, "/api/v1/certificates"},
		{"my logs", s.trainee, s.at("logs")},
		{"my records", s.trainee, s.at("records")},
		{"my holds", s.trainee, s.at("holds")},
		{"transcript", s.trainee, s.at("transcript")},
		{"cohorts", s.admin, "/api/v1/cohorts"},
		{"cohorts taught", s.instructor, "/api/v1/cohorts"},
		{"cohort", s.instructor, cohort + "/enrollments"},
		{"cohort progress", s.instructor, cohort + "/progress"},
		{"cohort completion", s.admin, cohort + "/completion"},
		{"events", s.instructor, cohort + "/events"},
		{"certificates", s.admin, "/api/v1/certificates"},
		{"users", s.admin, "/api/v1/users"},
		{"ledger", s.admin, "/api/v1/audit?object=" + s.enrollment},
		{"grading queue", s.instructor, "/api/v1/grading-queue"},
		{"record queue", s.instructor, "/api/v1/record-queue"},
		{"verification", &caller{t: s.b, app: s.App}, "/api/v1/verifications/" + s.code},
	} {
		l.as.want(200, "GET", l.path, nil, nil) // opens what is opened once for the process
		s.ask(l.name, l.as, 200, "GET", l.path, nil, nil)
	}
}

// most says how many statements a request may send, however much is on record.
// BEGIN and COMMIT are among them, and what PostgreSQL is asked to lock.
var most = map[string]int{
	"start": 13, "save": 1, "stale save": 1, "resume": 4, "read": 2, "submission": 8, "submission again": 5, "result": 3,
	"progress": 13, "transcript": 13, "modules": 2,
	"my enrollments": 2, "my certificates": 2, "my logs": 2, "my records": 3, "my holds": 2,
	"cohorts": 2, "cohorts taught": 2, "cohort": 5, "cohort progress": 17, "cohort completion": 17, "events": 4,
	"certificates": 2, "users": 2, "ledger": 1, "grading queue": 2, "record queue": 2,
	"verification": 1,
}

// Issue 4.4: what a request asks of the database does not grow with what is on
// record.
func TestNoRequestAsksForEachRow(t *testing.T) {
	eachHome(t, func(t *testing.T, c app.Config) {
		var few, many *ampleSchool
		for n, s := range map[int]**ampleSchool{2: &few, 20: &many} {
			c := c
			c.Data = t.TempDir()
			if c.DatabaseURL != "" {
				c.DatabaseURL = dbtest.Postgres(t)
			}
			*s = newAmpleSchool(t, c, n)
			(*s).quiz("science") // opens what is opened once for the process
			(*s).quiz("ethics_safety")
			(*s).lists()
		}
		for _, name := range few.order {
			switch n := len(many.sent[name]); {
			case n != len(few.sent[name]):
				t.Errorf("%s: %d statements with 2 of everything, %d with 20:\n%s", name, len(few.sent[name]), n, many.texts(name))
			case n > most[name]:
				t.Errorf("%s: %d statements, at most %d are due:\n%s", name, n, most[name], many.texts(name))
			}
		}
	})
}

// texts are the statements of a request, a line each.
func (s *ampleSchool) texts(name string) string {
	var all strings.Builder
	for _, st := range s.sent[name] {
		fmt.Fprintf(&all, "  %.200s\n", strings.Join(strings.Fields(st.text), " "))
	}
	return all.String()
}
