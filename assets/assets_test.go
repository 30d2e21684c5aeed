package assets

import (
	"io/fs"
	"strings"
	"testing"
)

func TestTheFontsAreSmallAndComeWithTheirLicense(t *testing.T) {
	fonts, err := fs.Glob(FS, "fonts/*.ttf")
	if err != nil || len(fonts) != 7 {
		t.Errorf("fonts: %q, %v; want seven", fonts, err)
	}
	for _, name := range fonts {
		if file, err := FS.ReadFile(name); err != nil || len(file) > 400_000 {
			t.Errorf("%s: %d bytes, %v; want at most 400,000", name, len(file), err)
		}
	}
	license, err := FS.ReadFile("fonts/OFL.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, words := range []string{"EB Garamond", "Noto Serif Hebrew", "Noto Naskh Arabic", "SIL OPEN FONT LICENSE Version 1.1"} {
		if !strings.Contains(string(license), words) {
			t.Errorf("the license does not say %q", words)
		}
	}
}
