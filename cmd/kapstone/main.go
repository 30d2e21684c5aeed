// Command kapstone is the whole training system in one binary: it serves the
// API and the public pages, and holds the commands an operator needs.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // cohorts have time zones, and the machine may have none

	"github.com/alecthomas/kong"
)

// A cli is every command. A subcommand is a file of its own beside this one.
type cli struct {
	Config kong.ConfigFlag `help:"Read settings from this JSON file; flags and variables win over it." placeholder:"FILE"`

	Serve   serveCmd   `cmd:"" help:"Run the server."`
	Demo    demoCmd    `cmd:"" help:"Run a server with a made-up cohort to look at, on loopback."`
	User    userCmd    `cmd:"" help:"Add people from the shell."`
	Course  courseCmd  `cmd:"" help:"Check, export and publish a course."`
	Program programCmd `cmd:"" help:"Check programs, and compare them."`
	Routes  routesCmd  `cmd:"" help:"List every route and who may use it."`
	Keys    keysCmd    `cmd:"" help:"Rotate the master key."`
	Audit   auditCmd   `cmd:"" help:"Verify the ledger."`
	Outbox  outboxCmd  `cmd:"" help:"Look after jobs that were given up."`
	Bench   benchCmd   `cmd:"" help:"Measure this machine: the product beside yardsticks, on loopback."`
	Migrate migrateCmd `cmd:"" help:"Bring the database's schema up to date, then end."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run is main without the process: it returns the exit code, and says what went
// wrong in one sentence on errOut.
func run(ctx context.Context, args []string, out, errOut io.Writer) int {
	exit := -1
	parser, err := kong.New(&cli{}, kong.Name("kapstone"), kong.Description("The training system of a ketamine-assisted psychotherapy program."),
		kong.Configuration(kong.JSON), kong.Writers(out, errOut), kong.Exit(func(code int) { exit = code }),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.BindTo(out, (*io.Writer)(nil)))
	if err != nil {
		fmt.Fprintln(errOut, "kapstone:", err)
		return 1
	}
	cmd, err := parser.Parse(args)
	if exit >= 0 { // help was asked for and given
		return exit
	}
	if err == nil {
		err = cmd.Run()
	}
	if err != nil {
		fmt.Fprintln(errOut, "kapstone:", err)
		return 1
	}
	return 0
}
