package practicum_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/practicum"
)

// removed is a log that came back for identifiers.
func (s *school) removed(t *testing.T) *practicum.Log {
	t.Helper()
	l := s.at(t, practicum.Submitted)
	l, err := s.logs.Return(s.Instructor, l.ID, "identifiers", "Paragraph two names somebody.", 0)
	if err != nil {
		t.Fatal(err)
	}
	if r := l.Removal(); r == nil || r.DestroyAt.Sub(s.Clock.Now()) != 14*24*time.Hour || !r.InBackupsUntil().After(r.DestroyAt.Time) {
		t.Fatalf("the reply says %+v", r)
	}
	return l
}

func (s *school) director() context.Context {
	return s.Person("Dora Director", access.Grant{Role: access.Director, Program: s.Program})
}

// The text lies sealed, and only two people together open it.
func TestTwoPeopleOpenARemovedText(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		l, director := s.removed(t), s.director()
		third := s.Person("Theo Third", access.Grant{Role: access.Admin, Program: s.Program})
		for _, tt := range []struct {
			name   string
			who    context.Context
			opened bool
			want   error
		}{
			{"the instructor", s.Instructor, false, access.ErrForbidden},
			{"an admin elsewhere", s.Person("Ada Elsewhere", access.Grant{Role: access.Admin, Program: "other"}), false, practicum.ErrNoText},
			{"the admin", s.Admin, false, nil},
			{"the admin again", s.Admin, false, nil},
			{"the director", director, true, nil},
			{"the admin, now that it is open", s.Admin, true, nil},
			{"a third", third, false, practicum.ErrOpened},
		} {
			r, err := s.logs.OpenRemoved(tt.who, l.ID, complaint)
			if !errors.Is(err, tt.want) || err == nil && (r.Opened() != tt.opened || strings.Contains(r.Text, words[:20]) != tt.opened) {
				t.Errorf("%s: %+v, %v; want opened %v, %v", tt.name, r, err, tt.opened, tt.want)
			}
		}
		for action, want := range map[string]int{"log.removed_text_asked": 2, "log.removed_text_opened": 2} {
			if all, err := audit.List(s.Admin, s.DB, audit.Query{Action: action, Limit: 20}); err != nil || len(all) != want {
				t.Errorf("the ledger has %d of %s, %v; want %d", len(all), action, err, want)
			}
		}
		if n := s.count(t, `SELECT count(*) FROM practicum_removals WHERE length(text) > 0 AND opened_by IS NOT NULL`); n != 1 {
			t.Errorf("%d removals are there and opened", n)
		}
		if _, err := s.logs.OpenRemoved(s.Admin, s.at(t, practicum.Submitted).ID, complaint); !errors.Is(err, practicum.ErrNoText) {
			t.Errorf("of a log without one: %v, want ErrNoText", err)
		}
	})
}

// It goes 14 days later, from the log too, and never while something keeps it.
func TestARemovedTextIsDestroyedInTime(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		l := s.removed(t)
		kept := true
		s.logs.KeptBy(func(_ context.Context, _ bun.IDB, enrollmentID string) (bool, error) {
			return kept && enrollmentID == s.enrollment, nil
		})
		step := func(name string, want int) {
			t.Helper()
			if n, err := s.logs.DestroyDue(t.Context(), 10); err != nil || n != want {
				t.Errorf("%s: DestroyDue = %d, %v; want %d", name, n, err, want)
			}
		}
		step("at once", 0)
		s.Clock.Advance(14 * 24 * time.Hour)
		step("while a hold is open", 0)
		kept = false
		step("in time", 1)
		step("again", 0)
		if got, err := s.logs.Read(s.trainee, l.ID); err != nil || got.Reflection != "" {
			t.Errorf("the log still says %q, %v", got.Reflection, err)
		}
		if n := s.count(t, `SELECT count(*) FROM practicum_removals WHERE length(text) = 0`); n != 1 {
			t.Errorf("%d texts are gone, want 1", n)
		}
		if _, err := s.logs.OpenRemoved(s.Admin, l.ID, complaint); !errors.Is(err, practicum.ErrNoText) {
			t.Errorf("OpenRemoved = %v, want ErrNoText", err)
		}
	})
}

// The same text does not come in again; a mended one does and stays.
// What a hold keeps does not keep what comes due after it.
func TestAKeptTextKeepsNoOther(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		s.removed(t)
		s.trainee, s.enrollment = s.other(t)
		s.removed(t)
		held := true
		s.logs.KeptBy(func(_ context.Context, _ bun.IDB, enrollmentID string) (bool, error) {
			return held && enrollmentID != s.enrollment, nil
		})
		s.Clock.Advance(14 * 24 * time.Hour)
		if n, err := s.logs.DestroyDue(t.Context(), 1); err != nil || n != 1 {
			t.Errorf("DestroyDue beside a hold = %d, %v; want 1", n, err)
		}
		held = false
		if n, err := s.logs.DestroyDue(t.Context(), 1); err != nil || n != 1 {
			t.Errorf("DestroyDue after the hold = %d, %v; want 1", n, err)
		}
	})
}

func (s *school) other(t *testing.T) (context.Context, string) {
	t.Helper()
	trainee, e := s.Trainee("Otto Other", s.Cohort)
	return trainee, e.ID
}

func TestOnlyAMendedTextIsSentAgain(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		l := s.removed(t)
		if _, err := s.logs.Submit(s.trainee, l.ID); !errors.Is(err, practicum.ErrUnmended) {
			t.Fatalf("Submit = %v, want ErrUnmended", err)
		}
		mended := strings.Replace(words, "I waited", "We waited", 1)
		if _, err := s.logs.Edit(s.trainee, l.ID, practicum.Form{Reflection: &mended}, l.Version); err != nil {
			t.Fatal(err)
		}
		if _, err := s.logs.Submit(s.trainee, l.ID); err != nil {
			t.Fatal(err)
		}
		s.Clock.Advance(15 * 24 * time.Hour)
		if n, err := s.logs.DestroyDue(t.Context(), 10); err != nil || n != 1 {
			t.Errorf("DestroyDue = %d, %v", n, err)
		}
		if got, err := s.logs.Read(s.Instructor, l.ID); err != nil || got.Reflection != strings.TrimSpace(mended) {
			t.Errorf("the mended text is %q, %v", got.Reflection, err)
		}
	})
}
