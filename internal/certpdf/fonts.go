package certpdf

import (
	"bytes"
	"fmt"
	"slices"
	"sync"
	"unicode"

	"github.com/go-text/typesetting/font"

	"github.com/kapstone-lms/kapstone/assets"
)

// A library is our fonts, parsed. It is read only and shared by all.
type library struct {
	regularFile []byte // what the PDF embeds for the text that stays text

	// Three faces for Latin, Greek and Cyrillic, of which a text is set in one:
	// wide has every letter of regular, and regular every one of italic.
	regular, italic, wide *font.Font
	scripts               []*font.Font // the others, each for its own letters
}

// fonts parses the fonts at first use and keeps them.
var fonts = sync.OnceValues(func() (*library, error) {
	var l library
	var hebrew, arabic, devanagari, thai *font.Font
	for name, at := range map[string]**font.Font{
		"ebgaramond-regular": &l.regular, "ebgaramond-italic": &l.italic, "notoserif-regular": &l.wide,
		"notoserifhebrew-regular": &hebrew, "notonaskharabic-regular": &arabic,
		"notoserifdevanagari-regular": &devanagari, "notoserifthai-regular": &thai,
	} {
		file, err := assets.FS.ReadFile("fonts/" + name + ".ttf")
		if err != nil {
			return nil, fmt.Errorf("read font: %w", err)
		}
		face, err := font.ParseTTF(bytes.NewReader(file))
		if err != nil {
			return nil, fmt.Errorf("parse font %s: %w", name, err)
		}
		*at = face.Font
		if *at == l.regular {
			l.regularFile = file
		}
	}
	l.scripts = []*font.Font{hebrew, arabic, devanagari, thai}
	return &l, nil
})

// choose returns the fonts for a text in the order they are to be tried. Of the
// three that share the Latin letters the first comes that has all of them the
// text uses, so that no word is patched together from two designs. Marks that
// stay on their own after normalization only wide stacks as it should.
func (l *library) choose(text []rune, s style) []*font.Font {
	rivals := []*font.Font{l.regular}
	if s == italic {
		rivals = []*font.Font{l.italic, l.regular}
	}
	best := l.wide
	for _, f := range rivals {
		lacks := func(r rune) bool { return has(l.wide, r) && (!has(f, r) || unicode.Is(unicode.M, r)) }
		if !slices.ContainsFunc(text, lacks) {
			best = f
			break
		}
	}
	return append([]*font.Font{best}, l.scripts...)
}

// has reports whether f has r. Beyond U+FFFF nothing is ours: the PDF library
// cannot write such characters.
func has(f *font.Font, r rune) bool {
	g, ok := f.NominalGlyph(r)
	return ok && g != 0 && r <= 0xFFFF
}
