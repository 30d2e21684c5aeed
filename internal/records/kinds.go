package records

import (
	"slices"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/curriculum"
)

// This file is the table of all kinds: which fields each has, who enters it,
// who decides on it. What the table says is enforced in form.go; reading it is
// reading the policy.

// A field is one that a person may fill in, by its name in the API.
type field string

const (
	subject      field = "subject"
	value        field = "value"
	edition      field = "edition"
	category     field = "category"
	topic        field = "topic"
	delivery     field = "delivery"
	jurisdiction field = "jurisdiction"
	minutes      field = "minutes"
	quantity     field = "quantity"
	sources      field = "sources"
	groupSize    field = "group_size"
	personID     field = "person_id"
	personName   field = "person_name"
	onDay        field = "on_day"
	expiresOn    field = "expires_on"
	note         field = "note"
)

// What becomes of a record that the trainee enters themself.
type byTrainee int

const (
	never byTrainee = iota // a trainee cannot enter it
	waits                  // somebody must confirm it
	signs                  // it is the trainee's own word, and counts at once
)

// A span is the least and the most that a number may be.
type span struct{ least, most int }

// A shape says which fields a record has.
type shape struct {
	must, may []field
	values    []string // of value
	topics    []string // of topic; none: any key
	minutes   span
	quantity  span
	counts    string // what quantity counts, in the plural
}

// A rule is all that holds for one kind.
type rule struct {
	noun    string // as a sentence names it
	trainee byTrainee
	staff   []access.Role // enter it, and by that confirm it
	decide  []access.Role // confirm, refuse or take back
	shape                 // of what is entered here
	carried *shape        // of what comes from an earlier system; nil when nothing does
	asked   curriculum.RequirementType
	claims  []string // the values that a trainee may claim; none: all
	variant bool     // value says which kind of thing it was, and not how it ended
	early   bool     // may lie before the enrollment
	one     bool     // needs person_id or person_name, one of them
	either  bool     // needs minutes or quantity, or both
	checked bool     // on_day is when somebody of the staff looked, not when it was claimed
	role    byRole   // whose role value is
}

// Whose role the value of a record is.
type byRole int

const (
	noRole       byRole = iota
	actors              // one that whoever enters it has here
	adminOrActor        // the same, unless an admin records it for somebody
)

// Those who teach a trainee or run the program, and those who run it.
var (
	guides = []access.Role{access.Instructor, access.Supervisor, access.Admin}
	admins = []access.Role{access.Admin}
)

var (
	deliveries = []string{"live_online", "live_in_person", "async"}
	variants   = []string{"individual", "group", "mentoring", "supervision"}
	phases     = []string{"preparation", "medicine", "integration"}
	parts      = []string{"observer", "co_facilitator", "lead_supervised", "lead", "sitter"}
)

// The bounds of numbers. A record of what was done here is of one day; a
// carried-over one may sum up years.
const (
	maxRecord       = 24 * 60
	maxConsultation = 8 * 60
	maxDay          = 16 * 60    // of one person on one day
	maxCarried      = 1000 * 60  // of one line
	maxPractice     = 30000 * 60 // of earlier practice
	maxGroup        = 100
	maxSources      = 500
)

var rules = map[Kind]rule{
	Hours: {
		noun: "a record of hours", trainee: waits, staff: guides, decide: guides,
		shape:   shape{must: []field{category, delivery, minutes, onDay}, may: []field{topic, note}, minutes: span{1, maxRecord}},
		carried: &shape{must: []field{category, minutes, onDay}, may: []field{topic, delivery}, minutes: span{1, maxCarried}},
	},
	Consultation: {
		noun: "a consultation", trainee: waits, staff: guides, decide: guides, one: true, variant: true,
		shape: shape{must: []field{value, minutes, onDay}, may: []field{groupSize, personID, personName, note}, values: variants, minutes: span{1, maxConsultation}},
		carried: &shape{must: []field{value, minutes, onDay}, may: []field{quantity}, values: variants,
			minutes: span{1, maxCarried}, quantity: span{1, 1000}, counts: "consultations"},
	},
	Document: {
		noun: "a document", trainee: waits, staff: guides, decide: guides, asked: curriculum.DocumentSubmitted,
		shape: shape{must: []field{subject}, may: []field{onDay, note}},
	},
	Attestation: {
		noun: "an attestation", trainee: signs, decide: admins, asked: curriculum.Attestation,
		shape: shape{must: []field{subject}, may: []field{edition}},
	},
	Agreement: {
		noun: "an agreement", trainee: signs, decide: admins, asked: curriculum.AgreementSigned,
		shape: shape{must: []field{subject}, may: []field{edition}},
	},
	Assignment: {
		noun: "an assignment", trainee: waits, staff: guides, decide: guides, asked: curriculum.AssignmentAccepted,
		shape: shape{must: []field{subject}, may: []field{quantity, sources, onDay, note}, quantity: span{1, 500}, counts: "pages"},
	},
	Letter: {
		noun: "a letter", staff: guides, decide: guides, asked: curriculum.Letter, variant: true, one: true, role: adminOrActor,
		shape: shape{must: []field{value}, may: []field{subject, personID, personName, onDay, note},
			values: []string{"instructor", "supervisor", "admin", "director"}},
	},
	Evaluation: {
		noun: "an evaluation form", trainee: signs, decide: admins, asked: curriculum.Evaluation,
		shape: shape{must: []field{subject}, may: []field{edition}},
	},
	Fee: {
		noun: "a fee", staff: admins, decide: admins, asked: curriculum.FeeCleared, early: true,
		shape: shape{must: []field{subject, value}, may: []field{onDay, note}, values: []string{"cleared", "open"}},
	},
	License: {
		noun: "a license", trainee: waits, staff: admins, decide: admins, early: true, checked: true, claims: []string{"active", "prelicensed"},
		shape: shape{must: []field{subject, jurisdiction, value}, may: []field{onDay, expiresOn, note},
			values: []string{"active", "prelicensed", "lapsed", "disciplined"}},
	},
	Clearance: {
		noun: "a clearance", staff: []access.Role{access.Clearer}, early: true,
		shape: shape{must: []field{subject, value}, may: []field{onDay, expiresOn}, values: []string{"cleared", "not_cleared"}},
	},
	Credential: {
		noun: "a credential", trainee: waits, staff: guides, decide: guides, early: true,
		shape: shape{must: []field{subject}, may: []field{onDay, expiresOn, note}},
	},
	Exam: {
		noun: "an exam", staff: []access.Role{access.Instructor, access.Admin}, decide: []access.Role{access.Instructor, access.Admin},
		asked: curriculum.ExamPassed,
		shape: shape{must: []field{subject, value}, may: []field{quantity, onDay, expiresOn, note}, values: []string{"passed", "failed"},
			quantity: span{1, 100}, counts: "percent"},
	},
	PriorTraining: {
		noun: "an earlier training", trainee: waits, staff: guides, decide: guides, early: true,
		shape: shape{must: []field{subject}, may: []field{onDay, note}},
	},
	PriorPractice: {
		noun: "earlier practice", trainee: waits, staff: guides, decide: guides, early: true, either: true,
		shape: shape{must: []field{subject}, may: []field{minutes, quantity, onDay, note}, minutes: span{1, maxPractice},
			quantity: span{1, 60}, counts: "years"},
	},
	Profession: {
		noun: "a profession", trainee: waits, staff: guides, decide: guides, early: true,
		shape: shape{must: []field{subject}, may: []field{onDay, note}},
	},
	Admission: {
		noun: "an admission decision", staff: []access.Role{access.Admin, access.Director}, decide: []access.Role{access.Admin, access.Director},
		early: true, shape: shape{must: []field{value}, may: []field{onDay, note}, values: []string{"admitted", "declined"}},
	},
	SignOff: {
		noun: "a sign-off", staff: []access.Role{access.Director, access.Supervisor, access.Instructor},
		decide: []access.Role{access.Director, access.Supervisor, access.Instructor}, asked: curriculum.SignOff, variant: true, role: actors,
		shape: shape{must: []field{value}, may: []field{subject, onDay, note}, values: []string{"director", "supervisor", "instructor"}},
	},
	Alternative: {
		noun: "an alternative", staff: []access.Role{access.Instructor, access.Admin}, decide: []access.Role{access.Instructor, access.Admin},
		asked: curriculum.AlternativeTaken,
		shape: shape{must: []field{subject}, may: []field{onDay, note}},
	},
	Session: {
		noun: "a carried-over session", decide: admins, variant: true,
		carried: &shape{must: []field{topic, value, quantity, onDay}, may: []field{minutes}, topics: phases, values: parts,
			minutes: span{1, maxCarried}, quantity: span{1, 1000}, counts: "sessions"},
	},
	Module: {
		noun: "a carried-over module", decide: admins,
		carried: &shape{must: []field{subject, onDay}, may: []field{minutes}, minutes: span{1, maxCarried}},
	},
}

// shapeOf returns the fields that a record has. ok is false where there is no
// such record: a session that was not carried over, or a letter that was.
func (r rule) shapeOf(carried bool) (s shape, ok bool) {
	switch {
	case carried && r.carried != nil:
		return *r.carried, true
	case carried:
		return shape{}, false
	}
	return r.shape, len(r.shape.must) > 0
}

// may reports whether one of an actor's roles is among those asked for.
func may(have, want []access.Role) bool {
	return slices.ContainsFunc(have, func(r access.Role) bool { return slices.Contains(want, r) })
}

// isOwn reports whether the actor is the trainee: that role alone reaches
// one's own enrollment, and no other.
func isOwn(roles []access.Role) bool { return slices.Contains(roles, access.Trainee) }

// entry returns the state of a record that somebody enters in roles, or why
// they cannot enter it.
func (r rule) entry(roles []access.Role) (State, error) {
	switch {
	case isOwn(roles) && r.trainee == waits:
		return Submitted, nil
	case isOwn(roles) && r.trainee == signs, !isOwn(roles) && may(roles, r.staff):
		return Confirmed, nil
	case len(r.shape.must) == 0:
		return "", ErrEnter.Says("What an earlier system holds comes with an opening balance; a program admin carries it over.")
	case r.trainee == signs:
		return "", ErrEnter.Says("Nobody signs " + r.noun + " for a trainee. Ask them to sign it.")
	}
	return "", ErrEnter.Says("Recording " + r.noun + " is for " + theRoles(r.staff, r.trainee != never) + ".")
}

// corrects says why somebody may not correct a record in their roles, or
// nothing. A trainee corrects what they entered themself: what staff found,
// staff correct. What a trainee signed, nobody signs anew for them.
func (r rule) corrects(was *Record, actor string, roles []access.Role) error {
	switch {
	case isOwn(roles) && r.trainee != never && was.EnteredBy == actor && was.Carried == "":
		return nil
	case isOwn(roles):
		return ErrCorrect.Says("Others entered this record. Tell your instructor or a program admin what is wrong with it.")
	case was.Carried != "" && slices.Contains(roles, access.Admin):
		return nil
	case was.Carried == "" && r.trainee != signs && (may(roles, r.staff) || may(roles, r.decide)):
		return nil
	case was.Carried != "":
		return ErrCorrect.Says("A carried-over record is corrected by a program admin.")
	case r.trainee == signs:
		return ErrCorrect.Says("Nobody signs " + r.noun + " for a trainee. Refuse this one with a reason, and ask them to sign again.")
	}
	return ErrCorrect.Says("Correcting " + r.noun + " is for " + theRoles(r.staff, r.trainee != never) + ".")
}

// decides says why somebody may not confirm, refuse or take back a record in
// their roles, or nothing.
func (r rule) decides(roles []access.Role, carried bool) error {
	switch {
	case isOwn(roles):
		return ErrOwn
	case carried && slices.Contains(roles, access.Admin), !carried && may(roles, r.decide):
		return nil
	case r.decide == nil:
		return ErrDecide.Says(capital(r.noun) + " is not decided on. It stands until " + theRoles(r.staff, false) + " corrects it.")
	case carried:
		return ErrDecide.Says("A carried-over record is decided on by a program admin.")
	}
	return ErrDecide.Says("Deciding on " + r.noun + " is for " + theRoles(r.decide, false) + ".")
}

// theRoles names roles in a sentence.
func theRoles(roles []access.Role, trainee bool) string {
	names := map[access.Role]string{
		access.Instructor: "an instructor", access.Supervisor: "a supervisor", access.Admin: "a program admin",
		access.Director: "the program's director", access.Clearer: "a clearer",
	}
	var all []string
	if trainee {
		all = append(all, "the trainee")
	}
	for _, r := range roles {
		all = append(all, names[r])
	}
	return either(all)
}
