package standing

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/fault"
	"github.com/kapstone-lms/kapstone/internal/identity"
	"github.com/kapstone-lms/kapstone/internal/once"
	"github.com/kapstone-lms/kapstone/internal/schooltest"
)

func TestWhatCanBeWaived(t *testing.T) {
	p := &curriculum.Program{Requirements: []curriculum.Requirement{
		{ID: "free"}, {ID: "fixed", Unwaivable: true},
		{ID: "open-group", Type: curriculum.NOf, Of: []curriculum.Requirement{{ID: "part"}, {ID: "deep", Type: curriculum.AnyOf, Of: []curriculum.Requirement{{ID: "deepest"}}}}},
		{ID: "group", Type: curriculum.AllOf, Of: []curriculum.Requirement{{ID: "inner", Type: curriculum.AllOf, Of: []curriculum.Requirement{{ID: "loose"}, {ID: "nailed", Unwaivable: true}}}}},
	}}
	for id, want := range map[string]error{
		"free": nil, "part": nil, "open-group": nil, "deepest": nil, "loose": nil,
		"fixed": ErrUnwaivable, "nailed": ErrUnwaivable, "inner": ErrUnwaivable, "group": ErrUnwaivable,
		"": ErrRequirement, "none": ErrRequirement,
	} {
		if err := waivable(p, id); !errors.Is(err, want) {
			t.Errorf("waivable(%q) = %v, want %v", id, err, want)
		}
	}
}

func TestAWaiverIsProposedApprovedAndWithdrawn(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		key := once.With(s.Instructor, once.Key{Key: "k", Digest: strings.Repeat("a", 64)})
		w, err := s.Propose(key, s.enrollment.ID, s.proposal())
		if err != nil || w.State != Proposed || w.ProposedBy != access.From(s.Instructor).ID || w.ProposedAt != db.At(s.Clock.Now()) {
			t.Fatalf("Propose = %+v, %v", w, err)
		}
		if again, err := s.Propose(key, s.enrollment.ID, s.proposal()); err != nil || again.ID != w.ID {
			t.Errorf("the same request again = %+v, %v; want the first waiver", again, err)
		}
		if got := s.evidence(); len(got.Waivers) != 0 {
			t.Errorf("a proposal has an effect: %+v", got.Waivers)
		}
		for range 2 {
			if w, err = s.Approve(s.director, w.ID, ""); err != nil || w.State != Approved || w.DecidedBy != access.From(s.director).ID || w.Version != 2 {
				t.Errorf("Approve = %+v, %v; want it approved once", w, err)
			}
		}
		if got := s.evidence().Waivers; len(got) != 1 || got[0].Requirement != s.requirement || got[0].State != Approved || got[0].ID != w.ID || got[0].Reason != w.Reason || got[0].Evidence != "" {
			t.Errorf("the evidence is %+v, want the waiver with its reason", got)
		}
		if w, err = s.Withdraw(s.third, w.ID, "The certificate was of another course."); err != nil || w.State != Withdrawn || w.DecidedBy != access.From(s.director).ID {
			t.Errorf("Withdraw = %+v, %v; want it withdrawn, and who approved it still known", w, err)
		}
		if got := s.evidence(); len(got.Waivers) != 0 {
			t.Errorf("a withdrawn waiver has an effect: %+v", got.Waivers)
		}
		if _, err := s.Propose(s.Instructor, s.enrollment.ID, s.proposal()); err != nil {
			t.Errorf("another proposal after that = %v", err)
		}
		for action, want := range map[string]int{"waiver.proposed": 2, "waiver.approved": 1, "waiver.withdrawn": 1} {
			if n := s.entries(action); n != want {
				t.Errorf("%d entries %s, want %d", n, action, want)
			}
		}
		s.quiet("elsewhere", "Certificate", "certificate")
	})
}

func TestWhatAProposalIsRefusedFor(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		s.propose()
		for _, tt := range []struct {
			name   string
			change func(*Proposal)
			want   error
			field  string
		}{
			{"another of the same", func(*Proposal) {}, ErrWaived, "requirement"},
			{"no such requirement", func(p *Proposal) { p.Requirement = "none" }, ErrRequirement, "requirement"},
			{"no reason", func(p *Proposal) { p.Reason = " " }, ErrWords, "reason"},
			{"too long a reason", func(p *Proposal) { p.Reason = strings.Repeat("x", 1001) }, ErrWords, "reason"},
			{"nothing that it rests on", func(p *Proposal) { p.Evidence = "" }, ErrWords, "evidence"},
			{"a text that deceives", func(p *Proposal) { p.Evidence = "a\u202eb" }, ErrWords, "evidence"},
		} {
			p := s.proposal()
			tt.change(&p)
			_, err := s.Propose(s.Instructor, s.enrollment.ID, p)
			checkFault(t, tt.name, err, tt.want, tt.field)
		}
		if n := s.entries("waiver.proposed"); n != 1 {
			t.Errorf("refused proposals left %d entries", n-1)
		}
	})
}

// Who may do what, over the service: the matrix, the relation and the table
// together.
func TestWaiversAreForThoseConcerned(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		both := access.From(s.trainee)
		both.Grants = append(both.Grants, access.Grant{Role: access.Director, Program: s.Program})
		elsewhere := s.Person("Ivo Elsewhere", access.Grant{Role: access.Instructor, Program: s.Program})
		foreign := s.Person("Fay Foreign", access.Grant{Role: access.Director, Program: "another"})
		other, _ := s.Trainee("Otto Other", s.Cohort)
		colleague := s.Person("Cora Colleague", access.Grant{Role: access.Supervisor, Program: s.Program})
		if _, err := s.Enrollments.SetSupervisors(s.Admin, s.enrollment.ID, schooltest.IDs(colleague)); err != nil {
			t.Fatal(err)
		}
		w := s.propose()
		for _, tt := range []struct {
			name                           string
			ctx                            context.Context
			see, propose, decide, withdraw error
		}{
			{"the trainee", s.trainee, nil, access.ErrForbidden, access.ErrForbidden, access.ErrForbidden},
			{"the trainee, who directs too", access.With(t.Context(), both), nil, ErrOwnWaiver, ErrOwnWaiver, ErrOwnWaiver},
			{"another trainee", other, db.ErrNone, access.ErrForbidden, access.ErrForbidden, access.ErrForbidden},
			{"the proposer", s.Instructor, nil, ErrWaived, access.ErrForbidden, nil},
			{"the supervisor", colleague, nil, ErrWaived, access.ErrForbidden, ErrWaiverNot},
			{"another cohort's instructor", elsewhere, db.ErrNone, db.ErrNone, access.ErrForbidden, db.ErrNone},
			{"a director of another program", foreign, db.ErrNone, db.ErrNone, db.ErrNone, db.ErrNone},
		} {
			if _, err := s.Waivers(tt.ctx, s.enrollment.ID); !errors.Is(err, tt.see) {
				t.Errorf("%s lists: %v, want %v", tt.name, err, tt.see)
			}
			if _, err := s.Propose(tt.ctx, s.enrollment.ID, s.proposal()); !errors.Is(err, tt.propose) {
				t.Errorf("%s proposes: %v, want %v", tt.name, err, tt.propose)
			}
			for deed, err := range map[string]error{"approves": second(s.Approve(tt.ctx, w.ID, "x")), "declines": second(s.Decline(tt.ctx, w.ID, "x"))} {
				if !errors.Is(err, tt.decide) {
					t.Errorf("%s %s: %v, want %v", tt.name, deed, err, tt.decide)
				}
			}
			if _, err := s.Withdraw(tt.ctx, w.ID, "x"); !errors.Is(err, tt.withdraw) {
				t.Errorf("%s withdraws: %v, want %v", tt.name, err, tt.withdraw)
			}
			if tt.withdraw == nil {
				w = s.propose()
			}
		}
		for _, id := range []string{"x", db.NewID()} {
			if _, err := s.Approve(s.Admin, id, ""); !errors.Is(err, db.ErrNone) {
				t.Errorf("waiver %s: %v, want ErrNone", id, err)
			}
		}
		_, err := s.Decline(s.Admin, w.ID, " ")
		checkFault(t, "declined without a word", err, ErrWords, "note")
	})
}

// A chief who proposed is not the second person, under no account of theirs,
// unless the program says that one is enough.
func TestAWaiverTakesTwo(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		w, err := s.Propose(s.director, s.enrollment.ID, s.proposal())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Approve(s.director, w.ID, ""); !errors.Is(err, ErrWaiverSecond) {
			t.Errorf("the proposer approves: %v, want ErrWaiverSecond", err)
		}
		for i, id := range schooltest.IDs(s.director, s.third) { // one license, two accounts
			if _, err := s.People.Update(s.Admin, id, identity.Change{LicenseNumber: &[]string{"LCSW 1001", "lcsw-1001"}[i], Version: 1}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := s.Approve(s.third, w.ID, ""); !errors.Is(err, ErrWaiverSecond) {
			t.Errorf("the proposer approves under another account: %v, want ErrWaiverSecond", err)
		}
		duties := &s.Course.Default().Duties
		duties.WaiverAlone = true
		defer func() { duties.WaiverAlone = false }()
		if w, err := s.Approve(s.director, w.ID, ""); err != nil || w.State != Approved {
			t.Errorf("where one is enough: %+v, %v", w, err)
		}
	})
}

func TestTheTraineeSeesWhatIsWaivedAndWhy(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		w := s.propose()
		if _, err := s.Approve(s.director, w.ID, "Seen."); err != nil {
			t.Fatal(err)
		}
		staff, err := s.Waivers(s.Admin, s.enrollment.ID)
		if err != nil || len(staff) != 1 || staff[0].Evidence == "" || staff[0].ProposedBy == "" || staff[0].DecidedBy == "" || staff[0].DecisionNote != "Seen." {
			t.Errorf("staff see %+v, %v", staff[0], err)
		}
		own, err := s.Waivers(s.trainee, s.enrollment.ID)
		want := *staff[0]
		want.Evidence, want.ProposedBy, want.DecidedBy, want.DecisionNote = "", "", "", ""
		if err != nil || len(own) != 1 || *own[0] != want {
			t.Errorf("the trainee sees %+v, %v; want %+v", own[0], err, want)
		}
	})
}

func TestTwentyProposalsMakeOneWaiver(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		var made atomic.Int32
		var wg sync.WaitGroup
		for i := range 20 {
			wg.Go(func() {
				who := []context.Context{s.Instructor, s.director, s.Admin}[i%3]
				switch _, err := s.Propose(who, s.enrollment.ID, s.proposal()); {
				case err == nil:
					made.Add(1)
				case !errors.Is(err, ErrWaived):
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if n := s.entries("waiver.proposed"); made.Load() != 1 || n != 1 {
			t.Errorf("%d of twenty proposals were taken and %d are in the ledger, want one", made.Load(), n)
		}
	})
}

func TestTwoDecidersMakeOneDecisionOnAWaiver(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		for range 5 {
			w := s.propose()
			var won atomic.Int32
			var wg sync.WaitGroup
			for _, deed := range []func() error{
				func() error { return second(s.Approve(s.director, w.ID, "")) },
				func() error { return second(s.Decline(s.third, w.ID, "No.")) },
				func() error { return second(s.Approve(s.Admin, w.ID, "")) },
			} {
				wg.Go(func() {
					switch err := deed(); {
					case err == nil:
						won.Add(1)
					case fault.Of(err) == nil || !errors.Is(err, ErrWaiverDecided):
						t.Error(err)
					}
				})
			}
			wg.Wait()
			got, err := getWaiver(t.Context(), s.DB, w.ID)
			if err != nil || won.Load() != 1 || got.Version != 2 {
				t.Errorf("%d of three decisions at once were taken, and the waiver is %+v, %v", won.Load(), got, err)
			}
			if got.State == Approved {
				if _, err := s.Withdraw(s.Admin, w.ID, "Next round."); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}
