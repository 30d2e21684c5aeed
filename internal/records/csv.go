package records

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/kapstone-lms/kapstone/internal/fault"
)

// The bounds of an opening balance.
const (
	MaxBalance      = 256 << 10 // bytes
	MaxBalanceLines = 2000
)

// columns are the names that the header line may have, in any order.
var columns = []string{"kind", "subject", "category", "topic", "delivery", "phase", "part", "count", "minutes", "day"}

// balanceKinds are the kinds that an earlier system may hold.
var balanceKinds = []string{string(Module), string(Hours), string(Session), string(Consultation)}

// The faults of a file as a whole.
var (
	ErrCSV    = fault.New(fault.Invalid, "bad_csv", "").At("csv")
	ErrSource = fault.New(fault.Invalid, "bad_source", "Name the earlier system in 1 to 80 characters.").At("source")
)

// A BalanceLine is one line of an opening balance: what it would become, or
// what is wrong with it.
type BalanceLine struct {
	Line   int     // in the file, the header being 1
	Record *Record // what it becomes; nil where it is wrong
	Wrong  *fault.Fault
}

// readBalance reads the lines of a CSV. What is wrong with one line stands in
// it; the error is for a file that cannot be read as a whole.
func readBalance(text string) ([]BalanceLine, error) {
	if len(text) > MaxBalance {
		return nil, ErrCSV.Says(fmt.Sprintf("A file has at most %d KiB. Split it.", MaxBalance>>10))
	}
	r := csv.NewReader(bufio.NewReader(strings.NewReader(strings.TrimPrefix(text, "\ufeff"))))
	r.FieldsPerRecord = -1
	r.ReuseRecord = true
	head, err := r.Read()
	if err != nil {
		return nil, badCSV(err)
	}
	names, err := header(head)
	if err != nil {
		return nil, err
	}
	var all []BalanceLine
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, badCSV(err)
		}
		if len(all) == MaxBalanceLines {
			return nil, ErrCSV.Says(fmt.Sprintf("A file has at most %d lines. Split it.", MaxBalanceLines))
		}
		at, _ := r.FieldPos(0)
		all = append(all, balanceLine(at, names, cells))
	}
	if len(all) == 0 {
		return nil, ErrCSV.Says("The file has no line below its header.")
	}
	return all, nil
}

// badCSV says where a file stops being CSV.
func badCSV(err error) error {
	var at *csv.ParseError
	switch {
	case errors.Is(err, io.EOF):
		return ErrCSV.Says("The file is empty. Its first line names the columns: " + strings.Join(columns, ", ") + ".")
	case errors.As(err, &at):
		return ErrCSV.Says(fmt.Sprintf("Line %d cannot be read as CSV: a quotation mark stands alone. Write it twice, inside quotation marks.", at.Line))
	}
	return ErrCSV.Says("The file cannot be read as CSV.")
}

// header reads the names of the columns.
func header(cells []string) ([]string, error) {
	names := make([]string, len(cells))
	for i, c := range cells {
		name := strings.ToLower(strings.TrimSpace(c))
		switch {
		case !slices.Contains(columns, name):
			return nil, ErrCSV.Says(fmt.Sprintf("Column %d has a name that is not known here. The columns are %s.", i+1, strings.Join(columns, ", ")))
		case slices.Contains(names, name):
			return nil, ErrCSV.Says(fmt.Sprintf("The column %s stands there twice. Remove one.", name))
		}
		names[i] = name
	}
	for _, must := range []string{"kind", "day"} {
		if !slices.Contains(names, must) {
			return nil, ErrCSV.Says("The file has no column " + must + ". Its first line names the columns: " + strings.Join(columns, ", ") + ".")
		}
	}
	return names, nil
}

// balanceLine reads one line.
func balanceLine(at int, names, cells []string) BalanceLine {
	l := BalanceLine{Line: at}
	if len(cells) != len(names) {
		l.Wrong = ErrCSV.Says(fmt.Sprintf("This line has %d cells, and the header has %d.", len(cells), len(names)))
		return l
	}
	row := make(map[string]string, len(names))
	for i, name := range names {
		row[name] = strings.TrimSpace(cells[i])
	}
	if !slices.Contains(balanceKinds, row["kind"]) {
		l.Wrong = ErrKind.Says("The kind is " + either(balanceKinds) + ".")
		return l
	}
	r := &Record{Kind: Kind(row["kind"]), Subject: row["subject"], Category: row["category"], Topic: row["topic"], Delivery: row["delivery"], OnDay: row["day"]}
	for _, n := range []struct {
		name string
		to   *int
	}{{"minutes", &r.Minutes}, {"count", &r.Quantity}} {
		if l.Wrong = number(row, n.name, n.to); l.Wrong != nil {
			return l
		}
	}
	if l.Wrong = r.place(row); l.Wrong == nil {
		l.Record = r
	}
	return l
}

// number reads a whole number that may be missing.
func number(row map[string]string, name string, to *int) *fault.Fault {
	if row[name] == "" {
		return nil
	}
	n, err := strconv.Atoi(row[name])
	if err != nil || n < 1 {
		return ErrNumber.At(name).Says("This is a whole number, 1 or more, or nothing.")
	}
	*to = n
	return nil
}

// place puts what the kinds have by other names into the fields in which they
// are kept, and refuses cells that belong to another kind.
func (r *Record) place(row map[string]string) *fault.Fault {
	if r.Kind != Session {
		for _, name := range []string{"phase", "part"} {
			if row[name] != "" {
				return ErrNotAsked.At(name).Says("Only a session has a " + name + ". Leave it out.")
			}
		}
	}
	switch r.Kind {
	case Session:
		if r.Topic != "" {
			return ErrNotAsked.At("topic").Says("A session has a phase and no topic. Leave it out.")
		}
		r.Topic, r.Value = row["phase"], row["part"]
	case Consultation:
		r.Category, r.Value = "", row["category"]
	}
	return nil
}

// columnOf names the column that a field of a record comes from.
func (r *Record) columnOf(name string) string {
	switch {
	case name == string(onDay):
		return "day"
	case name == string(quantity):
		return "count"
	case r.Kind == Session && name == string(topic):
		return "phase"
	case r.Kind == Session && name == string(value):
		return "part"
	case r.Kind == Consultation && name == string(value):
		return "category"
	}
	return name
}
