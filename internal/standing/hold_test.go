package standing

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/internal/identity"
	"github.com/kapstone-lms/kapstone/internal/once"
	"github.com/kapstone-lms/kapstone/internal/practicum"
	"github.com/kapstone-lms/kapstone/internal/schooltest"
)

// The whole process once, with a clearing on appeal.
func TestAHoldGoesItsWay(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		key := once.With(s.Instructor, once.Key{Key: "k", Digest: strings.Repeat("a", 64)})
		h, err := s.OpenHold(key, s.enrollment.ID, opening)
		if err != nil || h.State != Open || h.ReplyBy != "2026-12-08" || h.OpenedBy != access.From(s.Instructor).ID || h.OpenedAt != db.At(s.Clock.Now()) {
			t.Fatalf("OpenHold = %+v, %v; want it open for 14 days", h, err)
		}
		if again, err := s.OpenHold(key, s.enrollment.ID, opening); err != nil || again.ID != h.ID {
			t.Errorf("the same request again = %+v, %v; want the first hold", again, err)
		}
		if _, err := s.Decide(s.director, h.ID, Upheld, "A pattern."); !errors.Is(err, ErrReplyOpen) {
			t.Errorf("upheld before the trainee replied: %v, want ErrReplyOpen", err)
		}
		s.Clock.Advance(day)
		if h, err = s.Reply(s.trainee, h.ID, " The train was late. "); err != nil || h.Reply != "The train was late." || h.RepliedAt != db.At(s.Clock.Now()) {
			t.Errorf("Reply = %+v, %v", h, err)
		}
		if h, err = s.Remediate(s.Instructor, h.ID, "An earlier train from now on."); err != nil || h.Remediation == "" || h.State != Open {
			t.Errorf("Remediate = %+v, %v", h, err)
		}
		if h, err = s.Decide(s.director, h.ID, Upheld, "Three times is a pattern."); err != nil || h.State != Upheld || h.AppealBy != "2026-12-25" || h.DecidedBy != access.From(s.director).ID {
			t.Errorf("Decide = %+v, %v; want it upheld, to be appealed for 30 days", h, err)
		}
		if h, err = s.Appeal(s.trainee, h.ID, "It was the railway's fault."); err != nil || h.Appeal == "" || h.State != Upheld {
			t.Errorf("Appeal = %+v, %v", h, err)
		}
		if _, err := s.DecideAppeal(s.director, h.ID, Cleared, "Fine."); !errors.Is(err, ErrAppealSecond) {
			t.Errorf("the first decider decides the appeal: %v, want ErrAppealSecond", err)
		}
		for range 2 {
			if h, err = s.DecideAppeal(s.third, h.ID, Cleared, "The railway says so."); err != nil || h.State != Cleared || h.Version != 6 {
				t.Errorf("DecideAppeal = %+v, %v; want it cleared once", h, err)
			}
		}
		if h.Facts != opening.Facts || h.Decision != "Three times is a pattern." || h.AppealDecision != "The railway says so." {
			t.Errorf("on record is %+v", h)
		}
		for _, action := range []string{"hold.opened", "hold.replied", "hold.remediated", "hold.upheld", "hold.appealed", "hold.cleared_on_appeal"} {
			if n := s.entries(action); n != 1 {
				t.Errorf("%d entries %s, want one", n, action)
			}
		}
		s.quiet("CANARY", "late", "train", "railway", "pattern")
	})
}

// The days are the cohort's: until midnight in Denver.
func TestTimeToReplyAndToAppeal(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		// Opened on November 24 at 22:00 in Denver: until December 8, the end of which is December 9, 07:00 UTC.
		s.Clock.Advance(20 * time.Hour)
		end := time.Date(2026, 12, 9, 7, 0, 0, 0, time.UTC)
		inTime, late := s.open(), s.open()
		s.Clock.Advance(end.Add(-time.Second).Sub(s.Clock.Now()))
		if _, err := s.Decide(s.director, late.ID, Upheld, "No word."); !errors.Is(err, ErrReplyOpen) {
			t.Errorf("upheld a second before the end: %v, want ErrReplyOpen", err)
		}
		if _, err := s.Reply(s.trainee, inTime.ID, "At last."); err != nil {
			t.Errorf("a reply a second before the end: %v", err)
		}
		s.Clock.Advance(time.Second)
		if _, err := s.Reply(s.trainee, late.ID, "At last."); !errors.Is(err, ErrReplyOver) {
			t.Errorf("a reply at the end: %v, want ErrReplyOver", err)
		}
		for _, h := range []*Hold{inTime, late} { // on December 9: until January 8
			if h, err := s.Decide(s.director, h.ID, Upheld, "So it stays."); err != nil || h.AppealBy != "2027-01-08" {
				t.Errorf("upheld at the end: %+v, %v", h, err)
			}
		}
		s.Clock.Advance(31*day - time.Second)
		if _, err := s.Appeal(s.trainee, inTime.ID, "Please."); err != nil {
			t.Errorf("an appeal a second before the end: %v", err)
		}
		s.Clock.Advance(time.Second)
		if _, err := s.Appeal(s.trainee, late.ID, "Please."); !errors.Is(err, ErrAppealOver) {
			t.Errorf("an appeal at the end: %v, want ErrAppealOver", err)
		}
	})
}

// Who was dismissed over a hold is heard all the same.
func TestAHoldIsAnsweredAfterTheEnd(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		appealed, replied := s.upheld(), s.open()
		if _, err := s.Enrollments.Do(s.Admin, s.enrollment.ID, enrollment.Form{Kind: enrollment.Dismiss, Reason: "The hold was upheld."}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Appeal(s.trainee, appealed.ID, "Please look again."); err != nil {
			t.Errorf("an appeal after the end: %v", err)
		}
		if _, err := s.Reply(s.trainee, replied.ID, "I was ill."); err != nil {
			t.Errorf("a reply after the end: %v", err)
		}
	})
}

func TestTheProgramSaysHowLongAReplyMayTake(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		duties := &s.Course.Default().Duties
		duties.ReplyDays = 5
		defer func() { duties.ReplyDays = 0 }()
		if h := s.open(); h.ReplyBy != "2026-11-29" {
			t.Errorf("the trainee may reply until %s, want five days", h.ReplyBy)
		}
	})
}

func TestWhatAHoldIsRefusedFor(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		for _, tt := range []struct {
			name   string
			change func(*Opening)
			want   error
			field  string
		}{
			{"no kind", func(o *Opening) { o.Kind = "" }, ErrKind, "kind"},
			{"a kind that is none", func(o *Opening) { o.Kind = "mood" }, ErrKind, "kind"},
			{"no facts", func(o *Opening) { o.Facts = " \n" }, ErrWords, "facts"},
			{"too many facts", func(o *Opening) { o.Facts = strings.Repeat("x", 4001) }, ErrWords, "facts"},
			{"nothing told", func(o *Opening) { o.Told = "" }, ErrWords, "told"},
			{"too much told", func(o *Opening) { o.Told = strings.Repeat("x", 2001) }, ErrWords, "told"},
			{"a text that deceives", func(o *Opening) { o.Told = "a\u202eb" }, ErrWords, "told"},
			{"no log's id", func(o *Opening) { o.LogID = "x" }, ErrLog, "log_id"},
			{"a made-up log", func(o *Opening) { o.LogID = db.NewID() }, ErrLog, "log_id"},
		} {
			o := opening
			tt.change(&o)
			_, err := s.OpenHold(s.Instructor, s.enrollment.ID, o)
			checkFault(t, tt.name, err, tt.want, tt.field)
		}
		h := s.open()
		for name, tt := range map[string]struct {
			err   error
			want  error
			field string
		}{
			"an empty reply":         {second(s.Reply(s.trainee, h.ID, "")), ErrWords, "reply"},
			"an empty agreement":     {second(s.Remediate(s.Instructor, h.ID, " ")), ErrWords, "remediation"},
			"a decision without why": {second(s.Decide(s.director, h.ID, Cleared, "")), ErrWords, "reason"},
			"an outcome of none":     {second(s.Decide(s.director, h.ID, Open, "x")), ErrOutcome, "outcome"},
			"an appeal's of none":    {second(s.DecideAppeal(s.director, h.ID, "", "x")), ErrOutcome, "outcome"},
			"an empty appeal":        {second(s.Appeal(s.trainee, h.ID, "")), ErrWords, "appeal"},
			"a made-up hold":         {second(s.Decide(s.director, db.NewID(), Cleared, "x")), db.ErrNone, ""},
			"no hold's id":           {second(s.Reply(s.trainee, "x", "x")), db.ErrNone, ""},
		} {
			checkFault(t, name, tt.err, tt.want, tt.field)
		}
		if n := s.entries("hold.opened"); n != 1 {
			t.Errorf("refused holds left %d entries", n-1)
		}
	})
}

// A hold names a log of its own enrollment only; SQL knows which.
func TestAHoldAboutALog(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		logs := practicum.New(s.DB, s.Enrollments, s.People, s.Ring, s.Clock.Now)
		kind, phase := practicum.RolePlay, practicum.Preparation
		own, err := logs.Create(s.trainee, s.enrollment.ID, practicum.Form{Kind: &kind, Phase: &phase})
		if err != nil {
			t.Fatal(err)
		}
		other, e := s.Trainee("Otto Other", s.Cohort)
		foreign, err := logs.Create(other, e.ID, practicum.Form{Kind: &kind, Phase: &phase})
		if err != nil {
			t.Fatal(err)
		}
		o := opening
		o.Kind, o.LogID = Safety, foreign.ID
		_, err = s.OpenHold(s.Instructor, s.enrollment.ID, o)
		checkFault(t, "another's log", err, ErrLog, "log_id")
		o.LogID = own.ID
		h, err := s.OpenHold(s.Instructor, s.enrollment.ID, o)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Decide(s.director, h.ID, Cleared, "Talked it over."); err != nil {
			t.Errorf("cleared before the trainee replied: %v", err)
		}
		got := s.evidence().Holds
		if len(got) != 1 || got[0].LogID != own.ID || got[0].State != Cleared || got[0].Kind != Safety || got[0].Facts+got[0].Told != "" {
			t.Errorf("the evidence is %+v", got)
		}
	})
}

func TestHoldsAreForThoseConcerned(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		both := access.From(s.trainee)
		both.Grants = append(both.Grants, access.Grant{Role: access.Director, Program: s.Program})
		elsewhere := s.Person("Ivo Elsewhere", access.Grant{Role: access.Instructor, Program: s.Program})
		other, _ := s.Trainee("Otto Other", s.Cohort)
		h := s.open()
		appealed := s.upheld()
		if _, err := s.Appeal(s.trainee, appealed.ID, "Please."); err != nil {
			t.Fatal(err)
		}
		no := access.ErrForbidden
		for _, tt := range []struct {
			name                                               string
			ctx                                                context.Context
			see, open, reply, remediate, decide, appeal, third error
		}{
			{"the trainee, who directs too", access.With(t.Context(), both), nil, ErrOwnHold, nil, ErrOwnHold, ErrOwnHold, ErrNotUpheld, ErrOwnHold},
			{"another trainee", other, db.ErrNone, no, db.ErrNone, no, no, db.ErrNone, no},
			{"the opener", s.Instructor, nil, nil, no, nil, no, no, no},
			{"the clearer", s.Person("Cleo Clearer", access.Grant{Role: access.Clearer, Program: s.Program}), no, no, no, no, no, no, no},
			{"another cohort's instructor", elsewhere, db.ErrNone, db.ErrNone, no, db.ErrNone, no, no, no},
			{"a director of another program", s.Person("Fay Foreign", access.Grant{Role: access.Director, Program: "another"}), db.ErrNone, db.ErrNone, no, db.ErrNone, db.ErrNone, no, db.ErrNone},
			{"a director", s.director, nil, nil, no, nil, nil, no, ErrAppealSecond},
			{"a director, who learns elsewhere", s.Person("Lea Learner", access.Grant{Role: access.Director, Program: s.Program}, access.Grant{Role: access.Trainee, Program: "another"}), nil, nil, db.ErrNone, nil, ErrHoldDecided, db.ErrNone, nil},
		} {
			for what, pair := range map[string][2]error{
				"lists":              {second(s.Holds(tt.ctx, s.enrollment.ID)), tt.see},
				"opens":              {second(s.OpenHold(tt.ctx, s.enrollment.ID, opening)), tt.open},
				"decides the appeal": {second(s.DecideAppeal(tt.ctx, appealed.ID, Upheld, "x")), tt.third},
			} {
				if !errors.Is(pair[0], pair[1]) {
					t.Errorf("%s %s: %v, want %v", tt.name, what, pair[0], pair[1])
				}
			}
			for _, step := range []struct {
				what string
				do   func() error
				want error
			}{
				{"replies", func() error { return second(s.Reply(tt.ctx, h.ID, "x")) }, tt.reply},
				{"remediates", func() error { return second(s.Remediate(tt.ctx, h.ID, "x")) }, tt.remediate},
				{"appeals", func() error { return second(s.Appeal(tt.ctx, h.ID, "x")) }, tt.appeal},
				{"decides", func() error { return second(s.Decide(tt.ctx, h.ID, Upheld, "x")) }, tt.decide},
			} {
				if err := step.do(); !errors.Is(err, step.want) {
					t.Errorf("%s %s: %v, want %v", tt.name, step.what, err, step.want)
				}
			}
		}
	})
}

// The opener does not decide, under no account of theirs.
func TestAHoldTakesTwoAndItsAppealThree(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		h, err := s.OpenHold(s.director, s.enrollment.ID, opening)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Decide(s.director, h.ID, Cleared, "x"); !errors.Is(err, ErrOpener) {
			t.Errorf("the opener clears: %v, want ErrOpener", err)
		}
		for i, id := range schooltest.IDs(s.director, s.third) { // one license, two accounts
			if _, err := s.People.Update(s.Admin, id, identity.Change{LicenseNumber: &[]string{"LCSW 1001", "lcsw-1001"}[i], Version: 1}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := s.Decide(s.third, h.ID, Cleared, "x"); !errors.Is(err, ErrOpener) {
			t.Errorf("the opener clears under another account: %v, want ErrOpener", err)
		}
		if _, err := s.Reply(s.trainee, h.ID, "x"); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Decide(s.Admin, h.ID, Upheld, "x"); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Appeal(s.trainee, h.ID, "x"); err != nil {
			t.Fatal(err)
		}
		for name, ctx := range map[string]context.Context{"the opener": s.director, "the opener's other account": s.third, "the decider": s.Admin} {
			if _, err := s.DecideAppeal(ctx, h.ID, Cleared, "x"); !errors.Is(err, ErrAppealSecond) {
				t.Errorf("%s decides the appeal: %v, want ErrAppealSecond", name, err)
			}
		}
		fourth := s.Person("Femi Fourth", access.Grant{Role: access.Admin, Program: s.Program})
		if h, err := s.DecideAppeal(fourth, h.ID, Upheld, "x"); err != nil || h.State != Upheld {
			t.Errorf("a third person upholds it: %+v, %v", h, err)
		}
	})
}

func TestTheTraineeNeverSeesTheFacts(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		h := s.upheld()
		appealed, err := s.Appeal(s.trainee, h.ID, "Please.")
		if err != nil {
			t.Fatal(err)
		}
		own, err := s.Holds(s.trainee, s.enrollment.ID)
		if err != nil || len(own) != 1 || *own[0] != *appealed {
			t.Fatalf("Holds = %v, %v; want what the appeal returned", own, err)
		}
		staff, err := s.Holds(s.Instructor, s.enrollment.ID)
		if err != nil || staff[0].Facts != opening.Facts || staff[0].OpenedBy == "" || staff[0].DecidedBy == "" {
			t.Errorf("staff see %+v, %v", staff[0], err)
		}
		want := *staff[0]
		want.Facts, want.OpenedBy, want.DecidedBy = "", "", ""
		if *own[0] != want || want.Told != opening.Told || want.Decision == "" {
			t.Errorf("the trainee sees %+v, want %+v", own[0], want)
		}
		for i, id := range schooltest.IDs(s.trainee, s.director) { // the trainee's other account
			if _, err := s.People.Update(s.Admin, id, identity.Change{LicenseNumber: &[]string{"LCSW 1001", "lcsw-1001"}[i], Version: 1}); err != nil {
				t.Fatal(err)
			}
		}
		if own, err := s.Holds(s.director, s.enrollment.ID); err != nil || own[0].Facts != "" {
			t.Errorf("under another account the trainee sees %+v, %v", own[0], err)
		}
	})
}

func TestTwoDecidersMakeOneDecisionOnAHold(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		for range 3 {
			h := s.open()
			if _, err := s.Reply(s.trainee, h.ID, "x"); err != nil {
				t.Fatal(err)
			}
			var won atomic.Int32
			var wg sync.WaitGroup
			for _, deed := range []func() error{
				func() error { return second(s.Decide(s.director, h.ID, Cleared, "x")) },
				func() error { return second(s.Decide(s.third, h.ID, Upheld, "x")) },
				func() error { return second(s.Decide(s.Admin, h.ID, Upheld, "x")) },
			} {
				wg.Go(func() {
					switch err := deed(); {
					case err == nil:
						won.Add(1)
					case !errors.Is(err, ErrHoldDecided):
						t.Error(err)
					}
				})
			}
			wg.Wait()
			if got, err := getHold(t.Context(), s.DB, h.ID); err != nil || won.Load() != 1 || got.Version != 3 || got.State == Open {
				t.Errorf("%d of three decisions at once were taken, and the hold is %+v, %v", won.Load(), got, err)
			}
		}
	})
}

// Nothing is issued on what is being taken back or stopped.
func TestWhatStopsAnEnrollmentWaitsForIssuing(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		if !s.DB.Postgres() {
			t.Skip("SQLite has one writer at a time")
		}
		w, h := s.propose(), s.open()
		if _, err := s.Approve(s.director, w.ID, ""); err != nil {
			t.Fatal(err)
		}
		err := s.DB.Tx(t.Context(), func(ctx context.Context, tx bun.Tx) error {
			if err := enrollment.LockEvidence(ctx, tx, s.enrollment.ID); err != nil {
				return err
			}
			var waiting sync.WaitGroup
			for name, deed := range map[string]func() error{ // each waits until the lock's time is over
				"withdrawing a waiver": func() error { return second(s.Withdraw(s.Admin, w.ID, "x")) },
				"opening a hold":       func() error { return second(s.OpenHold(s.Instructor, s.enrollment.ID, opening)) },
				"deciding a hold":      func() error { return second(s.Decide(s.director, h.ID, Cleared, "x")) },
			} {
				waiting.Go(func() {
					if err := deed(); !errors.Is(err, db.ErrAway) {
						t.Errorf("%s while somebody issues = %v, want ErrAway", name, err)
					}
				})
			}
			waiting.Wait()
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Withdraw(s.Admin, w.ID, "x"); err != nil {
			t.Errorf("afterwards = %v", err)
		}
	})
}

// The database says the rules again.
func TestTheDatabaseKeepsStanding(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		w, h := s.propose(), s.upheld()
		declined, err := s.Propose(s.Instructor, s.enrollment.ID, Proposal{Requirement: s.Course.Default().Requirements[1].ID, Reason: "x", Evidence: "y"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Decline(s.director, declined.ID, "No."); err != nil {
			t.Fatal(err)
		}
		waiver, hold := " WHERE id = '"+w.ID+"'", " WHERE id = '"+h.ID+"'"
		for name, stmt := range map[string]string{
			"a waiver deleted":              "DELETE FROM waivers" + waiver,
			"a hold deleted":                "DELETE FROM holds" + hold,
			"another requirement":           "UPDATE waivers SET requirement = 'other'" + waiver,
			"another reason":                "UPDATE waivers SET reason = 'other'" + waiver,
			"approved by nobody":            "UPDATE waivers SET state = 'approved'" + waiver,
			"withdrawn by nobody":           "UPDATE waivers SET state = 'withdrawn'" + waiver,
			"a declined one approved":       "UPDATE waivers SET state = 'approved' WHERE id = '" + declined.ID + "'",
			"other facts":                   "UPDATE holds SET facts = 'other'" + hold,
			"other words told":              "UPDATE holds SET told = 'other'" + hold,
			"another reply":                 "UPDATE holds SET reply = 'other'" + hold,
			"another decision":              "UPDATE holds SET decision = 'other'" + hold,
			"decided by the opener":         "UPDATE holds SET decided_by = opened_by" + hold,
			"an appeal decided unasked":     "UPDATE holds SET appeal_decided_by = '" + access.From(s.third).ID + "', appeal_decided_at = 1, appeal_decision = 'x'" + hold,
			"an appeal without a day":       "UPDATE holds SET appeal = 'x', appealed_at = 1, appeal_by = ''" + hold,
			"an appeal decided by the same": "UPDATE holds SET appeal = 'x', appealed_at = 1, appeal_decided_by = decided_by, appeal_decided_at = 1, appeal_decision = 'x'" + hold,
			"about nobody's log":            "UPDATE holds SET log_id = 'x'" + hold,
			"open and decided":              "UPDATE holds SET state = 'open'" + hold,
		} {
			if err := s.exec(stmt); err == nil {
				t.Errorf("%s: the database takes it", name)
			}
		}
		for name, stmt := range map[string]string{
			"an approval": "UPDATE waivers SET state = 'approved', decided_by = '" + access.From(s.third).ID + "', decided_at = 1" + waiver,
			"an appeal decided": "UPDATE holds SET appeal = 'x', appealed_at = 1, appeal_decided_by = '" + access.From(s.third).ID +
				"', appeal_decided_at = 1, appeal_decision = 'x'" + hold,
		} {
			if err := s.exec(stmt); err != nil {
				t.Errorf("%s, which keeps every rule, is refused: %v", name, err)
			}
		}
	})
}
