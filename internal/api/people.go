package api

import (
	"context"
	"slices"
	"time"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/identity"
)

type grantView struct {
	Role    string `json:"role" example:"instructor"`
	Program string `json:"program" doc:"empty: all programs"`
}

type personView struct {
	ID            string      `json:"id"`
	Email         string      `json:"email"`
	Name          string      `json:"name"`
	Roles         []string    `json:"roles"`
	Grants        []grantView `json:"grants"`
	Status        string      `json:"status" example:"active"`
	LicenseNumber string      `json:"license_number,omitempty"`
	CreatedAt     time.Time   `json:"created_at"`
	Version       int64       `json:"version"`
}

func viewPerson(p *identity.Person) personView {
	v := personView{
		ID: p.ID, Email: p.Email, Name: p.Name, Roles: []string{}, Grants: []grantView{}, Status: string(p.Status),
		LicenseNumber: p.LicenseNumber, CreatedAt: p.CreatedAt.Time, Version: p.Version,
	}
	for _, g := range p.Grants {
		if !slices.Contains(v.Roles, string(g.Role)) {
			v.Roles = append(v.Roles, string(g.Role))
		}
		v.Grants = append(v.Grants, grantView{string(g.Role), g.Program})
	}
	return v
}

type createdView struct {
	personView
	Password   string `json:"password,omitempty" doc:"the password that was made up; shown only now"`
	TOTPSecret string `json:"totp_secret,omitempty" doc:"the second factor that the role must have here; shown only now"`
}

func viewCreated(c *identity.Created) createdView {
	return createdView{viewPerson(&c.Person), c.Password, c.TOTPSecret}
}

type newPersonInput struct {
	Body struct {
		Email         string   `json:"email" maxLength:"254" example:"new.person@example.org"`
		Name          string   `json:"name" maxLength:"200" example:"Noor Vance"`
		Roles         []string `json:"roles" minItems:"0" maxItems:"7" enum:"trainee,instructor,supervisor,clearer,admin,director,operator" example:"[\"trainee\"]"`
		Program       string   `json:"program,omitempty" maxLength:"60" doc:"the roles hold in this program; left out: in all that you administer"`
		Password      string   `json:"password,omitempty" maxLength:"1024" doc:"left out: one is made up and returned once"`
		LicenseNumber string   `json:"license_number,omitempty" maxLength:"100"`
	}
}

type changePersonInput struct {
	ByID
	Body struct {
		Name          *string   `json:"name,omitempty" maxLength:"200" example:"Noor Vance"`
		Status        *string   `json:"status,omitempty" enum:"active,suspended"`
		Roles         *[]string `json:"roles,omitempty" maxItems:"7" enum:"trainee,instructor,supervisor,clearer,admin,director,operator"`
		Program       string    `json:"program,omitempty" maxLength:"60" doc:"the roles hold in this program; left out: in all that you administer"`
		LicenseNumber *string   `json:"license_number,omitempty" maxLength:"100"`
		Version       int64     `json:"version" minimum:"1" doc:"the version you read" example:"1"`
	}
}

func (a *API) peopleRoutes() {
	handle(a, Route{Method: "POST", Path: Base + "/users", ID: "create-user", Act: access.ManagePeople, tag: "people", status: 201, summary: "Add a person"},
		func(ctx context.Context, in *newPersonInput) (*reply[createdView], error) {
			b := in.Body
			made, err := a.People.Create(ctx, identity.NewPerson{
				Email: b.Email, Name: b.Name, Password: b.Password, LicenseNumber: b.LicenseNumber, Grants: grants(ctx, b.Roles, b.Program),
			})
			if err != nil {
				return nil, err
			}
			return &reply[createdView]{viewCreated(made)}, nil
		})
	handle(a, Route{Method: "GET", Path: Base + "/users", ID: "list-users", Act: access.SeePeople, tag: "people", summary: "List people"},
		func(ctx context.Context, in *Page) (*listOf[personView], error) {
			after, err := in.after()
			if err != nil {
				return nil, err
			}
			rows, err := a.People.People(ctx, identity.Page{After: after, Limit: in.Limit})
			if err != nil {
				return nil, err
			}
			return pageOf(rows, in.Limit, func(p identity.Person) string { return p.ID },
				func(p identity.Person) personView { return viewPerson(&p) }), nil
		})
	handle(a, Route{Method: "PATCH", Path: Base + "/users/{id}", ID: "change-user", Act: access.ManagePeople, tag: "people", summary: "Change a person"},
		func(ctx context.Context, in *changePersonInput) (*reply[personView], error) {
			b := in.Body
			c := identity.Change{Name: b.Name, LicenseNumber: b.LicenseNumber, Version: b.Version}
			if b.Status != nil {
				status := identity.Status(*b.Status)
				c.Status = &status
			}
			if b.Roles != nil {
				g := grants(ctx, *b.Roles, b.Program)
				c.Grants = &g
			}
			p, err := a.People.Update(ctx, in.ID, c)
			if err != nil {
				return nil, err
			}
			return &reply[personView]{viewPerson(p)}, nil
		})
}

// grants reads roles for a program. Without one they hold wherever the actor
// may give them.
func grants(ctx context.Context, roles []string, program string) []access.Grant {
	programs := []string{program}
	if program == "" {
		if own, all := access.From(ctx).Programs(access.ManagePeople); !all && len(own) > 0 {
			programs = own
		}
	}
	all := []access.Grant{}
	for _, r := range roles {
		for _, p := range programs {
			all = append(all, access.Grant{Role: access.Role(r), Program: p})
		}
	}
	return all
}
