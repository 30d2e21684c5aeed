package practicum_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/internal/fault"
	"github.com/kapstone-lms/kapstone/internal/practicum"
	"github.com/kapstone-lms/kapstone/internal/schooltest"
)

// A bell is an alarm that keeps what rang it, or fails.
type bell struct {
	rang []string
	err  error
}

func (b *bell) Raise(_ context.Context, _ bun.IDB, _ *enrollment.Pinned, logID string, titles []string) error {
	b.rang = append(b.rang, logID+": "+strings.Join(titles, ", "))
	return b.err
}

// low is a verdict with some grades lowered, and the feedback that they ask for.
func low(grades practicum.Grades) practicum.Verdict {
	v := verdict()
	maps.Copy(v.Grades, grades)
	v.Feedback = strings.TrimSpace(strings.Repeat("Stay in the room, and call for help in time. ", 3))
	return v
}

// under puts the school's trainee under practicum rules of another edition.
func (s *school) under(t *testing.T, rules string) {
	t.Helper()
	edit := schooltest.Edit{File: "programs/kap_foundation.yaml", Old: "safety_floor: 2\n", New: "safety_floor: 2\n" + rules}
	if err := s.Enrollments.Publish(t.Context(), schooltest.Course(t, schooltest.NextVersion, edit)); err != nil {
		t.Fatal(err)
	}
	trainee, e := s.Trainee("Nia Under", s.Cohort)
	s.trainee, s.enrollment = trainee, e.ID
}

func TestAnUnsafeGradeRaisesTheAlarmInTheSameDeed(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		b := new(bell)
		s.logs.AlarmedBy(b)
		safe, unsafe := s.at(t, practicum.Submitted).ID, s.at(t, practicum.Submitted).ID
		if _, err := s.logs.Grade(s.Instructor, safe, low(practicum.Grades{"c1": 1, "c2": 2, "c6": 0})); err != nil || len(b.rang) != 0 {
			t.Errorf("Grade = %v, and the alarm rang %v; want it silent", err, b.rang)
		}
		b.err = errors.New("no")
		if _, err := s.logs.Grade(s.Instructor, unsafe, low(practicum.Grades{"c2": 1, "c6": 1})); !errors.Is(err, b.err) {
			t.Errorf("Grade where the alarm fails = %v, want its error", err)
		}
		if l, err := s.logs.Read(s.trainee, unsafe); err != nil || l.Status != practicum.Submitted {
			t.Fatalf("then the log is %v, %v; want it waiting still", l.Status, err)
		}
		b.rang, b.err = nil, nil
		if _, err := s.logs.Grade(s.Instructor, unsafe, low(practicum.Grades{"c2": 1, "c6": 1})); err != nil {
			t.Fatal(err)
		}
		if want := []string{unsafe + ": Safety and teamwork, Ethics, boundaries, touch, culture"}; !slices.Equal(b.rang, want) {
			t.Errorf("the alarm rang %q, want %q", b.rang, want)
		}
	})
}

func TestGradesAreCorrectedUntilTheLogIsSigned(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		b := new(bell)
		s.logs.AlarmedBy(b)
		other := s.teacher(t, "Oda Other")
		l := s.at(t, practicum.Graded)
		v := low(practicum.Grades{"c6": 1})
		for _, tt := range []struct {
			name    string
			who     context.Context
			version int64
			want    error
		}{
			{"by a colleague", other, l.Version, practicum.ErrNotGrader},
			{"without the version", s.Instructor, 0, practicum.ErrStale},
			{"with another version", s.Instructor, l.Version - 1, practicum.ErrStale},
			{"by the grader", s.Instructor, l.Version, nil},
			{"with a version that was corrected", s.Instructor, l.Version, practicum.ErrStale},
		} {
			v.Version = tt.version
			if _, err := s.logs.Correct(tt.who, l.ID, v); !errors.Is(err, tt.want) {
				t.Errorf("%s: Correct = %v, want %v", tt.name, err, tt.want)
			}
		}
		if got, err := s.logs.Read(s.trainee, l.ID); err != nil || got.Grades["c6"] != 1 || got.Feedback != v.Feedback || got.Status != practicum.Graded {
			t.Errorf("the log is %+v, %v; want the corrected grades", got, err)
		}
		if len(b.rang) != 1 {
			t.Errorf("the alarm rang %v, want once", b.rang)
		}
		var details string
		if err := s.DB.NewRaw(`SELECT details FROM audit_entries WHERE action = 'log.grade_corrected'`).Scan(t.Context(), &details); err != nil ||
			!strings.Contains(details, `"before":{"c1":3`) || !strings.Contains(details, `"c6":1`) {
			t.Errorf("the ledger says %s, %v; want the grades before and after", details, err)
		}
		signed, waits := s.at(t, practicum.Countersigned), s.at(t, practicum.Submitted)
		v.Version = signed.Version
		if _, err := s.logs.Correct(s.Instructor, signed.ID, v); !errors.Is(err, practicum.ErrLocked) {
			t.Errorf("Correct of a signed log = %v, want ErrLocked", err)
		}
		v.Version = waits.Version
		if _, err := s.logs.Correct(s.Instructor, waits.ID, v); !errors.Is(err, practicum.ErrNothing) {
			t.Errorf("Correct of a log that waits = %v, want ErrNothing", err)
		}
	})
}

func TestAGraderSeesTheSelfRatingBesideTheirOwn(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		id := s.submitted(t, func(f *practicum.Form) { f.SelfRating = &good })
		if l, err := s.logs.Read(s.Instructor, id); err != nil || len(l.SelfRating) != 0 {
			t.Errorf("before grading a grader reads the self-rating %v, %v; want none", l.SelfRating, err)
		}
		if c, err := s.logs.Next(s.Instructor, practicum.Want{}); err != nil || len(c.SelfRating) != 0 {
			t.Errorf("the next log shows the self-rating %v, %v; want none", c.SelfRating, err)
		}
		if l, err := s.logs.Read(s.trainee, id); err != nil || !maps.Equal(l.SelfRating, good) {
			t.Errorf("the author reads the self-rating %v, %v", l.SelfRating, err)
		}
		if l, err := s.logs.Grade(s.Instructor, id, verdict()); err != nil || !maps.Equal(l.SelfRating, good) {
			t.Errorf("Grade shows the self-rating %v, %v; want it beside the grades", l.SelfRating, err)
		}
	})
}

func TestAProgramMayAskForTheSelfRatingFirst(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		s.under(t, "  self_rating: true\n")
		l := s.create(t, rolePlay(practicum.Preparation))
		_, err := s.logs.Submit(s.trainee, l.ID)
		if f := fault.Of(err); f == nil || f.Field != "self_rating" {
			t.Errorf("Submit without a self-rating = %v, want it asked for", err)
		}
		if l, err = s.logs.Edit(s.trainee, l.ID, practicum.Form{SelfRating: &good}, l.Version); err != nil {
			t.Fatal(err)
		}
		if _, err := s.logs.Submit(s.trainee, l.ID); err != nil {
			t.Errorf("Submit with a self-rating = %v", err)
		}
	})
}

func TestALogBelowAMinimumDoesNotCount(t *testing.T) {
	rules := curriculum.PracticumRules{Kinds: []string{"role_play"}, Rubric: []curriculum.Criterion{{Key: "c3", Title: "Presence", Minimum: 3}}}
	for grade, want := range map[int]bool{0: true, 2: false, 3: true} { // 0: no opportunity to observe
		s := practicum.Session{Kind: practicum.RolePlay, Status: practicum.Countersigned, Intact: true, Grades: practicum.Grades{"c3": grade}}
		if got, why := practicum.Counts(rules, s); got != want {
			t.Errorf("a log graded %d counts: %v (%s), want %v", grade, got, why, want)
		}
	}
}
