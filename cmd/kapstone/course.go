package main

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/modules"
)

type courseCmd struct {
	Check   courseCheckCmd   `cmd:"" help:"Check a course: every fault with its file and line, then what to look at."`
	Export  courseExportCmd  `cmd:"" help:"Write the course on record as files: the one published last, or the embedded one."`
	Publish coursePublishCmd `cmd:"" help:"Publish a course: show what is otherwise than on record and, with --yes, make it the one for new enrollments."`
}

type courseCheckCmd struct {
	Dir string `arg:"" optional:"" help:"The course's directory; the embedded course when left out." type:"existingdir"`
}

// Run loads a course and reports on it.
func (c *courseCheckCmd) Run(out io.Writer) error {
	var files fs.FS = modules.FS
	if c.Dir != "" {
		files = os.DirFS(c.Dir)
	}
	course, err := curriculum.Load(files)
	if err != nil {
		return fmt.Errorf("the course has faults:\n%w", err)
	}
	var all curriculum.Tally
	for _, m := range course.Modules {
		t := m.Tally()
		all = all.Plus(t)
		reviewed := map[bool]string{true: "clinically reviewed", false: "not clinically reviewed"}[m.Reviewed()]
		fmt.Fprintf(out, "%s, %d items drawn, %s\n%s", m.Key, m.Quiz.Draw, reviewed, tallied(t))
	}
	fmt.Fprintf(out, "%d modules\n%s", len(course.Modules), tallied(all))
	for _, f := range curriculum.Lint(course) {
		fmt.Fprintln(out, "look at:", f)
	}
	fmt.Fprintf(out, "no faults; content hash %s\n", course.Hash())
	return nil
}

// tallied says what a module, or a course, has.
func tallied(t curriculum.Tally) string {
	least, middle := 0, 0
	if n := len(t.Sources); n > 0 {
		least, middle = t.Sources[0], t.Sources[n/2]
	}
	single := t.Kinds[curriculum.Single]
	var kinds []string
	for _, k := range curriculum.Kinds() {
		kinds = append(kinds, fmt.Sprintf("%d %s", t.Kinds[k], k))
	}
	return fmt.Sprintf("  %d lessons, %d figures; sources per lesson: at least %d, median %d\n"+
		"  %d items (%s), %d critical, %d cases; right option longest in %d of %d single items (%d %%)\n",
		t.Lessons, t.Figures, least, middle, t.Items, strings.Join(kinds, ", "), t.Critical, t.Cases, t.Longest, single, 100*t.Longest/max(single, 1))
}
