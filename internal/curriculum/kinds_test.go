package curriculum

import (
	"errors"
	"math/big"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestTheSetOfKindsIsClosed(t *testing.T) {
	if len(Kinds()) != len(kinds) {
		t.Errorf("Kinds lists %d kinds, the table has %d", len(Kinds()), len(kinds))
	}
	for _, k := range Kinds() {
		if kinds[k] == nil {
			t.Errorf("kind %s is in no table", k)
		}
	}
}

// writtenItems are a bank of what the test course does not have: items that are
// written, and parts that count.
const writtenItems = `
  - id: thr-07
    lesson: thr-1
    objective: leave
    kind: numeric
    stem: How long is the street?
    answer: "+012.50"
    tolerance: ".5"
    unit: km
    why: "It was measured on foot."
    sources: [S]
    confidence: B
  - id: thr-08
    lesson: thr-1
    objective: leave
    kind: short
    stem: What opens a lock?
    accept: ["a key", "the key"]
    why: "A lock is made for its key."
    sources: [S]
    confidence: B
  - id: thr-09
    lesson: thr-1
    objective: leave
    kind: multiple
    partial: true
    stem: Which of these can be seen?
    options:
      - {id: a, text: "A door", correct: true, why: "It is there."}
      - {id: b, text: "A wish", why: "It is in the head."}
      - {id: c, text: "A hand", correct: true, why: "It is there."}
    sources: [S]
    confidence: B
`

// withWritten is the test course with these items; its module third ends at
// line 79 of theBank without them.
func withWritten(t testing.TB) fstest.MapFS {
	t.Helper()
	files := testCourse(t)
	files[theBank].Data = append(slices.Clip([]byte(strings.TrimRight(string(files[theBank].Data), "\n"))), writtenItems...)
	return files
}

func TestWhatAnItemHasByItsKindIsRead(t *testing.T) {
	files := withWritten(t)
	edit(t, files, theModule, "minutes: 60", "minutes: 60, pages: many")
	m := load(t, files).Module("third")
	want := []*Item{
		{ID: "thr-07", Lesson: "thr-1", Objective: "leave", Kind: Numeric, Stem: "How long is the street?",
			Answer: "12.5", Tolerance: "0.5", Unit: "km", Why: "It was measured on foot.", Sources: []string{"S"}, Confidence: "B"},
		{ID: "thr-08", Lesson: "thr-1", Objective: "leave", Kind: Short, Stem: "What opens a lock?",
			Accept: []string{"a key", "the key"}, Why: "A lock is made for its key.", Sources: []string{"S"}, Confidence: "B"},
	}
	if d := cmp.Diff(want, m.Items[6:8]); d != "" {
		t.Errorf("the written items (-want +got):\n%s", d)
	}
	if m.Quiz != (Quiz{Draw: 4, Minutes: 60, Pages: ManyPages}) {
		t.Errorf("the quiz is %+v", m.Quiz)
	}
	for id, partial := range map[ItemID]bool{"thr-04": false, "thr-09": true} {
		if it := m.Item(id); it.Partial != partial {
			t.Errorf("parts of %s count: %t, want %t", id, it.Partial, partial)
		}
	}
	if err := errors.Join(m.Items[6].Check(m.Items[6].Key()), m.Items[7].Check(m.Items[7].Key())); err != nil {
		t.Errorf("a key cannot be an answer: %v", err)
	}
}

// What a module says of parts holds for the kinds that have some, unless an
// item says otherwise.
func TestAModuleSaysWhetherPartsCount(t *testing.T) {
	files := withWritten(t)
	edit(t, files, theModule, "minutes: 60", "minutes: 60, partial: true, sequential: true")
	edit(t, files, theBank, "partial: true", "partial: false")
	m := load(t, files).Module("third")
	for _, it := range m.Items {
		want := map[Kind]bool{Multiple: true, InOrder: true, Matching: true}[it.Kind] && it.ID != "thr-09"
		if it.Partial != want {
			t.Errorf("parts of the %s item %s count: %t, want %t", it.Kind, it.ID, it.Partial, want)
		}
	}
	if m.Quiz != (Quiz{Draw: 4, Minutes: 60, Pages: ManyPages, Sequential: true, Partial: true}) {
		t.Errorf("the quiz is %+v", m.Quiz)
	}
}

func TestWhatAKindMustHaveIsTold(t *testing.T) {
	for _, tt := range []struct{ file, old, new, want string }{
		{theBank, `answer: "+012.50"`, `answer: "12,5"`, "`answer` is \"12,5\"; it must be a number like \"12.5\""},
		{theBank, `answer: "+012.50"`, `answer: 12.5`, "`answer` must be a text; put it in quotes"},
		{theBank, `answer: "+012.50"`, `why2: x`, "`answer` is missing"},
		{theBank, `tolerance: ".5"`, `tolerance: "-1"`, "`tolerance` is -1; it must be 0 or more"},
		{theBank, `tolerance: ".5"`, `tolerance: "1e3"`, "`tolerance` is \"1e3\"; it must be a number"},
		{theBank, `unit: km`, `unit: ` + strings.Repeat("k", 21), "`unit` has 21 characters"},
		{theBank, `unit: km`, "unit: km\n    partial: true", "`partial` has no meaning in an item of kind numeric; remove it"},
		{theBank, `unit: km`, "unit: km\n    options: []", "`options` has no meaning in an item of kind numeric; remove it"},
		{theBank, `"It was measured on foot."`, `""`, "`why` has 0 characters"},
		{theBank, `["a key", "the key"]`, `["a key", "A  KEY."]`, "an accepted form \"A  KEY.\" reads like \"a key\"; remove one"},
		{theBank, `["a key", "the key"]`, `["..."]`, "an accepted form must be a text of 1 to 200 characters, and not of punctuation alone"},
		{theBank, `["a key", "the key"]`, `["` + strings.Repeat("k", 201) + `"]`, "an accepted form must be a text of 1 to 200 characters"},
		{theBank, `["a key", "the key"]`, `[1]`, "an accepted form must be a text; put it in quotes"},
		{theBank, `["a key", "the key"]`, `[]`, "`accept` has 0 entries; it must have 1 to 20"},
		{theBank, `partial: true`, `partial: half`, "`partial` must be true or false"},
		{theBank, `partial: true`, `unit: km`, "`unit` has no meaning in an item of kind multiple; remove it"},
		{theModule, "minutes: 60", "minutes: 60, pages: three", "`pages` is \"three\"; it must be one of one, many"},
		{theModule, "minutes: 60", "minutes: 60, sequential: true, pages: one", "`pages` is one, but a sequential quiz has a page for each item"},
	} {
		files := withWritten(t)
		edit(t, files, tt.file, tt.old, tt.new)
		_, err := Load(files)
		var faults Faults
		if !errors.As(err, &faults) || !slices.ContainsFunc(faults, func(f Fault) bool { return f.File == tt.file && f.Line > 0 && strings.HasPrefix(f.Text, tt.want) }) {
			t.Errorf("%s for %s: Load = %v, want %q", tt.new, tt.old, err, tt.want)
		}
	}
}

func TestNumbersHaveOneSpelling(t *testing.T) {
	for s, want := range map[string]string{
		"12.50": "12.5", "+12.5": "12.5", "0012.5": "12.5", "12.": "12", ".5": "0.5", "-.50": "-0.5", "0": "0", "-0.00": "0", "000": "0",
		"999999999999999.0000000001": "999999999999999.0000000001",
	} {
		if got, ok := spelled(s); !ok || got != want {
			t.Errorf("spelled(%q) = %q, %t; want %q", s, got, ok, want)
		}
	}
	for _, s := range []string{
		"", ".", "-", "+-1", "--1", "12,5", "1,200", "1 200", "12.5 mg", "1e3", "0x1", "1/2", "１２", "∞", "NaN", "1..2", "1.2.3", " 1", "1\n",
		"1000000000000000", "1.00000000001", "1_0",
	} {
		if got, ok := spelled(s); ok {
			t.Errorf("spelled(%q) = %q, want none", s, got)
		}
	}
}

// A spelling is that of its value, and no two numbers share one.
func TestASpellingIsOfOneNumber(t *testing.T) {
	number := rapid.StringMatching(`[+-]?[0-9]{1,15}(\.[0-9]{0,10})?`)
	rapid.Check(t, func(t *rapid.T) {
		a, b := number.Draw(t, "a"), number.Draw(t, "b")
		if rapid.Bool().Draw(t, "alike") && strings.Contains(a, ".") && len(a[strings.Index(a, "."):]) <= 10 {
			b = a + "0"
		}
		one, ok := spelled(a)
		other, too := spelled(b)
		again, still := spelled(one)
		if !ok || !too || !still || again != one {
			t.Fatalf("%q is spelled %q, and that %q; %q is spelled %q", a, one, again, b, other)
		}
		x, _ := new(big.Rat).SetString(a)
		y, _ := new(big.Rat).SetString(b)
		if exactly(one).Cmp(x) != 0 || (one == other) != (x.Cmp(y) == 0) {
			t.Fatalf("%q is %v and spelled %q; %q is %v and spelled %q", a, x, one, b, y, other)
		}
	})
}

func FuzzNumber(f *testing.F) {
	seeds(f, "12.50", "-0", ".5", "12,5", "1e3", "१२", "0x1p-2", strings.Repeat("9", 30))
	it := &Item{Kind: Numeric, Answer: "12.5", Tolerance: "0.5"}
	f.Fuzz(func(t *testing.T, s string) {
		err := it.Check([]string{s})
		kept := it.Canonical([]string{s})
		if err != nil {
			if !errors.Is(err, ErrNumber) || it.Right([]string{s}) {
				t.Errorf("Check(%q) = %v", s, err)
			}
			return
		}
		if again := it.Canonical(kept); !slices.Equal(again, kept) || it.Check(kept) != nil || it.Right(kept) != it.Right([]string{s}) {
			t.Errorf("%q is kept as %q, and that as %q", s, kept, again)
		}
		if len(kept) == 0 {
			return // it was blank
		}
		x, ok := new(big.Rat).SetString(strings.TrimSpace(s))
		if !ok || exactly(kept[0]).Cmp(x) != 0 {
			t.Errorf("%q is kept as %q, another number", s, kept)
		}
	})
}

func TestTextsReadAlike(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want bool
	}{
		{"Ketamine", "KETAMINE.", true},
		{"a  key", " A key !? ", true},
		{"Straße", "STRASSE", true},
		{"cafe\u0301", "CAFÉ", true},
		{"don’t", "don't", true},
		{"follow–up", "follow-up", true},
		{"one\u00a0two", "one two", true},
		{"S-ketamine", "S ketamine", false},
		{"a key", "akey", false},
		{"e.g. this", "eg this", false},
		{"12.5", "125", false},
		{"резюме", "peзюме", false}, // a Latin p
	} {
		if got := alike(tt.a) == alike(tt.b); got != tt.want {
			t.Errorf("%q and %q read alike: %t, want %t", tt.a, tt.b, got, tt.want)
		}
	}
}

func FuzzShort(f *testing.F) {
	seeds(f, "a key", " A  Key.", "İ", "ŉ", "ΰ", "a\u202eb", "\u0345a", "...", "\xff", strings.Repeat("a", 201))
	it := &Item{Kind: Short, Accept: []string{"a key"}}
	f.Fuzz(func(t *testing.T, s string) {
		if err := it.Check([]string{s}); err != nil {
			if !errors.Is(err, ErrBadText) && !errors.Is(err, ErrLongText) || it.Right([]string{s}) {
				t.Errorf("Check(%q) = %v", s, err)
			}
			return
		}
		kept := it.Canonical([]string{s})
		if again := it.Canonical(kept); !slices.Equal(again, kept) || it.Check(kept) != nil || it.Right(kept) != it.Right([]string{s}) {
			t.Errorf("%q is kept as %q, and that as %q", s, kept, again)
		}
		if badText(strings.Join(kept, "")) != "" {
			t.Errorf("%q is kept as %q, which no text may be", s, kept)
		}
		if one := alike(s); alike(one) != one || alike(strings.Join(kept, "")) != one {
			t.Errorf("%q reads %q, that %q, and what is kept %q", s, one, alike(one), alike(strings.Join(kept, "")))
		}
	})
}

func TestLintLooksAtWrittenItems(t *testing.T) {
	written := func(k Kind, stem, answer, tolerance string, accept ...string) func(*Item) {
		return func(it *Item) {
			it.Kind, it.Stem, it.Answer, it.Tolerance, it.Accept, it.Options = k, stem, answer, tolerance, accept, nil
			it.Why = "A rationale that says something."
		}
	}
	for name, tt := range map[string]struct {
		spoil func(*Item)
		want  string // the beginning, "" for none
	}{
		"a good number":     {written(Numeric, "How many are there?", "-12.5", "0.5"), ""},
		"nought":            {written(Numeric, "How many are there?", "0", "0"), ""},
		"a wide tolerance":  {written(Numeric, "How many are there?", "-12.5", "12.5"), "item i-5: the tolerance is as large as the answer"},
		"good words":        {written(Short, "What opens a lock?", "", "", "a key", "the key"), ""},
		"one form":          {written(Short, "What opens a lock?", "", "", "a key"), "item i-5 accepts one form"},
		"the stem tells it": {written(Short, "What does a Key open?", "", "", "a key", "the key"), "item i-5: the stem holds the accepted form \"a key\""},
		"no reason":         {func(it *Item) { written(Numeric, "How many?", "1", "0")(it); it.Why = "So." }, "item i-5 has a rationale of 3 characters"},
	} {
		c := bankOf(even)
		tt.spoil(c.Modules[0].Items[5])
		got := found(c)
		if (tt.want == "") != (len(got) == 0) || tt.want != "" && (len(got) != 1 || !strings.HasPrefix(got[0], tt.want)) {
			t.Errorf("%s: Lint = %q, want %q", name, got, tt.want)
		}
	}
}
