package quiz

import (
	"cmp"
	crand "crypto/rand"
	"encoding/binary"
	"fmt"
	"math/bits"
	"math/rand/v2"
	"slices"
	"strconv"

	"github.com/kapstone-lms/kapstone/internal/curriculum"
)

// A frozen draw is what an attempt asks, kept with it for ever: the course by
// its hash, so the items by their content, in the order and under the ids in
// which the trainee sees them.
type frozen struct {
	Course string       `json:"course"`
	Items  []frozenItem `json:"items"`
}

// A frozenItem joins the id an item has in the attempt with the one it has in
// the bank.
type frozenItem struct {
	ID      string            `json:"id"`
	Item    curriculum.ItemID `json:"item"`
	Options []frozenOption    `json:"options"`
}

type frozenOption struct {
	ID     string              `json:"id"`
	Option curriculum.OptionID `json:"option"`
}

// draw picks a module's items for one attempt: exactly as many as it draws, so
// many of each objective as its quota says, a critical one of each critical
// objective, and the rest at random. What earlier attempts asked, counted in
// asked, is taken last. Items and cases come in random order; the
// items of a case stay together and in the order of the bank. The loader has
// seen to it that this can be done.
func draw(m *curriculum.Module, asked map[curriculum.ItemID]int, r *rand.Rand) []frozenItem {
	plan := m.Plan()
	set := cases(m, plan, asked, r)
	demands, _ := plan.Demands(set) // cases gives none that cannot be met
	var blocks [][]*curriculum.Item
	room := m.Quiz.Draw
	for i, c := range m.Cases {
		if set.Has(i) {
			block := m.ItemsOf(c.ID)
			blocks = append(blocks, block)
			room -= len(block)
		}
	}
	for _, it := range alone(m, demands, room, asked, r) {
		blocks = append(blocks, []*curriculum.Item{it})
	}
	r.Shuffle(len(blocks), func(i, j int) { blocks[i], blocks[j] = blocks[j], blocks[i] })

	var items []frozenItem
	for _, it := range slices.Concat(blocks...) {
		items = append(items, frozenItem{ID: "q" + strconv.Itoa(len(items)+1), Item: it.ID, Options: shuffled(it, r)})
	}
	return items
}

// cases picks the cases of an attempt: those that come up while cases and
// items are taken in random order, what was asked least first, until it is
// full. If the rest cannot be drawn around them it is the set most like it with
// which that can be done.
func cases(m *curriculum.Module, plan *curriculum.Plan, asked map[curriculum.ItemID]int, r *rand.Rand) curriculum.CaseSet {
	const item = -1
	type slip struct{ what, asked int }
	var hat []slip
	sizes := make([]int, len(m.Cases))
	for i, c := range m.Cases {
		block := m.ItemsOf(c.ID)
		sizes[i] = len(block)
		hat = append(hat, slip{i, mostAsked(block, asked)})
	}
	for _, it := range m.ItemsOf("") {
		hat = append(hat, slip{item, asked[it.ID]})
	}
	r.Shuffle(len(hat), func(i, j int) { hat[i], hat[j] = hat[j], hat[i] })
	slices.SortStableFunc(hat, func(a, b slip) int { return cmp.Compare(a.asked, b.asked) })
	var set curriculum.CaseSet
	room := m.Quiz.Draw
	for _, s := range hat {
		switch {
		case s.what == item:
			room = max(0, room-1)
		case sizes[s.what] <= room:
			room -= sizes[s.what]
			set |= 1 << s.what
		}
	}
	if _, ok := plan.Demands(set); ok {
		return set
	}
	return nearest(set, plan.Sets(), r)
}

// mostAsked returns how often the one was asked that was asked most.
func mostAsked(items []*curriculum.Item, asked map[curriculum.ItemID]int) (n int) {
	for _, it := range items {
		n = max(n, asked[it.ID])
	}
	return n
}

// nearest returns the set that differs least from the one wanted, by chance
// where several do.
func nearest(wanted curriculum.CaseSet, all []curriculum.CaseSet, r *rand.Rand) curriculum.CaseSet {
	var best []curriculum.CaseSet
	least := bits.UintSize
	for _, set := range all {
		switch n := bits.OnesCount16(uint16(set ^ wanted)); {
		case n < least:
			least, best = n, []curriculum.CaseSet{set}
		case n == least:
			best = append(best, set)
		}
	}
	return best[r.IntN(len(best))]
}

// alone picks so many items that belong to no case: what is demanded, then
// what comes, each time what was asked least first.
func alone(m *curriculum.Module, demands []curriculum.Demand, n int, asked map[curriculum.ItemID]int, r *rand.Rand) (picked []*curriculum.Item) {
	pool := m.ItemsOf("")
	r.Shuffle(len(pool), func(i, j int) { pool[i], pool[j] = pool[j], pool[i] })
	slices.SortStableFunc(pool, func(a, b *curriculum.Item) int { return cmp.Compare(asked[a.ID], asked[b.ID]) })
	take := func(fits func(*curriculum.Item) bool) {
		i := slices.IndexFunc(pool, fits)
		picked = append(picked, pool[i])
		pool = slices.Delete(pool, i, i+1)
	}
	for _, d := range demands {
		left := d.Items
		if d.Critical {
			take(func(it *curriculum.Item) bool { return it.Critical && it.Objective == d.Objective })
			left--
		}
		for range left {
			take(func(it *curriculum.Item) bool { return it.Objective == d.Objective })
		}
	}
	return append(picked, pool[:n-len(picked)]...)
}

// shuffled gives the options new places first and their ids after that, so
// that neither tells what is right, nor in which order.
func shuffled(it *curriculum.Item, r *rand.Rand) []frozenOption {
	options := make([]frozenOption, len(it.Options))
	for i, from := range r.Perm(len(it.Options)) {
		options[i] = frozenOption{ID: string(rune('a' + i)), Option: it.Options[from].ID}
	}
	return options
}

// questions finds the items of a frozen draw in the module it was drawn from.
func (f frozen) questions(m *curriculum.Module) ([]question, error) {
	all := make([]question, len(f.Items))
	vignettes := make(map[curriculum.CaseID]*Vignette)
	for i, d := range f.Items {
		it := m.Item(d.Item)
		if it == nil {
			return nil, fmt.Errorf("module %s has no item %s", m.Key, d.Item)
		}
		q := question{id: d.ID, item: it, options: make([]shown, len(d.Options))}
		for j, o := range d.Options {
			at := slices.IndexFunc(it.Options, func(c curriculum.Option) bool { return c.ID == o.Option })
			if at < 0 {
				return nil, fmt.Errorf("item %s has no option %s", it.ID, o.Option)
			}
			q.options[j] = shown{o.ID, it.Options[at]}
		}
		if c := m.Case(it.Case); c != nil {
			if vignettes[c.ID] == nil {
				vignettes[c.ID] = &Vignette{"c" + strconv.Itoa(len(vignettes)+1), c.Text}
			}
			q.vignette = vignettes[c.ID]
		}
		all[i] = q
	}
	return all, nil
}

// secure is a source of randomness that nobody can predict. It keeps no state,
// so it is safe for concurrent use.
type secure struct{}

// Uint64 implements rand.Source.
func (secure) Uint64() uint64 {
	var b [8]byte
	_, _ = crand.Read(b[:]) // never fails
	return binary.LittleEndian.Uint64(b[:])
}
