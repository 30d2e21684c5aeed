package study_test

import (
	"errors"
	"testing"
	"time"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/dbtest"
	"github.com/kapstone-lms/kapstone/internal/schooltest"
	"github.com/kapstone-lms/kapstone/internal/study"
)

func each(t *testing.T, f func(t *testing.T, s *schooltest.School, st *study.Service)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := schooltest.New(t, d)
		f(t, s, study.New(d, s.Enrollments, s.Clock.Now))
	})
}

func TestStudyGoesOnWhereItStopped(t *testing.T) {
	each(t, func(t *testing.T, s *schooltest.School, st *study.Service) {
		trainee, e := s.Trainee("Noor Vance", s.Cohort)
		m := s.Course.Modules[0]
		for i, l := range m.Lessons {
			if got, err := st.Module(trainee, e.ID, m.Key); err != nil || got.Resume != l || got.Completed != i {
				t.Fatalf("after %d lessons Module = %+v, %v; want to go on with %s", i, got, err, l.ID)
			}
			if _, err := st.Complete(trainee, e.ID, m.Key, l.ID); err != nil {
				t.Fatal(err)
			}
		}
		got, err := st.Modules(trainee, e.ID)
		if err != nil || len(got) != len(s.Course.Modules) || got[0].Resume != nil || got[0].Completed != len(m.Lessons) || got[1].Completed != 0 {
			t.Errorf("Modules = %+v, %v; want the first complete and the rest untouched", got, err)
		}
	})
}

func TestCompletingTwiceKeepsTheFirstTime(t *testing.T) {
	each(t, func(t *testing.T, s *schooltest.School, st *study.Service) {
		trainee, e := s.Trainee("Noor Vance", s.Cohort)
		m := s.Course.Modules[0]
		first, err := st.Complete(trainee, e.ID, m.Key, m.Lessons[0].ID)
		if err != nil {
			t.Fatal(err)
		}
		s.Clock.Advance(time.Hour)
		again, err := st.Complete(trainee, e.ID, m.Key, m.Lessons[0].ID)
		if err != nil || again.CompletedAt != first.CompletedAt {
			t.Errorf("Complete again = %v, %v; want %v", again.CompletedAt, err, first.CompletedAt)
		}
		rows, err := audit.List(s.Admin, s.DB, audit.Query{Action: "lesson.completed", Limit: 10})
		if err != nil || len(rows) != 1 {
			t.Errorf("%d ledger entries (%v), want one", len(rows), err)
		}
		times, err := st.Completed(t.Context(), s.DB, []string{e.ID, db.NewID()})
		if err != nil || len(times) != 1 || !times[e.ID][m.Lessons[0].ID].Equal(first.CompletedAt.Time) {
			t.Errorf("Completed = %v, %v", times, err)
		}
	})
}

func TestOpeningIsNotedAndKept(t *testing.T) {
	each(t, func(t *testing.T, s *schooltest.School, st *study.Service) {
		trainee, e := s.Trainee("Noor Vance", s.Cohort)
		m := s.Course.Modules[0]
		l, err := st.Open(trainee, e.ID, m.Key, m.Lessons[0].ID)
		if err != nil || !l.OpenedAt.Equal(s.Clock.Now()) || !l.CompletedAt.IsZero() || l.HTML == "" {
			t.Fatalf("Open = %+v, %v", l, err)
		}
		s.Clock.Advance(time.Hour)
		if again, err := st.Open(trainee, e.ID, m.Key, m.Lessons[0].ID); err != nil || again.OpenedAt != l.OpenedAt {
			t.Errorf("Open again = %v, %v; want the first time kept", again.OpenedAt, err)
		}
	})
}

func TestALessonIsFoundUnderItsOwnModuleOnly(t *testing.T) {
	each(t, func(t *testing.T, s *schooltest.School, st *study.Service) {
		trainee, e := s.Trainee("Noor Vance", s.Cohort)
		other, _ := s.Trainee("Otto Other", s.Cohort)
		one, two := s.Course.Modules[0], s.Course.Modules[1]
		for name, err := range map[string]error{
			"another module's lesson": second(st.Complete(trainee, e.ID, one.Key, two.Lessons[0].ID)),
			"no such module":          second(st.Open(trainee, e.ID, "none", one.Lessons[0].ID)),
			"no such enrollment":      second(st.Open(trainee, db.NewID(), one.Key, one.Lessons[0].ID)),
			"another's enrollment":    second(st.Complete(other, e.ID, one.Key, one.Lessons[0].ID)),
		} {
			if !errors.Is(err, db.ErrNone) {
				t.Errorf("%s: %v, want ErrNone", name, err)
			}
		}
		if _, err := st.Modules(s.Instructor, e.ID); !errors.Is(err, access.ErrForbidden) {
			t.Errorf("as the instructor: %v, want ErrForbidden", err)
		}
	})
}

func second(_ *study.Lesson, err error) error { return err }
