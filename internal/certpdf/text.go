package certpdf

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/kapstone-lms/kapstone/internal/fault"
)

// The faults of a text. Each names the character it is about where there is
// one.
var (
	ErrEmpty       = fault.New(fault.Invalid, "text_empty", "Please write something here: the certificate prints it.")
	ErrMalformed   = fault.New(fault.Invalid, "text_malformed", "This text is not valid UTF-8. Please type it anew.")
	ErrHidden      = fault.New(fault.Invalid, "text_hidden_character", "There is an invisible character in it. Please leave it out.")
	ErrUnprintable = fault.New(fault.Invalid, "text_unprintable", "There is a character in it that cannot be printed on a certificate.")
	ErrTooLong     = fault.New(fault.Invalid, "text_too_long", "This is too long to be printed on a certificate. Please shorten it.")
)

// Normalize returns a text as it is printed: in Unicode's composed form, without
// white space at its ends and with one space for each stretch of it inside.
func Normalize(text string) string {
	return strings.Join(strings.Fields(norm.NFC.String(text)), " ")
}

// Printable says whether a certificate can carry a name exactly as written, once
// normalized. It returns nil or a fault at "name": ErrEmpty, ErrMalformed,
// ErrHidden, ErrUnprintable or ErrTooLong, with a sentence that says which
// character is the trouble. What Printable lets pass, Draw does not refuse.
func Printable(name string) error {
	err := printable(name)
	if f := fault.Of(err); f != nil {
		return f.At("name")
	}
	return err
}

func printable(name string) (err error) {
	// As in Draw: a panic in the libraries is this name's trouble only.
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("shape name: panic: %v", r)
		}
	}()
	if !utf8.ValidString(name) {
		return ErrMalformed
	}
	name = Normalize(name)
	if utf8.RuneCountInString(name) > MaxName {
		return ErrTooLong.Says(fmt.Sprintf("A name can have at most %d characters here. Please shorten it.", MaxName))
	}
	set, err := newTypesetter()
	if err != nil {
		return err
	}
	_, _, err = set.fit(name, nameBox)
	return err
}

// legible judges the characters of a normalized text one by one: none hidden,
// no mark without a letter. Whether a font has them, and can join them, is the
// typesetter's question.
func legible(text string) error {
	if text == "" {
		return ErrEmpty
	}
	if !utf8.ValidString(text) {
		return ErrMalformed
	}
	bare := true // nothing there that a mark could be joined to
	for _, r := range text {
		if isHidden(r) {
			return ErrHidden.Says(fmt.Sprintf("There is an invisible character (U+%04X) in it. Please leave it out.", r))
		}
		if bare && unicode.Is(unicode.M, r) {
			return loneMark(r)
		}
		bare = r == ' '
	}
	return nil
}

// isHidden reports whether r leaves no ink of its own but may change or hide
// what stands beside it: control and format characters (bidirectional ones,
// zero-width ones), variation selectors, fillers, line separators.
func isHidden(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Cs, unicode.Zl, unicode.Zp,
		unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point)
}

func isLineBreak(r rune) bool {
	return r == '\n' || r == '\r' || r == '\v' || r == '\f' || r == '\u0085' || r == '\u2028' || r == '\u2029'
}

// unprintable is the fault of a character that no font of ours has.
func unprintable(r rune) error {
	what := fmt.Sprintf("The character U+%04X", r)
	if unicode.IsGraphic(r) && !unicode.Is(unicode.M, r) {
		what = fmt.Sprintf("The character “%c” (U+%04X)", r, r)
	}
	return ErrUnprintable.Says(what + " cannot be printed on a certificate. Please write it with the letters of the" +
		" Latin, Greek, Cyrillic, Hebrew, Arabic, Devanagari or Thai script.")
}

// loneMark is the fault of a mark that has no letter to stand on.
func loneMark(r rune) error {
	return ErrUnprintable.Says(fmt.Sprintf(
		"The mark U+%04X has no letter before it that it can be joined to. Please leave it out or put it after its letter.", r))
}

// unjoinable is the fault of characters that do not go together.
func unjoinable(text []rune) error {
	return ErrUnprintable.Says(fmt.Sprintf("“%s” (%U) cannot be joined as written. Please check the spelling.", string(text), text))
}

// errPiled is the fault of marks piled up until they reach into other lines.
var errPiled = ErrUnprintable.Says("There are too many marks on one letter to be printed. Please leave some out.")
