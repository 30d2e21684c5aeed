package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"syscall"

	"github.com/kapstone-lms/kapstone/internal/app"
)

type serveCmd struct {
	serverSettings
}

// Run serves until it is told to stop, and then stops gracefully.
func (c *serveCmd) Run(ctx context.Context, out io.Writer) error {
	cfg := c.config()
	return serve(ctx, cfg, func(a *app.App, url string) error {
		token, err := a.People.SetupToken(ctx)
		if err != nil {
			return err
		}
		if token != "" {
			fmt.Fprintf(out, "set-up token: %s\nNobody is here yet. Make the first admin within 30 minutes: POST %s/api/v1/setup\n", token, url)
		}
		fmt.Fprintf(out, "serving on %s\n", url)
		return nil
	})
}

// serve opens an installation, listens, calls ready with the address, and
// serves until ctx ends.
func serve(ctx context.Context, cfg app.Config, ready func(a *app.App, url string) error) (err error) {
	l, err := listen(cfg.Listen, "KAPSTONE_LISTEN")
	if err != nil {
		return err
	}
	defer l.Close()
	a, err := app.New(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close(context.WithoutCancel(ctx))) }()
	stop, err := serveMetrics(a)
	if err != nil {
		return err
	}
	defer stop()
	if err := ready(a, "http://"+l.Addr().String()); err != nil {
		return err
	}
	return a.Serve(ctx, l)
}

// listen opens an address, and says in words when it is taken.
func listen(address, setting string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("%s is in use by another program; stop that one, or choose another address with %s", address, setting)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s: %w; choose another address with %s", address, err, setting)
	}
	return l, nil
}

// serveMetrics serves /metrics on its own address, if one is set.
func serveMetrics(a *app.App) (stop func(), err error) {
	if a.Config.Metrics == "" {
		return func() {}, nil
	}
	l, err := listen(a.Config.Metrics, "KAPSTONE_METRICS")
	if err != nil {
		return nil, err
	}
	s := a.MetricsServer()
	go func() {
		if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			a.Config.Log.Error("metrics", "err", err)
		}
	}()
	return func() { _ = s.Close() }, nil
}
