package curriculum

import (
	"slices"

	"github.com/kapstone-lms/kapstone/internal/fault"
)

// The faults of a response.
var (
	ErrNoOption  = fault.New(fault.Invalid, "unknown_option", "That is not one of the choices.").At("response")
	ErrTwice     = fault.New(fault.Invalid, "repeated_option", "A choice can be made once.").At("response")
	ErrOneChoice = fault.New(fault.Invalid, "one_choice_only", "This question takes one choice.").At("response")
)

// Hash names the course's content.
func (c *Course) Hash() string { return c.hash }

// Module returns the module with a key, or nil.
func (c *Course) Module(key ModuleKey) *Module {
	for _, m := range c.Modules {
		if m.Key == key {
			return m
		}
	}
	return nil
}

// Program returns the program with a key, or nil.
func (c *Course) Program(key string) *Program {
	for _, p := range c.Programs {
		if p.Key == key {
			return p
		}
	}
	return nil
}

// Default returns the program for those who choose none.
func (c *Course) Default() *Program {
	for _, p := range c.Programs {
		if p.Default {
			return p
		}
	}
	return nil
}

// Lesson returns the lesson with an id, or nil.
func (m *Module) Lesson(id LessonID) *Lesson {
	for _, l := range m.Lessons {
		if l.ID == id {
			return l
		}
	}
	return nil
}

// Item returns the quiz item with an id, or nil.
func (m *Module) Item(id ItemID) *Item {
	for _, i := range m.Items {
		if i.ID == id {
			return i
		}
	}
	return nil
}

// CriticalObjectives returns the ids of the objectives that every attempt must
// ask, in the order of the module.
func (m *Module) CriticalObjectives() (ids []ObjectiveID) {
	for _, o := range m.Objectives {
		if o.Critical {
			ids = append(ids, o.ID)
		}
	}
	return ids
}

// Check returns why a response cannot be an answer to the item, or nil. An
// empty response is one: it means that nothing is chosen.
func (i *Item) Check(response []OptionID) error {
	for n, id := range response {
		if !slices.ContainsFunc(i.Options, func(o Option) bool { return o.ID == id }) {
			return ErrNoOption
		}
		if slices.Contains(response[:n], id) {
			return ErrTwice
		}
	}
	if i.Kind == Single && len(response) > 1 {
		return ErrOneChoice
	}
	return nil
}
