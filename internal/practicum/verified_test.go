package practicum

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/keys"
)

// aRing is a ring of fresh keys.
func aRing(t testing.TB) *keys.Ring {
	t.Helper()
	m, err := keys.NewMaster([]byte(strings.Repeat("k3y!", 8)))
	if err != nil {
		t.Fatal(err)
	}
	var stored []keys.Stored
	for _, use := range keys.Uses {
		stored = append(stored, keys.Generate(m, use))
	}
	r, err := keys.Open(m, stored)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// signedRow is a signed log as it lies in SQL, by a service that knows nothing
// yet.
func signedRow(t testing.TB) (*Service, *row) {
	t.Helper()
	s := &Service{ring: aRing(t)}
	l := whole(Graded)
	days := 7
	l.ID, l.EnrollmentID, l.Reflection, l.Feedback, l.Case.Days = "l1", "e1", "I waited.", "Good.", &days
	l.Grades, l.SelfRating = Grades{"c1": 3, "c2": 4}, Grades{} // as they come from SQL
	if err := s.sign(l, signature{"s1", "Ines", "L 1", "observed", "password", db.At(time.UnixMilli(3000))}); err != nil {
		t.Fatal(err)
	}
	return s, s.seal(l)
}

// rowFields calls do for every field of a row and its case line.
func rowFields(v reflect.Value, path string, do func(name string, f reflect.Value)) {
	for i := range v.NumField() {
		f, name := v.Field(i), path+v.Type().Field(i).Name
		switch {
		case f.Type() == reflect.TypeFor[caseRow]():
			rowFields(f, name+".", do)
		case f.Kind() != reflect.Struct || f.Type() == reflect.TypeFor[db.Time]():
			do(name, f)
		}
	}
}

// alter changes one field by the least.
func alter(f reflect.Value) {
	if b, ok := f.Addr().Interface().(*[]byte); ok {
		changed := append([]byte{}, *b...)
		if len(changed) == 0 {
			changed = []byte{0}
		}
		changed[len(changed)-1] ^= 1
		*b = changed
		return
	}
	touch(f)
}

// Whatever changes in a row, the check runs again: what is remembered never
// answers otherwise than a process that remembers nothing.
func TestAChangedRowIsCheckedAnew(t *testing.T) {
	s, r := signedRow(t)
	if !s.intact(r) || !s.verified.holds(fingerprintOf(r)) {
		t.Fatal("the row does not hold, or is not remembered")
	}
	n, broken := 0, 0
	rowFields(reflect.ValueOf(r).Elem(), "", func(name string, f reflect.Value) {
		n++
		before := reflect.New(f.Type()).Elem()
		before.Set(f)
		alter(f)
		if s.verified.holds(fingerprintOf(r)) {
			t.Errorf("%s can change and the row is taken for the one that held", name)
		}
		fresh := &Service{ring: s.ring}
		if got, want := s.intact(r), fresh.intact(r); got != want {
			t.Errorf("with another %s the row holds: %v; for a process that remembers nothing: %v", name, got, want)
		}
		if !s.intact(r) {
			broken++
		}
		f.Set(before)
	})
	if n < 40 || broken < 30 || !s.intact(r) {
		t.Errorf("%d fields changed, %d of them broke the row", n, broken)
	}
}

// A row that held is not checked again: without any key it still holds.
func TestARowThatHeldIsRemembered(t *testing.T) {
	s, r := signedRow(t)
	s.intact(r)
	s.ring = nil
	again := *r
	again.Reflection = append([]byte{}, r.Reflection...) // read anew
	if !s.intact(&again) {
		t.Error("the row does not hold any more")
	}
}

// What is broken is never remembered as anything else.
func TestABrokenRowStaysBroken(t *testing.T) {
	s, r := signedRow(t)
	r.Minutes++
	for range 3 {
		if s.intact(r) {
			t.Fatal("a changed row holds")
		}
	}
	r.Minutes--
	if !s.intact(r) {
		t.Error("the row that was put right does not hold")
	}
}

// No two rows that differ write the same, however texts run together.
func TestFingerprintsDoNotRunTogether(t *testing.T) {
	pairs := []struct {
		name     string
		one, two row
	}{
		{"texts side by side", row{SignerName: "ab", SignerLicense: "c"}, row{SignerName: "a", SignerLicense: "bc"}},
		{"lists", row{Frameworks: []string{"ab"}}, row{Frameworks: []string{"a", "b"}}},
		{"no list and an empty one", row{Frameworks: nil}, row{Frameworks: []string{}}},
		{"no grades and none given", row{Grades: nil}, row{Grades: Grades{}}},
		{"two kinds of grades", row{Grades: Grades{"c1": 1}, SelfRating: Grades{}}, row{Grades: Grades{}, SelfRating: Grades{"c1": 1}}},
		{"bytes that move", row{Reflection: []byte{1, 2}, ReturnMessage: []byte{3}}, row{Reflection: []byte{1}, ReturnMessage: []byte{2, 3}}},
		{"no days and none", row{Case: caseRow{Days: nil}}, row{Case: caseRow{Days: new(int)}}},
	}
	for _, p := range pairs {
		if fingerprintOf(&p.one) == fingerprintOf(&p.two) {
			t.Errorf("%s have one fingerprint", p.name)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		one := row{SignerName: rapid.String().Draw(t, "a"), SignerLicense: rapid.String().Draw(t, "b"), Meaning: rapid.String().Draw(t, "c")}
		two := row{SignerName: rapid.String().Draw(t, "d"), SignerLicense: rapid.String().Draw(t, "e"), Meaning: rapid.String().Draw(t, "f")}
		if same := reflect.DeepEqual(one, two); (fingerprintOf(&one) == fingerprintOf(&two)) != same {
			t.Errorf("%+v and %+v", one, two)
		}
	})
}

func TestTheMemoryHasAnEnd(t *testing.T) {
	var s seen
	print := func(i int) fingerprint { return fingerprint{byte(i), byte(i >> 8), byte(i >> 16), 1} }
	for i := range 3 * half {
		s.learn(print(i))
		if len(s.young) > half || len(s.old) > half {
			t.Fatalf("after %d: %d and %d are remembered", i, len(s.young), len(s.old))
		}
		s.holds(print(0)) // asked for all the time
	}
	if !s.holds(print(0)) || !s.holds(print(3*half-1)) {
		t.Error("what is asked for, or was learned last, is forgotten")
	}
	if s.holds(print(1)) {
		t.Error("what nobody asked for is kept for ever")
	}
}
