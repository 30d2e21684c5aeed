package certpdf

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/go-text/typesetting/di"
	"github.com/jung-kurt/gofpdf"

	"github.com/kapstone-lms/kapstone/internal/fault"
)

// The paper, in millimeters.
const (
	paperWidth  = 297.0
	paperHeight = 210.0
)

// fontName is the name under which the PDF embeds the regular face.
const fontName = "text"

// A pen draws on the one page of a PDF. Places are in millimeters from the upper
// left corner, sizes of type in points. After the first error, kept in err, it
// draws nothing more.
type pen struct {
	pdf *gofpdf.Fpdf
	set *typesetter
	err error
}

// A color is red, green and blue.
type color [3]int

var (
	black   = color{24, 38, 48}
	gray    = color{84, 98, 104}
	accent  = color{31, 96, 100}
	hair    = color{168, 196, 194}
	pale    = color{238, 245, 244}
	blush   = color{248, 229, 223}
	warning = color{164, 60, 44}
)

func newPen(d Document) (*pen, error) {
	set, err := newTypesetter()
	if err != nil {
		return nil, err
	}
	pdf := gofpdf.New("L", "mm", "A4", "")
	// The library stamps the present time and walks its maps in random order
	// unless told otherwise.
	pdf.SetCreationDate(d.IssuedOn.UTC())
	pdf.SetModificationDate(d.IssuedOn.UTC())
	pdf.SetCatalogSort(true)
	pdf.SetProducer("Kapstone", true)
	pdf.SetAutoPageBreak(false, 0)
	// A copy: the library writes into the font it is given.
	pdf.AddUTF8FontFromBytes(fontName, "", bytes.Clone(set.lib.regularFile))
	pdf.AddPage()
	pdf.SetLineWidth(0.2)
	return &pen{pdf: pdf, set: set}, pdf.Error()
}

// describe fills in what viewers show about the file. It comes last, when every
// text has passed the guard.
func (p *pen) describe(d Document) {
	if p.err != nil {
		return
	}
	p.pdf.SetTitle(d.Title+", "+d.Program, true)
	p.pdf.SetSubject(d.Holder, true)
	p.pdf.SetAuthor(d.IssuerName, true)
}

func (p *pen) ink(c color) {
	p.pdf.SetFillColor(c[0], c[1], c[2])
	p.pdf.SetTextColor(c[0], c[1], c[2])
	p.pdf.SetDrawColor(c[0], c[1], c[2])
}

// fit sets a text into a box; a fault is told of the field.
func (p *pen) fit(field, text string, b box) ([]line, float64) {
	if p.err != nil {
		return nil, 0
	}
	lines, size, err := p.set.fit(text, b)
	if f := fault.Of(err); f != nil && field != "" {
		err = f.At(field)
	}
	p.err = err
	return lines, size
}

// own shapes words of ours.
func (p *pen) own(text string) line {
	l, err := p.set.line(text, body)
	if p.err == nil {
		p.err = err
	}
	return l
}

// write draws a line with its left end and baseline at x, y.
func (p *pen) write(l line, x, y, size float64) {
	if l.plain {
		p.setText(l.runs[0], x, y, size)
		return
	}
	p.pdf.RawWriteStr(l.outlines(place{x: x, y: y, size: size * mm}))
	p.setHidden(l, x, y, size)
}

// setText writes a run as text, in pieces: gofpdf knows no kerning, so a piece
// ends wherever the shaper moved the next letter.
func (p *pen) setText(r run, x, y, size float64) {
	p.pdf.SetFont(fontName, "", size)
	from, at, here := 0, 0.0, 0.0
	for i, g := range r.marks {
		here += float64(g.Advance) / em
		own := float64(r.face.HorizontalAdvance(g.GlyphID)) / 1000
		if kerned := float64(g.Advance)/em != own; kerned || i == len(r.marks)-1 {
			p.pdf.Text(x+at*size*mm, y, string(r.text[from:i+1]))
			from, at = i+1, here
		}
	}
}

// setHidden writes a line as text that leaves no ink, stretched to lie over the
// outlines, so that it can be searched, copied and read aloud.
func (p *pen) setHidden(l line, x, y, size float64) {
	p.pdf.SetFont(fontName, "", size)
	p.pdf.SetTextRenderingMode(3)
	for i, r := range l.runs {
		text := string(r.asSeen(i > 0 && l.runs[i-1].rtl))
		if own := p.pdf.GetStringWidth(text); own > 0 {
			p.pdf.RawWriteStr(fmt.Sprintf("%.3f Tz", 100*r.width*size*mm/own))
		}
		p.pdf.Text(x, y, text)
		x += r.width * size * mm
	}
	p.pdf.RawWriteStr("100 Tz")
	p.pdf.SetTextRenderingMode(0)
}

// asSeen returns a run's text from left to right. Readers of PDF take text to
// stand in the order it is seen, and turn stretches of right-to-left letters
// around. They miss what lies left of a stretch's last letter, a mark or a
// bracket, unless a right-to-left mark stands before it. goesOn says that the
// stretch goes on to the left of the run.
func (r run) asSeen(goesOn bool) []rune {
	if !r.rtl {
		return r.text
	}
	text := slices.Clone(r.text)
	slices.Reverse(text)
	if !goesOn && direction(text[:1]) != di.DirectionRTL {
		text = slices.Insert(text, 0, '\u200f')
	}
	return text
}

// gap returns the distance of the baselines of lines that stand together, in
// sizes of type.
func gap(lines []line) float64 {
	distance := 1.25
	for i := range len(lines) - 1 {
		distance = max(distance, lines[i].bottom+lines[i+1].top+0.05)
	}
	return distance
}

// put fits a text into a box and writes it at x as the box is aligned, its last
// baseline at y.
func (p *pen) put(field, text string, x, y float64, b box) {
	lines, size := p.fit(field, text, b)
	p.stack(lines, x, y-float64(len(lines)-1)*gap(lines)*size*mm, size, b.align)
}

// putBelow is put with the first baseline at y.
func (p *pen) putBelow(field, text string, x, y float64, b box) {
	lines, size := p.fit(field, text, b)
	p.stack(lines, x, y, size, b.align)
}

// stack writes lines one below the other, the first baseline at y.
func (p *pen) stack(lines []line, x, y, size, align float64) {
	for i, l := range lines {
		p.write(l, x-align*l.width*size*mm, y+float64(i)*gap(lines)*size*mm, size)
	}
}

// rule draws a horizontal hairline.
func (p *pen) rule(from, to, y float64) {
	var s path
	s.op("m", point{from, y})
	s.op("l", point{to, y})
	p.stroke(s)
}

// fill fills a path, stroke draws along it with a hairline.
func (p *pen) fill(shape path) { p.pdf.RawWriteStr(string(shape.ops) + "f") }

func (p *pen) stroke(shape path) { p.pdf.RawWriteStr(string(shape.ops) + "S") }
