package app_test

import (
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/app"
	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/schooltest"
	"github.com/kapstone-lms/kapstone/modules"
)

// inOrder are the requirements of a program that orders its modules, and
// practice behind the first of them.
const inOrder = `requirements:
  - {id: ethics_safety, type: module_complete, module: ethics_safety, title: Ethics and safety}
  - {id: therapeutic_container, type: module_complete, module: therapeutic_container, after: [ethics_safety], title: The therapeutic container}
  - {id: preparation-logs, type: practicum_sessions_min, phase: preparation, count: 1, after: [ethics_safety], title: Practice a preparation session}
  - {id: personal-experience, type: personal_experience, title: Attest your own path}
  - {id: printed-name, type: printed_name, title: Confirm the name for your certificate}
`

// orderedSchool teaches the default program with its modules in order, and
// lessons that are opened first.
func orderedSchool(t *testing.T, c app.Config) *school {
	t.Helper()
	const file = "programs/kap_foundation.yaml"
	text, err := fs.ReadFile(modules.FS, file)
	if err != nil {
		t.Fatal(err)
	}
	_, requirements, _ := strings.Cut(string(text), "\nrequirements:\n")
	a := open(t, c)
	if err := a.Enrollments.Publish(t.Context(), schooltest.Course(t, schooltest.NextVersion,
		schooltest.Edit{File: file, Old: "lessons: any", New: "lessons: opened_first"},
		schooltest.Edit{File: file, Old: "requirements:\n" + requirements, New: inOrder},
	)); err != nil {
		t.Fatal(err)
	}
	return schoolOn(t, a)
}

func (s *school) lesson(module curriculum.ModuleKey, n int) string {
	return s.at("modules/%s/lessons/%s", module, s.Enrollments.Current().Module(module).Lessons[n].ID)
}

// passes takes a module's quiz as somebody who knows it.
func (s *school) passes(module string) {
	s.admin.t.Helper()
	a := s.start(module)
	for _, shown := range a.Items {
		s.trainee.want(200, "PUT", "/api/v1/attempts/"+a.ID+"/answers/"+shown.ID, body{"response": s.knows(module, shown), "revision": 0}, nil)
	}
	var r struct{ Passed bool }
	if s.trainee.want(200, "POST", "/api/v1/attempts/"+a.ID+"/submission", nil, &r); !r.Passed {
		s.admin.t.Fatalf("the quiz of %s is not passed", module)
	}
}

// knows looks the right response up in the bank, by the texts.
func (s *school) knows(module string, shown item) []string {
	s.admin.t.Helper()
	id := func(all []choice, text string) string {
		at := slices.IndexFunc(all, func(c choice) bool { return c.Text == text })
		if at < 0 {
			return ""
		}
		return all[at].ID
	}
	for _, it := range s.Enrollments.Current().Module(curriculum.ModuleKey(module)).Items {
		if it.Stem != shown.Stem || slices.ContainsFunc(it.Options, func(o curriculum.Option) bool { return id(shown.Options, o.Text) == "" }) {
			continue
		}
		response, err := it.Rename(it.Key(), func(o curriculum.OptionID) (curriculum.OptionID, bool) {
			at := slices.IndexFunc(it.Options, func(known curriculum.Option) bool { return known.ID == o })
			return curriculum.OptionID(id(shown.Options, it.Options[at].Text)), true
		})
		if err != nil {
			s.admin.t.Fatal(err)
		}
		return response
	}
	s.admin.t.Fatalf("nobody knows %q", shown.Stem)
	return nil
}

// locked wants everything that belongs to the second module refused, with the
// title of what comes first, and nothing kept of it.
func (s *school) locked(t *testing.T, when string) {
	t.Helper()
	kept := s.deeds(t)
	for _, tt := range []struct {
		method, path string
		body         any
	}{
		{"GET", s.lesson("therapeutic_container", 0), nil},
		{"PUT", s.lesson("therapeutic_container", 0) + "/completion", nil},
		{"POST", s.at("modules/therapeutic_container/attempts"), nil},
		{"POST", s.at("logs"), body{"kind": "role_play", "phase": "preparation"}},
		{"POST", s.at("logs"), body{}},
	} {
		p := s.trainee.refused(403, "prerequisite", tt.method, tt.path, tt.body)
		if p["detail"] != "Your program asks for this first: Ethics and safety." || p["requirement"] != "ethics_safety" {
			t.Errorf("%s: %s %s is refused with %v", when, tt.method, tt.path, p)
		}
	}
	s.admin.refused(403, "prerequisite", "POST", "/api/v1/certificates", body{"enrollment_ids": []string{s.enrollment}})
	if now := s.deeds(t); now != kept {
		t.Errorf("%s: what was refused left %d entries", when, now-kept)
	}
}

// CHECKS QZ-14: what a program orders the server keeps in order, whoever calls
// which route.
func TestModulesAreTakenInTheProgramsOrder(t *testing.T) {
	eachHome(t, func(t *testing.T, c app.Config) {
		s := orderedSchool(t, c)
		s.locked(t, "at the start")
		for path, status := range map[string]int{
			s.at("modules"): 200, s.at("modules/therapeutic_container"): 200, s.lesson("science", 0): 200, s.at("progress"): 200,
			s.lesson("ethics_safety", 0): 200,
		} {
			s.trainee.want(status, "GET", path, nil, nil)
		}
		if p := s.trainee.refused(403, "prerequisite", "PUT", s.lesson("ethics_safety", 1)+"/completion", nil); p["detail"] != "Open the lesson before you mark it complete." {
			t.Errorf("a lesson completed unread is refused with %v", p)
		}
		for n := range s.Enrollments.Current().Module("ethics_safety").Lessons {
			s.trainee.want(200, "GET", s.lesson("ethics_safety", n), nil, nil)
			s.trainee.want(200, "PUT", s.lesson("ethics_safety", n)+"/completion", nil, nil)
		}
		s.locked(t, "with its lessons only")
		s.passes("ethics_safety")
		for n := range s.Enrollments.Current().Module("therapeutic_container").Lessons {
			s.trainee.want(200, "GET", s.lesson("therapeutic_container", n), nil, nil)
			s.trainee.want(200, "PUT", s.lesson("therapeutic_container", n)+"/completion", nil, nil)
		}
		s.passes("therapeutic_container")
		log := "/api/v1/logs/" + s.log()
		s.instructor.want(200, "POST", log+"/grade", body{"grades": body{"c1": 3, "c2": 3, "c3": 3, "c4": 3, "c5": 3, "c6": 3, "c7": 3}, "feedback": "Steady work.", "observed_by": "direct"}, nil)
		s.instructor.want(200, "POST", log+"/countersignature", body{"meaning": "observed", "password": password}, nil)
		s.trainee.want(204, "PUT", s.at("personal-experience"), body{"attested": true}, nil)
		s.admin.refused(403, "prerequisite", "POST", "/api/v1/certificates", body{"enrollment_ids": []string{s.enrollment}})
		s.trainee.want(200, "PUT", s.at("printed-name"), nil, nil)
		s.admin.want(201, "POST", "/api/v1/certificates", body{"enrollment_ids": []string{s.enrollment}}, nil)
	})
}

// A waived prerequisite is as good as done. When the waiver is withdrawn what
// has begun goes on, and nothing new begins.
func TestWhatHasBegunGoesOn(t *testing.T) {
	eachHome(t, func(t *testing.T, c app.Config) {
		s := orderedSchool(t, c)
		director := person(t, s.App, "Dana Director", access.Grant{Role: access.Director})
		var waiver struct{ ID string }
		s.instructor.want(201, "POST", s.at("waivers"), body{"requirement": "ethics_safety", "reason": "Teaches it elsewhere.", "evidence": "Syllabus seen."}, &waiver)
		s.locked(t, "with a waiver that nobody has approved")
		director.want(200, "POST", "/api/v1/waivers/"+waiver.ID+"/approval", nil, nil)
		a := s.start("therapeutic_container")
		s.trainee.want(200, "GET", s.lesson("therapeutic_container", 0), nil, nil)
		s.trainee.want(200, "PUT", s.lesson("therapeutic_container", 0)+"/completion", nil, nil)
		var draft struct{ ID string }
		s.trainee.want(201, "POST", s.at("logs"), body{"kind": "role_play", "phase": "preparation"}, &draft)
		sent := "/api/v1/logs/" + s.log()
		s.instructor.want(200, "POST", sent+"/return", body{"reason": "incomplete", "message": "Say more."}, nil)
		director.want(200, "POST", "/api/v1/waivers/"+waiver.ID+"/withdrawal", body{"note": "The syllabus was another's."}, nil)
		s.trainee.refused(403, "prerequisite", "GET", s.lesson("therapeutic_container", 1), nil)
		s.trainee.refused(403, "prerequisite", "POST", "/api/v1/logs/"+draft.ID+"/submission", nil)
		s.trainee.want(200, "GET", s.lesson("therapeutic_container", 0), nil, nil)
		s.trainee.want(200, "POST", sent+"/submission", nil, nil)
		s.trainee.want(200, "POST", s.at("modules/therapeutic_container/attempts"), nil, nil)
		if status, answer := s.save(a, 0, 0, 0); status != 200 {
			t.Errorf("a save in an attempt that is open: %d %s", status, answer)
		}
		s.trainee.want(200, "POST", "/api/v1/attempts/"+a.ID+"/submission", nil, nil)
		s.trainee.refused(403, "prerequisite", "POST", s.at("modules/therapeutic_container/attempts"), nil)
	})
}
