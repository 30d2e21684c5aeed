package certpdf

import (
	"math"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// A box is the room a text has. Sizes are in points, the width in millimeters.
type box struct {
	style style
	align float64 // which part of the text is at its place: start, center or end
	width float64
	size  float64 // the size wished for
	least float64 // the size below which it cannot be read
	keep  float64 // on one line down to this size, then on two; zero: on one
}

// Where a text stands.
const (
	start  = 0.0
	center = 0.5
	end    = 1.0
)

// nameBox is the room of the holder's name. Two hundred W fit into it; two
// hundred of the few signs wider than that are refused.
var nameBox = box{style: display, align: center, width: 236, size: 42, keep: 23, least: 6}

// mm is a point in millimeters.
const mm = 25.4 / 72

// fit sets a text into a box: as large as wished, else smaller, else on two
// lines of about equal length. It returns the lines and their size in points,
// ErrTooLong when that would be too small to read, or a fault of line.
func (t *typesetter) fit(text string, b box) ([]line, float64, error) {
	whole, err := t.line(text, b.style)
	if err != nil {
		return nil, 0, err
	}
	room := b.width / mm
	if size := min(b.size, room/whole.width); size >= max(b.keep, b.least) {
		return []line{whole}, size, nil
	}
	if b.keep == 0 {
		return nil, 0, ErrTooLong
	}
	first, second := halves(text)
	if first == "" || second == "" {
		return nil, 0, ErrTooLong
	}
	upper, err := t.line(first, b.style)
	if err != nil {
		return nil, 0, err
	}
	lower, err := t.line(second, b.style)
	if err != nil {
		return nil, 0, err
	}
	size := min(b.keep, room/upper.width, room/lower.width)
	if size < b.least {
		return nil, 0, ErrTooLong
	}
	return []line{upper, lower}, size, nil
}

// halves parts a text at the space, hyphen or slash nearest to its middle. A
// text without any in its middle half is parted between two letters.
func halves(text string) (string, string) {
	runes := []rune(text)
	middle := len(runes) / 2
	best, away := 0, math.MaxInt
	for i := 1; i < len(runes); i++ {
		distance := max(i-middle, middle-i)
		if runes[i] == ' ' || strings.ContainsRune("-/־", runes[i-1]) {
			distance -= len(runes) / 4
		} else if joined(runes[i-1], runes[i]) {
			continue
		}
		if distance < away {
			best, away = i, distance
		}
	}
	return string(runes[:best]), Normalize(string(runes[best:]))
}

// joined reports whether a line must not end between two characters: before a
// mark, after a mark that makes two letters one, after a space.
func joined(a, b rune) bool {
	const virama = 9
	return unicode.Is(unicode.M, b) || norm.NFC.PropertiesString(string(a)).CCC() == virama || a == ' '
}
