package certpdf

import (
	"fmt"
	"math"
	"strings"
)

// The words that are ours. Of a person we say only that the training is
// completed.
const (
	recordsThat = "This certificate records that"
	completed   = "has completed"
	statement   = "This certificate is a record of completed training. It is no license, no certification and no" +
		" permission to practice, or to prescribe or give ketamine. Its holder practices only within their own license," +
		" the law and their own competence."
	specimen     = "SPECIMEN"
	specimenNote = "Specimen: this page records nothing."
)

// The axes of the page, in millimeters.
const (
	middle     = paperWidth / 2
	leftEdge   = 30.0 // of the two columns
	rightEdge  = paperWidth - leftEdge
	moduleEdge = 164.0 // right end of the modules' column
	hoursEdge  = 180.0 // left end of the hours' column
	signAxis   = 62.0  // middle of the signature
	codeAxis   = paperWidth - signAxis
)

// certificate draws the whole page, from the back to the front.
func (p *pen) certificate(d Document) {
	p.emblem()
	if d.Specimen {
		p.stamp()
	}
	p.frame()
	p.letterhead(d)
	p.record(d)
	p.remark(d.Remark)
	p.modules(d.Modules)
	p.hours(d.Hours)
	p.practice(d.Practice)
	p.signature(d)
	p.register(d)
	p.code(d.VerifyURL)
	p.describe(d)
}

// stamp writes SPECIMEN across the paper, behind the text, and below the frame
// what that means.
func (p *pen) stamp() {
	lines, _ := p.fit("", specimen, box{style: display, width: paperWidth, size: 100})
	for _, l := range lines {
		const size = 56.0
		at := place{x: middle, y: paperHeight / 2, size: size, turn: math.Atan2(11, 23)}
		at = at.along(-l.width * size / 2)
		at.x += 0.32 * size * math.Sin(at.turn) // half the height of a capital
		at.y += 0.32 * size * math.Cos(at.turn)
		p.ink(blush)
		p.pdf.RawWriteStr(l.outlines(at))
	}
	p.ink(warning)
	p.put("", specimenNote, middle, 205.8, box{align: center, width: 200, size: 10})
}

// letterhead is who says it.
func (p *pen) letterhead(d Document) {
	p.ink(black)
	p.put("issuer_name", d.IssuerName, middle, 45.5, box{align: center, width: 220, size: 14, least: 6})
	p.ink(gray)
	p.put("issuer_address", d.IssuerAddress, middle, 50.5, box{align: center, width: 220, size: 10, least: 5})
}

// record is what is said: who has completed what.
func (p *pen) record(d Document) {
	p.ink(accent)
	p.put("title", d.Title, middle, 65, box{style: display, align: center, width: 220, size: 32, least: 8})
	p.ink(gray)
	p.put("", recordsThat, middle, 73, box{style: italic, align: center, width: 220, size: 13})
	p.ink(black)
	p.name(d.Holder)
	p.ink(gray)
	p.put("", completed, middle, 100, box{style: italic, align: center, width: 220, size: 13})
	p.ink(black)
	p.put("program", d.Program, middle, 111, box{style: display, align: center, width: 230, size: 21, keep: 12, least: 6})
	p.ink(gray)
	p.put("program_version", "Version "+d.ProgramVersion, middle, 117, box{style: italic, align: center, width: 220, size: 11, least: 6})
}

// remark is the program's own sentence, between what was completed and its
// parts.
func (p *pen) remark(text string) {
	if text == "" {
		return
	}
	p.ink(gray)
	p.put("remark", text, middle, 121.3, box{style: italic, align: center, width: 230, size: 9.5, least: 5})
}

// name puts the holder's name, of any size and on one line or two, into the
// middle of its room. Letters with much above or below them make it smaller.
func (p *pen) name(holder string) {
	const top, axis, bottom = 74.8, 84.5, 96.2
	lines, size := p.fit("holder", holder, nameBox)
	if len(lines) == 0 {
		return
	}
	last := float64(len(lines)-1) * gap(lines) // in sizes of type, like all until here
	first := 0.33 - last/2                     // from the axis down to the first baseline
	above, below := lines[0].top-first, first+last+lines[len(lines)-1].bottom
	if above > 0 { // a dot or a dash is below the axis
		size = min(size, (axis-top)/above/mm)
	}
	if below > 0 { // an apostrophe is above it
		size = min(size, (bottom-axis)/below/mm)
	}
	p.stack(lines, middle, axis+first*size*mm, size, center)
}

// modules lists what was completed and when.
func (p *pen) modules(modules []Module) {
	if len(modules) == 0 {
		return
	}
	p.heading("Modules completed", leftEdge, moduleEdge)
	for i, m := range modules {
		y, size := row(i, len(modules))
		p.ink(black)
		p.put(fmt.Sprintf("modules.%d.title", i), m.Title, leftEdge, y, box{width: 98, size: size, least: 4.5})
		p.ink(gray)
		p.put("", inWords(m.CompletedOn), moduleEdge, y, box{align: end, width: 34, size: size})
	}
}

// hours lists how long, by kind.
func (p *pen) hours(hours []Hours) {
	if len(hours) == 0 {
		return
	}
	p.heading("Hours of training", hoursEdge, rightEdge)
	for i, h := range hours {
		y, size := row(i, len(hours))
		p.ink(black)
		p.put(fmt.Sprintf("hours.%d.kind", i), capital(h.Kind), hoursEdge, y, box{width: 58, size: size, least: 4.5})
		p.ink(gray)
		p.put("", inHours(h.Minutes), rightEdge, y, box{align: end, width: 28, size: size})
	}
}

// row returns the baseline and the size of type of a row, so that all the rows
// of a column fit.
func row(i, of int) (y, size float64) {
	const first, room = 133.0, 28.5
	step := min(5.4, room/float64(of))
	return first + float64(i)*step, min(11, 0.95*step/mm)
}

func (p *pen) heading(text string, from, to float64) {
	p.ink(accent)
	p.put("", text, from, 125, box{style: italic, width: to - from, size: 12})
	p.rule(from, to, 127)
}

// practice says in a sentence what the practice was, so that role play is not
// taken for work with clients.
func (p *pen) practice(practice string) {
	if practice == "" {
		return
	}
	p.ink(black)
	// Between the columns above and the QR at the right.
	p.put("practice", "The practice in this program consisted of "+practice+".", middle, 166.5,
		box{align: center, width: 146, size: 11, keep: 8.5, least: 5.5})
}

// signature is who answers for it, with room to sign.
func (p *pen) signature(d Document) {
	p.ink(gray)
	p.rule(signAxis-32, signAxis+32, 182)
	p.ink(black)
	p.putBelow("signatory_name", d.SignatoryName, signAxis, 186.5, box{align: center, width: 64, size: 11.5, least: 5})
	p.ink(gray)
	p.putBelow("signatory_title", d.SignatoryTitle, signAxis, 190.5, box{align: center, width: 64, size: 9.5, keep: 7, least: 4})
}

// register is when, under which number, and what the paper is not.
func (p *pen) register(d Document) {
	p.ink(black)
	p.put("", "Issued on "+inWords(d.IssuedOn), middle, 173.5, box{align: center, width: 96, size: 11})
	p.ink(gray)
	p.put("serial", "Serial "+d.Serial, middle, 178.3, box{align: center, width: 96, size: 10, least: 5})
	p.stack(p.wrap(statement, 98, 8.8), middle, 184.5, 8.8, center)
}

// wrap sets one of our own sentences on as many lines as it needs.
func (p *pen) wrap(text string, width, size float64) []line {
	var lines []line
	var last string
	for _, word := range strings.Fields(text) {
		longer := strings.TrimSpace(last + " " + word)
		l := p.own(longer)
		if len(lines) == 0 || l.width*size*mm > width {
			longer, l = word, p.own(word)
			lines = append(lines, l)
		}
		lines[len(lines)-1], last = l, longer
	}
	return lines
}
