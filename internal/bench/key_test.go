package bench

import (
	"slices"
	"testing"

	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/demo"
)

// shown is an item as an attempt shows it: the ids of the options changed, and
// the options turned round.
func shown(it *curriculum.Item) (q question, back map[curriculum.OptionID]curriculum.OptionID) {
	q, back = question{ID: "q", Kind: string(it.Kind), Stem: it.Stem}, make(map[curriculum.OptionID]curriculum.OptionID)
	for _, p := range it.Prompts {
		q.Prompts = append(q.Prompts, demo.Option{ID: string(p.ID), Text: p.Text})
	}
	for i, o := range slices.Backward(it.Options) {
		id := string(rune('n' + i))
		q.Options = append(q.Options, demo.Option{ID: id, Text: o.Text})
		back[curriculum.OptionID(id)] = o.ID
	}
	return q, back
}

// inBank writes a response in the ids of the bank.
func inBank(it *curriculum.Item, response []string, back map[curriculum.OptionID]curriculum.OptionID) []string {
	out, _ := it.Rename(response, func(id curriculum.OptionID) (curriculum.OptionID, bool) { known, ok := back[id]; return known, ok })
	return out
}

func TestTheKeyOfTheWholeCourseIsKnown(t *testing.T) {
	course, err := writeCourse(t.TempDir(), 7)
	if err != nil {
		t.Fatal(err)
	}
	k := keyOf(course)
	empty := 0
	for _, m := range course.Modules {
		for _, it := range m.Items {
			q, back := shown(it)
			right := k.Right(q)
			if !it.Right(inBank(it, right, back)) {
				t.Errorf("%s: %v is not right", it.ID, right)
			}
			for _, response := range k.wrong(q) {
				in := inBank(it, response, back)
				if err := it.Check(in); err != nil || it.Right(in) {
					t.Errorf("%s: %v for a wrong answer: right = %t, %v", it.ID, response, it.Right(in), err)
				}
				if len(response) == 0 {
					empty++
				}
			}
		}
	}
	if empty > 30 {
		t.Errorf("%d items have no wrong answer but the empty one", empty)
	}
	if got := k.Right(question{Stem: "of another course"}); got != nil {
		t.Errorf("a question of another course has the key %v", got)
	}
	if got := k.wrong(question{Stem: "of another course"}); len(got) != 1 || len(got[0]) != 0 {
		t.Errorf("a question of another course is answered with %v", got)
	}
}
