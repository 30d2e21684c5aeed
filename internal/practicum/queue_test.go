package practicum_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/practicum"
	"github.com/kapstone-lms/kapstone/internal/schooltest"
)

// submitted puts a log of the trainee's into the queue.
func (s *school) submitted(t *testing.T, change func(*practicum.Form)) string {
	t.Helper()
	f := rolePlay(practicum.Preparation)
	if change != nil {
		change(&f)
	}
	l := s.create(t, f)
	if _, err := s.logs.Submit(s.trainee, l.ID); err != nil {
		t.Fatal(err)
	}
	s.Clock.Advance(time.Minute)
	return l.ID
}

func unsafe(f *practicum.Form) {
	client(f)
	f.KnewWhomToCall = ptr(false)
}

// teacher adds an instructor who supervises the trainee beside the school's.
func (s *school) teacher(t *testing.T, name string) context.Context {
	t.Helper()
	other := s.Person(name, access.Grant{Role: access.Instructor, Program: s.Program})
	if _, err := s.Enrollments.SetSupervisors(s.Admin, s.enrollment, schooltest.IDs(s.Instructor, other)); err != nil {
		t.Fatal(err)
	}
	return other
}

func (s *school) next(t *testing.T, who context.Context, w practicum.Want) string {
	t.Helper()
	c, err := s.logs.Next(who, w)
	if err != nil {
		t.Fatalf("Next = %v", err)
	}
	if c == nil {
		return ""
	}
	return c.ID
}

func TestTheNextLogIsTheOneThatShouldBeGradedFirst(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		first, second, flagged := s.submitted(t, nil), s.submitted(t, nil), s.submitted(t, unsafe)
		var got []string
		for range 4 {
			id := s.next(t, s.Instructor, practicum.Want{})
			if got = append(got, id); id == "" {
				break
			}
			if again := s.next(t, s.Instructor, practicum.Want{}); again != id {
				t.Errorf("asked again, Next = %s, want the same log %s", again, id)
			}
			if _, err := s.logs.Grade(s.Instructor, id, verdict()); err != nil {
				t.Fatal(err)
			}
		}
		if want := []string{flagged, first, second, ""}; !slices.Equal(got, want) {
			t.Errorf("Next in turn = %v, want %v", got, want)
		}
	})
}

func TestAClaimSendsColleaguesToOtherLogs(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		other := s.teacher(t, "Oda Other")
		first, second := s.submitted(t, nil), s.submitted(t, nil)
		if id := s.next(t, s.Instructor, practicum.Want{}); id != first {
			t.Fatalf("Next = %s, want %s", id, first)
		}
		if id := s.next(t, other, practicum.Want{}); id != second {
			t.Errorf("a colleague's Next = %s, want the second log", id)
		}
		if _, err := s.logs.Grade(other, first, verdict()); !errors.Is(err, practicum.ErrClaimed) {
			t.Errorf("Grade of a claimed log = %v, want ErrClaimed", err)
		}
		if _, err := s.logs.Return(other, first, "unclear", "Say more.", 0); !errors.Is(err, practicum.ErrClaimed) {
			t.Errorf("Return of a claimed log = %v, want ErrClaimed", err)
		}
		if rows, err := s.logs.Queue(other, practicum.Filter{}, "", 10); err != nil || len(rows) != 2 || rows[0].ClaimedBy != access.From(s.Instructor).ID {
			t.Errorf("Queue = %v, %v; want it to say who has the first", rows, err)
		}
		s.Clock.Advance(21 * time.Minute)
		if _, err := s.logs.Grade(other, first, verdict()); err != nil {
			t.Errorf("Grade when the claim is over = %v", err)
		}
	})
}

// Whoever has the log: a text that points at a client goes back at once.
func TestIdentifiersGoBackWhoeverHasTheLog(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		other := s.teacher(t, "Oda Other")
		id := s.submitted(t, nil)
		s.next(t, s.Instructor, practicum.Want{})
		if _, err := s.logs.Return(other, id, "identifiers", "There is a name in it.", 0); err != nil {
			t.Errorf("Return = %v", err)
		}
	})
}

func TestALogIsLeftForLater(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		other := s.teacher(t, "Oda Other")
		first, second := s.submitted(t, nil), s.submitted(t, nil)
		s.next(t, s.Instructor, practicum.Want{})
		if id := s.next(t, s.Instructor, practicum.Want{After: first}); id != second {
			t.Errorf("Next after the first = %s, want the second", id)
		}
		if id := s.next(t, other, practicum.Want{}); id != first {
			t.Errorf("a colleague's Next = %s, want the first, which is free again", id)
		}
		if id := s.next(t, s.Instructor, practicum.Want{After: second}); id != "" {
			t.Errorf("Next after the last = %s, want none", id)
		}
		if id := s.next(t, other, practicum.Want{After: first}); id != second {
			t.Errorf("Next after leaving the last = %s, want that its claim has ended", id)
		}
		if id := s.next(t, s.Instructor, practicum.Want{After: db.NewID()}); id != first {
			t.Errorf("Next after a made-up log = %s, want the first", id)
		}
	})
}

// CHECKS AZ-03: another cohort's logs come next to nobody here.
func TestTheNextLogIsOneThatTheActorSupervises(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		teacher := s.Person("Ivo Elsewhere", access.Grant{Role: access.Instructor, Program: s.Program})
		spring := s.OpenCohort("Spring", teacher)
		s.submitted(t, unsafe)
		for _, w := range []practicum.Want{{}, {Cohort: s.Cohort.ID}, {Cohort: spring.ID}, {Cohort: "nowhere"}} {
			if id := s.next(t, teacher, w); id != "" {
				t.Errorf("Next(%+v) = %s, want none of another cohort", w, id)
			}
		}
		if rows, err := s.logs.Queue(teacher, practicum.Filter{Cohort: s.Cohort.ID}, "", 10); err != nil || len(rows) != 0 {
			t.Errorf("Queue = %v, %v; want none of another cohort", rows, err)
		}
		if id := s.next(t, s.Instructor, practicum.Want{Cohort: spring.ID}); id != "" {
			t.Errorf("Next of a cohort without logs = %s", id)
		}
	})
}

// Many graders at once: no two get the same log, and none goes without while
// there is one.
func TestGradersAtOnceGetDifferentLogs(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		graders := []context.Context{s.Instructor}
		for range 5 {
			graders = append(graders, s.Person("Grader", access.Grant{Role: access.Instructor, Program: s.Program}))
		}
		if _, err := s.Enrollments.SetSupervisors(s.Admin, s.enrollment, schooltest.IDs(graders...)); err != nil {
			t.Fatal(err)
		}
		for range graders {
			s.submitted(t, nil)
		}
		got := make([]string, len(graders))
		var wg sync.WaitGroup
		for i, g := range graders {
			wg.Go(func() {
				if c, err := s.logs.Next(g, practicum.Want{}); err != nil || c == nil {
					t.Errorf("Next = %v, %v; want a log", c, err)
				} else {
					got[i] = c.ID
				}
			})
		}
		wg.Wait()
		slices.Sort(got)
		if len(slices.Compact(got)) != len(graders) {
			t.Errorf("%d graders got %v, want a log each", len(graders), got)
		}
	})
}

func TestAQueueIsReadInParts(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		first, flagged, last := s.submitted(t, nil), s.submitted(t, unsafe), s.submitted(t, nil)
		for _, tt := range []struct {
			name   string
			filter practicum.Filter
			want   []string
		}{
			{"by age", practicum.Filter{}, []string{first, flagged, last}},
			{"by safety", practicum.Filter{Order: practicum.BySafety}, []string{flagged, first, last}},
			{"by cohort", practicum.Filter{Order: practicum.ByCohort}, []string{first, flagged, last}},
			{"flagged", practicum.Filter{Flagged: ptr(true)}, []string{flagged}},
			{"not flagged", practicum.Filter{Flagged: ptr(false)}, []string{first, last}},
			{"overdue, where the program states no days", practicum.Filter{Overdue: true}, nil},
			{"of the cohort", practicum.Filter{Cohort: s.Cohort.ID, Order: practicum.BySafety}, []string{flagged, first, last}},
		} {
			var got []string
			for after := ""; ; after = got[len(got)-1] { // two by two
				rows, err := s.logs.Queue(s.Instructor, tt.filter, after, 2)
				if err != nil {
					t.Fatalf("%s: %v", tt.name, err)
				}
				for _, w := range rows {
					got = append(got, w.ID)
				}
				if len(rows) < 2 {
					break
				}
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("%s: Queue = %v, want %v", tt.name, got, tt.want)
			}
		}
		if _, err := s.logs.Queue(s.Instructor, practicum.Filter{Order: "w.log_id"}, "", 2); !errors.Is(err, practicum.ErrOrder) {
			t.Errorf("Queue in an order of one's own = %v, want ErrOrder", err)
		}
	})
}
