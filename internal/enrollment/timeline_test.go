package enrollment

import (
	"errors"
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

// Every status and every kind of deed: what follows, or why nothing can.
func TestWhatCanFollowWhat(t *testing.T) {
	ended := map[Kind]any{
		TakeLeave: ErrEnded, Return: ErrEnded, Extend: ErrEnded, Transfer: ErrEnded, Withdraw: ErrEnded, Dismiss: ErrEnded,
		Readmit: Active, ChangeTrack: ErrEnded, ChangeEdition: ErrEnded,
	}
	want := map[Status]map[Kind]any{
		Active: {
			TakeLeave: OnLeave, Return: ErrNotOnLeave, Extend: Active, Transfer: Active, Withdraw: Withdrawn, Dismiss: Dismissed,
			Readmit: ErrNotEnded, ChangeTrack: Active, ChangeEdition: Active,
		},
		OnLeave: {
			TakeLeave: ErrOverlap, Return: Active, Extend: OnLeave, Transfer: OnLeave, Withdraw: Withdrawn, Dismiss: Dismissed,
			Readmit: ErrNotEnded, ChangeTrack: OnLeave, ChangeEdition: OnLeave,
		},
		Withdrawn: ended,
		Dismissed: ended,
	}
	cells := 0
	for s, row := range want {
		for _, k := range Kinds {
			cells++
			next, err := s.after(k)
			var got any = next
			if err != nil {
				got = err
			}
			if e, ok := row[k].(error); ok {
				if !errors.Is(err, e) {
					t.Errorf("%s after %s = %v, want %v", k, s, got, e)
				}
			} else if got != row[k] {
				t.Errorf("%s after %s = %v, want %v", k, s, got, row[k])
			}
		}
	}
	if cells != 36 || len(steps) != 4 {
		t.Errorf("%d cells and %d statuses, want 36 and 4", cells, len(steps))
	}
	if _, err := Active.after("promotion"); !errors.Is(err, ErrKind) {
		t.Errorf("an unknown kind = %v, want ErrKind", err)
	}
}

// deeds numbers deeds in the order in which they were done.
func deedsIn(all ...Deed) []*Deed {
	list := make([]*Deed, len(all))
	for i := range all {
		all[i].Number, all[i].ID = i+1, fmt.Sprint("d", i+1)
		list[i] = &all[i]
	}
	return list
}

func TestTheLifeOfAnEnrollment(t *testing.T) {
	leave := func(from, until string) Deed { return Deed{Kind: TakeLeave, EffectiveOn: from, UntilOn: until} }
	deed := func(k Kind, on string) Deed { return Deed{Kind: k, EffectiveOn: on} }
	for _, tt := range []struct {
		name  string
		deeds []*Deed
		on    string
		want  string
	}{
		{"nothing happened", nil, "2026-05-01", "active [] 0"},
		{"a planned leave to come", deedsIn(leave("2026-06-01", "2026-06-15")), "2026-05-01", "active [{2026-06-01 2026-06-15}] 0"},
		{"on its first day", deedsIn(leave("2026-06-01", "2026-06-15")), "2026-06-01", "on_leave [{2026-06-01 2026-06-15}] 0"},
		{"on its last day", deedsIn(leave("2026-06-01", "2026-06-15")), "2026-06-14", "on_leave [{2026-06-01 2026-06-15}] 0"},
		{"over by itself", deedsIn(leave("2026-06-01", "2026-06-15")), "2026-06-15", "active [{2026-06-01 2026-06-15}] 0"},
		{"back early", deedsIn(leave("2026-06-01", "2026-06-15"), deed(Return, "2026-06-10")), "2026-06-12", "active [{2026-06-01 2026-06-10}] 0"},
		{"called off", deedsIn(leave("2026-06-01", "2026-06-15"), deed(Return, "2026-06-01")), "2026-06-05", "active [] 0"},
		{"longer by a second one", deedsIn(leave("2026-06-01", "2026-06-15"), leave("2026-06-15", "2026-06-20")), "2026-06-17",
			"on_leave [{2026-06-01 2026-06-15} {2026-06-15 2026-06-20}] 0"},
		{"an earlier one noted later", deedsIn(leave("2026-06-01", "2026-06-15"), leave("2026-05-01", "2026-05-03")), "2026-05-20",
			"active [{2026-05-01 2026-05-03} {2026-06-01 2026-06-15}] 0"},
		{"an open one", deedsIn(leave("2026-06-01", "")), "2027-06-01", "on_leave [{2026-06-01 }] 0"},
		{"withdrawn", deedsIn(deed(Withdraw, "2026-06-01")), "2026-06-01", "withdrawn [{2026-06-01 }] 0"},
		{"withdrawn, but not yet", deedsIn(deed(Withdraw, "2026-06-01")), "2026-05-31", "active [{2026-06-01 }] 0"},
		{"dismissed on leave", deedsIn(leave("2026-06-01", "2026-07-01"), deed(Dismiss, "2026-06-10")), "2026-08-01",
			"dismissed [{2026-06-01 2026-06-10} {2026-06-10 }] 0"},
		{"readmitted", deedsIn(deed(Dismiss, "2026-06-01"), deed(Readmit, "2026-09-01")), "2026-09-01", "active [{2026-06-01 2026-09-01}] 0"},
		{"extended twice, once taken back", deedsIn(Deed{Kind: Extend, EffectiveOn: "2026-06-01", Days: 30}, Deed{Kind: Extend, EffectiveOn: "2026-06-02", Days: 5},
			Deed{Kind: Extend, EffectiveOn: "2026-06-03", Days: -30}), "2026-06-04", "active [] 5"},
		{"transferred on leave", deedsIn(leave("2026-06-01", ""), deed(Transfer, "2026-06-02")), "2026-06-03", "on_leave [{2026-06-01 }] 0"},
	} {
		l, err := replay("2026-01-01", tt.deeds, tt.on)
		if got := fmt.Sprintf("%s %v %d", l.Status, l.Leaves, l.Extension); err != nil || got != tt.want {
			t.Errorf("%s: on %s it is %q, %v; want %q", tt.name, tt.on, got, err, tt.want)
		}
	}
}

func TestADeedMustFitThoseOnRecord(t *testing.T) {
	record := deedsIn(
		Deed{Kind: TakeLeave, EffectiveOn: "2026-06-01", UntilOn: "2026-06-15"},
		Deed{Kind: Extend, EffectiveOn: "2026-07-01", Days: 30},
		Deed{Kind: TakeLeave, EffectiveOn: "2026-09-01"},
	)
	for _, tt := range []struct {
		name string
		deed Deed
		want error
	}{
		{"a leave between", Deed{Kind: TakeLeave, EffectiveOn: "2026-07-01", UntilOn: "2026-09-01"}, nil},
		{"a leave that reaches into the next", Deed{Kind: TakeLeave, EffectiveOn: "2026-08-01", UntilOn: "2026-09-02"}, ErrOverlap},
		{"a leave that reaches into the first", Deed{Kind: TakeLeave, EffectiveOn: "2026-05-25", UntilOn: "2026-06-02"}, ErrOverlap},
		{"a leave within one", Deed{Kind: TakeLeave, EffectiveOn: "2026-06-05", UntilOn: "2026-06-07"}, ErrOverlap},
		{"a leave around one", Deed{Kind: TakeLeave, EffectiveOn: "2026-05-01", UntilOn: "2026-07-07"}, ErrOverlap},
		{"an open leave before one", Deed{Kind: TakeLeave, EffectiveOn: "2026-05-01"}, ErrOverlap},
		{"a leave in the open one", Deed{Kind: TakeLeave, EffectiveOn: "2026-10-01", UntilOn: "2026-10-07"}, ErrOverlap},
		{"a return from the open one", Deed{Kind: Return, EffectiveOn: "2026-10-01"}, nil},
		{"a return from none", Deed{Kind: Return, EffectiveOn: "2026-08-01"}, ErrNotOnLeave},
		{"an end before what is on record", Deed{Kind: Withdraw, EffectiveOn: "2026-08-01"}, ErrOrder},
		{"an end on leave", Deed{Kind: Withdraw, EffectiveOn: "2026-10-01"}, nil},
		{"a readmission of who is there", Deed{Kind: Readmit, EffectiveOn: "2026-10-01"}, ErrNotEnded},
		{"more taken back than was granted", Deed{Kind: Extend, EffectiveOn: "2026-10-01", Days: -31}, ErrDays},
		{"all of it taken back", Deed{Kind: Extend, EffectiveOn: "2026-10-01", Days: -30}, nil},
		{"too much in all", Deed{Kind: Extend, EffectiveOn: "2026-10-01", Days: maxExtension - 29}, ErrDays},
		{"as much as there may be", Deed{Kind: Extend, EffectiveOn: "2026-10-01", Days: maxExtension - 30}, nil},
	} {
		tt.deed.Number = len(record) + 1
		if _, err := join("2026-01-01", record, &tt.deed, "2026-10-01"); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
	}
}

// Whatever leaves are asked for, those that are taken never overlap.
func TestOverlappingLeavesAreRefused(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var deeds []*Deed
		for range rapid.IntRange(1, 12).Draw(t, "tries") {
			from := rapid.IntRange(20_000, 20_060).Draw(t, "from")
			d := &Deed{Kind: TakeLeave, EffectiveOn: dayOf(from), Number: len(deeds) + 1}
			if rapid.Bool().Draw(t, "planned") {
				d.UntilOn = dayOf(from + rapid.IntRange(1, 20).Draw(t, "length"))
			}
			overlaps := false
			for _, other := range deeds {
				overlaps = overlaps || (other.UntilOn == "" || d.EffectiveOn < other.UntilOn) && (d.UntilOn == "" || other.EffectiveOn < d.UntilOn)
			}
			_, err := join(dayOf(20_000), deeds, d, dayOf(20_030))
			if overlaps != errors.Is(err, ErrOverlap) || err != nil && !overlaps {
				t.Fatalf("a leave from %s until %s beside %v: %v", d.EffectiveOn, d.UntilOn, deeds, err)
			}
			if err == nil {
				deeds = append(deeds, d)
			}
		}
	})
}
