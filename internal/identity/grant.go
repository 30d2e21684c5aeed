package identity

import (
	"slices"

	"github.com/kapstone-lms/kapstone/internal/access"
)

// everywhere is the grant that an installation must never be without.
var everywhere = access.Grant{Role: access.Admin}

// A reach is how far an admin's hand goes: all programs, or some.
type reach struct {
	programs []string
	all      bool
}

func reachOf(who access.Actor, act access.Act) reach {
	programs, all := who.Programs(act)
	return reach{programs, all}
}

// covers reports whether a grant is the admin's to give and take. Roles that
// stand above a program's admin are given by admins of all programs.
func (r reach) covers(g access.Grant) bool {
	return r.all || slices.Contains(r.programs, g.Program) && g.Role != access.Director && g.Role != access.Operator
}

// within reports whether a grant lies in the admin's programs, whoever gives it.
func (r reach) within(g access.Grant) bool { return r.all || slices.Contains(r.programs, g.Program) }

// sees reports whether a person with grants, made by somebody, is the admin's
// to see: who has a role in one of the programs, or in all; and who has none
// yet, to the one who added them.
func (r reach) sees(grants []access.Grant, own bool) bool {
	return r.all || len(grants) == 0 && own ||
		slices.ContainsFunc(grants, func(g access.Grant) bool { return g.Program == "" || r.within(g) })
}

// shows returns the grants that the admin may know of.
func (r reach) shows(grants []access.Grant) []access.Grant {
	return slices.DeleteFunc(slices.Clone(grants), func(g access.Grant) bool { return g.Program != "" && !r.within(g) })
}

// governs reports whether all that a person does lies in the admin's hand.
func (r reach) governs(grants []access.Grant) bool {
	return !slices.ContainsFunc(grants, func(g access.Grant) bool { return !r.covers(g) })
}

// regrant returns what a person's grants become when the admin asks for want:
// it replaces those within the admin's programs and leaves the others alone.
// It returns ErrRaise for a grant that is not the admin's to give or take, and
// for one an admin of some programs gives to themselves.
func (r reach) regrant(old, want []access.Grant, self bool) ([]access.Grant, error) {
	next := slices.Clone(want)
	for _, g := range old {
		if !r.within(g) {
			next = append(next, g)
		}
	}
	next, err := tidy(next)
	if err != nil {
		return nil, err
	}
	for _, g := range without(next, old) {
		if !r.covers(g) || self && !r.all {
			return nil, ErrRaise
		}
	}
	for _, g := range without(old, next) {
		if !r.covers(g) {
			return nil, ErrRaise
		}
	}
	return next, nil
}

// without returns the grants of a that are not in b.
func without(a, b []access.Grant) []access.Grant {
	return slices.DeleteFunc(slices.Clone(a), func(g access.Grant) bool { return slices.Contains(b, g) })
}

// inWords writes grants for the ledger: "admin", "trainee:kap_foundation".
func inWords(grants []access.Grant) []string {
	words := make([]string, len(grants))
	for i, g := range grants {
		if words[i] = string(g.Role); g.Program != "" {
			words[i] += ":" + g.Program
		}
	}
	return words
}
