package curriculum

import (
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

var figureFile = regexp.MustCompile(`^fig-[a-z0-9]+(-[a-z0-9]+)*\.svg$`)

// The bounds of figures.
const (
	maxFigureName = 80 // bytes
	maxFigures    = 10 // in a lesson
	// maxDrawn is how many bytes of page all figures of a course may make: one
	// that is shown in many lessons is kept as often.
	maxDrawn = 32 << 20
)

// A figure is a picture of a module while its lessons are read.
type figure struct {
	svg  string // written anew, ready to stand in a page
	used bool
}

// figures reads the pictures in the folder of a module.
func (l *loader) figures(o *outline) {
	o.figures = make(map[string]*figure)
	for _, files := range []map[string]bool{keysOf(l.files), l.spoiled} {
		for name := range files {
			if path.Dir(name) == o.dir && figureFile.MatchString(path.Base(name)) {
				o.figures[path.Base(name)] = nil
			}
		}
	}
	for _, base := range slices.Sorted(maps.Keys(o.figures)) {
		name := path.Join(o.dir, base)
		if l.spoiled[name] {
			continue
		}
		svg, faults := drawing(l.files[name], strings.TrimSuffix(base, ".svg"))
		for _, f := range faults {
			l.fault(name, f.Line, "%s", f.Text)
		}
		o.figures[base] = &figure{svg: svg}
	}
}

// unused reports the pictures that no lesson shows.
func (l *loader) unused(o *outline) {
	for _, name := range slices.Sorted(maps.Keys(o.figures)) {
		if f := o.figures[name]; f != nil && !f.used {
			l.fault(path.Join(o.dir, name), 0, "no lesson shows this figure; put ![what it teaches, in words](%s) on a line of its own where it is needed, or remove the file", name)
		}
	}
}

// A gallery gives out the figures of one lesson.
type gallery struct {
	all   map[string]*figure
	shown []string
	bytes int // of page
}

// How long the text alternative of a figure is, in characters.
const leastAlt, mostAlt = 40, 1200

// show returns a figure as it stands in a page: the picture, and below it in
// words all that it teaches. fault says why it cannot be shown.
func (g *gallery) show(name, alt string) (html, fault string) {
	f, there := g.all[name]
	switch n := utf8.RuneCountInString(alt); {
	case !there:
		return "", fmt.Sprintf("a figure %s, but no such file in the module's folder; draw it, or remove the line", name)
	case slices.Contains(g.shown, name):
		return "", fmt.Sprintf("the figure %s a second time; show it once", name)
	case len(g.shown) == maxFigures:
		return "", fmt.Sprintf("one figure more than the %d that a lesson may have; remove some", maxFigures)
	case badText(alt) != "":
		return "", "a figure whose text alternative has " + badText(alt)
	case n < leastAlt || n > mostAlt:
		return "", fmt.Sprintf("a figure whose text alternative has %d characters; say in %d to %d all that the picture teaches", n, leastAlt, mostAlt)
	}
	g.shown = append(g.shown, name)
	if f == nil {
		return "", ""
	}
	f.used = true
	g.bytes += len(f.svg)
	return "<figure>\n" + f.svg + "\n<figcaption>" + escape(alt) + "</figcaption>\n</figure>\n", ""
}

// escape writes a text so that a page shows it as it is.
func escape(s string) string { return escaper.Replace(s) }

var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&#34;", "'", "&#39;")
