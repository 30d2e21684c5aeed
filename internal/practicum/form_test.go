package practicum_test

import (
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/fault"
	"github.com/kapstone-lms/kapstone/internal/practicum"
)

func TestWhatAFormMayHold(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		for _, tt := range []struct {
			name   string
			change func(f *practicum.Form)
			field  string // at fault; "" for none
		}{
			{"a role play", func(*practicum.Form) {}, ""},
			{"an empty draft", func(f *practicum.Form) { *f = practicum.Form{} }, ""},
			{"a medicine session with a client", client, ""},
			{"the week of enrollment", func(f *practicum.Form) { f.Week = ptr("2026-W48") }, ""},
			{"the week after next", func(f *practicum.Form) { f.Week = ptr("2026-W50") }, "week"},
			{"a week before enrollment", func(f *practicum.Form) { f.Week = ptr("2026-W46") }, "week"},
			{"a week that no year has", func(f *practicum.Form) { f.Week = ptr("2025-W53") }, "week"},
			{"a week in other words", func(f *practicum.Form) { f.Week = ptr("W48/2026") }, "week"},
			{"a kind that is none", func(f *practicum.Form) { f.Kind = ptr(practicum.Kind("friend")) }, "kind"},
			{"a phase that is none", func(f *practicum.Form) { f.Phase = ptr(practicum.Phase("dosing")) }, "phase"},
			{"a part that is none", func(f *practicum.Form) { f.Role = ptr("facilitator") }, "role"},
			{"too short", func(f *practicum.Form) { f.Minutes = ptr(14) }, "duration_min"},
			{"too long", func(f *practicum.Form) { f.Minutes = ptr(181) }, "duration_min"},
			{"no minutes at all", func(f *practicum.Form) { f.Minutes, f.ContactMinutes = ptr(0), nil }, "duration_min"},
			{"fifteen minutes", func(f *practicum.Form) { f.Minutes, f.ContactMinutes = ptr(15), ptr(15) }, ""},
			{"three hours", func(f *practicum.Form) { f.Minutes = ptr(180) }, ""},
			{"a short medicine session", func(f *practicum.Form) { f.Phase, f.Minutes, f.ContactMinutes = ptr(practicum.Medicine), ptr(29), nil }, "duration_min"},
			{"a medicine session of eight hours", func(f *practicum.Form) { f.Phase, f.Minutes = ptr(practicum.Medicine), ptr(480) }, ""},
			{"longer", func(f *practicum.Form) { f.Phase, f.Minutes = ptr(practicum.Medicine), ptr(481) }, "duration_min"},
			{"contact and no duration yet", func(f *practicum.Form) { *f = practicum.Form{ContactMinutes: ptr(45)} }, ""},
			{"contact of a day", func(f *practicum.Form) { *f = practicum.Form{ContactMinutes: ptr(1440)} }, "direct_contact_min"},
			{"contact below nothing", func(f *practicum.Form) { f.ContactMinutes = ptr(-1) }, "direct_contact_min"},
			{"a group of twenty", func(f *practicum.Form) { f.Format, f.Participants = ptr("group"), ptr(20) }, ""},
			{"a group of twenty-one", func(f *practicum.Form) { f.Format, f.Participants = ptr("group"), ptr(21) }, "participants"},
			{"a couple of three", func(f *practicum.Form) { f.Format, f.Participants = ptr("couple"), ptr(3) }, "participants"},
			{"nobody", func(f *practicum.Form) { f.Participants = ptr(0) }, "participants"},
			{"a format that is none", func(f *practicum.Form) { f.Format = ptr("crowd") }, "format"},
			{"a framework that is none", func(f *practicum.Form) { f.Frameworks = ptr([]string{"astrology"}) }, "frameworks"},
			{"a framework without a name", func(f *practicum.Form) { f.Frameworks = ptr([]string{""}) }, "frameworks"},
			{"a case number of zero", func(f *practicum.Form) { f.CaseSeq = ptr(0) }, "case_seq"},
			{"days before the day", func(f *practicum.Form) { f.Days = ptr(-1) }, "days_since_previous"},
			{"who knew in a role play", func(f *practicum.Form) { f.KnewWhomToCall = ptr(false) }, "knew_whom_to_call"},
			{"a monitor in a role play", func(f *practicum.Form) { f.MonitoredBy = ptr("nurse") }, "monitored_by"},
			{"a medicine session with a peer and a route", func(f *practicum.Form) { client(f); f.Kind = ptr(practicum.Peer) }, "route"},
			{"a monitor that is none", func(f *practicum.Form) { client(f); f.MonitoredBy = ptr("cousin") }, "monitored_by"},
			{"a supervisor's name for an id", func(f *practicum.Form) { f.SupervisorID = ptr("Ines") }, "supervisor_id"},
			{"NUL", func(f *practicum.Form) { f.Reflection = ptr(words + "\x00") }, "reflection"},
			{"bad UTF-8", func(f *practicum.Form) { f.Reflection = ptr(words + "\xff") }, "reflection"},
			{"three thousand characters", func(f *practicum.Form) { f.Reflection = ptr(strings.Repeat("é", 3000)) }, ""},
			{"one more", func(f *practicum.Form) { f.Reflection = ptr(strings.Repeat("é", 3001)) }, "reflection"},
			{"a self-rating of five", func(f *practicum.Form) { r := maps.Clone(good); r["c1"] = 5; f.SelfRating = &r }, "self_rating"},
			{"negative", func(f *practicum.Form) { f.Minutes = ptr(-60) }, "duration_min"},
			{"a medicine session of four hours", func(f *practicum.Form) { f.Phase, f.Minutes = ptr(practicum.Medicine), ptr(240) }, ""},
			{"more contact than session", func(f *practicum.Form) { f.ContactMinutes = ptr(61) }, "direct_contact_min"},
			{"four frameworks", func(f *practicum.Form) { f.Frameworks = ptr([]string{"act", "ifs", "cbt", "other"}) }, "frameworks"},
			{"a framework twice", func(f *practicum.Form) { f.Frameworks = ptr([]string{"act", "act"}) }, "frameworks"},
			{"a group of two", func(f *practicum.Form) { f.Format, f.Participants = ptr("group"), ptr(2) }, "participants"},
			{"a route in a role play", func(f *practicum.Form) { f.Route = ptr("im") }, "route"},
			{"a dose in a role play", func(f *practicum.Form) { f.DoseBand = ptr("moderate") }, "dose_band"},
			{"milligrams", func(f *practicum.Form) { client(f); f.DoseBand = ptr("100 mg") }, "dose_band"},
			{"somebody else's case", func(f *practicum.Form) { f.CaseRef = ptr("C-ABCDEF") }, "case_ref"},
			{"a case made of initials", func(f *practicum.Form) { f.CaseRef = ptr("JR") }, "case_ref"},
			{"a case number too high", func(f *practicum.Form) { f.CaseSeq = ptr(61) }, "case_seq"},
			{"days beyond a year", func(f *practicum.Form) { f.Days = ptr(366) }, "days_since_previous"},
			{"a supervisor who is none", func(f *practicum.Form) { f.SupervisorID = ptr(access.From(s.Admin).ID) }, "supervisor_id"},
			{"the supervisor", func(f *practicum.Form) { f.SupervisorID = ptr(access.From(s.Instructor).ID) }, ""},
			{"ten thousand characters", func(f *practicum.Form) { f.Reflection = ptr(strings.Repeat("é", 10_000)) }, "reflection"},
			{"a control character", func(f *practicum.Form) { f.Reflection = ptr(words + "\x07") }, "reflection"},
			{"a bidi control", func(f *practicum.Form) { f.Reflection = ptr(words + "\u202e") }, "reflection"},
			{"six self-ratings", func(f *practicum.Form) {
				f.SelfRating = &practicum.Grades{"c1": 1, "c2": 1, "c3": 1, "c4": 1, "c5": 1, "c6": 1}
			}, "self_rating"},
			{"all seven", func(f *practicum.Form) { f.SelfRating = ptr(maps.Clone(good)) }, ""},
		} {
			f := rolePlay(practicum.Preparation)
			tt.change(&f)
			_, err := s.logs.Create(s.trainee, s.enrollment, f)
			got := fault.Of(err)
			if tt.field == "" && err != nil || tt.field != "" && (got == nil || got.Field != tt.field || got.Text == "") {
				t.Errorf("%s: Create = %v, want a fault at %q", tt.name, err, tt.field)
			}
		}
	})
}

func TestAnIncompleteLogSaysAllThatIsMissing(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		l := s.create(t, practicum.Form{Kind: ptr(practicum.Client), Phase: ptr(practicum.Medicine), Format: ptr("group")})
		_, err := s.logs.Submit(s.trainee, l.ID)
		f := fault.Of(err)
		want := "[participants week duration_min role frameworks route dose_band monitored_by knew_whom_to_call reflection attest]"
		if f == nil || !f.Is(practicum.ErrMissing) || fmt.Sprint(f.Details["missing"]) != want {
			t.Errorf("Submit = %v with %v, want %s", err, f.Details, want)
		}
		short := rolePlay(practicum.Preparation)
		short.Reflection = ptr("It went well.")
		_, err = s.logs.Submit(s.trainee, s.create(t, short).ID)
		if f := fault.Of(err); f == nil || !f.Is(practicum.ErrShort) || f.Field != "reflection" || !strings.Contains(f.Text, "150") {
			t.Errorf("Submit of a short reflection = %v", err)
		}
		open := rolePlay(practicum.Preparation)
		open.Attest = ptr(false)
		_, err = s.logs.Submit(s.trainee, s.create(t, open).ID)
		if f := fault.Of(err); f == nil || f.Field != "attest" || !strings.Contains(f.Text, practicum.StatementText) {
			t.Errorf("Submit without attestation = %v, want the statement", err)
		}
	})
}

// What follows from an answer changes with it, so that no draft is stuck.
func TestAnAnswerTakesAlongWhatFollowsFromIt(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		f := rolePlay(practicum.Medicine)
		client(&f)
		l := s.create(t, f)
		l, err := s.logs.Edit(s.trainee, l.ID, practicum.Form{Kind: ptr(practicum.Peer)}, l.Version)
		if err != nil || l.Route+l.DoseBand+l.MonitoredBy+l.KnewWhomToCall != "" {
			t.Fatalf("a client's session that was a peer's = %+v, %v; want no clinical answer left", l, err)
		}
		if _, err := s.logs.Edit(s.trainee, l.ID, practicum.Form{Route: ptr("im")}, l.Version); !errors.Is(err, practicum.ErrNotAsked) {
			t.Errorf("a route for a peer = %v, want ErrNotAsked", err)
		}
		for _, tt := range []struct {
			format       string
			participants int
		}{{"couple", 2}, {"group", 0}, {"individual", 1}} {
			if l, err = s.logs.Edit(s.trainee, l.ID, practicum.Form{Format: &tt.format}, l.Version); err != nil || l.Participants != tt.participants {
				t.Fatalf("%s: %+v, %v; want %d participants", tt.format, l, err, tt.participants)
			}
		}
	})
}
