package standing

import (
	"strings"
	"testing"
	"time"

	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/fault"
	"github.com/kapstone-lms/kapstone/internal/schooltest"
)

// cells reads a line of the expected table: one word for each party, the state
// or the code of the fault.
func cells(t *testing.T, line string) []string {
	t.Helper()
	all := strings.Fields(line)
	if len(all) != int(parties) {
		t.Fatalf("%q has %d cells, want one for each of %d parties", line, len(all), parties)
	}
	return all
}

// outcome is the state, or the code of the fault.
func outcome(state string, err error) string {
	if f := fault.Of(err); f != nil {
		return f.Code
	}
	if err != nil {
		return err.Error()
	}
	return state
}

func TestEveryWayOfAWaiver(t *testing.T) {
	want := map[WaiverState]map[waiverVerb]string{
		//          trainee    helper    opener    openingChief  decider   chief
		Proposed: {
			approve:  "own_waiver not_yours not_yours second_person approved approved",
			decline:  "own_waiver not_yours not_yours second_person declined declined",
			withdraw: "own_waiver not_yours withdrawn withdrawn withdrawn withdrawn",
		},
		Approved: {
			approve:  "own_waiver not_yours not_yours waiver_decided waiver_decided waiver_decided",
			decline:  "own_waiver not_yours not_yours waiver_decided waiver_decided waiver_decided",
			withdraw: "own_waiver not_yours not_yours withdrawn withdrawn withdrawn",
		},
		Declined: {
			approve:  "own_waiver not_yours not_yours waiver_decided waiver_decided waiver_decided",
			decline:  "own_waiver not_yours not_yours waiver_decided waiver_decided waiver_decided",
			withdraw: "own_waiver not_yours waiver_decided waiver_decided waiver_decided waiver_decided",
		},
		Withdrawn: {
			approve:  "own_waiver not_yours not_yours waiver_decided waiver_decided waiver_decided",
			decline:  "own_waiver not_yours not_yours waiver_decided waiver_decided waiver_decided",
			withdraw: "own_waiver not_yours waiver_decided waiver_decided waiver_decided waiver_decided",
		},
	}
	at := db.At(schooltest.Start)
	for _, state := range []WaiverState{Proposed, Approved, Declined, Withdrawn} {
		for _, do := range []waiverVerb{approve, decline, withdraw} {
			for by, cell := range cells(t, want[state][do]) {
				w := Waiver{State: state, ProposedBy: "first"}
				changed, err := w.move(do, party(by), false, "actor", "why", at.Time)
				if got := outcome(string(w.State), err); got != cell || changed != (err == nil) {
					t.Errorf("%s a %s waiver as party %d: %s, changed %v; want %s", do, state, by, got, changed, cell)
				}
				decides := Waiver{State: w.State, ProposedBy: "first", DecidedBy: "actor", DecidedAt: at, DecisionNote: "why"}
				withdraws := Waiver{State: w.State, ProposedBy: "first", WithdrawnBy: "actor", WithdrawnAt: at, WithdrawalNote: "why"}
				switch {
				case err != nil && w != Waiver{State: state, ProposedBy: "first"}:
					t.Errorf("%s a %s waiver as party %d fails and leaves %+v", do, state, by, w)
				case err == nil && do != withdraw && w != decides, err == nil && do == withdraw && w != withdraws:
					t.Errorf("%s a %s waiver as party %d leaves %+v", do, state, by, w)
				}
			}
		}
	}
}

// Where one person is enough, the one who proposed may decide; nobody else may
// more than before.
func TestWhereOnePersonIsEnough(t *testing.T) {
	for _, do := range []waiverVerb{approve, decline, withdraw} {
		for by := range parties {
			two, one := Waiver{State: Proposed}, Waiver{State: Proposed}
			_, errTwo := two.move(do, by, false, "actor", "why", schooltest.Start)
			_, errOne := one.move(do, by, true, "actor", "why", schooltest.Start)
			freed := by == openingChief && do != withdraw
			if freed && (errTwo == nil || errOne != nil) || !freed && (errTwo != errOne || two != one) {
				t.Errorf("%s as party %d: %v where two are asked, %v where one is enough", do, by, errTwo, errOne)
			}
		}
	}
}

func TestTheSameDecisionAgainIsTheFirst(t *testing.T) {
	at := schooltest.Start
	for _, do := range []waiverVerb{approve, decline, withdraw} {
		w := Waiver{State: Proposed}
		if _, err := w.move(do, chief, false, "ada", "why", at); err != nil {
			t.Fatal(err)
		}
		was := w
		if changed, err := w.move(do, chief, false, "ada", "other words", at.Add(time.Hour)); changed || err != nil || w != was {
			t.Errorf("%s again = %v, %v and %+v", do, changed, err, w)
		}
		if _, err := w.move(do, chief, false, "bo", "why", at); outcome("", err) != map[waiverVerb]string{
			approve: "waiver_decided", decline: "waiver_decided", withdraw: "waiver_decided",
		}[do] {
			t.Errorf("%s by another = %v", do, err)
		}
	}
}

// Every stage of a hold, as a hold that stands there on the day of the test.
var stages = map[stage]Hold{
	answerable: {State: Open, ReplyBy: "2026-11-24"},
	answered:   {State: Open, ReplyBy: "2026-11-24", Reply: "I disagree."},
	unanswered: {State: Open, ReplyBy: "2026-11-23"},
	cleared:    {State: Cleared, ReplyBy: "2026-11-23", Decision: "why"},
	appealable: {State: Upheld, ReplyBy: "2026-11-23", Decision: "why", AppealBy: "2026-11-24"},
	appealed:   {State: Upheld, ReplyBy: "2026-11-23", Decision: "why", AppealBy: "2026-11-23", Appeal: "I still disagree."},
	settled:    {State: Upheld, ReplyBy: "2026-11-23", Decision: "why", AppealBy: "2026-11-23"},
	final:      {State: Upheld, ReplyBy: "2026-11-23", Decision: "why", AppealBy: "2026-11-23", Appeal: "I still disagree.", AppealDecision: "why"},
}

func TestAHoldStandsWhereItsDaysSay(t *testing.T) {
	for want, h := range stages {
		if got := h.stage("2026-11-24"); got != want {
			t.Errorf("%+v stands at %q, want %q", h, got, want)
		}
	}
}

func TestEveryWayOfAHold(t *testing.T) {
	const (
		nobody = "own_hold not_yours "
		only   = " not_yours not_yours not_yours not_yours not_yours"
	)
	each := func(code string) string { return nobody + strings.Join([]string{code, code, code, code}, " ") }
	staff := func(code string) string {
		return "own_hold " + strings.Join([]string{code, code, code, code, code}, " ")
	}
	want := map[stage]map[holdVerb]string{
		//  trainee, helper, opener, openingChief, decider, chief
		answerable: {
			reply: "open" + only, remediate: staff("open"),
			clearIt: nobody + "second_person second_person cleared cleared", uphold: each("reply_open"),
			appeal: "not_upheld" + only, clearAppeal: each("no_appeal"), upholdAppeal: each("no_appeal"),
		},
		answered: {
			reply: "already_replied" + only, remediate: staff("open"),
			clearIt: nobody + "second_person second_person cleared cleared", uphold: nobody + "second_person second_person upheld upheld",
			appeal: "not_upheld" + only, clearAppeal: each("no_appeal"), upholdAppeal: each("no_appeal"),
		},
		unanswered: {
			reply: "reply_over" + only, remediate: staff("open"),
			clearIt: nobody + "second_person second_person cleared cleared", uphold: nobody + "second_person second_person upheld upheld",
			appeal: "not_upheld" + only, clearAppeal: each("no_appeal"), upholdAppeal: each("no_appeal"),
		},
		cleared: {
			reply: "hold_decided" + only, remediate: staff("hold_decided"), clearIt: each("hold_decided"), uphold: each("hold_decided"),
			appeal: "not_upheld" + only, clearAppeal: each("no_appeal"), upholdAppeal: each("no_appeal"),
		},
		appealable: {
			reply: "hold_decided" + only, remediate: staff("upheld"), clearIt: each("hold_decided"), uphold: each("hold_decided"),
			appeal: "upheld" + only, clearAppeal: each("no_appeal"), upholdAppeal: each("no_appeal"),
		},
		appealed: {
			reply: "hold_decided" + only, remediate: staff("upheld"), clearIt: each("hold_decided"), uphold: each("hold_decided"),
			appeal:      "already_appealed" + only,
			clearAppeal: nobody + "second_person second_person second_person cleared", upholdAppeal: nobody + "second_person second_person second_person upheld",
		},
		settled: {
			reply: "hold_decided" + only, remediate: staff("upheld"), clearIt: each("hold_decided"), uphold: each("hold_decided"),
			appeal: "appeal_over" + only, clearAppeal: each("no_appeal"), upholdAppeal: each("no_appeal"),
		},
		final: {
			reply: "hold_decided" + only, remediate: staff("upheld"), clearIt: each("hold_decided"), uphold: each("hold_decided"),
			appeal: "already_appealed" + only, clearAppeal: each("hold_decided"), upholdAppeal: each("hold_decided"),
		},
	}
	for at, hold := range stages {
		for _, do := range []holdVerb{reply, remediate, clearIt, uphold, appeal, clearAppeal, upholdAppeal} {
			for by, cell := range cells(t, want[at][do]) {
				h := hold
				changed, err := h.move(deed{do, party(by), "actor", "words"}, schooltest.Start)
				if got := outcome(string(h.State), err); got != cell || changed != (err == nil) {
					t.Errorf("%s, %s as party %d: %s, changed %v; want %s", at, do, by, got, changed, cell)
				}
				if err != nil && h != hold {
					t.Errorf("%s, %s as party %d fails and leaves %+v", at, do, by, h)
				}
			}
		}
	}
}

// What each deed writes down.
func TestWhatAHoldKeeps(t *testing.T) {
	at := db.At(schooltest.Start)
	for _, tt := range []struct {
		from   stage
		do     holdVerb
		by     party
		change func(*Hold)
	}{
		{answerable, reply, trainee, func(h *Hold) { h.Reply, h.RepliedAt = "words", at }},
		{answered, remediate, helper, func(h *Hold) { h.Remediation = "words" }},
		{answerable, clearIt, chief, func(h *Hold) { h.State, h.DecidedBy, h.DecidedAt, h.Decision = Cleared, "actor", at, "words" }},
		{unanswered, uphold, chief, func(h *Hold) {
			h.State, h.DecidedBy, h.DecidedAt, h.Decision, h.AppealBy = Upheld, "actor", at, "words", "2026-12-24"
		}},
		{appealable, appeal, trainee, func(h *Hold) { h.Appeal, h.AppealedAt = "words", at }},
		{appealed, clearAppeal, chief, func(h *Hold) {
			h.State, h.AppealDecidedBy, h.AppealDecidedAt, h.AppealDecision = Cleared, "actor", at, "words"
		}},
		{appealed, upholdAppeal, chief, func(h *Hold) { h.AppealDecidedBy, h.AppealDecidedAt, h.AppealDecision = "actor", at, "words" }},
	} {
		h, want := stages[tt.from], stages[tt.from]
		tt.change(&want)
		d := deed{tt.do, tt.by, "actor", "words"}
		if _, err := h.move(d, at.Time); err != nil || h != want {
			t.Errorf("%s, %s: %+v, %v; want %+v", tt.from, tt.do, h, err, want)
		}
		changed, err := h.move(d, at.Add(time.Hour))
		switch tt.do {
		case clearIt, uphold, clearAppeal, upholdAppeal:
			if changed || err != nil || h != want {
				t.Errorf("%s, %s again: %v, %v", tt.from, tt.do, changed, err)
			}
		}
	}
}

// Who upheld a hold did not clear it because somebody else did on appeal.
func TestADecisionAgainIsOnesOwn(t *testing.T) {
	h := stages[appealed]
	h.DecidedBy = "dora"
	if _, err := h.move(deed{clearAppeal, chief, "theo", "words"}, schooltest.Start); err != nil {
		t.Fatal(err)
	}
	for do, code := range map[holdVerb]string{clearIt: "hold_decided", uphold: "hold_decided", clearAppeal: "no_appeal"} {
		if _, err := h.move(deed{do, decider, "dora", "words"}, schooltest.Start); outcome("", err) != code {
			t.Errorf("%s by who upheld it: %v, want %s", do, err, code)
		}
	}
}

func TestNothingAgreedIsLost(t *testing.T) {
	h := stages[answered]
	for _, s := range []string{"Two role plays with feedback.", strings.Repeat("x", 3000)} {
		if _, err := h.move(deed{remediate, opener, "actor", s}, schooltest.Start); err != nil {
			t.Fatal(err)
		}
	}
	if want := "Two role plays with feedback.\n\n" + strings.Repeat("x", 3000); h.Remediation != want {
		t.Errorf("what was agreed is %.60q", h.Remediation)
	}
	was := h
	if _, err := h.move(deed{remediate, opener, "actor", strings.Repeat("y", 1000)}, schooltest.Start); outcome("", err) != "remediation_full" || h != was {
		t.Errorf("more than there is room for: %v", err)
	}
}
