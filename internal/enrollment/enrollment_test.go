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
	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/dbtest"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/internal/once"
	"github.com/kapstone-lms/kapstone/internal/schooltest"
)

func each(t *testing.T, f func(t *testing.T, s *schooltest.School)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) { f(t, schooltest.New(t, d)) })
}

func TestAnEnrollmentIsPinned(t *testing.T) {
	each(t, func(t *testing.T, s *schooltest.School) {
		trainee, e := s.Trainee("Noor Vance", s.Cohort)
		if e.Program != s.Program || e.CourseHash != s.Course.Hash() || e.ProgramVersion != s.Course.Default().Version {
			t.Errorf("Enroll = %+v, want the default program and today's course", e)
		}
		if !access.From(trainee).Has(access.Trainee) {
			t.Error("enrolling did not give the trainee role")
		}
		// Another process has nothing in memory and reads the course from SQL.
		other := enrollment.New(s.DB, s.People, s.Clock.Now)
		p, err := other.Own(trainee, access.Study, e.ID)
		if err != nil || p.Course.Hash() != s.Course.Hash() || p.Edition.Key != s.Program {
			t.Errorf("Own from another process: %v", err)
		}
	})
}

func TestEnrollingTwiceOrWrongly(t *testing.T) {
	each(t, func(t *testing.T, s *schooltest.School) {
		_, e := s.Trainee("Noor Vance", s.Cohort)
		other := s.Person("Otto Other", access.Grant{Role: access.Admin, Program: "another_program"})
		for _, tt := range []struct {
			name           string
			ctx            context.Context
			cohort, person string
			want           error
		}{
			{"twice", s.Admin, s.Cohort.ID, e.PersonID, enrollment.ErrEnrolled},
			{"nobody", s.Admin, s.Cohort.ID, db.NewID(), enrollment.ErrPerson},
			{"no id", s.Admin, s.Cohort.ID, "x", enrollment.ErrPerson},
			{"no cohort", s.Admin, db.NewID(), e.PersonID, db.ErrNone},
			{"a cohort's own instructor", s.Admin, s.Cohort.ID, access.From(s.Instructor).ID, enrollment.ErrOwn},
			{"as an instructor", s.Instructor, s.Cohort.ID, e.PersonID, access.ErrForbidden},
			{"as an admin of another program", other, s.Cohort.ID, e.PersonID, db.ErrNone},
		} {
			if _, err := s.Enrollments.Enroll(tt.ctx, tt.cohort, tt.person); !errors.Is(err, tt.want) {
				t.Errorf("%s: Enroll = %v, want %v", tt.name, err, tt.want)
			}
		}
	})
}

func TestEnrollingWithOneKeyAtOnceIsOnce(t *testing.T) {
	each(t, func(t *testing.T, s *schooltest.School) {
		person := access.From(s.Person("Noor Vance")).ID
		ctx := once.With(s.Admin, once.Key{Key: "k", Digest: strings.Repeat("a", 64)})
		var ids sync.Map
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() {
				e, err := s.Enrollments.Enroll(ctx, s.Cohort.ID, person)
				if err != nil {
					t.Error(err)
					return
				}
				ids.Store(e.ID, true)
			})
		}
		wg.Wait()
		n := 0
		ids.Range(func(any, any) bool { n++; return true })
		if n != 1 {
			t.Errorf("ten requests with one key made %d enrollments", n)
		}
	})
}

// CHECKS AZ-02, AZ-03: what is not one's own answers like what does not exist.
func TestWhoSeesAnEnrollment(t *testing.T) {
	each(t, func(t *testing.T, s *schooltest.School) {
		trainee, e := s.Trainee("Noor Vance", s.Cohort)
		otherTrainee, _ := s.Trainee("Otto Other", s.Cohort)
		elsewhere := s.Person("Ivo Elsewhere", access.Grant{Role: access.Instructor, Program: s.Program})
		s.OpenCohort("Spring", elsewhere)
		for _, tt := range []struct {
			name string
			ctx  context.Context
			see  error
			own  error
		}{
			{"the trainee", trainee, nil, nil},
			{"another trainee", otherTrainee, db.ErrNone, db.ErrNone},
			{"the cohort's instructor", s.Instructor, nil, access.ErrForbidden},
			{"another cohort's instructor", elsewhere, db.ErrNone, access.ErrForbidden},
			{"the admin", s.Admin, nil, access.ErrForbidden},
			{"an admin of another program", s.Person("X", access.Grant{Role: access.Admin, Program: "other"}), db.ErrNone, access.ErrForbidden},
			{"a clearer", s.Person("C", access.Grant{Role: access.Clearer}), access.ErrForbidden, access.ErrForbidden},
			{"a stranger", t.Context(), access.ErrSignIn, access.ErrSignIn},
		} {
			if _, err := s.Enrollments.See(tt.ctx, access.SeeEnrollment, e.ID); !errors.Is(err, tt.see) {
				t.Errorf("%s: See = %v, want %v", tt.name, err, tt.see)
			}
			if _, err := s.Enrollments.Own(tt.ctx, access.Study, e.ID); !errors.Is(err, tt.own) {
				t.Errorf("%s: Own = %v, want %v", tt.name, err, tt.own)
			}
		}
		for _, id := range []string{"", "x", db.NewID(), e.ID + "0"} {
			if _, err := s.Enrollments.See(trainee, access.SeeEnrollment, id); !errors.Is(err, db.ErrNone) {
				t.Errorf("See(%q) = %v, want ErrNone", id, err)
			}
		}
	})
}

func TestInstructorsSuperviseUntilOthersAreNamed(t *testing.T) {
	each(t, func(t *testing.T, s *schooltest.School) {
		_, e := s.Trainee("Noor Vance", s.Cohort)
		supervisor := s.Person("Sana Supervisor", access.Grant{Role: access.Supervisor, Program: s.Program})
		supervised := func(ctx context.Context) error {
			_, err := s.Enrollments.Supervised(ctx, s.DB, access.GradeLog, e.ID)
			ids, listErr := s.Enrollments.SupervisedBy(ctx, access.GradeLog)
			if listed := slices.Contains(ids, e.ID); listed != (err == nil) {
				t.Errorf("Supervised says %v, SupervisedBy lists it: %v (%v)", err, listed, listErr)
			}
			return err
		}
		if err := supervised(s.Instructor); err != nil {
			t.Errorf("before anyone is named, the instructor: %v", err)
		}
		if err := supervised(supervisor); !errors.Is(err, db.ErrNone) {
			t.Errorf("before being named, the supervisor: %v, want ErrNone", err)
		}
		if _, err := s.Enrollments.SetSupervisors(s.Admin, e.ID, schooltest.IDs(supervisor, supervisor)); err != nil {
			t.Fatal(err)
		}
		if err := supervised(supervisor); err != nil {
			t.Errorf("once named, the supervisor: %v", err)
		}
		if err := supervised(s.Instructor); !errors.Is(err, db.ErrNone) {
			t.Errorf("once another is named, the instructor: %v, want ErrNone", err)
		}
		if _, err := s.Enrollments.SetSupervisors(s.Admin, e.ID, nil); err != nil {
			t.Fatal(err)
		}
		if err := supervised(s.Instructor); err != nil {
			t.Errorf("after the naming is taken back, the instructor: %v", err)
		}
	})
}

func TestWhoCanBeNamedSupervisor(t *testing.T) {
	each(t, func(t *testing.T, s *schooltest.School) {
		_, e := s.Trainee("Noor Vance", s.Cohort)
		elsewhere := s.Person("X", access.Grant{Role: access.Supervisor, Program: "other"})
		for _, tt := range []struct {
			name string
			ctx  context.Context
			id   string
			want error
		}{
			{"the trainee", s.Admin, e.PersonID, enrollment.ErrOwn},
			{"somebody without the role", s.Admin, access.From(s.Admin).ID, enrollment.ErrTeacher},
			{"a supervisor of another program", s.Admin, access.From(elsewhere).ID, enrollment.ErrTeacher},
			{"nobody", s.Admin, db.NewID(), enrollment.ErrPerson},
			{"by an instructor", s.Instructor, access.From(s.Instructor).ID, access.ErrForbidden},
		} {
			if _, err := s.Enrollments.SetSupervisors(tt.ctx, e.ID, []string{tt.id}); !errors.Is(err, tt.want) {
				t.Errorf("%s: SetSupervisors = %v, want %v", tt.name, err, tt.want)
			}
		}
	})
}

func TestACohortsForm(t *testing.T) {
	each(t, func(t *testing.T, s *schooltest.School) {
		for _, tt := range []struct {
			name   string
			change func(*enrollment.Cohort)
			want   error
		}{
			{"as it should be", func(*enrollment.Cohort) {}, nil},
			{"no name", func(c *enrollment.Cohort) { c.Name = "" }, enrollment.ErrName},
			{"a long name", func(c *enrollment.Cohort) { c.Name = strings.Repeat("é", 201) }, enrollment.ErrName},
			{"a day that is none", func(c *enrollment.Cohort) { c.StartsOn = "2026-02-30" }, enrollment.ErrDate},
			{"an end before the start", func(c *enrollment.Cohort) { c.EndsOn = "2026-01-01" }, enrollment.ErrDate},
			{"a zone that is none", func(c *enrollment.Cohort) { c.TimeZone = "Denver" }, enrollment.ErrZone},
			{"the server's own zone", func(c *enrollment.Cohort) { c.TimeZone = "Local" }, enrollment.ErrZone},
			{"another program", func(c *enrollment.Cohort) { c.Program = "none" }, enrollment.ErrProgram},
			{"a trainee as instructor", func(c *enrollment.Cohort) { c.Instructors = schooltest.IDs(s.Admin) }, enrollment.ErrTeacher},
		} {
			c := enrollment.Cohort{Program: s.Program, Name: "Spring", StartsOn: "2026-11-02", EndsOn: "2027-06-30", TimeZone: "America/Denver"}
			tt.change(&c)
			if _, err := s.Enrollments.OpenCohort(s.Admin, c); !errors.Is(err, tt.want) {
				t.Errorf("%s: OpenCohort = %v, want %v", tt.name, err, tt.want)
			}
		}
	})
}

func TestCohortsAreListedForThoseWhoTeachOrRunThem(t *testing.T) {
	each(t, func(t *testing.T, s *schooltest.School) {
		other := s.Person("Ivo", access.Grant{Role: access.Instructor, Program: s.Program})
		spring := s.OpenCohort("Spring", other)
		director := s.Person("Dana", access.Grant{Role: access.Admin, Program: s.Program})
		for _, tt := range []struct {
			name  string
			ctx   context.Context
			after string
			want  []string
		}{
			{"the admin", s.Admin, "", []string{s.Cohort.ID, spring.ID}},
			{"the next page", s.Admin, s.Cohort.ID, []string{spring.ID}},
			{"an admin of the program", director, "", []string{s.Cohort.ID, spring.ID}},
			{"an instructor", s.Instructor, "", []string{s.Cohort.ID}},
			{"the other instructor", other, "", []string{spring.ID}},
		} {
			rows, err := s.Enrollments.Cohorts(tt.ctx, tt.after, 10)
			var got []string
			for _, c := range rows {
				got = append(got, c.ID)
			}
			if err != nil || !slices.Equal(got, tt.want) {
				t.Errorf("%s: Cohorts = %v, %v; want %v", tt.name, got, err, tt.want)
			}
		}
		if _, err := s.Enrollments.OfCohort(s.Instructor, access.SeeCohort, spring.ID); !errors.Is(err, db.ErrNone) {
			t.Errorf("OfCohort of somebody else's cohort = %v, want ErrNone", err)
		}
	})
}

func TestTheNameIsConfirmedByItsBearerOnly(t *testing.T) {
	each(t, func(t *testing.T, s *schooltest.School) {
		trainee, e := s.Trainee("Noor Vance", s.Cohort)
		for _, tt := range []struct {
			name, give, want string
		}{
			{"the account's name", "", "Noor Vance"},
			{"another spelling", "  Noor   Vance-Łukasiewicz ", "Noor Vance-Łukasiewicz"},
		} {
			got, err := s.Enrollments.ConfirmName(trainee, e.ID, tt.give)
			if err != nil || got.PrintedName != tt.want || got.NameConfirmedAt.IsZero() {
				t.Errorf("%s: ConfirmName(%q) = %+v, %v; want %q", tt.name, tt.give, got, err, tt.want)
			}
		}
		if _, err := s.Enrollments.ConfirmName(trainee, e.ID, "Noor\u202eecnaV"); err == nil {
			t.Error("a name with a bidi control was taken")
		}
		if _, err := s.Enrollments.ConfirmName(s.Admin, e.ID, "X"); !errors.Is(err, access.ErrForbidden) {
			t.Errorf("as the admin: %v, want ErrForbidden", err)
		}
	})
}

func TestTwoConfirmationsAtOnceDoNotOverwriteUnseen(t *testing.T) {
	each(t, func(t *testing.T, s *schooltest.School) {
		trainee, e := s.Trainee("Noor Vance", s.Cohort)
		var won, stale atomic.Int32
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				switch _, err := s.Enrollments.ConfirmName(trainee, e.ID, "Noor"); {
				case err == nil:
					won.Add(1)
				case errors.Is(err, enrollment.ErrStale):
					stale.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		p, err := s.Enrollments.Own(trainee, access.Study, e.ID)
		if err != nil || p.Version != 1+int64(won.Load()) || won.Load() == 0 {
			t.Errorf("%d wrote and %d were told; the version is %d (%v)", won.Load(), stale.Load(), p.Version, err)
		}
	})
}

func TestAPublishedEditionNeverChanges(t *testing.T) {
	each(t, func(t *testing.T, s *schooltest.School) {
		changed := *s.Course
		program := *s.Course.Default()
		program.Quiz.PassPercent = 50
		changed.Programs = []*curriculum.Program{&program}
		err := s.Enrollments.Publish(t.Context(), &changed)
		if err == nil || !strings.Contains(err.Error(), "version") {
			t.Errorf("Publish of changed rules under an old version = %v, want a refusal", err)
		}
		if s.Enrollments.Current() != s.Course {
			t.Error("the refused course is the current one")
		}
		program.Version++
		if err := s.Enrollments.Publish(t.Context(), &changed); err != nil {
			t.Errorf("Publish of a new version = %v", err)
		}
	})
}
