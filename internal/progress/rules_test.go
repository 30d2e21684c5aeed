package progress_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/kapstone-lms/kapstone/internal/attendance"
	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/internal/practicum"
	"github.com/kapstone-lms/kapstone/internal/progress"
	"github.com/kapstone-lms/kapstone/internal/records"
	"github.com/kapstone-lms/kapstone/internal/standing"
)

// A ruling is how one requirement stands under some evidence.
type ruling struct {
	name string
	with func(*world)
	want string // "status have/need"
	says string
}

// rule holds one requirement against evidence, each time a fresh one.
func rule(t *testing.T, r curriculum.Requirement, rulings []ruling) {
	t.Helper()
	c := course(t)
	r.ID, r.Title = "it", "It"
	p := &curriculum.Program{
		Key: "tested", Version: 1, Quiz: c.Default().Quiz, Requirements: []curriculum.Requirement{r},
		Practicum: curriculum.PracticumRules{Kinds: []string{"client", "peer"}, SafetyCriteria: []string{"c2", "c6"}, SafetyFloor: 2},
	}
	for _, tt := range rulings {
		w := newWorld(c)
		tt.with(w)
		report := progress.Evaluate(p, c, w.Evidence, noon)
		n := report.Find("it")
		if got := fmt.Sprintf("%s %d/%d", n.Status, n.Have, n.Need); got != tt.want || !strings.Contains(said(report), tt.says) {
			t.Errorf("%s, %s: %s, want %s saying %q:\n%s", r.Type, tt.name, got, tt.want, tt.says, said(report))
		}
		if n.Status.Done() != (n.Next == "" && len(n.Missing) == 0) {
			t.Errorf("%s, %s: %+v", r.Type, tt.name, n)
		}
	}
}

func none(*world) {}

func state(s records.State) func(*records.Record) { return func(r *records.Record) { r.State = s } }
func ends(d string) func(*records.Record)         { return func(r *records.Record) { r.ExpiresOn = d } }
func quantity(n int) func(*records.Record)        { return func(r *records.Record) { r.Quantity = n } }

func TestALicense(t *testing.T) {
	rule(t, curriculum.Requirement{Type: curriculum.LicenseVerified, Codes: []string{"LMFT", "RN"}, Statuses: []string{"active"}, Jurisdictions: []string{"CO"}, Recheck: 90}, []ruling{
		{"nothing", none, "not_met 0/1", "Enter your license"},
		{"a claim", func(w *world) { w.record(records.License, "RN:active", in("CO"), state(records.Submitted)) }, "in_progress 0/1", "It waits to be confirmed."},
		{"a check", func(w *world) { w.record(records.License, "RN:active", in("CO")) }, "met 1/1", "Holds until February 18, 2027"},
		{"elsewhere", func(w *world) { w.record(records.License, "RN:active", in("NY")) }, "not_met 0/1", ""},
		{"of another profession", func(w *world) { w.record(records.License, "MD:active", in("CO")) }, "not_met 0/1", ""},
		{"lapsed since", func(w *world) {
			w.record(records.License, "RN:lapsed", in("CO"), day("2026-11-22"))
			w.record(records.License, "RN:active", in("CO"), day("2026-11-01"))
		}, "not_met 0/1", "your license is lapsed; it has to be active"},
		{"lapsed in one state, active in another profession", func(w *world) {
			w.record(records.License, "RN:lapsed", in("CO"), day("2026-11-22"))
			w.record(records.License, "LMFT:active", in("CO"), day("2026-11-01"))
		}, "met 1/1", ""},
		{"an old check", func(w *world) { w.record(records.License, "RN:active", in("CO"), day("2026-08-01")) }, "expired 0/1", "what was there held until October 30, 2026"},
		{"its last day", func(w *world) { w.record(records.License, "RN:active", in("CO"), ends("2026-11-24")) }, "met 1/1", "Holds until November 24, 2026"},
		{"the day after", func(w *world) { w.record(records.License, "RN:active", in("CO"), ends("2026-11-23")) }, "expired 0/1", ""},
		{"a refused claim", func(w *world) {
			w.record(records.License, "RN", in("CO"), state(records.Refused), note("no such number"))
		}, "not_met 0/1", "what you sent was not accepted: no such number"},
	})
}

func in(state string) func(*records.Record) {
	return func(r *records.Record) { r.Jurisdiction = state }
}
func note(why string) func(*records.Record) { return func(r *records.Record) { r.DecisionNote = why } }

func TestPapers(t *testing.T) {
	rule(t, curriculum.Requirement{Type: curriculum.ExamPassed, Subject: "final", Percent: 75, Months: 12}, []ruling{
		{"too low", func(w *world) { w.record(records.Exam, "final:passed", quantity(74)) }, "not_met 0/1", "75 % is asked; you had 74 %"},
		{"enough", func(w *world) { w.record(records.Exam, "final:passed", quantity(75)) }, "met 1/1", "Holds until November 20, 2027"},
		{"passed, then failed a second time", func(w *world) {
			w.record(records.Exam, "final:passed", quantity(80), day("2026-11-03"))
			w.record(records.Exam, "final:failed", quantity(20), day("2026-11-09"))
		}, "met 1/1", ""},
		{"too long ago", func(w *world) { w.record(records.Exam, "final:passed", quantity(90), day("2025-11-23")) }, "expired 0/1", ""},
		{"another exam", func(w *world) { w.record(records.Exam, "first:passed", quantity(90)) }, "not_met 0/1", ""},
	})
	rule(t, curriculum.Requirement{Type: curriculum.AssignmentAccepted, Subject: "paper", PagesMin: 10, PagesMax: 10, SourceMin: 14}, []ruling{
		{"too few sources", func(w *world) { w.record(records.Assignment, "paper", quantity(10)) }, "not_met 0/1", "it names 0 sources; 14 are asked"},
		{"enough", func(w *world) {
			w.record(records.Assignment, "paper", quantity(10), func(r *records.Record) { r.Sources = 14 })
		}, "met 1/1", ""},
	})
	rule(t, curriculum.Requirement{Type: curriculum.MedicalClearance, Subject: "retreat"}, []ruling{
		{"not cleared", func(w *world) { w.record(records.Clearance, "retreat:not_cleared") }, "not_met 0/1", "not cleared"},
		{"cleared, then not", func(w *world) {
			w.record(records.Clearance, "retreat:cleared", day("2026-11-01"))
			w.record(records.Clearance, "retreat:not_cleared", day("2026-11-02"))
		}, "not_met 0/1", "not cleared"},
		{"not, then cleared", func(w *world) {
			w.record(records.Clearance, "retreat:not_cleared", day("2026-11-01"))
			w.record(records.Clearance, "retreat:cleared", day("2026-11-02"))
		}, "met 1/1", ""},
	})
	rule(t, curriculum.Requirement{Type: curriculum.ProfessionEligible, Codes: []string{"RN", "NP"}}, []ruling{
		{"another", func(w *world) { w.record(records.Profession, "DC") }, "not_met 0/1", "a profession that this program admits"},
		{"one of them", func(w *world) { w.record(records.Profession, "NP") }, "met 1/1", ""},
	})
	rule(t, curriculum.Requirement{Type: curriculum.AlternativeTaken, Subject: "journal_club"}, []ruling{
		{"nothing", none, "not_met 0/1", "an accepted journal club"},
		{"accepted", func(w *world) { w.record(records.Alternative, "journal_club") }, "met 1/1", ""},
	})
	rule(t, curriculum.Requirement{Type: curriculum.PriorPractice, Subject: "mental_health_care", Years: 2}, []ruling{
		{"a year", func(w *world) { w.record(records.PriorPractice, "mental_health_care", quantity(1)) }, "in_progress 1/2", "1 year of earlier mental health care"},
		{"two at two places", func(w *world) {
			w.record(records.PriorPractice, "mental_health_care", quantity(1))
			w.record(records.PriorPractice, "mental_health_care", quantity(1))
		}, "met 2/2", ""},
		{"a claim", func(w *world) {
			w.record(records.PriorPractice, "mental_health_care", quantity(5), state(records.Submitted))
		}, "in_progress 0/2", "waits to be confirmed"},
	})
	rule(t, curriculum.Requirement{Type: curriculum.PriorPractice, Subject: "behavioral_health", Minutes: 60000}, []ruling{
		{"half of it", func(w *world) { w.record(records.PriorPractice, "behavioral_health", minutes(30000)) }, "in_progress 30000/60000", "500 h of earlier behavioral health"},
	})
}

func TestHours(t *testing.T) {
	rule(t, curriculum.Requirement{Type: curriculum.HoursMin, Category: "didactic", Minutes: 600, WeeklyMax: 240}, []ruling{
		{"a crammed week", func(w *world) { w.record(records.Hours, "", hours("didactic", "", "async", 900)) }, "in_progress 240/600", "6 h of teaching"},
		{"two weeks and a claim", func(w *world) {
			w.record(records.Hours, "", hours("didactic", "", "async", 900))
			w.record(records.Hours, "", hours("didactic", "", "async", 200), day("2026-11-10"))
			w.record(records.Hours, "", hours("didactic", "", "async", 90), day("2026-11-03"), state(records.Submitted))
		}, "in_progress 440/600", "1 h 30 min wait to be confirmed"},
		{"another category", func(w *world) { w.record(records.Hours, "", hours("discussion", "", "async", 900)) }, "not_met 0/600", ""},
		{"carried over, where it is not taken", func(w *world) {
			w.record(records.Hours, "", hours("didactic", "", "async", 240), func(r *records.Record) { r.Carried = "Old LMS" })
		}, "not_met 0/600", ""},
	})
	rule(t, curriculum.Requirement{Type: curriculum.HoursMin, Category: "didactic", Delivery: []string{"async"}, Minutes: 20}, []ruling{
		{"lessons that were read count", func(w *world) { w.study("science") }, "met 20/20", ""},
	})
	rule(t, curriculum.Requirement{Type: curriculum.Renewal, Category: "ce", Minutes: 600, Months: 12}, []ruling{
		{"of the last cycle", func(w *world) {
			w.Life.StartsOn = "2025-01-31"
			w.record(records.Hours, "", hours("ce", "", "async", 600), day("2026-01-30"))
		}, "not_met 0/600", "10 h of continuing education before January 31, 2027"},
		{"of this one", func(w *world) {
			w.Life.StartsOn = "2025-01-31"
			w.record(records.Hours, "", hours("ce", "", "async", 600), day("2026-01-31"))
		}, "met 600/600", ""},
	})
}

// event adds an event of a series at which the trainee was for some minutes.
func (w *world) event(id, series, on string, planned, online int, with ...func(*attendance.Attended)) {
	at, _ := time.Parse(time.DateOnly, on)
	a := attendance.Attended{Event: &attendance.Event{ID: id, Series: series, Minutes: planned, Delivery: "live_online", StartsAt: db.At(at)}, Day: on, Online: online}
	for _, f := range with {
		f(&a)
	}
	w.Attended = append(w.Attended, a)
}

func makesUp(id string) func(*attendance.Attended) {
	return func(a *attendance.Attended) { a.Event.MakesUp = id }
}

func TestAttendance(t *testing.T) {
	rule(t, curriculum.Requirement{Type: curriculum.AttendanceMin, Subject: "weekly", Percent: 90, LateAfter: 10, MakeUps: 1}, []ruling{
		{"no dates", none, "not_met 0/1", "The dates are not set yet."},
		{"late, within what is tolerated", func(w *world) { w.event("a", "weekly", "2026-11-10", 100, 90) }, "met 100/90", ""},
		{"later than that", func(w *world) { w.event("a", "weekly", "2026-11-10", 100, 89) }, "blocked 89/90", "Ask your instructor how to make up"},
		{"what was before one's time is not missed", func(w *world) {
			w.Life.InCohort = "2026-11-10"
			w.event("a", "weekly", "2026-11-09", 100, 0)
			w.event("b", "weekly", "2026-11-10", 100, 95)
		}, "met 100/90", ""},
		{"what was before it counts where one was there", func(w *world) {
			w.Life.InCohort = "2026-11-10"
			w.event("a", "weekly", "2026-11-09", 100, 100)
			w.event("b", "weekly", "2026-11-10", 100, 50)
		}, "blocked 150/180", ""},
		{"missed, with more to come", func(w *world) {
			w.event("a", "weekly", "2026-11-10", 100, 80)
			w.event("b", "weekly", "2026-12-10", 100, 0)
		}, "in_progress 80/180", "Come to the next one."},
		{"missed and made up", func(w *world) {
			w.event("a", "weekly", "2026-11-10", 100, 0)
			w.event("b", "weekly", "2026-11-12", 120, 120, makesUp("a"))
		}, "met 100/90", ""},
		{"two made up where one may be", func(w *world) {
			w.event("a", "weekly", "2026-11-10", 100, 0)
			w.event("b", "weekly", "2026-11-11", 100, 0)
			w.event("c", "weekly", "2026-11-12", 100, 100, makesUp("a"))
			w.event("d", "weekly", "2026-11-13", 100, 100, makesUp("b"))
		}, "blocked 100/180", ""},
	})
	rule(t, curriculum.Requirement{Type: curriculum.RetreatAttended, Subject: "retreat", Days: 2, LateAfter: 5}, []ruling{
		{"half a day", func(w *world) {
			w.event("a", "retreat", "2026-11-10", 240, 240)
			w.event("b", "retreat", "2026-11-10", 240, 100)
		}, "not_met 0/2", "2 whole days of retreat"},
		{"two days, one of them online and in person", func(w *world) {
			w.event("a", "retreat", "2026-11-10", 240, 120, func(a *attendance.Attended) { a.Present = 115 })
			w.event("b", "retreat", "2026-11-11", 240, 240)
		}, "met 2/2", ""},
	})
}

func TestPracticeIsCountedAsItIsAsked(t *testing.T) {
	rule(t, curriculum.Requirement{Type: curriculum.PracticumSessions, Count: 2, Phase: "medicine", Parts: []string{"lead"}, Formats: []string{"group"}, Routes: []string{"im"}, Months: 6}, []ruling{
		{"fitting", func(w *world) {
			w.practice(2, practicum.Session{Kind: practicum.Client, Phase: practicum.Medicine, Part: "lead", Format: "group", Route: "im"})
		}, "met 2/2", ""},
		{"another route", func(w *world) {
			w.practice(2, practicum.Session{Kind: practicum.Client, Phase: practicum.Medicine, Part: "lead", Format: "group", Route: "iv"})
		}, "not_met 0/2", "Practice a group medicine session as lead"},
		{"too long ago", func(w *world) {
			w.practice(1, practicum.Session{Kind: practicum.Client, Phase: practicum.Medicine, Part: "lead", Format: "group", Route: "im"})
			w.Sessions[0].CountersignedAt = noon.AddDate(0, -6, -1)
		}, "not_met 0/2", "it is more than 6 months old"},
		{"a kind that the program does not count", func(w *world) {
			w.practice(2, practicum.Session{Kind: practicum.RolePlay, Phase: practicum.Medicine, Part: "lead", Format: "group", Route: "im"})
		}, "not_met 0/2", "this program does not count such practice"},
	})
	rule(t, curriculum.Requirement{Type: curriculum.PracticumSessions, Count: 5, Phase: "integration", Carried: true}, []ruling{
		{"carried over", func(w *world) {
			w.record(records.Session, ":lead", quantity(4), func(r *records.Record) { r.Topic, r.Carried = "integration", "Old LMS" })
		}, "in_progress 4/5", "1 signed integration session"},
	})
	rule(t, curriculum.Requirement{Type: curriculum.LogsCountersigned, Days: 30, Approved: []string{"Dr. Mori"}}, []ruling{
		{"none", none, "not_met 0/1", "your first signed log"},
		{"by somebody else", func(w *world) { w.practice(1, led) }, "not_met 0/1", "1 signature on your logs"},
		{"by one who may", func(w *world) { s := led; s.SignerName = "Dr. Mori"; w.practice(1, s) }, "met 1/1", ""},
		{"one that waits too long", func(w *world) {
			s := led
			s.Status, s.SubmittedAt = practicum.Submitted, noon.AddDate(0, 0, -31)
			w.Sessions = append(w.Sessions, s)
		}, "blocked 0/1", "A log has waited for more than 30 days."},
	})
	rule(t, curriculum.Requirement{Type: curriculum.RubricMin, Window: 2, Level: 3, Floor: 2}, []ruling{
		{"one good one", func(w *world) { w.practice(1, led) }, "in_progress 1/2", "1 more signed session to look at"},
		{"an early low grade is forgotten", func(w *world) {
			s := led
			s.Grades = practicum.Grades{"c3": 2}
			w.practice(1, s)
			w.practice(2, led)
		}, "met 2/2", ""},
		{"a late one is not", func(w *world) {
			w.practice(2, led)
			s := led
			s.Grades = practicum.Grades{"c3": 2}
			w.practice(1, s)
		}, "in_progress 1/2", "presence and trust below 3 in one of your last 2 sessions"},
		{"what was not observed is not held against anyone", func(w *world) { s := led; s.Grades = practicum.Grades{"c3": 0, "c1": 4}; w.practice(2, s) }, "met 2/2", ""},
		{"below the floor, long ago", func(w *world) {
			s := led
			s.Grades = practicum.Grades{"c6": 1}
			w.practice(1, s)
			w.practice(2, led)
		}, "blocked 2/2", "graded below the safety floor"},
	})
	rule(t, curriculum.Requirement{Type: curriculum.Recency, Over: []string{"it"}, Months: 3}, []ruling{{"nothing", none, "not_met 0/1", "a signed session of the last 3 months"}})
}

func TestConsultationsCarriedOverAreCountedOneByOne(t *testing.T) {
	carried := func(r *records.Record) { r.Carried, r.Quantity, r.Minutes = "Old LMS", 10, 600 }
	rule(t, curriculum.Requirement{Type: curriculum.Consultations, Variant: "group", Count: 12, Minutes: 720, Carried: true}, []ruling{
		{"ten of them", func(w *world) { w.record(records.Consultation, ":group", carried) }, "in_progress 10/12", "2 group consultations, 2 h of consultation"},
	})
	rule(t, curriculum.Requirement{Type: curriculum.Consultations, Variant: "group", Count: 12}, []ruling{
		{"where they are not taken", func(w *world) { w.record(records.Consultation, ":group", carried) }, "not_met 0/12", "12 group consultations"},
	})
}

func TestHoldsStop(t *testing.T) {
	hold := func(kind standing.HoldKind, s standing.HoldState) func(*world) {
		return func(w *world) { w.Holds = append(w.Holds, &standing.Hold{Kind: kind, State: s}) }
	}
	rule(t, curriculum.Requirement{Type: curriculum.NoOpenHolds, Holds: []string{"safety", "conduct"}}, []ruling{
		{"none", none, "met 1/1", ""},
		{"open", hold(standing.Conduct, standing.Open), "blocked 0/1", "you may reply"},
		{"upheld", hold(standing.Safety, standing.Upheld), "blocked 0/1", "You may appeal"},
		{"cleared", hold(standing.Safety, standing.Cleared), "met 1/1", ""},
		{"of another kind", hold(standing.Payment, standing.Open), "met 1/1", ""},
		{"a session graded low", func(w *world) { s := led; s.Grades = practicum.Grades{"c2": 1}; w.practice(1, s) }, "blocked 0/1", "graded below the safety floor"},
		{"and cleared", func(w *world) {
			s := led
			s.Grades = practicum.Grades{"c2": 1}
			w.practice(1, s)
			w.clear(w.Sessions[0].LogID)
		}, "met 1/1", ""},
	})
}

func TestTime(t *testing.T) {
	rule(t, curriculum.Requirement{Type: curriculum.Deadline, Months: 12}, []ruling{
		{"the last day", func(w *world) { w.Life.StartsOn = "2025-11-24" }, "met 1/1", "Until November 24, 2026"},
		{"with nothing else to do, nothing was late", func(w *world) { w.Life.StartsOn = "2025-11-23" }, "met 1/1", "Done before November 23, 2026"},
		{"something done too late", func(w *world) {
			w.Life.StartsOn = "2025-11-20"
			w.record(records.Assignment, "paper", day("2026-11-21"))
		}, "expired 0/1", "the time was over on November 20, 2026"},
		{"a late word of the program's", func(w *world) {
			w.Life.StartsOn = "2025-11-20"
			w.record(records.Assignment, "paper", day("2026-11-19"))
			w.record(records.SignOff, "completion:director", day("2026-11-23"))
			w.record(records.Letter, ":supervisor", day("2026-11-23"))
		}, "met 1/1", "Done before November 20, 2026"},
		{"an extension", func(w *world) {
			w.Life = enrollment.Life{StartsOn: "2025-11-20", Extension: 7}
			w.record(records.Assignment, "paper", day("2026-11-21"))
		}, "met 1/1", "Until November 27, 2026"},
	})
	rule(t, curriculum.Requirement{Type: curriculum.MinDuration, Months: 6}, []ruling{
		{"too soon", func(w *world) { w.Life.StartsOn = "2026-05-25" }, "in_progress 0/1", "time until November 25, 2026"},
		{"to the day", func(w *world) { w.Life.StartsOn = "2026-05-24" }, "met 1/1", ""},
		{"an extension does not make it longer", func(w *world) { w.Life = enrollment.Life{StartsOn: "2026-05-24", Extension: 30} }, "met 1/1", ""},
	})
}
