package practicum_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/internal/fault"
	"github.com/kapstone-lms/kapstone/internal/once"
	"github.com/kapstone-lms/kapstone/internal/practicum"
	"github.com/kapstone-lms/kapstone/internal/schooltest"
)

func TestALogGoesItsWay(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		l := s.at(t, practicum.Countersigned)
		got, err := s.logs.Read(s.trainee, l.ID)
		if err != nil || got.Status != practicum.Countersigned || got.Broken || got.SignerName != "Ines Instructor" || got.Meaning != "reviewed" ||
			got.Method != "password" || len(got.ContentHash) != 64 || got.Reflection != strings.TrimSpace(words) || got.Grades["c3"] != 4 {
			t.Errorf("Read = %+v, %v", got, err)
		}
		if got.Case.Seq != 1 || got.Case.Year != 2026 || len(got.Case.Ref) != 8 {
			t.Errorf("the case line is %+v", got.Case)
		}
		ev, err := s.logs.Evidence(t.Context(), s.DB, []string{s.enrollment})
		if err != nil || len(ev[s.enrollment]) != 1 || !ev[s.enrollment][0].Intact {
			t.Fatalf("Evidence = %+v, %v", ev, err)
		}
		if ok, why := practicum.Counts(s.Course.Default().Practicum, ev[s.enrollment][0]); !ok {
			t.Errorf("the session does not count: %s", why)
		}
	})
}

// Every deed at every status: what may happen and what is said otherwise.
func TestWhatMayHappenWhen(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		deeds := map[string]func(l *practicum.Log) error{
			"edit": func(l *practicum.Log) error {
				return second(s.logs.Edit(s.trainee, l.ID, practicum.Form{Minutes: ptr(50)}, l.Version))
			},
			"submit": func(l *practicum.Log) error { return second(s.logs.Submit(s.trainee, l.ID)) },
			"return": func(l *practicum.Log) error {
				return second(s.logs.Return(s.Instructor, l.ID, "other", "Again.", l.Version))
			},
			"grade": func(l *practicum.Log) error { return second(s.logs.Grade(s.Instructor, l.ID, verdict())) },
			"sign": func(l *practicum.Log) error {
				return second(s.logs.Countersign(s.Instructor, l.ID, "observed", schooltest.Password, ""))
			},
		}
		for status, want := range map[practicum.Status]map[string]error{
			practicum.Draft:         {"return": practicum.ErrNotSubmitted, "grade": practicum.ErrNotSubmitted, "sign": practicum.ErrNotGraded},
			practicum.Submitted:     {"edit": practicum.ErrNotDraft, "sign": practicum.ErrNotGraded},
			practicum.Returned:      {"return": practicum.ErrNotSubmitted, "grade": practicum.ErrNotSubmitted, "sign": practicum.ErrNotGraded},
			practicum.Graded:        {"edit": practicum.ErrNotDraft, "submit": practicum.ErrNotDraft, "return": practicum.ErrNotSubmitted, "grade": practicum.ErrNotSubmitted},
			practicum.Countersigned: {"edit": practicum.ErrLocked, "submit": practicum.ErrLocked, "return": practicum.ErrLocked, "grade": practicum.ErrLocked, "sign": practicum.ErrLocked},
		} {
			for name, do := range deeds {
				if err := do(s.at(t, status)); !errors.Is(err, want[name]) {
					t.Errorf("%s a %s log = %v, want %v", name, status, err, want[name])
				}
			}
		}
	})
}

func TestACaseGoesOnFromSessionToSession(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		first := s.create(t, rolePlay(practicum.Preparation))
		next := rolePlay(practicum.Integration)
		next.CaseRef = &first.Case.Ref
		l := s.create(t, next)
		if l.Case.Ref != first.Case.Ref || l.Case.Seq != 2 {
			t.Errorf("the next session of %s is %+v", first.Case.Ref, l.Case)
		}
		_, err := s.logs.Submit(s.trainee, l.ID)
		if f := fault.Of(err); f == nil || f.Field != "days_since_previous" {
			t.Errorf("an integration without days = %v", err)
		}
		if l, err = s.logs.Edit(s.trainee, l.ID, practicum.Form{Days: ptr(2)}, l.Version); err != nil {
			t.Fatal(err)
		}
		if _, err := s.logs.Submit(s.trainee, l.ID); err != nil {
			t.Errorf("Submit = %v", err)
		}
	})
}

func TestAnotherCaseIsAnotherCount(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		first, second := s.create(t, rolePlay(practicum.Preparation)), s.create(t, rolePlay(practicum.Integration))
		moved, err := s.logs.Edit(s.trainee, second.ID, practicum.Form{CaseRef: &first.Case.Ref}, second.Version)
		if err != nil || moved.Case.Ref != first.Case.Ref || moved.Case.Seq != 2 {
			t.Fatalf("moved to another case = %+v, %v; want its second session", moved, err)
		}
		other, e := s.Trainee("Otto Other", s.Cohort)
		if _, err := s.logs.Create(other, e.ID, practicum.Form{CaseRef: &first.Case.Ref}); !errors.Is(err, practicum.ErrCase) {
			t.Errorf("a log in another trainee's case = %v, want ErrCase", err)
		}
	})
}

func TestSessionsBegunAtOnceAreCountedApart(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		f := rolePlay(practicum.Preparation)
		f.CaseRef = &s.create(t, f).Case.Ref
		var wg sync.WaitGroup
		numbers := make([]int, 4)
		for i := range numbers {
			wg.Go(func() {
				if l, err := s.logs.Create(s.trainee, s.enrollment, f); err != nil {
					t.Error(err)
				} else {
					numbers[i] = l.Case.Seq
				}
			})
		}
		wg.Wait()
		if slices.Sort(numbers); fmt.Sprint(numbers) != "[2 3 4 5]" {
			t.Errorf("four sessions of a case begun at once are %v, want 2 to 5", numbers)
		}
	})
}

func TestBeginningTwiceWithOneKeyBeginsOnce(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		ctx := once.With(s.trainee, once.Key{Key: "k1", Digest: strings.Repeat("d", 64)})
		first, err := s.logs.Create(ctx, s.enrollment, rolePlay(practicum.Preparation))
		if err != nil {
			t.Fatal(err)
		}
		again, err := s.logs.Create(ctx, s.enrollment, rolePlay(practicum.Preparation))
		if err != nil || again.ID != first.ID || again.Reflection != first.Reflection || again.Case.Ref != first.Case.Ref {
			t.Errorf("Create again = %+v, %v; want %s", again, err, first.ID)
		}
	})
}

// Whoever clicks twice, or on two devices, has submitted once.
func TestSubmittingAtOnceSubmitsOnce(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		l := s.create(t, rolePlay(practicum.Preparation))
		var wg sync.WaitGroup
		for range 6 {
			wg.Go(func() {
				if got, err := s.logs.Submit(s.trainee, l.ID); err != nil || got.Status != practicum.Submitted || got.Version != 2 {
					t.Errorf("Submit = %+v, %v", got, err)
				}
			})
		}
		wg.Wait()
		if rows, err := audit.List(s.Admin, s.DB, audit.Query{Action: "log.submitted", Limit: 10}); err != nil || len(rows) != 1 {
			t.Errorf("the ledger has %d submissions (%v), want one", len(rows), err)
		}
	})
}

// Either the edit is in what the graders see, or it was refused.
func TestAnEditIsInTheSubmissionOrRefused(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		for range 8 {
			l := s.create(t, rolePlay(practicum.Preparation))
			var edited, submitted error
			var wg sync.WaitGroup
			wg.Go(func() { edited = second(s.logs.Edit(s.trainee, l.ID, practicum.Form{Minutes: ptr(75)}, l.Version)) })
			wg.Go(func() { submitted = second(s.logs.Submit(s.trainee, l.ID)) })
			wg.Wait()
			got, err := s.logs.Read(s.Instructor, l.ID)
			if err != nil || submitted != nil || got.Status != practicum.Submitted {
				t.Fatalf("Submit = %v, Read = %+v, %v", submitted, got, err)
			}
			want := 75
			if edited != nil {
				want = 60
			}
			if edited != nil && !errors.Is(edited, practicum.ErrNotDraft) || got.Minutes != want {
				t.Errorf("Edit = %v and the submitted log has %d minutes, want %d", edited, got.Minutes, want)
			}
		}
	})
}

func TestTheNamedSupervisorSupervisesWhenTheLogIsSent(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		f := rolePlay(practicum.Preparation)
		f.SupervisorID = ptr(access.From(s.Instructor).ID)
		l := s.create(t, f)
		other := s.Person("Sana Supervisor", access.Grant{Role: access.Supervisor, Program: s.Program})
		if _, err := s.Enrollments.SetSupervisors(s.Admin, s.enrollment, schooltest.IDs(other)); err != nil {
			t.Fatal(err)
		}
		l, err := s.logs.Edit(s.trainee, l.ID, practicum.Form{Minutes: ptr(50)}, l.Version)
		if err != nil {
			t.Fatalf("an edit of the minutes = %v, want no word on the supervisor", err)
		}
		if _, err := s.logs.Submit(s.trainee, l.ID); !errors.Is(err, practicum.ErrSupervisor) {
			t.Errorf("Submit with a supervisor of before = %v, want ErrSupervisor", err)
		}
		if _, err := s.logs.Edit(s.trainee, l.ID, practicum.Form{SupervisorID: ptr(access.From(other).ID)}, l.Version); err != nil {
			t.Fatal(err)
		}
		if _, err := s.logs.Submit(s.trainee, l.ID); err != nil {
			t.Errorf("Submit = %v", err)
		}
	})
}

func TestThePhaseStaysOnceSubmitted(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		l := s.at(t, practicum.Returned)
		if _, err := s.logs.Edit(s.trainee, l.ID, practicum.Form{Phase: ptr(practicum.Integration)}, l.Version); !errors.Is(err, practicum.ErrPhaseFixed) {
			t.Errorf("another phase = %v, want ErrPhaseFixed", err)
		}
		if _, err := s.logs.Edit(s.trainee, l.ID, practicum.Form{Phase: ptr(practicum.Preparation)}, l.Version); err != nil {
			t.Errorf("the same phase = %v", err)
		}
		if l, err := s.logs.Submit(s.trainee, l.ID); err != nil || l.ReturnReason != "" || l.ReturnMessage != "" {
			t.Errorf("sent again = %+v, %v; want no reason left", l, err)
		}
	})
}

// CHECKS AZ-06, on the rows as they lie in SQL.
func TestAnEditChangesWhatItNames(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		f := rolePlay(practicum.Medicine)
		client(&f)
		l := s.create(t, f)
		for column, f := range map[string]practicum.Form{
			"minutes": {Minutes: ptr(75)}, "contact": {ContactMinutes: ptr(10)}, "role": {Role: ptr("sitter")}, "week": {Week: ptr("")},
			"frameworks": {Frameworks: ptr([]string{"act", "ifs"})}, "supervisor_id": {SupervisorID: ptr(access.From(s.Instructor).ID)},
			"route": {Route: ptr("im")}, "dose_band": {DoseBand: ptr("none")}, "monitored_by": {MonitoredBy: ptr("prescriber")},
			"knew_whom": {KnewWhomToCall: ptr(false)}, "reflection": {Reflection: ptr(words + "More.")}, "attested": {Attest: ptr(false)},
			"self_rating": {SelfRating: ptr(maps.Clone(good))}, "seq": {CaseSeq: ptr(7)}, "days": {Days: ptr(3)},
		} {
			before := rows(t, s, l.ID)
			s.Clock.Advance(time.Minute)
			if _, err := s.logs.Edit(s.trainee, l.ID, f, l.Version+1); !errors.Is(err, practicum.ErrStale) || len(changed(before, rows(t, s, l.ID))) > 0 {
				t.Errorf("Edit of another version = %v, want ErrStale and nothing changed", err)
			}
			var err error
			if l, err = s.logs.Edit(s.trainee, l.ID, f, l.Version); err != nil {
				t.Fatalf("%s: Edit = %v", column, err)
			}
			table := "practicum_logs."
			if column == "seq" || column == "days" {
				table = "practicum_cases."
			}
			want := []string{table + column, "practicum_logs.updated_at", "practicum_logs.version"}
			slices.Sort(want)
			if got := changed(before, rows(t, s, l.ID)); !slices.Equal(got, want) {
				t.Errorf("an edit of %s changed %v", column, got)
			}
		}
	})
}

// An enrollment that began before the day of enrolling counts practice from its
// effective date on.
func TestPracticeCountsFromTheEffectiveDate(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		person := s.Person("Otto Other")
		e, err := s.Enrollments.EnrollAs(s.Admin, enrollment.Entry{CohortID: s.Cohort.ID, PersonID: access.From(person).ID, EffectiveOn: "2026-10-05"})
		if err != nil {
			t.Fatal(err)
		}
		found, err := s.People.Find(t.Context(), s.DB, e.PersonID)
		if err != nil {
			t.Fatal(err)
		}
		otto := schooltest.As(t.Context(), found)
		for week, ok := range map[string]bool{"2026-W40": false, "2026-W41": true, "2026-W48": true} {
			f := rolePlay(practicum.Preparation)
			f.Week = ptr(week)
			if _, err := s.logs.Create(otto, e.ID, f); (err == nil) != ok {
				t.Errorf("practice in %s, enrolled from October 5: %v", week, err)
			}
			if _, err := s.logs.Create(s.trainee, s.enrollment, f); (err == nil) != (week == "2026-W48") {
				t.Errorf("practice in %s, enrolled on November 24: %v", week, err)
			}
		}
	})
}
