package progress

import (
	"fmt"
	"strings"
	"time"

	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/practicum"
	"github.com/kapstone-lms/kapstone/internal/quiz"
)

// An evaluation holds what every rule looks at.
type evaluation struct {
	edition  *curriculum.Program
	course   *curriculum.Course
	evidence Evidence
	now      time.Time
}

// node works out one requirement.
func (v evaluation) node(req curriculum.Requirement) Node {
	n := Node{ID: req.ID, Type: req.Type, Title: req.Title, Need: 1}
	switch req.Type {
	case curriculum.AllOf:
		v.group(&n, req)
	case curriculum.LessonsComplete:
		v.lessons(&n, v.course.Module(req.Module))
	case curriculum.QuizPass:
		v.quiz(&n, v.course.Module(req.Module))
	case curriculum.PracticumSessions:
		v.sessions(&n, req)
	case curriculum.PersonalExperience:
		v.experience(&n)
	case curriculum.PrintedName:
		v.name(&n)
	}
	return n
}

func (v evaluation) group(n *Node, req curriculum.Requirement) {
	n.Need = len(req.Of)
	for _, part := range req.Of {
		n.Of = append(n.Of, v.node(part))
	}
	for _, part := range n.Of {
		switch {
		case part.Status == Met:
			n.Have++
			continue
		case n.Next == "":
			n.Next, n.Call = part.Next, part.Call
		}
		n.Missing = append(n.Missing, part.Title)
	}
	n.Status = together(n.Of)
}

func (v evaluation) lessons(n *Node, m *curriculum.Module) {
	n.Need = len(m.Lessons)
	for _, l := range m.Lessons {
		if _, done := v.evidence.Lessons[l.ID]; done {
			n.Have++
			continue
		}
		if n.Next == "" {
			n.Next = fmt.Sprintf("Read “%s” (about %d minutes), then mark it complete.", l.Title, l.Minutes)
			n.Call = Call{"PUT", fmt.Sprintf("modules/%s/lessons/%s/completion", m.Key, l.ID)}
		}
		n.Missing = append(n.Missing, l.Title)
	}
	n.Status = reached(n.Have, n.Need)
}

func reached(have, need int) Status {
	switch {
	case have >= need:
		return Met
	case have > 0:
		return InProgress
	}
	return NotMet
}

func (v evaluation) quiz(n *Node, m *curriculum.Module) {
	st := v.evidence.Quizzes[m.Key]
	n.Call = Call{"POST", fmt.Sprintf("modules/%s/attempts", m.Key)}
	switch rules := v.edition.Quiz; {
	case st.Passed:
		*n = Node{ID: n.ID, Type: n.Type, Title: n.Title, Status: Met, Have: 1, Need: 1}
		return
	case st.OpenAttempt != "":
		n.Status = InProgress
		n.Next = "Go on with the quiz you began and hand it in before its time is over."
	case quiz.Exhausted(rules, st):
		n.Status, n.Call = Blocked, Call{}
		n.Next = "All your tries are used. Ask an instructor to go through the module with you; that opens one more."
	case quiz.NextTry(rules, st).After(v.now):
		n.Status, n.Call = InProgress, Call{}
		n.Next = fmt.Sprintf("Go over the lessons; you can try again from %s.", quiz.NextTry(rules, st).UTC().Format("January 2, 2006, 15:04 UTC"))
	case st.Attempts > 0:
		n.Status = InProgress
		n.Next = fmt.Sprintf("Take the quiz again; %s left.", tries(quiz.Left(rules, st)))
	default:
		n.Status = NotMet
		n.Next = fmt.Sprintf("Take the quiz: %d questions in %d minutes, %d %% to pass, and every safety question right.",
			m.Quiz.Draw, m.Quiz.Minutes, v.edition.Quiz.PassPercent)
	}
	n.Missing = []string{fmt.Sprintf("a passed quiz in %s", m.Title)}
}

func tries(n int) string {
	if n == 1 {
		return "one try is"
	}
	return fmt.Sprintf("%d tries are", n)
}

// sessions counts the signed logs of a phase, and where one is under way says
// who has to move next.
func (v evaluation) sessions(n *Node, req curriculum.Requirement) {
	n.Need = req.Count
	var best practicum.Status
	var why string
	for _, s := range v.evidence.Sessions {
		if s.Phase != practicum.Phase(req.Phase) {
			continue
		}
		ok, reason := practicum.Counts(v.edition.Practicum, s)
		switch {
		case ok:
			n.Have++
		case s.Status == practicum.Countersigned:
			why = reason
		case urgency[s.Status] > urgency[best]:
			best = s.Status
		}
	}
	if n.Status = reached(n.Have, n.Need); n.Status == Met {
		n.Have = n.Need
		return
	}
	n.Missing = []string{fmt.Sprintf("%d signed %s session%s", n.Need-n.Have, req.Phase, plural(n.Need-n.Have))}
	if why != "" {
		n.Missing = append(n.Missing, "a logged session does not count: "+why)
	}
	n.Next = next[best]
	if best == "" {
		n.Next = fmt.Sprintf("Practice a %s session and log it%s.", req.Phase, practiceOf(v.edition.Practicum.Kinds))
		n.Call = Call{"POST", "logs"}
		return
	}
	n.Status = InProgress
}

// urgency orders the states of logs under way by who has to act: what lies
// with the trainee comes first.
var urgency = map[practicum.Status]int{
	practicum.Graded: 1, practicum.Submitted: 2, practicum.Draft: 3, practicum.Returned: 4,
}

var next = map[practicum.Status]string{
	practicum.Draft:     "You have begun a log: finish it and send it to your instructor.",
	practicum.Returned:  "A log came back to you: read what your instructor wrote, mend it and send it again.",
	practicum.Submitted: "Your log is with your instructor. Nothing is left for you to do.",
	practicum.Graded:    "Your log is graded and waits for your instructor's signature.",
}

func practiceOf(kinds []string) string {
	words := map[string]string{"role_play": "role play", "peer": "practice with a peer", "client": "a session with a client"}
	var all []string
	for _, k := range []string{"role_play", "peer", "client"} {
		for _, have := range kinds {
			if have == k {
				all = append(all, words[k])
			}
		}
	}
	switch len(all) {
	case 0:
		return ""
	case 1:
		return "; " + all[0] + " counts"
	}
	return "; " + strings.Join(all[:len(all)-1], ", ") + " or " + all[len(all)-1] + " counts"
}

func plural(n int) string {
	if n == 1 {
		return ""
	}
	return "s"
}

// experience answers the same whichever path was taken, and without a date.
func (v evaluation) experience(n *Node) {
	if v.evidence.ExperienceMet {
		n.Status, n.Have = Met, 1
		return
	}
	n.Status, n.Missing = NotMet, []string{"your attestation"}
	n.Next = "When you have completed your own path, a session or its equal alternative, attest it. Nobody is told which."
	n.Call = Call{"PUT", "personal-experience"}
}

func (v evaluation) name(n *Node) {
	if v.evidence.NameConfirmed {
		n.Status, n.Have = Met, 1
		return
	}
	n.Status, n.Missing = NotMet, []string{"the name to print"}
	n.Next = "Confirm how your name is to stand on the certificate."
	n.Call = Call{"PUT", "printed-name"}
}
