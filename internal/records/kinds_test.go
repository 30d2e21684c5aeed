package records_test

import (
	"context"
	"errors"
	"testing"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/fault"
	"github.com/kapstone-lms/kapstone/internal/records"
)

// policy says of every kind who enters it and what becomes of it, and who
// decides on it. It is written out a second time here, by name, so that a slip
// in the table of kinds is seen: w waits, c counts at once, - is refused.
var policy = map[records.Kind]struct{ trainee, instructor, supervisor, admin, director, clearer string }{
	records.Hours:         {"w", "c", "c", "c", "-", "-"},
	records.Consultation:  {"w", "c", "c", "c", "-", "-"},
	records.Document:      {"w", "c", "c", "c", "-", "-"},
	records.Attestation:   {"c", "-", "-", "-", "-", "-"},
	records.Agreement:     {"c", "-", "-", "-", "-", "-"},
	records.Assignment:    {"w", "c", "c", "c", "-", "-"},
	records.Letter:        {"-", "-", "c", "c", "-", "-"}, // the program asks for a supervisor's
	records.Evaluation:    {"c", "-", "-", "-", "-", "-"},
	records.Fee:           {"-", "-", "-", "c", "-", "-"},
	records.License:       {"w", "-", "-", "c", "-", "-"},
	records.Clearance:     {"-", "-", "-", "-", "-", "c"},
	records.Credential:    {"w", "c", "c", "c", "-", "-"},
	records.Exam:          {"-", "c", "-", "c", "-", "-"},
	records.PriorTraining: {"w", "c", "c", "c", "-", "-"},
	records.PriorPractice: {"w", "c", "c", "c", "-", "-"},
	records.Profession:    {"w", "c", "c", "c", "-", "-"},
	records.Admission:     {"-", "-", "-", "c", "c", "-"},
	records.SignOff:       {"-", "-", "-", "-", "c", "-"}, // of the director: see below
	records.Alternative:   {"-", "c", "-", "c", "-", "-"},
	records.Session:       {"-", "-", "-", "-", "-", "-"},
	records.Module:        {"-", "-", "-", "-", "-", "-"},
}

func TestWhoEntersWhat(t *testing.T) {
	if len(policy) != len(records.Kinds) {
		t.Fatalf("the policy has %d kinds, the table %d", len(policy), len(records.Kinds))
	}
	each(t, func(t *testing.T, s *school) {
		for _, k := range records.Kinds {
			p := policy[k]
			for name, tt := range map[string]struct {
				as   context.Context
				want string
			}{
				"trainee": {s.trainee, p.trainee}, "instructor": {s.Instructor, p.instructor}, "supervisor": {s.supervisor, p.supervisor},
				"admin": {s.Admin, p.admin}, "director": {s.director, p.director}, "clearer": {s.clearer, p.clearer},
			} {
				r := full(k)
				if k == records.Letter && name == "admin" {
					r.PersonName = "Sol Supervisor"
				}
				got := "-"
				made, err := s.records.Enter(tt.as, s.enrollment, r)
				switch {
				case err == nil && made.State == records.Submitted && made.DecidedBy == "":
					got = "w"
				case err == nil && made.State == records.Confirmed && made.DecidedBy == made.EnteredBy:
					got = "c"
				case err == nil:
					got = string(made.State) + " by " + made.DecidedBy
				case fault.Of(err) == nil:
					t.Errorf("%s by the %s: %v", k, name, err)
				}
				if got != tt.want {
					t.Errorf("%s by the %s: %s (%v), want %s", k, name, got, err, tt.want)
				}
				if err == nil {
					s.takeBack(t, made) // and make room for the next
				}
			}
		}
	})
}

// takeBack refuses a record with whoever may.
func (s *school) takeBack(t testing.TB, r *records.Record) {
	t.Helper()
	for _, as := range []context.Context{s.Admin, s.director} {
		if _, err := s.records.Refuse(as, r.ID, "Entered for a test.", 0); err == nil {
			return
		}
	}
	if r.Kind == records.Clearance { // it can only be corrected
		return
	}
	t.Fatalf("nobody takes back %s", r.Kind)
}

// Who decides on what waits: a license is checked by an admin, everything else
// by those who teach too; nobody else, and never the trainee.
func TestWhoDecidesOnWhat(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		for _, k := range records.Kinds {
			if policy[k].trainee != "w" {
				continue
			}
			for name, tt := range map[string]struct {
				as   context.Context
				want error
			}{
				"the trainee": {s.trainee, access.ErrForbidden}, "another trainee": {s.other, access.ErrForbidden},
				"the clearer": {s.clearer, access.ErrForbidden}, "another cohort's instructor": {s.elsewhere, db.ErrNone},
				"the director": {s.director, records.ErrDecide}, "the instructor": {s.Instructor, nil},
				"the supervisor": {s.supervisor, nil}, "the admin": {s.Admin, nil},
			} {
				if k == records.License && tt.want == nil && name != "the admin" {
					tt.want = records.ErrDecide
				}
				r := s.enter(t, s.trainee, full(k))
				got, err := s.records.Confirm(tt.as, r.ID, r.Version)
				if !errors.Is(err, tt.want) {
					t.Errorf("%s confirms %s: %v, want %v", name, k, err, tt.want)
				}
				if err == nil && (got.State != records.Confirmed || got.Version != 2 || got.DecidedAt.IsZero()) {
					t.Errorf("%s confirms %s: %+v", name, k, got)
				}
				if _, err := s.records.Refuse(s.Admin, r.ID, "Entered for a test.", 0); err != nil {
					t.Fatalf("Refuse = %v", err)
				}
			}
		}
	})
}

// Somebody of the staff who is a trainee too is a trainee to their own.
func TestNobodyConfirmsTheirOwn(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		both := s.Person("Bo Both", access.Grant{Role: access.Admin}, access.Grant{Role: access.Instructor})
		e, err := s.Enrollments.Enroll(s.Admin, s.Cohort.ID, access.From(both).ID)
		if err != nil {
			t.Fatal(err)
		}
		r, err := s.records.Enter(both, e.ID, hours())
		if err != nil || r.State != records.Submitted {
			t.Fatalf("Enter = %+v, %v; want a record that waits", r, err)
		}
		for name, err := range map[string]error{
			"confirm":    second(s.records.Confirm(both, r.ID, 0)),
			"refuse":     second(s.records.Refuse(both, r.ID, "No.", 0)),
			"carry over": noFile(s.records.OpenBalance(both, e.ID, "Old", "kind,day\nmodule,2025-01-01\n", true)),
		} {
			if !errors.Is(err, records.ErrOwn) {
				t.Errorf("%s: %v, want ErrOwn", name, err)
			}
		}
		if _, err := s.records.Enter(both, e.ID, full(records.Fee)); !errors.Is(err, records.ErrEnter) {
			t.Errorf("a fee of one's own: %v, want ErrEnter", err)
		}
		if queue, _, err := s.records.Queue(both, "", 10); err != nil || len(queue) != 0 {
			t.Errorf("the own record waits in the own queue: %v, %v", queue, err)
		}
	})
}

// A sign-off and a letter name a role that their writer has.
func TestARoleIsOneThatTheActorHas(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		both := s.Person("Bo Both", access.Grant{Role: access.Director}, access.Grant{Role: access.Admin})
		for _, tt := range []struct {
			name  string
			as    context.Context
			kind  records.Kind
			value string
			want  error
		}{
			{"the director", s.director, records.SignOff, "director", nil},
			{"the director as supervisor", s.director, records.SignOff, "supervisor", records.ErrValue},
			{"the supervisor", s.supervisor, records.SignOff, "supervisor", nil},
			{"the supervisor as director", s.supervisor, records.SignOff, "director", records.ErrValue},
			{"the instructor of what another signs", s.Instructor, records.SignOff, "instructor", records.ErrAsked},
			{"a role that signs nothing", s.Instructor, records.SignOff, "clearer", records.ErrValue},
			{"an admin", s.Admin, records.SignOff, "director", records.ErrEnter},
			{"an admin who is a director", both, records.SignOff, "director", records.ErrSame}, // the director did
			{"an admin who is none", both, records.SignOff, "supervisor", records.ErrValue},
			{"a letter by the instructor as supervisor", s.Instructor, records.Letter, "supervisor", records.ErrValue},
			{"a letter nobody asked for", s.Instructor, records.Letter, "instructor", records.ErrAsked},
			{"a letter by the supervisor", s.supervisor, records.Letter, "supervisor", nil},
			{"a letter without a writer", s.Admin, records.Letter, "supervisor", records.ErrMissing},
		} {
			r, err := s.records.Enter(tt.as, s.enrollment, records.Record{Kind: tt.kind, Value: tt.value})
			if !errors.Is(err, tt.want) {
				t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
			}
			if err == nil && tt.kind == records.Letter && r.PersonID != access.From(tt.as).ID {
				t.Errorf("%s: the writer is %q", tt.name, r.PersonID)
			}
		}
		if _, err := s.records.Enter(s.Admin, s.enrollment, records.Record{Kind: records.Letter, Value: "supervisor", PersonName: "Sol S."}); err != nil {
			t.Errorf("a letter recorded by an admin: %v", err)
		}
	})
}

// Another's enrollment and another's record answer like made-up ones.
func TestAnothersIsNotThere(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		r := s.enter(t, s.trainee, hours())
		c := s.enter(t, s.clearer, clearance())
		for name, err := range map[string]error{
			"a trainee enters":                     second(s.records.Enter(s.other, s.enrollment, hours())),
			"another cohort's instructor enters":   second(s.records.Enter(s.elsewhere, s.enrollment, hours())),
			"a made-up enrollment":                 second(s.records.Enter(s.trainee, db.NewID(), hours())),
			"no id at all":                         second(s.records.Enter(s.trainee, "x", hours())),
			"a trainee lists":                      listing(s.records.List(s.other, s.enrollment, "", 10)),
			"another cohort's instructor lists":    listing(s.records.List(s.elsewhere, s.enrollment, "", 10)),
			"a trainee corrects":                   second(s.records.Correct(s.other, r.ID, hours(), 0)),
			"another cohort's instructor corrects": second(s.records.Correct(s.elsewhere, r.ID, hours(), 0)),
			"another cohort's instructor refuses":  second(s.records.Refuse(s.elsewhere, r.ID, "No.", 0)),
			"a clearer corrects":                   second(s.records.Correct(s.clearer, r.ID, hours(), 0)),
			"an admin corrects a clearance":        second(s.records.Correct(s.Admin, c.ID, clearance(), 0)),
			"an instructor refuses a clearance":    second(s.records.Refuse(s.Instructor, c.ID, "No.", 0)),
			"an admin confirms a clearance":        second(s.records.Confirm(s.Admin, c.ID, 0)),
			"a made-up record":                     second(s.records.Confirm(s.Admin, db.NewID(), 0)),
			"a record without an id":               second(s.records.Correct(s.trainee, "x", hours(), 0)),
			"an instructor's opening balance":      noFile(s.records.OpenBalance(s.Instructor, s.enrollment, "Old", "kind,day\n", true)),
		} {
			want := error(db.ErrNone)
			if name == "an instructor's opening balance" {
				want = access.ErrForbidden
			}
			if !errors.Is(err, want) {
				t.Errorf("%s: %v, want %v", name, err, want)
			}
		}
	})
}

func listing(_ []*records.Record, _ string, err error) error { return err }
func noFile(_ *records.Balance, err error) error             { return err }

// Where second factors are required, staff need one for what counts at once;
// a trainee for nothing.
func TestWhatCountsAtOnceIsGrave(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		bare := func(ctx context.Context) context.Context {
			who := access.From(ctx)
			who.RequireMFA = true
			return access.With(ctx, who)
		}
		waiting := s.enter(t, s.trainee, hours())
		for name, tt := range map[string]struct{ err, want error }{
			"a trainee enters":     {second(s.records.Enter(bare(s.trainee), s.enrollment, consultation())), nil},
			"an instructor enters": {second(s.records.Enter(bare(s.Instructor), s.enrollment, full(records.Exam))), access.ErrMFA},
			"a clearer clears":     {second(s.records.Enter(bare(s.clearer), s.enrollment, clearance())), access.ErrMFA},
			"an admin corrects":    {second(s.records.Correct(bare(s.Admin), waiting.ID, hours(), 0)), access.ErrMFA},
			"an admin confirms":    {second(s.records.Confirm(bare(s.Admin), waiting.ID, 0)), access.ErrMFA},
			"an admin refuses":     {second(s.records.Refuse(bare(s.Admin), waiting.ID, "No.", 0)), access.ErrMFA},
			"an admin carries":     {noFile(s.records.OpenBalance(bare(s.Admin), s.enrollment, "Old", "kind,day\n", true)), access.ErrMFA},
			"an admin looks":       {listing(s.records.List(bare(s.Admin), s.enrollment, "", 10)), nil},
		} {
			if !errors.Is(tt.err, tt.want) {
				t.Errorf("%s: %v, want %v", name, tt.err, tt.want)
			}
		}
	})
}

// A clearance is whole for the trainee and clearers, an outcome for admins,
// and nothing for those who teach or read the ledger.
func TestWhoSeesAClearance(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		s.enter(t, s.trainee, hours())
		first := s.enter(t, s.clearer, records.Record{Kind: records.Clearance, Subject: "retreat", Value: "not_cleared"})
		now, err := s.records.Correct(s.clearer, first.ID, clearance(), 0)
		if err != nil {
			t.Fatal(err)
		}
		for name, tt := range map[string]struct {
			as         context.Context
			hours      int
			clearances int
			subject    string
		}{
			"the trainee": {s.trainee, 1, 2, "retreat"}, "a clearer": {s.clearer, 0, 2, "retreat"}, "the admin": {s.Admin, 1, 1, ""},
			"the instructor": {s.Instructor, 1, 0, ""}, "the supervisor": {s.supervisor, 1, 0, ""}, "the director": {s.director, 1, 0, ""},
		} {
			rows, _, err := s.records.List(tt.as, s.enrollment, "", 10)
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			var seen []*records.Record
			for _, r := range rows {
				if r.Kind == records.Clearance {
					seen = append(seen, r)
				}
			}
			if len(seen) != tt.clearances || len(rows)-len(seen) != tt.hours {
				t.Errorf("%s sees %d clearances and %d others, want %d and %d", name, len(seen), len(rows)-len(seen), tt.clearances, tt.hours)
			}
			for _, r := range seen {
				if r.Subject != tt.subject || (r.EnteredBy == "") != (tt.subject == "") || (r.OnDay == "") != (tt.subject == "") || (r.EnteredAt.IsZero()) != (tt.subject == "") {
					t.Errorf("%s sees %+v", name, r)
				}
				if tt.subject == "" && (r.Value != "cleared" || r.ExpiresOn != "2027-05-01" || r.State != records.Confirmed || r.DecidedBy != "" || r.Replaces != "" || r.ID != "") {
					t.Errorf("%s sees %+v, want how it stands", name, r)
				}
			}
		}
		page, next, err := s.records.List(s.Admin, s.enrollment, "", 1)
		if err != nil || len(page) != 2 || page[0].Kind != records.Clearance || next != page[1].ID {
			t.Errorf("the admin's first page is %+v, next %q, %v", page, next, err)
		}
		if page, next, err = s.records.List(s.Admin, s.enrollment, next, 1); err != nil || len(page) != 0 || next != "" {
			t.Errorf("the admin's next page is %+v, next %q, %v", page, next, err)
		}
		if now.ID[14] != '4' {
			t.Errorf("the id %s of a clearance tells when it was set", now.ID)
		}
		entries, err := audit.List(s.Admin, s.DB, audit.Query{Action: "record.corrected", Limit: 10})
		if err != nil || len(entries) != 1 || entries[0].Details != `{"kind":"clearance"}` {
			t.Errorf("the ledger says %+v, %v", entries, err)
		}
	})
}
