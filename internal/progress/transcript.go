package progress

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/internal/practicum"
	"github.com/kapstone-lms/kapstone/internal/records"
)

// A Transcript is what an enrollment has on record, apart from what a program
// makes of it. What was carried over from an earlier system stands by itself.
// Personal experience is no part of it (DESIGN 2.9).
type Transcript struct {
	Track    string
	Modules  []StudiedModule
	Hours    []Spent     // by category and delivery, in alphabetical order
	Practice []Practiced // by phase, kind and part
	Waivers  []Waiver
	Carried  []*records.Record // as they were accepted
}

// A StudiedModule is a module with its lessons read and its quiz passed.
type StudiedModule struct {
	Key         curriculum.ModuleKey
	Title       string
	CompletedOn time.Time // of the last lesson or the quiz; zero where it is nobody's business
	Percent     int       // of the passed quiz; 0 where the program asks for none
}

// Spent is time of one category, given in one way. Practice is not part of it.
type Spent struct {
	Category, Delivery string
	Minutes            int
}

// Practiced is what was practiced, as logged and signed.
type Practiced struct {
	Phase    practicum.Phase
	Kind     practicum.Kind
	Part     string
	Sessions int
	Minutes  int
}

// A Waiver says what an enrollment was freed of, and why.
type Waiver struct{ Requirement, Title, Reason string }

// Transcript returns the transcript of an enrollment that the actor may see.
func (s *Service) Transcript(ctx context.Context, enrollmentID string) (*enrollment.Pinned, *Transcript, error) {
	p, err := s.enrollments.See(ctx, access.SeeEnrollment, enrollmentID)
	if err != nil {
		return nil, nil, err
	}
	evidence, err := s.Gather(ctx, s.db, []*enrollment.Pinned{p})
	if err != nil {
		return nil, nil, err
	}
	return p, Transcribe(p.Edition, p.Course, evidence[0]), nil
}

// Transcribe puts a transcript together. It is a pure function, like Evaluate.
func Transcribe(edition *curriculum.Program, course *curriculum.Course, e Evidence) *Transcript {
	v := newEvaluation(edition, course, e, time.Time{})
	t := &Transcript{Track: e.Track, Modules: v.studied(), Practice: v.practiced()}
	sums := make(map[Spent]int)
	for _, h := range v.spent() {
		if !h.waiting && !h.carried && h.category != "practicum" {
			sums[Spent{Category: h.category, Delivery: h.delivery}] += h.minutes
		}
	}
	for s, minutes := range sums {
		s.Minutes = minutes
		t.Hours = append(t.Hours, s)
	}
	slices.SortFunc(t.Hours, func(a, b Spent) int {
		return cmp.Or(cmp.Compare(a.Category, b.Category), cmp.Compare(a.Delivery, b.Delivery))
	})
	for r := range edition.All() {
		if w := v.waived[r.ID]; w != nil {
			t.Waivers = append(t.Waivers, Waiver{r.ID, r.Title, w.Reason})
		}
	}
	for _, r := range v.evidence.Records {
		if r.Carried != "" && r.State == records.Confirmed {
			t.Carried = append(t.Carried, r)
		}
	}
	return t
}

// studied lists the modules that are done, in the order of the course: every
// lesson that the program asks for read, and every quiz passed.
func (v *evaluation) studied() (all []StudiedModule) {
	for _, m := range v.course.Modules {
		lessons, test := v.asks(m.Key)
		done := StudiedModule{Key: m.Key, Title: m.Title}
		q := v.evidence.Quizzes[m.Key]
		if !lessons && !test || test && !q.Passed {
			continue
		}
		if test {
			done.CompletedOn, done.Percent = q.PassedAt, q.BestPercent
		}
		read := 0
		for _, l := range m.Lessons {
			if at, ok := v.evidence.Lessons[l.ID]; ok {
				read++
				if lessons && at.After(done.CompletedOn) {
					done.CompletedOn = at
				}
			}
		}
		if v.private(m.Key) {
			done.CompletedOn = time.Time{}
		}
		if !lessons || read == len(m.Lessons) {
			all = append(all, done)
		}
	}
	return all
}

// private reports whether a module stands in one group with the personal
// experience, so that its date is nobody's business.
func (v *evaluation) private(m curriculum.ModuleKey) bool {
	return slices.ContainsFunc(v.edition.Requirements, func(r curriculum.Requirement) bool {
		about, personal := false, false
		for part := range (&curriculum.Program{Requirements: []curriculum.Requirement{r}}).All() {
			about = about || part.Module == m
			personal = personal || part.Type == curriculum.PersonalExperience
		}
		return about && personal
	})
}

// asks says what a program asks of a module.
func (v *evaluation) asks(m curriculum.ModuleKey) (lessons, test bool) {
	for r := range v.edition.All() {
		if r.Module == m && r.For(v.evidence.Track) {
			lessons = lessons || r.Type != curriculum.QuizPass
			test = test || r.Type != curriculum.LessonsComplete
		}
	}
	return lessons, test
}

// practiced sums up the sessions that count.
func (v *evaluation) practiced() (all []Practiced) {
	at := make(map[Practiced]int)
	for _, s := range v.evidence.Sessions {
		if ok, _ := practicum.Counts(v.edition.Practicum, s); !ok {
			continue
		}
		key := Practiced{Phase: s.Phase, Kind: s.Kind, Part: s.Part}
		i, there := at[key]
		if !there {
			i = len(all)
			at[key], all = i, append(all, key)
		}
		all[i].Sessions++
		all[i].Minutes += s.Minutes
	}
	slices.SortFunc(all, func(a, b Practiced) int {
		return cmp.Or(cmp.Compare(order[a.Phase], order[b.Phase]), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Part, b.Part))
	})
	return all
}

var order = map[practicum.Phase]int{practicum.Preparation: 1, practicum.Medicine: 2, practicum.Integration: 3}
