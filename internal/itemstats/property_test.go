package itemstats

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// pool draws attempts at some of a pool of items.
func pool(t *rapid.T) ([]Item, []Attempt) {
	n := rapid.IntRange(1, 6).Draw(t, "items")
	items := make([]Item, n)
	for i := range items {
		items[i] = Item{Name: fmt.Sprint("i", i), Options: []Option{{"a", true}, {"b", false}}}
	}
	names := rapid.Permutation(items)
	attempts := make([]Attempt, rapid.IntRange(0, 40).Draw(t, "attempts"))
	asked := rapid.IntRange(1, n).Draw(t, "asked")
	for i := range attempts {
		attempts[i].ID = fmt.Sprintf("a%02d", i)
		for _, it := range names.Draw(t, "form")[:asked] {
			of := rapid.IntRange(1, 3).Draw(t, "of")
			got := rapid.IntRange(0, of).Draw(t, "got")
			chosen := []string{"b"}
			if got == of {
				chosen = []string{"a"}
			}
			attempts[i].Answers = append(attempts[i].Answers, Answer{Item: it.Name, Credit: Credit{got, of}, Chosen: chosen, Seconds: rapid.IntRange(-1, 90).Draw(t, "seconds")})
		}
	}
	return items, attempts
}

func TestEveryFigureKeepsItsBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		items, attempts := pool(t)
		within := func(what string, x *float64, least float64) {
			if x == nil {
				return
			}
			if *x < least || *x > 1 || math.Signbit(*x) && *x == 0 || math.Abs(1000**x-math.Round(1000**x)) > 1e-6 {
				t.Fatalf("%s is %v", what, *x)
			}
		}
		r := Analyze(items, attempts)
		within("alpha", r.Form.Alpha, -1)
		met := 0
		for _, it := range r.Items {
			within("facility", it.Facility, 0)
			within("discrimination", it.Discrimination, -1)
			within("upper less lower", it.UpperLower, -1)
			chosen := 0
			for _, o := range it.Options {
				within("upper share", o.Upper, 0)
				within("lower share", o.Lower, 0)
				chosen += o.Chosen
			}
			if met += it.N; chosen != it.N || it.TooFew != (it.N < MinAttempts) || it.TooFew != (it.Facility == nil) {
				t.Fatalf("an item is %+v", it)
			}
		}
		answers := 0
		for _, a := range attempts {
			answers += len(a.Answers)
		}
		if met != answers || r.Form.Used > r.Form.Pairs {
			t.Fatalf("%d answers, of which the items have %d; form %+v", answers, met, r.Form)
		}
	})
}

func TestTheOrderOfAttemptsIsNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		items, attempts := pool(t)
		other := rapid.Permutation(attempts).Draw(t, "other order")
		if d := cmp.Diff(Analyze(items, attempts), Analyze(items, other)); d != "" {
			t.Fatalf("in another order (-was +is):\n%s", d)
		}
	})
}

// Who has all right that another has wrong: what was easy is as hard, and all
// that says how items go together stays.
func TestTheComplement(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		items, attempts := pool(t)
		turned := make([]Attempt, len(attempts))
		for i, a := range attempts {
			turned[i] = Attempt{ID: a.ID, Answers: slices.Clone(a.Answers)}
			for j := range turned[i].Answers {
				c := &turned[i].Answers[j].Credit
				c.Got = c.Of - c.Got
			}
		}
		same := func(what string, a, b *float64) {
			if (a == nil) != (b == nil) || a != nil && math.Abs(*a-*b) > 0.0011 {
				t.Fatalf("%s is %s, of the complement %s", what, figures(a), figures(b))
			}
		}
		one, other := Analyze(items, attempts), Analyze(items, turned)
		same("alpha", one.Form.Alpha, other.Form.Alpha)
		for i := range one.Items {
			a, b := one.Items[i], other.Items[i]
			same("discrimination", a.Discrimination, b.Discrimination)
			same("upper less lower", a.UpperLower, b.UpperLower)
			if a.Facility != nil && math.Abs(*a.Facility+*b.Facility-1) > 0.0011 {
				t.Fatalf("facility is %s, of the complement %s", figures(a.Facility), figures(b.Facility))
			}
		}
	})
}
