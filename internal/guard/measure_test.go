package guard

import (
	"fmt"
	"hash/fnv"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

// A labelled line is a line of a made-up log, with what is in it.
type labelled struct {
	class Class // "-" for nothing
	text  string
}

func lines(t *testing.T, file string) (all []labelled) {
	t.Helper()
	data, err := os.ReadFile("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		class, text, ok := strings.Cut(strings.TrimRight(line, "\n"), "\t")
		if !ok || class != "-" && Classes[Class(class)] == "" {
			t.Fatalf("%s: %q has no label that is known", file, line)
		}
		all = append(all, labelled{Class(class), text})
	}
	return all
}

// heldOut says by the hash of a line whether it was kept out of sight while the
// rules were written.
func heldOut(l labelled) bool {
	h := fnv.New32a()
	h.Write([]byte(l.text))
	return h.Sum32()%3 == 0
}

// A tally counts lines: found is any hit, named the hit of the line's own
// class, and refused a hit that blocks.
type tally struct{ lines, found, named, refused int }

// A measure is what the guard made of labelled lines.
type measure struct {
	classes map[Class]*tally
	clean   tally
	missed  []string
	alarms  []string
}

func measured(all []labelled) measure {
	m := measure{classes: make(map[Class]*tally)}
	for _, l := range all {
		hits := Scan(l.text, nil)
		t := &m.clean
		if l.class != "-" {
			if m.classes[l.class] == nil {
				m.classes[l.class] = new(tally)
			}
			t = m.classes[l.class]
		}
		t.lines++
		if len(hits) > 0 {
			t.found++
		}
		if slices.ContainsFunc(hits, func(h Hit) bool { return h.Class == l.class }) {
			t.named++
		}
		if Blocked(hits) {
			t.refused++
		}
		switch {
		case l.class == "-" && len(hits) > 0:
			m.alarms = append(m.alarms, fmt.Sprint(l.text, hits))
		case l.class != "-" && len(hits) == 0:
			m.missed = append(m.missed, string(l.class)+": "+l.text)
		}
	}
	return m
}

// sum adds up the lines with something in them; hard counts blocking classes.
func (m measure) sum() (all, hard tally) {
	for c, t := range m.classes {
		all.lines, all.found = all.lines+t.lines, all.found+t.found
		if Classes[c] == Block {
			hard.lines, hard.found, hard.refused = hard.lines+t.lines, hard.found+t.found, hard.refused+t.refused
		}
	}
	return all, hard
}

func share(part, whole int) float64 { return float64(part) / float64(max(whole, 1)) }

func (m measure) recall() float64 { all, _ := m.sum(); return share(all.found, all.lines) }

func (m measure) precision() float64 {
	all, _ := m.sum()
	return share(all.found, all.found+m.clean.found)
}

// table is the measure as docs/identifier-guard.md prints it. Precision of a
// class is over the lines on which the class was named.
func (m measure) table(all []labelled) string {
	named := make(map[Class][2]int) // rightly, at all
	for _, l := range all {
		for _, c := range classesOf(Scan(l.text, nil)) {
			n := named[c]
			n[1]++
			if l.class != "-" {
				n[0]++
			}
			named[c] = n
		}
	}
	var b strings.Builder
	b.WriteString("| class | level | lines | found | recall | named as such | raised | on clean lines | precision |\n|---|---|---|---|---|---|---|---|---|\n")
	for _, c := range slices.Sorted(maps.Keys(Classes)) {
		t, n := m.classes[c], named[c]
		if t == nil {
			t = new(tally)
		}
		fmt.Fprintf(&b, "| %s | %s | %d | %d | %.2f | %d | %d | %d | %.2f |\n", c, Classes[c], t.lines, t.found, share(t.found, t.lines), t.named, n[1], n[1]-n[0], share(n[0], n[1]))
	}
	sum, hard := m.sum()
	fmt.Fprintf(&b, "\n%d lines with something in them, %d found: recall %.2f. %d clean lines, %d raised: precision %.2f. Of %d lines of classes that block, %d were blocked: %.2f.\n",
		sum.lines, sum.found, m.recall(), m.clean.lines, m.clean.found, m.precision(), hard.lines, hard.refused, share(hard.refused, hard.lines))
	return b.String()
}

// classesOf are the classes of hits, each once.
func classesOf(hits []Hit) (all []Class) {
	for _, h := range hits {
		if !slices.Contains(all, h.Class) {
			all = append(all, h.Class)
		}
	}
	return all
}

// The floors: below them the guard got worse than what its page says.
const floor = 0.90

// The lines that were written with the rules: a third of them, told by their
// hash, was not looked at for that.
func TestTheLinesWrittenWithTheRules(t *testing.T) {
	var seen, held []labelled
	for _, l := range lines(t, "lines.tsv") {
		if heldOut(l) {
			held = append(held, l)
		} else {
			seen = append(seen, l)
		}
	}
	for name, part := range map[string][]labelled{"seen": seen, "held out": held} {
		m := measured(part)
		t.Logf("%s: recall %.2f, precision %.2f\n%s", name, m.recall(), m.precision(), m.table(part))
		if m.recall() < floor || m.precision() < floor {
			t.Errorf("%s lines: recall %.2f, precision %.2f; both were %.2f and more", name, m.recall(), m.precision(), floor)
		}
	}
}

// The last lines that were written after the rules, and are not used to mend
// them. The page says what they gave.
func TestTheFreshLines(t *testing.T) {
	all := lines(t, "fresh-3.tsv")
	m := measured(all)
	t.Logf("recall %.2f, precision %.2f\n%s", m.recall(), m.precision(), m.table(all))
	for _, line := range append(m.missed, m.alarms...) {
		t.Log(line)
	}
	if m.recall() < floor || m.precision() < floor {
		t.Errorf("recall %.2f, precision %.2f; both were %.2f and more", m.recall(), m.precision(), floor)
	}
	page, err := os.ReadFile("../../docs/identifier-guard.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(page), m.table(all)) {
		t.Error("docs/identifier-guard.md has another table than this")
	}
}

// The lines of earlier rounds, which mended the rules afterwards.
func TestTheLinesOfEarlierRounds(t *testing.T) {
	for _, file := range []string{"fresh-1.tsv", "fresh-2.tsv"} {
		m := measured(lines(t, file))
		t.Logf("%s: recall %.2f, precision %.2f", file, m.recall(), m.precision())
		if m.recall() < floor || m.precision() < floor {
			t.Errorf("%s: recall %.2f, precision %.2f; both were %.2f and more", file, m.recall(), m.precision(), floor)
		}
	}
}
