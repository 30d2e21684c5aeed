package demo

import (
	"github.com/kapstone-lms/kapstone/internal/practicum"
)

// A session is what a made-up trainee logs of a phase.
type session struct {
	minutes, contact int
	part, text       string
	frameworks       []string
}

// sessions are role plays as trainees might write of them: their own part, and
// nothing of anybody else.
var sessions = map[practicum.Phase]session{
	practicum.Preparation: {60, 45, "lead_supervised", "I went through the plan for the session and asked what would help in a hard moment. I noticed that I hurried past the " +
		"question of touch because it made me shy, and went back to it. Next time I will ask it earlier and plainly. I will take my own shyness to consultation.",
		[]string{"mindfulness"}},
	practicum.Medicine: {120, 110, "co_facilitator", "I sat beside the mat, kept the time and said very little. I noticed how much I wanted to fill the silence, and that the " +
		"wish was mine and not my partner's. Next time I will agree on a hand signal beforehand. I will take the question of pace to supervision.",
		[]string{"mindfulness", "somatic"}},
	practicum.Integration: {60, 50, "lead_supervised", "I asked open questions and offered no meaning of my own, except once, which I heard as I said it and took back. I noticed relief " +
		"when a concrete step came up. Next time I will wait for the second answer before I go on. I will take the urge to interpret to supervision.",
		[]string{"act"}},
}

// form is a session as a form.
func (s session) form() *practicum.Form {
	return &practicum.Form{Minutes: &s.minutes, ContactMinutes: &s.contact, Role: &s.part, Frameworks: &s.frameworks, Reflection: &s.text}
}

// common is what the sessions of an episode share.
func (w *walker) common() practicum.Form {
	kind, format, week, attest, days := practicum.RolePlay, "individual", weekOf(w.Clock.Now()), true, 2
	return practicum.Form{Kind: &kind, Format: &format, Week: &week, Attest: &attest, Days: &days}
}

// episode logs a whole episode and sends it to the instructor. It returns the
// ids of its logs, in the order of their phases.
func (w *walker) episode() (ids []string, err error) {
	e, err := w.Practicum.LogEpisode(w.ctx, w.enrollment.ID, practicum.EpisodeForm{
		Common: w.common(), Preparation: sessions[practicum.Preparation].form(), Medicine: sessions[practicum.Medicine].form(),
		Integration: sessions[practicum.Integration].form(), Submit: true,
	})
	if err != nil {
		return nil, err
	}
	for _, s := range e.Steps {
		ids = append(ids, s.LogID)
	}
	return ids, nil
}

// draft begins a log on a phone and leaves it there.
func (w *walker) draft() error {
	f := w.common()
	phase, half := practicum.Integration, "I asked what has stayed since the session and wrote down one small step. I noticed"
	f.Phase, f.Reflection, f.Attest = &phase, &half, nil
	_, err := w.Practicum.Save(w.ctx, w.enrollment.ID, "phone-of-the-demonstration", f, nil)
	return err
}
