package app_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/app"
	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/modules"
)

// A change is an answer to a deed or a move.
type change struct {
	DryRun  bool     `json:"dry_run"`
	Version int64    `json:"version"`
	Changes []string `json:"changes"`
	Deed    *struct {
		ID     string `json:"id"`
		Letter string `json:"letter"`
	} `json:"deed"`
	Before, After struct {
		Status         string `json:"status"`
		ClockDays      int    `json:"clock_days"`
		ProgramVersion int    `json:"program_version"`
		Cohort         struct{ ID, Name string }
		Supervisors    []struct{ ID, Name string }
	}
	Progress struct {
		Requirements []struct{ ID, Change string }
	}
}

// advance moves the clock on by days. Tokens age with it.
func (s *school) advance(t *testing.T, days int) {
	t.Helper()
	(&caller{t: t, app: s.App}).want(200, "PUT", "/_test/clock", map[string]int{"advance_seconds": days * 24 * 60 * 60}, nil)
	for _, who := range []*caller{s.admin, s.instructor, s.trainee} {
		who.signIn(strings.ToLower(strings.ReplaceAll(who.name, " ", ".")) + "@school.test")
	}
}

// day is a day from today, where the school's cohorts are.
func (s *school) day(t *testing.T, days int) string {
	t.Helper()
	zone, err := time.LoadLocation("America/Denver")
	if err != nil {
		t.Fatal(err)
	}
	return s.Clock.Now().In(zone).AddDate(0, 0, days).Format(time.DateOnly)
}

// The life of an enrollment, as an admin leads it and a trainee reads it.
func TestAnEnrollmentsLife(t *testing.T) {
	eachHome(t, func(t *testing.T, c app.Config) {
		s := newSchool(t, c)
		spring := s.openCohort("Spring", person(t, s.App, "Ivo Elsewhere", access.Grant{Role: access.Instructor}))
		late := person(t, s.App, "Lena Late")
		var raw json.RawMessage
		s.admin.want(201, "POST", "/api/v1/cohorts/"+s.cohort+"/enrollments", map[string]string{"user_id": late.id, "effective_on": s.day(t, -90)}, &raw)
		if says := string(raw); !strings.Contains(says, `"status":"active","starts_on":"`+s.day(t, -90)+`"`) || strings.Contains(says, "track") {
			t.Errorf("enrolled as of three months ago: %s", raw)
		}
		s.admin.refused(422, "bad_start", "POST", "/api/v1/cohorts/"+spring+"/enrollments", map[string]string{"user_id": late.id, "effective_on": s.day(t, 1)})
		s.admin.refused(422, "bad_track", "POST", "/api/v1/cohorts/"+spring+"/enrollments", map[string]string{"user_id": late.id, "track": "x"})

		var would, did, again change
		transfer := map[string]any{"kind": "transfer", "cohort_id": spring, "reason": "The evenings suit better.", "dry_run": true}
		s.admin.want(200, "POST", s.at("deeds"), transfer, &would)
		if would.Deed.ID != "" || would.After.Cohort.Name != "Spring" || would.After.Supervisors[0].Name != "Ivo Elsewhere" {
			t.Errorf("the dry run answers %+v", would)
		}
		s.instructor.want(200, "GET", s.at("progress"), nil, nil) // nothing was done yet
		transfer["dry_run"], transfer["version"] = false, would.Version
		status, body := s.admin.do("POST", s.at("deeds"), transfer, "Idempotency-Key", "one")
		if err := json.Unmarshal(body, &did); err != nil || status != 201 || fmt.Sprint(did.Changes) != fmt.Sprint(would.Changes) {
			t.Errorf("the deed = %d %s", status, body)
		}
		status, body = s.admin.do("POST", s.at("deeds"), transfer, "Idempotency-Key", "one")
		if err := json.Unmarshal(body, &again); err != nil || status != 201 || again.Deed.ID != did.Deed.ID {
			t.Errorf("the deed again = %d %s", status, body)
		}
		s.admin.refused(409, "stale_version", "POST", s.at("deeds"), map[string]any{"kind": "leave", "reason": "x", "version": would.Version})
		s.instructor.refused(404, "not_found", "GET", s.at("progress"), nil)

		s.admin.want(201, "POST", s.at("deeds"), map[string]any{"kind": "leave", "reason": "A sabbatical.", "until_on": s.day(t, 40)}, nil)
		s.admin.refused(409, "leave_overlaps", "POST", s.at("deeds"), map[string]any{"kind": "leave", "reason": "Another.", "effective_on": s.day(t, 39)})
		s.trainee.want(200, "GET", "/api/v1/enrollments/"+s.enrollment, nil, &raw)
		if !strings.Contains(string(raw), `"status":"on_leave"`) {
			t.Errorf("on leave the trainee reads %s", raw)
		}
		s.advance(t, 42) // the leave is over by itself
		s.admin.want(201, "POST", s.at("deeds"), map[string]any{"kind": "withdrawal", "reason": "Moved abroad."}, &did)
		if did.Before.Status != "active" || did.After.Status != "withdrawn" || did.Before.ClockDays != 2 {
			t.Errorf("the withdrawal answers %+v", did)
		}
		s.trainee.refused(409, "enrollment_ended", "POST", s.at("modules/science/attempts"), nil)
		s.trainee.refused(409, "enrollment_ended", "PUT", s.at("modules/science/lessons/sci-1/completion"), nil)
		s.trainee.want(200, "GET", s.at("modules"), nil, nil)
		var list struct {
			Items []struct{ Kind, Reason, Letter string }
		}
		s.trainee.want(200, "GET", s.at("deeds"), nil, &list)
		if len(list.Items) != 3 || list.Items[2].Kind != "withdrawal" || !strings.Contains(list.Items[2].Letter, "Dear Noor Vance") || !strings.Contains(list.Items[2].Letter, "Moved abroad.") {
			t.Errorf("the trainee reads %+v", list.Items)
		}
	})
}

// Who sees what of an enrollment's life, and who may lead it.
func TestWhoLeadsAnEnrollmentsLife(t *testing.T) {
	eachHome(t, func(t *testing.T, c app.Config) {
		s := newSchool(t, c)
		s.admin.want(201, "POST", s.at("deeds"), map[string]any{"kind": "extension", "days": 7, "reason": "Kittiwake."}, nil)
		other := person(t, s.App, "Otto Other", access.Grant{Role: access.Trainee})
		elsewhere := person(t, s.App, "Xenia Elsewhere", access.Grant{Role: access.Admin, Program: "another_program"})
		director := person(t, s.App, "Dana Director", access.Grant{Role: access.Director, Program: "kap_foundation"})
		stranger := &caller{t: t, app: s.App, name: "a stranger"}
		deed := map[string]any{"kind": "extension", "days": 1, "reason": "x", "dry_run": true}
		move := map[string]any{"version": 1, "reason": "x", "dry_run": true}
		cohort := "/api/v1/cohorts/" + s.cohort + "/edition"
		for _, tt := range []struct {
			as                        *caller
			read, deed, move, moveAll int
		}{
			{s.trainee, 200, 403, 403, 403},
			{other, 404, 403, 403, 403},
			{s.instructor, 200, 403, 403, 403},
			{s.admin, 200, 200, 200, 200},
			{director, 200, 200, 200, 200},
			{elsewhere, 404, 404, 404, 404},
			{stranger, 401, 401, 401, 401},
		} {
			for what, try := range map[string]struct {
				method, path string
				body         any
				want         int
			}{
				"read":     {"GET", s.at("deeds"), nil, tt.read},
				"do":       {"POST", s.at("deeds"), deed, tt.deed},
				"move":     {"POST", s.at("edition"), move, tt.move},
				"move all": {"POST", cohort, move, tt.moveAll},
			} {
				status, body := tt.as.do(try.method, try.path, try.body)
				if status != try.want {
					t.Errorf("%s by %s = %d %s, want %d", what, tt.as.name, status, body, try.want)
				}
				if says := strings.Contains(string(body), "Kittiwake"); what == "read" && says != (try.want == 200) || what != "read" && says {
					t.Errorf("%s by %s tells the reason: %v", what, tt.as.name, says)
				}
			}
		}
		none := strings.ReplaceAll(s.at("deeds"), s.enrollment, "0193d5a0-0000-7000-8000-000000000000")
		s.admin.refused(404, "not_found", "POST", none, deed)
		if _, body := s.admin.do("GET", "/api/v1/audit", nil); strings.Contains(string(body), "Kittiwake") || !strings.Contains(string(body), "enrollment.extension") {
			t.Errorf("the ledger: %s", body)
		}
		for name, tt := range map[string]struct {
			body any
			code string
		}{
			"no reason":        {map[string]any{"kind": "leave"}, "missing_field"},
			"a kind that none": {map[string]any{"kind": "edition", "reason": "x"}, "invalid"},
			"a stray field":    {map[string]any{"kind": "leave", "days": 3, "reason": "x"}, "field_not_used"},
			"a day that none":  {map[string]any{"kind": "leave", "effective_on": "2026-02-30", "reason": "x"}, "bad_day"},
		} {
			if p := s.admin.refused(422, tt.code, "POST", s.at("deeds"), tt.body); p["detail"] == "" {
				t.Errorf("%s: no sentence in %v", name, p)
			}
		}
	})
}

// newEdition publishes version 2 of the default program: the integration log
// is no longer asked for, a second preparation log is.
func newEdition(t *testing.T, s *school) {
	t.Helper()
	files := make(fstest.MapFS)
	err := fs.WalkDir(modules.FS, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(modules.FS, name)
		if name == "programs/kap_foundation.yaml" {
			var kept []string
			for _, line := range strings.Split(string(data), "\n") {
				if !strings.Contains(line, "id: integration-logs") {
					kept = append(kept, strings.Replace(line, "version: 1", "version: 2", 1))
				}
				if strings.Contains(line, "id: preparation-logs") {
					kept = append(kept, "      - {id: more-preparation-logs, type: practicum_sessions_min, phase: preparation, count: 2, shared: true, title: Practice preparation twice}")
				}
			}
			data = []byte(strings.Join(kept, "\n"))
		}
		files[name] = &fstest.MapFile{Data: data}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	course, err := curriculum.Load(files)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Enrollments.Publish(t.Context(), course); err != nil {
		t.Fatal(err)
	}
}

// A move shows first what it costs and brings; then it is done, once.
func TestAnEnrollmentIsMovedToANewEdition(t *testing.T) {
	eachHome(t, func(t *testing.T, c app.Config) {
		s := newSchool(t, c)
		other := person(t, s.App, "Otto Other", access.Grant{Role: access.Trainee})
		otto := s.enroll(s.cohort, other)
		s.trainee.want(200, "PUT", s.at("printed-name"), nil, nil)
		newEdition(t, s)
		s.trainee.want(200, "GET", s.at("progress"), nil, nil)
		s.admin.refused(409, "not_newest", "POST", s.at("edition"), map[string]any{"version": 1, "reason": "x"})
		var would, did change
		move := map[string]any{"version": 2, "reason": "A new edition.", "dry_run": true}
		s.admin.want(200, "POST", s.at("edition"), move, &would)
		var changes []string
		for _, r := range would.Progress.Requirements {
			if r.Change != "still_open" {
				changes = append(changes, r.ID+" "+r.Change)
			}
		}
		if want := []string{"more-preparation-logs new", "printed-name carried_over", "integration-logs gone"}; !slices.Equal(changes, want) {
			t.Errorf("the dry run says %v, want %v", changes, want)
		}
		var e struct {
			ProgramVersion int `json:"program_version"`
		}
		if s.trainee.want(200, "GET", "/api/v1/enrollments/"+s.enrollment, nil, &e); e.ProgramVersion != 1 {
			t.Errorf("after the dry run the version is %d", e.ProgramVersion)
		}
		var all struct {
			Items []struct {
				EnrollmentID string `json:"enrollment_id"`
				Name         string
				Moved        bool
				Code         string
				Changes      []string
				Progress     struct{ Requirements []struct{ ID, Change string } }
			}
		}
		cohort := "/api/v1/cohorts/" + s.cohort + "/edition"
		s.admin.want(200, "POST", cohort, move, &all)
		if len(all.Items) != 2 || all.Items[0].Name != "Noor Vance" || all.Items[0].Moved || len(all.Items[0].Progress.Requirements) != 16 {
			t.Errorf("the cohort's dry run answers %+v", all)
		}
		move["dry_run"] = false
		s.admin.want(200, "POST", s.at("edition"), move, &did)
		if did.Before.ProgramVersion != 1 || did.After.ProgramVersion != 2 || did.Deed.Letter == "" {
			t.Errorf("the move answers %+v", did)
		}
		if s.trainee.want(200, "GET", "/api/v1/enrollments/"+s.enrollment, nil, &e); e.ProgramVersion != 2 {
			t.Errorf("after the move the version is %d", e.ProgramVersion)
		}
		if _, body := s.trainee.do("GET", s.at("progress"), nil); !strings.Contains(string(body), "more-preparation-logs") || strings.Contains(string(body), "integration-logs") {
			t.Errorf("after the move the progress is %s", body)
		}
		for i, want := range []string{"[false true]", "[false false]"} {
			status, body := s.admin.do("POST", cohort, move, "Idempotency-Key", fmt.Sprint("all", i))
			if err := json.Unmarshal(body, &all); err != nil || status != 200 {
				t.Fatalf("moving the cohort = %d %s", status, body)
			}
			if got := fmt.Sprint([]bool{all.Items[0].Moved, all.Items[1].Moved}); got != want || all.Items[1].EnrollmentID != otto {
				t.Errorf("moving the cohort, time %d: %s, want %s", i+1, got, want)
			}
		}
	})
}
