package app_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/app"
)

// A clinical school teaches the clinical practicum to one trainee.
type clinicalSchool struct {
	school
	director *caller
	today    string
}

func newClinicalSchool(t *testing.T, c app.Config) *clinicalSchool {
	t.Helper()
	a := open(t, c)
	s := &clinicalSchool{school: school{
		App: a, admin: person(t, a, "Ada Admin", access.Grant{Role: access.Admin}),
		instructor: person(t, a, "Ines Instructor", access.Grant{Role: access.Instructor}),
		trainee:    person(t, a, "Noor Vance", access.Grant{Role: access.Trainee}),
	}, director: person(t, a, "Dana Director", access.Grant{Role: access.Director}), today: a.Clock.Now().UTC().Format(time.DateOnly)}
	var out struct{ ID string }
	s.admin.want(201, "POST", "/api/v1/cohorts", body{
		"program": "kap_clinical_practicum", "name": "Autumn", "starts_on": "2025-11-02", "ends_on": "2028-06-30", "time_zone": "UTC", "instructor_ids": []string{s.instructor.id},
	}, &out)
	s.cohort = out.ID
	s.admin.want(201, "POST", "/api/v1/cohorts/"+s.cohort+"/enrollments", body{
		"user_id": s.trainee.id, "track": "therapist", "effective_on": a.Clock.Now().UTC().AddDate(0, -3, 0).Format(time.DateOnly),
	}, &out)
	s.enrollment = out.ID
	return s
}

// page is what the trainee's page says: the statuses by requirement, and all
// its words.
func (s *clinicalSchool) page() (statuses map[string]string, words string) {
	s.trainee.t.Helper()
	type node struct {
		ID, Status, Next, Note string
		Missing                []string
		Of                     []node
	}
	var r struct {
		Status       string
		Requirements []node
	}
	s.trainee.want(200, "GET", s.at("progress"), nil, &r)
	statuses = map[string]string{"": r.Status}
	var walk func([]node)
	walk = func(nodes []node) {
		for _, n := range nodes {
			statuses[n.ID] = n.Status
			words += fmt.Sprintln(n.ID, n.Status, n.Missing, n.Next, n.Note)
			walk(n.Of)
		}
	}
	walk(r.Requirements)
	return statuses, words
}

// enters has a trainee enter a record which somebody confirms.
func (s *clinicalSchool) enters(confirms *caller, record body) {
	s.trainee.t.Helper()
	var r struct{ ID string }
	s.trainee.want(201, "POST", s.at("records"), record, &r)
	if confirms != nil {
		confirms.want(200, "POST", "/api/v1/records/"+r.ID+"/confirmation", nil, nil)
	}
}

// practices logs a session with a client and has it graded and signed. The
// case is a new one where it is "".
func (s *clinicalSchool) practices(phase, part, caseRef string) string {
	s.trainee.t.Helper()
	year, week := s.Clock.Now().ISOWeek()
	l := body{
		"kind": "client", "phase": phase, "format": "individual", "week": fmt.Sprintf("%04d-W%02d", year, week), "duration_min": 90, "direct_contact_min": 60,
		"role": part, "frameworks": []string{"act"}, "attest": true, "reflection": strings.Repeat("I noticed my own wish to fill the silence. ", 5),
	}
	maps.Copy(l, observed(phase))
	if caseRef != "" {
		l["case_ref"], l["days_since_previous"] = caseRef, 2
	}
	var log struct {
		ID      string
		CaseRef string `json:"case_ref"`
	}
	s.trainee.want(201, "POST", s.at("logs"), l, &log)
	at := "/api/v1/logs/" + log.ID
	s.trainee.want(200, "POST", at+"/submission", nil, nil)
	grades := body{"c1": 3, "c2": 3, "c3": 3, "c4": 4, "c5": 3, "c6": 4, "c7": 3}
	s.instructor.want(200, "POST", at+"/grade", body{"grades": grades, "feedback": "Steady work.", "observed_by": "direct"}, nil)
	s.instructor.want(200, "POST", at+"/countersignature", body{"meaning": "observed", "password": password}, nil)
	return log.CaseRef
}

// observed is what the full log asks of a phase with a client.
func observed(phase string) body {
	l := body{
		"consent_attest": true, "setting": "clinic", "supervisor_presence": "in_room", "co_team": []string{"prescriber_or_delegate"},
		"interventions": []string{"silence"}, "escalated": "no", "supervision_min": 30, "supervision_kind": "individual",
	}
	switch phase {
	case "preparation":
		maps.Copy(l, body{"off_label_consent_confirmed": true, "touch_agreement": "limited", "screening_flags": []string{"none"}})
	case "medicine":
		maps.Copy(l, body{
			"route": "im", "dose_band": "moderate", "monitored_by": "nurse", "knew_whom_to_call": true,
			"off_label_consent_confirmed": true, "touch_agreement": "limited", "touch_used": "no", "observation_min": 120, "adverse_events": []body{},
			"vitals": []body{
				{"checkpoint": "pre_dose", "offset_min": -5, "sbp": 121, "dbp": 79, "hr": 70, "spo2": 98},
				{"checkpoint": "t30", "offset_min": 30, "sbp": 136, "dbp": 84, "hr": 82, "spo2": 97},
				{"checkpoint": "discharge", "offset_min": 110, "sbp": 124, "dbp": 78, "hr": 72, "spo2": 98},
			},
			"discharge": body{"oriented": true, "gait_ok": true, "nausea_ok": true, "escort": true, "driving_advice": true, "contact_given": true},
		})
	case "integration":
		l["homework_set"] = 1
	}
	return l
}

// meets plans a live session that was, and enters who was there.
func (s *clinicalSchool) meets(daysAgo int) {
	s.trainee.t.Helper()
	var e struct{ ID string }
	s.instructor.want(201, "POST", "/api/v1/cohorts/"+s.cohort+"/events", body{
		"series": "live_sessions", "title": "Live session", "category": "didactic", "delivery": "hybrid", "starts_at": s.Clock.Now().UTC().AddDate(0, 0, -daysAgo), "minutes": 90,
	}, &e)
	s.instructor.want(200, "PUT", "/api/v1/events/"+e.ID+"/roster", body{"items": []body{
		{"enrollment_id": s.enrollment, "in_minute": 5, "out_minute": 90, "delivery": "live_online"},
	}}, nil)
}

const oldSystem = `kind,subject,phase,part,count,minutes,day
module,science,,,,,2025-03-01
module,ethics_safety,,,,,2025-03-02
module,therapeutic_container,,,,,2025-03-03
module,integration,,,,,2025-03-04
session,,preparation,lead,5,450,2025-05-01
session,,medicine,observer,4,720,2025-05-02
session,,integration,lead,4,360,2025-05-03
`

// The whole way of a richer program over HTTP: license, agreements, what was
// done in an earlier system, live sessions, practice with clients,
// consultation, a waiver with a second person, the director's word. The page
// says at each step what is missing, and both homes say the same.
func TestTheClinicalPracticumFromNothingToACertificate(t *testing.T) {
	var pages []string
	eachHome(t, func(t *testing.T, c app.Config) {
		s := newClinicalSchool(t, c)
		var told strings.Builder
		var waiver struct{ ID string }
		first := ""
		for _, step := range []struct {
			does   string
			do     func()
			meets  string // ids that are done now
			leaves string // what the page says
		}{
			{"nothing yet", func() {}, "holds window", "Enter your license with its board and its last day"},
			{"the license", func() {
				s.enters(s.admin, body{"kind": "license", "subject": "LMFT", "jurisdiction": "CO", "value": "active", "expires_on": "2099-12-31"})
			}, "license license_at_issue", "Sign the code of ethics"},
			{"the agreements", func() {
				for _, doc := range []string{"code_of_ethics", "confidentiality", "scope", "no_identifiers"} {
					s.enters(nil, body{"kind": "agreement", "subject": doc})
				}
			}, "agreements", "First: Ethics and safety."},
			{"what was done before", func() {
				s.admin.want(201, "POST", s.at("opening-balance"), body{"source": "Old LMS", "dry_run": false, "csv": oldSystem}, nil)
			}, "science ethics_safety therapeutic_container integration practicum_gate", "1 signed preparation session as co-facilitator, lead under supervision or lead"},
			{"a waiver that one person wants", func() {
				s.instructor.want(201, "POST", s.at("waivers"), body{"requirement": "personal_experience-module", "reason": "Teaches this module elsewhere.", "evidence": "Syllabus seen."}, &waiver)
				s.instructor.refused(403, "forbidden", "POST", "/api/v1/waivers/"+waiver.ID+"/approval", nil)
			}, "", "personal_experience-module not_met"},
			{"and another approves", func() { s.admin.want(200, "POST", "/api/v1/waivers/"+waiver.ID+"/approval", nil, nil) }, "personal_experience-module", "Waived: Teaches this module elsewhere."},
			{"the own path", func() {
				s.trainee.want(204, "PUT", s.at("personal-experience"), body{"attested": true}, nil)
			}, "personal_experience personal-experience", "The dates are not set yet."},
			{"three live sessions", func() { s.meets(30); s.meets(20); s.meets(10) }, "live_sessions", "1 signed preparation session"},
			{"a case from preparation to integration", func() {
				first = s.practices("preparation", "lead_supervised", "")
				s.practices("medicine", "lead_supervised", first)
				s.practices("integration", "lead_supervised", first)
			}, "preparation-logs signed", "2 more cases among your signed sessions"},
			{"two more", func() {
				s.practices("medicine", "lead", "")
				s.practices("integration", "lead", "")
				s.practices("integration", "lead", first)
			}, "medicine-logs medicine-led-logs cases integration-logs rubric practicum", "12 h of consultation"},
			{"consultation", func() {
				for _, back := range []int{3, 2} {
					s.enters(s.instructor, body{"kind": "consultation", "value": "individual", "minutes": 360, "person_name": "Dr. Mori", "on_day": s.Clock.Now().UTC().AddDate(0, 0, -back).Format(time.DateOnly)})
				}
			}, "consultation", "an accepted paper: reflection"},
			{"the reflection and the evaluation", func() {
				s.enters(s.instructor, body{"kind": "assignment", "subject": "reflection", "quantity": 4})
				s.enters(nil, body{"kind": "evaluation", "subject": "program"})
			}, "reflection evaluation", "a sign-off by your director"},
			{"the director's word", func() {
				s.director.want(201, "POST", s.at("records"), body{"kind": "sign_off", "value": "director", "subject": "completion"}, nil)
			}, "signoff", "the name to print"},
			{"the name", func() { s.trainee.want(200, "PUT", s.at("printed-name"), nil, nil) }, "printed-name", ""},
		} {
			step.do()
			statuses, words := s.page()
			for _, id := range strings.Fields(step.meets) {
				if got := statuses[id]; got != "met" && got != "waived" {
					t.Errorf("%s: %s is %s:\n%s", step.does, id, got, words)
				}
			}
			if !strings.Contains(words, step.leaves) {
				t.Errorf("%s: the page does not say %q:\n%s", step.does, step.leaves, words)
			}
			fmt.Fprintln(&told, step.does, words)
		}
		if statuses, words := s.page(); statuses[""] != "met" {
			t.Fatalf("at the end the program is %s:\n%s", statuses[""], words)
		}
		s.certified(t)
		pages = append(pages, told.String())
	})
	if len(pages) == 2 {
		if d := cmp.Diff(pages[0], pages[1]); d != "" {
			t.Errorf("SQLite and PostgreSQL say different things:\n%s", d)
		}
	}
}

// certified issues the certificate and looks at it and at the transcript.
func (s *clinicalSchool) certified(t *testing.T) {
	t.Helper()
	var issued struct {
		Items []struct {
			ID     string
			Status string
		}
	}
	status, answer := s.admin.do("POST", "/api/v1/certificates", body{"enrollment_ids": []string{s.enrollment}})
	if err := json.Unmarshal(answer, &issued); err != nil || status >= 300 || len(issued.Items) != 1 {
		t.Fatalf("POST /certificates = %d %s", status, answer)
	}
	status, pdf := s.trainee.do("GET", "/api/v1/certificates/"+issued.Items[0].ID+"/document", nil)
	if status != 200 || !strings.HasPrefix(string(pdf), "%PDF-") {
		t.Errorf("the document is %d, %.20q", status, pdf)
	}
	var transcript struct {
		Waivers     []struct{ Requirement string }
		CarriedOver []struct{ Words string } `json:"carried_over"`
		Practice    []struct {
			Phase    string
			Sessions int
		}
		Modules []struct{ Module string }
	}
	s.trainee.want(200, "GET", s.at("transcript"), nil, &transcript)
	sessions := 0
	for _, p := range transcript.Practice {
		sessions += p.Sessions
	}
	if sessions != 6 || len(transcript.CarriedOver) != 7 || len(transcript.Modules) != 0 || len(transcript.Waivers) != 1 {
		t.Errorf("the transcript mixes what was done here with what was carried over: %+v", transcript)
	}
	if !slices.ContainsFunc(transcript.CarriedOver, func(x struct{ Words string }) bool {
		return x.Words == "carried over from Old LMS, accepted by Ada Admin"
	}) {
		t.Errorf("the transcript does not say where it comes from: %+v", transcript.CarriedOver)
	}
}
