package curriculum

import (
	"fmt"
	"slices"
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

// What a bank should have, so that a quiz cannot be passed unread and its
// lessons can be trusted.
const (
	leastItems   = 30
	maxLongest   = 0.34 // share of single items whose right option is the longest
	maxLetter    = 0.40 // share of single items whose right option is of one letter
	leastSingle  = 8    // below, shares say nothing
	leastSources = 2    // of a lesson
	leastWhy     = 20   // characters of a rationale
)

// Lint looks for cues and gaps in the quizzes of a course, in the order of its
// modules.
func Lint(c *Course) (all []Finding) {
	for _, m := range c.Modules {
		r := review{c: c, m: m}
		r.size()
		r.cues()
		r.objectives()
		r.reach()
		for _, it := range m.Items {
			r.item(it)
		}
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
	if n, least := len(r.m.Items), max(leastItems, 2*r.m.Quiz.Draw); n < least {
		r.say(r.m.Key, "module %s has %d items; with fewer than %d, attempts repeat each other", r.m.Key, n, least)
	}
}

// cues looks at what the bank gives away as a whole.
func (r *review) cues() {
	t := r.m.Tally()
	if share(t.Longest, t.Kinds[Single]) > maxLongest {
		r.say(r.m.Key, "module %s: the right option is the longest in %d of %d single items; shorten some, or lengthen wrong ones", r.m.Key, t.Longest, t.Kinds[Single])
	}
	for _, id := range optionIDs {
		if n := t.Letters[OptionID(id)]; t.Kinds[Single] >= leastSingle && share(n, t.Kinds[Single]) > maxLetter {
			r.say(r.m.Key, "module %s: option %s is right in %d of %d single items; spread the right options", r.m.Key, id, n, t.Kinds[Single])
		}
	}
}

// objectives looks for what is promised and not taught, not asked, or always
// asked in the same words.
func (r *review) objectives() {
	for _, o := range r.m.Objectives {
		items, critical := 0, 0
		for _, it := range r.m.Items {
			if it.Objective == o.ID {
				items++
				if it.Critical {
					critical++
				}
			}
		}
		if !slices.ContainsFunc(r.m.Lessons, func(l *Lesson) bool { return slices.Contains(l.Objectives, o.ID) }) {
			r.say(r.m.Key, "objective %s: no lesson teaches it", o.ID)
		}
		switch {
		case items == 0:
			r.say(r.m.Key, "objective %s: no quiz item asks about it", o.ID)
		case critical == 1:
			r.say(r.m.Key, "objective %s has one critical item, which every attempt asks; write another", o.ID)
		case items == o.Need():
			r.say(r.m.Key, "objective %s has %d items and every attempt asks all of them; write more", o.ID, items)
		}
	}
}

// reach looks for cases and items that no attempt can ask.
func (r *review) reach() {
	p := r.m.Plan()
	var drawn CaseSet
	free := false // an attempt has room beside what is demanded
	asked := make(map[ObjectiveID]bool)
	for _, set := range p.Sets() {
		drawn |= set
		demands, _ := p.Demands(set)
		room := r.m.Quiz.Draw
		for i, c := range r.m.Cases {
			if set.Has(i) {
				room -= len(r.m.ItemsOf(c.ID))
			}
		}
		for _, d := range demands {
			room -= d.Items
			asked[d.Objective] = asked[d.Objective] || d.Items > 0
		}
		free = free || room > 0
	}
	for i, c := range r.m.Cases {
		if !drawn.Has(i) {
			r.say(c.ID, "case %s: no attempt can ask it beside the quotas; draw more items, or lower a quota", c.ID)
		}
	}
	for _, it := range r.m.ItemsOf("") {
		if !free && !asked[it.Objective] {
			r.say(it.ID, "item %s: no attempt can ask it, for the quotas of other objectives take all its room; draw more items, or lower a quota", it.ID)
		}
	}
}

func (r *review) lessons() {
	for _, l := range r.m.Lessons {
		if !slices.ContainsFunc(r.m.Items, func(it *Item) bool { return it.Lesson == l.ID }) {
			r.say(l.ID, "lesson %s: no quiz item asks about it", l.ID)
		}
		if n := len(l.Sources); n < leastSources {
			r.say(l.ID, "lesson %s has %d source; look for another that agrees or differs", l.ID, n)
		}
	}
}
