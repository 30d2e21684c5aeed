package progress_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/internal/practicum"
	"github.com/kapstone-lms/kapstone/internal/progress"
	"github.com/kapstone-lms/kapstone/internal/records"
	"github.com/kapstone-lms/kapstone/internal/schooltest"
)

// signedWorld has practice of two weeks, one session of which does not count.
func signedWorld(t *testing.T) *world {
	w := newWorld(schooltest.Course(t))
	s := practicum.Session{
		Kind: practicum.Client, Phase: practicum.Medicine, Part: "lead", Week: "2026-W47", Minutes: 200, SignerName: "Ines Instructor", SignerLicense: "MD 7",
		Consent: practicum.ConsentStatement, SupervisionMin: 30,
	}
	w.practice(1, s)
	s.Week, s.Minutes = "2026-W46", 161
	w.practice(1, s)
	s.Week, s.Phase, s.Part, s.Minutes = "2026-W47", practicum.Integration, "observer", 60
	w.practice(1, s)
	s.Consent = practicum.Unattested
	w.practice(1, s)
	w.record(records.Consultation, ":individual", func(r *records.Record) { r.Minutes = 43 })
	w.record(records.Consultation, ":supervision", func(r *records.Record) { r.Minutes = 5 })
	w.record(records.Consultation, ":individual", func(r *records.Record) { r.Minutes, r.State = 90, records.Submitted })
	return w
}

func TestTheLedgerAddsUpWholeMinutes(t *testing.T) {
	w := signedWorld(t)
	l := progress.LedgerOf(w.course.Program("kap_clinical_practicum"), w.course, w.Evidence, noon)
	var weeks []string
	var running []int
	for _, x := range l.Lines {
		weeks, running = append(weeks, x.Week), append(running, x.Running)
		if x.SignedBy != "Ines Instructor" || x.License != "MD 7" || (x.Why != "") != (x.LogID == "log-0004") {
			t.Errorf("a line is %+v", x)
		}
	}
	if d := cmp.Diff([]string{"2026-W46", "2026-W47", "2026-W47", "2026-W47"}, weeks); d != "" {
		t.Errorf("the weeks (-want +got):\n%s", d)
	}
	if d := cmp.Diff([]int{161, 361, 421, 421}, running); d != "" {
		t.Errorf("the running totals (-want +got):\n%s", d)
	}
	if d := cmp.Diff([]progress.HourSum{
		{Category: "consultation", Minutes: 48}, {Category: "practicum", Phase: "medicine", Part: "lead", Minutes: 361},
		{Category: "practicum", Phase: "integration", Part: "observer", Minutes: 60},
	}, l.Sums); d != "" {
		t.Errorf("the sums (-want +got):\n%s", d)
	}
	// 421 minutes of practice: an eighth is 53 when rounded up, a tenth 43.
	if r := l.Ratios; len(r) != 2 || r[0].Have != 95 || r[0].Need != 53 || r[0].Warning != "" || r[1].Have != 43 || r[1].Need != 43 || r[1].Warning != "" {
		t.Errorf("the ratios are %+v", r)
	}
	w.practice(1, practicum.Session{Kind: practicum.Client, Phase: practicum.Medicine, Part: "lead", Week: "2026-W48", Minutes: 400})
	l = progress.LedgerOf(w.course.Program("kap_clinical_practicum"), w.course, w.Evidence, noon)
	if r := l.Ratios; r[0].Need != 103 || !strings.Contains(r[0].Warning, "8 min is missing") || r[1].Need != 83 || !strings.Contains(r[1].Warning, "40 min is missing") {
		t.Errorf("with more practice the ratios are %+v", r)
	}
	if plain := progress.LedgerOf(w.course.Default(), w.course, w.Evidence, noon); len(plain.Ratios) > 0 {
		t.Errorf("the default program looks at ratios: %+v", plain.Ratios)
	}
	if a := l.Asked; len(a) != 2 || a[0].ID != "live_sessions" || a[1].ID != "consultation" || a[1].Have != 48 || a[1].Need != 720 {
		t.Errorf("asked in minutes is %+v", a)
	}
}

func TestThePaperOfHoursIsAlwaysTheSame(t *testing.T) {
	w := signedWorld(t)
	edition := w.course.Program("kap_clinical_practicum")
	w.practice(90, practicum.Session{Kind: practicum.Client, Phase: practicum.Integration, Part: "lead", Week: "2026-W48", SignerName: "Łucja Wójcik-Ó Briain of the long name"})
	l := progress.LedgerOf(edition, w.course, w.Evidence, noon)
	p := &enrollment.Pinned{Enrollment: &enrollment.Enrollment{ProgramVersion: 2}, Edition: edition}
	first, err := l.Print(p, "Nguyễn Thị Ánh", "Kapstone Demonstration Program", false, noon)
	if err != nil || !bytes.HasPrefix(first, []byte("%PDF-")) {
		t.Fatalf("Print = %d bytes, %v", len(first), err)
	}
	if again, err := l.Print(p, "Nguyễn Thị Ánh", "Kapstone Demonstration Program", false, noon); err != nil || !bytes.Equal(first, again) {
		t.Errorf("printed again it is another paper, %v", err)
	}
	if _, err := (&progress.Ledger{}).Print(p, "Noor", "", false, noon); err != nil {
		t.Errorf("a paper without a line = %v", err)
	}
}
