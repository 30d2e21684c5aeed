package guard

import (
	"bytes"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// A folded text is a text in plain letters: full-width, mathematical and
// accented letters and digits in their plain form, look-alikes of other scripts
// in the Latin one, what has no width gone.
type folded struct {
	text string
	from []int // the character of the written text that each byte comes from
}

// at is the place in the written text of a byte of the folded one.
func (f folded) at(i int) int {
	if i < len(f.from) {
		return f.from[i]
	}
	return len(f.from)
}

// alike maps letters that are drawn like Latin ones, and signs with many forms.
var alike = map[rune]string{
	'А': "A", 'В': "B", 'Е': "E", 'К': "K", 'М': "M", 'Н': "H", 'О': "O", 'Р': "P", 'С': "C", 'Т': "T", 'У': "Y", 'Х': "X", 'І': "I", 'Ј': "J", 'Ѕ': "S",
	'а': "a", 'е': "e", 'о': "o", 'р': "p", 'с': "c", 'у': "y", 'х': "x", 'і': "i", 'ј': "j", 'ѕ': "s", 'ԁ': "d", 'һ': "h", 'ӏ': "l", 'ь': "b",
	'Α': "A", 'Β': "B", 'Ε': "E", 'Ζ': "Z", 'Η': "H", 'Ι': "I", 'Κ': "K", 'Μ': "M", 'Ν': "N", 'Ο': "O", 'Ρ': "P", 'Τ': "T", 'Υ': "Y", 'Χ': "X",
	'α': "a", 'ι': "i", 'κ': "k", 'ν': "v", 'ο': "o", 'ρ': "p", 'υ': "u", 'χ': "x",
	'З': "3", 'Ӡ': "3", 'б': "6", 'Ⲟ': "O",
	'‘': "'", '’': "'", 'ʼ': "'", '“': `"`, '”': `"`, '«': `"`, '»': `"`, '⁄': "/", '∕': "/", '․': ".", '。': ".", '·': ".", '•': "\n",
	'ø': "o", 'Ø': "O", 'ł': "l", 'Ł': "L", 'ß': "ss", 'æ': "ae", 'Æ': "AE", 'đ': "d", 'Đ': "D", 'ı': "i",
}

// fold turns s into plain letters, character by character.
func fold(s string) folded {
	var b strings.Builder
	b.Grow(len(s))
	f := folded{from: make([]int, 0, len(s))}
	n := -1
	for _, r := range s {
		n++
		for _, c := range flat(r) {
			b.WriteByte(c)
			f.from = append(f.from, n)
		}
	}
	f.text = unmask(b.String())
	return f
}

// flat returns the plain form of one character, in ASCII where there is one.
func flat(r rune) []byte {
	switch {
	case r < 0x80:
		return []byte{byte(r)}
	case alike[r] != "":
		return []byte(alike[r])
	case unicode.Is(unicode.Dash, r):
		return []byte("-")
	case unicode.IsSpace(r):
		return []byte(" ")
	case unicode.In(r, unicode.Mn, unicode.Cf, unicode.Me), r == 0x115f, r == 0x1160, r == 0x3164, r == 0xffa0:
		return nil
	}
	if unicode.Is(unicode.Nd, r) {
		return []byte{digitOf(r)}
	}
	var out []byte
	for _, c := range norm.NFKD.String(string(r)) {
		switch {
		case unicode.Is(unicode.Mn, c):
		case c != r && alike[c] != "":
			out = append(out, alike[c]...)
		default:
			out = append(out, string(c)...)
		}
	}
	return out
}

// digitOf is the value of a decimal digit: scripts hold theirs in rows of ten
// that begin at zero, and rows may follow one another.
func digitOf(r rune) byte {
	for _, t := range unicode.Nd.R16 {
		if uint32(r) >= uint32(t.Lo) && uint32(r) <= uint32(t.Hi) {
			return '0' + byte((uint32(r)-uint32(t.Lo))%10)
		}
	}
	for _, t := range unicode.Nd.R32 {
		if uint32(r) >= t.Lo && uint32(r) <= t.Hi {
			return '0' + byte((uint32(r)-t.Lo)%10)
		}
	}
	return '0'
}

// unmask reads letters that stand for digits inside a number as digits: O and o
// for 0, l and I for 1. Such a word has at least as many true digits.
func unmask(s string) string {
	b := []byte(s)
	for i := 0; i < len(b); {
		end, digits := i, 0
		for end < len(b) && (isLetter(b[end]) || isDigit(b[end])) {
			if isDigit(b[end]) {
				digits++
			}
			end++
		}
		if word := b[i:end]; len(word) >= 3 && 2*digits >= len(word) && len(bytes.Trim(word, "0123456789OolI")) == 0 {
			for j, c := range word {
				switch c {
				case 'O', 'o':
					word[j] = '0'
				case 'l', 'I':
					word[j] = '1'
				}
			}
		}
		i = max(end, i+1)
	}
	return string(b)
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' || c >= 0x80 }
