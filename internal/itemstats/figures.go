package itemstats

import (
	"math"
	"slices"
)

// rounded is a figure as it is shown, nil for one that is none.
func rounded(x float64) *float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	x = math.Round(1000*x)/1000 + 0 // and never -0
	return &x
}

func mean(all []float64) float64 {
	var sum float64
	for _, x := range all {
		sum += x
	}
	return sum / float64(len(all))
}

// still is the variance below which all are the same, but for rounding.
const still = 1e-12

// correlation is Pearson's, NaN where one side never changes.
func correlation(a, b []float64) float64 {
	ma, mb := mean(a), mean(b)
	var aa, bb, ab float64
	for i := range a {
		x, y := a[i]-ma, b[i]-mb
		aa, bb, ab = aa+x*x, bb+y*y, ab+x*y
	}
	if n := float64(len(a)); !(aa/n > still && bb/n > still) {
		return math.NaN()
	}
	return max(-1, min(1, ab/math.Sqrt(aa*bb)))
}

// median of a list that has some; of two in the middle their mean, rounded
// down.
func median(all []int) int {
	all = slices.Sorted(slices.Values(all))
	n := len(all)
	return (all[(n-1)/2] + all[n/2]) / 2
}

// groups are the two ends of the attempts.
type groups struct{ upper, lower weights }

// weights say how much each attempt belongs to a group. Those that stand alike
// at its edge share the places left, so that nothing hangs on their order.
type weights []float64

func (w weights) mean(all []float64) float64 {
	var sum, of float64
	for i, x := range all {
		sum, of = sum+w[i]*x, of+w[i]
	}
	return sum / of
}

// groupsOf splits attempts by the rest of their score. It is nil where that
// does not tell them apart.
func groupsOf(rests []float64) *groups {
	size := int(math.Round(share * float64(len(rests))))
	least, most := slices.Min(rests), slices.Max(rests)
	if size == 0 || !(most-least > still) { // NaN too
		return nil
	}
	negated := make([]float64, len(rests))
	for i, r := range rests {
		negated[i] = -r
	}
	return &groups{upper: best(rests, size), lower: best(negated, size)}
}

// best weighs those that are the size highest.
func best(all []float64, size int) weights {
	edge := slices.Sorted(slices.Values(all))[len(all)-size]
	var above, at int
	for _, x := range all {
		switch {
		case x > edge:
			above++
		case x == edge:
			at++
		}
	}
	w := make(weights, len(all))
	for i, x := range all {
		switch {
		case x > edge:
			w[i] = 1
		case x == edge:
			w[i] = float64(size-above) / float64(at)
		}
	}
	return w
}
