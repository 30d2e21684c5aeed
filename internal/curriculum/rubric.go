package curriculum

import (
	_ "embed"
	"fmt"
	"slices"
	"sync"
)

// Criteria are the keys of a rubric's criteria. What each is about, and what
// its levels mean, a program may say in its own words.
var Criteria = []string{"c1", "c2", "c3", "c4", "c5", "c6", "c7"}

// levels is how many levels a criterion has.
const levels = 4

// A Criterion is one thing that practice is graded on.
type Criterion struct {
	Key     string
	Title   string
	Levels  []string // what each level looks like, from 1 to 4
	Minimum int      // a log that is graded lower does not count; 0: none
}

// TheRubric returns what practice is graded on in the program: its own
// criteria, or the usual ones.
func (r PracticumRules) TheRubric() []Criterion {
	if len(r.Rubric) > 0 {
		return r.Rubric
	}
	return usualRubric()
}

// rubric reads the criteria: all seven, in their order, because logs are graded
// by their keys.
func rubric(f fields) (all []Criterion) {
	for i, v := range f.list("rubric", "a criterion", len(Criteria), len(Criteria)) {
		g := f.fields(v, "key", "title", "levels", "minimum")
		c := Criterion{Key: g.word("key", criterionForm, "one of c1 to c7"), Title: g.text("title", 120), Minimum: g.count("minimum", 1, levels)}
		for _, l := range g.list("levels", "a level", levels, levels) {
			s, _ := g.str(l)
			if s == "" || len(s) > 500 {
				g.wrong(l, "must say in 1 to 500 characters what the level looks like")
			}
			c.Levels = append(c.Levels, s)
		}
		if c.Key != "" && c.Key != Criteria[i] {
			g.wrong(g.at["key"], "is %s where %s belongs; a rubric has all seven in their order", c.Key, Criteria[i])
		}
		all = append(all, c)
	}
	return all
}

//go:embed rubric.yaml
var usual []byte

// usualRubric reads the rubric that comes with the product.
var usualRubric = sync.OnceValue(func() []Criterion {
	p := &page{collector: &collector{}, file: "rubric.yaml"}
	all := rubric(p.open(usual, "rubric"))
	if len(p.faults) > 0 || !slices.EqualFunc(all, Criteria, func(c Criterion, key string) bool { return c.Key == key }) {
		panic(fmt.Sprintf("curriculum: the rubric that comes with the product: %v", p.faults)) // a test reads it
	}
	return all
})
