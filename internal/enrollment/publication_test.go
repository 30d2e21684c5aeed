package enrollment_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/dbtest"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/internal/schooltest"
	"github.com/kapstone-lms/kapstone/migrations"
)

// process is a second process on a school's database.
func process(s *schooltest.School, options ...enrollment.Option) *enrollment.Service {
	return enrollment.New(s.DB, s.People, s.Clock.Now, options...)
}

const note = "The first lesson left out a sentence."

// rows counts the rows of a table.
func rows(t *testing.T, s *schooltest.School, table string) (n int) {
	t.Helper()
	if err := s.DB.NewRaw(`SELECT count(*) FROM ?`, bun.Ident(table)).Scan(t.Context(), &n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestWhatAPersonPublishedWins(t *testing.T) {
	each(t, func(t *testing.T, s *schooltest.School) {
		_, before := s.Trainee("Noor Vance", s.Cohort)
		second := process(s)
		if served, err := second.Open(t.Context(), s.Course); err != nil || served.Publication != nil || served.Course != s.Course || served.Before != "" {
			t.Fatalf("Open without a publication = %+v, %v; want the embedded course", served, err)
		}
		course := schooltest.Course(t, schooltest.OtherLesson, schooltest.NextVersion, schooltest.OtherRule)
		p, err := s.Enrollments.PublishFromShell(t.Context(), s.Course, course, "  "+note+"\n")
		if err != nil || p.Seq != 1 || p.CourseHash != course.Hash() || p.Note != note || p.PublishedBy != "shell" {
			t.Fatalf("PublishFromShell = %+v, %v", p, err)
		}
		if second.Current() != s.Course {
			t.Error("a process that did not look has another course")
		}
		for name, e := range map[string]*enrollment.Service{"the same process": s.Enrollments, "the second": second} {
			if got, err := e.Newest(t.Context()); err != nil || got.Hash() != course.Hash() || e.Current().Hash() != course.Hash() {
				t.Errorf("%s: Newest = %v, want the published course", name, err)
			}
		}
		_, after := s.Trainee("Otto Other", s.Cohort)
		if after.CourseHash != course.Hash() || after.ProgramVersion != 2 {
			t.Errorf("an enrollment made later is pinned to %.12s, version %d", after.CourseHash, after.ProgramVersion)
		}
		if all, err := s.Enrollments.ByID(t.Context(), s.DB, []string{before.ID}); err != nil || all[before.ID].CourseHash != s.Course.Hash() || all[before.ID].ProgramVersion != 1 {
			t.Errorf("the one made before moved to %+v, %v", all[before.ID], err)
		}
		upgraded := schooltest.Course(t, schooltest.OtherItem)
		served, err := process(s).Open(t.Context(), upgraded)
		if err != nil || served.Publication == nil || served.Course.Hash() != course.Hash() {
			t.Errorf("Open after an upgrade = %+v, %v; want the published course", served, err)
		}
	})
}

func TestAProcessWithACourseOfItsOwnFollowsNobody(t *testing.T) {
	each(t, func(t *testing.T, s *schooltest.School) {
		own := process(s)
		mine := schooltest.Course(t, schooltest.OtherItem)
		if err := own.Publish(t.Context(), mine); err != nil {
			t.Fatal(err)
		}
		if served, err := process(s).Open(t.Context(), s.Course); err != nil || served.Before != "" && served.Before != mine.Hash() {
			t.Errorf("Open beside it = %+v, %v", served, err)
		}
		if _, err := s.Enrollments.PublishFromShell(t.Context(), s.Course, schooltest.Course(t, schooltest.OtherLesson), note); err != nil {
			t.Fatal(err)
		}
		if got, err := own.Newest(t.Context()); err != nil || got != mine {
			t.Errorf("Newest = %.12s, %v; want its own course", got.Hash(), err)
		}
	})
}

// An older course that comes back, by a setting that is gone, is said.
func TestGoingBackIsSaid(t *testing.T) {
	each(t, func(t *testing.T, s *schooltest.School) {
		s.Clock.Advance(time.Minute)
		other := schooltest.Course(t, schooltest.OtherItem)
		if err := process(s).Publish(t.Context(), other); err != nil {
			t.Fatal(err)
		}
		if served, err := process(s).Open(t.Context(), s.Course); err != nil || served.Before != other.Hash() {
			t.Errorf("Open = %+v, %v; want the course before named", served, err)
		}
	})
}

func TestWhatCannotBePublished(t *testing.T) {
	each(t, func(t *testing.T, s *schooltest.School) {
		other := schooltest.Course(t, schooltest.OtherLesson)
		if _, err := s.Enrollments.PublishFromShell(t.Context(), s.Course, other, note); err != nil {
			t.Fatal(err)
		}
		count := func() string {
			return fmt.Sprint(rows(t, s, "courses"), rows(t, s, "course_publications"), rows(t, s, "program_editions"), rows(t, s, "audit_entries"))
		}
		was := count()
		for _, tt := range []struct {
			name           string
			before, course *curriculum.Course
			note           string
			want           error  // nil: an error that is no fault
			says           string // of that
		}{
			{"the same again", other, schooltest.Course(t, schooltest.OtherLesson), "", enrollment.ErrPublished, ""},
			{"on the one before", s.Course, schooltest.Course(t, schooltest.OtherItem), "Back.", enrollment.ErrMovedOn, ""},
			{"a lesson without a note", other, s.Course, " ", enrollment.ErrNote, ""},
			{"a note too long", other, s.Course, strings.Repeat("x", 2001), enrollment.ErrNote, ""},
			{"a note with a control character", other, s.Course, "a\u202eb", enrollment.ErrNote, ""},
			{"other rules in the same version", other, schooltest.Course(t, schooltest.OtherLesson, schooltest.OtherRule), "", nil, "raise `version`"},
		} {
			for deed, err := range map[string]error{
				"publish": secondOf(s.Enrollments.PublishFromShell(t.Context(), tt.before, tt.course, tt.note)),
				"try":     s.Enrollments.TryPublishFromShell(t.Context(), tt.before, tt.course, tt.note),
			} {
				if err == nil || tt.want != nil && !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.says) {
					t.Errorf("%s: %s = %v, want %v %s", tt.name, deed, err, tt.want, tt.says)
				}
			}
		}
		if err := s.Enrollments.TryPublishFromShell(t.Context(), other, s.Course, note); err != nil {
			t.Errorf("trying what can be published = %v", err)
		}
		if got := count(); got != was {
			t.Errorf("what was refused or tried left rows: %s, before %s", got, was)
		}
	})
}

func secondOf(_ *enrollment.Publication, err error) error { return err }

func TestOfTwoWhoPublishAtOnceOneIsTold(t *testing.T) {
	each(t, func(t *testing.T, s *schooltest.School) {
		first := schooltest.Course(t, schooltest.OtherLesson)
		if _, err := s.Enrollments.PublishFromShell(t.Context(), s.Course, first, note); err != nil {
			t.Fatal(err)
		}
		var won, told atomic.Int32
		var wg sync.WaitGroup
		for i := range 6 {
			course := schooltest.Course(t, schooltest.Edit{File: "01-science/sci-1-", New: fmt.Sprintf("\n\nSentence %d.\n", i)})
			wg.Go(func() {
				switch _, err := process(s).PublishFromShell(t.Context(), first, course, note); {
				case err == nil:
					won.Add(1)
				case errors.Is(err, enrollment.ErrMovedOn):
					told.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if won.Load() != 1 || told.Load() != 5 || rows(t, s, "course_publications") != 2 {
			t.Errorf("%d published and %d were told, %d rows; want 1, 5 and 2", won.Load(), told.Load(), rows(t, s, "course_publications"))
		}
	})
}

func TestWhatWasPublishedStays(t *testing.T) {
	each(t, func(t *testing.T, s *schooltest.School) {
		if _, err := s.Enrollments.PublishFromShell(t.Context(), s.Course, schooltest.Course(t, schooltest.OtherLesson), note); err != nil {
			t.Fatal(err)
		}
		if _, _, err := process(s).Accept(s.Admin, s.Course.Hash(), "science", "Read by us."); err != nil {
			t.Fatal(err)
		}
		for _, stmt := range []string{
			`UPDATE courses SET published_at = 1`, `DELETE FROM courses`, `UPDATE program_editions SET hash = hash`, `DELETE FROM program_editions`,
			`UPDATE course_publications SET note = 'x'`, `DELETE FROM course_publications`, `UPDATE module_acceptances SET statement = 'x'`, `DELETE FROM module_acceptances`,
		} {
			err := s.DB.Tx(t.Context(), func(ctx context.Context, tx bun.Tx) error {
				_, err := tx.NewRaw(stmt).Exec(ctx)
				return err
			})
			if err == nil || !strings.Contains(err.Error(), "never edited or deleted") {
				t.Errorf("%s = %v, want it refused", stmt, err)
			}
		}
	})
}

func TestAProgramThatIsGoneTakesNobodyIn(t *testing.T) {
	each(t, func(t *testing.T, s *schooltest.School) {
		less := schooltest.Course(t, schooltest.Edit{File: "programs/kap_foundation.yaml", Old: "key: kap_foundation", New: "key: kap_other"})
		if _, err := s.Enrollments.PublishFromShell(t.Context(), s.Course, less, ""); err != nil {
			t.Fatal(err)
		}
		who := access.From(s.Person("Noor Vance")).ID
		if _, err := s.Enrollments.Enroll(s.Admin, s.Cohort.ID, who); !errors.Is(err, enrollment.ErrNoPlace) {
			t.Errorf("Enroll = %v, want ErrNoPlace", err)
		}
		if _, err := s.Enrollments.OpenCohort(s.Admin, *s.Cohort); !errors.Is(err, enrollment.ErrProgram) {
			t.Errorf("OpenCohort = %v, want ErrProgram", err)
		}
	})
}

func TestEditionsAreCompared(t *testing.T) {
	each(t, func(t *testing.T, s *schooltest.School) {
		course := schooltest.Course(t, schooltest.NextVersion, schooltest.OtherRule)
		if _, err := s.Enrollments.PublishFromShell(t.Context(), s.Course, course, ""); err != nil {
			t.Fatal(err)
		}
		fresh := process(s) // reads what is on record
		for _, tt := range []struct{ from, to, wantFrom, wantTo, changes int }{
			{0, 0, 1, 2, 2}, {1, 2, 1, 2, 2}, {2, 1, 2, 1, 2}, {0, 1, 1, 1, 0}, {2, 0, 2, 2, 0},
		} {
			d, err := fresh.DiffEditions(s.Admin, s.Program, tt.from, tt.to)
			if err != nil || d.From != tt.wantFrom || d.To != tt.wantTo || len(d.Changes) != tt.changes {
				t.Errorf("DiffEditions(%d, %d) = %+v, %v; want %d to %d with %d changes", tt.from, tt.to, d, err, tt.wantFrom, tt.wantTo, tt.changes)
			}
		}
		elsewhere := s.Person("Dana", access.Grant{Role: access.Admin, Program: "other"})
		for _, tt := range []struct {
			name     string
			ctx      context.Context
			program  string
			from, to int
			want     error
		}{
			{"an edition that never was", s.Admin, s.Program, 1, 7, enrollment.ErrNoEdition},
			{"from one that never was", s.Admin, s.Program, 7, 1, enrollment.ErrNoEdition},
			{"a program that never was", s.Admin, "none", 0, 0, db.ErrNone},
			{"another program's admin", elsewhere, s.Program, 0, 0, db.ErrNone},
			{"an instructor", s.Instructor, s.Program, 0, 0, access.ErrForbidden},
		} {
			if _, err := fresh.DiffEditions(tt.ctx, tt.program, tt.from, tt.to); !errors.Is(err, tt.want) {
				t.Errorf("%s: DiffEditions = %v, want %v", tt.name, err, tt.want)
			}
		}
	})
}

func TestCoursesAreFoundByTheFirstDigitsOfTheirHash(t *testing.T) {
	each(t, func(t *testing.T, s *schooltest.School) {
		hash := s.Course.Hash()
		for _, name := range []string{hash, hash[:8], hash[:30]} {
			if c, err := process(s).CourseLike(t.Context(), name); err != nil || c.Hash() != hash {
				t.Errorf("CourseLike(%s) = %v, want the course", name, err)
			}
		}
		for _, name := range []string{"", hash[:7], strings.Repeat("0", 64), "%", hash[:8] + "%", "________"} {
			if _, err := process(s).CourseLike(t.Context(), name); !errors.Is(err, enrollment.ErrNoCourse) {
				t.Errorf("CourseLike(%s) = %v, want ErrNoCourse", name, err)
			}
		}
	})
}

// Editions that were there before the step know afterwards which course
// brought them.
func TestOldEditionsGetTheirCourse(t *testing.T) {
	before := make(fstest.MapFS)
	for _, kind := range []string{"sqlite", "postgres"} {
		files, err := fs.Glob(migrations.FS, kind+"/*.sql")
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			if data, err := fs.ReadFile(migrations.FS, name); err == nil && name < kind+"/0013" {
				before[name] = &fstest.MapFile{Data: data}
			}
		}
	}
	dbtest.EachEmpty(t, func(t *testing.T, url string) {
		open := func(steps fs.FS) *db.DB {
			d, err := db.Open(t.Context(), url, steps)
			if err != nil {
				t.Fatal(err)
			}
			return d
		}
		d := open(before)
		one, two := strings.Repeat("1", 64), strings.Repeat("2", 64)
		err := d.Tx(t.Context(), func(ctx context.Context, tx bun.Tx) error {
			for _, stmt := range []string{
				`INSERT INTO courses (hash, archive, published_at) VALUES ('` + one + `', '', 1000), ('` + two + `', '', 2000)`,
				`INSERT INTO program_editions (program, version, hash, published_at) VALUES
					('kap', 1, '` + one + `', 1003), ('kap', 2, '` + two + `', 2000), ('other', 1, '` + two + `', 2001)`,
			} {
				if _, err := tx.NewRaw(stmt).Exec(ctx); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		d = open(migrations.FS)
		defer d.Close()
		var got []string
		err = d.NewRaw(`SELECT program || version || substr(course_hash, 1, 1) FROM program_editions ORDER BY program, version`).Scan(t.Context(), &got)
		if err != nil || fmt.Sprint(got) != "[kap11 kap22 other12]" {
			t.Errorf("the editions came with %v, %v", got, err)
		}
	})
}
