package enrollment

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/db"
)

// small is a course of two lessons with an item each; the texts are what they
// say, and an empty one is not there.
func small(first, second, item string) *curriculum.Course {
	m := &curriculum.Module{Key: "science"}
	for i, text := range []string{first, second} {
		if text != "" {
			m.Lessons = append(m.Lessons, &curriculum.Lesson{ID: curriculum.LessonID(fmt.Sprint("sci-", i+1)), Title: text, HTML: text})
		}
	}
	m.Items = []*curriculum.Item{{ID: "sci-01", Lesson: "sci-1", Stem: item}}
	return &curriculum.Course{Modules: []*curriculum.Module{m}}
}

func TestWhoReadWhatIsToldOfItsCorrections(t *testing.T) {
	read := small("a", "b", "q")
	type step struct {
		course *curriculum.Course
		note   string
	}
	for _, tt := range []struct {
		name  string
		later []step
		want  []string // lesson and note
	}{
		{"nothing came later", nil, nil},
		{"the same course again", []step{{small("a", "b", "q"), "same"}}, nil},
		{"a lesson changed", []step{{small("A", "b", "q"), "one"}}, []string{"sci-1 one"}},
		{"both changed", []step{{small("A", "B", "q"), "one"}}, []string{"sci-1 one", "sci-2 one"}},
		{"one after the other", []step{{small("A", "b", "q"), "one"}, {small("A", "B", "q"), "two"}}, []string{"sci-1 one", "sci-2 two"}},
		{"a later one changed nothing more", []step{{small("A", "b", "q"), "one"}, {small("A", "b", "q"), "two"}}, []string{"sci-1 one"}},
		{"the same lesson twice", []step{{small("A", "b", "q"), "one"}, {small("AA", "b", "q"), "two"}}, []string{"sci-1 one", "sci-1 two"}},
		{"changed and changed back", []step{{small("A", "b", "q"), "one"}, {small("a", "b", "q"), "two"}}, []string{"sci-1 one"}},
		{"taken out", []step{{small("a", "", "q"), "one"}}, []string{"sci-2 one"}},
		{"an item, with a note", []step{{small("a", "b", "Q"), "one"}}, []string{"sci-1 one"}},
		{"an item, without", []step{{small("a", "b", "Q"), ""}}, nil},
		{"an item without, then a note for another lesson", []step{{small("a", "b", "Q"), ""}, {small("a", "B", "Q"), "two"}}, []string{"sci-2 two"}},
	} {
		var later []published
		for i, s := range tt.later {
			at := db.At(time.UnixMilli(int64(i + 1)))
			later = append(later, published{&Publication{Seq: int64(i + 1), PublishedAt: at, Note: s.note}, s.course})
		}
		var got []string
		for _, c := range corrections(read, later) {
			got = append(got, fmt.Sprint(c.Lesson, " ", c.Note))
			if c.Module != "science" || c.Title == "" || c.PublishedAt.IsZero() {
				t.Errorf("%s: %+v", tt.name, c)
			}
		}
		if d := cmp.Diff(tt.want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, d)
		}
	}
}
