package records_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/once"
	"github.com/kapstone-lms/kapstone/internal/records"
)

// in returns a record of the trainee's in a state.
func (s *school) in(t testing.TB, state records.State, r records.Record) *records.Record {
	t.Helper()
	made := s.enter(t, s.trainee, r)
	var err error
	switch state {
	case records.Confirmed:
		made, err = s.records.Confirm(s.Instructor, made.ID, 0)
	case records.Refused:
		made, err = s.records.Refuse(s.Instructor, made.ID, "It shows one hour.", 0)
	case records.Replaced:
		_, err = s.records.Correct(s.trainee, made.ID, r, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// Every deed in every state: what may happen, and what is said otherwise.
func TestWhatMayHappenWhen(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		deeds := map[string]func(r *records.Record) error{
			"confirm":      func(r *records.Record) error { return second(s.records.Confirm(s.Admin, r.ID, 0)) },
			"refuse":       func(r *records.Record) error { return second(s.records.Refuse(s.Admin, r.ID, "No.", 0)) },
			"correct":      func(r *records.Record) error { return second(s.records.Correct(s.Admin, r.ID, hours(), 0)) },
			"stale":        func(r *records.Record) error { return second(s.records.Confirm(s.Admin, r.ID, 99)) },
			"stale no":     func(r *records.Record) error { return second(s.records.Refuse(s.Admin, r.ID, "No.", 99)) },
			"stale change": func(r *records.Record) error { return second(s.records.Correct(s.Admin, r.ID, hours(), 99)) },
			"another kind": func(r *records.Record) error { return second(s.records.Correct(s.Admin, r.ID, consultation(), 0)) },
			"no reason":    func(r *records.Record) error { return second(s.records.Refuse(s.Admin, r.ID, " \n ", 0)) },
			"a long reason": func(r *records.Record) error {
				return second(s.records.Refuse(s.Admin, r.ID, strings.Repeat("x", 501), 0))
			},
		}
		everywhere := map[string]error{"another kind": records.ErrOther, "no reason": records.ErrReason, "a long reason": records.ErrReason}
		for state, want := range map[records.State]map[string]error{
			records.Submitted: {"stale": records.ErrStale, "stale no": records.ErrStale, "stale change": records.ErrStale},
			records.Confirmed: {"confirm": records.ErrNoWait, "stale": records.ErrNoWait, "stale no": records.ErrStale, "stale change": records.ErrStale},
			records.Refused: {"confirm": records.ErrNoWait, "refuse": records.ErrNoWait, "stale": records.ErrNoWait, "stale no": records.ErrNoWait,
				"stale change": records.ErrStale},
			records.Replaced: {"confirm": records.ErrReplaced, "refuse": records.ErrReplaced, "correct": records.ErrReplaced, "stale": records.ErrReplaced,
				"stale no": records.ErrReplaced, "stale change": records.ErrReplaced},
		} {
			for name, do := range deeds {
				// A day of its own for each, so that none is the same as another.
				s.Clock.Advance(24 * time.Hour)
				r := hours()
				r.OnDay = s.Clock.Now().Format(time.DateOnly)
				r.Topic = ""
				expected := want[name]
				if everywhere[name] != nil {
					expected = everywhere[name]
				}
				if err := do(s.in(t, state, r)); !errors.Is(err, expected) {
					t.Errorf("%s on a %s record = %v, want %v", name, state, err, expected)
				}
				for _, open := range s.open(t) {
					if _, err := s.records.Refuse(s.Admin, open.ID, "Entered for a test.", 0); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
	})
}

// open lists the trainee's records that count or wait.
func (s *school) open(t testing.TB) (open []*records.Record) {
	t.Helper()
	all, _, err := s.records.List(s.trainee, s.enrollment, "", 500)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range all {
		if r.State == records.Submitted || r.State == records.Confirmed {
			open = append(open, r)
		}
	}
	return open
}

func TestDecidingAgainChangesNothing(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		r := s.enter(t, s.trainee, hours())
		for range 2 {
			got, err := s.records.Confirm(s.Instructor, r.ID, 0)
			if err != nil || got.State != records.Confirmed || got.Version != 2 {
				t.Errorf("Confirm = %+v, %v", got, err)
			}
		}
		for range 2 {
			got, err := s.records.Refuse(s.Instructor, r.ID, " It shows one hour. ", 0)
			if err != nil || got.State != records.Refused || got.Version != 3 || got.DecisionNote != "It shows one hour." {
				t.Errorf("Refuse = %+v, %v", got, err)
			}
		}
		for action, n := range map[string]int{"record.entered": 1, "record.confirmed": 1, "record.refused": 1} {
			rows, err := audit.List(s.Admin, s.DB, audit.Query{Action: action, Limit: 10})
			if err != nil || len(rows) != n || rows[0].Object != r.ID || strings.Contains(rows[0].Details, "one hour") {
				t.Errorf("%s: %+v, %v; want %d", action, rows, err, n)
			}
		}
	})
}

// A correction is a record of its own; what it corrects stays, and the trail
// can be read.
func TestACorrectionLeavesATrail(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		first := s.in(t, records.Confirmed, hours())
		longer := hours()
		longer.Minutes = 120
		longer.Kind = "" // the same
		next, err := s.records.Correct(s.trainee, first.ID, longer, first.Version)
		if err != nil || next.State != records.Submitted || next.Replaces != first.ID || next.Minutes != 120 || next.Kind != records.Hours {
			t.Fatalf("the trainee's correction of a confirmed record = %+v, %v; want one that waits", next, err)
		}
		last, err := s.records.Correct(s.Instructor, next.ID, hours(), 0)
		if err != nil || last.State != records.Confirmed || last.Replaces != next.ID {
			t.Fatalf("the instructor's correction = %+v, %v; want one that counts", last, err)
		}
		_, err = s.records.Correct(s.trainee, last.ID, longer, 0)
		if !errors.Is(err, records.ErrCorrect) {
			t.Errorf("the trainee corrects the instructor: %v, want ErrCorrect", err)
		}
		all, _, err := s.records.List(s.trainee, s.enrollment, "", 10)
		if err != nil || len(all) != 3 || all[0].State != records.Replaced || all[1].State != records.Replaced || all[2].State != records.Confirmed {
			t.Errorf("the trail is %+v, %v", all, err)
		}
		rows, err := audit.List(s.Admin, s.DB, audit.Query{Action: "record.corrected", Limit: 10})
		if err != nil || len(rows) != 2 || !strings.Contains(rows[0].Details+rows[1].Details, first.ID) {
			t.Errorf("the ledger says %+v, %v", rows, err)
		}
	})
}

// Who may correct what: those who may enter or confirm it, and a trainee what
// they entered themself.
func TestWhoCorrectsWhat(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		claim := s.enter(t, s.trainee, license())
		signed := s.enter(t, s.trainee, full(records.Agreement))
		fee := s.enter(t, s.Admin, full(records.Fee))
		cleared := s.enter(t, s.clearer, clearance())
		for _, tt := range []struct {
			name string
			as   context.Context
			of   *records.Record
			with records.Record
			want error
		}{
			{"an instructor a license", s.Instructor, claim, license(), records.ErrCorrect},
			{"a trainee their license", s.trainee, claim, license(), nil},
			{"an admin a signature", s.Admin, signed, full(records.Agreement), records.ErrCorrect},
			{"a trainee their signature", s.trainee, signed, full(records.Agreement), nil},
			{"an instructor a fee", s.Instructor, fee, full(records.Fee), records.ErrCorrect},
			{"a trainee a fee", s.trainee, fee, full(records.Fee), records.ErrCorrect},
			{"an admin a fee", s.Admin, fee, records.Record{Subject: "admin", Value: "open"}, nil},
			{"a trainee a clearance", s.trainee, cleared, clearance(), records.ErrCorrect},
			{"a clearer a clearance", s.clearer, cleared, records.Record{Subject: "retreat", Value: "not_cleared"}, nil},
			{"with what does not fit", s.clearer, cleared, records.Record{Subject: "retreat", Value: "perhaps"}, records.ErrReplaced},
		} {
			got, err := s.records.Correct(tt.as, tt.of.ID, tt.with, 0)
			if !errors.Is(err, tt.want) {
				t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
			}
			want := records.Confirmed
			if tt.of == claim {
				want = records.Submitted
			}
			if err == nil && got.State != want {
				t.Errorf("%s: the correction is %s", tt.name, got.State)
			}
		}
	})
}

// What an admin found at the board is not put right by who it is about.
func TestATraineeDoesNotMendACheck(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		bad := license()
		bad.Value = "disciplined"
		r := s.enter(t, s.Admin, bad)
		if _, err := s.records.Correct(s.trainee, r.ID, license(), 0); !errors.Is(err, records.ErrCorrect) {
			t.Errorf("Correct = %v, want ErrCorrect", err)
		}
	})
}

// A license counts from the day of the check, not from that of the claim.
func TestALicenseIsOfTheDayOfItsCheck(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		short := license()
		short.ExpiresOn = "2026-12-03"
		claim, other := s.enter(t, s.trainee, short), license()
		other.Subject, other.ExpiresOn = "LCSW", "2026-12-03"
		late := s.enter(t, s.trainee, other)
		s.Clock.Advance(9 * 24 * time.Hour)
		got, err := s.records.Confirm(s.Admin, claim.ID, claim.Version)
		if err != nil || got.OnDay != "2026-12-03" {
			t.Fatalf("Confirm = %+v, %v; want the day of the check", got, err)
		}
		s.Clock.Advance(24 * time.Hour)
		if _, err := s.records.Confirm(s.Admin, late.ID, 0); !errors.Is(err, records.ErrExpired) {
			t.Errorf("a license that ended yesterday: %v, want ErrExpired", err)
		}
		again := s.enter(t, s.trainee, license())
		s.Clock.Advance(24 * time.Hour)
		s.enter(t, s.Admin, license())
		if _, err := s.records.Confirm(s.Admin, again.ID, 0); !errors.Is(err, records.ErrSame) {
			t.Errorf("a claim beside a check of the same day: %v, want ErrSame", err)
		}
	})
}

func TestTheQueueHoldsWhatOneDecidesOn(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		var want []string
		for _, r := range []records.Record{hours(), consultation(), license()} {
			s.Clock.Advance(time.Minute)
			want = append(want, s.enter(t, s.trainee, r).ID)
		}
		s.in(t, records.Refused, full(records.Document))
		s.enter(t, s.clearer, clearance())
		theirs, err := s.records.Enter(s.other, s.theirs, hours())
		if err != nil {
			t.Fatal(err)
		}
		far := s.Person("Fay Far", access.Grant{Role: access.Admin, Program: "another"})
		for _, tt := range []struct {
			name  string
			as    context.Context
			after string
			limit int64
			want  []string
		}{
			{"the instructor", s.Instructor, "", 10, want[:2]},
			{"the supervisor", s.supervisor, "", 10, want[:2]},
			{"the admin", s.Admin, "", 10, append(want[:3:3], theirs.ID)},
			{"the admin's first page", s.Admin, "", 2, want[:2]},
			{"the admin's next page", s.Admin, want[1], 10, []string{want[2], theirs.ID}},
			{"the other cohort's instructor", s.elsewhere, "", 10, []string{theirs.ID}},
			{"the director, who decides on nothing that waits", s.director, "", 10, nil},
			{"an admin of another program", far, "", 10, nil},
		} {
			rows, next, err := s.records.Queue(tt.as, tt.after, tt.limit)
			if full := int64(len(rows)) == tt.limit; full != (next != "") || full && next != rows[len(rows)-1].ID {
				t.Errorf("%s: the next page goes on at %q", tt.name, next)
			}
			var got []string
			for _, r := range rows {
				got = append(got, r.ID)
			}
			if err != nil || strings.Join(got, " ") != strings.Join(tt.want, " ") {
				t.Errorf("%s: %v, %v; want %v", tt.name, got, err, tt.want)
			}
		}
		for name, as := range map[string]context.Context{"the trainee": s.trainee, "the clearer": s.clearer} {
			if _, _, err := s.records.Queue(as, "", 10); !errors.Is(err, access.ErrForbidden) {
				t.Errorf("%s: %v, want ErrForbidden", name, err)
			}
		}
	})
}

// The same request twice makes one record.
func TestTwiceIsOnce(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		keyed := func(ctx context.Context, key, digest string) context.Context {
			return once.With(ctx, once.Key{Key: key, Digest: strings.Repeat(digest, 64)})
		}
		first, err := s.records.Enter(keyed(s.trainee, "a", "1"), s.enrollment, hours())
		if err != nil {
			t.Fatal(err)
		}
		again, err := s.records.Enter(keyed(s.trainee, "a", "1"), s.enrollment, hours())
		if err != nil || again.ID != first.ID {
			t.Errorf("again = %+v, %v", again, err)
		}
		if _, err := s.records.Enter(keyed(s.trainee, "a", "2"), s.enrollment, consultation()); !errors.Is(err, once.ErrReused) {
			t.Errorf("the key for something else: %v, want ErrReused", err)
		}
		next, err := s.records.Correct(keyed(s.trainee, "b", "1"), first.ID, hours(), 0)
		if err != nil {
			t.Fatal(err)
		}
		again, err = s.records.Correct(keyed(s.trainee, "b", "1"), first.ID, hours(), 0)
		if err != nil || again.ID != next.ID {
			t.Errorf("corrected again = %+v, %v; want %s", again, err, next.ID)
		}
	})
}

// Of many at once, one wins and the others are told.
func TestManyAtOnce(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		race := func(do func(i int) error, others ...error) (won int32) {
			var n atomic.Int32
			var wg sync.WaitGroup
			for i := range 8 {
				wg.Go(func() {
					err := do(i)
					if err == nil {
						n.Add(1)
						return
					}
					for _, other := range others {
						if errors.Is(err, other) {
							return
						}
					}
					t.Errorf("%v, want nil or one of %v", err, others)
				})
			}
			wg.Wait()
			return n.Load()
		}
		if n := race(func(int) error { return second(s.records.Enter(s.trainee, s.enrollment, hours())) }, records.ErrSame); n != 1 {
			t.Errorf("%d of the same record were entered", n)
		}
		r := s.open(t)[0]
		decided := race(func(i int) error {
			switch i % 3 {
			case 0:
				return second(s.records.Confirm(s.Instructor, r.ID, r.Version))
			case 1:
				return second(s.records.Refuse(s.Admin, r.ID, "No.", r.Version))
			}
			return second(s.records.Correct(s.supervisor, r.ID, hours(), r.Version))
		}, records.ErrNoWait, records.ErrStale, records.ErrReplaced)
		if decided < 1 || decided > 3 { // one kind of decision wins; saying it again changes nothing
			t.Errorf("%d decisions on one version of a record", decided)
		}
		halves := race(func(i int) error {
			c := consultation()
			c.Minutes, c.PersonName = 300, strings.Repeat("x", i+1)
			return second(s.records.Enter(s.trainee, s.enrollment, c))
		}, records.ErrDayFull)
		total := 0
		for _, r := range s.open(t) {
			total += r.Minutes
		}
		if halves < 2 || total > 16*60 {
			t.Errorf("%d of eight were entered; the day has %d minutes", halves, total)
		}
	})
}
