package quiz

import (
	"testing"
	"time"

	"github.com/kapstone-lms/kapstone/internal/db"
)

var (
	zero db.Time
	noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC) // the deadline
)

func TestTheRuleOfRevisions(t *testing.T) {
	at := func(d time.Duration) db.Time { return db.At(noon.Add(d)) }
	has := func(s State, revision int, response string) current {
		return current{state: s, deadline: noon, answer: answer{revision, response, at(-time.Hour)}}
	}
	for _, tt := range []struct {
		name     string
		meets    current
		revision int // the one that the save would make
		response string
		at       time.Duration
		want     verdict
	}{
		{"the first", has(Open, 0, ""), 1, `["a"]`, -time.Minute, accepted},
		{"the first, empty", has(Open, 0, ""), 1, `[]`, -time.Minute, accepted},
		{"ahead of nothing", has(Open, 0, ""), 2, `["a"]`, -time.Minute, stale},
		{"the next", has(Open, 2, `["a"]`), 3, `["b"]`, -time.Minute, accepted},
		{"the next with the same words", has(Open, 2, `["a"]`), 3, `["a"]`, -time.Minute, accepted},
		{"the latest again", has(Open, 2, `["a"]`), 2, `["a"]`, -time.Minute, replayed},
		{"the latest with other words", has(Open, 2, `["a"]`), 2, `["b"]`, -time.Minute, stale},
		{"an older one again", has(Open, 2, `["a"]`), 1, `["a"]`, -time.Minute, stale},
		{"ahead", has(Open, 2, `["a"]`), 4, `["a"]`, -time.Minute, stale},
		{"far ahead", has(Open, 2, `["a"]`), maxRevision + 1, `["a"]`, -time.Minute, stale},
		{"at the deadline", has(Open, 2, `["a"]`), 3, `["b"]`, 0, accepted},
		{"at the end of the grace", has(Open, 2, `["a"]`), 3, `["b"]`, Grace, accepted},
		{"a moment later", has(Open, 2, `["a"]`), 3, `["b"]`, Grace + time.Millisecond, closed},
		{"stale and late", has(Open, 2, `["a"]`), 1, `["b"]`, time.Hour, closed},
		{"the latest again, late", has(Open, 2, `["a"]`), 2, `["a"]`, time.Hour, replayed},
		{"the next after hand-in", has(Submitted, 2, `["a"]`), 3, `["b"]`, -time.Minute, closed},
		{"stale after hand-in", has(Submitted, 2, `["a"]`), 1, `["b"]`, -time.Minute, closed},
		{"the latest again after hand-in", has(Submitted, 2, `["a"]`), 2, `["a"]`, -time.Minute, replayed},
		{"the first after hand-in", has(Submitted, 0, ""), 1, `[]`, -time.Minute, closed},
	} {
		r := record{slot{"x", "q1"}, answer{tt.revision, tt.response, at(tt.at)}}
		if got := tt.meets.judge(r); got != tt.want {
			t.Errorf("%s: judge = %d, want %d", tt.name, got, tt.want)
		}
	}
}

func TestAnAttemptsRevisionCountsItsSaves(t *testing.T) {
	if n := (answers{"q1": {3, `[]`, zero}, "q2": {1, `["a"]`, zero}}).revision(); n != 4 {
		t.Errorf("revision = %d, want 4", n)
	}
}
