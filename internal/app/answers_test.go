package app_test

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/app"
	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/schooltest"
)

// quizRows is all that is kept of quizzes, row by row, and how long the ledger
// is.
func (s *school) quizRows(t *testing.T) (rows []string) {
	t.Helper()
	for _, query := range []string{
		`SELECT attempt_id || ' ' || item || ' ' || revision || ' ' || response || ' ' || saved_at AS line FROM quiz_answers ORDER BY line`,
		`SELECT id || ' ' || state || ' ' || number || ' ' || deadline || ' ' || coalesce(submitted_at, 0) || ' ' || coalesce(closed_by, '') || ' ' || coalesce(score_percent, -1) AS line FROM quiz_attempts ORDER BY line`,
		`SELECT id || ' ' || item || ' ' || text AS line FROM quiz_challenges ORDER BY line`,
		`SELECT action || ' ' || object AS line FROM audit_entries WHERE action LIKE 'quiz.%' ORDER BY seq`,
	} {
		var lines []string
		if err := s.DB.NewRaw(query).Scan(t.Context(), &lines); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, lines...)
	}
	return rows
}

// sameRows sees that what was asked for left no trace.
func (s *school) sameRows(t *testing.T, what string, before []string) {
	t.Helper()
	if diff := cmp.Diff(before, s.quizRows(t)); diff != "" {
		t.Errorf("%s changed what is stored:\n%s", what, diff)
	}
}

var aRequest = regexp.MustCompile(`"request_id":"[^"]*"`)

// said is an answer without the id of its request.
func said(status int, body []byte) string {
	return fmt.Sprint(status, " ", aRequest.ReplaceAllString(string(body), ""))
}

// single returns the questions of an attempt that take one option.
func (a attempt) single() (all []item) {
	for _, it := range a.Items {
		if it.Kind == "single" {
			all = append(all, it)
		}
	}
	return all
}

// What cannot be an answer is refused with a code of its own, changes nothing,
// and leaves the honest retry of a lost reply its first answer.
func TestBadAnswersAreRefusedAndChangeNothing(t *testing.T) {
	eachHome(t, func(t *testing.T, c app.Config) {
		s := kinds(t, c, schooltest.Kinds(t, "kinds"))
		a := s.start("safety")
		one := a.single()[0]
		path := func(attempt, item string) string { return "/api/v1/attempts/" + attempt + "/answers/" + item }
		good := map[string]any{"response": one.right(), "revision": 0}
		status, first := s.trainee.do("PUT", path(a.ID, one.ID), good)
		if status != 200 {
			t.Fatalf("a good answer: %d %s", status, first)
		}
		before := s.quizRows(t)
		many := slices.Repeat([]string{"a"}, 20_000)
		other := []string{one.Options[0].ID}
		if slices.Equal(other, one.right()) {
			other = []string{one.Options[1].ID}
		}
		refused := func(name string, status int, code, path string, body any) {
			t.Helper()
			p := s.trainee.refused(status, code, "PUT", path, body)
			if p["detail"] == "" {
				t.Errorf("%s says no sentence: %v", name, p)
			}
			s.sameRows(t, name, before)
			if status, again := s.trainee.do("PUT", "/api/v1/attempts/"+a.ID+"/answers/"+one.ID, good); status != 200 || !bytes.Equal(again, first) {
				t.Errorf("after %s the first save again: %d %s, want %s", name, status, again, first)
			}
		}
		for _, tt := range []struct {
			name   string
			status int
			code   string
			path   string
			body   map[string]any
		}{
			{"a stale revision", 409, "stale_revision", path(a.ID, one.ID), map[string]any{"response": other, "revision": 0}},
			{"a revision ahead", 409, "stale_revision", path(a.ID, one.ID), map[string]any{"response": other, "revision": 2}},
			{"a question of the bank", 404, "no_item", path(a.ID, "kin-03"), map[string]any{"response": other, "revision": 0}},
			{"a question that is not there", 404, "no_item", path(a.ID, "q99"), map[string]any{"response": other, "revision": 0}},
			{"an unknown option", 422, "unknown_option", path(a.ID, one.ID), map[string]any{"response": []string{"z"}, "revision": 1}},
			{"an option of the bank", 422, "unknown_option", path(a.ID, one.ID), map[string]any{"response": []string{"kin-03"}, "revision": 1}},
			{"two options in a single choice", 422, "one_choice_only", path(a.ID, one.ID), map[string]any{"response": []string{one.Options[0].ID, one.Options[1].ID}, "revision": 1}},
			{"one option twice", 422, "repeated_option", path(a.ID, one.ID), map[string]any{"response": []string{other[0], other[0]}, "revision": 1}},
			{"more options than there are", 422, "unknown_option", path(a.ID, one.ID), map[string]any{"response": many[:50], "revision": 1}},
			{"an oversized response", 413, "too_large", path(a.ID, one.ID), map[string]any{"response": many, "revision": 1}},
			{"an oversized option", 422, "unknown_option", path(a.ID, one.ID), map[string]any{"response": []string{strings.Repeat("a", 2000)}, "revision": 1}},
		} {
			refused(tt.name, tt.status, tt.code, tt.path, tt.body)
		}
		// One tick past the deadline and its grace; the clock goes on from there.
		late := a.Deadline.Add(10*time.Second + time.Millisecond)
		(&caller{t: t, app: s.App}).want(200, "PUT", "/_test/clock", map[string]any{"now": late.Format(time.RFC3339Nano)}, nil)
		s.trainee.signIn("noor.vance@school.test") // tokens age with the clock
		refused("a late answer", 409, "attempt_closed", path(a.ID, one.ID), map[string]any{"response": other, "revision": 1})
		next := a.Items[slices.IndexFunc(a.Items, func(it item) bool { return it.ID != one.ID })]
		refused("a late first answer", 409, "attempt_closed", path(a.ID, next.ID), map[string]any{"response": next.right(), "revision": 0})
	})
}

// Somebody else's attempt answers like one that was made up, on every way.
func TestAForeignAttemptAnswersLikeNone(t *testing.T) {
	eachHome(t, func(t *testing.T, c app.Config) {
		s := kinds(t, c, schooltest.Kinds(t, "kinds"))
		open := s.start("safety")
		other := person(t, s.App, "Otto Other", access.Grant{Role: access.Trainee})
		compare := func(state string) {
			t.Helper()
			before := s.quizRows(t)
			for _, tt := range []struct {
				method, path string
				body         any
			}{
				{"GET", "/api/v1/attempts/%s", nil},
				{"PUT", "/api/v1/attempts/%s/answers/q1", map[string]any{"response": []string{"a"}, "revision": 0}},
				{"PUT", "/api/v1/attempts/%s/answers/none", map[string]any{"response": []string{"zzz"}, "revision": 9}},
				{"POST", "/api/v1/attempts/%s/submission", nil},
				{"POST", "/api/v1/attempts/%s/items/q1/challenge", map[string]any{"text": "Two of the options say the same."}},
				{"GET", "/api/v1/attempts/%s/challenges", nil},
			} {
				foreign := said(other.do(tt.method, fmt.Sprintf(tt.path, open.ID), tt.body))
				if made := said(other.do(tt.method, fmt.Sprintf(tt.path, db.NewID()), tt.body)); foreign != made || !strings.HasPrefix(foreign, "404 ") {
					t.Errorf("%s %s of somebody's %s attempt = %s, of a made-up one %s", tt.method, tt.path, state, foreign, made)
				}
			}
			s.sameRows(t, "asking for somebody's "+state+" attempt", before)
		}
		compare("open")
		s.trainee.want(200, "POST", "/api/v1/attempts/"+open.ID+"/submission", nil, nil)
		compare("handed-in")
	})
}

// CHECKS QZ-06: fifty hand-ins while answers are still coming in make one
// result, told fifty times in the same bytes. What was acknowledged is graded,
// what came later was refused, and handing in again tells the same.
func TestFiftyHandInsTellOneResult(t *testing.T) {
	eachHome(t, func(t *testing.T, c app.Config) {
		s := kinds(t, c, schooltest.Kinds(t, "kinds"))
		a := s.start("safety")
		var wg sync.WaitGroup
		answers := make([]string, 50)
		last := make([]int, len(a.Items)) // the last revision that was acknowledged
		for i, it := range a.Items {
			wg.Go(func() {
				for revision := 0; ; revision++ {
					response := it.right()
					if revision%2 == 1 {
						response = it.right()[:len(it.right())-1] // not the whole, or taken back
					}
					status, body := s.trainee.do("PUT", "/api/v1/attempts/"+a.ID+"/answers/"+it.ID, map[string]any{"response": response, "revision": revision})
					if status == 409 && strings.Contains(string(body), "attempt_closed") {
						return
					}
					if status != 200 {
						t.Errorf("a save meanwhile = %d %s", status, body)
						return
					}
					last[i] = revision + 1
				}
			})
		}
		for i := range answers {
			wg.Go(func() { answers[i] = said(s.trainee.do("POST", "/api/v1/attempts/"+a.ID+"/submission", nil)) })
		}
		wg.Wait()
		answers = append(answers, said(s.trainee.do("POST", "/api/v1/attempts/"+a.ID+"/submission", nil)), said(s.trainee.do("GET", "/api/v1/attempts/"+a.ID, nil)))
		for i, answer := range answers {
			if answer != answers[0] || !strings.HasPrefix(answer, "200 ") {
				t.Errorf("hand-in %d = %s, the first %s", i, answer, answers[0])
			}
		}
		s.wantGraded(t, a, last, answers[0])
	})
}

// wantGraded holds a result against what was acknowledged: right is what was
// right in the last acknowledged save of each question.
func (s *school) wantGraded(t *testing.T, a attempt, last []int, answer string) {
	t.Helper()
	correct := 0
	for i, it := range a.Items {
		var kept int
		if err := s.DB.NewRaw(`SELECT coalesce(max(revision), 0) FROM quiz_answers WHERE attempt_id = ? AND item = ?`, a.ID, it.ID).Scan(t.Context(), &kept); err != nil {
			t.Fatal(err)
		}
		if kept != last[i] {
			t.Errorf("question %s has revision %d in SQL, acknowledged was %d", it.ID, kept, last[i])
		}
		if last[i]%2 == 1 {
			correct++
		}
	}
	if want := fmt.Sprintf(`"correct":%d,"asked":%d,`, correct, len(a.Items)); !strings.Contains(answer, want) {
		t.Errorf("the result is %s, want %s", answer, want)
	}
	var deeds int
	err := s.DB.NewRaw(`SELECT count(*) FROM audit_entries WHERE action = 'quiz.submitted' AND object = ?`, a.ID).Scan(t.Context(), &deeds)
	if err != nil || deeds != 1 {
		t.Errorf("the ledger has %d hand-ins (%v), want one", deeds, err)
	}
}

// CHECKS QZ-09: while an attempt is open its questions are edited, reordered,
// given another key and taken out. It goes on, and is graded, as it was begun;
// who enrolls later gets what is new.
func TestAnOpenAttemptKeepsTheQuestionsItBeganWith(t *testing.T) {
	eachHome(t, func(t *testing.T, c app.Config) {
		s := kindsOn(t, schoolOn(t, openFirst(t, c)), schooltest.Kinds(t, "kinds"))
		a := s.start("safety")
		for _, it := range a.Items[:3] {
			s.trainee.want(200, "PUT", "/api/v1/attempts/"+a.ID+"/answers/"+it.ID, map[string]any{"response": it.right(), "revision": 0}, nil)
		}
		before := said(s.trainee.do("GET", "/api/v1/attempts/"+a.ID, nil))
		if err := s.Enrollments.Publish(t.Context(), corrected(t)); err != nil {
			t.Fatal(err)
		}
		if after := said(s.trainee.do("GET", "/api/v1/attempts/"+a.ID, nil)); after != before {
			t.Errorf("the open attempt was\n%s\nand is\n%s", before, after)
		}
		late := person(t, s.App, "Lena Late", access.Grant{Role: access.Trainee})
		cohort := s.openKinds()
		lateEnrollment := s.enroll(cohort, late)
		s.laterIsNew(t, late, lateEnrollment)

		if err := s.App.Close(t.Context()); err != nil { // nothing of it stays in memory
			t.Fatal(err)
		}
		s.App = open(t, c)
		s.trainee.app = s.App
		s.trainee.signIn("noor.vance@school.test")
		if after := said(s.trainee.do("GET", "/api/v1/attempts/"+a.ID, nil)); after != before {
			t.Errorf("after a restart the open attempt was\n%s\nand is\n%s", before, after)
		}
		for _, it := range a.Items[3:] {
			s.trainee.want(200, "PUT", "/api/v1/attempts/"+a.ID+"/answers/"+it.ID, map[string]any{"response": it.right(), "revision": 0}, nil)
		}
		var r struct {
			Passed  bool
			Correct int
			Review  []reviewed
		}
		s.trainee.want(200, "POST", "/api/v1/attempts/"+a.ID+"/submission", nil, &r)
		if !r.Passed || r.Correct != len(a.Items) || len(r.Review) != len(a.Items) {
			t.Fatalf("by the old key all is right; the result is %+v", r)
		}
		for _, it := range r.Review {
			wantReview(t, it)
		}
	})
}

// corrected is the course of every kind with one question reworded, one with
// another key, their order turned, and one taken out.
func corrected(t *testing.T) *curriculum.Course {
	t.Helper()
	files := schooltest.KindsFiles("kinds")
	bank := string(files["01-safety/bank.yaml"].Data)
	head, items, _ := strings.Cut(bank, "\nitems:\n")
	all := strings.Split(strings.TrimPrefix(items, "  - id: "), "\n  - id: ")
	all = slices.DeleteFunc(all, func(it string) bool { return strings.HasPrefix(it, "kin-08") })
	for i, it := range all {
		all[i] = strings.ReplaceAll(strings.TrimSuffix(it, "\n"), "Stem of 07?", "Asked anew of 07?")
		if strings.HasPrefix(it, "kin-06") { // "a" was right, "b" is
			all[i] = strings.NewReplacer(`"Text a", correct: true`, `"Text a"`, `"Text b"`, `"Text b", correct: true`).Replace(all[i])
		}
	}
	slices.Reverse(all)
	files["01-safety/bank.yaml"].Data = []byte(head + "\nitems:\n  - id: " + strings.Join(all, "\n  - id: ") + "\n")
	course, err := curriculum.Load(files)
	if err != nil {
		t.Fatal(err)
	}
	return course
}

// laterIsNew takes the corrected quiz by the old key: what was corrected is
// wrong by it.
func (s *school) laterIsNew(t *testing.T, who *caller, enrollment string) {
	t.Helper()
	var a attempt
	who.want(201, "POST", "/api/v1/enrollments/"+enrollment+"/modules/safety/attempts", nil, &a)
	var stems []string
	for _, it := range a.Items {
		stems = append(stems, it.Stem)
		if it.Stem == "Stem of 06?" {
			who.want(200, "PUT", "/api/v1/attempts/"+a.ID+"/answers/"+it.ID, map[string]any{"response": it.right(), "revision": 0}, nil)
		}
	}
	var r struct{ Correct, Asked int }
	who.want(200, "POST", "/api/v1/attempts/"+a.ID+"/submission", nil, &r)
	if r.Correct != 0 || r.Asked != len(a.Items) || !slices.Contains(stems, "Asked anew of 07?") || slices.Contains(stems, "Stem of 08?") {
		t.Errorf("who came later was asked %q, and has %d right by the old key", stems, r.Correct)
	}
}
