package attendance

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/fault"
	"github.com/kapstone-lms/kapstone/internal/schooltest"
)

// Every state, every verb, and whether it is one's own: what becomes of a
// presence, or why nothing does.
func TestEveryWayOfAPresence(t *testing.T) {
	rows := []struct {
		from State
		do   verb
		to   State // "" where it fails
		fail error
	}{
		{Claimed, confirm, Confirmed, nil}, {Claimed, refuse, Refused, nil}, {Claimed, correct, Replaced, nil},
		{Confirmed, confirm, Confirmed, nil}, {Confirmed, refuse, Refused, nil}, {Confirmed, correct, Replaced, nil},
		{Refused, confirm, "", ErrSettled}, {Refused, refuse, Refused, nil}, {Refused, correct, "", ErrSettled},
		{Replaced, confirm, "", ErrSettled}, {Replaced, refuse, "", ErrSettled}, {Replaced, correct, "", ErrSettled},
	}
	seen := make(map[string]bool)
	for _, tt := range rows {
		seen[fmt.Sprint(tt.from, tt.do)] = true
		for _, own := range []bool{false, true} {
			p := Presence{State: tt.from, DecidedBy: "before"}
			changed, err := p.decide(tt.do, own, "ines", "why", schooltest.Start)
			to, fail := tt.to, tt.fail
			if own {
				to, fail = "", ErrOwn
			}
			if !errors.Is(err, fail) || (err == nil) != (fail == nil) {
				t.Errorf("%s a %s presence, own %v: %v, want %v", tt.do, tt.from, own, err, fail)
			}
			want := Presence{State: tt.from, DecidedBy: "before"}
			if to != "" && to != tt.from {
				want = Presence{State: to, DecidedBy: "ines", DecidedAt: db.At(schooltest.Start), DecisionNote: "why"}
			}
			if p != want || changed != (to != "" && to != tt.from) {
				t.Errorf("%s a %s presence, own %v = %+v, changed %v; want %+v", tt.do, tt.from, own, p, changed, want)
			}
		}
	}
	for _, state := range []State{Claimed, Confirmed, Refused, Replaced} {
		for _, do := range []verb{confirm, refuse, correct} {
			if !seen[fmt.Sprint(state, do)] {
				t.Errorf("nothing says what becomes of a %s presence on %s", state, do)
			}
		}
	}
}

func TestWhereAPresenceFits(t *testing.T) {
	start := schooltest.Start
	for _, tt := range []struct {
		name     string
		held     string // how the event was held
		canceled bool
		there    string
		in, out  int
		now      time.Duration // after the start
		day      time.Duration // the enrollment's first moment, after the start
		want     error
		field    string
		how      string // the delivery that it comes to
	}{
		{"the whole of it", Online, false, Online, 0, 120, 2 * time.Hour, -time.Hour, nil, "", Online},
		{"how goes without saying", InPerson, false, "", 0, 120, 2 * time.Hour, -time.Hour, nil, "", InPerson},
		{"hybrid, online", Hybrid, false, Online, 0, 120, 2 * time.Hour, -time.Hour, nil, "", Online},
		{"hybrid, in person", Hybrid, false, InPerson, 119, 120, 2 * time.Hour, -time.Hour, nil, "", InPerson},
		{"hybrid, unsaid", Hybrid, false, "", 0, 120, 2 * time.Hour, -time.Hour, ErrHow, "delivery", ""},
		{"hybrid, both", Hybrid, false, Hybrid, 0, 120, 2 * time.Hour, -time.Hour, ErrHow, "delivery", ""},
		{"a way it was not held", Online, false, InPerson, 0, 120, 2 * time.Hour, -time.Hour, ErrHow, "delivery", ""},
		{"a way that is none", Online, false, "async", 0, 120, 2 * time.Hour, -time.Hour, ErrHow, "delivery", ""},
		{"before it ended", Online, false, Online, 0, 60, 2*time.Hour - 1, -time.Hour, ErrNotOver, "", ""},
		{"canceled", Online, true, Online, 0, 120, 2 * time.Hour, -time.Hour, ErrCanceled, "", ""},
		{"before it began", Online, false, Online, -1, 120, 2 * time.Hour, -time.Hour, ErrMinutes, "in_minute", ""},
		{"no time", Online, false, Online, 30, 30, 2 * time.Hour, -time.Hour, ErrMinutes, "out_minute", ""},
		{"backwards", Online, false, Online, 30, 20, 2 * time.Hour, -time.Hour, ErrMinutes, "out_minute", ""},
		{"an hour over", Online, false, Online, 0, 180, 3 * time.Hour, -time.Hour, nil, "", Online},
		{"more than an hour over", Online, false, Online, 0, 181, 9 * time.Hour, -time.Hour, ErrMinutes, "out_minute", ""},
		{"longer than until now", Online, false, Online, 0, 121, 2 * time.Hour, -time.Hour, ErrAhead, "out_minute", ""},
		{"before the first day", Online, false, Online, 0, 60, 2 * time.Hour, time.Hour, ErrEarly, "in_minute", ""},
		{"into the first day", Online, false, Online, 0, 61, 2 * time.Hour, time.Hour, nil, "", Online},
	} {
		e := Event{Delivery: tt.held, StartsAt: db.At(start), Minutes: 120}
		if tt.canceled {
			e.CanceledAt = db.At(start)
		}
		p := Presence{Delivery: tt.there, InMinute: tt.in, OutMinute: tt.out}
		err := p.fit(&e, start.Add(tt.day), start.Add(tt.now))
		checkFault(t, tt.name, err, tt.want, tt.field)
		if err == nil && p.Delivery != tt.how {
			t.Errorf("%s: comes to %s, want %s", tt.name, p.Delivery, tt.how)
		}
	}
}

func TestOverlapsAreFoundOnTheClock(t *testing.T) {
	start := db.At(schooltest.Start)
	e := Event{ID: "e", CohortID: "c", StartsAt: start, Minutes: 120}
	at := func(id, cohort string, state State, from, in, out int) held {
		return held{
			Presence: Presence{ID: "h", EventID: id, State: state, InMinute: in, OutMinute: out}, CohortID: cohort,
			StartsAt: db.At(start.Add(time.Duration(from) * time.Minute)),
		}
	}
	for _, tt := range []struct {
		name  string
		other held
		bars  func(*held) bool
		want  error
		event any // the one that the fault names
	}{
		{"before", at("e", "c", Confirmed, 0, 0, 30), counts, nil, nil},
		{"after", at("e", "c", Confirmed, 0, 60, 90), counts, nil, nil},
		{"a minute", at("e", "c", Confirmed, 0, 0, 31), counts, ErrOverlap, "e"},
		{"within", at("e", "c", Confirmed, 0, 40, 50), counts, ErrOverlap, "e"},
		{"around", at("e", "c", Confirmed, 0, 0, 120), counts, ErrOverlap, "e"},
		{"at another event", at("f", "c", Confirmed, 50, 0, 60), counts, ErrOverlap, "f"},
		{"at another event, just after", at("f", "c", Confirmed, 60, 0, 60), counts, nil, nil},
		{"an event of the day before", at("f", "c", Confirmed, -1440, 0, 1471), counts, ErrOverlap, "f"},
		{"in another cohort", at("f", "d", Confirmed, 0, 40, 50), counts, ErrOverlap, nil},
		{"a claim does not bar what counts", at("e", "c", Claimed, 0, 0, 120), counts, nil, nil},
		{"a claim bars a claim", at("e", "c", Claimed, 0, 0, 120), anything, ErrOverlap, "e"},
	} {
		p := Presence{ID: "p", EventID: "e", InMinute: 30, OutMinute: 60}
		err := p.clash(&e, []held{tt.other}, tt.bars)
		checkFault(t, tt.name, err, tt.want, "in_minute")
		if f := fault.Of(err); f != nil && f.Details["event_id"] != tt.event {
			t.Errorf("%s: the fault names the event %v, want %v", tt.name, f.Details["event_id"], tt.event)
		}
	}
	self := at("e", "c", Confirmed, 0, 0, 120)
	for _, p := range []Presence{{ID: "h", InMinute: 30, OutMinute: 60}, {ID: "p", Replaces: "h", InMinute: 30, OutMinute: 60}} {
		if err := p.clash(&e, []held{self}, counts); err != nil {
			t.Errorf("a presence bars itself or what replaces it: %v", err)
		}
	}
}
