package curriculum

import (
	"math/big"
	"regexp"
	"strings"
)

// Numeric is the kind Numeric. A response is one decimal number. It is right
// when it is at most the tolerance away from the answer; both ends are right.
//
// A number is written with digits, a sign before them and a point among them,
// if any. A comma is refused rather than guessed at: 1,200 is a thousand to
// some readers and little more than one to others.
type numeric struct{ writing }

func (numeric) fields() []string { return []string{"answer", "tolerance", "unit", "why"} }

func (numeric) read(_ *loader, f fields, it *Item) {
	it.Answer = f.decimal("answer")
	if it.Tolerance = f.decimal("tolerance"); strings.HasPrefix(it.Tolerance, "-") {
		f.wrong(f.at["tolerance"], "is %s; it must be 0 or more", it.Tolerance)
	}
	if f.has("unit") {
		it.Unit = f.text("unit", 20)
	}
	it.Why = f.text("why", 600)
}

// decimal reads a number in quotes.
func (f fields) decimal(key string) string {
	v, ok := f.need(key)
	if !ok {
		return ""
	}
	s, ok := f.str(v)
	if !ok {
		return ""
	}
	n, ok := spelled(s)
	if !ok {
		f.wrong(v, "is %q; it must be a number like \"12.5\", with at most 15 digits before the point and 10 behind it", short(s))
	}
	return n
}

var decimalForm = regexp.MustCompile(`^[+-]?([0-9]{1,15}(\.[0-9]{0,10})?|\.[0-9]{1,10})$`)

// spelled returns a number in the shortest of its spellings: 12.50 as 12.5, .5
// as 0.5, -0 as 0. It reports whether the text is a number.
func spelled(s string) (string, bool) {
	if !decimalForm.MatchString(s) {
		return "", false
	}
	sign := ""
	if s[0] == '-' {
		sign = "-"
	}
	whole, part, _ := strings.Cut(strings.TrimLeft(s, "+-"), ".")
	if whole = strings.TrimLeft(whole, "0"); whole == "" {
		whole = "0"
	}
	part = strings.TrimRight(part, "0")
	switch {
	case part != "":
		return sign + whole + "." + part, true
	case whole == "0":
		return "0", true
	}
	return sign + whole, true
}

func (numeric) check(_ *Item, response []string) error {
	s, err := written(response)
	if err != nil || s == "" {
		return err
	}
	if _, ok := spelled(s); !ok {
		return ErrNumber
	}
	return nil
}

func (numeric) canonical(response []string) []string {
	s, err := written(response)
	if err != nil || s == "" {
		return nil
	}
	if n, ok := spelled(s); ok {
		s = n
	}
	return []string{s}
}

func (numeric) key(it *Item) []string { return []string{it.Answer} }

func (numeric) credit(it *Item, response []string) Credit {
	off := new(big.Rat).Sub(exactly(response[0]), exactly(it.Answer))
	return allOr(off.Abs(off).Cmp(exactly(it.Tolerance)) <= 0)
}

// exactly returns the number that spelled wrote; 0 for anything else.
func exactly(s string) *big.Rat {
	r := new(big.Rat)
	if _, ok := spelled(s); ok {
		r.SetString(s)
	}
	return r
}

func (numeric) look(r *review, it *Item) {
	r.why(it)
	if answer := exactly(it.Answer); answer.Sign() != 0 && exactly(it.Tolerance).Cmp(answer.Abs(answer)) >= 0 {
		r.say(it.ID, "item %s: the tolerance is as large as the answer, so that 0 is right; narrow it", it.ID)
	}
}
