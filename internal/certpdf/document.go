package certpdf

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/kapstone-lms/kapstone/internal/fault"
)

// The faults of a Document beyond those of its texts.
var (
	ErrDate    = fault.New(fault.Invalid, "date_missing", "A certificate needs its date of issue.")
	ErrHours   = fault.New(fault.Invalid, "hours_invalid", "Minutes cannot be fewer than none.")
	ErrTooMany = fault.New(fault.Invalid, "too_many_lines",
		fmt.Sprintf("A certificate has room for %d modules and %d kinds of hours.", MaxModules, MaxHours))
	ErrURL = fault.New(fault.Invalid, "verify_url_invalid",
		fmt.Sprintf("The address to verify at has to be a plain http or https address of at most %d characters.", MaxURL))
)

// checked returns d with its texts normalized, or a fault for what is missing,
// too much or no address. The characters of the texts are judged when shaped.
func checked(d Document) (Document, error) {
	if err := checkNumbers(d); err != nil {
		return d, err
	}
	// The caller's slices stay as they are.
	d.Modules, d.Hours = slices.Clone(d.Modules), slices.Clone(d.Hours)
	d.IssuerAddress = strings.Join(strings.FieldsFunc(d.IssuerAddress, isLineBreak), ", ")
	for field, text := range d.texts() {
		if !utf8.ValidString(*text) {
			return d, ErrMalformed.At(field)
		}
		*text = Normalize(*text)
		most := MaxText
		if field == "holder" {
			most = MaxName
		}
		if *text == "" && field != "practice" && field != "remark" {
			return d, ErrEmpty.At(field)
		}
		if utf8.RuneCountInString(*text) > most {
			return d, ErrTooLong.At(field)
		}
	}
	return d, checkURL(d.VerifyURL)
}

func checkNumbers(d Document) error {
	switch {
	case len(d.Modules) > MaxModules:
		return ErrTooMany.At("modules")
	case len(d.Hours) > MaxHours:
		return ErrTooMany.At("hours")
	case d.IssuedOn.IsZero():
		return ErrDate.At("issued_on")
	}
	for i, h := range d.Hours {
		if h.Minutes < 0 {
			return ErrHours.At(fmt.Sprintf("hours.%d.minutes", i))
		}
	}
	return nil
}

// checkURL takes printable ASCII only: the address is read by people from
// paper, and a look-alike letter must not lead them elsewhere.
func checkURL(s string) error {
	for _, c := range []byte(s) {
		if c <= ' ' || c > '~' {
			return ErrURL.At("verify_url")
		}
	}
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.User != nil || (u.Scheme != "https" && u.Scheme != "http") || len(s) > MaxURL {
		return ErrURL.At("verify_url")
	}
	return nil
}

// texts yields the name and place of every text but the address to verify at.
func (d *Document) texts() func(yield func(string, *string) bool) {
	return func(yield func(string, *string) bool) {
		ok := yield("title", &d.Title) && yield("holder", &d.Holder) &&
			yield("program", &d.Program) && yield("program_version", &d.ProgramVersion) &&
			yield("remark", &d.Remark) && yield("practice", &d.Practice) &&
			yield("issuer_name", &d.IssuerName) && yield("issuer_address", &d.IssuerAddress) &&
			yield("signatory_name", &d.SignatoryName) && yield("signatory_title", &d.SignatoryTitle) &&
			yield("serial", &d.Serial)
		for i := range d.Modules {
			ok = ok && yield(fmt.Sprintf("modules.%d.title", i), &d.Modules[i].Title)
		}
		for i := range d.Hours {
			ok = ok && yield(fmt.Sprintf("hours.%d.kind", i), &d.Hours[i].Kind)
		}
	}
}

// inHours writes minutes as hours with one decimal, the nearest, halves up. A
// training that took place never reads as none.
func inHours(minutes int) string {
	tenths := minutes/6 + (minutes%6)/3
	switch {
	case minutes > 0 && tenths == 0:
		return "under 0.1 hours"
	case tenths == 10:
		return "1 hour"
	case tenths%10 == 0:
		return fmt.Sprintf("%d hours", tenths/10)
	}
	return fmt.Sprintf("%d.%d hours", tenths/10, tenths%10)
}

// inWords writes a day as Americans do; no day is "completed".
func inWords(day time.Time) string {
	if day.IsZero() {
		return "completed"
	}
	return day.Format("January 2, 2006")
}

// capital begins a text with a capital.
func capital(text string) string {
	r, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(r)) + text[size:]
}
