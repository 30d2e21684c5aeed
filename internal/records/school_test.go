package records_test

import (
	"context"
	"testing"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/dbtest"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/internal/records"
	"github.com/kapstone-lms/kapstone/internal/schooltest"
)

// A school with a program that asks for something of every kind.
type school struct {
	*schooltest.School
	records    *records.Service
	trainee    context.Context
	enrollment string
	supervisor context.Context // named for the trainee
	director   context.Context
	clearer    context.Context
	elsewhere  context.Context // an instructor of another cohort
	other      context.Context // another trainee
	theirs     string          // the other trainee's enrollment
}

func each(t *testing.T, f func(t *testing.T, s *school)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) { f(t, newSchool(t, d)) })
}

// today is where the schools' clock begins, in their cohorts' time zone.
const today = "2026-11-24"

func newSchool(t testing.TB, d *db.DB) *school {
	t.Helper()
	s := &school{School: schooltest.New(t, d)}
	s.records = records.New(d, s.Enrollments, s.People, s.Clock.Now)
	course := *s.Course
	program := *s.Course.Default()
	program.Version++
	program.Constraints.GroupMax = 6
	program.Requirements = asking
	course.Programs = []*curriculum.Program{&program}
	if err := s.Enrollments.Publish(t.Context(), &course); err != nil {
		t.Fatal(err)
	}
	s.supervisor = s.Person("Sol Supervisor", access.Grant{Role: access.Supervisor, Program: s.Program})
	s.director = s.Person("Dana Director", access.Grant{Role: access.Director, Program: s.Program})
	s.clearer = s.Person("Cleo Clearer", access.Grant{Role: access.Clearer, Program: s.Program})
	s.elsewhere = s.Person("Ivo Elsewhere", access.Grant{Role: access.Instructor, Program: s.Program})
	var e *enrollment.Enrollment
	s.trainee, e = s.Trainee("Noor Vance", s.Cohort)
	s.enrollment = e.ID
	if _, err := s.Enrollments.SetSupervisors(s.Admin, e.ID, schooltest.IDs(s.supervisor)); err != nil {
		t.Fatal(err)
	}
	s.other, e = s.Trainee("Otto Other", s.OpenCohort("Spring", s.elsewhere))
	s.theirs = e.ID
	return s
}

// asking is what the program asks for.
var asking = []curriculum.Requirement{
	{ID: "papers", Type: curriculum.AllOf, Of: []curriculum.Requirement{
		{ID: "intake", Type: curriculum.DocumentSubmitted, Subject: "intake_form"},
		{ID: "narrative", Type: curriculum.DocumentSubmitted, Subject: "personal_narrative"},
		{ID: "either", Type: curriculum.AnyOf, Of: []curriculum.Requirement{
			{ID: "paper", Type: curriculum.AssignmentAccepted, Subject: "reflection", PagesMin: 3},
			{ID: "instead", Type: curriculum.AlternativeTaken, Subject: "journal_club"},
		}},
	}},
	{ID: "ethics", Type: curriculum.AgreementSigned, Subject: "code_of_ethics", Edition: "2"},
	{ID: "age", Type: curriculum.Attestation, Subject: "age_21", Edition: "1"},
	{ID: "evaluation", Type: curriculum.Evaluation, Subject: "program"},
	{ID: "fee", Type: curriculum.FeeCleared, Subject: "admin"},
	{ID: "exam", Type: curriculum.ExamPassed, Subject: "final"},
	{ID: "signed", Type: curriculum.SignOff, By: []string{"director", "supervisor"}},
	{ID: "practiced", Type: curriculum.SignOff, By: []string{"instructor"}, Subject: "practicum"},
	{ID: "letter", Type: curriculum.Letter, By: []string{"supervisor"}},
}

// enter enters a record that must be taken.
func (s *school) enter(t testing.TB, as context.Context, r records.Record) *records.Record {
	t.Helper()
	got, err := s.records.Enter(as, s.enrollment, r)
	if err != nil {
		t.Fatalf("Enter(%+v) = %v", r, err)
	}
	return got
}

func hours() records.Record {
	return records.Record{Kind: records.Hours, Category: "didactic", Topic: "ethics", Delivery: "live_online", Minutes: 90, OnDay: today}
}

func consultation() records.Record {
	return records.Record{Kind: records.Consultation, Value: "individual", Minutes: 60, OnDay: today, PersonName: "Dr. Vera Lind"}
}

func license() records.Record {
	return records.Record{Kind: records.License, Subject: "LMFT", Jurisdiction: "CO", Value: "active", ExpiresOn: "2027-12-31"}
}

func clearance() records.Record {
	return records.Record{Kind: records.Clearance, Subject: "retreat", Value: "cleared", ExpiresOn: "2027-05-01"}
}

// full is a record of a kind with what it must have.
func full(k records.Kind) records.Record {
	switch k {
	case records.Hours:
		return hours()
	case records.Consultation:
		return consultation()
	case records.License:
		return license()
	case records.Clearance:
		return clearance()
	}
	subjects := map[records.Kind]string{
		records.Document: "intake_form", records.Attestation: "age_21", records.Agreement: "code_of_ethics", records.Assignment: "reflection",
		records.Evaluation: "program", records.Fee: "admin", records.Credential: "bls", records.Exam: "final", records.PriorTraining: "KTC",
		records.PriorPractice: "mental_health", records.Profession: "LCSW", records.Alternative: "journal_club", records.Module: "science",
	}
	values := map[records.Kind]string{
		records.Letter: "supervisor", records.Fee: "cleared", records.Exam: "passed", records.Admission: "admitted", records.SignOff: "director",
	}
	r := records.Record{Kind: k, Subject: subjects[k], Value: values[k]}
	if k == records.PriorPractice {
		r.Quantity = 3
	}
	return r
}

func second(_ *records.Record, err error) error { return err }
