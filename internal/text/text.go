// Package text says what any text of ours may be made of, whoever wrote it.
package text

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Tidy returns s in the one form that is kept: composed (NFC), and without
// space around it. Texts that look the same are then the same.
func Tidy(s string) string { return strings.TrimSpace(norm.NFC.String(s)) }

// Fits returns s in the form in which it is kept, and whether it is least to
// most characters of text there.
func Fits(s string, least, most int) (tidied string, ok bool) {
	if !utf8.ValidString(s) {
		return "", false
	}
	s = Tidy(s)
	n := utf8.RuneCountInString(s)
	return s, n >= least && n <= most && !strings.ContainsFunc(s, Unfit)
}

// Unfit reports characters that no text has: control characters but line ends
// and tabs, and the marks that turn the direction of writing, which make a
// reader see another text than the one that is there (Unicode UAX 9, section
// 2).
func Unfit(r rune) bool {
	return r < ' ' && r != '\n' && r != '\t' || r >= 0x7f && r < 0xa0 ||
		r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069
}
