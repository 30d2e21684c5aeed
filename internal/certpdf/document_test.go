package certpdf

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/kapstone-lms/kapstone/internal/fault"
)

func TestADocumentThatCannotBePrintedIsRefused(t *testing.T) {
	for _, tt := range []struct {
		field  string
		want   *fault.Fault
		change func(*Document)
	}{
		{"title", ErrEmpty, func(d *Document) { d.Title = "" }},
		{"holder", ErrEmpty, func(d *Document) { d.Holder = " " }},
		{"program", ErrEmpty, func(d *Document) { d.Program = "" }},
		{"program_version", ErrEmpty, func(d *Document) { d.ProgramVersion = "" }},
		{"issuer_name", ErrEmpty, func(d *Document) { d.IssuerName = "" }},
		{"issuer_address", ErrEmpty, func(d *Document) { d.IssuerAddress = "\n\n" }},
		{"signatory_name", ErrEmpty, func(d *Document) { d.SignatoryName = "" }},
		{"signatory_title", ErrEmpty, func(d *Document) { d.SignatoryTitle = "" }},
		{"serial", ErrEmpty, func(d *Document) { d.Serial = "" }},
		{"modules.1.title", ErrEmpty, func(d *Document) { d.Modules[1].Title = "" }},
		{"hours.1.kind", ErrEmpty, func(d *Document) { d.Hours[1].Kind = "" }},
		{"modules.4.title", ErrUnprintable, func(d *Document) { d.Modules[4].Title = "Ethics 🙏" }},
		{"practice", ErrHidden, func(d *Document) { d.Practice = "role\u202eplay" }},
		{"program", ErrTooLong, func(d *Document) { d.Program = strings.Repeat("a", MaxText+1) }},
		{"serial", ErrTooLong, func(d *Document) { d.Serial = strings.Repeat("W", 200) }}, // no room
		{"modules.0.title", ErrTooLong, func(d *Document) { d.Modules[0].Title = strings.Repeat("W", 200) }},
		{"hours.1.minutes", ErrHours, func(d *Document) { d.Hours[1].Minutes = -1 }},
		{"modules", ErrTooMany, func(d *Document) { d.Modules = make([]Module, MaxModules+1) }},
		{"hours", ErrTooMany, func(d *Document) { d.Hours = make([]Hours, MaxHours+1) }},
		{"issued_on", ErrDate, func(d *Document) { d.IssuedOn = time.Time{} }},
		{"verify_url", ErrURL, func(d *Document) { d.VerifyURL = "" }},
		{"verify_url", ErrURL, func(d *Document) { d.VerifyURL = "/verify/X" }},
		{"verify_url", ErrURL, func(d *Document) { d.VerifyURL = "javascript://example.org/%0aalert(1)" }},
		{"verify_url", ErrURL, func(d *Document) { d.VerifyURL = "https://good.example@evil.example/" }},
		{"verify_url", ErrURL, func(d *Document) { d.VerifyURL = "https://exаmple.org/" }}, // a Cyrillic а
		{"verify_url", ErrURL, func(d *Document) { d.VerifyURL = "https://example.org/a b" }},
		{"verify_url", ErrURL, func(d *Document) { d.VerifyURL = "https://example.org/" + strings.Repeat("a", MaxURL) }},
	} {
		d := sample()
		tt.change(&d)
		file, err := Draw(d)
		if f := fault.Of(err); file != nil || !errors.Is(err, tt.want) || f.Field != tt.field {
			t.Errorf("Draw = %d bytes, %v; want %v at %s", len(file), err, tt.want, tt.field)
		}
	}
}

func TestWhatIsOptionalMayBeLeftOut(t *testing.T) {
	d := sample()
	d.Modules, d.Hours, d.Practice = nil, nil, ""
	got := read(t, draw(t, d))
	for _, word := range []string{"Modules", "Hours", "practice in this program"} {
		if strings.Contains(got, word) {
			t.Errorf("the page says %q of nothing:\n%s", word, got)
		}
	}
}

func TestMinutesArePrintedInTenthsOfAnHour(t *testing.T) {
	for minutes, want := range map[int]string{
		0: "0 hours", 1: "under 0.1 hours", 2: "under 0.1 hours", 3: "0.1 hours", 8: "0.1 hours", 9: "0.2 hours",
		56: "0.9 hours", 57: "1 hour", 60: "1 hour", 62: "1 hour", 63: "1.1 hours", 90: "1.5 hours",
		1240: "20.7 hours", 6000: "100 hours",
	} {
		if got := inHours(minutes); got != want {
			t.Errorf("inHours(%d) = %q, want %q", minutes, got, want)
		}
	}
}

func TestADayIsPrintedAsItReadsWhereItWas(t *testing.T) {
	late := time.Date(2026, 11, 24, 23, 30, 0, 0, time.FixedZone("west", -8*3600))
	if got := inWords(late); got != "November 24, 2026" {
		t.Errorf("inWords(%v) = %q, want November 24, 2026", late, got)
	}
	if got := inWords(time.Time{}); got != "completed" {
		t.Errorf("inWords(no day) = %q, want completed", got)
	}
}

func TestTheAddressStandsOnOneLine(t *testing.T) {
	d, err := checked(sample())
	if want := "12 Example Street, Portland, Oregon 97201, United States"; err != nil || d.IssuerAddress != want {
		t.Errorf("checked: the address is %q, %v; want %q", d.IssuerAddress, err, want)
	}
}
