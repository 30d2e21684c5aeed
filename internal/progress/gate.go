package progress

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/internal/fault"
	"github.com/kapstone-lms/kapstone/internal/practicum"
	"github.com/kapstone-lms/kapstone/internal/records"
)

// ErrPrerequisite reports a beginning of what the program lets wait for
// something else. Its detail "requirement" is the id of what comes first.
var ErrPrerequisite = fault.New(fault.Forbidden, "prerequisite", "Your program asks for something else first.")

// ErrLead reports a session with a client that was led without a license.
var ErrLead = fault.New(fault.Forbidden, "license_needed", "Who leads a session with a client has an active license that the program has checked. Log it as led under supervision, or enter your license.").At("role")

// A Step is what a trainee is about to begin: the lessons or the quiz of a
// module, or a log of practice.
type Step struct {
	Module curriculum.ModuleKey // "" for a log
	Quiz   bool                 // of the module; else its lessons
	Log    *practicum.Work      // as far as it is known
}

// First returns the requirement that a program wants done before a step, or
// false where nothing is in its way. What stands in the way of a step is what
// the requirements wait for that ask for it, on the trainee's track: an order,
// an ordering, a gate at the start. Where several ask for it, one that waits
// for nothing, or is done, is enough. A module asked for by its quiz alone is
// that quiz's in whole, and so the other way round; what no requirement asks
// for waits for the gates at the start. A gate at the issue is in nobody's way.
func First(edition *curriculum.Program, course *curriculum.Course, e Evidence, now time.Time, s Step) (first Node, waits bool) {
	v := newEvaluation(edition, course, e, now)
	v.settle(v.nodes(edition.Requirements))
	for _, asks := range []func(*curriculum.Requirement) bool{s.asked, s.related} {
		if first, waits, found := v.inTheWay(asks); found {
			return first, waits
		}
	}
	for r := range edition.All() {
		if n, ok := v.bare[r.ID]; ok && r.Gate == curriculum.GateStart && !n.Status.Done() {
			return n, true
		}
	}
	return Node{}, false
}

// inTheWay looks at the requirements that ask for something. found is false where
// none does.
func (v *evaluation) inTheWay(asks func(*curriculum.Requirement) bool) (first Node, waits, found bool) {
	for r := range v.edition.All() {
		if v.reqs[r.ID] == nil || !asks(r) {
			continue
		}
		n, held := v.first[r.ID]
		if !held {
			return Node{}, false, true
		}
		if !found {
			first, waits, found = n, true, true
		}
	}
	return first, waits, found
}

// asked reports whether a requirement asks for the very step.
func (s Step) asked(r *curriculum.Requirement) bool {
	switch r.Type {
	case curriculum.ModuleComplete:
		return s.Log == nil && r.Module == s.Module
	case curriculum.LessonsComplete:
		return s.Log == nil && r.Module == s.Module && !s.Quiz
	case curriculum.QuizPass:
		return s.Log == nil && r.Module == s.Module && s.Quiz
	case curriculum.PracticumSessions:
		return s.Log != nil && s.fits(r)
	case curriculum.HoursMin:
		return s.Log != nil && r.Category == "practicum"
	}
	return false
}

// related reports whether a requirement asks for something else of the step's
// module.
func (s Step) related(r *curriculum.Requirement) bool {
	return s.Log == nil && r.Module == s.Module && (r.Type == curriculum.LessonsComplete || r.Type == curriculum.QuizPass)
}

// fits reports whether a log may become one of the sessions that a requirement
// asks for. What it does not say yet may become anything.
func (s Step) fits(r *curriculum.Requirement) bool {
	l := s.Log
	may := func(choice []string, s string) bool { return s == "" || among(choice, s) }
	return (r.Phase == "" || l.Phase == "" || l.Phase == practicum.Phase(r.Phase)) &&
		may(r.Kinds, string(l.Kind)) && may(r.Parts, l.Role) && may(r.Formats, l.Format)
}

// steps reports whether a program lets anything wait.
func steps(edition *curriculum.Program) bool {
	for r := range edition.All() {
		if len(r.After) > 0 || r.Gate == curriculum.GateStart {
			return true
		}
	}
	return false
}

// LessonsOpen returns nil when the lessons of a module may be studied now, else
// ErrPrerequisite with what comes first. Like the two others it judges by the
// evidence as it is when it is asked: what is taken back a moment later, or
// comes a moment later, makes no difference to what has begun.
func (s *Service) LessonsOpen(ctx context.Context, p *enrollment.Pinned, module curriculum.ModuleKey) error {
	return s.open(ctx, s.db, p, Step{Module: module})
}

// QuizOpen is LessonsOpen for a new attempt at a module's quiz. It reads
// through idb: inside the transaction that begins the attempt, and behind the
// lock on evidence, what it judges by stays.
func (s *Service) QuizOpen(ctx context.Context, idb bun.IDB, p *enrollment.Pinned, module curriculum.ModuleKey) error {
	return s.open(ctx, idb, p, Step{Module: module, Quiz: true})
}

// LogOpen is LessonsOpen for a log of practice. Where the program asks for the
// whole log, it returns ErrLead to who led a session with a client on their own
// and has no active license.
func (s *Service) LogOpen(ctx context.Context, p *enrollment.Pinned, log *practicum.Work) error {
	if err := s.open(ctx, s.db, p, Step{Log: log}); err != nil {
		return err
	}
	if !p.Edition.Practicum.Log.Full || log.Kind != practicum.Client || log.Role != "lead" {
		return nil
	}
	evidence, err := s.Gather(ctx, s.db, []*enrollment.Pinned{p})
	if err != nil {
		return err
	}
	if !licensed(evidence[0], s.now()) {
		return ErrLead
	}
	return nil
}

// licensed reports whether there is a license that was checked, is active and
// has not run out.
func licensed(e Evidence, now time.Time) bool {
	today := now.In(cmp.Or(e.Zone, time.UTC)).Format(time.DateOnly)
	return slices.ContainsFunc(e.Records, func(r *records.Record) bool {
		return r.Kind == records.License && r.State == records.Confirmed && r.Value == "active" && (r.ExpiresOn == "" || r.ExpiresOn >= today)
	})
}

func (s *Service) open(ctx context.Context, idb bun.IDB, p *enrollment.Pinned, step Step) error {
	if !steps(p.Edition) {
		return nil // most programs: nothing to read
	}
	evidence, err := s.Gather(ctx, idb, []*enrollment.Pinned{p})
	if err != nil {
		return err
	}
	if first, waits := First(p.Edition, p.Course, evidence[0], s.now(), step); waits {
		return ErrPrerequisite.Says(fmt.Sprintf("Your program asks for this first: %s.", strings.TrimSuffix(first.Title, "."))).With("requirement", first.ID)
	}
	return nil
}
