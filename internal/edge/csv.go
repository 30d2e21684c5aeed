package edge

import (
	"bytes"
	"strings"

	"github.com/kapstone-lms/kapstone/internal/fault"
)

// A CSV is a table for a spreadsheet, in the form of RFC 4180: every cell in
// quotes, lines that end with CR LF, and a byte order mark, without which some
// programs take UTF-8 for something else. A cell that such a program could take
// for a formula begins with an apostrophe.
type CSV struct{ b bytes.Buffer }

// MaxCSV is how many bytes a table may have.
const MaxCSV = 10 << 20

// ErrSheet reports a table that is too large for a spreadsheet.
var ErrSheet = fault.New(fault.Invalid, "too_many_rows", "The table is too large for one file. Narrow it with a filter.")

// Row adds a line. It returns ErrSheet when the table becomes too large.
func (c *CSV) Row(cells ...string) error {
	if c.b.Len() == 0 {
		c.b.WriteString("\ufeff")
	}
	for i, cell := range cells {
		if i > 0 {
			c.b.WriteByte(',')
		}
		c.b.WriteString(`"` + strings.ReplaceAll(safe(cell), `"`, `""`) + `"`)
	}
	c.b.WriteString("\r\n")
	if c.b.Len() > MaxCSV {
		return ErrSheet
	}
	return nil
}

// Bytes returns the table.
func (c *CSV) Bytes() []byte { return c.b.Bytes() }

// formula are the characters with which a spreadsheet begins a formula, alone
// or in their full width, and those that it skips before one.
const formula = "=+-@\t\r\n＝＋－＠"

// safe keeps a spreadsheet from calculating a text.
func safe(cell string) string {
	if first := strings.TrimLeft(cell, " \u00a0"); first != "" && strings.ContainsRune(formula, []rune(first)[0]) {
		return "'" + cell
	}
	return cell
}
