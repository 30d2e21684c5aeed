package curriculum

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"unicode/utf8"
)

// A Finding is something in a course that an author should look at. It is no
// fault: the course loads.
type Finding struct {
	File string // empty when the course was not loaded from files
	Line int    // from 1; 0 when the whole file is meant
	Text string
}

// String returns the finding as file:line: text.
func (f Finding) String() string { return Fault(f).String() }

// What a bank should have, so that a quiz cannot be passed unread.
const (
	leastItems  = 15
	maxLongest  = 0.34 // share of single items whose right option is the longest
	maxLetter   = 0.40 // share of single items whose right option is of one letter
	leastSingle = 8    // below, shares say nothing
)

// Lint looks for cues and gaps in the quizzes of a course, in the order of its
// modules.
func Lint(c *Course) (all []Finding) {
	for _, m := range c.Modules {
		r := review{c: c, m: m}
		r.size()
		r.cues()
		r.items()
		r.lessons()
		all = append(all, r.found...)
	}
	return all
}

// A review collects the findings of one module.
type review struct {
	c     *Course
	m     *Module
	found []Finding
}

// say adds a finding about what has an id.
func (r *review) say(id any, format string, args ...any) {
	at := r.c.places[id]
	r.found = append(r.found, Finding{at.file, at.line, fmt.Sprintf(format, args...)})
}

func (r *review) size() {
	if n := len(r.m.Items); n < leastItems {
		r.say(r.m.Key, "module %s has %d items; with fewer than %d, attempts repeat each other", r.m.Key, n, leastItems)
	}
}

// cues looks at what the bank gives away as a whole.
func (r *review) cues() {
	single, longest := 0, 0
	letters := make(map[OptionID]int)
	for _, it := range r.m.Items {
		if it.Kind != Single {
			continue
		}
		single++
		if rightIsLongest(it) {
			longest++
		}
		for _, o := range it.Options {
			if o.Correct {
				letters[o.ID]++
			}
		}
	}
	if share(longest, single) > maxLongest {
		r.say(r.m.Key, "module %s: the right option is the longest in %d of %d single items; shorten some, or lengthen wrong ones", r.m.Key, longest, single)
	}
	for _, id := range slices.Sorted(maps.Keys(letters)) {
		if n := letters[id]; single >= leastSingle && share(n, single) > maxLetter {
			r.say(r.m.Key, "module %s: option %s is right in %d of %d single items; spread the right options", r.m.Key, id, n, single)
		}
	}
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

var pointsAtOthers = regexp.MustCompile(`(?i)\b(all|none|both|any|either|neither|some|two) of (the above|the other|these (options|answers|choices))`)

func (r *review) items() {
	for _, it := range r.m.Items {
		if len(it.Sources) == 0 {
			r.say(it.ID, "item %s names no source", it.ID)
		}
		for _, o := range it.Options {
			if pointsAtOthers.MatchString(o.Text) {
				r.say(optionKey{it.ID, o.ID}, "item %s: option %s points at the other options, whose order is shuffled; write out what it says", it.ID, o.ID)
			}
		}
	}
}

func (r *review) lessons() {
	for _, l := range r.m.Lessons {
		if !slices.ContainsFunc(r.m.Items, func(it *Item) bool { return it.Lesson == l.ID }) {
			r.say(l.ID, "lesson %s: no quiz item asks about it", l.ID)
		}
	}
}
