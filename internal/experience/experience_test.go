package experience_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/dbtest"
	"github.com/kapstone-lms/kapstone/internal/experience"
	"github.com/kapstone-lms/kapstone/internal/schooltest"
)

func each(t *testing.T, f func(t *testing.T, s *schooltest.School, x *experience.Service)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := schooltest.New(t, d)
		f(t, s, experience.New(d, s.Enrollments, s.Ring, s.Clock.Now))
	})
}

func TestAnAttestationCanBeGivenAndTakenBack(t *testing.T) {
	each(t, func(t *testing.T, s *schooltest.School, x *experience.Service) {
		trainee, e := s.Trainee("Noor Vance", s.Cohort)
		st, err := x.Read(trainee, e.ID)
		if err != nil || st.Attested || st.Text == "" || st.Minutes == 0 {
			t.Fatalf("Read = %+v, %v; want a statement not attested", st, err)
		}
		for _, tt := range []struct {
			name string
			do   func() error
			want error
			met  bool
		}{
			{"not attested", func() error { return x.Attest(trainee, e.ID, "", false) }, experience.ErrNotAttested, false},
			{"another statement", func() error { return x.Attest(trainee, e.ID, "0", true) }, experience.ErrStatement, false},
			{"attested", func() error { return x.Attest(trainee, e.ID, st.Version, true) }, nil, true},
			{"again", func() error { return x.Attest(trainee, e.ID, "", true) }, nil, true},
			{"taken back", func() error { return x.Withdraw(trainee, e.ID) }, nil, false},
			{"taken back again", func() error { return x.Withdraw(trainee, e.ID) }, nil, false},
			{"given once more", func() error { return x.Attest(trainee, e.ID, "", true) }, nil, true},
		} {
			if err := tt.do(); !errors.Is(err, tt.want) {
				t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
			}
			met, err := x.Met(t.Context(), s.DB, []string{e.ID})
			if err != nil || met[e.ID] != tt.met {
				t.Errorf("%s: Met = %v, %v; want %v", tt.name, met, err, tt.met)
			}
		}
	})
}

// CHECKS PH-10: the ledger says the same of every change, and nobody but the
// trainee can ask.
func TestNobodyElseLearnsMoreThanMet(t *testing.T) {
	each(t, func(t *testing.T, s *schooltest.School, x *experience.Service) {
		trainee, e := s.Trainee("Noor Vance", s.Cohort)
		if err := errors.Join(x.Attest(trainee, e.ID, "", true), x.Withdraw(trainee, e.ID), x.Attest(trainee, e.ID, "", true)); err != nil {
			t.Fatal(err)
		}
		rows, err := audit.List(s.Admin, s.DB, audit.Query{Action: "experience requirement changed", Limit: 10})
		if err != nil || len(rows) != 3 {
			t.Fatalf("%d ledger entries (%v), want three", len(rows), err)
		}
		for _, r := range rows {
			if r.Details != "{}" || r.Object != e.ID {
				t.Errorf("the ledger says %s of %s", r.Details, r.Object)
			}
		}
		for name, ctx := range map[string]error{
			"the instructor": second(x.Read(s.Instructor, e.ID)),
			"the admin":      second(x.Read(s.Admin, e.ID)),
		} {
			if !errors.Is(ctx, access.ErrForbidden) {
				t.Errorf("%s reads the statement: %v, want ErrForbidden", name, ctx)
			}
		}
	})
}

// The attestations have no room for a path, a date or hours that could tell
// one; the choices none for whose they are or when.
func TestTheTablesCannotTellAPath(t *testing.T) {
	d := dbtest.Open(t)
	for table, want := range map[string][]string{
		"experience_attestations": {"enrollment_id", "minutes", "statement_version"},
		"experience_choices":      {"sealed", "subject"},
	} {
		var columns []string
		if err := d.NewRaw(`SELECT name FROM pragma_table_info(?) ORDER BY name`, table).Scan(t.Context(), &columns); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, columns); diff != "" {
			t.Errorf("%s: %s", table, diff)
		}
	}
	var uses []string
	if err := d.NewRaw(`SELECT name FROM sqlite_master WHERE sql LIKE '%experience%' ORDER BY name`).Scan(t.Context(), &uses); err != nil {
		t.Fatal(err)
	}
	if text, _ := json.Marshal(uses); string(text) != `["experience_attestations","experience_choices"]` {
		t.Errorf("named by %s, want by themselves only", text)
	}
}

func second(_ *experience.Statement, err error) error { return err }
