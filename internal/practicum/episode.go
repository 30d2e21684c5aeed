package practicum

import (
	"cmp"
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/internal/fault"
	"github.com/kapstone-lms/kapstone/internal/once"
)

// An Episode is a preparation, a medicine session and its integration with one
// case. It is no record of its own: the logs of a case, in their order, make
// its episodes.
type Episode struct {
	CaseRef string
	Number  int // of the case's episodes, from 1
	Steps   []Step
	Missing []string // in words; none: it is whole, and counts as one
}

// A Step is a log in its episode, as its author and supervisors see it.
type Step struct {
	Session
	Ref  string
	Seq  int
	Days *int
	Why  string // it does not count, "" when it does
}

// A Tally is what counts of an enrollment's practice, each once.
type Tally struct{ Sessions, Cases, Episodes int }

// The faults of episodes.
var (
	ErrNoPart   = fault.New(fault.Invalid, "episode_empty", "Name at least one of preparation, medicine and integration.")
	ErrSeqTaken = fault.New(fault.Conflict, "case_seq_taken", "This case has a session with that number already. Leave the number out for the next one.").At("case_seq")
)

// episodes parts the steps of cases into episodes, in the order of their first
// logs. An episode begins with a preparation that comes after practice, and
// with a second medicine session.
func episodes(steps []Step, rules curriculum.LogRules, now time.Time) (all []Episode) {
	first := make(map[string]int)
	for i, s := range steps {
		if _, seen := first[s.Ref]; !seen {
			first[s.Ref] = i
		}
	}
	steps = slices.Clone(steps)
	slices.SortStableFunc(steps, func(a, b Step) int {
		return cmp.Or(cmp.Compare(first[a.Ref], first[b.Ref]), cmp.Compare(a.Seq, b.Seq))
	})
	for _, s := range steps {
		last := len(all) - 1
		if last < 0 || all[last].CaseRef != s.Ref || all[last].ends(s.Phase) {
			number := 1
			if last >= 0 && all[last].CaseRef == s.Ref {
				number = all[last].Number + 1
			}
			all = append(all, Episode{CaseRef: s.Ref, Number: number})
			last++
		}
		all[last].Steps = append(all[last].Steps, s)
	}
	for i := range all {
		all[i].Missing = all[i].missing(rules, now)
	}
	return all
}

// ends reports whether a step of a phase belongs to the next episode.
func (e *Episode) ends(phase Phase) bool {
	return phase != Integration && len(e.of(Medicine))+len(e.of(Integration)) > 0
}

func (e *Episode) of(phase Phase) (all []Step) {
	for _, s := range e.Steps {
		if s.Phase == phase {
			all = append(all, s)
		}
	}
	return all
}

// missing says in words what an episode lacks.
func (e *Episode) missing(rules curriculum.LogRules, now time.Time) (all []string) {
	for _, phase := range []Phase{Preparation, Medicine} {
		if len(e.of(phase)) == 0 {
			all = append(all, "a "+string(phase)+" session")
		}
	}
	all = append(all, e.late(rules, now)...)
	for _, s := range e.Steps {
		if s.Why != "" {
			all = append(all, fmt.Sprintf("the %s session does not count yet: %s", s.Phase, s.Why))
		}
	}
	return all
}

// late looks at the integration and at the follow-up: whether they are there,
// and whether they came in the program's time.
func (e *Episode) late(rules curriculum.LogRules, now time.Time) (all []string) {
	done := e.of(Integration)
	within := ""
	if rules.IntegrationDays > 0 {
		within = fmt.Sprintf(" within %d days of the medicine session", rules.IntegrationDays)
	}
	switch medicine := e.of(Medicine); {
	case len(done) == 0 && within != "" && len(medicine) > 0 && passed(medicine[0].Week, rules.IntegrationDays, now):
		all = append(all, "an integration session; the time of your program"+within+" has passed")
	case len(done) == 0:
		all = append(all, "an integration session"+within)
	case within != "" && done[0].Days != nil && *done[0].Days > rules.IntegrationDays:
		all = append(all, fmt.Sprintf("an integration session%s; it came after %d", within, *done[0].Days))
	}
	if rules.FollowUpDays == 0 || len(done) == 0 {
		return all
	}
	switch {
	case len(done) == 1:
		all = append(all, fmt.Sprintf("a follow-up within %d days of the integration session", rules.FollowUpDays))
	case done[1].Days != nil && *done[1].Days > rules.FollowUpDays:
		all = append(all, fmt.Sprintf("a follow-up within %d days of the integration session; it came after %d", rules.FollowUpDays, *done[1].Days))
	}
	return all
}

// passed reports whether so many days have passed since the end of a week.
func passed(week string, days int, now time.Time) bool {
	return week != "" && weekOf(now.AddDate(0, 0, -days)) > week
}

// tally counts what counts.
func tally(all []Episode) (t Tally) {
	cases := make(map[string]bool)
	for _, e := range all {
		if len(e.Missing) == 0 {
			t.Episodes++
		}
		for _, s := range e.Steps {
			if s.Why == "" {
				t.Sessions++
				cases[s.Ref] = true
			}
		}
	}
	t.Cases = len(cases)
	return t
}

// Episodes returns the episodes of an enrollment and what counts of it, to the
// trainee and to who supervises them; what is missing is said of each. Every
// reading by another is in the ledger.
func (s *Service) Episodes(ctx context.Context, enrollmentID string) (all []Episode, t Tally, err error) {
	who := access.From(ctx)
	if err := who.May(access.ReadLog); err != nil {
		return nil, t, err
	}
	if !db.IsID(enrollmentID) {
		return nil, t, db.ErrNone
	}
	if p, err := s.enrollments.OwnToRead(ctx, access.WriteLog, enrollmentID); err == nil {
		all, err = s.episodesOf(ctx, s.db, p)
		return all, tally(all), err
	}
	err = s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		p, err := s.enrollments.Supervised(ctx, tx, access.ReadLog, enrollmentID)
		if err != nil {
			return err
		}
		if all, err = s.episodesOf(ctx, tx, p); err != nil {
			return err
		}
		return audit.Append(ctx, tx, s.now(), "log.episodes_read", enrollmentID, nil)
	})
	return all, tally(all), err
}

func (s *Service) episodesOf(ctx context.Context, idb bun.IDB, p *enrollment.Pinned) ([]Episode, error) {
	evidence, err := s.Evidence(ctx, idb, []string{p.ID})
	if err != nil {
		return nil, err
	}
	lines, err := linesOf(ctx, idb, p.ID)
	if err != nil {
		return nil, fmt.Errorf("list episodes: %w", err)
	}
	steps := make([]Step, 0, len(evidence[p.ID]))
	for _, x := range evidence[p.ID] {
		if x.AmendedBy != "" || x.Amends != "" && x.Status != Countersigned {
			continue // one version of a session stands for it
		}
		c := lines[x.LogID]
		step := Step{Session: x, Ref: c.CaseRef, Seq: c.Seq, Days: c.Days}
		if ok, why := Counts(p.Edition.Practicum, x); !ok {
			step.Why = why
		}
		steps = append(steps, step)
	}
	return episodes(steps, p.Edition.Practicum.Log, s.now()), nil
}

// An EpisodeForm is an episode in one go: what its parts have in common, and
// each of them. A part that is nil is not logged.
type EpisodeForm struct {
	Common                             Form
	Preparation, Medicine, Integration *Form
	Submit                             bool
	Confirmed                          []string // as for Submit, such as "medicine.duration_min"
}

// parts returns the forms that an episode names, in their order.
func (f EpisodeForm) parts() (all []Form) {
	for _, part := range []struct {
		phase Phase
		form  *Form
	}{{Preparation, f.Preparation}, {Medicine, f.Medicine}, {Integration, f.Integration}} {
		if part.form != nil {
			d := f.Common
			d.over(*part.form)
			phase := part.phase
			d.Phase = &phase
			all = append(all, d)
		}
	}
	return all
}

// over writes what another form names over this one.
func (d *Form) over(other Form) {
	var walk func(to, from reflect.Value)
	walk = func(to, from reflect.Value) {
		for i := range to.NumField() {
			switch f := from.Field(i); {
			case f.Kind() == reflect.Struct:
				walk(to.Field(i), f)
			case !f.IsNil():
				to.Field(i).Set(f)
			}
		}
	}
	walk(reflect.ValueOf(d).Elem(), reflect.ValueOf(other))
}

// LogEpisode logs the parts of an episode under one case, all of them or none.
// Without a case it begins one. With Submit every part has to be whole. It
// returns the episode that came of it; the name of a field at fault begins with
// its phase.
func (s *Service) LogEpisode(ctx context.Context, enrollmentID string, f EpisodeForm) (*Episode, error) {
	p, err := s.enrollments.Own(ctx, access.WriteLog, enrollmentID)
	if err != nil {
		return nil, err
	}
	forms := f.parts()
	if len(forms) == 0 {
		return nil, ErrNoPart
	}
	begun := make([]*Log, len(forms))
	for i, d := range forms {
		if begun[i], err = s.begin(ctx, p, d); err != nil {
			return nil, within(*d.Phase, err)
		}
	}
	var first string
	err = s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		id, again, err := once.Claim(ctx, tx, s.now(), db.NewID())
		if first = id; err != nil || again {
			return err
		}
		return s.addAll(ctx, tx, p, f, forms, begun, id)
	})
	if err != nil {
		return nil, fmt.Errorf("log episode: %w", err)
	}
	all, err := s.episodesOf(ctx, s.db, p)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(all, func(e Episode) bool {
		return slices.ContainsFunc(e.Steps, func(x Step) bool { return x.LogID == first })
	})
	return &all[i], nil
}

// addAll keeps the parts of an episode, the first under id.
func (s *Service) addAll(ctx context.Context, tx bun.IDB, p *enrollment.Pinned, f EpisodeForm, forms []Form, begun []*Log, id string) error {
	var ref *string
	for i, d := range forms {
		l := *begun[i] // a second try of the transaction begins anew
		if l.ID = id; i > 0 {
			l.ID, d.CaseRef, l.Case.Ref, d.CaseSeq, l.Case.Seq = db.NewID(), ref, *ref, nil, 0
		}
		if err := s.add(ctx, tx, p, &l, d); err != nil {
			return within(l.Phase, err)
		}
		if ref = &l.Case.Ref; !f.Submit {
			continue
		}
		err := s.send(ctx, tx, p, &l, cut(f.Confirmed, string(l.Phase)+"."))
		if err == nil {
			err = s.write(ctx, tx, &l)
		}
		if err == nil {
			err = audit.Append(ctx, tx, s.now(), "log.submitted", l.ID, map[string]any{"enrollment": p.ID, "phase": l.Phase, "minutes": l.Minutes})
		}
		if err != nil {
			return within(l.Phase, err)
		}
	}
	return nil
}

// cut returns what begins with a prefix, without it.
func cut(all []string, prefix string) (some []string) {
	for _, s := range all {
		if rest, ok := strings.CutPrefix(s, prefix); ok {
			some = append(some, rest)
		}
	}
	return some
}

// within puts the phase before the field at fault.
func within(phase Phase, err error) error {
	f := fault.Of(err)
	if f == nil || f.Field == "" {
		return err
	}
	at := f.At(string(phase) + "." + f.Field)
	if asked, ok := f.Details["questions"].([]map[string]string); ok {
		named := make([]map[string]string, len(asked))
		for i, q := range asked {
			named[i] = map[string]string{"id": string(phase) + "." + q["id"], "question": q["question"]}
		}
		at = at.With("questions", named)
	}
	return at
}
