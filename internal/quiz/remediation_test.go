package quiz

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/fault"
	"github.com/kapstone-lms/kapstone/internal/once"
)

func TestTriesWaitsAndRemediations(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		start := func(want error) error {
			t.Helper()
			_, _, err := w.Start(w.trainee, w.enrollment.ID, module)
			if !errors.Is(err, want) {
				t.Fatalf("Start = %v, want %v", err, want)
			}
			return err
		}
		help := func(want error) {
			t.Helper()
			if _, err := w.Remediate(w.instructor, w.enrollment.ID, module, "Went over the red flags."); !errors.Is(err, want) {
				t.Fatalf("Remediate = %v, want %v", err, want)
			}
		}
		help(ErrNotExhausted)
		for n := 1; n <= 3; n++ {
			if r := w.take(false); r.Passed || r.Number != n || r.Review != nil || len(r.CriticalMissed) != 2 || r.CriticalMissed[0].Text != "Know alpha." {
				t.Fatalf("attempt %d = %+v, want failed, its objectives named", n, r)
			}
			if n == 3 {
				break
			}
			next := fault.Of(start(ErrWait)).Details["next_try_at"]
			if want := w.Clock.Now().Add(24 * time.Hour); next != want {
				t.Errorf("next_try_at = %v, want %v", next, want)
			}
			help(ErrNotExhausted)
			w.Clock.Advance(24 * time.Hour)
		}
		start(ErrExhausted)
		w.Clock.Advance(48 * time.Hour)
		start(ErrExhausted)
		w.useUp(t, help)
	})
}

// useUp goes on from used-up tries: help opens one more at once, and only one.
func (w *world) useUp(t *testing.T, help func(error)) {
	help(nil)
	help(ErrNotExhausted)
	if r := w.take(false); r.Number != 4 {
		t.Fatalf("after help the attempt is number %d, want 4", r.Number)
	}
	if _, _, err := w.Start(w.trainee, w.enrollment.ID, module); !errors.Is(err, ErrExhausted) {
		t.Fatalf("Start after the extra try = %v, want ErrExhausted", err)
	}
	help(nil)
	if r := w.take(true); !r.Passed || r.ScorePercent != 100 || r.Review == nil {
		t.Fatalf("a right attempt = %+v, want passed with its review", r)
	}
	if _, _, err := w.Start(w.trainee, w.enrollment.ID, module); !errors.Is(err, ErrPassed) {
		t.Errorf("Start after passing = %v, want ErrPassed", err)
	}
	help(ErrNotExhausted)
	if n := w.entries("quiz.remediated"); n != 2 {
		t.Errorf("%d remediations in the ledger, want 2", n)
	}
	all, err := w.Evidence(t.Context(), w.DB, []string{w.enrollment.ID, db.NewID()})
	want := []Standing{{
		Module: module, Attempts: 5, Passed: true, PassedAt: w.Clock.Now(), BestPercent: 100, Remediations: 2, RemediatedAt: w.Clock.Now(),
		First: all[w.enrollment.ID][0].First, Last: Try{w.Clock.Now(), 100, true},
	}}
	if diff := cmp.Diff(map[string][]Standing{w.enrollment.ID: want}, all); err != nil || diff != "" {
		t.Errorf("Evidence = %v, want (-) and got (+):\n%s", err, diff)
	}
}

func TestRemediatingClosesTheLastSilentTry(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for range 2 {
			w.take(false)
			w.Clock.Advance(24 * time.Hour)
		}
		w.begin()
		w.Clock.Advance(minutes*time.Minute + Grace + time.Second)
		if _, err := w.Remediate(w.instructor, w.enrollment.ID, module, "Talked."); err != nil {
			t.Errorf("Remediate after a silent last try = %v", err)
		}
	})
}

func TestNotes(t *testing.T) {
	for _, tt := range []struct{ note, want, code string }{
		{"  Went over it.\nTwice. ", "Went over it.\nTwice.", ""},
		{"", "", "bad_note"},
		{" \n", "", "bad_note"},
		{"Jose\u0301", "José", ""},
		{strings.Repeat("é", 500), strings.Repeat("é", 500), ""},
		{strings.Repeat("é", 501), "", "bad_note"},
		{"a\x00b", "", "bad_note"},
		{"a\x07b", "", "bad_note"},
		{"a\u0085b", "", "bad_note"},
		{"a\u202eb", "", "bad_note"},
		{"a\xffb", "", "bad_note"},
	} {
		if got, err := cleanNote(tt.note); got != tt.want || codeOf(err) != tt.code {
			t.Errorf("cleanNote(%q) = %q, %v; want %q, %q", tt.note, got, err, tt.want, tt.code)
		}
	}
}

func TestARemediationIsKeptAndGivenOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for range 3 {
			w.take(false)
			w.Clock.Advance(24 * time.Hour)
		}
		if _, err := w.Remediate(w.instructor, w.enrollment.ID, module, "\u202e"); !errors.Is(err, ErrNote) {
			t.Errorf("Remediate with a hostile note = %v, want ErrNote", err)
		}
		ctx := once.With(w.instructor, once.Key{Key: "k", Digest: strings.Repeat("a", 64)})
		var wg sync.WaitGroup
		given := make([]*Remediation, 10)
		for i := range given {
			wg.Go(func() {
				var err error
				if given[i], err = w.Remediate(ctx, w.enrollment.ID, module, "Went over it."); err != nil {
					t.Errorf("Remediate = %v", err)
				}
			})
		}
		wg.Wait()
		want := &Remediation{
			ID: given[0].ID, EnrollmentID: w.enrollment.ID, Module: module, GivenBy: access.From(w.instructor).ID, Note: "Went over it.",
			GivenAt: db.At(w.Clock.Now()), Opens: true,
		}
		for _, r := range given {
			if diff := cmp.Diff(want, r); diff != "" {
				t.Errorf("want (-) and got (+):\n%s", diff)
			}
		}
		if n := w.count("quiz_remediations", "TRUE"); n != 1 {
			t.Errorf("%d remediations are stored, want 1", n)
		}
	})
}
