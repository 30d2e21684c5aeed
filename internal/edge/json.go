package edge

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"github.com/kapstone-lms/kapstone/internal/fault"
)

// maxDepth is how deep a JSON body may nest. Ours nest three deep.
const maxDepth = 16

// The faults of a JSON body.
var (
	ErrJSON         = fault.New(fault.Malformed, "bad_json", "The body is not one JSON value.")
	ErrUTF8         = fault.New(fault.Malformed, "bad_text", "The body holds bytes or characters that text cannot have (bad UTF-8, NUL).")
	ErrDuplicateKey = fault.New(fault.Malformed, "duplicate_key", "The body names a field twice.")
	ErrDepth        = fault.New(fault.Malformed, "too_deep", "The body is nested too deeply.")
	ErrUnknownField = fault.New(fault.Malformed, "unknown_field", "The body has a field that this address does not know.")
)

// Strict reports what is wrong with a JSON body that encoding/json would let
// pass: bad UTF-8, NUL, a key given twice, anything after the value, nesting
// out of all measure. It returns nil for a body that means one thing only.
func Strict(data []byte) error { return StrictWithin(data, maxJSON) }

// StrictWithin is Strict for the few addresses that take a body of more bytes.
func StrictWithin(data []byte, most int) error {
	if len(data) > most {
		return errTooLarge
	}
	if !utf8.Valid(data) || bytes.IndexByte(data, 0) >= 0 {
		return ErrUTF8
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := walk(d, 0); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return ErrJSON
	}
	return nil
}

// walk reads one value.
func walk(d *json.Decoder, depth int) error {
	if depth > maxDepth {
		return ErrDepth
	}
	t, err := d.Token()
	if err != nil {
		return ErrJSON
	}
	switch t := t.(type) {
	case string:
		return text(t)
	case json.Delim:
		if t == '{' {
			return walkObject(d, depth)
		}
		for d.More() {
			if err := walk(d, depth+1); err != nil {
				return err
			}
		}
		return end(d)
	}
	return nil
}

func walkObject(d *json.Decoder, depth int) error {
	seen := make(map[string]bool)
	for d.More() {
		t, err := d.Token()
		key, ok := t.(string)
		if err != nil || !ok {
			return ErrJSON
		}
		if err := text(key); err != nil {
			return err
		}
		if seen[key] {
			return ErrDuplicateKey.At(key)
		}
		seen[key] = true
		if err := walk(d, depth+1); err != nil {
			return err
		}
	}
	return end(d)
}

func end(d *json.Decoder) error {
	if _, err := d.Token(); err != nil {
		return ErrJSON
	}
	return nil
}

// text refuses a string that held an escaped NUL or half a surrogate pair: the
// decoder writes U+FFFD for the latter.
func text(s string) error {
	if strings.ContainsAny(s, "\x00\uFFFD") {
		return ErrUTF8
	}
	return nil
}

// Decode reads a body into v strictly. The body must be a JSON object, and
// fields names those it may have, in exactly that case.
func Decode(c *fiber.Ctx, v any, fields ...string) error {
	if err := JSONType(c); err != nil {
		return err
	}
	body := c.Body()
	if err := Strict(body); err != nil {
		return err
	}
	var got map[string]json.RawMessage
	if err := json.Unmarshal(body, &got); err != nil || got == nil {
		return ErrJSON
	}
	for name := range got {
		if !slices.Contains(fields, name) {
			return ErrUnknownField.At(name)
		}
	}
	if err := json.Unmarshal(body, v); err != nil {
		var te *json.UnmarshalTypeError
		if errors.As(err, &te) {
			return ErrType.At(te.Field)
		}
		return ErrJSON
	}
	return nil
}

// ErrType reports a field of the wrong type.
var ErrType = fault.New(fault.Invalid, "wrong_type", "This field has the wrong type.")

// JSONType refuses a body that is not declared as JSON.
func JSONType(c *fiber.Ctx) error {
	kind, _, err := mime.ParseMediaType(c.Get(fiber.HeaderContentType))
	if err != nil || kind != fiber.MIMEApplicationJSON {
		return errMediaType
	}
	return nil
}

// ErrMissingField reports a field that must be there.
var ErrMissingField = fault.New(fault.Invalid, "missing_field", "This field must be there.")
