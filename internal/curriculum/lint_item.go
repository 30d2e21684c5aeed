package curriculum

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

var (
	pointsAtOthers = regexp.MustCompile(`(?i)\b(all|none|both|any|either|neither|some|two) of (the above|the other|these (options|answers|choices))`)
	turnsAround    = regexp.MustCompile(`\b(NOT|EXCEPT|[Ee]xcept)\b`)
	tellsPlace     = regexp.MustCompile(`(?i)^((step )?[0-9]+[.):]|step [0-9]|(first|second|third|then|next|after that|finally|last|lastly)\b)`)
)

// item looks at one item: what it rests on, and what it gives away.
func (r *review) item(it *Item) {
	r.sources(it)
	if turnsAround.MatchString(it.Stem) {
		r.say(it.ID, "item %s asks for what is not so; ask for what is, if you can", it.ID)
	}
	kinds[it.Kind].look(r, it)
}

// manyParts looks at an item that is right only when every line of it is.
func (r *review) manyParts(it *Item) {
	if it.Critical {
		r.say(it.ID, "item %s is critical and of kind %s; a slip in one line of it fails the attempt: ask the critical point alone", it.ID, it.Kind)
	}
}

// why looks at the rationale of an item without options.
func (r *review) why(it *Item) {
	if n := utf8.RuneCountInString(it.Why); n < leastWhy {
		r.say(it.ID, "item %s has a rationale of %d characters; say why, so that it teaches", it.ID, n)
	}
}

// sources looks at what an item rests on.
func (r *review) sources(it *Item) {
	if len(it.Sources) == 0 {
		r.say(it.ID, "item %s names no source", it.ID)
	}
	lesson := r.m.Lesson(it.Lesson)
	if lesson == nil {
		return
	}
	best := "" // confidence of a source; A is before B
	for _, key := range it.Sources {
		i := slices.IndexFunc(lesson.Sources, func(s Source) bool { return s.Key == key })
		if i < 0 {
			r.say(it.ID, "item %s names the source %s, which its lesson %s does not; add it there, or name another", it.ID, key, lesson.ID)
			continue
		}
		if c := lesson.Sources[i].Confidence; best == "" || c < best {
			best = c
		}
	}
	if best != "" && it.Confidence < best {
		r.say(it.ID, "item %s has confidence %s, but none of its sources is better than %s", it.ID, it.Confidence, best)
	}
}

// order looks for an ordering that can be read off its options.
func (r *review) order(it *Item) {
	sorted := slices.IsSortedFunc(it.Options, func(a, b Option) int {
		return strings.Compare(strings.ToLower(a.Text), strings.ToLower(b.Text))
	})
	if sorted {
		r.say(it.ID, "item %s: the right order is the alphabetical one; word the options otherwise", it.ID)
	}
	for _, o := range it.Options {
		if tellsPlace.MatchString(o.Text) {
			r.say(optionKey{it.ID, o.ID}, "item %s: option %s begins with a word or number that tells its place; leave it out", it.ID, o.ID)
		}
	}
}

// options looks at what an item offers, and at the reasons it gives.
func (r *review) options(it *Item) {
	for i, o := range it.Options {
		at := optionKey{it.ID, o.ID}
		if pointsAtOthers.MatchString(o.Text) {
			r.say(at, "item %s: option %s points at the other options, whose order is shuffled; write out what it says", it.ID, o.ID)
		}
		if n := utf8.RuneCountInString(o.Why); n < leastWhy {
			r.say(at, "item %s: option %s has a rationale of %d characters; say why, so that it teaches", it.ID, o.ID, n)
		}
		for _, other := range it.Options[:i] {
			if other.Why == o.Why && o.Why != "" {
				r.say(at, "item %s: options %s and %s have the same rationale; say why each is as it is", it.ID, other.ID, o.ID)
			}
			if overlap(other.Text, o.Text) {
				r.say(at, "item %s: options %s and %s say nearly the same; make them differ in meaning", it.ID, other.ID, o.ID)
			}
		}
	}
}

// mostAlike is the share of words that two options may have in common.
const mostAlike = 0.8

// overlap reports whether two options are made of mostly the same words, or one
// of them of words that all stand in the other.
func overlap(a, b string) bool {
	one, two := wordsOf(a), wordsOf(b)
	if len(one) > len(two) {
		one, two = two, one
	}
	common := 0
	for w := range one {
		if two[w] {
			common++
		}
	}
	all := len(one) + len(two) - common
	switch {
	case len(one) == 0:
		return false
	case common == len(one):
		return len(one) >= 2 || len(two) == 1
	}
	return all >= 5 && float64(common) >= mostAlike*float64(all)
}

// wordsOf returns the words of a text, but for those that carry no meaning.
func wordsOf(s string) map[string]bool {
	all := make(map[string]bool)
	for _, w := range strings.FieldsFunc(strings.ToLower(s), func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsDigit(c) && c != '%' && c != '.' }) {
		if w = strings.Trim(w, "."); w != "" && !little[w] {
			all[w] = true
		}
	}
	return all
}

var little = map[string]bool{
	"a": true, "an": true, "the": true, "of": true, "in": true, "and": true, "or": true, "to": true, "is": true, "are": true, "be": true, "with": true,
	"for": true, "by": true, "as": true, "on": true, "at": true, "from": true, "that": true, "it": true, "its": true, "their": true, "they": true,
}
