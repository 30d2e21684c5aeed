package bench

import (
	"bytes"
	"context"
	"os"
	"slices"
	"testing"
	"time"
)

// program writes a program that the bench can start in place of its own.
func program(t *testing.T, text string) *Options {
	t.Helper()
	name := t.TempDir() + "/program"
	if err := os.WriteFile(name, []byte("#!/bin/sh\n"+text+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return &Options{Executable: name, Log: new(bytes.Buffer)}
}

func TestAChildServesAndEnds(t *testing.T) {
	o := program(t, `echo noise; echo "serving on http://127.0.0.1:4242"; exec sleep 60`)
	p, err := o.start(t.Context(), nil, "serve")
	if err != nil || p.addr != "127.0.0.1:4242" {
		t.Fatalf("start = %+v, %v", p, err)
	}
	if err := p.stop(); err != nil {
		t.Error(err)
	}
	if err := p.stop(); err != nil {
		t.Errorf("a second time: %v", err)
	}
	if _, there := statOf(p.pid()); there {
		t.Error("the child still runs")
	}
}

func TestAChildEndsWithTheBench(t *testing.T) {
	o := program(t, `echo "serving on http://127.0.0.1:4242"; exec sleep 60`)
	ctx, cancel := context.WithCancel(t.Context())
	p, err := o.start(ctx, nil, "serve")
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	select {
	case <-p.done:
	case <-time.After(15 * time.Second):
		t.Error("the child outlived the bench")
	}
}

func TestAChildThatFailsIsSaidSo(t *testing.T) {
	if _, err := program(t, "exit 3").start(t.Context(), nil, "serve"); err == nil {
		t.Error("a child that ended passed for one that serves")
	}
	if _, err := (&Options{Executable: "/nowhere/at/all", Log: new(bytes.Buffer)}).start(t.Context(), nil, "serve"); err == nil {
		t.Error("a program that is not there was started")
	}
}

func TestChildrenAreSetUpByTheBenchAlone(t *testing.T) {
	got := clean([]string{"PATH=/bin", "DATABASE_URL=x", "REDIS_URL=x", "KAPSTONE_DATA=x", "KAPSTONE_TEST_MAIN=1", "HOME=/h"})
	if want := []string{"PATH=/bin", "KAPSTONE_TEST_MAIN=1", "HOME=/h"}; !slices.Equal(got, want) {
		t.Errorf("clean = %q, want %q", got, want)
	}
}
