package app_test

import (
	"bytes"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/app"
	"github.com/kapstone-lms/kapstone/internal/schooltest"
)

// daySchool teaches the default program with the whole log, by days.
func daySchool(t *testing.T, c app.Config) *school {
	t.Helper()
	a := open(t, c)
	if err := a.Enrollments.Publish(t.Context(), schooltest.Course(t, schooltest.NextVersion, schooltest.Edit{
		File: "programs/kap_foundation.yaml", Old: "  safety_floor: 2\n",
		New: "  safety_floor: 2\n  log: {full: true, days: true, clinical: {purpose: To learn what makes a session unsafe., parts: [screening, vitals, discharge, adverse_events]}}\n",
	})); err != nil {
		t.Fatal(err)
	}
	return schoolOn(t, a)
}

// stored is every row that a log has, as it lies in SQL.
func (s *school) stored() string {
	s.admin.t.Helper()
	var b strings.Builder
	for _, table := range []string{"practicum_logs", "practicum_cases", "practicum_details", "practicum_drafts"} {
		var rows []map[string]any
		if err := s.DB.NewRaw("SELECT * FROM "+table+" ORDER BY 1").Scan(s.admin.t.Context(), &rows); err != nil {
			s.admin.t.Fatal(err)
		}
		for _, row := range rows {
			for _, key := range []string{"id", "log_id", "version", "minutes", "status", "reflection", "observation", "revisions"} {
				if v, ok := row[key]; ok {
					b.WriteString(strings.TrimSpace(strings.Join([]string{table, key, textOf(v)}, " ")) + "\n")
				}
			}
		}
	}
	return b.String()
}

func textOf(v any) string {
	switch v := v.(type) {
	case []byte:
		return string(v)
	case string:
		return v
	}
	return ""
}

// Bad input is refused with its field and its rule, and leaves nothing behind.
func TestBadInputInALogIsRefused(t *testing.T) {
	eachHome(t, func(t *testing.T, c app.Config) {
		s := daySchool(t, c)
		today := s.Clock.Now().UTC()
		whole := body{
			"kind": "client", "phase": "medicine", "format": "individual", "week": s.week(), "day": today.Format(time.DateOnly), "start_min": 0, "duration_min": 120,
			"direct_contact_min": 60, "role": "lead_supervised", "frameworks": []string{"act"}, "attest": true, "reflection": reflection,
		}
		maps.Copy(whole, observed("medicine"))
		var first struct{ ID string }
		s.trainee.want(201, "POST", s.at("logs"), whole, &first)
		s.trainee.want(200, "POST", "/api/v1/logs/"+first.ID+"/submission", nil, nil)
		vital := func(field string, value any) []body {
			v := body{"checkpoint": "t30", "offset_min": 30, "sbp": 120, "dbp": 80, "hr": 70, "spo2": 98}
			v[field] = value
			return []body{v}
		}
		stranger := person(t, s.App, "Sam Stranger", access.Grant{Role: access.Supervisor})
		const canary = "Zanzibar Quillfeather"
		before := s.stored()
		for _, tt := range []struct {
			name, field string
			value       any
			at          string // "" for the field itself
		}{
			{"negative hours", "duration_min", -60, ""},
			{"over a day", "duration_min", 1500, ""},
			{"no whole minutes", "duration_min", 60.5, ""},
			{"contact over a day", "direct_contact_min", 1500, ""},
			{"supervision below nothing", "supervision_min", -1, ""},
			{"a week in the future", "week", "2099-W01", ""},
			{"a week before enrollment", "week", "2001-W01", ""},
			{"a day in the future", "day", "2099-01-01", ""},
			{"a day before enrollment", "day", "2001-01-01", ""},
			{"a day of another week", "day", today.AddDate(0, 0, -7).Format(time.DateOnly), ""},
			{"past midnight", "start_min", 1440, ""},
			{"a pressure that nobody has", "vitals", vital("sbp", 300), "vitals.0.sbp"},
			{"diastolic above systolic", "vitals", vital("dbp", 130), "vitals.0.dbp"},
			{"a heart that stands still", "vitals", vital("hr", 0), "vitals.0.hr"},
			{"a time of day", "vitals", vital("offset_min", "10:40"), "vitals"},
			{"a supervisor who is none", "supervisor_id", stranger.id, ""},
			{"a file for a text", "reflection", body{"filename": canary, "content": "JVBERi0="}, ""},
			{"ten thousand characters", "reflection", strings.Repeat(canary+" ", 455), ""},
			{"a question as long", "question_for_supervisor", strings.Repeat(canary+" ", 455), ""},
			{"milligrams", "dose_band", "60 mg", ""},
			{"a field of one's own", "client_initials", canary, ""},
			{"another's sign", "signed_at", "2026-11-24T10:00:00Z", ""},
		} {
			l := maps.Clone(whole)
			if l[tt.field] = tt.value; tt.field == "week" {
				delete(l, "day")
			}
			if tt.at == "" {
				tt.at = tt.field
			}
			status, answer := s.trainee.do("POST", s.at("logs"), l)
			if status < 400 || status > 422 || !bytes.Contains(answer, []byte(tt.at)) || bytes.Contains(answer, []byte(canary)) {
				t.Errorf("%s = %d %s, want it refused at %s without its text", tt.name, status, answer, tt.at)
			}
			if status, answer := s.trainee.do("PUT", s.at("logs/phone-5e0c9b7d2f414c1a"), l); status < 400 || status > 422 || bytes.Contains(answer, []byte(canary)) {
				t.Errorf("%s from a phone = %d %s, want it refused", tt.name, status, answer)
			}
		}
		if after := s.stored(); after != before {
			t.Errorf("what was refused left\n%s, before it was\n%s", after, before)
		}
		s.overlaps(whole)
		for _, as := range []*caller{s.trainee, stranger} {
			status, answer := as.do("POST", "/api/v1/logs/"+first.ID+"/countersignature", body{"meaning": "observed", "password": password})
			if status != 403 && status != 404 {
				t.Errorf("%s signs the log: %d %s", as.id, status, answer)
			}
		}
	})
}

// overlaps sends a session at a time that another one has.
func (s *school) overlaps(whole body) {
	s.admin.t.Helper()
	for start, status := range map[int]int{119: 422, 120: 200} {
		l := maps.Clone(whole)
		l["start_min"] = start
		var log struct{ ID string }
		s.trainee.want(201, "POST", s.at("logs"), l, &log)
		got, answer := s.trainee.do("POST", "/api/v1/logs/"+log.ID+"/submission", nil)
		if got != status || status == 422 && !bytes.Contains(answer, []byte(`"field":"start_min"`)) {
			s.admin.t.Errorf("two sessions at minute %d = %d %s, want %d", start, got, answer, status)
		}
	}
}
