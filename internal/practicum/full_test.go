package practicum_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/fault"
	"github.com/kapstone-lms/kapstone/internal/practicum"
	"github.com/kapstone-lms/kapstone/internal/schooltest"
)

// asking gives the school's program other rules for logs and enrolls somebody
// under them.
func (s *school) asking(t *testing.T, rules string) {
	t.Helper()
	course := schooltest.Course(t, schooltest.NextVersion, schooltest.Edit{
		File: "programs/kap_foundation.yaml", Old: "  safety_floor: 2\n", New: "  safety_floor: 2\n  log: " + rules + "\n",
	})
	if err := s.Enrollments.Publish(t.Context(), course); err != nil {
		t.Fatal(err)
	}
	s.Course = course
	trainee, e := s.Trainee("Noor Vance", s.OpenCohort("Winter", s.Instructor))
	s.trainee, s.enrollment = trainee, e.ID
}

const wholeLog = "{full: true, live_led: 2, clinical: {purpose: To learn what makes a session unsafe., parts: [vitals, discharge, adverse_events]}}"

// led is the form of a medicine session with a client, whole under wholeLog.
func led() practicum.Form {
	f := rolePlay(practicum.Medicine)
	client(&f)
	f.Minutes, f.Consent, f.OffLabel = ptr(180), ptr(true), ptr(true)
	f.Setting, f.Presence, f.CoTeam, f.Interventions = ptr("clinic"), ptr("in_room"), ptr([]string{"prescriber_or_delegate"}), ptr([]string{"silence"})
	f.Escalated, f.SupervisionMin, f.SupervisionKind, f.Touch, f.TouchUsed = ptr("no"), ptr(30), ptr("individual"), ptr("limited"), ptr("no")
	f.Vitals = &[]practicum.Vital{
		{Checkpoint: "pre_dose", SBP: 123, DBP: 77, HR: 70, SpO2: 98}, {Checkpoint: "t60", Offset: 60, SBP: 131, DBP: 80, HR: 75, SpO2: 97},
		{Checkpoint: "discharge", Offset: 120, SBP: 124, DBP: 78, HR: 71, SpO2: 98},
	}
	f.Discharge = &practicum.Discharge{Oriented: true, Gait: true, Nausea: true, Escort: true, DrivingTold: true, ContactGiven: true}
	f.Observed, f.Adverse, f.Question = ptr(150), &[]practicum.Adverse{}, ptr("How long is too long a silence?")
	return f
}

// sign brings a submitted log to its signature.
func (s *school) sign(t *testing.T, id string) {
	t.Helper()
	if _, err := s.logs.Grade(s.Instructor, id, verdict()); err != nil {
		t.Fatal(err)
	}
	if _, err := s.logs.Countersign(s.Instructor, id, "observed", schooltest.Password, ""); err != nil {
		t.Fatal(err)
	}
}

func (s *school) submit(t *testing.T, f practicum.Form) *practicum.Log {
	t.Helper()
	l, err := s.logs.Submit(s.trainee, s.create(t, f).ID)
	if err != nil {
		t.Fatalf("Submit = %v", err)
	}
	return l
}

func TestTheFullLogComesBackAsItWasSent(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		s.asking(t, wholeLog)
		sent := s.submit(t, led())
		s.sign(t, sent.ID)
		l, err := s.logs.Read(s.Instructor, sent.ID)
		if err != nil {
			t.Fatal(err)
		}
		o := l.Detail.Observation
		if l.Broken || l.Detail.Setting != "clinic" || l.Detail.Question != "How long is too long a silence?" || len(o.Vitals) != 3 || o.Vitals[1].SBP != 131 ||
			o.Discharge == nil || !o.Discharge.Escort || *o.Minutes != 150 || o.Adverse == nil || len(*o.Adverse) != 0 {
			t.Errorf("the log came back as %+v", l)
		}
		if got := l.Detail.ConsentAt.Time; !got.Equal(s.Clock.Now().Truncate(1e6)) {
			t.Errorf("consent was attested at %v, want the moment it was", got)
		}
		for column, value := range rows(t, s, sent.ID) {
			if strings.Contains(value, `"sbp"`) || strings.Contains(value, "silence?") {
				t.Errorf("%s holds what was observed or asked as it reads", column)
			}
		}
		if err := s.tamper(t, `UPDATE practicum_details SET presence = 'after' WHERE log_id = ?`, sent.ID); err != nil {
			t.Fatal(err)
		}
		if broken, err := s.logs.VerifyAll(t.Context()); err != nil || len(broken) != 1 {
			t.Errorf("VerifyAll after another presence = %+v, %v; want the log broken", broken, err)
		}
		if err := s.tamper(t, `DELETE FROM practicum_details WHERE log_id = ?`, sent.ID); err != nil {
			t.Fatal(err)
		}
		if ok, why := practicum.Counts(s.Course.Default().Practicum, s.evidence(t)[0]); ok {
			t.Errorf("a log whose detail is gone counts, %q", why)
		}
	})
}

// Sessions with clients count with the trainee's attestation that the client
// agreed, in every program. Practice with peers asks for none.
func TestWithoutTheClientsConsentASessionDoesNotCount(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		for _, tt := range []struct {
			name   string
			change func(f *practicum.Form)
			want   string
		}{
			{"nothing said", client, "not attested"},
			{"taken back", func(f *practicum.Form) { client(f); f.Consent = ptr(false) }, "not attested"},
			{"attested", func(f *practicum.Form) { client(f); f.Consent = ptr(true) }, ""},
			{"role play", func(*practicum.Form) {}, ""},
		} {
			f := rolePlay(practicum.Medicine)
			tt.change(&f)
			id := s.submit(t, f).ID
			s.sign(t, id)
			for _, x := range s.evidence(t) {
				if x.LogID != id {
					continue
				}
				if ok, why := practicum.Counts(s.Course.Default().Practicum, x); ok != (tt.want == "") || !strings.Contains(why, tt.want) {
					t.Errorf("%s: Counts = %v, %q; want %q", tt.name, ok, why, tt.want)
				}
			}
		}
		f := rolePlay(practicum.Preparation)
		f.Consent = ptr(true)
		if _, err := s.logs.Create(s.trainee, s.enrollment, f); !errors.Is(err, practicum.ErrNotAsked) {
			t.Errorf("a client's consent in a role play = %v, want ErrNotAsked", err)
		}
	})
}

// A log that was signed before anybody asked for consent goes on counting.
func TestALogFromBeforeConsentWasAskedCounts(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		f := rolePlay(practicum.Medicine)
		client(&f)
		l := s.submit(t, f)
		if err := s.tamper(t, `DELETE FROM practicum_details WHERE log_id = ?`, l.ID); err != nil {
			t.Fatal(err)
		}
		s.sign(t, l.ID)
		if ok, why := practicum.Counts(s.Course.Default().Practicum, s.evidence(t)[0]); !ok {
			t.Errorf("Counts = false, %q", why)
		}
	})
}

func TestTheFirstLedSessionsAreSeenLive(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		s.asking(t, wholeLog)
		later := func() (*practicum.Log, error) {
			f := led()
			f.Presence = ptr("recording")
			return s.logs.Submit(s.trainee, s.create(t, f).ID)
		}
		for n := range 2 {
			_, err := later()
			if f := fault.Of(err); f == nil || !f.Is(practicum.ErrLive) || f.Field != "supervisor_presence" {
				t.Errorf("after %d: a recording = %v, want ErrLive", n, err)
			}
			watched := led()
			watched.Role = ptr("observer")
			watched.Presence = ptr("after")
			s.submit(t, watched) // who watches leads nothing
			s.submit(t, led())
		}
		if _, err := later(); err != nil {
			t.Errorf("the third = %v, want it taken", err)
		}
	})
}

// Another kind or phase takes along what is not asked any more.
func TestTheDetailFollowsKindAndPhase(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		s.asking(t, wholeLog)
		l := s.create(t, led())
		l, err := s.logs.Edit(s.trainee, l.ID, practicum.Form{Kind: ptr(practicum.Peer), Phase: ptr(practicum.Preparation), Minutes: ptr(60)}, l.Version)
		if err != nil {
			t.Fatal(err)
		}
		if d := l.Detail; d.OffLabel+d.TouchUsed+d.Consent != "" || d.Observation.Vitals != nil || d.Setting != "clinic" || d.Touch != "limited" {
			t.Errorf("what is left is %+v", d)
		}
		_, err = s.logs.Edit(s.trainee, l.ID, practicum.Form{DetailForm: practicum.DetailForm{Observed: ptr(60)}}, l.Version)
		if f := fault.Of(err); f == nil || f.Field != "observation_min" {
			t.Errorf("observation of a peer = %v, want it refused", err)
		}
	})
}

// What is asked about is asked of nobody but the author, and the grader sees
// what was answered.
func TestTheGraderSeesWhatWasAskedAbout(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		s.asking(t, wholeLog)
		f := led()
		(*f.Vitals)[0].SBP = 150
		l := s.create(t, f)
		if _, err := s.logs.Submit(s.trainee, l.ID); !errors.Is(err, practicum.ErrAsk) {
			t.Errorf("Submit = %v, want ErrAsk", err)
		}
		if _, err := s.logs.Submit(s.trainee, l.ID, "vitals.0.sbp"); err != nil {
			t.Fatal(err)
		}
		read, err := s.logs.Read(s.Instructor, l.ID)
		if err != nil || len(read.Detail.Confirmed) != 1 || !strings.Contains(read.Detail.Confirmed[0].Text, "150") {
			t.Errorf("the grader sees %+v, %v", read.Detail.Confirmed, err)
		}
		if _, err := s.logs.Read(access.With(context.Background(), access.Actor{ID: "x", Grants: access.From(s.Instructor).Grants}), l.ID); err == nil {
			t.Error("a stranger reads the log")
		}
	})
}
