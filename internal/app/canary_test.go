package app_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http/httptest"
	"net/http/httputil"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/app"
	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/schooltest"
)

// A policy is a program of the canary course: what it shows of a quiz, and when.
type policy struct{ review, show, when string }

func (p policy) program() string { return "p_" + p.show + "_" + p.when + "_" + p.review }

// policies are all there are, the two old spellings among them.
func policies() []policy {
	all := []policy{{"never", "score", "at_once"}, {"after_pass", "rationales", "after_pass"}}
	for _, show := range []string{"nothing", "score", "answers", "rationales"} {
		for _, when := range []string{"at_once", "after_pass", "after_close"} {
			all = append(all, policy{"group", show, when})
		}
	}
	return all
}

// canaryCourse has a canary in every reason and in every note, and a program of
// two tries for each policy.
func canaryCourse(t *testing.T) *curriculum.Course {
	t.Helper()
	files := schooltest.KindsFiles("kinds")
	bank := files["01-safety/bank.yaml"]
	bank.Data = bytes.ReplaceAll(bank.Data, []byte("    confidence: A\n"), []byte("    confidence: A\n    note: \"CANARY note\"\n"))
	for _, p := range policies() {
		review := p.review
		if review == "group" {
			review = fmt.Sprintf("{show: %s, when: %s}", p.show, p.when)
		}
		file := *files["programs/kinds.yaml"]
		file.Data = []byte(strings.NewReplacer("key: kinds", "key: "+p.program(), "default: true\n", "", "attempts: 3, wait_hours: 24, review: after_pass", "attempts: 2, wait_hours: 0, review: "+review).Replace(string(file.Data)))
		files["programs/"+p.program()+".yaml"] = &file
	}
	course, err := curriculum.Load(files)
	if err != nil {
		t.Fatal(err)
	}
	return course
}

// lasts is how long the cohorts of the canary course go on.
const lasts = 30 * 24 * time.Hour

// cohortUnder opens a cohort of a policy's program that begins today.
func (s *school) cohortUnder(p policy) string {
	s.admin.t.Helper()
	var cohort struct{ ID string }
	today := s.Clock.Now()
	s.admin.want(201, "POST", "/api/v1/cohorts", map[string]any{
		"program": p.program(), "name": "C", "starts_on": today.Format(time.DateOnly), "ends_on": today.Add(lasts).Format(time.DateOnly),
		"time_zone": "UTC", "instructor_ids": []string{s.instructor.id},
	}, &cohort)
	return cohort.ID
}

// A tape keeps every byte that somebody was answered.
type tape struct {
	strings.Builder
	who *caller
}

// do sends a request, keeps the whole answer, and returns its body.
func (tp *tape) do(method, path string, in any, headers ...string) (int, []byte) {
	tp.who.t.Helper()
	var body io.Reader
	if in != nil {
		data, err := json.Marshal(in)
		if err != nil {
			tp.who.t.Fatal(err)
		}
		body = bytes.NewReader(data)
	}
	r := httptest.NewRequest(method, path, body)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+tp.who.token)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := tp.who.app.Handler().Test(r, -1)
	if err != nil {
		tp.who.t.Fatal(err)
	}
	defer res.Body.Close()
	whole, err := httputil.DumpResponse(res, true)
	if err != nil {
		tp.who.t.Fatal(err)
	}
	fmt.Fprintf(tp, "%s\n", whole) // not what was asked: that may name anything
	_, text, _ := bytes.Cut(whole, []byte("\r\n\r\n"))
	return res.StatusCode, text
}

// take returns what was said since the last time.
func (tp *tape) take() string {
	defer tp.Reset()
	return tp.String()
}

// documents describe every field there is, also those of staff; they have a look
// of their own.
var documents = []string{"/openapi.json", "/docs"}

// sweep reads every address that a trainee may read.
func (tp *tape) sweep(s *school, enrollment string, attempts ...string) {
	for _, r := range s.Routes() {
		if r.Method != "GET" || slices.Contains(documents, r.Path) || !slices.ContainsFunc(r.Who, func(w string) bool { return w == "trainee" || w == "signed in" || w == "anyone" }) {
			continue
		}
		ids := []string{enrollment}
		if strings.Contains(r.Path, "/attempts/{id}") {
			ids = attempts
		}
		for _, id := range ids {
			tp.do("GET", strings.NewReplacer("{id}", id, "{module}", "safety", "{lesson}", "kin-1", "{code}", strings.Repeat("a", 26)).Replace(r.Path), nil)
		}
	}
}

// A sitting is one trainee in a program of one policy.
type sitting struct {
	*school
	policy
	tape       *tape
	enrollment string
	attempts   []string
}

func (st *sitting) begin(t *testing.T) (a attempt) {
	t.Helper()
	status, body := st.tape.do("POST", "/api/v1/enrollments/"+st.enrollment+"/modules/safety/attempts", nil)
	if err := json.Unmarshal(body, &a); err != nil || status != 201 {
		t.Fatalf("%s: start = %d %s", st.program(), status, body)
	}
	st.attempts = append(st.attempts, a.ID)
	return a
}

// wreck does what can go wrong in an open attempt, and resumes it.
func (st *sitting) wreck(a attempt) {
	for _, it := range a.Items {
		path := "/api/v1/attempts/" + a.ID + "/answers/" + it.ID
		for _, in := range []map[string]any{
			{"response": it.right(), "revision": 0}, {"response": it.right(), "revision": 0}, {"response": it.right(), "revision": 9},
			{"response": []string{"z"}, "revision": 1}, {"response": []string{"a", "b", "c", "d", "e", "f", "g", "h", "i"}, "revision": 1},
			{"response": it.right(), "revision": 1, "score": 100, "correct": true, "passed": true}, // CHECKS QZ-02
			{"response": []string{}, "revision": 1},
			{"response": []string{}, "revision": 2}, // of a short item "z" was an answer
		} {
			st.tape.do("PUT", path, in)
		}
	}
	st.tape.do("PUT", "/api/v1/attempts/"+a.ID+"/answers/kin-03", map[string]any{"response": []string{"a"}, "revision": 0})
	st.tape.do("POST", "/api/v1/enrollments/"+st.enrollment+"/modules/safety/attempts", nil, "Idempotency-Key", "again")
	st.tape.do("POST", "/api/v1/attempts/"+a.ID+"/items/q1/challenge", map[string]any{"text": "Before it is handed in."})
	st.tape.do("GET", "/api/v1/attempts/"+a.ID, nil)
}

// answer saves an answer to every question, right or wrong.
func (st *sitting) answer(a attempt, right bool) {
	for _, it := range a.Items {
		response := it.right()
		if !right {
			response = it.wrong()
		}
		st.tape.do("PUT", "/api/v1/attempts/"+a.ID+"/answers/"+it.ID, map[string]any{"response": response, "revision": 0})
	}
}

// wrong returns a response that can be given and is not right.
func (i item) wrong() []string {
	right := i.right()
	switch {
	case len(right) > 1: // a part of it is not enough
		return right[:1]
	case len(i.Options) == 0: // a number is a text, too
		return []string{"1"}
	}
	at := slices.IndexFunc(i.Options, func(o choice) bool { return o.ID != right[0] })
	return []string{i.Options[at].ID}
}

func (st *sitting) submit(a attempt) {
	st.tape.do("POST", "/api/v1/attempts/"+a.ID+"/submission", map[string]any{"score": 100, "passed": true}) // CHECKS QZ-02: refused, or without effect
	st.tape.do("POST", "/api/v1/attempts/"+a.ID+"/submission", nil)
	st.tape.do("POST", "/api/v1/attempts/"+a.ID+"/items/q1/challenge", map[string]any{"text": "Two of the options say the same."})
}

// wants holds what was said against what may be said: score, key and reasons.
// Each is looked for both ways, so that the test finds what it looks for.
func (st *sitting) wants(t *testing.T, when, said string, score, key, why bool) {
	t.Helper()
	for _, look := range []struct {
		word string
		may  bool
	}{
		{`"score_percent":`, score}, {`"passed":`, score}, {`"critical_missed":`, score}, {`"review":`, key}, {`"answer":["`, key}, {`"correct":true`, key}, {"CANARY why", why},
	} {
		if got := strings.Contains(said, look.word); got != look.may {
			at := max(0, strings.Index(said, look.word)-300)
			t.Errorf("%s, %s: %s is said: %t, want %t\n%.600s", st.program(), when, look.word, got, look.may, said[at:])
		}
	}
	for _, never := range []string{"CANARY note", "kin-0", "bank_item"} {
		if strings.Contains(said, never) {
			t.Errorf("%s, %s: %s is said", st.program(), when, never)
		}
	}
}

// CHECKS QZ-01: from the first request to the last, under every policy, nothing
// of the key is in any byte of any answer before the policy allows it.
func TestNoByteOfAKeyLeavesEarly(t *testing.T) {
	eachHome(t, func(t *testing.T, c app.Config) {
		s := newSchool(t, c)
		if err := s.Enrollments.Publish(t.Context(), canaryCourse(t)); err != nil {
			t.Fatal(err)
		}
		other := person(t, s.App, "Otto Other", access.Grant{Role: access.Trainee})
		var all, others []*sitting
		for _, p := range policies() {
			cohort := s.cohortUnder(p)
			all = append(all, &sitting{school: s, policy: p, tape: &tape{who: s.trainee}, enrollment: s.enroll(cohort, s.trainee)})
			others = append(others, &sitting{school: s, policy: p, tape: &tape{who: other}, enrollment: s.enroll(cohort, other)})
		}
		places := make(map[string]int)
		for i, st := range all {
			open := others[i].begin(t)
			st.untilTriesAreUsed(t, i == 0, places)
			others[i].answer(open, true)
			if st.when != "after_close" {
				others[i].passes(t, open)
			}
		}
		if len(places) < 3 {
			t.Errorf("the right option stood at %v in all attempts", places)
		}
		s.afterTheEnd(t, all, others)
		for _, path := range documents {
			_, body := s.trainee.do("GET", path, nil)
			for _, word := range []string{"CANARY", "Stem of", "kin-"} {
				if len(body) < 5000 || strings.Contains(string(body), word) {
					t.Errorf("%s has %d bytes, and says %s: %t", path, len(body), word, strings.Contains(string(body), word))
				}
			}
		}
	})
}

// untilTriesAreUsed hands in a blank sheet, fails with every answer wrong, and
// asks for a third try.
func (st *sitting) untilTriesAreUsed(t *testing.T, sweep bool, places map[string]int) {
	a := st.begin(t)
	wantPlaces(t, a, places)
	st.wreck(a)
	if sweep {
		st.tape.sweep(st.school, st.enrollment, a.ID)
	}
	open := st.tape.take()
	wantNoSpeakingNames(t, open)
	st.wants(t, "while it is open", open, false, false, false)
	if !strings.Contains(open, "Stem of") || !strings.Contains(open, "Etag") && !strings.Contains(open, "X-Request-Id") {
		t.Errorf("the tape has no questions or no headers: %.500s", open)
	}

	scored := st.show != "nothing" || st.when == "at_once"
	st.submit(a) // every answer was taken back
	st.tape.sweep(st.school, st.enrollment, a.ID)
	key := st.when == "at_once" && (st.show == "answers" || st.show == "rationales")
	said := st.tape.take()
	st.wants(t, "after a blank sheet", said, scored, false, false)

	if st.show == "nothing" && st.when == "after_close" {
		st.school.trainee.refused(409, "result_withheld", "POST", "/api/v1/enrollments/"+st.enrollment+"/modules/safety/attempts", nil)
		return
	}
	a = st.begin(t)
	wantPlaces(t, a, places)
	st.answer(a, false)
	st.wants(t, "while the second is open", st.tape.take(), false, false, false)
	st.submit(a)
	status, third := st.tape.do("POST", "/api/v1/enrollments/"+st.enrollment+"/modules/safety/attempts", nil)
	if status != 409 || !strings.Contains(string(third), "attempts_exhausted") {
		t.Errorf("%s: a third try = %d %s", st.program(), status, third)
	}
	st.tape.sweep(st.school, st.enrollment, st.attempts...)
	st.wants(t, "with the tries used up", st.tape.take(), scored, key, key && st.show == "rationales")
}

// passes hands in a right attempt: what opens after a pass opens now, and the
// certificate on it says nothing of the key.
func (st *sitting) passes(t *testing.T, a attempt) {
	st.wants(t, "before the right attempt is handed in", st.tape.take(), false, false, false)
	st.submit(a)
	key := st.show == "answers" || st.show == "rationales"
	st.wants(t, "after a pass", st.tape.take(), true, key, key && st.show == "rationales")
	if st.review != "never" {
		return
	}
	st.tape.do("PUT", "/api/v1/enrollments/"+st.enrollment+"/printed-name", map[string]any{"name": ""})
	var issued struct {
		Items []struct{ ID, Code string } `json:"items"`
	}
	st.admin.want(201, "POST", "/api/v1/certificates", map[string]any{"enrollment_ids": []string{st.enrollment}}, &issued)
	c := issued.Items[0]
	for _, path := range []string{"/api/v1/certificates/" + c.ID, "/api/v1/certificates/" + c.ID + "/document", "/api/v1/verifications/" + c.Code, "/verify/" + c.Code, "/api/v1/certificates"} {
		if status, body := st.tape.do("GET", path, nil); status != 200 {
			t.Errorf("GET %s = %d %.200s", path, status, body)
		}
	}
	st.tape.sweep(st.school, st.enrollment, st.attempts...)
	st.wants(t, "with a certificate", st.tape.take(), true, false, false)
}

// afterTheEnd moves past the last day of all cohorts. While somebody is still at
// a quiz its key stays closed; then it opens.
func (s *school) afterTheEnd(t *testing.T, all, others []*sitting) {
	(&caller{t: t, app: s.App}).want(200, "PUT", "/_test/clock", map[string]any{"advance_seconds": (lasts + 48*time.Hour).Seconds()}, nil)
	s.trainee.signIn("noor.vance@school.test")
	others[0].tape.who.signIn("otto.other@school.test")
	for i, st := range all {
		if st.when != "after_close" {
			continue
		}
		st.tape.sweep(s, st.enrollment, st.attempts...)
		st.wants(t, "while somebody is at it", st.tape.take(), st.show != "nothing", false, false)
		others[i].tape.do("GET", "/api/v1/attempts/"+others[i].attempts[0], nil) // closes it: its time is over
		others[i].tape.take()
		for _, one := range []*sitting{st, others[i]} {
			one.tape.sweep(s, one.enrollment, one.attempts...)
			key := st.show == "answers" || st.show == "rationales"
			one.wants(t, "after the end", one.tape.take(), true, key, key && st.show == "rationales")
		}
	}
}

// wantPlaces sees that ids follow the order shown, and counts where the right
// option of a single choice stands.
func wantPlaces(t *testing.T, a attempt, places map[string]int) {
	t.Helper()
	for i, it := range a.Items {
		if it.ID != fmt.Sprintf("q%d", i+1) {
			t.Errorf("question %d is %s", i+1, it.ID)
		}
		for n, o := range it.Options {
			if o.ID != string(rune('a'+n)) {
				t.Errorf("option %d of %s is %s", n+1, it.ID, o.ID)
			}
		}
		if it.Kind == "single" {
			places[it.right()[0]]++
		}
	}
}

// wantNoSpeakingNames sees that no JSON answer has a field whose name speaks of
// right and wrong.
func wantNoSpeakingNames(t *testing.T, said string) {
	t.Helper()
	for _, name := range []string{
		"score", "score_percent", "passed", "result", "feedback", "correct", "weight", "credit", "points", "grade", "right", "why", "answer", "critical", "objective", "explanation", "rationale",
	} {
		if at := strings.Index(said, `"`+name+`":`); at >= 0 {
			t.Errorf("before hand-in there is a field %s: %.200s", name, said[max(0, at-150):])
		}
	}
}
