package practicum_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/fault"
	"github.com/kapstone-lms/kapstone/internal/practicum"
	"github.com/kapstone-lms/kapstone/internal/schooltest"
)

// CHECKS AZ-02, AZ-03, PH-02: everyone but author and supervisors gets what a
// made-up id gets.
func TestALogIsBetweenItsAuthorAndSupervisors(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		l := s.at(t, practicum.Submitted)
		other, _ := s.Trainee("Otto Other", s.Cohort)
		elsewhere := s.Person("Ivo Elsewhere", access.Grant{Role: access.Instructor, Program: s.Program})
		s.OpenCohort("Spring", elsewhere)
		deeds := func(ctx context.Context, id string) map[string]error {
			return map[string]error{
				"read": second(s.logs.Read(ctx, id)), "edit": second(s.logs.Edit(ctx, id, practicum.Form{}, 1)), "submit": second(s.logs.Submit(ctx, id)),
				"grade": second(s.logs.Grade(ctx, id, verdict())), "return": second(s.logs.Return(ctx, id, "other", "x", 0)),
				"sign": second(s.logs.Countersign(ctx, id, "reviewed", schooltest.Password, "")),
			}
		}
		before := rows(t, s, l.ID)
		for name, ctx := range map[string]context.Context{"another trainee": other, "another cohort's instructor": elsewhere, "the admin": s.Admin} {
			foreign, madeUp := deeds(ctx, l.ID), deeds(ctx, db.NewID())
			for deed, err := range foreign {
				if deed == "read" && name == "the admin" && errors.Is(err, practicum.ErrWhyRead) {
					continue // see TestWhoReadsALogAndWhy
				}
				if err == nil || fmt.Sprint(fault.Of(err)) != fmt.Sprint(fault.Of(madeUp[deed])) {
					t.Errorf("%s by %s: %v for a log, %v for a made-up one", deed, name, err, madeUp[deed])
				}
			}
		}
		if got := changed(before, rows(t, s, l.ID)); len(got) > 0 {
			t.Errorf("strangers changed %v", got)
		}
		for name, id := range map[string]string{"a foreign enrollment": s.enrollment, "a made-up one": db.NewID(), "no id": "x"} {
			if _, err := s.logs.Create(other, id, practicum.Form{}); !errors.Is(err, db.ErrNone) {
				t.Errorf("Create in %s = %v, want ErrNone", name, err)
			}
			if _, err := s.logs.Mine(other, id, "", 10); !errors.Is(err, db.ErrNone) {
				t.Errorf("Mine of %s = %v, want ErrNone", name, err)
			}
		}
		if _, err := s.logs.Read(s.Instructor, l.ID); err != nil {
			t.Errorf("Read by the supervisor = %v", err)
		}
		rows, err := audit.List(s.Admin, s.DB, audit.Query{Action: "log.read", Limit: 10})
		if err != nil || len(rows) != 1 || rows[0].ActorID != access.From(s.Instructor).ID {
			t.Errorf("the ledger has %d readings (%v), want the supervisor's", len(rows), err)
		}
		if _, err := s.logs.Read(s.trainee, l.ID); err != nil {
			t.Errorf("Read by the author = %v", err)
		}
		rows, err = audit.List(s.Admin, s.DB, audit.Query{Object: l.ID, Limit: 50})
		seen := make(map[string]int)
		for _, e := range rows {
			seen[e.Action+" by "+e.ActorID]++
		}
		if err != nil || seen["log.read by "+access.From(s.trainee).ID] != 1 || seen["access.denied by "+access.From(other).ID] != 3 ||
			seen["access.denied by "+access.From(elsewhere).ID] != 4 {
			t.Errorf("the ledger has %v (%v), want the author's reading and what was denied", seen, err)
		}
		supervisor := s.Person("Sana Supervisor", access.Grant{Role: access.Supervisor, Program: s.Program})
		if _, err := s.Enrollments.SetSupervisors(s.Admin, s.enrollment, schooltest.IDs(supervisor)); err != nil {
			t.Fatal(err)
		}
		for deed, err := range deeds(s.Instructor, l.ID) {
			if deed != "edit" && deed != "submit" && !errors.Is(err, db.ErrNone) {
				t.Errorf("%s by the instructor once another is named = %v, want ErrNone", deed, err)
			}
		}
		if _, err := s.logs.Grade(supervisor, l.ID, verdict()); err != nil {
			t.Errorf("Grade by the named supervisor = %v", err)
		}
	})
}

// CHECKS PH-01: no text of a log lies open in the database.
func TestTextsAreSealedAtRest(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		f := rolePlay(practicum.Preparation)
		f.Reflection = ptr(words + "CANARY-ONE")
		l := s.create(t, f)
		if _, err := s.logs.Submit(s.trainee, l.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := s.logs.Return(s.Instructor, l.ID, "unclear", "CANARY-TWO", 0); err != nil {
			t.Fatal(err)
		}
		if _, err := s.logs.Submit(s.trainee, l.ID); err != nil {
			t.Fatal(err)
		}
		v := verdict()
		v.Feedback = "CANARY-THREE"
		if _, err := s.logs.Grade(s.Instructor, l.ID, v); err != nil {
			t.Fatal(err)
		}
		returned := s.at(t, practicum.Submitted)
		if _, err := s.logs.Return(s.Instructor, returned.ID, "unclear", "CANARY-FOUR", 0); err != nil {
			t.Fatal(err)
		}
		for _, id := range []string{l.ID, returned.ID} {
			for column, value := range rows(t, s, id) {
				if strings.Contains(value, "CANARY") || strings.Contains(value, words[:20]) {
					t.Errorf("column %s holds the text as it is", column)
				}
			}
		}
		var ledger []string
		if err := s.DB.NewRaw(`SELECT details FROM audit_entries`).Scan(t.Context(), &ledger); err != nil || strings.Contains(fmt.Sprint(ledger), "CANARY") {
			t.Errorf("the ledger holds the text (%v)", err)
		}
		if got, err := s.logs.Read(s.trainee, l.ID); err != nil || got.Feedback != "CANARY-THREE" || !strings.HasSuffix(got.Reflection, "CANARY-ONE") {
			t.Errorf("Read = %v, %v", got, err)
		}
	})
}

// A text opens only in its own place.
func TestATextMovedToAnotherLogDoesNotOpen(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		from, to := s.create(t, rolePlay(practicum.Preparation)), s.create(t, rolePlay(practicum.Medicine))
		if err := s.tamper(t, `UPDATE practicum_logs SET reflection = (SELECT reflection FROM practicum_logs WHERE id = ?) WHERE id = ?`, from.ID, to.ID); err != nil {
			t.Fatal(err)
		}
		if l, err := s.logs.Read(s.trainee, to.ID); err == nil || fault.Of(err) != nil {
			t.Errorf("Read = %+v, %v; want a failure of ours", l, err)
		}
		if _, err := s.logs.Edit(s.trainee, to.ID, practicum.Form{Minutes: ptr(50)}, 1); err == nil {
			t.Error("Edit wrote over a text that does not open")
		}
		other, _ := s.Trainee("Otto Other", s.Cohort)
		for deed, err := range map[string]error{
			"read": second(s.logs.Read(other, to.ID)), "edit": second(s.logs.Edit(other, to.ID, practicum.Form{}, 1)),
			"submit": second(s.logs.Submit(other, to.ID)),
		} {
			if !errors.Is(err, db.ErrNone) {
				t.Errorf("%s by a stranger = %v, want ErrNone as for any other", deed, err)
			}
		}
	})
}

// No id, order or instant joins a case line to its work line but the log's own
// id.
func TestTheCaseLineHasANameOfItsOwn(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		var ids []string
		for range 12 {
			s.create(t, rolePlay(practicum.Preparation))
		}
		if err := s.DB.NewRaw(`SELECT id FROM practicum_cases ORDER BY log_id`).Scan(t.Context(), &ids); err != nil {
			t.Fatal(err)
		}
		if slices.IsSorted(ids) || slices.ContainsFunc(ids, db.IsID) {
			t.Errorf("the case lines are named %v in the order of their logs, want names that tell no order", ids)
		}
	})
}

// CODE 10: the database keeps the promise too.
func TestTheDatabaseRefusesWhatTheRulesRefuse(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		l := s.at(t, practicum.Countersigned)
		for _, set := range []string{
			"status = 'approved'", "status = 'graded'", "kind = 'friend'", "phase = ''", "minutes = 481", "contact = 61", "participants = 21",
			"role = 'boss'", "route = 'im'", "dose_band = '100 mg'", "knew_whom = 'maybe'", "meaning = ''", "signer_id = ''", "attested = ''",
			"version = 0", "content_hash = ''", "submitted_at = NULL", "graded_at = NULL", "observed_by = 'hearsay'", "enrollment_id = 'nobody'",
		} {
			if err := s.tamper(t, `UPDATE practicum_logs SET `+set+` WHERE id = ?`, l.ID); err == nil {
				t.Errorf("the database took %s", set)
			}
		}
		for _, set := range []string{"seq = 61", "seq = 0", "days = 366", "case_ref = 'JR'", "log_id = 'nothing'"} {
			if err := s.tamper(t, `UPDATE practicum_cases SET `+set+` WHERE log_id = ?`, l.ID); err == nil {
				t.Errorf("the database took %s", set)
			}
		}
	})
}
