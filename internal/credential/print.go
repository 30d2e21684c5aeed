package credential

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kapstone-lms/kapstone/internal/certpdf"
	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/internal/practicum"
	"github.com/kapstone-lms/kapstone/internal/progress"
)

// print puts together what stands on the paper.
func (s *Service) print(c *Certificate, p *enrollment.Pinned, e progress.Evidence, name string) certpdf.Document {
	sessions := counted(p.Edition, e)
	d := certpdf.Document{
		Title:          p.Edition.Certificate.Title,
		Holder:         name,
		Program:        p.Edition.Title,
		ProgramVersion: fmt.Sprint(p.Edition.Version),
		Hours:          hours(p.Course, p.Edition, sessions),
		Practice:       practice(sessions),
	}
	for _, m := range p.Course.Modules {
		if asks(p.Edition.Requirements, m.Key) {
			d.Modules = append(d.Modules, certpdf.Module{Title: m.Title, CompletedOn: completedOn(m, p.Edition, e, sessions)})
		}
	}
	s.sign(&d, c)
	return d
}

// sign prints who issues and how to check it.
func (s *Service) sign(d *certpdf.Document, c *Certificate) {
	d.Specimen = s.issuer.Specimen
	d.IssuerName, d.IssuerAddress = s.issuer.Name, s.issuer.Address
	d.SignatoryName, d.SignatoryTitle = s.issuer.SignatoryName, s.issuer.SignatoryTitle
	d.IssuedOn, d.Serial, d.VerifyURL = c.IssuedAt.Time, c.Serial, s.issuer.verifyURL(c.Code)
}

// counted returns the sessions that a program counts, in the order of signing.
func counted(edition *curriculum.Program, e progress.Evidence) []practicum.Session {
	var all []practicum.Session
	for _, x := range e.Sessions {
		if ok, _ := practicum.Counts(edition.Practicum, x); ok {
			all = append(all, x)
		}
	}
	slices.SortStableFunc(all, func(a, b practicum.Session) int { return a.CountersignedAt.Compare(b.CountersignedAt) })
	return all
}

// kinds is the order and the wording in which practice is named on paper.
var kinds = []struct {
	kind  practicum.Kind
	words string
}{
	{practicum.RolePlay, "role play"}, {practicum.Peer, "practice with peers"}, {practicum.Client, "sessions with clients"},
}

// hours sums the minutes by kind: study by the lessons' own estimate, practice
// as logged and signed. Personal experience has no line, by design.
func hours(course *curriculum.Course, edition *curriculum.Program, sessions []practicum.Session) []certpdf.Hours {
	study := 0
	for _, m := range course.Modules {
		if asks(edition.Requirements, m.Key) {
			for _, l := range m.Lessons {
				study += l.Minutes
			}
		}
	}
	all := []certpdf.Hours{{Kind: "Online study", Minutes: study}}
	for _, k := range kinds {
		minutes := 0
		for _, x := range sessions {
			if x.Kind == k.kind {
				minutes += x.Minutes
			}
		}
		if minutes > 0 {
			all = append(all, certpdf.Hours{Kind: "Supervised practice: " + k.words, Minutes: minutes})
		}
	}
	return all
}

// asks reports whether a program asks for the lessons of a module.
func asks(reqs []curriculum.Requirement, m curriculum.ModuleKey) bool {
	return slices.ContainsFunc(reqs, func(r curriculum.Requirement) bool {
		return r.Module == m || asks(r.Of, m)
	})
}

// practice says in words what the practice was.
func practice(sessions []practicum.Session) string {
	var words []string
	for _, k := range kinds {
		if slices.ContainsFunc(sessions, func(x practicum.Session) bool { return x.Kind == k.kind }) {
			words = append(words, k.words)
		}
	}
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}

// completedOn is the day on which the last lesson, quiz or session of a
// module's group was done. Personal experience has none: its certificate line
// says "completed" and no more.
func completedOn(m *curriculum.Module, edition *curriculum.Program, e progress.Evidence, sessions []practicum.Session) (last time.Time) {
	later := func(t time.Time) {
		if t.After(last) {
			last = t
		}
	}
	for _, group := range edition.Requirements {
		if !asks([]curriculum.Requirement{group}, m.Key) {
			continue
		}
		if slices.ContainsFunc(group.Of, func(r curriculum.Requirement) bool { return r.Type == curriculum.PersonalExperience }) {
			return time.Time{}
		}
		for _, l := range m.Lessons {
			later(e.Lessons[l.ID])
		}
		later(e.Quizzes[m.Key].PassedAt)
		for _, req := range group.Of {
			if req.Type != curriculum.PracticumSessions {
				continue
			}
			n := 0
			for _, x := range sessions {
				if string(x.Phase) == req.Phase && n < req.Count {
					later(x.CountersignedAt)
					n++
				}
			}
		}
	}
	return last
}
