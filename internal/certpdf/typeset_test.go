package certpdf

import (
	"slices"
	"strings"
	"testing"

	"github.com/go-text/typesetting/di"
	"github.com/go-text/typesetting/font"
)

func typesetterOf(t testing.TB) *typesetter {
	t.Helper()
	set, err := newTypesetter()
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func shaped(t testing.TB, text string, s style) line {
	t.Helper()
	l, err := typesetterOf(t).line(text, s)
	if err != nil {
		t.Fatalf("line(%q) = %v", text, err)
	}
	return l
}

func TestRunsStandFromLeftToRight(t *testing.T) {
	for _, tt := range []struct {
		runs string // lower case runs to the right, upper case to the left
		rtl  bool
		want string
	}{
		{"", false, ""},
		{"a", false, "a"},
		{"abc", false, "abc"},
		{"aBCd", false, "aCBd"},
		{"aBcDE", false, "aBcED"},
		{"AB", false, "BA"},
		{"ABC", true, "CBA"},
		{"AbcD", true, "DbcA"},
		{"abC", true, "Cab"},
		{"ab", true, "ab"},
	} {
		var runs []run
		for _, r := range tt.runs {
			runs = append(runs, run{text: []rune{r}, rtl: r < 'a'})
		}
		var got strings.Builder
		for _, r := range visual(runs, tt.rtl) {
			got.WriteString(string(r.text))
		}
		if got.String() != tt.want {
			t.Errorf("visual(%s, rtl %v) = %s, want %s", tt.runs, tt.rtl, &got, tt.want)
		}
	}
}

func TestTheFirstLetterGivesTheDirection(t *testing.T) {
	for text, want := range map[string]di.Direction{
		"Ada דוד": di.DirectionLTR, "דוד Ada": di.DirectionRTL, "(1) محمد": di.DirectionRTL, "12 (-)": di.DirectionLTR, "": di.DirectionLTR,
	} {
		if got := direction([]rune(text)); got != want {
			t.Errorf("direction(%q) = %v, want %v", text, got, want)
		}
	}
}

func TestAWordIsSetInOneDesign(t *testing.T) {
	lib, err := fonts()
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		text  string
		style style
		want  *font.Font
	}{
		{"Ada Quist", display, lib.regular},
		{"Ada Quist", italic, lib.italic},
		{"Đặng", italic, lib.regular}, // the italic has no Đ
		{"Қасым", display, lib.wide},  // the regular has no Қ
		{"Қасым", italic, lib.wide},
		{"q\u0303", display, lib.wide},  // marks
		{"Ada 李", display, lib.regular}, // none has it: no reason to leave the first
	} {
		if got := lib.choose([]rune(tt.text), tt.style)[0]; got != tt.want {
			t.Errorf("choose(%q, %d) = %v, want %v", tt.text, tt.style, got.Describe().Family, tt.want.Describe().Family)
		}
	}
	for _, text := range []string{"Қасым Әуезов", "Q\u0303uist"} {
		if l := shaped(t, text, display); len(l.runs) != 1 {
			t.Errorf("line(%q) = %d runs, want one", text, len(l.runs))
		}
	}
}

func TestEveryFaceHasWhatTheOneBeforeItHas(t *testing.T) {
	lib, err := fonts()
	if err != nil {
		t.Fatal(err)
	}
	for r := rune(0); r <= 0xFFFF; r++ {
		if (has(lib.italic, r) && !has(lib.regular, r)) || (has(lib.regular, r) && !has(lib.wide, r)) {
			t.Errorf("U+%04X: italic %v, regular %v, wide %v", r, has(lib.italic, r), has(lib.regular, r), has(lib.wide, r))
		}
	}
}

func TestOnlyPlainTextIsLeftToTheLibrary(t *testing.T) {
	for _, tt := range []struct {
		text  string
		style style
		want  bool
	}{
		{"Ethics and safety (Łódź, Ệ)", body, true},
		{"office", body, true}, // no ligature takes two letters for one
		{"office", display, false},
		{"Ethics", italic, false},
		{"Қасым", body, false},
		{"q\u0303", body, false},
		{"דוד", body, false},
		{"Ada דוד", body, false},
		{"ม", body, false},
	} {
		if got := shaped(t, tt.text, tt.style).plain; got != tt.want {
			t.Errorf("line(%q, %d).plain = %v, want %v", tt.text, tt.style, got, tt.want)
		}
	}
}

func TestAMarkStandsOverItsLetter(t *testing.T) {
	letter, marked := shaped(t, "q", display), shaped(t, "q\u0303", display)
	twice := shaped(t, "q\u0303\u0303", display)
	if marked.top <= letter.top || twice.top <= marked.top {
		t.Errorf("tops: q %.2f, one mark %.2f, two %.2f; want each higher", letter.top, marked.top, twice.top)
	}
	if below := shaped(t, "a\u0323", display); below.bottom <= shaped(t, "a", display).bottom {
		t.Errorf("a mark below reaches down to %.2f", below.bottom)
	}
}

func TestArabicLettersAreJoined(t *testing.T) {
	l := shaped(t, "ممم", display)
	alone := shaped(t, "م", display).runs[0].marks[0].GlyphID
	forms := map[font.GID]bool{alone: true}
	for _, g := range l.runs[0].marks {
		forms[g.GlyphID] = true
	}
	if len(forms) != 4 {
		t.Errorf("meem alone and three in a row have %d forms, want four", len(forms))
	}
}

func TestHiddenTextIsWrittenAsItIsSeen(t *testing.T) {
	for _, tt := range []struct {
		run    run
		goesOn bool
		want   string
	}{
		{run{text: []rune("abc")}, false, "abc"},
		{run{text: []rune("אבג"), rtl: true}, false, "גבא"},
		{run{text: []rune("(אב)"), rtl: true}, false, "\u200f)בא("},
		{run{text: []rune("(אב)"), rtl: true}, true, ")בא("},
		{run{text: []rune("אָ"), rtl: true}, false, "\u200f\u05b8א"},
	} {
		given := slices.Clone(tt.run.text)
		if got := string(tt.run.asSeen(tt.goesOn)); got != tt.want {
			t.Errorf("asSeen(%+q, %v) = %+q, want %+q", string(given), tt.goesOn, got, tt.want)
		}
		if !slices.Equal(given, tt.run.text) {
			t.Errorf("asSeen changed the run to %+q", string(tt.run.text))
		}
	}
}
