package enrollment

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestTheClockStandsStillOnLeave(t *testing.T) {
	closed := []Leave{{"2026-03-01", "2026-03-11"}, {"2026-06-01", "2026-06-02"}}
	for _, tt := range []struct {
		name   string
		leaves []Leave
		on     string
		want   int
	}{
		{"on the first day", nil, "2026-01-01", 0},
		{"before it began", nil, "2025-12-01", 0},
		{"without a leave", nil, "2026-04-01", 90},
		{"before the leaves", closed, "2026-03-01", 59},
		{"within the first", closed, "2026-03-06", 59},
		{"on the day back", closed, "2026-03-11", 59},
		{"after the first", closed, "2026-04-01", 80},
		{"after both", closed, "2026-07-01", 181 - 11},
		{"in an open one", []Leave{{"2026-02-01", ""}}, "2026-08-01", 31},
		{"before an open one", []Leave{{"2026-02-01", ""}}, "2026-01-21", 20},
	} {
		l := Life{StartsOn: "2026-01-01", Leaves: tt.leaves}
		if got := l.Elapsed(tt.on); got != tt.want {
			t.Errorf("%s: Elapsed(%s) = %d, want %d", tt.name, tt.on, got, tt.want)
		}
	}
}

func TestWhenSomethingIsDue(t *testing.T) {
	for _, tt := range []struct {
		name   string
		life   Life
		from   string
		months int
		want   string
	}{
		{"plain", Life{}, "2026-01-31", 1, "2026-02-28"},
		{"with an extension", Life{Extension: 14}, "2026-01-31", 1, "2026-03-14"},
		{"a leave within", Life{Leaves: []Leave{{"2026-03-01", "2026-03-11"}}}, "2026-01-01", 12, "2027-01-11"},
		{"a leave before it runs", Life{Leaves: []Leave{{"2025-03-01", "2025-03-11"}}}, "2026-01-01", 12, "2027-01-01"},
		{"a leave that lasts into it", Life{Leaves: []Leave{{"2025-12-20", "2026-01-06"}}}, "2026-01-01", 12, "2027-01-06"},
		{"a leave after it", Life{Leaves: []Leave{{"2027-02-01", "2027-03-01"}}}, "2026-01-01", 12, "2027-01-01"},
		{"a leave on the last day", Life{Leaves: []Leave{{"2027-01-01", "2027-01-11"}}}, "2026-01-01", 12, "2027-01-11"},
		{"a leave the day after", Life{Leaves: []Leave{{"2027-01-02", "2027-01-11"}}}, "2026-01-01", 12, "2027-01-01"},
		{"a leave that the one before reaches", Life{Leaves: []Leave{{"2026-03-01", "2026-03-31"}, {"2027-01-20", "2027-01-25"}}}, "2026-01-01", 12, "2027-02-05"},
		{"an open leave moves it day by day", Life{AsOf: "2026-06-10", Leaves: []Leave{{"2026-06-01", ""}}}, "2026-01-01", 12, "2027-01-10"},
		{"an open leave that is to come", Life{AsOf: "2026-06-10", Leaves: []Leave{{"2026-07-01", ""}}}, "2026-01-01", 12, "2027-01-01"},
		{"all at once", Life{Extension: 10, AsOf: "2026-12-25", Leaves: []Leave{{"2026-03-01", "2026-03-11"}, {"2026-12-20", ""}}}, "2026-01-01", 12, "2027-01-26"},
		{"from no date", Life{}, "", 12, ""},
	} {
		if got := tt.life.Due(tt.from, tt.months); got != tt.want {
			t.Errorf("%s: Due(%s, %d) = %s, want %s", tt.name, tt.from, tt.months, got, tt.want)
		}
	}
	if got := (Life{}).DueAfter("2026-01-31", 1, 10); got != "2026-03-10" {
		t.Errorf("a month and ten days from January 31 = %s", got)
	}
}

// lives draws an enrollment's deeds: leaves, planned or ended by a return, an
// end with a readmission, extensions.
func lives(t *rapid.T) (start string, deeds []*Deed) {
	day := rapid.IntRange(18_000, 22_000).Draw(t, "start")
	start = dayOf(day)
	add := func(d Deed) {
		d.Number = len(deeds) + 1
		deeds = append(deeds, &d)
	}
	for range rapid.IntRange(0, 6).Draw(t, "deeds") {
		day += rapid.IntRange(0, 200).Draw(t, "gap")
		length := rapid.IntRange(1, 120).Draw(t, "length")
		switch rapid.IntRange(0, 3).Draw(t, "kind") {
		case 0:
			add(Deed{Kind: TakeLeave, EffectiveOn: dayOf(day), UntilOn: dayOf(day + length)})
		case 1:
			add(Deed{Kind: TakeLeave, EffectiveOn: dayOf(day)})
			add(Deed{Kind: Return, EffectiveOn: dayOf(day + length)})
		case 2:
			add(Deed{Kind: Withdraw, EffectiveOn: dayOf(day)})
			add(Deed{Kind: Readmit, EffectiveOn: dayOf(day + length)})
		case 3:
			add(Deed{Kind: Extend, EffectiveOn: dayOf(day), Days: length})
			length = 0
		}
		day += length
	}
	return start, deeds
}

func TestLeavesNeverMakeADeadlineEarlier(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		start, deeds := lives(t)
		months := rapid.IntRange(1, 36).Draw(t, "months")
		l, err := replay(start, deeds, "2040-01-01")
		if err != nil {
			t.Fatal(err)
		}
		bare := Life{StartsOn: start}
		if l.Due(start, months) < bare.Due(start, months) {
			t.Errorf("with %v due %s, without %s", l, l.Due(start, months), bare.Due(start, months))
		}
		// One leave fewer is never later.
		if n := len(l.Leaves); n > 0 {
			fewer := l
			fewer.Leaves = slices.Delete(slices.Clone(l.Leaves), n-1, n)
			if l.Due(start, months) < fewer.Due(start, months) {
				t.Errorf("%v is due before %v", l, fewer)
			}
		}
		// What is due is due when the clock has shown all the time there was.
		want := between(start, plusMonths(start, months)) + l.Extension
		if got := l.Elapsed(l.Due(start, months)); got != want {
			t.Errorf("at its deadline the clock of %v shows %d days, want %d", l, got, want)
		}
	})
}

func TestDaysOnLeaveDoNotCount(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		start, deeds := lives(t)
		l, err := replay(start, deeds, "2040-01-01")
		if err != nil {
			t.Fatal(err)
		}
		n, _ := number(start)
		on := n + rapid.IntRange(0, 2000).Draw(t, "days")
		away := 0
		for d := n; d < on; d++ {
			at, err := replay(start, deeds, dayOf(d))
			if err != nil {
				t.Fatal(err)
			}
			if at.Status != Active {
				away++
			}
			step := l.Elapsed(dayOf(d+1)) - l.Elapsed(dayOf(d))
			if counts := at.Status == Active; counts != (step == 1) || step < 0 || step > 1 {
				t.Fatalf("on %s the status is %s and the clock moves by %d: %v", dayOf(d), at.Status, step, l)
			}
		}
		if got := l.Elapsed(dayOf(on)); got != on-n-away {
			t.Errorf("after %d days, %d of them away, the clock shows %d", on-n, away, got)
		}
	})
}

// The order in which deeds are read does not matter, only their days and
// numbers.
func TestTheLifeDoesNotDependOnTheOrderRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		start, deeds := lives(t)
		want, err := replay(start, deeds, "2022-01-01")
		if err != nil {
			t.Fatal(err)
		}
		got, err := replay(start, rapid.Permutation(deeds).Draw(t, "order"), "2022-01-01")
		if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("in another order: %v, %v; want %v", got, err, want)
		}
	})
}

func TestATransferBeginsAnewInACohort(t *testing.T) {
	deeds := []*Deed{{ID: "1", Number: 1, Kind: Transfer, EffectiveOn: "2026-12-01"}, {ID: "2", Number: 2, Kind: Extend, EffectiveOn: "2026-12-05", Days: 3}}
	for n, want := range map[int]string{0: "2026-11-02", 2: "2026-12-01"} {
		if l, err := replay("2026-11-02", deeds[:n], "2026-12-24"); err != nil || l.InCohort != want || l.StartsOn != "2026-11-02" {
			t.Errorf("after %d deeds: %+v, %v; want to be in the cohort since %s", n, l, err, want)
		}
	}
}
