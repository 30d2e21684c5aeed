// Package curriculum reads a course as its authors write it, checks it, and
// gives it out as a Course that never changes: modules with their lessons and
// quiz items, and the programs that say what must be done with them.
package curriculum

// Keys are types of their own, so that three strings in a row cannot change
// places.
type (
	// A ModuleKey names a module, such as "ethics_safety".
	ModuleKey string
	// A LessonID names a lesson, such as "sci-1".
	LessonID string
	// An ItemID names a quiz item, such as "sci-01".
	ItemID string
	// A CaseID names a case, such as "sci-case-1".
	CaseID string
	// An OptionID names an option of an item: "a" to "h".
	OptionID string
	// A PromptID names a prompt of a matching item: "1" to "5".
	PromptID string
	// An ObjectiveID names a learning objective of a module.
	ObjectiveID string
)

// A Course is everything under modules/ at one moment: immutable, named by the
// hash of its content.
type Course struct {
	Modules  []*Module  // in their order of study
	Programs []*Program // exactly one has Default

	hash     string
	files    map[string][]byte
	contents map[ModuleKey]string // the hash of each module's files
	places   map[any]place        // of what has an id, for Lint
}

// A place is where something stands.
type place struct {
	file string
	line int
}

// A Module is one unit of study with its quiz.
type Module struct {
	Key        ModuleKey
	Title      string
	Summary    string
	ReviewNote string // who must look at it before it is used
	Objectives []Objective
	Lessons    []*Lesson // in their order of study
	Quiz       Quiz
	Items      []*Item
	Cases      []*Case
	Reviews    []ModuleReview // none: nobody has reviewed the module
}

// An Objective is what a trainee can do after the module. It is critical when
// the bank has a critical item for it: then every attempt asks one.
type Objective struct {
	ID       ObjectiveID
	Text     string
	Critical bool
	Quota    int // every attempt asks so many items of it at least; 0: none by itself
}

// A ModuleReview records that a clinician read the module as it is and found it
// fit to be taught.
type ModuleReview struct {
	Reviewer  string
	License   string
	Date      string // such as 2026-03-31
	Statement string
}

// Quiz says how a module's quiz is drawn and taken.
type Quiz struct {
	Draw       int    // items in an attempt
	Minutes    int    // time limit of an attempt
	Pages      Layout // how a page shows it
	Sequential bool   // one item at a time, without a way back
	Partial    bool   // parts of an answer count, unless an item says otherwise
}

// A Layout says over how many pages a quiz is shown.
type Layout string

// The layouts. A sequential quiz has many pages.
const (
	OnePage   Layout = "one"  // all items one below the other
	ManyPages Layout = "many" // a page for each item
)

// A Lesson is one page of study.
type Lesson struct {
	ID         LessonID
	Title      string
	Minutes    int
	Objectives []ObjectiveID
	Sources    []Source
	HTML       string `file:"text"` // rendered once, sanitized, with its figures
	Figures    int
}

// A Source says where a fact comes from and how sure it is: A is the
// regulator's, the label's or the program's own text, B peer-reviewed or a
// reputable second hand, C a clinic's page or marketing, M not confirmed.
type Source struct {
	Key        string
	What       string
	Confidence string
}

// A Case is a short vignette of which two or three items ask. They are drawn
// together, in the order of the bank.
type Case struct {
	ID   CaseID
	Text string
}

// An Item is a quiz question with its key: Correct of its options, the option of
// each prompt, the order of the options, Answer with its Tolerance, or Accept.
// Neither the key nor any Why may leave the server before the program's review
// policy allows it.
type Item struct {
	ID         ItemID
	Lesson     LessonID
	Objective  ObjectiveID
	Kind       Kind
	Critical   bool   // anything but full credit fails the attempt whatever the score
	Partial    bool   // parts of an answer count: see Credit
	Case       CaseID // "" for an item that stands alone
	Stem       string
	Prompts    []Prompt // of a matching item, else none
	Options    []Option // of an ordering item in their right order; none of a numeric or short one
	Answer     string   // of a numeric item, in the spelling of Canonical
	Tolerance  string   // of a numeric item: how far an answer may be off, such as "0"
	Unit       string   // of a numeric item: what stands beside the box, or ""
	Accept     []string // of a short item: the right answers, the first for a review to show
	Why        string   // of a numeric or short item: why it is so
	Sources    []string
	Confidence string
	Note       string // for instructors
}

// An Option is one choice of an item.
type Option struct {
	ID      OptionID
	Text    string
	Correct bool   // of single and multiple items only
	Why     string // why it is right or wrong, stands at its place, or belongs where it does
}

// A Prompt is what an option of a matching item belongs to.
type Prompt struct {
	ID     PromptID
	Text   string
	Option OptionID // the right one; no other prompt has it
}

// A Program is what somebody must do for a certificate: rules as data.
type Program struct {
	Key          string
	Version      int
	Title        string
	Summary      string
	Default      bool
	Certificate  Certificate
	Quiz         QuizRules
	Lessons      LessonRule
	Practicum    PracticumRules
	Experience   ExperienceRules
	Tracks       []Track
	Duties       Duties
	Constraints  Constraints
	Example      bool // shows how a real program could read; nobody can be enrolled in it
	Requirements []Requirement
}

// A Track is a way through a program for people of one standing (DOMAIN 2.3,
// row 19). A program without tracks is the same for everybody.
type Track struct {
	Key         string
	Title       string
	Professions []string // the codes that may take it; none: anybody
	// PreLicensed lets people in whose license is still to come: they may train,
	// and the certificate waits for the license requirement.
	PreLicensed bool
	Roles       []string // the parts that may be taken in practice; none: all
	Certificate Certificate
}

// Duties says which deeds need a second person (DESIGN 2.18).
type Duties struct {
	WaiverAlone bool // one person may both propose and approve a waiver
	ReplyDays   int  // how long a trainee may reply to a hold; 0 means 14
}

// Constraints bind the program rather than the trainee (DOMAIN 2.3, row 31).
type Constraints struct {
	CohortMax    int // enrollments in a cohort; 0: no limit
	LeadersMin   int // instructors that a cohort needs; 0: none asked
	GroupMax     int // trainees in a group consultation; 0: no limit
	DirectorsMin int // directors that the program needs; 0: none asked
}

// Certificate holds the words of the program's certificate.
type Certificate struct {
	Title string
	Text  string // what stands below the title; "" for the program's usual words
}

// QuizRules says how quizzes are passed in a program.
type QuizRules struct {
	PassPercent int    // 1..100
	Attempts    int    // tries before an instructor must help
	WaitHours   int    // between a failed try and the next
	Review      Review // what a trainee sees of the key, and when, in one word; "" where Reveal says it
	Reveal      Reveal `file:"review"`
	Counts      Counts
	Fresh       Fresh
	Remediation Remedy // what comes before the next try after a failed one
}

// A Review policy says when a trainee may see which answers were right.
type Review string

// The review policies.
const (
	ReviewNever     Review = "never"      // score and objectives only
	ReviewAfterPass Review = "after_pass" // answers and rationales of an attempt that passed
)

// A LessonRule says whether a lesson must be opened before it is completed.
type LessonRule string

// The lesson rules.
const (
	LessonsAny         LessonRule = "any"
	LessonsOpenedFirst LessonRule = "opened_first"
)

// PracticumRules says which logged sessions count.
type PracticumRules struct {
	Kinds          []string    // "client", "peer", "role_play"
	SafetyCriteria []string    // criteria with a floor, such as "c2"
	SafetyFloor    int         // a counted log has no lower grade in those; a lower one opens a hold
	Rubric         []Criterion // the program's own words; none: the usual ones, see TheRubric
	SelfRating     bool        // trainees rate themselves before they send a log
	GradeDays      int         // within which a submitted log is graded; 0: none stated
	SecondPercent  int         // of graded logs that a second rater grades too; 0: none
	Log            LogRules    // what is asked of a log
}

// ExperienceRules holds the attestation that ends the personal experience
// requirement, the same for both paths.
type ExperienceRules struct {
	Version   string // of the statement
	Statement string
	Minutes   int
	// Paths are the ways of equal minutes and equal cost from which the trainee
	// chooses in private; none: the statement alone is asked for.
	Paths []Path
}

// A Path is one way to meet the personal experience requirement.
type Path struct {
	Key     string
	Title   string
	Summary string
	Minutes int
	Cost    int // whole dollars that the program charges for it
	// Knows lists, in words, who will inevitably learn of this choice: told
	// before it is made. Empty for a path that nobody learns of.
	Knows []string
	// Clearance says that a clearer must have cleared the trainee first.
	Clearance bool
}
