package app

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/kapstone-lms/kapstone/internal/schooltest"
)

// The tick sees what another process published, and says it once.
func TestTheTickFollowsWhatIsPublished(t *testing.T) {
	var log bytes.Buffer
	a, err := New(t.Context(), Config{Data: t.TempDir(), Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close(t.Context())
	course := schooltest.Course(t, schooltest.OtherItem)
	record, err := OpenCourses(t.Context(), a.Config)
	if err != nil {
		t.Fatal(err)
	}
	defer record.Close()
	for _, published := range []bool{false, true, true} {
		if published {
			_, _ = record.PublishFromShell(t.Context(), a.loaded, course, "") // the second time it is there
		}
		if err := a.followCourse(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := a.Enrollments.Current().Hash() == course.Hash(); got != published {
			t.Errorf("published %v, followed %v", published, got)
		}
	}
	if n := strings.Count(log.String(), "published meanwhile"); n != 1 {
		t.Errorf("the log says it %d times: %s", n, &log)
	}
}
