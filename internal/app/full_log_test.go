package app_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/kapstone-lms/kapstone/internal/app"
)

// The full log over HTTP: what the program does not ask is refused, what is
// unusual is asked about, and every answer says that nobody watches logs.
func TestTheFullLogOverHTTP(t *testing.T) {
	eachHome(t, func(t *testing.T, c app.Config) {
		s := newClinicalSchool(t, c)
		s.enters(s.admin, body{"kind": "license", "subject": "LMFT", "jurisdiction": "CO", "value": "active", "expires_on": "2099-12-31"})
		for _, doc := range []string{"code_of_ethics", "confidentiality", "scope", "no_identifiers"} {
			s.enters(nil, body{"kind": "agreement", "subject": doc})
		}
		s.admin.want(201, "POST", s.at("opening-balance"), body{"source": "Old LMS", "dry_run": false, "csv": oldSystem}, nil)
		l := body{
			"kind": "client", "phase": "medicine", "format": "individual", "week": s.week(), "duration_min": 250, "direct_contact_min": 60, "role": "lead_supervised",
			"frameworks": []string{"act"}, "attest": true, "reflection": strings.Repeat("I noticed my own wish to fill the silence. ", 5),
		}
		maps.Copy(l, observed("medicine"))
		for field, value := range map[string]any{"homework_set": 1, "music": "vocal", "dose_mg": 60, "initials": "JR", "attachment": "scan.pdf"} {
			with := maps.Clone(l)
			with[field] = value
			if status, answer := s.trainee.do("POST", s.at("logs"), with); status < 400 || status > 499 || !strings.Contains(string(answer), field) {
				t.Errorf("a log with %s = %d %s, want it refused by name", field, status, answer)
			}
		}
		var made struct{ ID, Notice string }
		s.trainee.want(201, "POST", s.at("logs"), l, &made)
		at := "/api/v1/logs/" + made.ID
		var asked struct {
			Code      string
			Questions []struct{ ID, Question string }
		}
		s.trainee.want(422, "POST", at+"/submission", nil, &asked)
		if asked.Code != "is_this_right" || len(asked.Questions) != 1 || asked.Questions[0].ID != "duration_min" || !strings.Contains(asked.Questions[0].Question, "250") {
			t.Errorf("the submission asks %+v", asked)
		}
		var sent struct {
			Status, Notice string
			Detail         struct {
				Consent   string
				Confirmed []struct{ ID string }
				Vitals    []struct{ SBP int }
			}
		}
		s.trainee.want(200, "POST", at+"/submission", body{"confirm": []string{"duration_min"}}, &sent)
		s.instructor.want(200, "GET", at, nil, &sent)
		if sent.Status != "submitted" || sent.Detail.Consent != "attested" || len(sent.Detail.Confirmed) != 1 || len(sent.Detail.Vitals) != 3 {
			t.Errorf("the grader sees %+v", sent)
		}
		for _, notice := range []string{made.Notice, sent.Notice} {
			if !strings.Contains(notice, "Nobody watches logs.") || !strings.Contains(notice, "stays in the clinic's records") {
				t.Errorf("a log says %q", notice)
			}
		}
	})
}

// A plain log has no key, field or word of the full one.
func TestAPlainLogShowsNothingOfTheFullOne(t *testing.T) {
	eachHome(t, func(t *testing.T, c app.Config) {
		s := newSchool(t, c)
		var log map[string]any
		s.trainee.want(201, "POST", s.at("logs"), body{"kind": "role_play", "phase": "medicine", "duration_min": 60}, &log)
		if keys := slices.Sorted(maps.Keys(log)); slices.Contains(keys, "detail") {
			t.Errorf("a plain log has the keys %q", keys)
		}
	})
}
