package attendance

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/once"
	"github.com/kapstone-lms/kapstone/internal/schooltest"
)

func TestTheFormOfAnEvent(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*Event)
		want   error
		field  string
	}{
		{"as it should be", func(*Event) {}, nil, ""},
		{"a topic", func(e *Event) { e.Topic = "suicide_risk" }, nil, ""},
		{"the longest", func(e *Event) { e.Minutes = 1440 }, nil, ""},
		{"a long title", func(e *Event) { e.Title = strings.Repeat("é", 200) }, nil, ""},
		{"no series", func(e *Event) { e.Series = "" }, ErrKey, "series"},
		{"words as series", func(e *Event) { e.Series = "Live sessions" }, ErrKey, "series"},
		{"no category", func(e *Event) { e.Category = "" }, ErrKey, "category"},
		{"words as topic", func(e *Event) { e.Topic = "Suicide risk" }, ErrKey, "topic"},
		{"no title", func(e *Event) { e.Title = " " }, ErrTitle, "title"},
		{"two lines of title", func(e *Event) { e.Title = "One\nTwo" }, ErrTitle, "title"},
		{"a title that deceives", func(e *Event) { e.Title = "A\u202eB" }, ErrTitle, "title"},
		{"too long a title", func(e *Event) { e.Title = strings.Repeat("é", 201) }, ErrTitle, "title"},
		{"a recording", func(e *Event) { e.Delivery = "async" }, ErrDelivery, "delivery"},
		{"no time", func(e *Event) { e.StartsAt = db.Time{} }, ErrStart, "starts_at"},
		{"long ago", func(e *Event) { e.StartsAt = db.At(time.Date(1999, 12, 31, 0, 0, 0, 0, time.UTC)) }, ErrStart, "starts_at"},
		{"far ahead", func(e *Event) { e.StartsAt = db.At(time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)) }, ErrStart, "starts_at"},
		{"no minutes", func(e *Event) { e.Minutes = 0 }, ErrLength, "minutes"},
		{"a retreat of days", func(e *Event) { e.Minutes = 1441 }, ErrLength, "minutes"},
	} {
		e := Event{Series: "live", Title: "A", Category: "didactic", Delivery: Online, StartsAt: db.At(schooltest.Start), Minutes: 60}
		tt.change(&e)
		checkFault(t, tt.name, e.check(), tt.want, tt.field)
	}
}

func TestWhatHasBecomeOfAnEventDecidesWhetherItChanges(t *testing.T) {
	at := db.At(schooltest.Start)
	for _, tt := range []struct {
		name     string
		canceled bool
		so       situation
		change   Change
		changed  error
		cancel   error
	}{
		{"nothing yet", false, situation{}, Change{Version: 3, Minutes: ptr(30)}, nil, nil},
		{"another version", false, situation{}, Change{Version: 2, Minutes: ptr(30)}, ErrStale, nil},
		{"no version", false, situation{}, Change{Minutes: ptr(30)}, ErrStale, nil},
		{"canceled", true, situation{}, Change{Version: 3, Minutes: ptr(30)}, ErrCanceled, nil},
		{"somebody counts", false, situation{counted: true}, Change{Version: 3, Title: ptr("B")}, ErrCounted, ErrCounted},
		{"made up, another title", false, situation{makeUps: true, standing: true}, Change{Version: 3, Title: ptr("B")}, nil, ErrMadeUp},
		{"made up, another series", false, situation{makeUps: true, standing: true}, Change{Version: 3, Series: ptr("other")}, ErrMadeUp, ErrMadeUp},
		{"made up, itself to make up", false, situation{makeUps: true, standing: true}, Change{Version: 3, MakesUp: ptr("x")}, ErrMadeUp, ErrMadeUp},
		{"made up by a canceled one", false, situation{makeUps: true}, Change{Version: 3, Series: ptr("other")}, ErrMadeUp, nil},
		{"a bad change", false, situation{}, Change{Version: 3, Minutes: ptr(0)}, ErrLength, nil},
	} {
		e := Event{ID: "e", Series: "live", Title: "A", Category: "didactic", Delivery: Online, StartsAt: at, Minutes: 60, Version: 3}
		if tt.canceled {
			e.CanceledAt = at
		}
		changed := e
		if err := changed.change(tt.change, tt.so); !errors.Is(err, tt.changed) {
			t.Errorf("%s: change = %v, want %v", tt.name, err, tt.changed)
		}
		did, err := e.cancel(tt.so, at.Add(time.Hour))
		if !errors.Is(err, tt.cancel) || did != (err == nil && !tt.canceled) || tt.canceled && e.CanceledAt != at {
			t.Errorf("%s: cancel = %v, %v at %v; want %v", tt.name, did, err, e.CanceledAt, tt.cancel)
		}
	}
}

func TestAnEventMakesUpForOneOfItsKind(t *testing.T) {
	for _, tt := range []struct {
		name  string
		other Event
		want  error
	}{
		{"the same series", Event{ID: "a", CohortID: "c", Series: "live"}, nil},
		{"itself", Event{ID: "e", CohortID: "c", Series: "live"}, ErrMakesUp},
		{"another cohort", Event{ID: "a", CohortID: "d", Series: "live"}, ErrMakesUp},
		{"another series", Event{ID: "a", CohortID: "c", Series: "other"}, ErrMakesUp},
		{"one that makes up itself", Event{ID: "a", CohortID: "c", Series: "live", MakesUp: "b"}, ErrMakesUp},
		{"a canceled one", Event{ID: "a", CohortID: "c", Series: "live", CanceledAt: db.At(schooltest.Start)}, ErrMakesUp},
	} {
		e := Event{ID: "e", CohortID: "c", Series: "live"}
		if err := e.makesUpFor(&tt.other); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
	}
}

func TestAnEventIsPlannedChangedAndCanceled(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		ctx := once.With(s.Instructor, once.Key{Key: "k", Digest: strings.Repeat("a", 64)})
		e, err := s.Plan(ctx, s.Cohort.ID, s.ended(0))
		if err != nil {
			t.Fatal(err)
		}
		again, err := s.Plan(ctx, s.Cohort.ID, s.ended(0))
		if err != nil || again.ID != e.ID {
			t.Errorf("the same request again = %+v, %v; want the first event", again, err)
		}
		change := Change{Title: ptr(" Another title "), Topic: ptr("ethics"), StartsAt: ptr(s.Clock.Now()), Version: 1}
		changed, err := s.Change(s.Admin, e.ID, change)
		if err != nil {
			t.Fatal(err)
		}
		want := *e
		want.Title, want.Topic, want.StartsAt, want.Version = "Another title", "ethics", db.At(s.Clock.Now()), 2
		stored, err := getEvent(t.Context(), s.DB, e.ID)
		opt := cmpopts.IgnoreFields(Event{}, "BaseModel")
		if diff := cmp.Diff(&want, stored, opt); err != nil || diff != "" || cmp.Diff(changed, stored, opt) != "" {
			t.Errorf("a changed event, %v; want (-) and got (+):\n%s", err, diff)
		}
		if _, err := s.Change(s.Admin, e.ID, change); !errors.Is(err, ErrStale) {
			t.Errorf("a change of what is no more = %v, want ErrStale", err)
		}
		for range 2 {
			if e, err = s.Cancel(s.Instructor, e.ID); err != nil || e.CanceledAt != db.At(s.Clock.Now()) || e.Version != 3 {
				t.Errorf("Cancel = %+v, %v", e, err)
			}
		}
		for action, want := range map[string]int{"event.planned": 1, "event.changed": 1, "event.canceled": 1} {
			if n := s.entries(action); n != want {
				t.Errorf("%d entries %s, want %d", n, action, want)
			}
		}
	})
}

func TestAMakeUpHoldsItsEventInPlace(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		first := s.plan(s.ended(20 * time.Hour))
		second := s.ended(time.Hour)
		second.MakesUp = first.ID
		makeUp := s.plan(second)
		if got, err := getEvent(t.Context(), s.DB, makeUp.ID); err != nil || got.MakesUp != first.ID {
			t.Errorf("stored as %+v, %v", got, err)
		}
		for _, tt := range []struct {
			name string
			do   func() (*Event, error)
			want error
		}{
			{"planned for a made-up one", func() (*Event, error) {
				e := s.ended(time.Hour)
				e.MakesUp = db.NewID()
				return s.Plan(s.Admin, s.Cohort.ID, e)
			}, ErrMakesUp},
			{"another series", func() (*Event, error) { return s.Change(s.Admin, first.ID, Change{Series: ptr("other"), Version: 1}) }, ErrMadeUp},
			{"another series for the make-up", func() (*Event, error) { return s.Change(s.Admin, makeUp.ID, Change{Series: ptr("other"), Version: 1}) }, ErrMakesUp},
			{"canceling what is made up", func() (*Event, error) { return s.Cancel(s.Admin, first.ID) }, ErrMadeUp},
			{"a chain", func() (*Event, error) { return s.Change(s.Admin, first.ID, Change{MakesUp: &makeUp.ID, Version: 1}) }, ErrMadeUp},
			{"itself", func() (*Event, error) { return s.Change(s.Admin, makeUp.ID, Change{MakesUp: &makeUp.ID, Version: 1}) }, ErrMakesUp},
			{"a made-up id", func() (*Event, error) {
				return s.Change(s.Admin, makeUp.ID, Change{MakesUp: ptr(db.NewID()), Version: 1})
			}, ErrMakesUp},
			{"no id", func() (*Event, error) { return s.Change(s.Admin, makeUp.ID, Change{MakesUp: ptr("x"), Version: 1}) }, ErrMakesUp},
			{"an event of its own again", func() (*Event, error) { return s.Change(s.Admin, makeUp.ID, Change{MakesUp: ptr(""), Version: 1}) }, nil},
			{"canceling what is made up no more", func() (*Event, error) { return s.Cancel(s.Admin, first.ID) }, nil},
			{"making up for a canceled one", func() (*Event, error) { return s.Change(s.Admin, makeUp.ID, Change{MakesUp: &first.ID, Version: 2}) }, ErrMakesUp},
		} {
			if _, err := tt.do(); !errors.Is(err, tt.want) {
				t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
			}
		}
	})
}

func TestEventsAreForTheirCohort(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		other := s.Person("Ivo Elsewhere", access.Grant{Role: access.Instructor, Program: s.Program})
		stranger, _ := s.Trainee("Otto Other", s.OpenCohort("Spring", other))
		director := s.Person("Dora Director", access.Grant{Role: access.Director, Program: s.Program}, access.Grant{Role: access.Instructor, Program: "another"})
		supervisor := s.Person("Sam Supervisor", access.Grant{Role: access.Supervisor, Program: s.Program})
		foreign := s.Person("Fay Foreign", access.Grant{Role: access.Admin, Program: "another"})
		e := s.plan(s.ended(time.Hour))
		for _, tt := range []struct {
			name         string
			ctx          context.Context
			read, manage error
		}{
			{"the instructor", s.Instructor, nil, nil},
			{"an admin", s.Admin, nil, nil},
			{"the trainee", s.trainee, nil, access.ErrForbidden},
			{"a trainee of another cohort", stranger, db.ErrNone, access.ErrForbidden},
			{"an instructor of another cohort", other, db.ErrNone, db.ErrNone},
			{"a director, who teaches elsewhere", director, nil, access.ErrForbidden},
			{"a supervisor", supervisor, access.ErrForbidden, access.ErrForbidden},
			{"an admin of another program", foreign, db.ErrNone, db.ErrNone},
		} {
			if _, err := s.Events(tt.ctx, s.Cohort.ID, "", 10); !errors.Is(err, tt.read) {
				t.Errorf("%s lists: %v, want %v", tt.name, err, tt.read)
			}
			for deed, err := range map[string]error{
				"plans":   second(s.Plan(tt.ctx, s.Cohort.ID, s.ended(time.Hour))),
				"changes": second(s.Change(tt.ctx, e.ID, Change{Version: e.Version, Title: ptr("B")})),
				"cancels": second(s.Cancel(tt.ctx, s.plan(s.ended(time.Hour)).ID)),
			} {
				if !errors.Is(err, tt.manage) {
					t.Errorf("%s %s: %v, want %v", tt.name, deed, err, tt.manage)
				}
			}
			if tt.manage == nil {
				e.Version++
			}
		}
		for _, id := range []string{"x", db.NewID()} {
			if err := errors.Join(second(s.Change(s.Admin, id, Change{})), second(s.Cancel(s.Admin, id))); !errors.Is(err, db.ErrNone) {
				t.Errorf("event %s: %v, want ErrNone", id, err)
			}
		}
	})
}

func TestEventsComeInTheOrderOfTheirStart(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		want := []string{s.plan(s.ended(-48 * time.Hour)).ID, s.plan(s.ended(-48 * time.Hour)).ID}
		for _, ago := range []time.Duration{1, 2, 3} { // the last one planned is the first one held
			want = slices.Insert(want, 0, s.plan(s.ended(ago*time.Hour)).ID)
		}
		var got []string
		after := ""
		for range 3 {
			rows, err := s.Events(s.trainee, s.Cohort.ID, after, 2)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range rows {
				got, after = append(got, e.ID), e.ID
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		elsewhere := s.OpenCohort("Spring", s.Instructor)
		if rows, err := s.Events(s.Instructor, elsewhere.ID, want[0], 10); err != nil || len(rows) != 0 {
			t.Errorf("after another cohort's event: %d, %v; want none", len(rows), err)
		}
	})
}
