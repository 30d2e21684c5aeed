package enrollment_test

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/internal/once"
	"github.com/kapstone-lms/kapstone/internal/schooltest"
	"github.com/kapstone-lms/kapstone/modules"
)

// nextCourse is the embedded course with a later version of the default
// program, after a change to its file.
func nextCourse(t *testing.T, change func(file string) string) *curriculum.Course {
	t.Helper()
	files := make(fstest.MapFS)
	err := fs.WalkDir(modules.FS, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(modules.FS, name)
		if name == "programs/kap_foundation.yaml" {
			data = []byte(change(strings.Replace(string(data), "\nversion: 1\n", "\nversion: 2\n", 1)))
		}
		files[name] = &fstest.MapFile{Data: data}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	c, err := curriculum.Load(files)
	if err != nil {
		t.Fatal(err)
	}
	if c.Default().Version != 2 {
		t.Fatalf("the next course has version %d", c.Default().Version)
	}
	return c
}

func same(file string) string { return file }

func TestAnEnrollmentStaysOnItsEditionUntilItIsMoved(t *testing.T) {
	each(t, func(t *testing.T, s *schooltest.School) {
		trainee, e := s.Trainee("Noor Vance", s.Cohort)
		next := nextCourse(t, func(file string) string { return strings.Replace(file, "pass_percent: 80", "pass_percent: 70", 1) })
		if err := s.Enrollments.Publish(t.Context(), next); err != nil {
			t.Fatal(err)
		}
		// Another process finds the old edition in the archive.
		other := enrollment.New(s.DB, s.People, s.Clock.Now)
		if err := other.Publish(t.Context(), next); err != nil {
			t.Fatal(err)
		}
		rules := func(svc *enrollment.Service, want int) {
			t.Helper()
			p, err := svc.Own(trainee, access.Study, e.ID)
			if err != nil || p.Edition.Quiz.PassPercent != want {
				t.Errorf("the pinned edition passes at %+v, %v; want %d", p, err, want)
			}
		}
		rules(s.Enrollments, 80)
		rules(other, 80)
		move := func(version int, dry bool) (*enrollment.Done, error) {
			return s.Enrollments.Move(s.Admin, e.ID, enrollment.Form{Edition: version, Reason: why, DryRun: dry})
		}
		for _, version := range []int{0, 1, 3} {
			if _, err := move(version, false); !errors.Is(err, enrollment.ErrEdition) {
				t.Errorf("moving to version %d: %v, want ErrEdition", version, err)
			}
		}
		would, err := move(2, true)
		if err != nil || would.Deed.ID != "" {
			t.Fatalf("the dry run = %+v, %v", would, err)
		}
		rules(s.Enrollments, 80)
		done, err := move(2, false)
		if err != nil || done.Effect.Before.Edition != 1 || done.Effect.After.Edition != 2 || !strings.Contains(done.Deed.Letter, "Version 2 of the program holds instead of version 1.") {
			t.Fatalf("the move = %+v, %v", done, err)
		}
		rules(s.Enrollments, 70)
		rules(other, 70)
		keyed := once.With(s.Admin, once.Key{Key: "k", Digest: strings.Repeat("a", 64)})
		for range 2 { // with a key too
			if _, err := s.Enrollments.Move(keyed, e.ID, enrollment.Form{Edition: 2, Reason: why}); err != nil {
				t.Errorf("moving to where it is, with a key: %v", err)
			}
		}
		again, err := move(2, false)
		if err != nil || again.Deed != nil || again.Enrollment.Version != done.Enrollment.Version || len(again.Effect.Words) != 1 {
			t.Errorf("moving to where it is = %+v, %v", again, err)
		}
		rows, err := s.Enrollments.Deeds(trainee, e.ID)
		if err != nil || len(rows) != 1 || rows[0].FromCourse != s.Course.Hash() || rows[0].ToCourse != next.Hash() {
			t.Errorf("on record are %+v, %v", rows, err)
		}
	})
}

// Corrected content under an unchanged version of the program is worth a move
// too.
func TestAMoveBringsCorrectedContent(t *testing.T) {
	each(t, func(t *testing.T, s *schooltest.School) {
		_, e := s.Trainee("Noor Vance", s.Cohort)
		next := nextCourse(t, func(file string) string {
			return strings.Replace(file, "\nversion: 2\n", "\nversion: 2\n# a comment\n", 1)
		})
		first := nextCourse(t, same)
		for _, c := range []*curriculum.Course{first, next} {
			if err := s.Enrollments.Publish(t.Context(), c); err != nil {
				t.Fatal(err)
			}
			done, err := s.Enrollments.Move(s.Admin, e.ID, enrollment.Form{Edition: 2, Reason: why})
			if err != nil || done.Deed == nil || done.Enrollment.CourseHash != c.Hash() {
				t.Errorf("Move = %+v, %v; want the course %.12s", done, err, c.Hash())
			}
		}
	})
}

func TestAMoveFindsATrack(t *testing.T) {
	each(t, func(t *testing.T, s *schooltest.School) {
		_, e := s.Trainee("Noor Vance", s.Cohort)
		tracks := func(keys ...string) {
			t.Helper()
			next := nextCourse(t, func(file string) string { return file + "\n# " + strings.Join(keys, " ") + "\n" })
			for _, key := range keys {
				next.Default().Tracks = append(next.Default().Tracks, curriculum.Track{Key: key, Title: key})
			}
			next.Default().Version = s.Enrollments.Current().Default().Version + 1
			if err := s.Enrollments.Publish(t.Context(), next); err != nil {
				t.Fatal(err)
			}
		}
		move := func(track string) (string, error) {
			version := s.Enrollments.Current().Default().Version
			done, err := s.Enrollments.Move(s.Admin, e.ID, enrollment.Form{Edition: version, Track: track, Reason: why})
			if err != nil {
				return "", err
			}
			return done.Enrollment.Track, nil
		}
		tracks("a", "b")
		for _, track := range []string{"", "c"} {
			if _, err := move(track); !errors.Is(err, enrollment.ErrTrack) {
				t.Errorf("moving with the track %q: %v, want ErrTrack", track, err)
			}
		}
		if got, err := move("b"); err != nil || got != "b" {
			t.Errorf("moving with the track b = %q, %v", got, err)
		}
		tracks("b", "d")
		if got, err := move(""); err != nil || got != "b" {
			t.Errorf("moving with a track that stays = %q, %v", got, err)
		}
		tracks()
		if got, err := move(""); err != nil || got != "" {
			t.Errorf("moving to where there are no tracks = %q, %v", got, err)
		}
	})
}

func TestACohortMovesOneByOne(t *testing.T) {
	each(t, func(t *testing.T, s *schooltest.School) {
		var ids []string
		for range 4 {
			_, e := s.Trainee("Noor Vance", s.Cohort)
			ids = append(ids, e.ID)
		}
		self := s.Person("Bea Both", access.Grant{Role: access.Admin})
		own, err := s.Enrollments.Enroll(s.Admin, s.Cohort.ID, access.From(self).ID)
		if err != nil {
			t.Fatal(err)
		}
		deeds{s, ids[1]}.must(t, enrollment.Form{Kind: enrollment.Withdraw})
		next := nextCourse(t, same)
		if err := s.Enrollments.Publish(t.Context(), next); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Enrollments.Move(s.Admin, ids[2], enrollment.Form{Edition: 2, Reason: why}); err != nil {
			t.Fatal(err)
		}
		form := enrollment.Form{Edition: 2, Reason: why}
		for name, tt := range map[string]struct {
			ctx  context.Context
			form enrollment.Form
			want error
		}{
			"an old version":   {s.Admin, enrollment.Form{Edition: 1, Reason: why}, enrollment.ErrEdition},
			"without a reason": {s.Admin, enrollment.Form{Edition: 2}, enrollment.ErrWhy},
			"as an instructor": {s.Instructor, form, access.ErrForbidden},
		} {
			if rows, err := s.Enrollments.MoveAll(tt.ctx, s.Cohort.ID, tt.form); !errors.Is(err, tt.want) || rows != nil {
				t.Errorf("%s: MoveAll = %v, %v; want %v", name, rows, err, tt.want)
			}
		}
		for _, round := range []struct {
			dry  bool
			want []string
		}{
			{true, []string{"deed", "enrollment_ended", "nothing", "deed", "own_enrollment"}},
			{false, []string{"deed", "enrollment_ended", "nothing", "deed", "own_enrollment"}},
			{false, []string{"nothing", "enrollment_ended", "nothing", "nothing", "own_enrollment"}},
		} {
			form.DryRun = round.dry
			rows, err := s.Enrollments.MoveAll(self, s.Cohort.ID, form)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, m := range rows {
				switch {
				case m.Refused != nil:
					got = append(got, m.Refused.Error())
				case m.Done.Deed == nil:
					got = append(got, "nothing")
				default:
					got = append(got, "deed")
				}
			}
			for i := range got {
				got[i], _, _ = strings.Cut(got[i], " ")
			}
			if rows[4].EnrollmentID != own.ID || !slices.Equal(got, round.want) {
				t.Errorf("dry %v: %v, want %v", round.dry, got, round.want)
			}
		}
	})
}

func TestAProgramThatIsGoneKeepsItsPeople(t *testing.T) {
	each(t, func(t *testing.T, s *schooltest.School) {
		trainee, e := s.Trainee("Noor Vance", s.Cohort)
		gone := nextCourse(t, func(file string) string { return strings.Replace(file, "key: kap_foundation", "key: kap_other", 1) })
		if err := s.Enrollments.Publish(t.Context(), gone); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Enrollments.Own(trainee, access.Study, e.ID); err != nil {
			t.Errorf("the trainee goes on: %v", err)
		}
		if _, err := s.Enrollments.Move(s.Admin, e.ID, enrollment.Form{Edition: 2, Reason: why}); !errors.Is(err, enrollment.ErrNoPlace) {
			t.Errorf("Move = %v, want ErrNoPlace", err)
		}
		if _, err := s.Enrollments.Enroll(s.Admin, s.Cohort.ID, access.From(s.Person("P")).ID); !errors.Is(err, enrollment.ErrNoPlace) {
			t.Errorf("Enroll = %v, want ErrNoPlace", err)
		}
	})
}
