package text

import "testing"

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
