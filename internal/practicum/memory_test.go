package practicum

import (
	"bytes"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// No two rows that differ write the same, however their values run together.
func TestRowsDoNotRunTogether(t *testing.T) {
	for _, p := range []struct {
		name     string
		one, two []any
	}{
		{"texts side by side", []any{"ab", "c"}, []any{"a", "bc"}},
		{"a text and its bytes", []any{"ab"}, []any{[]byte("ab")}},
		{"nothing and an empty text", []any{nil}, []any{""}},
		{"nothing and zero", []any{nil}, []any{int64(0)}},
		{"a number and its digits", []any{int64(7)}, []any{"7"}},
		{"one more", []any{"a"}, []any{"a", nil}},
		{"a text that looks like another's head", []any{"s\x00\x00\x00\x00\x00\x00\x00\x00"}, []any{"s", ""}},
	} {
		one, err1 := spell(nil, p.one)
		two, err2 := spell(nil, p.two)
		if err1 != nil || err2 != nil || bytes.Equal(one, two) {
			t.Errorf("%s: both are %q, %v, %v", p.name, one, err1, err2)
		}
	}
	texts := rapid.SliceOfN(rapid.String(), 0, 4)
	rapid.Check(t, func(t *rapid.T) {
		one, two := texts.Draw(t, "one"), texts.Draw(t, "two")
		same := len(one) == len(two)
		var a, b []any
		for i, s := range one {
			a = append(a, s)
			same = same && s == two[i]
		}
		for _, s := range two {
			b = append(b, s)
		}
		x, _ := spell(nil, a)
		y, _ := spell(nil, b)
		if bytes.Equal(x, y) != same {
			t.Errorf("%q and %q are %q and %q", one, two, x, y)
		}
	})
	if _, err := spell(nil, []any{time.Now()}); err == nil {
		t.Error("a value of a type that nobody thought of is spelled")
	}
}

func TestTheMemoryHasAnEnd(t *testing.T) {
	var m memory
	print := func(i int) fingerprint { return fingerprint{byte(i), byte(i >> 8), byte(i >> 16), 1} }
	knows := func(i int) bool {
		f, ok := m.recall(print(i))
		return ok && f.session.Minutes == i
	}
	for i := range 3 * half {
		m.keep(print(i), found{session: Session{Minutes: i}})
		if len(m.young) > half || len(m.old) > half {
			t.Fatalf("after %d: %d and %d are remembered", i, len(m.young), len(m.old))
		}
		if !knows(0) { // asked for all the time
			t.Fatalf("after %d: what is asked for is forgotten", i)
		}
	}
	if !knows(3*half - 1) {
		t.Error("what was learned last is forgotten")
	}
	if knows(1) {
		t.Error("what nobody asked for is kept for ever")
	}
}
