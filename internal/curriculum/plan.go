package curriculum

// A CaseSet is a set of a module's cases: bit i stands for Cases[i].
type CaseSet uint16

// Has reports whether a set holds the case at a place.
func (s CaseSet) Has(i int) bool { return s>>i&1 == 1 }

// A Demand is what must be drawn of an objective from the items that stand
// alone.
type Demand struct {
	Objective ObjectiveID
	Items     int  // at least so many
	Critical  bool // one of them at least is critical
}

// Need is how many items of an objective every attempt asks at least.
func (o Objective) Need() int {
	if o.Critical {
		return max(o.Quota, 1)
	}
	return o.Quota
}

// A Plan says which sets of cases an attempt can hold. Cases are drawn whole,
// so a set decides what is left for the items that stand alone.
type Plan struct {
	m     *Module
	alone []stock   // by objective
	cases [][]stock // by case, then by objective
}

// A stock is how many items there are of an objective.
type stock struct{ items, critical int }

// Plan makes the plan of a module's quiz.
func (m *Module) Plan() *Plan {
	p := &Plan{m: m, alone: m.stock("")}
	for _, c := range m.Cases {
		p.cases = append(p.cases, m.stock(c.ID))
	}
	return p
}

// stock counts the items of a case, or of none, by objective.
func (m *Module) stock(id CaseID) []stock {
	all := make([]stock, len(m.Objectives))
	for _, it := range m.ItemsOf(id) {
		for i, o := range m.Objectives {
			if o.ID == it.Objective {
				all[i].add(it.Critical)
			}
		}
	}
	return all
}

func (s *stock) add(critical bool) {
	if s.items++; critical {
		s.critical++
	}
}

// Demands returns what a set of cases leaves to the items that stand alone, by
// objective; the rest of an attempt is free. It reports whether an attempt can
// hold exactly this set.
func (p *Plan) Demands(set CaseSet) (all []Demand, ok bool) {
	have := make([]stock, len(p.alone))
	room, alone := p.m.Quiz.Draw, 0
	for i := range p.cases {
		if !set.Has(i) {
			continue
		}
		for j, n := range p.cases[i] {
			have[j].items, have[j].critical = have[j].items+n.items, have[j].critical+n.critical
			room -= n.items
		}
	}
	for _, n := range p.alone {
		alone += n.items
	}
	if room < 0 || room > alone {
		return nil, false
	}
	for i, o := range p.m.Objectives {
		d := Demand{o.ID, max(0, o.Need()-have[i].items), o.Critical && have[i].critical == 0}
		if d.Critical {
			d.Items = max(d.Items, 1)
		}
		if d.Items > p.alone[i].items || d.Critical && p.alone[i].critical == 0 {
			return nil, false
		}
		room -= d.Items
		all = append(all, d)
	}
	return all, room >= 0
}

// Sets returns the sets of cases that an attempt can hold. A module that was
// loaded has at least one.
func (p *Plan) Sets() (all []CaseSet) {
	for set := range CaseSet(1) << len(p.cases) {
		if _, ok := p.Demands(set); ok {
			all = append(all, set)
		}
	}
	return all
}
