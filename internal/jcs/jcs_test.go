package jcs

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

// RFC 8785 section 3.2.3 and 3.2.4: one object, before and after.
func TestTheRFCsObject(t *testing.T) {
	in := "{\n \"numbers\": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],\n" +
		` "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",` + "\n \"literals\": [null, true, false]\n}"
	want := `{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`
	if got, err := Canonical([]byte(in)); err != nil || string(got) != want {
		t.Errorf("Canonical = %s, %v; want %s", got, err, want)
	}
}

// RFC 8785 section 3.2.3: keys are ordered by UTF-16 units, not by characters.
func TestTheRFCsOrderOfKeys(t *testing.T) {
	in := `{"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One",` +
		`"\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis"}`
	want := `{"\r":"Carriage Return","1":"One","` + "\u0080" + `":"Control","ö":"Latin Small Letter O With Diaeresis","€":"Euro Sign",` +
		`"😀":"Emoji: Grinning Face","` + "\ufb33" + `":"Hebrew Letter Dalet With Dagesh"}`
	if got, err := Canonical([]byte(in)); err != nil || string(got) != want {
		t.Errorf("Canonical = %s, %v; want %s", got, err, want)
	}
}

// RFC 8785 appendix B: doubles by their bits and how they are printed.
func TestTheRFCsNumbers(t *testing.T) {
	for _, tt := range []struct {
		bits uint64
		want string
	}{
		{0x0000000000000000, "0"},
		{0x8000000000000000, "0"},
		{0x0000000000000001, "5e-324"},
		{0x8000000000000001, "-5e-324"},
		{0x7fefffffffffffff, "1.7976931348623157e+308"},
		{0xffefffffffffffff, "-1.7976931348623157e+308"},
		{0x4340000000000000, "9007199254740992"},
		{0xc340000000000000, "-9007199254740992"},
		{0x4430000000000000, "295147905179352830000"},
		{0x44b52d02c7e14af5, "9.999999999999997e+22"},
		{0x44b52d02c7e14af6, "1e+23"},
		{0x44b52d02c7e14af7, "1.0000000000000001e+23"},
		{0x444b1ae4d6e2ef4e, "999999999999999700000"},
		{0x444b1ae4d6e2ef4f, "999999999999999900000"},
		{0x444b1ae4d6e2ef50, "1e+21"},
		{0x3eb0c6f7a0b5ed8c, "9.999999999999997e-7"},
		{0x3eb0c6f7a0b5ed8d, "0.000001"},
		{0x41b3de4355555553, "333333333.3333332"},
		{0x41b3de4355555554, "333333333.33333325"},
		{0x41b3de4355555555, "333333333.3333333"},
		{0x41b3de4355555556, "333333333.3333334"},
		{0x41b3de4355555557, "333333333.33333343"},
		{0xbecbf647612f3696, "-0.0000033333333333333333"},
		{0x43143ff3c1cb0959, "1424953923781206.2"},
	} {
		if got := string(appendNumber(nil, math.Float64frombits(tt.bits))); got != tt.want {
			t.Errorf("%016x is printed %s, want %s", tt.bits, got, tt.want)
		}
	}
}

func TestWhatHasNoCanonicalFormIsRefused(t *testing.T) {
	for in, want := range map[string]error{
		``: ErrSyntax, `{`: ErrSyntax, `01`: ErrSyntax, `"a` + "\n" + `"`: ErrSyntax, `NaN`: ErrSyntax, `{} {}`: ErrSyntax,
		`{"a":1,"a":1}`: ErrDuplicate, `{"a":1,"\u0061":2}`: ErrDuplicate, `[{"b":{"x":1,"x":2}}]`: ErrDuplicate,
		`"\ud83d"`: ErrString, `"\ude00\ud83d"`: ErrString, `"\ud83dx"`: ErrString, `{"\ud83d":1}`: ErrString, `"` + "\xff" + `"`: ErrString,
		`"\ud83d\n"`: ErrString, `1e400`: ErrNumber, `[-1e999]`: ErrNumber,
	} {
		if got, err := Canonical([]byte(in)); !errors.Is(err, want) {
			t.Errorf("Canonical(%q) = %s, %v; want %v", in, got, err, want)
		}
	}
}

func TestEscapesAreTheFewest(t *testing.T) {
	for in, want := range map[string]string{
		"\b\t\n\f\r": `"\b\t\n\f\r"`, "\x00\v\x1f\x7f": `"\u0000\u000b\u001f` + "\x7f\"", `/<>&'"\`: `"/<>&'\"\\"`,
		"\u2028\u2029é€😀": "\"\u2028\u2029é€😀\"",
	} {
		if got, err := Marshal(in); err != nil || string(got) != want {
			t.Errorf("Marshal(%q) = %s, %v; want %s", in, got, err, want)
		}
	}
}

func anyJSON() *rapid.Generator[any] {
	leaf := rapid.OneOf(
		rapid.Just[any](nil), rapid.Bool().AsAny(), rapid.String().AsAny(),
		rapid.Float64().AsAny(), rapid.Int64Range(-1<<53, 1<<53).AsAny(),
	)
	return rapid.OneOf(
		leaf, rapid.SliceOfN(leaf, 0, 4).AsAny(), rapid.MapOfN(rapid.String(), leaf, 0, 5).AsAny(),
		rapid.MapOfN(rapid.String(), rapid.SliceOfN(rapid.MapOfN(rapid.String(), leaf, 0, 3), 0, 3), 0, 3).AsAny(),
	)
}

// The canonical form says the same, is its own canonical form, and does not
// depend on how the text was laid out.
func TestTheFormIsOneAndLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text, err := json.MarshalIndent(anyJSON().Draw(t, "value"), "\r", "\t ")
		if err != nil {
			t.Fatal(err)
		}
		got, err := Canonical(text)
		if err != nil {
			t.Fatalf("Canonical(%s) = %v", text, err)
		}
		if again, err := Canonical(got); err != nil || !bytes.Equal(again, got) {
			t.Errorf("canonical %s becomes %s, %v", got, again, err)
		}
		var before, after any
		if json.Unmarshal(text, &before) != nil || json.Unmarshal(got, &after) != nil {
			t.Fatalf("%s or %s is not JSON", text, got)
		}
		one, _ := json.Marshal(before) // sorts its keys, by bytes
		other, _ := json.Marshal(after)
		if !bytes.Equal(bytes.ReplaceAll(one, []byte("-0"), []byte("0")), bytes.ReplaceAll(other, []byte("-0"), []byte("0"))) {
			t.Errorf("%s says something else than %s", other, one)
		}
	})
}

func TestANumberReadsBackAsItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := rapid.Float64().Draw(t, "f")
		if got, err := strconv.ParseFloat(string(appendNumber(nil, f)), 64); err != nil || got != f {
			t.Errorf("%v is read back as %v, %v", f, got, err)
		}
	})
}

func FuzzCanonical(f *testing.F) {
	for _, s := range []string{`{"b":[1,2.50,{}],"a":"\u00e9\ud83d\ude00"}`, ` [ ] `, `-0.0`, `"\ud83d"`, `{"a":1,"a":2}`, `1e-7`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := Canonical(text)
		if err != nil {
			return
		}
		if again, err := Canonical(got); err != nil || !bytes.Equal(again, got) {
			t.Errorf("Canonical(%q) = %q, and of that %q, %v", text, got, again, err)
		}
	})
}
