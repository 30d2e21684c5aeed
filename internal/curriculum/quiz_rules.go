package curriculum

import "github.com/goccy/go-yaml/ast"

// What a program says of retakes and of reviews. A value that is the same as
// leaving the key out is kept as nothing, so that the hash of a published
// program does not depend on whether its file spells it out.

// Counts says which of several tries stands.
type Counts string

// Which try stands.
const (
	CountsBest  Counts = ""      // the one that passed, else the best; "best" in the file
	CountsLast  Counts = "last"  // the last one handed in
	CountsFirst Counts = "first" // the first one; what comes after it is practice
)

// Fresh says whether a retake asks first what no earlier try asked.
type Fresh string

// What a retake asks.
const (
	FreshItems Fresh = ""      // what was asked before comes last, as far as the bank allows; true in the file
	AnyItems   Fresh = "false" // any item, as in the first try
)

// A Remedy is the step between a failed try and the next.
type Remedy string

// The remedies.
const (
	RemedyNone       Remedy = ""           // none but the wait; "none" in the file
	RemedyLessons    Remedy = "lessons"    // the lessons of the missed objectives are opened again
	RemedyInstructor Remedy = "instructor" // an instructor goes through the module with the trainee
)

// Show says what is shown of an attempt that was handed in.
type Show string

// What is shown, each more than the one before.
const (
	ShowNothing    Show = "nothing" // that it was handed in; later the score
	ShowScore      Show = "score"   // and the objectives missed
	ShowAnswers    Show = "answers" // and the right responses
	ShowRationales Show = "rationales"
)

// When says from when it is shown.
type When string

// From when.
const (
	AtOnce     When = "at_once"
	AfterPass  When = "after_pass"  // of an attempt that passed
	AfterClose When = "after_close" // when the quiz is over for everybody in the cohort
)

// A Reveal is a review policy: what is shown, and from when. Until then the
// score is shown alone, and with ShowNothing not even that.
type Reveal struct {
	Show Show
	When When
}

// Reveals returns the review policy in its full form.
func (q QuizRules) Reveals() Reveal {
	switch {
	case q.Reveal != Reveal{}:
		return q.Reveal
	case q.Review == ReviewAfterPass:
		return Reveal{ShowRationales, AfterPass}
	}
	return Reveal{ShowScore, AtOnce}
}

// reviewRules reads the review policy: one word, or what and when.
func reviewRules(g fields, q *QuizRules) {
	if _, group := g.at["review"].node.(*ast.MappingNode); !group {
		q.Review = Review(g.one("review", string(ReviewNever), string(ReviewAfterPass)))
		return
	}
	h := g.group("review", "show", "when")
	q.Reveal = Reveal{
		Show: Show(h.one("show", string(ShowNothing), string(ShowScore), string(ShowAnswers), string(ShowRationales))),
		When: When(h.one("when", string(AtOnce), string(AfterPass), string(AfterClose))),
	}
}

// retakeRules reads what another try is like and what it is worth. Each key may
// be left out.
func retakeRules(g fields, q *QuizRules) {
	if g.has("counts") {
		q.Counts = Counts(unless(g.one("counts", "best", string(CountsLast), string(CountsFirst)), "best"))
	}
	if g.has("fresh") && !g.flag("fresh") {
		q.Fresh = AnyItems
	}
	if g.has("remediation") {
		q.Remediation = Remedy(unless(g.one("remediation", "none", string(RemedyLessons), string(RemedyInstructor)), "none"))
	}
}

// unless returns s, and nothing for the word that stands for nothing.
func unless(s, nothing string) string {
	if s == nothing {
		return ""
	}
	return s
}
