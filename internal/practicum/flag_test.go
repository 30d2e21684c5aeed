package practicum

import "testing"

// What a supervisor has to look at first comes first in the queue.
func TestWhatIsAboutSafetyIsFlagged(t *testing.T) {
	adverse := func(severity string) *[]Adverse { return &[]Adverse{{Kind: "dissociation", Severity: severity}} }
	for name, tt := range map[string]struct {
		change func(l *Log)
		want   bool
	}{
		"a log without anything":        {func(*Log) {}, false},
		"nobody known to call":          {func(l *Log) { l.KnewWhomToCall = "no" }, true},
		"somebody known to call":        {func(l *Log) { l.KnewWhomToCall = "yes" }, false},
		"a severe event":                {func(l *Log) { l.Detail.Observation.Adverse = adverse("severe") }, true},
		"a mild event":                  {func(l *Log) { l.Detail.Observation.Adverse = adverse("mild") }, false},
		"touch that was not agreed":     {func(l *Log) { l.Detail.TouchUsed = "deviation" }, true},
		"an emergency":                  {func(l *Log) { l.Detail.Escalated = "emergency" }, true},
		"nothing escalated":             {func(l *Log) { l.Detail.Escalated = "no" }, false},
		"a discharge that lacks a tick": {func(l *Log) { l.Detail.Observation.Discharge = new(Discharge) }, true},
	} {
		l := whole(Submitted)
		tt.change(l)
		if got := l.flagged(); got != tt.want {
			t.Errorf("%s: flagged = %v, want %v", name, got, tt.want)
		}
	}
}
