package enrollment_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/internal/once"
	"github.com/kapstone-lms/kapstone/internal/schooltest"
)

// strict is a process of a school where people learn.
func strict(t *testing.T, s *schooltest.School, course *curriculum.Course) *enrollment.Service {
	t.Helper()
	e := process(s)
	if err := e.Publish(t.Context(), course); err != nil {
		t.Fatal(err)
	}
	return e
}

// pinned is somebody's enrollment in what e serves.
func pinned(t *testing.T, s *schooltest.School, e *enrollment.Service, name string) *enrollment.Pinned {
	t.Helper()
	made, err := e.Enroll(s.Admin, s.Cohort.ID, access.From(s.Person(name)).ID)
	if err != nil {
		t.Fatal(err)
	}
	p, err := e.Pin(t.Context(), made)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestAModuleOpensOnceAnAdminAcceptsIt(t *testing.T) {
	each(t, func(t *testing.T, s *schooltest.School) {
		e, other := strict(t, s, s.Course), strict(t, s, s.Course)
		p := pinned(t, s, e, "Noor Vance")
		for _, process := range []*enrollment.Service{e, other} {
			if err := process.Opened(t.Context(), p, "science"); !errors.Is(err, enrollment.ErrNotReviewed) {
				t.Errorf("Opened before = %v, want ErrNotReviewed", err)
			}
		}
		a, isNew, err := e.Accept(s.Admin, s.Course.Hash(), "science", "  Read by our director.\n")
		if err != nil || !isNew || a.Statement != "Read by our director." || a.AcceptedBy != access.From(s.Admin).ID || a.Module != "science" {
			t.Fatalf("Accept = %+v, %v, %v", a, isNew, err)
		}
		for _, process := range []*enrollment.Service{e, other} {
			if err := process.Opened(t.Context(), p, "science"); err != nil {
				t.Errorf("Opened after = %v", err)
			}
			if err := process.Opened(t.Context(), p, "ethics_safety"); !errors.Is(err, enrollment.ErrNotReviewed) {
				t.Errorf("Opened of another module = %v, want ErrNotReviewed", err)
			}
			if err := process.Opened(t.Context(), p, "none"); !errors.Is(err, db.ErrNone) {
				t.Errorf("Opened of no module = %v, want ErrNone", err)
			}
		}
		over, cancel := context.WithCancel(t.Context())
		cancel()
		if err := e.Opened(over, p, "science"); err != nil {
			t.Errorf("asked again, Opened reads: %v", err)
		}
		again, isNew, err := other.Accept(s.Admin, s.Course.Hash(), "science", "Once more.")
		if err != nil || isNew || again.Statement != a.Statement {
			t.Errorf("Accept again = %+v, %v, %v; want the first", again, isNew, err)
		}
		entries, err := audit.List(s.Admin, s.DB, audit.Query{Action: "module.accepted", Limit: 10})
		if err != nil || len(entries) != 1 || entries[0].Object != "science" || strings.Contains(entries[0].Details, "director") {
			t.Errorf("the ledger has %+v, %v; want one entry without the words", entries, err)
		}
	})
}

// A correction in one module leaves the word on the others as it was, and what
// was said of the old content opens nothing new.
func TestAnAcceptanceIsOfTheContent(t *testing.T) {
	each(t, func(t *testing.T, s *schooltest.School) {
		e := strict(t, s, s.Course)
		old := pinned(t, s, e, "Noor Vance")
		for _, key := range []curriculum.ModuleKey{"science", "ethics_safety"} {
			if _, _, err := e.Accept(s.Admin, s.Course.Hash(), key, "Read by us."); err != nil {
				t.Fatal(err)
			}
		}
		next := schooltest.Course(t, schooltest.OtherLesson)
		later := strict(t, s, next)
		fresh := pinned(t, s, later, "Otto Other")
		for _, tt := range []struct {
			who  string
			p    *enrollment.Pinned
			key  curriculum.ModuleKey
			want error
		}{
			{"who began before", old, "science", nil},
			{"who began before", old, "ethics_safety", nil},
			{"who began after", fresh, "science", enrollment.ErrNotReviewed},
			{"who began after", fresh, "ethics_safety", nil},
		} {
			if err := later.Opened(t.Context(), tt.p, tt.key); !errors.Is(err, tt.want) {
				t.Errorf("%s: Opened(%s) = %v, want %v", tt.who, tt.key, err, tt.want)
			}
		}
		states, err := later.ModuleStates(s.Instructor)
		if err != nil || len(states) != len(next.Modules) || states[0].Open || states[0].Acceptance != nil || !states[1].Open || states[1].Acceptance == nil ||
			states[0].CourseHash != next.Hash() {
			t.Errorf("ModuleStates = %+v, %v; want the first closed and the second open", states, err)
		}
		if _, isNew, err := later.Accept(s.Admin, next.Hash(), "ethics_safety", "Again."); err != nil || isNew {
			t.Errorf("accepting the same content in another course: new %v, %v; want the first acceptance", isNew, err)
		}
	})
}

func TestAReviewedModuleIsOpen(t *testing.T) {
	each(t, func(t *testing.T, s *schooltest.School) {
		course := schooltest.Course(t, schooltest.Reviewed)
		e := strict(t, s, course)
		p := pinned(t, s, e, "Noor Vance")
		if err := e.Opened(t.Context(), p, "science"); err != nil {
			t.Errorf("Opened = %v", err)
		}
		if _, _, err := e.Accept(s.Admin, course.Hash(), "science", "Read by us."); !errors.Is(err, enrollment.ErrReviewed) {
			t.Errorf("Accept = %v, want ErrReviewed", err)
		}
	})
}

func TestWhereNobodyLearnsEverythingIsOpen(t *testing.T) {
	each(t, func(t *testing.T, s *schooltest.School) {
		p := pinned(t, s, s.Enrollments, "Noor Vance")
		if err := s.Enrollments.Opened(t.Context(), p, "science"); err != nil {
			t.Errorf("Opened = %v", err)
		}
		states, err := s.Enrollments.ModuleStates(s.Admin)
		if err != nil || slices.ContainsFunc(states, func(m enrollment.ModuleState) bool { return !m.Open || m.Acceptance != nil }) {
			t.Errorf("ModuleStates = %+v, %v; want all open and none accepted", states, err)
		}
	})
}

func TestWhoMayAcceptWhat(t *testing.T) {
	each(t, func(t *testing.T, s *schooltest.School) {
		e := strict(t, s, s.Course)
		trainee, _ := s.Trainee("Noor Vance", s.Cohort)
		hash := s.Course.Hash()
		for _, tt := range []struct {
			name      string
			ctx       context.Context
			hash      string
			key       curriculum.ModuleKey
			statement string
			want      error
		}{
			{"a trainee", trainee, hash, "science", "Yes.", access.ErrForbidden},
			{"an instructor", s.Instructor, hash, "science", "Yes.", access.ErrForbidden},
			{"a director", s.Person("Dana", access.Grant{Role: access.Director}), hash, "science", "Yes.", access.ErrForbidden},
			{"another program's admin", s.Person("Ivo", access.Grant{Role: access.Admin, Program: "other"}), hash, "science", "Yes.", enrollment.ErrAllPrograms},
			{"without a course", s.Admin, "", "science", "Yes.", enrollment.ErrCourse},
			{"with half a hash", s.Admin, hash[:32], "science", "Yes.", enrollment.ErrCourse},
			{"with a hash of nothing", s.Admin, strings.Repeat("0", 64), "science", "Yes.", enrollment.ErrCourse},
			{"no module", s.Admin, hash, "none", "Yes.", db.ErrNone},
			{"without a word", s.Admin, hash, "science", " \n", enrollment.ErrStatement},
			{"with too many", s.Admin, hash, "science", strings.Repeat("x", 2001), enrollment.ErrStatement},
			{"with a control character", s.Admin, hash, "science", "a\u202eb", enrollment.ErrStatement},
		} {
			if _, _, err := e.Accept(tt.ctx, tt.hash, tt.key, tt.statement); !errors.Is(err, tt.want) {
				t.Errorf("%s: Accept = %v, want %v", tt.name, err, tt.want)
			}
		}
		if n := rows(t, s, "module_acceptances"); n != 0 {
			t.Errorf("what was refused left %d rows", n)
		}
		theirs := s.Person("Bea", access.Grant{Role: access.Admin, Program: s.Program}) // of the one program there is
		if s.Course.Program(s.Program) == nil {
			t.Fatal("the school's program is not in its course")
		}
		alone := slices.IndexFunc(s.Course.Programs, func(p *curriculum.Program) bool { return p.Key != s.Program && !p.Example }) < 0
		if _, _, err := e.Accept(theirs, hash, "science", "Yes."); alone != (err == nil) || !alone && !errors.Is(err, enrollment.ErrAllPrograms) {
			t.Errorf("the program's own admin, alone %v: Accept = %v", alone, err)
		}
	})
}

func TestOfManyWhoAcceptOneDoes(t *testing.T) {
	each(t, func(t *testing.T, s *schooltest.School) {
		var isFirst atomic.Int32
		var wg sync.WaitGroup
		for range 8 {
			e := strict(t, s, s.Course)
			wg.Go(func() {
				a, isNew, err := e.Accept(s.Admin, s.Course.Hash(), "science", "Read by us.")
				if err != nil || a == nil {
					t.Error(a, err)
				}
				if isNew {
					isFirst.Add(1)
				}
			})
		}
		wg.Wait()
		if isFirst.Load() != 1 || rows(t, s, "module_acceptances") != 1 {
			t.Errorf("%d acceptances are the first, %d rows; want one", isFirst.Load(), rows(t, s, "module_acceptances"))
		}
	})
}

func TestAKeyUsedForAnotherRequestIsRefused(t *testing.T) {
	each(t, func(t *testing.T, s *schooltest.School) {
		e := strict(t, s, s.Course)
		with := func(digest string) context.Context {
			return once.With(s.Admin, once.Key{Key: "k", Digest: strings.Repeat(digest, 64)})
		}
		for range 2 {
			if _, _, err := e.Accept(with("1"), s.Course.Hash(), "science", "Read by us."); err != nil {
				t.Errorf("Accept with its key = %v", err)
			}
		}
		if _, _, err := e.Accept(with("2"), s.Course.Hash(), "integration", "Read by us."); !errors.Is(err, once.ErrReused) {
			t.Errorf("Accept of another module with the same key = %v, want ErrReused", err)
		}
	})
}
