package main

import (
	"context"
	"fmt"
	"io"

	"github.com/kapstone-lms/kapstone/internal/app"
)

type keysCmd struct {
	Rotate keysRotateCmd `cmd:"" help:"Wrap the installation's keys under a new master key."`
}

type keysRotateCmd struct {
	settings
	NewMasterKey string `help:"The new master key, where KAPSTONE_MASTER_KEY is set; made in the data directory otherwise." env:"KAPSTONE_NEW_MASTER_KEY"`
}

// Run rotates the master key. It can be run again when it was stopped.
func (c *keysRotateCmd) Run(ctx context.Context, out io.Writer) error {
	n, err := app.RotateMaster(ctx, c.config(), c.NewMasterKey)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%d keys are wrapped under the new master key\n", n)
	if c.MasterKey != "" {
		fmt.Fprintln(out, "start every server with it as KAPSTONE_MASTER_KEY from now on")
	}
	return nil
}
