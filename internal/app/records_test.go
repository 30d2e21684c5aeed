package app_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/app"
)

// A recordsSchool is a cohort of the program that asks for records of most
// kinds, with everybody who has to do with them.
type recordsSchool struct {
	*school
	director, clearer, other, elsewhere *caller
	today                               string
}

func newRecordsSchool(t *testing.T, c app.Config) *recordsSchool {
	t.Helper()
	a := open(t, c)
	s := &recordsSchool{school: &school{
		App: a, admin: person(t, a, "Ada Admin", access.Grant{Role: access.Admin}),
		instructor: person(t, a, "Ines Instructor", access.Grant{Role: access.Instructor}),
	}}
	s.director = person(t, a, "Dana Director", access.Grant{Role: access.Director})
	s.clearer = person(t, a, "Cleo Clearer", access.Grant{Role: access.Clearer})
	s.other = person(t, a, "Otto Other", access.Grant{Role: access.Trainee})
	s.elsewhere = person(t, a, "Ivo Elsewhere", access.Grant{Role: access.Instructor})
	s.trainee = person(t, a, "Noor Vance", access.Grant{Role: access.Trainee})
	var out struct{ ID string }
	s.admin.want(201, "POST", "/api/v1/cohorts", map[string]any{
		"program": "kap_clinical_practicum", "name": "Autumn", "starts_on": "2026-11-02", "ends_on": "2028-06-30", "time_zone": "UTC",
		"instructor_ids": []string{s.instructor.id},
	}, &out)
	s.cohort = out.ID
	s.admin.want(201, "POST", "/api/v1/cohorts/"+s.cohort+"/enrollments", map[string]any{"user_id": s.trainee.id, "track": "therapist"}, &out)
	s.enrollment = out.ID
	s.today = a.Clock.Now().UTC().Format(time.DateOnly)
	return s
}

// record enters a record and returns its id.
func (s *recordsSchool) record(as *caller, body map[string]any) string {
	as.t.Helper()
	var out struct{ ID, State string }
	as.want(201, "POST", s.at("records"), body, &out)
	return out.ID
}

type body = map[string]any

func (s *recordsSchool) hours() body {
	return body{"kind": "hours", "category": "didactic", "delivery": "live_online", "minutes": 90, "on_day": s.today, "note": "A seminar on screening."}
}

// As each person concerned: what the answer says, and what it hides.
func TestRecordsShowEachTheirOwn(t *testing.T) {
	eachHome(t, func(t *testing.T, c app.Config) {
		s := newRecordsSchool(t, c)
		hours := s.record(s.trainee, s.hours())
		claim := s.record(s.trainee, body{"kind": "license", "subject": "LMFT", "jurisdiction": "CO", "value": "active", "expires_on": "2099-12-31"})
		signed := s.record(s.trainee, body{"kind": "agreement", "subject": "code_of_ethics"})
		clearance := s.record(s.clearer, body{"kind": "clearance", "subject": "own_session", "value": "not_cleared", "expires_on": "2099-01-31"})
		balance := body{"source": "Old System", "dry_run": false, "csv": "kind,subject,category,minutes,day\nhours,,didactic,600,2025-03-01\n"}
		list, queue := s.at("records"), "/api/v1/record-queue"
		record := func(id, deed string) string { return "/api/v1/records/" + id + "/" + deed }
		walk(t, []step{
			{"the trainee sees all of it", s.trainee, "GET", list, nil, 200, []string{hours, claim, signed, clearance, "own_session", "not_cleared", "seminar", "Cleo Clearer"}, nil},
			{"another trainee sees nothing", s.other, "GET", list, nil, 404, []string{"not_found"}, []string{"seminar", "LMFT"}},
			{"another cohort's instructor sees nothing", s.elsewhere, "GET", list, nil, 404, []string{"not_found"}, []string{"seminar"}},
			{"the instructor sees no clearance", s.instructor, "GET", list, nil, 200, []string{hours, claim, "seminar"}, []string{"clear", "own_session", clearance}},
			{"the director sees no clearance", s.director, "GET", list, nil, 200, []string{hours}, []string{"not_cleared", "own_session", clearance}},
			{"the admin sees how a clearance stands, and no more", s.admin, "GET", list, nil, 200, []string{hours, "not_cleared", "2099-01-31"}, []string{"own_session", "Cleo", s.clearer.id, clearance}},
			{"the clearer sees clearances and nothing else", s.clearer, "GET", list, nil, 200, []string{clearance, "own_session"}, []string{hours, "seminar", "LMFT", "code_of_ethics"}},
			{"the instructor's queue", s.instructor, "GET", queue, nil, 200, []string{hours, "Noor Vance"}, []string{claim, signed, clearance}},
			{"the admin's queue", s.admin, "GET", queue, nil, 200, []string{hours, claim}, []string{signed, clearance}},
			{"another instructor's queue", s.elsewhere, "GET", queue, nil, 200, []string{`"items":[]`}, []string{hours}},
			{"the trainee's queue", s.trainee, "GET", queue, nil, 403, []string{"forbidden"}, []string{hours}},
			{"the clearer's queue", s.clearer, "GET", queue, nil, 403, []string{"forbidden"}, []string{hours}},
			{"the trainee confirms", s.trainee, "POST", record(hours, "confirmation"), nil, 403, []string{"forbidden"}, nil},
			{"another instructor confirms", s.elsewhere, "POST", record(hours, "confirmation"), nil, 404, []string{"not_found"}, nil},
			{"the instructor confirms a license", s.instructor, "POST", record(claim, "confirmation"), nil, 403, []string{"not_yours_to_decide", "a program admin"}, nil},
			{"the admin refuses a clearance", s.admin, "POST", record(clearance, "refusal"), body{"reason": "x"}, 404, []string{"not_found"}, []string{"clearance"}},
			{"a fee by the trainee", s.trainee, "POST", list, body{"kind": "fee", "subject": "x", "value": "cleared"}, 403, []string{"not_yours_to_enter", "program admin"}, nil},
			{"a clearance by the admin", s.admin, "POST", list, body{"kind": "clearance", "subject": "x", "value": "cleared"}, 403, []string{"not_yours_to_enter", "a clearer"}, nil},
			{"a record for another", s.other, "POST", list, s.hours(), 404, []string{"not_found"}, nil},
			{"an opening balance by the trainee", s.trainee, "POST", s.at("opening-balance"), balance, 403, []string{"forbidden"}, nil},
			{"an opening balance by the instructor", s.instructor, "POST", s.at("opening-balance"), balance, 403, []string{"forbidden"}, nil},
			{"an opening balance by the admin", s.admin, "POST", s.at("opening-balance"), balance, 201, []string{`"becomes":"hours of didactic, 600 minutes, on 2025-03-01"`, `"totals":[{"kind":"hours"`}, nil},
			{"the same again", s.admin, "POST", s.at("opening-balance"), balance, 409, []string{"already_carried_over"}, nil},
			{"the trainee sees where it comes from", s.trainee, "GET", list, nil, 200, []string{"carried over from Old System, accepted by Ada Admin"}, nil},
			{"the instructor confirms", s.instructor, "POST", record(hours, "confirmation"), body{"version": 1}, 200, []string{`"state":"confirmed"`, "Ines Instructor"}, nil},
			{"the admin confirms the license", s.admin, "POST", record(claim, "confirmation"), nil, 200, []string{`"state":"confirmed"`, `"on_day":"` + s.today}, nil},
			{"the trainee corrects", s.trainee, "POST", record(hours, "correction"), body{"category": "didactic", "delivery": "async", "minutes": 60, "on_day": s.today}, 201, []string{`"state":"submitted"`, `"replaces":"` + hours}, nil},
			{"the trainee corrects again what was corrected", s.trainee, "POST", record(hours, "correction"), body{"category": "didactic"}, 409, []string{"already_corrected"}, nil},
			{"the admin takes a signature back", s.admin, "POST", record(signed, "refusal"), body{"reason": "Signed for somebody else."}, 200, []string{`"state":"refused"`, "Signed for somebody else."}, nil},
			{"the ledger keeps no text", s.admin, "GET", "/api/v1/audit?limit=200", nil, 200, []string{"record.entered", "record.confirmed", "record.corrected", "records.carried_over"}, []string{"seminar", "somebody else", "own_session", "not_cleared", "Old System"}},
		})
	})
}

// Bad input is refused with the field and the rule in words, and changes
// nothing.
func TestBadRecordsAreNamed(t *testing.T) {
	eachHome(t, func(t *testing.T, c app.Config) {
		s := newRecordsSchool(t, c)
		s.record(s.trainee, s.hours())
		with := func(key string, value any) body {
			b := s.hours()
			b["topic"] = "another"
			b[key] = value
			return b
		}
		before := s.deeds(t)
		tomorrow := s.Clock.Now().AddDate(0, 0, 2).Format(time.DateOnly)
		for _, tt := range []struct {
			name   string
			body   any
			status int
			code   string
			field  string
			says   string
		}{
			{"a kind that is none", with("kind", "poem"), 422, "invalid", "kind", ""},
			{"a field that is none", with("state", "confirmed"), 400, "unknown_field", "state", ""},
			{"carried over by hand", with("carried", "Old"), 400, "unknown_field", "carried", ""},
			{"the future", with("on_day", tomorrow), 422, "in_the_future", "on_day", s.today},
			{"before the enrollment", with("on_day", "2020-01-01"), 422, "before_enrollment", "on_day", s.today},
			{"overlapping", s.hours(), 409, "overlaps", "on_day", "Correct that one"},
			{"above the day's cap", with("minutes", 900), 422, "over_daily_cap", "minutes", "16 hours"},
			{"above all caps", with("minutes", 1500), 422, "out_of_range", "minutes", "1 to 1440"},
			{"below nothing", with("minutes", -5), 422, "invalid", "minutes", ""},
			{"unfit text", with("note", "a\u202eb"), 422, "bad_text", "note", ""},
			{"a subject nobody asked for", body{"kind": "assignment", "subject": "poem"}, 422, "not_asked_for", "subject", "reflection"},
			{"an agreement of another edition", body{"kind": "agreement", "subject": "scope", "edition": "9"}, 422, "other_edition", "edition", "edition 1"},
			{"a document of a program without", body{"kind": "document", "subject": "cv"}, 422, "not_asked_for", "kind", "does not ask for a document"},
		} {
			p := s.trainee.refused(tt.status, tt.code, "POST", s.at("records"), tt.body)
			if p["field"] != tt.field || !strings.Contains(fmt.Sprint(p["detail"]), tt.says) {
				t.Errorf("%s: %v; want the field %s, saying %q", tt.name, p, tt.field, tt.says)
			}
		}
		s.instructor.refused(422, "invalid", "POST", "/api/v1/records/"+s.trainee.id+"/refusal", body{"reason": ""})
		s.instructor.refused(404, "not_found", "POST", "/api/v1/records/"+s.trainee.id+"/refusal", body{"reason": "x"})
		p := s.admin.refused(422, "lines_wrong", "POST", s.at("opening-balance"), body{"source": "Old", "dry_run": false, "csv": "kind,subject,day\nmodule,science,2025-01-01\nmodule,knitting,2025-01-01\n"})
		if lines := fmt.Sprint(p["lines"]); !strings.Contains(lines, "line:3") || !strings.Contains(lines, "field:subject") {
			t.Errorf("wrong lines are told as %v", p)
		}
		if after := s.deeds(t); after != before {
			t.Errorf("refused requests left %d ledger entries", after-before)
		}
	})
}

// A file of an opening balance is larger than what other addresses take, and
// has its own end.
func TestAnOpeningBalanceMayBeLarge(t *testing.T) {
	eachHome(t, func(t *testing.T, c app.Config) {
		s := newRecordsSchool(t, c)
		file := "kind,category,topic,minutes,day\n"
		for i := range 2000 {
			file += fmt.Sprintf("hours,didactic,a_topic_with_a_long_name_%d_%s,60,2025-01-01\n", i, strings.Repeat("x", 30))
		}
		var out struct {
			Wrong  int
			Totals []struct{ Minutes int }
		}
		s.admin.want(200, "POST", s.at("opening-balance"), body{"source": "Old System", "dry_run": true, "csv": file}, &out)
		if out.Wrong != 0 || len(out.Totals) != 1 || out.Totals[0].Minutes != 120000 {
			t.Errorf("a dry run of %d bytes = %+v", len(file), out)
		}
		s.admin.want(201, "POST", s.at("opening-balance"), body{"source": "Old System", "dry_run": false, "csv": file}, nil)
		s.admin.refused(422, "invalid", "POST", s.at("opening-balance"), body{"source": "Old", "dry_run": true, "csv": strings.Repeat("x", 256<<10+1)})
		s.admin.refused(413, "too_large", "POST", s.at("opening-balance"), body{"source": "Old", "dry_run": true, "csv": strings.Repeat("x", 600<<10)})
		s.trainee.refused(413, "too_large", "POST", s.at("records"), body{"kind": "hours", "note": strings.Repeat("x", 70<<10)})
	})
}
