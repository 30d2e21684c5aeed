package certpdf

import (
	"math"
	"slices"
	"unicode"

	"github.com/go-text/typesetting/di"
	"github.com/go-text/typesetting/font"
	"github.com/go-text/typesetting/font/opentype"
	"github.com/go-text/typesetting/language"
	"github.com/go-text/typesetting/shaping"
	"golang.org/x/text/unicode/bidi"
)

// A style says how a text is set. Text in body stays text in the PDF where it
// can; display and italic are drawn as outlines over an invisible text.
type style uint8

const (
	body style = iota
	display
	italic
)

// A line is a shaped text. It is shaped once and can be drawn at any size: its
// measures are in ems, that is, for a size of one.
type line struct {
	runs        []run // from left to right
	width       float64
	top, bottom float64 // how far its ink reaches above and below the baseline
	plain       bool    // one face, left to right, a glyph a character, nothing shifted
}

// A run is a stretch of a line in one face and direction.
type run struct {
	text  []rune // as read
	rtl   bool
	face  *font.Face
	marks []shaping.Glyph
	width float64
}

// em is the size at which texts are shaped, in the shaper's fixed point numbers.
const em = 1000 << 6

// How far ink may reach from its line, in ems. Every script we have needs less;
// marks piled on a letter without end need more.
const (
	mostAbove = 1.4
	mostBelow = 0.75
)

// A typesetter shapes texts. It is not for use by several goroutines.
type typesetter struct {
	lib    *library
	faces  map[*font.Font]*font.Face
	seg    shaping.Segmenter
	shaper shaping.HarfbuzzShaper
}

func newTypesetter() (*typesetter, error) {
	lib, err := fonts()
	if err != nil {
		return nil, err
	}
	return &typesetter{lib: lib, faces: map[*font.Font]*font.Face{}}, nil
}

// line shapes a normalized text. It is the only door to the paper: what cannot
// be set exactly as written comes back as ErrEmpty, ErrMalformed, ErrHidden or
// ErrUnprintable.
func (t *typesetter) line(text string, s style) (line, error) {
	if err := legible(text); err != nil {
		return line{}, err
	}
	runes := []rune(text)
	faces, err := t.chosen(runes, s)
	if err != nil {
		return line{}, err
	}
	base := direction(runes)
	in := shaping.Input{
		Text: runes, RunEnd: len(runes), Direction: base, Size: em, Language: language.NewLanguage("en"),
	}
	if s == body {
		in.FontFeatures = []shaping.FontFeature{{Tag: opentype.MustNewTag("liga"), Value: 0}}
	}
	var l line
	for _, part := range t.seg.Split(in, faces) {
		if r := runes[part.RunStart]; unicode.Is(unicode.M, r) {
			return line{}, loneMark(r)
		}
		if err := l.add(runes, t.shaper.Shape(part)); err != nil {
			return line{}, err
		}
	}
	l.runs = visual(l.runs, base == di.DirectionRTL)
	l.plain = s == body && len(l.runs) == 1 && l.runs[0].isPlain(t.faces[t.lib.regular])
	return l, l.inBounds()
}

// chosen returns the faces for a text, or ErrUnprintable where no face has one
// of its characters.
func (t *typesetter) chosen(text []rune, s style) (order, error) {
	var o order
	for _, f := range t.lib.choose(text, s) {
		if t.faces[f] == nil {
			t.faces[f] = font.NewFace(f)
		}
		o = append(o, t.faces[f])
	}
	for _, r := range text {
		if f := o.ResolveFace(r); !has(f.Font, r) {
			return nil, unprintable(r)
		}
	}
	return o, nil
}

// An order of faces: the first that has a character sets it.
type order []*font.Face

// ResolveFace implements shaping.Fontmap.
func (o order) ResolveFace(r rune) *font.Face {
	for _, f := range o {
		if has(f.Font, r) {
			return f
		}
	}
	return o[0]
}

// add appends a shaped run and widens the measures.
func (l *line) add(text []rune, out shaping.Output) error {
	r := run{
		text:  text[out.Runes.Offset : out.Runes.Offset+out.Runes.Count],
		rtl:   out.Direction == di.DirectionRTL,
		face:  out.Face,
		marks: out.Glyphs,
		width: float64(out.Advance) / em,
	}
	circle, hasCircle := out.Face.NominalGlyph('◌')
	for _, g := range r.marks {
		// The shaper shows what it cannot join by a dotted circle.
		if g.GlyphID == 0 || (hasCircle && g.GlyphID == circle && !slices.Contains(r.text, '◌')) {
			return unjoinable(text[g.TextIndex() : g.TextIndex()+g.RunesCount()])
		}
		top := float64(g.YBearing+g.YOffset) / em
		l.top = max(l.top, top)
		l.bottom = max(l.bottom, -top-float64(g.Height)/em)
	}
	l.runs = append(l.runs, r)
	l.width += r.width
	return nil
}

func (l *line) inBounds() error {
	if l.top > mostAbove || l.bottom > mostBelow || l.width <= 0 || math.IsNaN(l.width) {
		return errPiled
	}
	return nil
}

// isPlain reports whether the PDF library can set the run itself and it will
// look the same.
func (r run) isPlain(regular *font.Face) bool {
	if r.rtl || r.face != regular || len(r.marks) != len(r.text) {
		return false
	}
	return !slices.ContainsFunc(r.marks, func(g shaping.Glyph) bool { return g.XOffset != 0 || g.YOffset != 0 })
}

// direction is that of the first letter that has one.
func direction(text []rune) di.Direction {
	for _, r := range text {
		p, _ := bidi.LookupRune(r)
		switch p.Class() {
		case bidi.L:
			return di.DirectionLTR
		case bidi.R, bidi.AL:
			return di.DirectionRTL
		}
	}
	return di.DirectionLTR
}

// visual puts runs, given as they are read, into the order in which they stand
// from left to right.
func visual(runs []run, rtl bool) []run {
	if rtl {
		slices.Reverse(runs)
	}
	for i := 0; i < len(runs); {
		j := i
		for j < len(runs) && runs[j].rtl != rtl {
			j++
		}
		slices.Reverse(runs[i:j]) // a stretch that runs against the line
		i = max(j, i+1)
	}
	return runs
}
