package records

import (
	"errors"
	"strings"
	"testing"

	"github.com/kapstone-lms/kapstone/internal/fault"
)

// Whatever is sent, a file is refused whole or each of its lines becomes
// something or says what is wrong with it.
func FuzzReadBalance(f *testing.F) {
	for _, seed := range []string{
		"", "kind,day\nmodule,2025-01-01\n", "\ufeffkind,day\r\nsession,x\r\n", "kind,day\n\"a\nb\",c\n", "kind,minutes,day\nhours,9999999999999999999,2\n",
		"kind,day,phase,part,count\nsession,2025-01-01,medicine,lead,-1\n", "kind,day\n,,,\n\"", strings.Repeat(",", 300),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, file string) {
		lines, err := readBalance(file)
		if err != nil && (!errors.Is(err, ErrCSV) || fault.Of(err).Text == "") {
			t.Fatalf("readBalance = %v, want ErrCSV with a sentence", err)
		}
		if err == nil && (len(lines) == 0 || len(lines) > MaxBalanceLines) {
			t.Fatalf("%d lines", len(lines))
		}
		last := 1
		for _, l := range lines {
			if (l.Record == nil) == (l.Wrong == nil) || l.Line <= last {
				t.Fatalf("line %d after %d: %+v, %+v", l.Line, last, l.Record, l.Wrong)
			}
			if r := l.Record; r != nil && (r.Minutes < 0 || r.Quantity < 0 || r.State != "" || r.Carried != "") {
				t.Fatalf("line %d: %+v", l.Line, r)
			}
			last = l.Line
		}
	})
}

func TestARowThatCannotBeUnpackedIsAnError(t *testing.T) {
	good := strings.Repeat("x"+separator, 18) + "1" + separator + "2" + separator + "3" + separator + "4"
	r, err := unpack(good)
	if err != nil || r.Minutes != 1 || r.GroupSize != 4 || r.DecisionNote != "x" {
		t.Fatalf("unpack = %+v, %v", r, err)
	}
	for _, bad := range []string{"", good + separator, "x" + separator + good, good + separator + "5", strings.Replace(good, separator+"2", separator+"two", 1)} {
		if r, err := unpack(bad); err == nil {
			t.Errorf("unpack(%q) = %+v, want an error", bad, r)
		}
	}
}
