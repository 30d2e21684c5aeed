package app_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/app"
)

// event plans an event that has just ended and returns its id. Everybody came
// to the school the day before.
func (s *school) event(cohort string) string {
	s.admin.t.Helper()
	if err := s.DB.Tx(s.admin.t.Context(), func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewRaw(`UPDATE enrollments SET starts_on = ?`, s.Clock.Now().AddDate(0, 0, -2).Format(time.DateOnly)).Exec(ctx)
		return err
	}); err != nil {
		s.admin.t.Fatal(err)
	}
	var out struct{ ID string }
	s.admin.want(201, "POST", "/api/v1/cohorts/"+cohort+"/events", map[string]any{
		"series": "live_sessions", "title": "Preparation together", "category": "didactic", "delivery": "hybrid", "minutes": 60,
		"starts_at": s.Clock.Now().Add(-time.Hour).Format(time.RFC3339Nano),
	}, &out)
	return out.ID
}

// At an event as each role: what the answer says, and what it hides.
func TestEachRoleAtAnEvent(t *testing.T) {
	eachHome(t, func(t *testing.T, c app.Config) {
		s := newSchool(t, c)
		other, elsewhere := person(t, s.App, "Otto Other", access.Grant{Role: access.Trainee}), person(t, s.App, "Ivo Elsewhere", access.Grant{Role: access.Instructor})
		director, clearer := person(t, s.App, "Dora Director", access.Grant{Role: access.Director}), person(t, s.App, "Cleo Clearer", access.Grant{Role: access.Clearer})
		foreign := s.openCohort("Spring", elsewhere)
		theirs := s.enroll(foreign, other)
		event, there := s.event(s.cohort), s.event(foreign)
		events, at := "/api/v1/cohorts/"+s.cohort+"/events", "/api/v1/events/"+event
		stay := func(enrollment string, in, out int) map[string]any {
			return map[string]any{"enrollment_id": enrollment, "in_minute": in, "out_minute": out, "delivery": "live_online"}
		}
		plan := map[string]any{"series": "live_sessions", "title": "A", "category": "didactic", "delivery": "hybrid", "minutes": 60, "starts_at": "2027-01-01T10:00:00Z"}
		walk(t, []step{
			{"the trainee lists", s.trainee, "GET", events, nil, 200, []string{event, "live_sessions"}, []string{there}},
			{"the instructor lists", s.instructor, "GET", events, nil, 200, []string{event}, nil},
			{"the director lists", director, "GET", events, nil, 200, []string{event}, nil},
			{"another cohort's trainee does not", other, "GET", events, nil, 404, []string{"not_found"}, []string{event}},
			{"another cohort's instructor does not", elsewhere, "GET", events, nil, 404, []string{"not_found"}, []string{event}},
			{"a clearer does not", clearer, "GET", events, nil, 403, []string{"forbidden"}, []string{event}},
			{"the instructor plans", s.instructor, "POST", events, plan, 201, []string{`"version":1`, `"canceled_at":null`}, nil},
			{"a trainee does not", s.trainee, "POST", events, plan, 403, []string{"forbidden"}, nil},
			{"a director does not", director, "POST", events, plan, 403, []string{"forbidden"}, nil},
			{"another cohort's instructor does not", elsewhere, "POST", events, plan, 404, []string{"not_found"}, nil},
			{"the trainee claims", s.trainee, "POST", at + "/presences", stay(s.enrollment, 5, 60), 201, []string{`"state":"claimed"`}, []string{"entered_by", "decided_by"}},
			{"twice the same time", s.trainee, "POST", at + "/presences", stay(s.enrollment, 0, 10), 409, []string{`"code":"overlap"`, `"field":"in_minute"`, event}, nil},
			{"in another's name", s.trainee, "POST", at + "/presences", stay(theirs, 0, 60), 404, []string{"not_found"}, nil},
			{"at another cohort's event", s.trainee, "POST", "/api/v1/events/" + there + "/presences", stay(s.enrollment, 0, 60), 404, []string{"not_found"}, nil},
			{"the trainee reads the attendance", s.trainee, "GET", s.at("attendance"), nil, 200, []string{`"waiting_minutes":55`, `"day":"`}, []string{"entered_by", s.instructor.id, there}},
			{"the instructor reads it", s.instructor, "GET", s.at("attendance"), nil, 200, []string{`"waiting_minutes":55`}, nil},
			{"another trainee does not", other, "GET", s.at("attendance"), nil, 404, []string{"not_found"}, []string{event}},
			{"the instructor takes the roster", s.instructor, "GET", at + "/roster", nil, 200, []string{"Noor Vance", s.trainee.id, `"waiting_minutes":55`, "entered_by"}, []string{"Otto", "school.test"}},
			{"the director reads the roster", director, "GET", at + "/roster", nil, 200, []string{"Noor Vance"}, nil},
			{"the trainee does not", s.trainee, "GET", at + "/roster", nil, 403, []string{"forbidden"}, []string{"Noor"}},
			{"another cohort's instructor does not", elsewhere, "GET", at + "/roster", nil, 404, []string{"not_found"}, []string{"Noor"}},
			{"bad lines are named", s.instructor, "PUT", at + "/roster", map[string]any{"items": []any{stay(s.enrollment, 0, 50), stay(theirs, 0, 50), stay(s.enrollment, 40, 500)}}, 422, []string{`"code":"bad_roster"`, `"items[1].enrollment_id"`, `"index":2`, `"items[2].out_minute"`, `"not_in_cohort"`}, []string{`"index":0`}},
			{"and nothing was entered", s.instructor, "GET", at + "/roster", nil, 200, []string{`"online_minutes":0`, `"waiting_minutes":55`}, nil},
			{"a director does not set it", director, "PUT", at + "/roster", map[string]any{"items": []any{stay(s.enrollment, 0, 50)}}, 403, []string{"forbidden"}, nil},
			{"the instructor sets it", s.instructor, "PUT", at + "/roster", map[string]any{"items": []any{stay(s.enrollment, 0, 50)}}, 200, []string{`"online_minutes":50`, `"waiting_minutes":0`, `"state":"replaced"`}, nil},
			{"what counts stays in place", s.instructor, "PATCH", at, map[string]any{"title": "B", "version": 1}, 409, []string{"presence_counts"}, nil},
			{"and takes place", s.admin, "POST", at + "/cancellation", nil, 409, []string{"presence_counts"}, nil},
			{"the trainee sees it count", s.trainee, "GET", s.at("attendance"), nil, 200, []string{`"online_minutes":50`, `"state":"replaced"`}, []string{"entered_by"}},
			{"the ledger knows", s.admin, "GET", "/api/v1/audit", nil, 200, []string{"event.planned", "presence.claimed", "roster.set"}, []string{"together"}},
		})
	})
}

func TestAPresenceIsDecidedByTheCohortsStaff(t *testing.T) {
	eachHome(t, func(t *testing.T, c app.Config) {
		s := newSchool(t, c)
		elsewhere := person(t, s.App, "Ivo Elsewhere", access.Grant{Role: access.Instructor})
		claim := func() string {
			var p struct{ ID string }
			s.trainee.want(201, "POST", "/api/v1/events/"+s.event(s.cohort)+"/presences", map[string]any{
				"enrollment_id": s.enrollment, "in_minute": 0, "out_minute": 30, "delivery": "live_in_person"}, &p)
			return "/api/v1/presences/" + p.ID
		}
		p := claim()
		correction := map[string]any{"in_minute": 10, "out_minute": 40, "delivery": "live_online"}
		walk(t, []step{
			{"not by the trainee", s.trainee, "POST", p + "/confirmation", nil, 403, []string{"forbidden"}, nil},
			{"not from another cohort", elsewhere, "POST", p + "/confirmation", nil, 404, []string{"not_found"}, nil},
			{"nor refused from there", elsewhere, "POST", p + "/refusal", map[string]string{"note": "x"}, 404, []string{"not_found"}, nil},
			{"nor corrected from there", elsewhere, "POST", p + "/correction", correction, 404, []string{"not_found"}, nil},
			{"confirmed", s.instructor, "POST", p + "/confirmation", nil, 200, []string{`"state":"confirmed"`, s.instructor.id}, nil},
			{"corrected", s.admin, "POST", p + "/correction", correction, 201, []string{`"state":"confirmed"`, `"replaces":"` + p[len("/api/v1/presences/"):]}, nil},
			{"the old one is settled", s.admin, "POST", p + "/confirmation", nil, 409, []string{"presence_settled"}, nil},
			{"refused without a word", s.instructor, "POST", p + "/refusal", map[string]string{"note": " "}, 422, []string{"bad_note"}, nil},
			{"a made-up one", s.instructor, "POST", "/api/v1/presences/0193d5a0-0000-7000-8000-000000000000/confirmation", nil, 404, []string{"not_found"}, nil},
			{"the trainee sees both", s.trainee, "GET", s.at("attendance"), nil, 200, []string{`"online_minutes":30`, `"late_minutes":10`, `"replaced"`}, []string{s.instructor.id, s.admin.id}},
		})
	})
}

// A key sent again finds what was made the first time.
func TestAttendanceIsMadeOnce(t *testing.T) {
	s := newSchool(t, app.Config{Data: t.TempDir(), TestMode: true})
	event := s.event(s.cohort)
	plan := map[string]any{"series": "live", "title": "A", "category": "didactic", "delivery": "hybrid", "minutes": 60, "starts_at": "2027-01-01T10:00:00Z"}
	claim := map[string]any{"enrollment_id": s.enrollment, "in_minute": 0, "out_minute": 30, "delivery": "live_online"}
	before := s.deeds(t)
	for i, tt := range []struct {
		as   *caller
		path string
		body any
	}{
		{s.instructor, "/api/v1/cohorts/" + s.cohort + "/events", plan},
		{s.trainee, "/api/v1/events/" + event + "/presences", claim},
		{s.instructor, s.at("waivers"), map[string]any{"requirement": s.Enrollments.Current().Default().Requirements[0].ID, "reason": "x", "evidence": "y"}},
		{s.instructor, s.at("holds"), map[string]any{"kind": "conduct", "facts": "x", "told": "y"}},
	} {
		var first string
		for n := range 3 {
			status, body := tt.as.do("POST", tt.path, tt.body, "Idempotency-Key", fmt.Sprint("key-", i))
			if n == 0 {
				first = string(body)
			}
			if status != 201 || string(body) != first {
				t.Errorf("%s, time %d: %d %s, want %s", tt.path, n+1, status, body, first)
			}
		}
	}
	if after := s.deeds(t); after != before+4 {
		t.Errorf("four deeds left %d ledger entries", after-before)
	}
}
