package app_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/app"
	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/schooltest"
)

// correctedKinds is the course of every kind with another key: of the safety
// question kin-03, which every attempt asks, c is right and not b.
func correctedKinds(t *testing.T) *curriculum.Course {
	t.Helper()
	files := schooltest.KindsFiles("kinds")
	bank := string(files["01-safety/bank.yaml"].Data)
	before, item, _ := strings.Cut(bank, "- id: kin-03")
	item = strings.Replace(item, `"Text b", correct: true`, `"Text b"`, 1)
	item = strings.Replace(item, `"Text c"`, `"Text c", correct: true`, 1)
	files["01-safety/bank.yaml"].Data = []byte(before + "- id: kin-03" + item)
	c, err := curriculum.Load(files)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// sit takes the quiz as one person: all right, but for kin-03, which is given
// the option with a text. It hands in unless open says not to.
func (s *school) sit(who *caller, enrollment, third string, open bool) string {
	s.admin.t.Helper()
	var a attempt
	who.want(201, "POST", "/api/v1/enrollments/"+enrollment+"/modules/safety/attempts", nil, &a)
	for _, it := range a.Items {
		response := it.right()
		if it.Stem == "Stem of 03?" {
			at := slices.IndexFunc(it.Options, func(o choice) bool { return o.Text == third })
			response = []string{it.Options[at].ID}
		}
		who.want(200, "PUT", "/api/v1/attempts/"+a.ID+"/answers/"+it.ID, map[string]any{"response": response, "revision": 0}, nil)
	}
	if !open {
		who.want(200, "POST", "/api/v1/attempts/"+a.ID+"/submission", nil, nil)
	}
	return a.ID
}

// The answers of a regrade, as far as these tests look at them.
type marked struct {
	ScorePercent   int      `json:"score_percent"`
	Passed         bool     `json:"passed"`
	CriticalMissed []string `json:"critical_missed"`
}

type flip struct {
	EnrollmentID string `json:"enrollment_id"`
	Before       marked `json:"before"`
	After        marked `json:"after"`
}

type regradeReport struct {
	ID                      string
	DryRun                  bool   `json:"dry_run"`
	ToCourse                string `json:"to_course"`
	Attempts, Open, Already int
	Better, Worse           int
	NowPassed               int `json:"now_passed"`
	NowFailed               int `json:"now_failed"`
	Flips                   []flip
	Items                   []struct {
		Item     string
		Attempts int
		Keys     []string
		NewKey   string `json:"new_key"`
	}
}

type result struct {
	marked
	Review   []reviewed
	Regraded *struct {
		Times  int
		Policy string
		First  marked
	}
}

// CHECKS QZ-09 over HTTP: a wrong key is found, the corrected course published,
// the regrade tried, done and repeated. The certificate stays valid and says
// that its evidence changed; the old score stays readable.
func TestACorrectedKeyFromThePublicationToTheCertificate(t *testing.T) {
	eachHome(t, func(t *testing.T, c app.Config) {
		s := kinds(t, c, schooltest.Kinds(t, "kinds"))
		cohort := s.cohortOf(s.enrollment)
		knew, late := person(t, s.App, "Bo Knew", access.Grant{Role: access.Trainee}), person(t, s.App, "Cy Late", access.Grant{Role: access.Trainee})
		knewID, lateID := s.enroll(cohort, knew), s.enroll(cohort, late)
		believed := s.sit(s.trainee, s.enrollment, "Text b", false)
		attempt := s.sit(knew, knewID, "Text c", false)
		open := s.sit(late, lateID, "Text c", true)
		certificate := s.certify()

		corrected := correctedKinds(t)
		publish(t, c, corrected, "The key of a question was wrong.")
		body := map[string]any{
			"program": "kinds", "module": "safety", "items": []map[string]string{{"item": "kin-03", "treatment": "corrected_key"}},
			"to_course": corrected.Hash()[:16], "policy": "as_corrected", "reason": "CANARY reason: b is wrong.", "dry_run": true,
		}
		for _, who := range []*caller{s.trainee, s.instructor} {
			who.refused(403, "forbidden", "POST", "/api/v1/regrades", body)
		}
		var dry, done, again regradeReport
		s.admin.want(200, "POST", "/api/v1/regrades", body, &dry)
		if !dry.DryRun || dry.ID != "" || dry.Attempts != 2 || dry.Open != 1 || dry.NowPassed != 1 || dry.NowFailed != 1 || len(dry.Flips) != 2 ||
			fmt.Sprint(dry.Items) != "[{kin-03 2 [b] c}]" || dry.ToCourse != corrected.Hash() {
			t.Errorf("the dry run says %+v", dry)
		}
		body["dry_run"] = false
		for _, status := range []int{201, 200} { // a lost reply is asked for again
			got, text := s.admin.do("POST", "/api/v1/regrades", body, "Idempotency-Key", "regrade-1")
			if err := json.Unmarshal(text, &done); err != nil || got != status {
				t.Fatalf("the regrade: %d %s, want %d", got, text, status)
			}
		}
		if done.ID == "" || done.Attempts != 2 || fmt.Sprint(done.Flips) != fmt.Sprint(dry.Flips) {
			t.Errorf("the regrade says %+v, the dry run %+v", done, dry)
		}
		late.want(200, "POST", "/api/v1/attempts/"+open+"/submission", nil, nil)
		s.admin.want(200, "POST", "/api/v1/regrades", body, &again)
		if again.ID != done.ID || again.Attempts != 1 || again.Already != 2 || again.NowPassed != 1 {
			t.Errorf("the same again says %+v", again)
		}

		s.wantBothScores(knew, attempt, marked{100, true, []string{}}, marked{88, false, nil})
		s.wantBothScores(s.trainee, believed, marked{88, false, []string{"Know what is vital."}}, marked{100, true, nil})
		s.wantTheOldScores(t, done.ID, dry.Flips)
		s.wantACase(t, cohort, certificate)
	})
}

func (s *school) cohortOf(enrollment string) string {
	var e struct {
		CohortID string `json:"cohort_id"`
	}
	s.admin.t.Helper()
	s.admin.want(200, "GET", "/api/v1/enrollments/"+enrollment, nil, &e)
	return e.CohortID
}

// certify issues a certificate to the trainee of the school.
func (s *school) certify() string {
	s.admin.t.Helper()
	var issued struct{ Items []struct{ ID string } }
	s.trainee.want(200, "PUT", s.at("printed-name"), map[string]any{"name": "Noor Vance"}, nil)
	s.admin.want(201, "POST", "/api/v1/certificates", map[string]any{"enrollment_ids": []string{s.enrollment}}, &issued)
	return issued.Items[0].ID
}

// wantBothScores wants a trainee to see how an attempt stands and how it ended
// at first, and nothing of why.
func (s *school) wantBothScores(who *caller, attempt string, now, first marked) {
	s.admin.t.Helper()
	_, text := who.do("GET", "/api/v1/attempts/"+attempt, nil)
	var r result
	if err := json.Unmarshal(text, &r); err != nil {
		s.admin.t.Fatal(err)
	}
	if fmt.Sprint(r.marked) != fmt.Sprint(now) || r.Regraded == nil || r.Regraded.Times != 1 || fmt.Sprint(r.Regraded.First) != fmt.Sprint(first) || r.Regraded.Policy != "as_corrected" {
		s.admin.t.Errorf("%s sees %+v, %+v; want %+v, at first %+v", who.name, r.marked, r.Regraded, now, first)
	}
	if (len(r.Review) > 0) != now.Passed || strings.Contains(string(text), "CANARY reason") || !now.Passed && strings.Contains(string(text), "CANARY") {
		s.admin.t.Errorf("%s reads %s", who.name, text)
	}
	for _, it := range r.Review {
		if it.Stem == "Stem of 03?" && (!it.Right || !slices.Equal(it.Answer, it.Response)) {
			s.admin.t.Errorf("the review of the corrected question says %+v", it)
		}
	}
}

// wantTheOldScores wants the record to hold what was before, for those who run
// the program and for nobody else.
func (s *school) wantTheOldScores(t *testing.T, id string, flips []flip) {
	t.Helper()
	var list struct{ Items []struct{ ID, Reason string } }
	s.admin.want(200, "GET", "/api/v1/regrades?module=safety", nil, &list)
	if len(list.Items) != 1 || list.Items[0].ID != id || list.Items[0].Reason != "CANARY reason: b is wrong." {
		t.Errorf("the record has %+v", list.Items)
	}
	var rows struct{ Items []flip }
	s.admin.want(200, "GET", "/api/v1/regraded-attempts?regrade="+id, nil, &rows)
	if len(rows.Items) != 3 {
		t.Errorf("the record has %d attempts, want 3", len(rows.Items))
	}
	for _, f := range flips {
		if !slices.ContainsFunc(rows.Items, func(r flip) bool { return fmt.Sprint(r) == fmt.Sprint(f) }) {
			t.Errorf("the record does not have %+v among %+v", f, rows.Items)
		}
	}
	_, ledger := s.admin.do("GET", "/api/v1/audit?action=quiz.regraded", nil)
	if strings.Count(string(ledger), `"action":"quiz.regraded"`) != 2 || strings.Contains(string(ledger), "CANARY") {
		t.Errorf("the ledger says %s", ledger)
	}
	for _, path := range []string{"/api/v1/regrades", "/api/v1/regraded-attempts"} {
		s.trainee.refused(403, "forbidden", "GET", path, nil)
		s.instructor.refused(403, "forbidden", "GET", path, nil)
	}
}

// wantACase wants a certificate to be valid and to say to staff, and to staff
// only, what of its evidence holds less.
func (s *school) wantACase(t *testing.T, cohort, certificate string) {
	t.Helper()
	path := "/api/v1/certificates/" + certificate
	walk(t, []step{
		{"staff read that the evidence changed", s.admin, "GET", path, nil, 200,
			[]string{`"status":"valid"`, "review_case", "passed with 100 % when the certificate was issued, not passed by now", "Pass the quiz"}, nil},
		{"so they do in the list", s.admin, "GET", "/api/v1/cohorts/" + cohort + "/completion", nil, 200, []string{"review_case", "not passed by now"}, nil},
		{"the holder has a valid certificate", s.trainee, "GET", path, nil, 200, []string{`"status":"valid"`}, []string{"review_case"}},
	})
	var public struct{ Code string }
	s.admin.want(200, "GET", path, nil, &public)
	var verified struct{ Status string }
	(&caller{t: t, app: s.App}).want(200, "GET", "/api/v1/verifications/"+public.Code, nil, &verified)
	var completion struct {
		Issued []struct {
			EnrollmentID string `json:"enrollment_id"`
		}
	}
	s.admin.want(200, "GET", "/api/v1/cohorts/"+cohort+"/completion", nil, &completion)
	if verified.Status != "valid" || len(completion.Issued) != 1 || completion.Issued[0].EnrollmentID != s.enrollment {
		t.Errorf("the public learns %q; issued are %+v", verified.Status, completion.Issued)
	}
}

type analysis struct {
	Attempts int
	Items    []struct {
		Item, Version, Stem string
		N                   int
		Omitted             *int
		Facility            *float64
		Discrimination      *float64
		Seconds             *int `json:"median_seconds"`
		Options             []struct {
			ID     string
			Key    bool
			Chosen *int
		}
		Flags []struct{ Code string }
	}
	Reliability struct{ Alpha *float64 }
}

// What the analysis says as JSON and as a table is the same, and no trainee
// reads either.
func TestTheAnalysisInBothForms(t *testing.T) {
	eachHome(t, func(t *testing.T, c app.Config) {
		s := kinds(t, c, schooltest.Kinds(t, "kinds"))
		cohort := s.cohortOf(s.enrollment)
		path := "/api/v1/modules/safety/analysis"
		s.sit(s.trainee, s.enrollment, "Text c", false)
		var few analysis
		s.admin.want(200, "GET", path+"?program=kinds", nil, &few)
		if len(few.Items) != 9 || few.Items[2].N != 1 || few.Items[2].Options[0].Chosen != nil || few.Items[2].Omitted != nil || few.Items[2].Facility != nil {
			t.Errorf("of one person the analysis says %+v", few)
		}
		for i := range 9 {
			who := person(t, s.App, fmt.Sprintf("Trainee %d", i), access.Grant{Role: access.Trainee})
			s.sit(who, s.enroll(cohort, who), []string{"Text b", "Text c", "Text a"}[i%3], false)
		}
		var a analysis
		s.admin.want(200, "GET", path+"?program=kinds&cohort="+cohort, nil, &a)
		third := a.Items[2]
		if a.Attempts != 10 || third.Item != "kin-03" || third.N != 10 || *third.Facility != 0.3 || third.Seconds == nil || third.Options[1].ID != "b" || !third.Options[1].Key ||
			*third.Options[1].Chosen != 3 || *third.Options[2].Chosen != 4 {
			t.Errorf("the analysis says %+v", third)
		}
		s.wantTheSameTable(t, path+".csv?program=kinds&cohort="+cohort, a)

		for _, p := range []string{path, path + ".csv"} {
			s.trainee.refused(403, "forbidden", "GET", p+"?program=kinds", nil)
			s.admin.refused(400, "unknown_field", "GET", p+"?nonsense=1", nil)
			s.admin.refused(404, "not_found", "GET", p+"?program=kinds&cohort="+s.enrollment, nil)
			status, body := s.instructor.do("GET", p+"?program=kinds", nil)
			if status != 200 || strings.Contains(string(body), "Stem of") {
				t.Errorf("an instructor of another cohort: GET %s = %d %s", p, status, body)
			}
		}
		both := person(t, s.App, "Una Both", access.Grant{Role: access.Trainee}, access.Grant{Role: access.Admin})
		s.enroll(cohort, both)
		both.refused(403, "own_quiz", "GET", path+"?program=kinds", nil)
		both.refused(403, "own_quiz", "GET", path+".csv?program=kinds", nil)
	})
}

// wantTheSameTable wants a table to have the figures of an analysis.
func (s *school) wantTheSameTable(t *testing.T, path string, a analysis) {
	t.Helper()
	status, body := s.admin.do("GET", path, nil)
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(body), "\ufeff")))
	r.FieldsPerRecord = -1
	rows, err := r.ReadAll()
	if status != 200 || err != nil || len(rows) < len(a.Items)+1 {
		t.Fatalf("GET %s = %d, %v: %s", path, status, err, body)
	}
	figure := func(x *float64) string {
		if x == nil {
			return ""
		}
		return strconv.FormatFloat(*x, 'g', -1, 64)
	}
	for i, it := range a.Items {
		if it.Omitted == nil { // too few were asked it to tell of them
			continue
		}
		var options, flags []string
		for _, o := range it.Options {
			options = append(options, o.ID+map[bool]string{true: " (key)"}[o.Key]+": "+fmt.Sprint(*o.Chosen))
		}
		for _, f := range it.Flags {
			flags = append(flags, f.Code)
		}
		got := make(map[string]string)
		for n, name := range rows[0] {
			got[name] = strings.TrimPrefix(rows[i+1][n], "'") // what stands before a minus
		}
		want := map[string]string{
			"item": it.Item, "version": it.Version, "stem": it.Stem, "n": fmt.Sprint(it.N), "omitted": fmt.Sprint(*it.Omitted),
			"facility": figure(it.Facility), "discrimination": figure(it.Discrimination), "options": strings.Join(options, "; "), "flags": strings.Join(flags, "; "),
		}
		for name, w := range want {
			if got[name] != w {
				t.Errorf("%s of %s is %q in the table, want %q", name, it.Item, got[name], w)
			}
		}
	}
	if got := rows[len(a.Items)+1]; got[0] != "reliability" || strings.TrimPrefix(got[1], "'") != figure(a.Reliability.Alpha) {
		t.Errorf("below the items the table says %q, the analysis %s", got, figure(a.Reliability.Alpha))
	}
}
