package itemstats

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// ladder is ten attempts at four items, each item harder than the one before:
// eight, six, four and two of them have it right. Right is option a, wrong b;
// nobody chooses c. The answer to item n takes n seconds.
func ladder() ([]Item, []Attempt) {
	var items []Item
	attempts := make([]Attempt, 10)
	for i := range attempts {
		attempts[i].ID = fmt.Sprintf("a%d", i)
	}
	for n := 1; n <= 4; n++ {
		it := Item{Name: fmt.Sprintf("i%d", n), Options: []Option{{"a", true}, {"b", false}, {"c", false}}}
		items = append(items, it)
		for i := range attempts {
			answer := Answer{Item: it.Name, Credit: Credit{0, 1}, Chosen: []string{"b"}, Seconds: n}
			if i < 10-2*n {
				answer.Credit, answer.Chosen = Credit{1, 1}, []string{"a"}
			}
			attempts[i].Answers = append(attempts[i].Answers, answer)
		}
	}
	return items, attempts
}

// figures writes what can be worked out by hand; - is a figure that is none.
func figures(all ...*float64) string {
	var words []string
	for _, x := range all {
		if x == nil {
			words = append(words, "-")
		} else {
			words = append(words, fmt.Sprintf("%.3f", *x))
		}
	}
	return strings.Join(words, " ")
}

func codes(flags []Flag) (all []string) {
	for _, f := range flags {
		all = append(all, f.Code)
	}
	return all
}

// Worked by hand for the ladder:
//
// Facility is 8, 6, 4 and 2 of 10.
//
// Item 2 is right in a0 to a5. The rest of the attempts is, in thirds, 3 3 2 2
// 1 1 1 1 0 0: mean 1.4, variance 30/10 - 1.96 = 1.04. The item's variance is
// .6 x .4 = .24, the mean product 12/10, the covariance 1.2 - .84 = .36, the
// correlation .36 / √(.24 x 1.04) = .7206.
//
// 27 % of ten are three. Best are the two with 3 and, for one place, the two
// with 2: all right, 1. Last are the two with 0 and, for one place, the four
// with 1, of which two are right: .5 / 3 = .1667. The difference is .8333.
//
// The attempts' scores are 4 4 3 3 2 2 1 1 0 0: variance 2. The items'
// variances are .16 .24 .24 .16: .8. KR-20 is 4/3 x (1 - .8/2) = .8.
func TestTheFiguresOfTheLadder(t *testing.T) {
	r := Analyze(ladder())
	for i, want := range []string{"0.800", "0.600", "0.400", "0.200"} {
		if got := figures(r.Items[i].Facility); got != want || r.Items[i].N != 10 || r.Items[i].TooFew || *r.Items[i].MedianSeconds != i+1 {
			t.Errorf("item %d: %+v with the facility %s, want %s", i+1, r.Items[i], got, want)
		}
	}
	two := r.Items[1]
	if got := figures(two.Discrimination, two.UpperLower, r.Form.Alpha); got != "0.721 0.833 0.800" {
		t.Errorf("discrimination, upper less lower, alpha = %s, want 0.721 0.833 0.800", got)
	}
	if r.Form.Items != 4 || r.Form.Pairs != 6 || r.Form.Used != 6 || r.Attempts != 10 {
		t.Errorf("the form is %+v of %d attempts", r.Form, r.Attempts)
	}
	var options []string
	for _, o := range two.Options {
		options = append(options, fmt.Sprint(o.ID, o.Key, o.Chosen, " ", figures(o.Upper, o.Lower)))
	}
	if d := cmp.Diff([]string{"atrue 6 1.000 0.167", "bfalse 4 0.000 0.833", "cfalse 0 0.000 0.000"}, options); d != "" {
		t.Errorf("the options (-want +got):\n%s", d)
	}
	if got := fmt.Sprint(codes(two.Flags), codes(r.Items[3].Flags)); got != "[unused_distractor] [hard unused_distractor]" {
		t.Errorf("flags = %s", got)
	}
}

// With partial credit: ten attempts at two items, both with credits of 0, half
// or all, so that alpha is no KR-20. Credits of the first: five times 1, five
// times 0: variance .25. Of the second: five times 1/2 beside the first's 1,
// five times 0: variance 1/16. Covariance 1/8. The variance of the sums is
// .25 + .0625 + .25 = .5625, alpha 2 x (1 - .3125/.5625) = .8889.
func TestPartialCredit(t *testing.T) {
	attempts := make([]Attempt, 10)
	for i := range attempts {
		first, second := Credit{0, 3}, Credit{0, 4}
		if i%2 == 0 {
			first, second = Credit{3, 3}, Credit{2, 4}
		}
		attempts[i] = Attempt{ID: fmt.Sprint(i), Answers: []Answer{{Item: "x", Credit: first, Seconds: -1}, {Item: "y", Credit: second, Seconds: -1}}}
	}
	r := Analyze([]Item{{Name: "y"}}, attempts)
	if got := figures(r.Items[0].Facility, r.Items[0].Discrimination, r.Items[0].UpperLower, r.Form.Alpha); got != "0.250 1.000 0.500 0.889" {
		t.Errorf("facility, discrimination, upper less lower, alpha = %s, want 0.250 1.000 0.500 0.889", got)
	}
	if r.Items[0].MedianSeconds != nil || r.Items[0].Timed != 0 {
		t.Errorf("without times the median is %v of %d", *r.Items[0].MedianSeconds, r.Items[0].Timed)
	}
}

// An item whose key is wrong: who knows the rest chooses b, the others a.
func TestAWrongKeyIsSeen(t *testing.T) {
	items, attempts := ladder()
	for i := range attempts {
		wrong := Answer{Item: "bad", Credit: Credit{1, 1}, Chosen: []string{"a"}, Seconds: -1}
		if i < 6 {
			wrong = Answer{Item: "bad", Credit: Credit{0, 1}, Chosen: []string{"b"}, Seconds: -1}
		}
		attempts[i].Answers = append(attempts[i].Answers, wrong)
	}
	r := Analyze(append(items, Item{Name: "bad", Options: []Option{{"a", true}, {"b", false}}}), attempts)
	bad := r.Items[4]
	if got := codes(bad.Flags); !slices.Equal(got, []string{Miskey, Weak}) || !strings.Contains(bad.Flags[0].Reason, "option b") || *bad.Discrimination >= 0 {
		t.Errorf("the item is %+v with the flags %v", bad, bad.Flags)
	}
	for _, it := range r.Items[:4] {
		if slices.Contains(codes(it.Flags), Miskey) {
			t.Errorf("%s is flagged too: %v", it.Name, it.Flags)
		}
	}
}

func TestNothingIsSaidOfTooFew(t *testing.T) {
	items, attempts := ladder()
	r := Analyze(items, attempts[:9])
	for _, it := range r.Items {
		if !it.TooFew || it.N != 9 || it.Facility != nil || it.Discrimination != nil || it.UpperLower != nil || it.MedianSeconds != nil || it.Flags != nil {
			t.Errorf("of nine attempts the report says %+v", it)
		}
	}
	if r.Items[0].Options[0].Chosen != 8 || r.Form.Alpha != nil || r.Form.Used != 0 || r.Form.Pairs != 6 {
		t.Errorf("of nine attempts the report says %+v and %+v", r.Items[0].Options, r.Form)
	}
	if none := Analyze(items, nil); none.Attempts != 0 || none.Items[0].N != 0 || none.Form.Alpha != nil {
		t.Errorf("of nothing the report says %+v", none)
	}
}

// Where all do the same, nothing tells anybody apart.
func TestWhatNeverChangesHasNoCorrelation(t *testing.T) {
	items, attempts := ladder()
	for i := range attempts {
		attempts[i].Answers[0].Credit, attempts[i].Answers[0].Omitted = Credit{1, 1}, i == 0
	}
	r := Analyze(items, attempts)
	if it := r.Items[0]; it.Discrimination != nil || figures(it.Facility, it.UpperLower) != "1.000 0.000" || codes(it.Flags)[0] != Easy || it.Omitted != 1 {
		t.Errorf("an item that all have right is %+v", it)
	}
	alone := make([]Attempt, 12) // of one item each: there is no rest
	for i := range alone {
		alone[i] = Attempt{ID: fmt.Sprint(i), Answers: []Answer{{Item: "i1", Credit: Credit{i % 2, 1}}}}
	}
	if r := Analyze(items, alone); r.Items[0].Discrimination != nil || r.Items[0].UpperLower != nil || r.Form.Alpha != nil || figures(r.Items[0].Facility) != "0.500" {
		t.Errorf("attempts of one item say %+v, %+v", r.Items[0], r.Form)
	}
}

// Items that say nothing of each other: alpha would be far below 0, and chance.
func TestChanceIsNoReliability(t *testing.T) {
	attempts := make([]Attempt, 20)
	for i := range attempts { // one has what the other has not
		attempts[i] = Attempt{ID: fmt.Sprintf("%02d", i), Answers: []Answer{{Item: "x", Credit: Credit{i % 2, 1}}, {Item: "y", Credit: Credit{1 - i%2, 1}}}}
	}
	if f := Analyze(nil, attempts).Form; f.Alpha != nil || f.Used != 1 {
		t.Errorf("the form is %+v with alpha %s, want none", f, figures(f.Alpha))
	}
}
