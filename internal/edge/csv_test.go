package edge

import (
	"bytes"
	"encoding/csv"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// CHECKS IN-07.
func TestASpreadsheetCalculatesNothing(t *testing.T) {
	for give, want := range map[string]string{
		"":                        "",
		"Noor Vance":              "Noor Vance",
		`=HYPERLINK("http://x")`:  `'=HYPERLINK("http://x")`,
		"+1":                      "'+1",
		"-1":                      "'-1",
		"@SUM(A1)":                "'@SUM(A1)",
		"\t=1":                    "'\t=1",
		"\r=1":                    "'\r=1",
		"\n=1":                    "'\n=1",
		"  =1":                    "'  =1",
		"＝1":                      "'＝1",
		"＋1":                      "'＋1",
		"－1":                      "'－1",
		"＠x":                      "'＠x",
		"a=1":                     "a=1",
		"O'Neil, \"Bob\"\nSmith;": "O'Neil, \"Bob\"\nSmith;",
		"'=1":                     "'=1",
	} {
		var c CSV
		if err := c.Row(give, "next"); err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(c.Bytes(), []byte("\ufeff")))).ReadAll()
		// The reader turns CR LF within a cell into LF; a lone CR stays.
		if err != nil || len(rows) != 1 || len(rows[0]) != 2 || rows[0][0] != want || rows[0][1] != "next" {
			t.Errorf("the cell %q is read as %q, %v; want %q", give, rows, err, want)
		}
	}
}

func TestTheFormIsThatOfTheStandard(t *testing.T) {
	var c CSV
	for _, row := range [][]string{{"a", `b"c`}, {"Łucja", ""}} {
		if err := c.Row(row...); err != nil {
			t.Fatal(err)
		}
	}
	if want := "\ufeff\"a\",\"b\"\"c\"\r\n\"Łucja\",\"\"\r\n"; string(c.Bytes()) != want {
		t.Errorf("the table is %q, want %q", c.Bytes(), want)
	}
}

// Whatever stands in the cells, as many rows and columns come back as went in.
func TestRowsAndColumnsSurvive(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		table := rapid.SliceOfN(rapid.SliceOfN(rapid.String(), 3, 3), 1, 5).Draw(rt, "table")
		var c CSV
		var want [][]string
		for _, row := range table {
			if err := c.Row(row...); err != nil {
				rt.Fatal(err)
			}
			var cells []string
			for _, cell := range row {
				cells = append(cells, strings.ReplaceAll(safe(cell), "\r\n", "\n"))
			}
			want = append(want, cells)
		}
		got, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(c.Bytes(), []byte("\ufeff")))).ReadAll()
		if err != nil {
			rt.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			rt.Fatalf("(-want +got):\n%s", d)
		}
	})
}

func TestATableHasAnEnd(t *testing.T) {
	var c CSV
	cell := strings.Repeat("x", 1<<20)
	for range 9 {
		if err := c.Row(cell); err != nil {
			t.Fatalf("at %d bytes: %v", len(c.Bytes()), err)
		}
	}
	if err := errors.Join(c.Row(cell), c.Row(cell)); !errors.Is(err, ErrSheet) {
		t.Errorf("at %d bytes: %v, want ErrSheet", len(c.Bytes()), err)
	}
}
