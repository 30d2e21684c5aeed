package identity

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/fault"
)

func TestAnAddressIsKeptInOneForm(t *testing.T) {
	for in, want := range map[string]string{
		"Ada@Example.ORG":                        "ada@example.org",
		"  ada@example.org ":                     "ada@example.org",
		"jose\u0301@example.org":                 "jos\u00e9@example.org",
		"a.b+c@sub.example.org":                  "a.b+c@sub.example.org",
		"ada":                                    "",
		"ada@":                                   "",
		"@example.org":                           "",
		"ada@localhost":                          "",
		"ada@b@example.org":                      "",
		"ada@example..org":                       "",
		"ada@-example.org":                       "",
		"ada@example-.org":                       "",
		"ada smith@example.org":                  "",
		"Ada <ada@example.org>":                  "",
		"ada@example.org\x00":                    "",
		"ada@example.org\nbcc:x@y.org":           "",
		"ada\u202e@example.org":                  "",
		"\xff@example.org":                       "",
		strings.Repeat("a", 64) + "@x.org":       strings.Repeat("a", 64) + "@x.org",
		strings.Repeat("a", 65) + "@x.org":       "",
		"a@" + strings.Repeat("b.", 130) + "org": "",
	} {
		got, ok := address(in)
		if ok != (want != "") || ok && got != want {
			t.Errorf("address(%q) = %q, %v; want %q", in, got, ok, want)
		}
	}
}

func TestALineHoldsNothingThatDeceives(t *testing.T) {
	for _, tt := range []struct {
		name, in, want string
		ok             bool
	}{
		{"a name", "Ada Quist", "Ada Quist", true},
		{"two forms of one name", "Jose\u0301", "Jos\u00e9", true},
		{"spaces around", "  Ada  ", "Ada", true},
		{"nothing", "", "", false},
		{"only spaces", "   ", "", false},
		{"as long as may be", strings.Repeat("é", 200), strings.Repeat("é", 200), true},
		{"one too long", strings.Repeat("é", 201), "", false},
		{"a NUL", "A\x00da", "", false},
		{"a line break", "A\nda", "", false},
		{"a C1 control", "A\u0085da", "", false},
		{"a mark that turns the writing", "A\u202eda", "", false},
		{"an isolate", "A\u2066da", "", false},
		{"bytes that are no text", "A\xffda", "", false},
		{"another script", "さくら", "さくら", true},
	} {
		got, ok := line(tt.in, 1, 200)
		if ok != tt.ok || ok && got != tt.want {
			t.Errorf("%s: line(%q) = %q, %v; want %q, %v", tt.name, tt.in, got, ok, tt.want, tt.ok)
		}
	}
}

func FuzzAnAddressThatIsTakenIsTakenAgain(f *testing.F) {
	for _, seed := range []string{"ada@example.org", "A@B.C", "é@x.org", "İ@x.org", "a@b", "\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		got, ok := address(in)
		if !ok {
			return
		}
		if !utf8.ValidString(got) || len(got) > maxEmail || !norm.NFC.IsNormalString(got) || strings.ContainsFunc(got, unfit) {
			t.Errorf("address(%q) = %q", in, got)
		}
		if again, ok := address(got); !ok || again != got {
			t.Errorf("address(%q) = %q, and that gives %q, %v", in, got, again, ok)
		}
	})
}

func TestGrantsAreCheckedAndPutInOrder(t *testing.T) {
	tr, in, ad := role(access.Trainee, "kap"), role(access.Instructor, "kap"), role(access.Admin, "")
	got, err := tidy([]access.Grant{tr, ad, in, tr})
	if err != nil || !slices.Equal(got, []access.Grant{ad, in, tr}) {
		t.Errorf("tidy = %v, %v", got, err)
	}
	many := make([]access.Grant, maxGrants+1)
	for i := range many {
		many[i] = role(access.Trainee, "p"+strings.Repeat("x", i%50)+string(rune('a'+i/50)))
	}
	for name, grants := range map[string][]access.Grant{
		"an unknown role":        {role("owner", "kap")},
		"no role":                {role("", "kap")},
		"a program with a space": {role(access.Trainee, "kap kap")},
		"a program with a NUL":   {role(access.Trainee, "kap\x00")},
		"a long program":         {role(access.Trainee, strings.Repeat("k", 61))},
		"a hundred and one":      many,
	} {
		if _, err := tidy(grants); fault.Of(err) != ErrRole {
			t.Errorf("%s: tidy = %v, want ErrRole", name, err)
		}
	}
}

func TestTwoAccountsWithOneLicenseAreOnePerson(t *testing.T) {
	each(t, Settings{}, func(t *testing.T, h *house) {
		var ids []string
		for i, license := range []string{"LCSW 1001", "lcsw-1001", "LCSW 1002", "", ""} {
			p := h.person("Person " + string(rune('A'+i)))
			if _, err := h.Update(h.admin, p.ID, Change{LicenseNumber: &license, Version: p.Version}); err != nil {
				t.Fatal(err)
			}
			ids = append(ids, p.ID)
		}
		for _, tt := range []struct {
			one, other int
			want       bool
		}{{0, 0, true}, {0, 1, true}, {1, 0, true}, {0, 2, false}, {3, 4, false}, {3, 3, true}, {0, 3, false}} {
			if got, err := h.Same(t.Context(), h.db, ids[tt.one], ids[tt.other]); err != nil || got != tt.want {
				t.Errorf("Same(%d, %d) = %v, %v; want %v", tt.one, tt.other, got, err, tt.want)
			}
		}
		for _, pair := range [][2]string{{ids[0], "x"}, {"x", ids[0]}} {
			if _, err := h.Same(t.Context(), h.db, pair[0], pair[1]); err == nil {
				t.Errorf("Same%v = no error, though one is nobody", pair)
			}
		}
	})
}

func TestALicenseIsTheSameHoweverItIsWritten(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		same bool
	}{
		{"LCSW 1001", "LCSW 1001", true}, {"LCSW 1001", "lcsw-1001", true}, {"LCSW.1001", " LCSW#1001 ", true},
		{"LCSW 1001", "LCSW 1002", false}, {"", "", false}, {"--", "..", false}, {"", "LCSW 1001", false},
	} {
		if got := SameLicense(tt.a, tt.b); got != tt.same {
			t.Errorf("SameLicense(%q, %q) = %v", tt.a, tt.b, got)
		}
	}
}
