package records_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/internal/fault"
	"github.com/kapstone-lms/kapstone/internal/records"
	"github.com/kapstone-lms/kapstone/internal/schooltest"
)

type change = func(*records.Record)

// Each refusal names the field and says the rule, and leaves nothing behind.
func TestBadInputNamesTheFieldAndTheRule(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		colleague := schooltest.IDs(s.Instructor)[0]
		for _, tt := range []struct {
			name   string
			as     context.Context
			of     records.Record
			change change
			field  string
			want   error
			says   string
		}{
			{"no kind", s.trainee, hours(), func(r *records.Record) { r.Kind = "" }, "kind", records.ErrKind, ""},
			{"a kind that is none", s.trainee, hours(), func(r *records.Record) { r.Kind = "poem" }, "kind", records.ErrKind, ""},
			{"a session", s.Admin, full(records.Session), nil, "kind", records.ErrEnter, "opening balance"},
			{"hours without a category", s.trainee, hours(), func(r *records.Record) { r.Category = " " }, "category", records.ErrMissing, "needs category"},
			{"hours without a delivery", s.trainee, hours(), func(r *records.Record) { r.Delivery = "" }, "delivery", records.ErrMissing, ""},
			{"hours without minutes", s.trainee, hours(), func(r *records.Record) { r.Minutes = 0 }, "minutes", records.ErrMissing, ""},
			{"hours without a day", s.trainee, hours(), func(r *records.Record) { r.OnDay = "" }, "on_day", records.ErrMissing, ""},
			{"hours with a subject", s.trainee, hours(), func(r *records.Record) { r.Subject = "x" }, "subject", records.ErrNotAsked, "Leave it out"},
			{"hours with pages", s.trainee, hours(), func(r *records.Record) { r.Quantity = 3 }, "quantity", records.ErrNotAsked, ""},
			{"minutes below nothing", s.trainee, hours(), func(r *records.Record) { r.Minutes = -1 }, "minutes", records.ErrNumber, "1 to 1440"},
			{"more than a day", s.trainee, hours(), func(r *records.Record) { r.Minutes = 1441 }, "minutes", records.ErrNumber, "1 to 1440"},
			{"more than a person's day", s.trainee, hours(), func(r *records.Record) { r.Minutes = 961 }, "minutes", records.ErrDayFull, "at most 16 hours"},
			{"a delivery that is none", s.trainee, hours(), func(r *records.Record) { r.Delivery = "post" }, "delivery", records.ErrValue, "live_online, live_in_person or async"},
			{"a category that is no key", s.trainee, hours(), func(r *records.Record) { r.Category = "Didactic Hours" }, "category", records.ErrWord, "such as didactic"},
			{"a topic with a line end", s.trainee, hours(), func(r *records.Record) { r.Topic = "a\nb" }, "topic", records.ErrText, ""},
			{"a note that turns the writing", s.trainee, hours(), func(r *records.Record) { r.Note = "a\u202eb" }, "note", records.ErrText, ""},
			{"a note that is no UTF-8", s.trainee, hours(), func(r *records.Record) { r.Note = "a\xff" }, "note", records.ErrText, ""},
			{"a note that is too long", s.trainee, hours(), func(r *records.Record) { r.Note = strings.Repeat("é", 501) }, "note", records.ErrLong, "500"},
			{"a day that is none", s.trainee, hours(), func(r *records.Record) { r.OnDay = "2026-11-31" }, "on_day", records.ErrDate, ""},
			{"a day in words", s.trainee, hours(), func(r *records.Record) { r.OnDay = "yesterday" }, "on_day", records.ErrDate, ""},
			{"tomorrow", s.trainee, hours(), func(r *records.Record) { r.OnDay = "2026-11-25" }, "on_day", records.ErrFuture, today},
			{"before the enrollment", s.trainee, hours(), func(r *records.Record) { r.OnDay = "2026-11-23" }, "on_day", records.ErrBefore, today},
			{"a consultation with nobody", s.trainee, consultation(), func(r *records.Record) { r.PersonName = "" }, "person_name", records.ErrMissing, ""},
			{"a consultation with two", s.trainee, consultation(), func(r *records.Record) { r.PersonID = colleague }, "person_name", records.ErrNotAsked, "not both"},
			{"a consultation with oneself", s.trainee, consultation(), func(r *records.Record) { r.PersonID, r.PersonName = schooltest.IDs(s.trainee)[0], "" }, "person_id", records.ErrPerson, ""},
			{"a consultation with a stranger", s.trainee, consultation(), func(r *records.Record) { r.PersonID, r.PersonName = db.NewID(), "" }, "person_id", records.ErrPerson, "person_name"},
			{"a consultation with no id", s.trainee, consultation(), func(r *records.Record) { r.PersonID, r.PersonName = "x", "" }, "person_id", records.ErrPerson, ""},
			{"a consultation above the cap", s.trainee, consultation(), func(r *records.Record) { r.Minutes = 481 }, "minutes", records.ErrNumber, "1 to 480"},
			{"a consultation of no variant", s.trainee, consultation(), func(r *records.Record) { r.Value = "chat" }, "value", records.ErrValue, "individual, group, mentoring or supervision"},
			{"a group of nobody knows", s.trainee, consultation(), func(r *records.Record) { r.Value = "group" }, "group_size", records.ErrMissing, ""},
			{"a group of one", s.trainee, consultation(), func(r *records.Record) { r.Value, r.GroupSize = "group", 1 }, "group_size", records.ErrNumber, ""},
			{"a group above the program's", s.trainee, consultation(), func(r *records.Record) { r.Value, r.GroupSize = "group", 7 }, "group_size", records.ErrNumber, "at most 6"},
			{"an individual group", s.trainee, consultation(), func(r *records.Record) { r.GroupSize = 3 }, "group_size", records.ErrNumber, ""},
			{"a document nobody asked for", s.trainee, full(records.Document), func(r *records.Record) { r.Subject = "passport" }, "subject", records.ErrAsked, "intake_form or personal_narrative"},
			{"an assignment nobody asked for", s.trainee, full(records.Assignment), func(r *records.Record) { r.Subject = "poem" }, "subject", records.ErrAsked, "reflection"},
			{"an assignment of too many pages", s.trainee, full(records.Assignment), func(r *records.Record) { r.Quantity = 501 }, "quantity", records.ErrNumber, "1 to 500 pages"},
			{"an assignment of too many sources", s.trainee, full(records.Assignment), func(r *records.Record) { r.Sources = 501 }, "sources", records.ErrNumber, "1 to 500 sources"},
			{"an agreement nobody asked for", s.trainee, full(records.Agreement), func(r *records.Record) { r.Subject = "age_21" }, "subject", records.ErrAsked, "code_of_ethics"},
			{"an agreement of another edition", s.trainee, full(records.Agreement), func(r *records.Record) { r.Edition = "1" }, "edition", records.ErrEdition, "edition 2"},
			{"an attestation of another edition", s.trainee, full(records.Attestation), func(r *records.Record) { r.Edition = "2" }, "edition", records.ErrEdition, ""},
			{"an agreement signed on another day", s.trainee, full(records.Agreement), func(r *records.Record) { r.OnDay = today }, "on_day", records.ErrNotAsked, ""},
			{"a form nobody asked for", s.trainee, full(records.Evaluation), func(r *records.Record) { r.Subject = "mood" }, "subject", records.ErrAsked, "program"},
			{"a form with an edition", s.trainee, full(records.Evaluation), func(r *records.Record) { r.Edition = "1" }, "edition", records.ErrEdition, "no editions"},
			{"a fee nobody asked for", s.Admin, full(records.Fee), func(r *records.Record) { r.Subject = "late" }, "subject", records.ErrAsked, "admin"},
			{"a fee half paid", s.Admin, full(records.Fee), func(r *records.Record) { r.Value = "half" }, "value", records.ErrValue, "cleared or open"},
			{"an exam nobody asked for", s.Admin, full(records.Exam), func(r *records.Record) { r.Subject = "midterm" }, "subject", records.ErrAsked, "final"},
			{"an exam above all", s.Admin, full(records.Exam), func(r *records.Record) { r.Quantity = 101 }, "quantity", records.ErrNumber, "1 to 100 percent"},
			{"an alternative nobody asked for", s.Admin, full(records.Alternative), func(r *records.Record) { r.Subject = "poem" }, "subject", records.ErrAsked, "journal_club"},
			{"a sign-off nobody asked for", s.supervisor, records.Record{Kind: records.SignOff, Value: "supervisor", Subject: "lunch"}, nil, "subject", records.ErrAsked, "practicum"},
			{"a sign-off by another role", s.supervisor, records.Record{Kind: records.SignOff, Value: "supervisor", Subject: "practicum"}, nil, "value", records.ErrAsked, "instructor"},
			{"a named letter", s.supervisor, full(records.Letter), func(r *records.Record) { r.Subject = "x" }, "subject", records.ErrAsked, "without a name"},
			{"a claim of a lapsed license", s.trainee, license(), func(r *records.Record) { r.Value = "lapsed" }, "value", records.ErrValue, "active or prelicensed"},
			{"a claim with the day of a check", s.trainee, license(), func(r *records.Record) { r.OnDay = today }, "on_day", records.ErrNotAsked, ""},
			{"a license of nowhere", s.trainee, license(), func(r *records.Record) { r.Jurisdiction = "" }, "jurisdiction", records.ErrMissing, ""},
			{"a license of a sentence", s.trainee, license(), func(r *records.Record) { r.Jurisdiction = "the State of Colorado" }, "jurisdiction", records.ErrWord, "such as CO"},
			{"a license of a long word", s.trainee, license(), func(r *records.Record) { r.Jurisdiction = strings.Repeat("C", 41) }, "jurisdiction", records.ErrLong, "40"},
			{"an active license that is over", s.trainee, license(), func(r *records.Record) { r.ExpiresOn = "2026-11-23" }, "expires_on", records.ErrExpiry, today},
			{"a clearance with a note", s.clearer, clearance(), func(r *records.Record) { r.Note = "blood pressure" }, "note", records.ErrNotAsked, ""},
			{"a clearance of a shade", s.clearer, clearance(), func(r *records.Record) { r.Value = "perhaps" }, "value", records.ErrValue, "cleared or not_cleared"},
			{"a credential that is over", s.trainee, full(records.Credential), func(r *records.Record) { r.ExpiresOn = "2026-01-01" }, "expires_on", records.ErrExpiry, ""},
			{"an end that is no day", s.trainee, full(records.Credential), func(r *records.Record) { r.ExpiresOn = "never" }, "expires_on", records.ErrDate, ""},
			{"practice without how much", s.trainee, full(records.PriorPractice), func(r *records.Record) { r.Quantity = 0 }, "minutes", records.ErrMissing, "how many years"},
			{"practice of a century", s.trainee, full(records.PriorPractice), func(r *records.Record) { r.Quantity = 61 }, "quantity", records.ErrNumber, "1 to 60 years"},
		} {
			r := tt.of
			if tt.change != nil {
				tt.change(&r)
			}
			_, err := s.records.Enter(tt.as, s.enrollment, r)
			f := fault.Of(err)
			if !errors.Is(err, tt.want) || f == nil || f.Field != tt.field || f.Text == "" || !strings.Contains(f.Text, tt.says) {
				t.Errorf("%s: %v, %+v; want %v at %s saying %q", tt.name, err, f, tt.want, tt.field, tt.says)
			}
		}
		if all, _, err := s.records.List(s.trainee, s.enrollment, "", 100); err != nil || len(all) != 0 {
			t.Errorf("what was refused is on record: %v, %v", all, err)
		}
	})
}

// What lies before an enrollment by its nature is taken, and what is found
// today is of today.
func TestWhatIsTaken(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		consultant := schooltest.IDs(s.supervisor)[0]
		for _, tt := range []struct {
			name   string
			as     context.Context
			of     records.Record
			change change
			day    string
		}{
			{"an earlier training", s.trainee, full(records.PriorTraining), func(r *records.Record) { r.OnDay = "2019-06-01" }, "2019-06-01"},
			{"earlier practice in minutes", s.trainee, full(records.PriorPractice), func(r *records.Record) { r.Quantity, r.Minutes, r.OnDay = 0, 60000, "2025-01-01" }, "2025-01-01"},
			{"a credential", s.trainee, full(records.Credential), func(r *records.Record) { r.OnDay, r.ExpiresOn = "2025-01-01", "2027-01-01" }, "2025-01-01"},
			{"a profession", s.trainee, full(records.Profession), nil, today},
			{"a claim of a license", s.trainee, license(), nil, today},
			{"a check of a license that lapsed", s.Admin, license(), func(r *records.Record) {
				r.Value, r.OnDay, r.ExpiresOn, r.Subject = "lapsed", "2026-11-20", "2026-10-31", "LCSW"
			}, "2026-11-20"},
			{"an application fee", s.Admin, full(records.Fee), func(r *records.Record) { r.OnDay = "2026-09-01" }, "2026-09-01"},
			{"an admission", s.director, full(records.Admission), func(r *records.Record) { r.OnDay = "2026-09-05" }, "2026-09-05"},
			{"a clearance", s.clearer, clearance(), nil, today},
			{"a group consultation", s.trainee, consultation(), func(r *records.Record) {
				r.Value, r.GroupSize, r.PersonID, r.PersonName = "group", 6, consultant, ""
			}, today},
			{"an individual one with somebody else", s.trainee, consultation(), nil, today},
			{"hours in person", s.trainee, hours(), func(r *records.Record) { r.Delivery, r.Note = "live_in_person", "  Two parts,\none break.  " }, today},
			{"hours of another topic", s.trainee, hours(), func(r *records.Record) { r.Topic = "" }, today},
			{"an agreement of the right edition", s.trainee, full(records.Agreement), func(r *records.Record) { r.Edition = "2" }, today},
			{"an attestation of no edition", s.trainee, full(records.Attestation), nil, today},
			{"a sign-off of something", s.Instructor, records.Record{Kind: records.SignOff, Subject: "practicum", Value: "instructor"}, nil, today},
		} {
			if tt.change != nil {
				tt.change(&tt.of)
			}
			got, err := s.records.Enter(tt.as, s.enrollment, tt.of)
			if err != nil || got.OnDay != tt.day || got.Version != 1 || got.EnrollmentID != s.enrollment {
				t.Errorf("%s: %+v, %v; want it taken on %s", tt.name, got, err, tt.day)
				continue
			}
			if got.Kind == records.Attestation && got.Edition != "1" {
				t.Errorf("%s: edition %q, want the program's", tt.name, got.Edition)
			}
			if got.Kind == records.Hours && got.Note != strings.TrimSpace(got.Note) {
				t.Errorf("%s: the note is %q", tt.name, got.Note)
			}
		}
	})
}

// A program that asks for nothing of a kind says so.
func TestAPlainProgramAsksForNoPapers(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		if err := s.Enrollments.Publish(t.Context(), s.Course); err != nil {
			t.Fatal(err)
		}
		trainee, e := s.Trainee("Pia Plain", s.OpenCohort("Plain", s.Instructor))
		_, err := s.records.Enter(trainee, e.ID, full(records.Document))
		if f := fault.Of(err); !errors.Is(err, records.ErrAsked) || f.Field != "kind" || !strings.Contains(f.Text, "does not ask for a document") {
			t.Errorf("a document = %v, %+v", err, f)
		}
		if _, err := s.records.Enter(trainee, e.ID, hours()); err != nil {
			t.Errorf("hours = %v", err)
		}
	})
}

// The day is that of the cohort, wherever the server stands: at four in the
// morning in London it is still yesterday in Denver.
func TestTheDayIsTheCohorts(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		s.Clock.Advance(19 * time.Hour) // 04:00 UTC on the 25th
		tomorrow := hours()
		tomorrow.OnDay = "2026-11-25"
		if _, err := s.records.Enter(s.trainee, s.enrollment, tomorrow); !errors.Is(err, records.ErrFuture) {
			t.Errorf("the day of London: %v, want ErrFuture", err)
		}
		s.Clock.Advance(4 * time.Hour)
		if _, err := s.records.Enter(s.trainee, s.enrollment, tomorrow); err != nil {
			t.Errorf("an hour after midnight in Denver: %v", err)
		}
	})
}

// What counts begins with the effective date of the enrollment, and what a
// trainee enters ends with it; staff put the records in order after that too.
func TestRecordsGoWithTheEnrollment(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		trainee := s.Person("Ela Early")
		e, err := s.Enrollments.EnrollAs(s.Admin, enrollment.Entry{CohortID: s.Cohort.ID, PersonID: access.From(trainee).ID, EffectiveOn: "2026-11-10"})
		if err != nil {
			t.Fatal(err)
		}
		p, err := s.People.Find(t.Context(), s.DB, e.PersonID)
		if err != nil {
			t.Fatal(err)
		}
		trainee = schooltest.As(t.Context(), p)
		r := hours()
		r.OnDay = "2026-11-10"
		made, err := s.records.Enter(trainee, e.ID, r)
		if err != nil {
			t.Errorf("on the effective date: %v", err)
		}
		r.OnDay = "2026-11-09"
		if _, err := s.records.Enter(trainee, e.ID, r); !errors.Is(err, records.ErrBefore) {
			t.Errorf("the day before: %v, want ErrBefore", err)
		}
		if _, err := s.Enrollments.Do(s.Admin, e.ID, enrollment.Form{Kind: enrollment.Withdraw, Reason: "Moved abroad."}); err != nil {
			t.Fatal(err)
		}
		for name, tt := range map[string]struct{ err, want error }{
			"the trainee enters":   {second(s.records.Enter(trainee, e.ID, consultation())), enrollment.ErrEnded},
			"the trainee corrects": {second(s.records.Correct(trainee, made.ID, hours(), 0)), enrollment.ErrEnded},
			"the trainee looks":    {listing(s.records.List(trainee, e.ID, "", 10)), nil},
			"the admin confirms":   {second(s.records.Confirm(s.Admin, made.ID, 0)), nil},
			"the admin enters":     {second(s.records.Enter(s.Admin, e.ID, full(records.Fee))), nil},
		} {
			if !errors.Is(tt.err, tt.want) {
				t.Errorf("%s after the end: %v, want %v", name, tt.err, tt.want)
			}
		}
	})
}

// The same thing on the same day is one record; what differs in what it is, and
// not in how it ended, is another.
func TestTheSameOnTheSameDayIsOne(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		for _, tt := range []struct {
			name   string
			as     context.Context
			of     records.Record
			change change
			same   bool
		}{
			{"hours of other length", s.trainee, hours(), func(r *records.Record) { r.Minutes = 30 }, true},
			{"hours of another topic", s.trainee, hours(), func(r *records.Record) { r.Topic = "trauma" }, false},
			{"the same consultation", s.trainee, consultation(), func(r *records.Record) { r.Note = "again" }, true},
			{"a consultation of another variant", s.trainee, consultation(), func(r *records.Record) { r.Value = "mentoring" }, false},
			{"a consultation with somebody else", s.trainee, consultation(), func(r *records.Record) { r.PersonName = "Dr. Otto" }, false},
			{"an exam with another end", s.Admin, full(records.Exam), func(r *records.Record) { r.Value = "failed" }, true},
			{"a fee with another end", s.Admin, full(records.Fee), func(r *records.Record) { r.Value = "open" }, true},
			{"a clearance with another end", s.clearer, clearance(), func(r *records.Record) { r.Value = "not_cleared" }, true},
			{"a license of another state", s.Admin, license(), func(r *records.Record) { r.Jurisdiction = "CA" }, false},
			{"a license with another status", s.Admin, license(), func(r *records.Record) { r.Value = "disciplined" }, true},
			{"a sign-off by another role", s.supervisor, records.Record{Kind: records.SignOff, Value: "supervisor"}, nil, false},
			{"a signature twice", s.trainee, full(records.Agreement), nil, true},
		} {
			switch tt.name {
			case "a sign-off by another role":
				s.enter(t, s.director, full(records.SignOff))
			case "hours of another topic", "a consultation of another variant", "a consultation with somebody else", "a license with another status":
			default:
				s.enter(t, tt.as, tt.of)
			}
			r := tt.of
			if tt.change != nil {
				tt.change(&r)
			}
			_, err := s.records.Enter(tt.as, s.enrollment, r)
			if errors.Is(err, records.ErrSame) != tt.same || !tt.same && err != nil {
				t.Errorf("%s: %v, same %v", tt.name, err, tt.same)
			}
			if f := fault.Of(err); tt.same && (f.Details["record_id"] == nil || !strings.Contains(f.Text, "Correct")) {
				t.Errorf("%s: %+v, want the id of the other", tt.name, f)
			}
		}
		if _, err := s.records.Enter(s.other, s.theirs, hours()); err != nil {
			t.Errorf("the same of somebody else: %v", err)
		}
	})
}

// A day holds sixteen hours, however they are cut.
func TestADayHoldsSixteenHours(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		for i, topic := range []string{"a", "b"} {
			r := hours()
			r.Topic, r.Minutes = topic, 400
			s.enter(t, []context.Context{s.trainee, s.Admin}[i], r) // one waits, one counts
		}
		c := consultation()
		c.Minutes = 161
		_, err := s.records.Enter(s.trainee, s.enrollment, c)
		if f := fault.Of(err); !errors.Is(err, records.ErrDayFull) || f.Field != "minutes" || !strings.Contains(f.Text, "800 are on record") {
			t.Errorf("961 minutes of a day: %v, %+v", err, f)
		}
		c.Minutes = 160
		r := s.enter(t, s.trainee, c)
		c.Minutes = 161
		if _, err := s.records.Correct(s.trainee, r.ID, c, 0); !errors.Is(err, records.ErrDayFull) {
			t.Errorf("corrected to 961 minutes: %v", err)
		}
		c.Minutes = 150
		if _, err := s.records.Correct(s.trainee, r.ID, c, 0); err != nil {
			t.Errorf("corrected to 950 minutes: %v", err)
		}
	})
}
