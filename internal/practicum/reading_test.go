package practicum_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/practicum"
)

const complaint = "A complaint about this session is being looked into."

// CHECKS PH-02: who reads a log, and who has to say why.
func TestWhoReadsALogAndWhy(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		l := s.at(t, practicum.Submitted)
		grant := func(name string, role access.Role, program string) context.Context {
			return s.Person(name, access.Grant{Role: role, Program: program})
		}
		other, _ := s.Trainee("Otto Other", s.Cohort)
		director := grant("Dora Director", access.Director, s.Program)
		read, why, denied := 0, 0, 0
		for _, tt := range []struct {
			name          string
			who           context.Context
			read, readWhy error
		}{
			{"the author", s.trainee, nil, access.ErrForbidden},
			{"the supervisor", s.Instructor, nil, access.ErrForbidden},
			{"another trainee", other, db.ErrNone, access.ErrForbidden},
			{"an instructor of another cohort", grant("Ivo Elsewhere", access.Instructor, s.Program), db.ErrNone, access.ErrForbidden},
			{"a supervisor of others", grant("Sana Elsewhere", access.Supervisor, s.Program), db.ErrNone, access.ErrForbidden},
			{"an admin", s.Admin, practicum.ErrWhyRead, nil},
			{"a director", director, practicum.ErrWhyRead, nil},
			{"an admin of another program", grant("Ada Admin", access.Admin, "other"), db.ErrNone, db.ErrNone},
			{"a clearer", grant("Cleo Clearer", access.Clearer, s.Program), db.ErrNone, access.ErrForbidden},
			{"an operator", grant("Opal Operator", access.Operator, ""), db.ErrNone, access.ErrForbidden},
		} {
			got, err := s.logs.Read(tt.who, l.ID)
			if !errors.Is(err, tt.read) || (err == nil) != (got != nil && got.Reflection != "") {
				t.Errorf("Read by %s = %v, want %v", tt.name, err, tt.read)
			}
			switch {
			case err == nil:
				read++
			case errors.Is(err, db.ErrNone), errors.Is(err, practicum.ErrWhyRead):
				denied++
			}
			got, err = s.logs.ReadFor(tt.who, l.ID, complaint)
			if !errors.Is(err, tt.readWhy) || (err == nil) != (got != nil && got.Reflection != "") {
				t.Errorf("ReadFor by %s = %v, want %v", tt.name, err, tt.readWhy)
			}
			if err == nil {
				why++
			}
		}
		for action, want := range map[string]int{"log.read": read, "log.read_for_reason": why, "access.denied": denied} {
			if all, err := audit.List(s.Admin, s.DB, audit.Query{Action: action, Limit: 20}); err != nil || len(all) != want {
				t.Errorf("the ledger has %d of %s, %v; want %d", len(all), action, err, want)
			}
		}
		all, err := s.logs.Readings(s.trainee, l.ID)
		if err != nil || len(all) != 2 || all[1].Reader != "Dora Director" || all[1].Reason != complaint || all[0].Role != access.Admin {
			t.Errorf("the author is shown %+v, %v", all, err)
		}
		if _, err := s.logs.Readings(other, l.ID); !errors.Is(err, db.ErrNone) {
			t.Errorf("Readings by another trainee = %v, want ErrNone", err)
		}
	})
}

// A reason is asked for, and kept as sealed as the log.
func TestAReasonIsAskedAndSealed(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		l := s.at(t, practicum.Submitted)
		if _, err := s.logs.ReadFor(s.Admin, l.ID, complaint); err != nil {
			t.Fatal(err)
		}
		for _, reason := range []string{"", "because", strings.Repeat("x", 501)} {
			if _, err := s.logs.ReadFor(s.Admin, l.ID, reason); !errors.Is(err, practicum.ErrWhy) {
				t.Errorf("for %q: %v, want ErrWhy", reason, err)
			}
		}
		var sealed []byte
		if err := s.DB.NewRaw(`SELECT reason FROM practicum_readings LIMIT 1`).Scan(t.Context(), &sealed); err != nil || strings.Contains(string(sealed), "complaint") {
			t.Errorf("the reason lies as %q, %v", sealed, err)
		}
	})
}

// What came back for identifiers is blank at once for everyone but its author.
func TestATextThatIdentifiesIsBlankForOthers(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		l := s.at(t, practicum.Submitted)
		returned, err := s.logs.Return(s.Instructor, l.ID, "identifiers", "Paragraph two names somebody.", 0)
		if err != nil || returned.Reflection != "" {
			t.Fatalf("Return = %q, %v; want it blank", returned.Reflection, err)
		}
		if got, err := s.logs.Read(s.Instructor, l.ID); err != nil || got.Reflection != "" {
			t.Errorf("Read by the supervisor = %q, %v; want it blank", got.Reflection, err)
		}
		if got, err := s.logs.ReadFor(s.Admin, l.ID, complaint); err != nil || got.Reflection != "" {
			t.Errorf("ReadFor by the admin = %q, %v; want it blank", got.Reflection, err)
		}
		if got, err := s.logs.Read(s.trainee, l.ID); err != nil || got.Reflection == "" {
			t.Errorf("Read by the author = %q, %v; want the text, to mend it", got.Reflection, err)
		}
	})
}
