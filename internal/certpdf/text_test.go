package certpdf

import (
	"errors"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"github.com/kapstone-lms/kapstone/internal/fault"
)

// names are names a certificate prints and a reader of PDFs finds again.
var names = []string{
	"José",
	"Jose\u0301 Mun\u0303oz", // composed on the way
	"Łukasiewicz",
	"Nguyễn Thị Ánh",
	`O'Brien (\)`,
	"Ċġķ Čč",             // a byte of each looks like a line break to PDF
	"Ὀδυσσεὺς Ἀγαμέμνων", // Greek with breathings
	"Пётр Ильич Чайковский",     // Cyrillic
	"Қасым Әуезов Ұлпан",        // Cyrillic of Kazakh, from the second face
	"שָׁלוֹם בֶּן־דָּוִד",       // Hebrew with points
	"محمد الفيتوري",             // Arabic
	"مُحَمَّدٌ الْفَيْتُورِيُّ", // with vowels
	"گیتی پورچنگیز",             // Persian
	"क्षितिज श्रीवास्तव",
	"สมชาย น้ำใจ ผู้ใหญ่",
	"Q\u0303 X\u0327 Z\u0308\u0301", // marks with no composed form
	"D’Angelo-Smith, Jr. № 2 ªº ß ſ",
	"Ø",
	"م",
	"  two\t words\u00a0 ",
	"{nb} %s 100%% <b>",
	strings.TrimSpace(strings.Repeat("Maria von ", 20)), // 199 characters
}

func TestNamesArePrintedAsWritten(t *testing.T) {
	for _, name := range names {
		if err := Printable(name); err != nil {
			t.Errorf("Printable(%q) = %v, %s; want nil", name, err, fault.Of(err).Text)
			continue
		}
		d := sample()
		d.Holder = name
		got := strings.Join(strings.Fields(read(t, draw(t, d))), " ")
		if want := recordsThat + " " + Normalize(name) + " " + completed; !strings.Contains(got, want) {
			t.Errorf("the page reads\n%s\nwant in it\n%s", got, want)
		}
	}
}

func TestANameWithoutSpacesIsBrokenBetweenLetters(t *testing.T) {
	for _, name := range []string{strings.Repeat("W", MaxName), strings.Repeat("ž̧", 50), strings.Repeat("क्षि", 50)} {
		d := sample()
		d.Holder = name
		got := strings.Join(strings.Fields(read(t, draw(t, d))), "")
		if !strings.Contains(got, Normalize(name)) {
			t.Errorf("the page reads\n%s\nwant in it\n%s", got, name)
		}
	}
}

// What pdftotext makes of a line that runs both ways is not the name as read:
// it takes the stretches from left to right. Each stretch is whole.
func TestANameInTwoDirectionsIsPrintedInWholeStretches(t *testing.T) {
	for name, want := range map[string][]string{
		"محمد Smith (الفيتوري)":  {"محمد", "Smith", "(الفيتوري)"},
		"Ada Quist (עדה קוויסט)": {"Ada Quist (", "עדה קוויסט", ")"},
	} {
		d := sample()
		d.Holder = name
		got := read(t, draw(t, d))
		for _, stretch := range want {
			if !strings.Contains(got, stretch) {
				t.Errorf("%s: the page reads\n%s\nwant in it\n%s", name, got, stretch)
			}
		}
	}
}

func TestNamesThatCannotBePrintedAreRefused(t *testing.T) {
	for _, tt := range []struct {
		name string
		want *fault.Fault
		says string
	}{
		{"", ErrEmpty, ""},
		{" \t\u00a0\u3000", ErrEmpty, ""},
		{"Ada\xff", ErrMalformed, ""},
		{"Ada\xed\xa0\x80", ErrMalformed, ""}, // half a surrogate pair
		{strings.Repeat("a", MaxName+1), ErrTooLong, "200"},
		{"Ada\x00Quist", ErrHidden, "U+0000"},
		{"Ada\x1b[31m", ErrHidden, "U+001B"},
		{"Ada \u202etsiuQ", ErrHidden, "U+202E"},
		{"\u2066Ada\u2069", ErrHidden, "U+2066"},
		{"محمد\u061c", ErrHidden, "U+061C"},
		{"Ada\u200bQuist", ErrHidden, "U+200B"},
		{"Ada\u200dQuist", ErrHidden, "U+200D"},
		{"علی\u200cرضا", ErrHidden, "U+200C"},
		{"\ufeffAda", ErrHidden, "U+FEFF"},
		{"Ada\u00adQuist", ErrHidden, "U+00AD"},
		{"A\u034fda", ErrHidden, "U+034F"},
		{"Ada\ufe0f", ErrHidden, "U+FE0F"},
		{"Ada \u3164", ErrHidden, "U+3164"},
		{"Ada\U000e0041", ErrHidden, "U+E0041"},
		{"Ada 😀", ErrUnprintable, "“😀” (U+1F600)"},
		{"José 李小龙", ErrUnprintable, "“李” (U+674E)"},
		{"𠮷田", ErrUnprintable, "“𠮷” (U+20BB7)"},
		{"অমিতাভ", ErrUnprintable, "“অ” (U+0985)"},
		{"\u0378", ErrUnprintable, "U+0378"}, // not assigned
		{"\ue000", ErrUnprintable, "U+E000"}, // private
		{"\ufffd", ErrUnprintable, "U+FFFD"},
		{"\uffff", ErrUnprintable, "U+FFFF"},
		{"\u0301Ada", ErrUnprintable, "mark U+0301"},
		{"Ada \u0301", ErrUnprintable, "mark U+0301"},
		{"Adaि", ErrUnprintable, "mark U+093F"}, // a mark of another script
		{"ਾ", ErrUnprintable, "mark U+0A3E"},
		{"कअा", ErrUnprintable, "“अा” ([U+0905 U+093E])"}, // a vowel sign on a vowel
		{"a" + strings.Repeat("\u0301", 20), ErrUnprintable, "too many marks"},
		{"a" + strings.Repeat("\u0323", 20), ErrUnprintable, "too many marks"},
	} {
		err := Printable(tt.name)
		if !errors.Is(err, tt.want) {
			t.Errorf("Printable(%+q) = %v, want %v", tt.name, err, tt.want)
			continue
		}
		if f := fault.Of(err); f.Field != "name" || f.Kind != fault.Invalid || !strings.Contains(f.Text, tt.says) {
			t.Errorf("Printable(%+q) says %q at %q, want %q at name", tt.name, f.Text, f.Field, tt.says)
		}
		d := sample()
		d.Holder = tt.name
		if _, err := Draw(d); !errors.Is(err, tt.want) || fault.Of(err).Field != "holder" {
			t.Errorf("Draw(holder %+q) = %v, want %v at holder", tt.name, err, tt.want)
		}
	}
}

func TestNormalizeIsDoneAfterOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		once := Normalize(rapid.String().Draw(t, "text"))
		if again := Normalize(once); again != once {
			t.Fatalf("Normalize twice = %+q, once %+q", again, once)
		}
		if strings.Contains(once, "  ") || strings.TrimFunc(once, unicode.IsSpace) != once {
			t.Fatalf("Normalize = %+q, want single spaces inside only", once)
		}
	})
}

// Random bytes seldom make a word of any script; random letters of ours do.
func TestAnyMixOfOurLettersIsDrawnWherePrintable(t *testing.T) {
	letters := rapid.StringOfN(rapid.RuneFrom(nil, &unicode.RangeTable{R16: []unicode.Range16{
		{Lo: ' ', Hi: '~', Stride: 1}, {Lo: 0xA0, Hi: 0x24F, Stride: 1}, {Lo: 0x300, Hi: 0x36F, Stride: 1},
		{Lo: 0x370, Hi: 0x52F, Stride: 1}, {Lo: 0x591, Hi: 0x5F4, Stride: 1}, {Lo: 0x600, Hi: 0x6FF, Stride: 1},
		{Lo: 0x900, Hi: 0x97F, Stride: 1}, {Lo: 0xE00, Hi: 0xE7F, Stride: 1}, {Lo: 0x1E00, Hi: 0x1FFF, Stride: 1},
	}}), 1, 12, -1)
	rapid.Check(t, func(t *rapid.T) {
		d := sample()
		d.Holder = letters.Draw(t, "name")
		printable := Printable(d.Holder)
		if printable != nil && fault.Of(printable) == nil {
			t.Fatalf("Printable(%+q) = %v, want nil or a fault", d.Holder, printable)
		}
		if _, err := Draw(d); (err == nil) != (printable == nil) {
			t.Fatalf("Draw(holder %+q) = %v, but Printable = %v", d.Holder, err, printable)
		}
	})
}

// FuzzDraw holds that no text ends in a panic, and that a name Printable lets
// pass is drawn.
func FuzzDraw(f *testing.F) {
	for _, name := range names {
		f.Add(name, name)
	}
	for _, text := range []string{"\u202e", "😀", "a\u0301\u0301", "דוד a 1 (ا)", "क्\u200d", "\xff", "เเ ำ", "◌", "A\u0345"} {
		f.Add(text, "x"+text)
	}
	f.Fuzz(func(t *testing.T, name, other string) {
		printable := Printable(name)
		if printable != nil && fault.Of(printable) == nil {
			t.Fatalf("Printable(%+q) = %v, want nil or a fault", name, printable)
		}
		d := sample()
		d.Holder = name
		if _, err := Draw(d); (err == nil) != (printable == nil) {
			t.Fatalf("Draw(holder %+q) = %v, but Printable = %v", name, err, printable)
		}
		d = sample()
		d.Title, d.Program, d.ProgramVersion, d.Practice, d.Serial = other, other, other, other, other
		d.IssuerName, d.IssuerAddress, d.SignatoryName, d.SignatoryTitle = other, other, other, other
		d.Modules[1].Title, d.Hours[1].Kind, d.VerifyURL = other, other, "https://example.org/"+other
		if _, err := Draw(d); err != nil && fault.Of(err) == nil {
			t.Fatalf("Draw(with %+q) = %v, want nil or a fault", other, err)
		}
	})
}
