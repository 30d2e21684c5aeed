package quiz

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/bits"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/kapstone-lms/kapstone/internal/curriculum"
)

// anyModule makes a module whose bank can be drawn from, as the loader lets it
// through: with cases and quotas that leave an attempt possible.
func anyModule(t *rapid.T) *curriculum.Module {
	m := someModule(t)
	if len(m.Plan().Sets()) == 0 {
		m.Cases = nil // without cases it can
		for _, it := range m.Items {
			it.Case = ""
		}
	}
	return m
}

// someModule makes a module whose quotas have items and room, were it not for
// its cases.
func someModule(t *rapid.T) *curriculum.Module {
	m := &curriculum.Module{Key: "m"}
	need := 0
	for o := range rapid.IntRange(1, 6).Draw(t, "objectives") {
		id := curriculum.ObjectiveID(fmt.Sprintf("o%d", o))
		obj := curriculum.Objective{ID: id}
		items := rapid.IntRange(1, 8).Draw(t, "items")
		for i := range items {
			it := anItem(t, curriculum.ItemID(fmt.Sprintf("it-%d%d", o, i)))
			it.Objective = id
			obj.Critical = obj.Critical || it.Critical
			m.Items = append(m.Items, it)
		}
		obj.Quota = rapid.IntRange(0, min(3, items)).Draw(t, "quota")
		need += obj.Need()
		m.Objectives = append(m.Objectives, obj)
	}
	m.Quiz.Draw = rapid.IntRange(max(1, need), len(m.Items)).Draw(t, "draw")
	caseItems(t, m)
	return m
}

func anItem(t *rapid.T, id curriculum.ItemID) *curriculum.Item {
	it := &curriculum.Item{
		ID: id, Critical: rapid.Bool().Draw(t, "critical"),
		Kind: rapid.SampledFrom([]curriculum.Kind{curriculum.Single, curriculum.Multiple, curriculum.InOrder, curriculum.Matching, curriculum.Numeric, curriculum.Short}).Draw(t, "kind"),
	}
	if it.Kind == curriculum.Numeric || it.Kind == curriculum.Short {
		return it
	}
	for n := range rapid.IntRange(3, 6).Draw(t, "options") {
		it.Options = append(it.Options, curriculum.Option{ID: curriculum.OptionID(rune('a' + n)), Correct: n == 0 && it.Kind != curriculum.InOrder && it.Kind != curriculum.Matching})
	}
	if it.Kind == curriculum.Matching {
		it.Prompts = []curriculum.Prompt{{ID: "1", Option: "c"}, {ID: "2", Option: "a"}}
	}
	return it
}

// caseItems puts some of a module's items into cases of two or three.
func caseItems(t *rapid.T, m *curriculum.Module) {
	places := rapid.Permutation(m.Items).Draw(t, "order")
	for c := range rapid.IntRange(0, 12).Draw(t, "cases") {
		size := rapid.IntRange(2, 3).Draw(t, "size")
		if size > len(places) {
			return
		}
		id := curriculum.CaseID(fmt.Sprintf("m-case-%d", c))
		m.Cases = append(m.Cases, &curriculum.Case{ID: id, Text: string(id)})
		for _, it := range places[:size] {
			it.Case = id
		}
		places = places[size:]
	}
}

func TestEveryDrawIsWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := anyModule(t)
		drawn := draw(m, nil, rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0)))
		if len(drawn) != m.Quiz.Draw {
			t.Fatalf("draw has %d items, want %d", len(drawn), m.Quiz.Draw)
		}
		asked, critical := make(map[curriculum.ObjectiveID]int), make(map[curriculum.ObjectiveID]bool)
		seen := make(map[curriculum.ItemID]bool)
		for i, d := range drawn {
			it := m.Item(d.Item)
			if it == nil || seen[d.Item] || d.ID != fmt.Sprintf("q%d", i+1) {
				t.Fatalf("item %d of the draw is %+v: unknown, repeated or with another id than its place says", i, d)
			}
			seen[d.Item] = true
			asked[it.Objective]++
			critical[it.Objective] = critical[it.Objective] || it.Critical
			wantShuffled(t, it, d)
		}
		for _, o := range m.Objectives {
			if asked[o.ID] < o.Need() || o.Critical && !critical[o.ID] {
				t.Fatalf("objective %+v has %d items, critical %t, in %+v", o, asked[o.ID], critical[o.ID], drawn)
			}
		}
		wantWholeCases(t, m, drawn)
	})
}

// wantShuffled sees that a drawn item has each of its options once, under the
// ids of their places.
func wantShuffled(t *rapid.T, it *curriculum.Item, d frozenItem) {
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

// wantWholeCases sees that each case is in a draw whole, together and in the
// order of the bank, or not at all.
func wantWholeCases(t *rapid.T, m *curriculum.Module, drawn []frozenItem) {
	var order []curriculum.ItemID
	for _, d := range drawn {
		order = append(order, d.Item)
	}
	for _, c := range m.Cases {
		items := m.ItemsOf(c.ID)
		first := slices.Index(order, items[0].ID)
		for i, it := range items {
			if at := slices.Index(order, it.ID); first < 0 && at >= 0 || first >= 0 && at != first+i {
				t.Fatalf("case %s is not whole and in order in %v", c.ID, order)
			}
		}
	}
}

// A bank is refused if and only if no attempt can be made of it, so that a draw
// never fails: held against the trial of all sets of items.
func TestPlansKnowWhatIsPossible(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := &curriculum.Module{Key: "m", Quiz: curriculum.Quiz{Draw: rapid.IntRange(1, 9).Draw(t, "draw")}}
		for o := range 3 {
			m.Objectives = append(m.Objectives, curriculum.Objective{
				ID: curriculum.ObjectiveID(fmt.Sprint("o", o)), Quota: rapid.IntRange(0, 3).Draw(t, "quota"), Critical: rapid.Bool().Draw(t, "critical"),
			})
		}
		for i := range rapid.IntRange(1, 9).Draw(t, "items") {
			it := anItem(t, curriculum.ItemID(fmt.Sprint("it-", i)))
			it.Objective = m.Objectives[rapid.IntRange(0, 2).Draw(t, "objective")].ID
			m.Items = append(m.Items, it)
		}
		caseItems(t, m)
		possible := false
		for set := range 1 << len(m.Items) {
			possible = possible || isAttempt(m, set)
		}
		if got := len(m.Plan().Sets()) > 0; got != possible {
			t.Fatalf("the plan of %+v finds an attempt: %t; there is one: %t", m, got, possible)
		}
	})
}

// isAttempt reports whether a set of items, a bit for each, is as an attempt
// must be.
func isAttempt(m *curriculum.Module, set int) bool {
	items, cases := make(map[curriculum.ObjectiveID]int), make(map[curriculum.CaseID]int)
	critical := make(map[curriculum.ObjectiveID]bool)
	for i, it := range m.Items {
		if set>>i&1 == 1 {
			items[it.Objective]++
			cases[it.Case]++
			critical[it.Objective] = critical[it.Objective] || it.Critical
		}
	}
	for _, c := range m.Cases {
		if n := cases[c.ID]; n > 0 && n < len(m.ItemsOf(c.ID)) {
			return false
		}
	}
	for _, o := range m.Objectives {
		if items[o.ID] < o.Need() || o.Critical && !critical[o.ID] {
			return false
		}
	}
	return bits.OnesCount(uint(set)) == m.Quiz.Draw
}

// What can be seen of an attempt must not tell what is critical or right.
func TestPlacesSayNothing(t *testing.T) {
	m := smallCourse(t, curriculum.ReviewNever, "a").Module(module)
	critical, right := make(map[string]int), make(map[string]int)
	const draws = 600
	for range draws {
		for _, d := range draw(m, nil, rand.New(secure{})) {
			it := m.Item(d.Item)
			if it.Critical {
				critical[d.ID]++
			}
			if it.Kind != curriculum.Single {
				continue
			}
			for _, o := range d.Options {
				if it.Right([]string{string(o.Option)}) {
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
	before := frozen{Course: "hash", Items: draw(m, nil, rand.New(secure{}))}
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
	of := func(kind curriculum.Kind, key string, prompts ...curriculum.Prompt) *question {
		it := &curriculum.Item{Kind: kind, Prompts: prompts}
		for _, id := range []string{"a", "b", "c"} {
			it.Options = append(it.Options, curriculum.Option{ID: curriculum.OptionID(id), Correct: strings.Contains(key, id)})
		}
		return &question{id: "q", item: it, options: []shown{{"a", it.Options[2]}, {"b", it.Options[0]}, {"c", it.Options[1]}}}
	}
	single, multiple, ordering := of(curriculum.Single, "a"), of(curriculum.Multiple, "ac"), of(curriculum.InOrder, "")
	matching := of(curriculum.Matching, "", curriculum.Prompt{ID: "1", Option: "c"}, curriculum.Prompt{ID: "2", Option: "b"})
	number, word := of(curriculum.Numeric, ""), of(curriculum.Short, "")
	for _, q := range []*question{number, word} {
		q.options, q.item.Options = nil, nil
		q.item.Answer, q.item.Tolerance, q.item.Accept = "12.5", "0.5", []string{"A key", "the key"}
	}
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
		{"an order", ordering, []string{"c", "a", "b"}, `["c","a","b"]`, nil},
		{"half an order", ordering, []string{"c", "a"}, `["c","a"]`, nil},
		{"an order with one twice", ordering, []string{"c", "a", "c"}, "", curriculum.ErrTwice},
		{"an order with a foreign one", ordering, []string{"c", "a", "1:b"}, "", curriculum.ErrNoOption},
		{"no pairs", matching, nil, `[]`, nil},
		{"pairs in any order", matching, []string{"2:c", "1:a"}, `["1:a","2:c"]`, nil},
		{"one pair", matching, []string{"2:a"}, `["2:a"]`, nil},
		{"no pair", matching, []string{"a"}, "", curriculum.ErrPair},
		{"a pair of three", matching, []string{"1:a:b"}, "", curriculum.ErrNoOption},
		{"a foreign prompt", matching, []string{"3:a"}, "", curriculum.ErrNoPrompt},
		{"a pair of nothing", matching, []string{":"}, "", curriculum.ErrNoOption},
		{"a prompt twice", matching, []string{"1:a", "1:b"}, "", curriculum.ErrPromptTwice},
		{"an option twice", matching, []string{"1:a", "2:a"}, "", curriculum.ErrTwice},
		{"a number", number, []string{" 012.50 "}, `["12.5"]`, nil},
		{"no number", number, nil, `[]`, nil},
		{"a blank number", number, []string{" "}, `[]`, nil},
		{"a comma", number, []string{"12,5"}, "", curriculum.ErrNumber},
		{"a unit", number, []string{"12.5 mg"}, "", curriculum.ErrNumber},
		{"two numbers", number, []string{"1", "2"}, "", curriculum.ErrOneText},
		{"words", word, []string{" A\tkey. "}, `["A key."]`, nil},
		{"blank words", word, []string{"\n"}, `[]`, nil},
		{"as many letters as may be", word, []string{strings.Repeat("é", 200)}, `["` + strings.Repeat("é", 200) + `"]`, nil},
		{"one letter more", word, []string{strings.Repeat("é", 201)}, "", curriculum.ErrLongText},
		{"a bell", word, []string{"a\ab"}, "", curriculum.ErrBadText},
		{"a text that turns around", word, []string{"a\u202eb"}, "", curriculum.ErrBadText},
		{"two texts", word, []string{"a", "b"}, "", curriculum.ErrOneText},
		{"more pairs than options", matching, []string{"1:a", "2:b", "1:c", "2:a"}, "", curriculum.ErrNoOption},
	} {
		got, err := tt.q.canonical(tt.response)
		if got != tt.want || !errors.Is(err, tt.fault) || (err == nil) != (tt.fault == nil) {
			t.Errorf("%s: canonical(%q) = %q, %v; want %q, %v", tt.name, tt.response, got, err, tt.want, tt.fault)
		}
	}
	for _, tt := range []struct {
		q     *question
		right string
		wrong []string
	}{
		{single, `["b"]`, []string{`["a"]`, `[]`, ``}},
		{multiple, `["a","b"]`, []string{`["a"]`, `["a","c"]`, `["a","b","c"]`, `[]`, ``}},
		{ordering, `["b","c","a"]`, []string{`["a","b","c"]`, `["b","c"]`, `[]`, ``}},
		{matching, `["1:a","2:c"]`, []string{`["1:c","2:a"]`, `["1:a"]`, `["1:a","2:b"]`, `[]`, ``}},
		{number, `["12.5"]`, []string{`["13.01"]`, `[]`, ``}},
		{word, `["A key"]`, []string{`["key"]`, `[]`, ``}},
	} {
		for _, response := range append(tt.wrong, tt.right) {
			if got, err := tt.q.right(response); got != (response == tt.right) || err != nil {
				t.Errorf("%s: right(%s) = %t, %v; the key is %s", tt.q.item.Kind, response, got, err, tt.right)
			}
		}
		key, err := tt.q.canonical(tt.q.key())
		if key != tt.right || err != nil {
			t.Errorf("%s: key() = %s, %v; want %s", tt.q.item.Kind, key, err, tt.right)
		}
	}
}
