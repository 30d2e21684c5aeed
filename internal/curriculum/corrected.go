package curriculum

import "reflect"

// Corrected returns which lessons of a the course b has otherwise, or not at
// all, and for which lessons of a it has another quiz item. Notes for
// instructors and what is new in b are not looked at: nobody has read it.
func Corrected(a, b *Course) (lessons, items map[LessonID]bool) {
	lessons, items = make(map[LessonID]bool), make(map[LessonID]bool)
	after := make(map[any]any)
	for _, m := range b.Modules {
		for _, l := range m.Lessons {
			after[l.ID] = *l
		}
		for _, it := range m.Items {
			after[it.ID] = askedIn(m, it)
		}
	}
	for _, m := range a.Modules {
		for _, l := range m.Lessons {
			if !reflect.DeepEqual(after[l.ID], *l) {
				lessons[l.ID] = true
			}
		}
		for _, it := range m.Items {
			if !reflect.DeepEqual(after[it.ID], askedIn(m, it)) {
				items[it.Lesson] = true
			}
		}
	}
	return lessons, items
}

// An asked item is one with its vignette, and without what is for instructors
// only.
type asked struct {
	Item
	vignette string
}

func askedIn(m *Module, it *Item) asked {
	a := asked{Item: *it}
	a.Note = ""
	if c := m.Case(it.Case); c != nil {
		a.vignette = c.Text
	}
	return a
}
