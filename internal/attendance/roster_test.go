package attendance

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/internal/fault"
	"github.com/kapstone-lms/kapstone/internal/schooltest"
)

// say writes a presence in short: "0-60 online confirmed".
func say(p *Presence) string {
	return fmt.Sprintf("%d-%d %s %s", p.InMinute, p.OutMinute, map[string]string{Online: "online", InPerson: "in person"}[p.Delivery], p.State)
}

// stands returns what stands of the trainee at an event, in short.
func (s *school) stands(e *Event) (all []string) {
	s.t.Helper()
	rows, err := presencesAt(s.t.Context(), s.DB, e.ID)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, p := range rows {
		if p.EnrollmentID == s.enrollment.ID && p.stands() {
			all = append(all, say(p))
		}
	}
	slices.Sort(all)
	return all
}

// What a roster makes of what is on record.
func TestARosterTakesThePlaceOfWhatIsThere(t *testing.T) {
	at := schooltest.Start
	p := func(in, out int, state State) *Presence {
		return &Presence{ID: fmt.Sprint(in, "-", out), Delivery: Online, InMinute: in, OutMinute: out, State: state}
	}
	for _, tt := range []struct {
		name                      string
		have, want                []*Presence
		dropped, confirmed, fresh []string
		lost                      bool
	}{
		{"nothing before", nil, []*Presence{p(0, 60, Confirmed)}, nil, nil, []string{"0-60 online confirmed"}, false},
		{"the same", []*Presence{p(0, 60, Confirmed)}, []*Presence{p(0, 60, Confirmed)}, nil, nil, nil, false},
		{"the same, claimed", []*Presence{p(0, 60, Claimed)}, []*Presence{p(0, 60, Confirmed)}, nil, []string{"0-60 online confirmed"}, nil, false},
		{"other minutes", []*Presence{p(0, 60, Confirmed)}, []*Presence{p(0, 50, Confirmed)}, []string{"0-60 online replaced"}, nil, []string{"0-50 online confirmed"}, true},
		{"other minutes than claimed", []*Presence{p(0, 60, Claimed)}, []*Presence{p(0, 50, Confirmed)}, []string{"0-60 online replaced"}, nil, []string{"0-50 online confirmed"}, false},
		{"one for two", []*Presence{p(0, 30, Confirmed), p(40, 60, Confirmed)}, []*Presence{p(0, 60, Confirmed)}, []string{"0-30 online replaced", "40-60 online refused"}, nil, []string{"0-60 online confirmed"}, true},
		{"two for one", []*Presence{p(0, 60, Confirmed)}, []*Presence{p(0, 30, Confirmed), p(40, 60, Confirmed)}, []string{"0-60 online replaced"}, nil, []string{"0-30 online confirmed", "40-60 online confirmed"}, true},
		{"one of two is too many", []*Presence{p(0, 30, Confirmed), p(40, 60, Claimed)}, []*Presence{p(0, 30, Confirmed)}, []string{"40-60 online refused"}, nil, nil, false},
	} {
		var c changes
		lost, err := c.settle(tt.have, tt.want, "ines", at)
		if err != nil || lost != tt.lost {
			t.Errorf("%s: settle = %v, %v; want %v", tt.name, lost, err, tt.lost)
		}
		for what, pair := range map[string][2][]string{
			"dropped": {tt.dropped, says(c.dropped)}, "confirmed": {tt.confirmed, says(c.confirmed)}, "fresh": {tt.fresh, says(c.fresh)},
		} {
			if diff := cmp.Diff(pair[0], pair[1]); diff != "" {
				t.Errorf("%s, %s: want (-) and got (+):\n%s", tt.name, what, diff)
			}
		}
		for _, q := range c.dropped {
			heir := slices.ContainsFunc(c.fresh, func(f *Presence) bool { return f.Replaces == q.ID })
			if heir != (q.State == Replaced) || (q.State == Refused) != (q.DecisionNote != "") || q.DecidedBy != "ines" {
				t.Errorf("%s: dropped %+v, replaced %v", tt.name, q, heir)
			}
		}
	}
}

func says(all []*Presence) (out []string) {
	for _, p := range all {
		out = append(out, say(p))
	}
	return out
}

func TestARosterIsSetForManyAtOnceAndAgain(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		e := s.hybrid()
		s.at(e, Claimed)
		items := []Stay{s.stay(0, 60, Online), s.stay(60, 120, InPerson)} // went home at the break and came
		for range 3 {
			other := s.mate()
			items = append(items, Stay{EnrollmentID: other.ID, In: 10, Out: 130, Delivery: InPerson})
		}
		var r *Roster
		for range 2 { // the same again changes nothing
			var err error
			if r, err = s.SetRoster(s.Instructor, e.ID, items); err != nil {
				t.Fatal(err)
			}
		}
		if len(r.Lines) != 4 || r.Event.ID != e.ID {
			t.Fatalf("the roster has %d lines, want everyone of the cohort", len(r.Lines))
		}
		for _, l := range r.Lines {
			online, present, late := 0, 110, 10
			if l.Enrollment.ID == s.enrollment.ID {
				online, present, late = 60, 60, 0
			}
			if a := l.Attended; a.Online != online || a.Present != present || a.Late != late || a.Waiting != 0 || len(l.Presences) == 0 {
				t.Errorf("a line says %+v with %d presences", a, len(l.Presences))
			}
		}
		if got := s.stands(e); !slices.Equal(got, []string{"0-60 online confirmed", "60-120 in person confirmed"}) {
			t.Errorf("of the trainee stands %q", got)
		}
		if n := s.entries("roster.set"); n != 1 {
			t.Errorf("%d entries, want one", n)
		}
		if _, err := s.SetRoster(s.Admin, e.ID, []Stay{s.stay(0, 45, InPerson)}); err != nil {
			t.Fatal(err)
		}
		if got := s.stands(e); !slices.Equal(got, []string{"0-45 in person confirmed"}) {
			t.Errorf("after a correction stands %q", got)
		}
		if r, err := s.Roster(s.Instructor, e.ID); err != nil || len(r.Lines[0].Presences) != 3 {
			t.Errorf("the trail has %d presences, %v; want the one that counts and two that did", len(r.Lines[0].Presences), err)
		}
	})
}

// A claim and what counts may begin in the same minute; the roster ends that.
func TestARosterTakesAClaimInPlaceOfWhatCounts(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		e := s.plan(s.ended(time.Hour))
		s.at(e, Claimed) // 0 to 60
		p, err := s.Claim(s.trainee, e.ID, s.stay(70, 90, ""))
		if err == nil {
			_, err = s.Correct(s.Instructor, p.ID, Stay{In: 0, Out: 30})
		}
		if got := s.stands(e); err != nil || !slices.Equal(got, []string{"0-30 online confirmed", "0-60 online claimed"}) {
			t.Fatalf("before stands %q, %v", got, err)
		}
		if _, err := s.SetRoster(s.Instructor, e.ID, []Stay{s.stay(0, 60, "")}); err != nil {
			t.Fatal(err)
		}
		if got := s.stands(e); !slices.Equal(got, []string{"0-60 online confirmed"}) {
			t.Errorf("after it stands %q", got)
		}
	})
}

// All lines or none, and each bad one is named.
func TestABadLineKeepsTheWholeRosterOut(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		e := s.hybrid()
		other := s.mate()
		_, foreign := s.Trainee("Fay Foreign", s.OpenCohort("Spring"))
		own := s.mate()
		busy := s.plan(s.ended(3 * time.Hour))
		if _, err := s.SetRoster(s.Instructor, busy.ID, []Stay{{EnrollmentID: other.ID, In: 0, Out: 60}}); err != nil {
			t.Fatal(err)
		}
		items := []Stay{
			s.stay(0, 60, Online),
			s.stay(59, 90, Online),
			{EnrollmentID: foreign.ID, In: 0, Out: 60, Delivery: Online},
			{EnrollmentID: db.NewID(), In: 0, Out: 60, Delivery: Online},
			{EnrollmentID: "x", In: 0, Out: 60, Delivery: Online},
			{EnrollmentID: other.ID, In: 30, Out: 90, Delivery: Online},
			{EnrollmentID: other.ID, In: 60, Out: 90},
			{EnrollmentID: other.ID, In: 60, Out: 181, Delivery: Online},
			{EnrollmentID: own.ID, In: -1, Out: 20, Delivery: Online},
		}
		_, err := s.SetRoster(s.Instructor, e.ID, items)
		f := fault.Of(err)
		if !errors.Is(err, ErrRoster) || f.Field != "items" {
			t.Fatalf("SetRoster = %v, want ErrRoster", err)
		}
		var got []string
		for _, b := range f.Details["errors"].([]map[string]any) {
			if b["rule"] == "" {
				t.Errorf("no sentence in %v", b)
			}
			got = append(got, fmt.Sprint(b["index"], " ", b["field"], " ", b["code"]))
		}
		want := []string{
			"1 items[1].in_minute overlap", "2 items[2].enrollment_id not_in_cohort", "3 items[3].enrollment_id not_in_cohort",
			"4 items[4].enrollment_id not_in_cohort", "5 items[5].in_minute overlap", "6 items[6].delivery bad_presence_delivery",
			"7 items[7].out_minute bad_minutes", "8 items[8].in_minute bad_minutes",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("want (-) and got (+):\n%s", diff)
		}
		if got := s.stands(e); len(got) != 0 || s.entries("roster.set") != 1 {
			t.Errorf("of a refused roster stands %q", got)
		}
		for name, tt := range map[string]struct {
			event string
			items []Stay
			want  error
		}{
			"nobody":          {e.ID, nil, ErrSize},
			"too many":        {e.ID, make([]Stay, 501), ErrSize},
			"not over":        {s.plan(s.ended(-time.Minute)).ID, items[:1], ErrNotOver},
			"a made-up event": {db.NewID(), items[:1], db.ErrNone},
			"no id":           {"x", items[:1], db.ErrNone},
		} {
			if _, err := s.SetRoster(s.Instructor, tt.event, tt.items); !errors.Is(err, tt.want) {
				t.Errorf("%s: %v, want %v", name, err, tt.want)
			}
		}
	})
}

func TestARosterIsForTheCohortsStaff(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		e := s.hybrid()
		other := s.Person("Ivo Elsewhere", access.Grant{Role: access.Instructor, Program: s.Program})
		both := access.From(s.trainee)
		both.Grants = append(both.Grants, access.Grant{Role: access.Admin, Program: s.Program})
		for _, tt := range []struct {
			name      string
			ctx       context.Context
			read, set error
		}{
			{"the instructor", s.Instructor, nil, nil},
			{"an admin", s.Admin, nil, nil},
			{"a director", s.Person("Dora Director", access.Grant{Role: access.Director, Program: s.Program}), nil, access.ErrForbidden},
			{"the trainee", s.trainee, access.ErrForbidden, access.ErrForbidden},
			{"an admin who is in it", access.With(t.Context(), both), nil, ErrRoster},
			{"an instructor of another cohort", other, db.ErrNone, db.ErrNone},
		} {
			if _, err := s.Roster(tt.ctx, e.ID); !errors.Is(err, tt.read) {
				t.Errorf("%s reads: %v, want %v", tt.name, err, tt.read)
			}
			if _, err := s.SetRoster(tt.ctx, e.ID, []Stay{s.stay(0, 60, Online)}); !errors.Is(err, tt.set) {
				t.Errorf("%s sets: %v, want %v", tt.name, err, tt.set)
			}
		}
	})
}

// Who has left the cohort since stays on the roster of the day, and takes the
// hours along.
func TestATransferLeavesTheRosterWhole(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		e := s.plan(s.ended(time.Hour))
		s.at(e, Confirmed)
		spring := s.OpenCohort("Spring", s.Instructor)
		if _, err := s.Enrollments.Do(s.Admin, s.enrollment.ID, enrollment.Form{Kind: enrollment.Transfer, CohortID: spring.ID, Reason: "Moved to another city."}); err != nil {
			t.Fatal(err)
		}
		r, err := s.Roster(s.Instructor, e.ID)
		if err != nil || len(r.Lines) != 1 || r.Lines[0].Enrollment.ID != s.enrollment.ID || r.Lines[0].Attended.Online != 60 {
			t.Errorf("Roster = %+v, %v; want who was there", r, err)
		}
		moved := *s.enrollment
		moved.CohortID = spring.ID
		if got := s.evidence(&moved); len(got) != 1 || got[0].Event.CohortID != s.Cohort.ID || got[0].Online != 60 {
			t.Errorf("the evidence is %+v, want the hour of the first cohort", got)
		}
		if got := s.evidence(&enrollment.Enrollment{ID: db.NewID(), CohortID: spring.ID}); len(got) != 0 {
			t.Errorf("somebody else of the second cohort has %+v", got)
		}
	})
}
