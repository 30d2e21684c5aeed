package progress

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/certpdf"
	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/internal/practicum"
	"github.com/kapstone-lms/kapstone/internal/records"
)

// A Ledger is the time that an enrollment has on record, in whole minutes. Its
// lines are what was signed, as it was signed: who supervises, which cohort it
// is and what anybody is called today changes nothing in them.
type Ledger struct {
	Lines  []SignedLine // by week, then in the order of signing
	Sums   []HourSum    // by category, phase and part
	Asked  []Node       // what the program asks for in minutes, as it stands
	Ratios []Ratio      // supervision and consultation, where the program asks for them
}

// A SignedLine is one signed session.
type SignedLine struct {
	LogID    string
	Week     string
	Phase    practicum.Phase
	Kind     practicum.Kind
	Part     string
	Minutes  int
	Running  int // what counts so far, this line included
	SignedBy string
	License  string
	SignedOn time.Time
	Why      string // it does not count, "" when it does
}

// An HourSum is time of one category that counts. Phase and part are those of
// practice.
type HourSum struct {
	Category, Phase, Part string
	Minutes               int
}

// A Ratio compares supervision or consultation with practice. Warning is "" when
// there is enough.
type Ratio struct {
	Kind       string // supervision or consultation
	Have, Need int    // minutes
	Warning    string
}

// Ledger returns the ledger of an enrollment that the actor may see.
func (s *Service) Ledger(ctx context.Context, enrollmentID string) (*enrollment.Pinned, *Ledger, error) {
	p, err := s.enrollments.See(ctx, access.SeeEnrollment, enrollmentID)
	if err != nil {
		return nil, nil, err
	}
	evidence, err := s.Gather(ctx, s.db, []*enrollment.Pinned{p})
	if err != nil {
		return nil, nil, err
	}
	return p, LedgerOf(p.Edition, p.Course, evidence[0], s.now()), nil
}

// LedgerOf puts a ledger together. It is a pure function, like Evaluate.
func LedgerOf(edition *curriculum.Program, course *curriculum.Course, e Evidence, now time.Time) *Ledger {
	v := newEvaluation(edition, course, e, now)
	l := &Ledger{Lines: v.signedLines(), Sums: v.sums()}
	var walk func([]Node)
	walk = func(nodes []Node) {
		for _, n := range nodes {
			if n.Unit == "minutes" {
				l.Asked = append(l.Asked, n)
			}
			walk(n.Of)
		}
	}
	walk(Evaluate(edition, course, e, now).Requirements)
	l.Ratios = v.ratios()
	return l
}

func (v *evaluation) signedLines() (all []SignedLine) {
	for _, s := range v.evidence.Sessions {
		if s.Status != practicum.Countersigned {
			continue
		}
		_, why := practicum.Counts(v.edition.Practicum, s)
		all = append(all, SignedLine{s.LogID, s.Week, s.Phase, s.Kind, s.Part, s.Minutes, 0, s.SignerName, s.SignerLicense, s.CountersignedAt, why})
	}
	slices.SortStableFunc(all, func(a, b SignedLine) int {
		return cmp.Or(cmp.Compare(a.Week, b.Week), a.SignedOn.Compare(b.SignedOn), cmp.Compare(a.LogID, b.LogID))
	})
	running := 0
	for i := range all {
		if all[i].Why == "" {
			running += all[i].Minutes
		}
		all[i].Running = running
	}
	return all
}

// sums adds up what counts, practice by phase and part. There are no weeks in
// it: when somebody studied what may be private.
func (v *evaluation) sums() (all []HourSum) {
	minutes := make(map[HourSum]int)
	for _, s := range v.evidence.Sessions {
		if ok, _ := practicum.Counts(v.edition.Practicum, s); ok {
			minutes[HourSum{"practicum", string(s.Phase), s.Part, 0}] += s.Minutes
		}
	}
	for _, h := range v.spent() {
		if h.category != "practicum" && !h.waiting {
			minutes[HourSum{Category: h.category}] += h.minutes
		}
	}
	for s, m := range minutes {
		s.Minutes = m
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b HourSum) int {
		return cmp.Or(cmp.Compare(a.Category, b.Category), cmp.Compare(order[practicum.Phase(a.Phase)], order[practicum.Phase(b.Phase)]), cmp.Compare(a.Part, b.Part))
	})
	return all
}

// ratios compares practice with what was said about it. Half a minute that is
// asked for is asked as a whole one.
func (v *evaluation) ratios() (all []Ratio) {
	practice, supervision, consultation := 0, 0, 0
	for _, s := range v.evidence.Sessions {
		if ok, _ := practicum.Counts(v.edition.Practicum, s); ok {
			practice += s.Minutes
			supervision += s.SupervisionMin
		}
	}
	for _, r := range v.evidence.Records {
		switch {
		case r.Kind != records.Consultation || r.State != records.Confirmed:
		case r.Value == "supervision":
			supervision += r.Minutes
		default:
			consultation += r.Minutes
		}
	}
	rules := v.edition.Practicum.Log
	for _, r := range []struct {
		kind        string
		have, every int
	}{{"supervision", supervision, rules.SupervisionEvery}, {"consultation", consultation, rules.ConsultationEvery}} {
		if r.every == 0 {
			continue
		}
		x := Ratio{Kind: r.kind, Have: r.have, Need: (practice + r.every - 1) / r.every}
		if x.Have < x.Need {
			x.Warning = fmt.Sprintf("Your program asks for an hour of %s for each %d hours of practice: for %s of practice you have %s, and %s is missing.",
				r.kind, r.every, span(practice), span(x.Have), span(x.Need-x.Have))
		}
		all = append(all, x)
	}
	return all
}

// Acceptance goes with every paper of hours.
const Acceptance = "Whether these hours are accepted is the decision of the board to which they are submitted. This is no license and no certification."

// Print draws the signed hours as a PDF for a board, under the name of their
// trainee.
func (l *Ledger) Print(p *enrollment.Pinned, name, issuer string, specimen bool, now time.Time) ([]byte, error) {
	if p.PrintedName != "" {
		name = p.PrintedName
	}
	sheet := certpdf.Sheet{
		Title: "Signed hours of supervised practice", Name: name, Program: fmt.Sprintf("%s, version %d", p.Edition.Title, p.ProgramVersion),
		Issuer: issuer, On: now, Foot: Acceptance, Specimen: specimen,
		Columns: []certpdf.Column{
			{Title: "Week", Width: 22}, {Title: "Practice", Width: 52}, {Title: "Part taken", Width: 40}, {Title: "Minutes", Width: 18, Right: true},
			{Title: "So far", Width: 18, Right: true}, {Title: "Signed by", Width: 50}, {Title: "License", Width: 32}, {Title: "Signed on", Width: 25},
		},
	}
	for _, x := range l.Lines {
		if x.Why != "" {
			continue
		}
		sheet.Rows = append(sheet.Rows, []string{
			x.Week, string(x.Phase) + ", " + plain(string(x.Kind)), partWord(x.Part), fmt.Sprint(x.Minutes), fmt.Sprint(x.Running), x.SignedBy, x.License,
			x.SignedOn.UTC().Format(time.DateOnly),
		})
	}
	for _, s := range l.Sums {
		if s.Category == "practicum" {
			sheet.Sums = append(sheet.Sums, fmt.Sprintf("%s, %s: %d minutes", s.Phase, partWord(s.Part), s.Minutes))
		}
	}
	return certpdf.DrawSheet(sheet)
}
