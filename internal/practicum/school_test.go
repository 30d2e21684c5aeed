package practicum_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/dbtest"
	"github.com/kapstone-lms/kapstone/internal/practicum"
	"github.com/kapstone-lms/kapstone/internal/schooltest"
)

type school struct {
	*schooltest.School
	logs       *practicum.Service
	trainee    context.Context
	enrollment string
}

func each(t *testing.T, f func(t *testing.T, s *school)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := &school{School: schooltest.New(t, d)}
		s.logs = practicum.New(d, s.Enrollments, s.People, s.Ring, s.Clock.Now)
		trainee, e := s.Trainee("Noor Vance", s.Cohort)
		s.trainee, s.enrollment = trainee, e.ID
		f(t, s)
	})
}

func ptr[T any](v T) *T { return &v }

var words = strings.Repeat("I waited longer than felt natural and noticed my own wish to fill the silence. ", 3)

// rolePlay is a form with everything a role play needs.
func rolePlay(phase practicum.Phase) practicum.Form {
	return practicum.Form{
		Kind: ptr(practicum.RolePlay), Phase: ptr(phase), Format: ptr("individual"), Week: ptr("2026-W48"), Minutes: ptr(60), ContactMinutes: ptr(45),
		Role: ptr("lead_supervised"), Frameworks: ptr([]string{"mindfulness"}), Reflection: ptr(words), Attest: ptr(true),
	}
}

var good = practicum.Grades{"c1": 3, "c2": 3, "c3": 4, "c4": 3, "c5": 3, "c6": 4, "c7": 0}

func verdict() practicum.Verdict {
	return practicum.Verdict{Grades: maps.Clone(good), Feedback: "Steady, with a clear account of your own part in it.", ObservedBy: "role_play"}
}

func (s *school) create(t *testing.T, f practicum.Form) *practicum.Log {
	t.Helper()
	l, err := s.logs.Create(s.trainee, s.enrollment, f)
	if err != nil {
		t.Fatalf("Create = %v", err)
	}
	return l
}

// at brings a fresh log to a status.
func (s *school) at(t *testing.T, status practicum.Status) *practicum.Log {
	t.Helper()
	l := s.create(t, rolePlay(practicum.Preparation))
	for _, step := range []struct {
		to practicum.Status
		do func() (*practicum.Log, error)
	}{
		{practicum.Submitted, func() (*practicum.Log, error) { return s.logs.Submit(s.trainee, l.ID) }},
		{practicum.Returned, func() (*practicum.Log, error) { return s.logs.Return(s.Instructor, l.ID, "unclear", "Say more.", 0) }},
		{practicum.Graded, func() (*practicum.Log, error) { return s.logs.Grade(s.Instructor, l.ID, verdict()) }},
		{practicum.Countersigned, func() (*practicum.Log, error) {
			return s.logs.Countersign(s.Instructor, l.ID, "reviewed", schooltest.Password, "")
		}},
	} {
		if l.Status == status {
			return l
		}
		if step.to == practicum.Returned && status != practicum.Returned {
			continue
		}
		var err error
		if l, err = step.do(); err != nil {
			t.Fatalf("to %s: %v", step.to, err)
		}
	}
	return l
}

func second(_ *practicum.Log, err error) error { return err }

// rows reads everything of a log as it lies in SQL, by table and column.
func rows(t *testing.T, s *school, id string) map[string]string {
	t.Helper()
	all := make(map[string]string)
	for table, key := range map[string]string{"practicum_logs": "id", "practicum_cases": "log_id"} {
		var found []map[string]any
		if err := s.DB.NewRaw(`SELECT * FROM ? WHERE ? = ?`, bun.Ident(table), bun.Ident(key), id).Scan(t.Context(), &found); err != nil || len(found) != 1 {
			t.Fatalf("%s has %d rows of %s, %v", table, len(found), id, err)
		}
		for column, value := range found[0] {
			if text, ok := value.([]byte); ok {
				value = string(text)
			}
			all[table+"."+column] = fmt.Sprint(value)
		}
	}
	var details []map[string]any
	if err := s.DB.NewRaw(`SELECT * FROM practicum_details WHERE log_id = ?`, id).Scan(t.Context(), &details); err != nil || len(details) > 1 {
		t.Fatalf("practicum_details has %d rows of %s, %v", len(details), id, err)
	}
	for _, row := range details {
		for column, value := range row {
			if text, ok := value.([]byte); ok {
				value = string(text)
			}
			all["practicum_details."+column] = fmt.Sprint(value)
		}
	}
	return all
}

// changed names the columns in which two readings differ.
func changed(before, after map[string]string) []string {
	var names []string
	for _, column := range slices.Sorted(maps.Keys(after)) {
		if before[column] != after[column] {
			names = append(names, column)
		}
	}
	return names
}

// tamper changes rows behind the product's back.
func (s *school) tamper(t *testing.T, stmt string, args ...any) error {
	t.Helper()
	return s.DB.Tx(t.Context(), func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewRaw(stmt, args...).Exec(ctx)
		return err
	})
}

// evidence is what progress reads of the school's trainee.
func (s *school) evidence(t *testing.T) []practicum.Session {
	t.Helper()
	all, err := s.logs.Evidence(t.Context(), s.DB, []string{s.enrollment})
	if err != nil {
		t.Fatalf("Evidence = %v", err)
	}
	return all[s.enrollment]
}

// client turns a form into that of a medicine session with a client.
func client(f *practicum.Form) {
	f.Kind, f.Phase = ptr(practicum.Client), ptr(practicum.Medicine)
	f.Route, f.DoseBand, f.MonitoredBy, f.KnewWhomToCall = ptr("sl"), ptr("moderate"), ptr("nurse"), ptr(true)
}
