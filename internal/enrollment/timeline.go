package enrollment

import (
	"cmp"
	"errors"
	"slices"
)

// A step is what a kind of deed makes of a status: another status, or a fault.
type step struct {
	to  Status
	err error
}

// errReadmit is ErrEnded in the words of staff.
var errReadmit = ErrEnded.Says("This enrollment has ended by then. Readmit the trainee first.").At("effective_on")

// steps is the whole of what can follow what.
var steps = map[Status]map[Kind]step{
	Active: {
		TakeLeave: {to: OnLeave}, Return: {err: ErrNotOnLeave},
		Extend: {to: Active}, Transfer: {to: Active}, ChangeTrack: {to: Active}, ChangeEdition: {to: Active},
		Withdraw: {to: Withdrawn}, Dismiss: {to: Dismissed}, Readmit: {err: ErrNotEnded},
	},
	OnLeave: {
		TakeLeave: {err: ErrOverlap}, Return: {to: Active},
		Extend: {to: OnLeave}, Transfer: {to: OnLeave}, ChangeTrack: {to: OnLeave}, ChangeEdition: {to: OnLeave},
		Withdraw: {to: Withdrawn}, Dismiss: {to: Dismissed}, Readmit: {err: ErrNotEnded},
	},
	Withdrawn: {
		TakeLeave: {err: errReadmit}, Return: {err: errReadmit},
		Extend: {err: errReadmit}, Transfer: {err: errReadmit}, ChangeTrack: {err: errReadmit}, ChangeEdition: {err: errReadmit},
		Withdraw: {err: errReadmit}, Dismiss: {err: errReadmit}, Readmit: {to: Active},
	},
	Dismissed: {
		TakeLeave: {err: errReadmit}, Return: {err: errReadmit},
		Extend: {err: errReadmit}, Transfer: {err: errReadmit}, ChangeTrack: {err: errReadmit}, ChangeEdition: {err: errReadmit},
		Withdraw: {err: errReadmit}, Dismiss: {err: errReadmit}, Readmit: {to: Active},
	},
}

// after returns the status that follows a deed of a kind, or the fault that
// says why there can be none.
func (s Status) after(k Kind) (Status, error) {
	next, ok := steps[s][k]
	if !ok {
		return s, ErrKind
	}
	if next.err != nil {
		return s, next.err
	}
	return next.to, nil
}

// A misfit is a deed that cannot follow those before it.
type misfit struct {
	deed *Deed
	why  error
}

func (m *misfit) Error() string { return "deed " + m.deed.ID + " does not fit: " + m.why.Error() }

// A timeline is a life while its deeds are gone through.
type timeline struct {
	Life
	now   Status
	back  string // when a planned leave ends; "" when none does
	turns []turn
}

// A turn is a day on which the status became another.
type turn struct {
	day string
	to  Status
}

// run goes through all deeds of an enrollment that began on a day, in the order
// of the days on which they take effect; those of one day in the order in which
// they were done. Its error is a misfit.
func run(start string, deeds []*Deed) (*timeline, error) {
	t := &timeline{Life: Life{StartsOn: start, InCohort: start}, now: Active}
	ordered := slices.SortedStableFunc(slices.Values(deeds), func(a, b *Deed) int {
		return cmp.Or(cmp.Compare(a.EffectiveOn, b.EffectiveOn), cmp.Compare(a.Number, b.Number))
	})
	for _, d := range ordered {
		t.comeBack(d.EffectiveOn)
		next, err := t.now.after(d.Kind)
		if err != nil {
			return nil, &misfit{d, err}
		}
		t.take(d)
		t.turn(d.EffectiveOn, next)
	}
	t.comeBack("9999-12-31")
	return t, nil
}

// replay is the life that run finds, as of a day.
func replay(start string, deeds []*Deed, asOf string) (Life, error) {
	t, err := run(start, deeds)
	if err != nil {
		return Life{}, err
	}
	return t.on(asOf), nil
}

// on is the life as of a day.
func (t *timeline) on(day string) Life {
	l := t.Life
	l.AsOf, l.Status = day, Active
	for _, x := range t.turns {
		if x.day <= day {
			l.Status = x.to
		}
	}
	return l
}

// comeBack ends a planned leave that is over by a day.
func (t *timeline) comeBack(by string) {
	if t.now == OnLeave && t.back != "" && t.back <= by {
		t.turn(t.back, Active)
		t.back = ""
	}
}

func (t *timeline) turn(day string, next Status) {
	if next != t.now {
		t.turns = append(t.turns, turn{day, next})
		t.now = next
	}
}

// take notes what a deed does to the clocks.
func (t *timeline) take(d *Deed) {
	switch d.Kind {
	case TakeLeave:
		t.Leaves = append(t.Leaves, Leave{d.EffectiveOn, d.UntilOn})
		t.back = d.UntilOn
	case Return, Readmit:
		t.stop(d.EffectiveOn)
	case Withdraw, Dismiss:
		if t.now == OnLeave {
			t.stop(d.EffectiveOn)
		}
		t.Leaves = append(t.Leaves, Leave{From: d.EffectiveOn})
	case Extend:
		t.Extension += d.Days
	case Transfer:
		t.InCohort = d.EffectiveOn
	}
}

// stop ends the current leave on a day. One that never began is forgotten.
func (t *timeline) stop(day string) {
	last := len(t.Leaves) - 1
	t.Leaves[last].Until, t.back = day, ""
	if t.Leaves[last].From == day {
		t.Leaves = t.Leaves[:last]
	}
}

// join works out the life that a further deed makes, as of a day, and refuses
// one that does not fit.
func join(start string, deeds []*Deed, d *Deed, asOf string) (Life, error) {
	l, err := replay(start, append(slices.Clone(deeds), d), asOf)
	var m *misfit
	switch {
	case errors.As(err, &m) && (m.deed == d || d.Kind == TakeLeave && errors.Is(m.why, ErrOverlap)):
		return l, m.why
	case m != nil:
		return l, ErrOrder
	case err == nil && (l.Extension < 0 || l.Extension > maxExtension):
		return l, ErrDays
	}
	return l, err
}
