package curriculum

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kapstone-lms/kapstone/modules"
)

// shipped is the default program as it is shipped: whoever is in it stays on
// rules that read the same in every version of this code.
const shipped = "5a7002d9c17b031ab561d95cbc299ca77638ceee9ddac72aea022f6bf6b24df1"

func TestTheDefaultProgramAsksForThePlainLog(t *testing.T) {
	c, err := Load(modules.FS)
	if err != nil {
		t.Fatal(err)
	}
	p := c.Default()
	if d := cmp.Diff(LogRules{}, p.Practicum.Log); d != "" {
		t.Errorf("the default program asks for more than the plain log (-want +got):\n%s", d)
	}
	if p.Hash() != shipped {
		t.Errorf("the default program has the hash %s, want %s", p.Hash(), shipped)
	}
}

func TestWhatAProgramMayAskOfLogs(t *testing.T) {
	const whole = "{full: true, days: true, live_led: 2, integration_days: 14, follow_up_days: 30, supervision_every: 8, consultation_every: 10, " +
		"clinical: {purpose: To learn what makes a session unsafe., parts: [vitals, screening]}}"
	read := func(t *testing.T, log string) *Program {
		files := testCourse(t)
		edit(t, files, aRich, "  safety_floor: 2\n", "  safety_floor: 2\n  log: "+log+"\n")
		return load(t, files).Program("rich")
	}
	want := LogRules{
		Full: true, Days: true, LiveLed: 2, IntegrationDays: 14, FollowUpDays: 30, SupervisionEvery: 8, ConsultationEvery: 10,
		Clinical: Clinical{Purpose: "To learn what makes a session unsafe.", Parts: []string{"vitals", "screening"}},
	}
	p := read(t, whole)
	if d := cmp.Diff(want, p.Practicum.Log); d != "" {
		t.Errorf("the rules (-want +got):\n%s", d)
	}
	if plain := load(t, testCourse(t)).Program("rich"); plain.Hash() == p.Hash() || len(DiffPrograms(plain, p)) == 0 {
		t.Error("other rules for logs make no difference to the hash or the diff")
	}
	for _, tt := range []struct {
		name string
		asks bool
		Clinical
		track string
	}{
		{"a part on every track", true, Clinical{Parts: []string{Vitals}}, ""},
		{"another part", false, Clinical{Parts: []string{Discharge}}, ""},
		{"its track", true, Clinical{Parts: []string{Vitals}, Tracks: []string{"prescriber"}}, "prescriber"},
		{"another track", false, Clinical{Parts: []string{Vitals}, Tracks: []string{"prescriber"}}, "therapist"},
	} {
		if got := tt.Asks(Vitals, tt.track); got != tt.asks {
			t.Errorf("%s: Asks = %v", tt.name, got)
		}
	}
}

func TestWhatAProgramMayNotAskOfLogs(t *testing.T) {
	for log, want := range map[string]string{
		"{live_led: 2}": "write `full: true`",
		"{clinical: {purpose: To learn what makes a session unsafe., parts: [vitals]}}":                           "write `full: true`",
		"{full: true, follow_up_days: 3}":                                                                         "say `integration_days` too",
		"{full: true, clinical: {parts: [vitals]}}":                                                               "`purpose` is missing",
		"{full: true, clinical: {purpose: because, parts: [vitals]}}":                                             "`purpose`",
		"{full: true, clinical: {purpose: To learn what makes a session unsafe., parts: [milligrams]}}":           "milligrams",
		"{full: true, clinical: {purpose: To learn what makes a session unsafe., parts: [vitals], tracks: [no]}}": "tracks",
		"{attachments: true}": "attachments",
		"{live_led: 21}":      "live_led",
	} {
		files := testCourse(t)
		edit(t, files, aRich, "  safety_floor: 2\n", "  safety_floor: 2\n  log: "+log+"\n")
		if _, err := Load(files); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: Load = %v, want a fault with %q", log, err, want)
		}
	}
}
