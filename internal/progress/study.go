package progress

import (
	"fmt"

	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/quiz"
	"github.com/kapstone-lms/kapstone/internal/records"
)

func (v *evaluation) lessons(n *Node, r *curriculum.Requirement) {
	m := v.course.Module(r.Module)
	n.Have, n.Need = 0, len(m.Lessons)
	for _, l := range m.Lessons {
		if _, done := v.evidence.Lessons[l.ID]; done {
			n.Have++
			continue
		}
		if n.Next == "" {
			n.Next = fmt.Sprintf("Read “%s” (about %d minutes), then mark it complete.", l.Title, l.Minutes)
			n.Call = Call{Method: "PUT", Path: fmt.Sprintf("modules/%s/lessons/%s/completion", m.Key, l.ID)}
		}
		n.Missing = append(n.Missing, l.Title)
	}
	n.Status = reached(n.Have, n.Need)
}

func (v *evaluation) quiz(n *Node, r *curriculum.Requirement) {
	m := v.course.Module(r.Module)
	st := v.evidence.Quizzes[m.Key]
	n.Call = Call{Method: "POST", Path: fmt.Sprintf("modules/%s/attempts", m.Key)}
	n.Missing = []string{fmt.Sprintf("a passed quiz in %s", m.Title)}
	switch rules := v.edition.Quiz; {
	case st.Passed:
		n.Status, n.Have = Met, 1
	case st.OpenAttempt != "":
		n.Status = InProgress
		n.Next = "Go on with the quiz you began and hand it in before its time is over."
	case st.Withheld:
		n.Status, n.Call, n.Missing = InProgress, Call{}, []string{fmt.Sprintf("the result of the quiz in %s", m.Title)}
		n.Next = "You have handed this quiz in. Its result is told when it is over for everybody in your cohort."
	case quiz.Settled(rules, st):
		n.Status, n.Call = Blocked, Call{}
		n.Next = "The first try of this quiz counts, and yours did not pass; any other is practice. Ask an instructor what can be done."
	case quiz.Exhausted(rules, st):
		n.Status, n.Call = Blocked, Call{}
		n.Next = "All your tries are used. Ask an instructor to go through the module with you; that opens one more."
	case quiz.NextTry(rules, st).After(v.now):
		n.Status, n.Call = InProgress, Call{}
		n.Next = fmt.Sprintf("Go over the lessons; you can try again from %s.", quiz.NextTry(rules, st).UTC().Format("January 2, 2006, 15:04 UTC"))
	case quiz.NeedsHelp(rules, st):
		n.Status, n.Call = Blocked, Call{}
		n.Next = "Ask an instructor to go through the module with you and to record it here; that opens the next try."
	case len(quiz.GoBack(rules, m, st, v.evidence.Looked)) > 0:
		l := quiz.GoBack(rules, m, st, v.evidence.Looked)[0]
		n.Status, n.Call = InProgress, Call{Method: "GET", Path: fmt.Sprintf("modules/%s/lessons/%s", m.Key, l.ID)}
		n.Next = fmt.Sprintf("Go back to “%s” (about %d minutes): it is about something you missed. The next try opens after it.", l.Title, l.Minutes)
	case st.Attempts > 0:
		n.Status = InProgress
		n.Next = fmt.Sprintf("Take the quiz again; %s left.", tries(quiz.Left(rules, st)))
	default:
		n.Next = fmt.Sprintf("Take the quiz: %d questions in %d minutes, %d %% to pass, and every safety question right.",
			m.Quiz.Draw, m.Quiz.Minutes, v.edition.Quiz.PassPercent)
	}
}

func tries(n int) string {
	if n == 1 {
		return "one try is"
	}
	return fmt.Sprintf("%d tries are", n)
}

// module is lessons and quiz in one, or a module carried over whole.
func (v *evaluation) module(n *Node, r *curriculum.Requirement) {
	if r.Carried {
		for _, x := range v.byKind[records.Module] {
			if x.State == records.Confirmed && x.Subject == string(r.Module) {
				n.Status, n.Have, n.Note = Met, 1, "Carried over from "+x.Carried
				return
			}
		}
	}
	var lessons, test Node
	v.lessons(&lessons, r)
	v.quiz(&test, r)
	n.Have, n.Need = lessons.Have+test.Have, lessons.Need+1
	n.Status = reached(n.Have, n.Need)
	for _, part := range []Node{lessons, test} {
		if part.Status == Met {
			continue
		}
		if n.Next == "" {
			n.Next, n.Call = part.Next, part.Call
		}
		if part.Status == Blocked && lessons.Status == Met {
			n.Status = Blocked
		}
		n.Missing = append(n.Missing, part.Missing...)
	}
}

// experience answers the same whichever path was taken, and without a date.
func (v *evaluation) experience(n *Node, _ *curriculum.Requirement) {
	if v.evidence.ExperienceMet {
		n.Status, n.Have = Met, 1
		return
	}
	n.Missing = []string{"your attestation"}
	n.Next = "When you have completed your own path, a session or its equal alternative, attest it. Nobody is told which."
	n.Call = Call{Method: "PUT", Path: "personal-experience"}
}

func (v *evaluation) name(n *Node, _ *curriculum.Requirement) {
	if v.evidence.NameConfirmed {
		n.Status, n.Have = Met, 1
		return
	}
	n.Missing = []string{"the name to print"}
	n.Next = "Confirm how your name is to stand on the certificate."
	n.Call = Call{Method: "PUT", Path: "printed-name"}
}
