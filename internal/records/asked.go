package records

import (
	"slices"

	"github.com/kapstone-lms/kapstone/internal/curriculum"
)

// asked looks whether the program asks for what r is evidence of. Where it
// asks for one edition of a statement, a record that names none is of that
// edition.
func (sc scene) asked(r *Record, ru rule, _ shape) error {
	if r.Kind == Module {
		return sc.module(r)
	}
	if ru.asked == "" {
		return nil
	}
	all := requirements(sc.pinned.Edition, ru.asked)
	if len(all) == 0 {
		return ErrAsked.At("kind").Says("This program does not ask for "+ru.noun+".").With("asked", []string{})
	}
	fitting := slices.DeleteFunc(slices.Clone(all), func(q *curriculum.Requirement) bool { return q.Subject != r.Subject })
	if len(fitting) == 0 {
		return notAmong(subject, listed(all, func(q *curriculum.Requirement) []string { return []string{q.Subject} }))
	}
	if roles := listed(fitting, func(q *curriculum.Requirement) []string { return q.By }); ru.role != noRole && len(roles) > 0 && !slices.Contains(roles, r.Value) {
		return notAmong(value, roles)
	}
	return r.editionOf(fitting)
}

// editionOf takes the edition that is asked for.
func (r *Record) editionOf(fitting []*curriculum.Requirement) error {
	editions := listed(fitting, func(q *curriculum.Requirement) []string { return []string{q.Edition} })
	switch {
	case slices.Contains(editions, r.Edition):
		return nil
	case r.Edition == "" && len(editions) == 1:
		r.Edition = editions[0]
		return nil
	case len(editions) == 1 && editions[0] == "":
		return ErrEdition.Says("This has no editions. Leave it out.").With("asked", editions)
	}
	return ErrEdition.Says("This program asks for edition "+either(editions)+". Read that one, then sign it.").With("asked", editions)
}

func (sc scene) module(r *Record) error {
	if sc.pinned.Course.Module(curriculum.ModuleKey(r.Subject)) != nil {
		return nil
	}
	var keys []string
	for _, m := range sc.pinned.Course.Modules {
		keys = append(keys, string(m.Key))
	}
	return notAmong(subject, keys)
}

// notAmong is the fault of naming something that the program does not ask for.
func notAmong(f field, asked []string) error {
	words := slices.Clone(asked)
	if i := slices.Index(words, ""); i >= 0 {
		words[i] = "one without a name"
	}
	return ErrAsked.At(string(f)).Says("This program asks for "+either(words)+".").With("asked", asked)
}

// requirements lists what a program asks for of one type.
func requirements(p *curriculum.Program, t curriculum.RequirementType) (found []*curriculum.Requirement) {
	for q := range p.All() {
		if q.Type == t {
			found = append(found, q)
		}
	}
	return found
}

// listed collects words of requirements, each once, in the order of the
// program.
func listed(all []*curriculum.Requirement, words func(*curriculum.Requirement) []string) (list []string) {
	for _, q := range all {
		for _, w := range words(q) {
			if !slices.Contains(list, w) {
				list = append(list, w)
			}
		}
	}
	return list
}
