package main

import (
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/modules"
)

type courseCmd struct {
	Check courseCheckCmd `cmd:"" help:"Check a course: every fault with its file and line, then what to look at."`
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
	for _, m := range course.Modules {
		single, critical := 0, 0
		for _, i := range m.Items {
			if i.Kind == curriculum.Single {
				single++
			}
			if i.Critical {
				critical++
			}
		}
		fmt.Fprintf(out, "%-24s %2d lessons, %2d items (%d single, %d multiple, %d critical), %d drawn\n",
			m.Key, len(m.Lessons), len(m.Items), single, len(m.Items)-single, critical, m.Quiz.Draw)
	}
	for _, f := range curriculum.Lint(course) {
		fmt.Fprintln(out, "look at:", f)
	}
	fmt.Fprintf(out, "no faults; content hash %s\n", course.Hash())
	return nil
}
