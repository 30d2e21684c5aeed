package quiz

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/kapstone-lms/kapstone/internal/curriculum"
)

// anyModule makes a module whose bank can be drawn from.
func anyModule(t *rapid.T) *curriculum.Module {
	m := &curriculum.Module{Key: "m"}
	objectives := rapid.IntRange(1, 6).Draw(t, "objectives")
	for o := range objectives {
		id := curriculum.ObjectiveID(fmt.Sprintf("o%d", o))
		obj := curriculum.Objective{ID: id}
		for i := range rapid.IntRange(1, 5).Draw(t, "items") {
			it := &curriculum.Item{
				ID: curriculum.ItemID(fmt.Sprintf("it-%d%d", o, i)), Objective: id, Kind: curriculum.Single,
				Critical: rapid.Bool().Draw(t, "critical"),
			}
			obj.Critical = obj.Critical || it.Critical
			for n := range rapid.IntRange(3, 8).Draw(t, "options") {
				it.Options = append(it.Options, curriculum.Option{ID: curriculum.OptionID(rune('a' + n)), Correct: n == 0})
			}
			m.Items = append(m.Items, it)
		}
		m.Objectives = append(m.Objectives, obj)
	}
	least := max(1, len(m.CriticalObjectives()))
	m.Quiz.Draw = rapid.IntRange(least, len(m.Items)).Draw(t, "draw")
	return m
}

func TestEveryDrawIsWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := anyModule(t)
		drawn := draw(m, rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0)))
		if len(drawn) != m.Quiz.Draw {
			t.Fatalf("draw has %d items, want %d", len(drawn), m.Quiz.Draw)
		}
		asked := make(map[curriculum.ObjectiveID]bool)
		seen := make(map[curriculum.ItemID]bool)
		for i, d := range drawn {
			it := m.Item(d.Item)
			if it == nil || seen[d.Item] || d.ID != fmt.Sprintf("q%d", i+1) {
				t.Fatalf("item %d of the draw is %+v: unknown, repeated or with another id than its place says", i, d)
			}
			seen[d.Item] = true
			asked[it.Objective] = asked[it.Objective] || it.Critical
			var from []curriculum.OptionID
			for n, o := range d.Options {
				if o.ID != string(rune('a'+n)) {
					t.Fatalf("option %d of %s is %q", n, d.ID, o.ID)
				}
				from = append(from, o.Option)
			}
			slices.Sort(from)
			if len(slices.Compact(from)) != len(it.Options) || len(d.Options) != len(it.Options) {
				t.Fatalf("options of %s are %v, want each of the item's once", d.ID, d.Options)
			}
		}
		for _, id := range m.CriticalObjectives() {
			if !asked[id] {
				t.Fatalf("no critical item of objective %s in %+v", id, drawn)
			}
		}
	})
}

// What can be seen of an attempt must not tell what is critical or right.
func TestPlacesSayNothing(t *testing.T) {
	m := smallCourse(t, curriculum.ReviewNever, "a").Module(module)
	critical, right := make(map[string]int), make(map[string]int)
	const draws = 600
	for range draws {
		for _, d := range draw(m, rand.New(secure{})) {
			it := m.Item(d.Item)
			if it.Critical {
				critical[d.ID]++
			}
			if it.Kind != curriculum.Single {
				continue
			}
			for _, o := range d.Options {
				if it.Right([]curriculum.OptionID{o.Option}) {
					right[o.ID]++
				}
			}
		}
	}
	flat := func(what string, counts map[string]int, places int) {
		total := 0
		for _, n := range counts {
			total += n
		}
		for place, n := range counts {
			if share := n * places * 100 / total; len(counts) != places || share < 75 || share > 125 {
				t.Errorf("%s: %s has %d %% of an even share: %v", what, place, share, counts)
			}
		}
	}
	flat("critical items by place", critical, 6)
	flat("right options by letter", right, 4)
}

func TestAFrozenDrawComesBackAsItWas(t *testing.T) {
	m := smallCourse(t, curriculum.ReviewNever, "a").Module(module)
	before := frozen{Course: "hash", Items: draw(m, rand.New(secure{}))}
	text, err := json.Marshal(before)
	if err != nil {
		t.Fatal(err)
	}
	var after frozen
	if err := json.Unmarshal(text, &after); err != nil {
		t.Fatal(err)
	}
	questions, err := after.questions(m)
	if err != nil {
		t.Fatal(err)
	}
	for i, q := range questions {
		for j, o := range q.options {
			if want := before.Items[i].Options[j]; q.id != before.Items[i].ID || o.id != want.ID || o.Option.ID != want.Option {
				t.Errorf("question %d option %d = %s %s, want %+v", i, j, o.id, o.Option.ID, want)
			}
		}
	}
	for _, broken := range []frozenItem{{ID: "q1", Item: "none"}, {ID: "q1", Item: "saf-01", Options: []frozenOption{{"a", "z"}}}} {
		if _, err := (frozen{Items: []frozenItem{broken}}).questions(m); err == nil {
			t.Errorf("questions of %+v: no error, though the course has no such thing", broken)
		}
	}
}

func TestResponsesAreCheckedAndStoredInOneForm(t *testing.T) {
	options := []curriculum.Option{{ID: "a", Correct: true}, {ID: "b"}, {ID: "c", Correct: true}}
	shuffled := []shown{{"a", options[2]}, {"b", options[0]}, {"c", options[1]}}
	single := &question{"q1", &curriculum.Item{Kind: curriculum.Single, Options: options}, shuffled}
	multiple := &question{"q2", &curriculum.Item{Kind: curriculum.Multiple, Options: options}, shuffled}
	for _, tt := range []struct {
		name     string
		q        *question
		response []string
		want     string
		fault    error
	}{
		{"none", single, nil, `[]`, nil},
		{"an empty one", multiple, []string{}, `[]`, nil},
		{"one", single, []string{"b"}, `["b"]`, nil},
		{"two of a single", single, []string{"b", "a"}, "", curriculum.ErrOneChoice},
		{"two in any order", multiple, []string{"c", "a"}, `["a","c"]`, nil},
		{"the same twice", multiple, []string{"a", "a"}, "", curriculum.ErrTwice},
		{"more than there are", multiple, []string{"a", "b", "c", "a"}, "", curriculum.ErrNoOption},
		{"a foreign one", multiple, []string{"a", "d"}, "", curriculum.ErrNoOption},
		{"an empty id", single, []string{""}, "", curriculum.ErrNoOption},
	} {
		got, err := tt.q.canonical(tt.response)
		if got != tt.want || !errors.Is(err, tt.fault) || (err == nil) != (tt.fault == nil) {
			t.Errorf("%s: canonical(%q) = %q, %v; want %q, %v", tt.name, tt.response, got, err, tt.want, tt.fault)
		}
	}
	for response, want := range map[string]bool{`["a","b"]`: true, `["a"]`: false, `["a","c"]`: false, `[]`: false, ``: false} {
		if got, err := multiple.right(response); got != want || err != nil {
			t.Errorf("right(%s) = %t, %v; want %t", response, got, err, want)
		}
	}
}
