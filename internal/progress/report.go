package progress

import (
	"time"

	"github.com/kapstone-lms/kapstone/internal/curriculum"
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

// A Report is what is done and what is missing on one enrollment's way.
type Report struct {
	EnrollmentID string
	Program      string
	Version      int
	At           time.Time // when it was worked out
	Status       Status
	Have         int // leaves met
	Need         int // leaves in all
	Requirements []Node
}

// A Node is a requirement as it stands. Have and Need count what the
// requirement is made of: lessons, quizzes, sessions, or the parts of a group.
type Node struct {
	ID      string
	Type    curriculum.RequirementType
	Title   string
	Status  Status
	Have    int
	Need    int
	Missing []string // what is missing, one short phrase each
	Next    string   // what to do next, a sentence; "" when nothing is
	Call    Call     // the request that does it, where there is one
	Of      []Node   // the parts of a group
}

// A Call is an API request in words: a method and a path below
// /enrollments/{id}. The zero Call is none.
type Call struct {
	Method string
	Path   string
}

// Evaluate works out a program's requirements from the evidence at a time. The
// same input gives the same report.
func Evaluate(edition *curriculum.Program, course *curriculum.Course, evidence Evidence, now time.Time) *Report {
	r := &Report{Program: edition.Key, Version: edition.Version, At: now}
	v := evaluation{edition, course, evidence, now}
	for _, req := range edition.Requirements {
		r.Requirements = append(r.Requirements, v.node(req))
	}
	r.Status = together(r.Requirements)
	r.count(r.Requirements)
	return r
}

func (r *Report) count(nodes []Node) {
	for _, n := range nodes {
		switch {
		case n.Type == curriculum.AllOf:
			r.count(n.Of)
		case n.Status == Met:
			r.Have++
			r.Need++
		default:
			r.Need++
		}
	}
}

// Missing lists the leaves that are not met, in the order of the program.
func (r *Report) Missing() []Node { return missing(r.Requirements) }

func missing(nodes []Node) (open []Node) {
	for _, n := range nodes {
		switch {
		case n.Type == curriculum.AllOf:
			open = append(open, missing(n.Of)...)
		case n.Status != Met:
			open = append(open, n)
		}
	}
	return open
}

// together is the status of a group: met when all parts are, blocked when what
// is left cannot go on by the trainee's own doing.
func together(parts []Node) Status {
	var met, blocked, begun int
	for _, n := range parts {
		switch n.Status {
		case Met:
			met++
		case Blocked:
			blocked++
		case InProgress:
			begun++
		}
	}
	switch {
	case met == len(parts):
		return Met
	case met+blocked == len(parts):
		return Blocked
	case met+blocked+begun > 0:
		return InProgress
	}
	return NotMet
}
