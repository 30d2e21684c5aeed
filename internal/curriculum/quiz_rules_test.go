package curriculum

import (
	"os"
	"strings"
	"testing"
)

// richQuiz is how the program rich says its quiz rules.
const richQuiz = "{pass_percent: 80, attempts: 3, wait_hours: 24, review: after_pass}"

// withQuiz returns the quiz rules of the program rich with what is given in
// place of its review policy.
func withQuiz(t *testing.T, rules string) QuizRules {
	t.Helper()
	files := testCourse(t)
	edit(t, files, aRich, richQuiz, "{pass_percent: 80, attempts: 3, wait_hours: 24, "+rules+"}")
	return load(t, files).Program("rich").Quiz
}

func TestRetakesAndReviewsAreRead(t *testing.T) {
	for rules, want := range map[string]QuizRules{
		"review: never": {Review: ReviewNever},
		"review: after_pass, counts: last, fresh: false, remediation: lessons": {Review: ReviewAfterPass, Counts: CountsLast, Fresh: AnyItems, Remediation: RemedyLessons},
		"review: {show: answers, when: after_close}, counts: first":            {Reveal: Reveal{ShowAnswers, AfterClose}, Counts: CountsFirst},
		"review: {when: at_once, show: nothing}, remediation: instructor":      {Reveal: Reveal{ShowNothing, AtOnce}, Remediation: RemedyInstructor},
	} {
		want.PassPercent, want.Attempts, want.WaitHours = 80, 3, 24
		if got := withQuiz(t, rules); got != want {
			t.Errorf("%s reads %+v, want %+v", rules, got, want)
		}
	}
	for rules, want := range map[string]Reveal{
		"review: never":      {ShowScore, AtOnce},
		"review: after_pass": {ShowRationales, AfterPass},
		"review: {show: nothing, when: after_close}": {ShowNothing, AfterClose},
	} {
		if got := withQuiz(t, rules).Reveals(); got != want {
			t.Errorf("%s reveals %+v, want %+v", rules, got, want)
		}
	}
}

func TestBadRetakesAndReviewsAreNamed(t *testing.T) {
	for rules, want := range map[string]string{
		"review: sometimes":                           "`review` is \"sometimes\"; it must be one of never, after_pass",
		"review: {show: all, when: at_once}":          "`show` is \"all\"; it must be one of nothing, score, answers, rationales",
		"review: {show: score, when: later}":          "`when` is \"later\"; it must be one of at_once, after_pass, after_close",
		"review: {show: score}":                       "`when` is missing",
		"review: {show: score, when: at_once, to: x}": "there is no field \"to\" here",
		"review: never, counts: worst":                "`counts` is \"worst\"; it must be one of best, last, first",
		"review: never, fresh: maybe":                 "`fresh` must be true or false",
		"review: never, remediation: tea":             "`remediation` is \"tea\"; it must be one of none, lessons, instructor",
	} {
		files := testCourse(t)
		edit(t, files, aRich, richQuiz, "{pass_percent: 80, attempts: 3, wait_hours: 24, "+rules+"}")
		wantFaults(t, files, aRich+":6: "+want)
	}
}

// What a published program leaves out changes nothing about it: neither its
// hash, nor by being spelled out.
func TestSpelledOutDefaultsAreTheSameProgram(t *testing.T) {
	hash := func(quiz string) string {
		files := testCourse(t)
		edit(t, files, aRich, richQuiz, quiz)
		return load(t, files).Program("rich").Hash()
	}
	plain := strings.TrimSuffix(richQuiz, "}")
	if hash(plain+", counts: best, fresh: true, remediation: none}") != hash(richQuiz) {
		t.Error("a program that spells out its defaults has another hash")
	}
	seen := map[string]string{hash(richQuiz): "as it was"}
	for _, more := range []string{", counts: last}", ", counts: first}", ", fresh: false}", ", remediation: lessons}", ", remediation: instructor}"} {
		h := hash(plain + more)
		if other, twice := seen[h]; twice {
			t.Errorf("Hash() with %q is the same as with %q", more, other)
		}
		seen[h] = more
	}
}

func TestChangedQuizRulesAreNamedAsInTheFile(t *testing.T) {
	before := load(t, testCourse(t)).Program("rich")
	files := testCourse(t)
	edit(t, files, aRich, richQuiz, "{pass_percent: 80, attempts: 3, wait_hours: 24, review: {show: answers, when: after_close}, counts: last, fresh: false, remediation: lessons}")
	var said strings.Builder
	for _, c := range DiffPrograms(before, load(t, files).Program("rich")) {
		said.WriteString(c.String() + "\n")
	}
	const want = `quiz.review was after_pass, is not set
quiz.review.show was not set, is answers
quiz.review.when was not set, is after_close
quiz.counts was not set, is last
quiz.fresh was not set, is false
quiz.remediation was not set, is lessons
`
	if said.String() != want {
		t.Errorf("the changes read\n%s\nwant\n%s", &said, want)
	}
}

// The page for authors names every key of the quiz and every value it may have,
// each in a row of its own.
func TestThePageForAuthorsNamesEveryRuleOfTheQuiz(t *testing.T) {
	page, err := os.ReadFile("../../docs/programs.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, there := strings.Cut(string(page), "## The quiz")
	section, _, _ = strings.Cut(section, "\n## ")
	if !there {
		t.Fatal("the page has no section about the quiz")
	}
	for key, values := range map[string][]string{
		"pass_percent": nil, "attempts": nil, "wait_hours": nil,
		"review":      {string(ReviewNever), string(ReviewAfterPass), "show", "when"},
		"counts":      {"best", string(CountsLast), string(CountsFirst)},
		"fresh":       {"true", string(AnyItems)},
		"remediation": {"none", string(RemedyLessons), string(RemedyInstructor)},
		"show":        {string(ShowNothing), string(ShowScore), string(ShowAnswers), string(ShowRationales)},
		"when":        {string(AtOnce), string(AfterPass), string(AfterClose)},
	} {
		row := ""
		for line := range strings.Lines(section) {
			if strings.HasPrefix(line, "| `"+key+"` |") {
				row = line
			}
		}
		if row == "" {
			t.Errorf("the page has no row for %s", key)
		}
		for _, v := range values {
			if !strings.Contains(row, "`"+v+"`") {
				t.Errorf("the row of %s does not name %s", key, v)
			}
		}
	}
}
