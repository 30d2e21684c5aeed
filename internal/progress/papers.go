package progress

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/records"
)

// A paper says how a requirement that one record can meet is told: which
// records it is about, what they must say, and what to do when there is none.
type paper struct {
	kind    records.Kind
	about   func(*curriculum.Requirement, *records.Record) bool                // the record is about this requirement
	lacks   func(*evaluation, *curriculum.Requirement, *records.Record) string // what keeps a confirmed one from counting
	missing string                                                             // with the requirement's subject for %s
	next    string
	staff   bool // entered by the program, so there is nothing for the trainee to send
}

// ofSubject fits records that carry the requirement's key.
func ofSubject(r *curriculum.Requirement, x *records.Record) bool { return x.Subject == r.Subject }

// ofCodes fits records whose subject is one of the requirement's codes.
func ofCodes(r *curriculum.Requirement, x *records.Record) bool { return among(r.Codes, x.Subject) }

func anyRecord(*curriculum.Requirement, *records.Record) bool { return true }

// ofRole fits records of what somebody in a role wrote or signed.
func ofRole(r *curriculum.Requirement, x *records.Record) bool {
	return among(r.By, x.Value) && (r.Subject == "" || x.Subject == r.Subject)
}

// says asks for a record with a value.
func says(value, otherwise string) func(*evaluation, *curriculum.Requirement, *records.Record) string {
	return func(_ *evaluation, _ *curriculum.Requirement, x *records.Record) string {
		if x.Value == value {
			return ""
		}
		return otherwise
	}
}

func ofEdition(_ *evaluation, r *curriculum.Requirement, x *records.Record) string {
	if x.Edition == r.Edition {
		return ""
	}
	return "the text has changed since you signed it; read and sign the new one"
}

var papers = map[curriculum.RequirementType]paper{
	curriculum.ExamPassed:       {records.Exam, ofSubject, exam, "a passed exam: %s", "Take the exam. Your program enters the result.", true},
	curriculum.AlternativeTaken: {records.Alternative, ofSubject, nil, "an accepted %s", "Agree on it with your instructor, who enters it when it is done.", true},
	curriculum.MedicalClearance: {records.Clearance, ofSubject, says("cleared", "not cleared"), "a medical clearance for %s",
		"Ask your program who clears you. Only the result is kept here, nothing medical.", true},
	curriculum.LicenseVerified:    {records.License, ofLicense, license, "a verified license", "Enter your license with its board and its last day; your program checks it with the board.", false},
	curriculum.ProfessionEligible: {records.Profession, ofCodes, nil, "a profession that this program admits", "Enter your profession.", false},
	curriculum.PriorTraining:      {records.PriorTraining, ofCodes, nil, "an earlier training that this program knows", "Enter the training you had and where.", false},
	curriculum.CredentialCurrent:  {records.Credential, ofSubject, nil, "a current %s", "Enter it with its last day.", false},
	curriculum.DocumentSubmitted:  {records.Document, ofSubject, nil, "the document: %s", "Send it to your program, and enter that you did.", false},
	curriculum.Attestation:        {records.Attestation, ofSubject, ofEdition, "your signature under: %s", "Read the statement, then sign it.", false},
	curriculum.AgreementSigned:    {records.Agreement, ofSubject, ofEdition, "your signature under: %s", "Read the agreement, then sign it.", false},
	curriculum.AssignmentAccepted: {records.Assignment, ofSubject, assignment, "an accepted paper: %s", "Write it, send it to your instructor, and enter that you did.", false},
	curriculum.Letter:             {records.Letter, ofRole, nil, "a letter of recommendation", "Ask for it in time; your program enters it when it is there.", true},
	curriculum.Evaluation:         {records.Evaluation, ofSubject, nil, "your evaluation: %s", "Fill in the evaluation form.", false},
	curriculum.Admission:          {records.Admission, anyRecord, says("admitted", "you were not admitted"), "the decision on your admission", "Your program decides and enters it here.", true},
	curriculum.FeeCleared:         {records.Fee, ofSubject, says("cleared", "it is not cleared yet"), "the fee: %s", "Pay it to your program, which enters it here.", true},
	curriculum.SignOff:            {records.SignOff, ofRole, nil, "a sign-off by %s", "When the rest is met, ask for it.", true},
}

// paper looks for the record that meets a requirement.
func (v *evaluation) paper(n *Node, r *curriculum.Requirement) {
	p := papers[r.Type]
	var expired, lacking, refused string
	var waits bool
	for _, x := range v.newest(p, r) {
		switch {
		case x.State == records.Submitted:
			waits = true
		case x.State == records.Refused:
			refused = x.DecisionNote
		case x.State == records.Confirmed:
			why := ""
			if p.lacks != nil {
				why = p.lacks(v, r, x)
			}
			ends := v.ends(r, x)
			switch {
			case why != "":
				lacking = why
			case ends != "" && ends < v.today:
				expired = max(expired, ends)
			default:
				n.Status, n.Have, n.Note = Met, 1, until(ends)
				return
			}
		}
	}
	n.lack(p, r, waits, expired, lacking, refused)
}

// lack tells what keeps a requirement of one record from being met.
func (n *Node) lack(p paper, r *curriculum.Requirement, waits bool, expired, lacking, refused string) {
	n.Missing, n.Next = []string{p.subject(r)}, p.next
	if !p.staff {
		n.Call, n.Sign = entry(p.kind, r.Subject, r.Edition), r.Statement
	}
	switch {
	case waits:
		n.Status, n.Next, n.Call = InProgress, "It waits to be confirmed. Nothing is left for you to do.", Call{}
	case expired != "":
		n.Status = Expired
		n.Missing = append(n.Missing, "what was there held until "+date(expired))
	case lacking != "":
		n.Missing = append(n.Missing, lacking)
	case refused != "":
		n.Missing = append(n.Missing, "what you sent was not accepted: "+refused)
	}
}

// entry is the call that enters a record.
func entry(kind records.Kind, subject, edition string) Call {
	return Call{Method: "POST", Path: "records", Kind: kind, Subject: subject, Edition: edition}
}

// subject says what is missing in a phrase.
func (p paper) subject(r *curriculum.Requirement) string {
	about := plain(r.Subject)
	if r.Type == curriculum.SignOff {
		about = "your " + either(mapped(r.By, plain))
	}
	if slices.Contains([]byte(p.missing), '%') {
		return fmt.Sprintf(p.missing, about)
	}
	return p.missing
}

func until(day string) string {
	if day == "" {
		return ""
	}
	return "Holds until " + date(day)
}

// newest returns the records that a requirement is about. Where the last word
// counts, it returns only the newest that was confirmed, beside those that
// wait.
func (v *evaluation) newest(p paper, r *curriculum.Requirement) (all []*records.Record) {
	last := make(map[string]*records.Record)
	for _, x := range v.byKind[p.kind] {
		switch {
		case !p.about(r, x):
		case !lastWord[p.kind] || x.State != records.Confirmed:
			all = append(all, x)
		default:
			key := x.Subject + "/" + x.Jurisdiction
			last[key] = x // records come in the order of their days
		}
	}
	for _, key := range slices.Sorted(maps.Keys(last)) {
		all = append(all, last[key])
	}
	return all
}

// lastWord lists the kinds of which a newer record undoes an older one.
var lastWord = map[records.Kind]bool{records.License: true, records.Clearance: true, records.Fee: true, records.Admission: true}

// ends is the last day on which a record holds for a requirement, "" for ever.
func (v *evaluation) ends(r *curriculum.Requirement, x *records.Record) string {
	ends := x.ExpiresOn
	sooner := func(day string) {
		if ends == "" || day < ends {
			ends = day
		}
	}
	if day, err := time.Parse(time.DateOnly, x.OnDay); err == nil {
		if r.Recheck > 0 {
			sooner(day.AddDate(0, 0, r.Recheck).Format(time.DateOnly))
		}
		if r.Months > 0 {
			sooner(later(day, r.Months).Format(time.DateOnly))
		}
	}
	return ends
}

func ofLicense(r *curriculum.Requirement, x *records.Record) bool {
	return ofCodes(r, x) && among(r.Jurisdictions, x.Jurisdiction)
}

func license(_ *evaluation, r *curriculum.Requirement, x *records.Record) string {
	if among(r.Statuses, x.Value) {
		return ""
	}
	return fmt.Sprintf("your license is %s; it has to be %s", plain(x.Value), either(mapped(r.Statuses, plain)))
}

func exam(_ *evaluation, r *curriculum.Requirement, x *records.Record) string {
	switch {
	case x.Value != "passed":
		return "the last one was not passed"
	case x.Quantity < r.Percent:
		return fmt.Sprintf("%d %% is asked; you had %d %%", r.Percent, x.Quantity)
	}
	return ""
}

func assignment(_ *evaluation, r *curriculum.Requirement, x *records.Record) string {
	switch {
	case x.Quantity < r.PagesMin || r.PagesMax > 0 && x.Quantity > r.PagesMax:
		return fmt.Sprintf("it has %d pages; %d to %d are asked", x.Quantity, r.PagesMin, r.PagesMax)
	case x.Sources < r.SourceMin:
		return fmt.Sprintf("it names %d sources; %d are asked", x.Sources, r.SourceMin)
	}
	return ""
}

// priorPractice adds up earlier practice, in hours or in years.
func (v *evaluation) priorPractice(n *Node, r *curriculum.Requirement) {
	waits := false
	n.Need = max(r.Minutes, r.Years)
	if r.Minutes > 0 {
		n.Unit = "minutes"
	}
	for _, x := range v.byKind[records.PriorPractice] {
		switch {
		case x.Subject != r.Subject:
		case x.State == records.Submitted:
			waits = true
		case x.State == records.Confirmed && r.Minutes > 0:
			n.Have += x.Minutes
		case x.State == records.Confirmed:
			n.Have += x.Quantity
		}
	}
	n.Have = min(n.Have, n.Need)
	if n.Status = reached(n.Have, n.Need); n.Status == Met {
		return
	}
	left := fmt.Sprintf("%d year%s", n.Need-n.Have, plural(n.Need-n.Have))
	if r.Minutes > 0 {
		left = span(n.Need - n.Have)
	}
	n.Missing = []string{fmt.Sprintf("%s of earlier %s", left, plain(r.Subject))}
	n.Next, n.Call = "Enter what you did, where and for how long.", entry(records.PriorPractice, r.Subject, "")
	if waits {
		n.Status, n.Next, n.Call = InProgress, "It waits to be confirmed. Nothing is left for you to do.", Call{}
	}
}

// consultations counts consultations, and the time and the months they took.
func (v *evaluation) consultations(n *Node, r *curriculum.Requirement) {
	count, first, last := 0, "", ""
	var all []hour
	for _, x := range v.byKind[records.Consultation] {
		if !v.consulted(r, x) {
			continue
		}
		h, _ := hourOf(x)
		all = append(all, h)
		if !h.waiting {
			count += max(1, x.Quantity) // several, where they were carried over
			if first == "" || x.OnDay < first {
				first = x.OnDay
			}
			last = max(last, x.OnDay)
		}
	}
	minutes, waiting := sum(all, r.WeeklyMax, func(hour) bool { return true })
	n.Have, n.Need = min(count, r.Count), r.Count
	if r.Count == 0 {
		n.Unit, n.Have, n.Need = "minutes", min(minutes, r.Minutes), r.Minutes
	}
	if count < r.Count {
		n.Missing = append(n.Missing, fmt.Sprintf("%d %s", r.Count-count, consultationWords(r, r.Count-count)))
	}
	if minutes < r.Minutes {
		n.Missing = append(n.Missing, fmt.Sprintf("%s of consultation", span(r.Minutes-minutes)))
	}
	if r.Months > 0 && first != "" && added(first, r.Months) > last {
		n.Missing = append(n.Missing, fmt.Sprintf("one on or after %s: they are to be spread over %d months", date(added(first, r.Months)), r.Months))
	}
	switch {
	case len(n.Missing) == 0 && count > 0:
		n.Status = Met
		return
	case count > 0:
		n.Status = InProgress
	}
	n.ask(waiting, "consultation")
}

// consulted reports whether a consultation counts for a requirement, or would
// if it were confirmed.
func (v *evaluation) consulted(r *curriculum.Requirement, x *records.Record) bool {
	groups := r.GroupMax
	if groups == 0 {
		groups = v.edition.Constraints.GroupMax
	}
	switch {
	case x.State != records.Confirmed && x.State != records.Submitted, x.Carried != "" && !r.Carried:
		return false
	case r.Variant != "" && x.Value != r.Variant, groups > 0 && x.GroupSize > groups:
		return false
	}
	return len(r.Approved) == 0 || slices.Contains(r.Approved, x.PersonID) || slices.Contains(r.Approved, x.PersonName)
}

func consultationWords(r *curriculum.Requirement, n int) string {
	if r.Variant == "" || r.Variant == "mentoring" || r.Variant == "supervision" {
		if r.Variant == "" {
			return "consultation" + plural(n)
		}
		return r.Variant + " meeting" + plural(n)
	}
	return r.Variant + " consultation" + plural(n)
}
