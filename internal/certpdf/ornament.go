package certpdf

import "math"

// The frame: two hairlines and a braid between them.
const (
	outer = 9.0  // millimeters from the edge of the paper
	inner = 15.0 // likewise
	band  = inner - outer
)

// frame draws the border of the page.
func (p *pen) frame() {
	const near = outer + band/2
	p.ink(hair)
	for _, y := range []float64{near, paperHeight - near} {
		p.braid(place{x: inner, y: y}, paperWidth-2*inner, 45)
	}
	for _, x := range []float64{near, paperWidth - near} {
		p.braid(place{x: x, y: paperHeight - inner, turn: math.Pi / 2}, paperHeight-2*inner, 30)
	}
	var lines path
	lines.border(outer)
	lines.border(inner)
	for _, x := range []float64{near, paperWidth - near} {
		for _, y := range []float64{near, paperHeight - near} {
			lines.rosette(point{x, y}, 8, band*0.2)
		}
	}
	p.ink(accent)
	p.stroke(lines)
}

// braid draws four waves of so many periods along a straight line. Every period
// is written in the same words at another place: that packs well.
func (p *pen) braid(from place, length float64, periods int) {
	period := length / float64(periods)
	var strand path
	for _, swing := range []float64{1, 0.5, -0.5, -1} {
		strand.wave(period, swing*band*0.38)
	}
	for i := range periods {
		at := from.along(float64(i) * period)
		at.size = mm // the strand is in points already
		p.pdf.RawWriteStr("q " + at.matrix() + " cm\n" + string(strand.ops) + "S Q")
	}
}

// wave adds one period of a wave, in points, from the origin to the right.
func (s *path) wave(length, height float64) {
	// A curve reaches three quarters of the height of its control points.
	half, crest := length/2/mm, height/mm*4/3
	s.raw(2, "m", 0, 0)
	s.raw(2, "c", half*0.364, crest, half*0.636, crest, half, 0)
	s.raw(2, "c", half*1.364, -crest, half*1.636, -crest, half*2, 0)
}

// emblem draws the rosette at the head of the page and its faint echo behind
// the text.
func (p *pen) emblem() {
	var echo, head path
	echo.rosette(point{middle, paperHeight / 2}, 36, 36)
	p.ink(pale)
	p.stroke(echo)
	head.rosette(point{middle, 29.5}, 16, 4)
	p.ink(accent)
	p.stroke(head)
}

// border adds a rectangle so far from the edges of the paper.
func (s *path) border(edge float64) {
	s.bar(point{edge, edge}, paperWidth-2*edge, paperHeight-2*edge)
}

// bar adds a rectangle below and right of a corner.
func (s *path) bar(corner point, width, height float64) {
	s.raw(2, "re", corner.x/mm, (paperHeight-corner.y-height)/mm, width/mm, height/mm)
}

// rosette adds circles that all pass through one point, like petals.
func (s *path) rosette(center point, petals int, radius float64) {
	for i := range petals {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / float64(petals))
		s.circle(point{center.x + radius*cos, center.y + radius*sin}, radius)
	}
}

func (s *path) circle(c point, r float64) {
	const k = 0.5523 // makes four curves a circle
	s.op("m", point{c.x + r, c.y})
	s.op("c", point{c.x + r, c.y + k*r}, point{c.x + k*r, c.y + r}, point{c.x, c.y + r})
	s.op("c", point{c.x - k*r, c.y + r}, point{c.x - r, c.y + k*r}, point{c.x - r, c.y})
	s.op("c", point{c.x - r, c.y - k*r}, point{c.x - k*r, c.y - r}, point{c.x, c.y - r})
	s.op("c", point{c.x + k*r, c.y - r}, point{c.x + r, c.y - k*r}, point{c.x + r, c.y})
}
