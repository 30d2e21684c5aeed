package curriculum

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// aProgram is a program file with nothing in it but what must be.
const aProgram = `key: tested
version: 1
title: A program
summary: It is there to be tested.
certificate: {title: Certificate of Completion}
quiz: {pass_percent: 80, attempts: 3, wait_hours: 24, review: never}
lessons: any
`

const aTested = "programs/tested.yaml"

// withProgram returns the test course with one more program, whose requirements
// begin at line 9.
func withProgram(t testing.TB, more string) fstest.MapFS {
	t.Helper()
	files := testCourse(t)
	if !strings.Contains(more, "requirements:") {
		more = "requirements:\n" + more
	}
	files[aTested] = &fstest.MapFile{Data: []byte(aProgram + more)}
	return files
}

func TestARequirementOfEachTypeIsRead(t *testing.T) {
	rules := "practicum: {kinds: [client, peer], safety_criteria: [c2], safety_floor: 2}\nconstraints: {group_max: 6}\ntracks: [{key: one, title: One}]\nrequirements:\n"
	for _, tt := range []struct {
		yaml string
		want Requirement
	}{
		{"type: any_of, of: [{id: aa, type: printed_name, title: A}]", Requirement{Type: AnyOf, Of: []Requirement{{ID: "aa", Type: PrintedName, Title: "A"}}}},
		{"type: n_of, n: 1, of: [{id: aa, type: printed_name, title: A}]", Requirement{Type: NOf, N: 1, Of: []Requirement{{ID: "aa", Type: PrintedName, Title: "A"}}}},
		{"type: module_complete, module: first, carried: true", Requirement{Type: ModuleComplete, Module: "first", Carried: true}},
		{"type: exam_passed, subject: final, percent: 70, months: 12", Requirement{Type: ExamPassed, Subject: "final", Percent: 70, Months: 12}},
		{"type: hours_min, category: didactic, hours: 3, topics: [{topic: law, hours: 1}, {topic: care, minutes: 90}], delivery: [async], weekly_max_hours: 6, shared: true",
			Requirement{Type: HoursMin, Category: "didactic", Minutes: 180, Topics: []TopicHours{{"law", 60}, {"care", 90}}, Delivery: []string{"async"}, WeeklyMax: 360, Shared: true}},
		{"type: hours_min, category: any, minutes: 45", Requirement{Type: HoursMin, Category: AnyCategory, Minutes: 45}},
		{"type: hours_share_min, category: any, delivery: [live_online], among: [live_online, async], percent: 50",
			Requirement{Type: HoursShareMin, Category: AnyCategory, Delivery: []string{"live_online"}, Among: []string{"live_online", "async"}, Percent: 50}},
		{"type: attendance_min, subject: weekly, percent: 90, late_after: 0, make_ups: 2", Requirement{Type: AttendanceMin, Subject: "weekly", Percent: 90, MakeUps: 2}},
		{"type: retreat_attended, subject: retreat, days: 5, late_after: 10", Requirement{Type: RetreatAttended, Subject: "retreat", Days: 5, LateAfter: 10}},
		{"type: practicum_sessions_min, count: 2, phase: medicine, kinds: [peer], parts: [lead], formats: [group], routes: [im], months: 6, tracks: [one]",
			Requirement{Type: PracticumSessions, Count: 2, Phase: "medicine", Kinds: []string{"peer"}, Parts: []string{"lead"}, Formats: []string{"group"}, Routes: []string{"im"}, Months: 6, Tracks: []string{"one"}}},
		{"type: logs_countersigned, days: 30, approved: [Dr. Ada Quist]", Requirement{Type: LogsCountersigned, Days: 30, Approved: []string{"Dr. Ada Quist"}}},
		{"type: rubric_min, window: 6, level: 3, floor: 2", Requirement{Type: RubricMin, Window: 6, Level: 3, Floor: 2}},
		{"type: consultation_sessions_min, count: 12, hours: 24, variant: group, group_max: 6, months: 6",
			Requirement{Type: Consultations, Count: 12, Minutes: 1440, Variant: "group", GroupMax: 6, Months: 6}},
		{"type: alternative_accepted, subject: paper", Requirement{Type: AlternativeTaken, Subject: "paper"}},
		{"type: medical_clearance, subject: retreat", Requirement{Type: MedicalClearance, Subject: "retreat"}},
		{"type: license_verified, statuses: [active], codes: [LMFT], jurisdictions: [CO], recheck_days: 90, gate: issue",
			Requirement{Type: LicenseVerified, Statuses: []string{"active"}, Codes: []string{"LMFT"}, Jurisdictions: []string{"CO"}, Recheck: 90, Gate: GateIssue}},
		{"type: profession_eligible, codes: [RN]", Requirement{Type: ProfessionEligible, Codes: []string{"RN"}}},
		{"type: prerequisite_experience, subject: care, years: 2", Requirement{Type: PriorPractice, Subject: "care", Years: 2}},
		{"type: prerequisite_experience, subject: care, hours: 1000", Requirement{Type: PriorPractice, Subject: "care", Minutes: 60000}},
		{"type: prior_training, codes: [KTC]", Requirement{Type: PriorTraining, Codes: []string{"KTC"}}},
		{"type: credential_current, subject: bls", Requirement{Type: CredentialCurrent, Subject: "bls"}},
		{"type: document_submitted, subject: form, unwaivable: true", Requirement{Type: DocumentSubmitted, Subject: "form", Unwaivable: true}},
		{`type: attestation, subject: age, edition: "1", statement: I am of age.`, Requirement{Type: Attestation, Subject: "age", Edition: "1", Statement: "I am of age."}},
		{`type: agreement_signed, subject: code, edition: "2", statement: I keep to it.`, Requirement{Type: AgreementSigned, Subject: "code", Edition: "2", Statement: "I keep to it."}},
		{"type: assignment_accepted, subject: paper, pages_min: 3, pages_max: 5, source_min: 14", Requirement{Type: AssignmentAccepted, Subject: "paper", PagesMin: 3, PagesMax: 5, SourceMin: 14}},
		{"type: recommendation_letter, by: [supervisor]", Requirement{Type: Letter, By: []string{"supervisor"}}},
		{"type: evaluation_submitted, subject: program", Requirement{Type: Evaluation, Subject: "program"}},
		{"type: admission_decision, advice: Write to us.", Requirement{Type: Admission, Advice: "Write to us."}},
		{"type: fee_cleared, subject: fee", Requirement{Type: FeeCleared, Subject: "fee"}},
		{"type: deadline, months: 24, from: start", Requirement{Type: Deadline, Months: 24, From: "start"}},
		{"type: deadline, days: 90", Requirement{Type: Deadline, Days: 90}},
		{"type: min_duration, months: 6", Requirement{Type: MinDuration, Months: 6}},
		{"type: no_open_holds, holds: [safety, phi]", Requirement{Type: NoOpenHolds, Holds: []string{"safety", "phi"}}},
		{"type: role_signoff, by: [director], subject: completion, gate: start", Requirement{Type: SignOff, By: []string{"director"}, Subject: "completion", Gate: GateStart}},
		{"type: program_constraint", Requirement{Type: ProgramConstraint}},
		{"type: renewal, category: ce, hours: 36, months: 24", Requirement{Type: Renewal, Category: "ce", Minutes: 2160, Months: 24}},
	} {
		c := load(t, withProgram(t, rules+"  - {id: it, title: It, "+tt.yaml+"}\n"))
		tt.want.ID, tt.want.Title = "it", "It"
		if d := cmp.Diff([]Requirement{tt.want}, c.Program("tested").Requirements); d != "" {
			t.Errorf("%s (-want +got):\n%s", tt.yaml, d)
		}
	}
}

// Every type of the list above and no other may stand in a file.
func TestEveryTypeHasItsFields(t *testing.T) {
	for typ, spec := range fitting {
		for _, key := range strings.Fields(strings.ReplaceAll(spec, "|", "")) {
			if key != "of" && key != "time" && readers[key] == nil {
				t.Errorf("type %s has a field %q that nobody reads", typ, key)
			}
		}
	}
	if len(fitting) != len(typeNames) {
		t.Errorf("%d types have fields and %d are named", len(fitting), len(typeNames))
	}
}

func TestARequirementThatCannotBe(t *testing.T) {
	const nine = aTested + ":9: "
	for _, tt := range []struct {
		name, yaml string
		want       []string
	}{
		{"too many of too few", "{id: aa, title: A, type: n_of, n: 2, of: [{id: bb, title: B, type: printed_name}]}", []string{nine + "requirement aa: it asks for 2 of 1 parts"}},
		{"no hours", "{id: aa, title: A, type: hours_min, category: didactic}", []string{nine + "requirement aa: `hours` is missing"}},
		{"hours twice", "{id: aa, title: A, type: hours_min, category: didactic, hours: 1, minutes: 60}", []string{nine + "`minutes` stands beside `hours`"}},
		{"a whole below its parts", "{id: aa, title: A, type: hours_min, category: didactic, hours: 1, topics: [{topic: law, hours: 2}]}", []string{nine + "requirement aa: its topics come to 120 minutes and the whole to 60"}},
		{"a topic twice", "{id: aa, title: A, type: hours_min, category: didactic, topics: [{topic: law, hours: 2}, {topic: law, hours: 1}]}", []string{nine + "`topic` law stands here twice"}},
		{"a share of something else", "{id: aa, title: A, type: hours_share_min, category: any, percent: 5, delivery: [async], among: [live_online]}", []string{nine + "requirement aa: async is not `among`"}},
		{"no consultation", "{id: aa, title: A, type: consultation_sessions_min}", []string{nine + "requirement aa: `count` is missing"}},
		{"fewer pages than pages", "{id: aa, title: A, type: assignment_accepted, subject: bb, pages_min: 5, pages_max: 3}", []string{nine + "requirement aa: it has at least 5 and at most 3 pages"}},
		{"a deadline without time", "{id: aa, title: A, type: deadline}", []string{nine + "requirement aa: say either `months` or `days`"}},
		{"years and hours", "{id: aa, title: A, type: prerequisite_experience, subject: cc, years: 1, hours: 5}", []string{nine + "requirement aa: say either `years` or `hours`"}},
		{"a route without medicine", "{id: aa, title: A, type: practicum_sessions_min, count: 1, routes: [im]}", []string{aTested + ":1: `practicum` is missing", nine + "requirement aa: only a medicine session has a route"}},
		{"no constraints", "{id: aa, title: A, type: program_constraint}", []string{nine + "requirement aa: the program has no `constraints`"}},
		{"nobody there", "{id: aa, title: A, type: printed_name, after: [nobody]}", []string{nine + "requirement aa: there is no requirement nobody"}},
		{"no track there", "{id: aa, title: A, type: printed_name, tracks: [nobody]}", []string{nine + "requirement aa: there is no track nobody"}},
		{"from nowhere", "{id: aa, title: A, type: deadline, days: 5, from: nobody}", []string{nine + "requirement aa: there is no requirement nobody to count from"}},
		{"an order of nothing", "{id: aa, title: A, type: ordering, over: [aa]}", []string{nine + "requirement aa: `after` is missing"}},
		{"cases of no sessions", "{id: aa, title: A, type: distinct_cases_min, count: 1, over: [bb]}\n  - {id: bb, title: B, type: printed_name}", []string{nine + "requirement aa: bb is no requirement of sessions"}},
		{"after itself", "{id: aa, title: A, type: printed_name, after: [aa]}", []string{nine + "requirement aa: it waits for something that waits for it"}},
		{"in a circle", "{id: aa, title: A, type: printed_name, after: [bb]}\n  - {id: bb, title: B, type: admission_decision, after: [aa]}", []string{nine + "requirement aa: it waits for something that waits for it"}},
		{"after its own group", "{id: aa, title: A, type: all_of, of: [{id: bb, title: B, type: printed_name, after: [aa]}]}", []string{nine + "requirement aa: it waits for something that waits for it"}},
		{"a group after its own part", "{id: aa, title: A, type: all_of, after: [bb], of: [{id: bb, title: B, type: printed_name}]}", []string{nine + "requirement aa: it waits for something that waits for it"}},
		{"a circle by an order", "{id: aa, title: A, type: ordering, over: [bb], after: [cc]}\n  - {id: bb, title: B, type: printed_name}\n  - {id: cc, title: C, type: admission_decision, after: [bb]}", []string{nine + "requirement aa: it waits for something that waits for it"}},
		{"a gate behind a door", "{id: aa, title: A, type: admission_decision, gate: start, after: [bb]}\n  - {id: bb, title: B, type: printed_name}", []string{nine + "requirement aa: everything waits for it, and it waits for bb"}},
		{"a gate by choice", "{id: aa, title: A, type: any_of, of: [{id: bb, title: B, type: admission_decision, gate: start}, {id: cc, title: C, type: printed_name}]}", []string{nine + "requirement bb: everything waits for it, but it is only one way to meet aa"}},
		{"longer than there is time", "{id: aa, title: A, type: deadline, months: 6}\n  - {id: bb, title: B, type: min_duration, months: 6}", []string{aTested + ":10: requirement bb: it takes 6 months, and aa ends everything after 6"}},
		{"more than the weeks hold", "{id: aa, title: A, type: deadline, months: 3}\n  - {id: bb, title: B, type: hours_min, category: didactic, hours: 14, weekly_max_hours: 1}", []string{aTested + ":10: requirement bb: at 60 minutes a week it cannot be reached in the 3 months of aa"}},
		{"a field of another type", "{id: aa, title: A, type: printed_name, hours: 3, shared: true}", []string{nine + "`hours` does not belong to a requirement of type printed_name", nine + "`shared` does not belong"}},
	} {
		t.Run(tt.name, func(t *testing.T) { wantFaults(t, withProgram(t, "  - "+tt.yaml+"\n"), tt.want...) })
	}
}

// No record counts for two requirements unless the program says so: a file that
// would let one is refused.
func TestNoRecordCountsTwiceUnsaid(t *testing.T) {
	const rules = "practicum: {kinds: [client, peer], safety_criteria: [], safety_floor: 1}\nrequirements:\n"
	for _, tt := range []struct {
		a, b string
		free bool // to stand side by side
	}{
		{"type: practicum_sessions_min, count: 2, phase: medicine", "type: practicum_sessions_min, count: 2, phase: integration", true},
		{"type: practicum_sessions_min, count: 2, phase: medicine", "type: practicum_sessions_min, count: 2", false},
		{"type: practicum_sessions_min, count: 2, phase: medicine", "type: practicum_sessions_min, count: 2, shared: true", true},
		{"type: practicum_sessions_min, count: 2, parts: [lead]", "type: practicum_sessions_min, count: 2, parts: [observer, lead]", false},
		{"type: practicum_sessions_min, count: 2, parts: [lead]", "type: practicum_sessions_min, count: 2, parts: [observer]", true},
		{"type: practicum_sessions_min, count: 2, kinds: [peer]", "type: practicum_sessions_min, count: 2, kinds: [client]", true},
		{"type: practicum_sessions_min, count: 2", "type: hours_min, category: practicum, hours: 3", false},
		{"type: practicum_sessions_min, count: 2", "type: hours_min, category: didactic, hours: 3", true},
		{"type: consultation_sessions_min, count: 2", "type: hours_min, category: consultation, hours: 3", false},
		{"type: consultation_sessions_min, count: 2, variant: group", "type: consultation_sessions_min, count: 2, variant: individual", true},
		{"type: consultation_sessions_min, count: 2, variant: group", "type: consultation_sessions_min, count: 2", false},
		{"type: hours_min, category: any, hours: 9", "type: hours_min, category: didactic, hours: 3", false},
		{"type: hours_min, category: any, hours: 9", "type: practicum_sessions_min, count: 2", false},
		{"type: hours_min, category: didactic, topics: [{topic: law, hours: 1}]", "type: hours_min, category: didactic, topics: [{topic: care, hours: 1}]", true},
		{"type: hours_min, category: didactic, delivery: [async], hours: 1", "type: hours_min, category: didactic, delivery: [live_online], hours: 1", true},
	} {
		files := withProgram(t, rules+fmt.Sprintf("  - {id: aa, title: A, %s}\n  - {id: bb, title: B, %s}\n", tt.a, tt.b))
		choice := withProgram(t, rules+fmt.Sprintf("  - {id: cc, title: C, type: any_of, of: [{id: aa, title: A, %s}, {id: bb, title: B, %s}]}\n", tt.a, tt.b))
		both := withProgram(t, rules+fmt.Sprintf("  - {id: cc, title: C, type: n_of, n: 2, of: [{id: aa, title: A, %s}, {id: bb, title: B, %s}]}\n", tt.a, tt.b))
		var wanted []string
		if !tt.free {
			wanted = []string{aTested + ":11: requirement bb: one record could count for it and for aa too"}
		}
		wantFaults(t, files, wanted...)
		wantFaults(t, choice)
		if _, err := Load(both); (err == nil) != tt.free {
			t.Errorf("two of %q and %q: Load = %v", tt.a, tt.b, err)
		}
	}
}

func TestTracksPathsAndBoundsOfAProgram(t *testing.T) {
	const requirements = "requirements:\n  - {id: aa, title: A, type: personal_experience}\n"
	const two = "experience:\n  version: \"1\"\n  minutes: 60\n  statement: Done.\n  paths:\n    - {key: one, title: One, summary: S, minutes: 60, cost: 5, clearance: true, knows: [the clearer]}\n    - {key: two, title: Two, summary: S, minutes: 60, cost: 5}\n"
	p := load(t, withProgram(t, two+"tracks:\n  - {key: doctors, title: Doctors, professions: [MD], roles: [lead], certificate: {title: Other, text: Of doctors}}\n  - {key: later, title: Later, pre_licensed: true}\n"+
		"duties: {waiver_alone: true, reply_days: 7}\nconstraints: {cohort_max: 9, leaders_min: 2, group_max: 6, directors_min: 1}\n"+requirements)).Program("tested")
	want := Program{
		Key: "tested", Version: 1, Title: "A program", Summary: "It is there to be tested.", Certificate: Certificate{Title: "Certificate of Completion"},
		Quiz: QuizRules{PassPercent: 80, Attempts: 3, WaitHours: 24, Review: ReviewNever}, Lessons: LessonsAny,
		Experience: ExperienceRules{Version: "1", Statement: "Done.", Minutes: 60, Paths: []Path{
			{Key: "one", Title: "One", Summary: "S", Minutes: 60, Cost: 5, Knows: []string{"the clearer"}, Clearance: true}, {Key: "two", Title: "Two", Summary: "S", Minutes: 60, Cost: 5}}},
		Tracks: []Track{{Key: "doctors", Title: "Doctors", Professions: []string{"MD"}, Roles: []string{"lead"}, Certificate: Certificate{"Other", "Of doctors"}}, {Key: "later", Title: "Later", PreLicensed: true}},
		Duties: Duties{true, 7}, Constraints: Constraints{9, 2, 6, 1}, Requirements: []Requirement{{ID: "aa", Type: PersonalExperience, Title: "A"}},
	}
	if d := cmp.Diff(&want, p); d != "" {
		t.Errorf("program (-want +got):\n%s", d)
	}
	for _, tt := range []struct{ name, old, new, want string }{
		{"unequal minutes", "summary: S, minutes: 60, cost: 5}", "summary: S, minutes: 30, cost: 5}", ":14: path two has 30 minutes and the requirement 60"},
		{"unequal cost", "minutes: 60, cost: 5}", "minutes: 60, cost: 50}", ":14: path two costs 50 and path one 5"},
		{"a secret that is none", ", knows: [the clearer]", "", ":13: path one needs a clearance, so somebody will know of it"},
		{"twice", "key: two", "key: one", ":14: path one stands here twice"},
	} {
		wantFaults(t, withProgram(t, strings.Replace(two, tt.old, tt.new, 1)+requirements), aTested+tt.want)
	}
	wantFaults(t, withProgram(t, "tracks: [{key: one, title: One}, {key: one, title: Two}]\nrequirements:\n  - {id: aa, title: A, type: printed_name, tracks: [one]}\n"), aTested+":8: `key` is one, as for another track")
	wantFaults(t, withProgram(t, "tracks: [{key: one, title: One}, {key: two, title: Two}]\nrequirements:\n  - {id: aa, title: A, type: printed_name, tracks: [one]}\n"), aTested+":1: track two asks for nothing")
}

func TestAnExampleIsMarked(t *testing.T) {
	files := withProgram(t, "  - {id: aa, title: A, type: printed_name}\n")
	files["programs/examples/shown.yaml"] = &fstest.MapFile{Data: []byte(strings.Replace(string(files[aTested].Data), "tested", "shown", 1))}
	c := load(t, files)
	if !c.Program("shown").Example || c.Program("tested").Example {
		t.Error("what stands in programs/examples is an example, and nothing else is")
	}
	files["programs/examples/shown.yaml"].Data = []byte("default: true\n" + string(files["programs/examples/shown.yaml"].Data))
	wantFaults(t, files, "programs/examples/shown.yaml:1: `default` is true of an example")
}

// The page for authors names every type, and every field of a type in its row.
func TestThePageForAuthorsIsWhole(t *testing.T) {
	page, err := os.ReadFile("../../docs/programs.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := make(map[string]string)
	for line := range strings.Lines(string(page)) {
		if cells := strings.Split(line, "|"); len(cells) == 5 {
			for _, name := range strings.Fields(cells[1]) {
				rows[strings.Trim(name, "`")] = cells[3]
			}
		}
	}
	for typ, spec := range fitting {
		row, ok := rows[string(typ)]
		if !ok {
			t.Errorf("the page does not name the type %s", typ)
		}
		for _, field := range strings.Fields(strings.ReplaceAll(spec, "|", "")) {
			if field == "time" {
				field = "hours"
			}
			if !strings.Contains(row, "`"+field+"`") {
				t.Errorf("the page does not name the field %s of %s", field, typ)
			}
		}
	}
	for _, name := range always {
		if !strings.Contains(string(page), "`"+name+"`") {
			t.Errorf("the page does not name the field %s", name)
		}
	}
}
