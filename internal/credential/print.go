package credential

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kapstone-lms/kapstone/internal/certpdf"
	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/internal/practicum"
	"github.com/kapstone-lms/kapstone/internal/progress"
	"github.com/kapstone-lms/kapstone/internal/records"
)

// print puts together what stands on the paper.
func (s *Service) print(c *Certificate, p *enrollment.Pinned, e progress.Evidence, name string) certpdf.Document {
	sessions := counted(p.Edition, e)
	t := progress.Transcribe(p.Edition, p.Course, e)
	words := words(p.Edition, e.Track)
	d := certpdf.Document{
		Title:          words.Title,
		Holder:         name,
		Program:        p.Edition.Title,
		ProgramVersion: fmt.Sprint(p.Edition.Version),
		Remark:         words.Text,
		Hours:          hours(t, sessions),
		Practice:       practice(sessions),
	}
	carried := carriedModules(t)
	for _, m := range p.Course.Modules {
		done := slices.ContainsFunc(t.Modules, func(x progress.StudiedModule) bool { return x.Key == m.Key })
		switch {
		case done:
			d.Modules = append(d.Modules, certpdf.Module{Title: m.Title, CompletedOn: completedOn(m, p.Edition, e, sessions)})
		case carried[m.Key] != "":
			d.Modules = append(d.Modules, certpdf.Module{Title: m.Title + " (carried over from " + carried[m.Key] + ")"})
		}
	}
	s.sign(&d, c)
	return d
}

// words returns what a certificate says for a track: its own words where it has
// some, else those of the program.
func words(edition *curriculum.Program, track string) curriculum.Certificate {
	w := edition.Certificate
	if t := edition.Track(track); t != nil {
		w.Title, w.Text = cmp.Or(t.Certificate.Title, w.Title), cmp.Or(t.Certificate.Text, w.Text)
	}
	return w
}

// carriedModules returns where modules were studied that were carried over.
func carriedModules(t *progress.Transcript) map[curriculum.ModuleKey]string {
	from := make(map[curriculum.ModuleKey]string)
	for _, r := range t.Carried {
		if r.Kind == records.Module {
			from[curriculum.ModuleKey(r.Subject)] = r.Carried
		}
	}
	return from
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
// as logged and signed, and what was carried over by itself. Personal
// experience has no line, by design.
func hours(t *progress.Transcript, sessions []practicum.Session) (all []certpdf.Hours) {
	sums := make(map[string]int)
	for _, h := range t.Hours {
		sums[lineOf(h)] += h.Minutes
	}
	for _, x := range sessions {
		sums["Supervised practice: "+practiceWords(x.Kind)] += x.Minutes
	}
	for _, r := range t.Carried {
		sums["Carried over from earlier training"] += r.Minutes
	}
	for _, kind := range lines {
		if sums[kind] > 0 {
			all = append(all, certpdf.Hours{Kind: kind, Minutes: sums[kind]})
		}
	}
	return all
}

// lines are the kinds of hours in the order in which they are printed.
var lines = []string{
	"Online study", "Live sessions", "Consultation", "Other training", "Supervised practice: role play", "Supervised practice: practice with peers",
	"Supervised practice: sessions with clients", "Carried over from earlier training",
}

// lineOf says under which kind time is printed.
func lineOf(h progress.Spent) string {
	switch {
	case h.Category == "consultation":
		return "Consultation"
	case h.Category == "didactic" && h.Delivery == "async":
		return "Online study"
	case h.Delivery == "live_online", h.Delivery == "live_in_person":
		return "Live sessions"
	}
	return "Other training"
}

func practiceWords(kind practicum.Kind) string {
	for _, k := range kinds {
		if k.kind == kind {
			return k.words
		}
	}
	return string(kind)
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
