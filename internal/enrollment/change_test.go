package enrollment_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/internal/identity"
	"github.com/kapstone-lms/kapstone/internal/schooltest"
)

func TestATransferTakesAlongWhatThereIs(t *testing.T) {
	each(t, func(t *testing.T, s *schooltest.School) {
		ivo := s.Person("Ivo Other", access.Grant{Role: access.Instructor, Program: s.Program})
		sana := s.Person("Sana Supervisor", access.Grant{Role: access.Supervisor, Program: s.Program})
		spring, full := s.OpenCohort("Spring", ivo), s.OpenCohort("Full", ivo)
		supervises := func(ctx context.Context, e *enrollment.Enrollment) bool {
			ids, err := s.Enrollments.SupervisedBy(ctx, access.GradeLog)
			if err != nil {
				t.Fatal(err)
			}
			return slices.Contains(ids, e.ID)
		}
		_, plain := s.Trainee("Noor Vance", s.Cohort)
		_, named := s.Trainee("Otto Other", s.Cohort)
		if _, err := s.Enrollments.SetSupervisors(s.Admin, named.ID, schooltest.IDs(sana)); err != nil {
			t.Fatal(err)
		}
		for _, e := range []*enrollment.Enrollment{plain, named} {
			deeds{s, e.ID}.must(t, enrollment.Form{Kind: enrollment.Transfer, CohortID: spring.ID})
		}
		if supervises(s.Instructor, plain) || !supervises(ivo, plain) {
			t.Error("where nobody is named, the new cohort's instructors do not supervise alone")
		}
		if !supervises(sana, named) || supervises(ivo, named) {
			t.Error("the named supervisor did not go along")
		}
		if _, err := s.Enrollments.See(s.Instructor, access.SeeEnrollment, plain.ID); !errors.Is(err, db.ErrNone) {
			t.Errorf("the old cohort's instructor still sees it: %v", err)
		}
		// Nobody supervises themselves, and nobody is in a cohort twice.
		_, teacher := s.Trainee("Tess Both", s.Cohort)
		twice, err := s.Enrollments.Enroll(s.Admin, full.ID, plain.PersonID)
		if err != nil {
			t.Fatal(err)
		}
		tess := s.Person("Tess", access.Grant{Role: access.Instructor, Program: s.Program})
		own, err := s.Enrollments.Enroll(s.Admin, s.Cohort.ID, access.From(tess).ID)
		if err != nil {
			t.Fatal(err)
		}
		hers := s.OpenCohort("Hers", tess)
		for name, tt := range map[string]struct {
			id, to string
			want   error
		}{
			"to the cohort she teaches": {own.ID, hers.ID, enrollment.ErrOwn},
			"to a cohort he is in":      {twice.ID, spring.ID, enrollment.ErrEnrolled},
			"to another":                {teacher.ID, hers.ID, nil},
		} {
			if _, err := (deeds{s, tt.id}).do(enrollment.Form{Kind: enrollment.Transfer, CohortID: tt.to}); !errors.Is(err, tt.want) {
				t.Errorf("%s: %v, want %v", name, err, tt.want)
			}
		}
	})
}

func TestACohortHasOnlySoManySeats(t *testing.T) {
	each(t, func(t *testing.T, s *schooltest.School) {
		withRules(t, s, func(p *curriculum.Program) { p.Constraints.CohortMax = 2 })
		spring := s.OpenCohort("Spring")
		_, a := s.Trainee("A", s.Cohort)
		_, b := s.Trainee("B", s.Cohort)
		_, c := s.Trainee("C", spring)
		enroll := func() error {
			_, err := s.Enrollments.Enroll(s.Admin, s.Cohort.ID, access.From(s.Person("D")).ID)
			return err
		}
		move := enrollment.Form{Kind: enrollment.Transfer, CohortID: s.Cohort.ID, DryRun: true}
		full := func(want error) {
			t.Helper()
			if err := enroll(); !errors.Is(err, want) {
				t.Errorf("enrolling: %v, want %v", err, want)
			}
			if _, err := (deeds{s, c.ID}).do(move); !errors.Is(err, enrollment.ErrFull) {
				t.Errorf("transferring: %v, want ErrFull", err)
			}
		}
		full(enrollment.ErrFull)
		deeds{s, a.ID}.must(t, enrollment.Form{Kind: enrollment.TakeLeave}) // keeps the seat
		full(enrollment.ErrFull)
		deeds{s, b.ID}.must(t, enrollment.Form{Kind: enrollment.Withdraw, EffectiveOn: "2026-12-01"}) // not yet
		full(enrollment.ErrFull)
		s.Clock.Advance(8 * 24 * time.Hour)
		deeds{s, c.ID}.must(t, move)
		full(nil) // D took the seat that B left
		if _, err := (deeds{s, b.ID}).do(enrollment.Form{Kind: enrollment.Readmit}); !errors.Is(err, enrollment.ErrFull) {
			t.Errorf("readmitting to a full cohort: %v, want ErrFull", err)
		}
	})
}

// The last seat is given once, whoever asks at the same time.
func TestTheLastSeatIsGivenOnce(t *testing.T) {
	each(t, func(t *testing.T, s *schooltest.School) {
		withRules(t, s, func(p *curriculum.Program) { p.Constraints.CohortMax = 3 })
		spring := s.OpenCohort("Spring")
		var tries []func() error
		for range 3 {
			_, e := s.Trainee("T", s.Cohort)
			person := access.From(s.Person("N")).ID
			tries = append(tries,
				func() error {
					_, err := (deeds{s, e.ID}).do(enrollment.Form{Kind: enrollment.Transfer, CohortID: spring.ID})
					return err
				},
				func() error { _, err := s.Enrollments.Enroll(s.Admin, spring.ID, person); return err })
		}
		var in, full atomic.Int32
		var wg sync.WaitGroup
		for _, try := range tries {
			wg.Go(func() {
				switch err := try(); {
				case err == nil:
					in.Add(1)
				case errors.Is(err, enrollment.ErrFull):
					full.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if in.Load() != 3 || full.Load() != 3 {
			t.Errorf("%d came in and %d were refused, want three and three", in.Load(), full.Load())
		}
	})
}

// What has ended can be read and not be added to, until it goes on.
func TestWhatHasEndedIsForReadingOnly(t *testing.T) {
	each(t, func(t *testing.T, s *schooltest.School) {
		trainee, e := s.Trainee("Noor Vance", s.Cohort)
		x := deeds{s, e.ID}
		for _, tt := range []struct {
			kind  enrollment.Kind
			ended error
		}{
			{enrollment.TakeLeave, nil}, {enrollment.Withdraw, enrollment.ErrEnded}, {enrollment.Readmit, nil},
			{enrollment.Dismiss, enrollment.ErrEnded}, {enrollment.Readmit, nil},
		} {
			x.must(t, enrollment.Form{Kind: tt.kind})
			for _, act := range []access.Act{access.Study, access.TakeQuiz, access.WriteLog} {
				if _, err := s.Enrollments.Own(trainee, act, e.ID); !errors.Is(err, tt.ended) {
					t.Errorf("after %s, %s: %v, want %v", tt.kind, act, err, tt.ended)
				}
				if _, err := s.Enrollments.OwnToRead(trainee, act, e.ID); err != nil {
					t.Errorf("after %s, reading: %v", tt.kind, err)
				}
			}
			if _, err := s.Enrollments.ConfirmName(trainee, e.ID, "Noor"); !errors.Is(err, tt.ended) {
				t.Errorf("after %s, ConfirmName: %v, want %v", tt.kind, err, tt.ended)
			}
			rows, err := s.Enrollments.Deeds(trainee, e.ID)
			if err != nil || rows[len(rows)-1].Kind != tt.kind {
				t.Errorf("after %s, the trainee reads %v, %v", tt.kind, rows, err)
			}
		}
		for _, kind := range []enrollment.Kind{enrollment.Withdraw, enrollment.Dismiss} {
			x.must(t, enrollment.Form{Kind: kind})
			if _, err := x.do(enrollment.Form{Kind: enrollment.Extend, Days: 5, EffectiveOn: "2026-11-24"}); !errors.Is(err, enrollment.ErrEnded) {
				t.Errorf("an extension after %s: %v, want ErrEnded", kind, err)
			}
			x.must(t, enrollment.Form{Kind: enrollment.Readmit})
		}
	})
}

func TestWhoMayChangeAnEnrollment(t *testing.T) {
	each(t, func(t *testing.T, s *schooltest.School) {
		trainee, e := s.Trainee("Noor Vance", s.Cohort)
		elsewhere := access.Grant{Role: access.Admin, Program: "other"}
		mixed := func(g access.Grant) context.Context { return s.Person("Mixed", elsewhere, g) }
		both := s.Person("Bea Both", access.Grant{Role: access.Admin})
		own, err := s.Enrollments.Enroll(s.Admin, s.Cohort.ID, access.From(both).ID)
		if err != nil {
			t.Fatal(err)
		}
		outsider := s.Person("Olu Outsider", elsewhere)
		theirs, err := s.Enrollments.Enroll(s.Admin, s.Cohort.ID, access.From(outsider).ID)
		if err != nil {
			t.Fatal(err)
		}
		outsider = schooltest.As(t.Context(), person(t, s, outsider)) // with the trainee's role that enrolling gave
		for _, tt := range []struct {
			name string
			ctx  context.Context
			id   string
			want error
		}{
			{"an admin", s.Admin, e.ID, nil},
			{"a director of the program", s.Person("D", access.Grant{Role: access.Director, Program: s.Program}), e.ID, nil},
			{"an admin of another program", s.Person("X", elsewhere), e.ID, db.ErrNone},
			{"an instructor here who is an admin elsewhere", mixed(access.Grant{Role: access.Instructor, Program: s.Program}), e.ID, db.ErrNone},
			{"the instructor", s.Instructor, e.ID, access.ErrForbidden},
			{"the trainee", trainee, e.ID, access.ErrForbidden},
			{"a trainee here who is an admin elsewhere, their own", outsider, theirs.ID, access.ErrForbidden},
			{"an admin, their own", both, own.ID, enrollment.ErrOwnDeed},
			{"a stranger", t.Context(), e.ID, access.ErrSignIn},
			{"an admin, none", s.Admin, db.NewID(), db.ErrNone},
		} {
			_, err := s.Enrollments.Do(tt.ctx, tt.id, enrollment.Form{Kind: enrollment.Extend, Days: 1, Reason: why})
			if !errors.Is(err, tt.want) {
				t.Errorf("%s: Do = %v, want %v", tt.name, err, tt.want)
			}
			_, err = s.Enrollments.Move(tt.ctx, tt.id, enrollment.Form{Edition: s.Course.Default().Version, Reason: why, DryRun: true})
			if !errors.Is(err, tt.want) {
				t.Errorf("%s: Move = %v, want %v", tt.name, err, tt.want)
			}
		}
		// A role in another program opens nothing else here either.
		if _, err := s.Enrollments.SetSupervisors(outsider, theirs.ID, nil); !errors.Is(err, access.ErrForbidden) {
			t.Errorf("an outsider sets their own supervisors: %v, want ErrForbidden", err)
		}
		director := mixed(access.Grant{Role: access.Director, Program: s.Program})
		if _, err := s.Enrollments.Enroll(director, s.Cohort.ID, e.PersonID); !errors.Is(err, access.ErrForbidden) {
			t.Errorf("a director here who is an admin elsewhere enrolls: %v, want ErrForbidden", err)
		}
	})
}

func person(t *testing.T, s *schooltest.School, ctx context.Context) *identity.Person {
	t.Helper()
	p, err := s.People.Find(t.Context(), s.DB, access.From(ctx).ID)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestWhoReadsTheLetters(t *testing.T) {
	each(t, func(t *testing.T, s *schooltest.School) {
		trainee, e := s.Trainee("Noor Vance", s.Cohort)
		other, _ := s.Trainee("Otto Other", s.Cohort)
		deeds{s, e.ID}.must(t, enrollment.Form{Kind: enrollment.TakeLeave, Reason: "A sabbatical."})
		for _, tt := range []struct {
			name string
			ctx  context.Context
			want error
		}{
			{"the trainee", trainee, nil}, {"the instructor", s.Instructor, nil}, {"the admin", s.Admin, nil},
			{"another trainee", other, db.ErrNone}, {"another program's admin", s.Person("X", access.Grant{Role: access.Admin, Program: "other"}), db.ErrNone},
			{"a stranger", t.Context(), access.ErrSignIn},
		} {
			rows, err := s.Enrollments.Deeds(tt.ctx, e.ID)
			if !errors.Is(err, tt.want) || err == nil && (len(rows) != 1 || !strings.Contains(rows[0].Letter, "A sabbatical.")) {
				t.Errorf("%s: Deeds = %v, %v; want %v", tt.name, rows, err, tt.want)
			}
		}
	})
}

func TestTracks(t *testing.T) {
	each(t, func(t *testing.T, s *schooltest.School) {
		withRules(t, s, func(p *curriculum.Program) {
			p.Tracks = []curriculum.Track{{Key: "prescriber", Title: "Prescribers"}, {Key: "therapist", Title: "Therapists"}}
			p.Requirements = append(p.Requirements,
				curriculum.Requirement{ID: "soon", Type: curriculum.Deadline, Title: "Within a year", Months: 12, Tracks: []string{"prescriber"}})
		})
		enter := func(track string) (*enrollment.Enrollment, error) {
			return s.Enrollments.EnrollAs(s.Admin, enrollment.Entry{CohortID: s.Cohort.ID, PersonID: access.From(s.Person("P")).ID, Track: track})
		}
		for _, track := range []string{"", "other"} {
			if _, err := enter(track); !errors.Is(err, enrollment.ErrTrack) {
				t.Errorf("enrolling for the track %q: %v, want ErrTrack", track, err)
			}
		}
		e, err := enter("therapist")
		if err != nil || e.Track != "therapist" {
			t.Fatalf("EnrollAs = %+v, %v", e, err)
		}
		x := deeds{s, e.ID}
		for track, want := range map[string]error{"therapist": enrollment.ErrSameTrack, "other": enrollment.ErrTrack, "": enrollment.ErrTrack} {
			if _, err := x.do(enrollment.Form{Kind: enrollment.ChangeTrack, Track: track}); !errors.Is(err, want) {
				t.Errorf("changing to the track %q: %v, want %v", track, err, want)
			}
		}
		done := x.must(t, enrollment.Form{Kind: enrollment.ChangeTrack, Track: "prescriber"})
		if len(done.Effect.Before.Deadlines) != 0 || len(done.Effect.After.Deadlines) != 1 || done.Effect.After.Deadlines[0].Due != "2027-11-24" {
			t.Errorf("the deadlines were %v and are %v", done.Effect.Before.Deadlines, done.Effect.After.Deadlines)
		}
		back := x.must(t, enrollment.Form{Kind: enrollment.ChangeTrack, Track: "therapist"})
		if !slices.Contains(back.Effect.Words, "“Within a year” is not asked for any more.") {
			t.Errorf("in words: %q", back.Effect.Words)
		}
		p, err := s.Enrollments.See(s.Admin, access.SeeEnrollment, e.ID)
		if err != nil || p.Track != "therapist" {
			t.Errorf("the track is %q, %v", p.Track, err)
		}
	})
}

func TestNobodyIsEnrolledInAnExample(t *testing.T) {
	each(t, func(t *testing.T, s *schooltest.School) {
		withRules(t, s, func(p *curriculum.Program) { p.Example = true })
		if _, err := s.Enrollments.Enroll(s.Admin, s.Cohort.ID, access.From(s.Person("P")).ID); !errors.Is(err, enrollment.ErrExample) {
			t.Errorf("Enroll = %v, want ErrExample", err)
		}
		c := *s.Cohort
		if _, err := s.Enrollments.OpenCohort(s.Admin, c); !errors.Is(err, enrollment.ErrExample) {
			t.Errorf("OpenCohort = %v, want ErrExample", err)
		}
	})
}

// Whoever issues on the evidence holds it: no deed comes between.
func TestADeedWaitsForWhoHoldsTheEvidence(t *testing.T) {
	each(t, func(t *testing.T, s *schooltest.School) {
		_, e := s.Trainee("Noor Vance", s.Cohort)
		form := enrollment.Form{Kind: enrollment.Dismiss, Reason: why}
		err := s.DB.Tx(t.Context(), func(ctx context.Context, tx bun.Tx) error {
			if err := enrollment.LockEvidence(ctx, tx, e.ID); err != nil {
				return err
			}
			soon, cancel := context.WithTimeout(s.Admin, 300*time.Millisecond)
			defer cancel()
			if _, err := s.Enrollments.Do(soon, e.ID, form); err == nil {
				t.Error("a deed was done while somebody held the evidence")
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Enrollments.Do(s.Admin, e.ID, form); err != nil {
			t.Errorf("afterward: %v", err)
		}
	})
}
