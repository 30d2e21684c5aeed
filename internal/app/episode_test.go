package app_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/app"
)

var (
	instructorGrant = access.Grant{Role: access.Instructor}
	traineeGrant    = access.Grant{Role: access.Trainee}
)

const reflection = "I waited longer than felt natural and noticed my own wish to fill the silence. Next time I will agree on a hand signal first, and take to consultation how fast I speak."

// signedLog logs a role play and has it graded and signed.
func (s *school) signedLog(phase string) string {
	s.admin.t.Helper()
	var log struct{ ID string }
	s.trainee.want(201, "POST", s.at("logs"), body{
		"kind": "role_play", "phase": phase, "format": "individual", "week": s.week(), "duration_min": 60, "role": "lead", "frameworks": []string{"act"},
		"reflection": reflection, "attest": true,
	}, &log)
	at := "/api/v1/logs/" + log.ID
	s.trainee.want(200, "POST", at+"/submission", nil, nil)
	s.sign(at)
	return log.ID
}

func (s *school) week() string {
	year, week := s.Clock.Now().UTC().ISOWeek()
	return fmt.Sprintf("%04d-W%02d", year, week)
}

// sign grades and signs a log.
func (s *school) sign(at string) {
	s.admin.t.Helper()
	s.instructor.want(200, "POST", at+"/grade", body{
		"grades": body{"c1": 3, "c2": 3, "c3": 3, "c4": 4, "c5": 3, "c6": 4, "c7": 3}, "feedback": "Steady work.", "observed_by": "role_play",
	}, nil)
	s.instructor.want(200, "POST", at+"/countersignature", body{"meaning": "reviewed", "password": password}, nil)
}

type episode struct {
	CaseRef string `json:"case_ref"`
	Counts  bool
	Missing []string
	Steps   []struct {
		LogID         string `json:"log_id"`
		Phase, Status string
		CaseSeq       int `json:"case_seq"`
	}
}

// filled is what the form of a log has filled in already.
func (s *school) filled(query string) body {
	s.admin.t.Helper()
	var form struct {
		Prefilled body
		Asked     []struct {
			Field    string
			Required bool
		}
		Notice string
	}
	s.trainee.want(200, "GET", s.at("log-form")+query, nil, &form)
	if !strings.Contains(form.Notice, "Nobody watches logs.") {
		s.admin.t.Errorf("the form says %q", form.Notice)
	}
	return form.Prefilled
}

// The first session of the default program is sent in six inputs, later ones in
// fewer, a whole episode in ten; what is filled in tells nothing of a client.
func TestHowManyInputsALogTakes(t *testing.T) {
	eachHome(t, func(t *testing.T, c app.Config) {
		s := newSchool(t, c)
		inputs := body{"kind": "role_play", "role": "lead", "frameworks": []string{"act"}, "duration_min": 60, "reflection": reflection, "attest": true}
		l := s.filled("")
		maps.Copy(l, inputs)
		var log struct{ ID, Phase string }
		s.trainee.want(201, "POST", s.at("logs"), l, &log)
		s.trainee.want(200, "POST", "/api/v1/logs/"+log.ID+"/submission", nil, nil)
		if len(inputs) > 6 || log.Phase != "preparation" {
			t.Errorf("a session of %s took %d inputs", log.Phase, len(inputs))
		}
		again := s.filled("")
		maps.Copy(again, body{"duration_min": 60, "reflection": reflection, "attest": true})
		s.trainee.want(201, "POST", s.at("logs"), again, &log)
		s.trainee.want(200, "POST", "/api/v1/logs/"+log.ID+"/submission", nil, nil)
		if log.Phase != "medicine" {
			t.Errorf("the second session is filled in as %s, want what was practiced least", log.Phase)
		}
		whole := s.filled("")
		delete(whole, "phase")
		given := []body{
			{"attest": true, "submit": true},
			{"duration_min": 45, "reflection": reflection}, {"duration_min": 90, "reflection": reflection},
			{"duration_min": 45, "reflection": reflection, "days_since_previous": 2},
		}
		maps.Copy(whole, given[0])
		whole["preparation"], whole["medicine"], whole["integration"] = given[1], given[2], given[3]
		n := 0
		for _, g := range given {
			n += len(g)
		}
		var e episode
		s.trainee.want(201, "POST", s.at("episodes"), whole, &e)
		if n > 14 || len(e.Steps) != 3 || e.Steps[2].CaseSeq != 3 || e.Steps[0].Status != "submitted" {
			t.Errorf("an episode took %d inputs and is %+v", n, e)
		}
	})
}

// An episode is logged in one go or in parts; it says what is missing until it
// counts, once.
func TestAnEpisodeCountsOnce(t *testing.T) {
	eachHome(t, func(t *testing.T, c app.Config) {
		s := newSchool(t, c)
		part := body{"duration_min": 60, "reflection": reflection}
		in := body{
			"kind": "role_play", "format": "individual", "week": s.week(), "role": "lead", "frameworks": []string{"act"}, "attest": true, "submit": true,
			"preparation": part, "medicine": part,
		}
		var e, again episode
		key := []string{"Idempotency-Key", "one-episode-0001"}
		if status, answer := s.trainee.do("POST", s.at("episodes"), in, key...); status != 201 {
			t.Fatalf("an episode = %d %s", status, answer)
		}
		s.trainee.do("POST", s.at("episodes"), in, key...)
		type answer struct {
			Items                     []episode
			Sessions, Cases, Episodes int
			Notice                    string
		}
		var all answer
		s.trainee.want(200, "GET", s.at("episodes"), nil, &all)
		if len(all.Items) != 1 || len(all.Items[0].Steps) != 2 || all.Sessions != 0 {
			t.Fatalf("sent twice, the episodes are %+v", all)
		}
		e = all.Items[0]
		if words := strings.Join(e.Missing, "; "); !strings.Contains(words, "an integration session") || !strings.Contains(words, "the medicine session does not count yet: it is not signed yet") {
			t.Errorf("missing is %q", e.Missing)
		}
		more := body{"case_ref": e.CaseRef, "kind": "role_play", "format": "individual", "week": s.week(), "role": "lead", "frameworks": []string{"act"}, "attest": true, "submit": true}
		more["integration"] = body{"duration_min": 60, "days_since_previous": 2}
		p := s.trainee.refused(422, "incomplete", "POST", s.at("episodes"), more)
		if p["field"] != "integration.reflection" {
			t.Errorf("an integration without a reflection is refused at %v", p["field"])
		}
		more["integration"] = body{"duration_min": 60, "reflection": reflection, "days_since_previous": 2}
		s.trainee.want(201, "POST", s.at("episodes"), more, &again)
		if again.CaseRef != e.CaseRef || len(again.Steps) != 3 {
			t.Errorf("in parts the episode is %+v", again)
		}
		for _, step := range again.Steps {
			s.sign("/api/v1/logs/" + step.LogID)
		}
		s.instructor.want(200, "GET", s.at("episodes"), nil, &all)
		if !all.Items[0].Counts || all.Sessions != 3 || all.Cases != 1 || all.Episodes != 1 || !strings.Contains(all.Notice, "Nobody watches logs.") {
			t.Errorf("signed, the episodes are %+v", all)
		}
		var log struct{ ID string }
		s.trainee.want(201, "POST", s.at("logs"), body{"case_ref": e.CaseRef}, &log)
		s.trainee.refused(409, "case_seq_taken", "PATCH", "/api/v1/logs/"+log.ID, body{"version": 1, "case_seq": 2})
		for _, who := range []*caller{s.admin, person(t, s.App, "Otto Other", traineeGrant)} {
			if status, answer := who.do("GET", s.at("episodes"), nil); status != 404 && status != 403 {
				t.Errorf("%s reads episodes: %d %s", who.id, status, answer)
			}
		}
	})
}
