package app_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/kapstone-lms/kapstone/internal/app"
)

// What was signed stays as it was signed: another name, another supervisor and
// another case afterwards change nothing in the hours.
func TestSignedHoursStayAsTheyWereSigned(t *testing.T) {
	eachHome(t, func(t *testing.T, c app.Config) {
		s := newSchool(t, c)
		s.admin.want(200, "PATCH", "/api/v1/users/"+s.instructor.id, body{"name": "=Ines Instructor", "version": 1}, nil)
		s.signedLog("preparation")
		s.signedLog("medicine")
		var before, after struct {
			Lines []struct {
				Minutes, Running int
				Counts           bool
				SignedBy         string `json:"signed_by"`
			}
			Sums []struct {
				Category, Phase, Role string
				Minutes               int
			}
			Acceptance string
		}
		s.trainee.want(200, "GET", s.at("hours"), nil, &before)
		if len(before.Lines) != 2 || !before.Lines[0].Counts || before.Lines[0].SignedBy != "=Ines Instructor" || !strings.Contains(before.Acceptance, "decision of the board") {
			t.Fatalf("the hours are %+v", before)
		}
		_, csv := s.trainee.do("GET", s.at("hours.csv"), nil)
		if !bytes.Contains(csv, []byte(`"'=Ines Instructor"`)) || bytes.Count(csv, []byte("\r\n")) != 3 {
			t.Errorf("the sheet is\n%s", csv)
		}
		status, pdf := s.trainee.do("GET", s.at("hours.pdf"), nil)
		if status != 200 || !bytes.HasPrefix(pdf, []byte("%PDF-")) {
			t.Errorf("the paper = %d, %d bytes", status, len(pdf))
		}
		s.admin.want(200, "PATCH", "/api/v1/users/"+s.instructor.id, body{"name": "Ines Married", "version": 2}, nil)
		other := person(t, s.App, "Olga Other", instructorGrant)
		s.admin.want(200, "PUT", s.at("supervisors"), body{"user_ids": []string{other.id}}, nil)
		s.trainee.want(200, "GET", s.at("hours"), nil, &after)
		if _, later := s.trainee.do("GET", s.at("hours.csv"), nil); !bytes.Equal(csv, later) {
			t.Errorf("after the correction of names and supervisors the sheet is\n%s, was\n%s", later, csv)
		}
		stranger := person(t, s.App, "Otto Other", traineeGrant)
		for _, path := range []string{"hours", "hours.csv", "hours.pdf", "episodes", "log-form"} {
			stranger.refused(404, "not_found", "GET", s.at("%s", path), nil)
		}
	})
}
