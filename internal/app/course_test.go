package app_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/app"
	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/internal/schooltest"
)

// Where people learn, a module that no clinician reviewed opens by an admin's
// word, and says on every lesson what it is.
func TestAModuleOpensByAnAdminsWord(t *testing.T) {
	eachHome(t, func(t *testing.T, c app.Config) {
		c.TestMode = false
		s := newSchool(t, c)
		lesson := "modules/science/lessons/" + string(s.Enrollments.Current().Module("science").Lessons[0].ID)
		for _, refused := range []struct{ method, path string }{
			{"GET", s.at("%s", lesson)}, {"PUT", s.at("%s/completion", lesson)}, {"POST", s.at("modules/science/attempts")},
		} {
			if p := s.trainee.refused(409, "not_reviewed", refused.method, refused.path, nil); !strings.Contains(p["detail"].(string), "admin has to accept it") {
				t.Errorf("%s %s says %v", refused.method, refused.path, p)
			}
		}
		var taught struct {
			Items []struct {
				ID             string
				Open, Reviewed bool
				AcceptedBy     string `json:"accepted_by"`
				Hash           string `json:"course_hash"`
			} `json:"items"`
		}
		s.instructor.want(200, "GET", "/api/v1/modules", nil, &taught)
		if m := taught.Items[0]; len(taught.Items) != 5 || m.ID != "science" || m.Open || m.Reviewed || m.AcceptedBy != "" || m.Hash != s.Enrollments.Current().Hash() {
			t.Fatalf("GET /modules = %+v", taught)
		}
		s.trainee.refused(403, "forbidden", "GET", "/api/v1/modules", nil)

		word := map[string]any{"statement": "Our medical director read it.", "course_hash": taught.Items[0].Hash}
		at := "/api/v1/modules/science/acceptance"
		for _, who := range []*caller{s.trainee, s.instructor} {
			who.refused(403, "forbidden", "POST", at, word)
		}
		s.admin.refused(422, "unknown_course", "POST", at, map[string]any{"statement": "Yes.", "course_hash": strings.Repeat("0", 64)})
		s.admin.refused(422, "bad_statement", "POST", at, map[string]any{"statement": "", "course_hash": taught.Items[0].Hash})
		s.admin.refused(404, "not_found", "POST", "/api/v1/modules/none/acceptance", word)
		s.admin.want(201, "POST", at, word, nil)
		var again struct {
			Statement  string
			AcceptedBy string `json:"accepted_by"`
		}
		s.admin.want(200, "POST", at, map[string]any{"statement": "Once more.", "course_hash": taught.Items[0].Hash}, &again)
		if again.Statement != "Our medical director read it." || again.AcceptedBy != s.admin.id {
			t.Errorf("accepted again: %+v, want the first word", again)
		}

		var read struct {
			HTML     string `json:"html"`
			Reviewed bool   `json:"clinically_reviewed"`
			Warning  string `json:"notice"`
		}
		s.trainee.want(200, "GET", s.at("%s", lesson), nil, &read)
		if read.HTML == "" || read.Reviewed || read.Warning != "Not clinically reviewed." {
			t.Errorf("the lesson says reviewed %v, %q", read.Reviewed, read.Warning)
		}
		s.trainee.want(200, "PUT", s.at("%s/completion", lesson), nil, nil)
		s.trainee.want(201, "POST", s.at("modules/science/attempts"), nil, nil)
		s.trainee.refused(409, "not_reviewed", "POST", s.at("modules/integration/attempts"), nil)
		if c.DatabaseURL != "" { // a second process on the same record
			second := &caller{t: t, app: open(t, c), name: "Noor Vance", token: s.trainee.token}
			second.want(200, "GET", s.at("%s", lesson), nil, nil)
		}
	})
}

// publish publishes a course the way the command does, in a process of its own.
func publish(t *testing.T, c app.Config, course *curriculum.Course, note string) {
	t.Helper()
	record, err := app.OpenCourses(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	defer record.Close()
	embedded, err := app.LoadCourse("")
	if err != nil {
		t.Fatal(err)
	}
	served, err := record.OnRecord(t.Context(), embedded)
	if err == nil {
		_, err = record.PublishFromShell(t.Context(), served.Course, course, note)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestARunningServerSeesWhatIsPublished(t *testing.T) {
	eachHome(t, func(t *testing.T, c app.Config) {
		s := newSchool(t, c)
		other := person(t, s.App, "Otto Other", access.Grant{Role: access.Trainee})
		id := string(s.Enrollments.Current().Module("science").Lessons[0].ID)
		s.trainee.want(200, "PUT", s.at("modules/science/lessons/%s/completion", id), nil, nil)
		course := schooltest.Course(t, schooltest.OtherLesson, schooltest.NextVersion, schooltest.OtherRule)
		publish(t, c, course, "A sentence was left out.")

		var e struct {
			ID      string
			Hash    string `json:"course_hash"`
			Version int    `json:"program_version"`
		}
		s.admin.want(201, "POST", "/api/v1/cohorts/"+s.cohort+"/enrollments", map[string]string{"user_id": other.id}, &e)
		if e.Hash != course.Hash() || e.Version != 2 {
			t.Errorf("enrolled after it was published: %+v, want the course %.12s", e, course.Hash())
		}
		var notices struct {
			Items []map[string]any `json:"items"`
		}
		s.trainee.want(200, "GET", s.at("notices"), nil, &notices)
		if len(notices.Items) != 1 || notices.Items[0]["lesson"] != id || notices.Items[0]["module"] != "science" || notices.Items[0]["note"] != "A sentence was left out." ||
			notices.Items[0]["title"] == "" || notices.Items[0]["published_at"] == nil {
			t.Errorf("notices = %v", notices.Items)
		}
		_, body := s.trainee.do("GET", s.at("modules/science/lessons/%s", id), nil)
		if !strings.Contains(string(body), `"note":"A sentence was left out."`) {
			t.Errorf("the lesson does not say that it was corrected: %.300s", body)
		}
		other.signIn("otto.other@school.test")
		other.refused(404, "not_found", "GET", s.at("notices"), nil)
		s.admin.refused(403, "forbidden", "GET", s.at("notices"), nil)

		var diff struct {
			From, To int
			Items    []struct{ Change, Where, Field, From, To, Text string }
		}
		s.admin.want(200, "GET", "/api/v1/programs/kap_foundation/diff", nil, &diff)
		if diff.From != 1 || diff.To != 2 || len(diff.Items) != 2 || diff.Items[1].Text != "quiz.pass_percent was 80, is 85" || diff.Items[1].Field != "quiz.pass_percent" {
			t.Errorf("diff = %+v", diff)
		}
		s.admin.refused(404, "no_edition", "GET", "/api/v1/programs/kap_foundation/diff?from=1&to=9", nil)
		s.admin.refused(404, "not_found", "GET", "/api/v1/programs/none/diff", nil)
		s.instructor.refused(403, "forbidden", "GET", "/api/v1/programs/kap_foundation/diff", nil)
	})
}

// Which course a start serves, and what it says of it.
func TestAStartSaysWhichCourseItServes(t *testing.T) {
	dir := t.TempDir()
	embedded, err := app.LoadCourse("")
	if err != nil {
		t.Fatal(err)
	}
	start := func(course string) (hash, says string) {
		t.Helper()
		var log bytes.Buffer
		a, err := app.New(t.Context(), app.Config{Data: dir, Course: course, Log: slog.New(slog.NewJSONHandler(&log, nil))})
		if err != nil {
			t.Fatal(err)
		}
		defer a.Close(t.Context())
		a.Announce(t.Context())
		var line struct{ Course, Msg string }
		if err := json.Unmarshal([]byte(strings.SplitN(log.String(), "\n", 2)[0]), &line); err != nil {
			t.Fatalf("%v in %s", err, &log)
		}
		if line.Course != a.Enrollments.Current().Hash() {
			t.Errorf("the log names the course %.12s, served is %.12s", line.Course, a.Enrollments.Current().Hash())
		}
		return line.Course, log.String()
	}
	published := schooltest.Course(t, schooltest.OtherItem)
	for _, tt := range []struct {
		name, course string
		before       func()
		hash         string
		says         string
	}{
		{"the first", "", func() {}, embedded.Hash(), "because nobody has published another"},
		{"with another course", "../../modules", func() {}, embedded.Hash(), "serving the course of KAPSTONE_COURSE"},
		{"after one was published", "", func() { publish(t, app.Config{Data: dir}, published, "") }, published.Hash(), "and not the embedded one"},
		{"with another course all the same", "../../modules", func() {}, embedded.Hash(), "what is published is not looked at"},
		{"and without it again", "", func() {}, published.Hash(), "serving the course that was published last"},
		{"after the embedded one was published", "", func() { publish(t, app.Config{Data: dir}, embedded, "Back.") }, embedded.Hash(), "it is the embedded one too"},
	} {
		tt.before()
		if hash, says := start(tt.course); hash != tt.hash || !strings.Contains(says, tt.says) {
			t.Errorf("%s: serves %.12s and says %s; want %.12s and %q", tt.name, hash, says, tt.hash, tt.says)
		}
	}
}

func TestGoingBackToTheEmbeddedCourseIsAWarning(t *testing.T) {
	c := app.Config{Data: t.TempDir()}
	a, err := app.New(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	served := enrollment.New(a.DB, a.People, a.Clock.Now)
	if err := served.Publish(t.Context(), schooltest.Course(t, schooltest.OtherItem)); err != nil {
		t.Fatal(err)
	}
	if err := a.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	c.Log = slog.New(slog.NewTextHandler(&log, nil))
	open(t, c).Announce(t.Context())
	if !strings.Contains(log.String(), "level=WARN") || !strings.Contains(log.String(), "another course came on record last") {
		t.Errorf("the log says %s", &log)
	}
}
