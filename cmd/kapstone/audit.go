package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/kapstone-lms/kapstone/internal/app"
	"github.com/kapstone-lms/kapstone/internal/audit"
)

type auditCmd struct {
	Verify auditVerifyCmd `cmd:"" help:"Walk the chain of the ledger, or of an export, and every signed log; name the first row that breaks."`
	Head   auditHeadCmd   `cmd:"" help:"Sign the ledger's head and print it, to be kept elsewhere."`
	Export auditExportCmd `cmd:"" help:"Write the whole ledger and its signed head, a JSON object a line."`
}

type auditVerifyCmd struct {
	settings
	File string   `help:"Verify this export instead of the installation; needs no database." type:"existingfile" placeholder:"FILE"`
	Head []string `help:"A signed head that was kept elsewhere; the ledger has to hold it. May be given more than once." type:"existingfile" placeholder:"FILE"`
}

// Run verifies and exits non-zero when something does not hold.
func (c *auditVerifyCmd) Run(ctx context.Context, out io.Writer) (err error) {
	kept, err := c.heads()
	if err != nil {
		return err
	}
	if c.File != "" {
		return c.export(out, kept)
	}
	a, err := app.New(ctx, c.config())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close(context.WithoutCancel(ctx))) }()
	own, err := audit.Heads(ctx, a.DB)
	if err != nil {
		return err
	}
	for _, h := range append(own, kept...) {
		if !a.HeadHolds(h) {
			return fmt.Errorf("the head of entry %d was not signed by this installation", h.Seq)
		}
	}
	f, err := audit.Verify(ctx, a.DB, append(own, kept...)...)
	if err != nil {
		return err
	}
	if err := says(f); err != nil {
		return err
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
	fmt.Fprintf(out, "%d entries hold, with %d signed heads; head %s\nevery signed log holds\n", f.Entries, len(own)+len(kept), f.Head)
	return nil
}

// export verifies a file. Whether a head's signature is the installation's is
// for whoever has its public keys: docs/audit.md says how.
func (c *auditVerifyCmd) export(out io.Writer, kept []audit.Head) error {
	file, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer file.Close()
	f, own, err := audit.VerifyExport(file, kept...)
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	if err := says(f); err != nil {
		return err
	}
	fmt.Fprintf(out, "%d entries hold; head %s, signed with key %s\n", f.Entries, f.Head, own.KID)
	return nil
}

func says(f audit.Finding) error {
	if f.Bad != 0 {
		return fmt.Errorf("the ledger breaks at entry %d: %s; %d entries before it hold", f.Bad, f.Why, f.Entries)
	}
	return nil
}

func (c *auditVerifyCmd) heads() (all []audit.Head, err error) {
	for _, name := range c.Head {
		file, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		h, err := audit.ReadHead(file)
		if err := errors.Join(err, file.Close()); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		all = append(all, h)
	}
	return all, nil
}

type auditHeadCmd struct {
	settings
}

// Run signs the head as it is now.
func (c *auditHeadCmd) Run(ctx context.Context, out io.Writer) error {
	return c.withHead(ctx, func(_ *app.App, h *audit.Head) error { return json.NewEncoder(out).Encode(h.Line()) })
}

type auditExportCmd struct {
	settings
}

// Run signs the head as it is now and writes what it stands for.
func (c *auditExportCmd) Run(ctx context.Context, out io.Writer) error {
	return c.withHead(ctx, func(a *app.App, h *audit.Head) error { return audit.Export(ctx, a.DB, h, out) })
}

// withHead opens the installation and signs its head.
func (s *settings) withHead(ctx context.Context, do func(*app.App, *audit.Head) error) (err error) {
	a, err := app.New(ctx, s.config())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close(context.WithoutCancel(ctx))) }()
	h, err := a.SignHead(ctx)
	if err != nil {
		return err
	}
	return do(a, h)
}
