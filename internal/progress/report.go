package progress

import (
	"time"

	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/records"
)

// Status says where a requirement stands.
type Status string

// The statuses.
const (
	Met        Status = "met"
	InProgress Status = "in_progress" // begun, or waiting for somebody else
	NotMet     Status = "not_met"     // nothing is there yet
	Blocked    Status = "blocked"     // it cannot go on until something else is met, or somebody else acts
	Waived     Status = "waived"      // as good as met, by a recorded decision
	Expired    Status = "expired"     // it was met and holds no more, or its time is over
)

// Done reports whether nothing is left to do.
func (s Status) Done() bool { return s == Met || s == Waived }

// A Report is what is done and what is missing on one enrollment's way.
type Report struct {
	EnrollmentID string
	Program      string
	Version      int
	Track        string    // "" where the program has none
	At           time.Time // when it was worked out
	Status       Status    // met when nothing is left
	Have         int       // leaves done
	Need         int       // leaves in all
	Requirements []Node
}

// A Node is a requirement as it stands. Have and Need count what the
// requirement is made of: lessons, quizzes, sessions, the parts of a group, or
// minutes where Unit says so.
type Node struct {
	ID      string
	Type    curriculum.RequirementType
	Title   string
	Status  Status
	Have    int
	Need    int
	Unit    string   // "minutes", or "" for things that are counted
	Note    string   // what is worth knowing about what is done: until when it holds, why it was waived
	Missing []string // what is missing, one short phrase each
	Next    string   // what to do next, a sentence; "" when nothing is
	Call    Call     // the request that does it, where there is one
	Sign    string   // the statement that is to be signed; "" for none
	Of      []Node   // the parts of a group
}

// A Call is an API request in words: a method and a path below
// /enrollments/{id}, and of a record what kind it is to be. The zero Call is
// none.
type Call struct {
	Method  string
	Path    string
	Kind    records.Kind
	Subject string
	Edition string
}

// Evaluate works out a program's requirements from the evidence at a time. The
// same input gives the same report.
func Evaluate(edition *curriculum.Program, course *curriculum.Course, evidence Evidence, now time.Time) *Report {
	v := newEvaluation(edition, course, evidence, now)
	r := &Report{Program: edition.Key, Version: edition.Version, Track: evidence.Track, At: now}
	r.Requirements = v.nodes(edition.Requirements)
	v.settle(r.Requirements)
	r.Status = together(r.Requirements)
	r.count(r.Requirements)
	return r
}

// count counts the leaves: a choice between parts is one.
func (r *Report) count(nodes []Node) {
	for _, n := range nodes {
		switch {
		case n.Type == curriculum.AllOf && n.Status != Waived:
			r.count(n.Of)
		case n.Status.Done():
			r.Have++
			r.Need++
		default:
			r.Need++
		}
	}
}

// Missing lists the leaves that are not done, in the order of the program.
func (r *Report) Missing() []Node { return missing(r.Requirements) }

func missing(nodes []Node) (open []Node) {
	for _, n := range nodes {
		switch {
		case n.Status.Done():
		case n.Type == curriculum.AllOf:
			open = append(open, missing(n.Of)...)
		default:
			open = append(open, n)
		}
	}
	return open
}

// Find returns a node by its id, or nil.
func (r *Report) Find(id string) *Node { return find(r.Requirements, id) }

func find(nodes []Node, id string) *Node {
	for i := range nodes {
		if nodes[i].ID == id {
			return &nodes[i]
		}
		if n := find(nodes[i].Of, id); n != nil {
			return n
		}
	}
	return nil
}

// together is the status of parts of which all are needed: met when all are
// done, blocked or expired when what is left cannot go on by the trainee's own
// doing.
func together(parts []Node) Status {
	n := tally(parts)
	switch {
	case n[Waived] == len(parts) && len(parts) > 0:
		return Waived
	case n[Met]+n[Waived] == len(parts):
		return Met
	case n[Met]+n[Waived]+n[Blocked] == len(parts):
		return Blocked
	case n[Met]+n[Waived]+n[Blocked]+n[Expired] == len(parts):
		return Expired
	case n[NotMet] == len(parts):
		return NotMet
	}
	return InProgress
}

func tally(parts []Node) map[Status]int {
	n := make(map[Status]int, 6)
	for _, p := range parts {
		n[p.Status]++
	}
	return n
}

// enough is the status of parts of which some are needed.
func enough(parts []Node, need int) Status {
	n := tally(parts)
	switch {
	case n[Met] == 0 && n[Waived] >= need:
		return Waived
	case n[Met]+n[Waived] >= need:
		return Met
	case len(parts)-n[Blocked]-n[Expired] < need && n[Expired] == 0:
		return Blocked
	case len(parts)-n[Blocked]-n[Expired] < need:
		return Expired
	case n[NotMet] == len(parts):
		return NotMet
	}
	return InProgress
}
