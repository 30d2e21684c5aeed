package curriculum

import "slices"

// check sees that the requirements of a program fit together: everything they
// name is there, nobody waits for themselves, nothing asks for what cannot be,
// and no record counts twice unless the file says so. What is wrong is found
// here and not on the day of the certificate.
func (t *tree) check(p *Program) {
	c := &checker{tree: t, program: p, byID: make(map[string]*Requirement), parent: make(map[string]*Requirement)}
	c.index(p.Requirements, nil)
	for r := range p.All() {
		c.refers(r)
		c.possible(r)
		c.gated(r)
	}
	c.circles()
	c.doubles()
	c.windows()
	c.people()
}

// A checker looks at one program whole.
type checker struct {
	*tree
	program *Program
	byID    map[string]*Requirement
	parent  map[string]*Requirement // nil for those on top
}

func (c *checker) index(all []Requirement, parent *Requirement) {
	for i := range all {
		r := &all[i]
		c.byID[r.ID], c.parent[r.ID] = r, parent
		c.index(r.Of, r)
	}
}

// bad tells what is wrong with a requirement.
func (c *checker) bad(r *Requirement, format string, args ...any) {
	c.fields.fault(c.fields.file, c.lines[r.ID], "requirement "+r.ID+": "+format, args...)
}

// refers sees that whatever a requirement names is there, and of a kind that
// makes sense.
func (c *checker) refers(r *Requirement) {
	for _, id := range append(slices.Clone(r.After), r.Over...) {
		if c.byID[id] == nil {
			c.bad(r, "there is no requirement %s in this program", id)
		}
	}
	if r.From != "" && r.From != "start" && c.byID[r.From] == nil {
		c.bad(r, "there is no requirement %s to count from; write start, or the id of one", r.From)
	}
	for _, key := range r.Tracks {
		if c.program.Track(key) == nil {
			c.bad(r, "there is no track %s in this program", key)
		}
	}
	if r.Type == Ordering && len(r.After) == 0 {
		c.bad(r, "`after` is missing; say what comes first")
	}
	if looksAtSessions[r.Type] {
		for _, id := range r.Over {
			if o := c.byID[id]; o != nil && o.Type != PracticumSessions {
				c.bad(r, "%s is no requirement of sessions, so it has no logs to look at", id)
			}
		}
	}
}

var looksAtSessions = map[RequirementType]bool{DistinctCases: true, LogsCountersigned: true, RubricMin: true, Recency: true}

// possible sees that one requirement alone can be met.
func (c *checker) possible(r *Requirement) {
	if look := impossible[r.Type]; look != nil {
		look(c, r)
	}
}

// impossible says, by type, what no trainee could ever meet.
var impossible = map[RequirementType]func(*checker, *Requirement){
	NOf: func(c *checker, r *Requirement) {
		c.when(r, r.N > len(r.Of), "it asks for %d of %d parts; there are not so many", r.N, len(r.Of))
	},
	HoursMin: func(c *checker, r *Requirement) {
		sum := 0
		for _, t := range r.Topics {
			sum += t.Minutes
		}
		c.when(r, r.Minutes+sum == 0, "`hours` is missing; say how many, or list topics")
		c.when(r, r.Minutes > 0 && sum > r.Minutes, "its topics come to %d minutes and the whole to %d; the whole is at least the sum", sum, r.Minutes)
	},
	HoursShareMin: func(c *checker, r *Requirement) {
		for _, d := range r.Delivery {
			c.when(r, !slices.Contains(r.Among, d), "%s is not `among` the deliveries it is a share of", d)
		}
	},
	DistinctCases: func(c *checker, r *Requirement) {
		most := c.sessionsOver(r)
		c.when(r, most > 0 && r.Count > most, "it asks for %d cases in %d sessions; a session has one", r.Count, most)
	},
	Consultations: func(c *checker, r *Requirement) {
		most := c.program.Constraints.GroupMax
		c.when(r, r.Count+r.Minutes == 0, "`count` is missing; say how many consultations, or how many hours")
		c.when(r, most > 0 && r.GroupMax > most, "its groups may have %d trainees and those of the program %d", r.GroupMax, most)
	},
	AssignmentAccepted: func(c *checker, r *Requirement) {
		c.when(r, r.PagesMax > 0 && r.PagesMin > r.PagesMax, "it has at least %d and at most %d pages; no paper has", r.PagesMin, r.PagesMax)
	},
	Deadline: func(c *checker, r *Requirement) {
		c.when(r, (r.Months == 0) == (r.Days == 0), "say either `months` or `days`")
	},
	PriorPractice: func(c *checker, r *Requirement) {
		c.when(r, (r.Years == 0) == (r.Minutes == 0), "say either `years` or `hours`")
	},
	PracticumSessions: func(c *checker, r *Requirement) {
		c.when(r, len(r.Routes) > 0 && r.Phase != "medicine", "only a medicine session has a route; set `phase: medicine`")
		for _, k := range r.Kinds {
			c.when(r, len(c.program.Practicum.Kinds) > 0 && !slices.Contains(c.program.Practicum.Kinds, k), "`practicum` counts no %s sessions", k)
		}
	},
	ProgramConstraint: func(c *checker, r *Requirement) {
		c.when(r, c.program.Constraints == (Constraints{}), "the program has no `constraints` to look at")
	},
}

// when tells what is wrong with a requirement if it is.
func (c *checker) when(r *Requirement, wrong bool, format string, args ...any) {
	if wrong {
		c.bad(r, format, args...)
	}
}

// sessionsOver returns how many sessions the requirements that r looks at ask
// for.
func (c *checker) sessionsOver(r *Requirement) (n int) {
	for _, id := range r.Over {
		if o := c.byID[id]; o != nil {
			n += o.Count
		}
	}
	return n
}

// gated sees that what everything waits for waits for nothing itself.
func (c *checker) gated(r *Requirement) {
	if r.Gate != GateStart {
		return
	}
	for _, id := range r.After {
		if o := c.byID[id]; o != nil && o.Gate != GateStart {
			c.bad(r, "everything waits for it, and it waits for %s; take one of them away", id)
		}
	}
	for up := c.parent[r.ID]; up != nil; up = c.parent[up.ID] {
		if up.Type != AllOf {
			c.bad(r, "everything waits for it, but it is only one way to meet %s; move it out", up.ID)
		}
	}
}

// circles finds requirements that wait for themselves: through `after`,
// through an ordering, or because a part waits for its group.
func (c *checker) circles() {
	waits := make(map[string][]string)
	for r := range c.program.All() {
		waits[r.ID] = append(waits[r.ID], r.After...)
		for i := range r.Of {
			waits[r.ID] = append(waits[r.ID], r.Of[i].ID)             // a group is met by its parts
			waits[r.Of[i].ID] = append(waits[r.Of[i].ID], r.After...) // which wait with it
		}
		if r.Type == Ordering {
			for _, id := range r.Over {
				waits[id] = append(waits[id], r.After...)
			}
		}
	}
	const under, done = 1, 2
	state := make(map[string]int)
	var visit func(id string) bool
	visit = func(id string) bool {
		if state[id] != 0 {
			return state[id] == under
		}
		state[id] = under
		for _, next := range waits[id] {
			if visit(next) {
				state[id] = done
				return true
			}
		}
		state[id] = done
		return false
	}
	for r := range c.program.All() {
		if state[r.ID] == 0 && visit(r.ID) {
			c.bad(r, "it waits for something that waits for it; break the circle")
		}
	}
}

// doubles finds pairs of requirements for which one record could count.
func (c *checker) doubles() {
	var all []*Requirement
	for r := range c.program.All() {
		if claims[r.Type] && !r.Shared {
			all = append(all, r)
		}
	}
	for i, a := range all {
		for _, b := range all[i+1:] {
			if c.overlap(a, b) && !c.alternatives(a, b) {
				c.bad(b, "one record could count for it and for %s too; say `shared: true` here if that is meant, or make them differ", a.ID)
			}
		}
	}
}

// claims lists the types that use up what they count.
var claims = map[RequirementType]bool{PracticumSessions: true, HoursMin: true, Consultations: true}

// overlap reports whether one record can fit both of two requirements.
func (c *checker) overlap(a, b *Requirement) bool {
	if !meet(a.Tracks, b.Tracks) {
		return false
	}
	switch {
	case a.Type == PracticumSessions && b.Type == PracticumSessions:
		return same(a.Phase, b.Phase) && meet(a.Kinds, b.Kinds) && meet(a.Parts, b.Parts) && meet(a.Formats, b.Formats) && meet(a.Routes, b.Routes)
	case a.Type == Consultations && b.Type == Consultations:
		return same(a.Variant, b.Variant)
	case a.Type == HoursMin && b.Type == HoursMin:
		return (a.Category == b.Category || a.Category == AnyCategory || b.Category == AnyCategory) &&
			meet(a.Delivery, b.Delivery) && meet(topicNames(a.Topics), topicNames(b.Topics))
	case a.Type == HoursMin:
		return hoursOf[b.Type] == a.Category || a.Category == AnyCategory
	case b.Type == HoursMin:
		return hoursOf[a.Type] == b.Category || b.Category == AnyCategory
	}
	return false
}

// hoursOf is the category of hours that sessions and consultations are.
var hoursOf = map[RequirementType]string{PracticumSessions: "practicum", Consultations: "consultation"}

// meet reports whether two choices have something in common; an empty one is
// everything.
func meet(a, b []string) bool {
	return len(a) == 0 || len(b) == 0 || slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}

func same(a, b string) bool { return a == "" || b == "" || a == b }

func topicNames(topics []TopicHours) (all []string) {
	for _, t := range topics {
		all = append(all, t.Topic)
	}
	return all
}

// alternatives reports whether a and b stand in different branches of a choice,
// so that only one of them is needed.
func (c *checker) alternatives(a, b *Requirement) bool {
	up := make(map[*Requirement]*Requirement) // each group above a, with the branch that a is in
	for r := a; r != nil; r = c.parent[r.ID] {
		up[c.parent[r.ID]] = r
	}
	for r := b; r != nil; r = c.parent[r.ID] {
		group := c.parent[r.ID]
		if branch, ok := up[group]; ok {
			return group != nil && branch != r && (group.Type == AnyOf || group.Type == NOf && group.N == 1)
		}
	}
	return false
}

// windows sees that there is time enough for what takes time.
func (c *checker) windows() {
	var most *Requirement
	for r := range c.program.All() {
		if r.Type == Deadline && (r.From == "" || r.From == "start") && r.Months > 0 && (most == nil || r.Months < most.Months) {
			most = r
		}
	}
	if most == nil {
		return
	}
	for r := range c.program.All() {
		switch weeks := most.Months * 13 / 3; {
		case r.Type == MinDuration && r.Months >= most.Months, r.Type == Consultations && r.Months >= most.Months:
			c.bad(r, "it takes %d months, and %s ends everything after %d", r.Months, most.ID, most.Months)
		case r.WeeklyMax > 0 && r.WeeklyMax*weeks < r.Minutes:
			c.bad(r, "at %d minutes a week it cannot be reached in the %d months of %s", r.WeeklyMax, most.Months, most.ID)
		}
	}
}

// people sees that each track has a way through.
func (c *checker) people() {
	for _, t := range c.program.Tracks {
		if !slices.ContainsFunc(c.program.Requirements, func(r Requirement) bool { return r.For(t.Key) }) {
			c.fields.fault(c.fields.file, c.fields.line, "track %s asks for nothing; give it a requirement", t.Key)
		}
	}
}
