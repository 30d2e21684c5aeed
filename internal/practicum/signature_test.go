package practicum_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/identity"
	"github.com/kapstone-lms/kapstone/internal/practicum"
	"github.com/kapstone-lms/kapstone/internal/schooltest"
)

// CHECKS PH-04, PH-06.
func TestSigningProvesWhoSigns(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		id := s.at(t, practicum.Graded).ID
		for name, tt := range map[string]struct {
			meaning, password, otp string
			want                   error
		}{
			"without proof":          {"reviewed", "", "", identity.ErrReauth},
			"with a wrong password":  {"reviewed", "not my password at all", "", identity.ErrReauth},
			"with a made-up code":    {"reviewed", "", "123456", identity.ErrReauth},
			"without a meaning":      {"", schooltest.Password, "", practicum.ErrMeaning},
			"with a meaning unheard": {"looked fine", schooltest.Password, "", practicum.ErrMeaning},
		} {
			if _, err := s.logs.Countersign(s.Instructor, id, tt.meaning, tt.password, tt.otp); !errors.Is(err, tt.want) {
				t.Errorf("signing %s = %v, want %v", name, err, tt.want)
			}
		}
		if _, err := s.logs.Countersign(s.Instructor, id, "reviewed", schooltest.Password, ""); err != nil {
			t.Errorf("signing = %v", err)
		}
	})
}

// CHECKS PH-05: a signed log that was changed in SQL is seen and stops
// counting.
func TestAChangedSignedLogIsBroken(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		for _, stmt := range []string{
			`UPDATE practicum_logs SET minutes = 180 WHERE id = ?`,
			`UPDATE practicum_logs SET grades = '{"c1":4,"c2":4,"c3":4,"c4":4,"c5":4,"c6":4,"c7":4}' WHERE id = ?`,
			`UPDATE practicum_logs SET signer_name = 'Somebody Else' WHERE id = ?`,
			`UPDATE practicum_cases SET seq = 9 WHERE log_id = ?`,
			`UPDATE practicum_logs SET reflection = feedback WHERE id = ?`,
			`UPDATE practicum_logs SET signature_kid = 'other' WHERE id = ?`,
			`UPDATE practicum_logs SET content_hash = '0000000000000000000000000000000000000000000000000000000000000000' WHERE id = ?`,
			`UPDATE practicum_logs SET signed_at = signed_at + 1 WHERE id = ?`,
			`DELETE FROM practicum_cases WHERE log_id = ?`,
			`UPDATE practicum_logs SET form = 1 WHERE id = ?`,
			`UPDATE practicum_logs SET form = 0 WHERE id = ?`,
			`UPDATE practicum_logs SET commitments = '{}' WHERE id = ?`,
			`UPDATE practicum_logs SET salts = feedback WHERE id = ?`,
			`UPDATE practicum_logs SET salts = '' WHERE id = ?`,
		} {
			l := s.at(t, practicum.Countersigned)
			if all := s.evidence(t); !all[len(all)-1].Intact { // it held, and that is remembered
				t.Fatalf("before %s the log does not hold", stmt)
			}
			if err := s.tamper(t, stmt, l.ID); err != nil {
				t.Fatalf("%s: %v", stmt, err)
			}
			for who, ctx := range map[string]context.Context{"author": s.trainee, "supervisor": s.Instructor} {
				if got, err := s.logs.Read(ctx, l.ID); err != nil || !got.Broken {
					t.Errorf("after %s the %s reads %+v, %v; want it shown as broken", stmt, who, got, err)
				}
			}
			broken, err := s.logs.VerifyAll(t.Context())
			if err != nil || len(broken) == 0 || broken[len(broken)-1].LogID != l.ID {
				t.Errorf("after %s VerifyAll = %v, %v", stmt, broken, err)
			}
			for _, x := range s.evidence(t) {
				if ok, _ := practicum.Counts(s.Course.Default().Practicum, x); ok && x.LogID == l.ID {
					t.Errorf("after %s the log still counts", stmt)
				}
			}
		}
	})
}

// What was signed stays: everything after it is refused and nothing changes.
func TestASignedLogIsLocked(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		l := s.at(t, practicum.Countersigned)
		before := rows(t, s, l.ID)
		for deed, err := range map[string]error{
			"edit":   second(s.logs.Edit(s.trainee, l.ID, practicum.Form{Minutes: ptr(180)}, l.Version)),
			"submit": second(s.logs.Submit(s.trainee, l.ID)), "grade": second(s.logs.Grade(s.Instructor, l.ID, verdict())),
			"return": second(s.logs.Return(s.Instructor, l.ID, "other", "Again.", 0)),
			"sign":   second(s.logs.Countersign(s.Instructor, l.ID, "observed", schooltest.Password, "")),
		} {
			if !errors.Is(err, practicum.ErrLocked) {
				t.Errorf("%s a signed log = %v, want ErrLocked", deed, err)
			}
		}
		if got := changed(before, rows(t, s, l.ID)); len(got) > 0 {
			t.Errorf("a signed log changed in %v", got)
		}
	})
}

// A one-time code is gone once it was taken, so it is asked for last.
func TestACodeIsSpentOnlyOnALogThatCanBeSigned(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		p, err := s.People.Find(t.Context(), s.DB, access.From(s.Instructor).ID)
		if err != nil {
			t.Fatal(err)
		}
		tokens, err := s.People.Login(t.Context(), p.Email, schooltest.Password, "")
		if err != nil {
			t.Fatal(err)
		}
		who, err := s.People.Authenticate(t.Context(), tokens.Access)
		if err != nil {
			t.Fatal(err)
		}
		ctx := access.With(t.Context(), who)
		secret, _, err := s.People.StartTOTP(ctx)
		if err != nil {
			t.Fatal(err)
		}
		code := func() string {
			c, err := totp.GenerateCode(secret, s.Clock.Now())
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
		if _, err := s.People.ConfirmTOTP(ctx, code()); err != nil {
			t.Fatal(err)
		}
		s.Clock.Advance(time.Minute)
		waits, graded := s.at(t, practicum.Submitted), s.at(t, practicum.Graded)
		if _, err := s.logs.Countersign(ctx, waits.ID, "reviewed", "", code()); !errors.Is(err, practicum.ErrNotGraded) {
			t.Errorf("signing a log that waits = %v, want ErrNotGraded", err)
		}
		l, err := s.logs.Countersign(ctx, graded.ID, "reviewed", "", code())
		if err != nil || l.Method != "totp" {
			t.Errorf("signing with the same code = %+v, %v", l, err)
		}
		if _, err := s.logs.Countersign(ctx, s.at(t, practicum.Graded).ID, "reviewed", "", code()); !errors.Is(err, identity.ErrReauth) {
			t.Errorf("signing with a spent code = %v, want ErrReauth", err)
		}
	})
}

func TestAllSignedLogsAreVerified(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		var ids []string
		for range 3 {
			ids = append(ids, s.at(t, practicum.Countersigned).ID)
		}
		s.at(t, practicum.Graded)
		if broken, err := s.logs.VerifyAll(t.Context()); err != nil || len(broken) > 0 {
			t.Fatalf("VerifyAll = %v, %v; want nothing broken", broken, err)
		}
		if err := s.tamper(t, `UPDATE practicum_logs SET week = '2026-W47' WHERE id = ?`, ids[0]); err != nil {
			t.Fatal(err)
		}
		if err := s.tamper(t, `UPDATE practicum_logs SET feedback = reflection WHERE id = ?`, ids[2]); err != nil {
			t.Fatal(err)
		}
		broken, err := s.logs.VerifyAll(t.Context())
		want := []practicum.Broken{{LogID: ids[0], Why: "its content is not what was signed"}, {LogID: ids[2], Why: "its texts cannot be opened"}}
		if err != nil || !slices.Equal(broken, want) {
			t.Errorf("VerifyAll = %v, %v; want %v", broken, err, want)
		}
	})
}

// A log that was signed in the first form still holds, and one whose texts and
// case line were erased together with their salts.
func TestEarlierAndErasedLogsStillHold(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		first, erased := s.at(t, practicum.Countersigned), s.at(t, practicum.Countersigned)
		for _, err := range []error{s.logs.SignInFirstForm(t.Context(), first.ID), s.logs.EraseForGood(t.Context(), erased.ID)} {
			if err != nil {
				t.Fatal(err)
			}
		}
		if broken, err := s.logs.VerifyAll(t.Context()); err != nil || len(broken) > 0 {
			t.Errorf("VerifyAll = %v, %v; want both to hold", broken, err)
		}
		l, err := s.logs.Read(s.trainee, erased.ID)
		if err != nil || l.Broken || l.Reflection != "" || l.Case.Ref != "" || l.ContentHash != erased.ContentHash || l.Minutes != 60 {
			t.Errorf("the erased log reads %+v, %v", l, err)
		}
		for _, x := range s.evidence(t) {
			if ok, why := practicum.Counts(s.Course.Default().Practicum, x); !ok {
				t.Errorf("log %s does not count: %s", x.LogID, why)
			}
		}
		if err := s.tamper(t, `UPDATE practicum_logs SET minutes = 90 WHERE id IN (?, ?)`, first.ID, erased.ID); err != nil {
			t.Fatal(err)
		}
		if broken, err := s.logs.VerifyAll(t.Context()); err != nil || len(broken) != 2 {
			t.Errorf("once changed VerifyAll = %v, %v; want both broken", broken, err)
		}
	})
}
