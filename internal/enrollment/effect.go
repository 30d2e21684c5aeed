package enrollment

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/curriculum"
)

// An Effect says what a deed changes, in fields and in words.
type Effect struct {
	On            string // the day for which Before and After hold: today, or the deed's own if it is later
	Before, After State
	Words         []string // a sentence each
}

// A State is how an enrollment stands on a day.
type State struct {
	Status      Status
	ClockDays   int // that the clock shows
	Deadlines   []Deadline
	Cohort      Named
	Supervisors []Named
	Track       string
	Edition     int
}

// Named is something with its name, for answers to people.
type Named struct{ ID, Name string }

// A Deadline is a time limit of the program as it stands for an enrollment. Due
// is "" while it waits for what it runs from.
type Deadline struct {
	Requirement string
	Title       string
	From        string // "start", or the id of the requirement it runs from
	FromTitle   string // that requirement's title; "" for the start
	Due         string
}

// effect works out what a deed changes of an enrollment, given the deeds before
// it. The enrollment may be as before the deed or as after.
func (s *Service) effect(ctx context.Context, idb bun.IDB, e *Enrollment, deeds []*Deed, d *Deed) (Effect, error) {
	day, err := s.dayOf(ctx, idb, e)
	if err != nil {
		return Effect{}, err
	}
	x := Effect{On: max(day, d.EffectiveOn)}
	if x.Before, err = s.state(ctx, idb, d.undo(*e), deeds, x.On); err != nil {
		return x, err
	}
	after := slices.Concat(deeds, []*Deed{d})
	if x.After, err = s.state(ctx, idb, d.do(*e), after, x.On); err != nil {
		return x, err
	}
	x.Words = x.words(d)
	return x, nil
}

// nothing is the answer where there is nothing to change.
func (s *Service) nothing(ctx context.Context, idb bun.IDB, e *Enrollment, deeds []*Deed) (*Done, error) {
	day, err := s.dayOf(ctx, idb, e)
	if err != nil {
		return nil, err
	}
	st, err := s.state(ctx, idb, e, deeds, day)
	return &Done{Enrollment: e, Effect: Effect{day, st, st, []string{"Nothing changes: this is how it is already."}}}, err
}

// dayOf is today where an enrollment's cohort is.
func (s *Service) dayOf(ctx context.Context, idb bun.IDB, e *Enrollment) (string, error) {
	c, err := getCohort(ctx, idb, e.CohortID)
	if err != nil {
		return "", err
	}
	return today(s.now(), c.TimeZone)
}

func (s *Service) state(ctx context.Context, idb bun.IDB, e *Enrollment, deeds []*Deed, day string) (State, error) {
	l, err := replay(e.StartsOn, deeds, day)
	if err != nil {
		return State{}, err
	}
	p, err := s.Pin(ctx, e)
	if err != nil {
		return State{}, err
	}
	st := State{Status: l.Status, ClockDays: l.Elapsed(day), Deadlines: p.Deadlines(l), Track: e.Track, Edition: e.ProgramVersion}
	c, err := getCohort(ctx, idb, e.CohortID)
	if err != nil {
		return st, err
	}
	st.Cohort = Named{c.ID, c.Name}
	people, err := s.Supervisors(ctx, idb, e)
	if err != nil {
		return st, err
	}
	names, err := s.people.Names(ctx, idb, people)
	for _, id := range people {
		if id != e.PersonID {
			st.Supervisors = append(st.Supervisors, Named{id, names[id]})
		}
	}
	return st, err
}

// Deadlines lists the time limits of the pinned program for a life, in the
// order of the program. Those that do not run from the start wait for what only
// the evidence tells.
func (p *Pinned) Deadlines(l Life) (all []Deadline) {
	var walk func([]curriculum.Requirement)
	walk = func(reqs []curriculum.Requirement) {
		for _, r := range reqs {
			if !r.For(p.Track) {
				continue
			}
			walk(r.Of)
			if r.Type != curriculum.Deadline {
				continue
			}
			d := Deadline{Requirement: r.ID, Title: r.Title, From: r.From}
			if r.From == "" || r.From == "start" {
				d.From, d.Due = "start", l.DueAfter(l.StartsOn, r.Months, r.Days)
			}
			all = append(all, d)
		}
	}
	walk(p.Edition.Requirements)
	for r := range p.Edition.All() {
		for i := range all {
			if all[i].From == r.ID {
				all[i].FromTitle = r.Title
			}
		}
	}
	return all
}

// words says what a deed is and does, most telling first.
func (x *Effect) words(d *Deed) []string {
	all := []string{x.lead(d)}
	b, a := x.Before, x.After
	if b.Status != a.Status {
		all = append(all, fmt.Sprintf("Status on %s: %s instead of %s.", inWords(x.On), statusWords[a.Status], statusWords[b.Status]))
	}
	if b.ClockDays != a.ClockDays {
		all = append(all, fmt.Sprintf("The clock shows %s on %s instead of %d.", days(a.ClockDays), inWords(x.On), b.ClockDays))
	}
	if names(a.Supervisors) != names(b.Supervisors) || d.Kind == Transfer {
		all = append(all, fmt.Sprintf("Supervised by %s.", names(a.Supervisors)))
	}
	return append(all, x.deadlineWords()...)
}

var statusWords = map[Status]string{Active: "active", OnLeave: "on leave", Withdrawn: "withdrawn", Dismissed: "dismissed"}

// lead says in a sentence or two what a deed is.
func (x *Effect) lead(d *Deed) string {
	day := inWords(d.EffectiveOn)
	switch d.Kind {
	case TakeLeave:
		if d.UntilOn == "" {
			return fmt.Sprintf("Leave from %s, with no end set: until the return is recorded the clocks stand still, and every deadline moves on day by day.", day)
		}
		return fmt.Sprintf("Leave from %s until %s: for %s the clocks stand still.", day, inWords(d.UntilOn), days(between(d.EffectiveOn, d.UntilOn)))
	case Return:
		return fmt.Sprintf("Back from leave on %s: from that day the clocks go on.", day)
	case Extend:
		if d.Days < 0 {
			return fmt.Sprintf("Of the extensions granted before, %s are taken back.", days(-d.Days))
		}
		return fmt.Sprintf("Every deadline moves on by %s.", days(d.Days))
	case Transfer:
		return fmt.Sprintf("Moves from the cohort “%s” to “%s” on %s. Everything on record goes along: lessons, quizzes, signed logs and logs under way.",
			x.Before.Cohort.Name, x.After.Cohort.Name, day)
	case Withdraw, Dismiss:
		how := map[Kind]string{Withdraw: "withdrawal", Dismiss: "dismissal"}[d.Kind]
		return fmt.Sprintf("Ends on %s by %s: from then on nothing is studied, taken, logged or certified. What is on record stays, and stays readable.", day, how)
	case Readmit:
		return fmt.Sprintf("Goes on from %s. The time since it ended does not count.", day)
	case ChangeTrack:
		return fmt.Sprintf("The track is “%s” instead of “%s”.", x.After.Track, x.Before.Track)
	}
	return fmt.Sprintf("Version %d of the program holds instead of version %d.", x.After.Edition, x.Before.Edition)
}

// deadlineWords states every deadline and how it was before.
func (x *Effect) deadlineWords() (all []string) {
	before := make(map[string]Deadline)
	for _, d := range x.Before.Deadlines {
		before[d.Requirement] = d
	}
	for _, d := range x.After.Deadlines {
		was, known := before[d.Requirement]
		delete(before, d.Requirement)
		switch {
		case d.Due == "":
			all = append(all, fmt.Sprintf("“%s” runs from the day on which “%s” is met.", d.Title, d.FromTitle))
		case known && was.Due != d.Due && was.Due != "":
			all = append(all, fmt.Sprintf("“%s” is due on %s instead of %s%s.", d.Title, inWords(d.Due), inWords(was.Due), x.past(d.Due)))
		default:
			all = append(all, fmt.Sprintf("“%s” is due on %s%s.", d.Title, inWords(d.Due), x.past(d.Due)))
		}
	}
	for _, d := range x.Before.Deadlines {
		if _, gone := before[d.Requirement]; gone {
			all = append(all, fmt.Sprintf("“%s” is not asked for any more.", d.Title))
		}
	}
	return all
}

func (x *Effect) past(due string) string {
	if due < x.On {
		return ", which is past"
	}
	return ""
}

func days(n int) string {
	if n == 1 {
		return "1 day"
	}
	return fmt.Sprintf("%d days", n)
}

func names(all []Named) string {
	if len(all) == 0 {
		return "nobody yet"
	}
	list := make([]string, len(all))
	for i, n := range all {
		list[i] = n.Name
	}
	return strings.Join(list, ", ")
}

// letter writes to the trainee what was done, why, and what holds now.
func (s *Service) letter(ctx context.Context, idb bun.IDB, done *Done) (string, error) {
	e, d := done.Enrollment, done.Deed
	people, err := s.people.Names(ctx, idb, []string{e.PersonID, d.DoneBy})
	if err != nil {
		return "", err
	}
	p, err := s.Pin(ctx, e)
	if err != nil {
		return "", err
	}
	on, err := s.dayOf(ctx, idb, e)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("Dear %s,\n\nthis is about your enrollment in %s, cohort %s.\n\n- %s\n\nWhy: %s\n\nIf you think that this is wrong, write to the program.\n\n%s, for the program\n%s\n",
		people[e.PersonID], p.Edition.Title, done.Effect.After.Cohort.Name, strings.Join(done.Effect.Words, "\n- "), d.Reason,
		people[d.DoneBy], inWords(on)), nil
}
