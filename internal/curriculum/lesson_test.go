package curriculum

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestALessonLooksAsItDid(t *testing.T) {
	const golden = "testdata/one-1.html"
	got := load(t, testCourse(t)).Module("first").Lesson("one-1").HTML
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("HTML of lesson one-1 (-want +got); write it anew with -update if it is right:\n%s", d)
	}
}

func TestALessonIsTextOnly(t *testing.T) {
	for _, tt := range []struct {
		text, want string // want is "" for text that is taken
	}{
		{"## Fine\n\nText.", ""},
		{"Text\n\n# Big", "3: there is a heading of the first level"},
		{"Text\n\nBig\n===", "3: there is a heading of the first level"},
		{"Text\n<b>bold</b>", "2: there is raw HTML"},
		{"Text\n\n<div>\n\nmore", "3: there is raw HTML"},
		{"<!-- note -->", "1: there is raw HTML"},
		{"<script>alert(1)</script>", "1: there is raw HTML"},
		{"Text ![alt](https://x.test/a.png)", "1: there is a picture"},
		{"A\nB\n[text](https://x.test)", "3: there is a link"},
		{"[text](javascript:alert(1))", "1: there is a link"},
		{"[text](data:text/html;base64,AA)", "1: there is a link"},
		{"[text](other.md)", "1: there is a link"},
		{"<https://x.test>", "1: there is a link"},
		{"<a@x.test>", "1: there is a link"},
		{"A [text][1].\n\n[1]: https://x.test", "1: there is a link"},
		{"Text\n\n[1]: https://x.test", "3: there is the target of a link"},
		{"| a |\n|---|\n| <i>x</i> |", "3: there is raw HTML"},
		{"- one\n- > ![x](y)", "2: there is a picture"},
		{"Not a link: https://x.test, a_b_c, [x], <3, a < b > c & d.", ""},
		{"`<b>` and\n\n    <b>\n\n```\n<b> [x](y) ![x](y)\n```", ""},
		{"One\n\nTwo &#x202e; back", "3: an entity such as &#…; makes a control character"},
		{"One &amp; two &eacute; &#233; &#0;", ""},
		{"e&#x301;", "1: an entity such as &#…; makes a letter and its accent"},
		{" \n\n", "1: the lesson has no text"},
		{"a\n\n" + strings.Repeat("*a_", 400), "3: there are more than 600 marks"},
		{strings.Repeat("*a* ", 250) + "\n\n" + strings.Repeat("*a* ", 250), ""},
		{strings.Repeat("|a", 25) + "\n" + strings.Repeat("|-", 25), "1: a table has at most 23 columns"},
		{strings.Repeat("|a", 20) + "\n" + strings.Repeat("|-", 20) + "\n" + strings.Repeat("a\n", 300), "201: a table has at most 23 columns, and all tables together 4000 cells"},
		{strings.Repeat("> ", 9) + "a", "1: there are more than 8 quotes"},
		{strings.Repeat("- ", 9) + "a", "1: there are more than 8 quotes"},
		{strings.Repeat("1) > ", 5) + "a", "1: there are more than 8 quotes"},
		{strings.Repeat("> ", 8) + "a", ""},
		{"* * *\n\n-----------\n\n***********", ""},
	} {
		html, faults := render([]byte(tt.text), new(gallery))
		got := ""
		if len(faults) > 0 {
			got = fmt.Sprintf("%d: %s", faults[0].Line, faults[0].Text)
		}
		if !strings.HasPrefix(got, tt.want) || tt.want == "" && got != "" {
			t.Errorf("render(%.60q): fault %q, want %q", tt.text, got, tt.want)
		}
		if (html == "") != (got != "") {
			t.Errorf("render(%.60q) = %.60q with fault %q, want one of the two", tt.text, html, got)
		}
	}
}

func TestEveryForeignThingIsReported(t *testing.T) {
	_, faults := render([]byte("# One\n\n<b>two</b> [three](x)\n\n![four](x)"), new(gallery))
	if len(faults) != 5 { // <b> and </b> are two
		t.Errorf("render: %d faults, want 5:\n%v", len(faults), Faults(faults))
	}
}

// tag is all that a lesson's HTML may be made of.
var tag = regexp.MustCompile(`^<(/?(h[2-6]|p|ul|li|strong|em|code|pre|blockquote|table|thead|tbody|tr|th|td)|/ol|hr/?|br/?|ol( start="[0-9]+")?|t[hd] align="(left|center|right)")>`)

// foreignTag returns the first thing in HTML that is neither text nor a tag of
// ours.
func foreignTag(html string) string {
	for i := strings.IndexByte(html, '<'); i >= 0; i = strings.IndexByte(html, '<') {
		html = html[i:]
		m := tag.FindString(html)
		if m == "" {
			return html[:min(len(html), 40)]
		}
		html = html[len(m):]
	}
	return ""
}

func TestFrontMatterEndsWhereItSays(t *testing.T) {
	for _, tt := range []struct {
		file, front, body string
		ok                bool
	}{
		{"---\na: b\n---\ntext\n", "a: b\n", "text\n", true},
		{"---\na: b\n---\n", "a: b\n", "", true},
		{"---\na: |\n  ---\n---\n---\n", "a: |\n  ---\n", "---\n", true},
		{"---\na: b\n---", "", "", false},
		{"---\n\n---\ntext", "\n", "text", false},
		{"---\n---\ntext\n---\n", "---\ntext\n", "", true}, // and it is refused as YAML
		{"text", "", "", false},
		{"\n---\na: b\n---\ntext", "", "", false},
	} {
		front, body, ok := splitFront([]byte(tt.file))
		if ok != tt.ok || ok && (string(front) != tt.front || string(body) != tt.body) {
			t.Errorf("splitFront(%q) = %q, %q, %v; want %q, %q, %v", tt.file, front, body, ok, tt.front, tt.body, tt.ok)
		}
	}
}
