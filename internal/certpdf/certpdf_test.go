package certpdf

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"image"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kapstone-lms/kapstone/assets"
)

// sample is a document with everything on it.
func sample() Document {
	day := func(m time.Month, d int) time.Time { return time.Date(2026, m, d, 12, 0, 0, 0, time.UTC) }
	return Document{
		Title:          "Certificate of Completion",
		Holder:         "Ada Quist",
		Program:        "KAP Foundation Program",
		ProgramVersion: "1",
		Modules: []Module{
			{"The science of ketamine", day(9, 4)},
			{"Ethics and safety", day(9, 18)},
			{"The therapeutic container", day(10, 9)},
			{"Integration techniques", day(10, 30)},
			{"Personal experience", time.Time{}},
		},
		Hours:          []Hours{{"study", 1240}, {"supervised practice (role play)", 270}},
		Practice:       "role play and peer practice",
		IssuerName:     "Harbor Institute for Ketamine-Assisted Psychotherapy",
		IssuerAddress:  "12 Example Street\nPortland, Oregon 97201\nUnited States",
		SignatoryName:  "Dr. Miriam Okafor",
		SignatoryTitle: "Program Director",
		IssuedOn:       day(11, 24),
		Serial:         "KAP-7F3Q-9XKD-2MVA",
		VerifyURL:      "https://training.example.org/verify/7F3Q9XKD2MVA5T8WZB4HNC6PJR",
	}
}

// full is a document with as much on it as the paper holds.
func full() Document {
	d := sample()
	d.Holder = strings.Repeat("Wilhelmina von Hohenstaufen ", 7)
	d.Program = "Advanced Clinical Practicum in Ketamine-Assisted Psychotherapy, with Consultation, Attendance and" +
		" Documented Sessions of Preparation, Medicine and Integration"
	d.Modules = append(d.Modules, d.Modules...)
	d.Hours = append(append(d.Hours, d.Hours...), d.Hours...)
	d.Practice = strings.Repeat("sessions with peers, observed from beginning to end, ", 4) + "and role play"
	d.VerifyURL += "#" + strings.Repeat("eyJhbGciOiJFZERTQSJ9.", 20)
	return d
}

func draw(t testing.TB, d Document) []byte {
	t.Helper()
	file, err := Draw(d)
	if err != nil {
		t.Fatalf("Draw(holder %q) = %v, want a certificate", d.Holder, err)
	}
	return file
}

func TestACertificateReadsAsItShould(t *testing.T) {
	golden(t, "certificate.txt", read(t, draw(t, sample()), "-raw"))
}

func TestARemarkStandsBelowTheProgram(t *testing.T) {
	d := sample()
	d.Remark = "Pre-licensed participants practiced under supervision only."
	got := read(t, draw(t, d), "-raw")
	program, remark, modules := strings.Index(got, "Version "), strings.Index(got, d.Remark), strings.Index(got, "Modules completed")
	if remark < program || modules < remark {
		t.Errorf("the remark does not stand between the program and its modules:\n%s", got)
	}
	d.Remark = "\u202eturned"
	if _, err := Draw(d); !errors.Is(err, ErrHidden) {
		t.Errorf("Draw with a remark that turns the writing = %v, want ErrHidden", err)
	}
}

// The hash was made by another process on another day: equal documents give
// equal bytes. It changes with the design, the fonts, and the compression of a
// new Go. Certificates already issued are kept as bytes and do not.
func TestTheBytesAreTheSameEveryTime(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("left out: other processors may round the last digit of an ornament differently")
	}
	golden(t, "certificate.sha256", fmt.Sprintf("%x\n", sha256.Sum256(draw(t, sample()))))
}

func TestManyAtOnceAreAllTheSame(t *testing.T) {
	d := sample()
	d.Holder = "Nguyễn Thị Ánh محمد שָׁלוֹם श्रीवास्तव สมชาย"
	d.Program = "Łódź Đắk Lắk Ệ" // letters that fonts build from parts
	want := draw(t, d)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 4 {
				if got, err := Draw(d); err != nil || !bytes.Equal(got, want) {
					t.Errorf("Draw = %d bytes, %v; want the first's %d bytes", len(got), err, len(want))
				}
			}
		})
	}
	all.Wait()
	lib, err := fonts()
	if err != nil {
		t.Fatal(err)
	}
	if file, _ := assets.FS.ReadFile("fonts/ebgaramond-regular.ttf"); !bytes.Equal(file, lib.regularFile) {
		t.Error("drawing changed the font in memory")
	}
}

func TestTheCodeLeadsToTheVerificationPage(t *testing.T) {
	for name, d := range map[string]Document{"short": sample(), "with a long statement": full()} {
		path, _ := picture(t, draw(t, d), "200")
		if got := strings.TrimSpace(tool(t, "zbarimg", "--quiet", "--raw", path)); got != d.VerifyURL {
			t.Errorf("%s: the QR says %q, want %q", name, got, d.VerifyURL)
		}
	}
}

func TestTheFragmentIsNotPrinted(t *testing.T) {
	d := sample()
	d.VerifyURL += "#signed"
	if got := read(t, draw(t, d)); strings.Contains(got, "#") || strings.Contains(got, "signed") {
		t.Errorf("the page reads\n%s\nwant the address without its fragment", got)
	}
}

func TestNoWordClaimsMoreThanCompletion(t *testing.T) {
	got := strings.ToLower(read(t, draw(t, sample())))
	for _, word := range []string{"certified", "licensed", "qualified", "credentialed", "accredited", "approved"} {
		if strings.Contains(got, word) {
			t.Errorf("the page says %q of someone or something:\n%s", word, got)
		}
	}
	folded := strings.Join(strings.Fields(got), " ")
	for _, words := range []string{
		"has completed", "certificate of completion", "the practice in this program consisted of role play and peer practice.",
		"it is no license, no certification and no permission to practice, or to prescribe or give ketamine",
		"only within their own license, the law and their own competence",
	} {
		if !strings.Contains(folded, words) {
			t.Errorf("the page does not say %q:\n%s", words, got)
		}
	}
}

func TestASpecimenIsSeenToBeOne(t *testing.T) {
	d := sample()
	for _, d.Specimen = range []bool{true, false} {
		file := draw(t, d)
		if got := strings.Contains(read(t, file), specimenNote); got != d.Specimen {
			t.Errorf("Specimen %v: the page says so: %v", d.Specimen, got)
		}
		_, img := picture(t, file, "40")
		if got := share(img, img.Bounds(), blush); (got > 0.02) != d.Specimen {
			t.Errorf("Specimen %v: the letters across the paper cover %.1f %% of it", d.Specimen, 100*got)
		}
	}
}

func TestEverythingStaysInsideTheFrame(t *testing.T) {
	white := color{255, 255, 255}
	wide := sample()
	wide.Holder = strings.Repeat("W", MaxName)
	for name, d := range map[string]Document{"sample": sample(), "full": full(), "widest name": wide} {
		_, img := picture(t, draw(t, d), "127") // five dots a millimeter
		b := img.Bounds()
		for side, margin := range map[string]image.Rectangle{
			"left":   image.Rect(0, 0, 44, b.Max.Y),
			"right":  image.Rect(b.Max.X-44, 0, b.Max.X, b.Max.Y),
			"top":    image.Rect(0, 0, b.Max.X, 44),
			"bottom": image.Rect(0, b.Max.Y-44, b.Max.X, b.Max.Y),
			"inner":  image.Rect(77, 77, 140, b.Max.Y-77),
		} {
			if got := share(img, margin, white); got < 1 {
				t.Errorf("%s: there is ink in the %s margin (%.2f %% white)", name, side, 100*got)
			}
		}
	}
}

// share returns which part of a rectangle has exactly that color.
func share(img *image.RGBA, in image.Rectangle, c color) float64 {
	n := 0
	for y := in.Min.Y; y < in.Max.Y; y++ {
		for x := in.Min.X; x < in.Max.X; x++ {
			if p := img.RGBAAt(x, y); (color{int(p.R), int(p.G), int(p.B)}) == c {
				n++
			}
		}
	}
	return float64(n) / float64(in.Dx()*in.Dy())
}

func TestOneCertificateIsSmallAndOnePage(t *testing.T) {
	file := draw(t, full())
	if len(file) > 150_000 {
		t.Errorf("Draw = %d bytes, want at most 150,000", len(file))
	}
	if n := bytes.Count(file, []byte("/Type /Page\n")); n != 1 {
		t.Errorf("Draw = %d pages, want one", n)
	}
}

func TestDrawingChangesNothingOfTheCallers(t *testing.T) {
	d := sample()
	d.Modules[0].Title, d.Hours[0].Kind = "  spaced   out ", " study "
	draw(t, d)
	if d.Modules[0].Title != "  spaced   out " || d.Hours[0].Kind != " study " {
		t.Errorf("Draw changed its caller's document: %+v", d)
	}
}

func BenchmarkDraw(b *testing.B) {
	d := sample()
	b.ReportAllocs()
	for b.Loop() {
		b.ReportMetric(float64(len(draw(b, d))), "bytes")
	}
}

func BenchmarkPrintable(b *testing.B) {
	for b.Loop() {
		if err := Printable("Nguyễn Thị Ánh"); err != nil {
			b.Fatal(err)
		}
	}
}
