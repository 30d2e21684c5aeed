// Package certpdf draws a certificate of completion: plain values in, the same
// bytes out every time. It knows nothing of where the values come from or where
// the bytes go.
//
// Every text is shaped through one door, typesetter.line, which is also the
// guard: what our fonts cannot show as it was written is refused in words,
// never drawn as a box and never as something else.
package certpdf

import (
	"bytes"
	"fmt"
	"time"
)

// A Document is all that a certificate says. Dates are printed as they read in
// their own time zone. Texts are normalized as by Normalize.
type Document struct {
	Specimen bool // prints SPECIMEN across the paper

	Title          string // "Certificate of Completion"
	Holder         string // the name as its bearer confirmed it, at most MaxName characters
	Program        string
	ProgramVersion string
	Remark         string   // a sentence of the program's own; empty: not printed
	Modules        []Module // at most MaxModules, in the order printed
	Hours          []Hours  // at most MaxHours, in the order printed
	Practice       string   // what the practice was, "role play and peer practice"; empty: not printed

	IssuerName     string
	IssuerAddress  string // line breaks become commas
	SignatoryName  string
	SignatoryTitle string

	IssuedOn  time.Time // date of issue; also the creation date of the file
	Serial    string
	VerifyURL string // an http(s) address: in the QR whole, in print without its fragment
}

// A Module is one part of the program and the day it was completed. A zero day
// prints as "completed", for a part whose date is nobody's business.
type Module struct {
	Title       string
	CompletedOn time.Time
}

// Hours are the minutes of one kind of training, such as "study" or "supervised
// practice (role play)". They are printed in hours with one decimal, rounded
// once, to the nearest, halves up. There is no sum of rounded figures.
type Hours struct {
	Kind    string
	Minutes int
}

// What one sheet of paper holds. Texts are counted in code points.
const (
	MaxName    = 200
	MaxText    = 300 // any other text; a long one may still be refused by the room it has
	MaxURL     = 800
	MaxModules = 10
	MaxHours   = 8
)

// Draw returns the certificate as a PDF of one page, A4 landscape. Equal
// documents give equal bytes. What cannot be printed as it stands is refused
// with a fault that names the field ("holder", "modules.2.title"): ErrEmpty,
// ErrMalformed, ErrHidden, ErrUnprintable, ErrTooLong, ErrDate, ErrHours,
// ErrTooMany or ErrURL.
func Draw(d Document) (file []byte, err error) {
	// The library under us answers some inputs with a panic. The guard keeps
	// those out; should one slip through, it costs this certificate only.
	defer func() {
		if r := recover(); r != nil {
			file, err = nil, fmt.Errorf("draw certificate: panic: %v", r)
		}
	}()
	if d, err = checked(d); err != nil {
		return nil, err
	}
	p, err := newPen(d)
	if err != nil {
		return nil, err
	}
	p.certificate(d)
	if p.err != nil {
		return nil, p.err
	}
	var b bytes.Buffer
	if err := p.pdf.Output(&b); err != nil {
		return nil, fmt.Errorf("draw certificate: %w", err)
	}
	return b.Bytes(), nil
}
