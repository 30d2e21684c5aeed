package app_test

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kapstone-lms/kapstone/internal/app"
)

var rewrite = flag.Bool("queries.write", false, "rewrite docs/queries.md")

const queriesPage = "../../docs/queries.md"

// A query is one of the most used: the request that shows it, what the
// statement says, who asks it, and how often.
type query struct{ title, in, says, by, often string }

var mostUsed = []query{
	{"Save answers", "save", "", "the journal, for every answer that a trainee saves",
		"Several times a second for each 100 trainees in an exam; what comes while one runs goes into the next, up to 256 answers in one."},
	{"Who is asking", "", "", "the edge, for every request that carries a token",
		"Once a second for each session in use; those whose second is over at the same moment share one."},
	{"An attempt", "read", `FROM "quiz_attempts"`, "a page that opens or loads again in a quiz, pauses, and the first save that a process sees of an attempt",
		"A few times in each attempt; at once for everybody when a room loses its network."},
	{"Its current answers", "read", `FROM "quiz_answers"`, "the same, and each hand-in", "As often as the one before."},
	{"An enrollment", "resume", `FROM "enrollments"`, "every request below /enrollments/{id}", "Once in each."},
	{"How it goes on", "resume", "LEFT JOIN enrollment_deeds", "every deed of a trainee, and every progress",
		"Once in each; for a cohort once for all of a page."},
	{"The open attempt", "resume", `FROM "quiz_attempts"`, "the start of a quiz, to resume what is open",
		"Everybody within seconds when an exam begins."},
	{"The end of the ledger", "submission", `FROM "audit_entries"`, "every deed, in its transaction", "Once in each; they wait for each other here."},
	{"The quizzes of a page of a cohort", "filled progress", `FROM "quiz_attempts"`, "the progress of a cohort, and its completion list",
		"Whenever a teacher looks; one of the dozen such statements of a page, whatever its length."},
	{"A certificate by its code", "verification", "", "the public check of a certificate", "As often as anybody out there likes."},
}

// Issue 4.4: docs/queries.md shows what is asked most, and how it is run, as it
// is. It is rewritten by make queries.
func TestThePageOfQueriesIsTrue(t *testing.T) {
	shown := make(map[string][]shownQuery) // by home
	eachHome(t, func(t *testing.T, c app.Config) {
		s := filledSchool(t, c)
		s.quiz("ethics_safety")
		s.lists()
		s.ask("filled progress", s.admin, 200, "GET", "/api/v1/cohorts/0b000000-0000-7000-8000-100000000001/progress", nil, nil)
		home := "SQLite"
		if c.DatabaseURL != "" {
			home = "PostgreSQL"
		}
		for _, q := range mostUsed {
			st, ok := s.found(q.in, q.says)
			if q.in == "" {
				st, ok = s.who, true
			}
			if !ok {
				t.Fatalf("%s: no statement says %s", q.title, q.says)
			}
			plan := s.plan(st, false)
			for i := range plan {
				plan[i] = inShort(plan[i])
			}
			shown[home] = append(shown[home], shownQuery{inShort(strings.Join(strings.Fields(st.text), " ")), strings.Join(plan, "\n")})
		}
	})
	if len(shown["SQLite"]) != len(mostUsed) || len(shown["PostgreSQL"]) != len(mostUsed) {
		t.Skip("left out: the page is about both databases")
	}
	page := pageOfQueries(shown)
	if *rewrite {
		if err := os.WriteFile(queriesPage, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	stands, err := os.ReadFile(queriesPage)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := essence(string(stands)), essence(page); a != b {
		t.Errorf("docs/queries.md is not what is asked any more; make queries rewrites it. It comes to\n%s\nand should to\n%s", a, b)
	}
}

type shownQuery struct{ text, plan string }

func pageOfQueries(shown map[string][]shownQuery) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# The ten most used queries\n\n"+
		"What is asked of the database most, by whom, and how it is run, in a school of %d trainees in %d cohorts with %d attempts, %d logs\n"+
		"and %d ledger entries. Values are left out (…), and so are long lists of columns. The page is written by `make queries`; a test holds that\n"+
		"the statements are those of today and are run by the same indexes. How many statements a request sends at most stands in\n"+
		"`internal/app/statements_test.go`, the index of every list in `internal/app/plans_test.go`.\n",
		filledTrainees, filledCohorts, 5*filledTrainees, 3*filledTrainees, 20*filledTrainees)
	for i, q := range mostUsed {
		pg, lite := shown["PostgreSQL"][i], shown["SQLite"][i]
		fmt.Fprintf(&b, "\n## %d. %s\n\nAsked by %s. %s\n\n```sql\n%s\n```\n", i+1, q.title, q.by, q.often, pg.text)
		if lite.text != pg.text {
			fmt.Fprintf(&b, "\nOn SQLite:\n\n```sql\n%s\n```\n", lite.text)
		}
		fmt.Fprintf(&b, "\nPostgreSQL:\n\n```text\n%s\n```\n\nSQLite:\n\n```text\n%s\n```\n", pg.plan, lite.plan)
	}
	return b.String()
}

// inShort leaves out of a statement or a plan what differs from one time to the
// next, and long lists.
func inShort(s string) string {
	for _, r := range []struct{ from, to string }{
		{`'\{[^}]*\}'`, `'{…}'`},
		{`'[0-9a-z]{26}'|'[0-9a-f]{8}-[^']*'`, `'…'`},
		{`('…', )+'…'`, `'…', …`},
		{`^SELECT ("\w+"\."\w+", ){3,}"\w+"\."\w+"`, `SELECT …`},
	} {
		s = regexp.MustCompile(r.from).ReplaceAllString(s, r.to)
	}
	return s
}

// essence is a page with the indexes of its plans in place of the plans: what
// else a plan says may differ from one server to the next.
func essence(page string) string {
	return regexp.MustCompile("(?s)```text\n.*?```").ReplaceAllStringFunc(page, func(plan string) string {
		all := strings.Fields(uses(plan))
		slices.Sort(all)
		return strings.Join(slices.Compact(all), " ")
	})
}
