package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/app"
	"github.com/kapstone-lms/kapstone/internal/fault"
	"github.com/kapstone-lms/kapstone/internal/identity"
)

type userCmd struct {
	Create userCreateCmd `cmd:"" help:"Add a person."`
}

type userCreateCmd struct {
	settings
	Email         string   `help:"The address they sign in with." required:""`
	Name          string   `help:"Their name." required:""`
	Role          []string `help:"Their roles." required:"" enum:"trainee,instructor,supervisor,clearer,admin,director,operator"`
	Program       string   `help:"The program the roles hold in; all when empty."`
	PasswordStdin bool     `help:"Read the password from standard input; one is made up and printed otherwise."`
	RequireMFA    bool     `help:"Set up a second factor for staff at once and print its secret." env:"-"`
}

// Run adds a person and prints what was made up for them.
func (c *userCreateCmd) Run(ctx context.Context, out io.Writer) (err error) {
	p := identity.NewPerson{Email: c.Email, Name: c.Name}
	if c.PasswordStdin {
		if p.Password, err = readLine(os.Stdin); err != nil {
			return err
		}
	}
	for _, r := range c.Role {
		p.Grants = append(p.Grants, access.Grant{Role: access.Role(r), Program: c.Program})
	}
	cfg := c.config()
	if c.RequireMFA {
		cfg.RequireMFA = "on"
	}
	a, err := app.New(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close(context.WithoutCancel(ctx))) }()
	made, err := a.People.CreateFromShell(ctx, p)
	if f := fault.Of(err); f != nil {
		return errors.New(f.Text)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "made %s <%s>, id %s\n", made.Person.Name, made.Person.Email, made.Person.ID)
	if made.Password != "" {
		fmt.Fprintf(out, "password: %s\n", made.Password)
	}
	if made.TOTPSecret != "" {
		fmt.Fprintf(out, "second factor secret: %s\n", made.TOTPSecret)
	}
	return nil
}

func readLine(r io.Reader) (string, error) {
	line, err := bufio.NewReader(io.LimitReader(r, 4096)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read the password: %w", err)
	}
	if line = strings.TrimRight(line, "\r\n"); line == "" {
		return "", errors.New("no password came on standard input")
	}
	return line, nil
}
