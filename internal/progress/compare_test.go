package progress_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/progress"
)

func report(nodes ...progress.Node) *progress.Report { return &progress.Report{Requirements: nodes} }

func node(id string, s progress.Status) progress.Node {
	return progress.Node{ID: id, Title: id, Status: s}
}

func group(id string, of ...progress.Node) progress.Node {
	return progress.Node{ID: id, Type: curriculum.AllOf, Title: id, Of: of}
}

func TestWhatBecomesOfARequirement(t *testing.T) {
	for _, tt := range []struct {
		before, after progress.Status // "": not asked for
		want          progress.Change
	}{
		{progress.NotMet, progress.Met, progress.Gained},
		{progress.Blocked, progress.Waived, progress.Gained},
		{progress.Met, progress.InProgress, progress.Lost},
		{progress.Waived, progress.Expired, progress.Lost},
		{progress.Met, progress.Met, progress.CarriedOver},
		{progress.Waived, progress.Met, progress.CarriedOver},
		{progress.NotMet, progress.InProgress, progress.StillOpen},
		{progress.Expired, progress.Blocked, progress.StillOpen},
		{"", progress.Met, progress.Added},
		{"", progress.NotMet, progress.Added},
		{progress.Met, "", progress.Gone},
		{progress.NotMet, "", progress.Gone},
	} {
		var before, after []progress.Node
		if tt.before != "" {
			before = append(before, node("a", tt.before))
		}
		if tt.after != "" {
			after = append(after, node("a", tt.after))
		}
		got := progress.Differences(report(before...), report(after...))
		if len(got) != 1 || got[0].Change != tt.want || got[0].Before != tt.before || got[0].After != tt.after {
			t.Errorf("from %q to %q: %+v, want %s", tt.before, tt.after, got, tt.want)
		}
	}
}

// Groups are no requirements of their own, a requirement is the same wherever
// it stands, and the order is that of the newest edition.
func TestTheComparisonFollowsTheNewEdition(t *testing.T) {
	before := report(group("g", node("a", progress.Met), node("b", progress.NotMet)), node("c", progress.Met), node("d", progress.Met))
	after := report(node("d", progress.Met), group("h", node("e", progress.NotMet), group("i", node("b", progress.Met))), node("c", progress.NotMet))
	var got []string
	for _, d := range progress.Differences(before, after) {
		got = append(got, fmt.Sprintf("%s %s", d.Requirement, d.Change))
	}
	if want := []string{"d carried_over", "e new", "b gained", "c lost", "a gone"}; !slices.Equal(got, want) {
		t.Errorf("Differences = %v, want %v", got, want)
	}
}

// A choice between parts is one requirement, whichever part was taken.
func TestAChoiceIsComparedAsOne(t *testing.T) {
	choice := func(s progress.Status, a, b progress.Status) progress.Node {
		n := group("choice", node("a", a), node("b", b))
		n.Type, n.Status = curriculum.AnyOf, s
		return n
	}
	got := progress.Differences(report(choice(progress.Met, progress.Met, progress.NotMet)), report(choice(progress.Met, progress.NotMet, progress.Met)))
	if len(got) != 1 || got[0].Requirement != "choice" || got[0].Change != progress.CarriedOver {
		t.Errorf("Differences = %+v, want the choice carried over", got)
	}
}

// Every requirement of either edition stands in the comparison once.
func TestTheComparisonLeavesNothingOut(t *testing.T) {
	statuses := []progress.Status{progress.Met, progress.InProgress, progress.NotMet, progress.Blocked, progress.Waived, progress.Expired}
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) *progress.Report {
			var nodes []progress.Node
			for _, id := range rapid.SliceOfDistinct(rapid.SampledFrom(strings.Split("abcdefh", "")), rapid.ID).Draw(t, name) {
				n := node(id, rapid.SampledFrom(statuses).Draw(t, id))
				if rapid.Bool().Draw(t, "grouped") {
					n = group("g"+id, n)
				}
				nodes = append(nodes, n)
			}
			return report(nodes...)
		}
		before, after := draw("before"), draw("after")
		want := make(map[string]bool)
		for _, r := range []*progress.Report{before, after} {
			for _, n := range r.Requirements {
				want[strings.TrimPrefix(n.ID, "g")] = true
			}
		}
		seen := make(map[string]bool)
		for _, d := range progress.Differences(before, after) {
			if seen[d.Requirement] {
				t.Errorf("%s stands there twice", d.Requirement)
			}
			seen[d.Requirement] = true
		}
		if !maps.Equal(seen, want) {
			t.Errorf("the comparison has %v of %v", seen, want)
		}
	})
}
