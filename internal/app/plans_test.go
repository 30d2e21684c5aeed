package app_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/app"
)

// A listed route answers with a list: of its statements the one that says
// something, and the index by which both databases find its rows, in the order
// in which they are shown.
type listed struct {
	name   string
	as     *caller
	path   string
	says   string
	by     string // an index; the name of a table stands for its own keys
	sorted bool   // it is short, and sorted when it was found
}

// anyID is a made-up one: a cursor may be any.
const anyID = "0193d5a0-0000-7000-8000-000000000000"

// listedRoutes are the lists of the product, from their second page on.
func (s *ampleSchool) listedRoutes() []listed {
	cohort, page := "/api/v1/cohorts/"+s.full, "limit=2&cursor="+anyID
	director := person(s.b, s.App, "Dora Director", access.Grant{Role: access.Admin, Program: "kap_foundation"})
	return []listed{
		{"cohorts", s.admin, "/api/v1/cohorts?" + page, `FROM "cohorts"`, "cohorts", false},
		{"cohorts taught", s.instructor, "/api/v1/cohorts?" + page, `FROM "cohorts"`, "cohorts", false},
		{"cohorts of a program", director, "/api/v1/cohorts?" + page, `FROM "cohorts"`, "cohorts", false},
		{"their instructors", s.admin, "/api/v1/cohorts?" + page, `FROM "cohort_instructors"`, "cohort_instructors", true},
		{"my enrollments", s.trainee, "/api/v1/enrollments", `FROM "enrollments"`, "enrollments_by_person", false},
		{"a cohort", s.instructor, cohort + "/enrollments", `FROM "enrollments"`, "enrollments_by_cohort", false},
		{"a page of a cohort", s.instructor, cohort + "/progress?" + page, `LIMIT`, "enrollments_by_cohort", false},
		{"events", s.instructor, cohort + "/events?" + page, `LIMIT`, "events_by_cohort", false},
		{"people", s.admin, "/api/v1/users?" + page, `FROM people`, "people", false},
		{"certificates", s.admin, "/api/v1/certificates?" + page, `FROM "certificates"`, "certificates", false},
		{"the ledger", s.admin, "/api/v1/audit?limit=2&cursor=1000000", `FROM "audit_entries"`, "audit_entries", false},
		{"the ledger of a deed", s.admin, "/api/v1/audit?limit=2&action=quiz.started&cursor=1000000", `FROM "audit_entries"`, "audit_by_action", false},
		{"the ledger of a thing", s.admin, "/api/v1/audit?limit=2&cursor=1000000&object=" + s.enrollment, `FROM "audit_entries"`, "audit_by_object", false},
		{"the ledger of a person", s.admin, "/api/v1/audit?limit=2&cursor=1000000&actor=" + s.trainee.id, `FROM "audit_entries"`, "audit_by_actor", false},
		{"my logs", s.trainee, s.at("logs?%s", page), `LIMIT`, "practicum_logs_by_enrollment", false},
		{"records", s.trainee, s.at("records?%s", page), `LIMIT`, "records_list", false},
		{"the record queue", s.instructor, "/api/v1/record-queue?" + page, `LIMIT`, "records_queue", false},
		{"holds", s.trainee, s.at("holds"), `FROM "holds"`, "holds_by_enrollment", false},
		{"waivers", s.trainee, s.at("waivers"), `FROM "waivers"`, "waivers_by_enrollment", false},
		{"deeds", s.trainee, s.at("deeds"), `FROM "enrollment_deeds"`, "enrollment_deeds", false},
		{"attendance", s.trainee, s.at("attendance"), `FROM "presences"`, "presences_by_(enrollment|event)", true},
		{"challenges", s.admin, "/api/v1/challenges?" + page, `FROM "quiz_challenges"`, "quiz_challenges", false},
		{"challenges that wait", s.instructor, "/api/v1/challenges?waiting=true&" + page, `FROM "quiz_challenges"`, "quiz_challenges_waiting", false},
		{"the quizzes of a page of a cohort", s.instructor, cohort + "/progress", `FROM "quiz_attempts"`, "quiz_regraded", true},
		{"regrades", s.admin, "/api/v1/regrades?" + page, `FROM "quiz_regrades"`, "quiz_regrades", false},
		{"extensions of a cohort", s.instructor, cohort + "/modules/science/extensions", `FROM "quiz_extensions"`, "quiz_extensions_by_cohort", false},
	}
}

// An end-to-end read of a table, or a sort, as the two databases say it.
var (
	wholeTable = regexp.MustCompile(`Seq Scan on (\w+)|SCAN (\w+)$`)
	sorting    = regexp.MustCompile(`Sort$|USE TEMP B-TREE FOR ORDER BY`)
)

// Issue 4.4: every list finds its rows by an index, in their order, however
// many there are.
func TestEveryListHasItsIndex(t *testing.T) {
	eachHome(t, func(t *testing.T, c app.Config) {
		s := filledSchool(t, c)
		for _, l := range s.listedRoutes() {
			s.ask(l.name, l.as, 200, "GET", l.path, nil, nil)
			st, ok := s.found(l.name, l.says)
			if !ok {
				t.Errorf("%s: no statement says %s:\n%s", l.name, l.says, s.texts(l.name))
				continue
			}
			plan := strings.Join(s.plan(st, true), "\n")
			by := regexp.MustCompile(`\b(` + l.by + `(_pkey|_\w+_key)?|sqlite_autoindex_` + l.by + `_\d)\b`)
			if !by.MatchString(uses(plan)) && !strings.Contains(plan, "PRIMARY KEY (") {
				t.Errorf("%s is not found by %s:\n%s\n%s", l.name, l.by, st.text, plan)
			}
			if w := wholeTable.FindString(plan); w != "" {
				t.Errorf("%s: %s:\n%s\n%s", l.name, w, st.text, plan)
			}
			if w := sorting.FindString(plan); w != "" && !l.sorted {
				t.Errorf("%s: %s:\n%s\n%s", l.name, w, st.text, plan)
			}
		}
	})
}

// uses lists the indexes of a plan.
func uses(plan string) string {
	var all []string
	for _, m := range regexp.MustCompile(`(?:using|on|INDEX) (\w+)`).FindAllStringSubmatch(plan, -1) {
		all = append(all, m[1])
	}
	return strings.Join(all, " ")
}

// found returns the statement of a request that says something.
func (s *ampleSchool) found(name, says string) (statement, bool) {
	for _, st := range s.sent[name] {
		if strings.Contains(st.text, says) {
			return st, true
		}
	}
	return statement{}, false
}
