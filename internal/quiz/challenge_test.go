package quiz

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/once"
)

const (
	said     = "Two of the options say the same."
	answered = "They differ in who decides."
)

func TestAChallengeIsSaidAndAnsweredOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		o := w.begin()
		w.answer(o, false)
		if _, err := w.Challenge(w.trainee, o.ID, "q1", said); !errors.Is(err, ErrNotHandedIn) {
			t.Fatalf("Challenge of an open attempt = %v", err)
		}
		r, err := w.Submit(w.trainee, o.ID)
		if err != nil {
			t.Fatal(err)
		}
		c, err := w.Challenge(w.trainee, o.ID, "q1", "  "+said+"\n")
		f, ferr := w.frame(t.Context(), o.ID)
		if err != nil || ferr != nil {
			t.Fatal(err, ferr)
		}
		want := &Challenge{
			ID: c.ID, EnrollmentID: w.enrollment.ID, AttemptID: o.ID, Item: "q1", Module: module, BankItem: f.questions[0].item.ID,
			CourseHash: w.course.Hash(), Text: said, MadeAt: db.At(w.Clock.Now()), Version: 1,
		}
		if diff := cmp.Diff(want, c); diff != "" {
			t.Errorf("want (-) and got (+):\n%s", diff)
		}
		if again, err := w.Challenge(w.trainee, o.ID, "q1", said); err != nil || again.ID != c.ID {
			t.Errorf("the same words again = %+v, %v; want the first", again, err)
		}
		if _, err := w.Challenge(w.trainee, o.ID, "q1", said+" Really."); !errors.Is(err, ErrChallenged) {
			t.Errorf("other words = %v, want ErrChallenged", err)
		}
		if got, err := w.AnswerChallenge(w.instructor, c.ID, Upheld, answered); err != nil || got.Decision != Upheld || got.Answer != answered || got.Version != 2 {
			t.Fatalf("AnswerChallenge = %+v, %v", got, err)
		}
		if got, err := w.AnswerChallenge(w.instructor, c.ID, Upheld, answered); err != nil || got.Version != 2 {
			t.Errorf("the same answer again = %+v, %v; want the first", got, err)
		}
		for _, by := range []context.Context{w.instructor, w.Admin} {
			if _, err := w.AnswerChallenge(by, c.ID, Declined, answered); !errors.Is(err, ErrAnswered) {
				t.Errorf("another answer = %v, want ErrAnswered", err)
			}
		}
		all, err := w.ChallengesOf(w.trainee, o.ID)
		if err != nil || len(all) != 1 || all[0].Decision != Upheld || all[0].Answer != answered {
			t.Errorf("ChallengesOf = %+v, %v", all, err)
		}
		if now := w.result(o.ID); now.ScorePercent != r.ScorePercent || now.Passed != r.Passed {
			t.Errorf("an upheld challenge made %d %% of %d %%", now.ScorePercent, r.ScorePercent)
		}
		rows, err := audit.List(w.Admin, w.DB, audit.Query{Limit: 100})
		for _, row := range rows {
			if strings.Contains(row.Details, "options") || strings.Contains(row.Details, "differ") {
				t.Errorf("the ledger has what was said: %s", row.Details)
			}
		}
		if err != nil || w.entries("quiz.challenged") != 1 || w.entries("quiz.challenge_answered") != 1 {
			t.Errorf("the ledger has %d challenges and %d answers (%v), want one each", w.entries("quiz.challenged"), w.entries("quiz.challenge_answered"), err)
		}
	})
}

func TestWhoMayChallengeAndAnswer(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		r := w.take(false)
		other, _ := w.Trainee("Otto Other", w.cohort)
		elsewhere := w.Person("Ivo Elsewhere", access.Grant{Role: access.Instructor, Program: program})
		supervisor := w.Person("Sana Supervisor", access.Grant{Role: access.Supervisor, Program: program})
		foreign := w.Person("Xenia Foreign", access.Grant{Role: access.Admin, Program: "another"})
		own := w.Person("Mia Myself", access.Grant{Role: access.Instructor, Program: program}, access.Grant{Role: access.Admin})
		c, err := w.Challenge(w.trainee, r.ID, "q2", said)
		if err != nil {
			t.Fatal(err)
		}
		mine, err := w.Enrollments.Enroll(w.Admin, w.cohort.ID, access.From(own).ID)
		if err != nil {
			t.Fatal(err)
		}
		move := func(to string) { // as if it were one of Mia's own
			t.Helper()
			err := w.DB.Tx(t.Context(), func(ctx context.Context, tx bun.Tx) error {
				_, err := tx.NewRaw(`UPDATE quiz_challenges SET enrollment_id = ?`, to).Exec(ctx)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		challenge := func(ctx context.Context, id, item, text string) error {
			_, err := w.Challenge(ctx, id, item, text)
			return err
		}
		answer := func(ctx context.Context, id string, d Decision, text string) error {
			_, err := w.AnswerChallenge(ctx, id, d, text)
			return err
		}
		list := func(ctx context.Context) (n int, err error) {
			rows, err := w.Challenges(ctx, true, "", 10)
			return len(rows), err
		}
		_, ofOther := w.ChallengesOf(other, r.ID)
		move(mine.ID)
		ownAnswer := answer(own, c.ID, Upheld, answered)
		ownList, err := list(own)
		if err != nil {
			t.Fatal(err)
		}
		move(w.enrollment.ID)
		for name, tt := range map[string]struct {
			err  error
			want string
		}{
			"another's attempt":       {challenge(other, r.ID, "q1", said), "not_found"},
			"no attempt":              {challenge(w.trainee, db.NewID(), "q1", said), "not_found"},
			"no item":                 {challenge(w.trainee, r.ID, "q9", said), "no_item"},
			"the bank's own id":       {challenge(w.trainee, r.ID, string(c.BankItem), said), "no_item"},
			"too short":               {challenge(w.trainee, r.ID, "q1", "Nine char"), "bad_challenge"},
			"too long":                {challenge(w.trainee, r.ID, "q1", strings.Repeat("é", 501)), "bad_challenge"},
			"hostile text":            {challenge(w.trainee, r.ID, "q1", "Some \u202e words."), "bad_challenge"},
			"as the instructor":       {challenge(w.instructor, r.ID, "q1", said), "forbidden"},
			"read by another":         {ofOther, "not_found"},
			"answered by the trainee": {answer(w.trainee, c.ID, Upheld, answered), "forbidden"},
			"by a supervisor":         {answer(supervisor, c.ID, Upheld, answered), "forbidden"},
			"from another cohort":     {answer(elsewhere, c.ID, Upheld, answered), "not_found"},
			"from another program":    {answer(foreign, c.ID, Upheld, answered), "not_found"},
			"one's own":               {ownAnswer, "not_found"},
			"answer to none":          {answer(w.instructor, db.NewID(), Upheld, answered), "not_found"},
			"answer to what is no id": {answer(w.instructor, "x", Upheld, answered), "not_found"},
			"no decision":             {answer(w.instructor, c.ID, "perhaps", answered), "bad_decision"},
			"no answer":               {answer(w.instructor, c.ID, Upheld, "No."), "bad_answer"},
		} {
			if got := codeOf(tt.err); got != tt.want {
				t.Errorf("%s = %q, want %q", name, got, tt.want)
			}
		}
		for name, tt := range map[string]struct {
			who  context.Context
			want int
		}{"the instructor": {w.instructor, 1}, "an admin": {w.Admin, 1}, "another cohort's": {elsewhere, 0}, "another program's": {foreign, 0}} {
			if n, err := list(tt.who); err != nil || n != tt.want {
				t.Errorf("%s sees %d challenges, %v; want %d", name, n, err, tt.want)
			}
		}
		if _, err := list(w.trainee); codeOf(err) != "forbidden" || ownList != 0 {
			t.Errorf("a trainee lists challenges: %v; and %d of one's own are listed", err, ownList)
		}
		if n := w.entries("quiz.challenge_answered"); n != 0 {
			t.Errorf("the ledger has %d answers of people who may not", n)
		}
	})
}

func TestChallengesAreListedPageByPage(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		r := w.take(false)
		var ids []string
		for _, item := range []string{"q3", "q1", "q2"} {
			c, err := w.Challenge(w.trainee, r.ID, item, said)
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, c.ID)
		}
		if _, err := w.AnswerChallenge(w.instructor, ids[1], Declined, answered); err != nil {
			t.Fatal(err)
		}
		for _, tt := range []struct {
			waiting bool
			after   string
			limit   int64
			want    []string
		}{
			{false, "", 2, ids[:2]}, {false, ids[1], 2, ids[2:]}, {true, "", 9, []string{ids[0], ids[2]}}, {true, ids[0], 9, ids[2:]}, {false, ids[2], 9, nil},
		} {
			rows, err := w.Challenges(w.instructor, tt.waiting, tt.after, tt.limit)
			var got []string
			for _, c := range rows {
				got = append(got, c.ID)
			}
			if diff := cmp.Diff(tt.want, got); err != nil || diff != "" {
				t.Errorf("waiting %t, after %q: %v\n%s", tt.waiting, tt.after, err, diff)
			}
		}
	})
}

// Twenty at once, with a key and without: one challenge, one answer.
func TestChallengesRace(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		r := w.take(false)
		ctx := once.With(w.trainee, once.Key{Key: "k", Digest: strings.Repeat("a", 64)})
		var wg sync.WaitGroup
		made, answers := make([]string, 20), make([]error, 20)
		for i := range made {
			wg.Go(func() {
				from := map[bool]context.Context{true: ctx, false: w.trainee}[i%2 == 0]
				c, err := w.Challenge(from, r.ID, "q1", said)
				if err != nil {
					t.Errorf("Challenge = %v", err)
					return
				}
				made[i] = c.ID
			})
		}
		wg.Wait()
		for i := range answers {
			wg.Go(func() {
				_, answers[i] = w.AnswerChallenge(w.instructor, made[0], map[bool]Decision{true: Upheld, false: Declined}[i%2 == 0], answered)
			})
		}
		wg.Wait()
		refused := 0
		for i, err := range answers {
			if made[i] != made[0] {
				t.Errorf("challenge %d is %s, the first %s", i, made[i], made[0])
			}
			if err != nil && !errors.Is(err, ErrAnswered) {
				t.Errorf("AnswerChallenge = %v", err)
			}
			if err != nil {
				refused++
			}
		}
		if refused != 10 || w.count("quiz_challenges", "TRUE") != 1 || w.entries("quiz.challenge_answered") != 1 {
			t.Errorf("%d answers refused, %d rows, %d in the ledger; want 10, 1, 1", refused, w.count("quiz_challenges", "TRUE"), w.entries("quiz.challenge_answered"))
		}
	})
}

func TestTheDatabaseKeepsTheRulesOfChallenges(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		r := w.take(false)
		if _, err := w.Challenge(w.trainee, r.ID, "q1", said); err != nil {
			t.Fatal(err)
		}
		for name, statement := range map[string]string{
			"a second of the same item": `INSERT INTO quiz_challenges (id, enrollment_id, attempt_id, item, module, bank_item, course_hash, text, made_at)
				SELECT 'x', enrollment_id, attempt_id, item, module, bank_item, course_hash, text, made_at FROM quiz_challenges`,
			"a decision without an answer": `UPDATE quiz_challenges SET decision = 'upheld'`,
			"an answer without a decision": `UPDATE quiz_challenges SET answer = 'long enough'`,
			"a decision that is none":      `UPDATE quiz_challenges SET decision = 'maybe', answer = 'long enough', answered_by = NULL, answered_at = 1`,
			"a text that says nothing":     `UPDATE quiz_challenges SET text = 'short'`,
			"a course that is none":        `UPDATE quiz_challenges SET course_hash = 'x'`,
		} {
			err := w.DB.Tx(t.Context(), func(ctx context.Context, tx bun.Tx) error {
				_, err := tx.NewRaw(statement).Exec(ctx)
				return err
			})
			if err == nil {
				t.Errorf("the database took %s", name)
			}
		}
	})
}
