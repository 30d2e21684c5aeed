package certpdf

import (
	"math"
	"strconv"

	"github.com/go-text/typesetting/font"
	"github.com/go-text/typesetting/font/opentype"
)

// A point is right of and below the upper left corner of the paper, in
// millimeters.
type point struct{ x, y float64 }

// A place is where something of its own measure goes: its origin on the paper,
// what one of its units is there in millimeters, and how far it is turned, in
// radians, counter-clockwise.
type place struct {
	x, y, size float64
	turn       float64
}

// along returns the place so many millimeters further in its direction.
func (p place) along(distance float64) place {
	sin, cos := math.Sincos(p.turn)
	p.x += distance * cos
	p.y -= distance * sin
	return p
}

// matrix returns the operands that make the place PDF's origin.
func (p place) matrix() string {
	sin, cos := math.Sincos(p.turn)
	unit := p.size / mm
	var s path
	s.numbers(5, unit*cos, unit*sin, -unit*sin, unit*cos)
	s.numbers(2, p.x/mm, (paperHeight-p.y)/mm)
	return string(s.ops)
}

// A path is a figure in the words of PDF.
type path struct{ ops []byte }

// op writes an operator after its points.
func (s *path) op(name string, points ...point) {
	for _, p := range points {
		s.numbers(2, p.x/mm, (paperHeight-p.y)/mm)
	}
	s.ops = append(append(s.ops, name...), '\n')
}

// raw writes an operator after numbers of so many digits.
func (s *path) raw(digits int, name string, numbers ...float64) {
	s.numbers(digits, numbers...)
	s.ops = append(append(s.ops, name...), '\n')
}

func (s *path) numbers(digits int, numbers ...float64) {
	for _, n := range numbers {
		s.ops = append(strconv.AppendFloat(s.ops, n, 'f', digits, 64), ' ')
	}
}

// outlines returns the operators that fill a line's letters, its left end and
// baseline at a place whose unit is the em. Letters stand in the whole units of
// their font, so that each is written alike every time.
func (l line) outlines(at place) string {
	var s path
	for _, r := range l.runs {
		right := 0.0
		for _, g := range r.marks {
			from := at.along((right + float64(g.XOffset)/em) * at.size)
			up := from
			up.turn += math.Pi / 2
			up = up.along(float64(g.YOffset) / em * at.size)
			from.x, from.y, from.size = up.x, up.y, at.size/float64(r.face.Upem())
			s.letter(r.face, g.GlyphID, from)
			right += float64(g.Advance) / em
		}
		at = at.along(r.width * at.size)
	}
	return string(s.ops)
}

// letter fills one glyph.
func (s *path) letter(face *font.Face, glyph font.GID, at place) {
	outline, ok := face.GlyphDataOutline(glyph)
	if !ok || len(outline.Segments) == 0 {
		return
	}
	s.ops = append(append(append(s.ops, "q "...), at.matrix()...), "cm\n"...)
	var pt opentype.SegmentPoint // where the last segment ended
	for _, seg := range outline.Segments {
		a := seg.ArgsSlice()
		switch seg.Op {
		case opentype.SegmentOpMoveTo:
			s.raw(0, "m", units(a[0])...)
		case opentype.SegmentOpLineTo:
			s.raw(0, "l", units(a[0])...)
		case opentype.SegmentOpQuadTo: // PDF knows curves with two control points only
			s.raw(0, "c", units(toward(pt, a[0]), toward(a[1], a[0]), a[1])...)
		case opentype.SegmentOpCubeTo:
			s.raw(0, "c", units(a...)...)
		}
		pt = a[len(a)-1]
	}
	s.ops = append(s.ops, "f Q\n"...)
}

// toward returns the point two thirds of the way from one point to another.
func toward(from, to opentype.SegmentPoint) opentype.SegmentPoint {
	return opentype.SegmentPoint{X: from.X + (to.X-from.X)*2/3, Y: from.Y + (to.Y-from.Y)*2/3}
}

func units(points ...opentype.SegmentPoint) []float64 {
	var all []float64
	for _, p := range points {
		all = append(all, float64(p.X), float64(p.Y))
	}
	return all
}
