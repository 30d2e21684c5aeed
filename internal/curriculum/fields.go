package curriculum

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
)

// A page is one YAML text while it is read. Decoding into structs would end at
// the first thing that is wrong, so the tree is read field by field: every
// fault is told, with its line.
type page struct {
	*collector
	file   string
	before int // lines above the text, for front matter
}

// A value is a part of a page.
type value struct {
	node ast.Node // nil for one that is missing
	line int
	name string // for people: "`title`"
}

// Fields are the named values of one group of a page. When the group could not
// be read, that is told already, and asking for its fields tells nothing more.
type fields struct {
	*page
	line   int
	at     map[string]value
	broken bool
}

// open parses a page and returns its fields.
func (p *page) open(data []byte, known ...string) fields {
	if p.tabs(data) {
		return fields{page: p, broken: true}
	}
	body, f := parse(data)
	if f != nil {
		p.fault(p.file, p.before+f.Line, "%s", f.Text)
		return fields{page: p, broken: true}
	}
	return p.fields(value{node: body, line: p.before + 1, name: "the file"}, known...)
}

// tabs reports every tab: the parser leaves them out of texts without a word.
func (p *page) tabs(data []byte) (found bool) {
	n := 0
	for line := range bytes.Lines(data) {
		if n++; bytes.IndexByte(line, '\t') >= 0 {
			found = true
			p.fault(p.file, p.before+n, "there is a tab; write spaces")
		}
	}
	return found
}

// wrong tells that a value is not as it must be.
func (p *page) wrong(v value, format string, args ...any) {
	p.fault(p.file, v.line, "%s %s", v.name, fmt.Sprintf(format, args...))
}

// fields reads a group. Fields that are not known or stand twice are faults.
func (p *page) fields(v value, known ...string) fields {
	f := fields{page: p, line: v.line, at: make(map[string]value)}
	m, ok := v.node.(*ast.MappingNode)
	if !ok {
		p.wrong(v, "must be a group of the fields %s", strings.Join(known, ", "))
		f.broken = true
		return f
	}
	for i, kv := range m.Values {
		tk := kv.Key.GetToken()
		key, line := tk.Value, p.before+tk.Position.Line
		if i == 0 {
			f.line = line
		}
		here := value{kv.Value, line, "`" + key + "`"}
		switch _, twice := f.at[key]; {
		case twice:
			p.wrong(here, "stands here twice; remove one")
		case !slices.Contains(known, key):
			p.fault(p.file, line, "there is no field %q here; the fields are %s", key, strings.Join(known, ", "))
		default:
			f.at[key] = here
		}
	}
	return f
}

// has reports whether a field is there.
func (f fields) has(key string) bool { return f.at[key].node != nil }

// need returns a field, or tells that it is missing.
func (f fields) need(key string) (value, bool) {
	v, ok := f.at[key]
	if !ok && !f.broken {
		f.fault(f.file, f.line, "`%s` is missing; add it", key)
	}
	return v, ok
}

// lineOf returns the line of a field, or of its group when it is missing.
func (f fields) lineOf(key string) int {
	if v, ok := f.at[key]; ok {
		return v.line
	}
	return f.line
}

// group reads a field that is a group of fields.
func (f fields) group(key string, known ...string) fields {
	v, ok := f.need(key)
	if !ok {
		return fields{page: f.page, line: f.line, broken: true}
	}
	return f.fields(v, known...)
}

// str reads a text and trims the space around it. Numbers and the like must be
// quoted: YAML would read 1.0 as 1.
func (p *page) str(v value) (string, bool) {
	var s string
	switch n := v.node.(type) {
	case *ast.StringNode:
		s = n.Value
	case *ast.LiteralNode:
		s = n.Value.Value
	case *ast.NullNode:
		p.wrong(v, "is empty; write a text")
		return "", false
	case ast.ScalarNode:
		p.wrong(v, "must be a text; put it in quotes")
		return "", false
	default:
		p.wrong(v, "must be a text, not a list or a group")
		return "", false
	}
	if bad := badText(s); bad != "" { // an escape such as "\x00" gets past the check of the file
		p.wrong(v, "has %s", bad)
		return "", false
	}
	return strings.TrimSpace(s), true
}

// prose reads a text of so many characters.
func (f fields) prose(key string, least, most int) string {
	v, ok := f.need(key)
	if !ok {
		return ""
	}
	s, ok := f.str(v)
	if n := utf8.RuneCountInString(s); ok && (n < least || n > most) {
		f.wrong(v, "has %d characters; it must have %d to %d", n, least, most)
	}
	return s
}

// text reads a text that must be one line, of at most so many characters.
func (f fields) text(key string, most int) string {
	s := f.prose(key, 1, most)
	if strings.ContainsAny(s, "\n\t") {
		f.wrong(f.at[key], "must be one line, without tabs")
	}
	return s
}

// word reads a text that must have a form, such as an id.
func (f fields) word(key string, form *regexp.Regexp, like string) string {
	v, ok := f.need(key)
	if !ok {
		return ""
	}
	return f.formed(v, form, like)
}

func (p *page) formed(v value, form *regexp.Regexp, like string) string {
	s, ok := p.str(v)
	if ok && !form.MatchString(s) {
		p.wrong(v, "is %q; it must be %s", short(s), like)
	}
	return s
}

// one reads a text that must be one of those known.
func (f fields) one(key string, known ...string) string {
	v, ok := f.need(key)
	if !ok {
		return ""
	}
	s, ok := f.str(v)
	if ok && !slices.Contains(known, s) {
		f.wrong(v, "is %q; it must be one of %s", short(s), strings.Join(known, ", "))
	}
	return s
}

// short keeps a quoted text from filling the screen.
func short(s string) string {
	if utf8.RuneCountInString(s) > 60 {
		return string([]rune(s)[:60]) + "…"
	}
	return s
}

var decimal = regexp.MustCompile(`^(0|[1-9][0-9]{0,8})$`)

// number reads a whole number.
func (f fields) number(key string, least, most int) int {
	v, ok := f.need(key)
	if !ok {
		return 0
	}
	n := -1
	if i, ok := v.node.(*ast.IntegerNode); ok && decimal.MatchString(i.GetToken().Value) {
		n, _ = strconv.Atoi(i.GetToken().Value) // of nine digits at most
	}
	if n < least || n > most {
		f.wrong(v, "must be a whole number from %d to %d, without quotes", least, most)
	}
	return n
}

// flag reads true or false; a flag that is not there is false.
func (f fields) flag(key string) bool {
	v, ok := f.at[key]
	if !ok {
		return false
	}
	b, ok := v.node.(*ast.BoolNode)
	if !ok {
		f.wrong(v, "must be true or false, without quotes")
		return false
	}
	return b.Value
}

// list reads a list of so many values. What they are is up to the caller.
func (f fields) list(key, of string, least, most int) (all []value) {
	v, ok := f.need(key)
	if !ok {
		return nil
	}
	s, ok := v.node.(*ast.SequenceNode)
	if !ok {
		f.wrong(v, "must be a list")
		return nil
	}
	if n := len(s.Values); n < least || n > most {
		f.wrong(v, "has %d entries; it must have %d to %d", n, least, most)
	}
	for _, n := range s.Values[:min(len(s.Values), most)] {
		line := v.line
		if tk := n.GetToken(); tk != nil {
			line = f.before + tk.Position.Line
		}
		all = append(all, value{n, line, of})
	}
	return all
}

// words reads a list of texts of a form, none of them twice.
func (f fields) words(key, of string, least, most int, form *regexp.Regexp, like string) (all []string, lines []int) {
	for _, v := range f.list(key, of, least, most) {
		s := f.formed(v, form, like)
		if slices.Contains(all, s) && s != "" {
			f.wrong(v, "%s stands here twice; remove one", s)
		}
		all, lines = append(all, s), append(lines, v.line)
	}
	return all, lines
}
