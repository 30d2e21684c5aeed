package practicum

import (
	"crypto/rand"
	"slices"
	"strings"
	"time"

	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/fault"
	"github.com/kapstone-lms/kapstone/internal/text"
	"github.com/kapstone-lms/kapstone/internal/vetting"
)

// Status is where a log stands on its way.
type Status string

// The statuses.
const (
	Draft         Status = "draft"
	Submitted     Status = "submitted"
	Returned      Status = "returned"
	Graded        Status = "graded"
	Countersigned Status = "countersigned"
)

// Kind is with whom the practice was.
type Kind string

// The kinds of practice.
const (
	Client   Kind = "client"
	Peer     Kind = "peer"
	RolePlay Kind = "role_play"
)

// Phase is the phase of KAP that was practiced.
type Phase string

// The phases.
const (
	Preparation Phase = "preparation"
	Medicine    Phase = "medicine"
	Integration Phase = "integration"
)

// Grades are grades by criterion, c1 to c7: 1 to 4, or 0 where there was no
// opportunity to observe.
type Grades map[string]int

// Criteria are the seven criteria of the rubric.
var Criteria = curriculum.Criteria

// A Work is the work line of a log: what hours and recency are judged on.
type Work struct {
	ID             string
	EnrollmentID   string
	Kind           Kind
	Phase          Phase
	Format         string
	Participants   int
	Week           string // ISO week, "2026-W47"
	Minutes        int
	ContactMinutes int
	Role           string // the part taken
	Frameworks     []string
	SupervisorID   string // named by the author; "" when nobody is
	Status         Status
	Version        int64
	CreatedAt      db.Time
	UpdatedAt      db.Time
	SubmittedAt    db.Time
	GradedAt       db.Time
	SignedAt       db.Time
}

// A Case is the case line of a log.
type Case struct {
	Ref  string // made by the server; the key to it stays in the clinic's records
	Seq  int    // which session of this case
	Days *int   // since the previous session, if known
	Year int
}

// A Log is a whole log, for its author and its supervisors.
type Log struct {
	Work
	Case Case

	// Only for medicine sessions with clients.
	Route          string
	DoseBand       string // never milligrams
	MonitoredBy    string
	KnewWhomToCall string // "yes" or "no"

	Reflection string
	SelfRating Grades
	Attested   string // the version of the statement, "" until attested
	Detail     Detail // what the full log asks, and consent

	Amends      string // the signed log that this one is a new version of
	AmendReason string

	ReturnReason  string
	ReturnMessage string
	Grades        Grades
	Feedback      string
	ObservedBy    string
	GraderID      string

	SignerID      string
	SignerName    string
	SignerLicense string
	Meaning       string
	Method        string // how the signer proved who they are
	Form          int    // of the signed content; 0 before
	Commitments   map[string]string
	ContentHash   string // SHA-256 of the signed content
	Signature     []byte
	SignatureKID  string
	Broken        bool // the content is not what was signed, or cannot be opened

	salts   map[string]string // of the commitments, by part
	removal *Removal          // made by the deed that returned the log

	sealed map[string]sealed // the texts as they lie in SQL, by column
}

// A sealed text is kept beside what it says, so that a text which stays the
// same also stays the same in SQL.
type sealed struct {
	plain string
	bytes []byte
}

// What an author attests. Logs keep the version, so other words need another
// version.
const (
	Statement     = "1"
	StatementText = "I attest that this log holds no detail that could identify a client."
)

// A Form names what to set in a log. Nil fields stay as they are. The tags are
// the names that faults and offline drafts use.
type Form struct {
	Kind           *Kind     `field:"kind"`
	Phase          *Phase    `field:"phase"`
	Format         *string   `field:"format"`
	Participants   *int      `field:"participants"`
	Week           *string   `field:"week"`
	Minutes        *int      `field:"duration_min"`
	ContactMinutes *int      `field:"direct_contact_min"`
	Role           *string   `field:"role"`
	Frameworks     *[]string `field:"frameworks"`
	SupervisorID   *string   `field:"supervisor_id"`
	CaseRef        *string   `field:"case_ref"`
	CaseSeq        *int      `field:"case_seq"`
	Days           *int      `field:"days_since_previous"`
	Route          *string   `field:"route"`
	DoseBand       *string   `field:"dose_band"`
	MonitoredBy    *string   `field:"monitored_by"`
	KnewWhomToCall *bool     `field:"knew_whom_to_call"`
	Reflection     *string   `field:"reflection"`
	SelfRating     *Grades   `field:"self_rating"`
	Attest         *bool     `field:"attest"`
	DetailForm
}

// The faults of a log's way.
var (
	ErrStale        = fault.New(fault.Conflict, "stale_version", "Somebody changed this log meanwhile. Read it again, then repeat your change.").At("version")
	ErrNotDraft     = fault.New(fault.Conflict, "not_draft", "This log is with your instructor. It can be changed again if it comes back.")
	ErrNotSubmitted = fault.New(fault.Conflict, "not_submitted", "This log is not waiting to be graded.")
	ErrNotGraded    = fault.New(fault.Conflict, "not_graded", "Grade this log before you sign it.")
	ErrLocked       = fault.New(fault.Conflict, "log_locked", "This log is signed and cannot be changed.")
	ErrOwnLog       = fault.New(fault.Forbidden, "own_log", "Nobody grades or signs a log of their own.")
	ErrPhaseFixed   = fault.New(fault.Conflict, "phase_fixed", "The phase of a log stays once it was submitted. Begin another log instead.").At("phase")
)

// texts are the free texts that a form sets.
func (d Form) texts() (all []vetting.Text) {
	if d.Reflection != nil {
		all = append(all, vetting.Text{Field: "reflection", Text: *d.Reflection})
	}
	if d.Question != nil {
		all = append(all, vetting.Text{Field: "question_for_supervisor", Text: *d.Question})
	}
	return all
}

// set copies *from into *to when it is there.
func set[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}

// apply writes a form into the log. With it goes what follows from it: a case
// that is left for another is numbered anew, participants follow the format,
// and answers that are asked of medicine sessions with clients go when the log
// is of none any more.
func (l *Log) apply(d Form) {
	if d.CaseRef != nil && *d.CaseRef != l.Case.Ref {
		l.Case.Seq = 0
	}
	wasClinical := l.clinical()
	set(&l.Kind, d.Kind)
	set(&l.Phase, d.Phase)
	set(&l.Format, d.Format)
	set(&l.Participants, d.Participants)
	set(&l.Week, d.Week)
	set(&l.Minutes, d.Minutes)
	set(&l.ContactMinutes, d.ContactMinutes)
	set(&l.Role, d.Role)
	set(&l.Frameworks, d.Frameworks)
	set(&l.SupervisorID, d.SupervisorID)
	set(&l.Case.Ref, d.CaseRef)
	set(&l.Case.Seq, d.CaseSeq)
	set(&l.Route, d.Route)
	set(&l.DoseBand, d.DoseBand)
	set(&l.MonitoredBy, d.MonitoredBy)
	set(&l.SelfRating, d.SelfRating)
	if d.Days != nil {
		l.Case.Days = d.Days
	}
	if d.KnewWhomToCall != nil {
		l.KnewWhomToCall = map[bool]string{true: "yes", false: "no"}[*d.KnewWhomToCall]
	}
	if d.Reflection != nil {
		l.Reflection = text.Tidy(*d.Reflection)
	}
	if d.Attest != nil {
		l.Attested = map[bool]string{true: Statement}[*d.Attest]
	}
	if d.Format != nil && d.Participants == nil {
		l.Participants = participantsOf(l.Format, l.Participants)
	}
	if wasClinical && !l.clinical() {
		l.dropClinical(d)
	}
	l.applyDetail(d.DetailForm)
}

// participantsOf returns how many take part in a format, given how many did
// before: 0 where the author has to say.
func participantsOf(format string, before int) int {
	switch format {
	case "individual":
		return 1
	case "couple":
		return 2
	case "group":
		if before < 3 {
			return 0
		}
	}
	return before
}

// dropClinical takes out what is asked of medicine sessions with clients only,
// unless the form names it: then it is refused.
func (l *Log) dropClinical(d Form) {
	if d.Route == nil {
		l.Route = ""
	}
	if d.DoseBand == nil {
		l.DoseBand = ""
	}
	if d.MonitoredBy == nil {
		l.MonitoredBy = ""
	}
	if d.KnewWhomToCall == nil {
		l.KnewWhomToCall = ""
	}
}

// editable says why the author may not change the log, or nothing.
func (l *Log) editable(version int64) error {
	switch {
	case l.Status == Countersigned:
		return ErrLocked
	case l.Status != Draft && l.Status != Returned:
		return ErrNotDraft
	case version != l.Version:
		return ErrStale
	}
	return nil
}

// submit puts the log before the graders. earlier says that its case has a
// session before this one; confirmed names the unusual answers that are right.
func (l *Log) submit(b bounds, earlier bool, confirmed ...string) error {
	switch l.Status {
	case Countersigned:
		return ErrLocked
	case Graded:
		return ErrNotDraft
	}
	if err := l.check(b); err != nil {
		return err
	}
	if err := l.complete(earlier, l.detailMissing(b.asks)); err != nil {
		return err
	}
	if err := l.fitDetail(b.asks); err != nil {
		return err
	}
	if err := l.confirm(b.asks, confirmed); err != nil {
		return err
	}
	l.Status, l.UpdatedAt, l.SubmittedAt = Submitted, db.At(b.now), db.At(b.now)
	l.ReturnReason, l.ReturnMessage = "", ""
	return nil
}

// waits says why a grader may not judge the log now, or nothing.
func (l *Log) waits(version int64) error {
	switch {
	case l.Status == Countersigned:
		return ErrLocked
	case l.Status != Submitted:
		return ErrNotSubmitted
	case version != 0 && version != l.Version:
		return ErrStale
	}
	return nil
}

func (l *Log) grade(grader string, v Verdict, at time.Time) error {
	if err := l.waits(v.Version); err != nil {
		return err
	}
	l.Status, l.GraderID, l.Grades, l.Feedback, l.ObservedBy = Graded, grader, v.Grades, v.Feedback, v.ObservedBy
	l.GradedAt, l.UpdatedAt = db.At(at), db.At(at)
	return nil
}

func (l *Log) sendBack(reason, message string, version int64, at time.Time) error {
	if err := l.waits(version); err != nil {
		return err
	}
	l.Status, l.ReturnReason, l.ReturnMessage, l.UpdatedAt = Returned, reason, message, db.At(at)
	return nil
}

// signable says why the log cannot be signed now, or nothing.
func (l *Log) signable() error {
	switch l.Status {
	case Countersigned:
		return ErrLocked
	case Graded:
		return nil
	}
	return ErrNotGraded
}

// countersign puts the signer's lines into a graded log and locks it.
func (l *Log) countersign(sig signature) error {
	if err := l.signable(); err != nil {
		return err
	}
	l.Status, l.SignerID, l.SignerName, l.SignerLicense = Countersigned, sig.signerID, sig.name, sig.license
	l.Meaning, l.Method, l.SignedAt, l.UpdatedAt = sig.meaning, sig.method, sig.at, sig.at
	return nil
}

// letters leaves out those that people take for each other.
const letters = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"

// newCaseRef returns C- and six random characters. It is made of nothing that
// belongs to a person.
func newCaseRef() string {
	var b [6]byte
	rand.Read(b[:]) // never fails
	for i, c := range b {
		b[i] = letters[c%32] // 32 letters: every one as likely
	}
	return "C-" + string(b[:])
}

func isCaseRef(s string) bool {
	rest, ok := strings.CutPrefix(s, "C-")
	return ok && len(rest) == 6 && strings.Trim(rest, letters) == ""
}

func contains(all []string, s string) bool { return slices.Contains(all, s) }
