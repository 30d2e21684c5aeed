package certpdf

import (
	"strings"

	"github.com/skip2/go-qrcode"
)

// code draws the QR of the address to verify at and prints the address below
// it. The fragment is for machines: only the QR has it.
func (p *pen) code(address string) {
	const size, top = 23.0, 161.5
	symbol, err := qrcode.New(address, qrcode.Medium)
	if err != nil {
		p.err = ErrURL.At("verify_url").Because(err)
		return
	}
	symbol.DisableBorder = true // the paper around it is blank
	p.ink(black)
	p.fill(squares(symbol.Bitmap(), point{codeAxis - size/2, top}, size))
	shown, _, _ := strings.Cut(address, "#")
	p.ink(gray)
	p.putBelow("verify_url", shown, codeAxis, 188.5, box{align: center, width: 72, size: 9, keep: 8, least: 3})
}

// squares draws a QR symbol with vectors, a bar for each stretch of dark
// squares.
func squares(dark [][]bool, corner point, size float64) path {
	var s path
	unit := size / float64(len(dark))
	for y, row := range dark {
		for x := 0; x < len(row); x++ {
			from := x
			for x < len(row) && row[x] {
				x++
			}
			if x > from {
				s.bar(point{corner.x + float64(from)*unit, corner.y + float64(y)*unit}, float64(x-from)*unit, unit)
			}
		}
	}
	return s
}
