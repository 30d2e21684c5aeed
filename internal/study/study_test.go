package study_test

import (
	"errors"
	"testing"
	"time"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/dbtest"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
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

// The last look at a lesson is that of opening or of completing it, also again.
func TestTheLastLookIsNoted(t *testing.T) {
	each(t, func(t *testing.T, s *schooltest.School, st *study.Service) {
		trainee, e := s.Trainee("Noor Vance", s.Cohort)
		m := s.Course.Modules[0]
		open := func() error { _, err := st.Open(trainee, e.ID, m.Key, m.Lessons[0].ID); return err }
		complete := func() error { _, err := st.Complete(trainee, e.ID, m.Key, m.Lessons[0].ID); return err }
		if all, err := st.Looked(t.Context(), s.DB, []string{e.ID}); err != nil || len(all) != 0 {
			t.Errorf("Looked before anything = %v, %v", all, err)
		}
		for i, look := range []func() error{open, complete, open, complete} {
			s.Clock.Advance(time.Hour)
			if err := look(); err != nil {
				t.Fatal(err)
			}
			all, err := st.Looked(t.Context(), s.DB, []string{e.ID})
			if err != nil || len(all[e.ID]) != 1 || !all[e.ID][m.Lessons[0].ID].Equal(s.Clock.Now()) {
				t.Errorf("after look %d Looked = %v, %v; want now", i+1, all, err)
			}
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

func TestWhoReadALessonIsToldOfItsCorrection(t *testing.T) {
	each(t, func(t *testing.T, s *schooltest.School, st *study.Service) {
		trainee, e := s.Trainee("Noor Vance", s.Cohort)
		other, o := s.Trainee("Otto Other", s.Cohort)
		first := s.Course.Modules[0]
		if _, err := st.Complete(trainee, e.ID, first.Key, first.Lessons[0].ID); err != nil {
			t.Fatal(err)
		}
		if got, err := st.Notices(trainee, e.ID); err != nil || len(got) != 0 {
			t.Errorf("Notices before = %v, %v; want none", got, err)
		}
		s.Clock.Advance(time.Hour)
		if _, err := s.Enrollments.PublishFromShell(t.Context(), s.Course, schooltest.Course(t, schooltest.OtherLesson), "A sentence was left out."); err != nil {
			t.Fatal(err)
		}
		got, err := st.Notices(trainee, e.ID)
		if err != nil || len(got) != 1 || got[0].Lesson != first.Lessons[0].ID || got[0].Module != first.Key || got[0].Title != first.Lessons[0].Title ||
			got[0].Note != "A sentence was left out." || !got[0].PublishedAt.Equal(s.Clock.Now()) {
			t.Errorf("Notices = %+v, %v", got, err)
		}
		if got, err := st.Notices(other, o.ID); err != nil || len(got) != 0 {
			t.Errorf("Notices of who has not read it = %v, %v; want none", got, err)
		}
		for i, want := range []int{1, 0} {
			if l, err := st.Open(other, o.ID, first.Key, first.Lessons[i].ID); err != nil || len(l.Corrections) != want {
				t.Errorf("Open lesson %d shows %+v, %v; want %d corrections", i+1, l.Corrections, err, want)
			}
		}
		late, n := s.Trainee("Pia Later", s.Cohort)
		if _, err := st.Complete(late, n.ID, first.Key, first.Lessons[0].ID); err != nil {
			t.Fatal(err)
		}
		if got, err := st.Notices(late, n.ID); err != nil || len(got) != 0 {
			t.Errorf("Notices of who read the corrected one = %v, %v; want none", got, err)
		}
		if _, err := st.Notices(other, e.ID); !errors.Is(err, db.ErrNone) {
			t.Errorf("Notices of another's enrollment = %v, want ErrNone", err)
		}
		if _, err := s.Enrollments.Do(s.Admin, e.ID, enrollment.Form{Kind: enrollment.Withdraw, Reason: "Moved away."}); err != nil {
			t.Fatal(err)
		}
		if got, err := st.Notices(trainee, e.ID); err != nil || len(got) != 1 {
			t.Errorf("Notices after leaving = %v, %v; what was learned stays learned, wrong or right", got, err)
		}
	})
}

func TestAModuleThatNobodyReviewedIsClosed(t *testing.T) {
	each(t, func(t *testing.T, s *schooltest.School, _ *study.Service) {
		strict := enrollment.New(s.DB, s.People, s.Clock.Now)
		if err := strict.Publish(t.Context(), schooltest.Course(t, schooltest.Reviewed)); err != nil {
			t.Fatal(err)
		}
		st := study.New(s.DB, strict, s.Clock.Now)
		trainee := s.Person("Noor Vance", access.Grant{Role: access.Trainee})
		e, err := strict.Enroll(s.Admin, s.Cohort.ID, access.From(trainee).ID)
		if err != nil {
			t.Fatal(err)
		}
		open, shut := s.Course.Modules[0], s.Course.Modules[1]
		if l, err := st.Open(trainee, e.ID, open.Key, open.Lessons[0].ID); err != nil || !l.Reviewed {
			t.Errorf("Open of a reviewed one = %+v, %v", l, err)
		}
		if _, err := st.Open(trainee, e.ID, shut.Key, shut.Lessons[0].ID); !errors.Is(err, enrollment.ErrNotReviewed) {
			t.Errorf("Open = %v, want ErrNotReviewed", err)
		}
		if _, err := st.Complete(trainee, e.ID, shut.Key, shut.Lessons[0].ID); !errors.Is(err, enrollment.ErrNotReviewed) {
			t.Errorf("Complete = %v, want ErrNotReviewed", err)
		}
		all, err := st.Modules(trainee, e.ID)
		if err != nil || len(all) != len(s.Course.Modules) || all[1].Lessons[0].Reviewed {
			t.Errorf("Modules = %v; what there is to study is shown all the same", err)
		}
		if _, _, err := strict.Accept(s.Admin, strict.Current().Hash(), shut.Key, "Read by us."); err != nil {
			t.Fatal(err)
		}
		if l, err := st.Open(trainee, e.ID, shut.Key, shut.Lessons[0].ID); err != nil || l.Reviewed {
			t.Errorf("Open of an accepted one = %+v, %v; want it open and not reviewed", l, err)
		}
	})
}
