package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/kapstone-lms/kapstone/internal/app"
	"github.com/kapstone-lms/kapstone/internal/demo"
)

type demoCmd struct {
	Data        string `help:"The data directory of the demo." default:"demo-data" env:"KAPSTONE_DATA"`
	Listen      string `help:"Where to serve; loopback only." default:"127.0.0.1:8080" env:"KAPSTONE_LISTEN"`
	DatabaseURL string `help:"A PostgreSQL address of an empty database; SQLite in the data directory when empty." env:"DATABASE_URL"`
	RedisURL    string `help:"A Redis address; live state in the process when empty." env:"REDIS_URL"`
	Course      string `help:"A directory with another course than the one on record." env:"KAPSTONE_COURSE"`
	Trainees    int    `help:"How many trainees to make up, 12 at least." default:"12"`
	MFA         bool   `help:"Give staff a second factor and ask for it."`
	JSON        bool   `help:"Print one JSON line when ready: url, accounts, verify_url."`
	Journey     bool   `help:"Walk the whole story over HTTP on a free port, write certificate.pdf, and end."`
	TestMode    bool   `name:"insecure-test-mode" help:"Test hooks and no limits."`
}

// Run makes the cohort if it is not there, and serves it or walks the journey.
func (c *demoCmd) Run(ctx context.Context, out io.Writer) error {
	if c.Journey {
		return c.journey(ctx, out)
	}
	l, err := listen(c.Listen, "--listen")
	if err != nil {
		return err
	}
	defer l.Close()
	d, err := demo.Open(ctx, c.options(l.Addr().String()))
	if err != nil {
		return err
	}
	return errors.Join(c.serve(ctx, out, d, func() error { return d.App.Serve(ctx, l) }), d.App.Close(context.WithoutCancel(ctx)))
}

func (c *demoCmd) options(address string) demo.Options {
	return demo.Options{
		Config:   app.Config{Data: c.Data, Listen: address, DatabaseURL: c.DatabaseURL, RedisURL: c.RedisURL, Course: c.Course, TestMode: c.TestMode},
		Trainees: c.Trainees, MFA: c.MFA,
	}
}

func (c *demoCmd) serve(_ context.Context, out io.Writer, d *demo.Demo, run func() error) error {
	if c.JSON {
		if err := json.NewEncoder(out).Encode(d.Sheet); err != nil {
			return err
		}
		return run()
	}
	fmt.Fprintf(out, "Kapstone demo on %s\n\n  API documentation   %s/docs\n  a certificate       %s\n\n", d.Sheet.URL, d.Sheet.URL, d.Sheet.VerifyURL)
	for _, a := range d.Sheet.Accounts {
		fmt.Fprintf(out, "  %-11s %-34s %-30s %s\n", a.Role, a.Email, a.Password, a.Stage)
	}
	fmt.Fprintf(out, "\nThe passwords are kept in %s. Stop with Ctrl-C.\n", filepath.Join(c.Data, demo.File))
	return run()
}

// journey serves on a free port from a directory of its own, and walks.
func (c *demoCmd) journey(ctx context.Context, out io.Writer) (err error) {
	dir, err := os.MkdirTemp("", "kapstone-journey-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	l, err := listen("127.0.0.1:0", "--listen")
	if err != nil {
		return err
	}
	defer l.Close()
	o := c.options(l.Addr().String())
	o.Config.Data = dir
	d, err := demo.Open(ctx, o)
	if err != nil {
		return err
	}
	serving, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- d.App.Serve(serving, l) }()
	err = demo.Journey(ctx, out, d.Sheet.URL, d.Sheet.Accounts, d.App.Enrollments.Current(), "certificate.pdf")
	stop()
	return errors.Join(err, <-done, d.App.Close(context.WithoutCancel(ctx)))
}
