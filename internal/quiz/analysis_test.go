package quiz

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/db"
)

// statements counts what is asked of a database.
type statements struct{ n int }

func (s *statements) BeforeQuery(ctx context.Context, _ *bun.QueryEvent) context.Context {
	s.n++
	return ctx
}

func (*statements) AfterQuery(context.Context, *bun.QueryEvent) {}

// counting returns the service on a database whose statements are counted.
func (w *regradeWorld) counting() (*Service, *statements) {
	n := new(statements)
	hooked := *w.DB
	hooked.DB = w.DB.WithQueryHook(n)
	s := *w.Service
	s.db = &hooked
	return &s, n
}

func (w *regradeWorld) analyze(as context.Context, q AnalysisQuery) *Analysis {
	w.t.Helper()
	q.Module = module
	a, err := w.Analyze(as, q)
	if err != nil {
		w.t.Fatalf("Analyze(%+v) = %v", q, err)
	}
	return a
}

// of returns how the versions of an item did.
func (a *Analysis) of(item curriculum.ItemID) (all []AnalyzedItem) {
	for _, it := range a.Items {
		if it.Item == item {
			all = append(all, it)
		}
	}
	return all
}

// Twelve people, half of them on the course with the wrong key, in two cohorts.
func TestHowTheItemsDid(t *testing.T) {
	eachRegrade(t, func(t *testing.T, w *regradeWorld) {
		other := w.Person("Otis Other", access.Grant{Role: access.Instructor, Program: program})
		first, second := w.cohort, w.open(other)
		for i := range 12 {
			w.cohort = first
			if i >= 10 {
				w.cohort = second
			}
			answers := wrongly{}
			if i < 3 { // who knows less: three of twelve
				answers["saf-03"], answers["saf-05"] = "a", "a"
			}
			if i%2 == 0 {
				answers["saf-01"] = "b"
			}
			if i == 0 {
				answers["saf-11"] = "" // cleared
			}
			if name := fmt.Sprintf("Trainee %d", i); i < 6 {
				ctx, e := w.enroll(name)
				w.took(ctx, e, answers)
			} else {
				ctx, e := w.Trainee(name, w.cohort)
				w.took(ctx, e, answers)
			}
		}
		ctx, e := w.enroll("Still Open")
		w.sit(ctx, e, nil)

		a := w.analyze(w.director, AnalysisQuery{Program: program})
		if a.Attempts != 12 || a.People != 12 || a.Cut || a.Form.Items != 11 || a.Form.Alpha == nil || len(a.Items) != 12 || len(a.Notes) != 4 {
			t.Fatalf("the analysis is of %d attempts, %d people and %d versions, form %+v", a.Attempts, a.People, len(a.Items), a.Form)
		}
		if it := a.of("saf-03")[0]; it.N != 12 || *it.Facility != 0.75 || len(it.Courses) != 2 || it.Stem != "Stem number 3?" || it.Texts[2] != "Text 3 c" || !it.Options[2].Key || it.Options[2].Chosen != 9 ||
			it.Options[0].Chosen != 3 || *it.Discrimination < 0.4 || it.Few {
			t.Errorf("item 3 did %+v", it)
		}
		if it := a.of("saf-11")[0]; it.Omitted != 1 || *it.Facility != 0.917 {
			t.Errorf("item 11 did %+v", it)
		}
		versions := a.of("saf-01")
		if len(versions) != 2 || versions[0].Version == versions[1].Version || versions[0].N != 6 || versions[1].N != 6 || !versions[0].TooFew || versions[0].Facility != nil || versions[0].Few {
			t.Errorf("the item whose key changed did %+v", versions)
		}

		mine := w.analyze(w.instructor, AnalysisQuery{Program: program, Cohort: first.ID})
		all := w.analyze(w.instructor, AnalysisQuery{Program: program})
		if mine.Attempts != 10 || all.Attempts != 10 {
			t.Errorf("an instructor sees %d attempts of the cohort and %d in all, want 10", mine.Attempts, all.Attempts)
		}
		few := w.analyze(other, AnalysisQuery{Program: program})
		if few.Attempts != 2 || !few.of("saf-03")[0].Few || few.of("saf-03")[0].Facility != nil {
			t.Errorf("of two people the analysis says %+v", few.of("saf-03"))
		}
		if _, err := w.Analyze(other, AnalysisQuery{Program: program, Module: module, Cohort: first.ID}); !errors.Is(err, db.ErrNone) {
			t.Errorf("of somebody else's cohort: %v", err)
		}
		w.wantFewStatements(t)
		w.wantNoKeysForThoseWhoTakeIt(t, first.ID)
	})
}

// wantFewStatements wants no query for each attempt.
func (w *regradeWorld) wantFewStatements(t *testing.T) {
	t.Helper()
	s, n := w.counting()
	if _, err := s.Analyze(w.director, AnalysisQuery{Program: program, Module: module}); err != nil || n.n > 4 {
		t.Errorf("an analysis of twelve attempts takes %d statements, %v", n.n, err)
	}
	s, n = w.counting()
	if r, err := s.Regrade(w.director, w.form(), true); err != nil || r.Attempts != 12 || n.n > 8 {
		t.Errorf("a dry run of a regrade takes %d statements, %v", n.n, err)
	}
}

// wantNoKeysForThoseWhoTakeIt wants an analysis, which shows keys, refused to
// who has the quiz still to pass, whatever else they are.
func (w *regradeWorld) wantNoKeysForThoseWhoTakeIt(t *testing.T, cohort string) {
	t.Helper()
	ctx, e := w.enroll("Ada Both")
	as := func(grants ...access.Grant) context.Context {
		who := access.From(ctx)
		who.Grants = append(slices.Clone(who.Grants), grants...)
		return access.With(t.Context(), who)
	}
	q := AnalysisQuery{Program: program, Module: module}
	for name, tt := range map[string]struct {
		as   context.Context
		want error
	}{
		"a trainee":                     {as(), access.ErrForbidden},
		"who directs another program":   {as(access.Grant{Role: access.Director, Program: "other_program"}), db.ErrNone},
		"who teaches this one too":      {as(access.Grant{Role: access.Instructor, Program: program}), ErrOwnQuiz},
		"who teaches everywhere":        {as(access.Grant{Role: access.Instructor}), ErrOwnQuiz},
		"who runs everything":           {as(access.Grant{Role: access.Admin}), ErrOwnQuiz},
		"a supervisor":                  {w.Person("Sue Super", access.Grant{Role: access.Supervisor}), access.ErrForbidden},
		"an instructor without a class": {w.Person("Ian Idle", access.Grant{Role: access.Instructor}), nil},
	} {
		if a, err := w.Analyze(tt.as, q); !errors.Is(err, tt.want) || tt.want == nil && a.Attempts != 0 {
			t.Errorf("%s: Analyze = %+v, %v; want %v", name, a, err, tt.want)
		}
	}
	elsewhere := as(access.Grant{Role: access.Director, Program: "other_program"})
	if _, err := w.Analyze(elsewhere, AnalysisQuery{Program: "other_program", Module: module}); !errors.Is(err, ErrOwnQuiz) {
		t.Errorf("the same module of another program, for who takes it here: %v, want ErrOwnQuiz", err)
	}
	w.took(ctx, e, nil)
	if a, err := w.Analyze(as(access.Grant{Role: access.Admin}), q); err != nil || a.Attempts != 12 {
		t.Errorf("who has passed sees %+v, %v; want the twelve others", a, err)
	}
	if _, err := w.Analyze(w.director, AnalysisQuery{Program: program, Module: "none"}); !errors.Is(err, db.ErrNone) {
		t.Errorf("of no module: %v", err)
	}
	if _, err := w.Analyze(w.Admin, AnalysisQuery{Program: "other_program", Module: module, Cohort: cohort}); !errors.Is(err, db.ErrNone) {
		t.Errorf("of a cohort of another program: %v", err)
	}
}

func TestTheTimeSpentIsAnEstimate(t *testing.T) {
	row := func(item string, revision, second int) *saved {
		return &saved{"x", answerRow{Item: item, Revision: revision, SavedAt: db.At(noon.Add(time.Duration(second) * time.Second))}}
	}
	for _, tt := range []struct {
		name  string
		saves []*saved
		want  map[string]int
	}{
		{"nothing saved", nil, map[string]int{}},
		{"one after the other", []*saved{row("q1", 1, 20), row("q2", 1, 50)}, map[string]int{"q1": 20, "q2": 30}},
		{"going back is no time of the next", []*saved{row("q1", 1, 20), row("q1", 2, 45), row("q2", 1, 50)}, map[string]int{"q1": 20, "q2": 5}},
		{"items by their ids", []*saved{row("q10", 1, 90), row("q2", 1, 30), row("q2", 2, 60)}, map[string]int{"q2": 30, "q10": 30}},
		{"a clock set back", []*saved{row("q1", 1, -5), row("q2", 1, 5)}, map[string]int{"q1": 0, "q2": 10}},
	} {
		if d := cmp.Diff(tt.want, timed(noon, tt.saves)); d != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, d)
		}
	}
}
