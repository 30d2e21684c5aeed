// Package access says who may do what. It holds the whole table of
// permissions, and no storage: reading matrix.go is reading the policy.
//
// The table answers by role. Whose thing it is (one's own log, one's own
// cohort) is a relation, and answered by the feature that keeps the thing.
package access

import (
	"context"
	"slices"
	"time"

	"github.com/kapstone-lms/kapstone/internal/fault"
)

// A Role is what a person is to a program.
type Role string

// The roles.
const (
	Trainee    Role = "trainee"
	Instructor Role = "instructor"
	Supervisor Role = "supervisor"
	Clearer    Role = "clearer" // sets medical clearances and sees nothing else
	Admin      Role = "admin"
	Director   Role = "director"
	Operator   Role = "operator"
)

// Roles lists every role.
var Roles = []Role{Trainee, Instructor, Supervisor, Clearer, Admin, Director, Operator}

// IsStaff reports whether a role works for a program rather than learning in
// it. Staff are the ones who need a second factor.
func (r Role) IsStaff() bool { return r != Trainee }

// A Grant gives a person a role in one program, or in all when Program is
// empty.
type Grant struct {
	Role    Role
	Program string
}

// The faults of asking for too much.
var (
	ErrSignIn    = fault.New(fault.Unknown, "unauthenticated", "Sign in first.")
	ErrForbidden = fault.New(fault.Forbidden, "forbidden", "Your role does not allow this. Ask a program admin if you think it should.")
	ErrMFA       = fault.New(fault.Forbidden, "mfa_required", "This needs a second factor. Set one up under /api/v1/me/totp, then sign in with it.")
	ErrReauth    = fault.New(fault.Unknown, "reauth_required", "Your sign-in is too old for this. Sign in again, then repeat the step.")
)

// Fresh is how recent a sign-in must be for a grave act where second factors
// are required.
const Fresh = 10 * time.Minute

// An Actor is the person on whose behalf a request runs, as the edge found
// them. The zero Actor is a stranger.
type Actor struct {
	ID        string
	Name      string
	Session   string // the session's id
	Address   string // where the request came from
	RequestID string
	Grants    []Grant
	// RequireMFA says that this installation asks staff for a second factor
	// before a grave act; SecondFactor, that this session gave one; SinceSignIn,
	// how long ago the person last proved who they are.
	RequireMFA   bool
	SecondFactor bool
	SinceSignIn  time.Duration
}

// Has reports whether a holds role in any program.
func (a Actor) Has(role Role) bool {
	return slices.ContainsFunc(a.Grants, func(g Grant) bool { return g.Role == role })
}

// May returns nil if one of a's roles allows act in some program. It returns
// ErrSignIn for a stranger, ErrForbidden for the wrong role, and for a grave
// act ErrMFA or ErrReauth.
func (a Actor) May(act Act) error { return a.may(act, nil) }

// MayIn is like May, but counts only roles held in program or in all programs.
func (a Actor) MayIn(act Act, program string) error { return a.may(act, &program) }

func (a Actor) may(act Act, program *string) error {
	rule, ok := matrix[act]
	switch {
	case !ok:
		return ErrForbidden // default deny
	case rule.anyone:
		return nil
	case a.ID == "":
		return ErrSignIn
	case rule.signedIn:
		return nil
	}
	for _, g := range a.Grants {
		if slices.Contains(rule.roles, g.Role) && (program == nil || g.Program == "" || g.Program == *program) {
			return a.grave(rule)
		}
	}
	return ErrForbidden
}

func (a Actor) grave(rule rule) error {
	switch {
	case !rule.grave || !a.RequireMFA:
		return nil
	case !a.SecondFactor:
		return ErrMFA
	case a.SinceSignIn > Fresh:
		return ErrReauth
	}
	return nil
}

// Programs returns the programs in which a may do act: all is true when it is
// every program. It is what a list is narrowed by.
func (a Actor) Programs(act Act) (programs []string, all bool) {
	for _, g := range a.Grants {
		if !slices.Contains(matrix[act].roles, g.Role) {
			continue
		}
		if g.Program == "" {
			return nil, true
		}
		programs = append(programs, g.Program)
	}
	return programs, false
}

type key struct{}

// With returns a context that carries the actor.
func With(ctx context.Context, a Actor) context.Context { return context.WithValue(ctx, key{}, a) }

// From returns the actor in ctx; the zero Actor may do only what anyone may.
func From(ctx context.Context) Actor { a, _ := ctx.Value(key{}).(Actor); return a }
