package curriculum

import (
	"strings"
	"testing"
	"time"
)

// within runs f and says when it takes longer than the limit, three times in a
// row: a machine that does something else meanwhile is no fault of ours.
func within(t *testing.T, limit time.Duration, what string, f func()) {
	t.Helper()
	var took time.Duration
	for range 3 {
		start := time.Now()
		f()
		if took = time.Since(start); took <= limit*slowness {
			return
		}
	}
	t.Errorf("%.40q took %v, want at most %v", what, took, limit*slowness)
}

// fill repeats a text to a size.
func fill(size int, s string) string { return strings.Repeat(s, size/len(s)) }

// halves fills one half with one text and the other half with another.
func halves(size int, a, b string) string { return fill(size/2, a) + fill(size/2, b) }

// stairs writes lines each of which is indented, or quoted, one step deeper.
func stairs(size int, step, text string) string {
	var b strings.Builder
	for i := 0; b.Len() < size; i++ {
		b.WriteString(strings.Repeat(step, i) + text + "\n")
	}
	return b.String()[:size]
}

// hostileMarkdown is what is known to keep Markdown parsers busy, or to grow in
// them, and what a paragraph each of it makes.
func hostileMarkdown(size int) (all []string) {
	for _, s := range []string{
		"*a_", "[a](", "[", "![a](", "*a", "**a", "_a", "a**b", "*a **", "*a_ ", "***a", "[*a_", "[![[", "a_b*c ", "`", "`a``b```c", "a`b",
		"<", "<a ", "<!--", "<?", "<![CDATA[", "<!A", "&", "&a", "&#x202e", "[a]: b\n", "[a][b]", "[a](b", "[](<", "[a](b)", "\\", "https://a.b ", "a@b.c ",
		"> ", ">", "- ", "1) ", "> - ", "* * ", "- a\n", "*\n", "-\n", "+\n\n", "~~~\n", "```\n", "a\n===\n", "# a\n", "#", "\t", " ", "a\n", "a", "|a", "|\n", "|", "| a | b |\n|-|-|\n",
	} {
		all = append(all, fill(size, s), "x\n"+fill(size-2, s))
		if p := fill(550, s); size > len(p)+2 {
			all = append(all, fill(size, p+"\n\n"), fill(size, "> "+p+"\n\n"), fill(size, "- "+p+"\n"))
		}
	}
	all = append(all,
		halves(size, "[", "]"), halves(size, "*", "a*"), halves(size, "**a ", "a**"), halves(size, "|a", "\n|"),
		stairs(size, "  ", "- a"), stairs(size, ">", "a"), stairs(size, "`", "a"), stairs(size, " ", "1. a"),
		table(size, 3), table(size, 11), table(size, 23), table(size, size/6),
		fill(size, table(500, 23)+"\n\n"))
	return all
}

// table writes a table whose rows are as short as can be.
func table(size, columns int) string {
	head := fill(2*columns, "|a") + "\n" + fill(2*columns, "|-") + "\n"
	return head + fill(max(size-len(head), 2), "a\n")
}

// CHECKS IN-09.
func TestHostileMarkdownIsRenderedOrRefusedInTime(t *testing.T) {
	for _, s := range hostileMarkdown(maxLesson) {
		within(t, 300*time.Millisecond, s, func() {
			html, _ := render([]byte(s), new(gallery))
			if len(html) > 12*maxLesson {
				t.Errorf("render(%.40q) gave %d bytes of HTML for %d", s, len(html), len(s))
			}
		})
	}
}

// slowYAML is what the parser needs seconds for, when it gets it at this size.
func slowYAML(size int) []string {
	return []string{
		fill(size, "["), "a: >\n" + fill(size-5, "\n"), "a: >\n" + fill(size-5, "  \n"), fill(size, "a: b\n"), fill(size, "a: |\n\n"), fill(size, "a: #\n"),
		fill(size, "- "), fill(size, "- - \n"), fill(size, "- a:\n"), fill(size, "- a:\n- b\n"), fill(size, "a:\n- b:\n"), fill(size, "- # c\n"), fill(size, "-\n"), fill(size, "- a: #\n"), fill(size, "@"), fill(size, "`"), fill(size, "\""), "a: [" + fill(size-4, ","), "a: [" + fill(size-4, "a: "),
		fill(size, "? a\n: b\n"), fill(size, "<<: a\n"), halves(size, "[", "]"), halves(size, "{a: ", "}"), stairs(size, " ", "a:"), stairs(size, " ", "- a:"),
		"a: &a [x]\nb:\n" + fill(size/2, "- [*a, *a]\n"),
	}
}

func TestHostileYAMLIsReadOrRefusedInTime(t *testing.T) {
	for _, s := range slowYAML(maxYAML) {
		within(t, time.Second, s, func() {
			if got := faultsOf(s); len(got) == 0 {
				t.Errorf("%.40q is taken", s)
			}
		})
	}
}

// faultsOf reads a text as a page with a list a.
func faultsOf(s string) Faults {
	c := new(collector)
	(&page{collector: c, file: "x.yaml"}).open([]byte(s), "a").list("a", "an a", 1, 400)
	return c.faults
}

func TestHostilePicturesAreDrawnOrRefusedInTime(t *testing.T) {
	root := pictureOf("")
	head := root[:strings.Index(root, "</svg>")]
	for _, s := range []string{
		"<g>", "<g/>", "<g x='1'/>", "<G a='1' b='2'/>", "<text>a</text>", "a ", "<!---->", "<![CDATA[a]]>", "\n", "<g id='a'/>", "<g fill='none' transform='scale(1)'/>", "<a:b c:d='e'/>", "<", "</g>", "<?x?>", "<!x>", "<line marker-end='url(#a)'/>",
	} {
		for _, text := range []string{
			head + fill(maxFigure-len(root), s) + "</svg>", fill(maxFigure, s), head + "<g " + fill(maxFigure-len(root), "x='1' ") + "/></svg>",
			head + "<g transform='" + fill(maxFigure-len(root)-20, "scale(1) ") + "'/></svg>", head + "<path d='" + fill(maxFigure-len(root)-20, "M0 0 ") + "'/></svg>",
		} {
			within(t, 300*time.Millisecond, text[len(text)/2:], func() {
				out, faults := drawing([]byte(text), "fig-"+strings.Repeat("x", 70))
				if (out == "") == (len(faults) == 0) || len(out) > 20*maxFigure {
					t.Errorf("a picture of %.20q gives %d bytes and %d faults", s, len(out), len(faults))
				}
			})
		}
	}
}

// However many cases a bank has, its plan is soon made.
func TestAPlanWithManyCasesIsSoonMade(t *testing.T) {
	m := &Module{Key: "m", Quiz: Quiz{Draw: 40}}
	for o := range 20 {
		m.Objectives = append(m.Objectives, Objective{ID: ObjectiveID(rune('a' + o)), Quota: 2, Critical: true})
	}
	for c := range maxCases {
		m.Cases = append(m.Cases, &Case{ID: CaseID(rune('a' + c))})
	}
	for i := range 400 {
		it := &Item{Objective: ObjectiveID(rune('a' + i%20)), Critical: i%3 == 0}
		if i < 3*maxCases {
			it.Case = CaseID(rune('a' + i/3))
		}
		m.Items = append(m.Items, it)
	}
	within(t, 100*time.Millisecond, "a plan of 12 cases", func() { m.Plan().Sets() })
}
