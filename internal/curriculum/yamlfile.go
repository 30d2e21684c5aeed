package curriculum

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// A yamlFile is a YAML text with the lines of its parts.
type yamlFile struct {
	name  string
	first int // lines before the text begins, for front matter
	file  *ast.File
	data  []byte
}

// maxNesting bounds how deep YAML may nest before it is parsed: a parser that
// recurses must not be given a tower.
const maxNesting = 100

// openYAML parses data. What it returns is usable for lines even when decoding
// fails later.
func openYAML(name string, first int, data []byte) (*yamlFile, *Fault) {
	y := &yamlFile{name: name, first: first, data: data}
	if !utf8.Valid(data) {
		return nil, &Fault{name, 0, "the file is not UTF-8 text"}
	}
	if i := strings.IndexFunc(string(data), control); i >= 0 {
		return nil, &Fault{name, first + 1 + strings.Count(string(data[:i]), "\n"), "there is a control character; remove it"}
	}
	if towering(string(data)) {
		return nil, &Fault{name, 0, "the file is nested too deeply"}
	}
	var err error
	if y.file, err = parser.ParseBytes(data, 0); err != nil {
		return nil, y.wrong(err)
	}
	for _, doc := range y.file.Docs {
		if f := y.anchors(doc); f != nil {
			return nil, f
		}
	}
	return y, nil
}

// control reports characters that a text of ours never has: control characters
// but line ends and tabs, and the marks that turn the direction of writing.
func control(r rune) bool {
	return r < ' ' && r != '\n' && r != '\t' && r != '\r' || r >= 0x7f && r < 0xa0 ||
		r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069
}

func towering(s string) bool {
	depth := 0
	for _, r := range s {
		switch r {
		case '[', '{':
			if depth++; depth > maxNesting {
				return true
			}
		case ']', '}':
			depth--
		}
	}
	for line := range strings.SplitSeq(s, "\n") {
		if indent := len(line) - len(strings.TrimLeft(line, " -?:")); indent > 4*maxNesting {
			return true
		}
	}
	return false
}

// anchors refuses aliases: a few lines of them can unfold into gigabytes.
func (y *yamlFile) anchors(doc *ast.DocumentNode) *Fault {
	if doc == nil || doc.Body == nil {
		return nil
	}
	var found *Fault
	ast.Walk(visitor(func(n ast.Node) {
		if k := n.Type(); found == nil && (k == ast.AliasType || k == ast.AnchorType || k == ast.MergeKeyType) {
			found = &Fault{y.name, y.first + n.GetToken().Position.Line, "anchors and aliases are not allowed here; write the value out"}
		}
	}), doc.Body)
	return found
}

type visitor func(ast.Node)

func (v visitor) Visit(n ast.Node) ast.Visitor { v(n); return v }

// decode reads the whole file into v; unknown and repeated fields are faults.
func (y *yamlFile) decode(v any) *Fault {
	if err := yaml.UnmarshalWithOptions(y.data, v, yaml.Strict(), yaml.DisallowUnknownField()); err != nil {
		return y.wrong(err)
	}
	return nil
}

// wrong puts a parser's complaint into a fault with its line.
func (y *yamlFile) wrong(err error) *Fault {
	var at interface {
		GetToken() *token.Token
		GetMessage() string
	}
	if errors.As(err, &at) && at.GetToken() != nil {
		return &Fault{y.name, y.first + at.GetToken().Position.Line, oneLine(at.GetMessage())}
	}
	text := err.Error()
	if m := position.FindStringSubmatch(text); m != nil {
		if line, err := strconv.Atoi(m[1]); err == nil {
			return &Fault{y.name, y.first + line, oneLine(strings.TrimPrefix(text, m[0]))}
		}
	}
	return &Fault{y.name, 0, oneLine(text)}
}

var position = regexp.MustCompile(`^\[(\d+):\d+\] `)

func oneLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	return strings.TrimSpace(s)
}

// line returns where the value at a path such as $.items[3].id stands, or the
// nearest part above it that there is; 0 when there is none.
func (y *yamlFile) line(format string, args ...any) int {
	at := fmt.Sprintf(format, args...)
	for at != "" && at != "$" {
		if p, err := yaml.PathString(at); err == nil {
			if n, err := p.FilterFile(y.file); err == nil && n != nil {
				return y.first + n.GetToken().Position.Line
			}
		}
		at = at[:max(strings.LastIndexByte(at, '.'), strings.LastIndexByte(at, '['), 0)]
	}
	return 0
}
