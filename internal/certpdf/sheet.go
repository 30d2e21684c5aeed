package certpdf

import (
	"bytes"
	"fmt"
	"time"

	"github.com/kapstone-lms/kapstone/internal/fault"
)

// A Sheet is a table on as many pages as it takes: plain values in, the same
// bytes out every time.
type Sheet struct {
	Title   string
	Name    string // of the person whom it is about
	Program string
	Issuer  string
	On      time.Time // the day on which it was drawn
	Columns []Column
	Rows    [][]string // a text for each column
	Sums    []string   // below the rows
	Foot    string     // at the foot of every page

	Specimen bool // prints SPECIMEN across every page
}

// A Column is a title and its room in millimeters.
type Column struct {
	Title string
	Width float64
	Right bool // numbers stand at the right
}

// ErrSheet reports a table that no sheet holds.
var ErrSheet = fault.New(fault.Invalid, "too_many_rows", "The table is too long for one document.")

// MaxRows is how many rows a sheet has at most.
const MaxRows = 5000

// The rows of a page, in millimeters from its top.
const (
	sheetLeft  = 20.0
	sheetTop   = 46.0
	sheetStep  = 6.0
	sheetEnd   = 186.0
	sheetRight = paperWidth - sheetLeft
)

// DrawSheet returns the table as a PDF, A4 landscape. What cannot be printed as
// it stands is refused as by Draw.
func DrawSheet(s Sheet) (file []byte, err error) {
	defer func() { // as in Draw
		if r := recover(); r != nil {
			file, err = nil, fmt.Errorf("draw sheet: panic: %v", r)
		}
	}()
	if len(s.Rows) > MaxRows {
		return nil, ErrSheet
	}
	p, err := newPen(Document{IssuedOn: s.On})
	if err != nil {
		return nil, err
	}
	p.sheet(s)
	if p.err != nil {
		return nil, p.err
	}
	p.describe(Document{Title: s.Title, Program: s.Program, Holder: s.Name, IssuerName: s.Issuer})
	var b bytes.Buffer
	if err := p.pdf.Output(&b); err != nil {
		return nil, fmt.Errorf("draw sheet: %w", err)
	}
	return b.Bytes(), nil
}

// sheet draws every page.
func (p *pen) sheet(s Sheet) {
	page := 1
	p.sheetHead(s, page)
	y := sheetTop + 2*sheetStep
	next := func() {
		if y += sheetStep; y > sheetEnd {
			page++
			p.pdf.AddPage()
			p.pdf.SetLineWidth(0.2)
			p.sheetHead(s, page)
			y = sheetTop + 2*sheetStep
		}
	}
	for i, row := range s.Rows {
		p.ink(black)
		x := sheetLeft
		for c, text := range row {
			p.cell(fmt.Sprintf("rows.%d.%d", i, c), text, x, y, s.Columns[c])
			x += s.Columns[c].Width
		}
		next()
	}
	if len(s.Rows) == 0 {
		p.ink(gray)
		p.put("", "Nothing is signed yet.", sheetLeft, y, box{width: 200, size: 11})
		next()
	}
	for i, sum := range s.Sums {
		next()
		p.ink(accent)
		p.put(fmt.Sprintf("sums.%d", i), sum, sheetLeft, y, box{width: sheetRight - sheetLeft, size: 11, least: 5})
	}
}

// cell writes a text into a column, smaller where it is long.
func (p *pen) cell(field, text string, x, y float64, c Column) {
	if text == "" {
		return
	}
	b := box{width: c.Width - 3, size: 10, least: 2.5}
	if c.Right {
		b.align, x = end, x+c.Width-3
	}
	p.put(field, Normalize(text), x, y, b)
}

// sheetHead draws what stands on every page.
func (p *pen) sheetHead(s Sheet, page int) {
	if s.Specimen {
		p.stamp()
	}
	p.ink(accent)
	p.put("title", s.Title, sheetLeft, 24, box{style: display, width: 180, size: 20, least: 8})
	p.ink(black)
	p.put("name", Normalize(s.Name), sheetLeft, 32, box{width: 150, size: 13, least: 4})
	p.ink(gray)
	p.put("program", s.Program, sheetLeft, 38, box{width: 150, size: 10, least: 5})
	if s.Issuer != "" {
		p.put("issuer", s.Issuer, sheetRight, 32, box{align: end, width: 90, size: 10, least: 5})
	}
	p.put("", inWords(s.On.UTC())+fmt.Sprintf(", page %d", page), sheetRight, 38, box{align: end, width: 90, size: 10})
	x := sheetLeft
	for i, c := range s.Columns {
		p.cell(fmt.Sprintf("columns.%d", i), c.Title, x, sheetTop+2, c)
		x += c.Width
	}
	p.ink(hair)
	p.rule(sheetLeft, sheetRight, sheetTop+5)
	p.rule(sheetLeft, sheetRight, sheetEnd+6)
	p.ink(gray)
	p.put("foot", s.Foot, sheetLeft, sheetEnd+12, box{width: sheetRight - sheetLeft, size: 9, least: 5})
}
