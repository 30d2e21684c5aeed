// Package fault gives the errors that cross a package boundary on purpose: an
// error a caller, and in the end a person, can do something about.
//
// Any error that is not a fault is our own failure. It is logged in full and
// shown to nobody.
package fault

import (
	"errors"
	"maps"
	"time"
)

// Kind says what sort of trouble a fault is. The zero Kind is Internal, so an
// error nobody classified is never shown.
type Kind uint8

// The kinds of fault.
const (
	Internal    Kind = iota // ours; the reader is told nothing more
	Malformed               // the request cannot be read at all
	Invalid                 // the request is readable and breaks a rule of form
	Unknown                 // the caller has not said who they are
	Forbidden               // the caller may not do this
	NotFound                // no such thing, or none this caller may see
	Conflict                // the thing is not in a state that allows this
	TooMany                 // too often; come back after RetryAfter
	Unavailable             // a part we need is away; come back after RetryAfter
)

// A Fault is an error meant for a reader. Code is stable and belongs to the
// API; Text is one plain sentence a person can act on. Field names the input
// at fault, in dotted form ("grades.c2"), where there is one. Details go out
// beside the code under their own names. Why, if set, is the cause, for the
// log only.
type Fault struct {
	Kind       Kind
	Code       string
	Text       string
	Field      string
	Details    map[string]any
	RetryAfter time.Duration
	Why        error
}

// New returns a fault to be kept in a package variable and compared with
// errors.Is.
func New(kind Kind, code, text string) *Fault {
	return &Fault{Kind: kind, Code: code, Text: text}
}

// Error returns the code and the cause: words for a log, not for a reader.
func (f *Fault) Error() string {
	s := f.Code
	if f.Field != "" {
		s += " (" + f.Field + ")"
	}
	if f.Why != nil {
		s += ": " + f.Why.Error()
	}
	return s
}

// Unwrap returns the cause.
func (f *Fault) Unwrap() error { return f.Why }

// Is reports whether target is the same fault, whatever its field, details and
// cause.
func (f *Fault) Is(target error) bool {
	t, ok := target.(*Fault)
	return ok && t.Code == f.Code
}

// At returns a copy of f that names the field at fault.
func (f *Fault) At(field string) *Fault {
	g := *f
	g.Field = field
	return &g
}

// Says returns a copy of f with another sentence, for a rule whose words
// depend on the case.
func (f *Fault) Says(text string) *Fault {
	g := *f
	g.Text = text
	return &g
}

// With returns a copy of f that carries one more detail for the reader.
func (f *Fault) With(name string, value any) *Fault {
	g := *f
	g.Details = maps.Clone(f.Details)
	if g.Details == nil {
		g.Details = make(map[string]any, 1)
	}
	g.Details[name] = value
	return &g
}

// After returns a copy of f that says when to come back.
func (f *Fault) After(wait time.Duration) *Fault {
	g := *f
	g.RetryAfter = wait
	return &g
}

// Because returns a copy of f that carries its cause.
func (f *Fault) Because(err error) *Fault {
	g := *f
	g.Why = err
	return &g
}

// Of returns the fault in err's chain, or nil if err is our own failure.
func Of(err error) *Fault {
	var f *Fault
	if errors.As(err, &f) {
		return f
	}
	return nil
}
