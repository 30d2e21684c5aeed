package practicum_test

import (
	"context"
	"errors"
	"maps"
	"strings"
	"testing"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/practicum"
	"github.com/kapstone-lms/kapstone/internal/schooltest"
)

// disputed is a graded log whose author disputes the grades, with the second
// rating that this opened and a colleague who may give it.
func (s *school) disputed(t *testing.T) (l *practicum.Log, second string, colleague context.Context) {
	t.Helper()
	colleague = s.Person("Oda Other", access.Grant{Role: access.Instructor, Program: s.Program})
	if _, err := s.Enrollments.SetSupervisors(s.Admin, s.enrollment, schooltest.IDs(s.Instructor, colleague)); err != nil {
		t.Fatal(err)
	}
	id := s.submitted(t, func(f *practicum.Form) { f.SelfRating = &good })
	l, err := s.logs.Grade(s.Instructor, id, verdict())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.logs.Dispute(s.trainee, id, "CANARY: I did call for help."); err != nil {
		t.Fatalf("Dispute = %v", err)
	}
	return l, s.toRate(t, colleague), colleague
}

// toRate is the one second rating that waits for somebody, "" for none.
func (s *school) toRate(t *testing.T, who context.Context) string {
	t.Helper()
	rows, err := s.logs.ToRate(who, "", 10)
	if err != nil || len(rows) > 1 {
		t.Fatalf("ToRate = %v, %v; want one at most", rows, err)
	}
	if len(rows) == 0 {
		return ""
	}
	if r := rows[0]; r.FirstID != "" || len(r.First) != 0 || r.Said != "" {
		t.Errorf("ToRate tells %+v, want nothing of the first rating", r)
	}
	return rows[0].ID
}

func TestASecondRaterSeesNothingOfTheFirst(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		l, second, colleague := s.disputed(t)
		got, err := s.logs.ReadToRate(colleague, second)
		if err != nil || got.Reflection != l.Reflection || len(got.Grades) != 0 || got.Feedback != "" || got.GraderID != "" || len(got.SelfRating) != 0 {
			t.Fatalf("ReadToRate = %+v, %v; want the log as nobody has graded it", got, err)
		}
		if _, err := s.logs.ReadToRate(s.Instructor, second); !errors.Is(err, practicum.ErrFirst) {
			t.Errorf("ReadToRate by the first rater = %v, want ErrFirst", err)
		}
		if id := s.toRate(t, s.Instructor); id != "" {
			t.Errorf("ToRate gives the first rater %s", id)
		}
		if _, err := s.logs.Read(colleague, l.ID); err != nil { // now they know
			t.Fatal(err)
		}
		if _, err := s.logs.SecondRate(colleague, second, verdict()); !errors.Is(err, practicum.ErrSaw) {
			t.Errorf("SecondRate by one who read the grades = %v, want ErrSaw", err)
		}
		third := s.Person("Theo Third", access.Grant{Role: access.Supervisor, Program: s.Program})
		if _, err := s.logs.SecondRate(third, second, verdict()); err == nil || errors.Is(err, practicum.ErrSaw) {
			t.Errorf("SecondRate by a stranger = %v, want that there is no such thing", err)
		}
		if _, err := s.logs.NameRater(s.Admin, second, access.From(third).ID); err != nil {
			t.Fatalf("NameRater = %v", err)
		}
		if _, err := s.logs.SecondRate(third, second, verdict()); err != nil {
			t.Errorf("SecondRate by who was named = %v", err)
		}
		if _, err := s.logs.SecondRate(third, second, verdict()); !errors.Is(err, practicum.ErrRated) {
			t.Errorf("SecondRate once more = %v, want ErrRated", err)
		}
	})
}

func TestADisputedLogIsSignedWhenItWasRatedAgain(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		l, second, colleague := s.disputed(t)
		if _, err := s.logs.Dispute(s.trainee, l.ID, "Once more."); err != nil {
			t.Errorf("Dispute again = %v, want nothing new", err)
		}
		sign := func() error {
			return errOf(s.logs.Countersign(s.Instructor, l.ID, "reviewed", schooltest.Password, ""))
		}
		if err := sign(); !errors.Is(err, practicum.ErrDisputed) {
			t.Errorf("Countersign of a disputed log = %v, want ErrDisputed", err)
		}
		v := low(practicum.Grades{"c3": 2, "c7": 3})
		got, err := s.logs.SecondRate(colleague, second, v)
		if err != nil || got.Said != "CANARY: I did call for help." || got.Feedback != v.Feedback || !maps.Equal(got.Apart(), map[string]int{"c3": 2}) {
			t.Fatalf("SecondRate = %+v, %v; want the difference in c3, and c7 left out", got, err)
		}
		if after, err := s.logs.Read(s.trainee, l.ID); err != nil || !maps.Equal(after.Grades, l.Grades) {
			t.Errorf("the log's grades are %v, %v; want the first rater's", after.Grades, err)
		}
		if _, err := s.logs.Dispute(s.trainee, l.ID, "Once more."); !errors.Is(err, practicum.ErrSecond) {
			t.Errorf("Dispute of a log that was rated twice = %v, want ErrSecond", err)
		}
		if err := sign(); err != nil {
			t.Errorf("Countersign after the second rating = %v", err)
		}
	})
}

func errOf(_ *practicum.Log, err error) error { return err }

// A log that goes back is rated by nobody until it is graded anew, and then of
// those grades.
func TestASecondRatingFollowsItsLog(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		l, second, colleague := s.disputed(t)
		lines := []practicum.Line{{LogID: l.ID, ContentSHA256: l.ContentSHA256(), Sent: &practicum.SentBack{Reason: "unclear", Message: "Say more."}}}
		out, err := s.logs.CountersignAll(s.Instructor, lines, "reviewed", schooltest.Password, "")
		if err != nil || out[0].Refused != nil {
			t.Fatalf("sending back a disputed log = %v, %v", out, err)
		}
		if id := s.toRate(t, colleague); id != "" {
			t.Errorf("a log that went back waits for a second rater: %s", id)
		}
		if _, err := s.logs.ReadToRate(colleague, second); err == nil {
			t.Error("a second rater reads a log that went back")
		}
		if _, err := s.logs.Submit(s.trainee, l.ID); err != nil {
			t.Fatal(err)
		}
		again := low(practicum.Grades{"c3": 2})
		if _, err := s.logs.Grade(s.Instructor, l.ID, again); err != nil {
			t.Fatal(err)
		}
		got, err := s.logs.SecondRate(colleague, second, again)
		if err != nil || !maps.Equal(got.First, again.Grades) {
			t.Errorf("SecondRate = %+v, %v; want it beside the new grades", got, err)
		}
	})
}

// Whoever may rate a log a second time is not shown its grades on the way.
func TestALogThatWaitsForASecondRaterIsNotShownToSign(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		toSign := func(who context.Context) int {
			t.Helper()
			rows, err := s.logs.ToSign(who, "", 10)
			if err != nil {
				t.Fatal(err)
			}
			return len(rows)
		}
		_, _, colleague := s.disputed(t)
		if a, b := toSign(s.Instructor), toSign(colleague); a != 0 || b != 0 {
			t.Errorf("a disputed log is to be signed by %d and %d, want nobody", a, b)
		}
		s.under(t, "  second_percent: 100\n")
		s.at(t, practicum.Graded)
		other := s.teacher(t, "Pia Other")
		if a, b := toSign(s.Instructor), toSign(other); a != 1 || b != 0 {
			t.Errorf("a drawn log is shown to its grader %d times and to a colleague %d times, want once and never", a, b)
		}
	})
}

func TestOnlyTheAuthorDisputesAGradedLog(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		for status, want := range map[practicum.Status]error{
			practicum.Draft: practicum.ErrNothing, practicum.Submitted: practicum.ErrNothing, practicum.Returned: practicum.ErrNothing,
			practicum.Countersigned: practicum.ErrLocked, practicum.Graded: nil,
		} {
			l := s.at(t, status)
			other, _ := s.Trainee("Otto Other", s.Cohort)
			if _, err := s.logs.Dispute(other, l.ID, "No."); err == nil {
				t.Errorf("somebody else disputed a %s log", status)
			}
			if _, err := s.logs.Dispute(s.trainee, l.ID, " \n"); !errors.Is(err, practicum.ErrReason) {
				t.Errorf("Dispute without a reason = %v", err)
			}
			if _, err := s.logs.Dispute(s.trainee, l.ID, "No."); !errors.Is(err, want) {
				t.Errorf("Dispute of a %s log = %v, want %v", status, err, want)
			}
		}
	})
}

func TestWhatADisputeSaysIsSealed(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		l, _, _ := s.disputed(t)
		var said []byte
		if err := s.DB.NewRaw(`SELECT said FROM practicum_seconds WHERE log_id = ?`, l.ID).Scan(t.Context(), &said); err != nil || len(said) == 0 ||
			strings.Contains(string(said), "CANARY") {
			t.Errorf("it lies in SQL as %q, %v", said, err)
		}
		var details string
		err := s.DB.NewRaw(`SELECT details FROM audit_entries WHERE action = 'log.disputed'`).Scan(t.Context(), &details)
		if err != nil || strings.Contains(details, "CANARY") {
			t.Errorf("the ledger says %s, %v", details, err)
		}
	})
}

// A share of all: the whole, so that the test needs no luck.
func TestTheShareOfTheProgramIsDrawnAndRecorded(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		if s.at(t, practicum.Graded); s.toRate(t, s.teacher(t, "Oda Other")) != "" {
			t.Error("a program that states no share has a second rating")
		}
		s.under(t, "  second_percent: 100\n")
		s.at(t, practicum.Graded)
		if s.toRate(t, s.teacher(t, "Pia Other")) == "" {
			t.Error("a program that rates all a second time has no second rating")
		}
		var details string
		err := s.DB.NewRaw(`SELECT details FROM audit_entries WHERE action = 'log.graded' ORDER BY seq DESC LIMIT 1`).Scan(t.Context(), &details)
		if err != nil || !strings.Contains(details, `"drawn":`) || !strings.Contains(details, `"second_percent":100`) {
			t.Errorf("the ledger says %s, %v; want what was drawn", details, err)
		}
	})
}

// CHECKS AZ-03: another program's director compares nobody here.
func TestDirectorsCompareTheirOwnRaters(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		_, second, colleague := s.disputed(t)
		if _, err := s.logs.SecondRate(colleague, second, low(practicum.Grades{"c3": 2})); err != nil {
			t.Fatal(err)
		}
		director := s.Person("Dora Director", access.Grant{Role: access.Director, Program: s.Program})
		foreign := s.Person("Fay Foreign", access.Grant{Role: access.Director, Program: "elsewhere"})
		if rows, err := s.logs.Compared(director, "", 10); err != nil || len(rows) != 1 || rows[0].Apart()["c3"] != 2 {
			t.Errorf("Compared = %v, %v; want the one pair", rows, err)
		}
		if rows, err := s.logs.Compared(foreign, "", 10); err != nil || len(rows) != 0 {
			t.Errorf("Compared by another program's director = %v, %v; want none", rows, err)
		}
		all, err := s.logs.Agreement(director, s.Program)
		if err != nil || len(all) != 12 { // six criteria that both graded, all together and the one pair
			t.Fatalf("Agreement = %d rows, %v; want 12", len(all), err)
		}
		if a := all[0]; a.Criterion != "c1" || a.FirstID != "" || a.N != 1 || a.Same != 1 || a.Known || !a.Linear.Few() {
			t.Errorf("Agreement in c1 = %+v, want one pair, too few to tell", a)
		}
		for _, program := range []string{s.Program, ""} {
			if all, err := s.logs.Agreement(foreign, program); err != nil || len(all) != 0 {
				t.Errorf("Agreement by another program's director = %v, %v; want none", all, err)
			}
		}
	})
}

// The ledger says in whose place a delegate graded.
func TestADelegateGradesInAnothersName(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		id := s.submitted(t, nil)
		delegate := s.Person("Sam Standin", access.Grant{Role: access.Instructor, Program: s.Program})
		if c, err := s.logs.Next(delegate, practicum.Want{}); err != nil || c != nil {
			t.Fatalf("Next before the delegation = %v, %v; want none", c, err)
		}
		if _, err := s.Enrollments.Delegate(s.Instructor, access.From(delegate).ID, "2026-11-24", "2026-11-30"); err != nil {
			t.Fatal(err)
		}
		if got := s.next(t, delegate, practicum.Want{}); got != id {
			t.Errorf("Next = %s, want %s", got, id)
		}
		l, err := s.logs.Grade(delegate, id, verdict())
		if err != nil || l.GraderID != access.From(delegate).ID {
			t.Fatalf("Grade = %v, %v; want it by the delegate", l, err)
		}
		if _, err := s.logs.Countersign(delegate, id, "reviewed", schooltest.Password, ""); err != nil {
			t.Fatalf("Countersign = %v", err)
		}
		var all []string
		want := `"stands_for":"` + access.From(s.Instructor).ID + `"`
		err = s.DB.NewRaw(`SELECT details FROM audit_entries WHERE object = ? AND actor_id = ?`, id, access.From(delegate).ID).Scan(t.Context(), &all)
		if err != nil || len(all) != 3 { // read, graded, signed
			t.Errorf("the ledger has %q, %v; want three deeds", all, err)
		}
		for _, details := range all {
			if !strings.Contains(details, want) {
				t.Errorf("the ledger says %s, want in whose place", details)
			}
		}
	})
}
