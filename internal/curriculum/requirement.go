package curriculum

// A RequirementType says what a requirement asks for. The list follows DOMAIN
// 2.3.
type RequirementType string

// The requirement types.
const (
	AllOf RequirementType = "all_of"
	AnyOf RequirementType = "any_of" // one of the parts is enough
	NOf   RequirementType = "n_of"   // n of the parts are enough

	LessonsComplete    RequirementType = "lessons_complete"
	QuizPass           RequirementType = "quiz_pass"
	ModuleComplete     RequirementType = "module_complete" // lessons and quiz, or a module carried over
	ExamPassed         RequirementType = "exam_passed"
	HoursMin           RequirementType = "hours_min"
	HoursShareMin      RequirementType = "hours_share_min"
	AttendanceMin      RequirementType = "attendance_min"
	RetreatAttended    RequirementType = "retreat_attended"
	PracticumSessions  RequirementType = "practicum_sessions_min"
	DistinctCases      RequirementType = "distinct_cases_min"
	LogsCountersigned  RequirementType = "logs_countersigned"
	RubricMin          RequirementType = "rubric_min"
	Consultations      RequirementType = "consultation_sessions_min"
	PersonalExperience RequirementType = "personal_experience"
	AlternativeTaken   RequirementType = "alternative_accepted"
	MedicalClearance   RequirementType = "medical_clearance"
	LicenseVerified    RequirementType = "license_verified"
	ProfessionEligible RequirementType = "profession_eligible"
	PriorPractice      RequirementType = "prerequisite_experience"
	PriorTraining      RequirementType = "prior_training"
	CredentialCurrent  RequirementType = "credential_current"
	DocumentSubmitted  RequirementType = "document_submitted"
	Attestation        RequirementType = "attestation"
	AgreementSigned    RequirementType = "agreement_signed"
	AssignmentAccepted RequirementType = "assignment_accepted"
	Letter             RequirementType = "recommendation_letter"
	Evaluation         RequirementType = "evaluation_submitted"
	Admission          RequirementType = "admission_decision"
	FeeCleared         RequirementType = "fee_cleared"
	Deadline           RequirementType = "deadline"
	MinDuration        RequirementType = "min_duration"
	Recency            RequirementType = "recency"
	Ordering           RequirementType = "ordering"
	NoOpenHolds        RequirementType = "no_open_holds"
	SignOff            RequirementType = "role_signoff"
	ProgramConstraint  RequirementType = "program_constraint"
	Renewal            RequirementType = "renewal"
	PrintedName        RequirementType = "printed_name"
)

// The gates: what waits until a requirement is met.
const (
	GateStart = "start" // everything else
	GateIssue = "issue" // the certificate alone, and the trainee is told so from the first day
)

// AnyCategory counts hours of every category.
const AnyCategory = "any"

// A Requirement is a node of what is asked: a group, or one thing to do. Which
// fields it has is a matter of its type; the others are zero. Files speak of
// hours where people do; what is kept is whole minutes.
type Requirement struct {
	ID     string
	Type   RequirementType
	Title  string
	Module ModuleKey     // lessons_complete, quiz_pass, module_complete
	Phase  string        // of practice: "preparation", "medicine", "integration"; "" for any
	Count  int           // how many
	Of     []Requirement // the parts of a group

	Advice string   // the program's own words for the next step; "" for ours
	After  []string // ids of requirements that must be met first
	Tracks []string // keys of the tracks that have it; none: all
	Gate   string   // GateStart, GateIssue or ""
	// Shared says that what counts here may count elsewhere too. Otherwise no
	// record counts for two requirements: a file in which one could is refused.
	Shared bool
	// Carried says that what was carried over from an earlier system counts.
	Carried bool
	// Unwaivable requirements cannot be waived.
	Unwaivable bool

	N         int      // n_of: how many parts
	Subject   string   // the key that a record or an event must carry: an exam, a document, a series of events
	Edition   string   // of a statement, an agreement or a form: "1"
	Statement string   // what is signed
	Codes     []string // professions, licenses or trainings, any of them
	Statuses  []string // of a license, any of them
	By        []string // roles of who accepts, writes or signs

	Minutes int
	Percent int
	Months  int
	Days    int
	Years   int

	Category string       // of hours; AnyCategory for all
	Topics   []TopicHours // hours_min: so much of each topic
	Delivery []string     // live_online, live_in_person, async; none: all
	Among    []string     // hours_share_min: the deliveries of which a share is taken
	Over     []string     // ids of requirements whose evidence, or whose turn, it is about

	Kinds         []string // of practice; none: those of the program
	Parts         []string // taken in practice: observer, co_facilitator, lead_supervised, lead, sitter
	Formats       []string // individual, group, couple
	Routes        []string
	Variant       string   // of a consultation: individual, group, mentoring, supervision; "" for any
	Approved      []string // names or person ids of who may give it; none: anybody
	GroupMax      int      // trainees in a consultation
	Window        int      // rubric_min: the last so many counted logs
	Level         int      // rubric_min: each criterion at least
	Floor         int      // rubric_min: the safety criteria of every signed log at least
	Holds         []string // no_open_holds: kinds; none: all
	LateAfter     int      // attendance: minutes missed that still count as there
	MakeUps       int      // attendance_min: events that may be made up
	WeeklyMax     int      // minutes of one week that count; 0: all
	PagesMin      int
	PagesMax      int
	SourceMin     int
	Jurisdictions []string // of a license; none: any
	Recheck       int      // days after which a check must be repeated; 0: never
	From          string   // deadline, min_duration: "" from the start of the enrollment, or the id of a requirement
}

// TopicHours asks for minutes of one topic.
type TopicHours struct {
	Topic   string
	Minutes int
}

// Group reports whether a requirement is made of others.
func (r *Requirement) Group() bool { return r.Type == AllOf || r.Type == AnyOf || r.Type == NOf }

// For reports whether a requirement is asked of a track.
func (r *Requirement) For(track string) bool {
	if len(r.Tracks) == 0 {
		return true
	}
	for _, t := range r.Tracks {
		if t == track {
			return true
		}
	}
	return false
}
