package guard

import (
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// One line of each class, and where the hit is.
func TestEachClassIsFoundWhereItStands(t *testing.T) {
	for _, tt := range []struct {
		text string
		want Hit
	}{
		{"Her number is 219-09-9999.", Hit{SSN, 14}},
		{"Ruf (415) 555-0132 an.", Hit{Phone, 4}},
		{"Write to jane@example.org now.", Hit{Email, 9}},
		{"See https://example.org/a.", Hit{URL, 4}},
		{"From 192.168.14.22 again.", Hit{IP, 5}},
		{"Seen on 3/14/2026.", Hit{Date, 8}},
		{"A 92-year-old came.", Hit{AgeOver89, 2}},
		{"The chart no. A-77120 lay open.", Hit{RecordNo, 14}},
		{"The plate: 7ABC123.", Hit{Vehicle, 11}},
		{"At 221 Baker Street we stopped.", Hit{Address, 3}},
		{"It is zip 97209 there.", Hit{Postcode, 10}},
		{"I asked Dr. Patel twice.", Hit{TitledName, 12}},
		{"The badge read 55810.", Hit{LongNumber, 15}},
		{"Then Marisol slept.", Hit{Name, 5}},
		{"Client J.D. slept.", Hit{Initials, 7}},
		{"She is 34 and tired.", Hit{Age, 7}},
		{"We met on Tuesday.", Hit{DatePart, 10}},
		{"She lives in Sausalito.", Hit{Place, 13}},
		{"Employed by Boeing once.", Hit{Employer, 12}},
		{"He works as a diver.", Hit{Occupation, 14}},
		{"The mayor came.", Hit{PublicRole, 4}},
		{"He is the only diver in the county.", Hit{UniqueFact, 6}},
		{"Known as @sunny_rae there.", Hit{Handle, 9}},
		{"See nest.jpg for it.", Hit{File, 4}},
	} {
		if got := Scan(tt.text, nil); !slices.Contains(got, tt.want) {
			t.Errorf("Scan(%q) = %v, want %v among them", tt.text, got, tt.want)
		}
	}
}

func TestEveryClassHasALevelAndAWarningAQuestion(t *testing.T) {
	for c, level := range Classes {
		if (level == Warn) != (Question(c) != "") {
			t.Errorf("%s is of level %s and asks %q", c, level, Question(c))
		}
	}
}

// What a person sees is looked at, and not which characters it is made of.
func TestDisguisesAreSeenThrough(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		want       Hit
	}{
		{"full width", "tel ４１５-５５５-０１３２", Hit{Phone, 4}},
		{"no width between", "no. 4\u200b1\u200b5-555-0132", Hit{Phone, 4}},
		{"soft hyphens", "ja\u00adne@exam\u00adple.org", Hit{Email, 0}},
		{"letters for digits", "call 4l5-555-O132", Hit{Phone, 5}},
		{"Cyrillic look-alikes", "Then Магіѕоl and Sаrаh slept", Hit{Name, 17}},
		{"mathematical digits", "code 𝟟𝟟𝟜𝟙𝟡", Hit{LongNumber, 5}},
		{"Arabic digits", "code ٧٧٤١٩", Hit{LongNumber, 5}},
		{"read out", "four one five five five five oh one three two", Hit{LongNumber, 0}},
		{"digits apart", "it is 4 1 5 5 5 5 0 1", Hit{LongNumber, 6}},
		{"a dash of another kind", "219–09–9999", Hit{SSN, 0}},
		{"a mail address in words", "jane dot roe at example dot com", Hit{Email, 9}},
		{"accents", "con Josè hoy", Hit{Name, 4}},
		{"Spanish", "Vive en la calle Olmo 23", Hit{Address, 11}},
	} {
		if got := Scan(tt.text, nil); !slices.Contains(got, tt.want) {
			t.Errorf("%s: Scan(%q) = %v, want %v among them", tt.name, tt.text, got, tt.want)
		}
	}
}

func TestWhatTraineesWriteIsLeftAlone(t *testing.T) {
	for _, text := range []string{
		"", "I", "BP 120/80, then 132/84 at minute 40.", "PHQ-9 fell from 17 to 9.", "Rated 3/10 before and 1/10 after.",
		"pt IM route, Client SL route", "In May we change it. The March theme.", "We will mark the peak.", "Grace was her word for it.",
		"IFS and Latin and God.", "The client is in the 30-39 band.", "A 45 minute drive home.", "She grew up in Texas.",
	} {
		if got := Scan(text, nil); len(got) > 0 {
			t.Errorf("Scan(%q) = %v, want nothing", text, got)
		}
	}
}

func TestAllowedWordsAreNoNames(t *testing.T) {
	const text = "We used the Brennaway method at Ómphalos."
	if got := Scan(text, nil); len(got) != 2 {
		t.Fatalf("Scan = %v, want two hits", got)
	}
	if got := Scan(text, []string{"BRENNAWAY", "omphalos"}); len(got) != 0 {
		t.Errorf("with both allowed: %v, want none", got)
	}
	if got := Scan("Dr. Brennaway came.", []string{"brennaway"}); len(got) != 1 || got[0].Class != TitledName {
		t.Errorf("after a title: %v, want the title's hit: what blocks cannot be allowed", got)
	}
}

func TestWhatIsTooLongIsNotTakenForClean(t *testing.T) {
	text := strings.Repeat("calm ", Longest/5)
	if got := Scan(text, nil); len(got) != 0 {
		t.Errorf("a text of the longest kind: %v", got)
	}
	if got := Scan(text+"x", nil); !Blocked(got) {
		t.Errorf("a text too long: %v, want a block", got)
	}
}

// Texts made to keep a search going: time grows with their length alone.
func TestNoTextTakesLong(t *testing.T) {
	for _, unit := range []string{"1", "a.", "a@", "1-", "( ", "Aa ", "at ", "one ", "a@a.", "the only ", "1 Aa ", "́", "client ", "\n", "1.1.1.", "her her ", "O0l"} {
		text := strings.Repeat(unit, Longest/utf8.RuneCountInString(unit))
		begun := time.Now()
		Scan(text, nil)
		if took := time.Since(begun); took > 5*time.Second {
			t.Errorf("%q over and over: %v", unit, took)
		}
	}
}

func FuzzScan(f *testing.F) {
	for _, s := range []string{"", "Mr. O'Neil, 4l5-555-O132", "ja\u00adne@x.org", "\xff\xfe1234567", "١٢٣٤٥", "É́́ d'Ávila", "ﷺ ﬃ ½ ① Ⅷ"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		hits := Scan(s, []string{"x"})
		n := utf8.RuneCountInString(s)
		for i, h := range hits {
			if h.Offset < 0 || h.Offset > n || Classes[h.Class] == "" {
				t.Fatalf("Scan(%q): hit %v is of no class or outside the text", s, h)
			}
			if i > 0 && hits[i-1].Offset > h.Offset {
				t.Fatalf("Scan(%q): %v is out of order", s, hits)
			}
		}
	})
}
