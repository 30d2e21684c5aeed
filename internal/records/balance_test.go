package records_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/fault"
	"github.com/kapstone-lms/kapstone/internal/once"
	"github.com/kapstone-lms/kapstone/internal/records"
)

const header = "kind,subject,category,topic,delivery,phase,part,count,minutes,day\n"

// earlier is a file with a line of every kind.
const earlier = header +
	"module,science,,,,,,,,2025-03-01\n" +
	"hours,,didactic,ethics,live_online,,,,600,2025-03-02\n" +
	"session,,,,,preparation,observer,4,240,2025-04-01\n" +
	"consultation,,group,,,,,3,270,2025-05-01\n"

func (s *school) carry(file string, dry bool) (*records.Balance, error) {
	return s.records.OpenBalance(s.Admin, s.enrollment, "Old System", file, dry)
}

func TestAnOpeningBalanceIsCarriedOverWhole(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		dry, err := s.carry(earlier, true)
		if err != nil || dry.Wrong != 0 || dry.ID != "" || len(dry.Lines) != 4 {
			t.Fatalf("a dry run = %+v, %v", dry, err)
		}
		if open := s.open(t); len(open) != 0 {
			t.Fatalf("a dry run wrote %v", open)
		}
		for i, want := range []string{
			"the module science, on 2025-03-01", "hours of didactic ethics live_online, 600 minutes, on 2025-03-02",
			"4 preparation sessions as observer, 240 minutes, on 2025-04-01", "3 group consultations, 270 minutes, on 2025-05-01",
		} {
			if got := dry.Lines[i].Becomes(); got != want || dry.Lines[i].Line != i+2 {
				t.Errorf("line %d becomes %q, want %q on line %d", dry.Lines[i].Line, got, want, i+2)
			}
		}
		if got := fmt.Sprint(dry.Totals()); got != "[{hours 1 600 0} {consultation 1 270 3} {session 1 240 4} {module 1 0 0}]" {
			t.Errorf("the totals are %s", got)
		}
		real, err := s.carry("\ufeff"+strings.ReplaceAll(earlier, "\n", "\r\n"), false)
		if err != nil || real.ID == "" || real.Wrong != 0 || fmt.Sprint(real.Totals()) != fmt.Sprint(dry.Totals()) {
			t.Fatalf("a real run = %+v, %v", real, err)
		}
		admin := access.From(s.Admin).ID
		open := s.open(t)
		if len(open) != 4 {
			t.Fatalf("%d records were carried over", len(open))
		}
		for _, r := range open {
			if r.State != records.Confirmed || r.Carried != "Old System" || r.DecidedBy != admin || r.EnteredBy != admin || r.Version != 1 {
				t.Errorf("carried over as %+v", r)
			}
		}
		if r := open[2]; r.Topic != "preparation" || r.Value != "observer" || r.Quantity != 4 || r.Minutes != 240 || r.OnDay != "2025-04-01" {
			t.Errorf("the session is %+v", r)
		}
		rows, err := audit.List(s.Admin, s.DB, audit.Query{Action: "records.carried_over", Limit: 10})
		if err != nil || len(rows) != 1 || rows[0].Object != real.ID || strings.Contains(rows[0].Details, "Old System") {
			t.Errorf("the ledger says %+v, %v", rows, err)
		}
		for _, dry := range []bool{true, false} {
			if _, err := s.carry(earlier, dry); !errors.Is(err, records.ErrCarried) {
				t.Errorf("the same file again (dry run %v): %v, want ErrCarried", dry, err)
			}
		}
		if b, err := s.records.OpenBalance(s.Admin, s.enrollment, "Another System", earlier, true); err != nil || b.Wrong != 4 {
			t.Errorf("the same lines of another system: %+v, %v; want all four wrong", b, err)
		}
		if b, err := s.records.OpenBalance(s.Admin, s.theirs, "Old System", earlier, false); err != nil || b.Wrong != 0 {
			t.Errorf("the same file for somebody else: %+v, %v", b, err)
		}
	})
}

// Each wrong line says its column and the rule, and one of them keeps all back.
func TestAWrongLineKeepsAllBack(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		for _, tt := range []struct {
			line, field, code, says string
		}{
			{"fee,,,,,,,,,2025-03-01", "kind", "unknown_kind", "module, hours, session or consultation"},
			{"Module,science,,,,,,,,2025-03-01", "kind", "unknown_kind", ""},
			{"module,,,,,,,,,2025-03-01", "subject", "missing_field", ""},
			{"module,knitting,,,,,,,,2025-03-01", "subject", "not_asked_for", "ethics_safety"},
			{"module,science,,,,,,2,,2025-03-01", "count", "field_not_asked", ""},
			{"module,science,,,,,,,,", "day", "missing_field", ""},
			{"module,science,,,,,,,,03/01/2025", "day", "bad_date", ""},
			{"module,science,,,,,,,,2026-11-25", "day", "in_the_future", today},
			{"module,science,,,,,,,,2025-03-01,", "csv", "bad_csv", "11 cells"},
			{"module,science", "csv", "bad_csv", "2 cells"},
			{"hours,,didactic,,,,,,,2025-03-01", "minutes", "missing_field", ""},
			{"hours,,didactic,,,,,,ten,2025-03-01", "minutes", "out_of_range", "whole number"},
			{"hours,,didactic,,,,,,0,2025-03-01", "minutes", "out_of_range", ""},
			{"hours,,didactic,,,,,,60001,2025-03-01", "minutes", "out_of_range", "60000"},
			{"hours,,didactic,,,,,1,60,2025-03-01", "count", "field_not_asked", ""},
			{"hours,,,,,,,,60,2025-03-01", "category", "missing_field", ""},
			{"hours,,=cmd(),,,,,,60,2025-03-01", "category", "bad_word", ""},
			{"hours,,didactic,,mail,,,,60,2025-03-01", "delivery", "unknown_value", ""},
			{"hours,,didactic,,,medicine,,,60,2025-03-01", "phase", "field_not_asked", "Only a session"},
			{"hours,,didactic,,,,lead,,60,2025-03-01", "part", "field_not_asked", ""},
			{"hours,x,didactic,,,,,,60,2025-03-01", "subject", "field_not_asked", ""},
			{"session,,,,,sleep,lead,1,,2025-03-01", "phase", "unknown_value", "preparation, medicine or integration"},
			{"session,,,,,medicine,boss,1,,2025-03-01", "part", "unknown_value", "observer"},
			{"session,,,,,medicine,lead,,,2025-03-01", "count", "missing_field", ""},
			{"session,,,,,medicine,lead,1001,,2025-03-01", "count", "out_of_range", "1000 sessions"},
			{"session,,,ethics,,medicine,lead,1,,2025-03-01", "topic", "field_not_asked", ""},
			{"consultation,,chat,,,,,1,60,2025-03-01", "category", "unknown_value", "individual, group"},
			{"consultation,,group,,,,,1,,2025-03-01", "minutes", "missing_field", ""},
			{"hours,,didactic,ethics,live_online,,,,60,2025-03-02", "day", "overlaps", "Line 3"},
		} {
			file := earlier + tt.line + "\n"
			b, err := s.carry(file, true)
			if err != nil || b.Wrong != 1 || b.Lines[4].Wrong == nil {
				t.Errorf("%s: %+v, %v; want one wrong line", tt.line, b, err)
				continue
			}
			if w := b.Lines[4].Wrong; b.Lines[4].Line != 6 || w.Field != tt.field || w.Code != tt.code || w.Text == "" || !strings.Contains(w.Text, tt.says) {
				t.Errorf("%s: line %d, %+v; want %s at %s saying %q", tt.line, b.Lines[4].Line, w, tt.code, tt.field, tt.says)
			}
			_, err = s.carry(file, false)
			if f := fault.Of(err); !errors.Is(err, records.ErrLines) || fmt.Sprint(f.Details["lines"]) == "" || !strings.Contains(fmt.Sprint(f.Details["lines"]), "line:6") {
				t.Errorf("%s: a real run = %v, %+v", tt.line, err, f)
			}
		}
		if open := s.open(t); len(open) != 0 {
			t.Errorf("files with a wrong line left %v", open)
		}
	})
}

func TestAFileThatIsNone(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		for name, tt := range map[string]struct{ file, says string }{
			"nothing":                 {"", "is empty"},
			"a mark and nothing":      {"\ufeff", "is empty"},
			"a header alone":          {header, "no line"},
			"no kind":                 {"subject,day\nx,2025-01-01\n", "no column kind"},
			"no day":                  {"kind\nmodule\n", "no column day"},
			"an unknown column":       {"kind,day,name\n", "Column 3"},
			"a column twice":          {"kind,day,Day\n", "day stands there twice"},
			"a quotation mark alone":  {header + "mod\"ule,,,,,,,,,\n", "Line 2"},
			"a quotation left open":   {header + "\"module,,,,,,,,,\n", "Line"},
			"too many lines":          {header + strings.Repeat("module,science,,,,,,,,2025-03-01\n", 2001), "2000 lines"},
			"too many bytes":          {header + strings.Repeat("x", 256<<10), "256 KiB"},
			"another program's table": {"kind;day\nmodule;2025-01-01\n", "Column 1"},
		} {
			_, err := s.carry(tt.file, true)
			if f := fault.Of(err); !errors.Is(err, records.ErrCSV) || f.Field != "csv" || !strings.Contains(f.Text, tt.says) {
				t.Errorf("%s: %v, %+v; want ErrCSV saying %q", name, err, f, tt.says)
			}
		}
		for name, source := range map[string]string{"none": " ", "a long one": strings.Repeat("x", 81), "two lines": "a\nb", "a turned one": "a\u202eb"} {
			if _, err := s.records.OpenBalance(s.Admin, s.enrollment, source, earlier, true); !errors.Is(err, records.ErrSource) {
				t.Errorf("%s as a source: %v, want ErrSource", name, err)
			}
		}
		b, err := s.carry(" Day , KIND ,subject\n2025-01-01,module,science\n\n2025-01-02,module, integration \n", true)
		if err != nil || b.Wrong != 0 || len(b.Lines) != 2 || b.Lines[1].Line != 4 {
			t.Errorf("columns in another order: %+v, %v", b, err)
		}
	})
}

// A file of the most lines is taken in one go.
func TestALargeFileIsTaken(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		var b strings.Builder
		b.WriteString("kind,category,topic,minutes,day\n")
		for i := range records.MaxBalanceLines {
			fmt.Fprintf(&b, "hours,didactic,topic_%d,60,2025-01-01\n", i)
		}
		if got, err := s.carry(b.String(), false); err != nil || got.Totals()[0].Minutes != 120000 {
			t.Errorf("OpenBalance = %v", err)
		}
		if _, err := s.records.Enter(s.trainee, s.enrollment, hours()); err != nil {
			t.Errorf("what was carried over fills no day of today: %v", err)
		}
	})
}

// What was carried over is mended by an admin, and stays carried over.
func TestACarriedOverRecordIsAnAdmins(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		if _, err := s.carry(earlier, false); err != nil {
			t.Fatal(err)
		}
		var spent *records.Record
		for _, r := range s.open(t) {
			if r.Kind == records.Hours {
				spent = r
			}
		}
		mended := records.Record{Category: "didactic", Minutes: 660, OnDay: "2025-03-02"}
		for name, tt := range map[string]struct {
			as  context.Context
			err error
		}{"the trainee": {s.trainee, records.ErrCorrect}, "the instructor": {s.Instructor, records.ErrCorrect}} {
			if _, err := s.records.Correct(tt.as, spent.ID, mended, 0); !errors.Is(err, tt.err) {
				t.Errorf("%s corrects: %v, want %v", name, err, tt.err)
			}
		}
		if _, err := s.records.Refuse(s.Instructor, spent.ID, "No.", 0); !errors.Is(err, records.ErrDecide) {
			t.Errorf("the instructor refuses: %v, want ErrDecide", err)
		}
		got, err := s.records.Correct(s.Admin, spent.ID, mended, 0)
		if err != nil || got.Carried != "Old System" || got.State != records.Confirmed || got.Minutes != 660 {
			t.Fatalf("the admin corrects: %+v, %v", got, err)
		}
		if _, err := s.records.Refuse(s.Admin, got.ID, "Another person's file.", 0); err != nil {
			t.Errorf("the admin refuses: %v", err)
		}
	})
}

func TestAFileIsTakenOnce(t *testing.T) {
	each(t, func(t *testing.T, s *school) {
		var won atomic.Int32
		var wg sync.WaitGroup
		for range 6 {
			wg.Go(func() {
				switch _, err := s.carry(earlier, false); {
				case err == nil:
					won.Add(1)
				case !errors.Is(err, records.ErrCarried):
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if n := len(s.open(t)); won.Load() != 1 || n != 4 {
			t.Errorf("%d of six runs were taken; there are %d records", won.Load(), n)
		}
		key := once.With(s.Admin, once.Key{Key: "k", Digest: strings.Repeat("d", 64)})
		file := header + "module,integration,,,,,,,,2025-03-01\n"
		first, err := s.records.OpenBalance(key, s.enrollment, "Old System", file, false)
		if err != nil {
			t.Fatal(err)
		}
		again, err := s.records.OpenBalance(key, s.enrollment, "Old System", file, false)
		if err != nil || again.ID != first.ID || again.Lines[0].Becomes() != first.Lines[0].Becomes() {
			t.Errorf("the same request again = %+v, %v", again, err)
		}
	})
}
