package quiz

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/kapstone-lms/kapstone/internal/curriculum"
)

// pool is a module with two objectives of ten items each, of which an attempt
// asks three and two.
func pool() *curriculum.Module {
	m := &curriculum.Module{Key: "m", Quiz: curriculum.Quiz{Draw: 5}, Objectives: []curriculum.Objective{{ID: "three", Quota: 3}, {ID: "two", Quota: 2}}}
	for i := range 20 {
		m.Items = append(m.Items, &curriculum.Item{
			ID: curriculum.ItemID(fmt.Sprintf("it-%02d", i)), Objective: m.Objectives[i/10].ID, Kind: curriculum.Numeric,
		})
	}
	return m
}

// Within its objective's quota every item is as likely as any other: of so many
// draws the counts differ no more than chance lets them. The bound is that of
// chi-square with nine degrees of freedom, passed by chance once in ten million.
func TestEveryItemOfAPoolIsAsLikely(t *testing.T) {
	const draws, bound = 4000, 52.0
	m := pool()
	counts := make(map[curriculum.ItemID]int)
	alike, before := 0, make(map[curriculum.ItemID]bool)
	for range draws {
		now := make(map[curriculum.ItemID]bool)
		for _, d := range draw(m, nil, rand.New(secure{})) {
			counts[d.Item]++
			now[d.Item] = true
			if before[d.Item] {
				alike++
			}
		}
		before = now
	}
	for i, quota := range []float64{3, 2} {
		expected, sum := draws*quota/10, 0.0
		for _, it := range m.Items[10*i : 10*i+10] {
			off := float64(counts[it.ID]) - expected
			sum += off * off / expected
		}
		// Items of one draw exclude each other, which makes counts more even.
		if sum *= 9 / (10 - quota); sum > bound {
			t.Errorf("objective %s: chi-square %.1f of %v, at most %.0f is chance", m.Objectives[i].ID, sum, counts, bound)
		}
	}
	// By chance two attempts in a row share 3*3/10 + 2*2/10 items; six standard
	// deviations of that mean are 0.09.
	if mean := float64(alike) / draws; mean < 1.21 || mean > 1.39 {
		t.Errorf("attempts in a row share %.2f items, want 1.3: the one before tells something of the next", mean)
	}
}

// Draws come from the system's randomness and from nothing that can be known: no
// value comes twice, every bit is even, and what is drawn at one instant of the
// clock differs.
func TestNobodyCanPredictADraw(t *testing.T) {
	const n = 20000
	seen := make(map[uint64]bool, n)
	var ones [64]int
	for range n {
		v := (secure{}).Uint64()
		if seen[v] {
			t.Fatalf("%x came twice", v)
		}
		seen[v] = true
		for bit := range ones {
			ones[bit] += int(v >> bit & 1)
		}
	}
	for bit, got := range ones {
		if off := got - n/2; off < -425 || off > 425 { // six standard deviations
			t.Errorf("bit %d was set %d times of %d", bit, got, n)
		}
	}
	w := newWorld(t, filepath.Join(t.TempDir(), "kapstone.db"), inProcess, curriculum.ReviewNever) // its clock stands still
	draws := make(map[string]bool)
	for i := range 6 {
		trainee, e := w.Trainee(fmt.Sprint("Trainee ", i), w.cohort)
		o, _, err := w.Start(trainee, e.ID, module)
		if err != nil {
			t.Fatal(err)
		}
		a, err := get(t.Context(), w.DB, o.ID)
		if err != nil {
			t.Fatal(err)
		}
		draws[fmt.Sprint(a.Draw.Items)] = true
	}
	if len(draws) != 6 {
		t.Errorf("six attempts at one instant are of %d draws", len(draws))
	}
}
