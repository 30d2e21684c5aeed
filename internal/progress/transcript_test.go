package progress_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kapstone-lms/kapstone/internal/practicum"
	"github.com/kapstone-lms/kapstone/internal/progress"
	"github.com/kapstone-lms/kapstone/internal/records"
)

func TestTheDateOfPersonalExperienceIsNobodysBusiness(t *testing.T) {
	w := newWorld(course(t))
	w.study("personal_experience", "science")
	got := progress.Transcribe(w.course.Default(), w.course, w.Evidence).Modules
	if len(got) != 2 || got[0].CompletedOn.IsZero() || !got[1].CompletedOn.IsZero() {
		t.Errorf("modules = %+v, want a date for science and none for personal experience", got)
	}
}

func TestATranscriptKeepsWhatWasCarriedOverApart(t *testing.T) {
	w := newWorld(course(t))
	w.study("science")
	delete(w.Lessons, "sci-2") // so the module is not done
	w.study("ethics_safety")
	w.ExperienceMet = true
	w.waive("reflection")
	w.practice(2, led)
	w.practice(1, practicum.Session{Kind: practicum.Client, Phase: practicum.Preparation, Part: "observer"})
	w.practice(1, practicum.Session{Kind: practicum.RolePlay, Phase: practicum.Preparation, Part: "lead"}) // not counted by this program
	w.record(records.Hours, "", hours("discussion", "", "live_online", 90))
	w.record(records.Hours, "", hours("discussion", "", "live_online", 30))
	w.record(records.Hours, "", hours("discussion", "", "live_online", 30), state(records.Submitted))
	old := w.record(records.Hours, "", hours("discussion", "", "live_online", 600), func(r *records.Record) { r.Carried = "Old LMS" })
	w.record(records.Consultation, ":group", minutes(60))

	c := w.course
	got := progress.Transcribe(c.Program("kap_clinical_practicum"), c, w.Evidence)
	if len(got.Modules) != 1 || got.Modules[0] != (progress.StudiedModule{Key: "ethics_safety", Title: c.Module("ethics_safety").Title, CompletedOn: noon.Add(-time.Hour), Percent: 90}) {
		t.Errorf("modules = %+v, want ethics and safety", got.Modules)
	}
	study := 0
	for _, m := range c.Modules {
		for _, l := range m.Lessons {
			if _, read := w.Lessons[l.ID]; read {
				study += l.Minutes
			}
		}
	}
	want := &progress.Transcript{
		Modules: got.Modules,
		Hours:   []progress.Spent{{"consultation", "", 60}, {"didactic", "async", study}, {"discussion", "live_online", 120}},
		Practice: []progress.Practiced{
			{practicum.Preparation, practicum.Client, "observer", 1, 60}, {practicum.Medicine, practicum.Client, "lead_supervised", 2, 120},
		},
		Waivers: []progress.Waiver{{"reflection", "A written reflection of three to five pages", "shown another way"}},
		Carried: []*records.Record{old},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("transcript (-want +got):\n%s", d)
	}
}
