package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/kapstone-lms/kapstone/internal/app"
	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/migrations"
)

type routesCmd struct {
	JSON bool `help:"As JSON."`
}

// Run lists the routes of a server that is put together for this and serves
// nothing.
func (c *routesCmd) Run(ctx context.Context, out io.Writer) (err error) {
	dir, err := os.MkdirTemp("", "kapstone-routes-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	a, err := app.New(ctx, app.Config{Data: dir})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close(context.WithoutCancel(ctx))) }()
	if c.JSON {
		e := json.NewEncoder(out)
		e.SetIndent("", "  ")
		return e.Encode(a.Routes())
	}
	for _, r := range a.Routes() {
		fmt.Fprintf(out, "%-7s %-62s %-18s %s\n", r.Method, r.Path, r.Act, strings.Join(r.Who, ", "))
	}
	return nil
}

type auditCmd struct {
	Verify auditVerifyCmd `cmd:"" help:"Walk the chain of the ledger and every signed log; name the first row that breaks."`
}

type auditVerifyCmd struct {
	settings
}

// Run verifies and exits non-zero when something does not hold.
func (c *auditVerifyCmd) Run(ctx context.Context, out io.Writer) (err error) {
	a, err := app.New(ctx, c.config())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close(context.WithoutCancel(ctx))) }()
	f, err := audit.Verify(ctx, a.DB)
	if err != nil {
		return err
	}
	if f.Bad != 0 {
		return fmt.Errorf("the ledger breaks at entry %d: %s; %d entries before it hold", f.Bad, f.Why, f.Entries)
	}
	broken, err := a.Practicum.VerifyAll(ctx)
	if err != nil {
		return err
	}
	for _, b := range broken {
		fmt.Fprintln(out, "signed log", b.LogID, "does not hold:", b.Why)
	}
	if len(broken) > 0 {
		return fmt.Errorf("%d signed logs were changed after signing", len(broken))
	}
	fmt.Fprintf(out, "%d entries hold; head %s\nevery signed log holds\n", f.Entries, f.Head)
	return nil
}

type migrateCmd struct {
	settings
}

// Run migrates the database and ends.
func (c *migrateCmd) Run(ctx context.Context, out io.Writer) error {
	d, err := db.Open(ctx, c.config().Database(), migrations.FS)
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "the schema is up to date")
	return d.Close()
}
