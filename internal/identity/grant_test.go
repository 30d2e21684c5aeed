package identity

import (
	"errors"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/fault"
)

// CHECKS AZ-07: who may give what to whom.
func TestWhichGrantsAnAdminMayChange(t *testing.T) {
	kap, all := reach{programs: []string{"kap"}}, reach{all: true}
	trainee, instructor, admin := role(access.Trainee, "kap"), role(access.Instructor, "kap"), role(access.Admin, "kap")
	director, operator := role(access.Director, "kap"), role(access.Operator, "kap")
	abroad := role(access.Trainee, "other")
	for _, tt := range []struct {
		name      string
		r         reach
		old, want []access.Grant
		self      bool
		next      []access.Grant
		err       *fault.Fault
	}{
		{"gives a role in the own program", kap, nil, []access.Grant{trainee}, false, []access.Grant{trainee}, nil},
		{"makes another admin of it", kap, nil, []access.Grant{admin}, false, []access.Grant{admin}, nil},
		{"takes a role there", kap, []access.Grant{instructor, trainee}, []access.Grant{trainee}, false, []access.Grant{trainee}, nil},
		{"leaves another program's role alone", kap, []access.Grant{abroad}, []access.Grant{trainee}, false, []access.Grant{trainee, abroad}, nil},
		{"names another program's role that is there", kap, []access.Grant{abroad}, []access.Grant{abroad, trainee}, false, []access.Grant{trainee, abroad}, nil},
		{"takes all roles there", kap, []access.Grant{abroad, trainee}, nil, false, []access.Grant{abroad}, nil},
		{"reaches into another program", kap, nil, []access.Grant{abroad}, false, nil, ErrRaise},
		{"gives a role in all programs", kap, nil, []access.Grant{role(access.Trainee, "")}, false, nil, ErrRaise},
		{"makes a director", kap, nil, []access.Grant{director}, false, nil, ErrRaise},
		{"makes an operator", kap, nil, []access.Grant{operator}, false, nil, ErrRaise},
		{"unseats a director", kap, []access.Grant{director}, nil, false, nil, ErrRaise},
		{"keeps a director", kap, []access.Grant{director}, []access.Grant{director, trainee}, false, []access.Grant{director, trainee}, nil},
		{"raises themselves", kap, []access.Grant{admin}, []access.Grant{admin, instructor}, true, nil, ErrRaise},
		{"steps down", kap, []access.Grant{admin}, nil, true, nil, nil},
		{"an admin of all gives what they like", all, []access.Grant{abroad}, []access.Grant{director, everywhere}, false, []access.Grant{everywhere, director}, nil},
		{"an admin of all teaches too", all, []access.Grant{everywhere}, []access.Grant{everywhere, instructor}, true, []access.Grant{everywhere, instructor}, nil},
	} {
		got, err := tt.r.regrant(tt.old, tt.want, tt.self)
		if tt.err == nil && (err != nil || !slices.Equal(got, tt.next)) || tt.err != nil && !errors.Is(err, tt.err) {
			t.Errorf("%s: regrant(%v, %v) = %v, %v; want %v, %v", tt.name, tt.old, tt.want, got, err, tt.next, tt.err)
		}
	}
}

func TestWhomAnAdminSeesAndGoverns(t *testing.T) {
	kap, all := reach{programs: []string{"kap"}}, reach{all: true}
	for _, tt := range []struct {
		name                     string
		grants                   []access.Grant
		own                      bool
		sees, governs, allGovern bool
	}{
		{"somebody of the program", []access.Grant{role(access.Trainee, "kap")}, false, true, true, true},
		{"its director", []access.Grant{role(access.Director, "kap")}, false, true, false, true},
		{"somebody of this and another", []access.Grant{role(access.Trainee, "kap"), role(access.Trainee, "other")}, false, true, false, true},
		{"somebody of another", []access.Grant{role(access.Trainee, "other")}, true, false, false, true},
		{"somebody of all programs", []access.Grant{role(access.Instructor, "")}, false, true, false, true},
		{"nobody's, added by oneself", nil, true, true, true, true},
		{"nobody's, added by another", nil, false, false, true, true},
	} {
		if got := kap.sees(tt.grants, tt.own); got != tt.sees {
			t.Errorf("%s: sees = %v, want %v", tt.name, got, tt.sees)
		}
		if got := kap.governs(tt.grants); got != tt.governs {
			t.Errorf("%s: governs = %v, want %v", tt.name, got, tt.governs)
		}
		if !all.sees(tt.grants, false) || !all.governs(tt.grants) {
			t.Errorf("%s is hidden from an admin of all programs, or not theirs", tt.name)
		}
	}
}

// Whatever an admin of some programs asks for, nothing beyond them changes.
func TestNoAdminChangesAnythingBeyondTheirPrograms(t *testing.T) {
	grant := rapid.Custom(func(t *rapid.T) access.Grant {
		return role(rapid.SampledFrom(access.Roles).Draw(t, "role"), rapid.SampledFrom([]string{"", "kap", "other", "third"}).Draw(t, "program"))
	})
	rapid.Check(t, func(t *rapid.T) {
		old, err := tidy(rapid.SliceOfN(grant, 0, 6).Draw(t, "old"))
		if err != nil {
			t.Fatal(err)
		}
		want, err := tidy(rapid.SliceOfN(grant, 0, 6).Draw(t, "want"))
		if err != nil {
			t.Fatal(err)
		}
		r, self := reach{programs: []string{"kap", "third"}}, rapid.Bool().Draw(t, "self")
		next, err := r.regrant(old, want, self)
		if err != nil {
			return
		}
		for _, g := range append(without(next, old), without(old, next)...) {
			if g.Program != "kap" && g.Program != "third" || g.Role == access.Director || g.Role == access.Operator {
				t.Fatalf("regrant(%v, %v) changed %v", old, want, g)
			}
		}
		if self && len(without(next, old)) > 0 {
			t.Fatalf("regrant(%v, %v) raised the actor to %v", old, want, next)
		}
	})
}
