package itemstats

import "fmt"

// The bounds beyond which somebody should look at an item: rules of thumb of
// classical test theory (Crocker and Algina, "Introduction to Classical and
// Modern Test Theory", 1986, chapter 14), which accuse no item by themselves.
const (
	hard = 0.3
	easy = 0.95
	weak = 0.1
)

// A Flag is a reason to look at an item.
type Flag struct {
	Code   string
	Reason string // in words
}

// The codes of the flags.
const (
	Hard   = "hard"
	Easy   = "easy"
	Weak   = "weak"
	Unused = "unused_distractor"
	Miskey = "likely_miskeyed"
)

// flags lists the reasons to look at an item.
func (r *ItemReport) flags() (all []Flag) {
	flag := func(code, reason string, args ...any) { all = append(all, Flag{code, fmt.Sprintf(reason, args...)}) }
	for _, o := range r.rivals() {
		flag(Miskey, "Of those who did best on the rest, more chose option %s than what the key calls right. Look at the key first.", o)
	}
	switch f := *r.Facility; {
	case f < hard:
		flag(Hard, "Few had it right (%.3f of what could be had). See whether it was taught, and whether it asks one thing.", f)
	case f > easy:
		flag(Easy, "Nearly all had it right (%.3f of what could be had). It tells nobody apart; keep it where everybody must know.", f)
	}
	if d := r.Discrimination; d != nil && *d < weak {
		flag(Weak, "Those who know the rest had it right hardly more often than the others (%.3f). It may be read in two ways, or ask something else.", *d)
	}
	for _, o := range r.Options {
		if !o.Key && o.Chosen == 0 {
			flag(Unused, "Nobody chose option %s. A wrong option that nobody takes does no work.", o.ID)
		}
	}
	return all
}

// rivals lists the wrong options that the upper group chose more often than a
// right one.
func (r *ItemReport) rivals() (ids []string) {
	least := 2.0 // above every share
	for _, o := range r.Options {
		if o.Key && o.Upper != nil {
			least = min(least, *o.Upper)
		}
	}
	for _, o := range r.Options {
		if !o.Key && o.Upper != nil && *o.Upper > least {
			ids = append(ids, o.ID)
		}
	}
	return ids
}
