package curriculum

import (
	"slices"
	"unicode/utf8"
)

// A Tally counts what a module has.
type Tally struct {
	Lessons, Figures, Items, Cases, Critical int
	Kinds                                    map[Kind]int
	Longest                                  int              // single items whose right option is longer than every other
	Letters                                  map[OptionID]int // single items by the letter of the right option
	Sources                                  []int            // of each lesson, the fewest first
}

// Tally counts.
func (m *Module) Tally() Tally {
	t := Tally{Lessons: len(m.Lessons), Items: len(m.Items), Cases: len(m.Cases), Kinds: make(map[Kind]int), Letters: make(map[OptionID]int)}
	for _, it := range m.Items {
		t.Kinds[it.Kind]++
		if it.Critical {
			t.Critical++
		}
		if it.Kind != Single {
			continue
		}
		if rightIsLongest(it) {
			t.Longest++
		}
		for _, o := range it.Options {
			if o.Correct {
				t.Letters[o.ID]++
			}
		}
	}
	for _, l := range m.Lessons {
		t.Figures += l.Figures
		t.Sources = append(t.Sources, len(l.Sources))
	}
	slices.Sort(t.Sources)
	return t
}

// Plus returns the sum of two tallies.
func (t Tally) Plus(o Tally) Tally {
	sum := Tally{
		Lessons: t.Lessons + o.Lessons, Figures: t.Figures + o.Figures, Items: t.Items + o.Items, Cases: t.Cases + o.Cases,
		Critical: t.Critical + o.Critical, Longest: t.Longest + o.Longest,
		Kinds: make(map[Kind]int), Letters: make(map[OptionID]int), Sources: slices.Sorted(slices.Values(slices.Concat(t.Sources, o.Sources))),
	}
	for _, one := range []Tally{t, o} {
		for k, n := range one.Kinds {
			sum.Kinds[k] += n
		}
		for id, n := range one.Letters {
			sum.Letters[id] += n
		}
	}
	return sum
}

func share(n, of int) float64 { return float64(n) / float64(max(of, 1)) }

// rightIsLongest reports whether the right option is longer than every other.
func rightIsLongest(it *Item) bool {
	right, other := 0, 0
	for _, o := range it.Options {
		if n := utf8.RuneCountInString(o.Text); o.Correct {
			right = n
		} else {
			other = max(other, n)
		}
	}
	return right > other
}
