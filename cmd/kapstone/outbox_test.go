package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/app"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/outbox"
	"github.com/kapstone-lms/kapstone/migrations"
)

// givenUp puts a job that was given up into an installation's directory.
func givenUp(t *testing.T, dir string) (id string) {
	t.Helper()
	d, err := db.Open(t.Context(), app.Config{Data: dir}.Database(), migrations.FS)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	err = d.Tx(t.Context(), func(ctx context.Context, tx bun.Tx) error {
		if err := outbox.Put(ctx, tx, "letter", "one", struct{}{}, time.Now()); err != nil {
			return err
		}
		return tx.NewRaw(`UPDATE jobs SET state = 'dead', ended_at = 1, error = 'no server' RETURNING id`).Scan(ctx, &id)
	})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestJobsThatWereGivenUpAreListedAndRetried(t *testing.T) {
	dir := t.TempDir()
	id := givenUp(t, dir)
	for _, tt := range []struct {
		args []string
		exit int
		says string
	}{
		{[]string{"list"}, 0, id},
		{[]string{"retry"}, 1, "--all"},
		{[]string{"retry", "01a00000-0000-7000-8000-000000000000"}, 1, "was given up"},
		{[]string{"retry", id}, 0, "1 jobs will be tried again"},
		{[]string{"retry", id}, 1, "was given up"},
		{[]string{"list"}, 0, "0 jobs were given up"},
		{[]string{"retry", "--all"}, 0, "0 jobs will be tried again"},
	} {
		var out bytes.Buffer
		args := append([]string{"outbox", tt.args[0], "--data", dir}, tt.args[1:]...)
		if exit := run(t.Context(), args, &out, &out); exit != tt.exit || !strings.Contains(out.String(), tt.says) {
			t.Errorf("kapstone %v = %d:\n%s\nwant %d and %q", args, exit, out.String(), tt.exit, tt.says)
		}
	}
	var out bytes.Buffer
	if exit := run(t.Context(), []string{"outbox", "list", "--data", t.TempDir()}, &out, &out); exit == 0 {
		t.Errorf("an empty directory has jobs:\n%s", out.String())
	}
}
