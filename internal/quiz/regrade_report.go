package quiz

import (
	"cmp"
	"slices"
)

// A Flip is what a regrade makes of one attempt.
type Flip struct {
	EnrollmentID string
	AttemptID    string
	Number       int // of the try
	Old, New     Mark
}

// Changed reports whether the mark is another one.
func (f Flip) Changed() bool {
	return f.New.better(f.Old) || f.Old.better(f.New) || f.New.Asked != f.Old.Asked
}

// An ItemRuling is what a regrade does to one item.
type ItemRuling struct {
	Ruling
	Attempts int      // that asked it
	Keys     []string // by which it was marked so far, by the ids of the bank
	NewKey   string   // by which it is marked now; "" where no key is corrected
	Reworded bool     // the corrected version reads otherwise too; what was asked is what is marked
}

// A RegradeReport is what a regrade does or did. Its counts are of the attempts
// that this very call looked at.
type RegradeReport struct {
	*Regrade                // ID is "" for what was never done
	Items      []ItemRuling // none for a report of what was done earlier
	Attempts   int
	Open       int // under way: they keep what they saw, and the same regrade again catches them
	Already    int // that this regrade has marked before
	Better     int
	Worse      int
	NowPassed  int
	NowFailed  int
	Flips      []Flip // of every attempt looked at, those first that pass or fail now, then others that changed
	New, Again bool   // written now for the first time; or more attempts of one on record
}

func (r *RegradeReport) count() {
	for _, f := range r.Flips {
		switch {
		case f.New.Passed && !f.Old.Passed:
			r.NowPassed++
		case f.Old.Passed && !f.New.Passed:
			r.NowFailed++
		}
		switch {
		case f.New.better(f.Old):
			r.Better++
		case f.Old.better(f.New):
			r.Worse++
		}
	}
	r.Attempts = len(r.Flips)
	rank := func(f Flip) int {
		switch {
		case f.New.Passed != f.Old.Passed:
			return 0
		case f.Changed():
			return 1
		}
		return 2
	}
	slices.SortStableFunc(r.Flips, func(a, b Flip) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a.AttemptID, b.AttemptID))
	})
}

// facts is what the ledger notes of a regrade: no word of its reason.
func (r *RegradeReport) facts() map[string]any {
	items := make(map[string]string)
	for _, d := range r.Regrade.Items {
		items[string(d.Item)] = string(d.Treatment)
	}
	return map[string]any{
		"program": r.Program, "module": r.Module, "number": r.Number, "items": items, "from_course": r.FromCourse, "to_course": r.ToCourse,
		"policy": r.Policy, "attempts": r.Attempts, "better": r.Better, "worse": r.Worse, "now_passed": r.NowPassed, "now_failed": r.NowFailed,
	}
}

func flipsOf(rows []*regradedRow) []Flip {
	all := make([]Flip, len(rows))
	for i, row := range rows {
		all[i] = Flip{row.EnrollmentID, row.AttemptID, row.Number, row.Old, row.New}
	}
	return all
}
