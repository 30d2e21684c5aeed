package app_test

import (
	"fmt"
	"io/fs"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/app"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/kv"
)

// canary is a word that no other text holds.
const canary = "zanzibaronly"

// CHECKS PH-01: what is written into logs lies nowhere in the open: not in the
// database, Redis, files, letters, metrics or the server's own log at debug; and
// who may read it does.
func TestTextsLieNowhereInTheOpen(t *testing.T) {
	eachHome(t, func(t *testing.T, c app.Config) {
		written := new(lockedBuffer)
		c.Log = slog.New(slog.NewTextHandler(written, &slog.HandlerOptions{Level: slog.LevelDebug}))
		c.MailDir = filepath.Join(c.Data, "mail")
		t.Setenv("TMPDIR", filepath.Join(c.Data, "tmp"))
		if err := os.MkdirAll(filepath.Join(c.Data, "tmp"), 0o700); err != nil {
			t.Fatal(err)
		}
		s := newSchool(t, c)
		graded := "/api/v1/logs/" + s.sealedLog(t)
		status, body := s.trainee.do("GET", graded, nil)
		if n := strings.Count(string(body), canary); status != 200 || n != 2 {
			t.Errorf("the author reads it %d times: %d %s", n, status, body)
		}
		places := map[string]string{"the log": written.String(), "Redis": s.redisText(t, c), "the database": s.databaseText(t), "the metrics": s.metricsText()}
		err := filepath.WalkDir(c.Data, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			data, err := os.ReadFile(path)
			places[path] = string(data)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		for place, text := range places {
			if strings.Contains(text, canary) {
				t.Errorf("%s holds the text", place)
			}
		}
	})
}

// sealedLog brings a canary into every text of logs, and provokes errors on it;
// it returns the log that was graded.
func (s *school) sealedLog(t *testing.T) string {
	t.Helper()
	text := strings.Repeat("I noticed my own wish to fill the silence. ", 5) + canary
	var l struct{ ID string }
	year, week := s.Clock.Now().ISOWeek()
	form := map[string]any{
		"kind": "role_play", "phase": "preparation", "format": "individual", "week": fmt.Sprintf("%04d-W%02d", year, week), "duration_min": 60,
		"role": "lead", "frameworks": []string{"act"}, "attest": true, "reflection": text,
	}
	s.trainee.want(201, "POST", s.at("logs"), form, &l)
	log := "/api/v1/logs/" + l.ID
	grades := map[string]int{"c1": 3, "c2": 3, "c3": 3, "c4": 3, "c5": 3, "c6": 3, "c7": 3}
	s.trainee.do("PATCH", log, map[string]any{"reflection": text, "version": 99})
	s.trainee.do("POST", s.at("logs"), map[string]any{"reflection": text, canary: canary})
	s.trainee.do("POST", s.at("logs"), `{"reflection":"`+text)
	s.instructor.do("POST", log+"/grade", map[string]any{"grades": grades, "feedback": canary, "observed_by": "role_play"}) // too early
	s.trainee.want(200, "POST", log+"/submission", nil, nil)
	s.instructor.want(200, "POST", log+"/return", map[string]any{"reason": "identifiers", "message": canary}, nil)
	s.admin.want(200, "POST", log+"/reading", map[string]any{"reason": "A complaint: " + canary}, nil)
	s.admin.want(200, "POST", log+"/removed-text/opening", map[string]any{"reason": "A complaint: " + canary}, nil)
	s.trainee.want(200, "GET", log, nil, &form)
	s.trainee.want(200, "PATCH", log, map[string]any{"reflection": text + " again", "version": form["version"]}, nil)
	s.trainee.want(200, "POST", log+"/submission", nil, nil)
	s.instructor.want(200, "POST", log+"/grade", map[string]any{"grades": grades, "feedback": canary, "observed_by": "role_play"}, nil)
	return l.ID
}

// databaseText is every row of every table as text.
func (s *school) databaseText(t *testing.T) string {
	t.Helper()
	list := `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`
	if db.Postgres(s.DB) {
		list = `SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()`
	}
	var tables []string
	if err := s.DB.NewRaw(list).Scan(t.Context(), &tables); err != nil || !slices.Contains(tables, "practicum_logs") {
		t.Fatalf("the tables are %v, %v", tables, err)
	}
	var all strings.Builder
	for _, table := range tables {
		var rows []map[string]any
		if err := s.DB.NewRaw(`SELECT * FROM ?`, bun.Ident(table)).Scan(t.Context(), &rows); err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			for _, v := range row {
				if b, ok := v.([]byte); ok {
					v = string(b)
				}
				fmt.Fprintln(&all, v)
			}
		}
	}
	return all.String()
}

// redisText is every value that Redis holds, "" where there is none.
func (s *school) redisText(t *testing.T, c app.Config) string {
	t.Helper()
	if c.RedisURL == "" {
		return ""
	}
	client, err := kv.Open(c.RedisURL)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	var all strings.Builder
	for _, key := range client.Keys(t.Context(), "*").Val() {
		read := map[string][]any{
			"string": {"GET", key}, "hash": {"HGETALL", key}, "list": {"LRANGE", key, 0, -1}, "set": {"SMEMBERS", key},
			"zset": {"ZRANGE", key, 0, -1}, "stream": {"XRANGE", key, "-", "+"},
		}[client.Type(t.Context(), key).Val()]
		if read != nil {
			fmt.Fprintln(&all, key, client.Do(t.Context(), read...).Val())
		}
	}
	return all.String()
}

// metricsText is what the metrics listener says.
func (s *school) metricsText() string {
	w := httptest.NewRecorder()
	s.MetricsServer().Handler.ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	return w.Body.String()
}
