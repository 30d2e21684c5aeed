package itemstats

import (
	"cmp"
	"maps"
	"math"
	"slices"
)

// A Form says how far the score of an attempt can be relied on.
type Form struct {
	Items int // in one attempt, on average
	// Alpha is what coefficient alpha is expected to be for such a form, nil
	// where it cannot be said.
	Alpha *float64
	Pairs int // pairs of items that some attempt met together
	Used  int // of those, the ones that enough attempts did
}

// formOf estimates coefficient alpha for a form of as many items as attempts
// have, drawn from the pool:
//
//	alpha = k c / (v + (k - 1) c)
//
// with k items, v their mean variance and c their mean covariance (Cronbach,
// "Coefficient alpha and the internal structure of tests", Psychometrika 16,
// 1951). Where everybody meets the same items this is alpha itself, and KR-20
// where every answer is right or wrong. Attempts of a pool meet different
// items, so that there is no full matrix; as in multiple matrix sampling (Lord
// and Novick, "Statistical Theories of Mental Test Scores", 1968, chapter 11)
// each covariance is taken over the attempts that met both items. Only pairs
// that MinPair attempts met count, each as often as it was met.
func formOf(attempts []Attempt) Form {
	m := meet(attempts)
	f := Form{Pairs: len(m.pairs)}
	if len(attempts) > 0 {
		f.Items = int(math.Round(float64(m.answers) / float64(len(attempts))))
	}
	used := make(map[string]bool)
	var covariance, pairs float64
	for _, p := range slices.SortedFunc(maps.Keys(m.pairs), func(a, b pair) int { return cmp.Or(cmp.Compare(a.a, b.a), cmp.Compare(a.b, b.b)) }) {
		s := m.pairs[p]
		if s.n < MinPair {
			continue
		}
		f.Used++
		used[p.a], used[p.b] = true, true
		covariance, pairs = covariance+s.n*s.covariance(), pairs+s.n
	}
	if f.Used == 0 || f.Items < 2 {
		return f
	}
	var variance, items float64
	for _, name := range slices.Sorted(maps.Keys(used)) {
		s := m.items[name]
		variance, items = variance+s.n*s.covariance(), items+s.n
	}
	c, v, k := covariance/pairs, variance/items, float64(f.Items)
	if whole := v + (k-1)*c; whole > still {
		if alpha := k * c / whole; alpha >= -1 && alpha <= 1 { // beyond that it is chance
			f.Alpha = rounded(alpha)
		}
	}
	return f
}

type pair struct{ a, b string }

// sums of the credits of two items, or of one with itself.
type sums struct{ n, x, y, xy float64 }

func (s *sums) add(x, y float64) { s.n, s.x, s.y, s.xy = s.n+1, s.x+x, s.y+y, s.xy+x*y }

func (s *sums) covariance() float64 { return s.xy/s.n - s.x/s.n*(s.y/s.n) }

// met is who met what, alone and together.
type met struct {
	answers int
	items   map[string]*sums
	pairs   map[pair]*sums
}

func meet(attempts []Attempt) met {
	m := met{items: make(map[string]*sums), pairs: make(map[pair]*sums)}
	for _, a := range attempts {
		m.answers += len(a.Answers)
		for i := range a.Answers {
			one := &a.Answers[i]
			of(m.items, one.Item).add(one.Credit.value(), one.Credit.value())
			for j := range a.Answers[:i] {
				other := &a.Answers[j]
				x, y := one, other
				if y.Item < x.Item {
					x, y = y, x
				}
				of(m.pairs, pair{x.Item, y.Item}).add(x.Credit.value(), y.Credit.value())
			}
		}
	}
	return m
}

func of[K comparable](all map[K]*sums, k K) *sums {
	s := all[k]
	if s == nil {
		s = new(sums)
		all[k] = s
	}
	return s
}
