package curriculum

import "slices"

// Hash names the course's content: the SHA-256, in hexadecimal, of all its files.
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

// Case returns the case with an id, or nil.
func (m *Module) Case(id CaseID) *Case {
	for _, c := range m.Cases {
		if c.ID == id {
			return c
		}
	}
	return nil
}

// ItemsOf returns the items of a case in the order of the bank; of "" those
// that stand alone.
func (m *Module) ItemsOf(id CaseID) (all []*Item) {
	for _, it := range m.Items {
		if it.Case == id {
			all = append(all, it)
		}
	}
	return all
}

// Reviewed reports whether a clinician has put a name to the module.
func (m *Module) Reviewed() bool { return len(m.Reviews) > 0 }

// ModuleHash names the content of one module: the same files in another course
// have the same hash, whatever number their folder has there. It is "" for a
// module that the course does not have.
func (c *Course) ModuleHash(key ModuleKey) string { return c.contents[key] }

// CriticalObjectives returns the ids of the objectives that every attempt must
// ask, in alphabetical order.
func (m *Module) CriticalObjectives() (ids []ObjectiveID) {
	for _, o := range m.Objectives {
		if o.Critical {
			ids = append(ids, o.ID)
		}
	}
	slices.Sort(ids)
	return ids
}
