package text

import (
	"strings"
	"testing"
)

func TestTidy(t *testing.T) {
	for in, want := range map[string]string{
		"":               "",
		" \t\n ":         "",
		" two  words \n": "two  words",
		"Zoe\u0308":      "Zoë",
		"a\nb":           "a\nb",
	} {
		if got := Tidy(in); got != want || Tidy(got) != got {
			t.Errorf("Tidy(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestFits(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want string
		ok   bool
	}{
		{"  Went over it.\nTwice. ", "Went over it.\nTwice.", true},
		{"", "", false},
		{" \n", "", false},
		{"Jose\u0301", "José", true},
		{strings.Repeat("é", 20), strings.Repeat("é", 20), true},
		{strings.Repeat("é", 21), strings.Repeat("é", 21), false},
		{"a\x00b", "a\x00b", false},
		{"a\u202eb", "a\u202eb", false},
		{"a\xffb", "", false},
	} {
		if got, ok := Fits(tt.in, 1, 20); got != tt.want || ok != tt.ok {
			t.Errorf("Fits(%q, 1, 20) = %q, %v; want %q, %v", tt.in, got, ok, tt.want, tt.ok)
		}
	}
	if _, ok := Fits("", 0, 20); !ok {
		t.Error("nothing does not fit where nothing is asked")
	}
}

func TestUnfit(t *testing.T) {
	for _, r := range "\x00\x07\x0b\r\x1b\x7f\u0085\u009f\u202a\u202e\u2066\u2069" {
		if !Unfit(r) {
			t.Errorf("U+%04X passes", r)
		}
	}
	for _, r := range "\n\t ~\u00a0éß漢🙂\u200d\u2029\u202f\u2065\u206a" {
		if Unfit(r) {
			t.Errorf("U+%04X is refused", r)
		}
	}
}
