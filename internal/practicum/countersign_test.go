package practicum_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/identity"
	"github.com/kapstone-lms/kapstone/internal/practicum"
	"github.com/kapstone-lms/kapstone/internal/schooltest"
)

func lineOf(l *practicum.Log) practicum.Line {
	return practicum.Line{LogID: l.ID, ContentSHA256: l.ContentSHA256()}
}

func outcomes(all []practicum.Outcome) (says []string) {
	for _, o := range all {
		if o.Refused != nil {
			says = append(says, o.Refused.Code)
		} else {
			says = append(says, string(o.Log.Status))
		}
	}
	return says
}

// A clean batch is read in one call and signed in the next; what cannot be
// signed is named and keeps nobody else.
func TestABatchIsSignedInOneStep(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		var lines []practicum.Line
		for range 3 {
			s.at(t, practicum.Graded)
		}
		shown, err := s.logs.ToSign(s.Instructor, "", 10)
		if err != nil || len(shown) != 3 || shown[0].Reflection == "" || shown[0].Case.Ref == "" {
			t.Fatalf("ToSign = %d logs, %v; want three, whole", len(shown), err)
		}
		for _, l := range shown {
			lines = append(lines, lineOf(l))
		}
		if rows, err := audit.List(s.Admin, s.DB, audit.Query{Action: "log.read", Limit: 10}); err != nil || len(rows) != 3 {
			t.Errorf("the ledger has %d readings (%v), want three", len(rows), err)
		}
		out, err := s.logs.CountersignAll(s.Instructor, lines, "observed", schooltest.Password, "")
		if err != nil || fmt.Sprint(outcomes(out)) != "[countersigned countersigned countersigned]" {
			t.Fatalf("CountersignAll = %v, %v", outcomes(out), err)
		}
		if broken, err := s.logs.VerifyAll(t.Context()); err != nil || len(broken) > 0 {
			t.Errorf("VerifyAll = %v, %v", broken, err)
		}
		before := rows(t, s, lines[0].LogID)
		if again, err := s.logs.CountersignAll(s.Instructor, lines, "observed", schooltest.Password, ""); err != nil || again[2].Log == nil {
			t.Errorf("the same batch again = %v, %v; want the same answer", outcomes(again), err)
		}
		if got := changed(before, rows(t, s, lines[0].LogID)); len(got) > 0 {
			t.Errorf("asked for again, the batch changed %v", got)
		}
	})
}

func TestOneLineGoesBackAndTheRestIsSigned(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		fine, back, moved, waits, foreign := s.at(t, practicum.Graded), s.at(t, practicum.Graded), s.at(t, practicum.Graded), s.at(t, practicum.Submitted), s.at(t, practicum.Graded)
		if err := s.tamper(t, `UPDATE practicum_logs SET minutes = 61 WHERE id = ?`, moved.ID); err != nil {
			t.Fatal(err)
		}
		sent := lineOf(back)
		sent.Sent = &practicum.SentBack{Reason: "unclear", Message: "  Say more. "}
		lines := []practicum.Line{lineOf(fine), sent, lineOf(moved), lineOf(waits), {LogID: db.NewID(), ContentSHA256: "x"}, {LogID: "x", ContentSHA256: "x"}}
		out, err := s.logs.CountersignAll(s.Instructor, lines, "reviewed", schooltest.Password, "")
		if err != nil || fmt.Sprint(outcomes(out)) != "[countersigned returned content_changed not_graded not_found not_found]" {
			t.Fatalf("CountersignAll = %v, %v", outcomes(out), err)
		}
		if got, err := s.logs.Read(s.trainee, back.ID); err != nil || got.Status != practicum.Returned || got.ReturnReason != "unclear" || got.ReturnMessage != "Say more." {
			t.Errorf("the line sent back reads %+v, %v", got, err)
		}
		if got, err := s.logs.Read(s.trainee, moved.ID); err != nil || got.Status != practicum.Graded {
			t.Errorf("the line that moved is %s, %v; want it as it was", got.Status, err)
		}
		elsewhere := s.Person("Ivo Elsewhere", access.Grant{Role: access.Instructor, Program: s.Program})
		s.OpenCohort("Spring", elsewhere)
		out, err = s.logs.CountersignAll(elsewhere, []practicum.Line{lineOf(foreign)}, "reviewed", schooltest.Password, "")
		if err != nil || fmt.Sprint(outcomes(out)) != "[not_found]" {
			t.Errorf("another cohort's instructor signs = %v, %v", outcomes(out), err)
		}
		if got, err := s.logs.ToSign(elsewhere, "", 10); err != nil || len(got) != 0 {
			t.Errorf("another cohort's instructor is shown %d logs, %v", len(got), err)
		}
	})
}

// CHECKS PH-04: no proof, no signature; and nothing is signed that was not
// shown.
func TestABatchThatIsNotInOrderSignsNothing(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		l := s.at(t, practicum.Graded)
		line, many := lineOf(l), make([]practicum.Line, practicum.MaxLines+1)
		for i := range many {
			many[i] = practicum.Line{LogID: db.NewID(), ContentSHA256: "x"}
		}
		for name, tt := range map[string]struct {
			ctx      context.Context
			lines    []practicum.Line
			meaning  string
			password string
			want     error
		}{
			"no proof":         {s.Instructor, []practicum.Line{line}, "reviewed", "", identity.ErrReauth},
			"a wrong proof":    {s.Instructor, []practicum.Line{line}, "reviewed", "not my password at all", identity.ErrReauth},
			"no meaning":       {s.Instructor, []practicum.Line{line}, "", schooltest.Password, practicum.ErrMeaning},
			"no lines":         {s.Instructor, nil, "reviewed", schooltest.Password, practicum.ErrLines},
			"too many":         {s.Instructor, many, "reviewed", schooltest.Password, practicum.ErrLines},
			"one twice":        {s.Instructor, []practicum.Line{line, line}, "reviewed", schooltest.Password, practicum.ErrLines},
			"unseen":           {s.Instructor, []practicum.Line{{LogID: l.ID}}, "reviewed", schooltest.Password, practicum.ErrUnseen},
			"back, no reason":  {s.Instructor, []practicum.Line{{l.ID, "x", &practicum.SentBack{Message: "x"}}}, "reviewed", schooltest.Password, practicum.ErrReturn},
			"back, no message": {s.Instructor, []practicum.Line{{l.ID, "x", &practicum.SentBack{Reason: "other"}}}, "reviewed", schooltest.Password, practicum.ErrMessage},
			"by the author":    {s.trainee, []practicum.Line{line}, "reviewed", schooltest.Password, access.ErrForbidden},
		} {
			if _, err := s.logs.CountersignAll(tt.ctx, tt.lines, tt.meaning, tt.password, ""); !errors.Is(err, tt.want) {
				t.Errorf("%s: CountersignAll = %v, want %v", name, err, tt.want)
			}
		}
		if got, err := s.logs.Read(s.trainee, l.ID); err != nil || got.Status != practicum.Graded {
			t.Errorf("the log is %s, %v; want it still graded", got.Status, err)
		}
		shown := practicum.Line{LogID: l.ID, ContentSHA256: l.ContentHash + "0"}
		if _, err := s.logs.CountersignShown(s.Instructor, shown, "reviewed", schooltest.Password, ""); !errors.Is(err, practicum.ErrContent) {
			t.Errorf("signing other content = %v, want ErrContent", err)
		}
	})
}
