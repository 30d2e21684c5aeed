package app_test

import (
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/app"
	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/dbtest"
)

// withPaths publishes the default program with two paths of personal
// experience, one of which others inevitably learn of.
func withPaths(t *testing.T, a *app.App) {
	t.Helper()
	course, program := *a.Enrollments.Current(), *a.Enrollments.Current().Default()
	program.Version++
	program.Experience.Paths = []curriculum.Path{
		{Key: "practice", Title: "Structured practice", Summary: "Eight weeks.", Minutes: 60},
		{Key: "retreat", Title: "A session at the retreat", Summary: "One morning.", Minutes: 60, Knows: []string{"the retreat's staff"}, Clearance: true},
	}
	course.Programs = []*curriculum.Program{&program}
	if err := a.Enrollments.Publish(t.Context(), &course); err != nil {
		t.Fatal(err)
	}
}

func TestATraineeChoosesInPrivate(t *testing.T) {
	eachHome(t, func(t *testing.T, c app.Config) {
		a := open(t, c)
		withPaths(t, a)
		s := schoolOn(t, a)
		read := func(says, hides string) {
			t.Helper()
			_, body := s.trainee.do("GET", s.at("personal-experience"), nil)
			if !strings.Contains(string(body), says) || hides != "" && strings.Contains(string(body), hides) {
				t.Errorf("the trainee reads %s, want %s and not %s", body, says, hides)
			}
		}
		read(`"known_to":["the retreat's staff"],"needs_clearance":true,"needs_understood":true`, "")
		read(`"chosen":""`, "")
		choice := s.at("personal-experience/choice")
		s.trainee.refused(422, "unknown_path", "PUT", choice, map[string]any{"path": "hike"})
		s.trainee.refused(422, "not_understood", "PUT", choice, map[string]any{"path": "retreat"})
		s.trainee.want(204, "PUT", choice, map[string]any{"path": "retreat", "understood": true}, nil)
		read(`"chosen":"retreat"`, "")
		s.trainee.want(204, "DELETE", choice, nil, nil)
		read(`"chosen":""`, "")
		for _, tt := range []struct {
			who    *caller
			status int
			code   string
		}{
			{s.admin, 403, "forbidden"}, {s.instructor, 403, "forbidden"},
			{person(t, a, "Otto Other", access.Grant{Role: access.Trainee}), 404, "not_found"}, {&caller{t: t, app: a, name: "a stranger"}, 401, "unauthenticated"},
		} {
			tt.who.refused(tt.status, tt.code, "PUT", choice, map[string]any{"path": "practice"})
			tt.who.refused(tt.status, tt.code, "DELETE", choice, nil)
		}
	})
}

// The default program has no paths, and its answer no key for them.
func TestWithoutPathsNothingIsShown(t *testing.T) {
	eachHome(t, func(t *testing.T, c app.Config) {
		s := newSchool(t, c)
		if _, body := s.trainee.do("GET", s.at("personal-experience"), nil); strings.Contains(string(body), "path") || strings.Contains(string(body), "chosen") {
			t.Errorf("the trainee reads %s", body)
		}
		s.trainee.refused(404, "no_paths", "PUT", s.at("personal-experience/choice"), map[string]any{"path": "practice"})
	})
}

// CHECKS PH-10: the same way is walked twice, once on each path. What every
// other person reads anywhere, what stands in the ledger and how many rows
// every table has is the same, byte for byte.
func TestNobodyCanTellThePathsApart(t *testing.T) {
	for name, url := range map[string]func(*testing.T) string{"sqlite": func(*testing.T) string { return "" }, "postgres": func(t *testing.T) string { return dbtest.Postgres(t) }} {
		t.Run(name, func(t *testing.T) {
			var seen []string
			for _, way := range [][2]string{{"retreat", "practice"}, {"practice", "retreat"}} {
				c := app.Config{Data: t.TempDir(), TestMode: true, Log: slog.New(slog.DiscardHandler), DatabaseURL: url(t)}
				if db.IsPostgres(c.DatabaseURL) {
					c.RedisURL = dbtest.RedisURL(t)
				}
				seen = append(seen, walkPath(t, c, way[0], way[1]))
			}
			if len(seen[0]) < 10_000 || !strings.Contains(seen[0], "experience requirement changed") {
				t.Errorf("too little was looked at: %d bytes", len(seen[0]))
			}
			if diff := cmp.Diff(strings.Split(seen[0], "\n"), strings.Split(seen[1], "\n")); diff != "" {
				t.Errorf("the paths can be told apart:\n%s", diff)
			}
		})
	}
}

// walkPath has a trainee choose one path, change to another, attest and take
// back, and returns all that anybody else can see meanwhile.
func walkPath(t *testing.T, c app.Config, first, then string) string {
	a := open(t, c)
	withPaths(t, a)
	s := schoolOn(t, a)
	others := []*caller{
		s.admin, s.instructor, {t: t, app: a, name: "a stranger"},
		person(t, a, "Otto Other", access.Grant{Role: access.Trainee}),
		person(t, a, "Sana Supervisor", access.Grant{Role: access.Supervisor}),
		person(t, a, "Cleo Clearer", access.Grant{Role: access.Clearer}),
		person(t, a, "Dana Director", access.Grant{Role: access.Director}),
		person(t, a, "Opal Operator", access.Grant{Role: access.Operator}),
		person(t, a, "Xenia Elsewhere", access.Grant{Role: access.Admin, Program: "another_program"}),
	}
	choice := func(path string) map[string]any { return map[string]any{"path": path, "understood": true} }
	var seen strings.Builder
	for _, step := range []struct {
		method, path string
		body         any
	}{
		{"PUT", "personal-experience/choice", choice(first)},
		{"PUT", "personal-experience/choice", choice(then)},
		{"PUT", "personal-experience", map[string]any{"attested": true}},
		{"DELETE", "personal-experience/choice", nil},
		{"PUT", "personal-experience/choice", choice(then)},
		{"DELETE", "personal-experience", nil},
	} {
		s.trainee.want(204, step.method, s.at("%s", step.path), step.body, nil)
		for _, who := range others {
			s.lookAround(&seen, who)
		}
		counts(t, a, &seen)
	}
	return nameless(seen.String())
}

// lookAround has somebody read every address there is.
func (s *school) lookAround(seen *strings.Builder, who *caller) {
	for _, r := range s.Routes() {
		if r.Method != "GET" || slices.Contains([]string{"/docs", "/openapi.json", "/style.css", "/.well-known/jwks.json"}, r.Path) {
			continue
		}
		for _, id := range []string{s.enrollment, s.cohort, s.trainee.id} {
			path := strings.NewReplacer("{id}", id, "{module}", "science", "{lesson}", "sci-1", "{code}", strings.Repeat("a", 26)).Replace(r.Path)
			status, body := who.do("GET", path, nil)
			fmt.Fprintf(seen, "%s: GET %s %d %s\n", who.name, path, status, body)
			if path == r.Path {
				break // the same whatever the id
			}
		}
	}
}

// counts notes how many rows each table has.
func counts(t *testing.T, a *app.App, seen *strings.Builder) {
	t.Helper()
	names := `SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name`
	if a.DB.Postgres() {
		names = `SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY table_name`
	}
	var tables []string
	if err := a.DB.NewRaw(names).Scan(t.Context(), &tables); err != nil {
		t.Fatal(err)
	}
	for _, table := range tables {
		var n int
		if err := a.DB.NewRaw(`SELECT count(*) FROM "`+table+`"`).Scan(t.Context(), &n); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(seen, "%s has %d rows\n", table, n)
	}
}

var (
	anID   = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
	aTime  = regexp.MustCompile(`\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d+)?Z)?`)
	aHash  = regexp.MustCompile(`\b[0-9a-f]{64}\b`)
	aStamp = regexp.MustCompile(`D:\d{14}`)                  // of a PDF
	aKey   = regexp.MustCompile(`"kid":"[^"]*"|"x":"[^"]*"`) // of this installation
	aTrace = regexp.MustCompile(`"request_id":"[^"]*"`)
)

// nameless gives ids numbers in the order in which they are met, and takes
// times, hashes and request ids out.
func nameless(text string) string {
	met := make(map[string]int)
	text = aTrace.ReplaceAllString(text, `"request_id":""`)
	text = aStamp.ReplaceAllString(aKey.ReplaceAllString(text, "KEY"), "TIME")
	text = aHash.ReplaceAllString(text, "HASH")
	text = anID.ReplaceAllStringFunc(text, func(id string) string {
		if met[id] == 0 {
			met[id] = len(met) + 1
		}
		return fmt.Sprintf("ID%d", met[id])
	})
	return aTime.ReplaceAllString(text, "TIME")
}
