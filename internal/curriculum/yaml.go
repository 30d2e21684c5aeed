package curriculum

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/scanner"
	"github.com/goccy/go-yaml/token"
)

// parse returns the tree of a text. Anything that could keep the parser busy
// for long is refused before it comes to it.
func parse(data []byte) (ast.Node, *Fault) {
	if line := gap(data); line > 0 {
		return nil, &Fault{Line: line, Text: "there are too many empty lines; remove them"}
	}
	tokens := tokenize(data)
	if f := refuse(tokens); f != nil {
		return nil, f
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey()) // we name every duplicate ourselves
	if err != nil {
		return nil, syntax(err)
	}
	if len(file.Docs) == 0 {
		return nil, nil
	}
	return file.Docs[0].Body, nil
}

// tokenize cuts a text into tokens, up to the first that is invalid: beyond it
// the scanner begins anew at every character.
func tokenize(data []byte) (all token.Tokens) {
	var s scanner.Scanner
	s.Init(string(data))
	for {
		tokens, err := s.Scan()
		if all.Add(tokens...); err != nil {
			return all
		}
	}
}

func syntax(err error) *Fault {
	var at *yaml.SyntaxError
	f := new(Fault)
	if errors.As(err, &at) && at.Token != nil {
		f.Line, f.Text = at.Token.Position.Line, at.Message
	} else {
		f.Text = err.Error() // with a picture of the text, which takes long
	}
	f.Text = "this is not YAML (" + f.Text + "); check the indentation, and put texts with : or # in quotes"
	return f
}

// What a page may hold. The parser is quadratic in the empty lines at the end
// of a text, in the keys of a group, in empty values and in nesting.
const (
	maxGap   = 50
	maxFlow  = 40
	maxDepth = 80
	maxKeys  = 60
	maxEmpty = 100
)

// gap returns the line at which too many empty lines follow each other, or 0.
func gap(data []byte) int {
	n, empty := 0, 0
	for line := range bytes.Lines(data) {
		n++
		if empty++; len(bytes.TrimSpace(line)) > 0 {
			empty = 0
		}
		if empty > maxGap {
			return n
		}
	}
	return 0
}

// refuse finds what course files have no use for: anchors and their kin, of
// which a few lines unfold into gigabytes, and towers of groups.
func refuse(tokens token.Tokens) *Fault {
	var t tower
	for i, tk := range tokens {
		switch tk.Type {
		case token.AnchorType, token.AliasType, token.TagType, token.MergeKeyType, token.DirectiveType, token.MappingKeyType:
			return &Fault{Line: tk.Position.Line, Text: fmt.Sprintf("%q has a meaning in YAML that is not used here; put the text in quotes, or write the value out", tk.Value)}
		case token.DocumentHeaderType, token.DocumentEndType:
			if i > 0 {
				return &Fault{Line: tk.Position.Line, Text: fmt.Sprintf("%q begins another document; a file holds one", tk.Value)}
			}
		}
		if i > 0 && tk.Type != token.CommentType {
			t.add(tokens[i-1], tk)
		}
		if t.high() {
			return &Fault{Line: tk.Position.Line, Text: "the file is nested too deeply, or has too many fields in one group or too many empty values; write it more plainly"}
		}
	}
	return nil
}

// A tower measures from its tokens how a page is built, before it is parsed.
type tower struct {
	levels []level // of groups and lists in block form, by their columns
	flow   int     // brackets that are open
	empty  int     // keys and dashes without a value
	opener token.Type
	at     level // where the value of the last key or dash must stand beyond
}

type level struct{ column, line, keys int }

// add puts the next token on the tower.
func (t *tower) add(before, tk *token.Token) {
	column, line := tk.Position.Column, tk.Position.Line
	dash := tk.Type == token.SequenceEntryType
	if t.opener != 0 && (dash && t.opener == token.SequenceEntryType || line > t.at.line &&
		(column < t.at.column || column == t.at.column && !dash)) {
		t.empty++
	}
	t.opener = 0
	switch tk.Type {
	case token.SequenceStartType, token.MappingStartType:
		t.flow++
	case token.SequenceEndType, token.MappingEndType:
		t.flow--
	case token.SequenceEntryType, token.MappingValueType:
		if t.flow > 0 {
			return
		}
		if !dash {
			column = before.Position.Column
		}
		t.opener, t.at = tk.Type, level{column: column, line: line}
		t.climb(column, !dash)
	}
}

// climb counts a key or a dash where it stands.
func (t *tower) climb(column int, key bool) {
	n := len(t.levels)
	for n > 0 && t.levels[n-1].column > column {
		n--
	}
	if t.levels = t.levels[:n]; n == 0 || t.levels[n-1].column < column {
		t.levels = append(t.levels, level{column: column})
		n++
	}
	if key {
		t.levels[n-1].keys++
	}
}

// high reports whether the tower is higher than any course file needs.
func (t *tower) high() bool {
	n := len(t.levels)
	return t.flow > maxFlow || t.empty > maxEmpty || n > maxDepth || n > 0 && t.levels[n-1].keys > maxKeys
}
