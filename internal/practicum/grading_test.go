package practicum_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/identity"
	"github.com/kapstone-lms/kapstone/internal/practicum"
	"github.com/kapstone-lms/kapstone/internal/schooltest"
)

func TestAQueueIsForThoseWhoSupervise(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		var want []string
		for range 3 {
			want = append(want, s.at(t, practicum.Submitted).ID)
			s.Clock.Advance(time.Minute)
		}
		s.at(t, practicum.Draft)
		var got []string
		for after := ""; ; after = got[len(got)-1] {
			rows, err := s.logs.Queue(s.Instructor, practicum.Filter{}, after, 2)
			if err != nil {
				t.Fatal(err)
			}
			for _, w := range rows {
				got = append(got, w.ID)
			}
			if len(rows) < 2 {
				break
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("Queue = %v, want %v", got, want)
		}
		if rows, err := s.logs.Mine(s.trainee, s.enrollment, "", 10); err != nil || len(rows) != 4 {
			t.Errorf("Mine = %d logs, %v; want 4", len(rows), err)
		}
	})
}

func TestLowGradesAskForFeedback(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		id := s.at(t, practicum.Submitted).ID
		for _, tt := range []struct {
			name   string
			change func(v *practicum.Verdict)
			want   error
		}{
			{"a two without feedback", func(v *practicum.Verdict) { v.Grades["c4"], v.Feedback = 2, "Too short." }, practicum.ErrFeedback},
			{"six grades", func(v *practicum.Verdict) { delete(v.Grades, "c7") }, practicum.ErrGrades},
			{"an eighth", func(v *practicum.Verdict) { v.Grades["c8"] = 1 }, practicum.ErrGrades},
			{"a five", func(v *practicum.Verdict) { v.Grades["c1"] = 5 }, practicum.ErrGrades},
			{"no word on how it is known", func(v *practicum.Verdict) { v.ObservedBy = "" }, practicum.ErrObserved},
			{"too much feedback", func(v *practicum.Verdict) { v.Feedback = strings.Repeat("x", 3001) }, practicum.ErrLong},
			{"another version", func(v *practicum.Verdict) { v.Version = 99 }, practicum.ErrStale},
			{"a two with feedback", func(v *practicum.Verdict) { v.Grades["c4"], v.Feedback = 2, strings.Repeat("Next time, wait. ", 4) }, nil},
		} {
			v := verdict()
			tt.change(&v)
			if _, err := s.logs.Grade(s.Instructor, id, v); !errors.Is(err, tt.want) {
				t.Errorf("%s: Grade = %v, want %v", tt.name, err, tt.want)
			}
		}
	})
}

func TestNobodyJudgesTheirOwnLogUnderAnotherAccount(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		licenses := []string{"LCSW 1001", "lcsw-1001"} // one license, written twice
		for i, id := range schooltest.IDs(s.trainee, s.Instructor) {
			if _, err := s.People.Update(s.Admin, id, identity.Change{LicenseNumber: &licenses[i], Version: 1}); err != nil {
				t.Fatal(err)
			}
		}
		l := s.create(t, rolePlay(practicum.Preparation))
		if _, err := s.logs.Submit(s.trainee, l.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := s.logs.Grade(s.Instructor, l.ID, verdict()); !errors.Is(err, practicum.ErrOwnLog) {
			t.Errorf("Grade by an account with the author's license = %v, want ErrOwnLog", err)
		}
		if _, err := s.logs.Return(s.Instructor, l.ID, "other", "Again.", 0); !errors.Is(err, practicum.ErrOwnLog) {
			t.Errorf("Return by an account with the author's license = %v, want ErrOwnLog", err)
		}
		if got, err := s.logs.Read(s.trainee, l.ID); err != nil || got.Status != practicum.Submitted {
			t.Errorf("the log is %v, %v; want it untouched", got, err)
		}
	})
}

func TestTwoGradersNeverOverwriteEachOther(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		other := s.Person("Second Instructor", access.Grant{Role: access.Instructor, Program: s.Program})
		if _, err := s.Enrollments.SetSupervisors(s.Admin, s.enrollment, schooltest.IDs(s.Instructor, other)); err != nil {
			t.Fatal(err)
		}
		for range 5 {
			id := s.at(t, practicum.Submitted).ID
			var won atomic.Int32
			var wg sync.WaitGroup
			for _, deed := range []func() error{
				func() error { return second(s.logs.Grade(s.Instructor, id, verdict())) },
				func() error { return second(s.logs.Grade(other, id, verdict())) },
				func() error { return second(s.logs.Return(other, id, "unclear", "Say more.", 0)) },
			} {
				wg.Go(func() {
					switch err := deed(); {
					case err == nil:
						won.Add(1)
					case !errors.Is(err, practicum.ErrStale) && !errors.Is(err, practicum.ErrNotSubmitted):
						t.Error(err)
					}
				})
			}
			wg.Wait()
			if won.Load() != 1 {
				t.Errorf("%d of three verdicts at once were taken, want one", won.Load())
			}
		}
	})
}

// CHECKS PH-06: an author who also teaches.
func TestAnAuthorWhoTeachesDoesNotJudgeTheirOwnLog(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		id := s.at(t, practicum.Submitted).ID
		both := access.From(s.trainee)
		both.Grants = append(both.Grants, access.Grant{Role: access.Instructor, Program: s.Program})
		ctx := access.With(t.Context(), both)
		for deed, err := range map[string]error{
			"grade": second(s.logs.Grade(ctx, id, verdict())), "return": second(s.logs.Return(ctx, id, "other", "x", 0)),
			"sign": second(s.logs.Countersign(ctx, id, "reviewed", schooltest.Password, "")),
		} {
			if !errors.Is(err, practicum.ErrOwnLog) {
				t.Errorf("%s of one's own log = %v, want ErrOwnLog", deed, err)
			}
		}
		if rows, err := s.logs.Queue(ctx, practicum.Filter{}, "", 10); err != nil || len(rows) != 0 {
			t.Errorf("Queue = %d logs, %v; want none of one's own", len(rows), err)
		}
	})
}

func TestAPlaceInTheQueueIsNamedByWhatStandsInIt(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		teacher := s.Person("Ivo Elsewhere", access.Grant{Role: access.Instructor, Program: s.Program})
		other, e := s.Trainee("Otto Other", s.OpenCohort("Spring", teacher))
		foreign, err := s.logs.Create(other, e.ID, rolePlay(practicum.Preparation))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.logs.Submit(other, foreign.ID); err != nil {
			t.Fatal(err)
		}
		s.Clock.Advance(time.Minute)
		s.at(t, practicum.Submitted)
		for name, after := range map[string]string{"a foreign log": foreign.ID, "a made-up one": db.NewID()} {
			if rows, err := s.logs.Queue(s.Instructor, practicum.Filter{}, after, 10); err != nil || len(rows) != 0 {
				t.Errorf("Queue after %s = %d logs, %v; want none", name, len(rows), err)
			}
		}
	})
}

func TestAReturnSaysWhatToMend(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		id := s.at(t, practicum.Submitted).ID
		for _, tt := range []struct {
			name, reason, message string
			version               int64
			want                  error
		}{
			{"without a reason", "", "Say more.", 0, practicum.ErrReturn},
			{"for a reason of one's own", "too long", "Say more.", 0, practicum.ErrReturn},
			{"without a message", "unclear", " \n", 0, practicum.ErrMessage},
			{"with too long a message", "unclear", strings.Repeat("x", 1001), 0, practicum.ErrLong},
			{"with a bell", "unclear", "Say more.\a", 0, practicum.ErrText},
			{"of another version", "unclear", "Say more.", 7, practicum.ErrStale},
			{"of this version", "identifiers", strings.Repeat("é", 1000), 2, nil},
		} {
			got, err := s.logs.Return(s.Instructor, id, tt.reason, tt.message, tt.version)
			if !errors.Is(err, tt.want) || err == nil && (got.Status != practicum.Returned || got.ReturnReason != tt.reason || got.ReturnMessage != tt.message) {
				t.Errorf("Return %s = %+v, %v; want %v", tt.name, got, err, tt.want)
			}
		}
		if ev := s.evidence(t); len(ev) != 1 || ev[0].ReturnedReason != "identifiers" || ev[0].Status != practicum.Returned {
			t.Errorf("Evidence = %+v, want the reason", ev)
		}
	})
}

// The one who grades and the one who returns: one of them is heard, and the
// log holds that one's word and nothing of the other's.
func TestAGradeAndAReturnNeverMix(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		for range 6 {
			id := s.at(t, practicum.Submitted).ID
			var graded, returned error
			var wg sync.WaitGroup
			wg.Go(func() { graded = second(s.logs.Grade(s.Instructor, id, verdict())) })
			wg.Go(func() { returned = second(s.logs.Return(s.Instructor, id, "unclear", "Say more.", 0)) })
			wg.Wait()
			l, err := s.logs.Read(s.trainee, id)
			if err != nil {
				t.Fatal(err)
			}
			isGraded := l.Status == practicum.Graded && len(l.Grades) == 7 && l.ReturnMessage == ""
			isReturned := l.Status == practicum.Returned && len(l.Grades) == 0 && l.ReturnMessage == "Say more."
			if (graded == nil) == (returned == nil) || (graded == nil) != isGraded || (returned == nil) != isReturned {
				t.Errorf("Grade = %v, Return = %v, and the log is %+v", graded, returned, l)
			}
			for _, err := range []error{graded, returned} {
				if err != nil && !errors.Is(err, practicum.ErrNotSubmitted) {
					t.Errorf("the later one got %v, want ErrNotSubmitted", err)
				}
			}
		}
	})
}
