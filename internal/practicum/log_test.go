package practicum

import (
	"errors"
	"testing"
	"time"

	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/text"
)

var (
	enrolled = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)
	now      = time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
)

// whole is a log with everything that a submission needs.
func whole(status Status) *Log {
	l := &Log{
		Work: Work{
			Kind: RolePlay, Phase: Preparation, Format: "individual", Participants: 1, Week: "2026-W47", Minutes: 60, ContactMinutes: 45,
			Role: "lead", Frameworks: []string{"act"}, Status: status, Version: 3,
		},
		Case: Case{Ref: "C-ABCDEF", Seq: 1, Year: 2026}, Reflection: string(make([]rune, minReflection)), Attested: Statement,
	}
	l.Reflection = text.Tidy("I waited. " + l.Reflection)
	if status != Draft {
		l.SubmittedAt = db.At(now.Add(-time.Hour))
	}
	return l
}

// The whole way of a log: every verb at every status.
func TestEveryVerbAtEveryStatus(t *testing.T) {
	deeds := map[string]func(l *Log) error{
		"edit":   func(l *Log) error { return l.editable(l.Version) },
		"submit": func(l *Log) error { return submitReadable(l) },
		"grade":  func(l *Log) error { return l.grade("g", Verdict{Grades: Grades{"c1": 3}}, now) },
		"return": func(l *Log) error { return l.sendBack("unclear", "Say more.", 0, now) },
		"sign":   func(l *Log) error { return l.countersign(signature{signerID: "s", at: db.At(now)}) },
	}
	type outcome struct {
		to  Status
		err error
	}
	for status, want := range map[Status]map[string]outcome{
		Draft: {"edit": {Draft, nil}, "submit": {Submitted, nil}, "grade": {Draft, ErrNotSubmitted}, "return": {Draft, ErrNotSubmitted}, "sign": {Draft, ErrNotGraded}},
		Submitted: {"edit": {Submitted, ErrNotDraft}, "submit": {Submitted, nil}, "grade": {Graded, nil}, "return": {Returned, nil},
			"sign": {Submitted, ErrNotGraded}},
		Returned: {"edit": {Returned, nil}, "submit": {Submitted, nil}, "grade": {Returned, ErrNotSubmitted}, "return": {Returned, ErrNotSubmitted},
			"sign": {Returned, ErrNotGraded}},
		Graded: {"edit": {Graded, ErrNotDraft}, "submit": {Graded, ErrNotDraft}, "grade": {Graded, ErrNotSubmitted}, "return": {Graded, ErrNotSubmitted},
			"sign": {Countersigned, nil}},
		Countersigned: {"edit": {Countersigned, ErrLocked}, "submit": {Countersigned, ErrLocked}, "grade": {Countersigned, ErrLocked},
			"return": {Countersigned, ErrLocked}, "sign": {Countersigned, ErrLocked}},
	} {
		for name, do := range deeds {
			l := whole(status)
			if err := do(l); !errors.Is(err, want[name].err) || l.Status != want[name].to {
				t.Errorf("%s a %s log = %v and it is %s; want %v and %s", name, status, err, l.Status, want[name].err, want[name].to)
			}
		}
	}
}

func submitReadable(l *Log) error {
	l.Reflection = "I waited longer than felt natural and noticed my own wish to fill the silence. I would agree on a hand signal " +
		"beforehand next time, and take to consultation how fast I speak."
	return l.submit(bounds{enrolled: enrolled, now: now}, false)
}

func TestAVersionReadEarlierIsStale(t *testing.T) {
	for name, err := range map[string]error{
		"edit":   whole(Draft).editable(2),
		"grade":  whole(Submitted).grade("g", Verdict{Version: 2}, now),
		"return": whole(Submitted).sendBack("other", "x", 2, now),
	} {
		if !errors.Is(err, ErrStale) {
			t.Errorf("%s of an earlier version = %v, want ErrStale", name, err)
		}
	}
}

// A week is that of enrollment to that of now, wherever on earth one is.
func TestAWeekIsBetweenEnrollmentAndNow(t *testing.T) {
	for _, tt := range []struct {
		week string
		now  time.Time
		ok   bool
	}{
		{"2026-W44", now, false},
		{"2026-W45", now, true}, // the week of enrollment
		{"2026-W48", now, true}, // this one
		{"2026-W49", now, false},
		{"2026-W49", time.Date(2026, 11, 29, 11, 0, 0, 0, time.UTC), true}, // Monday has begun in the east
		{"2026-W49", time.Date(2026, 11, 29, 9, 0, 0, 0, time.UTC), false}, // nowhere yet
		{"2026-W53", time.Date(2027, 1, 2, 9, 0, 0, 0, time.UTC), true},
		{"2027-W01", time.Date(2027, 1, 2, 9, 0, 0, 0, time.UTC), false}, // 2 January 2027 is in week 53 of 2026
		{"2026-W00", now, false}, {"2026-W54", now, false}, {"2026-W5", now, false}, {"2026-w47", now, false}, {"2026W47", now, false},
		{"+2026-W47", now, false}, {"2026-W+7", now, false}, {"12026-W47", now, false}, {"2026-11-24", now, false}, {"２０２６-W47", now, false},
	} {
		if err := checkWeek(tt.week, bounds{enrolled: enrolled, now: tt.now}); (err == nil) != tt.ok {
			t.Errorf("checkWeek(%q) at %v = %v, want ok = %v", tt.week, tt.now, err, tt.ok)
		}
	}
}

// FuzzWeek holds that a week which is taken is written in its one form, and
// nothing panics.
func FuzzWeek(f *testing.F) {
	for _, seed := range []string{"2026-W47", "", "-W", "2026-W99", "99999999999999999999-W01", "2026-W47\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, week string) {
		if week == "" || checkWeek(week, bounds{enrolled: enrolled, now: now}) != nil {
			return
		}
		if len(week) != 8 || yearOf(week) != 2026 {
			t.Errorf("checkWeek took %q", week)
		}
	})
}

func TestACaseReferenceIsMadeOfNothing(t *testing.T) {
	seen := make(map[string]bool)
	for range 1000 {
		ref := newCaseRef()
		if !isCaseRef(ref) || seen[ref] {
			t.Fatalf("newCaseRef = %q", ref)
		}
		seen[ref] = true
	}
	for _, ref := range []string{"", "C-", "C-ABCDE", "C-ABCDEFG", "C-ABCDEI", "C-ABCDEO", "C-ABCDE1", "C-ABCDE0", "c-ABCDEF", "C-abcdef", "ABCDEF"} {
		if isCaseRef(ref) {
			t.Errorf("isCaseRef(%q) = true", ref)
		}
	}
}
