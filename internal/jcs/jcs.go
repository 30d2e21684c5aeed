// Package jcs writes JSON in the one form of RFC 8785, so that two who hold the
// same data hash and sign the same bytes: no space, keys in the order of their
// UTF-16 units, numbers as ECMAScript prints them, the fewest escapes.
//
// Numbers are IEEE doubles, as in the RFC: what needs more than 53 bits goes in
// as a string.
package jcs

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// The reasons for which a text has no canonical form.
var (
	ErrSyntax    = errors.New("this is not JSON")
	ErrDuplicate = errors.New("an object has a key twice")
	ErrString    = errors.New("a string holds half a character")
	ErrNumber    = errors.New("a number is too large for a double")
)

// Marshal returns the canonical form of v, whose JSON is that of encoding/json.
func Marshal(v any) ([]byte, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("canonical form: %w", err)
	}
	return Canonical(text)
}

// Canonical returns the canonical form of a JSON text. It refuses what I-JSON
// (RFC 7493) does: a key twice, half a surrogate pair, bytes that are not UTF-8.
func Canonical(text []byte) ([]byte, error) {
	if !utf8.Valid(text) {
		return nil, ErrString
	}
	if !json.Valid(text) {
		return nil, ErrSyntax
	}
	return appendValue(make([]byte, 0, len(text)), &reader{text: string(text)})
}

// A reader walks over a text that is known to be JSON, so that it need not ask
// what may follow.
type reader struct {
	text string
	at   int
}

// peek returns the next byte that is no space.
func (r *reader) peek() byte {
	for strings.IndexByte(" \t\r\n", r.text[r.at]) >= 0 {
		r.at++
	}
	return r.text[r.at]
}

// past goes over the next byte, a sign of punctuation, if it is c.
func (r *reader) past(c byte) bool {
	if r.peek() != c {
		return false
	}
	r.at++
	return true
}

func appendValue(b []byte, r *reader) ([]byte, error) {
	switch r.peek() {
	case '{':
		return appendObject(b, r)
	case '[':
		return appendArray(b, r)
	case '"':
		s, err := r.str()
		return appendString(b, s), err
	}
	return appendScalar(b, r.word())
}

// word reads a number, true, false or null.
func (r *reader) word() string {
	rest := r.text[r.at:]
	n := strings.IndexAny(rest, " \t\r\n,]}")
	if n < 0 {
		n = len(rest)
	}
	r.at += n
	return rest[:n]
}

func appendScalar(b []byte, word string) ([]byte, error) {
	switch word {
	case "true", "false", "null":
		return append(b, word...), nil
	}
	f, err := strconv.ParseFloat(word, 64)
	if err != nil {
		return nil, fmt.Errorf("%w: %s", ErrNumber, word)
	}
	return appendNumber(b, f), nil
}

// appendNumber prints a double as ECMAScript's Number::toString does.
func appendNumber(b []byte, f float64) []byte {
	size := math.Abs(f)
	if size == 0 {
		return append(b, '0') // also of minus zero
	}
	if size >= 1e-6 && size < 1e21 {
		return strconv.AppendFloat(b, f, 'f', -1, 64)
	}
	s := strconv.FormatFloat(f, 'e', -1, 64)
	digits, exponent, _ := strings.Cut(s, "e")
	return append(append(append(b, digits...), 'e', exponent[0]), strings.TrimLeft(exponent[1:], "0")...)
}

func appendArray(b []byte, r *reader) (_ []byte, err error) {
	b = append(b, '[')
	r.past('[')
	for first := true; !r.past(']'); first = false {
		if !first {
			r.past(',')
			b = append(b, ',')
		}
		if b, err = appendValue(b, r); err != nil {
			return nil, err
		}
	}
	return append(b, ']'), nil
}

// A member of an object, its value in canonical form.
type member struct {
	key   string
	units []uint16 // what keys are ordered by
	value []byte
}

func appendObject(b []byte, r *reader) ([]byte, error) {
	members, err := readMembers(r)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(members, func(a, b member) int { return slices.Compare(a.units, b.units) })
	b = append(b, '{')
	for i, m := range members {
		if i > 0 {
			if m.key == members[i-1].key {
				return nil, ErrDuplicate
			}
			b = append(b, ',')
		}
		b = append(append(appendString(b, m.key), ':'), m.value...)
	}
	return append(b, '}'), nil
}

func readMembers(r *reader) (all []member, err error) {
	r.past('{')
	for !r.past('}') {
		r.past(',')
		r.peek()
		var m member
		if m.key, err = r.str(); err != nil {
			return nil, err
		}
		m.units = utf16.Encode([]rune(m.key))
		r.past(':')
		if m.value, err = appendValue(nil, r); err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	return all, nil
}

// str reads a string that begins here.
func (r *reader) str() (string, error) {
	start := r.at
	for r.at++; r.text[r.at] != '"'; r.at++ {
		if r.text[r.at] == '\\' {
			r.at++
		}
	}
	r.at++
	raw := r.text[start:r.at]
	if !paired(raw) {
		return "", ErrString
	}
	var s string
	if err := json.Unmarshal([]byte(raw), &s); err != nil {
		return "", fmt.Errorf("%w: %w", ErrSyntax, err)
	}
	return s, nil
}

// paired reports whether each half of a surrogate pair among the escapes of a
// raw string has its other half. encoding/json puts U+FFFD in such a place.
func paired(raw string) bool {
	for {
		at := strings.IndexByte(raw, '\\')
		if at < 0 {
			return true
		}
		unit, ok := escapedUnit(raw[at:])
		if !ok {
			raw = raw[at+2:] // a short escape
			continue
		}
		raw = raw[at+6:]
		if !utf16.IsSurrogate(unit) {
			continue
		}
		low, ok := escapedUnit(raw)
		if !ok || utf16.DecodeRune(unit, low) == utf8.RuneError {
			return false
		}
		raw = raw[6:]
	}
}

// escapedUnit reads the UTF-16 unit of an escape like \u00e9 that s begins with.
func escapedUnit(s string) (rune, bool) {
	if len(s) < 6 || s[:2] != `\u` {
		return 0, false
	}
	n, err := strconv.ParseUint(s[2:6], 16, 16)
	return rune(n), err == nil
}

// appendString writes a string with the escapes that JSON demands and no more.
func appendString(b []byte, s string) []byte {
	const short = "btn\x00fr" // the letters of U+0008 to U+000D
	b = append(b, '"')
	for i := range len(s) { // all that is escaped is ASCII
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c >= '\b' && c <= '\r' && c != '\v':
			b = append(b, '\\', short[c-'\b'])
		case c < ' ':
			b = fmt.Appendf(b, `\u%04x`, c)
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}
