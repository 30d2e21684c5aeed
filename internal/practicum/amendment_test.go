package practicum_test

import (
	"errors"
	"testing"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/practicum"
	"github.com/kapstone-lms/kapstone/internal/schooltest"
)

const why = "The minutes are those of the whole morning."

// counting lists what counts of the school's trainee, in minutes.
func (s *school) counting(t *testing.T) (minutes int, logs []string) {
	t.Helper()
	for _, x := range s.evidence(t) {
		if ok, _ := practicum.Counts(s.Course.Default().Practicum, x); ok {
			minutes, logs = minutes+x.Minutes, append(logs, x.LogID)
		}
	}
	return minutes, logs
}

// CHECKS PH-05: an amendment is a new version with a reason, unsigned; the
// signed one stays readable and counts until the new one is signed, and never
// both.
func TestAnAmendmentTakesThePlaceOfTheSignedLog(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		signed := s.at(t, practicum.Countersigned)
		before := rows(t, s, signed.ID)
		l, err := s.logs.Amend(s.trainee, signed.ID, why)
		if err != nil || l.Status != practicum.Draft || l.Amends != signed.ID || l.Reflection != signed.Reflection || l.Case != signed.Case ||
			l.ContentHash != "" || l.SignerID != "" || len(l.Grades) != 0 {
			t.Fatalf("Amend = %+v, %v; want a draft of the same, unsigned", l, err)
		}
		if again, err := s.logs.Amend(s.trainee, signed.ID, why); err != nil || again.ID != l.ID {
			t.Errorf("Amend again = %v, %v; want the same", again, err)
		}
		step := func(name string, minutes int, in string, do func() (*practicum.Log, error)) {
			t.Helper()
			var err error
			if l, err = do(); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if got, logs := s.counting(t); got != minutes || len(logs) != 1 || logs[0] != in {
				t.Errorf("after %s %d minutes count of %v, want %d of %s", name, got, logs, minutes, in)
			}
		}
		step("an edit", 60, signed.ID, func() (*practicum.Log, error) {
			return s.logs.Edit(s.trainee, l.ID, practicum.Form{Minutes: ptr(50)}, l.Version)
		})
		step("a submission", 60, signed.ID, func() (*practicum.Log, error) { return s.logs.Submit(s.trainee, l.ID) })
		step("a grade", 60, signed.ID, func() (*practicum.Log, error) { return s.logs.Grade(s.Instructor, l.ID, verdict()) })
		step("a signature", 50, l.ID, func() (*practicum.Log, error) {
			return s.logs.Countersign(s.Instructor, l.ID, "reviewed", schooltest.Password, "")
		})
		if got := changed(before, rows(t, s, signed.ID)); len(got) > 0 {
			t.Errorf("the signed log changed in %v", got)
		}
		if old, err := s.logs.Read(s.trainee, signed.ID); err != nil || old.Broken || old.Minutes != 60 {
			t.Errorf("the signed log reads %+v, %v", old, err)
		}
		if now, err := s.logs.Read(s.Instructor, l.ID); err != nil || now.Broken || now.AmendReason != why {
			t.Errorf("the amendment reads %+v, %v", now, err)
		}
		if _, err := s.logs.Amend(s.trainee, signed.ID, why); !errors.Is(err, practicum.ErrAmended) {
			t.Errorf("Amend what was amended = %v, want ErrAmended", err)
		}
		if err := s.tamper(t, `UPDATE practicum_logs SET amends = '' WHERE id = ?`, l.ID); err != nil {
			t.Fatal(err)
		}
		if got, logs := s.counting(t); got != 60 { // the new one is broken by that
			t.Errorf("%d minutes count of %v once the new version denies its origin, want the old one's 60", got, logs)
		}
	})
}

func TestASupervisorAmendsAGrade(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		signed := s.at(t, practicum.Countersigned)
		l, err := s.logs.Amend(s.Instructor, signed.ID, "A grade of another log got in here.")
		if err != nil || l.Status != practicum.Submitted || l.Attested == "" {
			t.Fatalf("Amend = %+v, %v; want it submitted as it was", l, err)
		}
		if _, err := s.logs.Edit(s.trainee, l.ID, practicum.Form{Minutes: ptr(50)}, l.Version); !errors.Is(err, practicum.ErrNotDraft) {
			t.Errorf("the author edits it = %v, want ErrNotDraft", err)
		}
		if _, err := s.logs.Grade(s.Instructor, l.ID, verdict()); err != nil {
			t.Errorf("Grade = %v", err)
		}
	})
}

func TestWhoAmendsWhat(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		signed, graded, broken := s.at(t, practicum.Countersigned), s.at(t, practicum.Graded), s.at(t, practicum.Countersigned)
		if err := s.tamper(t, `UPDATE practicum_logs SET minutes = 61 WHERE id = ?`, broken.ID); err != nil {
			t.Fatal(err)
		}
		other, _ := s.Trainee("Otto Other", s.Cohort)
		elsewhere := s.Person("Ivo Elsewhere", access.Grant{Role: access.Instructor, Program: s.Program})
		for name, err := range map[string]error{
			"another trainee":             second(s.logs.Amend(other, signed.ID, why)),
			"another cohort's instructor": second(s.logs.Amend(elsewhere, signed.ID, why)),
		} {
			if !errors.Is(err, db.ErrNone) {
				t.Errorf("Amend by %s = %v, want ErrNone", name, err)
			}
		}
		for _, tt := range []struct {
			name, id, reason string
			want             error
		}{
			{"an unsigned log", graded.ID, why, practicum.ErrNotSigned},
			{"a broken one", broken.ID, why, practicum.ErrBroken},
			{"one without a reason", signed.ID, "   typo  ", practicum.ErrAmendment},
			{"a made-up one", db.NewID(), why, db.ErrNone},
		} {
			if _, err := s.logs.Amend(s.trainee, tt.id, tt.reason); !errors.Is(err, tt.want) {
				t.Errorf("Amend %s = %v, want %v", tt.name, err, tt.want)
			}
		}
		if _, err := s.logs.Amend(s.Admin, signed.ID, why); !errors.Is(err, access.ErrForbidden) {
			t.Errorf("Amend by the admin = %v, want ErrForbidden", err)
		}
	})
}

// What the ledger has as signed must be there, and be signed.
func TestASignedLogThatIsGoneIsMissed(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		gone, unsigned, swapped, fine := s.at(t, practicum.Countersigned), s.at(t, practicum.Countersigned), s.at(t, practicum.Countersigned), s.at(t, practicum.Countersigned)
		for _, stmt := range []struct{ stmt, id string }{
			{`DELETE FROM practicum_cases WHERE log_id = ?`, gone.ID},
			{`DELETE FROM practicum_logs WHERE id = ?`, gone.ID},
			{`UPDATE practicum_logs SET status = 'graded', signed_at = NULL, minutes = 90 WHERE id = ?`, unsigned.ID},
		} {
			if err := s.tamper(t, stmt.stmt, stmt.id); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.logs.SignElse(t.Context(), swapped.ID); err != nil { // by who has the key and not the ledger
			t.Fatal(err)
		}
		broken, err := s.logs.VerifyAll(t.Context())
		found := make(map[string]string)
		for _, b := range broken {
			found[b.LogID] = b.Why
		}
		if err != nil || len(found) != 3 || found[gone.ID] != practicum.WhyGone || found[unsigned.ID] != practicum.WhyUnsigned || found[swapped.ID] != practicum.WhyOther {
			t.Errorf("VerifyAll = %v, %v; want the gone, the unsigned and the swapped one", broken, err)
		}
		if _, logs := s.counting(t); len(logs) != 2 || logs[1] != fine.ID {
			t.Errorf("%v count, want those that are still signed", logs)
		}
	})
}
