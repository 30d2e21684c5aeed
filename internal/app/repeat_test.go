package app_test

import (
	"encoding/json"
	"sync"
	"testing"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/app"
	"github.com/kapstone-lms/kapstone/internal/dbtest"
	"github.com/kapstone-lms/kapstone/internal/kv"
)

// CHECKS QZ-08: a start with a key of its own has one effect, however often and
// wherever it is asked for again.
func TestAStartIsRepeatedByItsKey(t *testing.T) {
	eachHome(t, func(t *testing.T, c app.Config) {
		a := openFirst(t, c)
		s := schoolOn(t, a)
		start := func(who *caller, enrollment, module, key string, body any) (int, string) {
			status, answer := who.do("POST", "/api/v1/enrollments/"+enrollment+"/modules/"+module+"/attempts", body, "Idempotency-Key", key)
			var a attempt
			if err := json.Unmarshal(answer, &a); err != nil {
				t.Fatalf("start = %d %s", status, answer)
			}
			if status >= 400 {
				return status, code(t, answer)
			}
			return status, a.ID
		}
		first := s.startTwenty(t, start)
		wants := func(what string, status int, id string, wantStatus int, want string) {
			t.Helper()
			if status != wantStatus || want != "" && id != want {
				t.Errorf("%s = %d %s, want %d %s", what, status, id, wantStatus, want)
			}
		}
		status, got := start(s.trainee, s.enrollment, "ethics_safety", "k", nil)
		wants("another module with the same key", status, got, 422, "idempotency_key_reused")
		status, got = start(s.trainee, s.enrollment, "science", "k", map[string]any{"another": "body"})
		wants("another body with the same key", status, got, 422, "idempotency_key_reused")
		otto := person(t, a, "Otto Other", access.Grant{Role: access.Trainee})
		status, got = start(otto, s.enroll(s.cohort, otto), "science", "k", nil)
		if wants("another person with the same key", status, "", 201, ""); got == first {
			t.Errorf("two people share the attempt %s", got)
		}
		s.loseLive(t, c, first)
		status, got = start(s.trainee, s.enrollment, "science", "k", nil)
		wants("without the live store's sheet", status, got, 200, first)
		if err := a.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		again := open(t, c)
		s.App, s.trainee.app = again, again
		s.trainee.signIn("noor.vance@school.test")
		status, got = start(s.trainee, s.enrollment, "science", "k", nil)
		wants("after a restart", status, got, 200, first)
		s.trainee.want(200, "POST", "/api/v1/attempts/"+first+"/submission", nil, nil)
		(&caller{t: t, app: again}).want(200, "PUT", "/_test/clock", map[string]any{"advance_seconds": 25 * 3600}, nil)
		s.trainee.signIn("noor.vance@school.test")
		before := s.quizRows(t)
		status, got = start(s.trainee, s.enrollment, "science", "k", nil)
		wants("when it is handed in, and the wait is over", status, got, 409, "attempt_closed")
		s.sameRows(t, "the old key", before)
		status, _ = start(s.trainee, s.enrollment, "science", "k2", nil)
		wants("a new key", status, "", 201, "")
	})
}

// openFirst opens an installation that the test closes itself, to open it
// again.
func openFirst(t *testing.T, c app.Config) *app.App {
	t.Helper()
	a, err := app.New(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// startTwenty starts with one key twenty times at once: one is made, and all are
// told the same.
func (s *school) startTwenty(t *testing.T, start func(who *caller, enrollment, module, key string, body any) (int, string)) string {
	t.Helper()
	var wg sync.WaitGroup
	status, ids := make([]int, 20), make([]string, 20)
	for i := range ids {
		wg.Go(func() { status[i], ids[i] = start(s.trainee, s.enrollment, "science", "k", nil) })
	}
	wg.Wait()
	made := 0
	for i := range ids {
		if status[i] == 201 {
			made++
		}
		if ids[i] != ids[0] {
			t.Errorf("start %d = %d %s, the first is %s", i, status[i], ids[i], ids[0])
		}
	}
	var n int
	if err := s.DB.NewRaw(`SELECT count(*) FROM quiz_attempts`).Scan(t.Context(), &n); err != nil || n != 1 || made != 1 {
		t.Errorf("%d attempts are stored (%v) and %d told as new, want one", n, err, made)
	}
	return ids[0]
}

func code(t *testing.T, problem []byte) string {
	t.Helper()
	var p struct{ Code string }
	if err := json.Unmarshal(problem, &p); err != nil {
		t.Fatal(err)
	}
	return p.Code
}

// loseLive takes an attempt's sheet out of Redis, as FLUSHALL would. The sheets
// of the process are lost with it.
func (s *school) loseLive(t *testing.T, c app.Config, attemptID string) {
	t.Helper()
	if c.RedisURL == "" {
		return
	}
	client, err := kv.Open(dbtest.RedisURL(t))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if err := client.Del(t.Context(), "kapstone:quiz:"+attemptID).Err(); err != nil {
		t.Fatal(err)
	}
}
