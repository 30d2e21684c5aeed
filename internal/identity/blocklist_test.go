package identity

import (
	"errors"
	"strings"
	"testing"
	"unicode"

	"github.com/kapstone-lms/kapstone/internal/fault"
)

// CHECKS AU-12.
func TestWhichPasswordsAreTaken(t *testing.T) {
	s := &Service{settings: Settings{Words: []string{"Summit Pathway Certificate"}}}
	for _, tt := range []struct {
		name, password string
		want           *fault.Fault // nil: taken
	}{
		{"fourteen characters", "k7 mq3xpv9hdtw", ErrPasswordShort},
		{"fifteen characters", "k7 mq3xpv9hdtwf", nil},
		{"fifteen of two bytes each", "ряд мокрых елей", nil},
		{"128 characters", strings.Repeat("k7mq3xpv9hdtw2fb", 8), nil},
		{"256 characters", strings.Repeat("k7mq3xpv9hdtw2fb", 16), nil},
		{"257 characters", strings.Repeat("k7mq3xpv9hdtw2fb", 16) + "x", ErrPasswordLong},
		{"256 characters once composed", strings.Repeat("e\u0301", 256), nil},
		{"no composition rule: letters only", "rivermoltenhatchet", nil},
		{"no composition rule: digits only", "846291038475610", nil},
		{"spaces and signs", "¿por qué no mañana?", nil},
		{"an everyday phrase", good, nil},

		{"a listed word", "dragon", ErrPasswordCommon},
		{"a long listed one", "correct horse battery staple", ErrPasswordCommon},
		{"listed, in capitals", "QWERTYUIOPASDFGHJKL", ErrPasswordCommon},
		{"listed, over and over", "monkey-monkey-monkey", ErrPasswordCommon},
		{"listed, with digits after", "Michael_1234567890", ErrPasswordCommon},
		{"listed, with signs for letters", "P@$$w0rdP@$$w0rd", ErrPasswordCommon},
		{"counting", "123456789012345", ErrPasswordCommon},
		{"one key", "aaaaaaaaaaaaaaaa", ErrPasswordCommon},
		{"two listed words are no listed word", "monkey lantern orchard", nil},

		{"the substance, twice", "ketamine-ketamine", ErrPasswordOwn},
		{"the product and a year", "Kapstone 2026 Kapstone", ErrPasswordOwn},
		{"the product in signs", "k4p5t0n3-k3t4m1n3", ErrPasswordOwn},
		{"the own address", "noor.vance@clinic.example.org", ErrPasswordOwn},
		{"the local part, twice", "noor.vance.noor.vance", ErrPasswordOwn},
		{"the own name and a number", "Noor Vance 19850101", ErrPasswordOwn},
		{"words of a program's title", "summit-pathway-2026", ErrPasswordOwn},
		{"a context word among others", "ketamine under copper moons", nil},

		{"a NUL", "k7mq3xpv9hd\x00tw2fb", ErrPasswordText},
		{"bytes that are no text", "k7mq3xpv9hd\xfftw2fb", ErrPasswordText},
	} {
		err := s.checkPassword(tt.password, "noor.vance@clinic.example.org", "Noor Vance")
		if tt.want == nil && err != nil || tt.want != nil && !errors.Is(err, tt.want) {
			t.Errorf("%s: checkPassword(%q) = %v, want %v", tt.name, tt.password, err, tt.want)
		}
	}
}

func TestTheListIsLongAndFolded(t *testing.T) {
	set := commonSet()
	if len(set) < 5000 {
		t.Errorf("the list has %d passwords, want some thousand", len(set))
	}
	for w := range set {
		if fold(strings.ToLower(w)) != w || w == "" {
			t.Errorf("%q is not in the form that is looked up", w)
		}
	}
}

func FuzzNoPasswordBreaksTheRules(f *testing.F) {
	for _, seed := range []string{good, "ketamine", "", "é", "K", "\xff", "aaaa1aaaa", "1234", "İİİİİİİİİİİİİİİ"} {
		f.Add(seed, "noor@example.org", "Noor")
	}
	s := new(Service)
	f.Fuzz(func(t *testing.T, password, email, name string) {
		err := s.checkPassword(password, email, name)
		if err != nil && fault.Of(err) == nil {
			t.Errorf("checkPassword(%q) = %v, no fault", password, err)
		}
		if err == nil && strings.ContainsFunc(password, unicode.IsControl) {
			t.Errorf("%q was taken", password)
		}
	})
}
