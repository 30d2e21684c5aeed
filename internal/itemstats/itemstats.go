// Package itemstats says how the items of a quiz did: how hard each was, how
// well it told those who know from those who do not, which wrong options drew
// anybody, and how far the score of a form can be relied on. Plain values go
// in, plain values come out; the same attempts in any order give the same.
package itemstats

import (
	"cmp"
	"math"
	"slices"
)

// The least numbers below which nothing is said: what so few did is chance.
const (
	MinAttempts = 10 // attempts that met an item, for its figures
	MinPair     = 10 // attempts that met two items together, for how they go together
)

// share is how much of the attempts the upper and the lower group each are: 27
// percent, where the difference between them tells most (Kelley, "The selection
// of upper and lower groups for the validation of test items", Journal of
// Educational Psychology 30, 1939).
const share = 0.27

// An Item is one that could be asked. Options are those of an item of which one
// or more are chosen; other kinds have none here.
type Item struct {
	Name    string // tells it from all others
	Options []Option
}

// An Option is one choice of an item.
type Option struct {
	ID  string
	Key bool // it is right
}

// An Attempt is what somebody gave to the items that they met.
type Attempt struct {
	ID      string // tells it from all others
	Answers []Answer
}

// An Answer is what became of one item in one attempt.
type Answer struct {
	Item    string
	Credit  Credit
	Omitted bool     // nothing was given; its credit counts all the same
	Chosen  []string // ids of options
	Seconds int      // spent on it, as far as is known; negative where it is not
}

// A Credit is a part of what could be had for an item, 0 ≤ Got ≤ Of and Of > 0.
type Credit struct{ Got, Of int }

func (c Credit) value() float64 { return float64(c.Got) / float64(c.Of) }

// A Report is how the items did. Figures are rounded to three decimals; one
// that cannot be worked out is nil.
type Report struct {
	Attempts int
	Items    []ItemReport // in the order of the items given
	Form     Form
}

// An ItemReport is how one item did.
type ItemReport struct {
	Name    string
	N       int // attempts that met it
	Omitted int // of those, the ones that gave nothing
	TooFew  bool
	// Facility is the mean credit: how easy it was, 0 to 1.
	Facility *float64
	// Discrimination is the correlation of the item's credit with the rest of
	// the attempt, from -1 to 1: the point-biserial one where an answer is right
	// or wrong. The item itself is left out, so that it does not agree with
	// itself (Henrysson, "Correction of item-total correlations in item
	// analysis", Psychometrika 28, 1963). The rest is a share of what could be
	// had, because attempts of a pool meet different items.
	Discrimination *float64
	// UpperLower is the mean credit of the upper group less that of the lower.
	UpperLower    *float64
	MedianSeconds *int
	Timed         int // attempts of which the time is known
	Options       []OptionReport
	Flags         []Flag
}

// An OptionReport is who chose an option. Upper and Lower are the shares of the
// two groups that did.
type OptionReport struct {
	ID     string
	Key    bool
	Chosen int
	Upper  *float64
	Lower  *float64
}

// Analyze works out how items did in attempts. Answers to items that are not
// among those given count for the rest of their attempts.
func Analyze(items []Item, attempts []Attempt) Report {
	attempts = slices.SortedFunc(slices.Values(attempts), func(a, b Attempt) int { return cmp.Compare(a.ID, b.ID) })
	met := make(map[string][]meeting)
	for _, a := range attempts {
		for i := range a.Answers {
			met[a.Answers[i].Item] = append(met[a.Answers[i].Item], meeting{&a.Answers[i], a.rest(i)})
		}
	}
	r := Report{Attempts: len(attempts), Items: make([]ItemReport, len(items))}
	for i, it := range items {
		r.Items[i] = it.report(met[it.Name])
	}
	r.Form = formOf(attempts)
	return r
}

// A meeting is an answer with the rest of its attempt: the mean credit of the
// other items, NaN where there was no other.
type meeting struct {
	*Answer
	rest float64
}

func (a *Attempt) rest(without int) float64 {
	var sum float64
	for i := range a.Answers {
		if i != without {
			sum += a.Answers[i].Credit.value()
		}
	}
	return math.Round(1e9*sum/float64(len(a.Answers)-1)) / 1e9 // thirds that are added in another order are the same
}

func (it Item) report(met []meeting) ItemReport {
	r := ItemReport{Name: it.Name, N: len(met), TooFew: len(met) < MinAttempts}
	var seconds []int
	credits, rests := make([]float64, len(met)), make([]float64, len(met))
	for i, m := range met {
		credits[i], rests[i] = m.Credit.value(), m.rest
		if m.Omitted {
			r.Omitted++
		}
		if m.Seconds >= 0 {
			seconds = append(seconds, m.Seconds)
		}
	}
	r.Timed = len(seconds)
	for _, o := range it.Options {
		r.Options = append(r.Options, OptionReport{ID: o.ID, Key: o.Key, Chosen: chosen(met, o.ID)})
	}
	if r.TooFew {
		return r
	}
	r.Facility = rounded(mean(credits))
	r.Discrimination = rounded(correlation(credits, rests))
	if len(seconds) >= MinAttempts {
		m := median(seconds)
		r.MedianSeconds = &m
	}
	r.compare(met, credits, groupsOf(rests))
	r.Flags = r.flags()
	return r
}

func chosen(met []meeting, option string) (n int) {
	for _, m := range met {
		if slices.Contains(m.Chosen, option) {
			n++
		}
	}
	return n
}

// compare works out what the upper group did otherwise than the lower.
func (r *ItemReport) compare(met []meeting, credits []float64, g *groups) {
	if g == nil {
		return
	}
	r.UpperLower = rounded(g.upper.mean(credits) - g.lower.mean(credits))
	for i := range r.Options {
		o := &r.Options[i]
		chose := make([]float64, len(met))
		for j, m := range met {
			if slices.Contains(m.Chosen, o.ID) {
				chose[j] = 1
			}
		}
		o.Upper, o.Lower = rounded(g.upper.mean(chose)), rounded(g.lower.mean(chose))
	}
}
