package quiz

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/dbtest"
	"github.com/kapstone-lms/kapstone/internal/fault"
	"github.com/kapstone-lms/kapstone/internal/schooltest"
)

// eachKinds runs f in the two homes with the course of every kind.
func eachKinds(t *testing.T, f func(t *testing.T, w *world)) {
	t.Helper()
	dbtest.EachURL(t, func(t *testing.T, url string) {
		live := inProcess
		if db.IsPostgres(url) {
			live = inRedis
		}
		f(t, newWorldOf(t, url, live, schooltest.Kinds(t, program)))
	})
}

// of returns the questions of a kind.
func of(o *OpenSheet, k curriculum.Kind) (all []Question) {
	for _, q := range o.Items {
		if q.Kind == k {
			all = append(all, q)
		}
	}
	return all
}

func TestAnAttemptWithEveryKindFromStartToReview(t *testing.T) {
	eachKinds(t, func(t *testing.T, w *world) {
		o := w.begin()
		if len(o.Items) != 9 || len(of(o, curriculum.InOrder)) != 2 || len(of(o, curriculum.Matching)) != 1 || len(of(o, curriculum.Numeric)) != 1 || len(of(o, curriculum.Short)) != 1 {
			t.Fatalf("the attempt asks %+v, want two orderings, a matching, a number and a word among nine", o.Items)
		}
		wantCase(t, o)
		if text := fmt.Sprintf("%+v", o); strings.Contains(text, "CANARY") || strings.Contains(text, "7654") || strings.Contains(text, "kin-") {
			t.Errorf("the open sheet tells the key or the bank's ids: %s", text)
		}
		key := w.key(o.ID)
		revision := make(map[string]int)
		for _, q := range o.Items { // first what is not finished, then what is right
			for _, response := range [][]string{key[q.ID][:1], key[q.ID]} {
				got, err := w.Save(w.trainee, o.ID, q.ID, response, revision[q.ID])
				if revision[q.ID]++; err != nil || got.Revision != revision[q.ID] {
					t.Fatalf("Save of %q for a %s question = %+v, %v", response, q.Kind, got, err)
				}
			}
		}
		resumed := w.begin()
		for _, q := range o.Items {
			if d := cmp.Diff(key[q.ID], resumed.Answers[q.ID].Response); d != "" {
				t.Errorf("the answer to a %s question comes back as (-saved +read):\n%s", q.Kind, d)
			}
		}
		r, err := w.Submit(w.trainee, o.ID)
		if err != nil || r.Correct != 9 || !r.Passed || r.Review == nil {
			t.Fatalf("Submit = %+v, %v; want all right and a review", r, err)
		}
		for i, it := range r.Review.Items {
			if d := cmp.Diff(o.Items[i], it.Question); d != "" || !it.Right || !slices.Equal(it.Answer, key[it.ID]) || !slices.Equal(it.Response, key[it.ID]) {
				t.Errorf("the review of a %s question = %+v; asked (-) and shown (+):\n%s", it.Kind, it, d)
			}
			wantReasons(t, it)
		}
	})
}

// wantCase sees that the questions of the case follow each other in the order
// of the bank and carry its text, and that no other does.
func wantCase(t *testing.T, o *OpenSheet) {
	t.Helper()
	var stems []string
	for i, q := range o.Items {
		if q.Case == nil {
			continue
		}
		if q.Case.ID != "c1" || !strings.HasPrefix(q.Case.Text, "vignette vignette") || len(stems) > 0 && o.Items[i-1].Case == nil {
			t.Errorf("question %d has the case %+v, want c1 with its text, after the others of it", i, q.Case)
		}
		stems = append(stems, q.Stem)
	}
	if want := []string{"Stem of 03?", "Stem of 04?", "Stem of 05?"}; !slices.Equal(stems, want) {
		t.Errorf("the case asks %q, want %q", stems, want)
	}
}

// wantReasons sees that a review gives the reason of every option, and says
// which are in the right response; of what is written, what else is right.
func wantReasons(t *testing.T, it ReviewedItem) {
	t.Helper()
	tolerance := map[curriculum.Kind]string{curriculum.Numeric: "0.25"}
	accepted := map[curriculum.Kind][]string{curriculum.Short: {"The CANARY Word", "another word"}}
	why := map[curriculum.Kind]string{curriculum.Numeric: "CANARY why of a number", curriculum.Short: "CANARY why of a word"}
	if it.Tolerance != tolerance[it.Kind] || !slices.Equal(it.Accepted, accepted[it.Kind]) || it.Why != why[it.Kind] || len(it.Key) != len(it.Options) {
		t.Errorf("the review of a %s question = %+v", it.Kind, it)
	}
	for i, k := range it.Key {
		letter := strings.TrimPrefix(it.Options[i].Text, "Text ")
		in := slices.ContainsFunc(it.Answer, func(s string) bool { return strings.HasSuffix(s, k.ID) })
		if k.ID != it.Options[i].ID || k.Why != "CANARY why "+letter || k.Correct != in {
			t.Errorf("the reason of %q in a %s question = %+v; in the answer %q: %t", it.Options[i].Text, it.Kind, k, it.Answer, in)
		}
	}
}

func TestWhatIsNotFinishedIsWrong(t *testing.T) {
	eachKinds(t, func(t *testing.T, w *world) {
		o := w.begin()
		key := w.key(o.ID)
		order, match := of(o, curriculum.InOrder)[0].ID, of(o, curriculum.Matching)[0].ID
		for item, response := range key {
			switch item {
			case order:
				response = response[:len(response)-1]
			case match:
				response = response[1:]
			}
			if _, err := w.Save(w.trainee, o.ID, item, response, 0); err != nil {
				t.Fatalf("Save(%q) = %v", response, err)
			}
		}
		if r, err := w.Submit(w.trainee, o.ID); err != nil || r.Correct != 7 || r.Passed {
			t.Errorf("Submit = %+v, %v; want 7 of 9", r, err)
		}
	})
}

func TestBadAnswersOfEveryKindAreNamedAndChangeNothing(t *testing.T) {
	eachKinds(t, func(t *testing.T, w *world) {
		o := w.begin()
		order, match := of(o, curriculum.InOrder)[0].ID, of(o, curriculum.Matching)[0].ID
		number, word := of(o, curriculum.Numeric)[0].ID, of(o, curriculum.Short)[0].ID
		for _, tt := range []struct {
			item     string
			response []string
			code     string
		}{
			{order, []string{"a", "b", "a"}, "repeated_option"},
			{order, []string{"a", "z"}, "unknown_option"},
			{order, []string{"1:a"}, "unknown_option"},
			{match, []string{"a"}, "bad_pair"},
			{match, []string{"1:a", "b"}, "bad_pair"},
			{match, []string{"1:z"}, "unknown_option"},
			{match, []string{"4:a"}, "unknown_prompt"},
			{match, []string{"01:a"}, "unknown_prompt"},
			{match, []string{"1:a", "1:b"}, "repeated_prompt"},
			{match, []string{"1:a", "2:a"}, "repeated_option"},
			{number, []string{"12,5"}, "bad_number"},
			{number, []string{"1", "2"}, "one_answer_only"},
			{word, []string{strings.Repeat("a", 201)}, "text_too_long"},
			{word, []string{"a\u202eb"}, "bad_text"},
			{word, []string{"a", "b"}, "one_answer_only"},
		} {
			_, err := w.Save(w.trainee, o.ID, tt.item, tt.response, 0)
			if f := fault.Of(err); codeOf(err) != tt.code || f.Field != "response" || f.Kind != fault.Invalid {
				t.Errorf("Save(%q) = %v, want %s of the field response", tt.response, err, tt.code)
			}
		}
		if n := w.count("quiz_answers", "TRUE"); n != 0 {
			t.Errorf("%d answers are stored", n)
		}
	})
}

// The same pairs in another order are the same answer; another order of an
// ordering is not.
func TestSavesOfEveryKindAreComparedByWhatTheyMean(t *testing.T) {
	eachKinds(t, func(t *testing.T, w *world) {
		o := w.begin()
		order, match := of(o, curriculum.InOrder)[0].ID, of(o, curriculum.Matching)[0].ID
		save := func(item string, response ...string) error {
			_, err := w.Save(w.trainee, o.ID, item, response, 0)
			return err
		}
		if err := save(match, "2:b", "1:a"); err != nil {
			t.Fatal(err)
		}
		if err := save(match, "1:a", "2:b"); err != nil {
			t.Errorf("the same pairs sent again = %v, want the first reply", err)
		}
		if err := save(order, "b", "a"); err != nil {
			t.Fatal(err)
		}
		err := save(order, "a", "b")
		if f := fault.Of(err); codeOf(err) != "stale_revision" || !cmp.Equal(f.Details["response"], []string{"b", "a"}) {
			t.Errorf("another order = %v, want stale with the current order", err)
		}
	})
}

// A number has one spelling and words have single spaces; a blank clears both.
func TestWhatIsWrittenIsKeptInOneForm(t *testing.T) {
	eachKinds(t, func(t *testing.T, w *world) {
		o := w.begin()
		for _, tt := range []struct{ item, first, again, kept string }{
			{of(o, curriculum.Numeric)[0].ID, " 7.50 ", "+07.5", "7.5"},
			{of(o, curriculum.Short)[0].ID, " A  word.", "A word. ", "A word."},
		} {
			for _, s := range []string{tt.first, tt.again} {
				if got, err := w.Save(w.trainee, o.ID, tt.item, []string{s}, 0); err != nil || got.Revision != 1 {
					t.Errorf("Save(%q) = %+v, %v; want the first reply", s, got, err)
				}
			}
			if got := w.begin().Answers[tt.item].Response; !slices.Equal(got, []string{tt.kept}) {
				t.Errorf("%q comes back as %q, want %q", tt.first, got, tt.kept)
			}
			if _, err := w.Save(w.trainee, o.ID, tt.item, []string{" "}, 1); err != nil {
				t.Errorf("Save of a blank = %v", err)
			}
			if got := w.begin().Answers[tt.item]; got.Response == nil || len(got.Response) != 0 || got.Revision != 2 {
				t.Errorf("after a blank the answer is %+v, want it cleared", got)
			}
		}
	})
}

// Neither the order shown nor a letter tells what is right, nor is the order
// shown never the right one.
func TestOrdersAndPairsAreShuffledEvenly(t *testing.T) {
	m := schooltest.Kinds(t, program).Module(module)
	const draws = 2400
	orders, letters := make(map[string]int), make(map[string]int)
	for range draws {
		for _, d := range draw(m, nil, rand.New(secure{})) {
			switch d.Item {
			case "kin-05": // three options
				order := ""
				for _, o := range d.Options {
					order += string(o.Option)
				}
				orders[order]++
			case "kin-02":
				i := slices.IndexFunc(d.Options, func(o frozenOption) bool { return o.Option == "c" })
				letters[d.Options[i].ID]++
			}
		}
	}
	flat := func(what string, counts map[string]int, kinds int) {
		total := 0
		for _, n := range counts {
			total += n
		}
		for k, n := range counts {
			if part := n * kinds * 100 / total; len(counts) != kinds || part < 75 || part > 125 {
				t.Errorf("%s: %s has %d %% of an even share: %v", what, k, part, counts)
			}
		}
	}
	flat("orders shown", orders, 6)
	flat("places of what belongs to a prompt", letters, 4)
}

// The case is in as many attempts as its items would be alone, about: it is
// neither forced in nor squeezed out.
func TestCasesAreDrawnAsOftenAsItems(t *testing.T) {
	m := &curriculum.Module{Key: "m", Quiz: curriculum.Quiz{Draw: 12}, Objectives: []curriculum.Objective{{ID: "o"}}}
	for i := range 36 {
		it := &curriculum.Item{ID: curriculum.ItemID(fmt.Sprint("it-", i)), Objective: "o", Kind: curriculum.Single}
		if i < 9 {
			it.Case = curriculum.CaseID(fmt.Sprint("m-case-", i/3))
		}
		m.Items = append(m.Items, it)
	}
	for i := range 3 {
		m.Cases = append(m.Cases, &curriculum.Case{ID: curriculum.CaseID(fmt.Sprint("m-case-", i))})
	}
	drawn := make(map[curriculum.ItemID]int)
	const draws = 3000
	for range draws {
		for _, d := range draw(m, nil, rand.New(secure{})) {
			drawn[d.Item]++
		}
	}
	for id, n := range drawn {
		if part := 100 * n / draws; len(drawn) != 36 || part < 22 || part > 40 { // an even share is 33
			t.Errorf("%s is in %d %% of the attempts: %v", id, part, drawn)
		}
	}
}

// What an attempt asks was frozen before there were cases and new kinds; such
// attempts open as before.
func TestAnOldFrozenDrawStillOpens(t *testing.T) {
	const stored = `{"course":"hash","items":[{"id":"q1","item":"saf-04","options":[{"id":"a","option":"d"},{"id":"b","option":"b"},{"id":"c","option":"a"},{"id":"d","option":"c"}]}]}`
	var f frozen
	if err := json.Unmarshal([]byte(stored), &f); err != nil {
		t.Fatal(err)
	}
	questions, err := f.questions(smallCourse(t, curriculum.ReviewNever, "a").Module(module))
	if err != nil || len(questions) != 1 {
		t.Fatalf("questions = %v, %v", questions, err)
	}
	want := Question{ID: "q1", Kind: curriculum.Multiple, Stem: "Stem number 4?", Options: []Choice{{"a", "Text 4 d"}, {"b", "Text 4 b"}, {"c", "Text 4 a"}, {"d", "Text 4 c"}}}
	if d := cmp.Diff(want, questions[0].ask()); d != "" {
		t.Errorf("the question (-want +got):\n%s", d)
	}
	if right, err := questions[0].right(`["a","c"]`); !right || err != nil {
		t.Errorf("the stored right answer is %t, %v", right, err)
	}
	again, err := json.Marshal(f)
	if err != nil || string(again) != stored {
		t.Errorf("it is written as %s, %v; want %s", again, err, stored)
	}
}
