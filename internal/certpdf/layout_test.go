package certpdf

import (
	"bytes"
	"image"
	"math"
	"strings"
	"testing"
)

// A room is where a part of the page may leave ink, in millimeters.
type room struct{ left, top, right, bottom float64 }

// Whatever a document says, each part of the page stays in its room, no two
// rooms share anything, and nothing of one moves another.
func TestEveryPartStaysInItsRoom(t *testing.T) {
	t.Parallel()
	rooms := []struct {
		name       string
		room       room
		less, more func(*Document)
	}{
		{"issuer", room{35, 39.5, 262, 52.3},
			func(d *Document) { d.IssuerName, d.IssuerAddress = ".", "." },
			func(d *Document) { d.IssuerName, d.IssuerAddress = repeat("Ậg ", 60), repeat("Ậg ", 80) }},
		{"title", room{35, 53, 262, 69}, func(d *Document) { d.Title = "." }, func(d *Document) { d.Title = "Ậ Certificate of Ługing" }},
		{"name", room{30, 74.6, 267, 96.4}, func(d *Document) { d.Holder = "." }, func(d *Document) { d.Holder = repeat("ผู้ญฺู ", 25) }},
		{"program", room{30, 101.6, 267, 114}, func(d *Document) { d.Program = "." }, func(d *Document) { d.Program = repeat("Training ", 20) }},
		{"version", room{100, 114, 197, 119}, func(d *Document) { d.ProgramVersion = "." }, func(d *Document) { d.ProgramVersion = "2026 (gj)" }},
		{"modules", room{29.5, 128.5, 165, 160}, func(d *Document) { d.Modules[0].Title = "." },
			func(d *Document) {
				d.Modules = append(d.Modules, d.Modules...)
				for i := range d.Modules {
					d.Modules[i].Title = repeat("gÅ ", 40)
				}
			}},
		{"hours", room{179.5, 128.5, 268, 160}, func(d *Document) { d.Hours[0].Kind = "." },
			func(d *Document) {
				d.Hours = append(append(d.Hours, d.Hours...), d.Hours...)
				for i := range d.Hours {
					d.Hours[i] = Hours{repeat("gÅ ", 20), 1_000_000}
				}
			}},
		{"practice", room{75, 160, 222, 168}, func(d *Document) { d.Practice = "" }, func(d *Document) { d.Practice = repeat("peer practice, ", 16) }},
		{"signature", room{29, 182.2, 95, 194.5}, func(d *Document) { d.SignatoryName, d.SignatoryTitle = ".", "." },
			func(d *Document) {
				d.SignatoryName, d.SignatoryTitle = repeat("Ậg ", 20), repeat("Director of Ậg ", 8)
			}},
		{"register", room{100, 169, 197, 180.5}, func(d *Document) { d.Serial = "." }, func(d *Document) { d.Serial = repeat("KAP-7F3Q-", 6) }},
		{"code", room{223, 161, 247, 185}, func(*Document) {}, func(d *Document) { d.VerifyURL += "#" + repeat("x", 600) }},
		{"address", room{198.5, 185.2, 272, 194.5}, func(d *Document) { d.VerifyURL = "https://a.bc" },
			func(d *Document) { d.VerifyURL = "https://training.example.org/gj/" + repeat("7F3Q", 15) }},
	}
	for i, r := range rooms {
		for _, other := range rooms[:i] {
			if a, b := r.room, other.room; min(a.right, b.right) > max(a.left, b.left) && min(a.bottom, b.bottom) > max(a.top, b.top) {
				t.Errorf("the rooms of %s and %s share something", r.name, other.name)
			}
		}
		less, more := sample(), sample()
		r.less(&less)
		r.more(&more)
		allowed := r.room
		if r.name == "address" { // the QR says it, too
			allowed.top = 161
		}
		within(t, r.name, less, more, allowed)
	}
}

func TestANameStaysInItsRoom(t *testing.T) {
	t.Parallel()
	blank := sample()
	blank.Holder = "."
	for _, name := range []string{
		"Ada Quist", "ผู้ใหญ่ น้ำ ปั๊", "مُحَمَّدٌ الْفَيْتُورِيُّ إِلَٰهٌ", "Ậ Ự gjpqyQ", "q\u0303\u0303\u0303", "g\u0323\u0323",
		repeat("Ậg ", 60), repeat("W", MaxName),
		"-", "'", "_", // nothing above the axis of the line, or nothing below
	} {
		d := sample()
		d.Holder = name
		within(t, name, blank, d, room{30, 74.6, 267, 96.4})
	}
}

// within checks that the pictures of two documents differ inside a room only.
func within(t *testing.T, what string, a, b Document, r room) {
	t.Helper()
	const dots = 3 // of a picture at 76.2 an inch, in a millimeter
	_, before := picture(t, draw(t, a), "76.2")
	_, after := picture(t, draw(t, b), "76.2")
	ink := difference(before, after)
	got := room{float64(ink.Min.X) / dots, float64(ink.Min.Y) / dots, float64(ink.Max.X) / dots, float64(ink.Max.Y) / dots}
	if ink.Empty() || got.left < r.left || got.top < r.top || got.right > r.right || got.bottom > r.bottom {
		t.Errorf("%s: ink in %.1f, want it in %.1f", what, got, r)
	}
}

// difference returns the smallest rectangle outside which two pictures agree.
func difference(a, b *image.RGBA) image.Rectangle {
	var changed image.Rectangle
	for y := range a.Rect.Dy() {
		row, other := a.Pix[y*a.Stride:(y+1)*a.Stride], b.Pix[y*b.Stride:(y+1)*b.Stride]
		if bytes.Equal(row, other) {
			continue
		}
		for i := range row {
			if row[i] != other[i] {
				changed = changed.Union(image.Rect(i/4, y, i/4+1, y+1))
			}
		}
	}
	return changed
}

func repeat(s string, n int) string { return strings.TrimSpace(strings.Repeat(s, n)) }

func TestRowsFitIntoTheirColumn(t *testing.T) {
	for n := 1; n <= MaxModules; n++ {
		first, size := row(0, n)
		second, _ := row(1, n)
		last, _ := row(n-1, n)
		if first != 133 || last > 159 || size*mm > second-first || size < 7.5 {
			t.Errorf("%d rows: from %.1f to %.1f mm, a step of %.1f mm, type of %.1f points", n, first, last, second-first, size)
		}
	}
}

func TestLinesGiveWayToWhatStandsBetweenThem(t *testing.T) {
	flat := line{top: 0.7, bottom: 0.3}
	for _, tt := range []struct {
		lines []line
		want  float64
	}{
		{[]line{flat}, 1.25},
		{[]line{flat, flat}, 1.25},
		{[]line{{top: 9, bottom: 0.6}, {top: 1.2, bottom: 9}}, 1.85},
	} {
		if got := gap(tt.lines); math.Abs(got-tt.want) > 1e-9 {
			t.Errorf("gap(%+v) = %v, want %v", tt.lines, got, tt.want)
		}
	}
}

func TestOurSentencesAreWrappedWhole(t *testing.T) {
	p, err := newPen(sample())
	if err != nil {
		t.Fatal(err)
	}
	lines := p.wrap(statement, 98, 8.8)
	var words []string
	for _, l := range lines {
		words = append(words, string(l.runs[0].text))
		if got := l.width * 8.8 * mm; got > 98 {
			t.Errorf("a line of %.1f mm, want at most 98", got)
		}
	}
	if got := strings.Join(words, " "); got != statement || len(lines) != 3 || p.err != nil {
		t.Errorf("wrap = %d lines, %v:\n%s\nwant three:\n%s", len(lines), p.err, got, statement)
	}
}

func TestTheFileSaysWhatItIs(t *testing.T) {
	d := sample()
	d.Holder = "Łukasiewicz"
	path := save(t, "c.pdf", draw(t, d))
	got := tool(t, "pdfinfo", "-isodates", path)
	for _, want := range []string{
		"Title:           Certificate of Completion, KAP Foundation Program\n", "Subject:         Łukasiewicz\n",
		"Author:          Harbor Institute for Ketamine-Assisted Psychotherapy\n", "CreationDate:    2026-11-24T12:00:00",
		"Pages:           1\n", "Page size:       841.89 x 595.28 pts (A4)\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("pdfinfo says\n%s\nwant in it %s", got, want)
		}
	}
	if got := tool(t, "pdffonts", path); strings.Count(got, "\n") != 3 || !strings.Contains(got, "yes") {
		t.Errorf("pdffonts says\n%s\nwant one font, embedded", got)
	}
}
