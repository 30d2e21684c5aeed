package credential_test

import (
	"errors"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/kapstone-lms/kapstone/internal/credential"
	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/internal/practicum"
)

func (s *school) do(t *testing.T, id string, kind enrollment.Kind) {
	t.Helper()
	if _, err := s.Enrollments.Do(s.Admin, id, enrollment.Form{Kind: kind, Reason: "As agreed."}); err != nil {
		t.Fatalf("%s: %v", kind, err)
	}
}

// Who has ended cannot study, take quizzes, log, attest or be certified, reads
// what there is, and goes on after being readmitted.
func TestWhoHasEndedReadsAndDoesNothing(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		ctx, id := s.graduate(t, "Noor Vance")
		m := s.Course.Modules[0]
		form := practicum.Form{Kind: ptr(practicum.RolePlay)}
		draft, err := s.logs.Create(ctx, id, form)
		if err != nil {
			t.Fatal(err)
		}
		writes := map[string]func() error{
			"open a lesson":     func() error { _, err := s.study.Open(ctx, id, m.Key, m.Lessons[0].ID); return err },
			"complete a lesson": func() error { _, err := s.study.Complete(ctx, id, m.Key, m.Lessons[0].ID); return err },
			"start a quiz":      func() error { _, _, err := s.quizzes.Start(ctx, id, m.Key); return err },
			"begin a log":       func() error { _, err := s.logs.Create(ctx, id, form); return err },
			"edit a log":        func() error { _, err := s.logs.Edit(ctx, draft.ID, form, draft.Version); return err },
			"submit a log":      func() error { _, err := s.logs.Submit(ctx, draft.ID); return err },
			"attest":            func() error { return s.experience.Attest(ctx, id, "", true) },
			"confirm a name":    func() error { _, err := s.Enrollments.ConfirmName(ctx, id, "Noor"); return err },
		}
		reads := map[string]func() error{
			"modules":     func() error { _, err := s.study.Modules(ctx, id); return err },
			"a module":    func() error { _, err := s.study.Module(ctx, id, m.Key); return err },
			"logs":        func() error { _, err := s.logs.Mine(ctx, id, "", 10); return err },
			"a log":       func() error { _, err := s.logs.Read(ctx, draft.ID); return err },
			"progress":    func() error { _, err := s.progress.Of(ctx, id); return err },
			"a statement": func() error { _, err := s.experience.Read(ctx, id); return err },
			"letters":     func() error { _, err := s.Enrollments.Deeds(ctx, id); return err },
		}
		for _, kind := range []enrollment.Kind{enrollment.Withdraw, enrollment.Dismiss} {
			s.do(t, id, kind)
			for name, write := range writes {
				if err := write(); !errors.Is(err, enrollment.ErrEnded) {
					t.Errorf("after %s, %s: %v, want ErrEnded", kind, name, err)
				}
			}
			for name, read := range reads {
				if err := read(); err != nil {
					t.Errorf("after %s, reading %s: %v", kind, name, err)
				}
			}
			if out, err := s.credentials.Issue(s.Admin, []string{id}); err != nil || !errors.Is(out[0].Refused, enrollment.ErrEnded) {
				t.Errorf("after %s, Issue = %+v, %v; want it refused", kind, out, err)
			}
			c, err := s.credentials.Completion(s.Admin, s.Cohort.ID)
			if err != nil || len(c.NotYet) != 1 || len(c.Ready) != 0 || c.NotYet[0].Reasons[0].Title != "The enrollment has ended" {
				t.Errorf("after %s, Completion = %+v, %v", kind, c, err)
			}
			s.do(t, id, enrollment.Readmit)
		}
		s.issue(t, id)
		s.do(t, id, enrollment.Withdraw) // what was issued stays
		if c, err := s.credentials.Completion(s.Admin, s.Cohort.ID); err != nil || len(c.Issued) != 1 {
			t.Errorf("after the end, Completion = %+v, %v; want the one issued", c, err)
		}
	})
}

// Whatever happens at once, no certificate is issued after the end.
func TestNoInterleavingIssuesAfterTheEnd(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		for range 4 {
			_, id := s.graduate(t, "Noor Vance")
			var wg sync.WaitGroup
			wg.Go(func() { s.do(t, id, enrollment.Dismiss) })
			wg.Go(func() {
				if out, err := s.credentials.Issue(s.Admin, []string{id}); err != nil || out[0].Refused != nil && !errors.Is(out[0].Refused, enrollment.ErrEnded) {
					t.Errorf("Issue = %+v, %v", out, err)
				}
			})
			wg.Wait()
			ended, issued := seq(t, s, "enrollment.dismissal", "", id), seq(t, s, "certificate.issued", "enrollment", id)
			if ended == 0 || issued > ended {
				t.Errorf("a certificate was issued in entry %d, after the end in entry %d", issued, ended)
			}
		}
	})
}

// CHECKS PH-10: what is issued is the same whichever path was taken.
func TestACertificateDoesNotTellThePath(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		course, program := *s.Course, *s.Course.Default()
		program.Version++
		program.Experience.Paths = []curriculum.Path{
			{Key: "practice", Title: "Structured practice", Minutes: 60},
			{Key: "retreat", Title: "A session at the retreat", Minutes: 60, Knows: []string{"the retreat's staff"}, Clearance: true},
		}
		course.Programs = []*curriculum.Program{&program}
		if err := s.Enrollments.Publish(t.Context(), &course); err != nil {
			t.Fatal(err)
		}
		var issued []*credential.Certificate
		for _, path := range []string{"practice", "retreat"} {
			ctx, id := s.graduate(t, "Noor Vance")
			if err := s.experience.Choose(ctx, id, path, true); err != nil {
				t.Fatal(err)
			}
			c := s.issue(t, id)
			if strings.Contains(c.Evidence, path) {
				t.Errorf("the snapshot names the path: %s", c.Evidence)
			}
			c.Evidence = regexp.MustCompile(`"log_id":"[^"]*"`).ReplaceAllString(c.Evidence, "")
			c.Printed.Serial, c.Printed.VerifyURL = "", ""
			issued = append(issued, c)
		}
		if issued[0].Evidence != issued[1].Evidence || !reflect.DeepEqual(issued[0].Printed, issued[1].Printed) {
			t.Errorf("the certificates differ:\n%s\n%s\n%+v\n%+v", issued[0].Evidence, issued[1].Evidence, issued[0].Printed, issued[1].Printed)
		}
	})
}
