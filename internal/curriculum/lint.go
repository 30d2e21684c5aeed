package curriculum

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// A Finding is something in a course that an author should look at. It is no
// fault: the course loads.
type Finding struct {
	Where string // a module or an item
	Text  string
}

func (f Finding) String() string { return f.Where + ": " + f.Text }

// maxLongest is the share of single-choice items in which the right option may
// be the longest before it is a cue that lets a trainee pass unread.
const maxLongest = 0.34

// Lint looks for cues and gaps in the quizzes of a course.
func Lint(c *Course) (all []Finding) {
	for _, m := range c.Modules {
		all = append(all, lintCues(m)...)
		all = append(all, lintGaps(m)...)
	}
	return all
}

func lintCues(m *Module) (all []Finding) {
	single, longest := 0, 0
	letters := make(map[OptionID]int)
	for _, it := range m.Items {
		for _, o := range it.Options {
			if o.Correct {
				letters[o.ID]++
			}
			if text := strings.ToLower(o.Text); strings.Contains(text, "of the above") {
				all = append(all, Finding{string(it.ID), fmt.Sprintf("option %s says %q; options are shuffled, so nothing is above", o.ID, o.Text)})
			}
		}
		if it.Kind == Single {
			single++
			if rightIsLongest(it) {
				longest++
			}
		}
	}
	if single > 0 && float64(longest)/float64(single) > maxLongest {
		all = append(all, Finding{string(m.Key), fmt.Sprintf("the right option is the longest in %d of %d single items", longest, single)})
	}
	for _, id := range slices.Sorted(maps.Keys(letters)) {
		if n := letters[id]; len(m.Items) >= 8 && n*2 > len(m.Items) {
			all = append(all, Finding{string(m.Key), fmt.Sprintf("option %s is right in %d of %d items", id, n, len(m.Items))})
		}
	}
	return all
}

// rightIsLongest reports whether the right option is longer than every other.
func rightIsLongest(it *Item) bool {
	right, other := 0, 0
	for _, o := range it.Options {
		if n := utf8.RuneCountInString(o.Text); o.Correct {
			right = n
		} else {
			other = max(other, n)
		}
	}
	return right > other
}

func lintGaps(m *Module) (all []Finding) {
	covered := make(map[LessonID]bool)
	for _, it := range m.Items {
		covered[it.Lesson] = true
		if len(it.Sources) == 0 {
			all = append(all, Finding{string(it.ID), "it names no source"})
		}
	}
	for _, l := range m.Lessons {
		if !covered[l.ID] {
			all = append(all, Finding{string(l.ID), "no quiz item asks about this lesson"})
		}
	}
	return all
}
