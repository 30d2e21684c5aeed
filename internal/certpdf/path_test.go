package certpdf

import (
	"math"
	"strings"
	"testing"
)

func TestAPlaceIsMeasuredFromTheUpperLeftCorner(t *testing.T) {
	for _, tt := range []struct {
		at   place
		want string
	}{
		{place{x: 0, y: paperHeight, size: mm}, "1.00000 0.00000 -0.00000 1.00000 0.00 0.00 "},
		{place{x: 25.4, y: paperHeight - 25.4, size: 10 * mm}, "10.00000 0.00000 -0.00000 10.00000 72.00 72.00 "},
		{place{x: 0, y: paperHeight, size: mm, turn: math.Pi / 2}, "0.00000 1.00000 -1.00000 0.00000 0.00 0.00 "},
	} {
		if got := tt.at.matrix(); got != tt.want {
			t.Errorf("matrix(%+v) = %s, want %s", tt.at, got, tt.want)
		}
	}
}

func TestGoingAlongATurnedLineGoesUp(t *testing.T) {
	got := place{x: 10, y: 20, turn: math.Pi / 2}.along(5)
	if math.Abs(got.x-10) > 1e-9 || math.Abs(got.y-15) > 1e-9 {
		t.Errorf("along(5) upward from 10, 20 = %v, %v; want 10, 15", got.x, got.y)
	}
}

func TestADarkStretchOfTheCodeIsOneBar(t *testing.T) {
	dark := [][]bool{
		{true, true, false, true},
		{false, false, false, false},
		{false, true, true, true},
		{true, false, false, false},
	}
	got := squares(dark, point{0, 0}, 4*mm)
	if n := strings.Count(string(got.ops), " re\n"); n != 4 {
		t.Errorf("squares = %d bars, want 4:\n%s", n, got.ops)
	}
	if first, _, _ := strings.Cut(string(got.ops), "\n"); first != "0.00 594.28 2.00 1.00 re" {
		t.Errorf("the first bar is %q, want two units wide at the upper left", first)
	}
}

func TestALetterIsWrittenAlikeAtEverySizeAndPlace(t *testing.T) {
	l := shaped(t, "aa", display)
	got := strings.Split(l.outlines(place{x: 10, y: 10, size: 3}), "q ")[1:]
	again := strings.Split(l.outlines(place{x: 99, y: 50, size: 7, turn: 1}), "q ")[1:]
	var shapes []string
	for _, letter := range append(got, again...) {
		_, shape, ok := strings.Cut(letter, "cm\n")
		if !ok || !strings.HasSuffix(shape, "f Q\n") {
			t.Errorf("a letter is\n%s\nwant it placed by cm and filled by f", letter)
		}
		shapes = append(shapes, shape)
	}
	if len(shapes) != 4 || shapes[0] != shapes[1] || shapes[0] != shapes[2] || shapes[0] != shapes[3] {
		t.Errorf("outlines(aa) twice = %d letters, want four alike:\n%q", len(shapes), shapes)
	}
}

func TestASpaceLeavesNoInk(t *testing.T) {
	l := shaped(t, "a a", display)
	if n := strings.Count(l.outlines(place{size: 1}), "f Q"); n != 2 {
		t.Errorf("outlines(a a) fills %d letters, want 2", n)
	}
}

func TestAWaveReachesItsHeightAndEndsWhereItBegan(t *testing.T) {
	var s path
	s.wave(6, 2)
	if got := strings.Fields(string(s.ops)); got[len(got)-3] != "17.01" || got[len(got)-2] != "0.00" {
		t.Errorf("a wave of 6 mm ends at %s, %s points, want 17.01, 0.00", got[len(got)-3], got[len(got)-2])
	}
	if !strings.Contains(string(s.ops), "7.56") { // four thirds of 2 mm: the curve reaches three quarters of it
		t.Errorf("a wave of 2 mm height is\n%s", s.ops)
	}
}
