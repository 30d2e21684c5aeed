package certpdf

import (
	"errors"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestATextIsPartedAtItsBestPlace(t *testing.T) {
	for text, want := range map[string][2]string{
		"Ada Quist":            {"Ada", "Quist"},
		"a b c d":              {"a b", "c d"},
		"Maria von Ebner":      {"Maria", "von Ebner"},
		"Smith-Jones":          {"Smith-", "Jones"},
		"example.org/verify":   {"example.org/", "verify"},
		"aaaaaaaaaaaaaaaaaa b": {"aaaaaaaaaa", "aaaaaaaa b"}, // the only space is too far off
		"abcd":                 {"ab", "cd"},
		"ab\u0303c\u0303d":     {"ab\u0303", "c\u0303d"}, // not before a mark
		"कक्षक":                {"क", "क्षक"},            // not between letters a virama joins
		"x":                    {"", "x"},
	} {
		if upper, lower := halves(text); upper != want[0] || lower != want[1] {
			t.Errorf("halves(%q) = %q, %q; want %q", text, upper, lower, want)
		}
	}
}

func TestNothingOfATextIsLostInParting(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := Normalize(rapid.StringOf(rapid.SampledFrom([]rune("ab -é्क"))).Draw(t, "text"))
		upper, lower := halves(text)
		if got := upper + lower; strings.ReplaceAll(got, " ", "") != strings.ReplaceAll(text, " ", "") {
			t.Fatalf("halves(%q) = %q, %q", text, upper, lower)
		}
	})
}

func TestATextShrinksThenBreaksThenIsRefused(t *testing.T) {
	set := typesetterOf(t)
	room := box{style: body, width: 100, size: 20, keep: 12, least: 8}
	for _, tt := range []struct {
		letters int
		lines   int
		size    float64 // zero: somewhere between least and size
		want    error
	}{
		{5, 1, 20, nil},
		{30, 1, 0, nil},
		{50, 2, 12, nil},
		{80, 2, 0, nil},
		{200, 0, 0, ErrTooLong},
	} {
		lines, size, err := set.fit(strings.Repeat("m", tt.letters), room)
		if len(lines) != tt.lines || !errors.Is(err, tt.want) {
			t.Errorf("fit(%d letters) = %d lines at %.1f, %v; want %d, %v", tt.letters, len(lines), size, err, tt.lines, tt.want)
			continue
		}
		if err == nil && ((tt.size != 0 && size != tt.size) || size < room.least || size > room.size) {
			t.Errorf("fit(%d letters): size %.2f, want %.2f", tt.letters, size, tt.size)
		}
		for _, l := range lines {
			if got := l.width * size * mm; got > room.width+1e-6 {
				t.Errorf("fit(%d letters): a line of %.2f mm in a box of %.2f", tt.letters, got, room.width)
			}
		}
	}
}

func TestABoxOfOneLineKeepsToIt(t *testing.T) {
	set := typesetterOf(t)
	room := box{style: body, width: 44, size: 12, least: 6}
	if lines, size, err := set.fit("Program Director of Training", room); err != nil || len(lines) != 1 || size >= 12 {
		t.Errorf("fit = %d lines at %.1f, %v; want one, made smaller", len(lines), size, err)
	}
	if _, _, err := set.fit(strings.Repeat("Program Director ", 8)+"x", room); !errors.Is(err, ErrTooLong) {
		t.Errorf("fit(much) = %v, want %v", err, ErrTooLong)
	}
}

func TestTheWidestNameStaysReadable(t *testing.T) {
	set := typesetterOf(t)
	for _, letter := range []string{"W", "Ш", "M", "Ω", "ฌ", "ॐ", "ש", "ص", "Ӝ"} {
		_, size, err := set.fit(strings.Repeat(letter, MaxName), nameBox)
		if err != nil || size < 6 || math.IsInf(size, 0) {
			t.Errorf("fit(%d times %s) = %.1f points, %v; want at least 6", MaxName, letter, size, err)
		}
	}
}
