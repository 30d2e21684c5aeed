package curriculum

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// A Fault is one thing wrong with a course: where it stands and what to do.
type Fault struct {
	File string // as named inside the course, such as "01-science/bank.yaml"
	Line int    // from 1; 0 when the whole file is meant
	Text string
}

// String returns the fault in the form that editors understand: file:line: text.
func (f Fault) String() string {
	switch {
	case f.File == "":
		return f.Text
	case f.Line == 0:
		return f.File + ": " + f.Text
	}
	return fmt.Sprintf("%s:%d: %s", f.File, f.Line, f.Text)
}

// Faults are all that is wrong with a course, in the order of files and lines.
type Faults []Fault

// Error lists the faults, one a line.
func (f Faults) Error() string {
	lines := make([]string, len(f))
	for i, fault := range f {
		lines[i] = fault.String()
	}
	return strings.Join(lines, "\n")
}

// maxFaults is how many faults of one file are told. Who has fixed so many
// asks again.
const maxFaults = 50

// A collector gathers faults while a course is read, so that the author sees
// all of them at once.
type collector struct {
	faults Faults
	count  map[string]int // by file
}

func (c *collector) fault(file string, line int, format string, args ...any) {
	if c.count == nil {
		c.count = make(map[string]int)
	}
	c.count[file]++
	switch n := c.count[file]; {
	case n <= maxFaults:
		c.faults = append(c.faults, Fault{file, line, fmt.Sprintf(format, args...)})
	case n == maxFaults+1:
		c.faults = append(c.faults, Fault{file, 0, "there is more; correct these faults and check again"})
	}
}

// err returns the faults in their order, or nil when there are none.
func (c *collector) err() error {
	if len(c.faults) == 0 {
		return nil
	}
	slices.SortStableFunc(c.faults, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
	return c.faults
}
