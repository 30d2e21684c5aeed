package curriculum

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

const svgSpace = "http://www.w3.org/2000/svg"

// svgElements are what a figure may be made of, and which attributes each has
// besides those that all have.
var svgElements = map[string]string{
	"svg": "xmlns viewBox", "title": "", "desc": "", "g": "", "defs": "", "marker": "viewBox markerWidth markerHeight refX refY orient",
	"path": "d", "line": "x1 y1 x2 y2", "polyline": "points", "polygon": "points", "rect": "x y width height rx ry",
	"circle": "cx cy r", "ellipse": "cx cy rx ry", "text": "x y dx dy", "tspan": "x y dx dy",
}

// svgCommon are the attributes of every element but title and desc.
const svgCommon = "id transform fill stroke stroke-width stroke-dasharray stroke-linecap stroke-linejoin opacity fill-opacity " +
	"font-size font-weight font-style font-family text-anchor dominant-baseline marker marker-start marker-end"

// The forms of attributes' values.
var (
	svgNumber = regexp.MustCompile(`^-?([0-9]{1,6}(\.[0-9]{1,6})?|\.[0-9]{1,6})$`)
	svgShift  = regexp.MustCompile(`^-?([0-9]{1,6}(\.[0-9]{1,6})?|\.[0-9]{1,6})(em)?$`)
	svgID     = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]{0,39}$`)
	svgURL    = regexp.MustCompile(`^url\(#([A-Za-z][A-Za-z0-9-]{0,39})\)$`)
	svgForms  = map[string]*regexp.Regexp{
		"xmlns": regexp.MustCompile(`^` + regexp.QuoteMeta(svgSpace) + `$`), "id": svgID,
		"viewBox": regexp.MustCompile(`^0 0 [1-9][0-9]{0,4}(\.[0-9]+)? [1-9][0-9]{0,4}(\.[0-9]+)?$`),
		"dx":      svgShift, "dy": svgShift,
		"d": regexp.MustCompile(`^[MmLlHhVvCcSsQqTtAaZz0-9eE ,.+\n-]+$`), "points": regexp.MustCompile(`^[0-9 ,.\n-]+$`),
		"transform": regexp.MustCompile(`^((translate|rotate|scale|matrix|skewX|skewY)\([0-9 ,.-]+\)[ ,]*)+$`),
		"fill":      svgPaint, "stroke": svgPaint, "stroke-dasharray": regexp.MustCompile(`^(none|[0-9]+(\.[0-9]+)?([ ,]+[0-9]+(\.[0-9]+)?)*)$`),
		"stroke-linecap": word("butt|round|square"), "stroke-linejoin": word("miter|round|bevel"), "orient": word(`auto|auto-start-reverse|-?[0-9]{1,3}`),
		"opacity": svgShare, "fill-opacity": svgShare,
		"font-weight": word("normal|bold|[1-9]00"), "font-style": word("normal|italic"), "font-family": word("sans-serif"),
		"text-anchor": word("start|middle|end"), "dominant-baseline": word("auto|middle|central|hanging|alphabetic|text-before-edge|text-after-edge"),
		"marker": svgURL, "marker-start": svgURL, "marker-end": svgURL,
	}
	svgPaint = word(`none|currentColor|#[0-9A-Fa-f]{3}|#[0-9A-Fa-f]{6}`)
	svgShare = word(`[01]|[01]?\.[0-9]{1,4}`)
)

func word(alternatives string) *regexp.Regexp { return regexp.MustCompile(`^(` + alternatives + `)$`) }

// The bounds of a picture.
const (
	maxFigure    = 32 << 10
	maxSVGDepth  = 12
	leastFont    = 13  // in a picture svgWidth wide
	svgWidth     = 720 // what authors draw for
	mostSVGTitle = 120
	mostSVGDesc  = 1200
)

// A drawer reads a picture and writes it anew, so that nothing reaches a page
// that was not looked at.
type drawer struct {
	data    []byte
	name    string // of the figure: its ids begin with it, so that those of two figures differ
	out     strings.Builder
	open    []string
	last    string            // the child of the root that was read last
	ids     map[string]bool   // that are there
	uses    map[string]int    // ids that are referred to, with a line of each
	words   map[string]*label // of title and desc
	width   float64           // of the viewBox
	ended   bool
	faults  []Fault
	at      int // where the token begins
	current *label
}

// A label is what an element says, with its line.
type label struct {
	line int
	strings.Builder
}

// drawing checks a picture against the rules for figures and returns it as it
// may stand in a page.
func drawing(data []byte, name string) (string, []Fault) {
	d := &drawer{data: data, name: name, ids: make(map[string]bool), uses: make(map[string]int), words: make(map[string]*label)}
	if i := bytes.IndexByte(data, '&'); i >= 0 {
		return "", []Fault{{Line: lineAt(data, i), Text: "there is an entity (&); write the letter itself, and \"and\" for &"}}
	}
	d.read()
	d.references()
	if len(d.faults) > 0 {
		return "", d.faults
	}
	return d.out.String(), nil
}

func (d *drawer) fault(format string, args ...any) {
	d.faults = append(d.faults, Fault{Line: lineAt(d.data, d.at), Text: fmt.Sprintf(format, args...)})
}

func (d *drawer) read() {
	x := xml.NewDecoder(bytes.NewReader(d.data))
	for {
		d.at = int(x.InputOffset())
		token, err := x.Token()
		var wrong *xml.SyntaxError
		switch {
		case err == io.EOF:
			if !d.ended {
				d.fault("there is no picture; a figure is one <svg xmlns=%q viewBox=\"0 0 720 400\"> element", svgSpace)
			}
			return
		case errors.As(err, &wrong):
			d.faults = append(d.faults, Fault{Line: wrong.Line, Text: "this is not XML (" + wrong.Msg + ")"})
			return
		case err != nil:
			d.fault("this is not XML (%v)", err)
			return
		}
		if !d.token(token) {
			return
		}
	}
}

// token takes one part of the text, and reports whether reading goes on.
func (d *drawer) token(token xml.Token) bool {
	switch t := token.(type) {
	case xml.StartElement:
		return d.start(t)
	case xml.EndElement:
		d.end(t.Name.Local)
	case xml.CharData:
		d.chars(string(t))
	case xml.ProcInst:
		d.fault("there is a processing instruction <?%s; remove it, an xml declaration too", short(t.Target))
	case xml.Directive:
		d.fault("there is a directive <!…>; remove it")
	}
	return true
}

func (d *drawer) start(t xml.StartElement) bool {
	name := t.Name.Local
	own, known := svgElements[name]
	switch {
	case len(d.open) == maxSVGDepth:
		d.fault("the elements nest more than %d deep; draw it more plainly", maxSVGDepth)
		return false
	case d.ended:
		d.fault("there is something after the picture; a file holds one")
		return false
	case len(d.open) == 0 && (name != "svg" || t.Name.Space != svgSpace):
		d.fault("the picture is not an <svg xmlns=%q> element", svgSpace)
		return false
	case !known || t.Name.Space != svgSpace:
		d.fault("there is an element <%s>; a figure is made of svg, title, desc, g, defs, marker, path, line, polyline, polygon, rect, circle, ellipse, text and tspan", short(name))
	default:
		d.fits(name)
	}
	if d.open = append(d.open, name); !known {
		return true
	}
	d.out.WriteString("<" + name)
	d.attributes(name, own, t.Attr)
	switch {
	case len(d.open) == 1:
		fmt.Fprintf(&d.out, ` role="img" aria-labelledby="%s_title %s_desc"`, d.name, d.name)
	case d.labels(name):
		fmt.Fprintf(&d.out, ` id="%s_%s"`, d.name, name)
		d.current = &label{line: lineAt(d.data, d.at)}
		d.words[name] = d.current
	}
	d.out.WriteString(">")
	if len(d.open) == 2 {
		d.last = name
	}
	return true
}

// labels reports whether an element that was just opened names the picture.
func (d *drawer) labels(name string) bool {
	return len(d.open) == 2 && (name == "title" || name == "desc")
}

// fits sees that an element may stand where it does.
func (d *drawer) fits(name string) {
	if len(d.open) == 0 {
		return
	}
	parent := d.open[len(d.open)-1]
	root := len(d.open) == 1
	switch {
	case name == "svg":
		d.fault("there is an <svg> in another; draw it as one")
	case name == "title" && (!root || d.last != ""), name == "desc" && (!root || d.last != "title"):
		d.fault("there is a <%s> in this place; a figure begins with one <title> and one <desc>, and has no others", name)
	case name == "tspan" && parent != "text" && parent != "tspan":
		d.fault("a <tspan> stands in a <text>")
	case name != "tspan" && holdsText(parent):
		d.fault("there is a <%s> in a <%s>; put it beside", name, parent)
	case root && (d.last == "" && name != "title" || d.last == "title" && name != "desc"):
		d.fault("a figure begins with <title>, then <desc>; put them before <%s>", name)
	}
}

// holdsText reports whether an element may have text.
func holdsText(name string) bool {
	return name == "text" || name == "tspan" || name == "title" || name == "desc"
}

func (d *drawer) attributes(name, own string, all []xml.Attr) {
	allowed := strings.Fields(own)
	if name != "title" && name != "desc" && name != "svg" {
		allowed = append(allowed, strings.Fields(svgCommon)...)
	} else if name == "svg" {
		allowed = append(allowed, "fill", "stroke", "font-family", "font-size", "text-anchor")
	}
	seen := make(map[string]bool)
	for _, a := range all {
		key := a.Name.Local
		switch {
		case a.Name.Space != "" || !slices.Contains(allowed, key):
			d.fault("<%s> has an attribute %s; it may have %s", name, short(key), strings.Join(allowed, " "))
		case seen[key]:
			d.fault("<%s> has the attribute %s twice; remove one", name, key)
		default:
			seen[key] = true
			fmt.Fprintf(&d.out, ` %s="%s"`, key, escape(d.attribute(key, strings.TrimSpace(a.Value))))
		}
	}
	if name == "svg" && !seen["viewBox"] {
		d.fault("the picture has no viewBox; write viewBox=\"0 0 720 400\" with its own size")
	}
}

// attribute checks a value and returns it with the name of the figure before
// its id.
func (d *drawer) attribute(key, value string) string {
	form := svgForms[key]
	if form == nil {
		form = svgNumber
	}
	m := form.FindStringSubmatch(value)
	if m == nil {
		d.fault("%s is %q, which a figure may not have; see the format of figures", key, short(value))
		return ""
	}
	switch key {
	case "id":
		if d.ids[value] {
			d.fault("the id %s stands here twice; give each its own", value)
		}
		if value == "title" || value == "desc" {
			d.fault("the id %s is taken by the title and the description; choose another", value)
		}
		d.ids[value] = true
		return d.name + "_" + value
	case "marker", "marker-start", "marker-end":
		if _, there := d.uses[m[1]]; !there {
			d.uses[m[1]] = lineAt(d.data, d.at)
		}
		return "url(#" + d.name + "_" + m[1] + ")"
	case "viewBox":
		if len(d.open) == 1 {
			d.width, _ = strconv.ParseFloat(strings.Fields(value)[2], 64)
		}
	case "font-size":
		if n, _ := strconv.ParseFloat(value, 64); n*svgWidth < leastFont*d.width {
			d.fault("font-size is %s; nothing may be smaller than %d in a picture %d wide", value, leastFont, svgWidth)
		}
	}
	return value
}

func (d *drawer) end(name string) {
	if _, known := svgElements[name]; known {
		d.out.WriteString("</" + name + ">")
	}
	if d.labels(name) {
		d.current = nil
	}
	d.open = d.open[:len(d.open)-1]
	d.ended = len(d.open) == 0
}

func (d *drawer) chars(s string) {
	in := ""
	if len(d.open) > 0 {
		in = d.open[len(d.open)-1]
	}
	if blank := strings.TrimSpace(s) == ""; !holdsText(in) {
		if !blank {
			d.fault("there is text outside of <text>: %q", short(strings.TrimSpace(s)))
		} else if in != "" {
			d.out.WriteString(strings.Repeat("\n", min(1, strings.Count(s, "\n"))))
		}
		return
	}
	if d.current != nil {
		d.current.WriteString(s)
	}
	d.out.WriteString(escape(s))
}

// references sees that what is referred to is there, and that the picture says
// in words what it shows.
func (d *drawer) references() {
	if !d.ended {
		return
	}
	for id, line := range d.uses {
		if !d.ids[id] {
			d.faults = append(d.faults, Fault{Line: line, Text: fmt.Sprintf("url(#%s) points at nothing in this picture", id)})
		}
	}
	for _, w := range []struct {
		name string
		most int
	}{{"title", mostSVGTitle}, {"desc", mostSVGDesc}} {
		t := d.words[w.name]
		if t == nil {
			t = &label{line: 1}
		}
		if n := utf8.RuneCountInString(strings.TrimSpace(t.String())); n < 1 || n > w.most {
			d.faults = append(d.faults, Fault{Line: t.line, Text: fmt.Sprintf("the <%s> with which a figure begins has %d characters; it must have 1 to %d", w.name, n, w.most)})
		}
	}
}
