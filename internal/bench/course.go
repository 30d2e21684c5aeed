package bench

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"

	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/modules"
)

// The course of the bench is the embedded one, word for word, so that a sheet
// is as long as in a real exam. Only the quizzes' terms are its own: as many
// minutes as the exam needs, a hundred tries, and no wait between them.

var (
	minutesLine  = regexp.MustCompile(`(?m)^(\s+minutes:) \d+$`)
	attemptsLine = regexp.MustCompile(`(?m)^(\s+attempts:) \d+$`)
	waitLine     = regexp.MustCompile(`(?m)^(\s+wait_hours:) \d+$`)
)

// maxTries is the most that a program may allow.
const maxTries = 100

// writeCourse writes the course into dir and loads it.
func writeCourse(dir string, minutes int) (*curriculum.Course, error) {
	err := fs.WalkDir(modules.FS, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			return os.MkdirAll(filepath.Join(dir, name), 0o700)
		}
		data, err := fs.ReadFile(modules.FS, name)
		if err != nil {
			return err
		}
		switch ok, _ := filepath.Match("programs/*.yaml", name); {
		case filepath.Base(name) == "module.yaml":
			data = minutesLine.ReplaceAll(data, fmt.Appendf(nil, "$1 %d", minutes))
		case ok:
			data = attemptsLine.ReplaceAll(data, fmt.Appendf(nil, "$1 %d", maxTries))
			data = waitLine.ReplaceAll(data, []byte("$1 0"))
		}
		return os.WriteFile(filepath.Join(dir, name), data, 0o600)
	})
	if err != nil {
		return nil, fmt.Errorf("write the course of the bench: %w", err)
	}
	course, err := curriculum.Load(os.DirFS(dir))
	if err != nil {
		return nil, fmt.Errorf("the course of the bench: %w", err)
	}
	for _, m := range course.Modules {
		if m.Quiz.Minutes != minutes {
			return nil, fmt.Errorf("the course of the bench: the quiz of %s has %d minutes and not %d", m.Key, m.Quiz.Minutes, minutes)
		}
	}
	if q := course.Default().Quiz; q.Attempts != maxTries || q.WaitHours != 0 {
		return nil, fmt.Errorf("the course of the bench: %d tries with a wait of %d hours", q.Attempts, q.WaitHours)
	}
	return course, nil
}
