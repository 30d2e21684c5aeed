package app_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/app"
	"github.com/kapstone-lms/kapstone/internal/identity"
)

type table struct {
	Requirements []struct {
		ID, Title string
		Top       bool
	}
	Items []struct {
		Enrollment   string `json:"enrollment_id"`
		Name, Status string
		Have, Need   int
		Requirements map[string]string
	}
	Next string `json:"next_cursor"`
}

const evil = `=HYPERLINK("http://evil.test","click")`

// evilSchool is a school with a second trainee whose name is a formula.
func evilSchool(t *testing.T, c app.Config) (s *school, second *caller, enrollment string) {
	t.Helper()
	s = newSchool(t, c)
	made, err := s.People.CreateFromShell(t.Context(), identity.NewPerson{Email: "evil@school.test", Name: evil, Password: password})
	if err != nil {
		t.Fatal(err)
	}
	second = &caller{t: t, app: s.App, id: made.Person.ID, name: evil}
	return s, second, s.enroll(s.cohort, second)
}

func TestACohortsProgressIsATable(t *testing.T) {
	eachHome(t, func(t *testing.T, c app.Config) {
		s, _, second := evilSchool(t, c)
		for _, m := range s.Enrollments.Current().Modules[:1] {
			for _, l := range m.Lessons {
				s.trainee.want(200, "PUT", s.at("modules/%s/lessons/%s/completion", m.Key, l.ID), nil, nil)
			}
		}
		s.trainee.want(204, "PUT", s.at("personal-experience"), map[string]any{"attested": true}, nil)
		path := "/api/v1/cohorts/" + s.cohort + "/progress"
		var whole table
		s.instructor.want(200, "GET", path, nil, &whole)
		if len(whole.Items) != 2 || whole.Next != "" || whole.Items[0].Enrollment != s.enrollment || whole.Items[1].Enrollment != second || whole.Items[1].Name != evil {
			t.Fatalf("the table is %+v", whole)
		}
		first := whole.Items[0]
		for id, want := range map[string]string{
			"science": "in_progress", "science-lessons": "met", "science-attempts": "not_met", "personal-experience": "met", "printed-name": "not_met", "medicine-logs": "not_met",
		} {
			if first.Requirements[id] != want {
				t.Errorf("requirement %s is %q, want %q", id, first.Requirements[id], want)
			}
		}
		if first.Status != "in_progress" || first.Have != 2 || first.Need < 15 || whole.Items[1].Status != "not_met" || whole.Items[1].Requirements["personal-experience"] != "not_met" {
			t.Errorf("rows %+v", whole.Items)
		}
		if i := slices.IndexFunc(whole.Requirements, func(c struct {
			ID, Title string
			Top       bool
		}) bool {
			return c.ID == "science"
		}); i < 0 || !whole.Requirements[i].Top || len(whole.Requirements) != len(first.Requirements) {
			t.Errorf("the columns are %+v", whole.Requirements)
		}
		for _, tt := range []struct {
			query string
			want  []string
			next  string
		}{
			{"", []string{s.enrollment, second}, ""},
			{"?blocked_by=science-lessons", []string{second}, ""},
			{"?blocked_by=printed-name", []string{s.enrollment, second}, ""},
			{"?blocked_by=science", []string{s.enrollment, second}, ""},
			{"?status=not_met", []string{second}, ""},
			{"?status=met", nil, ""},
			{"?status=in_progress&blocked_by=science-lessons", nil, ""},
			{"?limit=1", []string{s.enrollment}, s.enrollment},
			{"?limit=1&cursor=" + s.enrollment, []string{second}, second},
			{"?limit=1&cursor=" + second, nil, ""},
			{"?limit=1&blocked_by=science-lessons", []string{second}, second},
		} {
			var page table
			s.admin.want(200, "GET", path+tt.query, nil, &page)
			var got []string
			for _, r := range page.Items {
				got = append(got, r.Enrollment)
			}
			if !slices.Equal(got, tt.want) || page.Next != tt.next {
				t.Errorf("%s: rows %v, next %q; want %v, %q", tt.query, got, page.Next, tt.want, tt.next)
			}
		}
		for query, code := range map[string]string{"?blocked_by=fly": "unknown_requirement", "?status=fine": "invalid", "?limit=201": "invalid", "?cursor=abc": "bad_cursor"} {
			s.admin.refused(422, code, "GET", path+query, nil)
		}
	})
}

func TestACohortsTableOpensSafelyInASpreadsheet(t *testing.T) {
	eachHome(t, func(t *testing.T, c app.Config) {
		s, _, second := evilSchool(t, c)
		path := "/api/v1/cohorts/" + s.cohort + "/progress.csv"
		status, body := s.admin.do("GET", path, nil)
		text, ok := bytes.CutPrefix(body, []byte("\ufeff"))
		if status != 200 || !ok || !strings.Contains(string(body), `"'=HYPERLINK(""http://evil.test"",""click"")"`) {
			t.Fatalf("%d %s", status, body)
		}
		rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
		if err != nil || len(rows) != 3 || rows[2][0] != second || rows[1][1] != "Noor Vance" || rows[1][2] != "not_met" || rows[0][1] != "name" {
			t.Fatalf("rows %v, %v", rows, err)
		}
		if column := slices.Index(rows[0], "Study every lesson (science-lessons)"); column < 0 || rows[1][column] != "not_met" {
			t.Errorf("the heads are %q", rows[0])
		}
		if status, body := s.admin.do("GET", path+"?status=met", nil); status != 200 || bytes.Count(body, []byte("\r\n")) != 1 {
			t.Errorf("narrowed to what is met: %d %s", status, body)
		}
		s.admin.refused(422, "unknown_requirement", "GET", path+"?blocked_by=fly", nil)
		s.admin.refused(422, "invalid", "GET", path+"?status=fine", nil)
		s.admin.refused(400, "unknown_field", "GET", path+"?limit=5", nil)
	})
}

func TestWhoSeesACohortsTable(t *testing.T) {
	eachHome(t, func(t *testing.T, c app.Config) {
		s, _, _ := evilSchool(t, c)
		elsewhere := person(t, s.App, "Ivo Elsewhere", access.Grant{Role: access.Instructor})
		s.openCohort("Spring", elsewhere)
		for _, tt := range []struct {
			as   *caller
			want int
		}{
			{s.admin, 200}, {s.instructor, 200},
			{person(t, s.App, "Dana Director", access.Grant{Role: access.Director}), 200},
			{person(t, s.App, "Dora Director", access.Grant{Role: access.Director, Program: "kap_foundation"}), 200},
			{person(t, s.App, "Odo Director", access.Grant{Role: access.Director, Program: "other"}), 404},
			{elsewhere, 404}, {s.trainee, 403},
			{person(t, s.App, "Sue Supervisor", access.Grant{Role: access.Supervisor}), 403},
			{person(t, s.App, "Cleo Clearer", access.Grant{Role: access.Clearer}), 403},
			{person(t, s.App, "Opal Operator", access.Grant{Role: access.Operator}), 403},
		} {
			for _, route := range []string{"progress", "progress.csv"} {
				status, body := tt.as.do("GET", fmt.Sprintf("/api/v1/cohorts/%s/%s", s.cohort, route), nil)
				if status != tt.want || strings.Contains(string(body), "Noor") != (tt.want == 200) {
					t.Errorf("%s reads %s: %d %.200s, want %d", tt.as.name, route, status, body, tt.want)
				}
				for _, hides := range []string{"statement", "reflection", "attested", "score", "percent", "case_ref", "school.test"} {
					if strings.Contains(string(body), hides) {
						t.Errorf("%s reads %q in %s", tt.as.name, hides, route)
					}
				}
				tt.as.refused(map[bool]int{true: 404, false: tt.want}[tt.want == 200], map[bool]string{true: "forbidden", false: "not_found"}[tt.want == 403],
					"GET", "/api/v1/cohorts/0193d5a0-0000-7000-8000-000000000000/"+route, nil)
			}
		}
	})
}
