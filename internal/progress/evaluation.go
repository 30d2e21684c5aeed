package progress

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/practicum"
	"github.com/kapstone-lms/kapstone/internal/records"
	"github.com/kapstone-lms/kapstone/internal/standing"
)

// An evaluation holds what every rule looks at.
type evaluation struct {
	edition  *curriculum.Program
	course   *curriculum.Course
	evidence Evidence
	now      time.Time
	today    string // where the cohort is

	track  *curriculum.Track
	byKind map[records.Kind][]*records.Record
	waived map[string]*standing.Waiver
	reqs   map[string]*curriculum.Requirement // those that are asked, by id
	bare   map[string]Node                    // as each stands by itself, by id
	first  map[string]Node                    // what comes before each that has to wait, by its id
	hours  []hour                             // worked out when first asked for
}

func newEvaluation(edition *curriculum.Program, course *curriculum.Course, e Evidence, now time.Time) *evaluation {
	zone := e.Zone
	if zone == nil {
		zone = time.UTC
	}
	v := &evaluation{
		edition: edition, course: course, evidence: e, now: now, today: now.In(zone).Format(time.DateOnly), track: edition.Track(e.Track),
		byKind: make(map[records.Kind][]*records.Record), waived: make(map[string]*standing.Waiver),
		reqs: make(map[string]*curriculum.Requirement), bare: make(map[string]Node), first: make(map[string]Node),
	}
	v.evidence.Records, v.evidence.Sessions = inOrder(e.Records), bySigning(e.Sessions)
	for _, r := range v.evidence.Records {
		v.byKind[r.Kind] = append(v.byKind[r.Kind], r)
	}
	for _, w := range e.Waivers {
		if w.State == standing.Approved {
			v.waived[w.Requirement] = w
		}
	}
	return v
}

// inOrder returns records by the day they are about, so that the order in which
// they come changes no word of a report.
func inOrder(all []*records.Record) []*records.Record {
	if slices.IsSortedFunc(all, older) {
		return all
	}
	return slices.SortedFunc(slices.Values(all), older)
}

func older(a, b *records.Record) int {
	return cmp.Or(cmp.Compare(a.OnDay, b.OnDay), cmp.Compare(a.ID, b.ID))
}

// bySigning returns sessions in the order in which they were signed.
func bySigning(all []practicum.Session) []practicum.Session {
	earlier := func(a, b practicum.Session) int {
		return cmp.Or(a.CountersignedAt.Compare(b.CountersignedAt), cmp.Compare(a.LogID, b.LogID))
	}
	if slices.IsSortedFunc(all, earlier) {
		return all
	}
	return slices.SortedFunc(slices.Values(all), earlier)
}

// nodes works out requirements by themselves: who waits for whom comes after.
func (v *evaluation) nodes(all []curriculum.Requirement) (nodes []Node) {
	for i := range all {
		r := &all[i]
		if !r.For(v.evidence.Track) {
			continue
		}
		if n := v.node(r); !r.Group() || len(n.Of) > 0 { // a group may be empty for a track
			nodes = append(nodes, n)
		}
	}
	return nodes
}

// node works out one requirement.
func (v *evaluation) node(r *curriculum.Requirement) Node {
	n := begin(r)
	v.reqs[r.ID] = r
	if r.Group() {
		n.Of = v.nodes(r.Of)
		n.sum(r)
	} else if rule := rules[r.Type]; rule != nil {
		rule(v, &n, r)
	}
	v.finish(&n, r)
	return n
}

// begin is a requirement of which nothing is known yet.
func begin(r *curriculum.Requirement) Node {
	return Node{ID: r.ID, Type: r.Type, Title: r.Title, Status: NotMet, Need: 1}
}

// finish applies a waiver and the program's own words, and keeps how the
// requirement stands by itself.
func (v *evaluation) finish(n *Node, r *curriculum.Requirement) {
	v.relieve(n)
	switch {
	case n.Status.Done():
		n.Missing, n.Next, n.Call, n.Sign = nil, "", Call{}, ""
	case r.Advice != "":
		n.Next = r.Advice
	}
	if r.Gate == curriculum.GateIssue && !n.Status.Done() {
		n.Note = "Asked for on the day of the certificate; it holds up nothing before."
	}
	v.bare[r.ID] = *n
}

// relieve applies a waiver. What was met without it stays met.
func (v *evaluation) relieve(n *Node) {
	if w := v.waived[n.ID]; w != nil && n.Status != Met {
		n.Status, n.Have, n.Note = Waived, n.Need, "Waived: "+w.Reason
	}
}

// sum makes a group of its parts.
func (n *Node) sum(r *curriculum.Requirement) {
	need := len(n.Of)
	switch r.Type {
	case curriculum.AnyOf:
		need = min(1, need)
	case curriculum.NOf:
		need = min(r.N, need)
	}
	done := 0
	for _, part := range n.Of {
		if part.Status.Done() {
			done++
		}
	}
	n.Have, n.Need, n.Missing, n.Next, n.Call = min(done, need), need, nil, "", Call{}
	if r.Type == curriculum.AllOf {
		n.Status = together(n.Of)
	} else {
		n.Status = enough(n.Of, need)
	}
	if !n.Status.Done() {
		n.missParts(r, need-done)
	}
}

// missParts says what a group is missing and which part to take up.
func (n *Node) missParts(r *curriculum.Requirement, left int) {
	var open []Node
	for _, part := range n.Of {
		if !part.Status.Done() {
			open = append(open, part)
			n.Missing = append(n.Missing, part.Title)
		}
	}
	best := slices.IndexFunc(open, func(p Node) bool { return p.Status == InProgress })
	if r.Type != curriculum.AllOf && best < 0 {
		n.Missing = []string{fmt.Sprintf("%d of: %s", left, strings.Join(n.Missing, "; "))}
		n.Next = fmt.Sprintf("Choose %s of these: %s.", numeral(left), strings.Join(titles(open), "; "))
		return
	}
	if r.Type == curriculum.AllOf {
		best = slices.IndexFunc(open, func(p Node) bool { return p.Status != Blocked && p.Next != "" })
	}
	if best = max(best, 0); best < len(open) {
		n.Next, n.Call = open[best].Next, open[best].Call
	}
}

func titles(nodes []Node) (all []string) {
	for _, n := range nodes {
		all = append(all, n.Title)
	}
	return all
}

// settle works out what depends on the rest of the tree: orderings, then
// deadlines, then who has to wait.
func (v *evaluation) settle(nodes []Node) {
	v.again(nodes, curriculum.Ordering, v.ordering)
	v.again(nodes, curriculum.Deadline, func(n *Node, r *curriculum.Requirement) { v.deadline(n, r, nodes) })
	before := make(map[string][]string)
	var gates []string
	for r := range v.edition.All() {
		if v.reqs[r.ID] == nil {
			continue
		}
		before[r.ID] = append(before[r.ID], r.After...)
		switch {
		case r.Type == curriculum.Ordering:
			for _, id := range r.Over {
				before[id] = append(before[id], r.After...)
			}
		case r.Gate == curriculum.GateStart:
			gates = append(gates, r.ID)
		}
	}
	v.hold(nodes, before, gates)
}

// again works out the requirements of one type in a tree whose others are
// known, and sums up the groups anew.
func (v *evaluation) again(nodes []Node, typ curriculum.RequirementType, rule func(*Node, *curriculum.Requirement)) {
	for i := range nodes {
		n, r := &nodes[i], v.reqs[nodes[i].ID]
		switch {
		case len(n.Of) > 0:
			v.again(n.Of, typ, rule)
			if n.Status != Waived {
				n.sum(r)
				v.finish(n, r)
			}
		case r.Type == typ:
			*n = begin(r)
			rule(n, r)
			v.finish(n, r)
		}
	}
}

// hold goes through the tree with what everything in it waits for.
func (v *evaluation) hold(nodes []Node, before map[string][]string, waits []string) {
	for i := range nodes {
		n, r := &nodes[i], v.reqs[nodes[i].ID]
		if n.Status.Done() {
			continue
		}
		own := append(slices.Clone(waits), before[n.ID]...)
		if r.Gate == curriculum.GateStart {
			own = before[n.ID]
		}
		if len(n.Of) > 0 {
			v.hold(n.Of, before, own)
			if n.sum(r); r.Advice != "" {
				n.Next = r.Advice
			}
			continue
		}
		for _, id := range own {
			if first, ok := v.bare[id]; ok && !first.Status.Done() && n.Status != Expired && r.Type != curriculum.Ordering {
				n.Status, n.Call, v.first[n.ID] = Blocked, Call{}, first
				n.Next = fmt.Sprintf("First: %s.", strings.TrimSuffix(first.Title, "."))
				break
			}
		}
	}
}

// reached is the status of something that is counted.
func reached(have, need int) Status {
	switch {
	case have >= need:
		return Met
	case have > 0:
		return InProgress
	}
	return NotMet
}

// rules says how each requirement that is no group is worked out.
var rules = map[curriculum.RequirementType]func(*evaluation, *Node, *curriculum.Requirement){
	curriculum.LessonsComplete:    (*evaluation).lessons,
	curriculum.QuizPass:           (*evaluation).quiz,
	curriculum.ModuleComplete:     (*evaluation).module,
	curriculum.HoursMin:           (*evaluation).hoursMin,
	curriculum.HoursShareMin:      (*evaluation).share,
	curriculum.AttendanceMin:      (*evaluation).attendance,
	curriculum.RetreatAttended:    (*evaluation).retreat,
	curriculum.PracticumSessions:  (*evaluation).sessions,
	curriculum.DistinctCases:      (*evaluation).cases,
	curriculum.LogsCountersigned:  (*evaluation).countersigned,
	curriculum.RubricMin:          (*evaluation).rubric,
	curriculum.Consultations:      (*evaluation).consultations,
	curriculum.PersonalExperience: (*evaluation).experience,
	curriculum.PriorPractice:      (*evaluation).priorPractice,
	curriculum.MinDuration:        (*evaluation).minDuration,
	curriculum.Recency:            (*evaluation).recency,
	curriculum.NoOpenHolds:        (*evaluation).holds,
	curriculum.ProgramConstraint:  (*evaluation).constraint,
	curriculum.Renewal:            (*evaluation).renewal,
	curriculum.PrintedName:        (*evaluation).name,

	curriculum.ExamPassed:         (*evaluation).paper,
	curriculum.AlternativeTaken:   (*evaluation).paper,
	curriculum.MedicalClearance:   (*evaluation).paper,
	curriculum.LicenseVerified:    (*evaluation).paper,
	curriculum.ProfessionEligible: (*evaluation).paper,
	curriculum.PriorTraining:      (*evaluation).paper,
	curriculum.CredentialCurrent:  (*evaluation).paper,
	curriculum.DocumentSubmitted:  (*evaluation).paper,
	curriculum.Attestation:        (*evaluation).paper,
	curriculum.AgreementSigned:    (*evaluation).paper,
	curriculum.AssignmentAccepted: (*evaluation).paper,
	curriculum.Letter:             (*evaluation).paper,
	curriculum.Evaluation:         (*evaluation).paper,
	curriculum.Admission:          (*evaluation).paper,
	curriculum.FeeCleared:         (*evaluation).paper,
	curriculum.SignOff:            (*evaluation).paper,
}
