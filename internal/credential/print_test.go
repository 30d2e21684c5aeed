package credential

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kapstone-lms/kapstone/internal/certpdf"
	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/internal/practicum"
	"github.com/kapstone-lms/kapstone/internal/progress"
	"github.com/kapstone-lms/kapstone/internal/quiz"
	"github.com/kapstone-lms/kapstone/internal/records"
	"github.com/kapstone-lms/kapstone/modules"
)

var day = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// printed is the paper of a program, from evidence.
func printed(t *testing.T, program string, e progress.Evidence) certpdf.Document {
	t.Helper()
	c, err := curriculum.Load(modules.FS)
	if err != nil {
		t.Fatal(err)
	}
	s := &Service{issuer: Issuer{Name: "School"}}
	p := &enrollment.Pinned{Enrollment: &enrollment.Enrollment{}, Edition: c.Program(program), Course: c}
	return s.print(&Certificate{}, p, e, "Noor Vance")
}

func TestHoursArePrintedByKind(t *testing.T) {
	hour := func(category, delivery string, minutes int, carried string) *records.Record {
		return &records.Record{Kind: records.Hours, Category: category, Delivery: delivery, Minutes: minutes, Carried: carried, State: records.Confirmed}
	}
	e := progress.Evidence{
		Lessons: map[curriculum.LessonID]time.Time{"sci-1": day},
		Sessions: []practicum.Session{
			{Kind: practicum.Client, Phase: practicum.Medicine, Minutes: 180, Status: practicum.Countersigned, Intact: true},
			{Kind: practicum.RolePlay, Phase: practicum.Medicine, Minutes: 60, Status: practicum.Countersigned, Intact: true},
			{Kind: practicum.Client, Phase: practicum.Medicine, Minutes: 180, Status: practicum.Submitted, Intact: true},
		},
		Records: []*records.Record{
			hour("didactic", "live_online", 90, ""), hour("discussion", "live_in_person", 30, ""), hour("personal_growth", "async", 45, ""), hour("didactic", "async", 600, "Old LMS"),
			{Kind: records.Consultation, Minutes: 50, State: records.Confirmed}, {Kind: records.Consultation, Minutes: 50, State: records.Submitted},
		},
	}
	got := printed(t, "kap_foundation", e).Hours
	if got[0].Kind != "Online study" || got[0].Minutes <= 0 {
		t.Errorf("the first line is %+v, want the online study", got[0])
	}
	want := []certpdf.Hours{
		{Kind: "Live sessions", Minutes: 120}, {Kind: "Consultation", Minutes: 50}, {Kind: "Other training", Minutes: 45},
		{Kind: "Supervised practice: role play", Minutes: 60}, {Kind: "Supervised practice: sessions with clients", Minutes: 180},
		{Kind: "Carried over from earlier training", Minutes: 600},
	}
	if d := cmp.Diff(want, got[1:]); d != "" {
		t.Errorf("hours (-want +got):\n%s", d)
	}
	if len(lines) > certpdf.MaxHours {
		t.Errorf("there are %d kinds of hours, and a certificate has room for %d", len(lines), certpdf.MaxHours)
	}
}

func TestOnlyWhatWasStudiedIsPrinted(t *testing.T) {
	c, err := curriculum.Load(modules.FS)
	if err != nil {
		t.Fatal(err)
	}
	e := progress.Evidence{
		Lessons: make(map[curriculum.LessonID]time.Time), Quizzes: map[curriculum.ModuleKey]quiz.Standing{"science": {Passed: true, PassedAt: day}},
		Records: []*records.Record{{Kind: records.Module, Subject: "integration", Carried: "Old LMS", State: records.Confirmed}},
	}
	for _, l := range c.Module("science").Lessons {
		e.Lessons[l.ID] = day.Add(-time.Hour)
	}
	e.Lessons[c.Module("ethics_safety").Lessons[0].ID] = day
	want := []certpdf.Module{{Title: c.Module("science").Title, CompletedOn: day}, {Title: c.Module("integration").Title + " (carried over from Old LMS)"}}
	if d := cmp.Diff(want, printed(t, "kap_clinical_practicum", e).Modules); d != "" {
		t.Errorf("modules (-want +got):\n%s", d)
	}
}

func TestATrackHasItsOwnWords(t *testing.T) {
	p := &curriculum.Program{Certificate: curriculum.Certificate{Title: "Certificate", Text: "For all."}, Tracks: []curriculum.Track{
		{Key: "plain"}, {Key: "doctors", Certificate: curriculum.Certificate{Title: "Certificate for prescribers"}},
		{Key: "later", Certificate: curriculum.Certificate{Title: "Certificate", Text: "Practiced under supervision."}},
	}}
	for track, want := range map[string]curriculum.Certificate{
		"": p.Certificate, "plain": p.Certificate, "gone": p.Certificate,
		"doctors": {Title: "Certificate for prescribers", Text: "For all."}, "later": {Title: "Certificate", Text: "Practiced under supervision."},
	} {
		if got := words(p, track); got != want {
			t.Errorf("words of track %q = %+v, want %+v", track, got, want)
		}
	}
}

// What a certificate rests on is kept, but for what is nobody's business.
func TestTheSnapshotKeepsNoClearance(t *testing.T) {
	p := &enrollment.Pinned{Enrollment: &enrollment.Enrollment{}, Edition: &curriculum.Program{}, Course: &curriculum.Course{}}
	s := snapshotOf(p, &progress.Report{}, progress.Evidence{Track: "doctors", Records: []*records.Record{
		{ID: "1", Kind: records.Clearance, State: records.Confirmed}, {ID: "2", Kind: records.Fee, State: records.Confirmed}, {ID: "3", Kind: records.Fee, State: records.Submitted},
	}}, nil)
	if len(s.Records) != 1 || s.Records[0].ID != "2" || s.Track != "doctors" {
		t.Errorf("snapshot = %+v, want the confirmed fee alone", s)
	}
}
