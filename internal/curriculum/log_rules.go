package curriculum

import (
	"regexp"
	"slices"
)

// LogRules says what a program asks of a log beyond the plain one. Its zero
// value asks for nothing more.
type LogRules struct {
	Full     bool     // the whole log by phase: setting, presence, team, touch, supervision
	Days     bool     // logs name the day and the hour of a session, not its week alone
	LiveLed  int      // so many medicine sessions that are led come first under the eyes of a supervisor
	Clinical Clinical // what is recorded of a client
	// An episode waits so many days for its integration, and for its follow-up
	// after that; 0: it does not ask how long, or for none.
	IntegrationDays int
	FollowUpDays    int
	// So many hours of practice ask for one of supervision or consultation; 0:
	// no ratio is looked at.
	SupervisionEvery  int
	ConsultationEvery int
}

// Clinical says which clinical detail a log records, and what for. It is off in
// a program that names no part (DESIGN 2.10).
type Clinical struct {
	Purpose string
	Parts   []string
	Tracks  []string // on which it is asked; none: all
}

// The parts of clinical detail.
const (
	Screening     = "screening"
	Vitals        = "vitals"
	Discharge     = "discharge"
	AdverseEvents = "adverse_events"
	SessionCourse = "course" // what was intended, added, heard, and how it went on
)

var clinicalForm = regexp.MustCompile(`^(screening|vitals|discharge|adverse_events|course)$`)

const clinicalLike = "screening, vitals, discharge, adverse_events or course"

// Asks reports whether a part of the clinical detail is recorded on a track.
func (c Clinical) Asks(part, track string) bool {
	return slices.Contains(c.Parts, part) && (len(c.Tracks) == 0 || slices.Contains(c.Tracks, track))
}

// logRules reads what a program asks of logs. One that says nothing asks for
// the plain log.
func logRules(g fields, p *Program) {
	if !g.has("log") {
		return
	}
	f := g.group("log", "full", "days", "live_led", "clinical", "integration_days", "follow_up_days", "supervision_every", "consultation_every")
	p.Practicum.Log = LogRules{
		Full: f.flag("full"), Days: f.flag("days"), LiveLed: f.count("live_led", 1, 20),
		IntegrationDays: f.count("integration_days", 1, 365), FollowUpDays: f.count("follow_up_days", 1, 365),
		SupervisionEvery: f.count("supervision_every", 1, 100), ConsultationEvery: f.count("consultation_every", 1, 100),
	}
	l := &p.Practicum.Log
	if f.has("clinical") {
		c := f.group("clinical", "purpose", "parts", "tracks")
		l.Clinical.Purpose = c.prose("purpose", 20, 600)
		l.Clinical.Parts, _ = c.words("parts", "a part", 1, 5, clinicalForm, clinicalLike)
		l.Clinical.Tracks = c.some("tracks", "a track", keyForm, keyLike)
		for _, key := range l.Clinical.Tracks {
			if p.Track(key) == nil {
				c.wrong(c.at["tracks"], "names %s, which is no track of this program", key)
			}
		}
	}
	switch {
	case !l.Full && (l.LiveLed > 0 || len(l.Clinical.Parts) > 0):
		f.wrong(g.at["log"], "asks for presence or clinical detail, which only the full log has; write `full: true`")
	case l.FollowUpDays > 0 && l.IntegrationDays == 0:
		f.wrong(f.at["follow_up_days"], "counts from the integration; say `integration_days` too")
	}
}
