package curriculum

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// A frame makes a figure of what stands in its place.
func pictureOf(inside string) string {
	return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 400">
<title>T</title>
<desc>D</desc>
` + inside + "\n</svg>"
}

func TestAFigureIsDrawnByTheRules(t *testing.T) {
	for _, tt := range []struct {
		inside, want string // want is "" for what is taken
	}{
		{`<g id="a"><path d="M0 0 L10,10e1 z" fill="none" stroke="#abc" stroke-dasharray="4 2" opacity=".5"/></g>`, ""},
		{`<text x="1" y="-2.5" font-size="13" dominant-baseline="middle" font-weight="bold">A <tspan font-style="italic">b</tspan> c</text>`, ""},
		{`<polygon points="0,0 10,10 0,10"/><polyline points="0 0 5 5"/><ellipse cx="1" cy="2" rx="3" ry="4"/><circle r="1"/>`, ""},
		{"<!-- a remark -->", ""},

		{`<script>alert(1)</script>`, `4: there is an element <script>`},
		{`<style>x{}</style>`, `4: there is an element <style>`},
		{`<image width="1"/>`, `4: there is an element <image>`},
		{`<use id="x"/>`, `4: there is an element <use>`},
		{`<a><text>x</text></a>`, `4: there is an element <a>`},
		{`<foreignObject><p xmlns="http://www.w3.org/1999/xhtml">x</p></foreignObject>`, `4: there is an element <foreignObject>`},
		{`<animate/>`, `4: there is an element <animate>`},
		{`<linearGradient id="g"/>`, `4: there is an element <linearGradient>`},
		{`<path xmlns="http://www.w3.org/1999/xhtml"/>`, `4: there is an element <path>`},
		{`<x:path xmlns:x="http://www.w3.org/2000/svg"/>`, `4: <path> has an attribute x`},
		{`<G/>`, `4: there is an element <G>`},
		{`<svg viewBox="0 0 1 1"/>`, `4: there is an <svg> in another`},
		{`<title>again</title>`, `4: there is a <title> in this place`},
		{`<g><desc>x</desc></g>`, `4: there is a <desc> in this place`},
		{`<tspan>x</tspan>`, `4: a <tspan> stands in a <text>`},
		{`<text><g/></text>`, `4: there is a <g> in a <text>`},
		{`loose words`, `3: there is text outside of <text>`},
		{"<g>\nloose</g>", `4: there is text outside of <text>`},

		{`<path onclick="x"/>`, `4: <path> has an attribute onclick`},
		{`<path style="fill:red"/>`, `4: <path> has an attribute style`},
		{`<path class="x"/>`, `4: <path> has an attribute class`},
		{`<path href="#x"/>`, `4: <path> has an attribute href`},
		{`<path xlink:href="#x" xmlns:xlink="http://www.w3.org/1999/xlink"/>`, `4: <path> has an attribute href`},
		{`<path xml:base="x"/>`, `4: <path> has an attribute base`},
		{`<path filter="url(#x)"/>`, `4: <path> has an attribute filter`},
		{`<circle d="M0 0"/>`, `4: <circle> has an attribute d`},
		{`<g width="4"/>`, `4: <g> has an attribute width`},
		{`<g fill="none" fill="none"/>`, `4: <g> has the attribute fill twice`},
		{`<g fill="red"/>`, `4: fill is "red"`},
		{`<g fill="url(#x)"/>`, `4: fill is "url(#x)"`},
		{`<g fill="url(https://x.test/a)"/>`, `4: fill is`},
		{`<g fill="#12345"/>`, `4: fill is`},
		{`<g transform="rotate(1) javascript:x"/>`, `4: transform is`},
		{`<line marker-end="url(https://x.test/#a)"/>`, `4: marker-end is`},
		{`<line marker-end="url(#gone)"/>`, `4: url(#gone) points at nothing`},
		{`<g id="a b"/>`, `4: id is`},
		{`<g id="title"/>`, `4: the id title is taken`},
		{"<g id=\"a\"/>\n<g id=\"a\"/>", `5: the id a stands here twice`},
		{`<text font-family="Comic Sans">x</text>`, `4: font-family is`},
		{`<text font-size="12">x</text>`, `4: font-size is 12; nothing may be smaller than 13`},
		{`<text font-size="1em">x</text>`, `4: font-size is "1em"`},
		{`<rect width="10%"/>`, `4: width is "10%"`},
		{`<rect x="1e9"/>`, `4: x is`},
		{`<path d="M0 0 url(x)"/>`, `4: d is`},

		{"\n<g>", `6: this is not XML`},
		{`<g></path>`, `4: this is not XML`},
		{`<text>a & b</text>`, `4: there is an entity`},
		{`<text>&#60;</text>`, `4: there is an entity`},
		{`<text>&lol;</text>`, `4: there is an entity`},
		{`<?php x ?>`, `4: there is a processing instruction <?php`},
		{`<!ENTITY x "y">`, `4: there is a directive`},
		{`</svg><svg xmlns="http://www.w3.org/2000/svg">`, `4: there is something after the picture`},
		{strings.Repeat("<g>", 12) + strings.Repeat("</g>", 12), `4: the elements nest more than 12 deep`},
	} {
		got := faultOf(drawing([]byte(pictureOf(tt.inside)), "fig-x"))
		if !strings.HasPrefix(got, tt.want) || tt.want == "" && got != "" {
			t.Errorf("drawing with %s: fault %q, want %q", tt.inside, got, tt.want)
		}
	}
}

// faultOf returns the first fault as line and text, or "".
func faultOf(out string, faults []Fault) string {
	switch {
	case len(faults) > 0 && out != "":
		return "a picture in spite of faults"
	case len(faults) > 0:
		return fmt.Sprintf("%d: %s", faults[0].Line, faults[0].Text)
	case out == "":
		return "no picture and no fault"
	}
	return ""
}

func TestTheRootOfAFigure(t *testing.T) {
	const whole = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 400"><title>T</title><desc>D</desc></svg>`
	for _, tt := range []struct{ old, new, want string }{
		{"", "", ""},
		{whole, "", "1: there is no picture"},
		{whole, "words", "1: there is text outside of <text>"},
		{whole, `<?xml version="1.0"?>` + "\n" + whole, "1: there is a processing instruction <?xml"},
		{whole, "<!DOCTYPE svg>\n" + whole, "1: there is a directive"},
		{whole, whole + whole, "1: there is something after"},
		{` xmlns="http://www.w3.org/2000/svg"`, "", "1: the picture is not an <svg"},
		{`2000/svg`, "1999/xhtml", "1: the picture is not an <svg"},
		{`<svg `, `<g `, "1: the picture is not an <svg"},
		{` viewBox="0 0 720 400"`, "", "1: the picture has no viewBox"},
		{`0 0 720 400`, "0 0 0 400", "1: viewBox is"},
		{`0 0 720 400`, "-1 0 720 400", "1: viewBox is"},
		{`viewBox`, `width="9" viewBox`, "1: <svg> has an attribute width"},
		{`viewBox`, `onload="x" viewBox`, "1: <svg> has an attribute onload"},
		{`viewBox`, `id="x" viewBox`, "1: <svg> has an attribute id"},
		{`<title>T</title>`, "", "1: there is a <desc> in this place"},
		{`<desc>D</desc>`, "<g/>", "1: a figure begins with <title>, then <desc>; put them before <g>"},
		{`<title>T</title><desc>D</desc>`, "", "1: the <title> with which a figure begins has 0"},
		{`<desc>D</desc>`, "", "1: the <desc> with which a figure begins has 0"},
		{`<title>T</title>`, "<title> </title>", "1: the <title> with which a figure begins has 0"},
		{`<desc>D`, "<desc>" + strings.Repeat("D", 1201), "1: the <desc> with which a figure begins has 1201"},
		{`<title>T`, `<title id="t">T`, "1: <title> has an attribute id"},
		{`<title>T`, `<title>T<g/>`, "1: there is a <g> in a <title>"},
	} {
		got := faultOf(drawing([]byte(strings.Replace(whole, tt.old, tt.new, 1)), "fig-x"))
		if !strings.HasPrefix(got, tt.want) || tt.want == "" && got != "" {
			t.Errorf("drawing with %q for %q: fault %q, want %q", tt.new, tt.old, got, tt.want)
		}
	}
}

func TestAFigureStandsInItsLesson(t *testing.T) {
	html := load(t, testCourse(t)).Module("third").Lesson("thr-1").HTML
	for _, want := range []string{
		"<p>Before the picture.</p>\n<figure>\n<svg", "</figcaption>\n</figure>\n<p>After it.</p>",
		`role="img" aria-labelledby="fig-arc_title fig-arc_desc"`, `<title id="fig-arc_title">From start to end</title>`, `<desc id="fig-arc_desc">An arrow`,
		`<marker id="fig-arc_tip"`, `marker-end="url(#fig-arc_tip)"`,
		`<figcaption>An arrow leads from the word &#34;start&#34; to the word &#34;end&#34;, &amp; from nowhere else: a &lt; b.</figcaption>`,
	} {
		if !strings.Contains(html, want) {
			t.Errorf("the lesson does not have %s:\n%s", want, html)
		}
	}
	for _, not := range []string{"style=", "remark", "<img", "xlink", `"tip"`} {
		if strings.Contains(html, not) {
			t.Errorf("the lesson has %s:\n%s", not, html)
		}
	}
}

// The ids of two figures of a lesson do not meet, whatever their names.
func TestTwoFiguresOfALessonHaveTheirOwnIDs(t *testing.T) {
	files := testCourse(t)
	files["03-third/fig-arc-tip.svg"] = &fstest.MapFile{Data: []byte(pictureOf(`<g id="tip"/><g id="x"/>`))}
	edit(t, files, theLesson, "After it.", "![Another picture, whose ids begin as the first one's do.](fig-arc-tip.svg)")
	html := load(t, files).Module("third").Lesson("thr-1").HTML
	seen := make(map[string]bool)
	for _, m := range regexp.MustCompile(` id="([^"]*)"`).FindAllStringSubmatch(html, -1) {
		if seen[m[1]] {
			t.Errorf("the id %s stands twice in the lesson", m[1])
		}
		seen[m[1]] = true
	}
	if len(seen) != 7 {
		t.Errorf("the ids are %v, want 7", seen)
	}
}

func TestAFigureIsBounded(t *testing.T) {
	large := pictureOf("<!--" + strings.Repeat("x", maxFigure) + "-->")
	files := testCourse(t)
	files[theFigure].Data = []byte(large)
	wantFaults(t, files, theFigure+": the file is larger than 32 KB") // and its lesson is not blamed

	files = testCourse(t)
	edit(t, files, theLesson, "After it.", strings.Repeat("![A picture that has a text, and of which there are too many.](fig-arc-N.svg)\n\n", 10))
	for i := range 10 {
		name := fmt.Sprintf("fig-arc-%d.svg", i)
		files["03-third/"+name] = &fstest.MapFile{Data: []byte(pictureOf(""))}
		files[theLesson].Data = []byte(strings.Replace(string(files[theLesson].Data), "fig-arc-N.svg", name, 1))
	}
	wantFaults(t, files, theLesson+":30: there is one figure more than the 10 that a lesson may have", "03-third/fig-arc-9.svg: no lesson shows this figure")

	long := "03-third/fig-" + strings.Repeat("a", maxFigureName) + ".svg"
	files = testCourse(t)
	files[long] = files[theFigure]
	wantFaults(t, files, long+": this does not belong in a course")
	files = testCourse(t)
	files["programs/fig-arc.svg"] = files[theFigure]
	wantFaults(t, files, "programs/fig-arc.svg: this does not belong in a course")
}

// One picture in every lesson costs what it makes, not what it takes.
func TestFiguresCannotUnfoldIntoMore(t *testing.T) {
	files := testCourse(t)
	front := string(files[theLesson].Data[:strings.Index(string(files[theLesson].Data), "Before")])
	var names []string
	for i := range 10 {
		name := fmt.Sprintf("fig-%s-%d.svg", strings.Repeat("a", 60), i)
		names = append(names, name)
		var ids strings.Builder
		for n := 0; ids.Len() < maxFigure-300; n++ {
			fmt.Fprintf(&ids, `<g id="a%d"/>`, n)
		}
		files["03-third/"+name] = &fstest.MapFile{Data: []byte(pictureOf(ids.String()))}
	}
	listed := "lessons: [thr-1-all.md"
	for i := 2; i <= 40; i++ {
		id := fmt.Sprintf("thr-%d", i)
		text := strings.Replace(front, "id: thr-1\n", "id: "+id+"\n", 1)
		for _, name := range names {
			text += "![A picture that has a text, and of which there are too many.](" + name + ")\n\n"
		}
		files["03-third/"+id+"-all.md"] = &fstest.MapFile{Data: []byte(text)}
		listed += ", " + id + "-all.md"
	}
	edit(t, files, theModule, "lessons: [thr-1-all.md", listed)
	within(t, 3*time.Second, "390 large figures", func() {
		_, err := Load(files)
		if err == nil || !strings.Contains(err.Error(), "the figures of all lessons together make more than 32 MiB") {
			t.Errorf("Load = %.300v, want too much", err)
		}
	})
}

func TestACaptionIsPlainText(t *testing.T) {
	const text = "All that the picture teaches, in these few words"
	for in, want := range map[string]string{
		text + ".":                "<figcaption>" + text + ".</figcaption>",
		text + ` \*so\*`:          "<figcaption>" + text + " *so*</figcaption>",
		text + " &eacute; &#233;": "<figcaption>" + text + " é é</figcaption>",
		text + " &lt;script&gt;":  "<figcaption>" + text + " &lt;script&gt;</figcaption>",
		text + ` "x" 'y'`:         "<figcaption>" + text + " &#34;x&#34; &#39;y&#39;</figcaption>",
		text + " &#x202e;":        "fault: there is a figure whose text alternative has a control character",
		text + " *so*":            "fault: there is a picture; a figure stands",
		text + " <b>":             "fault: there is a picture; a figure stands",
		text + " [x](fig-a.svg)":  "fault: there is a picture; a figure stands",
		text + strings.Repeat(" word after word", 80): "fault: there is a figure whose text alternative has 1328 characters",
	} {
		html, faults := render([]byte("!["+in+"](fig-a.svg)"), &gallery{all: map[string]*figure{"fig-a.svg": {svg: "<svg></svg>"}}})
		for _, f := range faults {
			html += "fault: " + f.Text
		}
		if !strings.Contains(html, want) {
			t.Errorf("the text alternative %.80q makes %s, want %s", in, html, want)
		}
	}
	for _, line := range []string{"> ![%s](fig-a.svg)", "- ![%s](fig-a.svg)", "Words ![%s](fig-a.svg)", "![%s](fig-a.svg) words", `![%s](fig-a.svg "title")`, "![%s][1]\n\n[1]: fig-a.svg", "![%s](./fig-a.svg)",
		"![%s](../02-second/fig-a.svg)", "![%s](https://x.test/fig-a.svg)", "## ![%s](fig-a.svg)", "| a |\n|---|\n| ![%s](fig-a.svg) |", "![%s](fig-A.svg)", "![%s\n](fig-a.svg)", "[![%s](fig-a.svg)](fig-a.svg)"} {
		html, faults := render(fmt.Appendf(nil, line, text), &gallery{all: map[string]*figure{"fig-a.svg": {svg: "<svg></svg>"}}})
		if len(faults) == 0 || html != "" || !strings.Contains(Faults(faults).Error(), "there is a picture; a figure stands on a line of its own") {
			t.Errorf("render(%q) = %q, %v; want that a figure stands on a line of its own", line, html, faults)
		}
	}
}

// drawn is all that may stand in a picture that goes into a page.
var drawn = regexp.MustCompile(`^(</?(svg|title|desc|g|defs|marker|path|line|polyline|polygon|rect|circle|ellipse|text|tspan)( (xmlns="http://www.w3.org/2000/svg"|role="img"|aria-labelledby="fig-x_title fig-x_desc"|id="fig-x_[A-Za-z0-9-]+"|` +
	`marker(-start|-end)?="url\(#fig-x_[A-Za-z0-9-]+\)"|(viewBox|markerWidth|markerHeight|refX|refY|orient|d|x1|y1|x2|y2|points|x|y|width|height|rx|ry|cx|cy|r|dx|dy|transform|fill|stroke|stroke-width|stroke-dasharray|stroke-linecap|` +
	`stroke-linejoin|opacity|fill-opacity|font-size|font-weight|font-style|font-family|text-anchor|dominant-baseline)="[A-Za-z0-9 #.,()\n-]*"))*>|[^<>&"']|&(amp|lt|gt|#34|#39);)*$`)

func FuzzFigure(f *testing.F) {
	seeds(f, string(testCourse(f)[theFigure].Data), pictureOf("<g/>"), pictureOf(`<text x="1">a<tspan>b</tspan></text>`), pictureOf("<![CDATA[<script>]]>"), "<svg>", "<?xml?>", "<a:b/>", "<!--", "<!DOCTYPE x [<!ENTITY y 'z'>]>&y;",
		pictureOf("<text><![CDATA[<b onclick='x'>]]></text>"))
	f.Fuzz(func(t *testing.T, s string) {
		if badText(s) != "" {
			return // the check of the file refuses it
		}
		out, faults := drawing([]byte(s), "fig-x")
		if got := faultOf(out, faults); len(faults) == 0 && got != "" {
			t.Errorf("drawing(%q): %s", s, got)
		}
		for _, fault := range faults {
			if fault.Line < 1 || fault.Line > 1+strings.Count(s, "\n") || fault.Text == "" {
				t.Errorf("drawing(%q): fault %+v has no place or no text", s, fault)
			}
		}
		if out == "" {
			return
		}
		if !drawn.MatchString(out) || badText(out) != "" {
			t.Errorf("drawing(%q) lets something through: %s", s, out)
		}
		x := xml.NewDecoder(strings.NewReader(out))
		for {
			if _, err := x.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("drawing(%q) = %s is not well formed: %v", s, out, err)
			}
		}
	})
}
