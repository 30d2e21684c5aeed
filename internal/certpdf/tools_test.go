package certpdf

import (
	"flag"
	"image"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

// tool runs a program that reads PDFs or pictures and returns what it says.
// Without the program the test is left out and says so; with CI=true that is a
// failure: a test left out proves nothing.
func tool(t testing.TB, name string, args ...string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil && os.Getenv("CI") == "true" {
		t.Fatalf("%s is needed in CI: %v", name, err)
	}
	if err != nil {
		t.Skipf("left out: no %s (%v)", name, err)
	}
	out, err := exec.Command(path, args...).Output()
	if err != nil {
		t.Fatalf("%s %q: %v", name, args, err)
	}
	return string(out)
}

// read returns the text of a certificate as a reader of PDFs finds it, without
// the marks of direction around what runs from right to left.
func read(t testing.TB, file []byte, args ...string) string {
	t.Helper()
	text := tool(t, "pdftotext", append(args, "-enc", "UTF-8", save(t, "certificate.pdf", file), "-")...)
	return strings.Map(func(r rune) rune {
		if r == '\u200f' || (r >= '\u202a' && r <= '\u202e') {
			return -1
		}
		return r
	}, text)
}

// picture renders a certificate at so many dots an inch.
func picture(t testing.TB, file []byte, dpi string) (path string, img *image.RGBA) {
	t.Helper()
	path = save(t, "certificate.pdf", file)
	tool(t, "pdftoppm", "-r", dpi, "-png", "-singlefile", path, path)
	f, err := os.Open(path + ".png")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	decoded, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	img, ok := decoded.(*image.RGBA)
	if !ok {
		t.Fatalf("pdftoppm made a picture of type %T", decoded)
	}
	return path + ".png", img
}

func save(t testing.TB, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// golden compares a text with the file of that name in testdata.
func golden(t testing.TB, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s\nIf the change is meant, look at the page and run: go test ./internal/certpdf -update", name, got, want)
	}
}
