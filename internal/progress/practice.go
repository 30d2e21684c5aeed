package progress

import (
	"fmt"
	"slices"
	"time"

	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/practicum"
	"github.com/kapstone-lms/kapstone/internal/records"
)

// asked reports whether a session is one of those that a requirement asks for,
// whatever became of it.
func asked(r *curriculum.Requirement, s practicum.Session) bool {
	return (r.Phase == "" || s.Phase == practicum.Phase(r.Phase)) &&
		among(r.Kinds, string(s.Kind)) && among(r.Parts, s.Part) && among(r.Formats, s.Format) && among(r.Routes, s.Route)
}

// among reports whether a choice has s; an empty one has everything.
func among(choice []string, s string) bool { return len(choice) == 0 || slices.Contains(choice, s) }

// counts reports whether a session counts for a requirement, and if not, why.
func (v *evaluation) counts(r *curriculum.Requirement, s practicum.Session) (bool, string) {
	if ok, why := practicum.Counts(v.edition.Practicum, s); !ok {
		return false, why
	}
	switch {
	case v.track != nil && !among(v.track.Roles, s.Part):
		return false, "people on your track do not take this part"
	case r.Months > 0 && s.CountersignedAt.Before(later(v.now, -r.Months)):
		return false, fmt.Sprintf("it is more than %d months old", r.Months)
	}
	return true, ""
}

// counted returns the sessions that count for a requirement.
func (v *evaluation) counted(r *curriculum.Requirement) (all []practicum.Session) {
	for _, s := range v.evidence.Sessions {
		if !asked(r, s) {
			continue
		}
		if ok, _ := v.counts(r, s); ok {
			all = append(all, s)
		}
	}
	return all
}

// sessions counts the signed logs of a kind, and where one is under way says
// who has to move next.
func (v *evaluation) sessions(n *Node, r *curriculum.Requirement) {
	n.Need, n.Have = r.Count, v.carriedSessions(r)
	var best practicum.Status
	var why string
	for _, s := range v.evidence.Sessions {
		if !asked(r, s) {
			continue
		}
		ok, reason := v.counts(r, s)
		switch {
		case ok:
			n.Have++
		case s.AmendedBy != "": // its new version is looked at
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
	n.Missing = []string{fmt.Sprintf("%d signed %s", n.Need-n.Have, sessionWords(r, n.Need-n.Have))}
	if why != "" {
		n.Missing = append(n.Missing, "a logged session does not count: "+why)
	}
	n.Next = next[best]
	if best == "" {
		n.Next = fmt.Sprintf("Practice %s and log it%s.", withArticle(sessionWords(r, 1)), practiceOf(v.kinds(r)))
		n.Call = Call{Method: "POST", Path: "logs"}
		return
	}
	n.Status = InProgress
}

// kinds returns the kinds of practice that count for a requirement.
func (v *evaluation) kinds(r *curriculum.Requirement) []string {
	if len(r.Kinds) > 0 {
		return r.Kinds
	}
	return v.edition.Practicum.Kinds
}

// carriedSessions counts the sessions that were carried over, where the
// program takes them.
func (v *evaluation) carriedSessions(r *curriculum.Requirement) (n int) {
	if !r.Carried || len(r.Formats)+len(r.Routes) > 0 {
		return 0
	}
	for _, x := range v.byKind[records.Session] {
		if x.State == records.Confirmed && (r.Phase == "" || x.Topic == r.Phase) && among(r.Parts, x.Value) {
			n += max(1, x.Quantity)
		}
	}
	return n
}

// sessionWords names the sessions of a requirement: "group medicine sessions as
// observer".
func sessionWords(r *curriculum.Requirement, n int) string {
	words := "session" + plural(n)
	if r.Phase != "" {
		words = r.Phase + " " + words
	}
	if len(r.Formats) > 0 {
		words = either(r.Formats) + " " + words
	}
	if len(r.Parts) > 0 {
		words += " as " + either(mapped(r.Parts, partWord))
	}
	return words
}

func partWord(part string) string {
	switch part {
	case "lead_supervised":
		return "lead under supervision"
	case "co_facilitator":
		return "co-facilitator"
	}
	return part
}

func withArticle(words string) string {
	if slices.Contains([]byte("aeiou"), words[0]) {
		return "an " + words
	}
	return "a " + words
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
		if slices.Contains(kinds, k) {
			all = append(all, words[k])
		}
	}
	if len(all) == 0 {
		return ""
	}
	return "; " + either(all) + " counts"
}

// over returns the sessions that count for the requirements that r looks at, or
// all that count in the program.
func (v *evaluation) over(r *curriculum.Requirement) (all []practicum.Session) {
	if len(r.Over) == 0 {
		return v.counted(&curriculum.Requirement{})
	}
	seen := make(map[string]bool)
	for _, id := range r.Over {
		o := v.requirement(id)
		if o == nil {
			continue
		}
		for _, s := range v.counted(o) {
			if !seen[s.LogID] {
				seen[s.LogID] = true
				all = append(all, s)
			}
		}
	}
	return bySigning(all)
}

// requirement finds a requirement of the program by its id.
func (v *evaluation) requirement(id string) *curriculum.Requirement {
	for r := range v.edition.All() {
		if r.ID == id {
			return r
		}
	}
	return nil
}

// cases counts different cases.
func (v *evaluation) cases(n *Node, r *curriculum.Requirement) {
	cases := make(map[int]bool)
	for _, s := range v.over(r) {
		if s.Case > 0 {
			cases[s.Case] = true
		}
	}
	n.Have, n.Need = min(len(cases), r.Count), r.Count
	if n.Status = reached(n.Have, n.Need); n.Status == Met {
		return
	}
	more := ""
	if n.Have > 0 {
		more = " more"
	}
	n.Missing = []string{fmt.Sprintf("%d%s case%s among your signed sessions", n.Need-n.Have, more, plural(n.Need-n.Have))}
	n.Next = "Begin a new case with your next session: leave the case reference out of the log."
	n.Call = Call{Method: "POST", Path: "logs"}
}

// countersigned asks that no log is left without its signature.
func (v *evaluation) countersigned(n *Node, r *curriculum.Requirement) {
	n.Need = 0
	var oldest time.Time
	for _, s := range v.evidence.Sessions {
		if !v.within(r.Over, s) {
			continue
		}
		n.Need++
		switch {
		case s.Status == practicum.Countersigned && s.Intact && v.signer(r, s):
			n.Have++
		case s.Status == practicum.Submitted || s.Status == practicum.Graded:
			if oldest.IsZero() || s.SubmittedAt.Before(oldest) {
				oldest = s.SubmittedAt
			}
		}
	}
	if n.Need == 0 {
		n.Need, n.Missing = 1, []string{"your first signed log"}
		n.Next, n.Call = "Practice a session and log it.", Call{Method: "POST", Path: "logs"}
		return
	}
	if n.Status = reached(n.Have, n.Need); n.Status == Met {
		return
	}
	n.Missing = []string{fmt.Sprintf("%d signature%s on your logs", n.Need-n.Have, plural(n.Need-n.Have))}
	n.Next = "Send each of your logs to your supervisor, and mend those that come back."
	if r.Days > 0 && !oldest.IsZero() && v.now.Sub(oldest) > time.Duration(r.Days)*24*time.Hour {
		n.Status = Blocked
		n.Next = fmt.Sprintf("A log has waited for more than %d days. Remind your supervisor, or tell your program.", r.Days)
	}
}

// within reports whether a session is asked for by one of some requirements;
// none means any.
func (v *evaluation) within(ids []string, s practicum.Session) bool {
	if len(ids) == 0 {
		return true
	}
	return slices.ContainsFunc(ids, func(id string) bool {
		r := v.requirement(id)
		return r != nil && asked(r, s)
	})
}

func (v *evaluation) signer(r *curriculum.Requirement, s practicum.Session) bool {
	return len(r.Approved) == 0 || slices.Contains(r.Approved, s.SignerID) || slices.Contains(r.Approved, s.SignerName)
}

// rubric looks at the last counted logs: each criterion that was graded is at
// least at the level.
func (v *evaluation) rubric(n *Node, r *curriculum.Requirement) {
	all := v.over(r)
	last := all[max(0, len(all)-r.Window):]
	n.Need = r.Window
	low := make(map[string]bool)
	for _, s := range last {
		good := true
		for _, c := range practicum.Criteria {
			if g := s.Grades[c]; g > 0 && g < r.Level {
				low[c], good = true, false
			}
		}
		if good {
			n.Have++
		}
	}
	n.Status = reached(n.Have, n.Need)
	if len(last) < r.Window {
		n.Missing = append(n.Missing, fmt.Sprintf("%d more signed session%s to look at", r.Window-len(last), plural(r.Window-len(last))))
	}
	for _, c := range practicum.Criteria {
		if low[c] {
			n.Missing = append(n.Missing, fmt.Sprintf("%s below %d in one of your last %d sessions", criterion[c], r.Level, r.Window))
		}
	}
	n.Next = "Go on practicing: your newest signed sessions are looked at."
	if len(low) > 0 {
		n.Next = "Take what was graded low to supervision, and practice on: your newest signed sessions are looked at."
	}
	if r.Floor > 0 && v.belowFloor(r.Floor) > 0 {
		n.Status = Blocked
		n.Missing = append(n.Missing, fmt.Sprintf("a decision about a session in which safety or ethics was graded below %d", r.Floor))
		n.Next = "Your program has to decide about a session that was graded below the safety floor. It will speak with you."
	}
}

// criterion names the seven criteria of the rubric (DOMAIN 4.6).
var criterion = map[string]string{
	"c1": "preparation, screening and consent", "c2": "safety and teamwork", "c3": "presence and trust", "c4": "medicine-session craft",
	"c5": "integration", "c6": "ethics, boundaries, touch and culture", "c7": "reflection, supervision and records",
}

// belowFloor counts signed sessions with a safety criterion below the floor
// whose hold is not cleared.
func (v *evaluation) belowFloor(floor int) (n int) {
	for _, s := range v.evidence.Sessions {
		if s.Status != practicum.Countersigned || v.cleared(s.LogID) {
			continue
		}
		if slices.ContainsFunc(v.edition.Practicum.SafetyCriteria, func(c string) bool { return s.Grades[c] > 0 && s.Grades[c] < floor }) {
			n++
		}
	}
	return n
}

// recency asks that the newest of some sessions is not too old.
func (v *evaluation) recency(n *Node, r *curriculum.Requirement) {
	all := v.over(r)
	if len(all) > 0 && !all[len(all)-1].CountersignedAt.Before(later(v.now, -r.Months)) {
		n.Status, n.Have = Met, 1
		return
	}
	n.Missing = []string{fmt.Sprintf("a signed session of the last %d months", r.Months)}
	n.Next = "Practice a session and log it."
	n.Call = Call{Method: "POST", Path: "logs"}
	if len(all) > 0 {
		n.Status = Expired
		n.Next = "Your last session is too long ago. " + n.Next
	}
}
