package identity

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/dbtest"
	"github.com/kapstone-lms/kapstone/internal/once"
)

func newcomer(email string, grants ...access.Grant) NewPerson {
	return NewPerson{Email: email, Name: "Noor Vance", Password: good, LicenseNumber: "LCSW 1001", Grants: grants}
}

func TestAPersonIsAddedAndFound(t *testing.T) {
	each(t, Settings{}, func(t *testing.T, h *house) {
		n := newcomer("Noor@Example.org", role(access.Trainee, "kap"), role(access.Instructor, "kap"))
		made, err := h.Create(h.admin, n)
		if err != nil {
			t.Fatal(err)
		}
		want := Person{ID: made.Person.ID, Email: "noor@example.org", Name: "Noor Vance", LicenseNumber: "LCSW 1001", Status: Active,
			CreatedAt: db.At(start), Version: 1, Grants: []access.Grant{role(access.Instructor, "kap"), role(access.Trainee, "kap")}}
		if diff := cmp.Diff(want, made.Person); diff != "" {
			t.Errorf("Create: %s", diff)
		}
		if made.Password != "" || made.TOTPSecret != "" {
			t.Errorf("Create gave away %q and %q that nobody asked for", made.Password, made.TOTPSecret)
		}
		for name, find := range map[string]func() (*Person, error){
			"Find":   func() (*Person, error) { return h.Find(t.Context(), h.db, made.Person.ID) },
			"Person": func() (*Person, error) { return h.Person(h.admin, made.Person.ID) },
		} {
			got, err := find()
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if diff := cmp.Diff(want, *got); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		}
		e := h.entries("person.created")[0]
		if e.ActorID != h.boss.ID || e.Object != made.Person.ID || strings.Contains(e.Details, "oor") {
			t.Errorf("the ledger says %+v", e)
		}
		if got := h.entries("person.created"); len(got) != 2 || got[1].ActorID != "shell" {
			t.Errorf("the ledger does not name the shell: %+v", got)
		}
	})
}

func TestOneAddressOnePerson(t *testing.T) {
	each(t, Settings{}, func(t *testing.T, h *house) {
		if _, err := h.Create(h.admin, newcomer("noor@example.org")); err != nil {
			t.Fatal(err)
		}
		_, err := h.Create(h.admin, newcomer("NOOR@example.ORG"))
		wants(t, "Create with the address in capitals", err, ErrTaken)
		if n := len(h.entries("person.created")); n != 2 {
			t.Errorf("%d entries, want 2: a refused deed leaves none", n)
		}
	})
}

func TestBadInputIsRefusedAndChangesNothing(t *testing.T) {
	each(t, Settings{}, func(t *testing.T, h *house) {
		for name, tt := range map[string]struct {
			change func(*NewPerson)
			want   error
		}{
			"an address that is none":    {func(n *NewPerson) { n.Email = "noor" }, ErrEmail},
			"a NUL in the address":       {func(n *NewPerson) { n.Email = "no\x00or@example.org" }, ErrEmail},
			"no name":                    {func(n *NewPerson) { n.Name = " " }, ErrName},
			"a name of 201 characters":   {func(n *NewPerson) { n.Name = strings.Repeat("é", 201) }, ErrName},
			"bad UTF-8 in the name":      {func(n *NewPerson) { n.Name = "No\xffor" }, ErrName},
			"a license of 101":           {func(n *NewPerson) { n.LicenseNumber = strings.Repeat("9", 101) }, ErrLicense},
			"an unknown role":            {func(n *NewPerson) { n.Grants = []access.Grant{role("owner", "")} }, ErrRole},
			"a short password":           {func(n *NewPerson) { n.Password = "short" }, ErrPasswordShort},
			"their own name as password": {func(n *NewPerson) { n.Password = "noor vance noor vance" }, ErrPasswordOwn},
		} {
			n := newcomer("noor@example.org")
			tt.change(&n)
			_, err := h.Create(h.admin, n)
			wants(t, name+": Create", err, tt.want)
		}
		if rows, err := h.People(h.admin, Page{Limit: 10}); err != nil || len(rows) != 1 {
			t.Errorf("People = %v, %v; want the admin alone", rows, err)
		}
	})
}

func TestTheLongestNameFits(t *testing.T) {
	each(t, Settings{}, func(t *testing.T, h *house) {
		n := newcomer(strings.Repeat("é", 32)+"@"+strings.Repeat("b.", 92)+"org", role(access.Trainee, strings.Repeat("k", 60)))
		n.Name, n.LicenseNumber = strings.Repeat("字", 200), strings.Repeat("é", 100)
		if _, err := h.Create(h.admin, n); err != nil {
			t.Errorf("Create at every limit: %v", err)
		}
	})
}

func TestAPasswordIsMadeUpWhereNoneIsGiven(t *testing.T) {
	each(t, Settings{}, func(t *testing.T, h *house) {
		n := newcomer("noor@example.org")
		n.Password = ""
		made, err := h.Create(h.admin, n)
		if err != nil || made.Password == "" {
			t.Fatalf("Create = %+v, %v", made, err)
		}
		if _, err := h.Login(h.from(home), "noor@example.org", made.Password, ""); err != nil {
			t.Errorf("Login with the made-up password: %v", err)
		}
	})
}

func TestAddingTwiceUnderOneKeyAddsOne(t *testing.T) {
	each(t, Settings{}, func(t *testing.T, h *house) {
		ctx := once.With(h.admin, once.Key{Key: "k", Digest: strings.Repeat("a", 64)})
		n := newcomer("noor@example.org")
		n.Password = ""
		first, err := h.Create(ctx, n)
		if err != nil {
			t.Fatal(err)
		}
		again, err := h.Create(ctx, n)
		if err != nil || again.Person.ID != first.Person.ID || again.Password != "" {
			t.Errorf("again: %+v, %v; want the same person and no password", again, err)
		}
		_, err = h.Create(once.With(h.admin, once.Key{Key: "k", Digest: strings.Repeat("b", 64)}), newcomer("other@example.org"))
		wants(t, "another request under the key", err, once.ErrReused)
	})
}

func TestWhoMayAddWhom(t *testing.T) {
	each(t, Settings{}, func(t *testing.T, h *house) {
		local := h.acting(h.person("Lo Local", role(access.Admin, "kap")))
		teacher := h.acting(h.person("Ines Instructor", role(access.Instructor, "kap")))
		for i, tt := range []struct {
			name   string
			ctx    context.Context
			grants []access.Grant
			want   error
		}{
			{"a stranger", h.from(home), nil, access.ErrSignIn},
			{"an instructor", teacher, nil, access.ErrForbidden},
			{"an admin of the program", local, []access.Grant{role(access.Trainee, "kap")}, nil},
			{"… without a role", local, nil, nil},
			{"… in another", local, []access.Grant{role(access.Trainee, "other")}, ErrRaise},
			{"… in all", local, []access.Grant{role(access.Trainee, "")}, ErrRaise},
			{"… a director", local, []access.Grant{role(access.Director, "kap")}, ErrRaise},
			{"an admin of all, a director", h.admin, []access.Grant{role(access.Director, "")}, nil},
		} {
			_, err := h.Create(tt.ctx, newcomer(fmt.Sprintf("n%d@example.org", i), tt.grants...))
			wants(t, tt.name+": Create", err, tt.want)
		}
	})
}

func TestAnAdminOfAProgramSeesItsPeopleOnly(t *testing.T) {
	each(t, Settings{}, func(t *testing.T, h *house) {
		local := h.person("Lo Local", role(access.Admin, "kap"))
		both := h.person("Bo Both", role(access.Trainee, "kap"), role(access.Trainee, "other"))
		far := h.person("Fa Far", role(access.Trainee, "other"))
		lone := h.person("Lo Ne")
		ctx := h.acting(local)
		own, err := h.Create(ctx, newcomer("own@example.org"))
		if err != nil {
			t.Fatal(err)
		}
		gone, err := h.Create(ctx, newcomer("gone@example.org"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.Update(h.admin, gone.Person.ID, Change{Grants: &[]access.Grant{role(access.Trainee, "other")}, Version: 1}); err != nil {
			t.Fatal(err)
		}
		rows, err := h.People(ctx, Page{Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		if got, want := ids(rows), []string{h.boss.ID, local.ID, both.ID, own.Person.ID}; !slices.Equal(got, want) {
			t.Errorf("People = %v, want %v", got, want)
		}
		if got := rows[2].Grants; !slices.Equal(got, []access.Grant{role(access.Trainee, "kap")}) {
			t.Errorf("the role elsewhere shows: %v", got)
		}
		for name, id := range map[string]string{"another program's": far.ID, "nobody's": lone.ID, "own and moved on": gone.Person.ID, "made up": db.NewID(), "no id": "x", "a NUL": "\x00"} {
			_, err := h.Person(ctx, id)
			wants(t, name+": Person", err, db.ErrNone)
			_, err = h.Update(ctx, id, Change{Version: 1})
			wants(t, name+": Update", err, db.ErrNone)
		}
		for _, p := range rows {
			_, err := h.Person(ctx, p.ID)
			wants(t, p.Name+" is listed: Person", err, nil)
		}
		changed, err := h.Update(ctx, both.ID, Change{Grants: &[]access.Grant{role(access.Instructor, "kap")}, Version: 1})
		if err != nil || !slices.Equal(changed.Grants, []access.Grant{role(access.Instructor, "kap")}) {
			t.Errorf("Update = %+v, %v; want the grants of the program only", changed, err)
		}
		if p, err := h.Find(t.Context(), h.db, both.ID); err != nil || !slices.Contains(p.Grants, role(access.Trainee, "other")) {
			t.Errorf("the role elsewhere is gone: %+v, %v", p, err)
		}
	})
}

func ids(people []Person) []string {
	all := make([]string, len(people))
	for i, p := range people {
		all[i] = p.ID
	}
	return all
}

func TestPeopleComeInPages(t *testing.T) {
	each(t, Settings{}, func(t *testing.T, h *house) {
		want := []string{h.boss.ID}
		for i := range 4 {
			want = append(want, h.person(fmt.Sprint("Person ", i), role(access.Trainee, "kap")).ID)
		}
		var got []string
		for after := ""; ; {
			rows, err := h.People(h.admin, Page{After: after, Limit: 2})
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, ids(rows)...)
			if len(rows) < 2 {
				break
			}
			after = rows[1].ID
		}
		if !slices.Equal(got, want) {
			t.Errorf("pages = %v, want %v", got, want)
		}
		_, err := h.People(h.acting(h.person("Tia Trainee", role(access.Trainee, "kap"))), Page{Limit: 2})
		wants(t, "a trainee asks for People", err, access.ErrForbidden)
		_, err = h.Person(h.acting(h.person("Tio Trainee", role(access.Trainee, "kap"))), h.boss.ID)
		wants(t, "a trainee asks for a Person", err, access.ErrForbidden)
	})
}

func TestAChangeChangesWhatItNames(t *testing.T) {
	each(t, Settings{}, func(t *testing.T, h *house) {
		p := h.person("Noor Vance", role(access.Trainee, "kap"))
		got, err := h.Update(h.admin, p.ID, Change{Name: ptr("  Noor Vance-Jose\u0301 "), Version: 1})
		if err != nil {
			t.Fatal(err)
		}
		want := *p
		want.Name, want.Version = "Noor Vance-Jos\u00e9", 2
		if diff := cmp.Diff(want, *got); diff != "" {
			t.Errorf("Update: %s", diff)
		}
		if found, err := h.Find(t.Context(), h.db, p.ID); err != nil || !cmp.Equal(want, *found) {
			t.Errorf("Find = %+v, %v; want %+v", found, err, want)
		}
		if _, err := h.Login(h.from(home), p.Email, good, ""); err != nil {
			t.Errorf("Login after a change of name: %v", err)
		}
		e := h.entries("person.changed")[0]
		if e.Object != p.ID || e.ActorID != h.boss.ID || strings.Contains(e.Details, "Vance") {
			t.Errorf("the ledger says %+v", e)
		}
	})
}

func TestARefusedChangeChangesNothing(t *testing.T) {
	each(t, Settings{}, func(t *testing.T, h *house) {
		p := h.person("Noor Vance", role(access.Trainee, "kap"), role(access.Trainee, "other"))
		local := h.acting(h.person("Lo Local", role(access.Admin, "kap")))
		director := h.acting(h.person("Di Director", role(access.Director, "")))
		for name, tt := range map[string]struct {
			ctx    context.Context
			change Change
			want   error
		}{
			"a stale version":              {h.admin, Change{Name: ptr("New"), Version: 7}, ErrStale},
			"an empty name":                {h.admin, Change{Name: ptr(""), Version: 1}, ErrName},
			"a status that is none":        {h.admin, Change{Status: ptr(Status("gone")), Version: 1}, ErrStatus},
			"a license of 101":             {h.admin, Change{LicenseNumber: ptr(strings.Repeat("9", 101)), Version: 1}, ErrLicense},
			"an unknown role":              {h.admin, Change{Grants: &[]access.Grant{role("owner", "")}, Version: 1}, ErrRole},
			"by a director":                {director, Change{Name: ptr("New"), Version: 1}, access.ErrForbidden},
			"by a stranger":                {h.from(home), Change{Name: ptr("New"), Version: 1}, access.ErrSignIn},
			"beyond the program: status":   {local, Change{Status: ptr(Suspended), Version: 1}, ErrBeyond},
			"beyond the program: name":     {local, Change{Name: ptr("New"), Version: 1}, ErrBeyond},
			"beyond the program: license":  {local, Change{LicenseNumber: ptr("X"), Version: 1}, ErrBeyond},
			"beyond the program: a role":   {local, Change{Grants: &[]access.Grant{role(access.Admin, "other")}, Version: 1}, ErrRaise},
			"a role above the admin's own": {local, Change{Grants: &[]access.Grant{role(access.Director, "kap")}, Version: 1}, ErrRaise},
		} {
			_, err := h.Update(tt.ctx, p.ID, tt.change)
			wants(t, name+": Update", err, tt.want)
		}
		if got, err := h.Find(t.Context(), h.db, p.ID); err != nil || !cmp.Equal(p, got) {
			t.Errorf("Find = %+v, %v; want %+v", got, err, p)
		}
		if n := len(h.entries("person.changed")); n != 0 {
			t.Errorf("%d entries of refused changes", n)
		}
	})
}

// CHECKS AZ-07: grants change with old and new in the ledger, and AU-07:
// sessions end by it.
func TestAChangeOfRoleEndsSessionsAndIsAudited(t *testing.T) {
	each(t, Settings{}, func(t *testing.T, h *house) {
		p := h.person("Noor Vance", role(access.Trainee, "kap"))
		one, two := h.signIn(p), h.signIn(p)
		h.with(one)
		if _, err := h.Update(h.admin, p.ID, Change{Grants: &[]access.Grant{role(access.Trainee, "kap")}, Version: 1}); err != nil {
			t.Fatal(err)
		}
		h.with(one) // the same grants again: nothing ends
		if _, err := h.Update(h.admin, p.ID, Change{Grants: &[]access.Grant{role(access.Instructor, "kap")}, Version: 2}); err != nil {
			t.Fatal(err)
		}
		h.dead("after a change of role", one, two)
		d := details(t, h.entries("person.changed")[0])
		if got := fmt.Sprint(d["grants_before"], d["grants_after"]); got != "[trainee:kap] [instructor:kap]" {
			t.Errorf("the ledger says %v", d)
		}
		if got := access.From(h.with(h.signIn(p))).Grants; !slices.Equal(got, []access.Grant{role(access.Instructor, "kap")}) {
			t.Errorf("after the next sign-in the grants are %v", got)
		}
	})
}

func TestASuspendedPersonIsOut(t *testing.T) {
	each(t, Settings{}, func(t *testing.T, h *house) {
		p := h.person("Noor Vance", role(access.Trainee, "kap"))
		tokens := h.signIn(p)
		h.with(tokens)
		if _, err := h.Update(h.admin, p.ID, Change{Status: ptr(Suspended), Version: 1}); err != nil {
			t.Fatal(err)
		}
		h.dead("after suspension", tokens)
		_, err := h.Login(h.from(home), p.Email, good, "")
		wants(t, "Login with the right password", err, ErrSuspended)
		_, err = h.Login(h.from(home), p.Email, another, "")
		wants(t, "Login with a wrong one", err, ErrLogin)
		if _, err := h.Update(h.admin, p.ID, Change{Status: ptr(Active), Version: 2}); err != nil {
			t.Fatal(err)
		}
		h.dead("after the way back", tokens)
		h.signIn(p)
	})
}

func TestTheLastAdminStays(t *testing.T) {
	each(t, Settings{}, func(t *testing.T, h *house) {
		none := &[]access.Grant{}
		for name, c := range map[string]Change{
			"no grants":      {Grants: none, Version: 1},
			"in one program": {Grants: &[]access.Grant{role(access.Admin, "kap")}, Version: 1},
			"suspended":      {Status: ptr(Suspended), Version: 1},
		} {
			_, err := h.Update(h.admin, h.boss.ID, c)
			wants(t, "the only admin, "+name+": Update", err, ErrLastAdmin)
		}
		second := h.person("Bea Admin", everywhere)
		if _, err := h.Update(h.admin, second.ID, Change{Status: ptr(Suspended), Version: 1}); err != nil {
			t.Fatal(err)
		}
		_, err := h.Update(h.admin, h.boss.ID, Change{Grants: none, Version: 1})
		wants(t, "the only one not suspended: Update", err, ErrLastAdmin)
		if _, err := h.Update(h.admin, second.ID, Change{Status: ptr(Active), Version: 2}); err != nil {
			t.Fatal(err)
		}
		_, err = h.Update(h.admin, h.boss.ID, Change{Grants: none, Version: 1})
		wants(t, "one of two: Update", err, nil)
	})
}

func TestOfTwoAdminsWhoUnseatEachOtherOneStays(t *testing.T) {
	each(t, Settings{}, func(t *testing.T, h *house) {
		second := h.person("Bea Admin", everywhere)
		errs := make([]error, 2)
		var wg sync.WaitGroup
		for i, pair := range [][2]*Person{{h.boss, second}, {second, h.boss}} {
			ctx := h.acting(pair[0])
			wg.Go(func() { _, errs[i] = h.Update(ctx, pair[1].ID, Change{Grants: &[]access.Grant{}, Version: 1}) })
		}
		wg.Wait()
		if n, err := countAdmins(t.Context(), h.db); err != nil || n != 1 {
			t.Errorf("%d admins are left (%v); the two got %v", n, err, errs)
		}
	})
}

func TestEnsureGivesWhatIsMissing(t *testing.T) {
	each(t, Settings{}, func(t *testing.T, h *house) {
		trainee := role(access.Trainee, "kap")
		p, all := h.person("Noor Vance"), h.person("Al Everywhere", role(access.Trainee, ""))
		tokens := h.signIn(p)
		if got := access.From(h.with(tokens)).Grants; len(got) != 0 {
			t.Fatalf("grants before: %v", got)
		}
		ensure := func(id string, fails error) error {
			return h.db.Tx(t.Context(), func(ctx context.Context, tx bun.Tx) error {
				return errors.Join(h.Ensure(ctx, tx, id, trainee), fails)
			})
		}
		broken := errors.New("broken")
		wants(t, "a deed that fails after Ensure", ensure(p.ID, broken), broken)
		if got := access.From(h.with(tokens)).Grants; len(got) != 0 {
			t.Errorf("a deed that failed gave %v", got)
		}
		for range 2 {
			wants(t, "Ensure", ensure(p.ID, nil), nil)
		}
		if got := access.From(h.with(tokens)).Grants; !slices.Equal(got, []access.Grant{trainee}) {
			t.Errorf("grants of the running session: %v, want %v at once", got, trainee)
		}
		late := role(access.Supervisor, "kap")
		err := h.db.Tx(t.Context(), func(ctx context.Context, tx bun.Tx) error {
			if err := h.Ensure(ctx, tx, p.ID, late); err != nil {
				return err
			}
			h.with(tokens) // a request that crosses the deed sees what was before
			return nil
		})
		wants(t, "Ensure, crossed by a request", err, nil)
		if got := access.From(h.with(tokens)).Grants; !slices.Contains(got, late) {
			t.Errorf("after a request that crossed the deed: %v, want %v at once", got, late)
		}
		wants(t, "Ensure for who has it in all programs", ensure(all.ID, nil), nil)
		if got, _ := h.Find(t.Context(), h.db, all.ID); len(got.Grants) != 1 {
			t.Errorf("who had the role in all programs has %v", got.Grants)
		}
		wants(t, "Ensure for nobody", ensure(db.NewID(), nil), db.ErrNone)
	})
}

func TestNamesAreFoundByID(t *testing.T) {
	each(t, Settings{}, func(t *testing.T, h *house) {
		p := h.person("Noor Vance")
		got, err := h.Names(t.Context(), h.db, []string{h.boss.ID, p.ID, db.NewID()})
		if want := map[string]string{h.boss.ID: "Ada Admin", p.ID: "Noor Vance"}; err != nil || !cmp.Equal(got, want) {
			t.Errorf("Names = %v, %v; want %v", got, err, want)
		}
		if got, err := h.Names(t.Context(), h.db, nil); err != nil || len(got) != 0 {
			t.Errorf("Names of nobody = %v, %v", got, err)
		}
		for _, id := range []string{"", "x", "\x00", db.NewID()} {
			_, err := h.Find(t.Context(), h.db, id)
			wants(t, fmt.Sprintf("Find(%q)", id), err, db.ErrNone)
		}
	})
}

// CHECKS AZ-10: what is kept secret is nowhere in what a Person says.
func TestAPersonCarriesNoSecret(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d, Settings{RequireMFA: true})
		p := h.person("Ines Instructor", role(access.Instructor, "kap"))
		a, err := accountByID(t.Context(), h.db, p.ID)
		if err != nil {
			t.Fatal(err)
		}
		if text := fmt.Sprintf("%+v", p); strings.Contains(text, "argon2") || strings.Contains(text, a.PasswordHash) {
			t.Errorf("a Person says %s", text)
		}
	})
}
