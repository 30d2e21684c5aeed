package progress_test

import (
	"testing"
	"time"

	"github.com/kapstone-lms/kapstone/internal/attendance"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/internal/practicum"
	"github.com/kapstone-lms/kapstone/internal/records"
)

func minutes(n int) func(*records.Record) { return func(r *records.Record) { r.Minutes = n } }
func day(d string) func(*records.Record)  { return func(r *records.Record) { r.OnDay = d } }
func edition(r *records.Record)           { r.Edition = "1" }

func hours(category, topic, delivery string, n int) func(*records.Record) {
	return func(r *records.Record) { r.Category, r.Topic, r.Delivery, r.Minutes = category, topic, delivery, n }
}

var led = practicum.Session{Kind: practicum.Client, Phase: practicum.Medicine, Part: "lead_supervised", Format: "individual"}

func TestThePolarisWay(t *testing.T) {
	journey(t, "example_polaris_certificate", newWorld(course(t)), []step{
		{"a license on the way", func(w *world) { w.record(records.License, "LPC:prelicensed") }, "license_at_start", "your license is prelicensed; it has to be active"},
		{"module 2 too early", func(w *world) { w.attend("module_2", 360) }, "module_2", "First: The introductory module, or earlier training."},
		{"an earlier training in place of module 1", func(w *world) { w.record(records.PriorTraining, "PRATI") }, "first earlier_training", "events of module 3"},
		{"the rest of the foundation", func(w *world) {
			w.attend("module_3", 360)
			w.attend("module_4", 360)
			w.attend("module_5", 360)
			w.attend("practice_module", 360)
		}, "foundation module_3 module_4 module_5 practice_module", "Choose two of these: Advanced module 6; Advanced module 7"},
		{"one elective", func(w *world) { w.study("ethics_safety") }, "ethics_module", "electives 1/2"},
		{"another", func(w *world) { w.attend("music", 180) }, "electives music", "group_consultation 0/12"},
		{"eleven group consultations", func(w *world) {
			for range 11 {
				w.record(records.Consultation, ":group", minutes(120))
			}
		}, "", "1 group consultation, 2 h of consultation"},
		{"a short twelfth", func(w *world) { w.record(records.Consultation, ":group", minutes(60)) }, "", "group_consultation 12/12 [in_progress] 1 h of consultation"},
		{"one more hour", func(w *world) { w.record(records.Consultation, ":group", minutes(60)) }, "group_consultation", "12 individual consultations"},
		{"twelve alone", func(w *world) {
			for range 12 {
				w.record(records.Consultation, ":individual", minutes(50))
			}
		}, "individual_consultation", "your attestation"},
		{"the retreat or its alternative", func(w *world) { w.ExperienceMet = true }, "personal-experience", "18 signed medicine sessions as co-facilitator, lead under supervision or lead"},
		{"seventeen sessions with two clients", func(w *world) {
			s := led
			s.Case = 1
			w.practice(10, s)
			s.Case = 2
			w.practice(7, s)
		}, "", "1 more case among your signed sessions"},
		{"watching does not count", func(w *world) { s := led; s.Part, s.Case = "observer", 3; w.practice(1, s) }, "", "1 signed medicine session"},
		{"the last, with a third client", func(w *world) { s := led; s.Case = 3; w.practice(1, s) }, "medicine-logs cases", "an accepted paper: reflection"},
		{"too short a reflection", func(w *world) { w.record(records.Assignment, "reflection", func(r *records.Record) { r.Quantity = 2 }) }, "", "it has 2 pages; 3 to 5 are asked"},
		{"a better one", func(w *world) { w.record(records.Assignment, "reflection", func(r *records.Record) { r.Quantity = 4 }) }, "reflection", "a letter of recommendation"},
		{"the consultant's letter", func(w *world) { w.record(records.Letter, ":supervisor") }, "letter", "the fee: administration"},
		{"an open fee", func(w *world) { w.record(records.Fee, "administration:open") }, "", "it is not cleared yet"},
		{"a cleared fee", func(w *world) { w.record(records.Fee, "administration:cleared", day("2026-11-21")) }, "fee", "license_at_issue 0/1"},
		{"the license", func(w *world) { w.record(records.License, "LPC:active", day("2026-11-23")) }, "license_at_issue", "the name to print"},
		{"the name", func(w *world) { w.NameConfirmed = true }, "printed-name", ""},
	})
}

func TestTheClinicalWay(t *testing.T) {
	w := newWorld(course(t))
	w.Track = "therapist"
	next := db.At(noon.Add(7 * 24 * time.Hour))
	journey(t, "kap_clinical_practicum", w, []step{
		{"studying before the license is checked", func(w *world) { w.study("science") }, "science", "First: License or training registration verified."},
		{"the license", func(w *world) { w.record(records.License, "LMFT:active", day("2026-11-10")) }, "license license_at_issue", "practicum_gate 1/3"},
		{"an old agreement", func(w *world) { w.record(records.Agreement, "scope", func(r *records.Record) { r.Edition = "0" }) }, "", "the text has changed since you signed it"},
		{"the agreements", func(w *world) {
			for _, doc := range []string{"code_of_ethics", "confidentiality", "scope", "no_identifiers"} {
				w.record(records.Agreement, doc, edition)
			}
		}, "agreements code_of_ethics confidentiality scope no_identifiers", "First: Ethics and safety."},
		{"the modules", func(w *world) {
			w.study("ethics_safety", "therapeutic_container", "integration", "personal_experience")
		},
			"ethics_safety therapeutic_container integration personal_experience-module practicum_gate", "Practice a preparation session as co-facilitator, lead under supervision or lead and log it; a session with a client counts."},
		{"nine of ten live sessions", func(w *world) {
			w.attend("live_sessions", 90, 90, 90, 90, 90, 90, 90, 90, 90)
			w.Attended = append(w.Attended, attendance.Attended{Event: &attendance.Event{ID: "last", Series: "live_sessions", Minutes: 90, StartsAt: next}, Day: "2026-12-01"})
		}, "live_sessions", "your attestation"},
		{"the own path", func(w *world) { w.ExperienceMet = true }, "personal_experience personal-experience", "6 signed preparation sessions"},
		{"six preparation sessions with two cases", func(w *world) {
			s := practicum.Session{Kind: practicum.Client, Phase: practicum.Preparation, Part: "lead_supervised", Case: 1}
			w.practice(3, s)
			s.Case = 2
			w.practice(3, s)
		}, "preparation-logs rubric signed", "2 signed medicine sessions as lead under supervision or lead"},
		{"six medicine sessions, watched", func(w *world) { s := led; s.Part, s.Case = "observer", 1; w.practice(6, s) }, "medicine-logs", "medicine-led-logs 0/2"},
		{"one graded low", func(w *world) {
			s := led
			s.Case, s.Grades = 3, practicum.Grades{"c2": 1, "c6": 3}
			w.practice(1, s)
		}, "", "Your program has to decide about a session that was graded below the safety floor."},
		{"two led, and the hold cleared", func(w *world) {
			s := led
			s.Case = 3
			w.practice(2, s)
			w.clear(w.Sessions[len(w.Sessions)-3].LogID)
		}, "medicine-led-logs cases holds rubric", "6 signed integration sessions"},
		{"six integration sessions", func(w *world) {
			w.practice(6, practicum.Session{Kind: practicum.Client, Phase: practicum.Integration, Part: "lead", Case: 3})
		}, "practicum integration-logs", "12 h of consultation"},
		{"consultation in too large a group", func(w *world) {
			w.record(records.Consultation, ":group", minutes(480), func(r *records.Record) { r.GroupSize = 9 })
		}, "", "12 h of consultation"},
		{"consultation", func(w *world) {
			w.record(records.Consultation, ":group", minutes(480))
			w.record(records.Consultation, ":individual", minutes(240))
		}, "consultation", "an accepted paper"},
		{"the reflection", func(w *world) { w.record(records.Assignment, "reflection", func(r *records.Record) { r.Quantity = 5 }) }, "reflection", "your evaluation: program"},
		{"the evaluation", func(w *world) { w.record(records.Evaluation, "program") }, "evaluation", "a sign-off by your director"},
		{"a sign-off by somebody else", func(w *world) { w.record(records.SignOff, "completion:instructor") }, "", "a sign-off by your director"},
		{"the director", func(w *world) { w.record(records.SignOff, "completion:director") }, "signoff", "the name to print"},
		{"the name", func(w *world) { w.NameConfirmed = true }, "printed-name", "Until November 2, 2028"},
	})
}

func TestThe150HourWay(t *testing.T) {
	journey(t, "example_fluence_150", newWorld(course(t)), []step{
		{"a license, a training, admission", func(w *world) {
			w.record(records.License, "PhD:active")
			w.record(records.PriorTraining, "psychotherapy")
			w.record(records.Admission, ":admitted")
		}, "license therapy_training admission", "First: Twelve introductory hours."},
		{"theory first", func(w *world) { w.record(records.Hours, "", hours("didactic", "theory_method", "live_online", 1800)) }, "theory_method", "12 h on understanding ketamine"},
		{"the introduction", func(w *world) {
			w.record(records.Hours, "", hours("didactic", "understanding_ketamine", "live_online", 720))
		}, "understanding_ketamine", "108 h of training of any kind"},
		{"mentoring", func(w *world) { w.record(records.Consultation, ":mentoring", minutes(360)) }, "mentoring", "102 h of training of any kind"},
		{"watching a session", func(w *world) {
			w.practice(1, practicum.Session{Kind: practicum.Client, Phase: practicum.Medicine, Part: "observer", Minutes: 180})
		}, "practicum", "99 h of training of any kind"},
		{"hours elsewhere", func(w *world) {
			w.record(records.Hours, "", hours("experiential", "", "live_in_person", 99*60), func(r *records.Record) { r.Carried = "Old LMS" })
		}, "total", "the name to print"},
		{"the name", func(w *world) { w.NameConfirmed = true }, "printed-name", ""},
	})
}

func TestTheIntensive(t *testing.T) {
	journey(t, "example_ketamine_training_center", newWorld(course(t)), []step{
		{"the papers", func(w *world) {
			w.record(records.Document, "intake_form")
			w.record(records.Document, "personal_narrative")
		}, "intake_form personal_narrative", "Choose one of these: A license; Ordination or commission as clergy."},
		{"ordination in place of a license", func(w *world) { w.record(records.Document, "ordination") }, "application standing ordination", "First: The application fee."},
		{"the fee", func(w *world) { w.record(records.Fee, "application:cleared") }, "application_fee", "the decision on your admission"},
		{"a refusal", func(w *world) { w.record(records.Admission, ":declined", day("2026-11-10")) }, "", "you were not admitted"},
		{"admission", func(w *world) { w.record(records.Admission, ":admitted", day("2026-11-12")) }, "admission", "First: Medical clearance for the intensive."},
		{"the signatures", func(w *world) {
			w.record(records.Agreement, "indemnity", edition)
			w.record(records.Attestation, "reading_list", edition)
		}, "indemnity reading", "a medical clearance for intensive"},
		{"a clearance that ran out", func(w *world) {
			w.record(records.Clearance, "intensive:cleared", day("2026-01-10"), func(r *records.Record) { r.ExpiresOn = "2026-07-10" })
		}, "", "what was there held until July 10, 2026"},
		{"a new one", func(w *world) {
			w.record(records.Clearance, "intensive:cleared", func(r *records.Record) { r.ExpiresOn = "2027-05-20" })
		}, "medical", "6 whole days of intensive"},
		{"five days", func(w *world) { w.attend("intensive", 480, 480, 480, 480, 480) }, "", "1 whole day of intensive"},
		{"the sixth", func(w *world) { w.attend("intensive", 480) }, "intensive", "the name to print"},
		{"the name", func(w *world) { w.NameConfirmed = true }, "printed-name", ""},
	})
}

func TestTheSixteenWeeks(t *testing.T) {
	journey(t, "example_cohort_16_weeks", newWorld(course(t)), []step{
		{"the license", func(w *world) { w.record(records.License, "RN:active") }, "license", "The dates are not set yet."},
		{"thirteen of sixteen weeks", func(w *world) {
			for range 13 {
				w.attend("weekly_session", 120)
			}
			for range 3 {
				w.attend("weekly_session", 120)
				w.Attended[len(w.Attended)-1].Online = 0
			}
		}, "weekly", "6 h of teaching"},
		{"more live hours", func(w *world) { w.record(records.Hours, "", hours("didactic", "", "live_online", 360)) }, "live", "Read “"},
		{"the lectures", func(w *world) { w.study("science", "therapeutic_container", "integration") }, "lectures science-lessons container-lessons integration-lessons", "the name to print"},
		{"the name", func(w *world) { w.NameConfirmed = true }, "printed-name", "Until May 1, 2027"},
	})
}

func TestTheColoradoWay(t *testing.T) {
	topics := map[string]int{
		"best_practices": 5, "ethics_and_rules": 25, "boundaries_touch": 10, "physical_mental_health": 25, "drug_effects": 5, "trauma_informed": 10, "suicide_risk": 5,
		"indigenous_social_cultural": 10, "screening": 5, "preparation": 10, "administration": 10, "integration": 10, "group": 10,
	}
	journey(t, "example_colorado_natural_medicine", newWorld(course(t)), []step{
		{"age and life support", func(w *world) {
			w.record(records.Attestation, "age_21", edition)
			w.record(records.Credential, "bls", func(r *records.Record) { r.ExpiresOn = "2028-01-31" })
		}, "age bls", "Holds until January 31, 2028"},
		{"thirteen topics", func(w *world) {
			for topic, n := range topics {
				w.record(records.Hours, "", hours("didactic", topic, "live_online", n*60))
			}
		}, "", "10 h on facilitator development"},
		{"more of the wrong topic", func(w *world) { w.record(records.Hours, "", hours("didactic", "group", "live_online", 600)) }, "", "coursework 8400/9000"},
		{"the last topic", func(w *world) {
			w.record(records.Hours, "", hours("didactic", "facilitator_development", "live_online", 600))
		}, "coursework", "40 h of practicum"},
		{"practice", func(w *world) {
			w.practice(20, practicum.Session{Kind: practicum.Peer, Phase: practicum.Medicine, Part: "lead", Minutes: 120})
		}, "practicum", "50 h of consultation"},
		{"consultation in a month", func(w *world) {
			for range 10 {
				w.record(records.Consultation, ":group", minutes(300), day("2026-05-20"))
			}
		}, "", "one on or after November 20, 2026: they are to be spread over 6 months"},
		{"another half a year later", func(w *world) { w.record(records.Consultation, ":group", minutes(60), day("2026-11-21")) }, "consultation", "the name to print"},
		{"the name", func(w *world) { w.NameConfirmed = true }, "printed-name", ""},
	})
}

func TestTheOregonWay(t *testing.T) {
	w := newWorld(course(t))
	w.Cohort = enrollment.Facts{Size: 32, Leaders: 1, Directors: 1}
	journey(t, "example_oregon_psilocybin", w, []step{
		{"a second teacher", func(w *world) { w.Cohort.Leaders = 2 }, "program_side", "120 h of teaching"},
		{"sixty hours recorded", func(w *world) { w.record(records.Hours, "", hours("didactic", "", "async", 3600)) }, "", "at least 50 % of your hours live online; you have 0 min of 60 h"},
		{"sixty hours live", func(w *world) { w.record(records.Hours, "", hours("didactic", "", "live_online", 3600)) }, "core live_share", "First: Forty hours of practicum in person."},
		{"practice", func(w *world) {
			w.practice(20, practicum.Session{Kind: practicum.Client, Phase: practicum.Integration, Minutes: 120})
		}, "practicum", "a passed exam: comprehensive"},
		{"a failed exam", func(w *world) { w.record(records.Exam, "comprehensive:failed") }, "", "the last one was not passed"},
		{"a passed one", func(w *world) { w.record(records.Exam, "comprehensive:passed", day("2026-11-22")) }, "exam", "a sign-off by your director"},
		{"the director", func(w *world) { w.record(records.SignOff, "completion:director") }, "director", "the name to print"},
		{"the name", func(w *world) { w.NameConfirmed = true }, "printed-name", ""},
	})
}
