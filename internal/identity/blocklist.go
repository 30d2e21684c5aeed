package identity

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/kapstone-lms/kapstone/internal/fault"
)

// The faults of a new password. There is no rule of composition and no expiry.
var (
	ErrPasswordText   = fault.New(fault.Invalid, "bad_password", "A password is text without control characters.").At("password")
	ErrPasswordShort  = fault.New(fault.Invalid, "password_too_short", "This password is too short: use at least 15 characters, such as four or five words.").At("password")
	ErrPasswordLong   = fault.New(fault.Invalid, "password_too_long", "This password is too long: use at most 256 characters.").At("password")
	ErrPasswordCommon = fault.New(fault.Invalid, "password_too_common", "This password is on the list of those that are tried first. Choose another.").At("password")
	ErrPasswordOwn    = fault.New(fault.Invalid, "password_guessable", "This password consists of your name, your address or words of this program. Choose another.").At("password")
)

// The length of a password in characters.
const (
	minPassword = 15 // NIST SP 800-63B-4, where it is the only factor
	maxPassword = 256
)

// checkPassword says why a new password is refused, or nothing.
func (s *Service) checkPassword(password, email, name string) error {
	if !utf8.ValidString(password) || strings.ContainsFunc(password, unicode.IsControl) {
		return ErrPasswordText
	}
	n := utf8.RuneCountInString(norm.NFC.String(password))
	switch {
	case n > maxPassword:
		return ErrPasswordLong
	case common(password):
		return ErrPasswordCommon
	case madeOf(password, append(contextWords(email, name), s.settings.Words...)):
		return ErrPasswordOwn
	case n < minPassword:
		return ErrPasswordShort
	}
	return nil
}

// commonText lists what is tried first, one a line in the form that fold
// gives: made for Kapstone from everyday words, first names, keyboard walks
// and their usual endings.
//
//go:embed common.txt
var commonText string

var commonSet = sync.OnceValue(func() map[string]bool {
	set := make(map[string]bool)
	for word := range strings.Lines(commonText) {
		set[strings.TrimSpace(word)] = true
	}
	return set
})

// common reports whether a password is on the list: as it is, in another
// spelling, over and over, or with digits and signs around it.
func common(password string) bool {
	set := commonSet()
	for _, s := range spellings(password) {
		bare := strings.TrimFunc(s, func(r rune) bool { return !unicode.IsLetter(r) })
		if set[s] || set[unit(s)] || set[bare] || set[unit(bare)] {
			return true
		}
	}
	return false
}

// unit returns the shortest piece that s repeats, or s.
func unit(s string) string {
	for n := 1; n <= len(s)/2; n++ {
		if len(s)%n == 0 && strings.Repeat(s[:n], len(s)/n) == s {
			return s[:n]
		}
	}
	return s
}

// signs are written for letters by those who think it helps.
var signs = strings.NewReplacer("0", "o", "1", "i", "3", "e", "4", "a", "5", "s", "7", "t", "@", "a", "$", "s", "!", "i")

// spellings returns a password without case, accents' form, spaces and
// punctuation: once as it is, once with the signs read as letters.
func spellings(password string) []string {
	s := strings.ToLower(norm.NFC.String(password))
	return []string{fold(s), fold(signs.Replace(s))}
}

func fold(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, s)
}

// fieldWords are what anybody would try first in this product.
var fieldWords = []string{
	"kapstone", "ketamine", "esketamine", "kap", "psychotherapy", "psychotherapist", "therapy", "therapist", "assisted", "foundation", "program",
	"programme", "training", "course", "module", "integration", "preparation", "medicine", "certificate", "clinic", "trainee", "instructor",
	"supervisor", "admin", "administrator", "director", "operator", "student", "teacher", "password", "passphrase", "passwort", "login", "welcome",
	"secret", "account", "user", "test", "demo", "example", "the", "my", "is", "and", "of",
}

// contextWords returns what a person would be guessed by.
func contextWords(email, name string) []string {
	words := slices.Clone(fieldWords)
	for _, part := range strings.FieldsFunc(email+" "+name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		if utf8.RuneCountInString(part) > 1 {
			words = append(words, part)
		}
	}
	return words
}

// madeOf reports whether a password is nothing but words, one after another
// and as often as it likes, and digits or punctuation around and between them.
func madeOf(password string, words []string) bool {
	var all []string
	for _, w := range words {
		for f := range strings.FieldsSeq(w) {
			if f = fold(strings.ToLower(norm.NFC.String(f))); f != "" {
				all = append(all, f)
			}
		}
	}
	for _, s := range spellings(password) {
		if strings.ContainsFunc(s, unicode.IsLetter) && covered(s, all) {
			return true
		}
	}
	return false
}

// covered reports whether words and digits cover s from end to end.
func covered(s string, words []string) bool {
	reached := make([]bool, len(s)+1)
	reached[0] = true
	for i := range s {
		if !reached[i] {
			continue
		}
		if c := s[i]; c >= '0' && c <= '9' {
			reached[i+1] = true
		}
		for _, w := range words {
			if strings.HasPrefix(s[i:], w) {
				reached[i+len(w)] = true
			}
		}
	}
	return reached[len(s)]
}
