package curriculum

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A ChangeKind says what became of a part of a program or a course.
type ChangeKind string

// The kinds of change.
const (
	Added   ChangeKind = "added"
	Removed ChangeKind = "removed"
	Changed ChangeKind = "changed" // one field of it
	Ordered ChangeKind = "ordered" // the same parts stand in another order
)

// A Change is one difference. Where names the part by its kind and id, outer
// parts first, such as "module science, lesson sci-2"; it is "" for the whole.
// Field is the name that stands in the file, such as "quiz.pass_percent". A part
// that was added or removed has its title in To or From.
type Change struct {
	Kind  ChangeKind
	Where string
	Field string
	From  string // "" when there was nothing
	To    string // "" when there is nothing any more
}

// long reports whether a value is too long to stand in a sentence.
func long(s string) bool { return utf8.RuneCountInString(s) > 80 || strings.Contains(s, "\n") }

// String says the change in plain words.
func (c Change) String() string {
	where := c.Where
	if where != "" && c.Field != "" {
		where += ": "
	}
	switch {
	case c.Kind == Added:
		return where + " was added" + titled(c.To)
	case c.Kind == Removed:
		return where + " was removed" + titled(c.From)
	case c.Kind == Ordered:
		return fmt.Sprintf("%sthe order of %s was %s, is %s", where, c.Field, c.From, c.To)
	case c.From == "" && long(c.To):
		return where + c.Field + " was written"
	case c.To == "" && long(c.From):
		return where + c.Field + " was taken out"
	case long(c.From) || long(c.To):
		return where + c.Field + " was reworded"
	}
	return fmt.Sprintf("%s%s was %s, is %s", where, c.Field, orNothing(c.From), orNothing(c.To))
}

func titled(title string) string {
	if title == "" {
		return ""
	}
	return " (" + title + ")"
}

func orNothing(s string) string {
	if s == "" {
		return "not set"
	}
	return s
}

// DiffPrograms returns what b has otherwise than a: the program's own fields in
// the order in which they are declared, then requirement by requirement. A
// requirement is known by its id, wherever it stands.
func DiffPrograms(a, b *Program) []Change {
	var d differ
	d.program("", a, b)
	return d.changes
}

// DiffCourses returns what b has otherwise than a: modules, their lessons and
// quiz items, programs.
func DiffCourses(a, b *Course) []Change {
	var d differ
	d.fields("", "", reflect.ValueOf(*a), reflect.ValueOf(*b))
	return d.changes
}

// A differ collects changes. It walks the types themselves, so a field that is
// new in them is compared without a line of code here.
type differ struct {
	changes []Change
}

func (d *differ) program(where string, a, b *Program) {
	one, other := *a, *b
	one.Requirements, other.Requirements = nil, nil
	d.fields(where, "", reflect.ValueOf(one), reflect.ValueOf(other))
	d.requirements(where, a.Requirements, b.Requirements)
}

// A placed requirement is one without its parts, and the group it stands in.
type placed struct {
	Requirement
	group string
}

// requirements compares two trees by the ids of their nodes, so that one that
// moved into another group is not taken for a new one.
func (d *differ) requirements(where string, a, b []Requirement) {
	before, after := flatten(a, ""), flatten(b, "")
	for _, p := range before {
		if find(after, p.ID) == nil {
			d.add(Change{Kind: Removed, Where: part(where, "requirement", p.ID), From: p.Title})
		}
	}
	for _, p := range after {
		here := part(where, "requirement", p.ID)
		was := find(before, p.ID)
		if was == nil {
			d.add(Change{Kind: Added, Where: here, To: p.Title})
			continue
		}
		d.fields(here, "", reflect.ValueOf(was.Requirement), reflect.ValueOf(p.Requirement))
		if was.group != p.group {
			d.add(Change{Changed, here, "group", orTop(was.group), orTop(p.group)})
		}
	}
	d.groups(where, before, after)
}

// groups compares the order within each group that both have.
func (d *differ) groups(where string, before, after []placed) {
	of := func(all []placed, group string) (ids []string) {
		for _, p := range all {
			if p.group == group {
				ids = append(ids, p.ID)
			}
		}
		return ids
	}
	d.order(where, "requirements", of(before, ""), of(after, ""))
	for _, p := range after {
		d.order(part(where, "requirement", p.ID), "requirements", of(before, p.ID), of(after, p.ID))
	}
}

func orTop(group string) string {
	if group == "" {
		return "the program itself"
	}
	return group
}

func flatten(all []Requirement, group string) (flat []placed) {
	for _, r := range all {
		alone := r
		alone.Of = nil
		flat = append(flat, placed{alone, group})
		flat = append(flat, flatten(r.Of, r.ID)...)
	}
	return flat
}

func find(all []placed, id string) *placed {
	i := slices.IndexFunc(all, func(p placed) bool { return p.ID == id })
	if i < 0 {
		return nil
	}
	return &all[i]
}

// fields compares two structs of one type, field by field.
func (d *differ) fields(where, prefix string, a, b reflect.Value) {
	for i := range a.NumField() {
		f := a.Type().Field(i)
		if !f.IsExported() {
			continue
		}
		d.field(where, prefix+nameInFile(f), a.Field(i), b.Field(i))
	}
}

func (d *differ) field(where, name string, a, b reflect.Value) {
	switch {
	case a.Kind() == reflect.Struct:
		d.fields(where, name+".", a, b)
	case a.Kind() == reflect.Slice && structOf(a.Type().Elem()) != nil:
		d.list(where, name, partsOf(a), partsOf(b))
	default:
		if from, to := worded(a), worded(b); from != to {
			d.add(Change{Changed, where, name, from, to})
		}
	}
}

// A listed part is an element of a list, with the id by which it is known.
type listed struct {
	id    string
	value reflect.Value
}

// list compares two lists of structs by their ids.
func (d *differ) list(where, name string, a, b []listed) {
	in := func(all []listed, id string) int {
		return slices.IndexFunc(all, func(l listed) bool { return l.id == id })
	}
	for _, l := range a {
		if in(b, l.id) < 0 {
			d.add(Change{Kind: Removed, Where: part(where, nounOf(l.value), l.id), From: titleOf(l.value)})
		}
	}
	for _, l := range b {
		here := part(where, nounOf(l.value), l.id)
		if i := in(a, l.id); i >= 0 {
			d.element(here, a[i].value, l.value)
			continue
		}
		d.add(Change{Kind: Added, Where: here, To: titleOf(l.value)})
	}
	d.order(where, name, idsOf(a), idsOf(b))
}

func (d *differ) element(where string, a, b reflect.Value) {
	if p, ok := a.Interface().(Program); ok {
		q := b.Interface().(Program)
		d.program(where, &p, &q)
		return
	}
	d.fields(where, "", a, b)
}

// order compares the order of what two lists have in common.
func (d *differ) order(where, name string, a, b []string) {
	missing := func(all []string) func(string) bool {
		return func(id string) bool { return !slices.Contains(all, id) }
	}
	a, b = slices.DeleteFunc(slices.Clone(a), missing(b)), slices.DeleteFunc(slices.Clone(b), missing(a))
	if !slices.Equal(a, b) {
		d.add(Change{Ordered, where, name, strings.Join(a, ", "), strings.Join(b, ", ")})
	}
}

// longest is how much of a value a change keeps.
const longest = 2000

func (d *differ) add(c Change) {
	for _, s := range []*string{&c.From, &c.To} {
		if utf8.RuneCountInString(*s) > longest {
			*s = string([]rune(*s)[:longest]) + "…"
		}
	}
	d.changes = append(d.changes, c)
}

func part(where, noun, id string) string {
	if where != "" {
		where += ", "
	}
	return where + noun + " " + id
}

// structOf returns the struct that a type is or points to, or nil.
func structOf(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return nil
	}
	return t
}

// partsOf lists the elements of a list. Each is known by its first field; one
// that has the same as another, by its number too.
func partsOf(list reflect.Value) []listed {
	all := make([]listed, list.Len())
	seen := make(map[string]int)
	for i := range all {
		v := reflect.Indirect(list.Index(i))
		id := worded(v.Field(0))
		if seen[id]++; seen[id] > 1 {
			id = fmt.Sprintf("%s (%d)", id, seen[id])
		}
		all[i] = listed{id, v}
	}
	return all
}

func idsOf(all []listed) []string {
	ids := make([]string, len(all))
	for i, l := range all {
		ids[i] = l.id
	}
	return ids
}

func titleOf(v reflect.Value) string {
	if f := v.FieldByName("Title"); f.IsValid() && f.Kind() == reflect.String {
		return f.String()
	}
	return ""
}

// nounOf is the name of a type in words: "clinical review".
func nounOf(v reflect.Value) string {
	return strings.ReplaceAll(snake(v.Type().Name()), "_", " ")
}

// nameInFile is how a field is called in the files: its tag says so where it is
// not simply its name in lower case.
func nameInFile(f reflect.StructField) string {
	if name := f.Tag.Get("file"); name != "" {
		return name
	}
	return snake(f.Name)
}

// snake writes PassPercent as pass_percent.
func snake(name string) string {
	var b strings.Builder
	small := false // the letter before: ID is id and not i_d
	for _, r := range name {
		if unicode.IsUpper(r) && small {
			b.WriteByte('_')
		}
		small = !unicode.IsUpper(r)
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// worded is a value as a person would say it; "" for one that is not there.
func worded(v reflect.Value) string {
	switch v.Kind() {
	case reflect.String:
		return v.String()
	case reflect.Slice:
		all := make([]string, v.Len())
		for i := range all {
			all[i] = worded(v.Index(i))
		}
		return strings.Join(all, ", ")
	case reflect.Pointer:
		if v.IsNil() {
			return ""
		}
		return worded(v.Elem())
	}
	return fmt.Sprint(v.Interface())
}
