package attendance

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/dbtest"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/internal/fault"
	"github.com/kapstone-lms/kapstone/internal/schooltest"
)

// A school with a trainee, one day after the trainee was enrolled.
type school struct {
	*schooltest.School
	*Service
	t          *testing.T
	trainee    context.Context
	enrollment *enrollment.Enrollment
}

func each(t *testing.T, f func(t *testing.T, s *school)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := &school{School: schooltest.New(t, d), t: t}
		s.Service = New(d, s.Enrollments, s.Clock.Now)
		s.trainee, s.enrollment = s.Trainee("Noor Vance", s.Cohort)
		s.Clock.Advance(24 * time.Hour)
		f(t, s)
	})
}

// mate is the enrollment of somebody else who came to the cohort with the
// trainee.
func (s *school) mate() *enrollment.Enrollment {
	s.t.Helper()
	_, e := s.Trainee("Otto Other", s.Cohort)
	if err := s.exec(`UPDATE enrollments SET starts_on = ? WHERE id = ?`, s.enrollment.StartsOn, e.ID); err != nil {
		s.t.Fatal(err)
	}
	return e
}

// ended is an event of 120 minutes that ended so long ago.
func (s *school) ended(ago time.Duration) Event {
	return Event{
		Series: "live_sessions", Title: "Preparation together", Category: "didactic", Delivery: Online, Minutes: 120,
		StartsAt: db.At(s.Clock.Now().Add(-ago - 2*time.Hour)),
	}
}

func (s *school) plan(e Event) *Event {
	s.t.Helper()
	made, err := s.Plan(s.Instructor, s.Cohort.ID, e)
	if err != nil {
		s.t.Fatalf("Plan = %v", err)
	}
	return made
}

// hybrid is an ended event that was held both ways.
func (s *school) hybrid() *Event {
	e := s.ended(3 * time.Hour)
	e.Delivery = Hybrid
	return s.plan(e)
}

// stay is a time at an event, of the school's trainee.
func (s *school) stay(in, out int, delivery string) Stay {
	return Stay{EnrollmentID: s.enrollment.ID, In: in, Out: out, Delivery: delivery}
}

// at brings a presence of the trainee, minutes 0 to 60, into a state.
func (s *school) at(e *Event, state State) *Presence {
	s.t.Helper()
	p, err := s.Claim(s.trainee, e.ID, s.stay(0, 60, Online))
	if err != nil {
		s.t.Fatalf("Claim = %v", err)
	}
	switch state {
	case Confirmed:
		_, err = s.Confirm(s.Instructor, p.ID)
	case Refused:
		_, err = s.Refuse(s.Instructor, p.ID, "You were not there.")
	case Replaced:
		_, err = s.Correct(s.Instructor, p.ID, Stay{In: 61, Out: 90, Delivery: Online})
	}
	if err != nil {
		s.t.Fatalf("to %s: %v", state, err)
	}
	if p, err = getPresence(s.t.Context(), s.DB, p.ID); err != nil || p.State != state {
		s.t.Fatalf("the presence is %+v, %v; want %s", p, err, state)
	}
	return p
}

// evidence is what progress reads of an enrollment.
func (s *school) evidence(e *enrollment.Enrollment) Evidence {
	s.t.Helper()
	all, err := s.Evidence(s.t.Context(), s.DB, []*enrollment.Enrollment{e})
	if err != nil {
		s.t.Fatalf("Evidence = %v", err)
	}
	return all[e.ID]
}

// entries counts the ledger's entries of an action.
func (s *school) entries(action string) (n int) {
	s.t.Helper()
	if err := s.DB.NewRaw(`SELECT count(*) FROM audit_entries WHERE action = ?`, action).Scan(s.t.Context(), &n); err != nil {
		s.t.Fatal(err)
	}
	return n
}

// checkFault wants a fault and the field that it names.
func checkFault(t *testing.T, name string, got, want error, field string) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s: %v, want %v", name, got, want)
		return
	}
	if f := fault.Of(got); f != nil && f.Field != field {
		t.Errorf("%s: the fault names %q, want %q", name, f.Field, field)
	}
}

func second[T any](_ T, err error) error { return err }

func ptr[T any](v T) *T { return &v }
