package quiz

import (
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/fault"
)

// Grace is how long after its deadline an attempt still takes answers: time
// for a last request to arrive.
const Grace = 10 * time.Second

// late reports whether at is past a deadline and its grace.
func late(at, deadline time.Time) bool { return at.After(deadline.Add(Grace)) }

// The faults of taking a quiz.
var (
	ErrClosed = fault.New(fault.Conflict, "attempt_closed",
		"This attempt is closed: it was handed in, or its time is over. What was saved before counts. Open it again to see the result.")
	ErrStale = fault.New(fault.Conflict, "stale_revision",
		"This answer was changed meanwhile, perhaps on another device. Look at the current one, then save again.").At("revision")
	ErrPaused = fault.New(fault.Conflict, "attempt_paused", "This attempt is paused and its clock stands still. Go on with it, then save again.")
	ErrTurn   = fault.New(fault.Forbidden, "prerequisite",
		"This quiz goes one question at a time, and this is not the one it stands at. Answer that one, or move on from it.")
	ErrNoItem   = fault.New(fault.NotFound, "no_item", "This attempt has no such question.")
	ErrRevision = fault.New(fault.Invalid, "bad_revision", "A revision is a whole number, 0 or more: the one of the answer you replace.").At("revision")
)

// A State is what an attempt is in.
type State string

// The states of an attempt.
const (
	Open      State = "open"
	Submitted State = "submitted" // graded, and never changed again
)

// A Closer says who ended an attempt.
type Closer string

// The closers.
const (
	ByTrainee  Closer = "trainee"
	ByDeadline Closer = "deadline"
)

// An attempt is the row of one try. What follows SubmittedAt is NULL while it
// is open.
type attempt struct {
	bun.BaseModel `bun:"table:quiz_attempts"`

	ID             string `bun:",pk"`
	EnrollmentID   string
	Module         curriculum.ModuleKey
	Number         int // 1 for the first try
	State          State
	Draw           frozen `bun:"type:text"`
	StartedAt      db.Time
	Deadline       db.Time
	AtItem         string  `bun:",nullzero"` // the one item that may be answered now; "" for any
	PausedAt       db.Time // while the clock stands still
	PausedMS       int64   // how long it stood still before
	LimitMS        int64   // the module's time limit, as it was at the start
	PauseLimitMS   int64   // how long the clock may stand still in all
	PausedUntil    db.Time // when a pause under way ends by itself
	SubmittedAt    db.Time
	ClosedBy       Closer                   `bun:",nullzero"`
	Correct        int                      `bun:",nullzero"`
	Asked          int                      `bun:",nullzero"`
	ScorePercent   int                      `bun:",nullzero"`
	Passed         bool                     `bun:",nullzero"`
	CriticalMissed []curriculum.ObjectiveID `bun:"type:text,nullzero"`
	Missed         []curriculum.ObjectiveID `bun:"type:text,nullzero"` // objectives with an answer that was not right
}

// overdue reports whether an attempt is open although nobody may write in it
// any more.
func (a *attempt) overdue(now time.Time) bool { return a.State == Open && late(now, a.Deadline.Time) }

// submit closes a with its score. One that the deadline closes counts as
// handed in at the deadline, whenever that is noticed.
func (a *attempt) submit(now time.Time, s score) {
	a.ClosedBy, a.SubmittedAt = ByTrainee, db.At(now)
	if a.overdue(now) {
		a.ClosedBy, a.SubmittedAt = ByDeadline, a.Deadline
	}
	if a.SubmittedAt.Before(a.StartedAt.Time) { // the clock was set back
		a.SubmittedAt = a.StartedAt
	}
	a.State = Submitted
	a.Correct, a.Asked, a.ScorePercent, a.Passed, a.CriticalMissed = s.correct, s.asked, s.percent, s.passed, s.criticalMissed
}

// A Sheet is an attempt as its trainee may see it: one of the two is set.
type Sheet struct {
	Open   *OpenSheet
	Result *Result
}

// An OpenSheet is an attempt under way. It holds nothing of the key: its ids
// and the order of its items and options were made at random for this attempt.
type OpenSheet struct {
	ID           string
	EnrollmentID string
	Module       curriculum.ModuleKey
	Number       int // 1 for the first try
	Revision     int // how many saves were accepted
	StartedAt    time.Time
	Deadline     time.Time // in a pause as it is when that lasts to its end
	Layout       curriculum.Layout
	AtItem       string            // the one item of a sequential attempt that may be answered; else ""
	ItemCount    int               // of the whole attempt, with those not shown yet
	Items        []Question        // none in a pause; of a sequential attempt up to AtItem
	Answers      map[string]Answer // by the ids of the items
	PausedUntil  time.Time         // when a pause under way ends by itself; zero outside one
	PauseLeft    time.Duration     // how long the clock may still stand still
}

// A Question is an item as it is asked.
type Question struct {
	ID      string
	Kind    curriculum.Kind
	Case    *Vignette // what several questions in a row are about; nil for one that stands alone
	Stem    string
	Unit    string   // of a numeric question: what stands beside the box, or ""
	Prompts []Choice // of a matching question; an option belongs to each
	Options []Choice // none of a numeric or short question: its answer is written
}

// A Vignette is the text of a case, under an id that it has in the attempt.
type Vignette struct {
	ID   string
	Text string
}

// A Choice is an option as it is offered, or a prompt.
type Choice struct {
	ID   string
	Text string
}

// An Answer is the current answer to an item. Response lists ids of options in
// alphabetical order, of an ordering in the order chosen, of a matching pairs
// by prompt, and of a numeric or short question the one text written; it is
// empty when the answer was cleared.
type Answer struct {
	Response []string
	Revision int
	SavedAt  time.Time
}

// A Result is an attempt that was handed in. It names the objectives that were
// missed, of the critical items apart, and no item. What stands from Correct on
// is there only when the score is told.
type Result struct {
	ID             string
	EnrollmentID   string
	Module         curriculum.ModuleKey
	Number         int
	Revision       int
	StartedAt      time.Time
	Deadline       time.Time
	SubmittedAt    time.Time
	ClosedBy       Closer
	Withheld       bool            // the score is not told yet
	More           curriculum.When // from when more is shown than now; "" for never
	Correct        int             // items answered right as a whole
	Asked          int
	ScorePercent   int // of all items, with the parts that count; rounded down
	Passed         bool
	CriticalMissed []curriculum.Objective
	Missed         []MissedObjective // of a try that did not pass
	Review         *Review           // nil unless the program's review policy allows it
	Regraded       *Remark           // nil for one that never was
}

// A MissedObjective is one with an answer that was not right, and the lessons
// about it.
type MissedObjective struct {
	curriculum.Objective
	Lessons []*curriculum.Lesson
}

// A Review shows what was right and, where the program tells it, why, in the
// ids of the attempt. While there are tries left it has only the items that were
// answered.
type Review struct {
	Items []ReviewedItem
}

// A ReviewedItem is an item with the trainee's answer and the right one.
type ReviewedItem struct {
	Question
	Response  []string
	Right     bool
	Answer    []string // the right response
	Tolerance string   // of a numeric item: how far from the answer is still right
	Accepted  []string // of a short item: all forms that are right
	Why       string   // of a numeric or short item; of the others each option says it
	Key       []ReviewedOption
	// Treatment is what a regrade made of the item, "" for nothing. Right goes by
	// the key alone.
	Treatment Treatment
}

// A ReviewedOption says whether an option is in the right response, and why.
// Of an ordering all are.
type ReviewedOption struct {
	ID      string
	Correct bool
	Why     string
}
