package practicum_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/dbtest"
	"github.com/kapstone-lms/kapstone/internal/fault"
	"github.com/kapstone-lms/kapstone/internal/identity"
	"github.com/kapstone-lms/kapstone/internal/practicum"
	"github.com/kapstone-lms/kapstone/internal/schooltest"
)

type school struct {
	*schooltest.School
	logs       *practicum.Service
	trainee    context.Context
	enrollment string
}

func each(t *testing.T, f func(t *testing.T, s *school)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := &school{School: schooltest.New(t, d)}
		s.logs = practicum.New(d, s.Enrollments, s.People, s.Ring, s.Clock.Now)
		trainee, e := s.Trainee("Noor Vance", s.Cohort)
		s.trainee, s.enrollment = trainee, e.ID
		f(t, s)
	})
}

func ptr[T any](v T) *T { return &v }

var words = strings.Repeat("I waited longer than felt natural and noticed my own wish to fill the silence. ", 3)

// rolePlay is a form with everything a role play needs.
func rolePlay(phase practicum.Phase) practicum.Form {
	return practicum.Form{
		Kind: ptr(practicum.RolePlay), Phase: ptr(phase), Format: ptr("individual"), Week: ptr("2026-W48"), Minutes: ptr(60), ContactMinutes: ptr(45),
		Role: ptr("lead_supervised"), Frameworks: ptr([]string{"mindfulness"}), Reflection: ptr(words), Attest: ptr(true),
	}
}

var good = practicum.Grades{"c1": 3, "c2": 3, "c3": 4, "c4": 3, "c5": 3, "c6": 4, "c7": 0}

func verdict() practicum.Verdict {
	return practicum.Verdict{Grades: maps.Clone(good), Feedback: "Steady, with a clear account of your own part in it.", ObservedBy: "role_play"}
}

func (s *school) create(t *testing.T, f practicum.Form) *practicum.Log {
	t.Helper()
	l, err := s.logs.Create(s.trainee, s.enrollment, f)
	if err != nil {
		t.Fatalf("Create = %v", err)
	}
	return l
}

// at brings a fresh log to a status.
func (s *school) at(t *testing.T, status practicum.Status) *practicum.Log {
	t.Helper()
	l := s.create(t, rolePlay(practicum.Preparation))
	for _, step := range []struct {
		to practicum.Status
		do func() (*practicum.Log, error)
	}{
		{practicum.Submitted, func() (*practicum.Log, error) { return s.logs.Submit(s.trainee, l.ID) }},
		{practicum.Returned, func() (*practicum.Log, error) { return s.logs.Return(s.Instructor, l.ID, "unclear", "Say more.", 0) }},
		{practicum.Graded, func() (*practicum.Log, error) { return s.logs.Grade(s.Instructor, l.ID, verdict()) }},
		{practicum.Countersigned, func() (*practicum.Log, error) {
			return s.logs.Countersign(s.Instructor, l.ID, "reviewed", schooltest.Password, "")
		}},
	} {
		if l.Status == status {
			return l
		}
		if step.to == practicum.Returned && status != practicum.Returned {
			continue
		}
		var err error
		if l, err = step.do(); err != nil {
			t.Fatalf("to %s: %v", step.to, err)
		}
	}
	return l
}

func TestALogGoesItsWay(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		l := s.at(t, practicum.Countersigned)
		got, err := s.logs.Read(s.trainee, l.ID)
		if err != nil || got.Status != practicum.Countersigned || got.Broken || got.SignerName != "Ines Instructor" || got.Meaning != "reviewed" ||
			got.Method != "password" || len(got.ContentHash) != 64 || got.Reflection != strings.TrimSpace(words) || got.Grades["c3"] != 4 {
			t.Errorf("Read = %+v, %v", got, err)
		}
		if got.Case.Seq != 1 || got.Case.Year != 2026 || len(got.Case.Ref) != 8 {
			t.Errorf("the case line is %+v", got.Case)
		}
		ev, err := s.logs.Evidence(t.Context(), s.DB, []string{s.enrollment})
		if err != nil || len(ev[s.enrollment]) != 1 || !ev[s.enrollment][0].Intact {
			t.Fatalf("Evidence = %+v, %v", ev, err)
		}
		if ok, why := practicum.Counts(s.Course.Default().Practicum, ev[s.enrollment][0]); !ok {
			t.Errorf("the session does not count: %s", why)
		}
	})
}

// Every deed at every status: what may happen and what is said otherwise.
func TestWhatMayHappenWhen(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		deeds := map[string]func(l *practicum.Log) error{
			"edit": func(l *practicum.Log) error {
				return second(s.logs.Edit(s.trainee, l.ID, practicum.Form{Minutes: ptr(50)}, l.Version))
			},
			"submit": func(l *practicum.Log) error { return second(s.logs.Submit(s.trainee, l.ID)) },
			"return": func(l *practicum.Log) error {
				return second(s.logs.Return(s.Instructor, l.ID, "other", "Again.", l.Version))
			},
			"grade": func(l *practicum.Log) error { return second(s.logs.Grade(s.Instructor, l.ID, verdict())) },
			"sign": func(l *practicum.Log) error {
				return second(s.logs.Countersign(s.Instructor, l.ID, "observed", schooltest.Password, ""))
			},
		}
		for status, want := range map[practicum.Status]map[string]error{
			practicum.Draft:         {"return": practicum.ErrNotSubmitted, "grade": practicum.ErrNotSubmitted, "sign": practicum.ErrNotGraded},
			practicum.Submitted:     {"edit": practicum.ErrNotDraft, "sign": practicum.ErrNotGraded},
			practicum.Returned:      {"return": practicum.ErrNotSubmitted, "grade": practicum.ErrNotSubmitted, "sign": practicum.ErrNotGraded},
			practicum.Graded:        {"edit": practicum.ErrNotDraft, "submit": practicum.ErrNotDraft, "return": practicum.ErrNotSubmitted, "grade": practicum.ErrNotSubmitted},
			practicum.Countersigned: {"edit": practicum.ErrLocked, "submit": practicum.ErrLocked, "return": practicum.ErrLocked, "grade": practicum.ErrLocked, "sign": practicum.ErrLocked},
		} {
			for name, do := range deeds {
				if err := do(s.at(t, status)); !errors.Is(err, want[name]) {
					t.Errorf("%s a %s log = %v, want %v", name, status, err, want[name])
				}
			}
		}
	})
}

func second(_ *practicum.Log, err error) error { return err }

func TestWhatAFormMayHold(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		clinical := func(f *practicum.Form) {
			f.Kind, f.Phase = ptr(practicum.Client), ptr(practicum.Medicine)
			f.Route, f.DoseBand, f.MonitoredBy, f.KnewWhomToCall = ptr("sl"), ptr("moderate"), ptr("nurse"), ptr(true)
		}
		for _, tt := range []struct {
			name   string
			change func(f *practicum.Form)
			field  string // at fault; "" for none
		}{
			{"a role play", func(*practicum.Form) {}, ""},
			{"an empty draft", func(f *practicum.Form) { *f = practicum.Form{} }, ""},
			{"a medicine session with a client", clinical, ""},
			{"the week of enrollment", func(f *practicum.Form) { f.Week = ptr("2026-W48") }, ""},
			{"the week after next", func(f *practicum.Form) { f.Week = ptr("2026-W50") }, "week"},
			{"a week before enrollment", func(f *practicum.Form) { f.Week = ptr("2026-W46") }, "week"},
			{"a week that no year has", func(f *practicum.Form) { f.Week = ptr("2025-W53") }, "week"},
			{"a week in other words", func(f *practicum.Form) { f.Week = ptr("W48/2026") }, "week"},
			{"a kind that is none", func(f *practicum.Form) { f.Kind = ptr(practicum.Kind("friend")) }, "kind"},
			{"a phase that is none", func(f *practicum.Form) { f.Phase = ptr(practicum.Phase("dosing")) }, "phase"},
			{"a part that is none", func(f *practicum.Form) { f.Role = ptr("facilitator") }, "role"},
			{"too short", func(f *practicum.Form) { f.Minutes = ptr(14) }, "duration_min"},
			{"too long", func(f *practicum.Form) { f.Minutes = ptr(181) }, "duration_min"},
			{"negative", func(f *practicum.Form) { f.Minutes = ptr(-60) }, "duration_min"},
			{"a medicine session of four hours", func(f *practicum.Form) { f.Phase, f.Minutes = ptr(practicum.Medicine), ptr(240) }, ""},
			{"more contact than session", func(f *practicum.Form) { f.ContactMinutes = ptr(61) }, "direct_contact_min"},
			{"four frameworks", func(f *practicum.Form) { f.Frameworks = ptr([]string{"act", "ifs", "cbt", "other"}) }, "frameworks"},
			{"a framework twice", func(f *practicum.Form) { f.Frameworks = ptr([]string{"act", "act"}) }, "frameworks"},
			{"a group of two", func(f *practicum.Form) { f.Format, f.Participants = ptr("group"), ptr(2) }, "participants"},
			{"a route in a role play", func(f *practicum.Form) { f.Route = ptr("im") }, "route"},
			{"a dose in a role play", func(f *practicum.Form) { f.DoseBand = ptr("moderate") }, "dose_band"},
			{"milligrams", func(f *practicum.Form) { clinical(f); f.DoseBand = ptr("100 mg") }, "dose_band"},
			{"somebody else's case", func(f *practicum.Form) { f.CaseRef = ptr("C-ABCDEF") }, "case_ref"},
			{"a case made of initials", func(f *practicum.Form) { f.CaseRef = ptr("JR") }, "case_ref"},
			{"a case number too high", func(f *practicum.Form) { f.CaseSeq = ptr(61) }, "case_seq"},
			{"days beyond a year", func(f *practicum.Form) { f.Days = ptr(366) }, "days_since_previous"},
			{"a supervisor who is none", func(f *practicum.Form) { f.SupervisorID = ptr(access.From(s.Admin).ID) }, "supervisor_id"},
			{"the supervisor", func(f *practicum.Form) { f.SupervisorID = ptr(access.From(s.Instructor).ID) }, ""},
			{"ten thousand characters", func(f *practicum.Form) { f.Reflection = ptr(strings.Repeat("é", 10_000)) }, "reflection"},
			{"a control character", func(f *practicum.Form) { f.Reflection = ptr(words + "\x07") }, "reflection"},
			{"a bidi control", func(f *practicum.Form) { f.Reflection = ptr(words + "\u202e") }, "reflection"},
			{"six self-ratings", func(f *practicum.Form) {
				f.SelfRating = &practicum.Grades{"c1": 1, "c2": 1, "c3": 1, "c4": 1, "c5": 1, "c6": 1}
			}, "self_rating"},
			{"all seven", func(f *practicum.Form) { f.SelfRating = ptr(maps.Clone(good)) }, ""},
		} {
			f := rolePlay(practicum.Preparation)
			tt.change(&f)
			_, err := s.logs.Create(s.trainee, s.enrollment, f)
			got := fault.Of(err)
			if tt.field == "" && err != nil || tt.field != "" && (got == nil || got.Field != tt.field || got.Text == "") {
				t.Errorf("%s: Create = %v, want a fault at %q", tt.name, err, tt.field)
			}
		}
	})
}

func TestAnIncompleteLogSaysAllThatIsMissing(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		l := s.create(t, practicum.Form{Kind: ptr(practicum.Client), Phase: ptr(practicum.Medicine), Format: ptr("group")})
		_, err := s.logs.Submit(s.trainee, l.ID)
		f := fault.Of(err)
		want := "[participants week duration_min role frameworks route dose_band monitored_by knew_whom_to_call reflection attest]"
		if f == nil || !f.Is(practicum.ErrMissing) || fmt.Sprint(f.Details["missing"]) != want {
			t.Errorf("Submit = %v with %v, want %s", err, f.Details, want)
		}
		short := rolePlay(practicum.Preparation)
		short.Reflection = ptr("It went well.")
		_, err = s.logs.Submit(s.trainee, s.create(t, short).ID)
		if f := fault.Of(err); f == nil || f.Field != "reflection" || !strings.Contains(f.Text, "150") {
			t.Errorf("Submit of a short reflection = %v", err)
		}
	})
}

func TestACaseGoesOnFromSessionToSession(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		first := s.create(t, rolePlay(practicum.Preparation))
		next := rolePlay(practicum.Integration)
		next.CaseRef = &first.Case.Ref
		l := s.create(t, next)
		if l.Case.Ref != first.Case.Ref || l.Case.Seq != 2 {
			t.Errorf("the next session of %s is %+v", first.Case.Ref, l.Case)
		}
		_, err := s.logs.Submit(s.trainee, l.ID)
		if f := fault.Of(err); f == nil || f.Field != "days_since_previous" {
			t.Errorf("an integration without days = %v", err)
		}
		if l, err = s.logs.Edit(s.trainee, l.ID, practicum.Form{Days: ptr(2)}, l.Version); err != nil {
			t.Fatal(err)
		}
		if _, err := s.logs.Submit(s.trainee, l.ID); err != nil {
			t.Errorf("Submit = %v", err)
		}
	})
}

// CHECKS AZ-02, AZ-03, PH-02: everyone but author and supervisors gets what a
// made-up id gets.
func TestALogIsBetweenItsAuthorAndSupervisors(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		l := s.at(t, practicum.Submitted)
		other, _ := s.Trainee("Otto Other", s.Cohort)
		elsewhere := s.Person("Ivo Elsewhere", access.Grant{Role: access.Instructor, Program: s.Program})
		s.OpenCohort("Spring", elsewhere)
		deeds := func(ctx context.Context, id string) map[string]error {
			return map[string]error{
				"read": second(s.logs.Read(ctx, id)), "edit": second(s.logs.Edit(ctx, id, practicum.Form{}, 1)), "submit": second(s.logs.Submit(ctx, id)),
				"grade": second(s.logs.Grade(ctx, id, verdict())), "return": second(s.logs.Return(ctx, id, "other", "x", 0)),
				"sign": second(s.logs.Countersign(ctx, id, "reviewed", schooltest.Password, "")),
			}
		}
		for name, ctx := range map[string]context.Context{"another trainee": other, "another cohort's instructor": elsewhere, "the admin": s.Admin} {
			foreign, madeUp := deeds(ctx, l.ID), deeds(ctx, db.NewID())
			for deed, err := range foreign {
				if err == nil || fmt.Sprint(fault.Of(err)) != fmt.Sprint(fault.Of(madeUp[deed])) {
					t.Errorf("%s by %s: %v for a log, %v for a made-up one", deed, name, err, madeUp[deed])
				}
			}
		}
		if _, err := s.logs.Read(s.Instructor, l.ID); err != nil {
			t.Errorf("Read by the supervisor = %v", err)
		}
		rows, err := audit.List(s.Admin, s.DB, audit.Query{Action: "log.read", Limit: 10})
		if err != nil || len(rows) != 1 || rows[0].ActorID != access.From(s.Instructor).ID {
			t.Errorf("the ledger has %d readings (%v), want the supervisor's", len(rows), err)
		}
		supervisor := s.Person("Sana Supervisor", access.Grant{Role: access.Supervisor, Program: s.Program})
		if _, err := s.Enrollments.SetSupervisors(s.Admin, s.enrollment, schooltest.IDs(supervisor)); err != nil {
			t.Fatal(err)
		}
		for deed, err := range deeds(s.Instructor, l.ID) {
			if deed != "edit" && deed != "submit" && !errors.Is(err, db.ErrNone) {
				t.Errorf("%s by the instructor once another is named = %v, want ErrNone", deed, err)
			}
		}
		if _, err := s.logs.Grade(supervisor, l.ID, verdict()); err != nil {
			t.Errorf("Grade by the named supervisor = %v", err)
		}
	})
}

func TestAQueueIsForThoseWhoSupervise(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		var want []string
		for range 3 {
			want = append(want, s.at(t, practicum.Submitted).ID)
			s.Clock.Advance(time.Minute)
		}
		s.at(t, practicum.Draft)
		var got []string
		for after := ""; ; after = got[len(got)-1] {
			rows, err := s.logs.Queue(s.Instructor, after, 2)
			if err != nil {
				t.Fatal(err)
			}
			for _, w := range rows {
				got = append(got, w.ID)
			}
			if len(rows) < 2 {
				break
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("Queue = %v, want %v", got, want)
		}
		if rows, err := s.logs.Mine(s.trainee, s.enrollment, "", 10); err != nil || len(rows) != 4 {
			t.Errorf("Mine = %d logs, %v; want 4", len(rows), err)
		}
	})
}

func TestLowGradesAskForFeedback(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		id := s.at(t, practicum.Submitted).ID
		for _, tt := range []struct {
			name   string
			change func(v *practicum.Verdict)
			want   error
		}{
			{"a two without feedback", func(v *practicum.Verdict) { v.Grades["c4"], v.Feedback = 2, "Too short." }, practicum.ErrFeedback},
			{"six grades", func(v *practicum.Verdict) { delete(v.Grades, "c7") }, practicum.ErrGrades},
			{"an eighth", func(v *practicum.Verdict) { v.Grades["c8"] = 1 }, practicum.ErrGrades},
			{"a five", func(v *practicum.Verdict) { v.Grades["c1"] = 5 }, practicum.ErrGrades},
			{"no word on how it is known", func(v *practicum.Verdict) { v.ObservedBy = "" }, practicum.ErrObserved},
			{"too much feedback", func(v *practicum.Verdict) { v.Feedback = strings.Repeat("x", 3001) }, practicum.ErrLong},
			{"another version", func(v *practicum.Verdict) { v.Version = 99 }, practicum.ErrStale},
			{"a two with feedback", func(v *practicum.Verdict) { v.Grades["c4"], v.Feedback = 2, strings.Repeat("Next time, wait. ", 4) }, nil},
		} {
			v := verdict()
			tt.change(&v)
			if _, err := s.logs.Grade(s.Instructor, id, v); !errors.Is(err, tt.want) {
				t.Errorf("%s: Grade = %v, want %v", tt.name, err, tt.want)
			}
		}
	})
}

func TestALogBelowTheSafetyFloorDoesNotCount(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		v := verdict()
		v.Grades["c2"], v.Feedback = 1, strings.Repeat("You left the room at the peak. ", 3)
		id := s.at(t, practicum.Submitted).ID
		if _, err := s.logs.Grade(s.Instructor, id, v); err != nil {
			t.Fatal(err)
		}
		if _, err := s.logs.Countersign(s.Instructor, id, "observed", schooltest.Password, ""); err != nil {
			t.Fatal(err)
		}
		ev, err := s.logs.Evidence(t.Context(), s.DB, []string{s.enrollment})
		if err != nil {
			t.Fatal(err)
		}
		if ok, why := practicum.Counts(s.Course.Default().Practicum, ev[s.enrollment][0]); ok || !strings.Contains(why, "graded 1") {
			t.Errorf("Counts = %v, %q; want a refusal that says why", ok, why)
		}
	})
}

// CHECKS PH-04, PH-06.
func TestSigningProvesWhoSigns(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		id := s.at(t, practicum.Graded).ID
		for name, tt := range map[string]struct {
			meaning, password, otp string
			want                   error
		}{
			"without proof":          {"reviewed", "", "", identity.ErrReauth},
			"with a wrong password":  {"reviewed", "not my password at all", "", identity.ErrReauth},
			"with a made-up code":    {"reviewed", "", "123456", identity.ErrReauth},
			"without a meaning":      {"", schooltest.Password, "", practicum.ErrMeaning},
			"with a meaning unheard": {"looked fine", schooltest.Password, "", practicum.ErrMeaning},
		} {
			if _, err := s.logs.Countersign(s.Instructor, id, tt.meaning, tt.password, tt.otp); !errors.Is(err, tt.want) {
				t.Errorf("signing %s = %v, want %v", name, err, tt.want)
			}
		}
		if _, err := s.logs.Countersign(s.Instructor, id, "reviewed", schooltest.Password, ""); err != nil {
			t.Errorf("signing = %v", err)
		}
	})
}

func TestNobodyJudgesTheirOwnLogUnderAnotherAccount(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		license := "LCSW 1001"
		ids := schooltest.IDs(s.trainee, s.Instructor)
		for _, id := range ids {
			if _, err := s.People.Update(s.Admin, id, identity.Change{LicenseNumber: &license, Version: 1}); err != nil {
				t.Fatal(err)
			}
		}
		l := s.create(t, rolePlay(practicum.Preparation))
		if _, err := s.logs.Submit(s.trainee, l.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := s.logs.Grade(s.Instructor, l.ID, verdict()); !errors.Is(err, practicum.ErrOwnLog) {
			t.Errorf("Grade by an account with the author's license = %v, want ErrOwnLog", err)
		}
	})
}

func TestTwoGradersNeverOverwriteEachOther(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		other := s.Person("Second Instructor", access.Grant{Role: access.Instructor, Program: s.Program})
		if _, err := s.Enrollments.SetSupervisors(s.Admin, s.enrollment, schooltest.IDs(s.Instructor, other)); err != nil {
			t.Fatal(err)
		}
		for range 5 {
			id := s.at(t, practicum.Submitted).ID
			var won atomic.Int32
			var wg sync.WaitGroup
			for _, deed := range []func() error{
				func() error { return second(s.logs.Grade(s.Instructor, id, verdict())) },
				func() error { return second(s.logs.Grade(other, id, verdict())) },
				func() error { return second(s.logs.Return(other, id, "unclear", "Say more.", 0)) },
			} {
				wg.Go(func() {
					switch err := deed(); {
					case err == nil:
						won.Add(1)
					case !errors.Is(err, practicum.ErrStale) && !errors.Is(err, practicum.ErrNotSubmitted):
						t.Error(err)
					}
				})
			}
			wg.Wait()
			if won.Load() != 1 {
				t.Errorf("%d of three verdicts at once were taken, want one", won.Load())
			}
		}
	})
}

func TestAnEditChangesWhatItNames(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		before := s.create(t, rolePlay(practicum.Preparation))
		raw := rows(t, s, before.ID)
		s.Clock.Advance(time.Hour)
		if _, err := s.logs.Edit(s.trainee, before.ID, practicum.Form{Minutes: ptr(75)}, before.Version+1); !errors.Is(err, practicum.ErrStale) {
			t.Errorf("Edit of another version = %v, want ErrStale", err)
		}
		if _, err := s.logs.Edit(s.trainee, before.ID, practicum.Form{Minutes: ptr(75)}, before.Version); err != nil {
			t.Fatal(err)
		}
		changed := make(map[string]bool)
		for column, value := range rows(t, s, before.ID) {
			if fmt.Sprint(value) != fmt.Sprint(raw[column]) {
				changed[column] = true
			}
		}
		for _, sealed := range []string{"reflection", "return_message", "feedback"} {
			delete(changed, sealed) // sealed anew, the text is the same
		}
		if len(changed) != 3 || !changed["minutes"] || !changed["version"] || !changed["updated_at"] {
			t.Errorf("an edit of the minutes changed %v", changed)
		}
	})
}

// rows reads a log's row as it lies in SQL.
func rows(t *testing.T, s *school, id string) map[string]any {
	t.Helper()
	var all []map[string]any
	if err := s.DB.NewRaw(`SELECT * FROM practicum_logs WHERE id = ?`, id).Scan(t.Context(), &all); err != nil || len(all) != 1 {
		t.Fatalf("%d rows, %v", len(all), err)
	}
	return all[0]
}

// CHECKS PH-01: no text of a log lies open in the database.
func TestTextsAreSealedAtRest(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		f := rolePlay(practicum.Preparation)
		f.Reflection = ptr(words + "CANARY-ONE")
		l := s.create(t, f)
		if _, err := s.logs.Submit(s.trainee, l.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := s.logs.Return(s.Instructor, l.ID, "unclear", "CANARY-TWO", 0); err != nil {
			t.Fatal(err)
		}
		for column, value := range rows(t, s, l.ID) {
			text, ok := value.([]byte)
			if !ok {
				text = []byte(fmt.Sprint(value))
			}
			if bytes.Contains(text, []byte("CANARY")) {
				t.Errorf("column %s holds the text as it is", column)
			}
		}
		var ledger []string
		if err := s.DB.NewRaw(`SELECT details FROM audit_entries`).Scan(t.Context(), &ledger); err != nil || strings.Contains(fmt.Sprint(ledger), "CANARY") {
			t.Errorf("the ledger holds the text (%v)", err)
		}
		if got, err := s.logs.Read(s.trainee, l.ID); err != nil || got.ReturnMessage != "CANARY-TWO" {
			t.Errorf("Read = %v, %v", got, err)
		}
	})
}

// CHECKS PH-05: a signed log that was changed in SQL is seen and stops
// counting.
func TestAChangedSignedLogIsBroken(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		for _, stmt := range []string{
			`UPDATE practicum_logs SET minutes = 180 WHERE id = ?`,
			`UPDATE practicum_logs SET grades = '{"c1":4,"c2":4,"c3":4,"c4":4,"c5":4,"c6":4,"c7":4}' WHERE id = ?`,
			`UPDATE practicum_logs SET signer_name = 'Somebody Else' WHERE id = ?`,
			`UPDATE practicum_cases SET seq = 9 WHERE log_id = ?`,
			`UPDATE practicum_logs SET reflection = feedback WHERE id = ?`,
		} {
			l := s.at(t, practicum.Countersigned)
			if err := s.DB.Tx(t.Context(), func(ctx context.Context, tx bun.Tx) error {
				_, err := tx.NewRaw(stmt, l.ID).Exec(ctx)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			broken, err := s.logs.VerifyAll(t.Context())
			if err != nil || len(broken) == 0 || broken[len(broken)-1].LogID != l.ID {
				t.Errorf("after %s VerifyAll = %v, %v", stmt, broken, err)
			}
			ev, err := s.logs.Evidence(t.Context(), s.DB, []string{s.enrollment})
			if err != nil {
				t.Fatal(err)
			}
			for _, x := range ev[s.enrollment] {
				if ok, _ := practicum.Counts(s.Course.Default().Practicum, x); ok && x.LogID == l.ID {
					t.Errorf("after %s the log still counts", stmt)
				}
			}
		}
	})
}
