package certpdf

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// table is a sheet with so many rows.
func table(rows int) Sheet {
	s := Sheet{
		Title: "Signed hours", Name: "Nguyễn Thị Ánh", Program: "A program, version 2", Issuer: "Example Institute",
		On: time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC), Foot: "A board decides.", Sums: []string{"all: 60 minutes"},
		Columns: []Column{{Title: "Week", Width: 40}, {Title: "Minutes", Width: 30, Right: true}},
	}
	for i := range rows {
		s.Rows = append(s.Rows, []string{fmt.Sprintf("row-%04d", i), fmt.Sprint(60 + i)})
	}
	return s
}

func TestASheetTakesAsManyPagesAsItNeeds(t *testing.T) {
	for _, tt := range []struct{ rows, pages int }{{0, 1}, {20, 1}, {60, 3}} {
		for _, specimen := range []bool{true, false} {
			s := table(tt.rows)
			s.Specimen = specimen
			file, err := DrawSheet(s)
			if err != nil {
				t.Fatal(err)
			}
			said := read(t, file)
			for i := range tt.rows {
				if row := fmt.Sprintf("row-%04d", i); strings.Count(said, row) != 1 {
					t.Errorf("%d rows: %s is printed %d times", tt.rows, row, strings.Count(said, row))
				}
			}
			if strings.Contains(said, "Nothing is signed yet.") != (tt.rows == 0) {
				t.Errorf("%d rows: whether anything is signed is told wrongly:\n%s", tt.rows, said)
			}
			for _, words := range []string{s.Title, s.Name, s.Issuer, s.Foot, "Minutes"} {
				if strings.Count(said, words) != tt.pages {
					t.Errorf("%d rows: %q stands on %d pages, want %d", tt.rows, words, strings.Count(said, words), tt.pages)
				}
			}
			want := 0
			if specimen {
				want = tt.pages
			}
			if got := strings.Count(said, specimenNote); got != want {
				t.Errorf("%d rows: %d of %d pages say that they are specimens, want %d", tt.rows, got, tt.pages, want)
			}
		}
	}
}

func TestASheetThatIsTooLongIsRefused(t *testing.T) {
	if _, err := DrawSheet(table(MaxRows + 1)); !errors.Is(err, ErrSheet) {
		t.Errorf("DrawSheet = %v, want %v", err, ErrSheet)
	}
}
