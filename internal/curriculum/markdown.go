package curriculum

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"

	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// markdown is CommonMark with tables. Alignment goes into an attribute: the
// pages allow no style.
var markdown = goldmark.New(goldmark.WithExtensions(
	extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignAttribute))))

// policy lets through what a lesson may be made of, whatever the renderer does.
var policy = func() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("h2", "h3", "h4", "h5", "h6", "p", "ul", "ol", "li", "strong", "em", "code", "pre", "blockquote", "hr", "br",
		"table", "thead", "tbody", "tr", "th", "td")
	p.AllowAttrs("align").Matching(regexp.MustCompile(`^(left|center|right)$`)).OnElements("th", "td")
	p.AllowAttrs("start").Matching(bluemonday.Integer).OnElements("ol")
	return p
}()

// render turns a lesson's text into HTML, once for all readers. The lines of
// its faults are lines of the text.
func render(body []byte, figures *gallery) (string, []Fault) {
	if len(bytes.TrimSpace(body)) == 0 {
		return "", []Fault{{Line: 1, Text: "the lesson has no text; write it"}}
	}
	if f := hostile(body); f != nil {
		return "", []Fault{*f}
	}
	doc := markdown.Parser().Parse(text.NewReader(body))
	faults := foreign(doc, body)
	html, more := pieces(doc, body, figures)
	if faults = append(faults, more...); len(faults) > 0 {
		return "", faults
	}
	return html, nil
}

// pieces renders a document. The text between figures passes the sanitizer,
// which knows nothing of pictures; a figure has been written by us and comes in
// beside it.
func pieces(doc ast.Node, body []byte, figures *gallery) (string, []Fault) {
	var b strings.Builder
	var faults []Fault
	part := ast.NewDocument()
	flush := func() {
		html, f := sanitized(part, body)
		if f != nil {
			faults = append(faults, *f)
		}
		b.WriteString(html)
		part = ast.NewDocument()
	}
	for n := doc.FirstChild(); n != nil; {
		next := n.NextSibling()
		if img := figureIn(n); img != nil {
			flush()
			html, fault := figures.show(string(img.Destination), plainText(img, body))
			if fault != "" {
				faults = append(faults, Fault{Line: lineAt(body, img.Pos()), Text: "there is " + fault})
			}
			b.WriteString(html)
		} else {
			part.AppendChild(part, n)
		}
		n = next
	}
	flush()
	return b.String(), faults
}

// sanitized renders a document without figures.
func sanitized(doc ast.Node, body []byte) (string, *Fault) {
	var b strings.Builder
	if err := markdown.Renderer().Render(&b, body, doc); err != nil {
		return "", &Fault{Line: 1, Text: fmt.Sprintf("the text cannot be rendered (%v); write it more plainly", err)}
	}
	html := policy.Sanitize(b.String())
	if bad := badText(html); bad != "" { // only &#…; can bring it in, for the file has been checked
		at := max(bytes.Index(body, []byte("&")), 0)
		return "", &Fault{Line: lineAt(body, at), Text: "an entity such as &#…; makes " + bad}
	}
	return html, nil
}

// figureIn returns the figure that a block of the document consists of, or nil:
// a paragraph of one line with nothing but a picture, which has the name of a
// figure, no title and a plain text.
func figureIn(n ast.Node) *ast.Image {
	if n.Kind() != ast.KindParagraph || n.ChildCount() != 1 || n.Parent() == nil || n.Parent().Kind() != ast.KindDocument {
		return nil
	}
	img, ok := n.FirstChild().(*ast.Image)
	if !ok || img.Reference != nil || len(img.Title) > 0 || !figureFile.Match(img.Destination) || n.Lines().Len() != 1 {
		return nil
	}
	for c := img.FirstChild(); c != nil; c = c.NextSibling() {
		if c.Kind() != ast.KindText && c.Kind() != ast.KindString {
			return nil
		}
	}
	return img
}

// plainText returns the text in a node that holds nothing else.
func plainText(n ast.Node, body []byte) string {
	var b strings.Builder
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		if t, ok := c.(*ast.Text); ok {
			b.Write(util.ResolveEntityNames(util.ResolveNumericReferences(util.UnescapePunctuations(t.Value(body)))))
		}
	}
	return strings.TrimSpace(b.String())
}

// foreign finds what a lesson must not have: raw HTML, pictures that are no
// figures, links, and headings that compete with the title.
func foreign(doc ast.Node, body []byte) (all []Fault) {
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) { // the walker itself never fails
		if figureIn(n) != nil {
			return ast.WalkSkipChildren, nil
		}
		what := forbidden[n.Kind()]
		if h, ok := n.(*ast.Heading); ok && h.Level == 1 {
			what = "a heading of the first level; begin with ##, for the title stands in the front matter"
		}
		if entering && what != "" {
			all = append(all, Fault{Line: lineAt(body, n.Pos()), Text: "there is " + what})
		}
		return ast.WalkContinue, nil
	})
	return all
}

var forbidden = map[ast.NodeKind]string{
	ast.KindHTMLBlock:               "raw HTML; write it in Markdown",
	ast.KindRawHTML:                 "raw HTML; write it in Markdown",
	ast.KindImage:                   "a picture; a figure stands on a line of its own, between empty lines: ![what it teaches, in words](fig-name.svg)",
	ast.KindLink:                    "a link; name the page or the lesson instead",
	ast.KindAutoLink:                "a link; name the page or the lesson instead",
	ast.KindLinkReferenceDefinition: "the target of a link; name the page or the lesson instead",
}

// lineAt returns the line, from 1, of a place in a text.
func lineAt(text []byte, at int) int {
	return 1 + bytes.Count(text[:min(max(at, 0), len(text))], []byte("\n"))
}

// The most that a text may hold of what makes the parser look back and forth,
// or makes little text into much HTML. People stay far below: of a paragraph's
// marks they use a few dozen.
const (
	maxMarks   = 600  // in one paragraph; 13,000 of them take 130 ms
	maxColumns = 24   // of a table
	maxCells   = 4000 // of all tables; 3,400 columns and as many rows take 10 s
	maxQuotes  = 8    // quotes and lists one in another on a line
)

// hostile finds text on which parser or renderer would spend far more time
// than on any lesson.
func hostile(body []byte) *Fault {
	marks, columns, cells, n := 0, 0, 0, 0
	for line := range bytes.Lines(body) {
		n++
		if len(bytes.TrimSpace(line)) == 0 {
			marks, columns = 0, 0
			continue
		}
		for _, c := range line {
			if strings.IndexByte("*_[]`<!", c) >= 0 {
				marks++
			}
		}
		bars := bytes.Count(line, []byte("|"))
		columns = max(columns, bars) // a short row is filled up to the columns of its table
		cells += columns
		switch {
		case marks > maxMarks:
			return &Fault{Line: n, Text: fmt.Sprintf("there are more than %d marks of emphasis, links or code in one paragraph; divide it", maxMarks)}
		case bars > maxColumns || cells > maxCells:
			return &Fault{Line: n, Text: fmt.Sprintf("a table has at most %d columns, and all tables together %d cells; make them smaller", maxColumns-1, maxCells)}
		case nesting(line) > maxQuotes:
			return &Fault{Line: n, Text: fmt.Sprintf("there are more than %d quotes or lists one in another; write it more plainly", maxQuotes)}
		}
	}
	return nil
}

var container = regexp.MustCompile(`^[ \t]*(>|([-+*]|[0-9]{1,9}[.)])([ \t\n]|$))`)

// nesting counts the quotes and lists that begin on a line.
func nesting(line []byte) (n int) {
	for n <= maxQuotes {
		lead := container.Find(line)
		if lead == nil {
			break
		}
		line = line[len(lead):]
		n++
	}
	return n
}
