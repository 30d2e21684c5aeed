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
