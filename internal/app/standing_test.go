package app_test

import (
	"strings"
	"testing"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/app"
)

func TestEachRoleAndAWaiver(t *testing.T) {
	eachHome(t, func(t *testing.T, c app.Config) {
		s := newSchool(t, c)
		other, elsewhere := person(t, s.App, "Otto Other", access.Grant{Role: access.Trainee}), person(t, s.App, "Ivo Elsewhere", access.Grant{Role: access.Instructor})
		director, clearer := person(t, s.App, "Dora Director", access.Grant{Role: access.Director}), person(t, s.App, "Cleo Clearer", access.Grant{Role: access.Clearer})
		proposal := map[string]any{"requirement": s.Enrollments.Current().Default().Requirements[0].ID, "reason": "Took it elsewhere.", "evidence": "EVIDENCE-CANARY"}
		var w struct{ ID string }
		s.instructor.want(201, "POST", s.at("waivers"), proposal, &w)
		waiver := "/api/v1/waivers/" + w.ID
		note := map[string]string{"note": "NOTE-CANARY"}
		walk(t, []step{
			{"one is enough", s.admin, "POST", s.at("waivers"), proposal, 409, []string{"waiver_exists", `"field":"requirement"`}, nil},
			{"of what is not asked", s.admin, "POST", s.at("waivers"), map[string]any{"requirement": "none", "reason": "x", "evidence": "y"}, 422, []string{"unknown_requirement"}, nil},
			{"a trainee proposes", s.trainee, "POST", s.at("waivers"), proposal, 403, []string{"forbidden"}, nil},
			{"another cohort's instructor proposes", elsewhere, "POST", s.at("waivers"), proposal, 404, []string{"not_found"}, nil},
			{"the proposer approves", s.instructor, "POST", waiver + "/approval", nil, 403, []string{"forbidden"}, nil},
			{"the trainee approves", s.trainee, "POST", waiver + "/approval", nil, 403, []string{"forbidden"}, nil},
			{"declined without a word", director, "POST", waiver + "/decline", map[string]string{"note": " "}, 422, []string{"bad_text", `"field":"note"`}, nil},
			{"the trainee sees the proposal", s.trainee, "GET", s.at("waivers"), nil, 200, []string{w.ID, `"state":"proposed"`, "Took it elsewhere."}, []string{"CANARY", s.instructor.id}},
			{"the director approves", director, "POST", waiver + "/approval", note, 200, []string{`"state":"approved"`, director.id}, nil},
			{"the admin declines after that", s.admin, "POST", waiver + "/decline", note, 409, []string{"waiver_decided"}, nil},
			{"the trainee sees it", s.trainee, "GET", s.at("waivers"), nil, 200, []string{`"state":"approved"`}, []string{"CANARY", director.id, s.instructor.id, "decided_by"}},
			{"staff see all of it", s.instructor, "GET", s.at("waivers"), nil, 200, []string{"EVIDENCE-CANARY", "NOTE-CANARY", director.id}, nil},
			{"another trainee does not", other, "GET", s.at("waivers"), nil, 404, []string{"not_found"}, []string{w.ID}},
			{"another cohort's instructor does not", elsewhere, "GET", s.at("waivers"), nil, 404, []string{"not_found"}, []string{w.ID}},
			{"a clearer does not", clearer, "GET", s.at("waivers"), nil, 403, []string{"forbidden"}, []string{w.ID}},
			{"the proposer withdraws what holds", s.instructor, "POST", waiver + "/withdrawal", note, 403, []string{"not_yours"}, nil},
			{"from another cohort", elsewhere, "POST", waiver + "/withdrawal", note, 404, []string{"not_found"}, nil},
			{"the admin withdraws it", s.admin, "POST", waiver + "/withdrawal", note, 200, []string{`"state":"withdrawn"`}, nil},
			{"a made-up one", s.admin, "POST", "/api/v1/waivers/0193d5a0-0000-7000-8000-000000000000/approval", nil, 404, []string{"not_found"}, nil},
			{"the ledger has no words of it", s.admin, "GET", "/api/v1/audit", nil, 200, []string{"waiver.proposed", "waiver.approved", "waiver.withdrawn"}, []string{"CANARY", "elsewhere."}},
		})
	})
}

// CANARY words stand in every field that somebody must not see.
func TestEachRoleAndAHold(t *testing.T) {
	eachHome(t, func(t *testing.T, c app.Config) {
		s := newSchool(t, c)
		other, elsewhere := person(t, s.App, "Otto Other", access.Grant{Role: access.Trainee}), person(t, s.App, "Ivo Elsewhere", access.Grant{Role: access.Instructor})
		director, clearer := person(t, s.App, "Dora Director", access.Grant{Role: access.Director}), person(t, s.App, "Cleo Clearer", access.Grant{Role: access.Clearer})
		log := s.log()
		opening := map[string]any{"kind": "safety", "log_id": log, "facts": "FACTS-CANARY", "told": "Something about your log."}
		var h struct{ ID string }
		s.instructor.want(201, "POST", s.at("holds"), opening, &h)
		hold := "/api/v1/holds/" + h.ID
		decision := func(outcome string) map[string]string {
			return map[string]string{"outcome": outcome, "reason": "REASON of " + outcome}
		}
		text := func(field string) map[string]string { return map[string]string{field: "WORDS of " + field} }
		staff := []string{"FACTS-CANARY", s.instructor.id, director.id, s.admin.id}
		walk(t, []step{
			{"a trainee opens one", s.trainee, "POST", s.at("holds"), opening, 403, []string{"forbidden"}, nil},
			{"from another cohort", elsewhere, "POST", s.at("holds"), opening, 404, []string{"not_found"}, nil},
			{"about a log of nobody's", s.admin, "POST", s.at("holds"), map[string]any{"kind": "safety", "log_id": h.ID, "facts": "x", "told": "y"}, 422, []string{"unknown_log", `"field":"log_id"`}, nil},
			{"without a word to the trainee", s.admin, "POST", s.at("holds"), map[string]any{"kind": "safety", "facts": "x", "told": ""}, 422, []string{"bad_text", `"field":"told"`}, nil},
			{"the trainee is told", s.trainee, "GET", s.at("holds"), nil, 200, []string{h.ID, "Something about your log.", `"kind":"safety"`, `"state":"open"`, "reply_by", log}, append([]string{`"facts"`, "opened_by"}, staff...)},
			{"the instructor reads the facts", s.instructor, "GET", s.at("holds"), nil, 200, []string{"FACTS-CANARY", s.instructor.id}, nil},
			{"the director reads the facts", director, "GET", s.at("holds"), nil, 200, []string{"FACTS-CANARY"}, nil},
			{"another trainee reads nothing", other, "GET", s.at("holds"), nil, 404, []string{"not_found"}, []string{h.ID}},
			{"another cohort's instructor neither", elsewhere, "GET", s.at("holds"), nil, 404, []string{"not_found"}, []string{h.ID}},
			{"nor a clearer", clearer, "GET", s.at("holds"), nil, 403, []string{"forbidden"}, []string{h.ID}},
			{"another trainee replies", other, "POST", hold + "/reply", text("reply"), 404, []string{"not_found"}, nil},
			{"the opener replies", s.instructor, "POST", hold + "/reply", text("reply"), 403, []string{"forbidden"}, nil},
			{"upheld too soon", director, "POST", hold + "/decision", decision("upheld"), 409, []string{"reply_open"}, nil},
			{"the trainee replies", s.trainee, "POST", hold + "/reply", text("reply"), 200, []string{"WORDS of reply"}, staff},
			{"and again", s.trainee, "POST", hold + "/reply", text("reply"), 409, []string{"already_replied"}, nil},
			{"something is agreed", s.instructor, "POST", hold + "/remediation", text("remediation"), 200, []string{"WORDS of remediation", "FACTS-CANARY"}, nil},
			{"not by the trainee", s.trainee, "POST", hold + "/remediation", text("remediation"), 403, []string{"forbidden"}, nil},
			{"nor from another cohort", elsewhere, "POST", hold + "/remediation", text("remediation"), 404, []string{"not_found"}, nil},
			{"the opener decides", s.instructor, "POST", hold + "/decision", decision("upheld"), 403, []string{"forbidden"}, nil},
			{"a decision of none", director, "POST", hold + "/decision", decision("open"), 422, nil, nil},
			{"the director upholds", director, "POST", hold + "/decision", decision("upheld"), 200, []string{`"state":"upheld"`, director.id, "appeal_by"}, nil},
			{"the admin decides after that", s.admin, "POST", hold + "/decision", decision("cleared"), 409, []string{"hold_decided"}, nil},
			{"the trainee reads why", s.trainee, "GET", s.at("holds"), nil, 200, []string{"REASON of upheld", "WORDS of remediation"}, append([]string{"decided_by"}, staff...)},
			{"another appeals", other, "POST", hold + "/appeal", text("appeal"), 404, []string{"not_found"}, nil},
			{"nothing to decide yet", s.admin, "POST", hold + "/appeal-decision", decision("cleared"), 409, []string{"no_appeal"}, nil},
			{"the trainee appeals", s.trainee, "POST", hold + "/appeal", text("appeal"), 200, []string{"WORDS of appeal"}, staff},
			{"the first decider decides again", director, "POST", hold + "/appeal-decision", decision("cleared"), 409, []string{"second_person"}, nil},
			{"the trainee decides", s.trainee, "POST", hold + "/appeal-decision", decision("cleared"), 403, []string{"forbidden"}, nil},
			{"a third clears it", s.admin, "POST", hold + "/appeal-decision", decision("cleared"), 200, []string{`"state":"cleared"`, "REASON of upheld", "REASON of cleared"}, nil},
			{"the trainee reads the end", s.trainee, "GET", s.at("holds"), nil, 200, []string{`"state":"cleared"`, "REASON of cleared"}, staff},
			{"the ledger has no words of it", s.admin, "GET", "/api/v1/audit?limit=200", nil, 200, []string{"hold.opened", "hold.replied", "hold.remediated", "hold.upheld", "hold.appealed", "hold.cleared_on_appeal"}, []string{"CANARY", "WORDS", "REASON", "Something about"}},
		})
	})
}

// The forms say that nothing of a client belongs into them.
func TestTheFormsOfHoldsWarnOfClientDetail(t *testing.T) {
	a := open(t, app.Config{Data: t.TempDir(), TestMode: true})
	d := readDocument(t, a)
	asked := 0
	for name, schema := range d.Components.Schemas {
		fields, _ := schema["properties"].(map[string]any)
		for _, field := range []string{"facts", "told", "reply", "remediation", "appeal"} {
			f, ok := fields[field].(map[string]any)
			if !ok || !strings.HasSuffix(name, "Body") {
				continue
			}
			asked++
			if text, _ := f["description"].(string); !strings.Contains(text, "never a detail of a client") {
				t.Errorf("%s of %s is described as %q", field, name, text)
			}
		}
	}
	if asked != 5 {
		t.Errorf("%d fields of holds' forms were found, want five", asked)
	}
}
